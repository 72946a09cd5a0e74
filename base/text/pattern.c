#define PCRE2_CODE_UNIT_WIDTH 8
#include "base/text/pattern.h"

#include "base/arena.h"
#include "base/budget.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/parse_error.h"

#include <pcre2.h>
#include <pthread.h>

struct pattern {
    pcre2_code *code;
    pcre2_code *watched; /* the same, with a call of charge() before each item */
    struct view text;
};

/* A match of a short text is tried with few steps first, which nobody counts. A step that scans
 * takes about 2 ns a byte: what is not counted takes less than a millisecond. */
enum { SHORT_TEXT = 256, FEW_STEPS = 1000 };

/* What a match and a part of a text take of the budget, as steps of it. */
enum { STEPS_A_MATCH = 64, BYTES_A_STEP = 64, BYTES_A_SCANNED_STEP = 4096 };

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

static pcre2_code *compile_code(struct view text, uint32_t more, pcre2_compile_context *context,
                                struct parse_error *parse_error)
{
    const uint32_t options = PCRE2_ANCHORED | PCRE2_ENDANCHORED | PCRE2_DOLLAR_ENDONLY |
                             PCRE2_NEVER_UTF | PCRE2_NEVER_UCP | more;
    unsigned char message[128];
    size_t offset;
    int error;
    pcre2_code *code = pcre2_compile((PCRE2_SPTR)text.p, text.n, options, &error, &offset, context);

    if (code)
        return code;
    pcre2_get_error_message(error, message, sizeof(message));
    parse_error_set(parse_error, offset, "%s", (const char *)message);
    return NULL;
}

/* Compiled twice, as the calls would make the match of a version half as slow again. */
static const struct pattern *compile(struct view text, pcre2_compile_context *context,
                                     struct arena *arena, struct parse_error *parse_error)
{
    struct pattern *pattern = arena_alloc(arena, sizeof(*pattern));

    if (!pattern)
        return NULL;
    pattern->text = arena_copy(arena, text);
    if (!pattern->text.p)
        return NULL;
    pattern->code = compile_code(text, 0, context, parse_error);
    if (!pattern->code)
        return NULL;
    pattern->watched = compile_code(text, PCRE2_AUTO_CALLOUT, context, parse_error);
    return pattern->watched ? pattern : NULL;
}

const struct pattern *pattern_compile(struct view text, struct arena *arena,
                                      struct parse_error *parse_error)
{
    pcre2_general_context *general = pcre2_general_context_create(take, give, arena);
    pcre2_compile_context *context = general ? pcre2_compile_context_create(general) : NULL;

    parse_error_set(parse_error, 0, "out of memory");
    if (!context)
        return NULL;
    if (text.n > LIMIT_PATTERN) {
        parse_error_set(parse_error, LIMIT_PATTERN, "it is longer than %d bytes", LIMIT_PATTERN);
        return NULL;
    }
    return compile(text, context, arena, parse_error);
}

struct view pattern_text(const struct pattern *pattern)
{
    return pattern->text;
}

/* --- matching ------------------------------------------------------------------------------- */

/* What a match needs: made once a thread, freed when the thread ends. */
struct workspace {
    pcre2_match_data *data;
    pcre2_match_context *few, *limits;
};

/* A match whose steps are counted. */
struct watch {
    struct budget *budget;
    uint64_t steps; /* of the budget that one step of the match may take */
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

static int charge(pcre2_callout_block *at, void *watch)
{
    struct watch *w = watch;

    (void)at;
    return budget_take(w->budget, w->steps) ? 0 : PCRE2_ERROR_CALLOUT;
}

static void workspace_free(void *p)
{
    struct workspace *w = p;

    pcre2_match_data_free(w->data);
    pcre2_match_context_free(w->few);
    pcre2_match_context_free(w->limits);
    mem_free(w);
}

static void make_key(void)
{
    pthread_key_create(&workspace_key, workspace_free);
}

static pcre2_match_context *make_limits(pcre2_general_context *heap, uint32_t steps)
{
    pcre2_match_context *limits = pcre2_match_context_create(heap);

    if (!limits)
        return NULL;
    pcre2_set_match_limit(limits, steps);
    pcre2_set_depth_limit(limits, LIMIT_PATTERN_STEPS);
    pcre2_set_heap_limit(limits, LIMIT_PATTERN_HEAP);
    return limits;
}

static int workspace_fill(struct workspace *w)
{
    pcre2_general_context *heap = pcre2_general_context_create(heap_take, heap_give, NULL);

    if (!heap)
        return -1;
    w->data = pcre2_match_data_create(1, heap);
    w->few = make_limits(heap, FEW_STEPS);
    w->limits = make_limits(heap, LIMIT_PATTERN_STEPS);
    pcre2_general_context_free(heap);
    if (!w->data || !w->few || !w->limits)
        return -1;
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

static int match(struct workspace *w, const struct pattern *pattern, struct view text,
                 struct budget *budget)
{
    struct watch watch = {budget, 1 + text.n / BYTES_A_SCANNED_STEP};
    PCRE2_SPTR p = (PCRE2_SPTR)(text.p ? text.p : "");
    int result = PCRE2_ERROR_MATCHLIMIT;

    if (text.n <= SHORT_TEXT)
        result = pcre2_match(pattern->code, p, text.n, 0, 0, w->data, w->few);
    if (result != PCRE2_ERROR_MATCHLIMIT)
        return result;
    pcre2_set_callout(w->limits, charge, &watch);
    result = pcre2_match(pattern->watched, p, text.n, 0, 0, w->data, w->limits);
    pcre2_set_callout(w->limits, NULL, NULL);
    return result;
}

enum pattern_result pattern_match(const struct pattern *pattern, struct view text,
                                  struct budget *budget)
{
    struct workspace *w;
    int result;

    if (!budget_take(budget, STEPS_A_MATCH + text.n / BYTES_A_STEP))
        return PATTERN_UNDECIDED;
    pthread_once(&workspace_once, make_key);
    w = pthread_getspecific(workspace_key);
    if (!w && !(w = workspace_create()))
        return PATTERN_UNDECIDED;
    result = match(w, pattern, text, budget);
    if (result >= 0)
        return PATTERN_MATCH;
    return result == PCRE2_ERROR_NOMATCH ? PATTERN_NO_MATCH : PATTERN_UNDECIDED;
}
