#include "base/buf.h"
#include "base/text/quote.h"
#include "cmocka_all.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static void text_becomes_one_json_string(void **state)
{
    const struct {
        struct view in;
        const char *out;
    } cases[] = {
        {VIEW(""), "\"\""},
        {VIEW("plain"), "\"plain\""},
        {VIEW("a \"b\" \\c"), "\"a \\\"b\\\" \\\\c\""},
        {VIEW("line\nnext\r\ttab"), "\"line\\nnext\\r\\ttab\""},
        {VIEW("nul\0 \x1b \x7f"), "\"nul\\u0000 \\u001b \\u007f\""},
        {VIEW("\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80"), "\"\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80\""},
        {VIEW("\xFF|\xC3|\xE2\x82|"), "\"\xEF\xBF\xBD|\xEF\xBF\xBD|\xEF\xBF\xBD\xEF\xBF\xBD|\""},
        {VIEW("\xC0\x80"), "\"\xEF\xBF\xBD\xEF\xBF\xBD\""},
        {VIEW("\xED\xA0\x80"), "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\""},
        {VIEW("\xC3"), "\"\xEF\xBF\xBD\""},
    };
    struct buf out;

    (void)state;
    buf_init(&out, 1024);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        buf_reset(&out);
        quote_json(&out, cases[i].in);
        assert_string_equal(out.p, cases[i].out);
    }
    buf_release(&out);
}

static uint64_t next_random(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + 1442695040888963407;
    return *state >> 33;
}

/* Pieces that are text alone, and some that are none. */
static size_t add_random(char *at, uint64_t *state)
{
    static const char *const pieces[] = {
        "a",
        "\"",
        "\\",
        "/",
        "\x7f",
        "\xC3\xA9",
        "\xE2\x82",
        "\xE2\x82\xAC",
        "\xED\x9F\xBF",
        "\xED\xA0\x80",
        "\xEF\xBF\xBF",
        "\xF0\x9F\x98\x80",
        "\xC0\x80",
        "\xF4\x90\x80\x80",
        "\xFF",
        "\xE2\x80\xA8",
        "\xC2\x85",
    };
    enum { PIECES = sizeof(pieces) / sizeof(pieces[0]) };
    uint64_t r = next_random(state) % (PIECES + 32);

    if (r < 32) {
        *at = (char)r; /* each control character */
        return 1;
    }
    memcpy(at, pieces[r - 32], strlen(pieces[r - 32]));
    return strlen(pieces[r - 32]);
}

static void assert_written_alike(json_t *value, const char *text)
{
    char *expected = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);

    if (!strstr(expected, "\\u00") && !strstr(expected, "\\b") && !strstr(expected, "\\f"))
        assert_string_equal(text, expected);
    free(expected);
}

/* jansson reads a text back as it was, and writes one without control characters the same; what it
 * takes for no text it reads back with U+FFFD in it. */
static void text_as_is_is_that_of_jansson(void **state)
{
    uint64_t random = 7;
    unsigned flawed = 0;
    char text[64];
    struct buf out;

    (void)state;
    buf_init(&out, 1024);
    for (int i = 0; i < 100000; i++) {
        size_t n = 0, length = next_random(&random) % 40;
        json_t *value, *read;

        while (n < length)
            n += add_random(text + n, &random);
        buf_reset(&out);
        quote_json_as_is(&out, (struct view){text, n});
        value = json_stringn(text, n);
        read = json_loadb(out.p, out.n, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
        assert_true(json_is_string(read));
        if (value) {
            assert_true(json_equal(read, value));
            assert_written_alike(value, out.p);
        } else {
            assert_non_null(strstr(out.p, "\xEF\xBF\xBD"));
            flawed++;
        }
        json_decref(value);
        json_decref(read);
    }
    assert_in_range(flawed, 1000, 99000);
    buf_release(&out);
}

static void text_becomes_xml(void **state)
{
    const struct {
        struct view in;
        const char *out;
    } cases[] = {
        {VIEW("plain\nnext\ttab"), "plain\nnext\ttab"},
        {VIEW("<a b=\"c\">&'</a>]]>"), "&lt;a b=&quot;c&quot;&gt;&amp;'&lt;/a&gt;]]&gt;"},
        {VIEW("cr\r nul\0 \x1b \x1f \x7f"), "cr&#13; nul\\x00 \\x1b \\x1f \x7f"},
        {VIEW("\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80"), "\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80"},
        {VIEW("\xFF|\xED\xA0\x80"), "\xEF\xBF\xBD|\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"},
        {VIEW("\xEF\xBF\xBD \xEF\xBF\xBE \xEF\xBF\xBF"), "\xEF\xBF\xBD \xEF\xBF\xBD \xEF\xBF\xBD"},
    };
    struct buf out;

    (void)state;
    buf_init(&out, 1024);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        buf_reset(&out);
        quote_xml(&out, cases[i].in);
        assert_string_equal(out.p, cases[i].out);
    }
    buf_release(&out);
}

static void text_becomes_plain(void **state)
{
    const struct {
        struct view in;
        const char *out;
    } cases[] = {
        {VIEW(""), ""},
        {VIEW("plain \"x\" \\\nnext"), "plain \"x\" \\\nnext"},
        {VIEW("tab\t cr\r nul\0 esc\x1b[1m del\x7f"), "tab  cr  nul  esc [1m del "},
        {VIEW("\xC2\x80|\xC2\x9F|\xC2\xA0|\xC3\xA9"), " | |\xC2\xA0|\xC3\xA9"},
        {VIEW("\xFF|\xC3"), "\xEF\xBF\xBD|\xEF\xBF\xBD"},
    };
    struct buf out;

    (void)state;
    buf_init(&out, 1024);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        buf_reset(&out);
        quote_plain(&out, cases[i].in);
        assert_true(view_eq_str(buf_view(&out), cases[i].out));
    }
    buf_release(&out);
}

static void text_becomes_one_line(void **state)
{
    struct buf out;

    (void)state;
    buf_init(&out, 1024);
    quote_line(&out, VIEW("a\nb\tc\xFF"));
    assert_string_equal(out.p, "a b c\xEF\xBF\xBD");
    buf_release(&out);
}

static void text_is_shown(void **state)
{
    static const char in[] = "a\nb\x1b\x7F\xC2\x85\xD8\x9C\xE2\x80\xAE\xE2\x81\xA6\xEF\xBB\xBF"
                             "\xC2\xA0\xE2\x82\xAC\xFF\\n\"";
    struct buf out;

    (void)state;
    buf_init(&out, 1024);
    quote_shown(&out, VIEW("\0"));
    quote_shown(&out, view_of(in));
    assert_string_equal(out.p, "\\x00a\\nb\\x1b\\x7f\\x85\\u061c\\u202e\\u2066\\ufeff"
                               "\xC2\xA0\xE2\x82\xAC\xFF\\n\"");
    buf_reset(&out);
    quote_json(&out, VIEW("\xC2\x9B\xE2\x80\xAE\xE2\x82\xAC"));
    assert_string_equal(out.p, "\"\\u009b\\u202e\xE2\x82\xAC\"");
    buf_reset(&out);
    quote_shown(&out, VIEW("\xE2\x80\x8A\xE2\x80\x8B\xE2\x80\x8F\xE2\x80\x90"));
    assert_string_equal(out.p, "\xE2\x80\x8A\\u200b\\u200f\xE2\x80\x90");
    buf_reset(&out);
    quote_line(&out, VIEW("a\xE2\x80\xAE"));
    assert_string_equal(out.p, "a ");
    buf_release(&out);
}

static void characters_stay_whole(void **state)
{
    const struct view v = VIEW("a\xE2\x82\xAC");
    const struct view back = VIEW("\xE2\x82\xAC"
                                  "a");
    static const size_t kept[] = {0, 1, 1, 1, 4, 4};

    (void)state;
    for (size_t n = 0; n < sizeof(kept) / sizeof(kept[0]); n++) {
        assert_int_equal(quote_first(v, n).n, kept[n]);
        assert_int_equal(quote_last(back, n).n, kept[n]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_becomes_one_json_string),
        cmocka_unit_test(text_as_is_is_that_of_jansson),
        cmocka_unit_test(text_becomes_xml),
        cmocka_unit_test(text_becomes_plain),
        cmocka_unit_test(text_becomes_one_line),
        cmocka_unit_test(text_is_shown),
        cmocka_unit_test(characters_stay_whole),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
