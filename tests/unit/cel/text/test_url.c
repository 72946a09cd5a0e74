#include "base/arena.h"
#include "cel/text/url.h"
#include "cmocka_all.h"
#include "policy/limits.h"

#define COUNT(cases) (sizeof(cases) / sizeof((cases)[0]))

static void expect(struct view got, const char *want)
{
    if (!view_eq_str(got, want))
        fail_msg("\"%.*s\", not \"%s\"", VIEW_ARGS(got), want);
}

static void urls_have_parts(void **state)
{
    static const struct {
        const char *text, *scheme, *host, *hostname, *port, *path, *whole;
    } cases[] = {
        {"HTTPS://u:p%40@Example.com:8443/a%20b?q=1#f", "https", "Example.com:8443", "Example.com",
         "8443", "/a%20b", "https://u:p%40@Example.com:8443/a%20b?q=1#f"},
        {"http://[::1]:80", "http", "[::1]:80", "::1", "80", "", "http://[::1]:80"},
        {"http://[fe80::1%25en0]/", "http", "[fe80::1%en0]", "fe80::1%en0", "", "/",
         "http://[fe80::1%25en0]/"},
        {"http://[fe80::1%25%20x]/", "http", "[fe80::1% x]", "fe80::1% x", "", "/",
         "http://[fe80::1%25%20x]/"},
        {"/a b", "", "", "", "", "/a%20b", "/a%20b"},
        {"mailto:a@b", "mailto", "", "", "", "", "mailto:a@b"},
        {"http://a/%2f!", "http", "a", "a", "", "/%2f!", "http://a/%2f!"},
        {"http:///x?", "http", "", "", "", "/x", "http:///x?"},
        {"file:/x", "file", "", "", "", "/x", "file:/x"},
        {"*", "", "", "", "", "*", "*"},
    };
    struct arena arena;

    (void)state;
    arena_init(&arena, LIMIT_ARENA);
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct url url;

        assert_null(url_parse(view_of(cases[i].text), &url, &arena));
        expect(url.scheme, cases[i].scheme);
        expect(url.host, cases[i].host);
        expect(url_hostname(&url), cases[i].hostname);
        expect(url_port(&url), cases[i].port);
        expect(url_escaped_path(&url, &arena), cases[i].path);
        expect(url_text(&url, &arena), cases[i].whole);
    }
    arena_release(&arena);
}

static void what_is_no_url_is_told(void **state)
{
    static const struct {
        const char *text, *why;
    } cases[] = {
        {"", "parse \"\": empty url"},
        {"a", "parse \"a\": invalid URI for request"},
        {":a", "parse \":a\": missing protocol scheme"},
        {"http://a\n", "parse \"http://a\\n\": net/url: invalid control character in URL"},
        {"http://a:x", "parse \"http://a:x\": invalid port \":x\" after host"},
        {"http://a b/", "parse \"http://a b/\": invalid character \" \" in host name"},
        {"http://a/%zz", "parse \"http://a/%zz\": invalid URL escape \"%zz\""},
        {"http://[::1", "parse \"http://[::1\": missing ']' in host"},
        {"http://[1.2.3.4]", "parse \"http://[1.2.3.4]\": invalid IP-literal"},
        {"http://[x]", "parse \"http://[x]\": invalid host: ParseAddr(\"x\"): unable to parse IP"},
        {"http://u^@a", "parse \"http://u^@a\": net/url: invalid userinfo"},
    };
    struct arena arena;

    (void)state;
    arena_init(&arena, LIMIT_ARENA);
    for (size_t i = 0; i < COUNT(cases); i++) {
        const char *why = url_check(view_of(cases[i].text), &arena);

        assert_string_equal(why ? why : "", cases[i].why);
    }
    assert_null(url_check(VIEW("http://a?q#%zz"), &arena));
    arena_release(&arena);
}

static void queries_have_parameters(void **state)
{
    struct arena arena;
    struct url_query query;
    struct view name, value;
    struct url url;

    (void)state;
    arena_init(&arena, LIMIT_ARENA);
    assert_null(url_parse(VIEW("/?a=1+2&b;c=3&%zz=4&a&&d=%41=x"), &url, &arena));
    query = url_query(&url, &arena);
    assert_true(url_query_next(&query, &name, &value));
    expect(name, "a");
    expect(value, "1 2");
    assert_true(url_query_next(&query, &name, &value));
    expect(name, "a");
    expect(value, "");
    assert_true(url_query_next(&query, &name, &value));
    expect(name, "d");
    expect(value, "A=x");
    assert_false(url_query_next(&query, &name, &value));
    assert_false(query.failed);
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(urls_have_parts),
        cmocka_unit_test(what_is_no_url_is_told),
        cmocka_unit_test(queries_have_parameters),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
