#include "base/time/timefmt.h"

#include "base/time/civil.h"
#include "base/time/zone.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

/* Takes exactly `digits` digits off the front of *text as a number between min and max. */
static bool take_number(struct view *text, size_t digits, unsigned min, unsigned max,
                        unsigned *value)
{
    unsigned n = 0;

    if (text->n < digits)
        return false;
    for (size_t i = 0; i < digits; i++) {
        if (text->p[i] < '0' || text->p[i] > '9')
            return false;
        n = n * 10 + (unsigned)(text->p[i] - '0');
    }
    *text = view_from(*text, digits);
    *value = n;
    return n >= min && n <= max;
}

static bool take_char(struct view *text, char c)
{
    if (text->n == 0 || text->p[0] != c)
        return false;
    *text = view_from(*text, 1);
    return true;
}

static bool take_date(struct view *text, int64_t *days)
{
    unsigned year, month, day;

    if (!take_number(text, 4, 0, 9999, &year) || !take_char(text, '-') ||
        !take_number(text, 2, 1, 12, &month) || !take_char(text, '-') ||
        !take_number(text, 2, 1, civil_month_days(year, month), &day))
        return false;
    *days = civil_days(year, month, day);
    return true;
}

static bool take_fraction(struct view *text)
{
    size_t n = 1;

    if (text->n == 0 || text->p[0] != '.')
        return true;
    while (n < text->n && text->p[n] >= '0' && text->p[n] <= '9')
        n++;
    *text = view_from(*text, n);
    return n > 1;
}

static bool take_offset(struct view *text, int64_t *offset)
{
    unsigned hours, minutes;
    bool west;

    *offset = 0;
    if (take_char(text, 'Z'))
        return true;
    west = take_char(text, '-');
    if (!west && !take_char(text, '+'))
        return false;
    if (!take_number(text, 2, 0, 23, &hours) || !take_char(text, ':') ||
        !take_number(text, 2, 0, 59, &minutes))
        return false;
    *offset = (int64_t)hours * 3600 + minutes * 60;
    if (west)
        *offset = -*offset;
    return true;
}

int timefmt_parse(struct view text, int64_t *seconds)
{
    unsigned hour, minute, second;
    int64_t days, offset;

    if (!take_date(&text, &days) || !take_char(&text, 'T') ||
        !take_number(&text, 2, 0, 23, &hour) || !take_char(&text, ':') ||
        !take_number(&text, 2, 0, 59, &minute) || !take_char(&text, ':') ||
        !take_number(&text, 2, 0, 59, &second) || !take_fraction(&text) ||
        !take_offset(&text, &offset) || text.n > 0)
        return -1;
    *seconds = days * CIVIL_DAY + hour * 3600 + minute * 60 + second - offset;
    return 0;
}

int timefmt_parse_date(struct view text, int64_t *days)
{
    int64_t found;

    if (!take_date(&text, &found) || text.n > 0)
        return -1;
    *days = found;
    return 0;
}

int timefmt_parse_clock(struct view text, int64_t *seconds)
{
    unsigned hour, minute;

    if (!take_number(&text, 2, 0, 24, &hour) || !take_char(&text, ':') ||
        !take_number(&text, 2, 0, hour == 24 ? 0 : 59, &minute) || text.n > 0)
        return -1;
    *seconds = (int64_t)hour * 3600 + minute * 60;
    return 0;
}

const char *timefmt_rfc3339(int64_t at, const struct zone *zone, char out[static TIMEFMT_ROOM])
{
    int32_t offset = zone ? zone_offset(zone, at, NULL) : 0;
    struct civil c;
    int n;

    /* RFC 3339 has no seconds in an offset; such offsets ended before 1973. */
    offset -= offset % 60;
    c = civil_of(at + offset);
    n = snprintf(out, TIMEFMT_ROOM, "%04" PRId64 "-%02u-%02uT%02u:%02u:%02u", c.year, c.month,
                 c.day, c.hour, c.minute, c.second);
    if (!zone)
        snprintf(out + n, TIMEFMT_ROOM - (size_t)n, "Z");
    else
        snprintf(out + n, TIMEFMT_ROOM - (size_t)n, "%c%02d:%02d", offset < 0 ? '-' : '+',
                 abs(offset) / 3600, abs(offset) / 60 % 60);
    return out;
}

const char *timefmt_text(int64_t at, int64_t now, const struct zone *zone,
                         char out[static TIMEFMT_ROOM])
{
    const char *abbreviation = "UTC";
    int64_t local = at + (zone ? zone_offset(zone, at, &abbreviation) : 0);
    struct civil c = civil_of(local);
    char year[24] = "";

    if (c.year != civil_of(now + (zone ? zone_offset(zone, now, NULL) : 0)).year)
        snprintf(year, sizeof(year), " %" PRId64, c.year);
    snprintf(out, TIMEFMT_ROOM, "%s %u %s%s %02u:%02u %s",
             civil_weekday_name(civil_weekday(civil_day_of(local))), c.day,
             civil_month_name(c.month), year, c.hour, c.minute, abbreviation);
    return out;
}
