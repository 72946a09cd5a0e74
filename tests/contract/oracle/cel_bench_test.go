package oracle

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/google/cel-go/cel"
)

// BenchmarkCel times the expressions of tests/bench/cel.json as an API server evaluates them;
// tests/bench/run holds our own figures against these.
func BenchmarkCel(b *testing.B) {
	text, err := os.ReadFile("../../bench/cel.json")
	if err != nil {
		b.Fatal(err)
	}
	var file struct {
		Expressions []string
		Object      any
	}
	decoder := json.NewDecoder(strings.NewReader(string(text)))
	decoder.UseNumber()
	if err := decoder.Decode(&file); err != nil {
		b.Fatal(err)
	}
	env, err := kubernetesEnv(35, map[string]*cel.Type{"object": cel.DynType})
	if err != nil {
		b.Fatal(err)
	}
	bound := map[string]any{"object": asKubernetes(file.Object)}
	for _, expression := range file.Expressions {
		ast, issues := env.Compile(expression)
		if issues.Err() != nil {
			b.Fatal(issues.Err())
		}
		program, err := env.Program(ast)
		if err != nil {
			b.Fatal(err)
		}
		b.Run("", func(b *testing.B) {
			for range b.N {
				if _, _, err := program.Eval(bound); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// asKubernetes has whole numbers as int64, all others as float64.
func asKubernetes(value any) any {
	switch v := value.(type) {
	case map[string]any:
		for key := range v {
			v[key] = asKubernetes(v[key])
		}
	case []any:
		for i := range v {
			v[i] = asKubernetes(v[i])
		}
	case json.Number:
		if i, err := v.Int64(); err == nil {
			return i
		}
		f, _ := v.Float64()
		return f
	}
	return value
}
