#include "base/stamp.h"

#include <stdio.h>
#include <time.h>

void stamp_now(char out[STAMP_TEXT])
{
    struct timespec now;
    struct tm tm = {0};
    size_t n;

    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &tm);
    n = strftime(out, STAMP_TEXT, "%Y-%m-%dT%H:%M:%S", &tm);
    snprintf(out + n, STAMP_TEXT - n, ".%03dZ", (int)(now.tv_nsec / 1000000));
}
