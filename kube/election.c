#include "kube/election.h"

#include "base/json/json.h"
#include "kube/limits.h"

#include <stdio.h>
#include <string.h>

enum { CONFLICT_WAIT = 200, FAILURE_WAIT = 1000 }; /* milliseconds */

static const int64_t millisecond = 1000 * 1000, second = 1000 * millisecond;

int election_init(struct election *e, struct view identity)
{
    *e = (struct election){.identity = identity};
    return identity.n > 0 && identity.n <= LIMIT_IDENTITY ? 0 : -1;
}

static bool is_mine(const struct election *e)
{
    return view_eq(view_of(e->seen.holder), e->identity);
}

static bool is_same(const struct election_record *a, const struct election_record *b)
{
    return strcmp(a->holder, b->holder) == 0 && strcmp(a->renewed, b->renewed) == 0 &&
           a->seconds == b->seconds && a->transitions == b->transitions;
}

static void observe(struct election *e, const struct election_input *input)
{
    if (e->changed == 0 || !is_same(&e->seen, &input->record)) {
        e->seen = input->record;
        e->changed = input->now;
    }
    if (!is_mine(e))
        e->led_until = 0;
}

/* Takes a Lease that is free, ours or expired; a Lease of another holder is read again at the
 * latest when it expires. */
static struct election_step after_look(const struct election *e, int64_t now)
{
    int64_t left = e->changed + e->seen.seconds * second - now;
    int64_t wait = LIMIT_LEASE_RENEW * 1000;

    if (e->seen.holder[0] == '\0' || is_mine(e) || left <= 0)
        return (struct election_step){0, ELECTION_UPDATE};
    if (left < wait * millisecond)
        wait = (left + millisecond - 1) / millisecond;
    return (struct election_step){wait, ELECTION_GET};
}

struct election_step election_step(struct election *e, const struct election_input *input)
{
    int64_t wait = FAILURE_WAIT;

    switch (input->event) {
    case ELECTION_READ: observe(e, input); return after_look(e, input->now);
    case ELECTION_ABSENT:
        e->seen = (struct election_record){0};
        e->changed = 0;
        e->led_until = 0;
        return (struct election_step){0, ELECTION_CREATE};
    case ELECTION_WRITTEN:
        observe(e, input);
        if (!is_mine(e))
            break;
        e->led_until = input->asked + LIMIT_LEASE_DEADLINE * second;
        return (struct election_step){LIMIT_LEASE_RENEW * 1000, ELECTION_UPDATE};
    case ELECTION_CONFLICT: return (struct election_step){CONFLICT_WAIT, ELECTION_GET};
    case ELECTION_FAILED: break;
    }
    if (input->retry_after > wait)
        wait = input->retry_after;
    return (struct election_step){wait, ELECTION_GET};
}

bool election_is_led(const struct election *e, int64_t now)
{
    return now < e->led_until;
}

struct election_record election_read(yyjson_val *lease)
{
    yyjson_val *spec = yyjson_obj_get(lease, "spec");
    struct election_record record = {
        .seconds = yyjson_get_int(yyjson_obj_get(spec, "leaseDurationSeconds")),
        .transitions = yyjson_get_int(yyjson_obj_get(spec, "leaseTransitions")),
    };

    snprintf(record.holder, sizeof(record.holder), "%.*s",
             VIEW_ARGS(json_text(spec, "holderIdentity")));
    snprintf(record.renewed, sizeof(record.renewed), "%.*s",
             VIEW_ARGS(json_text(spec, "renewTime")));
    return record;
}

/* The Lease's spec, made when there is none. */
static json_t *spec_of(json_t *lease)
{
    if (!json_object_get(lease, "spec"))
        json_object_set_new(lease, "spec", json_object());
    return json_object_get(lease, "spec");
}

int election_claim(const struct election *e, json_t *lease, const char *stamp)
{
    json_t *spec = spec_of(lease);
    int64_t transitions = e->seen.transitions;
    int failed = 0;

    if (!is_mine(e)) {
        failed |= json_object_set_new(spec, "acquireTime", json_string(stamp));
        transitions += e->changed != 0;
    }
    failed |=
        json_object_set_new(spec, "holderIdentity", json_stringn(e->identity.p, e->identity.n));
    failed |= json_object_set_new(spec, "leaseDurationSeconds", json_integer(LIMIT_LEASE_DURATION));
    failed |= json_object_set_new(spec, "leaseTransitions", json_integer(transitions));
    failed |= json_object_set_new(spec, "renewTime", json_string(stamp));
    return failed ? -1 : 0;
}

int election_give_up(json_t *lease, const char *stamp)
{
    json_t *spec = spec_of(lease);
    int failed = 0;

    failed |= json_object_set_new(spec, "holderIdentity", json_string(""));
    failed |= json_object_set_new(spec, "leaseDurationSeconds", json_integer(1));
    failed |= json_object_set_new(spec, "acquireTime", json_string(stamp));
    failed |= json_object_set_new(spec, "renewTime", json_string(stamp));
    return failed ? -1 : 0;
}
