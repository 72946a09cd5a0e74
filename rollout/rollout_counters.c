#include "rollout/rollout_counters.h"

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
}

void rollout_counters_move(struct rollout_counters *t, enum rollout_state from,
                           enum rollout_state to)
{
    if (from == to)
        return;
    atomic_fetch_sub(&t->states[from], from != ROLLOUT_NONE);
    atomic_fetch_add(&t->states[to], to != ROLLOUT_NONE);
}

void rollout_counters_event(struct rollout_counters *t, const struct rollout_event *event)
{
    atomic_fetch_add(&t->event[event->kind], 1);
    if (event->kind == ROLLOUT_EVENT_FAILED)
        atomic_fetch_add(&t->failures[event->cause.kind], 1);
    if (event->kind == ROLLOUT_EVENT_ROLLED_BACK)
        atomic_fetch_add(&t->rollbacks[event->cause.kind], 1);
}
