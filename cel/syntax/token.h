#ifndef TG_CEL_SYNTAX_TOKEN_H
#define TG_CEL_SYNTAX_TOKEN_H

#include "base/view.h"

#include <stddef.h>
#include <stdint.h>

/* The words of an expression. https://github.com/google/cel-spec/blob/master/doc/langdef.md#syntax
 */
enum cel_token_kind {
    CEL_END,
    CEL_WRONG, /* no token begins so; `why` says what it may be */
    CEL_NAME,
    CEL_QUOTED_NAME, /* `a-b`, with its quotes */
    CEL_NUMBER,      /* 12, 0x1f */
    CEL_NUMBER_UINT, /* 12u */
    CEL_NUMBER_REAL, /* 1.5e3 */
    CEL_TEXT,        /* with its quotes and prefix */
    CEL_TEXT_BYTES,
    CEL_TRUE,
    CEL_FALSE,
    CEL_NULL_WORD,
    CEL_IN,
    CEL_EQ,
    CEL_NE,
    CEL_LE,
    CEL_GE,
    CEL_LT,
    CEL_GT,
    CEL_AND,
    CEL_OR,
    CEL_PUNCTUATION, /* text is the one character */
};

struct cel_token {
    enum cel_token_kind kind;
    uint32_t at;
    struct view text;
    const char *why; /* CEL_WRONG */
};

/* The token that begins at or behind byte `at`, blanks and comments passed over. Pure; any thread.
 */
struct cel_token cel_token_at(struct view text, size_t at);

#endif
