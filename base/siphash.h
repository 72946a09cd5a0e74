#ifndef TG_BASE_SIPHASH_H
#define TG_BASE_SIPHASH_H

#include "base/view.h"

#include <stdint.h>

/* SipHash-2-4 (https://www.aumasson.jp/siphash/siphash.pdf): without the key nobody can choose
 * texts of one hash. OpenSSL has it, too, but allocates for each. Pure; any thread. */
uint64_t siphash(const uint64_t key[static 2], struct view text);

/* The same with a key that the process draws when it is first called. */
uint64_t siphash_secret(struct view text);

#endif
