#include "rollout/watch/waiting.h"

#include <stddef.h>

/* k8s.io/kubernetes/pkg/kubelet: images/types.go, container/sync_result.go,
 * kuberuntime/kuberuntime_container.go; k8s.io/cri-api/pkg/errors */
enum waiting_kind waiting_kind_of(struct view reason)
{
    static const struct {
        const char *reason;
        enum waiting_kind kind;
    } known[] = {
        {"ErrImagePull", WAITING_PULL},
        {"ImagePullBackOff", WAITING_PULL},
        {"InvalidImageName", WAITING_PULL},
        {"ErrImageNeverPull", WAITING_PULL},
        {"ImageInspectError", WAITING_PULL},
        {"RegistryUnavailable", WAITING_PULL},
        {"SignatureValidationFailed", WAITING_PULL},
        {"CrashLoopBackOff", WAITING_BACKOFF},
        {"CreateContainerConfigError", WAITING_BROKEN},
        {"CreateContainerError", WAITING_BROKEN},
        {"RunContainerError", WAITING_BROKEN},
        {"PreCreateHookError", WAITING_BROKEN},
        {"PreStartHookError", WAITING_BROKEN},
        {"PostStartHookError", WAITING_BROKEN},
        {"VerifyNonRootError", WAITING_BROKEN},
    };

    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        if (view_eq_str(reason, known[i].reason))
            return known[i].kind;
    return WAITING_PASSES;
}
