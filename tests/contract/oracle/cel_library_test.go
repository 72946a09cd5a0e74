package oracle

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// compareCel has expressions evaluated by us and as an API server does it.
func compareCel(t *testing.T, questions []celQuestion) {
	t.Helper()
	values, errors, mistakes := 0, 0, 0
	for i, got := range ask[celQuestion, celAnswer](t, "cel", questions) {
		q := questions[i]
		if got.Value != nil {
			text := normal(*got.Value)
			got.Value = &text
		}
		want, _ := kubernetes(q.Expression, q.Minor, nil, map[string]any{})
		if want.Value != nil {
			// Go writes what is no UTF-8 as an escape.
			text := strings.ReplaceAll(*want.Value, `\ufffd`, "\ufffd")
			want.Value = &text
		}
		switch {
		case want.Issues != nil && strings.HasPrefix(want.Issues[0], "no text"):
			continue // an object
		case want.Issues != nil:
			mistakes++
		case want.Error != nil:
			errors++
		default:
			values++
		}
		if !got.alike(want) {
			t.Errorf("1.%d: %s: ours %v, Kubernetes' %v", q.Minor, q.Expression, got, want)
		}
	}
	t.Logf("%d values, %d errors, %d mistakes", values, errors, mistakes)
}

var kubeExpression = regexp.MustCompile("expr:\\s*(`[^`]*`|\"(?:[^\"\\\\]|\\\\.)*\")")

// The expressions of Kubernetes' own tests of its libraries.
func TestCelKubernetesLibraries(t *testing.T) {
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "k8s.io/apiserver").Output()
	if err != nil {
		t.Fatal(err)
	}
	files, _ := filepath.Glob(filepath.Join(strings.TrimSpace(string(out)), "pkg/cel/library/*_test.go"))
	var questions []celQuestion
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range kubeExpression.FindAllStringSubmatch(string(text), -1) {
			expression, err := strconv.Unquote(m[1])
			if err != nil || strings.Contains(expression, "authorizer") || strings.Contains(expression, "jsonpatch") {
				continue
			}
			questions = append(questions, celQuestion{Expression: expression, Minor: 35})
		}
	}
	if len(questions) < 250 {
		t.Fatalf("%d expressions in %v", len(questions), files)
	}
	compareCel(t, questions)
}

// What functions are called with: S a text, R a pattern, I a number, L a list, and objects.
var celCalls = strings.Split(`T.format(G)|T.format([E])|T.format([E, E])|T.format([D])|T.format([D, S])|T.format([L])|L.sortBy(e, e)|L.sortBy(e, -e)|L.sortBy(e, E)|S.charAt(I)|S.indexOf(S)|S.indexOf(S, I)|S.lastIndexOf(S)|S.lastIndexOf(S, I)|S.lowerAscii()|S.upperAscii()|S.replace(S, S)|S.replace(S, S, I)|S.split(S)|S.split(S, I)|S.substring(I)|S.substring(I, I)|S.trim()|strings.quote(S)|[S, S].join()|[S, S, S].join(S)|L.join(S)|S.find(R)|S.findAll(R)|S.findAll(R, I)|S.matches(R)|S.find(S)|`+
	`L.isSorted()|L.max()|L.min()|L.sum()|L.indexOf(E)|L.lastIndexOf(E)|L.slice(I, I)|L.flatten()|L.flatten(I)|[L, L].flatten()|[[L], L].flatten(I)|L.sort()|L.reverse()|L.distinct()|lists.range(I)|sets.contains(L, L)|sets.equivalent(L, L)|sets.intersects(L, L)|(L + L).distinct()|(L + L).sort()|`+
	`url(U).getScheme()|url(U).getHost()|url(U).getHostname()|url(U).getPort()|url(U).getEscapedPath()|url(U).getQuery()|isURL(U)|url(U) == url(U)|`+
	`string(ip(A))|ip(A).family()|ip.isCanonical(A)|isIP(A)|ip(A).isUnspecified()|ip(A).isLoopback()|ip(A).isLinkLocalMulticast()|ip(A).isLinkLocalUnicast()|ip(A).isGlobalUnicast()|ip(A) == ip(A)|string(cidr(C))|isCIDR(C)|cidr(C).containsIP(A)|cidr(C).containsIP(ip(A))|cidr(C).containsCIDR(C)|cidr(C).containsCIDR(cidr(C))|string(cidr(C).ip())|cidr(C).prefixLength()|string(cidr(C).masked())|cidr(C) == cidr(C)|type(ip(A)) == net.IP|`+
	`quantity(Q).isInteger()|quantity(Q).asInteger()|quantity(Q).asApproximateFloat()|sign(quantity(Q))|isQuantity(Q)|quantity(Q).compareTo(quantity(Q))|quantity(Q).isGreaterThan(quantity(Q))|quantity(Q).isLessThan(quantity(Q))|quantity(Q).add(quantity(Q)).asApproximateFloat()|quantity(Q).sub(I).isInteger()|quantity(Q).add(I) == quantity(Q)|`+
	`semver(V).major()|semver(V, true).minor()|semver(V, true).patch()|isSemver(V)|isSemver(V, true)|semver(V, true).compareTo(semver(V, true))|semver(V).isGreaterThan(semver(V))|semver(V, true).isLessThan(semver(V, true))|semver(V, true) == semver(V, true)|`+
	`format.named(F).hasValue()|format.named(F).value().validate(N)|format.dns1123Label().validate(N)|format.dns1123LabelPrefix().validate(N)|format.dns1123Subdomain().validate(N)|format.dns1123SubdomainPrefix().validate(N)|format.dns1035Label().validate(N)|format.dns1035LabelPrefix().validate(N)|format.qualifiedName().validate(N)|format.labelValue().validate(N)|format.uri().validate(U)|format.uuid().validate(N)|format.byte().validate(N)|format.date().validate(N)|format.datetime().validate(N)`, "|")

var (
	celTexts   = strings.Split(`||a|ab|abab|aXbXc|A-z|é|éab|世界|  a b |\t\n|a,b,,c|,|X|"|\|a"b|\u200b|foo bar|0123456789`, "|")
	celRegexes = strings.Split(`|a|a+|[a-z]+|^a|b$|(a|ab)|\d+|\w|x*|(|é|.|(?i)A|a{2}|\b`, "|")
	celNumbers = []string{"0", "1", "2", "3", "-1", "7", "20"}
	celLists   = strings.Split(`[]|[1]|[1, 2, 3]|[3, 1, 2]|[2, 2, 1]|[1u, 2u]|[2.5, 1.0]|[true, false]|["b", "a", "c"]|["a", "a"]|["aaaaaaaaaaaaaaaaaaaaa", "b"]|[b"a", b"b"]|[duration("1s"), duration("2s")]|[[1], [2, 3]]|[{"a": "b"}, {"a": "c"}]|[dyn(1), dyn("a")]|[dyn(1), dyn(1.0), dyn(1u)]|dyn([2, 1])|dyn([])|[null]|[9223372036854775807, 1]|[timestamp("2020-01-01T00:00:00Z"), timestamp("2019-01-01T00:00:00Z")]`, "|")
	celItems   = strings.Split(`1|2|3|1u|1.0|"a"|"b"|true|[1]|{"a": "b"}|null|dyn(1)`, "|")
	celNames   = strings.Split(`|a|ab-c|A|-a|a-|a.b|a..b|a_b|1a|example.com/a|example.com/a.b_c|/a|a/|a/b/c|EXAMPLE.com/a|a b|`+strings.Repeat("a", 63)+`|`+strings.Repeat("a", 64)+`|`+strings.Repeat("a.", 126)+`a|`+strings.Repeat("a.", 127)+`a|`+strings.Repeat("a", 64)+`/b|2020-01-01|2020-02-30|2020-1-1|2020-01-01T00:00:00Z|2020-01-01t23:59:59.123+01:00|2020-01-01T24:00:00Z|2020-01-01T00:00:00|2020-01-01T00:00:00,5z|2020-01-01T00:00:00é5Zt|20|YWJj|YWI=|YQ==|YQ=|Y===|=|aGVsbG8|123e4567-e89b-12d3-a456-426614174000|123E4567e89b12d3a456426614174000|123e4567-e89b-12d3-a456-42661417400g`, "|")
	// Those that are in reach of 84 digits.
	celQuantities = slices.DeleteFunc(slices.Clone(quantities), func(q string) bool {
		return regexp.MustCompile("[eE][-+]?0*[1-9][0-9]{2,}$").MatchString(q)
	})
	celTemplates = strings.Split(`|a|%s|%d|%f|%e|%b|%o|%x|%X|%.2f|%.0f|%.3e|%.20e|%.10f|%%|%|%.|%.f|%.3|%q|é%s世|%s-%s|%d %s|%s%%%d|%.3s`, "|")
	celArguments = strings.Split(`[]|[1]|[1, 2]|[-5]|[255u]|[1.5]|["a"]|["NaN"]|["-Infinity"]|[b"ab"]|[b"\xff"]|[true]|[null]|[int]|[duration("90s")]|[timestamp("2020-01-01T00:00:00Z")]|[[1, 2]]|[["a", "b\""]]|[{"a": 1, "b": 2}]|[{2: "a", 10: "b"}]|[{true: [1.5]}]|[[b"a", b"b"]]|[[null]]|[[duration("1s")]]|[[timestamp("2020-01-01T00:00:00Z")]]|[ip("1.2.3.4")]|[optional.of(1)]|[[double("inf"), double("nan")]]|[dyn(1)]|["a", 1]|[1, 2.5]|[9223372036854775807]|[-9223372036854775808]|[18446744073709551615u]|[[[]]]|[{}]|[[dyn(1), dyn("a")]]|["é\u200b"]|[["é\u200b"]]`, "|")
	celFormats   = []string{"dns1123Label", "uuid", "uri", "date", "byte", "nope", "labelValue", "qualifiedName", "datetime"}
)

func randomCall(r *rand.Rand) string {
	var b strings.Builder
	quoted := func(s string) string { return celQuote(s) }
	call := pick(r, celCalls)
	for i := 0; i < len(call); i++ {
		// A letter alone is a place for an argument.
		alone := call[i] >= 'A' && call[i] <= 'Z' && (i == 0 || !letter(call[i-1])) && (i+1 == len(call) || !letter(call[i+1]))
		word := ""
		switch {
		case !alone:
			word = call[i : i+1]
		case call[i] == 'S':
			word = quoted(pick(r, celTexts))
		case call[i] == 'R':
			word = quoted(pick(r, celRegexes))
		case call[i] == 'I':
			word = pick(r, celNumbers)
		case call[i] == 'L':
			word = pick(r, celLists)
		case call[i] == 'E':
			word = pick(r, celItems)
		case call[i] == 'U':
			word = quoted(randomURL(r))
		case call[i] == 'A':
			word = quoted(randomAddress(r))
		case call[i] == 'C':
			word = quoted(randomAddress(r) + "/" + pick(r, lengths))
		case call[i] == 'Q':
			word = quoted(pick(r, []string{pick(r, celQuantities), strconv.Itoa(r.IntN(2000)) + pick(r, []string{"", "m", "k", "Ki", "Mi", "G"})}))
		case call[i] == 'V':
			word = quoted(randomVersion(r))
		case call[i] == 'N':
			word = quoted(pick(r, celNames))
		case call[i] == 'T':
			word = quoted(pick(r, celTemplates))
		case call[i] == 'D':
			word = fmt.Sprintf("double('%v')", randomDouble(r))
		case call[i] == 'G':
			word = pick(r, celArguments)
		case call[i] == 'F':
			word = quoted(pick(r, celFormats))
		default:
			word = call[i : i+1]
		}
		// What is not known before the evaluation.
		if alone && r.IntN(6) == 0 {
			word = "dyn(" + word + ")"
		}
		b.WriteString(word)
	}
	return b.String()
}

func randomDouble(r *rand.Rand) float64 {
	if r.IntN(2) == 0 {
		return float64(r.IntN(40000)-20000) / float64(pick(r, []int{1, 2, 8, 100, 1000, 7}))
	}
	return math.Float64frombits(r.Uint64())
}

func letter(c byte) bool {
	return c|0x20 >= 'a' && c|0x20 <= 'z' || c >= '0' && c <= '9'
}

func TestCelLibraries(t *testing.T) {
	r := random(t)
	var questions []celQuestion
	for range *howMany / 5 {
		questions = append(questions, celQuestion{Expression: randomCall(r), Minor: pick(r, []uint{30, 31, 33, 34, 35, 35})})
	}
	compareCel(t, questions)
}
