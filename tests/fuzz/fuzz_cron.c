/* Any text is a schedule or is refused with a place inside it; starts go forth and back. */
#include "base/arena.h"
#include "base/parse_error.h"
#include "base/time/cron.h"
#include "base/time/zone.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct zone *paris(void)
{
    static const struct zone *zone;
    static struct arena arena;
    static struct zone_set zones;
    struct parse_error parse_error;

    if (!zone) {
        arena_init(&arena, 1 << 20);
        zone_set_init(&zones, NULL, &arena);
        zone = zone_get(&zones, VIEW("Europe/Paris"), &parse_error);
    }
    return zone;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct view text = {(const char *)data, size};
    int64_t after = 1774700000; /* the day before the clocks go forward */
    struct cron_start start, back;
    struct parse_error parse_error;
    struct cron cron;

    if (cron_parse(text, &cron, &parse_error) < 0) {
        if (parse_error.at > size || parse_error.why[0] == '\0')
            abort();
        return 0;
    }
    for (int i = 0; i < 50; i++, after = start.at) {
        if (cron_next(&cron, paris(), after, &start) < 0 || start.at <= after)
            abort();
        if (cron_prev(&cron, paris(), start.at, &back) < 0 || back.at != start.at)
            abort();
    }
    return 0;
}
