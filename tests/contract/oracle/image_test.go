package oracle

import (
	_ "crypto/sha256"
	_ "crypto/sha512"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/distribution/reference"
)

const hex64 = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

var images = []string{
	"", "nginx", "nginx:1", "nginx@sha256:" + hex64, "nginx:1@sha256:" + hex64, hex64, hex64[:63], "a/" + hex64,
	strings.ToUpper(hex64), hex64 + "0", hex64 + ":latest", "docker.io/" + hex64, "a@sha256:" + strings.ToUpper(hex64),
	"a@sha384:" + hex64 + hex64[:32], "a@sha512:" + hex64 + hex64, "a@sha512:" + hex64, "a@sha1:" + hex64[:40],
	"a@SHA256:" + hex64, "a@sha256+b64:" + hex64, "a@md5:" + hex64[:32], "a@sha256:", "a@", "a:", ":a", "@a", "/",
	"a/", "/a", "a//b", "a/b/", "docker.io", "docker.io/", "docker.io/a", "docker.io/a/b", "docker.io:443/a",
	"index.docker.io/a", "index.docker.io/a/b", "index.docker.io:443/a", "Docker.io/a", "registry-1.docker.io/a",
	"localhost", "localhost/a", "localhost:5000", "localhost:5000/a", "LOCALHOST/a", "localhost.localdomain/a/b",
	"127.0.0.1/a", "127.0.0.1:5000/a:b", "[::1]/a", "[::1]:5000/a", "[::1]:x/a", "[fe80::1%eth0]/a", "::1/a", "[::1]",
	"[]/a", "[::g]/a", "[::1]5000/a", "[::ffff:1.2.3.4]/a", "a_b/c", "a_b.c/d", "a__b.c/d", "a___b.c/d", "a_b:5000/c", "a..b/c", "a-/b", "-a/b",
	"a-.b/c", "a.b-/c", "a--b.c/d", "a.b./c", ".a.b/c", "a/b__c", "a/b___c", "a/b..c", "a/b.c", "a/b-_c", "a/b---c",
	"a/-b", "a/b-", "a/_b", "a/b_", "a/.b", "Foo/bar", "foo/Bar", "foo/bar:Tag", "FOO", "foo:5000/bar", "foo:x/bar",
	"foo:/bar", "foo:5000/bar:5000", "a:b:c", "a/b:c/d", "docker.io/a:b/c", "http://a/b", "https://a.b/c", "a b", " a", "a ", "a\n",
	"a:b\n", "a\x00", "a:b\x00", "ä/b", "a/ä", "a:ä", "ghcr.io.evil.com/acme/x", "ghcr.io/acme-evil/x",
	"ghcr.io:443/acme/x", "evil.com/ghcr.io/acme/x", "GHCR.IO/acme/x", "user@ghcr.io/acme/x", "ghcr.io\\@evil.com/x", "a?b", "a#b", "a%2fb",
	"a:" + strings.Repeat("x", 128), "a:" + strings.Repeat("x", 129), strings.Repeat("x", 247), strings.Repeat("x", 248),
	"a.b/" + strings.Repeat("x", 255), "a.b/" + strings.Repeat("x", 256), strings.Repeat("x", 300) + ".com/a",
	strings.Repeat("a/", 127) + "a", strings.Repeat("a/", 128) + "a", "docker.io/library/library", "library/a", "library",
	"docker.io/library:a", "docker.io/a:b", "a:b@c", "a@b@c", "a@sha256:" + hex64 + "@sha256:" + hex64, "a@sha256:" + hex64 + ":b",
}

func randomImage(r *rand.Rand) string {
	parts := []string{
		"a", "b1", "acme", "library", "docker.io", "index.docker.io", "ghcr.io", "localhost", "A", "x_y", "x__y", "x-y", "x.y",
		"[::1]", "10.0.0.1", ":", ":", ":5000", ":v1", ":latest", "/", "/", "/", "/", "/", "@", "@sha256:" + hex64, "@sha512:" + hex64 + hex64,
		"@sha384:" + hex64, hex64, "sha256:", ".", "-", "_", "é", "\n", " ", "[", "]",
	}
	var b strings.Builder
	for range 1 + r.IntN(7) {
		// Mostly the parts at the front, so that many of them are references.
		b.WriteString(parts[min(r.IntN(len(parts)), r.IntN(len(parts)+10))])
	}
	return b.String()
}

type imageAnswer struct {
	Repository, Domain, Path, Tag, Digest string
	Refused                               bool
}

// expectedImage is upstream's answer, but for the difference that policy/image/image_ref.h states: a name
// whose registry is not a host name is refused.
func expectedImage(text string) imageAnswer {
	named, err := reference.ParseNormalizedNamed(text)
	if err != nil || reference.Domain(named) == "" {
		return imageAnswer{Refused: true}
	}
	want := imageAnswer{Repository: named.Name(), Domain: reference.Domain(named), Path: reference.Path(named)}
	if tagged, ok := reference.TagNameOnly(named).(reference.Tagged); ok {
		want.Tag = tagged.Tag()
	}
	if digested, ok := named.(reference.Digested); ok {
		want.Digest = digested.Digest().String()
	}
	return want
}

func TestImage(t *testing.T) {
	r := random(t)
	questions := images
	for range *howMany {
		questions = append(questions, randomImage(r))
	}
	refused := 0
	for i, got := range ask[string, imageAnswer](t, "image", questions) {
		want := expectedImage(questions[i])
		if want.Refused {
			refused++
		}
		if got != want {
			t.Errorf("%q: we say %+v, upstream %+v", questions[i], got, want)
		}
	}
	t.Logf("%d of them are not references", refused)
}
