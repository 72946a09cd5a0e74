#ifndef TG_TESTS_LIB_SLOWER_H
#define TG_TESTS_LIB_SLOWER_H

#include "base/sanitizers.h"

/* How many times as long a program may take under a sanitizer. */
enum { SLOWER = SANITIZED_ADDRESS || SANITIZED_THREAD ? 20 : 1 };

#endif
