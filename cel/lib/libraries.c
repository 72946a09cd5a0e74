#include "cel/lib/libraries.h"

const struct cel_library *const cel_libraries[] = {
    &cel_lib_operators, &cel_lib_conversions, &cel_lib_strings_standard,
    &cel_lib_times,     &cel_lib_optionals,   &cel_lib_authorizer,
};

const size_t cel_library_count = sizeof(cel_libraries) / sizeof(cel_libraries[0]);
