#include "policy/schema/dns_label.h"

bool dns_label_ok(struct view text, size_t most)
{
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];

        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
              (c == '-' && i > 0 && i + 1 < text.n)))
            return false;
    }
    return text.n > 0 && text.n <= most;
}
