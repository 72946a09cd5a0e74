#ifndef TG_SERVER_HTTP_BODY_H
#define TG_SERVER_HTTP_BODY_H

#include "base/view.h"

#include <stdatomic.h>
#include <stddef.h>

/* Bytes behind a body that whoever reads it may write to, as yyjson does when it parses in place.
 */
enum { BODY_PADDING = 4 };

/* The bytes that all bodies together hold, or those of one caller. Zeroed at the start. */
struct body_budget {
    atomic_size_t held;
};

/* The body of one request while it arrives: one allocation of the announced size, at most
 * LIMIT_BODY bytes, at most LIMIT_BODIES with those of all other requests. One caller's hold no
 * more than is still free: it can take half, and the next one then has room. One thread at a time.
 */
struct body {
    struct body_budget *all, *callers;
    char *p;
    size_t n, room;
    size_t seen; /* bytes that came, also those that were not kept */
};

/* An empty body that counts into both budgets, which outlive it. Allocates nothing yet. */
void body_init(struct body *b, struct body_budget *all, struct body_budget *callers);

/* Makes room for the announced size (0: not known). Returns 0, or -1 when memory runs out. */
int body_expect(struct body *b, size_t announced);

enum body_result { BODY_TAKEN, BODY_TOO_LARGE, BODY_NO_ROOM };

/* Appends what came. After anything but BODY_TAKEN the body is empty. */
enum body_result body_add(struct body *b, struct view part);

/* The whole body, followed by BODY_PADDING zero bytes; NULL when nothing came. Owned by b. */
char *body_finish(struct body *b);

/* Gives the memory back, to the heap and to the budgets. */
void body_release(struct body *b);

#endif
