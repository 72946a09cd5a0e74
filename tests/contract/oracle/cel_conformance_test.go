package oracle

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strings"
	"testing"

	_ "cel.dev/expr/conformance/proto2"
	_ "cel.dev/expr/conformance/proto3"
	conformance "cel.dev/expr/conformance/test"
	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/ast"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	"google.golang.org/protobuf/encoding/prototext"
)

// Whole files of what Kubernetes' objects are not, or its environment has not.
var celLeftOut = map[string]string{
	"dynamic":      "protocol buffers",
	"proto2":       "protocol buffers",
	"proto2_ext":   "protocol buffers",
	"proto3":       "protocol buffers",
	"wrappers":     "protocol buffers",
	"enums":        "protocol buffers",
	"math_ext":     "not in Kubernetes' environment",
	"block_ext":    "not in Kubernetes' environment",
	"bindings_ext": "not in Kubernetes' environment",
	"encoders_ext": "not in Kubernetes' environment",
}

type celTest struct {
	name     string
	question celQuestion
	kube     celAnswer
	again    func() celAnswer // the order of a map's keys is another each time
}

func conformanceFiles(t *testing.T) []string {
	t.Helper()
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "cel.dev/expr").Output()
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(strings.TrimSpace(string(out)), "tests/simple/testdata/*.textproto"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no conformance tests: %v", err)
	}
	return files
}

// typeText is a type as signatures of cel/function.h have it.
func typeText(t *cel.Type) (string, error) {
	switch t.Kind() {
	case types.DynKind, types.AnyKind:
		return "dyn", nil
	case types.BoolKind, types.IntKind, types.UintKind, types.DoubleKind, types.StringKind, types.BytesKind:
		if t.IsAssignableType(types.NullType) {
			return "", fmt.Errorf("wrappers")
		}
		return t.TypeName(), nil
	case types.TimestampKind:
		return "timestamp", nil
	case types.DurationKind:
		return "duration", nil
	case types.NullTypeKind:
		return "null", nil
	case types.TypeKind:
		return "type", nil
	case types.ListKind:
		e, err := typeText(t.Parameters()[0])
		return "list(" + e + ")", err
	case types.MapKind:
		k, err := typeText(t.Parameters()[0])
		if err != nil {
			return "", err
		}
		v, err := typeText(t.Parameters()[1])
		return "map(" + k + ", " + v + ")", err
	}
	return "", fmt.Errorf("protocol buffers")
}

func usesMessages(e ast.Expr) bool {
	found := false
	ast.PostOrderVisit(e, ast.NewExprVisitor(func(e ast.Expr) {
		found = found || e.Kind() == ast.StructKind
	}))
	return found
}

// conformanceTest makes the question of a test, or says why there is none. The expected value is
// nil where an error is expected.
func conformanceTest(tc *conformance.SimpleTest) (test *celTest, expected ref.Val, reason string) {
	if tc.GetContainer() != "" {
		return nil, nil, "containers"
	}
	if tc.GetDisableMacros() {
		return nil, nil, "macros switched off"
	}
	if tc.GetTypedResult() != nil || tc.GetCheckOnly() {
		return nil, nil, "only the type is asked"
	}
	if tc.GetUnknown() != nil || tc.GetAnyUnknowns() != nil || tc.GetAnyEvalErrors() != nil {
		return nil, nil, "unknown values"
	}
	plain := strings.NewReplacer("google.protobuf.Timestamp", "", "google.protobuf.Duration", "").Replace(tc.GetExpr())
	if strings.Contains(plain, "google.protobuf.") || strings.Contains(plain, "TestAllTypes") {
		return nil, nil, "protocol buffers"
	}
	env, err := kubernetesEnv(35, nil)
	if err != nil {
		return nil, nil, err.Error()
	}
	if parsed, issues := env.Parse(tc.GetExpr()); issues.Err() == nil && usesMessages(parsed.NativeRep().Expr()) {
		return nil, nil, "protocol buffers"
	}
	q := celQuestion{Expression: tc.GetExpr(), Minor: 35, Values: map[string]string{}, Types: map[string]string{}}
	declared := map[string]*cel.Type{}
	for _, d := range tc.GetTypeEnv() {
		if d.GetIdent() == nil {
			return nil, nil, "functions of the test's own"
		}
		typ, err := types.ProtoAsType(d.GetIdent().GetType())
		if err != nil {
			return nil, nil, err.Error()
		}
		if q.Types[d.GetName()], err = typeText(typ); err != nil {
			return nil, nil, err.Error()
		}
		declared[d.GetName()] = typ
	}
	bound := map[string]any{}
	for name, value := range tc.GetBindings() {
		v, err := cel.ProtoAsValue(types.DefaultTypeAdapter, value.GetValue())
		if err != nil {
			return nil, nil, "protocol buffers"
		}
		if q.Values[name], err = celLiteral(v); err != nil {
			return nil, nil, "protocol buffers"
		}
		bound[name] = v
		if declared[name] == nil {
			declared[name] = cel.DynType
		}
	}
	for name := range declared {
		if strings.Contains(name, ".") {
			return nil, nil, "qualified names of variables"
		}
		if bound[name] == nil {
			return nil, nil, "variables without a value"
		}
	}
	test = &celTest{question: q}
	test.again = func() celAnswer {
		answer, _ := kubernetes(tc.GetExpr(), 35, declared, bound)
		return answer
	}
	test.kube = test.again()
	switch m := tc.GetResultMatcher().(type) {
	case nil:
		expected = types.True
	case *conformance.SimpleTest_Value:
		if expected, err = cel.ProtoAsValue(types.DefaultTypeAdapter, m.Value); err != nil {
			return nil, nil, "protocol buffers"
		}
	case *conformance.SimpleTest_EvalError:
	}
	return test, expected, ""
}

// agrees: whether Kubernetes answers what the test expects.
func agrees(kube celAnswer, expected ref.Val) bool {
	if expected == nil {
		return kube.Error != nil || kube.Issues != nil
	}
	text, err := celText(expected)
	return err == nil && kube.Value != nil && *kube.Value == text
}

// Each test of the language's own that can be asked here is answered as Kubernetes does it; where
// Kubernetes itself answers something else than the test expects, it is counted apart.
func TestCelConformance(t *testing.T) {
	type count struct{ all, asked, expected, wrong int }
	counts := map[string]*count{}
	reasons := map[string]int{}
	var tests []*celTest
	var questions []celQuestion
	for _, path := range conformanceFiles(t) {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var file conformance.SimpleTestFile
		if err := prototext.Unmarshal(text, &file); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		c := &count{}
		counts[file.GetName()] = c
		for _, section := range file.GetSection() {
			for _, tc := range section.GetTest() {
				c.all++
				reason := celLeftOut[file.GetName()]
				var test *celTest
				var expected ref.Val
				if reason == "" {
					test, expected, reason = conformanceTest(tc)
				}
				if reason != "" {
					reasons[reason]++
					continue
				}
				c.asked++
				if agrees(test.kube, expected) {
					c.expected++
				} else {
					reasons["(asked, though Kubernetes answers otherwise)"]++
				}
				test.name = file.GetName() + "/" + section.GetName() + "/" + tc.GetName()
				tests = append(tests, test)
				questions = append(questions, test.question)
			}
		}
	}
	for i, answer := range ask[celQuestion, celAnswer](t, "cel", questions) {
		if answer.Value != nil {
			text := normal(*answer.Value)
			answer.Value = &text
		}
		for tries := 0; tries < 20 && !answer.alike(tests[i].kube); tries++ {
			tests[i].kube = tests[i].again()
		}
		if !answer.alike(tests[i].kube) {
			counts[strings.SplitN(tests[i].name, "/", 2)[0]].wrong++
			t.Errorf("%s: %s %v: ours %v, Kubernetes' %v", tests[i].name, tests[i].question.Expression,
				tests[i].question.Values, answer, tests[i].kube)
		}
	}
	names := make([]string, 0, len(counts))
	for name := range counts {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		c := counts[name]
		t.Logf("%-20s %4d tests, %4d asked, %4d as expected by Kubernetes, %4d answered otherwise by us", name, c.all, c.asked, c.expected, c.wrong)
	}
	for reason, n := range reasons {
		t.Logf("%4d: %s", n, reason)
	}
}
