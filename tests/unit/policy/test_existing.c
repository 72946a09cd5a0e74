/* What an UPDATE left as it was, and what it did not: each check, and random pairs of objects. */
#include "unit/policy/rules_fixture.h"

#define COUNT(cases) (sizeof(cases) / sizeof((cases)[0]))

#define HEAD                                                                                       \
    "apiVersion: tidegate.dev/v1alpha1\nkind: Policy\nmetadata: {name: p}\nspec:\n  rules:\n"      \
    "    - id: r\n      "

/* Two images, or whatever, that a message shows alike: it cuts them at 256 bytes. */
#define X16  "xxxxxxxxxxxxxxxx"
#define X128 X16 X16 X16 X16 X16 X16 X16 X16
#define LONG X128 X128 X128

#define POD(spec)      "{\"spec\":{" spec "}}"
#define VOLUME(path)   POD("\"volumes\":[{\"name\":\"v\",\"hostPath\":{\"path\":\"" path "\"}}]")
#define ADD(list)      POD("\"containers\":[{\"name\":\"c\",\"capabilities\":{\"add\":" list "}}]")
#define LIST(elements) "{\"m\":[" elements "]}"
#define VALUE(value)   "{\"v\":" value "}"
#define IMAGE(image)   POD("\"containers\":[{\"name\":\"c\",\"image\":" image "}]")
#define IMAGES(one, two)                                                                           \
    POD("\"containers\":[{\"name\":\"c\",\"image\":\"" one "\"},"                                  \
        "{\"name\":\"c\",\"image\":\"" two "\"}]")
#define IMAGE_VOLUME(image)                                                                        \
    POD("\"volumes\":[{\"name\":\"v\",\"image\":{\"reference\":\"" image "\"}}]")
#define RESOURCES(text) POD("\"containers\":[{\"name\":\"c\",\"resources\":{" text "}}]")
#define LIMIT(value)    RESOURCES("\"limits\":{\"cpu\":" value "}")
#define SECURITY(pod, container)                                                                   \
    POD("\"securityContext\":{" pod                                                                \
        "},\"containers\":[{\"name\":\"c\",\"securityContext\":{" container "}}]")
#define NON_ROOT(value) "\"runAsNonRoot\":" value
#define USER(value)     "\"runAsUser\":" value

#define NO_HOST_PATH "fields: [{path: 'pod.spec.volumes[*].hostPath', absent: true}]"
#define NO_ADDED     "fields: [{path: container.capabilities.add, absent: true}]"
#define NONE_ADDED   "fields: [{path: 'container.capabilities.add[*]', notIn: [A, B]}]"
#define EACH         "fields: [{path: 'm[*].v', notIn: [1, 2]}]"
#define FROM_ACME    "images: {allow: [ghcr.io/acme/*]}"
#define SMALL        "resources: {max: {limits.cpu: 1, requests.cpu: 1}}"
#define RATIO        "resources: {maxRatio: {cpu: 2}}"
#define USERS        "podSecurity: {controls: [runAsNonRoot, runAsUser]}"

static const struct {
    const char *name, *check, *old, *now;
    const char *rules; /* "r": denied, "e:r": as it was, "": it holds */
} cases[] = {
    /* Lists and maps, which are shown by their size. */
    {"a path on the host", NO_HOST_PATH, VOLUME("/var/log/app"), VOLUME("/var/log/app"), "e:r"},
    {"another path on the host", NO_HOST_PATH, VOLUME("/var/log/app"), VOLUME("/"), "r"},
    {"capabilities", NO_ADDED, ADD("[\"A\"]"), ADD("[\"A\"]"), "e:r"},
    {"another capability", NO_ADDED, ADD("[\"A\"]"), ADD("[\"B\"]"), "r"},
    {"capabilities in another order", NO_ADDED, ADD("[\"A\",\"B\"]"), ADD("[\"B\",\"A\"]"), "r"},
    {"one capability of two", NONE_ADDED, ADD("[\"A\",\"C\"]"), ADD("[\"B\",\"C\"]"), "r"},
    {"a map in another order", "fields: [{path: v, absent: true}]", VALUE("{\"a\":1,\"b\":[2]}"),
     VALUE("{\"b\":[2],\"a\":1}"), "e:r"},
    {"another key", "fields: [{path: v, absent: true}]", VALUE("{\"a\":1}"), VALUE("{\"b\":1}"),
     "r"},
    {"deep inside", "fields: [{path: v, absent: true}]", VALUE("[[{\"a\":[1]}]]"),
     VALUE("[[{\"a\":[2]}]]"), "r"},
    {"nothing and an empty map", "fields: [{path: v, exists: true, in: [x]}]", VALUE("null"),
     VALUE("{}"), "r"},
    {"a list in a list is no longer list", "fields: [{path: v, absent: true}]", VALUE("[[1],2]"),
     VALUE("[[1,2]]"), "r"},
    {"a key that looks like a value", "fields: [{path: v, absent: true}]", VALUE("{\"a\":\"t\"}"),
     VALUE("{\"at\":\"\"}"), "r"},

    /* What is shown alike. */
    {"a long text", "fields: [{path: v, in: [x]}]", VALUE("\"" LONG "a\""), VALUE("\"" LONG "a\""),
     "e:r"},
    {"the end of a long text", "fields: [{path: v, in: [x]}]", VALUE("\"" LONG "a\""),
     VALUE("\"" LONG "b\""), "r"},
    {"a text like a number", "fields: [{path: v, in: [x]}]", VALUE("1"), VALUE("\"1\""), "r"},
    {"a text like a boolean", "fields: [{path: v, in: [x]}]", VALUE("true"), VALUE("\"true\""),
     "r"},
    {"a text like a list", "fields: [{path: v, in: [x]}]", VALUE("\"a list of 1\""), VALUE("[1]"),
     "r"},
    {"a text like nothing", "fields: [{path: v, exists: true, in: [x]}]", VALUE("\"nothing\""),
     VALUE("null"), "r"},

    /* Numbers are compared as numbers. */
    {"3 and 3.0", "fields: [{path: v, min: 5}]", VALUE("3"), VALUE("3.0"), "e:r"},
    {"100 and 1e2", "fields: [{path: v, min: 500}]", VALUE("1e2"), VALUE("100"), "e:r"},
    {"0 and -0.0", "fields: [{path: v, min: 5}]", VALUE("0"), VALUE("-0.0"), "e:r"},
    {"1 and -1", "fields: [{path: v, min: 5}]", VALUE("-1"), VALUE("1"), "r"},
    {"2^53 and 2^53+1", "fields: [{path: v, max: 5}]", VALUE("9007199254740992"),
     VALUE("9007199254740993"), "r"},
    {"2^53 as a fraction", "fields: [{path: v, max: 5}]", VALUE("9007199254740992.0"),
     VALUE("9007199254740993"), "r"},
    {"2^64-1 and -1", "fields: [{path: v, in: [5]}]", VALUE("-1"), VALUE("18446744073709551615"),
     "r"},
    {"2^64-1 and 2^64", "fields: [{path: v, in: [5]}]", VALUE("18446744073709551615"),
     VALUE("18446744073709551616"), "r"},
    {"16 digits", "fields: [{path: v, max: 0}]", VALUE("0.1234567890123456"),
     VALUE("0.1234567890123457"), "r"},
    {"within a list", "fields: [{path: v, absent: true}]", VALUE("[3.0]"), VALUE("[3]"), "e:r"},

    /* An element without a name goes by its place, or by the whole of it. */
    {"one before it", EACH, LIST("{\"v\":1}"), LIST("{\"v\":0},{\"v\":1}"), "e:r"},
    {"one less before it", EACH, LIST("{\"v\":2},{\"v\":1}"), LIST("{\"v\":1}"), "e:r"},
    {"one more like it", EACH, LIST("{\"v\":1}"), LIST("{\"v\":1},{\"v\":1}"), "r"},
    {"another in its place", EACH, LIST("{\"v\":1}"), LIST("{\"v\":2}"), "r"},
    {"something else of it changes", EACH, LIST("{\"v\":1,\"h\":1}"), LIST("{\"v\":1,\"h\":2}"),
     "e:r"},
    {"its value goes to another", EACH, LIST("{\"v\":1,\"h\":1},{\"v\":0,\"h\":2}"),
     LIST("{\"v\":0,\"h\":1},{\"v\":1,\"h\":2}"), "r"},
    {"it moves and changes", EACH, LIST("{\"v\":1,\"h\":1}"), LIST("{\"v\":0},{\"v\":1,\"h\":2}"),
     "r"},
    {"it gets a name", EACH, LIST("{\"v\":1}"), LIST("{\"v\":1,\"name\":\"a\"}"), "r"},
    {"it gets another name", EACH, LIST("{\"v\":1,\"name\":\"a\"}"),
     LIST("{\"v\":1,\"name\":\"b\"}"), "r"},
    {"a text of a list moves", NONE_ADDED, ADD("[\"A\"]"), ADD("[\"C\",\"A\"]"), "e:r"},
    {"and another comes", NONE_ADDED, ADD("[\"A\"]"), ADD("[\"B\",\"A\"]"), "r"},
    {"what is not there moves", "fields: [{path: 'm[*].v', exists: true}]", LIST("{\"a\":1}"),
     LIST("{\"v\":1},{\"a\":1}"), "e:r"},
    {"and is not there elsewhere", "fields: [{path: 'm[*].v', exists: true}]", LIST("{\"a\":1}"),
     LIST("{\"v\":1},{\"a\":2}"), "r"},
    {"a list in a list", "fields: [{path: 'm[*].n[*]', notIn: [1, 2]}]",
     LIST("{\"n\":[1,2]},{\"n\":[2]}"), LIST("{\"n\":[2]},{\"n\":[1,2]}"), "e:r"},
    {"a list in a list, and one of it to another", "fields: [{path: 'm[*].n[*]', notIn: [1, 2]}]",
     LIST("{\"n\":[0,1]},{\"n\":[2]}"), LIST("{\"n\":[0]},{\"n\":[2,1]}"), "r"},

    /* Growing better is a change, too; and holding is holding. */
    {"better, but not good", "fields: [{path: v, min: 5}]", VALUE("3"), VALUE("4"), "r"},
    {"good", "fields: [{path: v, min: 5}]", VALUE("3"), VALUE("5"), ""},

    {"the image", FROM_ACME, IMAGE("\"docker.io/a\""), IMAGE("\"docker.io/a\""), "e:r"},
    {"another image", FROM_ACME, IMAGE("\"docker.io/a\""), IMAGE("\"docker.io/b\""), "r"},
    {"the end of a long image", FROM_ACME, IMAGE("\"docker.io/a/" X128 "/" X128 "a\""),
     IMAGE("\"docker.io/a/" X128 "/" X128 "b\""), "r"},
    {"no image of two kinds", FROM_ACME, IMAGE("\"\""), IMAGE("[]"), "shape"},
    {"two of one name change places", FROM_ACME, IMAGES("a", "b"), IMAGES("b", "a"), "e:r"},
    {"two of one name, and one is now as the other", FROM_ACME, IMAGES("a", "b"), IMAGES("a", "a"),
     "r"},
    {"the image of a volume", FROM_ACME, IMAGE_VOLUME("a"), IMAGE_VOLUME("a"), "e:r"},
    {"another image of a volume", FROM_ACME, IMAGE_VOLUME("a"), IMAGE_VOLUME("b"), "r"},

    {"a limit", SMALL, LIMIT("\"2\""), LIMIT("\"2\""), "e:r"},
    {"a greater limit", SMALL, LIMIT("\"2\""), LIMIT("\"3\""), "r"},
    {"a limit that is a list", SMALL, LIMIT("[1]"), LIMIT("[2]"), "r"},
    {"a request that takes the limit's place", SMALL, RESOURCES("\"limits\":{\"cpu\":\"4\"}"),
     RESOURCES("\"limits\":{\"cpu\":\"4\"},\"requests\":{\"cpu\":\"4\"}"), "e:r"},
    {"and is another", SMALL, RESOURCES("\"limits\":{\"cpu\":\"4\"}"),
     RESOURCES("\"limits\":{\"cpu\":\"4\"},\"requests\":{\"cpu\":\"5\"}"), "r"},
    {"a ratio", RATIO, RESOURCES("\"limits\":{\"cpu\":3},\"requests\":{\"cpu\":1}"),
     RESOURCES("\"limits\":{\"cpu\":3},\"requests\":{\"cpu\":1}"), "e:r"},
    {"a ratio with another request", RATIO,
     RESOURCES("\"limits\":{\"cpu\":3},\"requests\":{\"cpu\":1}"),
     RESOURCES("\"limits\":{\"cpu\":3},\"requests\":{\"cpu\":\"500m\"}"), "r"},

    {"root as before", USERS, SECURITY("", USER("0")), SECURITY("", USER("0")), "e:r"},
    {"false where nothing was", USERS, SECURITY("", ""), SECURITY("", NON_ROOT("false")), "r"},
    {"the pod says false now", USERS, SECURITY("", ""), SECURITY(NON_ROOT("false"), ""), "r"},
    {"the pod says false no more", USERS, SECURITY(NON_ROOT("false"), ""), SECURITY("", ""), "e:r"},
    {"one text after another", USERS, SECURITY("", NON_ROOT("\"a\"")),
     SECURITY("", NON_ROOT("\"b\"")), "r"},
    {"a list of one after another", USERS, SECURITY(NON_ROOT("[1]"), ""),
     SECURITY(NON_ROOT("[2]"), ""), "r"},
    {"the text true for the boolean false", USERS, SECURITY("", NON_ROOT("\"false\"")),
     SECURITY("", NON_ROOT("false")), "r"},
};

static void changed_or_as_it_was(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct fixture f;
        char rules[512];
        const char *found;

        snprintf(rules, sizeof(rules), HEAD "%s\n", cases[i].check);
        fixture_open(&f, rules);
        found = fixture_rules(
            &f, &(struct ask){.kind = "Pod", .object = cases[i].now, .old = cases[i].old}, 0);
        if (strcmp(found, cases[i].rules) != 0)
            fail_msg("%s: \"%s\"", cases[i].name, found);
        fixture_close(&f);
    }
}

/* --- random pairs ----------------------------------------------------------------------------- */

/* The same value, spelled in more than one way. */
static const char *const values[][3] = {
    {"1", "1.0", "1e0"},
    {"\"1\"", "\"\\u0031\"", "\"1\""},
    {"true", "true", "true"},
    {"\"true\"", "\"true\"", "\"true\""},
    {"[1]", "[1.0]", "[ 1 ]"},
    {"[2]", "[2.0]", "[2]"},
    {"[\"1\"]", "[\"1\"]", "[\"1\"]"},
    {"[[1]]", "[[1]]", "[[1.0]]"},
    {"{\"a\":1}", "{\"a\":1.0}", "{\"a\":1}"},
    {"{\"a\":1,\"b\":2}", "{\"b\":2,\"a\":1}", "{\"b\":2.0,\"a\":1}"},
    {"{\"a\":2,\"b\":1}", "{\"b\":1,\"a\":2}", "{\"b\":1,\"a\":2.0}"},
    {"{\"a\":[{\"c\":1}]}", "{\"a\":[{\"c\":1}]}", "{\"a\":[{\"c\":1.0}]}"},
    {"{\"a\":[{\"c\":2}]}", "{\"a\":[{\"c\":2}]}", "{\"a\":[{\"c\":2.0}]}"},
    {"\"" LONG "a\"", "\"" LONG "\\u0061\"", "\"" LONG "a\""},
    {"\"" LONG "b\"", "\"" LONG "b\"", "\"" LONG "b\""},
    {"9007199254740992", "9007199254740992.0", "9007199254740992"},
    {"9007199254740993", "9007199254740993", "9007199254740993"},
    {"-9007199254740993", "-9007199254740993", "-9007199254740993"},
    {"0", "-0.0", "0e5"},
    {"0.1", "1e-1", "0.10"},
    {"\"\\u0000\"", "\"\\u0000\"", "\"\\u0000\""},
    {"\"\"", "\"\"", "\"\""},
};

enum { NAMES = 2, MOST = 4, PAIRS = 20000, A_FIXTURE = 1000 };

/* An object of `count` elements, each with a name or none, and a value. */
struct sample {
    size_t count;
    unsigned name[MOST], value[MOST]; /* a name of NAMES is none */
};

static unsigned roll(uint64_t *random, unsigned sides)
{
    *random = *random * 6364136223846793005U + 1442695040888963407U;
    return (unsigned)(*random >> 33) % sides;
}

static struct sample any_sample(uint64_t *random)
{
    struct sample s = {.count = roll(random, MOST + 1)};

    for (size_t i = 0; i < s.count; i++) {
        s.name[i] = roll(random, NAMES + 1);
        s.value[i] = roll(random, COUNT(values));
    }
    return s;
}

/* Mostly what was there: elements trade places, one changes or comes or goes. */
static struct sample changed(struct sample s, uint64_t *random)
{
    unsigned at = s.count ? roll(random, (unsigned)s.count) : 0,
             to = s.count ? roll(random, (unsigned)s.count) : 0;
    unsigned name = s.name[at], value = s.value[at];

    if (roll(random, 2) && s.count) {
        s.name[at] = s.name[to];
        s.value[at] = s.value[to];
        s.name[to] = name;
        s.value[to] = value;
    }
    if (roll(random, 3) == 0 && s.count)
        s.value[at] = roll(random, COUNT(values));
    if (roll(random, 4) == 0 && s.count < MOST) {
        s.name[s.count] = roll(random, NAMES + 1);
        s.value[s.count++] = roll(random, COUNT(values));
    } else if (roll(random, 4) == 0 && s.count) {
        s.count--;
    }
    return s;
}

static const char *object_of(const struct sample *s, struct arena *arena, uint64_t *random)
{
    static const char *const names[] = {"\"name\":\"a\",", "\"name\":\"b\",", ""};
    struct view text = VIEW("");

    for (size_t i = 0; i < s->count; i++)
        text = arena_printf(arena, "%.*s%s{%s\"v\":%s}", VIEW_ARGS(text), i ? "," : "",
                            names[s->name[i]], values[s->value[i]][roll(random, 3)]);
    return arena_printf(arena, "{\"m\":[%.*s]}", VIEW_ARGS(text)).p;
}

/* How many elements of the same name, or of none, have that value. */
static size_t count_like(const struct sample *s, unsigned name, unsigned value)
{
    size_t count = 0;

    for (size_t i = 0; i < s->count; i++)
        count += s->name[i] == name && s->value[i] == value;
    return count;
}

static bool is_as_it_was(const struct sample *old, const struct sample *now)
{
    for (size_t i = 0; i < now->count; i++)
        if (count_like(now, now->name[i], now->value[i]) >
            count_like(old, now->name[i], now->value[i]))
            return false;
    return true;
}

/* Each value breaks the rule. What the old object had, by name and value, is let off, as often as
 * it was there; whatever else is there is denied. */
static void no_changed_value_is_hidden(void **state)
{
    static const char rules[] = HEAD "fields: [{path: 'm[*].v', in: [never]}]\n";
    uint64_t random = 1;
    size_t let_off = 0;
    struct fixture f;

    (void)state;
    fixture_open(&f, rules);
    for (size_t i = 0; i < PAIRS; i++) {
        struct sample old = any_sample(&random), now = changed(old, &random);
        struct ask ask;
        const char *found, *right;

        if (i % A_FIXTURE == A_FIXTURE - 1) {
            fixture_close(&f);
            fixture_open(&f, rules);
        }
        ask = (struct ask){.kind = "Thing",
                           .object = object_of(&now, &f.arena, &random),
                           .old = object_of(&old, &f.arena, &random)};
        right = now.count == 0 ? "" : is_as_it_was(&old, &now) ? "e:r" : "r";
        let_off += *right == 'e';
        found = fixture_rules(&f, &ask, 0);
        if (strcmp(found, right) != 0)
            fail_msg("pair %zu: \"%s\", not \"%s\"\n%s\n%s", i, found, right, ask.old, ask.object);
    }
    fixture_close(&f);
    assert_in_range(let_off, PAIRS / 10, PAIRS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(changed_or_as_it_was),
        cmocka_unit_test(no_changed_value_is_hidden),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
