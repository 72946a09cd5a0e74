#ifndef TG_POLICY_GUARD_GUARD_PROBES_H
#define TG_POLICY_GUARD_GUARD_PROBES_H

#include "base/view.h"
#include "policy/schema/schema.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct compile;
struct pattern;

/* A smoke request. It fails when it is not answered in `timeout`, with another status, or with a
 * body that does not match; `failures` in a row fail the rollout. */
struct guard_http {
    struct view text;                /* "api:8000/ready" or the URL: how messages name it */
    struct view url;                 /* asked directly; absent: the service is asked */
    struct view service, port, path; /* in the workload's namespace; the port is a number, or by the
                                        proxy a name; the path begins with a slash */
    bool https;
    bool direct;                    /* SERVICE.NAMESPACE.svc, else by the API server's proxy */
    int64_t delay, period, timeout; /* seconds */
    int64_t failures;
    const int64_t *status;      /* those accepted */
    size_t status_count;        /* 0: 200 to 399 */
    const struct pattern *body; /* NULL: any */
};

/* A Prometheus query. Its value fails when it is below min or above max; `failures` in a row fail
 * the rollout. */
struct guard_query {
    struct view query;
    bool has_min, has_max;
    double min, max;
    int64_t delay, period; /* seconds */
    int64_t failures;
};

extern const struct schema_field guard_probes_http_fields[], guard_probes_prometheus_fields[];

/* Read the lists `http` and `prometheus` of a guard, held against these tables before, into an
 * array of list->count in c->arena. Return 0, or -1 after an error in c->diags or when memory is
 * out. */
int guard_probes_http(const struct node *list, struct compile *c, const struct guard_http **out);
int guard_probes_prometheus(const struct node *list, struct compile *c,
                            const struct guard_query **out);

#endif
