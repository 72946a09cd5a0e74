package oracle

import (
	"math/rand/v2"
	"net/netip"
	"strings"
	"testing"
)

var (
	addressWords = strings.Split("0 1 1 2 10 127 169.254 224.0.0 239 255 256 01 :: : :: : : fe80 febf ff02 ff12 ff 0000 00000 ffff FFFF abcd 2001:db8 . . . . . 10.0.0.1 192.168.1.1 255.255.255.255 ::ffff: ::1 % %eth0 g - / x 1.2.3", " ")
	addresses    = strings.Split("0.0.0.0 127.0.0.1 1.2.3.4 :: ::1 ::2 fe80::1 fe80::1%eth0 ff02::1 ff01::1 ff05::2 ::ffff:1.2.3.4 ::1.2.3.4 1::2::3 1:2:3:4:5:6:7:8 1:2:3:4:5:6:7::8 1:2:3:4:5:6:7:: ::2:3:4:5:6:7:8 1:0:0:2:0:0:0:3 1:0:0:2:3:0:0:4 0:0:1::"+
		" 1:2:3:4:5:6:1.2.3.4 1:2:3:4:5:1.2.3.4 1.2.3 1.2.3.4.5 1..2.3 .1.2.3 1.2.3. 1.2.3.04 1.2.3.256 a b.c : ::: 1: :1 12345::1 %x %eth0:: ::% ::%% 169.254.1.1 224.0.0.255 224.0.1.0 255.255.255.255 10.0.0.0 fec0::1 64:ff9b::1.2.3.4", " ")
	lengths = strings.Split("0 1 7 8 9 16 24 31 32 33 64 127 128 129 00 08 +8 -8 x 8x 99999999999999999999 9223372036854775807", " ")
)

func randomAddress(r *rand.Rand) string {
	if r.IntN(3) == 0 {
		return pick(r, addresses)
	}
	if r.IntN(3) == 0 {
		var bytes [16]byte
		for range r.IntN(6) {
			bytes[r.IntN(16)] = byte(r.IntN(256))
		}
		if r.IntN(2) == 0 {
			return netip.AddrFrom4([4]byte(bytes[:4])).String()
		}
		return netip.AddrFrom16(bytes).StringExpanded()
	}
	var b strings.Builder
	for n := r.IntN(9) + 1; n > 0; n-- {
		b.WriteString(pick(r, addressWords))
	}
	return b.String()
}

func TestIP(t *testing.T) {
	type answer struct {
		Error, Text, Zone string
		Mapped, V6        bool
		Is                []bool
	}
	r := random(t)
	questions := append([]string{"", " ", "é::", "\x00", "1.2\x00"}, addresses...)
	for range *howMany {
		questions = append(questions, randomAddress(r))
	}
	refused := 0
	for i, got := range ask[string, answer](t, "ip", questions) {
		want, err := netip.ParseAddr(questions[i])
		switch {
		case err != nil:
			refused++
			if got.Error != err.Error() {
				t.Errorf("%q: we say %+v, Go %v", questions[i], got, err)
			}
		case got.Error != "" || got.Mapped != want.Is4In6() || got.Zone != want.Zone():
			t.Errorf("%q: we say %+v, Go %v", questions[i], got, want)
		case !want.Is4In6() && want.Zone() == "":
			is := []bool{want.IsUnspecified(), want.IsLoopback(), want.IsMulticast(), want.IsLinkLocalMulticast(), want.IsLinkLocalUnicast(), want.IsGlobalUnicast()}
			for k := range is {
				if got.Is[k] != is[k] {
					t.Errorf("%q: we say %v, Go %v", questions[i], got.Is, is)
				}
			}
			if got.Text != want.String() || got.V6 != want.Is6() {
				t.Errorf("%q: we say %+v, Go %v", questions[i], got, want)
			}
		}
	}
	t.Logf("%d of them are no addresses", refused)
}

func TestCIDR(t *testing.T) {
	type answer struct {
		Error, Text, Masked    string
		Mapped, Same, CIDR, IP bool
	}
	r := random(t)
	questions := [][3]string{{"", "", ""}, {"/", "", ""}, {"1.2.3.4", "", ""}, {"1.2.3.4/8/9", "", ""}, {"::%x/8", "", ""}, {"\"/8", "", ""}}
	for len(questions) < *howMany {
		a := randomAddress(r)
		q := [3]string{a + "/" + pick(r, lengths), randomAddress(r) + "/" + pick(r, lengths), randomAddress(r)}
		if r.IntN(2) == 0 {
			q[1] = a + "/" + pick(r, lengths)
			q[2] = a[:len(a)-1] + pick(r, []string{"0", "1", "7"})
		}
		questions = append(questions, q)
	}
	refused, in := 0, 0
	for i, got := range ask[[3]string, answer](t, "cidr", questions) {
		q := questions[i]
		want, err := netip.ParsePrefix(q[0])
		if err != nil {
			refused++
			if got.Error != err.Error() {
				t.Errorf("%q: we say %+v, Go %v", q, got, err)
			}
			continue
		}
		other, otherErr := netip.ParsePrefix(q[1])
		ip, ipErr := netip.ParseAddr(q[2])
		all := answer{Text: want.String(), Masked: want.Masked().String(), Mapped: want.Addr().Is4In6(), Same: otherErr == nil && want == other,
			CIDR: otherErr == nil && want.Overlaps(other) && want.Bits() <= other.Bits(), IP: ipErr == nil && want.Contains(ip)}
		if all.Mapped { // neither address is one for Kubernetes
			got.Text, got.Masked = all.Text, all.Masked
		}
		if all.CIDR || all.IP {
			in++
		}
		if got != all {
			t.Errorf("%q: we say %+v, Go %+v", q, got, all)
		}
	}
	t.Logf("%d of them are no ranges, %d have something in them", refused, in)
}
