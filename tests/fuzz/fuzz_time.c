/* Timestamps, dates, times of day and durations: what is accepted is in range, and a timestamp in
 * Zulu time without a fraction is written again as it was. */
#include "base/parse_error.h"
#include "base/time/civil.h"
#include "base/time/duration.h"
#include "base/time/timefmt.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct view text = {(const char *)data, size};
    char out[TIMEFMT_ROOM], human[DURATION_ROOM];
    struct parse_error parse_error;
    int64_t value;

    if (timefmt_parse(text, &value) == 0 && view_ends(text, "Z") && view_find(text, '.') < 0 &&
        !view_eq_str(text, timefmt_rfc3339(value, NULL, out)))
        abort();
    if (timefmt_parse_date(text, &value) == 0 && civil_of_days(value).year > 9999)
        abort();
    if (timefmt_parse_clock(text, &value) == 0 && (value < 0 || value > CIVIL_DAY))
        abort();
    if (duration_parse(text, 1, 1000000, &value, &parse_error) < 0) {
        if (parse_error.at > size || parse_error.why[0] == '\0')
            abort();
        return 0;
    }
    if (value < 1 || value > 1000000)
        abort();
    if (duration_parse(view_of(duration_go(value, human)), value, value, &value, &parse_error) < 0)
        abort();
    return 0;
}
