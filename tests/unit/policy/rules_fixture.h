#ifndef TG_TESTS_UNIT_POLICY_RULES_FIXTURE_H
#define TG_TESTS_UNIT_POLICY_RULES_FIXTURE_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/diag.h"
#include "policy/evaluate.h"
#include "policy/message.h"
#include "policy/set.h"

#include "cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <yyjson.h>

/* A rule set compiled from text, and requests written as JSON. Everything lives until
 * fixture_close(). */
struct fixture {
    struct arena arena;
    struct policy_set *set;
    struct cluster_view cluster_view;
    yyjson_doc *docs[4096];
    size_t doc_count;
};

/* Compiles the text as the only file of a directory; problems are appended to *report (which may be
 * NULL: then there must be none). Returns NULL when there was an error. */
static inline struct policy_set *fixture_compile(const char *rules, struct buf *report)
{
    char directory[] = "/tmp/tidegate-test-XXXXXX", path[64];
    const struct policy_sources from = {.paths = (const char *const[]){directory, NULL}};
    struct policy_set *set = NULL;
    struct diags diags;
    struct buf text;
    FILE *f;
    int result;

    assert_non_null(mkdtemp(directory));
    snprintf(path, sizeof(path), "%s/rules.yaml", directory);
    assert_non_null(f = fopen(path, "w"));
    fputs(rules, f);
    fclose(f);
    diags_init(&diags, NULL);
    result = policy_set_load(&from, &diags, &set);
    unlink(path);
    rmdir(directory);
    buf_init(&text, 1 << 20);
    diags_write(&diags, &text);
    if (report)
        buf_add(report, buf_view(&text));
    else if (diags.errors == diags.vain) /* it compiles all the same */
        result = 0;
    else
        fail_msg("%.*s", VIEW_ARGS(buf_view(&text)));
    buf_release(&text);
    if (result == 0)
        return set;
    policy_set_release(set);
    return NULL;
}

static inline void fixture_open(struct fixture *f, const char *rules)
{
    *f = (struct fixture){.set = fixture_compile(rules, NULL)};
    arena_init(&f->arena, 1 << 24);
}

static inline void fixture_close(struct fixture *f)
{
    policy_set_release(f->set);
    for (size_t i = 0; i < f->doc_count; i++)
        yyjson_doc_free(f->docs[i]);
    arena_release(&f->arena);
}

/* The verdict on a request, at an instant. */
static inline struct verdict fixture_ask(struct fixture *f, const char *request, int64_t now,
                                         struct request *read)
{
    yyjson_doc *doc = yyjson_read(request, strlen(request), 0);
    const char *problem = NULL;
    struct verdict verdict;

    assert_non_null(doc);
    f->docs[f->doc_count++] = doc;
    if (request_read(yyjson_doc_get_root(doc), read, &problem) < 0)
        fail_msg("%s", problem);
    assert_int_equal(evaluate(f->set, read, &f->cluster_view, now, &f->arena, &verdict), 0);
    return verdict;
}

/* A request in short: what is left out is that of `kubectl apply` by alice in shop. */
struct ask {
    const char *operation;    /* CREATE; UPDATE when there is an `old` */
    const char *kind;         /* Deployment */
    const char *group;        /* that of the workload, else "" */
    const char *resource;     /* that of the workload, else "things" */
    const char *subresource;  /* none */
    const char *user;         /* alice */
    const char *groups;       /* JSON list */
    const char *namespace_;   /* shop; "" for none */
    const char *name;         /* api */
    const char *object, *old; /* JSON, or NULL for null */
    bool dry_run;
};

#define FIXTURE_OR(value, other) ((value) ? (value) : (other))

static inline struct view fixture_request(struct fixture *f, const struct ask *a)
{
    const char *kind = FIXTURE_OR(a->kind, "Deployment");
    const char *group = a->group, *resource = a->resource;
    const struct workload_kind *row;

    for (size_t i = 0; (row = workload_kind_at(i)); i++) {
        if (strcmp(kind, row->kind) != 0)
            continue;
        group = FIXTURE_OR(group, row->group);
        resource = FIXTURE_OR(resource, row->resource);
    }
    group = FIXTURE_OR(group, "");
    resource = FIXTURE_OR(resource, "things");
    return arena_printf(
        &f->arena,
        "{\"uid\":\"u\",\"operation\":\"%s\",\"kind\":{\"group\":\"%s\",\"version\":\"v1\","
        "\"kind\":\"%s\"},\"resource\":{\"group\":\"%s\",\"version\":\"v1\",\"resource\":\"%s\"},"
        "\"subResource\":\"%s\",\"namespace\":\"%s\",\"name\":\"%s\",\"dryRun\":%s,"
        "\"userInfo\":{\"username\":\"%s\",\"groups\":%s},\"object\":%s,\"oldObject\":%s}",
        FIXTURE_OR(a->operation, a->old ? "UPDATE" : "CREATE"), group, kind, group, resource,
        FIXTURE_OR(a->subresource, ""), FIXTURE_OR(a->namespace_, "shop"),
        FIXTURE_OR(a->name, "api"), a->dry_run ? "true" : "false", FIXTURE_OR(a->user, "alice"),
        FIXTURE_OR(a->groups, "[\"deployers\"]"), FIXTURE_OR(a->object, "null"),
        FIXTURE_OR(a->old, "null"));
}

/* The ids of the rules in the verdict: those that deny as they are, with w: those that warn, and of
 * those that do nothing e: existing, x: exempt, u: unanswered, n: broken or noted. */
static inline const char *fixture_rules(struct fixture *f, const struct ask *a, int64_t now)
{
    struct request request;
    struct verdict verdict = fixture_ask(f, fixture_request(f, a).p, now, &request);
    struct view ids = VIEW("");

    for (const struct rule_result *r = verdict.first; r; r = r->next)
        ids = arena_printf(&f->arena, "%.*s%s%s%.*s", VIEW_ARGS(ids), ids.n > 0 ? " " : "",
                           r->effect == EFFECT_DENY       ? ""
                           : r->effect == EFFECT_WARN     ? "w:"
                           : r->status == RULE_EXISTING   ? "e:"
                           : r->status == RULE_EXEMPT     ? "x:"
                           : r->status == RULE_UNANSWERED ? "u:"
                                                          : "n:",
                           VIEW_ARGS(r->rule->id));
    assert_int_equal(verdict.allowed, verdict.denied == 0);
    return arena_str(&f->arena, ids);
}

/* The denial's text, "" when it is admitted. */
static inline const char *fixture_denial(struct fixture *f, const struct ask *a, int64_t now,
                                         struct verdict *verdict)
{
    struct request request;
    struct view message;

    *verdict = fixture_ask(f, fixture_request(f, a).p, now, &request);
    message = message_denial(verdict, &request, &f->arena);
    assert_non_null(message.p);
    return arena_str(&f->arena, message);
}

#endif
