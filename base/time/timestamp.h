#ifndef TG_BASE_TIME_TIMESTAMP_H
#define TG_BASE_TIME_TIMESTAMP_H

enum { TIMESTAMP_TEXT = 32 };

/* Writes this instant as 2006-01-02T15:04:05.123Z, the RFC 3339 form of log lines. Any thread. */
void timestamp_now(char out[TIMESTAMP_TEXT]);

/* The same as 2006-01-02T15:04:05.123456Z, a MicroTime (meta.k8s.io/v1). Any thread. */
void timestamp_micro(char out[TIMESTAMP_TEXT]);

#endif
