#ifndef TG_POLICY_EXISTING_H
#define TG_POLICY_EXISTING_H

struct eval;
struct finding;

/* Takes out of e's findings those that are in `before` too, each of which lets off one: what an
 * UPDATE left as it was. Two findings are the same when their paths are, and the values that they
 * depend on: compared whole, and numbers as numbers, whatever a message shows of them. What stands
 * in an element of a list without a name goes by the place of that element, or else by the whole of
 * it. O(n log n) in the size of all values. Returns 0; or -1 after eval_fail(), the list of e's
 * findings then being untouched. */
int existing_subtract(struct eval *e, struct finding *before);

#endif
