#ifndef TG_CEL_REGEX_REGEX_READ_H
#define TG_CEL_REGEX_REGEX_READ_H

#include "cel/regex/regex_class.h"

/* The text of an expression, read from left to right. */
struct regex_reader {
    struct view text;
    size_t at;
    bool fold; /* the flag i */
    struct arena *arena;
    struct budget *budget;
    struct regex_set set; /* the class that was read last */
    struct view *error;   /* the first one, of the arena */
};

/* All functions here return -1 for a flaw, with the message set, or when memory runs out or the
 * budget over. This one sets the message that Go has, of the bytes between the two offsets. */
int regex_read_fail(struct regex_reader *r, const char *why, size_t from, size_t to);

bool regex_read_looking_at(const struct regex_reader *r, const char *text);

/* Fails for bytes before `end` that are not UTF-8. */
int regex_read_utf8(struct regex_reader *r, size_t from, size_t end);

/* The character at r->at, which is before `end`; moves past it. */
int regex_read_char(struct regex_reader *r, size_t end, uint32_t *c);

/* An escape that stands for one character; r->at is at its backslash. */
int regex_read_escape(struct regex_reader *r, uint32_t *c);

/* \d, \pN, \p{Greek} and the like: 1 with the ordered class in r->set, 0 with r->at unmoved when
 * there is none. */
int regex_read_named(struct regex_reader *r);

/* A class in brackets; r->at is at the first of them. The ordered class is in r->set. */
int regex_read_class(struct regex_reader *r);

#endif
