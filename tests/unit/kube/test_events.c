#include "kube/events.h"

#include "cmocka_all.h"
#include "kube/limits.h"

#include <stdlib.h>
#include <string.h>

static struct events_note note_of(const char *name)
{
    return (struct events_note){.api_version = VIEW("apps/v1"),
                                .kind = VIEW("Deployment"),
                                .namespace_ = VIEW("shop"),
                                .name = view_of(name),
                                .uid = VIEW("u-1"),
                                .controller = "tidegate.dev/guard",
                                .reason = "RolledBack",
                                .action = "Rollback",
                                .note = VIEW("v2 failed"),
                                .at = 1795514400,
                                .key = VIEW("k")};
}

static json_t *first_of(const struct events_note *note)
{
    json_t *event = events_first(note, VIEW("replica-1"), "NOW");

    assert_non_null(event);
    return event;
}

static void assert_json(json_t *value, const char *expected)
{
    char *text = json_dumps(value, JSON_COMPACT | JSON_SORT_KEYS);

    assert_string_equal(text, expected);
    free(text);
    json_decref(value);
}

static char *name_of(const struct events_note *note)
{
    json_t *event = first_of(note);
    char *name =
        strdup(json_string_value(json_object_get(json_object_get(event, "metadata"), "name")));

    json_decref(event);
    return name;
}

static void the_first_one(void **state)
{
    struct events_note note = note_of("api");

    (void)state;
    note.version = VIEW("77");
    note.warning = true;
    assert_json(first_of(&note),
                "{\"action\":\"Rollback\",\"apiVersion\":\"v1\",\"count\":1,\"eventTime\":\"NOW\","
                "\"firstTimestamp\":\"2026-11-24T10:00:00Z\",\"involvedObject\":{\"apiVersion\":"
                "\"apps/v1\","
                "\"kind\":\"Deployment\",\"name\":\"api\",\"namespace\":\"shop\","
                "\"resourceVersion\":\"77\","
                "\"uid\":\"u-1\"},\"kind\":\"Event\",\"lastTimestamp\":\"2026-11-24T10:00:00Z\","
                "\"message\":\"v2 failed\",\"metadata\":{\"name\":\"api.956a7ef1d7d39b7c\","
                "\"namespace\":\"shop\"},\"reason\":\"RolledBack\","
                "\"reportingComponent\":\"tidegate.dev/guard\",\"reportingInstance\":\"replica-1\","
                "\"source\":{\"component\":\"tidegate.dev/guard\"},\"type\":\"Warning\"}");
}

static void what_is_of_no_namespace(void **state)
{
    struct events_note note = note_of("node-1");
    json_t *event;

    (void)state;
    note.namespace_ = (struct view){NULL, 0};
    event = first_of(&note);
    assert_null(json_object_get(json_object_get(event, "involvedObject"), "namespace"));
    assert_string_equal(
        json_string_value(json_object_get(json_object_get(event, "metadata"), "namespace")),
        "default");
    assert_string_equal(json_string_value(json_object_get(event, "type")), "Normal");
    json_decref(event);
}

/* The same uid, reason and key are the same Event, whatever else is said. */
static void names(void **state)
{
    static const struct {
        const char *uid, *key, *note, *reason;
        bool same;
    } cases[] = {
        {"u-1", "k", "other", "RolledBack", true}, {"u-2", "k", "n", "RolledBack", false},
        {"u-1", "kk", "n", "RolledBack", false},   {"u-1", "k", "n", "RolledBac", false},
        {"u-1", "", "n", "RolledBackk", false},
    };
    struct events_note note = note_of("api");
    char *name = name_of(&note);

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char *other;

        note.uid = view_of(cases[i].uid);
        note.key = view_of(cases[i].key);
        note.note = view_of(cases[i].note);
        note.reason = cases[i].reason;
        other = name_of(&note);
        assert_int_equal(strcmp(name, other) == 0, cases[i].same);
        free(other);
    }
    free(name);
}

static void a_long_name_is_cut_where_a_name_may_end(void **state)
{
    char text[254];
    struct events_note note;
    char *name;

    (void)state;
    memset(text, 'a', 253);
    text[253] = '\0';
    memset(text + 150, '-', 60);
    note = note_of(text);
    name = name_of(&note);
    assert_int_equal(strlen(name), 150 + 1 + 16);
    free(name);
}

/* --- notes ------------------------------------------------------------------------------------ */

static struct view sent(const char *before, size_t count, const char *after)
{
    static char text[2 * LIMIT_EVENT_NOTE];
    struct events_note note = note_of("api");
    char *whole = malloc(strlen(before) + count + strlen(after) + 1);
    json_t *event;
    struct view out;

    strcpy(whole, before);
    memset(whole + strlen(before), 'x', count);
    strcpy(whole + strlen(before) + count, after);
    note.note = view_of(whole);
    event = first_of(&note);
    out = view_of(json_string_value(json_object_get(event, "message")));
    memcpy(text, out.p, out.n);
    out.p = text;
    json_decref(event);
    free(whole);
    return out;
}

static void notes_are_cut_between_characters(void **state)
{
    static const struct {
        const char *before;
        size_t count;
        const char *after;
        size_t left;
    } cases[] = {
        {"a\nb", 0, "", 3},
        {"", LIMIT_EVENT_NOTE - 1, "", LIMIT_EVENT_NOTE - 1},
        {"", LIMIT_EVENT_NOTE, "", LIMIT_EVENT_NOTE},
        {"", LIMIT_EVENT_NOTE + 1, "", LIMIT_EVENT_NOTE},
        {"", LIMIT_EVENT_NOTE - 2, "\u00fc", LIMIT_EVENT_NOTE},
        {"", LIMIT_EVENT_NOTE - 1, "\u00fc", LIMIT_EVENT_NOTE - 1},
        {"", LIMIT_EVENT_NOTE - 3, "\U0001F600", LIMIT_EVENT_NOTE - 3},
        {"\xff", 0, "", 3}, /* U+FFFD */
        {"\xff", LIMIT_EVENT_NOTE - 2, "", LIMIT_EVENT_NOTE},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_int_equal(sent(cases[i].before, cases[i].count, cases[i].after).n, cases[i].left);
    assert_memory_equal(sent("a\nb", 0, "").p, "a\nb", 3);
    assert_memory_equal(sent("\xff", 0, "").p, "\xef\xbf\xbd", 3);
}

static void one_more(void **state)
{
    (void)state;
    assert_json(events_again(VIEW("7"), 0, "NOW"),
                "{\"count\":2,\"lastTimestamp\":\"NOW\",\"metadata\":{\"resourceVersion\":\"7\"}}");
    assert_json(events_again(VIEW("8"), 2, "NOW"),
                "{\"count\":3,\"lastTimestamp\":\"NOW\",\"metadata\":{\"resourceVersion\":\"8\"}}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_one),
        cmocka_unit_test(what_is_of_no_namespace),
        cmocka_unit_test(names),
        cmocka_unit_test(a_long_name_is_cut_where_a_name_may_end),
        cmocka_unit_test(notes_are_cut_between_characters),
        cmocka_unit_test(one_more),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
