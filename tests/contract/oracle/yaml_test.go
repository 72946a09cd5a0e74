package oracle

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

// Scalars as people write them without quotes, and as nobody should.
var scalars = strings.Split("a,api,true,True,TRUE,tRUE,false,yes,Yes,yEs,no,on,On,off,OFF,y,Y,n,N,null,Null,~,nil,"+
	"0,-0,+0,00,07,08,09,012,0644,-012,+012,0o17,0O17,-0o17,0x1F,0X1f,-0x1F,0x,0xg,0b11,0B11,-0b11,+0b1,0b2,0b,"+
	"1_000,_1,1_,1__0,-1_0,0x_1F,1_0.5,+5,-5,5.,.5,-.5,+.5,.,-.,5.5.5,1.0,1.50,-1.25,1e3,1E3,1e+3,1e-3,1.5e3,.5e1,1e,e3,"+
	"1e400,-1e400,1e-400,123456789012345678,9223372036854775807,9223372036854775808,-9223372036854775808,"+
	"-9223372036854775809,18446744073709551615,18446744073709551616,0xFFFFFFFFFFFFFFFF,0x8000000000000000,"+
	"0b1111111111111111111111111111111111111111111111111111111111111111,1:30,18:00:00,-1:30,1:30.5,2026-01-01,"+
	"2026-01-01T10:00:00Z,2026-1-1,100m,1Gi,0.1,0.30000000000000004,1e20,1e21,1e22,123456789.123456789,1e-6,1e-7,"+
	"0.000001,0.0000001,5e-324,1.7976931348623157e308,=,v1.2.3,1.2.3,sha256:abc,a:b,http://x/y,a#b,-a,?a,$x,é,日本", ",")

var tags = []string{"!!str ", "!!int ", "!!float ", "!!bool ", "!!null ", "!other ", "!!map ", "! "}

type yamlWriter struct {
	*rand.Rand
	anchors []string
}

func (w *yamlWriter) scalar() string {
	s := pick(w.Rand, scalars)
	switch w.IntN(12) {
	case 0:
		return "'" + s + "'"
	case 1:
		return `"` + s + `\n\u00e9\t"`
	case 2:
		return pick(w.Rand, tags) + s
	case 3:
		return fmt.Sprint(w.Int64())
	case 4:
		return fmt.Sprint(w.NormFloat64())
	}
	return s
}

func (w *yamlWriter) anchor() string {
	if w.IntN(8) != 0 {
		return ""
	}
	name := fmt.Sprintf("n%d", w.IntN(4))
	w.anchors = append(w.anchors, name)
	return "&" + name + " "
}

func (w *yamlWriter) key(i int) string {
	if w.IntN(6) == 0 {
		return pick(w.Rand, scalars)
	}
	return fmt.Sprintf("k%d", i)
}

func (w *yamlWriter) flow(depth int) string {
	kind := w.IntN(6)
	if len(w.anchors) > 0 && w.IntN(8) == 0 {
		return "*" + pick(w.Rand, w.anchors) + " "
	}
	if depth == 0 || kind > 1 {
		return w.anchor() + w.scalar()
	}
	var parts []string
	anchor := w.anchor()
	for i := range w.IntN(4) {
		part := w.flow(depth - 1)
		if kind == 0 {
			part = w.key(i) + ": " + part
		}
		parts = append(parts, part)
	}
	if kind == 0 {
		return anchor + "{" + strings.Join(parts, ", ") + "}"
	}
	return anchor + "[" + strings.Join(parts, ", ") + "]"
}

func (w *yamlWriter) block(b *strings.Builder, depth int, indent string) {
	for i := range 1 + w.IntN(4) {
		b.WriteString(indent + w.key(i) + ":")
		switch n := w.IntN(10); {
		case n < 3 && depth > 0:
			b.WriteString(" " + w.anchor() + "\n")
			w.block(b, depth-1, indent+"  ")
		case n == 3:
			fmt.Fprintf(b, " %s\n%s  first %d\n%s\n%s  second\n", pick(w.Rand, []string{"|", ">", "|-", ">+"}), indent, i, "", indent)
		case n == 4 && len(w.anchors) > 0:
			fmt.Fprintf(b, " {<<: *%s, x: 1}\n", pick(w.Rand, w.anchors))
		default:
			b.WriteString(" " + w.flow(2) + "\n")
		}
	}
}

func randomYAML(r *rand.Rand) string {
	w := &yamlWriter{Rand: r}
	var b strings.Builder
	w.block(&b, 3, "")
	text := b.String()
	if r.IntN(10) == 0 { // a byte too many, or another
		at := r.IntN(len(text))
		text = text[:at] + pick(r, []string{"", ":", "-", "\n", " ", "#", "{", "]", "'", "\"", "\t", "&", "*"}) + text[at+1:]
	}
	return text
}

func listedYAML() []string {
	list := []string{"", "---\n", "# x\n", "a: &x [*x]\n", "a: *x\n", "? [a]\n: b\n", "? {a: b}\n: c\n", "~: a\n",
		"<<: {a: b}\na: c\n", "a: c\n<<: {a: b}\n", "<<: [{a: 1}, {a: 2, b: 3}]\n", "<<: 5\n", "<<: [5]\n", "\"<<\": {a: b}\n",
		"!!merge x: {a: b}\n", "a: 1\na: 2\n", "a: {b: 1, b: 2}\n", "\xEF\xBB\xBFa: b\n", "a: b\r\nc: d\r\n", "a: \"\\0\"\n",
		"a: \x00\n", "a:\tb\n", "a:\n\tb: c\n", `{"a":"b","d":[1,2.50,true,null]}`, "%YAML 1.1\n---\na: b\n",
		"- a\n- b\n", "a: |2\n   x\n", "a: .inf\n", "a: -.INF\n", "a: .nan\n", "a: >\n x\n y\n\n z\n", "!!set {a, b}\n"}
	for _, s := range scalars {
		list = append(list, s+"\n", "k: "+s+"\n", s+": v\n", "['"+s+"', \""+s+"\"]\n")
		for _, tag := range tags {
			list = append(list, "k: "+tag+s+"\n", "k: "+tag+"'"+s+"'\n")
		}
	}
	return list
}

type yamlAnswer struct {
	JSON  *string
	Error *string
}

func decode(t *testing.T, text string) any {
	var v any
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		t.Errorf("%s: %v", text, err)
	}
	return v
}

// What libyaml, or Tidegate, refuses on purpose or for good reason, each with what go-yaml does.
var stricter = []string{
	"did not find expected <document start>", // reads one document and never looks behind it
	"did not find expected whitespace or line break", "did not find URI escaped octet",
	"did not find expected tag URI",    // takes any character for one of a tag
	"found unexpected ':'",             // takes a colon before a comma for text
	"found unknown escape character",   // knows an escaped single quote
	"a key must be text, not a number", // forgets a key that is too large when another replaces it
	"is not supported",                 // reads !!binary
}

func isStricter(problem string) bool {
	for _, s := range stricter {
		if strings.Contains(problem, s) {
			return true
		}
	}
	return false
}

// Keys that are one text but not one number (5 and 5.0) meet in the order of a Go map, so that one
// text has several readings.
func isAReading(t *testing.T, question string, json string) bool {
	ours := decode(t, json)
	for range 32 {
		theirs, err := yaml.YAMLToJSON([]byte(question))
		if err == nil && reflect.DeepEqual(decode(t, string(theirs)), ours) {
			return true
		}
	}
	return false
}

func TestManifestsAreReadAsKubectlDoes(t *testing.T) {
	questions := listedYAML()
	r := random(t)
	for range *howMany / 5 {
		// Questions travel as JSON, which is UTF-8.
		questions = append(questions, strings.ToValidUTF8(randomYAML(r), "x"))
	}
	good := 0
	for i, a := range ask[string, yamlAnswer](t, "yaml", questions) {
		theirs, err := yaml.YAMLToJSON([]byte(questions[i]))
		switch {
		case err != nil && a.Error == nil:
			t.Errorf("%q\n  sigs.k8s.io/yaml: %v\n  here: %s", questions[i], err, *a.JSON)
		case err == nil && a.Error != nil && !isStricter(*a.Error):
			t.Errorf("%q\n  sigs.k8s.io/yaml: %s\n  here: %s", questions[i], theirs, *a.Error)
		case err == nil && a.Error == nil:
			good++
			if !isAReading(t, questions[i], *a.JSON) {
				t.Errorf("%q\n  sigs.k8s.io/yaml: %s\n  here: %s", questions[i], theirs, *a.JSON)
			}
		}
	}
	t.Logf("%d of %d documents are valid", good, len(questions))
}
