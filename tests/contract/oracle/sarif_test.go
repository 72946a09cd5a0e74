package oracle

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	_ "github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif"
	"github.com/xeipuuv/gojsonschema"
)

// goldenOutputs are the standard outputs of a golden case's commands that hold a word.
func goldenOutputs(t *testing.T, path, word string) []string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var outputs []string
	for _, command := range strings.Split(string(text), "\n$ ")[1:] {
		line, rest, _ := strings.Cut(command, "\n")
		if !strings.Contains(line, word) {
			continue
		}
		var out strings.Builder
		for _, line := range strings.Split(rest, "\n") {
			if strings.HasPrefix(line, ">") {
				out.WriteString(strings.TrimPrefix(line, ">") + "\n")
			}
		}
		outputs = append(outputs, out.String())
	}
	return outputs
}

// sarifSchema is the JSON Schema of SARIF 2.1.0 that a library of the format carries, as a constant
// that it keeps to itself: its own types would hide what is missing from a report, or too much.
func sarifSchema(t *testing.T) string {
	t.Helper()
	const library = "github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif"
	dir, err := exec.Command("go", "list", "-f", "{{.Dir}}", library).Output()
	if err != nil {
		t.Fatal(err)
	}
	source := filepath.Join(strings.TrimSpace(string(dir)), "schema.go")
	file, err := parser.ParseFile(token.NewFileSet(), source, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	constant := file.Scope.Lookup("schema").Decl.(*ast.ValueSpec).Values[0].(*ast.BasicLit)
	schema, err := strconv.Unquote(constant.Value)
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

// TestSarif holds what `eval --format sarif` prints, as the golden tests have it, against the schema.
func TestSarif(t *testing.T) {
	schema, err := gojsonschema.NewSchema(gojsonschema.NewStringLoader(sarifSchema(t)))
	if err != nil {
		t.Fatal(err)
	}
	checked := 0
	for _, text := range goldenOutputs(t, "../../golden/eval/formats.txt", "--format sarif") {
		if !strings.HasPrefix(text, " {") {
			continue // a pipe showed only a part
		}
		result, err := schema.Validate(gojsonschema.NewStringLoader(text))
		if err != nil {
			t.Fatal(err)
		}
		for _, mistake := range result.Errors() {
			t.Errorf("%v\n%s", mistake, text)
		}
		checked++
	}
	if checked < 3 {
		t.Errorf("only %d reports", checked)
	}
}
