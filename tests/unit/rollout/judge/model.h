#ifndef TG_TESTS_UNIT_ROLLOUT_JUDGE_MODEL_H
#define TG_TESTS_UNIT_ROLLOUT_JUDGE_MODEL_H

/* A workload of one container a pod, as far as the guard sees it, and who would act on it. */

#include "base/arena.h"
#include "base/buf.h"
#include "policy/guard/guard.h"
#include "policy/object/guard_command.h"
#include "policy/object/guarded_kind.h"
#include "rollout/judge/brake.h"
#include "rollout/judge/rollout.h"
#include "rollout/watch/snapshot.h"

#include <stdio.h>
#include <string.h>

enum { TEMPLATES = 26, HASH_ROOM = 65 };

struct model {
    struct rollout_guard guard;
    struct guard_http http;
    struct guard_query query;
    const char *kind;
    char template; /* 'a' to 'z' */
    int uid;
    int64_t desired, available, old; /* old: pods of other templates */
    bool observed, paused, deleting;
    unsigned exits, flaps;
    const char *waiting;
    int64_t waiting_since;
    char revisions[TEMPLATES]; /* newest last */
    int64_t numbers[TEMPLATES];
    size_t revision_count;
    int64_t last_number;
    char broken_old; /* the template of an old pod that is not ready; 0: none */
    char rollback[256], release[256], restarted[32];
    int64_t generation;
    struct brake_count brake;

    /* What the last look was made of. */
    char hashes[TEMPLATES][HASH_ROOM], images[TEMPLATES][8], names[TEMPLATES][8], uid_text[16];
    struct snapshot_revision seen_revisions[TEMPLATES];
    struct snapshot_container container;
    struct snapshot_pod pod, old_pod;
    struct snapshot snapshot;
};

static inline void model_init(struct model *m)
{
    *m = (struct model){.kind = "Deployment",
                        .uid = 1,
                        .desired = 3,
                        .observed = true,
                        .http = {.text = VIEW("api:80/"), .period = 10, .failures = 3},
                        .query = {.query = VIEW("errors"), .period = 10, .failures = 3}};
    m->guard.name = VIEW("all");
    m->guard.deadline = 600;
    m->guard.soak = 60;
    m->guard.act = GUARD_ROLLBACK;
    m->guard.quarantine = true;
    m->guard.brake = (struct guard_brake){5, 10, 3600};
    m->guard.fail.crash_loop.on = true;
    m->guard.fail.crash_loop.restarts = 3;
    m->guard.fail.image_pull.on = true;
    m->guard.fail.image_pull.lasting = 30;
    m->guard.fail.http = &m->http;
    m->guard.fail.prometheus = &m->query;
    for (int i = 0; i < TEMPLATES; i++) {
        memset(m->hashes[i], 'a' + i, HASH_ROOM - 1);
        for (int k = 0; k < HASH_ROOM - 1; k++) /* hexadecimal, and no two alike */
            m->hashes[i][k] = "0123456789abcdef"[k == 0 ? i / 16 : i % 16];
        snprintf(m->images[i], sizeof(m->images[i]), "api:%c", 'a' + i);
        snprintf(m->names[i], sizeof(m->names[i]), "api-%c", 'a' + i);
    }
}

static inline struct view model_hash(const struct model *m, char template)
{
    return view_of(m->hashes[template - 'a']);
}

/* The template of a hash. */
static inline char model_template(const struct model *m, struct view hash)
{
    for (int i = 0; i < TEMPLATES; i++)
        if (view_eq_str(hash, m->hashes[i]))
            return (char)('a' + i);
    return 0;
}

/* Another template is there: its revision is the newest, with a new number. */
static inline void model_deploy(struct model *m, char template)
{
    size_t n = 0;

    for (size_t i = 0; i < m->revision_count; i++)
        if (m->revisions[i] != template) {
            m->revisions[n] = m->revisions[i];
            m->numbers[n++] = m->numbers[i];
        }
    m->revisions[n] = template;
    m->numbers[n++] = ++m->last_number;
    m->revision_count = n;
    m->template = template;
    m->available = 0;
    m->exits = m->flaps = 0;
    m->waiting = NULL;
    m->waiting_since = 0;
    m->old = 0;
}

static inline void model_order(struct model *m, char room[256], char template, int64_t at)
{
    struct arena arena;
    struct guard_command order = {.hash = model_hash(m, template), .by = VIEW("bob"), .at = at};

    arena_init(&arena, 65536);
    snprintf(room, 256, "%s", guard_command_print(&order, &arena).p);
    arena_release(&arena);
}

static inline const struct snapshot *model_look(struct model *m)
{
    bool ready = m->available >= m->desired;

    for (size_t i = 0; i < m->revision_count; i++) {
        size_t from = m->revision_count - 1 - i;

        m->seen_revisions[i] =
            (struct snapshot_revision){view_of(m->names[m->revisions[from] - 'a']),
                                       model_hash(m, m->revisions[from]), m->numbers[from]};
    }
    snprintf(m->uid_text, sizeof(m->uid_text), "u-%d", m->uid);
    m->container = (struct snapshot_container){.name = VIEW("api"),
                                               .running = !m->waiting,
                                               .ready = ready,
                                               .exits = m->exits,
                                               .ended = m->exits > 0 ? VIEW("Error") : VIEW(""),
                                               .exit_code = m->exits > 0,
                                               .waiting = view_of(m->waiting),
                                               .waiting_since = m->waiting_since};
    m->pod = (struct snapshot_pod){.name = VIEW("api-1"),
                                   .ready = ready,
                                   .flaps = m->flaps,
                                   .containers = &m->container,
                                   .container_count = 1};
    m->old_pod = (struct snapshot_pod){.name = VIEW("api-0")};
    if (m->broken_old)
        m->old_pod.revision = view_of(m->names[m->broken_old - 'a']);
    m->snapshot = (struct snapshot){.guarded_kind = guarded_kind_of(VIEW("apps"), view_of(m->kind)),
                                    .namespace_ = VIEW("shop"),
                                    .name = VIEW("api"),
                                    .uid = view_of(m->uid_text),
                                    .hash = model_hash(m, m->template),
                                    .images = view_of(m->images[m->template - 'a']),
                                    .restarted = view_of(m->restarted),
                                    .generation = m->generation,
                                    .observed = m->observed,
                                    .deleting = m->deleting,
                                    .paused = m->paused,
                                    .desired = m->desired,
                                    .updated = m->desired,
                                    .available = m->available,
                                    .total = m->desired + m->old,
                                    .rollback_order = view_of(m->rollback[0] ? m->rollback : NULL),
                                    .release_order = view_of(m->release[0] ? m->release : NULL),
                                    .revisions = m->seen_revisions,
                                    .revision_count = m->revision_count,
                                    .pods = &m->pod,
                                    .pod_count = 1,
                                    .old_pods = &m->old_pod,
                                    .old_pod_count = m->broken_old != 0};
    return &m->snapshot;
}

#endif
