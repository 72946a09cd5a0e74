#include "rollout/act/http_fetch.h"

#include "base/mem.h"
#include "base/sys/curl_transfer.h"
#include "kube/limits.h"
#include "rollout/limits.h"

#include <ctype.h>
#include <curl/curl.h>
#include <stdio.h>
#include <string.h>

struct http_fetch {
    struct curl_transfer transfer;
    CURL *easy;
    char curl_says[CURL_ERROR_SIZE];
};

/* --- life ------------------------------------------------------------------------------------- */

struct http_fetch *http_fetch_create(void)
{
    struct http_fetch *f = mem_alloc(sizeof(*f));

    if (!f)
        return NULL;
    *f = (struct http_fetch){0};
    if (curl_transfer_init(&f->transfer) == 0 && (f->easy = curl_easy_init()))
        return f;
    http_fetch_free(f);
    return NULL;
}

void http_fetch_free(struct http_fetch *f)
{
    if (!f)
        return;
    curl_easy_cleanup(f->easy);
    curl_transfer_release(&f->transfer);
    mem_free(f);
}

void http_fetch_stop(struct http_fetch *f)
{
    curl_transfer_stop(&f->transfer);
}

bool http_fetch_wait(struct http_fetch *f, int64_t milliseconds)
{
    return curl_transfer_wait(&f->transfer, milliseconds);
}

/* --- a request -------------------------------------------------------------------------------- */

/* Takes what fits, and then no more. */
static size_t receive(char *data, size_t size, size_t count, void *arg)
{
    struct buf *body = arg;
    struct view piece = view_first((struct view){data, size * count}, LIMIT_FETCH_BODY - body->n);

    buf_add(body, piece);
    return body->failed ? CURL_WRITEFUNC_ERROR : piece.n;
}

static void free_headers(struct curl_slist *headers)
{
    for (struct curl_slist *h = headers; h; h = h->next)
        explicit_bzero(h->data, strlen(h->data)); /* it may be a token */
    curl_slist_free_all(headers);
}

/* curl would ask before it sends a large body. */
static int make_headers(const struct http_fetch_request *request, struct curl_slist **headers)
{
    static const char *const always[] = {"Expect:", NULL};
    const char *const *lists[] = {always, request->headers};

    *headers = NULL;
    for (size_t i = 0; i < 2; i++) {
        for (const char *const *line = lists[i]; line && *line; line++) {
            struct curl_slist *longer = curl_slist_append(*headers, *line);

            if (!longer) {
                free_headers(*headers);
                return -1;
            }
            *headers = longer;
        }
    }
    return 0;
}

/* The CAs of a file, and no other. */
static bool set_ca(CURL *easy, const char *file)
{
    if (!file)
        return true;
    return curl_easy_setopt(easy, CURLOPT_CAINFO, file) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_CAPATH, NULL) == CURLE_OK;
}

static bool set_up(struct http_fetch *f, const struct http_fetch_request *request,
                   struct curl_slist *headers, struct buf *body)
{
    CURL *easy = f->easy;
    unsigned failed = 0;

    curl_easy_reset(easy);
    failed |= curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    failed |= curl_easy_setopt(easy, CURLOPT_USERAGENT, "tidegate/" TIDEGATE_VERSION);
    failed |= curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    failed |= curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
    failed |= curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
    failed |= curl_easy_setopt(easy, CURLOPT_DNS_CACHE_TIMEOUT, 0L);
    failed |= curl_easy_setopt(easy, CURLOPT_TIMEOUT, (long)request->seconds);
    failed |= curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, f->curl_says);
    failed |= curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, receive);
    failed |= curl_easy_setopt(easy, CURLOPT_WRITEDATA, body);
    failed |= curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
    if (request->body.p) {
        failed |= curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body.n);
        failed |= curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request->body.p);
    }
    failed |= curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    failed |= curl_easy_setopt(easy, CURLOPT_PROXY, "");
    failed |= curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    failed |= curl_easy_setopt(easy, CURLOPT_URL, request->url);
    return !failed && set_ca(easy, request->ca_file);
}

/* --- what is said of it ----------------------------------------------------------------------- */

/* In lower case where it begins, as our messages are; but a word in capitals stays. */
static void say(struct http_fetch_answer *answer, const char *before, const char *text)
{
    bool word = text[0] && isupper((unsigned char)text[0]) && islower((unsigned char)text[1]);

    snprintf(answer->problem, sizeof(answer->problem), "%s%c%s", before,
             word ? tolower((unsigned char)text[0]) : text[0], text[0] ? text + 1 : "");
}

static void say_connect(CURL *easy, struct http_fetch_answer *answer)
{
    long error = 0;

    curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &error);
    say(answer, "", error ? strerror((int)error) : "no connection");
}

static bool connected(CURL *easy)
{
    long connections = 0;

    curl_easy_getinfo(easy, CURLINFO_NUM_CONNECTS, &connections);
    return connections > 0;
}

/* curl's own words hold no more of the URL than its host in the cases in which they are shown; they
 * say how many milliseconds it took in others, which are not. */
static void tell(struct http_fetch *f, const struct http_fetch_request *request, CURLcode result,
                 struct http_fetch_answer *answer)
{
    size_t room = sizeof(answer->problem);

    switch ((int)result) {
    case CURLE_ABORTED_BY_CALLBACK: say(answer, "", "stopped"); break;
    case CURLE_OPERATION_TIMEDOUT:
        snprintf(answer->problem, room, "no %sanswer within %u s", answer->status ? "whole " : "",
                 request->seconds);
        break;
    case CURLE_COULDNT_CONNECT: say_connect(f->easy, answer); break;
    case CURLE_COULDNT_RESOLVE_HOST: say(answer, "", f->curl_says); break;
    case CURLE_PEER_FAILED_VERIFICATION:
        say(answer, "its certificate is not accepted: ", f->curl_says);
        break;
    case CURLE_SSL_CACERT_BADFILE:
        snprintf(answer->problem, room, "the file of CAs \"%s\" cannot be used", request->ca_file);
        break;
    case CURLE_UNSUPPORTED_PROTOCOL:
        say(answer, "",
            connected(f->easy) ? "what answers does not speak HTTP"
                               : "its address is not a URL of http or https");
        break;
    case CURLE_URL_MALFORMAT: say(answer, "", "its address is not a URL of http or https"); break;
    case CURLE_GOT_NOTHING:
    case CURLE_RECV_ERROR: say(answer, "", "the connection was closed without an answer"); break;
    case CURLE_PARTIAL_FILE: say(answer, "", "the connection was closed within the answer"); break;
    default: say(answer, "", curl_easy_strerror(result));
    }
}

/* Whether the problem says something about the server. */
static bool was_asked(CURL *easy, CURLcode result)
{
    switch ((int)result) {
    case CURLE_ABORTED_BY_CALLBACK:
    case CURLE_OUT_OF_MEMORY:
    case CURLE_URL_MALFORMAT:
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_SSL_CACERT_BADFILE: return false;
    case CURLE_UNSUPPORTED_PROTOCOL: return connected(easy);
    default: return true;
    }
}

/* In milliseconds. */
static int64_t retry_after(CURL *easy)
{
    curl_off_t seconds = 0;

    curl_easy_getinfo(easy, CURLINFO_RETRY_AFTER, &seconds);
    if (seconds > LIMIT_KUBE_RETRY_AFTER)
        seconds = LIMIT_KUBE_RETRY_AFTER;
    return seconds > 0 ? (int64_t)seconds * 1000 : 0;
}

int http_fetch_do(struct http_fetch *f, const struct http_fetch_request *request,
                  struct http_fetch_answer *answer)
{
    struct curl_slist *headers;
    CURLcode result = CURLE_OUT_OF_MEMORY;
    long status = 0;

    answer->status = 0;
    answer->retry_after = 0;
    answer->problem[0] = '\0';
    f->curl_says[0] = '\0';
    buf_reset(&answer->body);
    if (make_headers(request, &headers) == 0) {
        if (set_up(f, request, headers, &answer->body))
            result = curl_transfer_run(&f->transfer, f->easy);
        curl_easy_getinfo(f->easy, CURLINFO_RESPONSE_CODE, &status);
        free_headers(headers);
    }
    answer->status = (unsigned)status;
    answer->retry_after = retry_after(f->easy);
    answer->asked = was_asked(f->easy, result);
    if (result == CURLE_WRITE_ERROR && answer->body.n == LIMIT_FETCH_BODY)
        result = CURLE_OK;
    if (result != CURLE_OK) {
        tell(f, request, result, answer);
        answer->status = 0;
    }
    curl_easy_reset(f->easy); /* it holds the URL */
    return result == CURLE_OK ? 0 : -1;
}
