#include "base/time/timestamp.h"

#include <stdio.h>
#include <time.h>

static void write(char out[TIMESTAMP_TEXT], int digits, long unit)
{
    struct timespec now;
    struct tm tm = {0};
    size_t n;

    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &tm);
    n = strftime(out, TIMESTAMP_TEXT, "%Y-%m-%dT%H:%M:%S", &tm);
    snprintf(out + n, TIMESTAMP_TEXT - n, ".%0*dZ", digits, (int)(now.tv_nsec / unit));
}

void timestamp_now(char out[TIMESTAMP_TEXT])
{
    write(out, 3, 1000000);
}

void timestamp_micro(char out[TIMESTAMP_TEXT])
{
    write(out, 6, 1000);
}
