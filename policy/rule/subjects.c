#include "policy/rule/subjects.h"

#include "base/arena.h"
#include "base/budget.h"
#include "base/buf.h"
#include "policy/limits.h"
#include "policy/rule/check.h"
#include "policy/rule/match_text.h"

#include <yyjson.h>

const struct schema_field subjects_fields[] = {
    {"groups", SCHEMA_STRING, .list = true, .doc = "members of these groups"},
    {"users", SCHEMA_STRING, .list = true, .doc = "these users"},
    {0},
};

static void add_names(struct buf *out, const char *before, const struct node *names)
{
    for (size_t i = 0; names && i < names->count; i++)
        buf_printf(out, "%s%.*s", i == 0 ? before : " or ", VIEW_ARGS(names->items[i]->text));
}

int subjects_compile(const struct node *node, const char *key, struct compile *c,
                     struct subjects *out)
{
    struct buf text;

    out->groups = node_get(node, "groups");
    out->users = node_get(node, "users");
    if (!out->groups && !out->users) {
        diag_error(c->diags, node->place, "\"%s\" names neither groups nor users", key);
        return -1;
    }
    match_text_users(out->users, false, c->diags);
    match_text_groups(out->groups, c->diags);
    buf_init(&text, LIMIT_MESSAGE);
    add_names(&text, "a member of ", out->groups);
    if (out->groups && out->users)
        buf_add_str(&text, " or ");
    add_names(&text, "", out->users);
    if (!text.failed)
        out->text = arena_copy(c->arena, buf_view(&text));
    buf_release(&text);
    return out->text.p ? 0 : -1;
}

static bool name_user(const struct subjects *subjects, struct view user)
{
    for (size_t i = 0; subjects->users && i < subjects->users->count; i++)
        if (view_eq(subjects->users->items[i]->text, user))
            return true;
    return false;
}

bool subjects_may_include(const struct subjects *subjects, struct view user)
{
    return subjects->groups || name_user(subjects, user);
}

bool subjects_have(const struct subjects *subjects, const struct request *request)
{
    uint64_t looked =
        subjects->groups ? subjects->groups->count * yyjson_arr_size(request->groups) : 0;

    if (name_user(subjects, request->user))
        return true;
    if (looked > 0 && !budget_take(request->budget, 1 + looked / KEYS_A_STEP))
        return false;
    for (size_t i = 0; subjects->groups && i < subjects->groups->count; i++)
        if (request_in_group(request, subjects->groups->items[i]->text))
            return true;
    return false;
}
