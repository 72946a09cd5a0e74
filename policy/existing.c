#include "policy/existing.h"

#include "base/arena.h"
#include "policy/check.h"

#include <stdlib.h>

/* What makes two findings the same, and how many are left to let off. */
struct known {
    const struct finding *finding;
    size_t left;
};

static int compare(const struct finding *a, const struct finding *b)
{
    int order = view_cmp(a->path, b->path);

    if (order == 0)
        order = view_cmp(a->found, b->found);
    return order != 0 ? order : view_cmp(a->headline, b->headline);
}

static int by_finding(const void *a, const void *b)
{
    return compare(((const struct known *)a)->finding, ((const struct known *)b)->finding);
}

static size_t count_findings(const struct finding *list)
{
    size_t count = 0;

    for (; list; list = list->next)
        count++;
    return count;
}

/* The findings sorted, each once, with how often it was there; returns how many. An object can have
 * a hundred thousand of them: comparing each with each would outlast the review. */
static size_t sort_known(const struct finding *list, struct known *known)
{
    size_t count = 0, kept = 0;

    for (; list; list = list->next)
        known[count++] = (struct known){list, 1};
    qsort(known, count, sizeof(*known), by_finding);
    for (size_t i = 0; i < count; i++)
        if (kept > 0 && by_finding(&known[kept - 1], &known[i]) == 0)
            known[kept - 1].left++;
        else
            known[kept++] = known[i];
    return kept;
}

int existing_subtract(struct eval *e, const struct finding *before)
{
    struct known *known = arena_array(e->arena, count_findings(before) + 1, sizeof(*known));
    struct finding **at = &e->first;
    size_t count;

    if (!known)
        return eval_fail(e, "the review needs more memory than is allowed");
    count = sort_known(before, known);
    while (*at) {
        struct known wanted = {.finding = *at}, *found;

        found = bsearch(&wanted, known, count, sizeof(*known), by_finding);
        if (found && found->left > 0) {
            found->left--;
            *at = (*at)->next;
        } else {
            at = &(*at)->next;
        }
    }
    return 0;
}
