#ifndef TG_POLICY_GUARD_CAUSE_H
#define TG_POLICY_GUARD_CAUSE_H

#include "base/view.h"

/* Why a rollout failed. Those from CAUSE_CRASH_LOOP to CAUSE_PROMETHEUS are the signals of a
 * guard's `fail`, by its keys: policy/guard/guard_signals.c has a row each that reads it, and
 * rollout/judge/judge.c one that judges by it. */
enum cause_kind {
    CAUSE_NONE,
    CAUSE_DEADLINE,
    CAUSE_CRASH_LOOP,
    CAUSE_OOM_KILLED,
    CAUSE_IMAGE_PULL,
    CAUSE_WAITING, /* CreateContainerConfigError and its like */
    CAUSE_UNSCHEDULABLE,
    CAUSE_REPLICA_FAILURE, /* its pods are refused: quota, limit range, admission */
    CAUSE_READINESS,
    CAUSE_HTTP,
    CAUSE_PROMETHEUS,
    CAUSE_PERSON,
    CAUSES
};

enum { CAUSE_SIGNALS = CAUSE_PERSON - CAUSE_CRASH_LOOP };

/* "CrashLoop", "ImagePull", ...: as records, Events and metrics name them; and back, CAUSE_NONE for
 * an unknown one. Pure; any thread. */
const char *cause_name(enum cause_kind kind);
enum cause_kind cause_of_name(struct view name);

#endif
