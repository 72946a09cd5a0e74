#include "policy/shapes/field_words.h"

#include "base/text/suggest.h"

#include <stddef.h>

enum { MOST = 20 };

/* Fields that take one of few words, whatever they are a part of, by the enumerations in
 * https://kubernetes.io/docs/reference/generated/kubernetes-api/v1.35/. A newer Kubernetes may have
 * more: what is near to none of them is not doubted. */
static const struct {
    const char *field;
    const char *words[MOST];
} fields[] = {
    {"accessModes", {"ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod"}},
    {"add", {"ALL"}},
    {"completionMode", {"Indexed", "NonIndexed"}},
    {"concurrencyPolicy", {"Allow", "Forbid", "Replace"}},
    {"dnsPolicy", {"ClusterFirst", "ClusterFirstWithHostNet", "Default", "None"}},
    {"drop", {"ALL"}},
    {"effect", {"NoExecute", "NoSchedule", "PreferNoSchedule"}},
    {"externalTrafficPolicy", {"Cluster", "Local"}},
    {"failurePolicy", {"Fail", "Ignore"}},
    {"imagePullPolicy", {"Always", "IfNotPresent", "Never"}},
    {"internalTrafficPolicy", {"Cluster", "Local"}},
    {"pathType", {"Exact", "ImplementationSpecific", "Prefix"}},
    {"persistentVolumeReclaimPolicy", {"Delete", "Recycle", "Retain"}},
    {"podManagementPolicy", {"OrderedReady", "Parallel"}},
    {"policyTypes", {"Egress", "Ingress"}},
    {"protocol", {"SCTP", "TCP", "UDP"}},
    {"reclaimPolicy", {"Delete", "Recycle", "Retain"}},
    {"restartPolicy", {"Always", "Never", "OnFailure"}},
    {"scheme", {"HTTP", "HTTPS"}},
    {"sessionAffinity", {"ClientIP", "None"}},
    {"terminationMessagePolicy", {"FallbackToLogsOnError", "File"}},
    {"type",
     {"ClusterIP", "ExternalName", "LoadBalancer", "NodePort",       /* of a Service */
      "OnDelete", "Recreate", "RollingUpdate",                       /* of a strategy */
      "Localhost", "RuntimeDefault", "Unconfined",                   /* of seccomp, AppArmor */
      "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", /* of a hostPath */
      "File", "FileOrCreate", "Socket", "Opaque"}},
    {"whenUnsatisfiable", {"DoNotSchedule", "ScheduleAnyway"}},
};

static const char *nearest(const char *const *words, struct view value)
{
    const char *near;
    size_t count = 0;

    for (; count < MOST && words[count]; count++)
        if (view_eq_str(value, words[count]))
            return NULL;
    near = suggest(value, words, count);
    return near && suggest_is_slip(value, near) ? near : NULL;
}

const char *field_word_meant(struct view field, struct view value)
{
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
        if (view_eq_str(field, fields[i].field))
            return nearest(fields[i].words, value);
    return NULL;
}
