/* What is read as an address, a range, a version, a URL or a quantity of CEL, is written as text
 * that reads as the same. */
#include "base/arena.h"
#include "base/parse_error.h"
#include "cel/text/amount.h"
#include "cel/text/cidr.h"
#include "cel/text/semver.h"
#include "cel/text/url.h"
#include "policy/limits.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void addresses(struct view text, struct arena *arena)
{
    char room[CIDR_ROOM];
    struct cidr range, again;
    struct ip_flaw flaw;
    struct view zone;
    struct ip ip, same;

    if (ip_parse(text, &ip, &zone, &flaw) < 0)
        ip_flaw_text(text, &flaw, arena);
    else if (ip_parse(ip_print(&ip, room), &same, &zone, &flaw) < 0 || !ip_same(&ip, &same))
        abort();
    if (!cidr_parse(text, &range, arena) &&
        (cidr_parse(cidr_print(&range, room), &again, arena) || !cidr_same(&range, &again) ||
         !cidr_contains_cidr(&range, &again) || !cidr_contains(&range, &range.ip)))
        abort();
}

static void numbers(struct view text)
{
    struct semver v, w;
    struct amount a, sum;
    struct parse_error error;

    if (semver_parse(text, false, &v, &error) == 0 &&
        (semver_parse(text, true, &w, &error) < 0 || semver_cmp(&v, &w) != 0))
        abort();
    if (amount_parse(text, &a, &error) == 0 && amount_add(&a, &a, true, &sum) == 0 &&
        (amount_sign(&sum) != 0 || amount_cmp(&a, &a) != 0))
        abort();
}

static void urls(struct view text, struct arena *arena)
{
    struct view written, again, name, value;
    struct url_query query;
    struct url url, same;

    url_check(text, arena);
    if (url_parse(text, &url, arena))
        return;
    query = url_query(&url, arena);
    while (url_query_next(&query, &name, &value)) {
    }
    written = url_text(&url, arena);
    if (!written.p || url_parse(written, &same, arena))
        return; /* as Go, of //: and the like */
    again = url_text(&same, arena);
    if (again.p && !view_eq(written, again))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct view text = {(const char *)data, size};
    struct arena arena;

    arena_init(&arena, LIMIT_ARENA);
    addresses(text, &arena);
    numbers(text);
    urls(text, &arena);
    arena_release(&arena);
    return 0;
}
