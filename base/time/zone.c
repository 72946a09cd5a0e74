#include "base/time/zone.h"

#include "base/arena.h"
#include "base/limits.h"
#include "base/parse_error.h"
#include "base/text/suggest.h"
#include "base/time/tzif.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Offsets are within 26 h (base/time/tzif.c). */
enum { FARTHEST = 26 * 3600, FOLDER_DEPTH = 3, SHORTEST_MISTYPED = 5 };

struct zone {
    struct view name;
    struct tzif tz;
    struct zone *next;
};

void zone_set_init(struct zone_set *set, const char *folder, struct arena *arena)
{
    *set = (struct zone_set){.folder = folder ? folder : ZONE_FOLDER, .arena = arena};
}

static bool is_name_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '+';
}

/* Parts of letters, digits and "_-+" between slashes, so no "..", the first with a capital: what
 * else lies in the folder ("localtime", "posix/", "tzdata.zi") begins with a small letter. */
static bool is_name(struct view name)
{
    bool fresh = true;

    if (name.n == 0 || name.n > LIMIT_ZONE_NAME || name.p[0] < 'A' || name.p[0] > 'Z')
        return false;
    for (size_t i = 0; i < name.n; i++) {
        if (name.p[i] == '/' ? fresh : !is_name_char(name.p[i]))
            return false;
        fresh = name.p[i] == '/';
    }
    return !fresh;
}

/* Reads a whole regular file into arena; p == NULL with errno set when that fails. */
static struct view read_file(const char *path, struct arena *arena)
{
    struct view none = {NULL, 0};
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat st;
    ssize_t n = -1;
    char *p = NULL;

    if (fd < 0)
        return none;
    if (fstat(fd, &st) < 0)
        goto out;
    if (!S_ISREG(st.st_mode)) {
        errno = ENOENT;
        goto out;
    }
    if (st.st_size > LIMIT_ZONE_FILE) {
        errno = EFBIG;
        goto out;
    }
    p = arena_alloc(arena, LIMIT_ZONE_FILE);
    if (p)
        n = read(fd, p, LIMIT_ZONE_FILE);
    else
        errno = ENOMEM;
out:
    close(fd);
    return n < 0 ? none : (struct view){p, (size_t)n};
}

struct names {
    struct arena *arena;
    const char **items;
    size_t count;
};

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Collects the names below folder/prefix; what cannot be read is left out. */
static void list_names(struct names *names, const char *folder, const char *prefix, unsigned depth)
{
    struct view path = arena_printf(names->arena, "%s/%s", folder, prefix);
    DIR *dir = path.p ? opendir(path.p) : NULL;
    struct dirent *entry;

    while (dir && names->count < LIMIT_ZONE_NAMES && (entry = readdir(dir))) {
        struct view name = arena_printf(names->arena, "%s%s", prefix, entry->d_name);

        if (!name.p || !is_name(name))
            continue;
        if (entry->d_type == DT_DIR && depth < FOLDER_DEPTH) {
            struct view deeper = arena_printf(names->arena, "%s/", name.p);

            if (deeper.p)
                list_names(names, folder, deeper.p, depth + 1);
        } else if (entry->d_type != DT_DIR) {
            names->items[names->count++] = name.p;
        }
    }
    if (dir)
        closedir(dir);
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_numeric(char c)
{
    return is_digit(c) || c == '+' || c == '-';
}

/* The same digits and signs: GMT+0 is not another spelling of GMT+1. */
static bool same_numbers(struct view a, struct view b)
{
    size_t j = 0;

    for (size_t i = 0; i < a.n; i++) {
        if (!is_numeric(a.p[i]))
            continue;
        while (j < b.n && !is_numeric(b.p[j]))
            j++;
        if (j == b.n || a.p[i] != b.p[j++])
            return false;
    }
    while (j < b.n && !is_numeric(b.p[j]))
        j++;
    return j == b.n;
}

/* The hours of an offset such as +1, UTC+01:00 and GMT-5; false when it is none. *whole tells
 * whether there are no minutes. */
static bool read_offset(struct view name, int *hours, bool *whole)
{
    struct view digits = name, minutes;
    bool east;

    if (view_starts(digits, "UTC") || view_starts(digits, "GMT"))
        digits = view_from(digits, 3);
    if (digits.n < 2 || (digits.p[0] != '+' && digits.p[0] != '-'))
        return false;
    east = digits.p[0] == '+';
    view_cut(view_from(digits, 1), ':', &digits, &minutes);
    *whole = minutes.n == 0 || view_eq_str(minutes, "00");
    *hours = 0;
    for (size_t i = 0; i < digits.n; i++) {
        if (!is_digit(digits.p[i]) || i == 2)
            return false;
        *hours = 10 * *hours + (digits.p[i] - '0');
    }
    *hours = east ? *hours : -*hours;
    return digits.n > 0;
}

static bool hint_offset(struct view name, struct parse_error *parse_error)
{
    enum { WEST = -12, EAST = 14 }; /* what Etc/ has */
    bool whole;
    int hours;

    if (!read_offset(name, &hours, &whole))
        return false;
    parse_error_set(parse_error, 0, "it is an offset");
    if (whole && hours != 0 && hours >= WEST && hours <= EAST)
        parse_error_hint(parse_error,
                         "write a name like Europe/Paris, or Etc/GMT%+d, where the sign is turned",
                         -hours);
    else if (whole && hours == 0)
        parse_error_hint(parse_error, "write UTC");
    else
        parse_error_hint(parse_error, "write a name like Europe/Paris");
    return true;
}

/* Only looked for once a name is wrong, so the folder is read then. */
static void suggest_name(const char *folder, struct view name, struct parse_error *parse_error)
{
    struct arena arena;
    struct names names = {.arena = &arena};
    const char *near = NULL;

    arena_init(&arena, LIMIT_ZONE_NAMES * (size_t)256);
    names.items = arena_array(&arena, LIMIT_ZONE_NAMES, sizeof(*names.items));
    if (names.items) {
        list_names(&names, folder, "", 1);
        qsort(names.items, names.count, sizeof(*names.items), compare_names);
        if (name.n >= SHORTEST_MISTYPED)
            near = suggest(name, names.items, names.count);
    }
    if (near && same_numbers(name, view_of(near)))
        parse_error_hint(parse_error, "did you mean \"%s\"?", near);
    else if (names.count == 0)
        parse_error_hint(parse_error, "no time zone is there; install the package tzdata");
    else
        parse_error_hint(parse_error,
                         "write a name of the IANA time zone database, like \"Europe/Paris\"");
    arena_release(&arena);
}

static void unknown_zone(const struct zone_set *set, struct view name,
                         struct parse_error *parse_error)
{
    if (hint_offset(name, parse_error))
        return;
    parse_error_set(parse_error, 0, "it is not in \"%s\"", set->folder);
    suggest_name(set->folder, name, parse_error);
}

/* Fills zone->tz from the file of its name. */
static int load(const struct zone_set *set, struct zone *zone, struct parse_error *parse_error)
{
    struct arena scratch;
    struct view path, bytes;
    const char *problem = NULL;
    int result = -1;

    arena_init(&scratch, 2 * (size_t)LIMIT_ZONE_FILE);
    path = arena_printf(&scratch, "%s/%.*s", set->folder, VIEW_ARGS(zone->name));
    if (!path.p) {
        parse_error_set(parse_error, 0, "out of memory");
        goto out;
    }
    bytes = read_file(path.p, &scratch);
    if (!bytes.p && (errno == ENOENT || errno == ENOTDIR)) {
        unknown_zone(set, zone->name, parse_error);
        goto out;
    }
    problem = bytes.p ? tzif_parse(bytes, set->arena, &zone->tz) : strerror(errno);
    if (problem) {
        parse_error_set(parse_error, 0, "its file %s%s",
                        bytes.p ? "" : "cannot be read: ", problem);
        goto out;
    }
    result = 0;
out:
    arena_release(&scratch);
    return result;
}

const struct zone *zone_get(struct zone_set *set, struct view name, struct parse_error *parse_error)
{
    struct zone *zone;

    for (zone = set->first; zone; zone = zone->next)
        if (view_eq(zone->name, name))
            return zone;
    if (!is_name(name)) {
        unknown_zone(set, name, parse_error);
        return NULL;
    }
    zone = arena_alloc(set->arena, sizeof(*zone));
    if (zone)
        zone->name = arena_copy(set->arena, name);
    if (!zone || !zone->name.p) {
        parse_error_set(parse_error, 0, "out of memory");
        return NULL;
    }
    if (view_eq_str(name, "UTC"))
        zone->tz.has_rule = tzrule_parse(VIEW("UTC0"), &zone->tz.rule) == 0;
    else if (load(set, zone, parse_error) < 0)
        return NULL;
    zone->next = set->first;
    set->first = zone;
    return zone;
}

struct view zone_name(const struct zone *zone)
{
    return zone->name;
}

void zone_span(const struct zone *zone, int64_t at, struct tz_span *span)
{
    tzif_span(&zone->tz, at, span);
}

int32_t zone_offset(const struct zone *zone, int64_t at, const char **abbreviation)
{
    struct tz_span span;

    tzif_span(&zone->tz, at, &span);
    if (abbreviation)
        *abbreviation = span.type->abbreviation;
    return span.type->offset;
}

struct civil zone_civil(const struct zone *zone, int64_t at)
{
    return civil_of(at + zone_offset(zone, at, NULL));
}

int zone_instants(const struct zone *zone, int64_t local, int64_t at[static 2])
{
    struct tz_span span;
    int count = 0;

    for (int64_t t = local - FARTHEST;; t = span.to) {
        int64_t instant;

        tzif_span(&zone->tz, t, &span);
        instant = local - span.type->offset;
        if (instant >= span.from && instant < span.to && count < 2)
            at[count++] = instant;
        else if (count == 0 && instant >= span.to)
            at[0] = span.to;
        if (span.to > local + FARTHEST)
            return count;
    }
}
