#include "base/text/letters.h"

#include "cmocka_all.h"

#include <string.h>

#define CASE(text, any)                                                                            \
    {                                                                                              \
        {"" text, sizeof(text) - 1}, any                                                           \
    }

static const struct {
    struct view text;
    bool any;
} cases[] = {
    CASE("", false),
    CASE("a", true),
    CASE("7", true),
    CASE("database is on fire", true),
    CASE(" \t\r\n", false),
    CASE("...", false),
    CASE("-", false),
    CASE("\0", false),
    CASE("\0\0x", true),
    CASE("\x1B[;", false),
    CASE("\x7F", false),
    CASE("\xC2\xA0", false),         /* U+00A0 */
    CASE("\xC2\xAD", false),         /* U+00AD */
    CASE("\xC2\x80", false),         /* U+0080 */
    CASE("\xCC\x81", false),         /* U+0301 */
    CASE("\xD8\x9C", false),         /* U+061C */
    CASE("\xE1\x85\x9F", false),     /* U+115F */
    CASE("\xE1\xA0\x8E", false),     /* U+180E */
    CASE("\xE2\x80\x80", false),     /* U+2000 */
    CASE("\xE2\x80\x8B", false),     /* U+200B */
    CASE("\xE2\x80\x8F", false),     /* U+200F */
    CASE("\xE2\x80\xA8", false),     /* U+2028 */
    CASE("\xE2\x80\xAF", false),     /* U+202F */
    CASE("\xE2\x81\xA0", false),     /* U+2060 */
    CASE("\xE2\x81\xAF", false),     /* U+206F */
    CASE("\xE2\xA0\x80", false),     /* U+2800 */
    CASE("\xE3\x80\x80", false),     /* U+3000 */
    CASE("\xE3\x85\xA4", false),     /* U+3164 */
    CASE("\xEE\x80\x80", false),     /* U+E000 */
    CASE("\xEF\xB8\x8F", false),     /* U+FE0F */
    CASE("\xEF\xBB\xBF", false),     /* U+FEFF */
    CASE("\xEF\xBE\xA0", false),     /* U+FFA0 */
    CASE("\xEF\xBF\xBD", false),     /* U+FFFD */
    CASE("\xF3\xA0\x81\x81", false), /* U+E0041 */
    CASE("\xE1\x9A\x80", false),     /* U+1680 */
    CASE("\xE1\x9E\xB4", false),     /* U+17B4 */
    CASE("\xE2\x83\x90", false),     /* U+20D0 */
    CASE("\xEF\xB8\xA0", false),     /* U+FE20 */
    CASE("\xF0\x9B\xB2\xA0", false), /* U+1BCA0 */
    CASE("\xF0\x9D\x85\x99", false), /* U+1D159 */
    CASE("\xF0\x9D\x85\xB3", false), /* U+1D173 */
    CASE("\xE2\x80\x8B \xC2\xA0.\0", false),
    CASE("\xE2\x80\x8Bx", true),
    CASE("\xC3\xA9", true),         /* é */
    CASE("\xD0\x91", true),         /* Cyrillic */
    CASE("\xE7\x81\xAB", true),     /* a Han character */
    CASE("\xE1\x84\x80", true),     /* a Hangul letter, U+1100 */
    CASE("\xF0\x9D\x94\xB8", true), /* U+1D538 */
    /* No UTF-8. */
    CASE("\xFF", false),
    CASE("\xC1\x81", false),     /* an overlong A */
    CASE("\xE0\x81\x81", false), /* and another */
    CASE("\xE7\x81", false),
    CASE("\xE7", false),
    CASE("\xED\xA0\x80", false), /* a surrogate */
    CASE("\x81\x82", false),
    CASE("\xE7\x81x", true),
};

static void what_can_be_seen(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        if (letters_any(cases[i].text) != cases[i].any)
            fail_msg("case %zu: %d", i, !cases[i].any);
    assert_false(letters_any((struct view){"\xE7\x81\xAB", 2}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(what_can_be_seen)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
