#define PCRE2_CODE_UNIT_WIDTH 8
#include "base/pattern.h"

#include "base/arena.h"
#include "base/flaw.h"
#include "base/limits.h"
#include "base/mem.h"

#include <pcre2.h>
#include <pthread.h>

struct pattern {
    pcre2_code *code;
    struct view text;
};

/* PCRE2 takes its memory from the arena and never gives it back: the arena ends it all. That rules
 * out its just-in-time compiler, whose code is not in memory of ours: a match of a version takes 70
 * ns instead of 20, and no memory of the process is ever both written and executed. */
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
    const uint32_t options = PCRE2_ANCHORED | PCRE2_ENDANCHORED | PCRE2_DOLLAR_ENDONLY |
                             PCRE2_NEVER_UTF | PCRE2_NEVER_UCP;
    struct pattern *pattern = arena_alloc(arena, sizeof(*pattern));
    unsigned char message[128];
    size_t offset;
    int error;

    if (!pattern)
        return NULL;
    pattern->text = arena_copy(arena, text);
    if (!pattern->text.p)
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
    pcre2_compile_context *context = general ? pcre2_compile_context_create(general) : NULL;

    flaw_set(flaw, 0, "memory is out");
    if (!context)
        return NULL;
    if (text.n > LIMIT_PATTERN) {
        flaw_set(flaw, LIMIT_PATTERN, "it is longer than %d bytes", LIMIT_PATTERN);
        return NULL;
    }
    return compile(text, context, arena, flaw);
}

struct view pattern_text(const struct pattern *pattern)
{
    return pattern->text;
}

/* --- matching ------------------------------------------------------------------------------- */

/* What a match needs: made once a thread, freed when the thread ends. */
struct workspace {
    pcre2_match_data *data;
    pcre2_match_context *limits;
};

static pthread_key_t workspace_key;
static pthread_once_t workspace_once = PTHREAD_ONCE_INIT;

static void *heap_take(size_t size, void *unused)
{
    (void)unused;
    return mem_alloc(size);
}

static void heap_give(void *p, void *unused)
{
    (void)unused;
    mem_free(p);
}

static void workspace_free(void *p)
{
    struct workspace *w = p;

    pcre2_match_data_free(w->data);
    pcre2_match_context_free(w->limits);
    mem_free(w);
}

static void make_key(void)
{
    pthread_key_create(&workspace_key, workspace_free);
}

static int workspace_fill(struct workspace *w)
{
    pcre2_general_context *heap = pcre2_general_context_create(heap_take, heap_give, NULL);

    if (!heap)
        return -1;
    w->data = pcre2_match_data_create(1, heap);
    w->limits = pcre2_match_context_create(heap);
    pcre2_general_context_free(heap);
    if (!w->data || !w->limits)
        return -1;
    pcre2_set_match_limit(w->limits, LIMIT_PATTERN_STEPS);
    pcre2_set_depth_limit(w->limits, LIMIT_PATTERN_STEPS);
    pcre2_set_heap_limit(w->limits, LIMIT_PATTERN_HEAP);
    return pthread_setspecific(workspace_key, w) == 0 ? 0 : -1;
}

static struct workspace *workspace_create(void)
{
    struct workspace *w = mem_alloc(sizeof(*w));

    if (!w)
        return NULL;
    *w = (struct workspace){0};
    if (workspace_fill(w) == 0)
        return w;
    workspace_free(w);
    return NULL;
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
                         w->limits);
    if (result >= 0)
        return PATTERN_MATCH;
    return result == PCRE2_ERROR_NOMATCH ? PATTERN_NO_MATCH : PATTERN_UNDECIDED;
}
