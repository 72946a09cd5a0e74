#include "server/rules/object_status.h"

#include "base/buf.h"
#include "base/time/timefmt.h"
#include "policy/freezes/freezes.h"
#include "policy/set.h"

int object_status_at(const struct policy_set *set, int64_t now, struct arena *arena,
                     struct object_status *out)
{
    struct freeze_place *places = NULL;

    if (freezes_at(set, now, arena, &places) < 0)
        return -1;
    *out = (struct object_status){.set = set, .places = places, .until = INT64_MAX};
    for (const struct freeze_place *p = places; p; p = p->next)
        if (p->next_change != WINDOW_NEVER && p->next_change < out->until)
            out->until = p->next_change;
    return 0;
}

static void write_policy(const struct policy *policy, struct buf *out)
{
    unsigned modes = 0;
    const char *before = "";

    for (size_t i = 0; policy && i < policy->rule_count; i++)
        modes |= 1u << policy->rules[i].mode;
    if (!policy) {
        buf_add_str(out, "{\"mode\":null,\"rules\":null}");
        return;
    }
    buf_add_str(out, "{\"mode\":\"");
    for (enum mode mode = MODE_DENY; mode <= MODE_AUDIT; mode++) {
        if (!(modes >> mode & 1))
            continue;
        buf_printf(out, "%s%s", before, mode_name(mode));
        before = ", ";
    }
    buf_printf(out, "\",\"rules\":%zu}", policy->rule_count);
}

static void write_time(const char *key, int64_t at, const struct zone *zone, struct buf *out)
{
    char text[TIMEFMT_ROOM];

    if (at == INT64_MAX)
        buf_printf(out, ",\"%s\":null", key);
    else
        buf_printf(out, ",\"%s\":\"%s\"", key, timefmt_rfc3339(at, zone, text));
}

static void write_environment(const struct object_status *s, const struct environment *environment,
                              struct buf *out)
{
    size_t frozen = 0, all = 0;
    int64_t until = INT64_MAX, next = INT64_MAX;

    for (const struct freeze_place *p = s->places; p; p = p->next) {
        if (!environment || p->environment != environment)
            continue;
        all++;
        frozen += p->frozen;
        if (p->next_change == WINDOW_NEVER)
            continue;
        if (p->frozen && p->next_change < until)
            until = p->next_change;
        if (p->next_change < next)
            next = p->next_change;
    }
    if (environment)
        buf_printf(out, "{\"frozen\":\"%s\"",
                   frozen == 0     ? "no"
                   : frozen == all ? "yes"
                                   : "partly");
    else
        buf_add_str(out, "{\"frozen\":null");
    write_time("until", until, environment ? environment->zone : NULL, out);
    write_time("nextChange", next, environment ? environment->zone : NULL, out);
    buf_add_char(out, '}');
}

static const struct policy *find_policy(const struct policy_set *set, struct view name)
{
    for (size_t i = 0; i < set->policy_count; i++)
        if (view_eq(set->policies[i].name, name))
            return &set->policies[i];
    return NULL;
}

static const struct environment *find_environment(const struct policy_set *set, struct view name)
{
    for (size_t i = 0; i < set->environment_count; i++)
        if (view_eq(set->environments[i].name, name))
            return &set->environments[i];
    return NULL;
}

void object_status_write(const struct object_status *s, struct view object, struct buf *out)
{
    struct view kind, name;

    view_cut(object, '/', &kind, &name);
    if (view_eq_str(kind, "policy"))
        write_policy(find_policy(s->set, name), out);
    else if (view_eq_str(kind, "environment"))
        write_environment(s, find_environment(s->set, name), out);
    else
        buf_add_str(out, "{}");
}
