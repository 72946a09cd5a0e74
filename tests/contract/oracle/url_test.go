package oracle

import (
	"math/rand/v2"
	"net/url"
	"reflect"
	"strings"
	"testing"
)

var (
	urlWords = append(strings.Split("http https HTTP ftp a a+b 1a mailto : : :: // / / /// @ @ ? & = ; # # %20 %2f %2F %zz % %2 %25 %25eth0 %e4%b8%96 %41 %ff + * ? [ ] [::1] [::1%25en0] [1.2.3.4] [fe80::1]:80 :80 :8080 :x example.com EXAMPLE.com 10.0.0.1 user user:pass user:p%40ss a.b-c_d~e ! $ & ' ( ) , < > \\ ^ | { } ` é 世 . .. a=b a=1&a=2 b=%zz c;d=1 e=f+g", " "), " ", "\"", "\x00", "\x7f", "\t", "\xff")
	urls     = strings.Split("http://example.com https://example.com:8080/a/b?c=d#e http://user:pass@example.com/ http://user@[::1]:80/x http://[fe80::1%25en0]/ http://[fe80::1%25%20x]/ http://[fe80::1%25%41]/ http://[fe80::1%25%00]/ http://[::ffff:1.2.3.4]/ http://[1.2.3.4]/ http://[] http://[::1 http://a[::1] http://[::1]x http://a:b http://a: http://a::80 ftp://a::80 ftp://a:1,b:2 /path /path?x //host/path ///path / * ? # http: http:/ http:// http:/// http:a http:?a http:?a? mailto:a@b?subject=x a:b :a 1a:b a/b a:b/c ./a:b http://%41/ http://%e4/ http://%25/ http://a/%zz http://a/%2f http://a/b%20c http://a/b[c] http://a/b!c http://a/b(c) http://a/世 http://a/%e4%b8%96 http://a?a=1&b=2&a=3&c http://a?a;b&c=d;e http://a?%zz=1&b=%zz&c=3 http://a?&&=x& http://a?a=b=c&d+e=f+g http://a/?# http://a?b?c http://a/b#c%zz http://a/b#c%20d http://a/b?c#%zz http://a/b?#c http://a#b http://a\\b http://a/b\\c http://us er@a/ http://us%20er@a/ http://us%zz@a/ http://u:p:q@a/ http://@a/ http://:@a/ http://u@v@a/", " ")
)

func randomURL(r *rand.Rand) string {
	if r.IntN(3) == 0 {
		s := pick(r, urls)
		if r.IntN(2) == 0 {
			at := r.IntN(len(s) + 1)
			s = s[:at] + pick(r, urlWords) + s[at:]
		}
		return s
	}
	var b strings.Builder
	if r.IntN(2) == 0 {
		b.WriteString(pick(r, []string{"http://", "https://", "ftp://", "/", "x:"}))
	}
	for n := r.IntN(7); n > 0; n-- {
		b.WriteString(pick(r, urlWords))
	}
	return b.String()
}

func TestURL(t *testing.T) {
	type answer struct {
		Request, Error                           string
		Scheme, Host, Hostname, Port, Path, Text []byte
		Query                                    [][2][]byte
	}
	r := random(t)
	questions := [][]byte{{}, []byte("http://a?" + strings.Repeat("a&", 9999)), []byte("http://a?" + strings.Repeat("a&", 10000))}
	for _, u := range urls {
		questions = append(questions, []byte(u))
	}
	for range *howMany {
		questions = append(questions, []byte(randomURL(r)))
	}
	words := func(err error) string {
		if err != nil {
			return err.Error()
		}
		return ""
	}
	refused := 0
	for i, got := range ask[[]byte, answer](t, "url", questions) {
		q := string(questions[i])
		_, err := url.ParseRequestURI(q)
		if got.Request != words(err) {
			t.Errorf("%q: we say %q, Go %q", q, got.Request, words(err))
		}
		want, err := url.Parse(q)
		if got.Error != words(err) {
			t.Errorf("%q: we say %q, Go %q", q, got.Error, words(err))
		}
		if err != nil || got.Error != "" {
			refused++
			continue
		}
		for what, pair := range map[string][2]string{"scheme": {string(got.Scheme), want.Scheme}, "host": {string(got.Host), want.Host}, "hostname": {string(got.Hostname), want.Hostname()},
			"port": {string(got.Port), want.Port()}, "path": {string(got.Path), want.EscapedPath()}, "text": {string(got.Text), want.String()}} {
			if pair[0] != pair[1] {
				t.Errorf("%s of %q: we say %q, Go %q", what, q, pair[0], pair[1])
			}
		}
		query := url.Values{}
		for _, p := range got.Query {
			query.Add(string(p[0]), string(p[1]))
		}
		if !reflect.DeepEqual(query, want.Query()) {
			t.Errorf("query of %q: we say %v, Go %v", q, query, want.Query())
		}
	}
	t.Logf("%d of them are not URLs", refused)
}
