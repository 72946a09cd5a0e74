#include "policy/check.h"

const struct check *const checks[] = {
    &check_pod_security, &check_freeze, &check_approval, &check_fields, NULL,
};
