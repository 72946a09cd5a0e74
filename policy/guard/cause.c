#include "policy/guard/cause.h"

const char *cause_name(enum cause_kind kind)
{
    static const char *const names[CAUSES] = {
        [CAUSE_NONE] = "",
        [CAUSE_DEADLINE] = "Deadline",
        [CAUSE_CRASH_LOOP] = "CrashLoop",
        [CAUSE_OOM_KILLED] = "OOMKilled",
        [CAUSE_IMAGE_PULL] = "ImagePull",
        [CAUSE_WAITING] = "Waiting",
        [CAUSE_UNSCHEDULABLE] = "Unschedulable",
        [CAUSE_REPLICA_FAILURE] = "ReplicaFailure",
        [CAUSE_READINESS] = "Readiness",
        [CAUSE_HTTP] = "HTTP",
        [CAUSE_PROMETHEUS] = "Prometheus",
        [CAUSE_PERSON] = "Person",
    };

    return names[kind];
}

enum cause_kind cause_of_name(struct view name)
{
    for (int i = 0; i < CAUSES; i++)
        if (view_eq_str(name, cause_name((enum cause_kind)i)))
            return (enum cause_kind)i;
    return CAUSE_NONE;
}
