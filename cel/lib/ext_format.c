#include "base/arena.h"
#include "base/buf.h"
#include "base/mem.h"
#include "base/text/utf8.h"
#include "cel/format_clause.h"
#include "cel/instant.h"
#include "cel/lib/libraries.h"
#include "cel/limits.h"
#include "cel/number.h"
#include "cel/text/text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* format() as version 2 of cel-go's strings has it: numbers of %f and %e are written as
 * golang.org/x/text does it for American English, 1,234.500000 and 1.234500 x 10 to the 03. */

struct writer {
    struct cel_run *run;
    struct buf out;
    char why[160]; /* the first thing that is wrong; "" when it is memory or time */
    bool failed;
};

/* Always returns -1. */
static int fail(struct writer *w, const char *why, const char *about)
{
    if (!w->failed)
        snprintf(w->why, sizeof(w->why), "%s%s", why, about);
    w->failed = true;
    return -1;
}

static int step(struct writer *w, uint64_t n)
{
    if (cel_step(w->run, n) && !w->out.failed)
        return 0;
    w->failed = true;
    return -1;
}

/* --- numbers ---------------------------------------------------------------------------------- */

/* A double with so many digits after the point, its thousands apart. */
static int write_fixed(struct writer *w, double d, int precision)
{
    int n = snprintf(NULL, 0, "%.*f", precision, d == 0 ? 0.0 : d);
    char *text = n > 0 && step(w, (uint64_t)n / 64 + 1) == 0 ? mem_alloc((size_t)n + 1) : NULL;
    int at = 0, whole;

    if (!text) {
        w->failed = true;
        return -1;
    }
    snprintf(text, (size_t)n + 1, "%.*f", precision, d == 0 ? 0.0 : d);
    whole = precision > 0 ? n - precision - 1 : n;
    if (text[0] == '-')
        buf_add_char(&w->out, text[at++]);
    for (; at < n; at++) {
        buf_add_char(&w->out, text[at]);
        if (at + 1 < whole && (whole - at - 1) % 3 == 0)
            buf_add_char(&w->out, ',');
    }
    mem_free(text);
    return step(w, 1);
}

/* A digit of an exponent. */
static const char *raised(char c)
{
    static const char *const digits[] = {"⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"};

    return c == '-' ? "⁻" : digits[c - '0'];
}

/* A text at the right of a field of so many characters. */
static void write_right(struct writer *w, struct view text, int width)
{
    for (size_t n = utf8_count(text); n < (size_t)width; n++)
        buf_add_char(&w->out, ' ');
    buf_add(&w->out, text);
}

/* A number between 1 and 10, with six digits after the point, and a power of ten. The precision is
 * how wide it is. */
static int write_scientific(struct writer *w, double d, int precision)
{
    char text[32];
    struct buf all;
    char *exponent;

    snprintf(text, sizeof(text), "%.6e", d == 0 ? 0.0 : d);
    exponent = strchr(text, 'e');
    buf_init(&all, 256);
    buf_add(&all, (struct view){text, (size_t)(exponent - text)});
    buf_add_str(&all, "×10");
    for (exponent++; *exponent != '\0'; exponent++)
        if (*exponent != '+')
            buf_add_str(&all, raised(*exponent));
    write_right(w, buf_view(&all), precision);
    buf_release(&all);
    return step(w, (uint64_t)precision / 64 + 1);
}

static int write_infinite(struct writer *w, double d, int width)
{
    write_right(w, isnan(d) ? VIEW("NaN") : d > 0 ? VIEW("∞") : VIEW("-∞"), width);
    return step(w, 1);
}

/* A double, or one of the three texts that stand for one. */
static int take_double(struct writer *w, struct cel_value v, double *d, const char *clause)
{
    if (v.kind == CEL_DOUBLE) {
        *d = v.d;
        return 0;
    }
    if (v.kind == CEL_STRING &&
        (view_eq_str(cel_text(v), "NaN") || view_eq_str(cel_text(v), "Infinity") ||
         view_eq_str(cel_text(v), "-Infinity")))
        return cel_double_parse(cel_text(v), d) ? 0 : -1;
    return fail(w, clause, cel_type_of(v)->name);
}

/* A whole number to a base that is a power of two: 1, 3 or 4 bits a digit. */
static int write_bits(struct writer *w, struct cel_value v, unsigned bits, bool upper)
{
    bool negative = v.kind == CEL_INT && v.i < 0;
    uint64_t n = negative ? 0 - v.u : v.u;
    char text[64];
    size_t at = sizeof(text);

    do {
        text[--at] = (upper ? "0123456789ABCDEF" : "0123456789abcdef")[n & ((1U << bits) - 1)];
        n >>= bits;
    } while (n > 0);
    if (negative)
        buf_add_char(&w->out, '-');
    buf_add(&w->out, (struct view){text + at, sizeof(text) - at});
    return step(w, 1);
}

static int write_hex_bytes(struct writer *w, struct view bytes, bool upper)
{
    for (size_t i = 0; i < bytes.n; i++) {
        if (step(w, 1) < 0)
            return -1;
        buf_printf(&w->out, upper ? "%02X" : "%02x", (unsigned char)bytes.p[i]);
    }
    return 0;
}

/* --- values ----------------------------------------------------------------------------------- */

static int write_decimal(struct writer *w, struct cel_value v)
{
    if (v.kind == CEL_INT)
        buf_printf(&w->out, "%lld", (long long)v.i);
    else if (v.kind == CEL_UINT)
        buf_printf(&w->out, "%llu", (unsigned long long)v.u);
    else
        return fail(w, "decimal clause can only be used on integers, was given ",
                    cel_type_of(v)->name);
    return step(w, 1);
}

static int write_simple(struct writer *w, struct cel_value v)
{
    char number[CEL_NUMBER_ROOM], instant[CEL_INSTANT_ROOM];

    switch ((enum cel_kind)v.kind) {
    case CEL_NULL: buf_add_str(&w->out, "null"); break;
    case CEL_BOOL: buf_add_str(&w->out, v.truth ? "true" : "false"); break;
    case CEL_INT:
    case CEL_UINT: return write_decimal(w, v);
    case CEL_DOUBLE: buf_add(&w->out, cel_double_text(v.d, number)); break;
    case CEL_BYTES:
        if (!utf8_valid(cel_text(v)))
            return fail(w, "could not convert bytes to string", "");
        buf_add(&w->out, cel_text(v));
        break;
    case CEL_STRING: buf_add(&w->out, cel_text(v)); break;
    case CEL_TIMESTAMP: buf_add(&w->out, cel_timestamp_text(v, instant)); break;
    case CEL_DURATION: buf_add(&w->out, cel_duration_text(v, instant)); break;
    case CEL_TYPE: buf_add_str(&w->out, v.type->name); break;
    case CEL_ERROR:
    case CEL_LIST:
    case CEL_MAP:
    case CEL_OPTIONAL:
    case CEL_OBJECT: return fail(w, "string clause cannot be used on ", cel_type_of(v)->name);
    }
    return step(w, v.kind == CEL_STRING || v.kind == CEL_BYTES ? v.n / 64 + 1 : 1);
}

/* A simple value as a literal within a list or map. */
static int write_literal(struct writer *w, struct cel_value v)
{
    char text[CEL_NUMBER_ROOM];

    switch ((enum cel_kind)v.kind) {
    case CEL_BYTES:
        if (!utf8_valid(cel_text(v)))
            return fail(w, "could not convert bytes to string", "");
        buf_add_char(&w->out, 'b');
        text_quote_go(cel_text(v), &w->out);
        return step(w, v.n / 16 + 1);
    case CEL_STRING: text_quote_go(cel_text(v), &w->out); return step(w, v.n / 16 + 1);
    case CEL_DOUBLE:
        if (isnan(v.d) || isinf(v.d))
            buf_add_str(&w->out, isnan(v.d) ? "\"NaN\"" : v.d > 0 ? "\"+Inf\"" : "\"-Inf\"");
        else
            buf_printf(&w->out, "%.6f", v.d);
        return step(w, 1);
    case CEL_TIMESTAMP:
    case CEL_DURATION:
        buf_add_str(&w->out, v.kind == CEL_TIMESTAMP ? "timestamp(\"" : "duration(\"");
        buf_add(&w->out,
                v.kind == CEL_TIMESTAMP ? cel_timestamp_text(v, text) : cel_duration_text(v, text));
        buf_add_str(&w->out, "\")");
        return step(w, 1);
    case CEL_OPTIONAL:
    case CEL_OBJECT: return fail(w, "no formatting function for ", cel_type_of(v)->name);
    case CEL_ERROR:
    case CEL_NULL:
    case CEL_BOOL:
    case CEL_INT:
    case CEL_UINT:
    case CEL_LIST:
    case CEL_MAP:
    case CEL_TYPE: break;
    }
    return write_simple(w, v);
}

static int write_nested(struct writer *w, struct cel_value v, unsigned depth);

static int write_list(struct writer *w, struct cel_value list, unsigned depth)
{
    struct cel_iter iter = cel_iter(list);

    buf_add_char(&w->out, '[');
    while (cel_iter_next(&iter)) {
        if (iter.index > 1)
            buf_add_str(&w->out, ", ");
        if (write_nested(w, iter.value, depth) < 0)
            return -1;
    }
    buf_add_char(&w->out, ']');
    return step(w, 1);
}

/* An entry of a map, and its key as it is written. */
struct entry {
    struct view key;
    struct cel_value value;
    size_t at;
};

static int by_key(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    int order = view_cmp(x->key, y->key);

    return order != 0 ? order : (x->at > y->at) - (x->at < y->at);
}

/* The key as it is written, in memory of the writer's own. */
static int take_key(struct writer *w, struct cel_value key, struct arena *arena, struct entry *out)
{
    struct writer k = {.run = w->run};

    if (key.kind != CEL_STRING && key.kind != CEL_BOOL && key.kind != CEL_INT &&
        key.kind != CEL_UINT)
        return fail(w, "no formatting function for map key of type ", cel_type_of(key)->name);
    buf_init(&k.out, w->out.limit);
    if (write_literal(&k, key) == 0)
        out->key = arena_copy(arena, buf_view(&k.out));
    buf_release(&k.out);
    if (out->key.p)
        return 0;
    w->failed = true;
    return -1;
}

static int write_entries(struct writer *w, const struct entry *entries, size_t count,
                         unsigned depth)
{
    buf_add_char(&w->out, '{');
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            buf_add_str(&w->out, ", ");
        buf_add(&w->out, entries[i].key);
        buf_add_char(&w->out, ':');
        if (write_nested(w, entries[i].value, depth) < 0)
            return -1;
    }
    buf_add_char(&w->out, '}');
    return step(w, 1);
}

/* In the order of the keys as they are written. */
static int write_map(struct writer *w, struct cel_value map, unsigned depth)
{
    struct cel_iter iter = cel_iter(map);
    size_t count = cel_count(map), n = 0;
    struct arena arena;
    struct entry *entries;
    int result = -1;

    arena_init(&arena, w->out.limit);
    entries = arena_array(&arena, count + 1, sizeof(*entries));
    if (!entries)
        w->failed = true;
    while (entries && !w->failed && cel_iter_next(&iter)) {
        entries[n] = (struct entry){.value = iter.value, .at = n};
        if (take_key(w, iter.key, &arena, &entries[n]) == 0)
            n++;
    }
    if (!w->failed) {
        qsort(entries, n, sizeof(*entries), by_key);
        result = write_entries(w, entries, n, depth);
    }
    arena_release(&arena);
    return result;
}

static int write_nested(struct writer *w, struct cel_value v, unsigned depth)
{
    if (v.kind != CEL_LIST && v.kind != CEL_MAP)
        return write_literal(w, v);
    if (depth == 0)
        return fail(w, "the value is nested too deeply", "");
    return v.kind == CEL_LIST ? write_list(w, v, depth - 1) : write_map(w, v, depth - 1);
}

/* --- clauses ---------------------------------------------------------------------------------- */

static int write_string(struct writer *w, struct cel_value v)
{
    return v.kind == CEL_LIST || v.kind == CEL_MAP ? write_nested(w, v, LIMIT_CEL_DEPTH)
                                                   : write_simple(w, v);
}

static int write_number(struct writer *w, struct cel_value v, char letter, int precision)
{
    const char *clause = letter == 'f'
                             ? "fixed-point clause can only be used on doubles, was given "
                             : "scientific clause can only be used on doubles, was given ";
    double d;

    if (take_double(w, v, &d, clause) < 0)
        return -1;
    if (isnan(d) || isinf(d))
        return write_infinite(w, d, letter == 'f' ? 0 : precision);
    return letter == 'f' ? write_fixed(w, d, precision) : write_scientific(w, d, precision);
}

static int write_base(struct writer *w, struct cel_value v, char letter)
{
    bool whole = v.kind == CEL_INT || v.kind == CEL_UINT, hex = letter == 'x' || letter == 'X';

    if (letter == 'b' && v.kind == CEL_BOOL) {
        buf_add_char(&w->out, v.truth ? '1' : '0');
        return step(w, 1);
    }
    if (hex && (v.kind == CEL_STRING || v.kind == CEL_BYTES))
        return write_hex_bytes(w, cel_text(v), letter == 'X');
    if (whole)
        return write_bits(w, v, hex ? 4 : letter == 'o' ? 3 : 1, letter == 'X');
    return fail(w,
                hex ? "only integers, byte buffers, and strings can be formatted as hex, was given "
                : letter == 'o' ? "octal clause can only be used on integers, was given "
                                : "only integers and bools can be formatted as binary, was given ",
                cel_type_of(v)->name);
}

static int write_clause(struct writer *w, struct cel_value v, char letter, int precision)
{
    switch (letter) {
    case 's': return write_string(w, v);
    case 'd': return write_decimal(w, v);
    case 'f':
    case 'e': return write_number(w, v, letter, precision);
    default: return write_base(w, v, letter);
    }
}

/* Writes the format with the arguments. */
static int write_all(struct writer *w, struct view format, struct cel_value list)
{
    struct format_clause clause = {.letter = '%'};
    struct cel_iter args = cel_iter(list);
    size_t at = 0;

    while (clause.letter != '\0') {
        const char *why = format_clause_next(format, &at, &clause);

        if (why)
            return fail(w, why, "");
        buf_add(&w->out, clause.before);
        if (step(w, 1 + clause.before.n / 64) < 0)
            return -1;
        if (clause.letter == '%')
            buf_add_char(&w->out, '%');
        if (clause.letter == '%' || clause.letter == '\0')
            continue;
        if (!cel_iter_next(&args))
            return fail(w, "there are fewer arguments than clauses", "");
        if (write_clause(w, args.value, clause.letter, clause.precision) < 0)
            return -1;
    }
    return w->out.failed ? step(w, 1) : 0;
}

static struct cel_value call_format(struct cel_run *run, const struct cel_value *args)
{
    struct writer w = {.run = run};
    struct view text = {NULL, 0};

    buf_init(&w.out, run->arena->limit);
    if (write_all(&w, cel_text(args[0]), args[1]) == 0)
        text = arena_copy(run->arena, buf_view(&w.out));
    buf_release(&w.out);
    if (text.p)
        return cel_string(text);
    if (w.why[0] != '\0')
        return cel_failf(run, "error during formatting: %s", w.why);
    return cel_step(run, 0) ? cel_no_memory(run) : cel_null();
}

static uint64_t cost_format(const struct cel_value *args, const struct cel_value *result, bool sure)
{
    (void)result;
    return sure ? cel_cost_tenth(cel_cost_size(args[0])) : 1;
}

static const struct cel_function rows[] = {
    {.signature = "(string).format(list(dyn)) -> string",
     .call = call_format,
     .cost = cost_format,
     .since = 29},
};

const struct cel_library cel_lib_ext_format = {"format of strings", rows,
                                               sizeof(rows) / sizeof(rows[0]), NULL};
