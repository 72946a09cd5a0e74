#include "policy/freezes/freezes.h"

#include "base/buf.h"
#include "policy/object/request.h"
#include "policy/object/workload.h"
#include "policy/schema/selector.h"

static void add_list(struct buf *out, const char *before, const struct view *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        buf_printf(out, "%s%.*s", i ? ", " : before, VIEW_ARGS(list[i]));
}

void freeze_place_namespaces(const struct freeze_place *place, struct buf *out)
{
    if (place->whole)
        return;
    add_list(out, "", place->namespaces, place->namespace_count);
    for (size_t i = 0; i < place->also_count; i++)
        buf_printf(out, "%s%.*s", i ? " and " : " that are also ", VIEW_ARGS(place->also[i]));
    add_list(out, " but not ", place->except, place->except_count);
    if (!place->labels)
        return;
    buf_add_str(out, " with the labels ");
    selector_text(place->labels, out);
}

static size_t count_kinds(unsigned kinds)
{
    return (size_t)__builtin_popcount(kinds);
}

/* The shorter of "StatefulSet" and "all but StatefulSet". */
static void add_kinds(const struct freeze_place *place, struct buf *out)
{
    size_t all = 0;
    unsigned kinds = place->kinds;
    const char *before = "";

    while (workload_kind_at(all))
        all++;
    if (2 * count_kinds(kinds) > all) {
        kinds = ~kinds;
        before = "all but ";
    }
    for (size_t n = 0; n < all; n++) {
        if (!(kinds >> n & 1))
            continue;
        buf_printf(out, "%s%s", before, workload_kind_at(n)->kind);
        before = ", ";
    }
}

static const char *comma(const struct buf *out, size_t from)
{
    return out->n > from ? ", " : "";
}

static void add_match(const struct match *m, size_t from, struct buf *out)
{
    const struct {
        const char *word;
        const struct view *list;
        size_t count;
    } lists[] = {
        {"names ", m->names, m->name_count},
        {"users ", m->users, m->user_count},
        {"groups ", m->groups, m->group_count},
        {"service accounts ", m->service_accounts, m->service_account_count},
    };

    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        if (lists[i].count == 0)
            continue;
        buf_add_str(out, comma(out, from));
        add_list(out, lists[i].word, lists[i].list, lists[i].count);
    }
    if (!m->labels)
        return;
    buf_printf(out, "%slabels ", comma(out, from));
    selector_text(m->labels, out);
}

void freeze_match_text(const struct match *m, struct buf *out)
{
    add_match(m, out->n, out);
}

void freeze_place_only(const struct freeze_place *place, struct buf *out)
{
    size_t from = out->n;

    if (!place->all_kinds)
        add_kinds(place, out);
    if (place->operations != (CREATE | UPDATE))
        buf_printf(out, "%s%s", comma(out, from),
                   operation_name((enum operation)place->operations));
    for (size_t i = 0; i < 2; i++)
        if (place->only[i])
            add_match(place->only[i], from, out);
}
