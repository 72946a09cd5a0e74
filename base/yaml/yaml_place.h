#ifndef TG_BASE_YAML_YAML_PLACE_H
#define TG_BASE_YAML_YAML_PLACE_H

#include "base/diag.h"

#include <stdbool.h>
#include <stddef.h>

/* Turns libyaml's positions, which count characters, into places, which count bytes and know only
 * LF as the end of a line. Remembers the last one: positions mostly grow. */
struct yaml_cursor {
    const struct source *source;
    size_t origin;    /* characters before the text that libyaml was given */
    size_t character; /* the position: characters before it */
    size_t offset;    /* bytes before it */
    size_t line_start;
    unsigned line;
};

/* At the first character, which is behind the byte order mark where there is one. */
void yaml_place_init(struct yaml_cursor *c, const struct source *source);

/* The place of the character with this index; past the end, the end. */
struct place yaml_place_of(struct yaml_cursor *c, size_t character);

/* The place of a byte, for text that is not UTF-8. */
struct place yaml_place_of_byte(const struct source *source, size_t offset);

/* Moves on to the beginning of a line that begins a document with ---: this one, when the cursor
 * stands at its beginning, or a later one. libyaml is then given the text from there. False when
 * there is none; the cursor is then at the end. */
bool yaml_place_next_document(struct yaml_cursor *c);

/* The byte where the cursor stands, NUL at the end. */
char yaml_place_byte(const struct yaml_cursor *c);

#endif
