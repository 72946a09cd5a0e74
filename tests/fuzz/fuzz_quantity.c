/* A quantity that is read is printed in a form that reads as the same quantity. */
#include "base/flaw.h"
#include "base/quantity.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct view text = {(const char *)data, size};
    char room[QUANTITY_ROOM], again_room[QUANTITY_ROOM];
    struct quantity q, again;
    struct view printed;
    struct flaw flaw;

    if (quantity_parse(text, &q, &flaw) < 0)
        return 0;
    printed = quantity_print(q, room);
    if (quantity_parse(printed, &again, &flaw) < 0 || quantity_cmp(q, again) != 0 ||
        !view_eq(quantity_print(again, again_room), printed))
        abort();
    return 0;
}
