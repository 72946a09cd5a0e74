#include "base/yaml/yaml.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/diag.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/yaml/node.h"
#include "base/yaml/node_json.h"
#include "cmocka_all.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct yaml_case {
    const char *text;
    const char *json;     /* the documents, each with a line end; NULL: not compared */
    const char *problems; /* all of what diags_write says */
};

struct reading {
    struct source source;
    struct arena arena;
    struct diags diags;
    const struct node **docs;
    size_t count;
    int status;
};

static void reading_init(struct reading *r, enum yaml_mode mode, struct view text)
{
    arena_init(&r->arena, 256 * 1024 * 1024);
    diags_init(&r->diags, &r->arena);
    r->source = (struct source){.name = VIEW("f.yaml"), .text = text};
    r->status = yaml_parse(&r->source, mode, &r->arena, &r->diags, &r->docs, &r->count);
}

static void reading_release(struct reading *r)
{
    arena_release(&r->arena);
}

static void check_case(const struct yaml_case *c, enum yaml_mode mode)
{
    struct reading r;
    struct buf out;

    reading_init(&r, mode, view_of(c->text));
    buf_init(&out, 1 << 20);
    for (size_t i = 0; i < r.count; i++) {
        node_json_write(r.docs[i], &out);
        buf_add_char(&out, '\n');
    }
    if (c->json)
        assert_string_equal(buf_view(&out).p, c->json);
    buf_reset(&out);
    diags_write(&r.diags, &out);
    assert_string_equal(buf_view(&out).p, c->problems);
    assert_int_equal(r.status, r.diags.errors > 0 ? -1 : 0);
    buf_release(&out);
    reading_release(&r);
}

#define RUN(cases, mode)                                                                           \
    for (size_t i = 0; i < sizeof(cases) / sizeof((cases)[0]); i++)                                \
    check_case(&(cases)[i], mode)

static void manifests_are_read_as_kubectl_does(void **state)
{
    static const struct yaml_case cases[] = {
        {"[yes, Yes, y, Y, on, ON, true, True]", "[true,true,true,true,true,true,true,true]\n", ""},
        {"[no, n, N, off, OFF, false, FALSE]", "[false,false,false,false,false,false,false]\n", ""},
        {"[yEs, oN, nO, 'yes', \"no\"]", "[\"yEs\",\"oN\",\"nO\",\"yes\",\"no\"]\n", ""},
        {"[~, null, Null, NULL, '', nULL]", "[null,null,null,null,\"\",\"nULL\"]\n", ""},
        {"a:", "{\"a\":null}\n", ""},
        {"[0644, 012, 0o17, 0x1F, 0b11, 1_000, +5]", "[420,10,15,31,3,1000,5]\n", ""},
        {"[08, 0, -0, -012, -0x1F, 0X1f, 0B11, 1__0_]", "[8,0,0,-10,-31,31,3,10]\n", ""},
        {"[1:30, 18:00:00, 2026-01-01, 2026-01-01T10:00:00Z]",
         "[\"1:30\",\"18:00:00\",\"2026-01-01\",\"2026-01-01T10:00:00Z\"]\n", ""},
        {"[1.0, 1.50, .5, 5., 1e3, 1E-7, 1e21, -0.0, 123456789.125]",
         "[1,1.5,0.5,5,1000,1e-7,1e+21,-0,123456789.125]\n", ""},
        {"[9223372036854775807, 9223372036854775808, 18446744073709551615]",
         "[9223372036854775807,9223372036854775808,18446744073709551615]\n", ""},
        {"[18446744073709551616, -9223372036854775808, -9223372036854775809]",
         "[18446744073709552000,-9223372036854775808,-9223372036854776000]\n", ""},
        {"[0xFFFFFFFFFFFFFFFF, 1e400, 0x, 0b2, 1.2.3, ., -, +, 100m]",
         "[18446744073709551615,\"1e400\",\"0x\",\"0b2\",\"1.2.3\",\".\",\"-\",\"+\",\"100m\"]\n",
         ""},
        {"{1: a, 0644: b, yes: c, 1.50: d, 1e6: e}",
         "{\"1\":\"a\",\"420\":\"b\",\"true\":\"c\",\"1.5\":\"d\",\"1e+06\":\"e\"}\n", ""},
        {"[!!str 5, !!int \"5\", !!float 5, !!bool yes, !!null '', !other 5, ! 5]",
         "[\"5\",5,5,true,null,\"5\",\"5\"]\n", ""},
        {"a: &x {p: 1, q: 2}\nb: {<<: *x, q: 3}\nc: {q: 3, <<: *x}\nd: {<<: [{q: 9}, *x]}\n",
         "{\"a\":{\"p\":1,\"q\":2},\"b\":{\"p\":1,\"q\":3},\"c\":{\"p\":1,\"q\":2},"
         "\"d\":{\"p\":1,\"q\":9}}\n",
         ""},
        {"a: &x 1\nb: &x 2\nc: *x\n*x : d\n", "{\"a\":1,\"b\":2,\"c\":2,\"2\":\"d\"}\n", ""},
        {"a: 1\n---\n# nothing\n---\n~\n---\n\n...\n---\n- x\n", "{\"a\":1}\n[\"x\"]\n", ""},
        {"", "", ""},
        {"\xEF\xBB\xBF"
         "a: x\r\nb: |\r\n  y\r\n  z\r\n",
         "{\"a\":\"x\",\"b\":\"y\\nz\\n\"}\n", ""},
        {"a: \"\\0\\t\\x1f\\u00e9\\\\\\\"\"\n", "{\"a\":\"\\u0000\\t\\u001f\xC3\xA9\\\\\\\"\"}\n",
         ""},
        {"{\"a\":\"b\\/c\",\n\t\"d\":[1,2.50,true,null]}",
         "{\"a\":\"b/c\",\"d\":[1,2.5,true,null]}\n", ""},
        {"a: 1\nb: 2\na: 3\n", "{\"b\":2,\"a\":3}\n",
         "f.yaml:3:1: warning: key \"a\" is here again; the last one counts\n"
         "  | a: 3\n"
         "  | ^\n"
         "  = the one before it is in line 1, column 1\n"
         "1 warning\n"},
    };

    (void)state;
    RUN(cases, YAML_MANIFEST);
}

static void manifests_have_errors(void **state)
{
    static const struct yaml_case cases[] = {
        {"a: .inf\n", "null\n",
         "f.yaml:1:4: error: \".inf\" is a number that JSON does not have\n"
         "  | a: .inf\n"
         "  |    ^\n"
         "  = write \".inf\" in quotes to make it text\n"
         "1 error\n"},
        {"a: !!binary aGk=\n", "null\n",
         "f.yaml:1:4: error: tag \"!!binary\" is not supported\n"
         "  | a: !!binary aGk=\n"
         "  |    ^\n"
         "  = write the value without a tag, in quotes to make it text\n"
         "1 error\n"},
        {"a: !!int x\n", "null\n",
         "f.yaml:1:4: error: \"x\" is not an integer, as its tag says\n"
         "  | a: !!int x\n"
         "  |    ^\n"
         "1 error\n"},
        {"~: a\n", "null\n",
         "f.yaml:1:1: error: a key must be text, not nothing\n"
         "  | ~: a\n"
         "  | ^\n"
         "  = write \"~\" in quotes\n"
         "1 error\n"},
        {"? [a]\n: b\n", "null\n",
         "f.yaml:1:3: error: a key must be text, not a list\n"
         "  | ? [a]\n"
         "  |   ^\n"
         "1 error\n"},
        {"a: 1\n---\nb: *c\n", "{\"a\":1}\nnull\n",
         "f.yaml:3:4: error: alias \"*c\" has no anchor \"&c\" before it\n"
         "  | b: *c\n"
         "  |    ^\n"
         "  = put text that begins with \"*\" in quotes\n"
         "1 error\n"},
        {"a: &a [x, *a]\n", "null\n",
         "f.yaml:1:11: error: alias \"*a\" stands inside the node that it names\n"
         "  | a: &a [x, *a]\n"
         "  |           ^\n"
         "1 error\n"},
        {"<<: 5\n", "null\n",
         "f.yaml:1:5: error: \"<<\" merges a map or a list of maps, not an integer\n"
         "  | <<: 5\n"
         "  |     ^\n"
         "1 error\n"},
        {"<<: [{a: 1}, 5]\n", "null\n",
         "f.yaml:1:14: error: \"<<\" merges a map or a list of maps, not an integer\n"
         "  | <<: [{a: 1}, 5]\n"
         "  |              ^\n"
         "1 error\n"},
    };

    (void)state;
    RUN(cases, YAML_MANIFEST);
}

static void broken_text_is_placed(void **state)
{
    static const struct yaml_case cases[] = {
        {"a:\n  - b: c: d\n", "",
         "f.yaml:2:9: error: mapping values are not allowed in this context\n"
         "  |   - b: c: d\n"
         "  |         ^\n"
         "  = put text that holds \": \" in quotes\n"
         "1 error\n"},
        {"a: b\n\tc: d\n", "",
         "f.yaml:2:1: error: found a tab character that violates indentation, while scanning a "
         "plain scalar that begins in line 1\n"
         "  | \tc: d\n"
         "  | ^\n"
         "  = indent with spaces, not tabs\n"
         "1 error\n"},
        {"a: @b\n", "",
         "f.yaml:1:4: error: found character that cannot start any token\n"
         "  | a: @b\n"
         "  |    ^\n"
         "  = put text that begins with \"@\" in quotes\n"
         "1 error\n"},
        {"a: [b\nc: d\n", "",
         "f.yaml:2:2: error: did not find expected ',' or ']', while parsing a flow sequence that "
         "begins in line 1\n"
         "  | c: d\n"
         "  |  ^\n"
         "  = close the \"[\", or put text that begins with it in quotes\n"
         "1 error\n"},
        /* The document goes on behind the error; no part of it counts, but the next one does. */
        {"a: 1\n---\nb: 2\n c: 3\n--- # next\nd: 4\n---\ne: @\n---\n---\nf: 5\n",
         "{\"a\":1}\n{\"d\":4}\n{\"f\":5}\n",
         "f.yaml:4:3: error: mapping values are not allowed in this context\n"
         "  |  c: 3\n"
         "  |   ^\n"
         "  = indent it as the lines before it, and write a blank behind each colon\n"
         "f.yaml:8:4: error: found character that cannot start any token\n"
         "  | e: @\n"
         "  |    ^\n"
         "  = put text that begins with \"@\" in quotes\n"
         "2 errors\n"},
        {"--- @\n--- @\n", "",
         "f.yaml:1:5: error: found character that cannot start any token\n"
         "  | --- @\n"
         "  |     ^\n"
         "  = put text that begins with \"@\" in quotes\n"
         "f.yaml:2:5: error: found character that cannot start any token\n"
         "  | --- @\n"
         "  |     ^\n"
         "  = put text that begins with \"@\" in quotes\n"
         "2 errors\n"},
        {"a: \"b\n", "",
         "f.yaml:2:1: error: found unexpected end of stream, while scanning a quoted scalar that "
         "begins in line 1\n"
         "  = close the quotes\n"
         "1 error\n"},
        {"a: b\xFF\n", "",
         "f.yaml:1:5: error: invalid leading UTF-8 octet (0xFF)\n"
         "  | a: b\xFF\n"
         "  |     ^\n"
         "1 error\n"},
        {"a: 1\n\xC3\xA9: \x01\n", "",
         "f.yaml:2:5: error: control characters are not allowed (0x01)\n"
         "  | \xC3\xA9: \x01\n"
         "  |    ^\n"
         "1 error\n"},
    };

    (void)state;
    RUN(cases, YAML_RULES);
}

static void rule_files_are_read_strictly(void **state)
{
    static const struct yaml_case cases[] = {
        {"{a: true, b: -5, c: 0, d: 1.25, e: text, f: ~, g: 2027-06-30, h: 10h}",
         "{\"a\":true,\"b\":-5,\"c\":0,\"d\":1.25,\"e\":\"text\",\"f\":null,\"g\":\"2027-06-30\","
         "\"h\":\"10h\"}\n",
         ""},
        {"{a: \"yes\", b: '0644', c: \"18:00\", d: v1.2, e: 1.2.3, f: sha-1e3, g: 2Gi, h: -x}",
         "{\"a\":\"yes\",\"b\":\"0644\",\"c\":\"18:00\",\"d\":\"v1.2\",\"e\":\"1.2.3\",\"f\":\"sha-"
         "1e3\","
         "\"g\":\"2Gi\",\"h\":\"-x\"}\n",
         ""},
        {"a: &x {p: 1, q: 2}\nb: {q: 3, <<: *x}\nc: {<<: [{q: 9}, *x]}\n",
         "{\"a\":{\"p\":1,\"q\":2},\"b\":{\"q\":3,\"p\":1},\"c\":{\"p\":1,\"q\":9}}\n", ""},
        {"a: off\n", NULL,
         "f.yaml:1:4: error: \"off\" without quotes can mean a boolean or text\n"
         "  | a: off\n"
         "  |    ^\n"
         "  = write false, or \"off\" in quotes\n"
         "1 error\n"},
        {"until: 18:00\n", NULL,
         "f.yaml:1:8: error: \"18:00\" without quotes can mean a number or text\n"
         "  | until: 18:00\n"
         "  |        ^\n"
         "  = write 1080, or \"18:00\" in quotes\n"
         "1 error\n"},
        {"a: .inf\n", NULL,
         "f.yaml:1:4: error: \".inf\" without quotes can mean a number or text\n"
         "  | a: .inf\n"
         "  |    ^\n"
         "  = write \".inf\" in quotes; a number is finite\n"
         "1 error\n"},
        {"a: !!str 5\n", NULL,
         "f.yaml:1:4: error: tag \"!!str\" is not supported\n"
         "  | a: !!str 5\n"
         "  |    ^\n"
         "  = write the value without a tag, in quotes to make it text\n"
         "1 error\n"},
        {"a: 1\nb: 2\na: 3\na: 4\n", NULL,
         "f.yaml:3:1: error: key \"a\" is here again\n"
         "  | a: 3\n"
         "  | ^\n"
         "  = the first is in line 1, column 1\n"
         "f.yaml:4:1: error: key \"a\" is here again\n"
         "  | a: 4\n"
         "  | ^\n"
         "  = the first is in line 1, column 1\n"
         "2 errors\n"},
        {"1: a\n", NULL,
         "f.yaml:1:1: error: a key must be text, not an integer\n"
         "  | 1: a\n"
         "  | ^\n"
         "  = write \"1\" in quotes\n"
         "1 error\n"},
    };

    (void)state;
    RUN(cases, YAML_RULES);
}

/* What each unquoted form is refused for in a rule file: the value to write instead. */
static void ambiguous_scalars_show_both_ways(void **state)
{
    static const struct {
        const char *text, *instead;
    } cases[] = {
        {"yes", "true"},
        {"y", "true"},
        {"on", "true"},
        {"No", "false"},
        {"n", "false"},
        {"OFF", "false"},
        {"0644", "420"},
        {"012", "10"},
        {"08", "8"},
        {"0o17", "15"},
        {"0x1F", "31"},
        {"0b11", "3"},
        {"1_000", "1000"},
        {"+5", "5"},
        {"1:30", "90"},
        {"-1:30", "-90"},
        {"18:00:00", "64800"},
        {"1e3", "1000"},
        {"1.5e3", "1500"},
        {".5", "0.5"},
        {"5.", "5"},
        {"-012", "-10"},
        {"00", "0"},
        {"08:00", "480"},
        {"0xFFFFFFFFFFFFFFFF", "18446744073709551615"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct reading r;
        char expected[128];

        reading_init(&r, YAML_RULES, view_of(cases[i].text));
        snprintf(expected, sizeof(expected), "write %s, or \"%s\" in quotes", cases[i].instead,
                 cases[i].text);
        assert_int_equal(r.diags.errors, 1);
        assert_string_equal(r.diags.first->hint.p, expected);
        reading_release(&r);
    }
}

static void numbers_have_a_limit(void **state)
{
    static char text[LIMIT_NUMBER + 1];

    (void)state;
    memset(text, '1', sizeof(text));
    memcpy(text, "0.", 2);
    for (size_t n = LIMIT_NUMBER - 1; n <= LIMIT_NUMBER + 1; n++) {
        struct reading r;

        reading_init(&r, YAML_MANIFEST, (struct view){text, n});
        assert_int_equal(r.status, 0);
        assert_int_equal(r.docs[0]->kind, n > LIMIT_NUMBER ? NODE_STRING : NODE_FLOAT);
        reading_release(&r);
    }
}

static void places_count_bytes(void **state)
{
    struct view text = VIEW("\xEF\xBB\xBF"
                            "\xC3\xA9: [\xE2\x82\xAC, b]\r\nc:\n  - &d d\n  - *d\n");
    const struct node *list;
    struct reading r;

    (void)state;
    reading_init(&r, YAML_RULES, text);
    assert_int_equal(r.status, 0);
    list = node_get(r.docs[0], "\xC3\xA9");
    assert_int_equal(list->place.line, 1);
    assert_int_equal(list->place.column, 5);
    assert_int_equal(list->items[1]->place.column, 11);
    list = node_get(r.docs[0], "c");
    assert_int_equal(list->items[0]->place.line, 3);
    assert_int_equal(list->items[0]->place.column, 5);
    assert_ptr_equal(list->items[1], list->items[0]);
    assert_ptr_equal(list->place.source, &r.source);
    reading_release(&r);
}

/* Text of n levels: lists in lists. */
static char *nested(size_t n)
{
    char *text = malloc(2 * n + 1);

    memset(text, '[', n);
    memset(text + n, ']', n);
    text[2 * n] = '\0';
    return text;
}

static void depth_has_a_limit(void **state)
{
    (void)state;
    for (size_t n = LIMIT_YAML_DEPTH - 1; n <= LIMIT_YAML_DEPTH + 1; n++) {
        char *text = nested(n);
        struct reading r;

        reading_init(&r, YAML_MANIFEST, view_of(text));
        assert_int_equal(r.status, n > LIMIT_YAML_DEPTH ? -1 : 0);
        if (r.status < 0)
            assert_string_equal(r.diags.first->message.p, "nested deeper than 64 levels");
        reading_release(&r);
        free(text);
    }
}

/* Aliases that nest: each is 60 levels below one that is `n` levels high. */
static void aliases_count_for_depth(void **state)
{
    static const struct {
        size_t height;
        bool fits;
    } cases[] = {{60, true}, {62, true}, {63, false}};

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        char *inner = nested(cases[i].height);
        char text[512];
        struct reading r;

        snprintf(text, sizeof(text), "[&a %s, [*a]]", inner);
        reading_init(&r, YAML_MANIFEST, view_of(text));
        assert_int_equal(r.status, cases[i].fits ? 0 : -1);
        reading_release(&r);
        free(inner);
    }
}

/* A list of n - 1 scalars: n nodes. */
static void nodes_have_a_limit(void **state)
{
    char *text = malloc(2 * LIMIT_YAML_NODES + 8);

    (void)state;
    for (size_t n = LIMIT_YAML_NODES - 1; n <= LIMIT_YAML_NODES + 1; n++) {
        struct reading r;

        text[0] = '[';
        for (size_t i = 1; i < n; i++)
            memcpy(text + 2 * i - 1, "x,", 2);
        strcpy(text + 2 * n - 1, "]");
        reading_init(&r, YAML_MANIFEST, view_of(text));
        assert_int_equal(r.status, n > LIMIT_YAML_NODES ? -1 : 0);
        if (r.status < 0)
            assert_string_equal(r.diags.first->message.p,
                                "more than 500000 nodes, aliases expanded");
        reading_release(&r);
    }
    free(text);
}

static void anchors_have_a_limit(void **state)
{
    (void)state;
    for (size_t n = LIMIT_YAML_ANCHORS - 1; n <= LIMIT_YAML_ANCHORS + 1; n++) {
        struct reading r;
        struct buf text;

        buf_init(&text, 1 << 20);
        for (size_t i = 0; i < n; i++)
            buf_printf(&text, "- &a%zu x\n", i);
        reading_init(&r, YAML_MANIFEST, buf_view(&text));
        assert_int_equal(r.status, n > LIMIT_YAML_ANCHORS ? -1 : 0);
        if (r.status < 0)
            assert_string_equal(r.diags.first->message.p, "more than 256 anchors");
        reading_release(&r);
        buf_release(&text);
    }
}

static void alias_bombs_are_refused(void **state)
{
    static const char *const bombs[] = {
        "a: &a [x,x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\n"
        "c: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c,*c]\n"
        "e: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d,*d]\nf: [*e,*e,*e,*e,*e,*e,*e,*e,*e,*e]\n",
        "a: &a {k: &b [x,x,x,x,x,x,x,x,x,x]}\nb: &c {<<: *a, l: &d [*b,*b,*b,*b,*b,*b,*b,*b]}\n"
        "c: &e {<<: *c, m: &f [*d,*d,*d,*d,*d,*d,*d,*d]}\nd: {<<: *e, n: &g [*f,*f,*f,*f,*f]}\n"
        "e: &h [*g,*g,*g,*g,*g,*g,*g,*g]\nf: &i [*h,*h,*h,*h,*h,*h,*h,*h]\ng: [*i,*i,*i,*i,*i]\n",
    };

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct reading r;

        reading_init(&r, YAML_MANIFEST, view_of(bombs[i]));
        assert_int_equal(r.status, -1);
        assert_string_equal(r.diags.first->message.p, "more than 500000 nodes, aliases expanded");
        reading_release(&r);
    }
}

static void full_arena_is_an_error(void **state)
{
    struct source source = {.name = VIEW("f.yaml"),
                            .text = VIEW("a: [b, {c: d}]\ne: &f {g: h}\ni: {<<: *f}\n")};
    int status = -1;

    (void)state;
    for (size_t limit = 16; status < 0; limit += 16) {
        const struct node **docs;
        struct arena arena, messages;
        struct diags diags;
        size_t count;

        arena_init(&arena, limit);
        arena_init(&messages, 1 << 20);
        diags_init(&diags, &messages);
        status = yaml_parse(&source, YAML_RULES, &arena, &diags, &docs, &count);
        assert_int_equal(diags.errors > 0, status < 0);
        if (status == 0)
            assert_int_equal(count, 1);
        arena_release(&arena);
        arena_release(&messages);
    }
}

static void lost_memory_is_an_error(void **state)
{
    struct buf text;
    int status = -1;

    (void)state;
    buf_init(&text, 1 << 20);
    for (int i = 0; i < 40; i++)
        buf_add_str(&text, "- {a: b, c: [d]}\n");
    for (size_t n = 1; status < 0; n++) {
        struct reading r;

        mem_fail_nth(n);
        reading_init(&r, YAML_RULES, buf_view(&text));
        mem_fail_nth(0);
        assert_true(r.status == 0 || r.diags.errors > 0);
        status = r.status;
        reading_release(&r);
    }
    buf_release(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(manifests_are_read_as_kubectl_does),
        cmocka_unit_test(manifests_have_errors),
        cmocka_unit_test(broken_text_is_placed),
        cmocka_unit_test(rule_files_are_read_strictly),
        cmocka_unit_test(ambiguous_scalars_show_both_ways),
        cmocka_unit_test(numbers_have_a_limit),
        cmocka_unit_test(places_count_bytes),
        cmocka_unit_test(depth_has_a_limit),
        cmocka_unit_test(aliases_count_for_depth),
        cmocka_unit_test(nodes_have_a_limit),
        cmocka_unit_test(anchors_have_a_limit),
        cmocka_unit_test(alias_bombs_are_refused),
        cmocka_unit_test(full_arena_is_an_error),
        cmocka_unit_test(lost_memory_is_an_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
