#include "cel/regex/regex_parse.h"

#include "base/arena.h"
#include "base/budget.h"
#include "base/text/utf8.h"
#include "cel/limits.h"
#include "cel/regex/regex_read.h"
#include "cel/regex/unicode.h"

enum { FOLD = 1, LINES = 2, DOT_NEWLINE = 4, LAZY = 8 }; /* the flags i, m, s and U */

/* A list of parts: the last one, from which each leads to the one before. */
struct list {
    struct regex_node *first, *last;
};

/* An open group, or the whole expression. */
struct group {
    struct group *outer;
    unsigned flags; /* those before it */
    bool capture;
    struct list alternatives; /* those that are complete */
    struct list items;        /* of the one that is not */
};

struct parser {
    struct regex_reader r;
    unsigned flags;
    struct group *group;
};

static int fail_whole(struct parser *p, const char *why)
{
    return regex_read_fail(&p->r, why, 0, p->r.text.n);
}

/* --- the tree ------------------------------------------------------------------------------- */

static struct regex_node *make(struct parser *p, enum regex_op op)
{
    struct regex_node *node =
        budget_take(p->r.budget, 1) ? arena_alloc(p->r.arena, sizeof(*node)) : NULL;

    if (node) {
        node->op = op;
        node->height = node->copies = 1;
        node->size = 1;
    }
    return node;
}

static void append(struct list *list, struct regex_node *node)
{
    node->before = list->last;
    list->last = node;
    if (!list->first)
        list->first = node;
}

static int add_item(struct parser *p, struct regex_node *node)
{
    if (!node)
        return -1;
    append(&p->group->items, node);
    return 0;
}

static int check_limits(struct parser *p, const struct regex_node *node)
{
    if (node->size > LIMIT_REGEX_SIZE)
        return fail_whole(p, "expression too large");
    if (node->height > LIMIT_REGEX_DEPTH)
        return fail_whole(p, "expression nests too deeply");
    return 0;
}

/* Takes what a part adds to the measures of the whole. */
static void measure(struct regex_node *whole, const struct regex_node *part)
{
    /* One of the same kind is dissolved in it. */
    bool dissolved = part->op == whole->op && part->op != REGEX_CAPTURE;
    unsigned height = dissolved ? part->height : part->height + 1;

    whole->height = height > whole->height ? height : whole->height;
    whole->copies = part->copies > whole->copies ? part->copies : whole->copies;
    whole->size += part->size;
}

/* Characters in a row are one thing to Go. */
static bool is_text(const struct list *items)
{
    for (const struct regex_node *n = items->last; n; n = n->before)
        if (n->op != REGEX_CHAR)
            return false;
    return true;
}

/* One node of a list: itself when it is one, an empty match of none. */
static struct regex_node *join(struct parser *p, enum regex_op op, const struct list *items)
{
    struct regex_node *node;
    struct list parts = {0};
    bool text = op == REGEX_CONCAT && is_text(items);

    if (items->last && items->first == items->last)
        return items->last;
    node = make(p, items->last ? op : REGEX_EMPTY);
    if (!node || !items->last) {
        if (node)
            node->nullable = true;
        return node;
    }
    node->size = 0;
    node->nullable = op == REGEX_CONCAT;
    /* From the last to the first, so that the list is built the wrong way round. */
    for (struct regex_node *item = items->last, *before; item; item = before) {
        struct regex_node *first = item->op == op ? item->first : item;
        struct regex_node *last = item->op == op ? item->last : item;

        before = item->before;
        measure(node, item);
        if (op == REGEX_ALTERNATE && before)
            node->size++;
        node->nullable = op == REGEX_CONCAT ? node->nullable && item->nullable
                                            : node->nullable || item->nullable;
        if (!parts.last)
            parts.last = last;
        else
            parts.first->before = last;
        parts.first = first;
    }
    parts.first->before = NULL;
    if (text)
        node->height = 1;
    node->first = parts.first;
    node->last = parts.last;
    return check_limits(p, node) < 0 ? NULL : node;
}

/* Ends the alternative that is open. */
static int end_alternative(struct parser *p)
{
    struct group *g = p->group;
    struct regex_node *node = join(p, REGEX_CONCAT, &g->items);

    if (!node)
        return -1;
    append(&g->alternatives, node);
    g->items = (struct list){0};
    return 0;
}

/* --- groups --------------------------------------------------------------------------------- */

static int open_group(struct parser *p, bool capture)
{
    struct group *g = arena_alloc(p->r.arena, sizeof(*g));

    if (!g)
        return -1;
    g->outer = p->group;
    g->flags = p->flags;
    g->capture = capture;
    p->group = g;
    return 0;
}

/* The one node that the open group is. */
static struct regex_node *group_node(struct parser *p)
{
    return end_alternative(p) < 0 ? NULL : join(p, REGEX_ALTERNATE, &p->group->alternatives);
}

static struct regex_node *capture(struct parser *p, struct regex_node *inner)
{
    struct regex_node *node = make(p, REGEX_CAPTURE);

    if (!node)
        return NULL;
    measure(node, inner);
    node->size++;
    node->nullable = inner->nullable;
    inner->before = NULL;
    node->first = node->last = inner;
    return check_limits(p, node) < 0 ? NULL : node;
}

static int close_group(struct parser *p)
{
    struct group *g = p->group;
    struct regex_node *node = group_node(p);

    if (!node)
        return -1;
    if (!g->outer)
        return fail_whole(p, "unexpected )");
    p->flags = g->flags;
    p->group = g->outer;
    p->r.at++;
    return add_item(p, g->capture ? capture(p, node) : node);
}

/* (?P<name> or (?<name>: the name is not used. */
static int named_group(struct parser *p, size_t name)
{
    const char *end = memchr(p->r.text.p + p->r.at, '>', p->r.text.n - p->r.at);
    size_t to = end ? (size_t)(end - p->r.text.p) : p->r.text.n;

    if (!end)
        return regex_read_utf8(&p->r, p->r.at, p->r.text.n) < 0
                   ? -1
                   : regex_read_fail(&p->r, "invalid named capture", p->r.at, p->r.text.n);
    if (regex_read_utf8(&p->r, name, to) < 0)
        return -1;
    for (size_t i = name; i < to; i++) {
        char c = p->r.text.p[i], small = (char)(c | 0x20);

        if (c != '_' && !(c >= '0' && c <= '9') && !(small >= 'a' && small <= 'z'))
            return regex_read_fail(&p->r, "invalid named capture", p->r.at, to + 1);
    }
    if (name == to)
        return regex_read_fail(&p->r, "invalid named capture", p->r.at, to + 1);
    p->r.at = to + 1;
    return open_group(p, true);
}

static unsigned flag(uint32_t letter)
{
    switch (letter) {
    case 'i': return FOLD;
    case 'm': return LINES;
    case 's': return DOT_NEWLINE;
    case 'U': return LAZY;
    default: return 0;
    }
}

/* (?flags), (?flags:, (?: */
static int flags_group(struct parser *p)
{
    size_t from = p->r.at;
    unsigned flags = p->flags;
    bool minus = false, seen = false;
    uint32_t c;

    for (p->r.at += 2; p->r.at < p->r.text.n;) {
        if (regex_read_char(&p->r, p->r.text.n, &c) < 0)
            return -1;
        if (flag(c) != 0) {
            flags = minus ? flags & ~flag(c) : flags | flag(c);
            seen = true;
        } else if (c == '-' && !minus) {
            minus = true;
            seen = false;
        } else if ((c == ':' || c == ')') && (seen || !minus)) {
            if (c == ':' && open_group(p, false) < 0)
                return -1;
            p->flags = flags;
            return 0;
        } else {
            break;
        }
    }
    return regex_read_fail(&p->r, "invalid or unsupported Perl syntax", from, p->r.at);
}

static int parse_open(struct parser *p)
{
    size_t left = p->r.text.n - p->r.at;

    if (left > 4 && regex_read_looking_at(&p->r, "(?P<"))
        return named_group(p, p->r.at + 4);
    if (left > 3 && regex_read_looking_at(&p->r, "(?<"))
        return named_group(p, p->r.at + 3);
    if (regex_read_looking_at(&p->r, "(?"))
        return flags_group(p);
    p->r.at++;
    return open_group(p, true);
}

static int add_class(struct parser *p)
{
    struct regex_node *node = make(p, REGEX_CLASS);

    if (!node)
        return -1;
    if (p->r.set.count == 1 && p->r.set.ranges[0].first == p->r.set.ranges[0].last) {
        node->op = REGEX_CHAR;
        node->value = p->r.set.ranges[0].first;
        return add_item(p, node);
    }
    node->class = regex_class_finish(&p->r.set);
    return node->class ? add_item(p, node) : -1;
}

static int add_char(struct parser *p, uint32_t c)
{
    struct regex_node *node;

    if ((p->flags & FOLD) != 0 && unicode_fold(c) != c) {
        p->r.set.count = 0;
        regex_class_add(&p->r.set, c, c, true);
        regex_class_order(&p->r.set, false);
        return add_class(p);
    }
    node = make(p, REGEX_CHAR);
    if (node)
        node->value = c;
    return add_item(p, node);
}

static int add_assertion(struct parser *p, enum regex_assertion which, size_t length)
{
    struct regex_node *node = make(p, REGEX_ASSERT);

    p->r.at += length;
    if (node) {
        node->value = which;
        node->nullable = true;
    }
    return add_item(p, node);
}

static int add_dot(struct parser *p)
{
    p->r.at++;
    if ((p->flags & DOT_NEWLINE) != 0)
        return add_item(p, make(p, REGEX_ANY));
    p->r.set.count = 0;
    regex_class_add(&p->r.set, '\n', '\n', false);
    regex_class_order(&p->r.set, true);
    return add_class(p);
}

/* --- repetition ----------------------------------------------------------------------------- */

static uint64_t repeated_size(uint64_t size, int min, int max)
{
    if (max < 0)
        return min == 0 ? size + 2 : size * (uint64_t)min + 1;
    return max == 0 ? 1 : size * (uint64_t)max + (uint64_t)(max - min);
}

/* Replaces the last item by its repetition; the operator begins at `from` and p->r.at is after it.
 * *last is where the operator just before it begins, or SIZE_MAX. */
static int repeat(struct parser *p, int min, int max, bool counted, size_t from, size_t last)
{
    struct list *items = &p->group->items;
    struct regex_node *node, *inner = items->last;
    bool lazy = (p->flags & LAZY) != 0;
    unsigned times = (unsigned)(max < 0 ? min : max);

    if (regex_read_looking_at(&p->r, "?")) {
        p->r.at++;
        lazy = !lazy;
    }
    if (last != SIZE_MAX)
        return regex_read_fail(&p->r, "invalid nested repetition operator", last, p->r.at);
    if (!inner)
        return regex_read_fail(&p->r, "missing argument to repetition operator", from, p->r.at);
    node = make(p, REGEX_REPEAT);
    if (!node)
        return -1;
    *node = (struct regex_node){.op = REGEX_REPEAT,
                                .min = min,
                                .max = max,
                                .lazy = lazy,
                                .height = inner->height + 1,
                                .nullable = min == 0 || inner->nullable,
                                .size = repeated_size(inner->size, min, max),
                                .copies = max == 0 ? 1 : inner->copies * (times > 0 ? times : 1),
                                .before = inner->before,
                                .first = inner,
                                .last = inner};
    inner->before = NULL;
    items->last = node;
    if (items->first == inner)
        items->first = node;
    if (check_limits(p, node) < 0)
        return -1;
    if (counted && (min >= 2 || max >= 2) && node->copies > LIMIT_REGEX_COPIES)
        return regex_read_fail(&p->r, "invalid repeat count", from, p->r.at);
    return 0;
}

/* A number without leading zeros, or -1 when it is far too large. */
static bool parse_number(const struct parser *p, size_t *at, int *out)
{
    size_t from = *at;
    int64_t n = 0;

    while (*at < p->r.text.n && p->r.text.p[*at] >= '0' && p->r.text.p[*at] <= '9') {
        if (n <= LIMIT_REGEX_COPIES)
            n = n * 10 + (p->r.text.p[*at] - '0');
        ++*at;
    }
    *out = n > LIMIT_REGEX_COPIES ? LIMIT_REGEX_COPIES + 1 : (int)n;
    return *at > from && (*at == from + 1 || p->r.text.p[from] != '0');
}

/* {2}, {2,} or {2,5}: sets *at to what follows. False when it is something else, and so means
 * itself. */
static bool parse_counts(const struct parser *p, size_t *at, int *min, int *max)
{
    struct view text = p->r.text;

    *at = p->r.at + 1;
    if (!parse_number(p, at, min))
        return false;
    *max = *min;
    if (*at < text.n && text.p[*at] == ',') {
        ++*at;
        if (*at < text.n && text.p[*at] == '}')
            *max = -1;
        else if (!parse_number(p, at, max))
            return false;
    }
    return *at < text.n && text.p[(*at)++] == '}';
}

/* --- the whole ------------------------------------------------------------------------------ */

/* \Q...\E: all of it means itself. */
static int parse_quoted(struct parser *p)
{
    struct view rest = view_from(p->r.text, p->r.at + 2);
    const char *end = rest.n > 0 ? memmem(rest.p, rest.n, "\\E", 2) : NULL;
    size_t to = end ? (size_t)(end - p->r.text.p) : p->r.text.n;
    uint32_t c;

    for (p->r.at += 2; p->r.at < to;)
        if (regex_read_char(&p->r, to, &c) < 0 || add_char(p, c) < 0)
            return -1;
    p->r.at = end ? to + 2 : to;
    return 0;
}

static int parse_backslash(struct parser *p)
{
    char letter = p->r.text.n - p->r.at >= 2 ? p->r.text.p[p->r.at + 1] : '\0';
    uint32_t c;
    int found;

    switch (letter) {
    case 'A': return add_assertion(p, REGEX_BEGIN_TEXT, 2);
    case 'b': return add_assertion(p, REGEX_WORD, 2);
    case 'B': return add_assertion(p, REGEX_NO_WORD, 2);
    case 'z': return add_assertion(p, REGEX_END_TEXT, 2);
    case 'Q': return parse_quoted(p);
    default: break;
    }
    p->r.fold = (p->flags & FOLD) != 0;
    found = regex_read_named(&p->r);
    if (found != 0)
        return found < 0 ? -1 : add_class(p);
    return regex_read_escape(&p->r, &c) < 0 ? -1 : add_char(p, c);
}

static int parse_operator(struct parser *p, size_t last)
{
    size_t from = p->r.at++;

    switch (p->r.text.p[from]) {
    case '*': return repeat(p, 0, -1, false, from, last);
    case '+': return repeat(p, 1, -1, false, from, last);
    default: return repeat(p, 0, 1, false, from, last);
    }
}

/* Returns 1 when there was an operator of repetition, 0 when a brace means itself. */
static int parse_braces(struct parser *p, size_t last)
{
    size_t from = p->r.at, at;
    int min, max;

    if (!parse_counts(p, &at, &min, &max)) {
        p->r.at++;
        return add_char(p, '{');
    }
    p->r.at = at;
    if (min > LIMIT_REGEX_COPIES || max > LIMIT_REGEX_COPIES || (max >= 0 && min > max))
        return regex_read_fail(&p->r, "invalid repeat count", from, at);
    return repeat(p, min, max, true, from, last) < 0 ? -1 : 1;
}

static int parse_literal(struct parser *p)
{
    uint32_t c;

    return regex_read_char(&p->r, p->r.text.n, &c) < 0 ? -1 : add_char(p, c);
}

static int parse_brackets(struct parser *p)
{
    p->r.fold = (p->flags & FOLD) != 0;
    return regex_read_class(&p->r) < 0 ? -1 : add_class(p);
}

/* What is at p->r.at; *last, where the repetition just before it begins, is set anew. */
static int parse_next(struct parser *p, size_t *last)
{
    bool lines = (p->flags & LINES) != 0;
    size_t from = p->r.at, before = *last;
    int done;

    *last = SIZE_MAX;
    switch (p->r.text.p[from]) {
    case '(': return parse_open(p);
    case ')': return close_group(p);
    case '|': p->r.at++; return end_alternative(p);
    case '^': return add_assertion(p, lines ? REGEX_BEGIN_LINE : REGEX_BEGIN_TEXT, 1);
    case '$': return add_assertion(p, lines ? REGEX_END_LINE : REGEX_END_TEXT, 1);
    case '.': return add_dot(p);
    case '[': return parse_brackets(p);
    case '\\': return parse_backslash(p);
    case '*':
    case '+':
    case '?': *last = from; return parse_operator(p, before);
    case '{':
        done = parse_braces(p, before);
        *last = done > 0 ? from : SIZE_MAX;
        return done < 0 ? -1 : 0;
    default: return parse_literal(p);
    }
}

const struct regex_node *regex_parse(struct view text, struct arena *arena, struct budget *budget,
                                     struct view *error)
{
    struct parser p = {.r = {.text = text,
                             .arena = arena,
                             .budget = budget,
                             .set = {.arena = arena, .budget = budget},
                             .error = error}};
    const struct regex_node *whole;
    size_t last = SIZE_MAX;

    *error = (struct view){NULL, 0};
    if (open_group(&p, false) < 0)
        return NULL;
    while (p.r.at < text.n)
        if (parse_next(&p, &last) < 0)
            return NULL;
    whole = group_node(&p);
    if (whole && p.group->outer) {
        fail_whole(&p, "missing closing )");
        return NULL;
    }
    return whole;
}
