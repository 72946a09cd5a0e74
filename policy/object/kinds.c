#include "policy/object/kinds.h"

#include <string.h>
#include <strings.h>

static const struct kind_row rows[] = {
    {"", "Binding", NULL, 0},
    {"", "ComponentStatus", "cs", KIND_CLUSTER},
    {"", "ConfigMap", "cm", 0},
    {"", "Endpoints", "ep", 0},
    {"", "Event", "ev", 0},
    {"", "LimitRange", "limits", 0},
    {"", "Namespace", "ns", 0}, /* an object of it is judged in the namespace that it is */
    {"", "Node", "no", KIND_CLUSTER},
    {"", "NodeProxyOptions", NULL, KIND_CLUSTER},
    {"", "PersistentVolume", "pv", KIND_CLUSTER},
    {"", "PersistentVolumeClaim", "pvc", 0},
    {"", "Pod", "po", 0},
    {"", "PodAttachOptions", NULL, 0},
    {"", "PodExecOptions", NULL, 0},
    {"", "PodPortForwardOptions", NULL, 0},
    {"", "PodProxyOptions", NULL, 0},
    {"", "PodTemplate", NULL, 0},
    {"", "ReplicationController", "rc", 0},
    {"", "ResourceQuota", "quota", 0},
    {"", "Secret", NULL, 0},
    {"", "Service", "svc", 0},
    {"", "ServiceAccount", "sa", 0},
    {"", "ServiceProxyOptions", NULL, 0},
    {"admissionregistration.k8s.io", "MutatingAdmissionPolicy", NULL, KIND_CLUSTER},
    {"admissionregistration.k8s.io", "MutatingAdmissionPolicyBinding", NULL, KIND_CLUSTER},
    {"admissionregistration.k8s.io", "MutatingWebhookConfiguration", NULL, KIND_CLUSTER},
    {"admissionregistration.k8s.io", "ValidatingAdmissionPolicy", NULL, KIND_CLUSTER},
    {"admissionregistration.k8s.io", "ValidatingAdmissionPolicyBinding", NULL, KIND_CLUSTER},
    {"admissionregistration.k8s.io", "ValidatingWebhookConfiguration", NULL, KIND_CLUSTER},
    {"apiextensions.k8s.io", "CustomResourceDefinition", "crd", KIND_CLUSTER},
    {"apiregistration.k8s.io", "APIService", NULL, KIND_CLUSTER},
    {"apps", "ControllerRevision", NULL, 0},
    {"apps", "DaemonSet", "ds", 0},
    {"apps", "Deployment", "deploy", 0},
    {"apps", "ReplicaSet", "rs", 0},
    {"apps", "StatefulSet", "sts", 0},
    {"argoproj.io", "Rollout", NULL, 0}, /* known as a workload (policy/object/workload.c) */
    {"authentication.k8s.io", "SelfSubjectReview", NULL, KIND_CLUSTER},
    {"authentication.k8s.io", "TokenRequest", NULL, 0},
    {"authentication.k8s.io", "TokenReview", NULL, KIND_CLUSTER},
    {"authorization.k8s.io", "LocalSubjectAccessReview", NULL, 0},
    {"authorization.k8s.io", "SelfSubjectAccessReview", NULL, KIND_CLUSTER},
    {"authorization.k8s.io", "SelfSubjectRulesReview", NULL, KIND_CLUSTER},
    {"authorization.k8s.io", "SubjectAccessReview", NULL, KIND_CLUSTER},
    {"autoscaling", "HorizontalPodAutoscaler", "hpa", 0},
    {"autoscaling", "Scale", NULL, 0},
    {"batch", "CronJob", "cj", 0},
    {"batch", "Job", NULL, 0},
    {"certificates.k8s.io", "CertificateSigningRequest", "csr", KIND_CLUSTER},
    {"certificates.k8s.io", "ClusterTrustBundle", NULL, KIND_CLUSTER | KIND_SEGMENT},
    {"certificates.k8s.io", "PodCertificateRequest", NULL, 0},
    {"coordination.k8s.io", "Lease", NULL, 0},
    {"coordination.k8s.io", "LeaseCandidate", NULL, 0},
    {"discovery.k8s.io", "EndpointSlice", NULL, 0},
    {"events.k8s.io", "Event", NULL, 0},
    {"flowcontrol.apiserver.k8s.io", "FlowSchema", NULL, KIND_CLUSTER},
    {"flowcontrol.apiserver.k8s.io", "PriorityLevelConfiguration", NULL, KIND_CLUSTER},
    {"internal.apiserver.k8s.io", "StorageVersion", NULL, KIND_CLUSTER | KIND_SEGMENT},
    {"networking.k8s.io", "IPAddress", "ip", KIND_CLUSTER | KIND_SEGMENT},
    {"networking.k8s.io", "Ingress", "ing", 0},
    {"networking.k8s.io", "IngressClass", NULL, KIND_CLUSTER},
    {"networking.k8s.io", "NetworkPolicy", "netpol", 0},
    {"networking.k8s.io", "ServiceCIDR", NULL, KIND_CLUSTER},
    {"node.k8s.io", "RuntimeClass", NULL, KIND_CLUSTER},
    {"policy", "Eviction", NULL, 0},
    {"policy", "PodDisruptionBudget", "pdb", 0},
    {"rbac.authorization.k8s.io", "ClusterRole", NULL, KIND_CLUSTER | KIND_SEGMENT},
    {"rbac.authorization.k8s.io", "ClusterRoleBinding", NULL, KIND_CLUSTER | KIND_SEGMENT},
    {"rbac.authorization.k8s.io", "Role", NULL, KIND_SEGMENT},
    {"rbac.authorization.k8s.io", "RoleBinding", NULL, KIND_SEGMENT},
    {"resource.k8s.io", "DeviceClass", NULL, KIND_CLUSTER},
    {"resource.k8s.io", "DeviceTaintRule", NULL, KIND_CLUSTER},
    {"resource.k8s.io", "ResourceClaim", NULL, 0},
    {"resource.k8s.io", "ResourceClaimTemplate", NULL, 0},
    {"resource.k8s.io", "ResourceSlice", NULL, KIND_CLUSTER},
    {"scheduling.k8s.io", "PriorityClass", "pc", KIND_CLUSTER},
    {"scheduling.k8s.io", "Workload", NULL, 0},
    {"storage.k8s.io", "CSIDriver", NULL, KIND_CLUSTER},
    {"storage.k8s.io", "CSINode", NULL, KIND_CLUSTER},
    {"storage.k8s.io", "CSIStorageCapacity", NULL, 0},
    {"storage.k8s.io", "StorageClass", "sc", KIND_CLUSTER},
    {"storage.k8s.io", "VolumeAttachment", NULL, KIND_CLUSTER},
    {"storage.k8s.io", "VolumeAttributesClass", "vac", KIND_CLUSTER},
    {"storagemigration.k8s.io", "StorageVersionMigration", NULL, KIND_CLUSTER},
    /* What older clusters have. */
    {"extensions", "DaemonSet", NULL, KIND_GONE},
    {"extensions", "Deployment", NULL, KIND_GONE},
    {"extensions", "Ingress", NULL, KIND_GONE},
    {"extensions", "NetworkPolicy", NULL, KIND_GONE},
    {"extensions", "PodSecurityPolicy", NULL, KIND_CLUSTER | KIND_GONE},
    {"extensions", "ReplicaSet", NULL, KIND_GONE},
    {"policy", "PodSecurityPolicy", "psp", KIND_CLUSTER | KIND_GONE},
};

enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

const struct kind_row *kind_at(size_t n)
{
    return n < ROWS ? &rows[n] : NULL;
}

const struct kind_row *kind_of(struct view group, struct view kind)
{
    for (size_t i = 0; i < ROWS; i++)
        if (view_eq_str(kind, rows[i].kind) && (!group.p || view_eq_str(group, rows[i].group)))
            return &rows[i];
    return NULL;
}

bool kind_group_known(struct view group)
{
    if (view_eq_str(group, "argoproj.io"))
        return false;
    for (size_t i = 0; i < ROWS; i++)
        if (view_eq_str(group, rows[i].group))
            return true;
    return false;
}

static bool same_letters(struct view a, const char *b)
{
    return a.n == strlen(b) && strncasecmp(a.p, b, a.n) == 0;
}

/* "pods" of Pod, "Ingresses" of Ingress, "networkPolicies" of NetworkPolicy. */
static bool is_plural(struct view word, const char *kind)
{
    size_t n = strlen(kind);

    if (word.n <= n - 1 || strncasecmp(word.p, kind, n - 1) != 0)
        return false;
    if (kind[n - 1] == 'y' && same_letters(view_from(word, n - 1), "ies"))
        return true;
    return same_letters(view_first(word, n), kind) &&
           (same_letters(view_from(word, n), "s") || same_letters(view_from(word, n), "es"));
}

const struct kind_row *kind_meant(struct view word)
{
    for (size_t i = 0; i < ROWS; i++)
        if (same_letters(word, rows[i].kind) || is_plural(word, rows[i].kind) ||
            (rows[i].brief && same_letters(word, rows[i].brief)))
            return &rows[i];
    return NULL;
}
