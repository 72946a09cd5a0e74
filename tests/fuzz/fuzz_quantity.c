/* A quantity that is read is printed as text that reads as the same amount. */
#include "base/parse_error.h"
#include "base/quantity.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct view text = {(const char *)data, size};
    char room[QUANTITY_ROOM];
    struct quantity q, again;
    struct parse_error parse_error;

    if (quantity_parse(text, &q, &parse_error) < 0)
        return 0;
    if (quantity_parse(quantity_print(&q, room), &again, &parse_error) < 0 ||
        quantity_cmp(&q, &again) != 0)
        abort();
    return 0;
}
