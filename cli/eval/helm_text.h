#ifndef TG_CLI_EVAL_HELM_TEXT_H
#define TG_CLI_EVAL_HELM_TEXT_H

#include "base/view.h"

#include <stdbool.h>
#include <stddef.h>

/* Templates of Helm charts that nobody has rendered. Others write {{ }} too (Argo Workflows,
 * Prometheus, Alertmanager), in the texts of sound manifests. Pure; any thread. */

/* True where {{ }} asks for what only Helm has: .Values, .Release, .Chart, .Capabilities, .Files or
 * include. *at is the place of its {{. */
bool helm_text_is_sure(struct view text, size_t *at);

/* True where a {{ stands in one of the lines `first` to `last`, counted from 1. *at as above. */
bool helm_text_is_near(struct view text, unsigned first, unsigned last, size_t *at);

#endif
