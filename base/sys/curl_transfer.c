#include "base/sys/curl_transfer.h"

#include "base/clock.h"

#include <pthread.h>

static void init_curl(void)
{
    curl_global_init(CURL_GLOBAL_DEFAULT);
}

int curl_transfer_init(struct curl_transfer *t)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    pthread_once(&once, init_curl);
    atomic_init(&t->stopped, false);
    t->multi = curl_multi_init();
    return t->multi ? 0 : -1;
}

void curl_transfer_release(struct curl_transfer *t)
{
    curl_multi_cleanup(t->multi);
    t->multi = NULL;
}

void curl_transfer_stop(struct curl_transfer *t)
{
    atomic_store(&t->stopped, true);
    curl_multi_wakeup(t->multi);
}

bool curl_transfer_is_stopped(const struct curl_transfer *t)
{
    return atomic_load(&t->stopped);
}

CURLcode curl_transfer_run(struct curl_transfer *t, CURL *easy)
{
    CURLcode result = CURLE_ABORTED_BY_CALLBACK;
    CURLMsg *message;
    int running = 1, left;

    if (curl_multi_add_handle(t->multi, easy) != CURLM_OK)
        return CURLE_OUT_OF_MEMORY;
    while (running && !curl_transfer_is_stopped(t)) {
        if (curl_multi_perform(t->multi, &running) != CURLM_OK)
            break;
        if (running)
            curl_multi_poll(t->multi, NULL, 0, 1000, NULL);
    }
    while ((message = curl_multi_info_read(t->multi, &left)))
        if (message->msg == CURLMSG_DONE)
            result = message->data.result;
    curl_multi_remove_handle(t->multi, easy);
    return result;
}

bool curl_transfer_wait(struct curl_transfer *t, int64_t milliseconds)
{
    int64_t until = clock_monotonic_ns() / 1000000 + milliseconds, left = milliseconds;

    while (left > 0 && !curl_transfer_is_stopped(t)) {
        curl_multi_poll(t->multi, NULL, 0, (int)left, NULL);
        left = until - clock_monotonic_ns() / 1000000;
    }
    return !curl_transfer_is_stopped(t);
}
