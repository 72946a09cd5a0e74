package oracle

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/cel-go/cel"
)

// celMaker makes expressions over the variables below: most of them have types that go together,
// some do not, and many fail when they are evaluated.
type celMaker struct {
	r      *rand.Rand
	locals []celLocal
	names  int
}

type celLocal struct{ name, typ string }

var celVariables = map[string]*cel.Type{
	"object": cel.DynType,
	"i":      cel.IntType,
	"u":      cel.UintType,
	"s":      cel.StringType,
	"ints":   cel.ListType(cel.IntType),
	"names":  cel.ListType(cel.StringType),
	"counts": cel.MapType(cel.StringType, cel.IntType),
}

var celVariableTypes = map[string]string{
	"object": "dyn", "i": "int", "u": "uint", "s": "string", "ints": "list(int)", "names": "list(string)",
	"counts": "map(string, int)",
}

var celTypes = []string{
	"bool", "int", "uint", "double", "string", "bytes", "timestamp", "duration", "list(int)", "list(string)",
	"map(string, int)", "dyn", "optional(int)", "optional(dyn)", "type", "null",
}

var celPaths = []string{
	"object", "object.spec", "object.spec.replicas", "object.spec.paused", "object.spec.ratio", "object.metadata.labels",
	"object.metadata.name", "object.spec.containers", "object.spec.containers[0]", "object.spec.containers[0].image",
	"object.spec.containers[1].ports", "object.spec.containers[0].securityContext.runAsNonRoot", "object.spec.missing",
	"object.spec.containers[5]", "object.spec.nothing", "object.metadata.labels['app']", "object['spec']['replicas']",
	"object.spec.containers[0].ports[0].port",
}

// one of the makers, each as likely as the others.
func (m *celMaker) one(of ...func() string) string { return of[m.r.IntN(len(of))]() }

func (m *celMaker) text(of ...string) string { return of[m.r.IntN(len(of))] }

// sub is an expression of the type, now and then one of another.
func (m *celMaker) sub(typ string, depth int) string {
	if m.r.IntN(40) == 0 {
		typ = pick(m.r, celTypes)
	}
	if m.r.IntN(25) == 0 {
		return "dyn(" + m.make(typ, depth-1) + ")"
	}
	return m.make(typ, depth-1)
}

func (m *celMaker) leaf(typ string) string {
	var names []string
	for _, l := range m.locals {
		if l.typ == typ || l.typ == "dyn" {
			names = append(names, l.name)
		}
	}
	if len(names) > 0 && m.r.IntN(2) == 0 {
		return pick(m.r, names)
	}
	switch typ {
	case "bool":
		return m.text("true", "false", "object.spec.containers[0].securityContext.runAsNonRoot")
	case "int":
		return m.text("0", "1", "-1", "2", "7", "-9223372036854775808", "9223372036854775807", "i", "i", "ints[0]", "counts.a", "counts['b']",
			"object.spec.replicas", "size(s)", "0x1f")
	case "uint":
		return m.text("0u", "1u", "7u", "18446744073709551615u", "u")
	case "double":
		return m.text("0.0", "1.0", "-1.5", "1e10", "1e300", "object.spec.ratio", "double('NaN')", "double('Infinity')", "9223372036854775807.0")
	case "string":
		return m.text(`''`, `'a'`, `'abc'`, `"nginx:1.25"`, `'42'`, `'héé'`, `'true'`, `'1h30m'`, `'2023-01-02T03:04:05.678Z'`, "s", "names[0]",
			"object.metadata.name", "object.spec.containers[0].image", `'\u00e9\n'`, `r'\d'`)
	case "bytes":
		return m.text(`b''`, `b'abc'`, `b'\xff\x00'`, `b'é'`)
	case "timestamp":
		return m.text("timestamp('2023-01-02T03:04:05Z')", "timestamp('1969-12-31T23:59:59.999Z')", "timestamp(0)",
			"timestamp('9999-12-31T23:59:59.999999999Z')", "timestamp('0001-01-01T00:00:00Z')", "timestamp('2024-02-29T12:00:00+05:30')")
	case "duration":
		return m.text("duration('1h')", "duration('-1.5s')", "duration('0')", "duration('2562047h47m16.854775807s')", "duration('1ms1us')")
	case "list(int)":
		return m.text("[]", "[1]", "[1, 2, 3]", "[3, 1, 2, 1]", "ints", "[i, 1]")
	case "list(string)":
		return m.text("[]", "['a']", "['a', 'b', 'abc']", "names", "[s, 'x']")
	case "map(string, int)":
		return m.text("{}", "{'a': 1}", "{'a': i}", "counts")
	case "optional(int)":
		return m.text("optional.none()", "optional.of(1)", "counts[?'a']", "counts.?zz", "ints[?1]", "optional.ofNonZeroValue(i)")
	case "optional(dyn)":
		return m.text("object.?spec.replicas", "object.?spec.?missing", "object.spec.?containers[0].image", "object.?missing.x", "object[?'spec']")
	case "type":
		return m.text("int", "string", "list", "map", "type", "null_type", "type(i)", "google.protobuf.Timestamp", "double")
	case "null":
		return "null"
	case "quantity":
		return m.text("quantity('1')", "quantity('500m')", "quantity('1Gi')", "quantity('-3')", "quantity('1.5k')", "quantity('x')")
	case "ip":
		return m.text("ip('127.0.0.1')", "ip('::1')", "ip('10.1.2.3')", "ip('2001:db8::1')")
	}
	return pick(m.r, celPaths)
}

func (m *celMaker) call(format string, args ...any) func() string {
	return func() string {
		made := make([]any, len(args))
		depth := args[0].(int)
		for i, typ := range args[1:] {
			made[i] = m.sub(typ.(string), depth)
		}
		return fmt.Sprintf(format, made[:len(args)-1]...)
	}
}

// loop is a macro whose variables are known within `body`.
func (m *celMaker) loop(format, rangeType, bodyType string, depth int, types ...string) func() string {
	return func() string {
		of := m.sub(rangeType, depth)
		args := []any{of}
		before := len(m.locals)
		for _, typ := range types {
			m.names++
			name := fmt.Sprintf("v%d", m.names%7)
			m.locals = append(m.locals, celLocal{name, typ})
			args = append(args, name)
		}
		for range strings.Count(format, "%s") - len(args) {
			args = append(args, m.sub(bodyType, depth))
		}
		m.locals = m.locals[:before]
		return fmt.Sprintf(format, args...)
	}
}

func (m *celMaker) make(typ string, depth int) string {
	if depth <= 0 || m.r.IntN(6) == 0 {
		return m.leaf(typ)
	}
	d := depth
	if m.r.IntN(8) == 0 {
		return m.call("(%s ? %s : %s)", d, "bool", typ, typ)()
	}
	any1 := pick(m.r, []string{"int", "string", "dyn", "double", "uint", "bool", "list(int)", "map(string, int)", "timestamp", "duration", "bytes", "null"})
	number := pick(m.r, []string{"int", "uint", "double"})
	switch typ {
	case "bool":
		list, element := "list(int)", "int"
		if m.r.IntN(2) == 0 {
			list, element = "list(string)", "string"
		}
		return m.one(m.call("(%s && %s)", d, "bool", "bool"), m.call("(%s || %s)", d, "bool", "bool"), m.call("!%s", d, "bool"),
			m.call("(%s == %s)", d, any1, any1), m.call("(%s != %s)", d, any1, any1), m.call("(%s < %s)", d, any1, any1),
			m.call("(%s >= %s)", d, number, pick(m.r, []string{"int", "uint", "double"})),
			m.call("(%s in %s)", d, element, list), m.call("(%s in [1, 2, 3])", d, "int"), m.call("(%s in ['a', 'abc'])", d, "string"),
			m.call("(%s in %s)", d, "string", "map(string, int)"), m.call("(%s in %s)", d, any1, "dyn"),
			m.call("%s.startsWith(%s)", d, "string", "string"), m.call("%s.endsWith(%s)", d, "string", "string"),
			m.call("%s.contains(%s)", d, "string", "string"), m.call("%s.matches('a+|[0-9]+')", d, "string"),
			m.call("%s.hasValue()", d, "optional(int)"), m.call("bool(%s)", d, "string"),
			m.loop("%s.all(%s, %s)", list, "bool", d, element), m.loop("%s.exists(%s, %s)", list, "bool", d, element),
			m.loop("%s.exists_one(%s, %s)", list, "bool", d, element), m.loop("%s.all(%s, %s)", "dyn", "bool", d, "dyn"),
			m.loop("%s.exists(%s, %s, %s)", list, "bool", d, "int", element), m.loop("%s.all(%s, %s, %s)", "dyn", "bool", d, "dyn", "dyn"),
			func() string {
				return "has(" + m.text("object.spec", "object.spec.replicas", "object.spec.missing", "object.missing.x",
					"object.spec.paused.x", "counts.a", "counts.zz", "object.metadata.labels.app", "object.spec.containers.x") + ")"
			},
			m.call("%s.isSorted()", d, list), m.call("sets."+m.text("contains", "equivalent", "intersects")+"(%s, %s)", d, list, list),
			m.call("isQuantity(%s)", d, "string"), m.call("isIP(%s)", d, "string"), m.call("isSemver(%s)", d, "string"), m.call("isURL(%s)", d, "string"),
			m.call("(%s == quantity('1'))", d, "quantity"), m.call("%s.isGreaterThan(%s)", d, "quantity", "quantity"), m.call("%s.isInteger()", d, "quantity"),
			m.call("(%s == %s)", d, "ip", "ip"), m.call("%s.isLoopback()", d, "ip"), m.call("cidr('10.0.0.0/8').containsIP(%s)", d, "ip"),
			m.call("has(%s.spec)", d, "dyn"), m.call("(type(%s) == %s)", d, any1, "type"))
	case "int":
		return m.one(m.call("(%s + %s)", d, "int", "int"), m.call("(%s - %s)", d, "int", "int"), m.call("(%s * %s)", d, "int", "int"),
			m.call("(%s / %s)", d, "int", "int"), m.call("(%s %% %s)", d, "int", "int"), m.call("-(%s)", d, "int"),
			m.call("size(%s)", d, "string"), m.call("%s.size()", d, "list(int)"), m.call("size(%s)", d, "map(string, int)"), m.call("size(%s)", d, "bytes"),
			m.call("int(%s)", d, "double"), m.call("int(%s)", d, "string"), m.call("int(%s)", d, "uint"), m.call("int(%s)", d, "timestamp"),
			m.call("int(%s)", d, "duration"), m.call("%s[%s]", d, "list(int)", "int"), m.call("%s[%s]", d, "map(string, int)", "string"),
			m.call("%s.orValue(%s)", d, "optional(int)", "int"), m.call("%s.value()", d, "optional(int)"),
			m.call("%s."+m.text("getFullYear", "getMonth", "getDayOfYear", "getDayOfMonth", "getDate", "getDayOfWeek", "getHours", "getMinutes",
				"getSeconds", "getMilliseconds")+"()", d, "timestamp"),
			m.call("%s."+m.text("getFullYear", "getDayOfYear", "getHours", "getMinutes")+"('"+
				m.text("America/New_York", "+05:30", "-02:00", "Europe/Paris", "No/Where", "UTC")+"')", d, "timestamp"),
			m.call("%s."+m.text("getHours", "getMinutes", "getSeconds", "getMilliseconds")+"()", d, "duration"),
			m.call("%s."+m.text("indexOf", "lastIndexOf")+"(%s)", d, "string", "string"), m.call("%s.indexOf(%s, %s)", d, "string", "string", "int"),
			m.call("%s."+m.text("indexOf", "lastIndexOf")+"(%s)", d, "list(int)", "int"), m.call("%s."+m.text("sum", "min", "max")+"()", d, "list(int)"),
			m.call("%s.compareTo(%s)", d, "quantity", "quantity"), m.call("%s.asInteger()", d, "quantity"), m.call("%s.sign()", d, "quantity"),
			m.call("%s.family()", d, "ip"))
	case "uint":
		return m.one(m.call("(%s + %s)", d, "uint", "uint"), m.call("(%s - %s)", d, "uint", "uint"), m.call("(%s * %s)", d, "uint", "uint"),
			m.call("(%s / %s)", d, "uint", "uint"), m.call("(%s %% %s)", d, "uint", "uint"), m.call("uint(%s)", d, "int"),
			m.call("uint(%s)", d, "double"), m.call("uint(%s)", d, "string"))
	case "double":
		return m.one(m.call("(%s + %s)", d, "double", "double"), m.call("(%s - %s)", d, "double", "double"), m.call("(%s * %s)", d, "double", "double"),
			m.call("(%s / %s)", d, "double", "double"), m.call("-(%s)", d, "double"), m.call("double(%s)", d, "int"), m.call("double(%s)", d, "string"),
			m.call("double(%s)", d, "uint"))
	case "string":
		return m.one(m.call("(%s + %s)", d, "string", "string"), m.call("string(%s)", d, pick(m.r, []string{"int", "uint", "double", "bool", "bytes", "timestamp", "duration", "string", "dyn"})),
			m.call("%s[%s]", d, "list(string)", "int"), m.call("%s."+m.text("lowerAscii", "upperAscii", "trim")+"()", d, "string"),
			m.call("%s.replace(%s, %s)", d, "string", "string", "string"), m.call("%s.replace(%s, %s, %s)", d, "string", "string", "string", "int"),
			m.call("%s.charAt(%s)", d, "string", "int"), m.call("%s.substring(%s)", d, "string", "int"), m.call("%s.substring(%s, %s)", d, "string", "int", "int"),
			m.call("%s.join(%s)", d, "list(string)", "string"), m.call("%s.find('[a-c]+|[0-9]')", d, "string"), m.call("strings.quote(%s)", d, "string"),
			m.call("string(%s)", d, "ip"), m.call("%s.min()", d, "list(string)"))
	case "quantity":
		// To the right of == Kubernetes takes no result of add and sub: its Equal knows another Go type.
		return m.one(m.call("quantity(%s)", d, "string"), m.call("%s.add(%s)", d, "quantity", "quantity"), m.call("%s.sub(%s)", d, "quantity", "int"))
	case "ip":
		return m.call("ip(%s)", d, "string")()
	case "bytes":
		return m.one(m.call("(%s + %s)", d, "bytes", "bytes"), m.call("bytes(%s)", d, "string"))
	case "timestamp":
		return m.one(m.call("(%s + %s)", d, "timestamp", "duration"), m.call("(%s - %s)", d, "timestamp", "duration"), m.call("(%s + %s)", d, "duration", "timestamp"),
			m.call("timestamp(%s)", d, "string"), m.call("timestamp(%s)", d, "int"))
	case "duration":
		return m.one(m.call("(%s + %s)", d, "duration", "duration"), m.call("(%s - %s)", d, "duration", "duration"), m.call("(%s - %s)", d, "timestamp", "timestamp"),
			m.call("duration(%s)", d, "string"))
	case "list(int)":
		return m.one(m.call("(%s + %s)", d, "list(int)", "list(int)"), m.call("[%s, %s]", d, "int", "int"), m.loop("%s.map(%s, %s)", "list(int)", "int", d, "int"),
			m.loop("%s.filter(%s, %s)", "list(int)", "bool", d, "int"), m.loop("%s.map(%s, %s)", "dyn", "int", d, "dyn"),
			m.loop("%s.transformList(%s, %s, %s)", "list(int)", "int", d, "int", "int"), m.call("[?%s, ?%s, %s]", d, "optional(int)", "optional(int)", "int"),
			func() string {
				return m.loop("%s.map(%s, "+strings.ReplaceAll(m.make("bool", 1), "%", "%%")+", %s)", "list(int)", "int", d, "int")()
			})
	case "list(string)":
		return m.one(m.call("(%s + %s)", d, "list(string)", "list(string)"), m.call("[%s, %s]", d, "string", "string"), m.loop("%s.map(%s, %s)", "list(int)", "string", d, "int"),
			m.call("%s.split(%s)", d, "string", "string"), m.call("%s.split(%s, %s)", d, "string", "string", "int"), m.call("%s.findAll('[a-z]|[0-9]+')", d, "string"),
			m.call("%s.findAll('[a-z]', %s)", d, "string", "int"), m.call("%s."+m.text("sort", "distinct", "reverse")+"()", d, "list(string)"),
			m.loop("%s.filter(%s, %s)", "list(string)", "bool", d, "string"), m.loop("%s.map(%s, %s)", "map(string, int)", "string", d, "string"))
	case "map(string, int)":
		return m.one(m.call("{%s: %s}", d, "string", "int"), m.call("{%s: %s, 'k': %s}", d, "string", "int", "int"), m.call("{?'o': %s}", d, "optional(int)"),
			m.loop("%s.transformMap(%s, %s, %s)", "map(string, int)", "int", d, "string", "int"),
			m.loop("%s.transformMapEntry(%s, %s, {%s: 1})", "list(int)", "string", d, "int", "int"))
	case "optional(int)":
		return m.one(m.call("optional.of(%s)", d, "int"), m.call("%s.or(%s)", d, "optional(int)", "optional(int)"), m.loop("%s.optMap(%s, %s)", "optional(int)", "int", d, "int"),
			m.call("%s[?%s]", d, "list(int)", "int"), m.call("%s[?%s]", d, "map(string, int)", "string"), m.loop("%s.optFlatMap(%s, %s)", "optional(int)", "optional(int)", d, "int"),
			m.call("%s.first()", d, "list(int)"), m.call("%s.last()", d, "list(int)"))
	case "dyn":
		return m.one(func() string { return m.leaf("dyn") }, m.call("%s.spec", d, "dyn"), m.call("%s[%s]", d, "dyn", "int"), m.call("%s[%s]", d, "dyn", "string"),
			m.call("(%s + %s)", d, "dyn", "dyn"), m.call("dyn(%s)", d, any1), m.call("%s.?name.orValue(%s)", d, "dyn", any1), m.call("(%s ? %s : %s).name", d, "bool", "dyn", "dyn"))
	}
	return m.leaf(typ)
}

// celObject is what is under review: a random one, in the form in which Kubernetes decodes JSON.
func celObject(r *rand.Rand) map[string]any {
	container := func(name string) any {
		c := map[string]any{"name": name, "image": pick(r, []string{"nginx", "nginx:1.25", "ghcr.io/a/b@sha256:00", ""})}
		if r.IntN(2) == 0 {
			c["securityContext"] = map[string]any{"runAsNonRoot": r.IntN(2) == 0}
		}
		if r.IntN(2) == 0 {
			c["ports"] = []any{map[string]any{"port": int64(r.IntN(100))}}
		}
		return c
	}
	// In the order of their names, in which we go through them: Go goes through a small map from anywhere, and then on.
	spec := map[string]any{"containers": nil, "paused": pick(r, []any{true, nil, "x", int64(1)}), "ratio": float64(r.IntN(9)) + 0.5,
		"replicas": int64(r.IntN(5))}
	containers := []any{}
	for i := range r.IntN(4) {
		containers = append(containers, container(string(rune('a'+i))))
	}
	spec["containers"] = containers
	return map[string]any{"spec": spec, "metadata": map[string]any{"name": pick(r, []string{"web", "a", "42"}),
		"labels": pick(r, []any{map[string]any{"app": "x"}, map[string]any{}, nil})}}
}

// What random expressions give: the same value, or an error in both, at the same cost.
func TestCelRandom(t *testing.T) {
	r := random(t)
	questions := make([]celQuestion, *howMany)
	for i := range questions {
		m := &celMaker{r: r}
		questions[i] = celQuestion{Expression: m.make(pick(r, celTypes), 1+r.IntN(5)), Minor: uint(30 + r.IntN(6)), Types: celVariableTypes,
			Variables: map[string]any{"object": celObject(r)},
			Values: map[string]string{"i": fmt.Sprint(r.IntN(9) - 3), "u": fmt.Sprintf("%du", r.IntN(5)), "s": pick(r, []string{"'a'", "'abc'", "''", "'12'"}),
				"ints": pick(r, []string{"[]", "[1, 2, 3]", "[5]", "[0, 0]"}), "names": pick(r, []string{"[]", "['a', 'b']", "['abc']"}),
				"counts": pick(r, []string{"{}", "{'a': 1}", "{'b': 2}"})}}
	}
	answers := ask[celQuestion, celAnswer](t, "cel", questions)
	var wait sync.WaitGroup
	var lock sync.Mutex
	var values, failed, refused, different int
	for worker := range runtime.NumCPU() {
		wait.Add(1)
		go func() {
			defer wait.Done()
			for i := worker; i < len(questions); i += runtime.NumCPU() {
				ours := answers[i]
				if ours.Value != nil {
					text := normal(*ours.Value)
					ours.Value = &text
				}
				kube := celKubernetes(questions[i])
				if kube.String() == "nothing" || (kube.Error != nil && strings.HasPrefix(*kube.Error, "internal error")) {
					continue
				}
				for tries := 0; tries < 50 && !ours.alike(kube); tries++ {
					kube = celKubernetes(questions[i])
				}
				lock.Lock()
				switch {
				case kube.Issues != nil:
					refused++
				case kube.Error != nil:
					failed++
				default:
					values++
				}
				if !ours.alike(kube) && !ours.inAnyOrder(kube) {
					different++
					if different <= 40 {
						t.Errorf("%s with %v %v: ours %v, Kubernetes' %v", questions[i].Expression, questions[i].Variables, questions[i].Values, ours, kube)
					}
				}
				lock.Unlock()
			}
		}()
	}
	wait.Wait()
	t.Logf("%d values, %d errors, %d refused; %d different", values, failed, refused, different)
}

var celLiterals sync.Map

// inAnyOrder: Go goes through a map from anywhere, but not in each order of its keys.
func (a celAnswer) inAnyOrder(b celAnswer) bool {
	if a.Value == nil || b.Value == nil || a.Cost != b.Cost {
		return false
	}
	left, right := []byte(*a.Value), []byte(*b.Value)
	slices.Sort(left)
	slices.Sort(right)
	return slices.Equal(left, right)
}

// celKubernetes answers a question of random variables.
func celKubernetes(q celQuestion) celAnswer {
	bound := map[string]any{}
	for name, value := range q.Variables {
		bound[name] = value
	}
	for name, literal := range q.Values {
		value, ok := celLiterals.Load(literal)
		if !ok {
			_, v := kubernetes(literal, q.Minor, nil, map[string]any{})
			value = v
			celLiterals.Store(literal, value)
		}
		bound[name] = value
	}
	answer, _ := kubernetes(q.Expression, q.Minor, celVariables, bound)
	return answer
}
