#include "base/arena.h"
#include "base/parse_error.h"
#include "cmocka_all.h"
#include "policy/image/image_ref.h"
#include "policy/limits.h"

#include <stdio.h>

#define COUNT(cases) (sizeof(cases) / sizeof((cases)[0]))

#define HEX64  "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define SHA256 "sha256:" HEX64
#define X10    "xxxxxxxxxx"
#define X100   X10 X10 X10 X10 X10 X10 X10 X10 X10 X10

static struct arena arena;

static int set_up(void **state)
{
    (void)state;
    arena_init(&arena, LIMIT_ARENA);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_release(&arena);
    return 0;
}

static void assert_part(const char *text, struct view part, const char *expected)
{
    if (!view_eq_str(part, expected ? expected : "") || !part.p != !expected)
        fail_msg("%s: \"%.*s\" instead of \"%s\"", text, VIEW_ARGS(part),
                 expected ? expected : "(absent)");
}

static void references_are_normalised(void **state)
{
    static const struct {
        const char *text, *domain, *path, *tag, *digest;
    } cases[] = {
        {"nginx", "docker.io", "library/nginx", "latest", NULL},
        {"nginx:1.27", "docker.io", "library/nginx", "1.27", NULL},
        {"nginx@" SHA256, "docker.io", "library/nginx", NULL, SHA256},
        {"nginx:1.27@" SHA256, "docker.io", "library/nginx", "1.27", SHA256},
        {"acme/api", "docker.io", "acme/api", "latest", NULL},
        {"docker.io/nginx", "docker.io", "library/nginx", "latest", NULL},
        {"docker.io/library/nginx", "docker.io", "library/nginx", "latest", NULL},
        {"index.docker.io/nginx", "docker.io", "library/nginx", "latest", NULL},
        {"index.docker.io/acme/api", "docker.io", "acme/api", "latest", NULL},
        {"registry-1.docker.io/library/nginx", "registry-1.docker.io", "library/nginx", "latest",
         NULL},
        {"ghcr.io/acme/api:v1", "ghcr.io", "acme/api", "v1", NULL},
        {"ghcr.io:443/acme/api:v1", "ghcr.io:443", "acme/api", "v1", NULL},
        {"GHCR.io/acme/api", "GHCR.io", "acme/api", "latest", NULL},
        {"localhost/api", "localhost", "api", "latest", NULL},
        {"localhost:5000/api", "localhost:5000", "api", "latest", NULL},
        {"registry:5000", "docker.io", "library/registry", "5000", NULL},
        {"registry:5000/api:5000", "registry:5000", "api", "5000", NULL},
        {"127.0.0.1/api", "127.0.0.1", "api", "latest", NULL},
        {"[::1]:5000/api", "[::1]:5000", "api", "latest", NULL},
        {"[fe80::1]/api", "[fe80::1]", "api", "latest", NULL},
        {"Foo/api", "Foo", "api", "latest", NULL},
        {"evil.com/ghcr.io/acme/x", "evil.com", "ghcr.io/acme/x", "latest", NULL},
        {"a/b__c---d.e_f:T_a-g.1", "docker.io", "a/b__c---d.e_f", "T_a-g.1", NULL},
        {"docker.io", "docker.io", "library/docker.io", "latest", NULL},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct image_ref ref;
        struct parse_error parse_error;
        char repository[256];

        if (image_ref_parse(view_of(cases[i].text), &arena, &ref, &parse_error) < 0)
            fail_msg("%s: %s", cases[i].text, parse_error.why);
        assert_part(cases[i].text, ref.domain, cases[i].domain);
        assert_part(cases[i].text, ref.path, cases[i].path);
        assert_part(cases[i].text, ref.tag, cases[i].tag);
        assert_part(cases[i].text, ref.digest, cases[i].digest);
        snprintf(repository, sizeof(repository), "%s/%s", cases[i].domain, cases[i].path);
        assert_part(cases[i].text, ref.repository, repository);
    }
}

static void what_is_no_reference_is_refused(void **state)
{
    const struct {
        struct view text;
        size_t at;
        const char *why;
    } cases[] = {
        {VIEW(""), 0, "it is empty"},
        {VIEW(HEX64), 0, "64 hexadecimal digits are an image id, not a name"},
        {VIEW("ghcr.io/Acme/x"), 8, "its repository must be in lower case"},
        {VIEW("Nginx"), 0, "its repository must be in lower case"},
        {VIEW("ghcr.io/acme/x:v1\n"), 15, "its tag is not 1 to 128"},
        {VIEW("ghcr.io/acme/x:"), 15, "its tag is not 1 to 128"},
        {VIEW("ghcr.io/acme/x:-v1"), 15, "its tag is not 1 to 128"},
        {VIEW("ghcr.io/acme/x:v1:v2"), 15, "its tag is not 1 to 128"},
        {VIEW("ghcr.io/acme/x:v\0001"), 15, "its tag is not 1 to 128"},
        {VIEW("x@sha256:abc"), 9, "its sha256 digest has 3 digits instead of 64"},
        {VIEW("x@" SHA256 "0"), 9, "its sha256 digest has 65 digits instead of 64"},
        {VIEW("x@sha512:" HEX64), 9, "its sha512 digest has 64 digits instead of 128"},
        {VIEW("x@sha256:g" HEX64 "\b"), 9, "its sha256 digest has 66 digits"},
        {VIEW("x@sha256"), 8, "its sha256 digest has 0 digits instead of 64"},
        {VIEW("x@md5:" HEX64), 2, "its digest is none of"},
        {VIEW("x@"), 2, "its digest is none of"},
        {VIEW("x@" SHA256 "@" SHA256), 9, "its sha256 digest has 136 digits"},
        {VIEW("ghcr.io/acme//x"), 13, "a part of its repository is empty"},
        {VIEW("ghcr.io/acme/"), 13, "a part of its repository is empty"},
        {VIEW("ghcr.io/"), 8, "a part of its repository is empty"},
        {VIEW("/x"), 0, "a part of its repository is empty"},
        {VIEW("ghcr.io/a..b"), 8, "\"a..b\" cannot be a part of a repository"},
        {VIEW("ghcr.io/a___b"), 8, "\"a___b\" cannot be a part of a repository"},
        {VIEW("ghcr.io/-a"), 8, "\"-a\" cannot be a part of a repository"},
        {VIEW("ghcr.io/a-"), 8, "\"a-\" cannot be a part of a repository"},
        {VIEW("a b"), 0, "\"a b\" cannot be a part of a repository"},
        {VIEW(" nginx"), 0, "\" nginx\" cannot be a part of a repository"},
        {VIEW("https://ghcr.io/acme/x"), 0, "its registry \"https:\" is not a host name"},
        {VIEW("a_b.c/d"), 0, "its registry \"a_b.c\" is not a host name"},
        {VIEW("ghcr.io./acme/x"), 0, "its registry \"ghcr.io.\" is not a host name"},
        {VIEW("-ghcr.io/acme/x"), 0, "its registry \"-ghcr.io\" is not a host name"},
        {VIEW("ghcr.io:/acme/x"), 0, "its registry \"ghcr.io:\" is not a host name"},
        {VIEW("ghcr.io:4x/acme/x"), 0, "its registry \"ghcr.io:4x\" is not a host name"},
        {VIEW("user@ghcr.io/acme/x"), 0, "its registry \"user@ghcr.io\" is not a host name"},
        {VIEW("[::1/x"), 0, "its registry \"[::1\" is not a host name"},
        {VIEW("[]:1/x"), 0, "its registry \"[]:1\" is not a host name"},
        {VIEW("[::1]x/x"), 0, "its registry \"[::1]x\" is not a host name"},
    };
    struct image_ref ref;
    struct parse_error parse_error;

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        if (image_ref_parse(cases[i].text, &arena, &ref, &parse_error) == 0)
            fail_msg("\"%s\" is accepted", cases[i].text.p);
        if (!view_starts(view_of(parse_error.why), cases[i].why) || parse_error.at != cases[i].at)
            fail_msg("\"%s\": %zu: %s", cases[i].text.p, parse_error.at, parse_error.why);
    }
}

static void lengths_are_limited(void **state)
{
    static const struct {
        const char *text;
        int result;
    } cases[] = {
        {"ghcr.io/" X100 X100 X10 X10 X10 X10 X10 "xxxx", 0},
        {"ghcr.io/" X100 X100 X10 X10 X10 X10 X10 "xxxxx", 0},
        {"ghcr.io/" X100 X100 X10 X10 X10 X10 X10 "xxxxxx", -1},
        {X100 X100 X10 X10 X10 X10 "xxxxxxx", 0}, /* with "library/" before it */
        {X100 X100 X10 X10 X10 X10 "xxxxxxxx", -1},
        {"x:" X100 X10 X10 "xxxxxxx", 0},
        {"x:" X100 X10 X10 "xxxxxxxx", 0},
        {"x:" X100 X10 X10 "xxxxxxxxx", -1},
    };
    struct image_ref ref;
    struct parse_error parse_error;

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        if (image_ref_parse(view_of(cases[i].text), &arena, &ref, &parse_error) != cases[i].result)
            fail_msg("case %zu", i);
}

static void registries_have_other_spellings(void **state)
{
    static const struct {
        const char *text, *repository;
    } cases[] = {
        {"GHCR.io/acme/x", "ghcr.io/acme/x"},
        {"ghcr.io:443/acme/x", "ghcr.io/acme/x"},
        {"Ghcr.IO:443/acme/x", "ghcr.io/acme/x"},
        {"ghcr.io:8443/acme/x", "ghcr.io:8443/acme/x"},
        {"registry-1.docker.io/library/nginx", "docker.io/library/nginx"},
        {"index.docker.io:443/library/nginx", "docker.io/library/nginx"},
        {"Docker.io/acme/x", "docker.io/acme/x"},
        {"nginx", "docker.io/library/nginx"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct image_ref ref, resolved;
        struct parse_error parse_error;

        assert_int_equal(image_ref_parse(view_of(cases[i].text), &arena, &ref, &parse_error), 0);
        assert_int_equal(image_ref_resolve(&ref, &arena, &resolved), 0);
        assert_part(cases[i].text, resolved.repository, cases[i].repository);
        assert_true(view_eq(resolved.tag, ref.tag));
    }
}

static void patterns_match_whole_segments(void **state)
{
    static const struct {
        const char *pattern, *text;
        bool match;
    } cases[] = {
        {"ghcr.io/acme/*", "ghcr.io/acme/api", true},
        {"ghcr.io/acme/*", "ghcr.io/acme/api:v1@" SHA256, true},
        {"ghcr.io/acme/*", "ghcr.io/acme/team/api", false},
        {"ghcr.io/acme/*", "ghcr.io/acme", false},
        {"ghcr.io/acme/*", "ghcr.io.evil.com/acme/x", false},
        {"ghcr.io/acme/*", "ghcr.io/acme-evil/x", false},
        {"ghcr.io/acme/*", "ghcr.io:443/acme/x", false},
        {"ghcr.io/acme/*", "GHCR.io/acme/x", false},
        {"ghcr.io/acme/*", "evil.com/ghcr.io/acme/x", false},
        {"ghcr.io/acme/*", "ghcrxio/acme/x", false},
        {"ghcr.io/acme/*", "docker.io/acme/x", false},
        {"ghcr.io/acme/*", "acme/x", false},
        {"ghcr.io:443/acme/*", "ghcr.io:443/acme/x", true},
        {"ghcr.io/acme/api-*", "ghcr.io/acme/api-web", true},
        {"ghcr.io/acme/api-*", "ghcr.io/acme/api", false},
        {"ghcr.io/*/api", "ghcr.io/acme/api", true},
        {"ghcr.io/acme/**", "ghcr.io/acme/a/b/c", true},
        {"ghcr.io/acme/**", "ghcr.io/acme", true},
        {"ghcr.io/acme/**", "ghcr.io/acme-evil/x", false},
        {"ghcr.io/**", "ghcr.io/acme/x", true},
        {"ghcr.io/**", "evil.com/ghcr.io/acme/x", false},
        {"ghcr.io/**/api", "ghcr.io/api", true},
        {"ghcr.io/**/api", "ghcr.io/a/b/api", true},
        {"ghcr.io/**/api", "ghcr.io/a/api/b", false},
        {"ghcr.io/**/b/**/d", "ghcr.io/a/b/c/b/c/d", true},
        {"ghcr.io/**/b/**/d", "ghcr.io/a/c/d", false},
        {"**", "nginx", true},
        {"**", "evil.com/x", true},
        {"**/api", "ghcr.io/acme/api", true},
        {"**/acme/api", "api", false},
        {"*.gcr.io/p/*", "eu.gcr.io/p/x", true},
        {"*.gcr.io/p/*", "gcr.io/p/x", false},
        {"*.gcr.io/p/*", "eu.gcr.io.evil.com/p/x", false},
        {"nginx", "docker.io/library/nginx:1", true},
        {"nginx", "acme/nginx", false},
        {"docker.io/nginx", "nginx", true},
        {"docker.io/*", "nginx", true},
        {"docker.io/*", "acme/nginx", false},
        {"docker.io/**", "acme/nginx", true},
        {"index.docker.io/acme/*", "acme/x", true},
        {"acme/*", "docker.io/acme/x", true},
        {"acme/*", "ghcr.io/acme/x", false},
        {"localhost:5000/*", "localhost:5000/x", true},
        {"ghcr.io/acme/api:v1.*", "ghcr.io/acme/api:v1.2", true},
        {"ghcr.io/acme/api:v1.*", "ghcr.io/acme/api:v2.1", false},
        {"ghcr.io/acme/api:v1.*", "ghcr.io/acme/api@" SHA256, false},
        {"ghcr.io/acme/api:*", "ghcr.io/acme/api:v1", true},
        {"ghcr.io/acme/api:*", "ghcr.io/acme/api@" SHA256, false},
        {"ghcr.io/acme/api:latest", "ghcr.io/acme/api", true},
        {"**:latest", "ghcr.io/acme/api", true},
        {"ghcr.io/acme/api@" SHA256, "ghcr.io/acme/api@" SHA256, true},
        {"ghcr.io/acme/api@" SHA256, "ghcr.io/acme/api:v1@" SHA256, true},
        {"ghcr.io/acme/api@" SHA256, "ghcr.io/acme/api:v1", false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct image_pattern pattern;
        struct image_ref ref;
        struct parse_error parse_error;

        if (image_pattern_compile(view_of(cases[i].pattern), &arena, &pattern, &parse_error) < 0 ||
            image_ref_parse(view_of(cases[i].text), &arena, &ref, &parse_error) < 0)
            fail_msg("%s, %s: %s", cases[i].pattern, cases[i].text, parse_error.why);
        if (image_pattern_match(&pattern, &ref) != cases[i].match)
            fail_msg("%s, %s", cases[i].pattern, cases[i].text);
    }
}

static void patterns_that_mislead_are_refused(void **state)
{
    static const struct {
        const char *pattern;
        size_t at;
        const char *why;
    } cases[] = {
        {"", 0, "it is empty"},
        {"*", 0, "it reads as the official images of Docker Hub"},
        {"ghcr.io", 0, "it names a registry without a repository"},
        {"ghcr.io:443", 0, "it names a registry without a repository"},
        {"*/acme/x", 0, "\"*\" could be a registry or a user"},
        {"ghcr.io*/acme/x", 0, "a wildcard in a registry would match those of"},
        {"*ghcr.io/acme/x", 0, "a wildcard in a registry would match those of"},
        {"ghcr.io:*/acme/x", 0, "a wildcard in a registry would match those of"},
        {"GHCR.io/acme/x", 0, "its registry is not in lower case"},
        {"https://ghcr.io/x", 0, "its registry \"https:\" is not a host name"},
        {"ghcr.io/Acme/*", 8, "repositories are always in lower case"},
        {"ghcr.io/acme/", 13, "a segment is empty"},
        {"ghcr.io//x", 8, "a segment is empty"},
        {"ghcr.io/a**", 8, "\"**\" stands for whole segments"},
        {"ghcr.io/***", 8, "\"**\" stands for whole segments"},
        {"ghcr.io/{a,b}", 8, "\"{\" is never part of a repository"},
        {"ghcr.io/acme/[ab]", 13, "\"[\" is never part of a repository"},
        {"ghcr.io/acme/x:", 15, "its tag is empty"},
        {"ghcr.io/acme/x:v(1|2)", 16, "\"(\" is never part of a tag"},
        {"ghcr.io/acme/x@sha256:abc", 22, "its sha256 digest has 3 digits instead of 64"},
        {"ghcr.io/acme/x@*", 15, "its digest is none of"},
    };
    struct image_pattern pattern;
    struct parse_error parse_error;

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        if (image_pattern_compile(view_of(cases[i].pattern), &arena, &pattern, &parse_error) == 0)
            fail_msg("%s is accepted", cases[i].pattern);
        if (!view_starts(view_of(parse_error.why), cases[i].why) || parse_error.at != cases[i].at)
            fail_msg("%s: %zu: %s", cases[i].pattern, parse_error.at, parse_error.why);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(references_are_normalised, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_no_reference_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(lengths_are_limited, set_up, tear_down),
        cmocka_unit_test_setup_teardown(registries_have_other_spellings, set_up, tear_down),
        cmocka_unit_test_setup_teardown(patterns_match_whole_segments, set_up, tear_down),
        cmocka_unit_test_setup_teardown(patterns_that_mislead_are_refused, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
