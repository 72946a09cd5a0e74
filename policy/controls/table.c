#include "policy/controls/control.h"

const struct control *const controls[] = {&control_run_as_non_root, &control_run_as_user, NULL};
