#define PCRE2_CODE_UNIT_WIDTH 8
#include "base/pattern.h"

#include "base/arena.h"
#include "base/flaw.h"
#include "base/limits.h"

#include <pcre2.h>
#include <pthread.h>
#include <stdlib.h>

struct pattern {
    pcre2_code *code;
};

/* PCRE2 takes its memory from the arena and never gives it back: the arena ends it all. */
static void *take(size_t size, void *arena)
{
    return arena_alloc(arena, size);
}

static void give(void *p, void *arena)
{
    (void)p;
    (void)arena;
}

static const struct pattern *compile(struct view text, pcre2_compile_context *context,
                                     struct arena *arena, struct flaw *flaw)
{
    const uint32_t options =
        PCRE2_ANCHORED | PCRE2_ENDANCHORED | PCRE2_NEVER_BACKSLASH_C | PCRE2_DOLLAR_ENDONLY;
    struct pattern *pattern = arena_alloc(arena, sizeof(*pattern));
    unsigned char message[128];
    size_t offset;
    int error;

    if (!pattern)
        return NULL;
    pattern->code = pcre2_compile((PCRE2_SPTR)text.p, text.n, options, &error, &offset, context);
    if (pattern->code)
        return pattern;
    pcre2_get_error_message(error, message, sizeof(message));
    flaw_set(flaw, offset, "%s", (const char *)message);
    return NULL;
}

const struct pattern *pattern_compile(struct view text, struct arena *arena, struct flaw *flaw)
{
    pcre2_general_context *general = pcre2_general_context_create(take, give, arena);
    pcre2_compile_context *context = pcre2_compile_context_create(general);

    flaw_set(flaw, 0, "memory is out");
    if (!general || !context)
        return NULL;
    if (text.n > LIMIT_PATTERN) {
        flaw_set(flaw, 0, "it is longer than %d bytes", LIMIT_PATTERN);
        return NULL;
    }
    return compile(text, context, arena, flaw);
}

/* --- matching: what a match needs is made once a thread ----------------------------------------
 */

struct workspace {
    pcre2_match_data *data;
    pcre2_match_context *context;
};

static pthread_key_t workspace_key;
static pthread_once_t workspace_once = PTHREAD_ONCE_INIT;

static void workspace_free(void *p)
{
    struct workspace *w = p;

    pcre2_match_data_free(w->data);
    pcre2_match_context_free(w->context);
    free(w);
}

static void make_key(void)
{
    pthread_key_create(&workspace_key, workspace_free);
}

static struct workspace *workspace_create(void)
{
    struct workspace *w = calloc(1, sizeof(*w));

    if (!w)
        return NULL;
    w->data = pcre2_match_data_create(1, NULL);
    w->context = pcre2_match_context_create(NULL);
    if (!w->data || !w->context) {
        workspace_free(w);
        return NULL;
    }
    pcre2_set_match_limit(w->context, LIMIT_PATTERN_STEPS);
    pcre2_set_depth_limit(w->context, LIMIT_PATTERN_STEPS);
    pcre2_set_heap_limit(w->context, LIMIT_PATTERN_HEAP);
    pthread_setspecific(workspace_key, w);
    return w;
}

enum pattern_result pattern_match(const struct pattern *pattern, struct view text)
{
    struct workspace *w;
    int result;

    pthread_once(&workspace_once, make_key);
    w = pthread_getspecific(workspace_key);
    if (!w && !(w = workspace_create()))
        return PATTERN_UNDECIDED;
    result = pcre2_match(pattern->code, (PCRE2_SPTR)(text.p ? text.p : ""), text.n, 0, 0, w->data,
                         w->context);
    if (result >= 0)
        return PATTERN_MATCH;
    return result == PCRE2_ERROR_NOMATCH ? PATTERN_NO_MATCH : PATTERN_UNDECIDED;
}
