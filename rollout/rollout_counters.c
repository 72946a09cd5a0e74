#include "rollout/rollout_counters.h"

#include <stdio.h>
#include <string.h>

void rollout_counters_init(struct rollout_counters *t)
{
    for (size_t i = 0; i < ROLLOUT_STATES; i++)
        atomic_init(&t->states[i], 0);
    for (size_t i = 0; i < ROLLOUT_EVENT_KINDS; i++)
        atomic_init(&t->event[i], 0);
    for (size_t i = 0; i < CAUSES; i++) {
        atomic_init(&t->failures[i], 0);
        atomic_init(&t->rollbacks[i], 0);
    }
    pthread_mutex_init(&t->lock, NULL);
    t->troubled_count = 0;
}

void rollout_counters_move(struct rollout_counters *t, enum rollout_state from,
                           enum rollout_state to)
{
    if (from == to)
        return;
    atomic_fetch_sub(&t->states[from], from != ROLLOUT_NONE);
    atomic_fetch_add(&t->states[to], to != ROLLOUT_NONE);
}

static struct rollout_trouble *find(struct rollout_counters *t, const struct record *r)
{
    for (size_t i = 0; i < t->troubled_count; i++) {
        struct rollout_trouble *it = &t->troubled[i];

        if (view_eq_str(r->name, it->name) && view_eq_str(r->namespace_, it->namespace_) &&
            view_eq_str(r->kind, it->kind))
            return it;
    }
    return NULL;
}

static struct rollout_trouble trouble_of(const struct record *r)
{
    struct rollout_trouble it = {.state = ROLLOUT_NONE};

    snprintf(it.kind, sizeof(it.kind), "%.*s", VIEW_ARGS(r->kind));
    snprintf(it.namespace_, sizeof(it.namespace_), "%.*s", VIEW_ARGS(r->namespace_));
    snprintf(it.name, sizeof(it.name), "%.*s", VIEW_ARGS(r->name));
    return it;
}

void rollout_counters_name(struct rollout_counters *t, const struct record *r,
                           enum rollout_state state)
{
    bool troubled =
        state == ROLLOUT_FAILED || state == ROLLOUT_DEGRADED || state == ROLLOUT_ROLLING_BACK;
    struct rollout_trouble *it;

    pthread_mutex_lock(&t->lock);
    it = find(t, r);
    if (!it && troubled && t->troubled_count < LIMIT_TROUBLED) {
        it = &t->troubled[t->troubled_count++];
        *it = trouble_of(r);
    }
    if (it && troubled)
        it->state = state;
    else if (it)
        *it = t->troubled[--t->troubled_count];
    pthread_mutex_unlock(&t->lock);
}

size_t rollout_counters_troubled(struct rollout_counters *t,
                                 struct rollout_trouble out[static LIMIT_TROUBLED])
{
    size_t count;

    pthread_mutex_lock(&t->lock);
    count = t->troubled_count;
    memcpy(out, t->troubled, count * sizeof(*out));
    pthread_mutex_unlock(&t->lock);
    return count;
}

void rollout_counters_event(struct rollout_counters *t, const struct rollout_event *event)
{
    atomic_fetch_add(&t->event[event->kind], 1);
    if (event->kind == ROLLOUT_EVENT_FAILED)
        atomic_fetch_add(&t->failures[event->cause.kind], 1);
    if (event->kind == ROLLOUT_EVENT_ROLLED_BACK)
        atomic_fetch_add(&t->rollbacks[event->cause.kind], 1);
}
