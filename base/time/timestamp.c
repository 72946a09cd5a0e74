#include "base/time/timestamp.h"

#include <string.h>
#include <time.h>

enum { UP_TO_SECONDS = sizeof("2006-01-02T15:04:05") - 1 };

/* The text of a second, which many lines share: each thread keeps that of its last one. */
static const char *second_text(time_t second)
{
    static _Thread_local char text[TIMESTAMP_TEXT];
    static _Thread_local time_t known;
    struct tm tm = {0};

    if (!text[0] || second != known) {
        gmtime_r(&second, &tm);
        strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
        known = second;
    }
    return text;
}

static void write(char out[TIMESTAMP_TEXT], int digits, long unit)
{
    struct timespec now;
    long fraction;
    char *at = out + UP_TO_SECONDS;

    clock_gettime(CLOCK_REALTIME, &now);
    memcpy(out, second_text(now.tv_sec), UP_TO_SECONDS);
    *at = '.';
    fraction = now.tv_nsec / unit;
    for (int i = digits; i > 0; i--, fraction /= 10)
        at[i] = (char)('0' + fraction % 10);
    at[digits + 1] = 'Z';
    at[digits + 2] = '\0';
}

void timestamp_now(char out[TIMESTAMP_TEXT])
{
    write(out, 3, 1000000);
}

void timestamp_micro(char out[TIMESTAMP_TEXT])
{
    write(out, 6, 1000);
}
