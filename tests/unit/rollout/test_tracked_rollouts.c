#include "policy/limits.h"
#include "rollout/limits.h"
#include "rollout/tracked_rollouts.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "cmocka_all.h"
#include "kube/cache.h"
#include "policy/object/guarded_kind.h"
#include "rollout/record/record_cache.h"
#include "rollout/watch/snapshot.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

static struct snapshot sight_of_uid(const char *uid)
{
    return (struct snapshot){.guarded_kind = guarded_kind_of(VIEW("apps"), VIEW("Deployment")),
                             .namespace_ = VIEW("shop"),
                             .name = VIEW("api"),
                             .uid = view_of(uid)};
}

/* Empty; whole or never listed. */
static struct cache *cache(bool whole)
{
    struct cache *c = record_cache_create(LIMIT_RECORDS_MEMORY);

    assert_non_null(c);
    cache_list_begin(c, 0);
    if (whole)
        cache_list_end(c, 0, clock_monotonic_ns());
    return c;
}

/* What is kept of shop/api: the version, and the text of a record. */
static void keep(struct cache *c, struct view text)
{
    struct arena arena;
    struct view name, kept;

    arena_init(&arena, 1 << 20);
    name = record_name(VIEW("Deployment"), VIEW("shop"), VIEW("api"), &arena);
    kept = arena_printf(&arena, "7\n%.*s", VIEW_ARGS(text));
    cache_upsert(c, 0, name, kept);
    arena_release(&arena);
}

/* Healthy, of the workload "d1", with a good template and a failed one. */
static void keep_record(struct cache *c)
{
    struct record record;
    struct buf text;

    record_init(&record);
    record.kind = VIEW("Deployment");
    record.namespace_ = VIEW("shop");
    record.name = VIEW("api");
    record.uid = VIEW("d1");
    record.state = ROLLOUT_HEALTHY;
    record.hash = VIEW("h1");
    record_add_good(&record, &(struct record_good){.hash = VIEW("h1"), .at = 1});
    record_add_failure(&record, &(struct record_failure){.hash = VIEW("h2"), .quarantined = true});
    buf_init(&text, LIMIT_RECORD);
    record_write(&record, &text);
    keep(c, buf_view(&text));
    buf_release(&text);
    record_release(&record);
}

enum known { NOT_LISTED, NOTHING, BROKEN, RECORD };

static struct cache *cache_of(enum known kept)
{
    struct cache *c = cache(kept != NOT_LISTED);

    if (kept == BROKEN)
        keep(c, VIEW("no record"));
    if (kept == RECORD)
        keep_record(c);
    return c;
}

static void what_is_recorded_is_adopted(void **state)
{
    static const struct {
        const char *name;
        enum known kept;
        const char *uid;
        bool adopted;
        const char *version;
        enum rollout_state state;
        size_t goods, failures;
    } cases[] = {
        {"the records are not listed yet", NOT_LISTED, "d1", false, "", 0, 0, 0},
        {"never seen", NOTHING, "d1", true, "", ROLLOUT_NONE, 0, 0},
        {"one that cannot be read is written over", BROKEN, "d1", true, "7", ROLLOUT_NONE, 0, 0},
        {"as it is", RECORD, "d1", true, "7", ROLLOUT_HEALTHY, 1, 1},
        {"created again: what failed stays failed", RECORD, "d2", true, "7", ROLLOUT_NONE, 0, 1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct snapshot snapshot = sight_of_uid(cases[i].uid);
        struct tracked_rollouts_source source = {.records = cache_of(cases[i].kept)};
        struct tracked_rollouts_entry *entry;
        struct tracked_rollouts tracked;
        struct rollout_counters counters;
        struct arena arena;

        rollout_counters_init(&counters);
        tracked_rollouts_init(&tracked, &counters);
        arena_init(&arena, LIMIT_ARENA);
        entry = tracked_rollouts_adopt(&tracked, &source, &snapshot, false, &arena);
        if (!!entry != cases[i].adopted)
            fail_msg("%s", cases[i].name);
        assert_ptr_equal(tracked_rollouts_find(&tracked, snapshot.uid), entry);
        if (entry) {
            assert_string_equal(entry->version, cases[i].version);
            assert_int_equal(entry->rollout.record.state, cases[i].state);
            assert_int_equal(entry->rollout.record.good_count, cases[i].goods);
            assert_int_equal(entry->rollout.record.failure_count, cases[i].failures);
        }
        assert_int_equal(atomic_load(&counters.states[ROLLOUT_HEALTHY]),
                         cases[i].state == ROLLOUT_HEALTHY);
        tracked_rollouts_release(&tracked);
        assert_int_equal(atomic_load(&counters.states[ROLLOUT_HEALTHY]), 0);
        arena_release(&arena);
        cache_free(source.records);
    }
}

static void who_is_in_trouble_is_named_until_it_is_forgotten(void **state)
{
    struct tracked_rollouts_source source = {.records = cache_of(RECORD)};
    struct rollout_trouble found[LIMIT_TROUBLED];
    struct snapshot snapshot = sight_of_uid("d1");
    struct tracked_rollouts_entry *entry;
    struct tracked_rollouts tracked;
    struct rollout_counters counters;
    struct arena arena;

    (void)state;
    rollout_counters_init(&counters);
    tracked_rollouts_init(&tracked, &counters);
    arena_init(&arena, LIMIT_ARENA);
    entry = tracked_rollouts_adopt(&tracked, &source, &snapshot, false, &arena);
    assert_int_equal(rollout_counters_troubled(&counters, found), 0);
    entry->rollout.record.state = ROLLOUT_FAILED;
    tracked_rollouts_moved(&tracked, entry, ROLLOUT_HEALTHY);
    assert_int_equal(rollout_counters_troubled(&counters, found), 1);
    assert_string_equal(found[0].name, "api");
    tracked_rollouts_release(&tracked);
    assert_int_equal(rollout_counters_troubled(&counters, found), 0);
    arena_release(&arena);
    cache_free(source.records);
}

/* There is an entry with all of it, or none. */
static void memory_runs_out(void **state)
{
    struct tracked_rollouts_source source = {.records = cache_of(RECORD)};
    struct snapshot snapshot = sight_of_uid("d1");

    (void)state;
    for (size_t n = 1;; n++) {
        struct tracked_rollouts_entry *entry;
        struct tracked_rollouts tracked;
        struct rollout_counters counters;
        struct arena arena;
        size_t made;

        rollout_counters_init(&counters);
        tracked_rollouts_init(&tracked, &counters);
        arena_init(&arena, LIMIT_ARENA);
        mem_fail_nth(n);
        entry = tracked_rollouts_adopt(&tracked, &source, &snapshot, false, &arena);
        made = mem_fail_nth(0);
        if (entry && entry->rollout.record.failure_count != 1)
            fail_msg("forgot a failure, at allocation %zu", n);
        assert_int_equal(atomic_load(&counters.states[ROLLOUT_HEALTHY]), entry != NULL);
        tracked_rollouts_release(&tracked);
        arena_release(&arena);
        if (made < n)
            break;
    }
    cache_free(source.records);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_recorded_is_adopted),
        cmocka_unit_test(who_is_in_trouble_is_named_until_it_is_forgotten),
        cmocka_unit_test(memory_runs_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
