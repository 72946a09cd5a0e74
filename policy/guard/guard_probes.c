#include "policy/guard/guard_probes.h"

#include "base/arena.h"
#include "policy/limits.h"
#include "policy/rule/check.h"
#include "policy/rule/rule.h"
#include "policy/schema/dns_label.h"

static const char *const scheme_values[] = {"http", "https", NULL};
static const char *const via_values[] = {"proxy", "direct", NULL};

/* --- tables ----------------------------------------------------------------------------------- */

const struct schema_field guard_probes_http_fields[] = {
    {"service", SCHEMA_STRING, .doc = "the Service that is asked, in the workload's namespace"},
    {"port", SCHEMA_SCALAR, .doc = "its port: a number, or by the proxy a name"},
    {"path", SCHEMA_STRING, .doc = "path and query, from the slash on; / when left out"},
    {"scheme", SCHEMA_STRING, .values = scheme_values, .doc = "http when left out"},
    {"via", SCHEMA_STRING, .values = via_values,
     .doc =
         "the API server's service proxy, or direct: SERVICE.NAMESPACE.svc; proxy when left out"},
    {"url", SCHEMA_STRING, .doc = "in place of service, port and path: asked directly"},
    {"delay", SCHEMA_DURATION, .max = LIMIT_GUARD_TIME, .usual = 30,
     .doc = "from the first sight of the template to the first one"},
    {"period", SCHEMA_DURATION, .min = 1, .max = LIMIT_GUARD_PERIOD, .usual = 10,
     .doc = "from one to the next"},
    {"timeout", SCHEMA_DURATION, .min = 1, .max = LIMIT_GUARD_TIMEOUT, .usual = 5,
     .doc = "for the whole answer to come"},
    {"failures", SCHEMA_INTEGER, .min = 1, .max = LIMIT_GUARD_TIMES, .usual = 3,
     .doc = "how many in a row fail the rollout"},
    {"status", SCHEMA_INTEGER, .list = true, .most = LIMIT_GUARD_STATUS, .min = 100, .max = 599,
     .doc = "those accepted; 200 to 399 when left out"},
    {"body", SCHEMA_PATTERN, .doc = "what the whole of the body must match"},
    {0},
};

const struct schema_field guard_probes_prometheus_fields[] = {
    {"query", SCHEMA_STRING, .required = true, .doc = "PromQL that gives one number"},
    {"min", SCHEMA_NUMBER, .doc = "the least that is healthy; this, max or both"},
    {"max", SCHEMA_NUMBER, .doc = "the most that is healthy"},
    {"delay", SCHEMA_DURATION, .max = LIMIT_GUARD_TIME,
     .doc = "from the first sight of the template to the first one; 0s when left out"},
    {"period", SCHEMA_DURATION, .min = 1, .max = LIMIT_GUARD_PERIOD, .usual = 30,
     .doc = "from one to the next"},
    {"failures", SCHEMA_INTEGER, .min = 1, .max = LIMIT_GUARD_TIMES, .usual = 3,
     .doc = "how many in a row fail the rollout"},
    {0},
};

/* --- smoke requests --------------------------------------------------------------------------- */

static int no_service(const struct node *service, struct compile *c)
{
    diag_error(c->diags, service->place, "\"%.*s\" is not a name of a Service",
               VIEW_ARGS(service->text));
    diag_hint(c->diags, "use small letters, digits and '-', at most 63 of them");
    return -1;
}

/* https://kubernetes.io/docs/concepts/services-networking/service/#field-spec-ports */
static int read_port(const struct node *port, struct compile *c, struct guard_http *out)
{
    bool number = port->kind == NODE_INT;

    out->port = port->text;
    if (number ? port->integer < 1 || port->integer > 65535
               : port->kind != NODE_STRING || !dns_label_ok(port->text, 15)) {
        diag_error(c->diags, port->place, "\"%.*s\" is not a port", VIEW_ARGS(port->text));
        diag_hint(c->diags, "write a number from 1 to 65535, or the name of a port of the Service");
        return -1;
    }
    if (number || !out->direct)
        return 0;
    diag_error(c->diags, port->place, "a port has a name only for the proxy");
    diag_hint(c->diags, "write its number, or leave out \"via: direct\"");
    return -1;
}

/* Visible ASCII without a meaning in a URL; anything else has to be %-escaped. */
static bool is_visible(struct view text)
{
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] <= ' ' || text.p[i] > '~' || text.p[i] == '#')
            return false;
    return text.n > 0 && text.n <= LIMIT_GUARD_URL;
}

static int read_path(const struct node *path, struct compile *c, struct guard_http *out)
{
    out->path = path ? path->text : VIEW("/");
    if (is_visible(out->path) && out->path.p[0] == '/')
        return 0;
    diag_error(c->diags, path->place, "\"%.*s\" is not a path", VIEW_ARGS(path->text));
    diag_hint(c->diags, "begin with \"/\"; at most %d visible characters, and no '#'",
              LIMIT_GUARD_URL);
    return -1;
}

static int read_service(const struct node *node, struct compile *c, struct guard_http *out)
{
    const struct node *service = node_get(node, "service"), *port = node_get(node, "port");
    int result = 0;

    if (!service || !port) {
        diag_error(c->diags, node->place, "this request has no \"%s\"",
                   service ? "port" : "service");
        diag_hint(c->diags, "name service and port, or a url");
        return -1;
    }
    out->service = service->text;
    out->https = rule_choice(node_get(node, "scheme"), scheme_values, 0) == 1;
    out->direct = rule_choice(node_get(node, "via"), via_values, 0) == 1;
    if (!dns_label_ok(service->text, 63))
        result = no_service(service, c);
    result |= read_port(port, c, out);
    result |= read_path(node_get(node, "path"), c, out);
    out->text = arena_printf(c->arena, "%.*s:%.*s%.*s", VIEW_ARGS(out->service),
                             VIEW_ARGS(out->port), VIEW_ARGS(out->path));
    return out->text.p ? result : -1;
}

static int refuse_with_url(const struct node *node, struct compile *c)
{
    static const char *const others[] = {"service", "port", "path", "scheme", "via"};

    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        const struct node *other = node_get(node, others[i]);

        if (!other)
            continue;
        diag_error(c->diags, other->place, "\"%s\" has no meaning beside \"url\"", others[i]);
        diag_hint(c->diags, "keep the url, or service, port and path");
        return -1;
    }
    return 0;
}

/* Anybody who may read the rules could read a password in them. */
static bool is_url(struct view text, bool *https)
{
    struct view rest, host, path;

    *https = view_starts(text, "https://");
    if (!is_visible(text) || (!*https && !view_starts(text, "http://")))
        return false;
    rest = view_from(text, view_find(text, '/') + 2);
    view_cut(rest, '/', &host, &path);
    return host.n > 0 && view_find(host, '@') < 0;
}

static int read_url(const struct node *node, const struct node *url, struct compile *c,
                    struct guard_http *out)
{
    int result = refuse_with_url(node, c);

    out->url = out->text = url->text;
    out->direct = true;
    if (is_url(url->text, &out->https))
        return result;
    diag_error(c->diags, url->place, "\"%.*s\" is not a URL", VIEW_ARGS(url->text));
    diag_hint(c->diags, "write http(s)://HOST/PATH, without user, blanks and '#', at most %d bytes",
              LIMIT_GUARD_URL);
    return -1;
}

static int read_status(const struct node *list, struct compile *c, struct guard_http *out)
{
    int64_t *status;

    if (!list)
        return 0;
    status = arena_array(c->arena, list->count, sizeof(*status));
    if (!status)
        return -1;
    for (size_t i = 0; i < list->count; i++)
        status[i] = list->items[i]->integer;
    out->status = status;
    out->status_count = list->count;
    return 0;
}

static int read_http(const struct node *node, struct compile *c, struct guard_http *out)
{
    const struct node *url = node_get(node, "url");
    int result = url ? read_url(node, url, c, out) : read_service(node, c, out);

    out->delay = schema_amount(node, guard_probes_http_fields, "delay");
    out->period = schema_amount(node, guard_probes_http_fields, "period");
    out->timeout = schema_amount(node, guard_probes_http_fields, "timeout");
    out->failures = schema_amount(node, guard_probes_http_fields, "failures");
    result |= read_status(node_get(node, "status"), c, out);
    result |= compile_pattern(node_get(node, "body"), c, &out->body);
    return result;
}

int guard_probes_http(const struct node *list, struct compile *c, const struct guard_http **out)
{
    struct guard_http *http = arena_array(c->arena, list->count, sizeof(*http));
    int result = 0;

    if (!http)
        return -1;
    for (size_t i = 0; i < list->count; i++)
        result |= read_http(list->items[i], c, &http[i]);
    *out = http;
    return result;
}

/* --- queries ---------------------------------------------------------------------------------- */

static void read_bound(const struct node *node, bool *has, double *out)
{
    if (!node)
        return;
    *has = true;
    *out = node->kind == NODE_INT ? (double)node->integer : node->real;
}

static int read_bounds(const struct node *node, struct compile *c, struct guard_query *out)
{
    const struct node *min = node_get(node, "min"), *max = node_get(node, "max");

    if (!min && !max) {
        diag_error(c->diags, node->place, "this query has neither \"min\" nor \"max\"");
        diag_hint(c->diags, "say from where on its value is a failure");
        return -1;
    }
    read_bound(min, &out->has_min, &out->min);
    read_bound(max, &out->has_max, &out->max);
    if (!min || !max || out->min <= out->max || min->kind == NODE_WRONG || max->kind == NODE_WRONG)
        return 0;
    diag_error(c->diags, max->place, "\"max\" is less than \"min\": every value would fail");
    return -1;
}

static int read_query(const struct node *query, struct compile *c, struct guard_query *out)
{
    out->query = query->text;
    if (view_trim(query->text).n > 0 && query->text.n <= LIMIT_GUARD_QUERY)
        return 0;
    diag_error(c->diags, query->place, "the query is %s",
               query->text.n > LIMIT_GUARD_QUERY ? "too long" : "empty");
    diag_hint(c->diags, "at most %d bytes of PromQL", LIMIT_GUARD_QUERY);
    return -1;
}

static int read_prometheus(const struct node *node, struct compile *c, struct guard_query *out)
{
    out->delay = schema_amount(node, guard_probes_prometheus_fields, "delay");
    out->period = schema_amount(node, guard_probes_prometheus_fields, "period");
    out->failures = schema_amount(node, guard_probes_prometheus_fields, "failures");
    return read_query(node_get(node, "query"), c, out) | read_bounds(node, c, out);
}

int guard_probes_prometheus(const struct node *list, struct compile *c,
                            const struct guard_query **out)
{
    struct guard_query *queries = arena_array(c->arena, list->count, sizeof(*queries));
    int result = 0;

    if (!queries)
        return -1;
    for (size_t i = 0; i < list->count; i++)
        result |= read_prometheus(list->items[i], c, &queries[i]);
    *out = queries;
    return result;
}
