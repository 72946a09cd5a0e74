#include "server/http/body.h"

#include "base/mem.h"
#include "policy/limits.h"
#include "server/limits.h"

#include <string.h>

void body_init(struct body *b, struct body_budget *all, struct body_budget *callers)
{
    *b = (struct body){.all = all, .callers = callers};
}

static int make_room(struct body *b, size_t room)
{
    char *p = mem_realloc(b->p, room + BODY_PADDING);

    if (!p)
        return -1;
    b->p = p;
    b->room = room;
    return 0;
}

int body_expect(struct body *b, size_t announced)
{
    return announced == 0 ? 0 : make_room(b, announced < LIMIT_BODY ? announced : LIMIT_BODY);
}

static size_t grown(const struct body *b, size_t need)
{
    size_t room = b->room < 8192 ? 8192 : b->room * 2;

    if (room < need)
        room = need;
    return room < LIMIT_BODY ? room : LIMIT_BODY;
}

static enum body_result give_up(struct body *b, enum body_result why)
{
    body_release(b);
    return why;
}

/* Reserves n bytes of both budgets. Returns false when one is used up. */
static bool reserve(struct body *b, size_t n)
{
    size_t callers = atomic_fetch_add(&b->callers->held, n) + n;
    size_t all = atomic_fetch_add(&b->all->held, n) + n;

    return all <= LIMIT_BODIES && callers <= LIMIT_BODIES - all;
}

enum body_result body_add(struct body *b, struct view part)
{
    size_t need = b->n + part.n;

    if (need > LIMIT_BODY)
        return give_up(b, BODY_TOO_LARGE);
    if (need > b->room && make_room(b, grown(b, need)) < 0)
        return give_up(b, BODY_NO_ROOM);
    memcpy(b->p + b->n, part.p, part.n);
    b->n = need;
    if (!reserve(b, part.n))
        return give_up(b, BODY_NO_ROOM);
    return BODY_TAKEN;
}

char *body_finish(struct body *b)
{
    if (b->n == 0)
        return NULL;
    memset(b->p + b->n, 0, BODY_PADDING);
    return b->p;
}

void body_release(struct body *b)
{
    mem_free(b->p);
    atomic_fetch_sub(&b->all->held, b->n);
    atomic_fetch_sub(&b->callers->held, b->n);
    b->p = NULL;
    b->n = b->room = 0;
}
