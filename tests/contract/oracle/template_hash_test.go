package oracle

import (
	"encoding/json"
	"math/rand/v2"
	"reflect"
	"strconv"
	"strings"
	"testing"

	apps "k8s.io/api/apps/v1"
	core "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/kubernetes/pkg/api/legacyscheme"
	_ "k8s.io/kubernetes/pkg/apis/apps/install"
	_ "k8s.io/kubernetes/pkg/apis/core/install"
)

const (
	restartedAt = "kubectl.kubernetes.io/restartedAt"
	hashLabel   = "pod-template-hash"
)

// baseTemplate has something in each place that docs/template-hash.md speaks of.
const baseTemplate = `{
 "metadata": {"labels": {"app": "api"}, "annotations": {"a": "b"}},
 "spec": {
  "serviceAccountName": "runner",
  "containers": [{
   "name": "api", "image": "acme/api:v1", "args": ["--all"],
   "env": [{"name": "A", "value": "1"}, {"name": "B", "value": "$(A)"},
           {"name": "C", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
           {"name": "D", "valueFrom": {"resourceFieldRef": {"resource": "limits.cpu"}}}],
   "ports": [{"containerPort": 80}],
   "resources": {"limits": {"cpu": "1", "memory": "1Gi"}},
   "volumeMounts": [{"name": "tmp", "mountPath": "/tmp"}],
   "livenessProbe": {"httpGet": {"port": 80}},
   "readinessProbe": {"grpc": {"port": 81}},
   "lifecycle": {"preStop": {"httpGet": {"port": 80}}}}],
  "initContainers": [{"name": "init", "image": "acme/init"}],
  "volumes": [{"name": "tmp"}, {"name": "config", "configMap": {"name": "c"}},
              {"name": "secret", "secret": {"secretName": "s"}}, {"name": "host", "hostPath": {"path": "/a"}},
              {"name": "down", "downwardAPI": {"items": [{"path": "p", "fieldRef": {"fieldPath": "metadata.name"}}]}},
              {"name": "mix", "projected": {"sources": [{"serviceAccountToken": {"path": "t"}},
                {"downwardAPI": {"items": [{"path": "q", "fieldRef": {"fieldPath": "metadata.uid"}}]}}]}},
              {"name": "claim", "ephemeral": {"volumeClaimTemplate": {"spec": {"accessModes": ["ReadWriteOnce"]}}}},
              {"name": "image", "image": {"reference": "acme/data:v1"}}]}}`

type leftOut struct{}

var fieldPaths = []any{
	"metadata.name", "metadata.labels['app']", "metadata.labels['" + hashLabel + "']",
	"metadata.annotations['" + restartedAt + "']", "metadata.annotations['a']",
}

// changes are places of the template and what may stand there; leftOut is nothing.
var changes = []struct {
	path   string
	values []any
}{
	{"metadata.labels", []any{leftOut{}, map[string]any{}, map[string]any{"app": nil}, map[string]any{"app": ""}}},
	{"metadata.labels." + hashLabel, []any{"x", "y", nil, ""}},
	{"metadata.annotations", []any{leftOut{}, nil, map[string]any{}}},
	{"metadata.annotations." + restartedAt, []any{"1", "2", nil, ""}},
	{"metadata.creationTimestamp", []any{nil}},
	{"spec.nodeSelector", []any{nil, map[string]any{}, map[string]any{"gpu": nil}, map[string]any{"gpu": ""}}},
	{"spec.serviceAccountName", []any{leftOut{}, "", "other"}},
	{"spec.serviceAccount", []any{"runner", "other"}},
	{"spec.dnsPolicy", []any{"", "ClusterFirst", "Default"}},
	{"spec.restartPolicy", []any{"", "Always", "Never"}},
	{"spec.schedulerName", []any{"default-scheduler", "mine"}},
	{"spec.terminationGracePeriodSeconds", []any{0, 30, 30.0, 31}},
	{"spec.enableServiceLinks", []any{true, false, nil}},
	{"spec.hostNetwork", []any{true, false}},
	{"spec.hostPID", []any{true, false}},
	{"spec.securityContext", []any{map[string]any{}, map[string]any{"runAsUser": 0}, map[string]any{"supplementalGroups": []any{}}}},
	{"spec.overhead", []any{map[string]any{}, map[string]any{"cpu": "0"}, map[string]any{"cpu": nil}}},
	{"spec.tolerations", []any{[]any{}, nil}},
	{"spec.topologySpreadConstraints", []any{[]any{map[string]any{"maxSkew": 1, "labelSelector": map[string]any{}}},
		[]any{map[string]any{"maxSkew": 1}}}},
	{"spec.containers.0.image", []any{"acme/api", "acme/api:latest", "acme/api:v1@sha256:" + hex64, "r:5000/api", "acme/api@sha256:" + hex64, "Acme/Api", "acme/api:", ""}},
	{"spec.containers.0.imagePullPolicy", []any{"", "Always", "IfNotPresent", "Never"}},
	{"spec.containers.0.args", []any{leftOut{}, []any{}, []any{""}, []any{"--all", ""}, []any{"--all "}}},
	{"spec.containers.0.command", []any{[]any{}, nil, []any{"sh"}}},
	{"spec.containers.0.env.0.value", []any{leftOut{}, "", "1", "2"}},
	{"spec.containers.0.env.0.name", []any{"A", "B"}},
	{"spec.containers.0.env.1", []any{map[string]any{"name": "A", "value": "2"}}},
	{"spec.containers.0.env.2.valueFrom.fieldRef.fieldPath", fieldPaths},
	{"spec.containers.0.env.2.valueFrom.fieldRef.apiVersion", []any{"", "v1", "v2"}},
	{"spec.containers.0.env.3.valueFrom.resourceFieldRef.divisor", []any{"0", 0, "1", "1m", "0m"}},
	{"spec.containers.0.ports.0.protocol", []any{"", "TCP", "UDP"}},
	{"spec.containers.0.ports.0.hostPort", []any{0, 80}},
	{"spec.containers.0.resources", []any{leftOut{}, map[string]any{}, map[string]any{"limits": map[string]any{}}}},
	{"spec.containers.0.resources.limits.cpu", []any{"1000m", 1, "1.0", "1e0", "1001m", "0", nil, "1000000001n"}},
	{"spec.containers.0.resources.limits.memory", []any{"1024Mi", 1073741824, "1G", "1073741824", "100E", "10E"}},
	{"spec.containers.0.securityContext", []any{map[string]any{}, map[string]any{"privileged": false}, map[string]any{"privileged": nil}}},
	{"spec.containers.0.stdin", []any{true, false}},
	{"spec.containers.0.tty", []any{true, false}},
	{"spec.containers.0.terminationMessagePath", []any{"", "/dev/termination-log", "/x"}},
	{"spec.containers.0.terminationMessagePolicy", []any{"", "File", "FallbackToLogsOnError"}},
	{"spec.containers.0.volumeMounts.0.readOnly", []any{true, false}},
	{"spec.containers.0.volumeMounts.0.subPath", []any{"", "a"}},
	{"spec.containers.0.volumeMounts.0.subPathExpr", []any{"", "$(A)", "$(B)"}},
	{"spec.containers.0.livenessProbe.httpGet.path", []any{"", "/", "/x"}},
	{"spec.containers.0.livenessProbe.httpGet.scheme", []any{"", "HTTP", "HTTPS"}},
	{"spec.containers.0.livenessProbe.initialDelaySeconds", []any{0, 1}},
	{"spec.containers.0.livenessProbe.timeoutSeconds", []any{0, 1, 2}},
	{"spec.containers.0.livenessProbe.periodSeconds", []any{0, 10, 11}},
	{"spec.containers.0.livenessProbe.successThreshold", []any{0, 1, 2}},
	{"spec.containers.0.livenessProbe.failureThreshold", []any{0, 3, 4}},
	{"spec.containers.0.readinessProbe.grpc.service", []any{"", nil, "x"}},
	{"spec.containers.0.lifecycle.preStop.httpGet.path", []any{"/", "/x"}},
	{"spec.initContainers.0.restartPolicy", []any{"Always"}},
	{"spec.initContainers", []any{[]any{}, nil}},
	{"spec.volumes.0.emptyDir", []any{map[string]any{}, map[string]any{"sizeLimit": "1Gi"}, map[string]any{"sizeLimit": "1024Mi"}, map[string]any{"sizeLimit": "0"}}},
	{"spec.volumes.1.configMap.defaultMode", []any{420, 421, 0}},
	{"spec.volumes.1.configMap.items", []any{[]any{}, nil}},
	{"spec.volumes.2.secret.defaultMode", []any{420, 256}},
	{"spec.volumes.3.hostPath.type", []any{"", "Directory", nil}},
	{"spec.volumes.4.downwardAPI.items.0.fieldRef.fieldPath", append([]any{"metadata.labels", "metadata.annotations"}, fieldPaths...)},
	{"spec.volumes.4.downwardAPI.defaultMode", []any{420, 1}},
	{"spec.volumes.5.projected.defaultMode", []any{420, 1}},
	{"spec.volumes.5.projected.sources.0.serviceAccountToken.expirationSeconds", []any{3600, 3601}},
	{"spec.volumes.5.projected.sources.1.downwardAPI.items.0.fieldRef.fieldPath", append([]any{"metadata.labels", "metadata.annotations"}, fieldPaths...)},
	{"spec.volumes.6.ephemeral.volumeClaimTemplate.metadata", []any{map[string]any{}, map[string]any{"labels": map[string]any{"a": "b"}}}},
	{"spec.volumes.6.ephemeral.volumeClaimTemplate.spec.volumeMode", []any{"Filesystem", "Block"}},
	{"spec.volumes.6.ephemeral.volumeClaimTemplate.spec.resources", []any{map[string]any{}, map[string]any{"requests": map[string]any{"storage": "1Gi"}}, map[string]any{"requests": map[string]any{"storage": "1024Mi"}}}},
	{"spec.volumes.7.image.pullPolicy", []any{"Always", "IfNotPresent"}},
	{"spec.volumes.7.image.reference", []any{"acme/data", "acme/data:latest"}},
}

// at splits a path; dots within a key of ours are only those of the annotation.
func at(path string) []string {
	if head, ok := strings.CutSuffix(path, restartedAt); ok {
		return append(strings.Split(strings.TrimSuffix(head, "."), "."), restartedAt)
	}
	return strings.Split(path, ".")
}

// set puts a value there, if there is such a place.
func set(value any, path []string, to any) {
	switch v := value.(type) {
	case map[string]any:
		if len(path) > 1 {
			set(v[path[0]], path[1:], to)
		} else if _, gone := to.(leftOut); gone {
			delete(v, path[0])
		} else {
			v[path[0]] = to
		}
	case []any:
		i, err := strconv.Atoi(path[0])
		if err != nil || i >= len(v) {
			return
		}
		if len(path) > 1 {
			set(v[i], path[1:], to)
		} else {
			v[i] = to
		}
	}
}

// copied is a value of its own; leftOut stays what it is.
func copied(t *testing.T, value any) any {
	if _, gone := value.(leftOut); gone {
		return value
	}
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	var out any
	if err := json.Unmarshal(text, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// mutate changes some places, few enough that many of them mean the same.
func mutate(t *testing.T, r *rand.Rand, template any) any {
	template = copied(t, template)
	for range 1 + r.IntN(3) {
		c := pick(r, changes)
		set(template, at(c.path), copied(t, pick(r, c.values)))
	}
	return template
}

var quantityType = reflect.TypeOf(resource.Quantity{})

// amounts makes one text of each amount, whatever its suffix was.
func amounts(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			amounts(v.Elem())
		}
	case reflect.Slice:
		for i := range v.Len() {
			amounts(v.Index(i))
		}
	case reflect.Map:
		for _, key := range v.MapKeys() {
			if v.Type().Elem() == quantityType {
				q := v.MapIndex(key).Interface().(resource.Quantity)
				v.SetMapIndex(key, reflect.ValueOf(resource.MustParse(q.AsDec().String())))
			}
		}
	case reflect.Struct:
		if v.Type() == quantityType {
			q := v.Addr().Interface().(*resource.Quantity)
			*q = resource.MustParse(q.AsDec().String())
			return
		}
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				amounts(v.Field(i))
			}
		}
	}
}

func served(t *testing.T, template any) (*core.PodTemplateSpec, bool) {
	text, err := json.Marshal(map[string]any{"spec": map[string]any{"template": template}})
	if err != nil {
		t.Fatal(err)
	}
	deployment := &apps.Deployment{}
	if json.Unmarshal(text, deployment) != nil {
		return nil, false
	}
	legacyscheme.Scheme.Default(deployment)
	internal, err := legacyscheme.Scheme.ConvertToVersion(deployment, apps.SchemeGroupVersion)
	if err != nil {
		t.Fatal(err)
	}
	return &internal.(*apps.Deployment).Spec.Template, true
}

// meaning is the template as Kubernetes runs it, without what a restart and the deployment
// controller add, unless the pod can read that.
func meaning(t *testing.T, template *core.PodTemplateSpec) string {
	template = template.DeepCopy()
	amounts(reflect.ValueOf(template))
	text, err := json.Marshal(template.Spec)
	if err != nil {
		t.Fatal(err)
	}
	reads := false
	for _, path := range []string{`metadata.labels"`, `metadata.annotations"`, `metadata.labels['` + hashLabel, `metadata.annotations['` + restartedAt} {
		reads = reads || strings.Contains(string(text), `"fieldPath":"`+path)
	}
	if !reads {
		delete(template.Labels, hashLabel)
		delete(template.Annotations, restartedAt)
	}
	// Pods get the one by default; the other says nothing while all in it are pointers to nothing.
	if template.Spec.EnableServiceLinks == nil {
		links := core.DefaultEnableServiceLinks
		template.Spec.EnableServiceLinks = &links
	}
	for i := range template.Spec.Containers {
		if c := &template.Spec.Containers[i]; c.SecurityContext != nil && *c.SecurityContext == (core.SecurityContext{}) {
			c.SecurityContext = nil
		}
	}
	// Of the two names of a service account the newer one counts.
	if template.Spec.ServiceAccountName == "" {
		template.Spec.ServiceAccountName = template.Spec.DeprecatedServiceAccount
	}
	template.Spec.DeprecatedServiceAccount = ""
	if text, err = json.Marshal(template); err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// Of these the API server makes something that a manifest does not show: it rounds amounts to
// thousandths, fills in what is required, and takes an image that is none for one with a tag.
var remade = []string{"1000000001n", "topologySpreadConstraints", `"image":""`, "Acme/Api", `"acme/api:"`}

func isRemade(text string) bool {
	for _, word := range remade {
		if strings.Contains(text, word) {
			return true
		}
	}
	return false
}

// Templates of one hash run alike, and what the API server makes of a template has its hash.
func TestTemplateHash(t *testing.T) {
	r := random(t)
	var base any
	if err := json.Unmarshal([]byte(baseTemplate), &base); err != nil {
		t.Fatal(err)
	}
	var questions []any
	var meanings []string
	same := 0
	for range *howMany / 5 {
		template := mutate(t, r, base)
		made, ok := served(t, template)
		if !ok {
			continue
		}
		questions = append(questions, template, made)
		meanings = append(meanings, meaning(t, made))
	}
	hashes := ask[any, string](t, "templateHash", questions)
	first := map[string]int{}
	for i, hash := range hashes {
		n := i / 2
		if i%2 == 1 && hash != hashes[i-1] && !isRemade(marshal(t, questions[i-1])) {
			t.Errorf("the API server's has another hash:\n%s", marshal(t, questions[i-1]))
		}
		if other, ok := first[hash]; !ok {
			first[hash] = n
		} else if meanings[other] != meanings[n] {
			t.Fatalf("one hash, two programs:\n%s\n%s", meanings[other], meanings[n])
		} else if other != n {
			same++
		}
	}
	t.Logf("%d hashes, %d templates with one of another", len(first), same)
}

func marshal(t *testing.T, value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
