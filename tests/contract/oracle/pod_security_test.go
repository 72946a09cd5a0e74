package oracle

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/pod-security-admission/admission"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
	"sigs.k8s.io/yaml"
)

type podSecurityQuestion struct {
	Version string         `json:"version"`
	Kind    string         `json:"kind"`
	Object  runtime.Object `json:"object"`
}

// What forbids the pod: controls each by itself, and whole levels. Unknown: the version is refused.
type podSecurityAnswer struct {
	Unknown              bool     `json:"unknown"`
	Controls             []string `json:"controls"`
	Baseline, Restricted bool
}

// The module's own minor version is the newest that there is.
func podSecurityNewest(t *testing.T) int {
	text, err := os.ReadFile("go.mod")
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(`(?m)^\tk8s.io/pod-security-admission v0\.(\d+)\.`).FindSubmatch(text)
	newest, err := strconv.Atoi(string(found[1]))
	if err != nil {
		t.Fatal(err)
	}
	return newest
}

// --- upstream ----------------------------------------------------------------------------------

type podSecurityUpstream struct {
	controls map[string]policy.Evaluator
	all      policy.Evaluator
}

func newPodSecurityUpstream(t *testing.T) podSecurityUpstream {
	u := podSecurityUpstream{controls: map[string]policy.Evaluator{}}
	evaluator := func(checks []policy.Check) policy.Evaluator {
		e, err := policy.NewEvaluator(checks, nil)
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	for _, check := range policy.DefaultChecks() {
		u.controls[string(check.ID)] = evaluator([]policy.Check{check})
	}
	u.all = evaluator(policy.DefaultChecks())
	return u
}

func (u podSecurityUpstream) answer(t *testing.T, q podSecurityQuestion) podSecurityAnswer {
	version, err := api.ParseVersion(q.Version)
	if err != nil {
		t.Fatal(err)
	}
	meta, spec, err := admission.DefaultPodSpecExtractor{}.ExtractPodSpec(q.Object)
	if err != nil {
		t.Fatal(err)
	}
	forbids := func(e policy.Evaluator, level api.Level) bool {
		results := e.EvaluatePod(api.LevelVersion{Level: level, Version: version}, meta, spec)
		return !policy.AggregateCheckResults(results).Allowed
	}
	a := podSecurityAnswer{Baseline: forbids(u.all, api.LevelBaseline), Restricted: forbids(u.all, api.LevelRestricted)}
	for id, evaluator := range u.controls {
		if forbids(evaluator, api.LevelRestricted) {
			a.Controls = append(a.Controls, id)
		}
	}
	slices.Sort(a.Controls)
	return a
}

// --- random objects ----------------------------------------------------------------------------

func maybe[T any](r *rand.Rand, from ...T) *T {
	if r.IntN(len(from)+1) == 0 {
		return nil
	}
	value := pick(r, from)
	return &value
}

func rarely[T any](r *rand.Rand, from ...T) *T {
	if r.IntN(3) > 0 {
		return nil
	}
	return maybe(r, from...)
}

func randomList[T any](r *rand.Rand, most int, from ...T) (list []T) {
	for range r.IntN(most + 1) {
		list = append(list, pick(r, from))
	}
	return list
}

func randomCapabilities(r *rand.Rand) *corev1.Capabilities {
	if r.IntN(3) == 0 {
		return nil
	}
	return &corev1.Capabilities{
		Add:  randomList[corev1.Capability](r, 1, "NET_BIND_SERVICE", "NET_BIND_SERVICE", "CHOWN", "SYS_CHROOT", "NET_RAW", "SYS_ADMIN", "ALL", "net_bind_service", "CAP_CHOWN", ""),
		Drop: randomList[corev1.Capability](r, 2, "ALL", "ALL", "NET_RAW", "all"),
	}
}

func randomSELinux(r *rand.Rand) *corev1.SELinuxOptions {
	if r.IntN(4) > 0 {
		return nil
	}
	return &corev1.SELinuxOptions{
		Type:  pick(r, []string{"", "container_t", "container_init_t", "container_kvm_t", "container_engine_t", "spc_t"}),
		User:  pick(r, []string{"", "", "", "system_u"}),
		Role:  pick(r, []string{"", "", "", "system_r"}),
		Level: pick(r, []string{"", "s0"}),
	}
}

func randomSeccomp(r *rand.Rand) *corev1.SeccompProfile {
	if r.IntN(2) == 0 {
		return nil
	}
	return &corev1.SeccompProfile{Type: pick(r, []corev1.SeccompProfileType{"RuntimeDefault", "RuntimeDefault", "Localhost", "Unconfined", ""})}
}

func randomAppArmor(r *rand.Rand) *corev1.AppArmorProfile {
	if r.IntN(4) > 0 {
		return nil
	}
	return &corev1.AppArmorProfile{Type: pick(r, []corev1.AppArmorProfileType{"RuntimeDefault", "Localhost", "Unconfined", ""})}
}

func randomWindows(r *rand.Rand) *corev1.WindowsSecurityContextOptions {
	if r.IntN(5) > 0 {
		return nil
	}
	return &corev1.WindowsSecurityContextOptions{HostProcess: maybe(r, true, false)}
}

func randomSecurityContext(r *rand.Rand) *corev1.SecurityContext {
	if r.IntN(5) == 0 {
		return nil
	}
	return &corev1.SecurityContext{
		RunAsNonRoot:             maybe(r, true, true, false),
		RunAsUser:                maybe(r, int64(0), 1, 1000),
		Privileged:               rarely(r, true, false),
		AllowPrivilegeEscalation: maybe(r, false, false, false, true),
		ProcMount:                rarely(r, corev1.DefaultProcMount, corev1.UnmaskedProcMount, ""),
		Capabilities:             randomCapabilities(r),
		SELinuxOptions:           randomSELinux(r),
		SeccompProfile:           randomSeccomp(r),
		AppArmorProfile:          randomAppArmor(r),
		WindowsOptions:           randomWindows(r),
	}
}

func randomProbe(r *rand.Rand) *corev1.Probe {
	handler := randomLifecycleHandler(r)
	if handler == nil {
		return nil
	}
	return &corev1.Probe{ProbeHandler: corev1.ProbeHandler{Exec: handler.Exec, HTTPGet: handler.HTTPGet, TCPSocket: handler.TCPSocket}}
}

func randomLifecycleHandler(r *rand.Rand) *corev1.LifecycleHandler {
	host := pick(r, []string{"", "", "", "127.0.0.1", "example.com"})
	switch r.IntN(16) {
	case 0:
		return &corev1.LifecycleHandler{HTTPGet: &corev1.HTTPGetAction{Host: host}}
	case 1:
		return &corev1.LifecycleHandler{TCPSocket: &corev1.TCPSocketAction{Host: host}}
	case 2:
		return &corev1.LifecycleHandler{Exec: &corev1.ExecAction{}}
	}
	return nil
}

func randomPorts(r *rand.Rand) (ports []corev1.ContainerPort) {
	for range r.IntN(3) {
		ports = append(ports, corev1.ContainerPort{ContainerPort: 80, HostPort: pick(r, []int32{0, 0, 0, 0, 0, 80, 8080})})
	}
	return ports
}

func randomContainers(r *rand.Rand, most int) (list []corev1.Container) {
	for i := range r.IntN(most + 1) {
		c := corev1.Container{
			Name:            pick(r, []string{"a", "b", fmt.Sprint("c", i)}),
			SecurityContext: randomSecurityContext(r),
			Ports:           randomPorts(r),
			LivenessProbe:   randomProbe(r),
			ReadinessProbe:  randomProbe(r),
			StartupProbe:    randomProbe(r),
		}
		if r.IntN(4) == 0 {
			c.RestartPolicy = maybe(r, corev1.ContainerRestartPolicyAlways)
			c.Lifecycle = &corev1.Lifecycle{PostStart: randomLifecycleHandler(r), PreStop: randomLifecycleHandler(r)}
		}
		list = append(list, c)
	}
	return list
}

// A volume with one of all sources that there are, or none.
func randomVolume(r *rand.Rand) corev1.Volume {
	volume := corev1.Volume{Name: pick(r, []string{"a", "b", "c"})}
	source := reflect.ValueOf(&volume.VolumeSource).Elem()
	if r.IntN(2) == 0 {
		volume.EmptyDir = &corev1.EmptyDirVolumeSource{}
	} else if n := r.IntN(source.NumField() + 1); n < source.NumField() {
		field := source.Field(n)
		field.Set(reflect.New(field.Type().Elem()))
	}
	return volume
}

func randomSysctls(r *rand.Rand) (list []corev1.Sysctl) {
	for range r.IntN(2) {
		list = append(list, corev1.Sysctl{Value: "1", Name: pick(r, []string{
			"kernel.shm_rmid_forced", "net.ipv4.ip_local_port_range", "net.ipv4.tcp_syncookies",
			"net.ipv4.ping_group_range", "net.ipv4.ip_unprivileged_port_start",
			"net.ipv4.ip_local_reserved_ports", "net.ipv4.tcp_keepalive_time", "net.ipv4.tcp_fin_timeout",
			"net.ipv4.tcp_keepalive_intvl", "net.ipv4.tcp_keepalive_probes", "net.ipv4.tcp_rmem",
			"net.ipv4.tcp_wmem", "net.ipv4.tcp_slow_start_after_idle", "net.ipv4.tcp_notsent_lowat",
			"kernel.msgmax", "net.ipv4.tcp_wmem.x", ""})})
	}
	return list
}

func randomPodContext(r *rand.Rand) *corev1.PodSecurityContext {
	if r.IntN(4) == 0 {
		return nil
	}
	return &corev1.PodSecurityContext{
		RunAsNonRoot:    maybe(r, true, true, false),
		RunAsUser:       maybe(r, int64(0), 1, 1000),
		Sysctls:         randomSysctls(r),
		SELinuxOptions:  randomSELinux(r),
		SeccompProfile:  randomSeccomp(r),
		AppArmorProfile: randomAppArmor(r),
		WindowsOptions:  randomWindows(r),
	}
}

func randomAnnotations(r *rand.Rand) map[string]string {
	annotations := map[string]string{}
	for range r.IntN(3) {
		key := pick(r, []string{"seccomp.security.alpha.kubernetes.io/pod",
			"container.seccomp.security.alpha.kubernetes.io/", "container.apparmor.security.beta.kubernetes.io/"})
		if !strings.HasSuffix(key, "/pod") {
			key += pick(r, []string{"a", "b", "c0", "nobody", ""})
		}
		annotations[key] = pick(r, []string{"runtime/default", "docker/default", "localhost/x", "unconfined", "localhost", ""})
	}
	return annotations
}

func randomTemplate(r *rand.Rand) corev1.PodTemplateSpec {
	spec := corev1.PodSpec{
		SecurityContext: randomPodContext(r),
		Containers:      randomContainers(r, 2),
		InitContainers:  randomContainers(r, 1),
		HostUsers:       maybe(r, true, false),
		HostNetwork:     r.IntN(8) == 0,
		HostPID:         r.IntN(8) == 0,
		HostIPC:         r.IntN(8) == 0,
	}
	for _, c := range randomContainers(r, 1) {
		spec.EphemeralContainers = append(spec.EphemeralContainers,
			corev1.EphemeralContainer{EphemeralContainerCommon: corev1.EphemeralContainerCommon(c)})
	}
	for range r.IntN(3) {
		spec.Volumes = append(spec.Volumes, randomVolume(r))
	}
	if r.IntN(4) == 0 {
		spec.OS = &corev1.PodOS{Name: pick(r, []corev1.OSName{corev1.Windows, corev1.Windows, corev1.Linux})}
	}
	return corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Annotations: randomAnnotations(r)}, Spec: spec}
}

func randomWorkload(r *rand.Rand) (string, runtime.Object) {
	t := randomTemplate(r)
	switch pick(r, []string{"Pod", "Pod", "Pod", "Deployment", "ReplicaSet", "StatefulSet", "DaemonSet", "Job", "CronJob", "ReplicationController", "PodTemplate"}) {
	case "Deployment":
		return "Deployment", &appsv1.Deployment{Spec: appsv1.DeploymentSpec{Template: t}}
	case "ReplicaSet":
		return "ReplicaSet", &appsv1.ReplicaSet{Spec: appsv1.ReplicaSetSpec{Template: t}}
	case "StatefulSet":
		return "StatefulSet", &appsv1.StatefulSet{Spec: appsv1.StatefulSetSpec{Template: t}}
	case "DaemonSet":
		return "DaemonSet", &appsv1.DaemonSet{Spec: appsv1.DaemonSetSpec{Template: t}}
	case "Job":
		return "Job", &batchv1.Job{Spec: batchv1.JobSpec{Template: t}}
	case "CronJob":
		return "CronJob", &batchv1.CronJob{Spec: batchv1.CronJobSpec{JobTemplate: batchv1.JobTemplateSpec{Spec: batchv1.JobSpec{Template: t}}}}
	case "ReplicationController":
		return "ReplicationController", &corev1.ReplicationController{Spec: corev1.ReplicationControllerSpec{Template: &t}}
	case "PodTemplate":
		return "PodTemplate", &corev1.PodTemplate{Template: t}
	}
	return "Pod", &corev1.Pod{ObjectMeta: t.ObjectMeta, Spec: t.Spec}
}

// --- the tests ---------------------------------------------------------------------------------

func comparePodSecurity(t *testing.T, questions []podSecurityQuestion) {
	upstream := newPodSecurityUpstream(t)
	forbidden := map[string]int{}
	for i, got := range ask[podSecurityQuestion, podSecurityAnswer](t, "podSecurity", questions) {
		q := questions[i]
		slices.Sort(got.Controls)
		if want := upstream.answer(t, q); !reflect.DeepEqual(got, want) {
			text, _ := json.Marshal(q)
			t.Errorf("we: %+v, upstream: %+v\n%s", got, want, text)
		}
		for _, control := range got.Controls {
			forbidden[control]++
		}
		if got.Restricted {
			forbidden["restricted"]++
		}
	}
	t.Logf("forbidden: %v", forbidden)
	for control := range upstream.controls {
		if n := forbidden[control]; n == 0 || n == len(questions) {
			t.Errorf("%s forbids %d of %d", control, n, len(questions))
		}
	}
}

func TestPodSecurity(t *testing.T) {
	versions := []string{"latest"}
	for minor := range podSecurityNewest(t) + 1 {
		versions = append(versions, fmt.Sprint("v1.", minor))
	}
	r := random(t)
	var questions []podSecurityQuestion
	for range *howMany {
		kind, object := randomWorkload(r)
		questions = append(questions, podSecurityQuestion{pick(r, versions), kind, object})
	}
	comparePodSecurity(t, questions)
}

// The pods that upstream tests itself with, of each level and version, and what becomes of them.
func TestPodSecurityFixtures(t *testing.T) {
	module, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "k8s.io/pod-security-admission").Output()
	if err != nil {
		t.Fatal(err)
	}
	root := filepath.Join(strings.TrimSpace(string(module)), "test", "testdata")
	var questions []podSecurityQuestion
	err = filepath.WalkDir(root, func(path string, _ fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".yaml" {
			return err
		}
		text, err := os.ReadFile(path)
		pod := corev1.Pod{}
		version := filepath.Base(filepath.Dir(filepath.Dir(path)))
		questions = append(questions, podSecurityQuestion{version, "Pod", &pod})
		return errors.Join(err, yaml.Unmarshal(text, &pod))
	})
	if err != nil || len(questions) < 4000 {
		t.Fatal(len(questions), err)
	}
	comparePodSecurity(t, questions)
}

func TestPodSecurityNewest(t *testing.T) {
	newest := podSecurityNewest(t)
	var questions []podSecurityQuestion
	for _, minor := range []int{newest, newest + 1} {
		questions = append(questions, podSecurityQuestion{fmt.Sprint("v1.", minor), "Pod", &corev1.Pod{}})
	}
	answers := ask[podSecurityQuestion, podSecurityAnswer](t, "podSecurity", questions)
	if answers[0].Unknown || !answers[1].Unknown {
		t.Errorf("the module is of v1.%d: %+v", newest, answers)
	}
}
