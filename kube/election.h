#ifndef TG_KUBE_ELECTION_H
#define TG_KUBE_ELECTION_H

#include "base/view.h"
#include "kube/limits.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct yyjson_val;

/* Leader election by a Lease (coordination.k8s.io/v1) that the leader renews, as client-go's
 * leaderelection does. It trusts no clock of another machine: the leader is gone when its Lease has
 * not changed for the duration of the Lease, by this machine's monotonic clock. A state machine
 * without calls: it takes the result of the last call, and returns the next. Instants are those of
 * clock_monotonic_ns. One thread at a time. */

/* What a Lease says. */
struct election_record {
    char holder[LIMIT_IDENTITY + 2]; /* empty: nobody; one byte more than an identity can have */
    char renewed[64];                /* its renewTime, only ever compared */
    int64_t seconds;                 /* leaseDurationSeconds */
    int64_t transitions;
};

struct election {
    struct view identity;
    struct election_record seen; /* the Lease's last state; its holder is empty before the first */
    int64_t changed;             /* when it was first seen so */
    int64_t led_until;           /* 0: this one does not lead */
};

enum election_act { ELECTION_GET, ELECTION_CREATE, ELECTION_UPDATE };

struct election_step {
    int64_t wait; /* milliseconds before the act */
    enum election_act act;
};

enum election_event {
    ELECTION_READ,     /* the Lease is there */
    ELECTION_ABSENT,   /* there is none */
    ELECTION_WRITTEN,  /* created or updated */
    ELECTION_CONFLICT, /* somebody else was quicker */
    ELECTION_FAILED,   /* anything else came of the call */
};

struct election_input {
    enum election_event event;
    struct election_record record; /* of what was read or written */
    int64_t asked, now;            /* when the call was begun, and ended */
    int64_t retry_after;           /* milliseconds that a failure asks to wait for */
};

/* Begins: the first act is a GET, at once. The identity is this process's alone, of 1 to
 * LIMIT_IDENTITY bytes, and outlives the election. Returns -1 when it is not. */
int election_init(struct election *e, struct view identity);

/* What to do after that. */
struct election_step election_step(struct election *e, const struct election_input *input);

/* Leads at that instant, while the Lease was renewed less than LIMIT_LEASE_DEADLINE seconds ago:
 * before another one may lead. */
bool election_is_led(const struct election *e, int64_t now);

/* Reads a Lease. */
struct election_record election_read(struct yyjson_val *lease);

/* Makes the Lease's spec (the object as it was read, or one without a spec) what ELECTION_CREATE
 * and ELECTION_UPDATE write, or what gives the lead up; `stamp` is now as a MicroTime. Returns 0,
 * or -1 when memory runs out. */
int election_claim(const struct election *e, json_t *lease, const char *stamp);
int election_give_up(json_t *lease, const char *stamp);

#endif
