package oracle

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/blang/semver/v4"
)

var (
	versionWords = strings.Split("0 1 2 10 01 00 000 . . . . - + - rc a.b alpha beta 1.2.3 v V é _ 18446744073709551615 18446744073709551616 x-y -- 0a", " ")
	versions     = strings.Split("1.2.3 1.2 1 v1.2.3 v1 V1.2.3 vv1.2.3 1.2.3-rc.1 1.2.3-rc.01 1.2.3-0 1.2.3-00 1.2.3-0a 1.2.3-01a 1.2.3-a.b 1.2.3-a.b.c 1.2.3-a. 1.2.3-.a 1.2.3- 1.2.3+ 1.2.3+a..b 1.2.3-rc+build 1.2.3+build-rc 1.2.-rc 1.2.+b 1..3 .1.2 01.02.03 1.2.003-rc 1.2-rc 1.2+b 1-rc 1.02 00 1.2.3.4 1.2.- 1.2.-a 1. 1.2. a ab ab.c 1.ab", " ")
)

func randomVersion(r *rand.Rand) string {
	switch r.IntN(4) {
	case 0:
		return pick(r, versions)
	case 1:
		text := fmt.Sprintf("%d.%d.%d", r.IntN(3), r.IntN(3), r.IntN(3))
		if r.IntN(2) == 0 {
			text += "-" + pick(r, []string{"a", "b", "1", "2", "10", "a.1", "a.b", "1.a", "a-1", "A"})
		}
		return text
	}
	var b strings.Builder
	for n := r.IntN(9); n > 0; n-- {
		b.WriteString(pick(r, versionWords))
	}
	return b.String()
}

type semverParts struct{ Numbers, Pre, Build string }

func described(v semver.Version, err error) *semverParts {
	if err != nil {
		return nil
	}
	var pre []string
	for _, one := range v.Pre {
		pre = append(pre, one.String())
	}
	return &semverParts{fmt.Sprintf("%d.%d.%d", v.Major, v.Minor, v.Patch), strings.Join(pre, "."), strings.Join(v.Build, ".")}
}

func same(a, b *semverParts) bool {
	return a == nil && b == nil || a != nil && b != nil && *a == *b
}

func TestSemver(t *testing.T) {
	r := random(t)
	questions := [][2]string{{"", ""}}
	for _, v := range versions {
		questions = append(questions, [2]string{v, v})
	}
	for range *howMany {
		questions = append(questions, [2]string{randomVersion(r), randomVersion(r)})
	}
	type answer struct {
		Strict, Normalized *semverParts
		Order              *int
	}
	good, ordered := 0, 0
	for i, got := range ask[[2]string, answer](t, "semver", questions) {
		q := questions[i]
		strict, normalized := described(semver.Parse(q[0])), described(semver.ParseTolerant(q[0]))
		if !same(got.Strict, strict) || !same(got.Normalized, normalized) {
			t.Errorf("%q: we say %v and %v, upstream %v and %v", q[0], got.Strict, got.Normalized, strict, normalized)
		}
		if normalized != nil {
			good++
		}
		a, err := semver.ParseTolerant(q[0])
		b, err2 := semver.ParseTolerant(q[1])
		if (err == nil && err2 == nil) != (got.Order != nil) {
			t.Errorf("%q: we say %v", q, got.Order)
		} else if got.Order != nil {
			ordered++
			if *got.Order != a.Compare(b) {
				t.Errorf("%q: we say %d, upstream %d", q, *got.Order, a.Compare(b))
			}
		}
	}
	t.Logf("%d are versions, %d pairs have an order", good, ordered)
}
