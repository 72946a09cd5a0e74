#include "certs/rotation.h"

#include "cmocka_all.h"

/* An authority of 1200 s and leaves of 300 s: due after 800 and 200, settled after 100. */
struct moment {
    const char *name;
    struct rotation r;
    int64_t now;
    struct rotation_step then;
};

#define CA                                                                                         \
    {                                                                                              \
        1000, 2200                                                                                 \
    }
#define NEXT                                                                                       \
    {                                                                                              \
        1800, 3000                                                                                 \
    }
#define LEAF                                                                                       \
    {                                                                                              \
        1700, 2000                                                                                 \
    }

static const struct moment moments[] = {
    {"nothing is there", {.published = 0}, 1000, {ROTATION_START, 1000}},
    {"all is well: the leaf is due first", {{1000, 1300}, .ca = CA}, 1001, {ROTATION_RENEW, 1200}},
    {"the leaf is due", {{1000, 1300}, .ca = CA}, 1200, {ROTATION_RENEW, 1200}},
    {"nobody renewed it in time", {{1000, 1300}, .ca = CA}, 1300, {ROTATION_RENEW, 1300}},
    {"the leaf is of no use", {.ca = CA}, 1500, {ROTATION_RENEW, 1500}},
    {"a name is missing",
     {{1000, 1300}, .leaf_lacks_name = true, .ca = CA},
     1001,
     {ROTATION_RENEW, 1001}},
    {"the authority is due first", {{1700, 2000}, .ca = CA}, 1750, {ROTATION_MAKE_NEXT, 1800}},
    {"the next one is not everywhere: the leaf is due",
     {LEAF, .ca = CA, .next = NEXT},
     1810,
     {ROTATION_RENEW, 1900}},
    {"the next one is everywhere",
     {LEAF, .ca = CA, .next = NEXT, .is_published = true},
     1810,
     {ROTATION_PUBLISHED, 1810}},
    {"and has to settle",
     {LEAF, .ca = CA, .next = NEXT, .is_published = true, .published = 1790},
     1810,
     {ROTATION_PROMOTE, 1890}},
    {"it was everywhere and was taken away by hand",
     {LEAF, .ca = CA, .next = NEXT, .published = 1790},
     1895,
     {ROTATION_RENEW, 1900}},
    {"the authority's key was lost: the next one is noted all the same",
     {{1890, 2190}, .next = NEXT, .is_published = true},
     1890,
     {ROTATION_PUBLISHED, 1890}},
    {"the old one is still trusted",
     {{1890, 2190}, .ca = NEXT, .has_retired = true, .superseded_until = 2000},
     1891,
     {ROTATION_RETIRE, 2000}},
    {"and nothing that it signed is valid any more",
     {{1890, 2190}, .ca = NEXT, .has_retired = true, .superseded_until = 2000},
     2000,
     {ROTATION_RETIRE, 2000}},
    {"a leaf that ends with its authority is not made again",
     {{2100, 2200}, .ca = CA, .next = NEXT},
     2190,
     {ROTATION_RETIRE, INT64_MAX}},
    {"the authority has expired, and the next one is there",
     {.ca = CA, .next = NEXT},
     2200,
     {ROTATION_PROMOTE, 2200}},
    {"both have expired", {.ca = CA, .next = NEXT}, 3000, {ROTATION_START, 3000}},
    {"the authority's key is gone",
     {LEAF, .has_retired = true, .superseded_until = 1900},
     1750,
     {ROTATION_MAKE_NEXT, 1750}},
    {"a next one that has expired is made again",
     {{2900, 3200}, .ca = {2100, 3300}, .next = NEXT, .is_published = true, .published = 1},
     3000,
     {ROTATION_MAKE_NEXT, 2900}},
};

static void what_is_due_first(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(moments) / sizeof(moments[0]); i++) {
        const struct moment *m = &moments[i];
        struct rotation_step step = rotation_next(&m->r, m->now);

        print_message("%s\n", m->name);
        assert_string_equal(rotation_name(step.act), rotation_name(m->then.act));
        assert_int_equal(step.at, m->then.at);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_due_first),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
