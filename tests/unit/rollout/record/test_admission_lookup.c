#include "rollout/record/admission_lookup.h"

#include "base/arena.h"
#include "base/clock.h"
#include "cmocka_all.h"
#include "kube/cache.h"
#include "policy/limits.h"
#include "policy/object/request.h"
#include "rollout/limits.h"
#include "rollout/record/record.h"
#include "rollout/record/record_cache.h"
#include "rollout/watch/store.h"

#include <string.h>
#include <yyjson.h>

/* What the watches tell of revisions: u-1 owns revision 7 of "good" and 6 of "bad". */
int64_t store_revision_of(struct cache *s, struct view uid, struct view hash)
{
    (void)s;
    if (!view_eq_str(uid, "u-1"))
        return 0;
    return view_eq_str(hash, "good") ? 7 : view_eq_str(hash, "bad") ? 6 : 0;
}

#define RECORD                                                                                     \
    "{\"version\":1,\"kind\":\"Deployment\",\"namespace\":\"shop\",\"name\":\"api\","              \
    "\"uid\":\"u-1\",\"hash\":\"good\",\"state\":\"Healthy\",\"begun\":100,"                       \
    "\"healthy\":[{\"hash\":\"gone\",\"at\":40},{\"hash\":\"good\",\"at\":50}],"                   \
    "\"failed\":[{\"hash\":\"bad\",\"cause\":\"CrashLoop\",\"words\":\"container api ended"        \
    "\\nlast words\",\"at\":120,\"quarantined\":true},"                                            \
    "{\"hash\":\"mute\",\"cause\":\"Deadline\",\"at\":110,\"quarantined\":true},"                  \
    "{\"hash\":\"told\",\"cause\":\"Deadline\",\"words\":\"x\",\"at\":90}]}"

static const struct {
    const char *name;
    const char *record; /* NULL: the list was never whole; "": there is none */
    const char *uid;    /* of the old object; NULL: a CREATE */
    const char *hash;
    bool no_store;
    struct cluster_view_rollout expected;
} cases[] = {
    {"healthy", RECORD, "u-1", "good", false, {.begun = 100, .healthy_at = 50, .revision = 7}},
    {"its revision is gone", RECORD, "u-1", "gone", false, {.begun = 100, .healthy_at = 40}},
    {"revisions are not listed",
     RECORD,
     "u-1",
     "good",
     true,
     {.begun = 100,
      .healthy_at = 50,
      .revision_unknown = "the revisions of workloads are not listed yet"}},
    {"they do not matter", RECORD, "u-1", "other", true, {.begun = 100}},
    {"another object of that name", RECORD, "u-2", "good", false, {0}},
    {"created again", RECORD, NULL, "good", false, {0}},
    {"failed",
     RECORD,
     "u-1",
     "bad",
     false,
     {.begun = 100, .quarantined = true, .failed_at = 120, .cause = {"container api ended", 19}}},
    {"failed, created again",
     RECORD,
     NULL,
     "mute",
     false,
     {.quarantined = true, .failed_at = 110, .cause = {"Deadline", 8}}},
    {"failed, and may be tried", RECORD, "u-1", "told", false, {.begun = 100}},
    {"never seen", RECORD, "u-1", "other", false, {.begun = 100}},
    {"no record", "", "u-1", "good", false, {0}},
    {"cold", NULL, "u-1", "good", false, {.unknown = "the records of rollouts are not read yet"}},
    {"no record of ours", "{", "u-1", "good", false, {.unknown = "its record is not JSON"}},
};

static void put(struct cache *c, const char *text, struct arena *arena)
{
    yyjson_mut_doc *built = yyjson_mut_doc_new(NULL);
    yyjson_mut_val *root = yyjson_mut_obj(built), *metadata, *labels, *data;
    struct view name = record_name(VIEW("Deployment"), VIEW("shop"), VIEW("api"), arena);
    yyjson_doc *doc;

    yyjson_mut_doc_set_root(built, root);
    metadata = yyjson_mut_obj_add_obj(built, root, "metadata");
    yyjson_mut_obj_add_strn(built, metadata, "name", name.p, name.n);
    yyjson_mut_obj_add_str(built, metadata, "resourceVersion", "1");
    labels = yyjson_mut_obj_add_obj(built, metadata, "labels");
    yyjson_mut_obj_add_str(built, labels, RECORD_CACHE_LABEL, RECORD_CACHE_KIND);
    data = yyjson_mut_obj_add_obj(built, root, "data");
    yyjson_mut_obj_add_str(built, data, RECORD_CACHE_KEY, text);
    doc = yyjson_mut_doc_imut_copy(built, NULL);
    cache_put(c, 0, yyjson_doc_get_root(doc), 0);
    yyjson_doc_free(doc);
    yyjson_mut_doc_free(built);
}

static struct cache *store_of(bool synced)
{
    const struct cache_options options = {.limit = 1024, .max_age = INT64_MAX};
    struct cache *store = cache_create(&options);

    assert_non_null(store);
    cache_list_begin(store, 0);
    if (synced)
        cache_list_end(store, 0, 0);
    return store;
}

static void same_text(const char *name, const char *found, const char *expected)
{
    if (!found != !expected || (found && strcmp(found, expected) != 0))
        fail_msg("%s: \"%s\"", name, found ? found : "");
}

static void ask(size_t i, struct cache *records, struct arena *arena)
{
    const struct cluster_view_rollout *expected = &cases[i].expected;
    struct view text =
        arena_printf(arena, "{\"metadata\":{\"uid\":\"%s\"}}", cases[i].uid ? cases[i].uid : "");
    yyjson_doc *doc = yyjson_read(text.p, text.n, 0);
    struct request request = {.operation = cases[i].uid ? UPDATE : CREATE,
                              .kind = VIEW("Deployment"),
                              .namespace_ = VIEW("shop"),
                              .name = VIEW("api"),
                              .old_object = cases[i].uid ? yyjson_doc_get_root(doc) : NULL};
    struct cluster_view_rollout found;
    struct cache *store = store_of(!cases[i].no_store);

    admission_lookup(records, store, &request, view_of(cases[i].hash), arena, &found);
    same_text(cases[i].name, found.unknown, expected->unknown);
    same_text(cases[i].name, found.revision_unknown, expected->revision_unknown);
    if (found.begun != expected->begun || found.healthy_at != expected->healthy_at ||
        found.revision != expected->revision || found.quarantined != expected->quarantined ||
        found.failed_at != expected->failed_at || !view_eq(found.cause, expected->cause))
        fail_msg("%s: healthy %d, revision %d, begun %d, failed %d, %.*s", cases[i].name,
                 (int)found.healthy_at, (int)found.revision, (int)found.begun, (int)found.failed_at,
                 VIEW_ARGS(found.cause));
    yyjson_doc_free(doc);
    cache_free(store);
}

static void what_is_told(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct cache *records = record_cache_create(LIMIT_RECORDS_MEMORY);
        struct arena arena;

        arena_init(&arena, LIMIT_ARENA);
        if (cases[i].record) {
            cache_list_begin(records, 0);
            if (*cases[i].record)
                put(records, cases[i].record, &arena);
            cache_list_end(records, 0, clock_monotonic_ns());
        }
        ask(i, records, &arena);
        arena_release(&arena);
        cache_free(records);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(what_is_told)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
