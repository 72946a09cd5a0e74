#include "server/managed_fields.h"

#include "base/arena.h"
#include "server/http/body.h"

#include <stdint.h>
#include <string.h>
#include <yyjson.h>

/* The depth, with the five levels around it, is far below LIMIT_JSON_DEPTH. */
enum { DEPTH = 60, MOST_KEPT = 256 * 1024, EIGHT = sizeof(uint64_t) };

/* --- what an API server writes there ---------------------------------------------------------- */
/* Maps, lists and strings, compact, in ASCII: a subset of JSON (RFC 8259), so that everything that
 * is skipped is valid JSON. A NUL ends the text, and is not part of this subset. */

static bool is_plain(char c)
{
    return (unsigned char)c >= 0x20 && (unsigned char)c < 0x80 && c != '"' && c != '\\';
}

/* How many of the 8 bytes from p on are plain, up to the first that is not. The high bit of each
 * byte says so after subtracting; a borrow reaches only bytes behind one that is not. */
static size_t count_plain(const char *p)
{
    const uint64_t ones = UINT64_C(0x0101010101010101), high = ones * 0x80;
    uint64_t v, odd;

    memcpy(&v, p, sizeof(v));
    odd = (v | (v - ones * 0x20) | ((v ^ ones * '"') - ones) | ((v ^ ones * '\\') - ones)) & high;
    if (odd == 0)
        return EIGHT;
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    return (size_t)__builtin_ctzll(odd) / 8;
#else
    return 0; /* the caller counts them */
#endif
}

static bool is_escape(const char *p)
{
    switch (p[0] == '\\' ? p[1] : '\0') {
    case '"':
    case '\\':
    case '/':
    case 'b':
    case 'f':
    case 'n':
    case 'r':
    case 't': return true;
    default: return false; /* \u, too */
    }
}

/* Skips a string: from behind the opening quote to behind the closing one. NULL: the string does
 * not end. */
static const char *skip_text(const char *p, const char *end)
{
    for (;; p += 2) {
        size_t n = EIGHT;

        while (n == EIGHT && end - p >= EIGHT)
            p += n = count_plain(p);
        while (is_plain(*p))
            p++;
        if (*p == '"')
            return p + 1;
        if (!is_escape(p))
            return NULL;
    }
}

static const char *skip_key(const char *p, const char *end)
{
    if (*p != '"' || !(p = skip_text(p + 1, end)) || *p != ':')
        return NULL;
    return p + 1;
}

/* A bit for each open map (1) or list (0); the lowest bit is the innermost. */
struct open {
    uint64_t maps;
    unsigned depth;
};

/* Over a value, or into one: to the first value in it. */
static const char *skip_value(const char *p, const char *end, struct open *open)
{
    bool map = *p == '{';

    if (*p == '"')
        return skip_text(p + 1, end);
    if (!map && *p != '[')
        return NULL;
    if (p[1] == (map ? '}' : ']'))
        return p + 2;
    if (open->depth == DEPTH)
        return NULL;
    open->maps = open->maps << 1 | map;
    open->depth++;
    return map ? skip_key(p + 1, end) : p + 1;
}

/* Skips from behind a value, over all brackets that close there, to the next value or behind the
 * last bracket. */
static const char *skip_ends(const char *p, const char *end, struct open *open)
{
    while (open->depth > 0 && *p != ',') {
        if (*p++ != (open->maps & 1 ? '}' : ']'))
            return NULL;
        open->maps >>= 1;
        open->depth--;
    }
    if (open->depth == 0)
        return p;
    return open->maps & 1 ? skip_key(p + 1, end) : p + 1;
}

/* Skips from its bracket to behind it. NULL: this is not what an API server writes. */
static const char *skip_list(const char *p, const char *end)
{
    struct open open = {0};

    if (*p != '[')
        return NULL;
    do {
        unsigned before = open.depth;

        p = skip_value(p, end, &open);
        if (p && open.depth == before)
            p = skip_ends(p, end, &open);
    } while (p && open.depth > 0);
    return p;
}

/* --- cutting ---------------------------------------------------------------------------------- */

struct span {
    const char *begin, *end;
};

/* The values behind the first two keys of that name. */
static size_t find(struct view body, struct span spans[2])
{
    static const char key[] = "\"managedFields\":";
    const char *at = body.p, *end = body.p + body.n;
    size_t count = 0;

    while (count < 2 && (at = memmem(at, (size_t)(end - at), key, sizeof(key) - 1))) {
        at += sizeof(key) - 1;
        spans[count] = (struct span){at, skip_list(at, end)};
        if (!spans[count].end)
            return 0;
        at = spans[count++].end;
    }
    return count;
}

void managed_fields_cut(struct view body, struct arena *arena, struct managed_fields *out)
{
    static const char empty[] = "\"\"";
    const char *from = body.p;
    struct span spans[2];
    size_t kept = body.n;

    *out = (struct managed_fields){.count = body.n < MANAGED_FIELDS_BODY ? 0 : find(body, spans)};
    for (size_t i = 0; i < out->count; i++)
        kept -= (size_t)(spans[i].end - spans[i].begin) - (sizeof(empty) - 1);
    if (out->count == 0 || kept > MOST_KEPT ||
        !(out->text = arena_grow(arena, NULL, 0, kept + BODY_PADDING)))
        return;
    for (size_t i = 0; i < out->count; from = spans[i++].end) {
        size_t n = (size_t)(spans[i].begin - from);

        memcpy(out->text + out->n, from, n);
        out->n += n;
        out->cut[i] = out->text + out->n + 1; /* behind its quote, as the parser has it */
        memcpy(out->text + out->n, empty, sizeof(empty) - 1);
        out->n += sizeof(empty) - 1;
    }
    memcpy(out->text + out->n, from, (size_t)(body.p + body.n - from));
    memset(out->text + kept, 0, BODY_PADDING);
    out->n = kept;
}

/* --- the place of what was cut ---------------------------------------------------------------- */

static const char *place_of(yyjson_val *review, const char *side)
{
    yyjson_val *object = yyjson_obj_get(yyjson_obj_get(review, "request"), side);

    return yyjson_get_str(yyjson_obj_get(yyjson_obj_get(object, "metadata"), "managedFields"));
}

bool managed_fields_are_cut(const struct managed_fields *cut, yyjson_val *review)
{
    const char *places[] = {place_of(review, "object"), place_of(review, "oldObject")};

    for (size_t i = 0; i < cut->count; i++)
        if (cut->cut[i] != places[0] && cut->cut[i] != places[1])
            return false;
    return true;
}
