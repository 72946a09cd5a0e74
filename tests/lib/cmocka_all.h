#ifndef TG_TESTS_LIB_CMOCKA_ALL_H
#define TG_TESTS_LIB_CMOCKA_ALL_H

/* cmocka.h needs these before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#endif
