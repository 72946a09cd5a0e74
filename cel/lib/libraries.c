#include "cel/lib/libraries.h"

const struct cel_library *const cel_libraries[] = {
    &cel_lib_operators,  &cel_lib_conversions,   &cel_lib_strings_standard, &cel_lib_times,
    &cel_lib_optionals,  &cel_lib_kube_lists,    &cel_lib_ext_strings,      &cel_lib_ext_format,
    &cel_lib_ext_sets,   &cel_lib_ext_lists,     &cel_lib_kube_regex,       &cel_lib_kube_urls,
    &cel_lib_kube_net,   &cel_lib_kube_quantity, &cel_lib_kube_semver,      &cel_lib_kube_format,
    &cel_lib_authorizer,
};

const size_t cel_library_count = sizeof(cel_libraries) / sizeof(cel_libraries[0]);
