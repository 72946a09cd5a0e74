/* Times evaluation inside the process: one review against rule sets of growing size, and objects
 * with growing numbers of containers. Prints nanoseconds a review, the least of several rounds. */
#include "policy/evaluate.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/diag.h"
#include "base/limits.h"
#include "base/mem.h"
#include "policy/limits.h"
#include "policy/set.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <yyjson.h>

enum { ROUNDS = 7, NOW = 1763719200 };

static struct policy_set *compile(const char *rules)
{
    char directory[] = "/tmp/tidegate-bench-XXXXXX", path[64];
    const struct policy_sources from = {.paths = (const char *const[]){directory, NULL}};
    struct policy_set *set = NULL;
    struct diags diags;
    struct buf text;
    FILE *f;

    if (!mkdtemp(directory))
        exit(2);
    snprintf(path, sizeof(path), "%s/rules.yaml", directory);
    f = fopen(path, "w");
    fputs(rules, f);
    fclose(f);
    diags_init(&diags, NULL);
    if (policy_set_load(&from, &diags, &set) < 0) {
        buf_init(&text, LIMIT_FILE);
        diags_write(&diags, &text);
        fprintf(stderr, "%.*s", VIEW_ARGS(buf_view(&text)));
        exit(2);
    }
    unlink(path);
    rmdir(directory);
    return set;
}

/* Ten rules of every check, as a production environment has them. */
static const char ten_rules[] =
    "    - {id: non-root-%zu, podSecurity: {controls: [runAsNonRoot, runAsUser]}}\n"
    "    - id: limits-%zu\n"
    "      resources:\n"
    "        require: [requests.cpu, requests.memory, limits.cpu, limits.memory]\n"
    "        max: {limits.cpu: \"4\", limits.memory: 8Gi}\n"
    "    - {id: ratio-%zu, resources: {maxRatio: {cpu: 10, memory: 10}}}\n"
    "    - id: images-%zu\n"
    "      images: {allow: [\"ghcr.io/acme/*\", \"ghcr.io/istio/*\"], mutableTags: deny}\n"
    "    - {id: tags-%zu, images: {tag: '^v?\\d+\\.\\d+\\.\\d+$'}}\n"
    "    - id: hours-%zu\n"
    "      freeze: {deny: [{schedule: \"0 2 * * 0\", duration: 1h}], timeZone: Europe/Paris}\n"
    "    - {id: ticket-%zu, approval: {annotation: acme.dev/ticket, pattern: 'CHG-\\d+'}}\n"
    "    - {id: replicas-%zu, fields: [{path: spec.replicas, min: 2}]}\n"
    "    - id: read-only-%zu\n"
    "      fields: [{path: container.securityContext.readOnlyRootFilesystem, equals: true}]\n"
    "    - {id: host-%zu, fields: [{path: pod.spec.hostNetwork, absent: true}]}\n";

static void add_policy(struct buf *out, size_t number, const char *namespace_, size_t tens)
{
    buf_printf(out,
               "---\napiVersion: tidegate.dev/v1alpha1\nkind: Policy\nmetadata: {name: p%zu}\n"
               "spec:\n  match: {namespaces: [%s], workloads: all}\n  rules:\n",
               number, namespace_);
    for (size_t i = 0; i < tens; i++) {
        size_t n = i;

        buf_printf(out, ten_rules, n, n, n, n, n, n, n, n, n, n);
    }
}

/* `tens` times ten rules that apply, and `others` times ten for namespaces that are not asked. */
static struct policy_set *rule_set(size_t tens, size_t others)
{
    struct policy_set *set;
    struct buf text;
    char name[32];

    buf_init(&text, LIMIT_FILE);
    if (tens > 0)
        add_policy(&text, 0, "shop", tens);
    for (size_t i = 1; i <= others; i++) {
        snprintf(name, sizeof(name), "other-%zu", i);
        add_policy(&text, i, name, 1);
    }
    set = compile(text.p);
    buf_release(&text);
    return set;
}

static char *review(size_t containers)
{
    struct buf out;

    buf_init(&out, LIMIT_BODY);
    buf_add_str(
        &out,
        "{\"apiVersion\":\"admission.k8s.io/v1\",\"kind\":\"AdmissionReview\",\"request\":{"
        "\"uid\":\"705ab4f5-6393-11e8-b7cc-42010a800002\",\"kind\":{\"group\":\"apps\",\"version\":"
        "\"v1\",\"kind\":\"Deployment\"},\"resource\":{\"group\":\"apps\",\"version\":\"v1\","
        "\"resource\":\"deployments\"},\"name\":\"api\",\"namespace\":\"shop\",\"operation\":"
        "\"CREATE\",\"userInfo\":{\"username\":\"alice\",\"groups\":[\"deployers\"]},\"object\":{"
        "\"metadata\":{\"name\":\"api\",\"annotations\":{\"acme.dev/ticket\":\"CHG-1\"}},\"spec\":{"
        "\"replicas\":3,\"template\":{\"metadata\":{\"labels\":{\"app\":\"api\"}},\"spec\":{"
        "\"containers\":[");
    for (size_t i = 0; i < containers; i++)
        buf_printf(&out,
                   "%s{\"name\":\"c%zu\",\"image\":\"ghcr.io/acme/api:v1.2.3\",\"resources\":{"
                   "\"requests\":{\"cpu\":\"500m\",\"memory\":\"512Mi\"},\"limits\":{\"cpu\":\"1\","
                   "\"memory\":\"1Gi\"}},\"securityContext\":{\"runAsNonRoot\":true,"
                   "\"readOnlyRootFilesystem\":true}}",
                   i == 0 ? "" : ",", i);
    buf_add_str(&out, "]}}}}}}");
    return out.p;
}

/* Nanoseconds of one evaluation, parse left out. */
static double evaluation_ns(const struct policy_set *set, yyjson_doc *doc, size_t times)
{
    struct cluster_view cluster_view = {0};
    struct arena arena;
    double best = 0;

    arena_init(&arena, LIMIT_ARENA);
    for (int round = 0; round < ROUNDS; round++) {
        int64_t start = clock_monotonic_ns();
        double each;

        for (size_t i = 0; i < times; i++) {
            struct verdict verdict;
            struct request request;
            const char *problem;

            if (request_read(yyjson_obj_get(yyjson_doc_get_root(doc), "request"), &request,
                             &problem) < 0 ||
                evaluate(set, &request, &cluster_view, NOW, &arena, &verdict) < 0 ||
                !verdict.allowed) {
                fprintf(stderr, "bench: the review must be admitted\n");
                exit(2);
            }
            arena_release(&arena);
        }
        each = (double)(clock_monotonic_ns() - start) / (double)times;
        if (round == 0 || each < best)
            best = each;
    }
    arena_release(&arena);
    return best;
}

static double measure(size_t tens, size_t others, size_t containers, size_t times)
{
    struct policy_set *set = rule_set(tens, others);
    char *text = review(containers);
    yyjson_doc *doc = yyjson_read(text, strlen(text), 0);
    double ns = evaluation_ns(set, doc, times);

    yyjson_doc_free(doc);
    mem_free(text);
    policy_set_release(set);
    return ns;
}

/* What the same costs that 1,000 policies of others would say, each with one expression. */
static const char expression_rule[] =
    "    - {id: r%zu, cel: [{expression: 'object.spec.template.spec.containers.all(c, "
    "has(c.securityContext) && c.securityContext.runAsNonRoot == true)'}]}\n";

static struct policy_set *expressions(size_t count)
{
    struct policy_set *set;
    struct buf text;

    buf_init(&text, LIMIT_FILE);
    buf_add_str(&text, "apiVersion: tidegate.dev/v1alpha1\nkind: Policy\nmetadata: {name: p}\n"
                       "spec:\n  match: {kinds: [Deployment]}\n  rules:\n");
    for (size_t i = 0; i < count; i++)
        buf_printf(&text, expression_rule, i);
    set = compile(text.p);
    buf_release(&text);
    return set;
}

static double measure_expressions(size_t count, size_t containers, size_t times)
{
    struct policy_set *set = expressions(count);
    char *text = review(containers);
    yyjson_doc *doc = yyjson_read(text, strlen(text), 0);
    double ns = evaluation_ns(set, doc, times);

    yyjson_doc_free(doc);
    mem_free(text);
    policy_set_release(set);
    return ns;
}

static double compile_ms(size_t count)
{
    int64_t start = clock_monotonic_ns();

    policy_set_release(expressions(count));
    return (double)(clock_monotonic_ns() - start) / 1e6;
}

int main(void)
{
    static const size_t tens[] = {1, 2, 10, 100}, containers[] = {1, 2, 10, 100};
    static const size_t others[] = {0, 10, 100, 1000};

    printf("rules that apply, 2 containers\n");
    for (size_t i = 0; i < 4; i++)
        printf("  %6zu rules        %10.2f us\n", 10 * tens[i],
               measure(tens[i], 0, 2, 20000 / tens[i]) / 1000);
    printf("rules of other namespaces beside 10 that apply, 2 containers\n");
    for (size_t i = 0; i < 4; i++)
        printf("  %6zu rules        %10.2f us\n", 10 * others[i],
               measure(1, others[i], 2, 20000) / 1000);
    printf("containers, 20 rules\n");
    for (size_t i = 0; i < 4; i++)
        printf("  %6zu containers   %10.2f us\n", containers[i],
               measure(2, 0, containers[i], 20000 / containers[i]) / 1000);
    printf("rules with an expression of CEL\n");
    printf("  %6d in 16 KB       %10.2f us\n", 1000, measure_expressions(1000, 60, 100) / 1000);
    printf("  %6d in 1 KB        %10.2f us\n", 1000, measure_expressions(1000, 2, 200) / 1000);
    printf("  %6d compiled       %10.2f ms\n", 1000, compile_ms(1000));
    return 0;
}
