#include "base/text/template.h"

#include <string.h>

bool template_in(struct view text)
{
    return text.n > 1 && memmem(text.p, text.n, "{{", 2);
}
