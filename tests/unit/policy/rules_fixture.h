#ifndef TG_TESTS_RULES_FIXTURE_H
#define TG_TESTS_RULES_FIXTURE_H

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
    struct world world;
    yyjson_doc *docs[64];
    size_t doc_count;
};

/* Compiles the text as the only file of a directory; problems are appended to *report (which may be
 * NULL: then there must be none). Returns NULL when there was an error. */
static inline struct policy_set *fixture_compile(const char *rules, struct buf *report)
{
    char directory[] = "/tmp/tidegate-test-XXXXXX", path[64];
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
    result = policy_set_load(directory, &diags, &set);
    unlink(path);
    rmdir(directory);
    buf_init(&text, 1 << 20);
    diags_write(&diags, &text);
    if (report)
        buf_add(report, buf_view(&text));
    else if (result < 0)
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
    assert_int_equal(evaluate(f->set, read, &f->world, now, 0, &f->arena, &verdict), 0);
    return verdict;
}

#endif
