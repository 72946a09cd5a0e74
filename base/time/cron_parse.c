#include "base/time/cron.h"

#include "base/parse_error.h"
#include "base/time/civil.h"

#include <string.h>

enum { FIELDS = 5 };

struct field {
    const char *name;
    unsigned min, max, last; /* last: what "*" and an open step end at */
    const char *words;       /* three letters each, the first is min */
};

static const struct field fields[FIELDS] = {
    {"minute", 0, 59, 59, ""},
    {"hour", 0, 23, 23, ""},
    {"day of month", 1, 31, 31, ""},
    {"month", 1, 12, 12, "janfebmaraprmayjunjulaugsepoctnovdec"},
    {"day of week", 0, 7, 6, "sunmontuewedthufrisat"},
};

/* One field of a text on its way into a set. */
struct reader {
    const struct field *field;
    const char *start; /* of the whole text */
    struct parse_error *parse_error;
    uint64_t set;
    bool star; /* a star that restricts nothing */
    bool step_of_star;
    bool last_day;
};

static size_t offset_of(const struct reader *r, struct view item)
{
    return (size_t)(item.p - r->start);
}

static int bad_value(const struct reader *r, struct view item)
{
    parse_error_set(r->parse_error, offset_of(r, item), "\"%.*s\" is not a valid %s",
                    VIEW_ARGS(view_first(item, 32)), r->field->name);
    if (r->field->words[0])
        return parse_error_hint(r->parse_error, "write %u to %u, or names like \"%s\"",
                                r->field->min, r->field->max, r->field->max == 12 ? "JAN" : "MON");
    return parse_error_hint(r->parse_error, "write %u to %u", r->field->min, r->field->max);
}

static bool read_number(struct view text, unsigned *value)
{
    *value = 0;
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] < '0' || text.p[i] > '9' || i >= 4)
            return false;
        *value = *value * 10 + (unsigned)(text.p[i] - '0');
    }
    return text.n > 0;
}

static bool read_word(const struct field *field, struct view text, unsigned *value)
{
    char word[3];

    if (text.n != sizeof(word))
        return false;
    for (size_t i = 0; i < sizeof(word); i++)
        word[i] = (char)(text.p[i] | 0x20);
    for (size_t i = 0; field->words[i * 3]; i++)
        if (memcmp(field->words + i * 3, word, sizeof(word)) == 0) {
            *value = field->min + (unsigned)i;
            return true;
        }
    return false;
}

static int read_value(const struct reader *r, struct view text, unsigned *value)
{
    if (read_word(r->field, text, value))
        return 0;
    if (!read_number(text, value) || *value < r->field->min || *value > r->field->max)
        return bad_value(r, text);
    return 0;
}

static int read_range(const struct reader *r, struct view text, unsigned *low, unsigned *high,
                      bool *open)
{
    struct view first, second;
    bool range = view_cut(text, '-', &first, &second);

    *open = !range;
    if (read_value(r, first, low) < 0)
        return -1;
    *high = *low;
    if (range && read_value(r, second, high) < 0)
        return -1;
    if (range && *high == 0 && *low > 0 && r->field->max == 7)
        *high = 7; /* "FRI-SUN" */
    if (*high < *low) {
        parse_error_set(r->parse_error, offset_of(r, text),
                        "the range \"%.*s\" of the %s runs backwards",
                        VIEW_ARGS(view_first(text, 32)), r->field->name);
        return parse_error_hint(r->parse_error, "write \"%u-%u,%u-%u\"", *low, r->field->last,
                                r->field->min, *high);
    }
    return 0;
}

/* A step that is longer than the field fires once and is always meant otherwise. */
static int read_step(const struct reader *r, struct view text, unsigned *step)
{
    unsigned longest = r->field->last - r->field->min;

    if (read_number(text, step) && *step >= 1 && *step <= longest)
        return 0;
    parse_error_set(r->parse_error, offset_of(r, text), "\"%.*s\" is not a step of the %s",
                    VIEW_ARGS(view_first(text, 32)), r->field->name);
    return parse_error_hint(r->parse_error, "write 1 to %u", longest);
}

/* One item of a list: "*", "?", "a", "a-b", each with "/n" or without, or "L". */
static int read_item(struct reader *r, struct view item)
{
    unsigned low = r->field->min, high = r->field->last, step = 1;
    struct view range, steps;
    bool stepped = view_cut(item, '/', &range, &steps), open = false;
    bool star = view_eq_str(range, "*") || view_eq_str(range, "?");

    if (r->field->max == 31 && (view_eq_str(item, "L") || view_eq_str(item, "l"))) {
        r->last_day = true;
        return 0;
    }
    if (!star && read_range(r, range, &low, &high, &open) < 0)
        return -1;
    if (stepped && read_step(r, steps, &step) < 0)
        return -1;
    if (stepped && open && low < r->field->last)
        high = r->field->last;
    r->star |= star && step == 1;
    r->step_of_star |= star;
    for (unsigned value = low; value <= high; value += step)
        r->set |= UINT64_C(1) << value;
    return 0;
}

static int read_field(struct reader *r, struct view text)
{
    bool more;

    do {
        struct view item;

        more = view_cut(text, ',', &item, &text);
        if (item.n == 0)
            return parse_error_set(r->parse_error, offset_of(r, item),
                                   "an empty item in the list of the %s", r->field->name);
        if (read_item(r, item) < 0)
            return -1;
    } while (more);
    return 0;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static struct view next_field(struct view text, size_t *at)
{
    size_t start;

    while (*at < text.n && is_blank(text.p[*at]))
        ++*at;
    start = *at;
    while (*at < text.n && !is_blank(text.p[*at]))
        ++*at;
    return (struct view){text.p + start, *at - start};
}

static unsigned count_fields(struct view text)
{
    unsigned count = 0;
    size_t at = 0;

    while (next_field(text, &at).n > 0)
        count++;
    return count;
}

static int refuse_macro(struct view text, struct parse_error *parse_error)
{
    static const struct {
        const char *name, *fields;
    } macros[] = {
        {"@yearly", "0 0 1 1 *"}, {"@annually", "0 0 1 1 *"}, {"@monthly", "0 0 1 * *"},
        {"@weekly", "0 0 * * 0"}, {"@daily", "0 0 * * *"},    {"@midnight", "0 0 * * *"},
        {"@hourly", "0 * * * *"},
    };

    parse_error_set(parse_error, 0, "it is a short form");
    for (size_t i = 0; i < sizeof(macros) / sizeof(macros[0]); i++)
        if (view_eq_str(text, macros[i].name))
            return parse_error_hint(parse_error, "write \"%s\"", macros[i].fields);
    return parse_error_hint(parse_error,
                            "write five fields: minute, hour, day of month, month, day of week");
}

static int check_shape(struct view text, struct parse_error *parse_error)
{
    unsigned count = count_fields(text);

    if (view_starts(text, "TZ=") || view_starts(text, "CRON_TZ=")) {
        parse_error_set(parse_error, 0, "it names a time zone");
        return parse_error_hint(parse_error, "write \"timeZone: ...\" beside it");
    }
    if (view_starts(text, "@"))
        return refuse_macro(view_trim(text), parse_error);
    if (count == FIELDS)
        return 0;
    parse_error_set(parse_error, 0, "it has %u field%s, not 5", count, count == 1 ? "" : "s");
    return parse_error_hint(parse_error, "%s",
                            count == 6 ? "there are no seconds: minute, hour, day of month, "
                                         "month, day of week"
                                       : "minute, hour, day of month, month, day of week");
}

/* Only days of the month can be missing from every month; and not when a weekday will do. */
static bool ever_comes(const struct cron *cron)
{
    if (cron->any_day || !cron->any_weekday || cron->last_day)
        return true;
    for (unsigned month = 1; month <= 12; month++)
        if (cron->months >> month & 1 &&
            cron->days & ((UINT64_C(2) << civil_month_days(2000, month)) - 1))
            return true;
    return false;
}

int cron_parse(struct view text, struct cron *cron, struct parse_error *parse_error)
{
    struct reader r[FIELDS];
    size_t at = 0, day_at = 0;

    if (check_shape(text, parse_error) < 0)
        return -1;
    for (unsigned i = 0; i < FIELDS; i++) {
        struct view field = next_field(text, &at);

        if (i == 2)
            day_at = (size_t)(field.p - text.p);
        r[i] = (struct reader){.field = &fields[i], .start = text.p, .parse_error = parse_error};
        if (read_field(&r[i], field) < 0)
            return -1;
    }
    *cron = (struct cron){
        .minutes = r[0].set,
        .hours = (uint32_t)r[1].set,
        .days = (uint32_t)r[2].set,
        .months = (uint16_t)r[3].set,
        .weekdays = (uint8_t)((r[4].set | r[4].set >> 7) & 0x7f),
        .last_day = r[2].last_day,
        .any_day = r[2].star,
        .any_weekday = r[4].star,
        .elapsed = r[1].step_of_star,
    };
    if (!ever_comes(cron))
        return parse_error_set(parse_error, day_at,
                               "it never comes, no month of it has such a day");
    return 0;
}
