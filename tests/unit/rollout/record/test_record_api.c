#include "rollout/record/record_api.h"

#include "base/arena.h"
#include "kube/client.h"
#include "kube/limits.h"
#include "rollout/record/record_cache.h"
#include "unit/rollout/api.h"

#define RECORD "/api/v1/namespaces/tidegate-system/configmaps/rollout.deployment.shop.api"

/* "KIND NAME UID" of what owns the record that is stored; empty: nothing does. */
static void assert_owner(struct api *api, const char *expected)
{
    json_t *map = api_get(api, RECORD);
    json_t *owners = json_object_get(json_object_get(map, "metadata"), "ownerReferences");
    const char *version, *kind, *name, *uid;
    char seen[256] = "";

    assert_non_null(map);
    if (json_unpack(json_array_get(owners, 0), "{s:s, s:s, s:s, s:s}", "apiVersion", &version,
                    "kind", &kind, "name", &name, "uid", &uid) == 0)
        snprintf(seen, sizeof(seen), "%s %s %s %s", version, kind, name, uid);
    assert_string_equal(seen, expected);
    json_decref(map);
}

/* One that comes late, or again, owns a record from its next write on. */
static void a_record_has_the_owner_that_is_there(void **state)
{
    static const struct {
        const char *owner, *expected;
    } writes[] = {
        {NULL, ""},
        {"u1", "v1 ConfigMap " RECORD_CACHE_OWNER " u1"},
        {"u2", "v1 ConfigMap " RECORD_CACHE_OWNER " u2"},
        {NULL, ""},
    };
    char version[LIMIT_KUBE_VERSION] = "";
    struct client *client;
    struct record record;
    struct arena arena;
    struct view message;
    struct api api;

    (void)state;
    api_start(&api);
    assert_non_null(client = client_create(&api.kube));
    arena_init(&arena, LIMIT_KUBE_ANSWER);
    record_init(&record);
    record.kind = VIEW("Deployment");
    record.namespace_ = VIEW("shop");
    record.name = VIEW("api");
    for (size_t i = 0; i < sizeof(writes) / sizeof(writes[0]); i++) {
        assert_int_equal(record_api_save(client, VIEW("tidegate-system"), view_of(writes[i].owner),
                                         &record, version, &arena, &message),
                         OUTCOME_DONE);
        assert_owner(&api, writes[i].expected);
    }
    record_release(&record);
    arena_release(&arena);
    client_free(client);
    api_stop(&api);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_record_has_the_owner_that_is_there),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
