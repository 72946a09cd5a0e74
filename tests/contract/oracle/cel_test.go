package oracle

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"sort"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	"github.com/google/cel-go/common/types/traits"
	"k8s.io/apimachinery/pkg/util/version"
	"k8s.io/apiserver/pkg/cel/environment"
)

// A question about an expression: variables are JSON, values are what expressions give.
type celQuestion struct {
	Expression string            `json:"expression"`
	Minor      uint              `json:"minor"`
	Variables  map[string]any    `json:"variables,omitempty"`
	Values     map[string]string `json:"values,omitempty"`
	Types      map[string]string `json:"types,omitempty"`
}

type celAnswer struct {
	Issues []string `json:"issues"`
	Value  *string  `json:"value"`
	Error  *string  `json:"error"`
	Cost   uint64   `json:"cost"`
	Type   string   `json:"type"`
}

func (a celAnswer) String() string {
	switch {
	case a.Issues != nil:
		return "issues: " + strings.Join(a.Issues, "; ")
	case a.Error != nil:
		return fmt.Sprintf("error: %s at %d", *a.Error, a.Cost)
	case a.Value != nil:
		return fmt.Sprintf("%s at %d", *a.Value, a.Cost)
	}
	return "nothing"
}

// alike: both are a mistake, an error, or the same value, and the cost is the same.
func (a celAnswer) alike(b celAnswer) bool {
	if (a.Issues != nil) != (b.Issues != nil) || (a.Error != nil) != (b.Error != nil) {
		return false
	}
	if a.Issues != nil {
		return true
	}
	// Where the cost is over is told at the next step by one, at the next loop by the other.
	if a.Error != nil && strings.Contains(*a.Error, "cost limit exceeded") {
		return strings.Contains(*b.Error, "cost limit exceeded")
	}
	return a.Cost == b.Cost && (a.Error != nil || *a.Value == *b.Value)
}

var celEnvs sync.Map

// kubernetesEnv is the environment of a version with variables of these types.
func kubernetesEnv(minor uint, variables map[string]*cel.Type) (*cel.Env, error) {
	var key strings.Builder
	fmt.Fprint(&key, minor)
	names := make([]string, 0, len(variables))
	for name := range variables {
		names = append(names, name)
	}
	sort.Strings(names)
	var options []cel.EnvOption
	for _, name := range names {
		fmt.Fprintf(&key, " %s=%v", name, variables[name])
		options = append(options, cel.Variable(name, variables[name]))
	}
	if env, ok := celEnvs.Load(key.String()); ok {
		return env.(*cel.Env), nil
	}
	set, err := environment.MustBaseEnvSet(version.MajorMinor(1, minor)).Extend(environment.VersionedOptions{
		IntroducedVersion: version.MajorMinor(1, 0),
		EnvOptions:        options,
	})
	if err != nil {
		return nil, err
	}
	env := set.NewExpressionsEnv()
	celEnvs.Store(key.String(), env)
	return env, nil
}

// kubernetes evaluates as an API server does. A question at which cel-go itself panics has no answer.
func kubernetes(expression string, minor uint, variables map[string]*cel.Type, values map[string]any) (answer celAnswer, value ref.Val) {
	defer func() {
		if recover() != nil {
			answer, value = celAnswer{}, nil
		}
	}()
	env, err := kubernetesEnv(minor, variables)
	if err != nil {
		return celAnswer{Issues: []string{err.Error()}}, nil
	}
	ast, issues := env.Compile(expression)
	if issues.Err() != nil {
		return celAnswer{Issues: []string{issues.Err().Error()}}, nil
	}
	// An error of a constant is told when the program is made.
	program, err := env.Program(ast)
	if err != nil {
		return celAnswer{Issues: []string{err.Error()}}, nil
	}
	value, details, err := program.Eval(values)
	answer = celAnswer{Type: ast.OutputType().String()}
	if details != nil && details.ActualCost() != nil {
		answer.Cost = *details.ActualCost()
	}
	if err != nil {
		text := err.Error()
		answer.Error = &text
		return answer, nil
	}
	text, err := celText(value)
	if err != nil {
		return celAnswer{Issues: []string{"no text: " + err.Error()}}, nil
	}
	answer.Value = &text
	return answer, value
}

// celText writes a value as cel_write does.
func celText(value ref.Val) (string, error) {
	switch v := value.(type) {
	case types.Null:
		return "null", nil
	case types.Bool:
		return strconv.FormatBool(bool(v)), nil
	case types.Int:
		return strconv.FormatInt(int64(v), 10), nil
	case types.Uint:
		return fmt.Sprintf(`{"uint":"%d"}`, uint64(v)), nil
	case types.Double:
		return fmt.Sprintf(`{"double":"%g"}`, float64(v)), nil
	case types.String:
		return jsonText(string(v)), nil
	case types.Bytes:
		return `{"bytes":"` + base64.StdEncoding.EncodeToString(v) + `"}`, nil
	case types.Timestamp:
		return `{"timestamp":"` + v.Format(time.RFC3339Nano) + `"}`, nil
	case types.Duration:
		return `{"duration":"` + strconv.FormatFloat(v.Seconds(), 'f', -1, 64) + `s"}`, nil
	case *types.Optional:
		if !v.HasValue() {
			return `{"optional":[]}`, nil
		}
		text, err := celText(v.GetValue())
		return `{"optional":[` + text + `]}`, err
	case *types.Type:
		return `{"type":` + jsonText(v.TypeName()) + `}`, nil
	case traits.Lister:
		var parts []string
		for i := types.Int(0); i < v.Size().(types.Int); i++ {
			text, err := celText(v.Get(i))
			if err != nil {
				return "", err
			}
			parts = append(parts, text)
		}
		return "[" + strings.Join(parts, ",") + "]", nil
	case traits.Mapper:
		return celMapText(v)
	}
	return "", fmt.Errorf("%T", value)
}

var celKinds = map[ref.Type]int{types.BoolType: 1, types.IntType: 2, types.UintType: 3, types.DoubleType: 4, types.StringType: 5}

func celMapText(m traits.Mapper) (string, error) {
	var keys []ref.Val
	for it := m.Iterator(); it.HasNext() == types.True; {
		keys = append(keys, it.Next())
	}
	sort.Slice(keys, func(i, j int) bool {
		a, b := keys[i], keys[j]
		if celKinds[a.Type()] != celKinds[b.Type()] {
			return celKinds[a.Type()] < celKinds[b.Type()]
		}
		return a.(traits.Comparer).Compare(b) == types.IntNegOne
	})
	var parts []string
	for _, key := range keys {
		k, err := celText(key)
		if err != nil {
			return "", err
		}
		v, err := celText(m.Get(key))
		if err != nil {
			return "", err
		}
		parts = append(parts, "["+k+","+v+"]")
	}
	return `{"map":[` + strings.Join(parts, ",") + "]}", nil
}

// jsonText is a JSON string in the form of base/quote.h, but for what cannot be seen, which is
// escaped there: both are read and written again.
func jsonText(s string) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(s); err != nil {
		panic(err)
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// normal has the JSON strings of a text in one form.
func normal(text string) string {
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		if text[i] != '"' {
			b.WriteByte(text[i])
			continue
		}
		end := i + 1
		for text[end] != '"' {
			if text[end] == '\\' {
				end++
			}
			end++
		}
		var s string
		if err := json.Unmarshal([]byte(text[i:end+1]), &s); err != nil {
			panic(err)
		}
		b.WriteString(jsonText(s))
		i = end
	}
	return b.String()
}

// celLiteral is an expression that gives the value.
func celLiteral(value ref.Val) (string, error) {
	switch v := value.(type) {
	case types.Null:
		return "null", nil
	case types.Bool:
		return strconv.FormatBool(bool(v)), nil
	case types.Int:
		return strconv.FormatInt(int64(v), 10), nil
	case types.Uint:
		return strconv.FormatUint(uint64(v), 10) + "u", nil
	case types.Double:
		return fmt.Sprintf("double('%v')", strconv.FormatFloat(float64(v), 'g', 17, 64)), nil
	case types.String:
		return celQuote(string(v)), nil
	case types.Bytes:
		var b strings.Builder
		b.WriteString("b'")
		for _, c := range []byte(v) {
			fmt.Fprintf(&b, `\x%02x`, c)
		}
		b.WriteByte('\'')
		return b.String(), nil
	case types.Timestamp:
		return "timestamp('" + v.Format(time.RFC3339Nano) + "')", nil
	case types.Duration:
		return "duration('" + v.Duration.String() + "')", nil
	case traits.Lister:
		var parts []string
		for i := types.Int(0); i < v.Size().(types.Int); i++ {
			part, err := celLiteral(v.Get(i))
			if err != nil {
				return "", err
			}
			parts = append(parts, "dyn("+part+")")
		}
		return "[" + strings.Join(parts, ", ") + "]", nil
	case traits.Mapper:
		var parts []string
		for it := v.Iterator(); it.HasNext() == types.True; {
			key := it.Next()
			k, err := celLiteral(key)
			if err != nil {
				return "", err
			}
			w, err := celLiteral(v.Get(key))
			if err != nil {
				return "", err
			}
			parts = append(parts, "dyn("+k+"): dyn("+w+")")
		}
		return "{" + strings.Join(parts, ", ") + "}", nil
	}
	return "", errors.New("no literal of " + value.Type().TypeName())
}

func celQuote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		if r < 0x20 || r == '"' || r == '\\' || r == 0x7f || r > 0xffff {
			fmt.Fprintf(&b, `\U%08x`, r)
		} else {
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}
