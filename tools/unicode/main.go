// Prints cel/regex/unicode.inc: what of Unicode a regular expression can ask for, as Go's regexp has it.
// `make unicode` runs it; its answers are those of the Go that runs it.
package main

import (
	"bufio"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"unicode"
)

var out = bufio.NewWriter(os.Stdout)

// rows prints words in lines of less than 100 columns.
func rows(declaration string, words []string) {
	fmt.Fprintf(out, "\n%s = {\n   ", declaration)
	column := 3
	for _, word := range words {
		if column+len(word)+2 > 100 {
			fmt.Fprint(out, "\n   ")
			column = 3
		}
		fmt.Fprintf(out, " %s,", word)
		column += len(word) + 2
	}
	fmt.Fprint(out, "\n};\n")
}

// partition gives a row to each run of characters that are in one table: its first character, and
// which table.
func partition(names []string, tables map[string]*unicode.RangeTable) []string {
	of := make([]int, unicode.MaxRune+1)
	for i, name := range names {
		for _, r := range tables[name].R16 {
			for c := rune(r.Lo); c <= rune(r.Hi); c += rune(r.Stride) {
				of[c] = i + 1
			}
		}
		for _, r := range tables[name].R32 {
			for c := rune(r.Lo); c <= rune(r.Hi); c += rune(r.Stride) {
				of[c] = i + 1
			}
		}
	}
	var words []string
	for c, was := 0, -1; c <= unicode.MaxRune; c++ {
		if of[c] != was {
			words = append(words, fmt.Sprintf("0x%X", c<<8|of[c]))
		}
		was = of[c]
	}
	return words
}

// canonical is the form in which a name is looked up: one capital, no underscores.
func canonical(name string) string {
	name = strings.ReplaceAll(name, "_", "")
	return strings.ToUpper(name[:1]) + strings.ToLower(name[1:])
}

func pairs(c rune) bool {
	return unicode.SimpleFold(c) == c^1 && unicode.SimpleFold(c^1) == c
}

// folds gives a row to each run of characters of which the next in their circle of equals is as far
// away, or whose neighbours are pairs of which the first is even or odd.
func folds() []string {
	var words []string
	for c := rune(0); c <= unicode.MaxRune; {
		delta := unicode.SimpleFold(c) - c
		last := c
		far := fmt.Sprint(delta)
		switch {
		case delta == 0:
			c++
			continue
		case delta == 1 && unicode.SimpleFold(c+1) == c:
			for unicode.SimpleFold(last+1) == last && unicode.SimpleFold(last+2) == last+3 && unicode.SimpleFold(last+3) == last+2 {
				last += 2
			}
			last++
			far = []string{"EVEN", "ODD"}[c%2]
		default:
			for unicode.SimpleFold(last+1)-last-1 == delta {
				last++
			}
		}
		words = append(words, fmt.Sprintf("{0x%X, 0x%X, %s}", c, last, far))
		c = last + 1
	}
	return words
}

func main() {
	defer out.Flush()
	fmt.Fprintf(out, "/* Made by tools/unicode of the tables of Unicode %s. */\n", unicode.Version)
	fmt.Fprint(out, "/* clang-format off */\n")
	names := slices.DeleteFunc(slices.Sorted(maps.Keys(unicode.Categories)), func(name string) bool {
		return len(name) == 1 || name == "LC"
	})
	fmt.Fprintf(out, "\n/* The general categories: %s. */\n", strings.Join(names, " "))
	rows("static const uint32_t categories[]", partition(names, unicode.Categories))

	masks := map[string]uint32{"LC": 0}
	for i, name := range names {
		masks[name] = 2 << i
		masks[name[:1]] |= 2 << i
	}
	masks["LC"] = masks["Lu"] | masks["Ll"] | masks["Lt"]
	rows0 := map[string]string{}
	row := func(name, of string) {
		rows0[name] = fmt.Sprintf("{%q, 0x%X, %v}", name, masks[of], unicode.FoldCategory[of] != nil)
	}
	for name := range unicode.Categories {
		row(canonical(name), name)
	}
	for alias, name := range unicode.CategoryAliases {
		row(canonical(alias), name)
	}
	sets := slices.Collect(maps.Values(rows0))
	slices.Sort(sets)
	rows("static const struct category_name category_names[]", sets)

	// Go finds no name that has an underscore.
	scripts := slices.DeleteFunc(slices.Sorted(maps.Keys(unicode.Scripts)), func(name string) bool {
		return name != canonical(name)
	})
	rows("static const uint32_t scripts[]", partition(scripts, unicode.Scripts))
	var quoted []string
	for _, name := range scripts {
		quoted = append(quoted, fmt.Sprintf("{%q, %v}", name, unicode.FoldScript[name] != nil))
	}
	rows("static const struct script_name script_names[]", quoted)
	fmt.Fprint(out, "\n/* Upper and lower case. */")
	rows("static const struct fold folds[]", folds())
	fmt.Fprint(out, "/* clang-format on */\n")
}
