#ifndef TG_POLICY_EXISTING_H
#define TG_POLICY_EXISTING_H

struct eval;
struct finding;

/* Takes out of e's findings those that are in `before` too, each of which lets off one: what an
 * UPDATE left as it was. Returns 0; or -1 after eval_fail(), the findings then being untouched. */
int existing_subtract(struct eval *e, const struct finding *before);

#endif
