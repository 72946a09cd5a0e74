#include "base/text/base64.h"

#include "base/arena.h"
#include "base/buf.h"
#include "cmocka_all.h"

static void texts_and_what_they_hold(void **state)
{
    static const struct {
        const char *text, *bytes; /* NULL: it is not base64 */
    } table[] = {
        {"", ""},
        {"Zg==", "f"},
        {"Zm8=", "fo"},
        {"Zm9v", "foo"},
        {"Zm9vYg==", "foob"},
        {"Zm9vYmE=", "fooba"},
        {"Zm9vYmFy", "foobar"},
        {"+/+/", "\xfb\xff\xbf"},
        {"Zm\r\n9v\n", "foo"},
        {"Z", NULL},
        {"Zg", NULL},
        {"Zg=", NULL},
        {"Zg===", NULL},
        {"Z===", NULL},
        {"=", NULL},
        {"Zg==Zg==", NULL},
        {"Zg=a", NULL},
        {"Zm 9v", NULL},
        {"Zm9-", NULL},
        {"Zm9_", NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        struct arena arena;
        struct view bytes;

        arena_init(&arena, 1024);
        bytes = base64_decode(view_of(table[i].text), &arena);
        if ((bytes.p != NULL) != (table[i].bytes != NULL) ||
            !view_eq(bytes, view_of(table[i].bytes)))
            fail_msg("%s: \"%.*s\"", table[i].text, VIEW_ARGS(bytes));
        arena_release(&arena);
    }
}

static void bytes_and_their_text(void **state)
{
    static const char *const table[][2] = {
        {"", ""},         {"f", "Zg=="},        {"fo", "Zm8="},
        {"foo", "Zm9v"},  {"foob", "Zm9vYg=="}, {"\xfb\xff\xbf", "+/+/"},
        {"\xff", "/w=="},
    };
    struct buf out;

    (void)state;
    buf_init(&out, 1024);
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        buf_reset(&out);
        base64_encode(view_of(table[i][0]), &out);
        assert_true(view_eq_str(buf_view(&out), table[i][1]));
    }
    buf_release(&out);
}

static void a_full_arena(void **state)
{
    struct arena arena;

    (void)state;
    arena_init(&arena, 1);
    assert_null(base64_decode(VIEW("Zm9vYmFyZm9vYmFy"), &arena).p);
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_and_what_they_hold),
        cmocka_unit_test(bytes_and_their_text),
        cmocka_unit_test(a_full_arena),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
