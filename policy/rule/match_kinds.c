#include "policy/rule/match_kinds.h"

#include "base/diag.h"
#include "base/text/suggest.h"
#include "base/yaml/node.h"
#include "policy/object/kinds.h"

/* Shorter words have neighbours that are words too: Role, Rule and Route. */
enum { SHORTEST_SLIP = 6 };

static bool is_word(struct view text)
{
    for (size_t i = 0; i < text.n; i++)
        if (!((text.p[i] >= 'a' && text.p[i] <= 'z') || (text.p[i] >= 'A' && text.p[i] <= 'Z') ||
              (text.p[i] >= '0' && text.p[i] <= '9')))
            return false;
    return text.n > 0;
}

static void hint_row(const struct kind_row *row, bool with_group, struct diags *diags)
{
    if (with_group && row->group[0] == '\0')
        diag_hint(diags, "did you mean \"/%s\" or \"%s\"?", row->kind, row->kind);
    else if (with_group)
        diag_hint(diags, "did you mean \"%s/%s\"?", row->group, row->kind);
    else
        diag_hint(diags, "did you mean \"%s\"?", row->kind);
}

/* The row whose kind is nearest; in that group, unless it is absent. */
static const struct kind_row *nearest(struct view group, struct view kind)
{
    const struct kind_row *row, *best = NULL;
    unsigned least = 0;

    for (size_t i = 0; (row = kind_at(i)); i++) {
        unsigned apart;

        if ((row->flags & KIND_GONE) || (group.p && !view_eq_str(group, row->group)) ||
            !suggest(kind, &row->kind, 1))
            continue;
        apart = suggest_apart(kind, view_of(row->kind));
        if (best && apart >= least)
            continue;
        best = row;
        least = apart;
    }
    return best;
}

/* --- what is not a kind --------------------------------------------------------------------------
 */

/* What is asked for by "pods/exec", or what has the subresource; NULL: no word of that is known. */
static const struct kind_row *kind_of_subresource(struct view text)
{
    static const struct {
        const char *name, *kind;
    } connected[] = {{"attach", "PodAttachOptions"},
                     {"exec", "PodExecOptions"},
                     {"portforward", "PodPortForwardOptions"}};
    struct view owner, name;

    if (!view_cut(text, '/', &owner, &name))
        return NULL;
    for (size_t i = 0; i < sizeof(connected) / sizeof(connected[0]); i++)
        if (view_eq_str(name, connected[i].name))
            return kind_of((struct view){NULL, 0}, view_of(connected[i].kind));
    return kind_meant(owner);
}

static void hint_subresource(const struct kind_row *row, struct diags *diags)
{
    if (view_ends(view_of(row->kind), "Options"))
        diag_hint(diags, "write \"%s\", with operations: [CONNECT]", row->kind);
    else
        diag_hint(diags, "did you mean \"%s\"?", row->kind);
}

/* "apps/v1/Deployment" or "*": nobody's. */
static int refuse(const struct node *node, struct view kind, struct diags *diags)
{
    const struct kind_row *row;
    struct view rest = kind;

    while (view_cut(rest, '/', &kind, &rest) && rest.n > 0)
        kind = rest;
    row = kind_meant(kind);
    if (!row && view_cut(kind, '.', &kind, &rest)) /* deployments.apps */
        row = kind_meant(kind);
    if (!row)
        row = nearest((struct view){NULL, 0}, kind);
    diag_error(diags, node->place, "\"%.*s\" is not a kind", VIEW_ARGS(node->text));
    if (kind_of_subresource(node->text))
        hint_subresource(kind_of_subresource(node->text), diags);
    else if (row)
        hint_row(row, view_find(node->text, '/') >= 0, diags);
    else if (view_find(node->text, '*') >= 0)
        diag_hint(diags, "name each kind, or leave \"kinds\" out for all of them");
    else
        diag_hint(diags, "write it as in \"Deployment\" or \"apps/Deployment\"");
    return -1;
}

/* --- what none has ---------------------------------------------------------------------------- */

static void check_bare(const struct node *node, struct diags *diags)
{
    struct view any = {NULL, 0};
    const struct kind_row *row = kind_meant(node->text);

    if (row) {
        diag_vain(diags, node->place, "\"%.*s\" is not a kind", VIEW_ARGS(node->text));
        hint_row(row, false, diags);
        return;
    }
    row = nearest(any, node->text);
    if (!row ||
        suggest_apart(node->text, view_of(row->kind)) > (node->text.n < SHORTEST_SLIP ? 1 : 2))
        return;
    if (suggest_apart(node->text, view_of(row->kind)) == 1 && node->text.n >= SHORTEST_SLIP) {
        diag_vain(diags, node->place, "\"%.*s\" is not a kind of Kubernetes'",
                  VIEW_ARGS(node->text));
        diag_hint(diags, "did you mean \"%s\"? write one of others with its group", row->kind);
        return;
    }
    diag_warning(diags, node->place, "\"%.*s\" is not a kind of Kubernetes'",
                 VIEW_ARGS(node->text));
    diag_hint(diags, "did you mean \"%s\"? write one of others with its group", row->kind);
}

/* A kind in a group of Kubernetes' own, in which it has others. */
static void check_own(const struct node *node, struct view group, struct view kind,
                      struct diags *diags)
{
    struct view any = {NULL, 0};
    const struct kind_row *row = kind_of(any, kind);

    if (!row)
        row = kind_meant(kind);
    if (row || (row = nearest(group, kind))) {
        diag_vain(diags, node->place, "the group \"%.*s\" has no kind \"%.*s\"", VIEW_ARGS(group),
                  VIEW_ARGS(kind));
        hint_row(row, true, diags);
        return;
    }
    diag_warning(diags, node->place, "the group \"%.*s\" had no kind \"%.*s\" yet",
                 VIEW_ARGS(group), VIEW_ARGS(kind));
}

/* Others' groups have a dot in them: https://kubernetes.io/docs/reference/using-api/#api-groups */
static void check_group(const struct node *node, struct view group, struct view kind,
                        struct diags *diags)
{
    struct view any = {NULL, 0};
    const struct kind_row *row = kind_of(any, kind);

    if (!row)
        row = kind_meant(kind);
    diag_vain(diags, node->place, "\"%.*s\" is not an API group", VIEW_ARGS(group));
    if (row)
        hint_row(row, true, diags);
    else if (kind_of_subresource(node->text)) /* pods/exec */
        hint_subresource(kind_of_subresource(node->text), diags);
    else
        diag_hint(diags, "those of others have a dot, as in \"example.com/%.*s\"", VIEW_ARGS(kind));
}

/* Of the groups of others one kind is known: Argo's Rollout. */
static void check_foreign(const struct node *node, struct view group, struct view kind,
                          struct diags *diags)
{
    const struct kind_row *row = kind_meant(kind);

    if (!row || !view_eq_str(group, row->group) || view_eq_str(kind, row->kind))
        return;
    diag_vain(diags, node->place, "the group \"%.*s\" has no kind \"%.*s\"", VIEW_ARGS(group),
              VIEW_ARGS(kind));
    hint_row(row, true, diags);
}

/* policy/object/request.c treats a request to scale as one of the scaled kind. */
static void check_scale(const struct node *node, bool grouped, struct diags *diags)
{
    if (grouped)
        diag_vain(diags, node->place, "a request to scale counts as one of what it scales");
    else
        diag_warning(diags, node->place,
                     "a request to scale Kubernetes' own kinds counts as one of what it scales");
    diag_hint(diags, "name that: Deployment, StatefulSet, ReplicaSet, ...");
}

/* "v1", "v1beta1" */
static bool is_version(struct view text)
{
    return text.n > 1 && text.p[0] == 'v' && text.p[1] >= '0' && text.p[1] <= '9';
}

static int check_kind(const struct node *node, struct diags *diags)
{
    struct view group, kind;
    bool grouped = view_cut(node->text, '/', &group, &kind);

    if (node->kind == NODE_WRONG)
        return 0;
    if (!grouped)
        kind = node->text;
    if (!is_word(kind) || (kind.p[0] >= 'a' && kind.p[0] <= 'z' &&
                           (kind_meant(kind) || nearest((struct view){NULL, 0}, kind))))
        return refuse(node, kind, diags);
    if (view_eq_str(node->text, "autoscaling/Scale") || view_eq_str(node->text, "Scale")) {
        check_scale(node, grouped, diags);
    } else if (grouped && is_version(kind)) {
        diag_vain(diags, node->place, "\"%.*s\" is an API version, and no kind", VIEW_ARGS(kind));
        diag_hint(diags, "write it as in \"Deployment\" or \"apps/Deployment\"");
    } else if (!grouped) {
        if (!kind_of((struct view){NULL, 0}, kind))
            check_bare(node, diags);
    } else if (!kind_group_known(group)) {
        if (view_find(group, '.') < 0)
            check_group(node, group, kind, diags);
        else
            check_foreign(node, group, kind, diags);
    } else if (!kind_of(group, kind)) {
        check_own(node, group, kind, diags);
    }
    return 0;
}

int match_kinds_check(const struct node *list, struct diags *diags)
{
    int result = 0;

    for (size_t i = 0; list && i < list->count; i++)
        result |= check_kind(list->items[i], diags);
    return result;
}
