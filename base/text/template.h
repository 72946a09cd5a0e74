#ifndef TG_BASE_TEXT_TEMPLATE_H
#define TG_BASE_TEXT_TEMPLATE_H

#include "base/view.h"

#include <stdbool.h>

/* True when the text holds a "{{", as a chart or template that is not rendered does, whatever its
 * language. Pure; any thread. */
bool template_in(struct view text);

#endif
