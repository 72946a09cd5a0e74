#ifndef TG_BASE_TEXT_QUOTE_H
#define TG_BASE_TEXT_QUOTE_H

#include "base/view.h"

struct buf;

/* Appends the bytes as a JSON string, with its quotes (RFC 8259, section 7). What quote_shown does
 * not leave as it is is escaped, so that the text stays one line and does nothing to a terminal;
 * bytes that are not UTF-8 become U+FFFD. */
void quote_json(struct buf *out, struct view v);

/* The same for a reader that is to have the text as it is: only what JSON demands is escaped. */
void quote_json_as_is(struct buf *out, struct view v);

/* Appends the bytes as text of an XML element, or of an attribute in double quotes, where a reader
 * makes spaces of line ends and tabs (https://www.w3.org/TR/xml/, sections 2.2 to 2.4). Characters
 * that XML 1.0 cannot hold are shown as \x1b; what is not UTF-8, U+FFFE and U+FFFF become U+FFFD.
 */
void quote_xml(struct buf *out, struct view v);

/* Appends the bytes as text for people, of any number of lines: what quote_shown does not leave as
 * it is, but for newlines, becomes a space; bytes that are not UTF-8 become U+FFFD. */
void quote_plain(struct buf *out, struct view v);

/* The same as one line: newlines become spaces, too. */
void quote_line(struct buf *out, struct view v);

/* Appends the bytes as part of a line of ours: what would end it, do something to a terminal, or
 * reorder or hide the text around it is shown as \n, \x1b or \u202e. All else stays as it is. */
void quote_shown(struct buf *out, struct view v);

/* The first n bytes of UTF-8 at most, without half a character at their end; and the last n,
 * without half a character at their beginning. */
struct view quote_first(struct view v, size_t n);
struct view quote_last(struct view v, size_t n);

#endif
