/* Compiles the input as a rule file and, when it is one, evaluates two requests by it and looks for
 * the guard of a workload. */
#include "rule_set.h"

#include "policy/guard/guard.h"

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define REQUEST(operation, objects)                                                                \
    "{\"uid\":\"u\",\"operation\":\"" operation                                                    \
    "\",\"kind\":{\"group\":\"apps\",\"version\":\"v1\","                                          \
    "\"kind\":\"Deployment\"},\"resource\":{\"group\":\"apps\",\"version\":\"v1\",\"resource\":"   \
    "\"deployments\"},\"namespace\":\"shop\",\"name\":\"api\",\"userInfo\":{\"username\":"         \
    "\"alice\",\"groups\":[\"deployers\"]}," objects "}"
#define OBJECT(image)                                                                              \
    "{\"metadata\":{\"name\":\"api\",\"labels\":{\"app\":\"api\"},\"annotations\":{\"ticket\":"    \
    "\"OPS-1\"}},\"spec\":{\"replicas\":2,\"template\":{\"metadata\":{\"labels\":{\"app\":"        \
    "\"api\"}},\"spec\":{\"containers\":[{\"name\":\"api\",\"image\":\"" image                     \
    "\",\"args\":[\"x\","                                                                          \
    "1,null],\"resources\":{\"limits\":{\"cpu\":\"1\",\"memory\":\"2Gi\"}}}]}}}}"

static void look_for_guard(const struct policy_set *set)
{
    const struct guard_subject of = {
        VIEW("apps"), VIEW("Deployment"), VIEW("shop"), VIEW("api"), NULL, NULL};
    const struct cluster_view cluster_view = {0};
    const char *unknown;

    if (guard_of(set->guards, set->guard_count, &of, &cluster_view, &unknown) && unknown)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const requests[] = {
        REQUEST("CREATE", "\"object\":" OBJECT("nginx")),
        REQUEST("UPDATE",
                "\"object\":" OBJECT("ghcr.io/acme/api:v1.2.3") ",\"oldObject\":" OBJECT("nginx")),
    };
    struct policy_set *set = compile_bytes(data, size);

    for (size_t i = 0; set && i < 2; i++) {
        yyjson_doc *doc = yyjson_read(requests[i], strlen(requests[i]), 0);

        evaluate_value(set, yyjson_doc_get_root(doc));
        yyjson_doc_free(doc);
    }
    if (set)
        look_for_guard(set);
    policy_set_release(set);
    return 0;
}
