#include "base/yaml/yaml_place.h"

#include <string.h>

void yaml_place_init(struct yaml_cursor *c, const struct source *source)
{
    size_t mark = view_starts(source->text, "\xEF\xBB\xBF") ? 3 : 0;

    *c = (struct yaml_cursor){.source = source, .offset = mark, .line_start = mark, .line = 1};
}

/* Over one character; any byte that continues none counts as one. */
static void step(struct yaml_cursor *c)
{
    struct view text = c->source->text;

    if (text.p[c->offset++] == '\n') {
        c->line++;
        c->line_start = c->offset;
    }
    while (c->offset < text.n && ((unsigned char)text.p[c->offset] & 0xC0) == 0x80)
        c->offset++;
    c->character++;
}

static struct place place(const struct yaml_cursor *c)
{
    return (struct place){c->source, c->line, (unsigned)(c->offset - c->line_start) + 1};
}

struct place yaml_place_of(struct yaml_cursor *c, size_t character)
{
    size_t origin = c->origin;

    character += origin;
    if (character < c->character)
        yaml_place_init(c, c->source);
    c->origin = origin;
    while (c->character < character && c->offset < c->source->text.n)
        step(c);
    return place(c);
}

struct place yaml_place_of_byte(const struct source *source, size_t offset)
{
    struct yaml_cursor c;

    yaml_place_init(&c, source);
    while (c.offset < offset && c.offset < source->text.n)
        step(&c);
    return place(&c);
}

static bool begins_document(const struct yaml_cursor *c)
{
    struct view rest = view_from(c->source->text, c->offset);

    return c->offset == c->line_start && view_starts(rest, "---") &&
           (rest.n == 3 || strchr(" \t\r\n", rest.p[3]));
}

bool yaml_place_next_document(struct yaml_cursor *c)
{
    while (c->offset < c->source->text.n && !begins_document(c))
        step(c);
    c->origin = c->character;
    return c->offset < c->source->text.n;
}

char yaml_place_byte(const struct yaml_cursor *c)
{
    return c->offset < c->source->text.n ? c->source->text.p[c->offset] : '\0';
}
