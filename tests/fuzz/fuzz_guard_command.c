/* Reads the input as a command to the guard; what can be read is written and read again as the
 * same. */
#include "base/arena.h"
#include "policy/object/guard_command.h"

#include <stdint.h>
#include <stdlib.h>

#define YEAR_0     (-62167219200)
#define YEAR_10000 253402300800

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct view input = {(const char *)data, size}, text;
    struct guard_command order, again;
    struct arena arena;

    /* "%.*s" ends at a NUL and at 64 KiB; an offset can lead out of the years that can be written.
     */
    if (size >= 65536 || view_find(input, '\0') >= 0 || guard_command_parse(input, &order) < 0 ||
        order.at < YEAR_0 || order.at >= YEAR_10000)
        return 0;
    arena_init(&arena, 1024 * 1024);
    text = guard_command_print(&order, &arena);
    if (!text.p || guard_command_parse(text, &again) < 0 || !view_eq(again.hash, order.hash) ||
        !view_eq(again.by, order.by) || again.at != order.at ||
        !view_eq(again.reason, order.reason))
        abort();
    arena_release(&arena);
    return 0;
}
