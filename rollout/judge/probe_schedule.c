#include "rollout/judge/probe_schedule.h"

#include "base/mem.h"
#include "policy/guard/guard.h"
#include "policy/limits.h"

#include <stdio.h>
#include <string.h>

/* An answer that is this much late is not awaited any more: who asked was another leader. */
enum { LOST = 60 };

/* --- room ------------------------------------------------------------------------------------- */

void probe_schedule_begin(struct probes *probes, const struct rollout_guard *guard)
{
    size_t http = guard->fail.http_count, count = http + guard->fail.prometheus_count;
    struct probe_state *states = count > 0 ? mem_alloc(count * sizeof(*states)) : NULL;

    probe_schedule_release(probes);
    if (!states)
        return;
    *probes = (struct probes){states, states + http, http, count - http};
    probe_schedule_forget(probes);
}

bool probe_schedule_fits(const struct probes *probes, const struct rollout_guard *guard)
{
    return probes->http_count == guard->fail.http_count &&
           probes->prometheus_count == guard->fail.prometheus_count;
}

void probe_schedule_forget(struct probes *probes)
{
    if (probes->http)
        memset(probes->http, 0,
               (probes->http_count + probes->prometheus_count) * sizeof(*probes->http));
}

void probe_schedule_release(struct probes *probes)
{
    mem_free(probes->http);
    *probes = (struct probes){0};
}

struct probe_state *probe_schedule_find(struct probes *probes, bool prometheus, size_t index)
{
    if (index >= (prometheus ? probes->prometheus_count : probes->http_count))
        return NULL;
    return prometheus ? &probes->prometheus[index] : &probes->http[index];
}

/* --- asking ----------------------------------------------------------------------------------- */

static bool is_due(const struct probe_state *probe, int64_t from, int64_t period, int64_t soaking,
                   int64_t now, int64_t *next)
{
    int64_t at = from;

    if (probe->awaited)
        at = probe->asked + LIMIT_GUARD_TIMEOUT + LOST;
    else if (probe->asked > 0 && probe->asked >= soaking)
        at = probe->asked + period;
    if (now >= at)
        return true;
    if (*next == 0 || at < *next)
        *next = at;
    return false;
}

bool probe_schedule_due(const struct rollout_guard *guard, const struct probes *probes,
                        int64_t begun, int64_t soaking, int64_t now, int64_t *next,
                        bool *prometheus, size_t *index)
{
    const struct guard_signals *fail = &guard->fail;

    *prometheus = false;
    for (*index = 0; *index < probes->http_count; (*index)++)
        if (is_due(&probes->http[*index], begun + fail->http[*index].delay,
                   fail->http[*index].period, soaking, now, next))
            return true;
    *prometheus = true;
    for (*index = 0; *index < probes->prometheus_count; (*index)++)
        if (is_due(&probes->prometheus[*index], begun + fail->prometheus[*index].delay,
                   fail->prometheus[*index].period, soaking, now, next))
            return true;
    return false;
}

/* --- answers ---------------------------------------------------------------------------------- */

static bool is_answered(const struct probe_state *probe, int64_t since)
{
    return probe->asked > 0 && probe->asked >= since && !probe->awaited;
}

bool probe_schedule_went_well(const struct rollout_guard *guard, const struct probes *probes,
                              int64_t since, bool *no_data)
{
    *no_data = false;
    if (!probe_schedule_fits(probes, guard))
        return false;
    for (size_t i = 0; i < probes->http_count; i++)
        if (!is_answered(&probes->http[i], since) || !probes->http[i].ok)
            return false;
    for (size_t i = 0; i < probes->prometheus_count; i++) {
        const struct probe_state *probe = &probes->prometheus[i];

        if (!is_answered(probe, since) || (!probe->ok && !probe->no_data))
            return false;
        *no_data = *no_data || probe->no_data;
    }
    return true;
}

bool probe_schedule_goes_badly(const struct probes *probes)
{
    for (size_t i = 0; i < probes->http_count; i++)
        if (probes->http[i].failures > 0)
            return true;
    for (size_t i = 0; i < probes->prometheus_count; i++)
        if (probes->prometheus[i].failures > 0)
            return true;
    return false;
}

void probe_schedule_answered(struct probe_state *probe, const struct probe_answer *answer)
{
    if (!probe->awaited || answer->asked < probe->asked)
        return;
    probe->awaited = false;
    probe->answered = answer->at;
    probe->ok = answer->ok;
    probe->no_data = answer->no_data;
    if (answer->ok)
        probe->failures = 0;
    else if (!answer->no_data)
        probe->failures++;
    snprintf(probe->message, sizeof(probe->message), "%s", answer->message);
}
