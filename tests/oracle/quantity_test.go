package oracle

import (
	"fmt"
	"math"
	"math/big"
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
	switch r.IntN(8) {
	case 0:
		fmt.Fprintf(&b, "%s%s%d", pick(r, []string{"e", "E"}), pick(r, []string{"", "-", "+"}), r.IntN(25))
	case 1:
		b.WriteString(pick(r, []string{"K", "ki", "i", "B", "MB", "e", "Mi1", " "}))
	default:
		b.WriteString(pick(r, strings.Split(",n,u,m,k,M,G,T,P,E,Ki,Mi,Gi,Ti,Pi,Ei", ",")))
	}
	return b.String()
}

type quantityAnswer struct {
	Text  string
	Units int64
	Nano  int64
	Error string
}

var (
	digit   = regexp.MustCompile(`^[-+]?\.?[0-9]`)
	most    = inf.NewDec(math.MaxInt64, 0)
	least   = inf.NewDec(-math.MaxInt64, 0)
	billion = big.NewInt(1e9)
)

// expectedQuantity is upstream's answer, but for the two differences that base/quantity.h states:
// upstream takes a number without digits for zero, and does not cap decimal amounts.
func expectedQuantity(text string) (quantityAnswer, *inf.Dec, bool) {
	q, err := resource.ParseQuantity(text)
	if err != nil || !digit.MatchString(text) {
		return quantityAnswer{}, nil, false
	}
	if amount := q.AsDec(); amount.Cmp(most) > 0 {
		q = *resource.NewDecimalQuantity(*most, q.Format)
	} else if amount.Cmp(least) < 0 {
		q = *resource.NewDecimalQuantity(*least, q.Format)
	}
	number, suffix := q.CanonicalizeBytes(nil)
	nano := new(inf.Dec).Round(q.AsDec(), 9, inf.RoundExact).UnscaledBig()
	units, rest := new(big.Int).QuoRem(nano, billion, new(big.Int))
	return quantityAnswer{string(number) + string(suffix), units.Int64(), rest.Int64(), ""}, q.AsDec(), true
}

func TestQuantity(t *testing.T) {
	r := random(t)
	questions := quantities
	for range *howMany {
		questions = append(questions, randomQuantity(r))
	}
	refused := 0
	for i, got := range ask[string, quantityAnswer](t, "quantity", questions) {
		want, _, ok := expectedQuantity(questions[i])
		if !ok {
			refused++
		}
		if ok != (got.Error == "") || (ok && got != want) {
			t.Errorf("%q: we say %+v, upstream %+v (valid: %v)", questions[i], got, want, ok)
		}
	}
	t.Logf("%d of them are no quantities", refused)
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
			var ok bool
			_, amount[j], ok = expectedQuantity(text)
			valid = valid && ok
		}
		if valid != (got != nil) {
			t.Fatalf("%q: valid %v, answered %v", questions[i], valid, got != nil)
		}
		if valid && *got != (amount[0].Cmp(new(inf.Dec).Mul(amount[1], amount[2])) <= 0) {
			t.Errorf("%q: we say %v", questions[i], *got)
		}
	}
}
