#include "kube/permissions.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/json/json.h"
#include "base/sys/log.h"
#include "kube/client.h"
#include "kube/limits.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TOGETHER = 16, TEXT = 1024 };

/* Rows that differ in the verb only. */
struct together {
    const struct permission *rows[TOGETHER];
    size_t count;
};

static bool is_equal(const char *a, const char *b)
{
    return strcmp(a ? a : "", b ? b : "") == 0;
}

static bool belongs(const struct together *t, const struct permission *row)
{
    const struct permission *first = t->rows[0];

    return t->count < TOGETHER && is_equal(first->group, row->group) &&
           is_equal(first->resource, row->resource) &&
           is_equal(first->subresource, row->subresource) &&
           is_equal(first->namespace_, row->namespace_) && is_equal(first->name, row->name);
}

/* --- text ------------------------------------------------------------------------------------- */

static void write_verbs(const struct permission *const *rows, size_t count, struct buf *out)
{
    for (size_t i = 0; i < count; i++)
        buf_printf(out, "%s%s", i > 0 ? ", " : "", rows[i]->verb);
}

static void write_resource(const struct permission *row, struct buf *out)
{
    buf_printf(out, "%s%s%s", row->resource, row->subresource ? "/" : "",
               row->subresource ? row->subresource : "");
}

void permissions_rule(const struct permission *const *rows, size_t count, struct buf *out)
{
    buf_printf(out, "{apiGroups: [\"%s\"], resources: [", rows[0]->group);
    write_resource(rows[0], out);
    if (rows[0]->name)
        buf_printf(out, "], resourceNames: [%s", rows[0]->name);
    buf_add_str(out, "], verbs: [");
    write_verbs(rows, count, out);
    buf_add_str(out, "]}");
}

static void write_missing(const struct together *t, struct buf *out)
{
    const struct permission *first = t->rows[0];

    buf_add_str(out, "may not ");
    write_verbs(t->rows, t->count, out);
    buf_add_char(out, ' ');
    write_resource(first, out);
    if (first->group[0])
        buf_printf(out, " of %s", first->group);
    if (first->namespace_)
        buf_printf(out, " in namespace %s; its Role there lacks the rule ", first->namespace_);
    else
        buf_add_str(out, "; its ClusterRole lacks the rule ");
    permissions_rule(t->rows, t->count, out);
}

/* Tells what was gathered, and gathers again. */
static void tell(struct together *t, struct log *log, struct buf *missing)
{
    struct buf line;

    if (t->count == 0)
        return;
    buf_init(&line, TEXT);
    write_missing(t, &line);
    LOG(log, LOG_LEVEL_ERROR, "kube_permission_missing", LOG_STR("resource", t->rows[0]->resource),
        LOG_VIEW("error", buf_view(&line)));
    buf_add(missing, buf_view(&line));
    buf_add_char(missing, '\n');
    buf_release(&line);
    t->count = 0;
}

/* --- calls ------------------------------------------------------------------------------------ */

char *permissions_review(const struct permission *row)
{
    json_t *body =
        json_pack("{s:{s:{s:s, s:s, s:s, s:s, s:s, s:s}}}", "spec", "resourceAttributes", "group",
                  row->group, "resource", row->resource, "subresource",
                  row->subresource ? row->subresource : "", "verb", row->verb, "namespace",
                  row->namespace_ ? row->namespace_ : "", "name", row->name ? row->name : "");
    char *text = body ? json_dumps(body, JSON_COMPACT) : NULL;

    json_decref(body);
    return text;
}

static int ask(struct client *c, const struct permission *row, int64_t until, bool *allowed,
               struct client_answer *answer)
{
    char *body = permissions_review(row);
    struct client_call call = {
        .verb = "create",
        .resource = "selfsubjectaccessreviews",
        .path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
        .body = view_of(body),
        .until = until,
    };
    yyjson_val *root = NULL;
    struct arena arena;

    arena_init(&arena, LIMIT_KUBE_EVENT);
    *answer = (struct client_answer){0};
    if (body)
        root = client_json(c, &call, &arena, answer);
    else
        snprintf(answer->problem, sizeof(answer->problem), "out of memory");
    *allowed = yyjson_get_bool(yyjson_obj_get(yyjson_obj_get(root, "status"), "allowed"));
    arena_release(&arena);
    free(body);
    return root ? 0 : -1;
}

int permissions_ask(struct client *c, const struct permission *rows, size_t count, int64_t until,
                    struct log *log, struct buf *missing, struct client_answer *answer)
{
    struct together together = {.count = 0};
    int found = 0;

    for (size_t i = 0; i < count; i++) {
        bool allowed;

        if (ask(c, &rows[i], until, &allowed, answer) < 0)
            return -1;
        if (together.count > 0 && !belongs(&together, &rows[i]))
            tell(&together, log, missing);
        if (!allowed) {
            together.rows[together.count++] = &rows[i];
            found++;
        }
    }
    tell(&together, log, missing);
    return found;
}
