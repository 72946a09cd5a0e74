#include "rollout/rollout_counters.h"

void tally_init(struct tally *t)
{
    for (size_t i = 0; i < ROLLOUT_STATES; i++)
        atomic_init(&t->states[i], 0);
    for (size_t i = 0; i < NEWS_KINDS; i++)
        atomic_init(&t->news[i], 0);
    for (size_t i = 0; i < CAUSES; i++) {
        atomic_init(&t->failures[i], 0);
        atomic_init(&t->rollbacks[i], 0);
    }
}

void tally_move(struct tally *t, enum rollout_state from, enum rollout_state to)
{
    if (from == to)
        return;
    atomic_fetch_sub(&t->states[from], from != ROLLOUT_NONE);
    atomic_fetch_add(&t->states[to], to != ROLLOUT_NONE);
}

void tally_news(struct tally *t, const struct news *news)
{
    atomic_fetch_add(&t->news[news->kind], 1);
    if (news->kind == NEWS_FAILED)
        atomic_fetch_add(&t->failures[news->cause.kind], 1);
    if (news->kind == NEWS_ROLLED_BACK)
        atomic_fetch_add(&t->rollbacks[news->cause.kind], 1);
}
