#ifndef TG_POLICY_CHECKS_FREEZE_H
#define TG_POLICY_CHECKS_FREEZE_H

struct environment;
struct window_set;

/* The windows of a compiled freeze as they are in an environment (NULL: in none that is known), for
 * those who ask about time and not about an object. They live as long as the rule. Any thread. */
const struct window_set *freeze_windows(const void *compiled,
                                        const struct environment *environment);

#endif
