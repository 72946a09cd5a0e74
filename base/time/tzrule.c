#include "base/time/tzrule.h"

#include "base/time/civil.h"

#include <string.h>

enum { HOUR = 3600 };

static bool take_char(struct view *text, char c)
{
    if (text->n == 0 || text->p[0] != c)
        return false;
    *text = view_from(*text, 1);
    return true;
}

static bool take_number(struct view *text, unsigned min, unsigned max, unsigned *value)
{
    unsigned n = 0;
    size_t i = 0;

    for (; i < text->n && i < 4 && text->p[i] >= '0' && text->p[i] <= '9'; i++)
        n = n * 10 + (unsigned)(text->p[i] - '0');
    *text = view_from(*text, i);
    *value = n;
    return i > 0 && n >= min && n <= max;
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Three letters or more, or "<+03>". */
static bool take_name(struct view *text, char name[static TZ_ABBREVIATION])
{
    bool quoted = take_char(text, '<');
    size_t n = 0;

    while (n < text->n && (quoted ? text->p[n] != '>' : is_letter(text->p[n])))
        n++;
    if (n < 3 || n >= TZ_ABBREVIATION)
        return false;
    memcpy(name, text->p, n);
    name[n] = '\0';
    *text = view_from(*text, n);
    return !quoted || take_char(text, '>');
}

/* [+-]hh[:mm[:ss]] with at most max_hours, in seconds. */
static bool take_time(struct view *text, unsigned max_hours, int32_t *seconds)
{
    bool negative = take_char(text, '-');
    unsigned h, m = 0, s = 0;

    if (!negative)
        take_char(text, '+');
    if (!take_number(text, 0, max_hours, &h))
        return false;
    if (take_char(text, ':')) {
        if (!take_number(text, 0, 59, &m))
            return false;
        if (take_char(text, ':') && !take_number(text, 0, 59, &s))
            return false;
    }
    *seconds = (int32_t)(h * HOUR + m * 60 + s);
    if (negative)
        *seconds = -*seconds;
    return true;
}

static bool take_day(struct view *text, struct tz_day *day)
{
    bool read;

    *day = (struct tz_day){.time = 2 * HOUR};
    if (take_char(text, 'M')) {
        day->form = TZ_MONTH_WEEK_DAY;
        read = take_number(text, 1, 12, &day->month) && take_char(text, '.') &&
               take_number(text, 1, 5, &day->week) && take_char(text, '.') &&
               take_number(text, 0, 6, &day->day);
    } else if (take_char(text, 'J')) {
        day->form = TZ_JULIAN;
        read = take_number(text, 1, 365, &day->day);
    } else {
        day->form = TZ_DAY_OF_YEAR;
        read = take_number(text, 0, 365, &day->day);
    }
    return read && (!take_char(text, '/') || take_time(text, 167, &day->time));
}

/* POSIX counts west; we count east. */
static bool take_offset(struct view *text, int32_t *east)
{
    int32_t west;

    if (!take_time(text, 24, &west))
        return false;
    *east = -west;
    return true;
}

int tzrule_parse(struct view text, struct tzrule *rule)
{
    memset(rule, 0, sizeof(*rule));
    if (!take_name(&text, rule->standard.abbreviation) ||
        !take_offset(&text, &rule->standard.offset))
        return -1;
    if (text.n == 0)
        return 0;
    rule->has_daylight = true;
    if (!take_name(&text, rule->daylight.abbreviation))
        return -1;
    rule->daylight.offset = rule->standard.offset + HOUR;
    if (text.n > 0 && text.p[0] != ',' && !take_offset(&text, &rule->daylight.offset))
        return -1;
    if (!take_char(&text, ',') || !take_day(&text, &rule->start) || !take_char(&text, ',') ||
        !take_day(&text, &rule->end) || text.n > 0)
        return -1;
    return 0;
}

/* Midnight of the day in that year, in local seconds. */
static int64_t midnight_of(const struct tz_day *day, int64_t year)
{
    int64_t first, date;

    switch (day->form) {
    case TZ_JULIAN: /* 29 February is never counted */
        date = civil_days(year, 1, day->day);
        if (day->day >= 60 && civil_month_days(year, 2) == 29)
            date++;
        break;
    case TZ_DAY_OF_YEAR: date = civil_days(year, 1, 1) + day->day; break;
    case TZ_MONTH_WEEK_DAY:
    default:
        first = civil_days(year, day->month, 1);
        date = first + (day->day + 7 - civil_weekday(first)) % 7 + (day->week - 1) * 7;
        if (date >= first + civil_month_days(year, day->month))
            date -= 7;
    }
    return date * CIVIL_DAY;
}

struct change {
    int64_t at;
    const struct tz_type *to;
};

/* Daylight time all year round is written as an end and a start at one instant: the start counts.
 */
static bool before(const struct change *a, const struct change *b, const struct tzrule *rule)
{
    return a->at != b->at ? a->at < b->at : a->to == &rule->standard && b->to == &rule->daylight;
}

void tzrule_span(const struct tzrule *rule, int64_t t, struct tz_span *span)
{
    enum { YEARS = 3, CHANGES = 2 * YEARS };
    struct change changes[CHANGES];
    int64_t year;
    unsigned n = 0;

    *span = (struct tz_span){INT64_MIN, INT64_MAX, &rule->standard};
    if (!rule->has_daylight)
        return;
    year = civil_of(t).year;
    for (int64_t y = year - 1; y <= year + 1; y++) {
        changes[n++] =
            (struct change){midnight_of(&rule->start, y) + rule->start.time - rule->standard.offset,
                            &rule->daylight};
        changes[n++] = (struct change){
            midnight_of(&rule->end, y) + rule->end.time - rule->daylight.offset, &rule->standard};
    }
    for (unsigned i = 1; i < CHANGES; i++)
        for (unsigned j = i; j > 0 && before(&changes[j], &changes[j - 1], rule); j--) {
            struct change swap = changes[j];

            changes[j] = changes[j - 1];
            changes[j - 1] = swap;
        }
    for (n = 0; n + 1 < CHANGES && changes[n + 1].at <= t; n++)
        ;
    *span = (struct tz_span){changes[n].at, n + 1 < CHANGES ? changes[n + 1].at : INT64_MAX,
                             changes[n].to};
}
