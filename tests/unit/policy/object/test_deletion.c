#include "policy/object/deletion.h"
#include "unit/policy/rules_fixture.h"

#define DYING "\"deletionTimestamp\":\"2026-01-01T00:00:00Z\","
#define META(own, finalizers, generation)                                                          \
    "\"metadata\":{\"name\":\"api\",\"resourceVersion\":\"" generation                             \
    "\",\"generation\":" generation "," own "\"finalizers\":" finalizers "}"
#define OBJECT(own, finalizers, generation, rest)                                                  \
    "{" META(own, finalizers, generation) ",\"spec\":{\"replicas\":3}" rest "}"
#define AB     "[\"x/a\",\"x/b\"]"
#define OLD    OBJECT(DYING, AB, "1", ",\"status\":{\"replicas\":3}")
#define STATUS ",\"status\":{\"replicas\":3}"

static const struct {
    const char *name, *object;
    bool settles;
    const char *subresource;
} cases[] = {
    {"nothing changes", OLD, true, NULL},
    {"a finalizer less", OBJECT(DYING, "[\"x/b\"]", "1", STATUS), true, NULL},
    {"the other one less", OBJECT(DYING, "[\"x/a\"]", "1", STATUS), true, NULL},
    {"none is left", OBJECT(DYING, "[]", "1", STATUS), true, NULL},
    {"finalizers are null", OBJECT(DYING, "null", "1", STATUS), true, NULL},
    {"finalizers are gone",
     "{\"metadata\":{\"name\":\"api\",\"resourceVersion\":\"1\",\"generation\":1," DYING
     "\"managedFields\":[]},\"spec\":{\"replicas\":3}" STATUS "}",
     true, NULL},
    {"the server counts on", OBJECT(DYING, "[\"x/a\"]", "2", STATUS), true, NULL},
    {"what the server notes",
     OBJECT(DYING "\"deletionGracePeriodSeconds\":0,\"managedFields\":[{\"manager\":\"m\"}],", AB,
            "2", STATUS),
     true, NULL},
    {"a status by its subresource", OBJECT(DYING, AB, "1", ",\"status\":{\"replicas\":0}"), true,
     "status"},
    {"the first status by its subresource", OBJECT(DYING, AB, "1", ""), true, "status"},

    {"a finalizer more", OBJECT(DYING, "[\"x/a\",\"x/b\",\"x/c\"]", "1", STATUS), false, NULL},
    {"another finalizer", OBJECT(DYING, "[\"x/c\"]", "1", STATUS), false, NULL},
    {"one twice", OBJECT(DYING, "[\"x/a\",\"x/a\"]", "1", STATUS), false, NULL},
    {"in another order", OBJECT(DYING, "[\"x/b\",\"x/a\"]", "1", STATUS), false, NULL},
    {"finalizers of another type", OBJECT(DYING, "{\"x/a\":1}", "1", STATUS), false, NULL},
    {"a spec", "{" META(DYING, AB, "1") ",\"spec\":{\"replicas\":4}" STATUS "}", false, NULL},
    {"a spec less", "{" META(DYING, AB, "1") STATUS "}", false, NULL},
    {"a field beside the spec", OBJECT(DYING, AB, "1", STATUS ",\"data\":{}"), false, NULL},
    {"another one in its place", "{" META(DYING, AB, "1") ",\"data\":{\"replicas\":3}" STATUS "}",
     false, NULL},
    {"a status by the object itself", OBJECT(DYING, AB, "1", ",\"status\":{\"replicas\":0}"), false,
     NULL},
    {"a spec beside the status", "{" META(DYING, AB, "1") ",\"spec\":{\"replicas\":4}" STATUS "}",
     false, "status"},
    {"an annotation by the status", OBJECT(DYING "\"annotations\":{\"a\":\"b\"},", AB, "1", STATUS),
     false, "status"},
    {"an annotation", OBJECT(DYING "\"annotations\":{\"a\":\"b\"},", AB, "1", STATUS), false, NULL},
    {"a label", OBJECT(DYING "\"labels\":{\"a\":\"b\"},", AB, "1", STATUS), false, NULL},
    {"an owner", OBJECT(DYING "\"ownerReferences\":[{\"uid\":\"u\"}],", AB, "1", STATUS), false,
     NULL},
    {"a label beside a finalizer",
     OBJECT(DYING "\"labels\":{\"a\":\"b\"},", "[\"x/a\"]", "1", STATUS), false, NULL},
};

static bool settles(struct fixture *f, struct ask ask)
{
    struct view text = fixture_request(f, &ask);
    yyjson_doc *doc = yyjson_read(text.p, text.n, 0);
    struct request request;
    const char *problem;

    assert_non_null(doc);
    f->docs[f->doc_count++] = doc;
    assert_int_equal(request_read(yyjson_doc_get_root(doc), &request, &problem), 0);
    return deletion_settles(&request, &f->arena);
}

#define RULES                                                                                      \
    "apiVersion: tidegate.dev/v1alpha1\nkind: Policy\nmetadata: {name: p}\nspec:\n  rules:\n"      \
    "    - id: r\n      existing: deny\n      fields: [{path: metadata.name, notIn: [api]}]\n"

/* Of a workload and of what is none. */
static void what_a_deletion_takes(void **state)
{
    static const char *const kinds[] = {"Deployment", "Service"};
    struct fixture f;

    (void)state;
    fixture_open(&f, RULES);
    for (size_t k = 0; k < 2; k++)
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
            const struct ask ask = {.kind = kinds[k],
                                    .object = cases[i].object,
                                    .old = OLD,
                                    .subresource = cases[i].subresource};
            bool asked = !cases[i].settles && !cases[i].subresource;

            if (settles(&f, ask) != cases[i].settles)
                fail_msg("%s: %s", kinds[k], cases[i].name);
            if (strcmp(fixture_rules(&f, &ask, 0), asked ? "r" : "") != 0)
                fail_msg("%s: %s: by the rules", kinds[k], cases[i].name);
        }
    fixture_close(&f);
}

static void only_of_what_is_being_deleted(void **state)
{
    struct ask ask = {.object = OBJECT("", "[]", "1", STATUS), .old = OBJECT("", AB, "1", STATUS)};
    struct fixture f;

    (void)state;
    fixture_open(&f, RULES);
    assert_false(settles(&f, ask));
    ask.object = OBJECT(DYING, "[]", "1", STATUS);
    assert_false(settles(&f, ask));
    ask = (struct ask){.operation = "UPDATE", .old = OLD};
    assert_false(settles(&f, ask));
    ask = (struct ask){.operation = "DELETE", .old = OLD};
    assert_false(settles(&f, ask));
    fixture_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(what_a_deletion_takes),
                                       cmocka_unit_test(only_of_what_is_being_deleted)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
