/* Reads the input as the record of a workload; what can be read is written, and read again as the
 * same. */
#include "base/buf.h"
#include "rollout/limits.h"
#include "rollout/record/record.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct record record, again;
    struct buf first, second;
    const char *problem;

    record_init(&record);
    record_init(&again);
    buf_init(&first, LIMIT_RECORD);
    buf_init(&second, LIMIT_RECORD);
    if (record_read((struct view){(const char *)data, size}, &record, &problem) < 0)
        goto out;
    record_write(&record, &first);
    record_compact(&record);
    if (first.failed || record_read(buf_view(&first), &again, &problem) < 0)
        abort();
    record_write(&again, &second);
    if (!view_eq(buf_view(&first), buf_view(&second)))
        abort();
out:
    record_release(&record);
    record_release(&again);
    buf_release(&first);
    buf_release(&second);
    return 0;
}
