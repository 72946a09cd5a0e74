package oracle

import (
	"bufio"
	"compress/bzip2"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

var exhaustive = flag.Int("exhaustive", 100, "take one of so many of RE2's exhaustive tests")

type regexQuestion struct {
	Pattern []byte   `json:"pattern"`
	Texts   [][]byte `json:"texts"`
}

type regexAnswer struct {
	Error []byte
	Texts []struct {
		Once, Often bool
		All         [][]int
	}
}

// compareRegexes holds our matches against those of Go's regexp.
func compareRegexes(t *testing.T, questions []regexQuestion) {
	t.Helper()
	refused, matched, texts := 0, 0, 0
	for i, got := range ask[regexQuestion, regexAnswer](t, "regex", questions) {
		q := questions[i]
		re, err := regexp.Compile(string(q.Pattern))
		if err != nil {
			refused++
			if err.Error() != string(got.Error) {
				t.Errorf("%q: we say %q, Go %q", q.Pattern, got.Error, err)
			}
			continue
		}
		if len(got.Error) > 0 || len(got.Texts) != len(q.Texts) {
			t.Errorf("%q: we say %q, %d answers", q.Pattern, got.Error, len(got.Texts))
			continue
		}
		for j, text := range q.Texts {
			want := re.FindAllIndex(text, -1)
			texts++
			if len(want) > 0 {
				matched++
			}
			said := got.Texts[j]
			if said.Once != (len(want) > 0) || said.Often != (len(want) > 0) {
				t.Errorf("%q in %q: we say %v and %v", q.Pattern, text, said.Once, said.Often)
			}
			if len(said.All)+len(want) > 0 && !reflect.DeepEqual(said.All, want) {
				t.Errorf("%q in %q: we find %v, Go %v", q.Pattern, text, said.All, want)
			}
		}
	}
	t.Logf("%d patterns are refused, %d of %d texts match", refused, matched, texts)
}

// re2Tests reads the patterns and texts of Go's own tests.
func re2Tests(t *testing.T, name string, one func(pattern string, texts []string)) {
	file, err := os.Open(filepath.Join(runtime.GOROOT(), "src/regexp/testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var in io.Reader = file
	if strings.HasSuffix(name, ".bz2") {
		in = bzip2.NewReader(file)
	}
	var texts []string
	section := ""
	for lines := bufio.NewScanner(in); lines.Scan(); {
		line := lines.Text()
		if line == "strings" || line == "regexps" {
			section = line
			if line == "strings" {
				texts = nil
			}
		} else if strings.HasPrefix(line, `"`) {
			word, err := strconv.Unquote(line)
			if err != nil {
				t.Fatal(err)
			}
			if section == "strings" {
				texts = append(texts, word)
			} else {
				one(word, texts)
			}
		}
	}
}

func question(pattern string, texts []string) regexQuestion {
	q := regexQuestion{Pattern: []byte(pattern)}
	for _, text := range texts {
		q.Texts = append(q.Texts, []byte(text))
	}
	return q
}

func TestRegexRE2(t *testing.T) {
	var questions []regexQuestion
	for _, name := range []string{"re2-search.txt", "re2-exhaustive.txt.bz2"} {
		n := int(*seed)
		re2Tests(t, name, func(pattern string, texts []string) {
			if n++; name == "re2-search.txt" || n%*exhaustive == 0 {
				questions = append(questions, question(pattern, texts))
			}
		})
	}
	compareRegexes(t, questions)
}

var regexErrors = []string{
	"(", ")", "(a", "a)", "[a", "[", "[]", "[]a", "[^", "[^]", "a**", "a*+", "a+?*", "*", "+a", "?", "(*)", "(|*)", "a|*", "x{2}{3}", "x{1001}",
	"x{2,1}", "x{,2}", "x{2", "x{2,", "x{-1}", "x{01}", "x{1e9}", "x{99999999999}", "x{2,99999999999}", "(x{100}){11}", "(x{100}){10}",
	"(x{0}){1000}{0}", "((x{10}){10}){10}", "((x{10}){10}){11}", "(?:(?:x{10}){0}){1000}", `\`, `a\`, `[\`, `[a\`, `\8`, `\1`, `\07`, `\7`, `\77`, `\177`, `\1777`,
	`\x`, `\xz`, `\xa`, `\xaz`, `\xab`, `\x{`, `\x{}`, `\x{110000}`, `\x{10FFFF}`, `\x{1`, `\x{zz}`, `\x{é}`, `\xé`, `\C`, `\Z`, `\pN`, `\p`, `\p{`, `\p{}`, `\p{N`, `\p{^N}`,
	`\P{^Greek}`, `\p{greek}`, `\p{Greek_}`, `\p{Old_Italic}`, `\pZz`, `\p{Lu}`, `\p{l u}`, `\p{Any}`, `\P{any}`, `\p{ASCII}`, `\p{Assigned}`, `\p{assi_gned}`,
	`\p{Uppercase_Letter}`, `\p{Nope}`, `\p{nopenopenopenopenopenopenopenopenopenopenope}`, "(?i", "(?", "(?)", "(?:", "(?:)", "(?i)", "(?i:", "(?i-s)", "(?-)", "(?i-)", "(?--i)", "(?q)", "(?i^)",
	"(?P<a>b)", "(?<a>b)", "(?P<>b)", "(?<a", "(?P<a", "(?P<", "(?P=a)", "(?P", "(?<", "(?<=a)", "(?!a)", "(?P<a-b>c)", "(?<é>a)", "(?P<a>b)(?P<a>c)", "(?#a)", "(?'a'b)", "[[:word:]]", "[[:^word:]]", "[[:wordy:]]", "[[:d:]]",
	"[[:w", "[[:]", "[[::]]", "[:a:]", "[a-]", "[-a]", "[a-b-c]", "[b-a]", `[a-\d]`, `[\d-a]`, `[a-\x00]`, "[a-[:word:]]", "[]-a]", "[^]a]", "[a&&b]", "\xff", "[\xff]", "a\xffb", "(?\xff)", "(?P<\xff>a)", "(?P<\xff", `\` + "\xff",
	`\p` + "\xff", `\p{` + "\xff}", `\p{` + "\xff", `\x` + "\xff", `\Q` + "\xff" + `\E`, `\Qa*\E*`, `\Qab`, `\Q`, `\Q\E*`, `a*\Q\E*`, `a\Q\E*`, `\Qa\Eb\E`, "a(?i)*", "a*(?i)*", "a|(?i)*", "(?i)*", "^*", "$+", `\b?`, "(?:^)*", "(?:$|a)*", "()*", "(|a)*", "(|a)+", "(a|)*", "(a*)*", "(a*?)*?", "(?U)(a*)*", "(?:a??)*?b",
	"a{0}", "a{0,0}b", "a{0,1}", "a{1}", "a{1,}", "a{0,}", "(a?){0,3}", "(?:a|b?){2,3}?", "a{2}?", "a{2}??", "(?s).", "(?-s).", "(?s-i:.)", "(?i)k", "(?i)[k-s]", "(?i)[^k]", `(?i)\w`, `(?i)\W`, `(?i)[\W]`, `(?i)\p{Lu}`, `(?i)\P{Lu}`, `(?i)\p{LC}`, `(?i)\p{Greek}`, `(?i)\p{Common}`, "(?i)ſ", "(?i)ß", "(?i)σ", "(?i)[[:upper:]]",
	"(?m)^$", "(?m)^a$", "(?m)$^", "$^", `\z\A`, `\B\b`, `\b\B`, `\B`, "(?m)(?:^|a)+", "[^\\x00-\\x{10FFFF}]", "a[^\\x00-\\x{10FFFF}]*", "(?:[^\\x00-\\x{10FFFF}]|a)+",
	strings.Repeat("(", 1000) + "a" + strings.Repeat(")", 1000), strings.Repeat("(", 999) + "a" + strings.Repeat(")", 999), strings.Repeat("(", 999) + "ab*" + strings.Repeat(")", 999), strings.Repeat("(", 998) + "ab*" + strings.Repeat(")", 998), strings.Repeat("(", 998) + "abc" + strings.Repeat(")", 998),
	strings.Repeat("(?:a(?:", 600) + "a" + strings.Repeat("))", 600), strings.Repeat("(?:a(?:", 600) + "a" + strings.Repeat(")*)", 600), strings.Repeat("((a{100}){10}){1}", 100), strings.Repeat("((abcdefghijkl){100}){10}|", 300), strings.Repeat("[a-z]{1000}", 500), strings.Repeat("(xx?){1000}", 2000),
}

var (
	atoms = strings.Split("a b c k K S ſ é Σ ς σ 1 _ - . . [ab] [^a] [a-c] [^a-k] [[:alpha:]] [[:^word:]] "+
		`[\d_] [\w-] \d \D \w \W \s \S \pL \PL \p{Lu} \p{Greek} \p{^Ll} \x61 \x{3c3} \n \. \Qa.b\E ^ $ \A \z \b \B (?i) (?s) (?m) (?U) (?-i) é 世 `+"\U0001F600 ab abc (?:) ( ) | { } * [ ] \\", " ")
	repeats = []string{"*", "+", "?", "*?", "+?", "??", "{2}", "{0,2}", "{1,3}?", "{2,}", "{0}", "{3,1}", "**"}
	letters = []string{"a", "a", "b", "b", "c", "k", "K", "S", "s", "ſ", "\u212a", "é", "É", "Σ", "σ", "ς", "1", "_", "-", ".", " ", "\n", "世", "\U0001F600", "\xff", "\xc3", "\xed\xa0\x80", "\x00"}
)

func randomPattern(r *rand.Rand, depth int) string {
	var b strings.Builder
	for n := r.IntN(4) + 1; n > 0; n-- {
		switch k := r.IntN(12); {
		case k < 2 && depth > 0:
			fmt.Fprintf(&b, "%s%s)", pick(r, []string{"(", "(?:", "(?i:", "(?s:", "(?m:", "(?U:", "(?P<n>"}), randomPattern(r, depth-1))
		case k == 2 && depth > 0:
			b.WriteString("(" + randomPattern(r, depth-1) + "|" + randomPattern(r, depth-1) + ")")
		case k == 3:
			b.WriteString(randomPattern(r, 0) + "|")
		case k == 4:
			b.WriteString(pick(r, letters))
		default:
			// The last ones make most patterns wrong.
			b.WriteString(atoms[r.IntN(len(atoms)-[]int{9, 9, 9, 9, 9, 9, 9, 0}[r.IntN(8)])])
		}
		if r.IntN(3) == 0 {
			b.WriteString(pick(r, repeats))
		}
	}
	return b.String()
}

func randomText(r *rand.Rand, most int) []byte {
	var b []byte
	for n := r.IntN(most); n > 0; n-- {
		b = append(b, pick(r, letters)...)
	}
	return b
}

func TestRegex(t *testing.T) {
	r := random(t)
	var questions []regexQuestion
	texts := []string{"", "a", "aa", "ab", "aaab\nba", "k", "K", "ſ", "aké Σς1_\n", "ß", "\xff", "世a界", "xxxx"}
	for _, pattern := range regexErrors {
		questions = append(questions, question(pattern, texts))
	}
	for range *howMany {
		q := regexQuestion{Pattern: []byte(randomPattern(r, 3))}
		for range 5 {
			q.Texts = append(q.Texts, randomText(r, pick(r, []int{4, 10, 30})))
		}
		questions = append(questions, q)
	}
	compareRegexes(t, questions)
}

// borders is a text of the characters at which a category, a script or the case changes.
func borders() []byte {
	edge := map[rune]bool{}
	for _, tables := range []map[string]*unicode.RangeTable{unicode.Categories, unicode.Scripts, unicode.FoldCategory, unicode.FoldScript} {
		for _, table := range tables {
			for _, r := range table.R16 {
				edge[rune(r.Lo)-1], edge[rune(r.Lo)], edge[rune(r.Hi)], edge[rune(r.Hi)+1] = true, true, true, true
			}
			for _, r := range table.R32 {
				edge[rune(r.Lo)-1], edge[rune(r.Lo)], edge[rune(r.Hi)], edge[rune(r.Hi)+1] = true, true, true, true
			}
		}
	}
	var all []byte
	for c := rune(0); c <= unicode.MaxRune; c++ {
		if utf8.ValidRune(c) && (edge[c] || unicode.SimpleFold(c) != c) {
			all = append(all, string(c)...)
		}
	}
	return all
}

// TestUnicode holds each set of characters, and case, against Go's.
func TestUnicode(t *testing.T) {
	all := borders()
	var questions []regexQuestion
	add := func(name string) {
		for _, form := range []string{`\p{%s}+`, `\P{%s}+`, `(?i)\p{%s}+`, `(?i)[^\p{%s}]+`} {
			questions = append(questions, regexQuestion{[]byte(fmt.Sprintf(form, name)), [][]byte{all}})
		}
	}
	for name := range unicode.Categories {
		add(name)
	}
	for name := range unicode.Scripts {
		add(name)
	}
	for alias := range unicode.CategoryAliases {
		add(alias)
	}
	for c := rune(0); c <= unicode.MaxRune; c++ {
		if unicode.SimpleFold(c) != c {
			questions = append(questions, question("(?i)"+string(c), []string{string(unicode.SimpleFold(c)), string(c), string(c + 1)}))
		}
	}
	compareRegexes(t, questions)
}
