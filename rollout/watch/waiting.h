#ifndef TG_ROLLOUT_WATCH_WAITING_H
#define TG_ROLLOUT_WATCH_WAITING_H

#include "base/view.h"

/* The kinds of reasons with which a container waits: those of a pull, of CrashLoopBackOff, of what
 * a kubelet cannot mend (a guard's list may name others), and the rest, which pass. */
enum waiting_kind { WAITING_PASSES, WAITING_PULL, WAITING_BACKOFF, WAITING_BROKEN };

/* The kind of one ("ImagePullBackOff"). Pure; any thread. */
enum waiting_kind waiting_kind_of(struct view reason);

#endif
