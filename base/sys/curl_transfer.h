#ifndef TG_BASE_SYS_CURL_TRANSFER_H
#define TG_BASE_SYS_CURL_TRANSFER_H

#include <curl/curl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* Transfers of libcurl, one after another, that another thread can end at once. The easy handles
 * are the caller's, and made after curl_transfer_init. One thread uses it at a time, but for
 * curl_transfer_stop and curl_transfer_is_stopped. */
struct curl_transfer {
    CURLM *multi;
    atomic_bool stopped;
};

/* Returns 0; or -1 when memory runs out, and there is nothing to release. */
int curl_transfer_init(struct curl_transfer *t);

/* The easy handles that it ran are freed before it. One of zeroes is allowed. */
void curl_transfer_release(struct curl_transfer *t);

/* Ends what is underway, and each later one before it begins. Any thread. */
void curl_transfer_stop(struct curl_transfer *t);
bool curl_transfer_is_stopped(const struct curl_transfer *t);

/* Runs what the handle was set up for. CURLE_ABORTED_BY_CALLBACK when it was stopped. */
CURLcode curl_transfer_run(struct curl_transfer *t, CURL *easy);

/* Waits; returns false when it was stopped meanwhile. */
bool curl_transfer_wait(struct curl_transfer *t, int64_t milliseconds);

#endif
