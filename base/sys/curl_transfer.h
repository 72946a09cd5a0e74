#ifndef TG_BASE_SYS_CURL_TRANSFER_H
#define TG_BASE_SYS_CURL_TRANSFER_H

#include <curl/curl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* Transfers of libcurl, one after another, that another thread can end at once. The easy handles
 * are the caller's, and made after transfer_init. One thread uses it at a time, but for
 * transfer_stop and transfer_is_stopped. */
struct transfer {
    CURLM *multi;
    atomic_bool stopped;
};

/* Returns 0; or -1 when memory is out, and there is nothing to release. */
int transfer_init(struct transfer *t);

/* The easy handles that it ran are freed before it. One of zeroes is allowed. */
void transfer_release(struct transfer *t);

/* Ends what is underway, and each later one before it begins. Any thread. */
void transfer_stop(struct transfer *t);
bool transfer_is_stopped(const struct transfer *t);

/* Runs what the handle was set up for. CURLE_ABORTED_BY_CALLBACK when it was stopped. */
CURLcode transfer_run(struct transfer *t, CURL *easy);

/* Waits; returns false when it was stopped meanwhile. */
bool transfer_wait(struct transfer *t, int64_t milliseconds);

#endif
