package oracle

import (
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"
)

type textQuestion struct {
	Text  string `json:"text"`
	Other string `json:"other"`
	By    string `json:"by"`
	From  int    `json:"from"`
	To    int    `json:"to"`
}

type textAnswer struct {
	Lower, Upper, Trim, Quote, GoQuote, Replace string
	Split                                       []string
	Part                                        *string
	Find, Last                                  *int
}

func asciiOnly(change func(string) string) func(r rune) rune {
	return func(r rune) rune {
		if r < utf8.RuneSelf {
			return rune(change(string(r))[0])
		}
		return r
	}
}

// part is what cel-go's substring does.
func part(text string, from, to int) *string {
	runes := []rune(text)
	if to < 0 {
		to = len(runes)
	}
	if from < 0 || from > to || to > len(runes) {
		return nil
	}
	s := string(runes[from:to])
	return &s
}

// find is what cel-go's indexOf and lastIndexOf do.
func find(text, what string, from int, last bool) int {
	runes, n := []rune(text), utf8.RuneCountInString(what)
	found := -1
	for i := range runes {
		if from < len(runes) && i+n <= len(runes) && string(runes[i:i+n]) == what && (last && i <= from || !last && i >= from && found < 0) {
			found = i
		}
	}
	return found
}

func TestText(t *testing.T) {
	r := random(t)
	letters := []string{"a", "a", "b", "B", "Z", "é", "É", "世", "\U0001F600", " ", "\t", "\n", "\u00a0", "\u2003", "\u0085", "\"", "\\", "\x00", "\x7f", "\a", "\u200b", "\u202e", "\ufeff", "\U000e0001", "-", "\ufffd", "\ue000", "\u0378"}
	word := func(most int) string {
		s := ""
		for range r.IntN(most) {
			s += pick(r, letters[:pick(r, []int{2, 4, 10, len(letters)})])
		}
		return s
	}
	var questions []textQuestion
	for range *howMany {
		questions = append(questions, textQuestion{word(14), word(3), word(3), r.IntN(9) - 2, r.IntN(14) - 2})
	}
	for i, got := range ask[textQuestion, textAnswer](t, "text", questions) {
		q := questions[i]
		check := func(what, got, want string) {
			if got != want {
				t.Errorf("%s of %#v: we say %q, Go %q", what, q, got, want)
			}
		}
		check("lower", got.Lower, strings.Map(asciiOnly(strings.ToLower), q.Text))
		check("upper", got.Upper, strings.Map(asciiOnly(strings.ToUpper), q.Text))
		check("trim", got.Trim, strings.TrimSpace(q.Text))
		check("goQuote", got.GoQuote, strconv.Quote(q.Text))
		check("replace", got.Replace, strings.Replace(q.Text, q.Other, q.By, q.From))
		check("quote", got.Quote, `"`+strings.NewReplacer("\a", `\a`, "\b", `\b`, "\f", `\f`, "\n", `\n`, "\r", `\r`, "\t", `\t`, "\v", `\v`, `\`, `\\`, `"`, `\"`).Replace(q.Text)+`"`)
		want := strings.SplitN(q.Text, q.Other, q.From)
		check("split", strings.Join(got.Split, "|")+strconv.Itoa(len(got.Split)), strings.Join(want, "|")+strconv.Itoa(len(want)))
		if p := part(q.Text, q.From, q.To); (p == nil) != (got.Part == nil) || p != nil && *p != *got.Part {
			t.Errorf("part of %#v: we say %v", q, got.Part)
		}
		if q.Other != "" && q.From >= 0 {
			if *got.Find != find(q.Text, q.Other, q.From, false) || *got.Last != find(q.Text, q.Other, q.From, true) {
				t.Errorf("%#v: we find %d, %d", q, *got.Find, *got.Last)
			}
		}
	}
}
