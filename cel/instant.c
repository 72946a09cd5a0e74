#include "cel/instant.h"

#include "base/time/civil.h"
#include "cel/number.h"

#include <stdio.h>

enum { SECOND = 1000000000 };

/* --- timestamps ------------------------------------------------------------------------------- */

struct reader {
    struct view text;
    size_t at;
};

static bool is_digit(const struct reader *r, size_t at)
{
    return at < r->text.n && r->text.p[at] >= '0' && r->text.p[at] <= '9';
}

static bool take(struct reader *r, const char *one_of)
{
    if (r->at >= r->text.n || !r->text.p[r->at] || !strchr(one_of, r->text.p[r->at]))
        return false;
    r->at++;
    return true;
}

/* A number of that many digits between two bounds. */
static bool take_number(struct reader *r, unsigned digits, unsigned min, unsigned max,
                        unsigned *out)
{
    unsigned sum = 0;

    for (unsigned i = 0; i < digits; i++, r->at++) {
        if (!is_digit(r, r->at))
            return false;
        sum = sum * 10 + (unsigned)(r->text.p[r->at] - '0');
    }
    *out = sum;
    return sum >= min && sum <= max;
}

static bool take_date(struct reader *r, struct civil *c)
{
    unsigned year;

    if (!take_number(r, 4, 0, 9999, &year) || !take(r, "-") ||
        !take_number(r, 2, 1, 12, &c->month) || !take(r, "-"))
        return false;
    c->year = year;
    return take_number(r, 2, 1, civil_month_days(c->year, c->month), &c->day);
}

/* Go takes an hour of one digit, too, and a comma before the fraction. */
static bool take_time(struct reader *r, struct civil *c)
{
    return take(r, "T") && take_number(r, is_digit(r, r->at + 1) ? 2 : 1, 0, 23, &c->hour) &&
           take(r, ":") && take_number(r, 2, 0, 59, &c->minute) && take(r, ":") &&
           take_number(r, 2, 0, 59, &c->second);
}

/* The first nine digits behind the point. */
static bool take_fraction(struct reader *r, uint32_t *nanoseconds)
{
    uint32_t unit = SECOND / 10;

    *nanoseconds = 0;
    if (!is_digit(r, r->at + 1) || !take(r, ".,"))
        return true;
    for (; is_digit(r, r->at); r->at++, unit /= 10)
        *nanoseconds += unit * (uint32_t)(r->text.p[r->at] - '0');
    return true;
}

static bool take_zone(struct reader *r, int16_t *minutes)
{
    unsigned hour, minute;
    bool west;

    *minutes = 0;
    if (take(r, "Z"))
        return true;
    west = r->at < r->text.n && r->text.p[r->at] == '-';
    if (!take(r, "+-") || !take_number(r, 2, 0, 24, &hour) || !take(r, ":") ||
        !take_number(r, 2, 0, 60, &minute))
        return false;
    *minutes = (int16_t)((int)(hour * 60 + minute) * (west ? -1 : 1));
    return true;
}

bool cel_timestamp_parse(struct view text, struct cel_value *out)
{
    struct reader r = {text, 0};
    uint32_t nanoseconds;
    struct civil c;
    int16_t zone;

    if (!take_date(&r, &c) || !take_time(&r, &c) || !take_fraction(&r, &nanoseconds) ||
        !take_zone(&r, &zone) || r.at != text.n)
        return false;
    *out = cel_timestamp(civil_seconds(&c) - zone * 60, nanoseconds);
    out->zone = zone;
    return true;
}

/* ".5" for half a second, nothing for none. */
static const char *fraction(uint32_t nanoseconds, char out[static 16])
{
    size_t n = (size_t)snprintf(out, 16, ".%09u", nanoseconds);

    while (out[n - 1] == '0')
        n--;
    out[nanoseconds ? n : 0] = '\0';
    return out;
}

struct view cel_timestamp_text(struct cel_value timestamp, char out[static CEL_INSTANT_ROOM])
{
    struct civil c = civil_of(timestamp.i + timestamp.zone * 60);
    unsigned minutes = (unsigned)(timestamp.zone < 0 ? -timestamp.zone : timestamp.zone);
    char zone[16] = "Z", part[16];

    if (minutes > 0)
        snprintf(zone, sizeof(zone), "%c%02u:%02u", timestamp.zone < 0 ? '-' : '+', minutes / 60,
                 minutes % 60);
    snprintf(out, CEL_INSTANT_ROOM, "%04d-%02u-%02uT%02u:%02u:%02u%s%s", (int)c.year, c.month,
             c.day, c.hour, c.minute, c.second, fraction(timestamp.n, part), zone);
    return view_of(out);
}

/* --- durations -------------------------------------------------------------------------------- */

/* Nanoseconds of the unit at the beginning of text, whose length is *n; 0: none. */
static uint64_t unit_at(struct view text, size_t *n)
{
    static const struct {
        const char *name;
        uint64_t nanoseconds;
    } units[] = {
        {"ns", 1},
        {"us", 1000},
        {"\xc2\xb5s", 1000},
        {"\xce\xbcs", 1000},
        {"ms", 1000 * 1000},
        {"s", SECOND},
        {"m", UINT64_C(60) * SECOND},
        {"h", UINT64_C(3600) * SECOND},
    };

    for (*n = 0; *n < text.n && text.p[*n] != '.' && (text.p[*n] < '0' || text.p[*n] > '9');)
        ++*n;
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
        if (view_eq_str(view_first(text, *n), units[i].name))
            return units[i].nanoseconds;
    return 0;
}

/* The digits at r->at as a number; false when it is more than 2^63. */
static bool take_whole(struct reader *r, uint64_t *out)
{
    const uint64_t most = UINT64_C(1) << 63;

    for (*out = 0; is_digit(r, r->at); r->at++) {
        uint64_t digit = (uint64_t)(r->text.p[r->at] - '0');

        if (*out > most / 10)
            return false;
        *out = *out * 10 + digit;
        if (*out > most)
            return false;
    }
    return true;
}

/* The digits behind a point: what they are of 1/scale, those that are too many left out. */
static void take_part(struct reader *r, uint64_t *part, double *scale)
{
    bool over = false;

    *part = 0;
    *scale = 1;
    for (; is_digit(r, r->at); r->at++) {
        uint64_t next;

        if (over || *part > INT64_MAX / 10) {
            over = true;
            continue;
        }
        next = *part * 10 + (uint64_t)(r->text.p[r->at] - '0');
        if (next > UINT64_C(1) << 63) {
            over = true;
            continue;
        }
        *part = next;
        *scale *= 10;
    }
}

/* One "1.5h"; adds it to *sum. */
static bool take_term(struct reader *r, uint64_t *sum)
{
    const uint64_t most = UINT64_C(1) << 63;
    size_t from = r->at, digits, n;
    uint64_t whole, part = 0, unit;
    double scale = 1;

    if (!take_whole(r, &whole))
        return false;
    digits = r->at - from;
    if (take(r, ".")) {
        from = r->at;
        take_part(r, &part, &scale);
        digits += r->at - from;
    }
    unit = unit_at(view_from(r->text, r->at), &n);
    r->at += n;
    if (digits == 0 || unit == 0 || whole > most / unit)
        return false;
    whole *= unit;
    if (part > 0)
        whole += (uint64_t)((double)part * ((double)unit / scale));
    *sum += whole;
    return whole <= most && *sum <= most;
}

bool cel_duration_parse(struct view text, struct cel_value *out)
{
    struct reader r = {text, 0};
    bool minus = text.n > 0 && text.p[0] == '-';
    uint64_t sum = 0;

    take(&r, "+-");
    if (view_eq(view_from(text, r.at), VIEW("0"))) {
        *out = cel_duration(0);
        return true;
    }
    if (r.at == text.n)
        return false;
    while (r.at < text.n)
        if (!take_term(&r, &sum))
            return false;
    if (sum > (uint64_t)INT64_MAX + minus)
        return false;
    *out = cel_duration(minus ? (int64_t)(0 - sum) : (int64_t)sum);
    return true;
}

/* Go goes by a double, too. */
struct view cel_duration_text(struct cel_value duration, char out[static CEL_INSTANT_ROOM])
{
    double seconds = (double)(duration.i / SECOND) + (double)(duration.i % SECOND) / (double)SECOND;
    char number[CEL_NUMBER_ROOM];

    snprintf(out, CEL_INSTANT_ROOM, "%.*ss", VIEW_ARGS(cel_double_plain(seconds, number)));
    return view_of(out);
}
