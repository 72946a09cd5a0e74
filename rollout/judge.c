#include "rollout/judge.h"

/* k8s.io/kubernetes/pkg/kubelet/images/types.go, .../kubelet/container/sync_result.go and
 * .../kubelet/kuberuntime/kuberuntime_container.go */
static const struct {
    const char *reason;
    enum waiting_kind kind;
} waiting[] = {
    {"CrashLoopBackOff", WAITING_BACKOFF},
    {"ErrImagePull", WAITING_PULL},
    {"ImagePullBackOff", WAITING_PULL},
    {"InvalidImageName", WAITING_PULL},
    {"ErrImageNeverPull", WAITING_PULL},
    {"ImageInspectError", WAITING_PULL},
    {"RegistryUnavailable", WAITING_PULL},
    {"SignatureValidationFailed", WAITING_PULL},
    {"CreateContainerConfigError", WAITING_BROKEN},
    {"CreateContainerError", WAITING_BROKEN},
    {"PreCreateHookError", WAITING_BROKEN},
    {"PreStartHookError", WAITING_BROKEN},
    {"PostStartHookError", WAITING_BROKEN},
    {"RunContainerError", WAITING_BROKEN},
    {"VerifyNonRootError", WAITING_BROKEN},
};

enum waiting_kind judge_waiting(struct view reason)
{
    for (size_t i = 0; i < sizeof(waiting) / sizeof(waiting[0]); i++)
        if (view_eq_str(reason, waiting[i].reason))
            return waiting[i].kind;
    return WAITING_PASSES;
}
