#include "policy/rule/check.h"

const struct check *const checks[] = {
    &check_pod_security, &check_resources, &check_images, &check_freeze,
    &check_approval,     &check_fields,    &check_cel,    NULL,
};
