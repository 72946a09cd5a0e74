#include "cel/regex/regex_read.h"

#include "base/arena.h"
#include "base/text/utf8.h"
#include "cel/regex/unicode.h"

int regex_read_fail(struct regex_reader *r, const char *why, size_t from, size_t to)
{
    struct view head = arena_printf(r->arena, "error parsing regexp: %s: `", why);
    size_t n = head.n + (to - from) + 1;
    char *message = head.p && !r->error->p ? arena_alloc(r->arena, n) : NULL;

    if (!message)
        return -1;
    /* The bytes of an expression may have a NUL among them. */
    memcpy(message, head.p, head.n);
    if (to > from)
        memcpy(message + head.n, r->text.p + from, to - from);
    message[n - 1] = '`';
    *r->error = (struct view){message, n};
    return -1;
}

bool regex_read_looking_at(const struct regex_reader *r, const char *text)
{
    return view_starts(view_from(r->text, r->at), text);
}

/* The character at r->at, which is before `end`. */
int regex_read_char(struct regex_reader *r, size_t end, uint32_t *c)
{
    size_t size;

    *c = utf8_decode((struct view){r->text.p, end}, r->at, &size);
    if (*c == UTF8_ERROR && size == 1)
        return regex_read_fail(r, "invalid UTF-8", r->at, end);
    r->at += size;
    return 0;
}

int regex_read_utf8(struct regex_reader *r, size_t from, size_t end)
{
    size_t parse_error = utf8_flaw((struct view){r->text.p, end}, from);

    return parse_error < end ? regex_read_fail(r, "invalid UTF-8", parse_error, end) : 0;
}

static int hex(uint32_t c)
{
    if (c >= '0' && c <= '9')
        return (int)(c - '0');
    if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
        return (int)((c | 0x20) - 'a') + 10;
    return -1;
}

static int bad_escape(struct regex_reader *r, size_t from)
{
    return regex_read_fail(r, "invalid escape sequence", from, r->at);
}

/* The digits of \x{10FFFF}, after the brace. */
static int parse_braced_hex(struct regex_reader *r, size_t from, uint32_t *out)
{
    size_t digits = r->at;
    uint32_t c;

    for (*out = 0; r->at < r->text.n;) {
        if (regex_read_char(r, r->text.n, &c) < 0)
            return -1;
        if (c == '}' && r->at - 1 > digits)
            return 0;
        if (hex(c) < 0)
            break;
        *out = *out * 16 + (uint32_t)hex(c);
        if (*out > UTF8_LAST)
            break;
    }
    return bad_escape(r, from);
}

/* What follows \x. */
static int parse_hex(struct regex_reader *r, size_t from, uint32_t *out)
{
    uint32_t high, low;

    if (r->at == r->text.n)
        return bad_escape(r, from);
    if (regex_read_char(r, r->text.n, &high) < 0)
        return -1;
    if (high == '{')
        return parse_braced_hex(r, from, out);
    if (r->at == r->text.n)
        return bad_escape(r, from);
    if (regex_read_char(r, r->text.n, &low) < 0)
        return -1;
    if (hex(high) < 0 || hex(low) < 0)
        return bad_escape(r, from);
    *out = (uint32_t)(hex(high) * 16 + hex(low));
    return 0;
}

static bool is_octal(const struct regex_reader *r)
{
    return r->at < r->text.n && r->text.p[r->at] >= '0' && r->text.p[r->at] <= '7';
}

/* At most three octal digits, of which c is the first. One alone that is not 0 would be a
 * reference to a group. */
static int parse_octal(struct regex_reader *r, size_t from, uint32_t c, uint32_t *out)
{
    if (c != '0' && !is_octal(r))
        return bad_escape(r, from);
    *out = c - '0';
    for (int i = 1; i < 3 && is_octal(r); i++)
        *out = *out * 8 + (uint32_t)(r->text.p[r->at++] - '0');
    return 0;
}

/* An escape that stands for one character; r->at is at its backslash. */
int regex_read_escape(struct regex_reader *r, uint32_t *out)
{
    static const char letters[] = "afnrtv", meant[] = "\a\f\n\r\t\v";
    size_t from = r->at++;
    const char *letter;
    uint32_t c;

    if (r->at == r->text.n)
        return regex_read_fail(r, "trailing backslash at end of expression", r->at, r->at);
    if (regex_read_char(r, r->text.n, &c) < 0)
        return -1;
    if (c >= '0' && c <= '7')
        return parse_octal(r, from, c, out);
    if (c == 'x')
        return parse_hex(r, from, out);
    letter = c > 0 && c < 128 ? strchr(letters, (int)c) : NULL;
    *out = letter ? (uint32_t)meant[letter - letters] : c;
    if (letter || (c < 128 && !(c >= '0' && c <= '9') && !((c | 0x20) >= 'a' && (c | 0x20) <= 'z')))
        return 0;
    return bad_escape(r, from);
}

/* Adds to the set what \d, \pN and the like, or [:alpha:] in a class, stand for. Returns 1 when
 * there was one, else 0 with r->at unmoved. */
static int add_named(struct regex_reader *r, struct view name, bool negate)
{
    size_t count;
    const struct regex_range *ranges = regex_class_named(name, &count);
    struct regex_set folded = {.arena = r->arena, .budget = r->budget};

    if (!ranges)
        return 0;
    for (size_t i = 0; i < count; i++)
        regex_class_add(&folded, ranges[i].first, ranges[i].last, r->fold);
    regex_class_order(&folded, false);
    regex_class_add_all(&r->set, folded.ranges, folded.count, negate);
    r->set.failed = r->set.failed || folded.failed;
    return 1;
}

static int parse_perl_class(struct regex_reader *r)
{
    char letter =
        regex_read_looking_at(r, "\\") && r->text.n - r->at >= 2 ? r->text.p[r->at + 1] : '\0';
    char small = (char)(letter | 0x20);
    int added;

    if (!strchr("dsw", small))
        return 0;
    added = add_named(r, (struct view){&small, 1}, letter != small);
    r->at += added > 0 ? 2 : 0;
    return added;
}

/* Any, ASCII and Assigned are not categories. */
static int add_special(struct regex_reader *r, struct view name, bool negate)
{
    static const struct regex_range any[] = {{0, UTF8_LAST}},
                                    ascii[] = {{0, 0x7F}, {0x17F, 0x17F}, {0x212A, 0x212A}};
    struct unicode_set unassigned;
    char form[9];
    size_t n = 0;

    for (size_t i = 0; i < name.n; i++)
        if (!strchr("_- ", name.p[i])) {
            if (n == sizeof(form) - 1)
                return 0;
            form[n++] = (char)(name.p[i] >= 'A' && name.p[i] <= 'Z' ? name.p[i] | 0x20 : name.p[i]);
        }
    form[n] = '\0';
    if (strcmp(form, "any") == 0)
        regex_class_add_all(&r->set, any, 1, negate);
    else if (strcmp(form, "ascii") == 0) /* with the two that fold to it */
        regex_class_add_all(&r->set, ascii, r->fold ? 3 : 1, negate);
    else if (strcmp(form, "assigned") == 0 && unicode_find(VIEW("Cn"), &unassigned))
        regex_class_add_unicode(&r->set, &unassigned, !negate, false);
    else
        return 0;
    return 1;
}

/* \pN, \p{Greek}, \P{^Greek}; as add_named. */
static int parse_unicode_class(struct regex_reader *r)
{
    size_t from = r->at, to;
    struct view name;
    struct unicode_set set;
    bool negate = regex_read_looking_at(r, "\\P");
    uint32_t c = 0;

    if (!negate && !regex_read_looking_at(r, "\\p"))
        return 0;
    r->at += 2;
    if (r->at < r->text.n && regex_read_char(r, r->text.n, &c) < 0)
        return -1;
    to = r->at;
    name = (struct view){r->text.p + from + 2, to - from - 2};
    if (c == '{') {
        const char *end = memchr(r->text.p + from, '}', r->text.n - from);

        to = end ? (size_t)(end - r->text.p) : r->text.n;
        if (regex_read_utf8(r, end ? from + 3 : from, to) < 0)
            return -1;
        if (!end)
            return regex_read_fail(r, "invalid character class range", from, to);
        name = (struct view){r->text.p + from + 3, to - from - 3};
        r->at = ++to;
    }
    if (name.n > 0 && name.p[0] == '^') {
        negate = !negate;
        name = view_from(name, 1);
    }
    if (add_special(r, name, negate) == 0) {
        if (!unicode_find(name, &set))
            return regex_read_fail(r, "invalid character class range", from, to);
        regex_class_add_unicode(&r->set, &set, negate, r->fold);
    }
    return 1;
}

/* [:alpha:] or [:^alpha:]; as add_named. */
static int parse_posix_class(struct regex_reader *r)
{
    struct view rest = view_from(r->text, r->at), name;
    const char *end =
        rest.n > 2 && view_starts(rest, "[:") ? memmem(rest.p + 2, rest.n - 2, ":]", 2) : NULL;
    bool negate;

    if (!end)
        return 0;
    name = (struct view){rest.p + 2, (size_t)(end - rest.p) - 2};
    negate = view_starts(name, "^");
    name = view_from(name, negate ? 1 : 0);
    if (name.n < 2 || add_named(r, name, negate) == 0)
        return regex_read_fail(r, "invalid character class range", r->at,
                               (size_t)(end - r->text.p) + 2);
    r->at += (size_t)(end - rest.p) + 2;
    return 1;
}

/* One character of a class that began at `from`. */
static int parse_class_char(struct regex_reader *r, size_t from, uint32_t *c)
{
    if (r->at == r->text.n)
        return regex_read_fail(r, "missing closing ]", from, r->text.n);
    return r->text.p[r->at] == '\\' ? regex_read_escape(r, c) : regex_read_char(r, r->text.n, c);
}

static int parse_range(struct regex_reader *r, size_t class)
{
    size_t from = r->at;
    uint32_t first, last;

    if (parse_class_char(r, class, &first) < 0)
        return -1;
    last = first;
    if (r->text.n - r->at >= 2 && r->text.p[r->at] == '-' && r->text.p[r->at + 1] != ']') {
        r->at++;
        if (parse_class_char(r, class, &last) < 0)
            return -1;
        if (last < first)
            return regex_read_fail(r, "invalid character class range", from, r->at);
    }
    regex_class_add(&r->set, first, last, r->fold);
    return 0;
}

/* One thing in a class. */
static int parse_class_item(struct regex_reader *r, size_t class)
{
    int (*const forms[])(struct regex_reader *) = {parse_posix_class, parse_unicode_class,
                                                   parse_perl_class};

    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        int found = forms[i](r);

        if (found != 0)
            return found < 0 ? -1 : 0;
    }
    return parse_range(r, class);
}

int regex_read_named(struct regex_reader *r)
{
    int found;

    r->set.count = 0;
    found = parse_unicode_class(r);
    if (found == 0)
        found = parse_perl_class(r);
    if (found > 0)
        regex_class_order(&r->set, false);
    return found;
}

int regex_read_class(struct regex_reader *r)
{
    size_t from = r->at++;
    bool negate = regex_read_looking_at(r, "^");

    r->set.count = 0;
    r->at += negate ? 1 : 0;
    for (bool first = true; first || !regex_read_looking_at(r, "]"); first = false)
        if (parse_class_item(r, from) < 0)
            return -1;
    r->at++;
    regex_class_order(&r->set, negate);
    return 0;
}
