#include "server/routes.h"

#include "policy/limits.h"
#include "server/admit.h"
#include "server/admit_rule.h"
#include "server/limits.h"
#include "server/server_state.h"

#include <strings.h>

struct route {
    const char *path;
    enum counted_route counted;
    const char *allow;
    /* Of a GET; NULL: it takes reviews, and */
    void (*get)(struct server_state *g, const struct http_request *request,
                struct http_response *response);
    void (*review)(struct server_state *g, const struct http_request *request,
                   struct http_response *response);
};

static void answer_livez(struct server_state *g, const struct http_request *request,
                         struct http_response *response)
{
    (void)g, (void)request;
    http_text(response, 200, "alive");
}

static void answer_readyz(struct server_state *g, const struct http_request *request,
                          struct http_response *response)
{
    bool ready = server_state_is_ready(g, request->verbose, &response->body);

    response->status = ready ? 200 : 503;
    response->content_type = "text/plain; charset=utf-8";
}

static void answer_metrics(struct server_state *g, const struct http_request *request,
                           struct http_response *response)
{
    (void)request;
    server_state_write_metrics(g, &response->body);
    response->status = 200;
    response->content_type = "text/plain; version=0.0.4; charset=utf-8";
}

static const struct route routes[] = {
    {"/validate", COUNTED_VALIDATE, "POST", NULL, admit},
    {"/validate-rules", COUNTED_VALIDATE_RULES, "POST", NULL, admit_rule},
    {"/livez", COUNTED_LIVEZ, "GET, HEAD", answer_livez, NULL},
    {"/readyz", COUNTED_READYZ, "GET, HEAD", answer_readyz, NULL},
    {"/metrics", COUNTED_METRICS, "GET, HEAD", answer_metrics, NULL},
};

static const struct route *find_route(struct view path)
{
    for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++)
        if (view_eq_str(path, routes[i].path))
            return &routes[i];
    return NULL;
}

static bool is_allowed(const struct route *route, struct view method)
{
    if (!route->get)
        return view_eq_str(method, "POST");
    return view_eq_str(method, "GET") || view_eq_str(method, "HEAD");
}

/* The media type without its parameters: RFC 9110, 8.3.1. */
static bool is_json(struct view content_type)
{
    static const char wanted[] = "application/json";
    struct view type, rest;

    view_cut(content_type, ';', &type, &rest);
    type = view_trim(type);
    return type.n == sizeof(wanted) - 1 && strncasecmp(type.p, wanted, type.n) == 0;
}

/* Answers that do not need the body of the review. */
static bool screen_review(const struct http_request *request, struct http_response *response)
{
    int64_t allowed;

    if (request->refused_caller)
        http_text(response, 403, "%.*s", VIEW_ARGS(request->problem));
    else if (!request->content_type.p)
        http_text(response, 415, "the request has no Content-Type: it must be application/json");
    else if (!is_json(request->content_type))
        http_text(response, 415, "the Content-Type is \"%.*s\": it must be application/json",
                  VIEW_ARGS(view_first(request->content_type, 64)));
    else if (request->announced > LIMIT_BODY)
        http_text(response, 413, "the body is larger than %d bytes", LIMIT_BODY);
    else if (admit_time(request->timeout, &allowed) < 0)
        http_text(response, 400, "timeout is \"%.*s\": it must be a duration up to %ds, like 7s",
                  VIEW_ARGS(view_first(request->timeout, 64)), LIMIT_REVIEW_TIME);
    else
        return true;
    return false;
}

static bool screen(void *ctx, const struct http_request *request, struct http_response *response)
{
    const struct route *route = find_route(request->path);

    if (!route) {
        http_text(response, 404, "there is nothing here: reviews go to /validate");
        return false;
    }
    if (!is_allowed(route, request->method)) {
        http_text(response, 405, "%s takes %s", route->path, route->allow);
        response->allow = route->allow;
        return false;
    }
    if (!route->get)
        return screen_review(request, response);
    route->get(ctx, request, response);
    return false;
}

static void answer(void *ctx, const struct http_request *request, struct http_response *response)
{
    find_route(request->path)->review(ctx, request, response);
}

static void answered(void *ctx, const struct http_request *request, unsigned status)
{
    const struct route *route = find_route(request->path);
    struct server_state *g = ctx;

    server_counters_request(&g->counters, route ? route->counted : COUNTED_OTHER, status);
}

struct http_handler routes_handler(struct server_state *g)
{
    return (struct http_handler){g, screen, answer, answered};
}
