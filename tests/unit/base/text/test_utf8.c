#include "base/text/utf8.h"
#include "cmocka_all.h"

#define COUNT(cases) (sizeof(cases) / sizeof((cases)[0]))

static void characters_are_read_as_go_does(void **state)
{
    static const struct {
        const char *text;
        uint32_t first;
        size_t size;
    } cases[] = {
        {"a", 'a', 1},
        {"\x7F", 0x7F, 1},
        {"\xC2\x80", 0x80, 2},
        {"\xC1\xBF", UTF8_ERROR, 1}, /* too long for what it is */
        {"\xDF\xBF", 0x7FF, 2},
        {"\xC3", UTF8_ERROR, 1},
        {"\xC3z", UTF8_ERROR, 1},
        {"\xE0\xA0\x80", 0x800, 3},
        {"\xE0\x9F\xBF", UTF8_ERROR, 1},
        {"\xED\x9F\xBF", 0xD7FF, 3},
        {"\xED\xA0\x80", UTF8_ERROR, 1}, /* a surrogate */
        {"\xEF\xBF\xBD", UTF8_ERROR, 3},
        {"\xEF\xBF\xBF", 0xFFFF, 3},
        {"\xE4\xB8", UTF8_ERROR, 1},
        {"\xE4\xB8z", UTF8_ERROR, 1},
        {"\xF0\x90\x80\x80", 0x10000, 4},
        {"\xF0\x8F\xBF\xBF", UTF8_ERROR, 1},
        {"\xF4\x8F\xBF\xBF", 0x10FFFF, 4},
        {"\xF4\x90\x80\x80", UTF8_ERROR, 1},
        {"\xF5\x80\x80\x80", UTF8_ERROR, 1},
        {"\x80", UTF8_ERROR, 1},
        {"\xFF", UTF8_ERROR, 1},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct view text = view_of(cases[i].text);
        size_t at = 0, size;
        char again[UTF8_ROOM];

        assert_int_equal(utf8_decode(text, 0, &size), cases[i].first);
        assert_int_equal(size, cases[i].size);
        assert_int_equal(utf8_next(text, &at), cases[i].first);
        assert_int_equal(at, cases[i].size);
        if (cases[i].first == UTF8_ERROR && size == 1) {
            assert_int_equal(utf8_flaw(text, 0), 0);
            continue;
        }
        assert_true(utf8_valid(text));
        assert_int_equal(utf8_put(cases[i].first, again), size);
        assert_memory_equal(again, text.p, size);
    }
}

static void texts_are_counted(void **state)
{
    char out[UTF8_ROOM];

    (void)state;
    assert_int_equal(utf8_count(VIEW("")), 0);
    assert_int_equal(utf8_count(VIEW("a\xC3\xA9\xE4\xB8\x96")), 3);
    assert_int_equal(utf8_count(VIEW("\xFF\xC3")), 2);
    assert_int_equal(utf8_flaw(VIEW("a\xC3\xA9\xC3"), 0), 3);
    assert_int_equal(utf8_flaw(VIEW("\xFF"
                                    "a"),
                               1),
                     2);
    assert_int_equal(utf8_put(0xD800, out), 3);
    assert_memory_equal(out, "\xEF\xBF\xBD", 3);
    assert_int_equal(utf8_put(0x110000, out), 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(characters_are_read_as_go_does),
        cmocka_unit_test(texts_are_counted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
