#include "cli/guard/status_row.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/text/quote.h"
#include "base/time/duration.h"
#include "base/time/timefmt.h"
#include "cli/text_table.h"
#include "cli/workload_arg.h"
#include "policy/limits.h"
#include "rollout/limits.h"

/* Longest text that a row has: the quarantined images of a record. */
enum { ROW_TEXT = LIMIT_RECORD_FAILURES * (LIMIT_SHOWN + 2) + 3 * LIMIT_RECORD_TEXT };

struct view status_row_plain(struct view text, struct arena *arena)
{
    struct view line, rest, plain;
    struct buf buf;

    view_cut(text, '\n', &line, &rest);
    buf_init(&buf, ROW_TEXT);
    quote_line(&buf, line);
    plain = arena_copy(arena, buf_view(&buf));
    buf_release(&buf);
    return plain;
}

bool status_row_is_wanted(const struct record *r, const struct status_filter *filter)
{
    return (!filter->namespace_.p || view_eq(filter->namespace_, r->namespace_)) &&
           (!filter->kind.p || view_eq(filter->kind, r->kind)) &&
           (!filter->name.p || view_eq(filter->name, r->name));
}

/* The newest template that was healthy. */
static const struct record_good *last_good(const struct record *r)
{
    return r->good_count > 0 ? &r->goods[r->good_count - 1] : NULL;
}

static struct view healthy_text(const struct record *r)
{
    const struct record_good *good = last_good(r);

    if (!good)
        return VIEW("-");
    return view_eq(good->hash, r->hash) ? VIEW("this version") : good->images;
}

static void write_quarantine(const struct record *r, struct buf *out)
{
    for (size_t i = 0; i < r->failure_count; i++)
        if (r->failures[i].quarantined) {
            buf_add_str(out, out->n > 0 ? ", " : "");
            buf_add(out, r->failures[i].images);
        }
    if (out->n == 0)
        buf_add_char(out, '-');
}

int status_row_of(struct record *r, struct arena *arena, struct status_row *out)
{
    struct buf quarantine;

    buf_init(&quarantine, ROW_TEXT);
    write_quarantine(r, &quarantine);
    *out = (struct status_row){
        .namespace_ = status_row_plain(r->namespace_, arena),
        .workload = workload_arg_text(status_row_plain(r->kind, arena),
                                      status_row_plain(r->name, arena), arena),
        .images = status_row_plain(r->images, arena),
        .healthy = status_row_plain(healthy_text(r), arena),
        .quarantine = status_row_plain(buf_view(&quarantine), arena),
        .reason = status_row_plain(r->message, arena),
        .hash = arena_copy(arena, r->hash),
        .state = r->state,
        .since = r->since,
    };
    buf_release(&quarantine);
    return out->namespace_.p && out->workload.p && out->images.p && out->healthy.p &&
                   out->quarantine.p && out->reason.p && out->hash.p
               ? 0
               : -1;
}

int status_row_compare(const void *a, const void *b)
{
    const struct status_row *one = a, *other = b;
    int order = view_cmp(one->namespace_, other->namespace_);

    return order != 0 ? order : view_cmp(one->workload, other->workload);
}

bool status_row_equal(const struct status_row *a, const struct status_row *b)
{
    return status_row_compare(a, b) == 0 && a->state == b->state && a->since == b->since &&
           view_eq(a->hash, b->hash) && view_eq(a->healthy, b->healthy) &&
           view_eq(a->quarantine, b->quarantine) && view_eq(a->reason, b->reason);
}

bool status_row_is_fine(const struct status_row *row)
{
    return row->state != ROLLOUT_FAILED && row->state != ROLLOUT_DEGRADED &&
           row->state != ROLLOUT_ROLLING_BACK;
}

enum colour status_row_colour(const struct status_row *row)
{
    if (!status_row_is_fine(row))
        return COLOUR_RED;
    return row->state == ROLLOUT_HEALTHY ? COLOUR_GREEN : COLOUR_YELLOW;
}

void status_row_head(struct text_table_row *out)
{
    *out = (struct text_table_row){.cells = {VIEW("NAMESPACE"), VIEW("WORKLOAD"), VIEW("VERSION"),
                                             VIEW("STATE"), VIEW("SINCE"), VIEW("LAST HEALTHY"),
                                             VIEW("QUARANTINE")}};
}

void status_row_line(const struct status_row *row, int64_t now, struct arena *arena,
                     struct text_table_row *out)
{
    char age[DURATION_ROOM];
    struct view since = VIEW("-");

    if (row->since > 0)
        since = arena_copy(arena, view_of(duration_age(now - row->since, age)));
    *out = (struct text_table_row){.cells = {row->namespace_, row->workload, row->images,
                                             view_of(rollout_state_name(row->state)), since,
                                             row->healthy, row->quarantine},
                                   .note = row->reason,
                                   .coloured = 3,
                                   .colour = status_row_colour(row)};
}

/* --- JSON ------------------------------------------------------------------------------------- */

json_t *status_row_text(struct view text)
{
    return text.n > 0 ? json_stringn(text.p, text.n) : json_null();
}

json_t *status_row_instant(int64_t at)
{
    char text[TIMEFMT_ROOM];

    return at > 0 ? json_string(timefmt_rfc3339(at, NULL, text)) : json_null();
}

static json_t *healthy_json(const struct record *r)
{
    const struct record_good *good = last_good(r);

    if (!good)
        return json_null();
    return json_pack("{so so so}", "images", status_row_text(good->images), "templateHash",
                     status_row_text(good->hash), "at", status_row_instant(good->at));
}

static json_t *quarantine_json(const struct record *r)
{
    json_t *list = json_array();

    for (size_t i = 0; i < r->failure_count; i++) {
        const struct record_failure *f = &r->failures[i];

        if (f->quarantined)
            json_array_append_new(
                list, json_pack("{so so so so}", "images", status_row_text(f->images),
                                "templateHash", status_row_text(f->hash), "cause",
                                status_row_text(f->cause), "at", status_row_instant(f->at)));
    }
    return list;
}

json_t *status_row_json(struct record *r)
{
    return json_pack("{so so so so so so ss so so so so}", "namespace",
                     status_row_text(r->namespace_), "kind", status_row_text(r->kind), "name",
                     status_row_text(r->name), "guard", status_row_text(r->guard), "images",
                     status_row_text(r->images), "templateHash", status_row_text(r->hash), "state",
                     rollout_state_name(r->state), "since", status_row_instant(r->since), "reason",
                     status_row_text(r->message), "lastHealthy", healthy_json(r), "quarantine",
                     quarantine_json(r));
}
