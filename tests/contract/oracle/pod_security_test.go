package oracle

import (
	"fmt"
	"math/rand/v2"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
)

type podSecurityQuestion struct {
	Control string         `json:"control"`
	Version string         `json:"version"`
	Spec    corev1.PodSpec `json:"spec"`
}

var podSecurityVersions = []string{"v1.0", "v1.21", "v1.22", "v1.23", "v1.24", "v1.34", "v1.35", "latest"}

func maybe[T any](r *rand.Rand, from ...T) *T {
	if r.IntN(len(from)+1) == 0 {
		return nil
	}
	value := pick(r, from)
	return &value
}

func randomSecurityContext(r *rand.Rand) *corev1.SecurityContext {
	if r.IntN(3) == 0 {
		return nil
	}
	return &corev1.SecurityContext{
		RunAsNonRoot: maybe(r, true, true, false),
		RunAsUser:    maybe(r, int64(0), 1, 1000),
	}
}

func randomContainers(r *rand.Rand, most int) (list []corev1.Container) {
	for i := range r.IntN(most + 1) {
		list = append(list, corev1.Container{Name: fmt.Sprint("c", i), SecurityContext: randomSecurityContext(r)})
		if r.IntN(4) == 0 {
			always := corev1.ContainerRestartPolicyAlways
			list[i].RestartPolicy = &always
		}
	}
	return list
}

func randomPod(r *rand.Rand) corev1.PodSpec {
	spec := corev1.PodSpec{
		Containers:     randomContainers(r, 2),
		InitContainers: randomContainers(r, 1),
		HostUsers:      maybe(r, true, false),
		HostNetwork:    r.IntN(8) == 0,
	}
	for _, c := range randomContainers(r, 1) {
		spec.EphemeralContainers = append(spec.EphemeralContainers, corev1.EphemeralContainer{
			EphemeralContainerCommon: corev1.EphemeralContainerCommon{Name: c.Name, SecurityContext: c.SecurityContext}})
	}
	if context := randomSecurityContext(r); context != nil {
		spec.SecurityContext = &corev1.PodSecurityContext{RunAsNonRoot: context.RunAsNonRoot, RunAsUser: context.RunAsUser}
	}
	if r.IntN(6) == 0 {
		spec.OS = &corev1.PodOS{Name: pick(r, []corev1.OSName{corev1.Windows, corev1.Linux})}
	}
	return spec
}

func TestPodSecurity(t *testing.T) {
	upstream := map[string]policy.Evaluator{}
	for _, check := range []policy.Check{policy.CheckRunAsNonRoot(), policy.CheckRunAsUser()} {
		evaluator, err := policy.NewEvaluator([]policy.Check{check}, nil)
		if err != nil {
			t.Fatal(err)
		}
		upstream[string(check.ID)] = evaluator
	}
	r := random(t)
	var questions []podSecurityQuestion
	for range *howMany {
		questions = append(questions, podSecurityQuestion{
			pick(r, []string{"runAsNonRoot", "runAsUser"}), pick(r, podSecurityVersions), randomPod(r)})
	}
	forbidden := 0
	for i, got := range ask[podSecurityQuestion, bool](t, "podSecurity", questions) {
		q := questions[i]
		version, err := api.ParseVersion(q.Version)
		if err != nil {
			t.Fatal(err)
		}
		level := api.LevelVersion{Level: api.LevelRestricted, Version: version}
		results := upstream[q.Control].EvaluatePod(level, &metav1.ObjectMeta{}, &q.Spec)
		if want := !policy.AggregateCheckResults(results).Allowed; got != want {
			t.Errorf("%+v: we forbid it: %v, upstream: %v", q, got, want)
		}
		if got {
			forbidden++
		}
	}
	t.Logf("%d of them are forbidden", forbidden)
}
