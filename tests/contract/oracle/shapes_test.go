package oracle

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

type shapesQuestion struct {
	Kind  string `json:"kind"`
	Path  string `json:"path"`
	value any
	from  string
}

type shapesAnswer struct {
	Known bool     `json:"known"`
	Told  string   `json:"told"`
	Types []string `json:"types"`
}

// Kinds that no API server of the pinned release serves, or that it never has reviewed.
var notReviewed = []string{
	"admission.k8s.io.", "apidiscovery.k8s.io.", "apps.v1beta1.DeploymentRollback", "apps.v1beta1.Scale",
	"apps.v1beta2.Scale", "core.v1.API", "core.v1.CreateOptions", "core.v1.DeleteOptions", "core.v1.GetOptions",
	"core.v1.ListOptions", "core.v1.NodeConfigStatus", "core.v1.PatchOptions", "core.v1.PodLogOptions",
	"core.v1.PodStatusResult", "core.v1.RangeAllocation", "core.v1.SerializedReference", "core.v1.Status",
	"core.v1.UpdateOptions", "extensions.", "imagepolicy.k8s.io.", "policy.v1beta1.PodSecurityPolicy",
}

// Versions that no longer are served: their fields may be unknown, but never an error.
var retired = []string{
	"apps.v1beta1.", "apps.v1beta2.", "autoscaling.v2beta1.", "autoscaling.v2beta2.", "batch.v1beta1.",
	"discovery.k8s.io.v1beta1.", "events.k8s.io.v1beta1.", "flowcontrol.apiserver.k8s.io.v1beta1.",
	"flowcontrol.apiserver.k8s.io.v1beta2.", "networking.k8s.io.v1beta1.Ingress", "policy.v1beta1.",
	"rbac.authorization.k8s.io.v1alpha1.", "resource.k8s.io.v1alpha3.",
}

func begins(name string, with []string) bool {
	return slices.ContainsFunc(with, func(prefix string) bool { return strings.HasPrefix(name, prefix) })
}

// The objects that the library's own tests read and write: every field of every type is set.
func filledObjects(t *testing.T) []string {
	module, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "k8s.io/api").Output()
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(strings.TrimSpace(string(module)), "testdata", "*", "*.json"))
	if err != nil || len(files) < 100 {
		t.Fatalf("%d files: %v", len(files), err)
	}
	return files
}

func step(path, key string) string {
	if strings.ContainsAny(key, ".:[]\"*") || key == "" {
		return path + `["` + key + `"]`
	}
	return strings.TrimPrefix(path+"."+key, ".")
}

// Filled objects name a key after its map; a resource without a domain is one of Kubernetes' own.
func realKey(key string) string {
	if key == "limitsKey" || key == "requestsKey" {
		return "cpu"
	}
	return key
}

// walk visits every path of a value: keys, each element, and elements by their texts.
func walk(value any, path string, visit func(path string, value any)) {
	switch value := value.(type) {
	case map[string]any:
		for key, inner := range value {
			visit(step(path, realKey(key)), inner)
			walk(inner, step(path, realKey(key)), visit)
		}
	case []any:
		for _, inner := range value {
			visit(path+"[*]", inner)
			walk(inner, path+"[*]", visit)
			element, _ := inner.(map[string]any)
			for key, text := range element {
				if _, ok := text.(string); ok {
					visit(path+"["+key+"=x]", inner)
				}
			}
		}
	}
}

func kindOf(object map[string]any) string {
	version := object["apiVersion"].(string)
	group, _, found := strings.Cut(version, "/")
	if !found {
		group = ""
	}
	return group + "/" + object["kind"].(string)
}

func shapesQuestions(t *testing.T, file string) (questions []shapesQuestion) {
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var object map[string]any
	if err := json.Unmarshal(text, &object); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	if object["apiVersion"] == nil {
		return nil // apidiscovery's
	}
	kind, name := kindOf(object), strings.TrimSuffix(filepath.Base(file), ".json")
	walk(object, "", func(path string, value any) {
		if path == "container" { // of PodExecOptions; in a path it is a root
			return
		}
		questions = append(questions, shapesQuestion{Kind: kind, Path: path, value: value, from: name})
	})
	return questions
}

func fits(types []string, value any) bool {
	for _, name := range types {
		switch value.(type) {
		case map[string]any:
			if name == "a map" {
				return true
			}
		case []any:
			if name == "a list" {
				return true
			}
		case string:
			if name == "text" || name == "a quantity" || name == "an integer or text" {
				return true
			}
		case bool:
			if name == "true or false" {
				return true
			}
		case float64:
			if slices.Contains([]string{"an integer", "a number", "a quantity", "an integer or text"}, name) {
				return true
			}
		case nil:
			return true
		}
	}
	return len(types) == 0
}

// No path of an object that Kubernetes itself writes is told to lead nowhere, and what stands there
// is what the table says.
func TestShapes(t *testing.T) {
	var questions []shapesQuestion
	for _, file := range filledObjects(t) {
		questions = append(questions, shapesQuestions(t, file)...)
	}
	unknown, told := map[string]bool{}, map[string]bool{}
	for i, a := range ask[shapesQuestion, shapesAnswer](t, "shapes", questions) {
		q := questions[i]
		switch {
		case begins(q.from, notReviewed):
		case !a.Known:
			unknown[q.from] = true
		case strings.Contains(a.Told, "error: ") || a.Told != "" && !begins(q.from, retired):
			told[fmt.Sprintf("%s: %s", q.from, a.Told)] = true
		case a.Told == "" && !begins(q.from, retired) && !fits(a.Types, q.value):
			t.Errorf("%s: %s is %v, and the table says %v", q.from, q.Path, q.value, a.Types)
		}
	}
	for name := range unknown {
		t.Errorf("no shape of %s", name)
	}
	for text := range told {
		t.Error(text)
	}
}
