package oracle

import (
	"fmt"
	"math"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"

	"gopkg.in/inf.v0"
	"k8s.io/apimachinery/pkg/api/resource"
)

var quantities = []string{
	"", " ", "0", "-0", "+0", "00", "1", "-1", "+1", ".", "-", "+", "1.", ".1", "..1", "1..2", "m",
	"Ki", "e3", "1e", "1E", "1e0", "1E0", "1e+0", "1e-0", "1e++1", "1Ei", "1ei", "1EI", "1K", "1ki",
	"1KI", "1Mi", "1mi", "1MI", "1g", "1GB", "1 Gi", " 1Gi", "1Gi ", "1\n", "1,5", "0x10", "1_000",
	"NaN", "Inf", "-Inf", "1e999", "1e-999", "-1e-999", "1e18", "1e19", "9e18", "9.3e18", "8Ei",
	"7.9999999999Ei", "7Ei", "-8Ei", "9223372036854775807", "9223372036854775808",
	"-9223372036854775808", "9223372036854775807.1", "9223372036854775806.9999999991", "9007199254740993",
	"18014398509481985Ki", "9007199254740992Ki", "0.1n", "0.9n", "1.1n", "999999999.9999999999",
	"0.000000001", "0.0000000001", "0.0000000001Ki", "0.0000000009765625Ki", "0.0009765625Ki",
	"0.00097656250001Ki", "0.5Ki", "1.1Ki", "1023", "1024", "1023Ki", "1024Ki", "1025Ki", "-62.5Ki",
	"1000000000000000000", "1000000000000000001", "123456789012345678", "1234567890123456789",
	"1234567890.123456789", "12345678901.1234567891", "1.500", "01.125", "000000000000000000000001",
	"0.00000000000000000000000000000000001Ei", "1e6", "1e7", "1e8", "1000e-3", "1000e3", "0e5", "0Gi",
	"10E", "100E", "1000E", "9223372036854775807E", "-100E", "1e40", "1e041", "6e0003", "6e3", "1e-0009",
	"1e+00", "1e999", "1e0999", "9e998", "1e1000", "99999999999999999999999999999999999999999999999999999999",
	"0.999999999", "0.9999999999", "9.9999999999", "99999999999.99999999991n", "12345678901234567890.123456789",
	"100m", "0.1", "1000m", "1500m", "1024Mi", "1.5Gi", "512Mi", "2G", "999n", "1000n", "1001n",
}

func digits(r *rand.Rand, most int) string {
	s := make([]byte, r.IntN(most+1))
	for i := range s {
		// Zeros and nines are where carries and canonical forms change.
		s[i] = "0000123456789999"[r.IntN(16)]
	}
	return string(s)
}

func randomQuantity(r *rand.Rand) string {
	var b strings.Builder
	b.WriteString(pick(r, []string{"", "", "", "", "-", "+"}))
	b.WriteString(digits(r, pick(r, []int{1, 3, 6, 19, 22})))
	if r.IntN(2) == 0 {
		b.WriteString("." + digits(r, pick(r, []int{1, 3, 9, 12, 20})))
	}
	switch r.IntN(9) {
	case 0, 1:
		fmt.Fprintf(&b, "%s%s%0*d", pick(r, []string{"e", "E"}), pick(r, []string{"", "-", "+"}),
			pick(r, []int{1, 1, 1, 2, 4, 6}), r.IntN(pick(r, []int{4, 25, 60, 1200})))
	case 2:
		b.WriteString(pick(r, []string{"K", "ki", "i", "B", "MB", "e", "Mi1", " "}))
	default:
		b.WriteString(pick(r, strings.Split(",n,u,m,k,M,G,T,P,E,Ki,Mi,Gi,Ti,Pi,Ei", ",")))
	}
	return b.String()
}

type quantityAnswer struct {
	Text  string
	Error string
}

var (
	digit = regexp.MustCompile(`^[-+]?\.?[0-9]`)
	far   = regexp.MustCompile(`[0-9.][eE][-+]?0*[1-9][0-9]{3,}$`)
)

// expected is upstream's answer, but for the differences that base/quantity.h states: upstream takes
// a number without digits for zero, and exponents beyond 999.
func expected(text string) (resource.Quantity, bool) {
	q, err := resource.ParseQuantity(text)
	return q, err == nil && digit.MatchString(text) && !far.MatchString(text)
}

// printed is upstream's canonical text. Not ok: it is that of another amount, as for 1000E.
func printed(q resource.Quantity) (string, bool) {
	number, suffix := q.CanonicalizeBytes(nil)
	text := string(number) + string(suffix)
	back, err := resource.ParseQuantity(text)
	return text, err == nil && back.Cmp(q) == 0
}

func TestQuantity(t *testing.T) {
	r := random(t)
	questions := quantities
	for range *howMany {
		questions = append(questions, randomQuantity(r))
	}
	refused, unprintable := 0, 0
	for i, got := range ask[string, quantityAnswer](t, "quantity", questions) {
		want, ok := expected(questions[i])
		if ok != (got.Error == "") {
			t.Errorf("%q: we say %+v, upstream %v (valid: %v)", questions[i], got, want.AsDec(), ok)
		}
		if !ok || got.Error != "" {
			refused++
			continue
		}
		if back, err := resource.ParseQuantity(got.Text); err != nil || back.Cmp(want) != 0 {
			t.Errorf("%q: we print %s, which is another amount than %v", questions[i], got.Text, want.AsDec())
		}
		if text, ok := printed(want); !ok {
			unprintable++
		} else if text != got.Text {
			t.Errorf("%q: we print %s, upstream %s", questions[i], got.Text, text)
		}
	}
	t.Logf("%d of them are not quantities, %d upstream cannot print", refused, unprintable)
}

// near gives the amount of a quantity in other words, or one that is close to it.
func near(r *rand.Rand, text string) string {
	q, err := resource.ParseQuantity(text)
	if err != nil || r.IntN(3) == 0 {
		return randomQuantity(r)
	}
	amount := q.AsDec()
	if r.IntN(2) == 0 {
		amount = new(inf.Dec).Add(amount, inf.NewDec(int64(r.IntN(3)-1), inf.Scale(r.IntN(10))))
	}
	if len(amount.String()) > 64 {
		return text
	}
	return amount.String()
}

func TestOrder(t *testing.T) {
	r := random(t)
	questions := [][2]string{{"100E", "10E"}, {"10E", "1e19"}, {"1e999", "9e998"}, {"-100E", "-10E"}, {"8Ei", "9223372036854775807"}}
	for len(questions) < *howMany {
		a := randomQuantity(r)
		questions = append(questions, [2]string{a, near(r, a)})
	}
	equal := 0
	for i, got := range ask[[2]string, *int](t, "order", questions) {
		a, valid := expected(questions[i][0])
		b, ok := expected(questions[i][1])
		if valid = valid && ok; valid != (got != nil) {
			t.Fatalf("%q: valid %v, answered %v", questions[i], valid, got != nil)
		}
		if !valid {
			continue
		}
		want := a.Cmp(b)
		if want == 0 {
			equal++
		}
		if *got != want {
			t.Errorf("%q: we say %d, upstream %d", questions[i], *got, want)
		}
	}
	t.Logf("%d pairs are equal", equal)
}

func TestRatio(t *testing.T) {
	r := random(t)
	var questions [][3]string
	for len(questions) < *howMany {
		var q [3]string
		for i := range q {
			q[i] = randomQuantity(r)
		}
		if r.IntN(2) == 0 { // near equality: 2000m <= 2 * 1
			n := r.IntN(1000)
			q = [3]string{fmt.Sprintf("%d%s", 2*n+r.IntN(3)-1, "m"), "2", fmt.Sprintf("%dm", n)}
		}
		questions = append(questions, q)
	}
	for i, got := range ask[[3]string, *bool](t, "ratio", questions) {
		var amount [3]*inf.Dec
		valid := true
		for j, text := range questions[i] {
			q, ok := expected(text)
			valid = valid && ok
			amount[j] = q.AsDec()
		}
		if valid != (got != nil) {
			t.Fatalf("%q: valid %v, answered %v", questions[i], valid, got != nil)
		}
		if valid && *got != (amount[0].Cmp(new(inf.Dec).Mul(amount[1], amount[2])) <= 0) {
			t.Errorf("%q: we say %v", questions[i], *got)
		}
	}
}

// Longer texts and exponents are none of ours.
var long = regexp.MustCompile(`^.{65}|[eE][-+]?0*[1-9][0-9]{3,}$`)

// TestAmount holds what CEL's functions of quantities say against upstream's methods, which they call.
func TestAmount(t *testing.T) {
	type answer struct {
		Large, Is, SumIs                 bool
		Integer, Sum                     int64
		Float, SumFloat, DifferenceFloat string
		Order, Sign, DifferenceSign      int
	}
	r := random(t)
	var questions [][2]string
	for _, a := range quantities {
		for _, b := range quantities {
			questions = append(questions, [2]string{a, b})
		}
	}
	for range *howMany {
		a := randomQuantity(r)
		b := near(r, a)
		if r.IntN(3) == 0 {
			a, b = fmt.Sprint(r.IntN(2000)-1000)+pick(r, strings.Split(",n,u,m,k,M,Ki,Mi,Gi,E,e3,e-3,.5,.25Mi", ",")), fmt.Sprint(r.IntN(2000)-1000)+pick(r, strings.Split(",n,u,m,k,M,Ki,Mi,Gi,E,e3", ","))
		}
		questions = append(questions, [2]string{a, b})
	}
	bits := func(q resource.Quantity) string { return fmt.Sprint(math.Float64bits(q.AsApproximateFloat64())) }
	refused, large, integers := 0, 0, 0
	for i, got := range ask[[2]string, *answer](t, "amount", questions) {
		q := questions[i]
		a, err := resource.ParseQuantity(q[0])
		b, err2 := resource.ParseQuantity(q[1])
		if ok := err == nil && err2 == nil && !long.MatchString(q[0]) && !long.MatchString(q[1]); ok != (got != nil) {
			t.Errorf("%q: we say %v, upstream %v, %v", q, got, err, err2)
		}
		if got == nil {
			refused++
			continue
		}
		if got.Large {
			large++
			continue
		}
		sum, difference, left := a.DeepCopy(), a.DeepCopy(), a.DeepCopy()
		sum.Add(b.DeepCopy())
		difference.Sub(b.DeepCopy())
		want := answer{Float: bits(a), SumFloat: bits(sum), DifferenceFloat: bits(difference), Order: left.Cmp(b.DeepCopy()), Sign: a.Sign(), DifferenceSign: difference.Sign()}
		want.Integer, want.Is = a.AsInt64()
		want.Sum, want.SumIs = sum.AsInt64()
		if !want.Is {
			want.Integer = got.Integer
		}
		if !want.SumIs {
			want.Sum = got.Sum
		}
		if want.Is {
			integers++
		}
		if *got != want {
			t.Errorf("%q: we say %+v, upstream %+v", q, *got, want)
		}
	}
	t.Logf("%d pairs are refused, %d too large, %d integers", refused, large, integers)
}
