#include "certs/rotation.h"

enum { SETTLES = 12 }; /* parts of its life that a new authority waits for */

static const int64_t never = INT64_MAX;

static bool is_alive(struct rotation_span s, int64_t now)
{
    return s.ends > now;
}

static int64_t two_thirds(struct rotation_span s)
{
    return s.issued + (s.ends - s.issued) * 2 / 3;
}

/* A leaf ends with its authority at the latest: another one of that authority would not outlive
 * it. */
static int64_t renewal(const struct rotation *r, int64_t now)
{
    if (!is_alive(r->ca, now))
        return never;
    if (r->leaf_lacks_name)
        return now;
    return r->leaf.ends < r->ca.ends ? two_thirds(r->leaf) : never;
}

static int64_t making(const struct rotation *r, int64_t now)
{
    if (is_alive(r->next, now))
        return never;
    return is_alive(r->ca, now) ? two_thirds(r->ca) : now;
}

static int64_t noting(const struct rotation *r, int64_t now)
{
    return is_alive(r->next, now) && r->is_published && r->published == 0 ? now : never;
}

static int64_t promotion(const struct rotation *r, int64_t now)
{
    if (!is_alive(r->next, now) || !r->is_published || r->published == 0)
        return never;
    return r->published + (r->next.ends - r->next.issued) / SETTLES;
}

/* Nobody accepts what is served, so nothing can get worse. */
static enum rotation_act rescue(const struct rotation *r, int64_t now)
{
    if (is_alive(r->ca, now))
        return ROTATION_RENEW;
    return is_alive(r->next, now) ? ROTATION_PROMOTE : ROTATION_START;
}

struct rotation_step rotation_next(const struct rotation *r, int64_t now)
{
    const struct rotation_step steps[] = {
        {ROTATION_RETIRE, r->has_retired ? r->superseded_until : never},
        {ROTATION_PUBLISHED, noting(r, now)},
        {ROTATION_PROMOTE, promotion(r, now)},
        {ROTATION_RENEW, renewal(r, now)},
        {ROTATION_MAKE_NEXT, making(r, now)},
    };
    struct rotation_step first = steps[0];

    if (!is_alive(r->leaf, now))
        return (struct rotation_step){rescue(r, now), now};
    for (unsigned i = 1; i < sizeof(steps) / sizeof(steps[0]); i++)
        if (steps[i].at < first.at)
            first = steps[i];
    return first;
}

const char *rotation_name(enum rotation_act act)
{
    static const char *const names[ROTATION_ACTS] = {"start",     "renew",   "make-next",
                                                     "published", "promote", "retire"};

    return names[act];
}
