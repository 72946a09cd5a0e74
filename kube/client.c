#include "kube/client.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/json/json.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/sys/curl_transfer.h"
#include "base/sys/secret.h"
#include "kube/backoff.h"
#include "kube/calls.h"
#include "kube/kube.h"
#include "kube/kubeconfig/config.h"
#include "kube/kubeconfig/exec_plugin.h"
#include "kube/kubeconfig/token.h"
#include "kube/limits.h"

#include <curl/curl.h>
#include <stdio.h>
#include <string.h>
#include <yyjson.h>

struct client {
    const struct kube *kube;
    struct curl_transfer transfer;
    CURL *easy;
    struct curl_slist *connect_to; /* where the server is, when its certificate has another name */
    char *base;                    /* what paths are appended to */
    bool is_loopback;              /* the server is on this machine */
    struct buf url, token;
    int64_t end;                       /* of all calls; 0: none */
    struct exec_credential credential; /* of the config's exec */
    /* of the call that is underway: */
    const struct client_call *call;
    bool refused;     /* by take */
    struct buf error; /* body of an answer that is not a success */
    int64_t retry_after;
    char curl_says[CURL_ERROR_SIZE];
};

/* --- life ------------------------------------------------------------------------------------- */

/* A curl that is built without one of these must not go on without it. */
static int set_pem(CURL *easy, const struct config_pem *pem, CURLoption file, CURLoption blob)
{
    struct curl_blob text = {(void *)(uintptr_t)pem->text.p, pem->text.n, CURL_BLOB_NOCOPY};
    CURLcode result = CURLE_OK;

    if (pem->file)
        result = curl_easy_setopt(easy, file, pem->file);
    else if (pem->text.p)
        result = curl_easy_setopt(easy, blob, &text);
    return result == CURLE_OK ? 0 : -1;
}

static int set_pems(CURL *easy, const struct config *config)
{
    if ((config->ca.file || config->ca.text.p) && /* and no other CA */
        curl_easy_setopt(easy, CURLOPT_CAPATH, NULL) != CURLE_OK)
        return -1;
    if (set_pem(easy, &config->ca, CURLOPT_CAINFO, CURLOPT_CAINFO_BLOB) < 0 ||
        set_pem(easy, &config->cert, CURLOPT_SSLCERT, CURLOPT_SSLCERT_BLOB) < 0)
        return -1;
    return set_pem(easy, &config->key, CURLOPT_SSLKEY, CURLOPT_SSLKEY_BLOB);
}

/* 202: the deletion goes on after the answer. */
static bool is_success(const struct client_call *call, long status)
{
    if (call->any_status)
        return status != 0;
    return status == 200 || status == 201 || status == 202;
}

static size_t receive(char *data, size_t size, size_t count, void *arg)
{
    struct client *c = arg;
    struct view piece = {data, size * count};
    long status = 0;

    curl_easy_getinfo(c->easy, CURLINFO_RESPONSE_CODE, &status);
    if (!is_success(c->call, status)) {
        buf_add(&c->error, piece); /* what does not fit is not shown */
        return piece.n;
    }
    if (!c->call->take || c->call->take(c->call->ctx, piece) == 0)
        return piece.n;
    c->refused = true;
    return CURL_WRITEFUNC_ERROR;
}

/* Called for each line of the headers; the last one is empty. */
static size_t receive_header(char *data, size_t size, size_t count, void *arg)
{
    struct client *c = arg;
    long status = 0;

    curl_easy_getinfo(c->easy, CURLINFO_RESPONSE_CODE, &status);
    if (is_success(c->call, status) && c->call->begun && size * count == 2 && data[0] == '\r')
        c->call->begun(c->call->ctx);
    return size * count;
}

/* As Go's http.Transport, which kubectl uses: the proxy of the environment is not used for this
 * machine itself, but the proxy of a kubeconfig is used for every host. */
static unsigned set_proxy(struct client *c)
{
    CURL *easy = c->easy;
    unsigned failed = 0;

    if (c->kube->config->proxy) {
        failed |= curl_easy_setopt(easy, CURLOPT_PROXY, c->kube->config->proxy);
        failed |= curl_easy_setopt(easy, CURLOPT_NOPROXY, "");
    } else if (c->is_loopback)
        failed |= curl_easy_setopt(easy, CURLOPT_PROXY, "");
    return failed;
}

static unsigned set_verification(struct client *c)
{
    unsigned failed = 0;

    if (c->kube->config->insecure) {
        failed |= curl_easy_setopt(c->easy, CURLOPT_SSL_VERIFYPEER, 0L);
        failed |= curl_easy_setopt(c->easy, CURLOPT_SSL_VERIFYHOST, 0L);
    }
    return failed;
}

/* The options of every call. A redirect would lead away from the API server. HTTP/1.1 keeps watches
 * and calls on separate connections. */
static int set_up(struct client *c)
{
    CURL *easy = c->easy;
    unsigned failed = 0;

    failed |= curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "https");
    failed |= curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    failed |= curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    failed |= curl_easy_setopt(easy, CURLOPT_USERAGENT, "tidegate/" TIDEGATE_VERSION);
    failed |= curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    failed |= curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
    failed |= curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
    failed |= curl_easy_setopt(easy, CURLOPT_TCP_KEEPIDLE, 30L);
    failed |= curl_easy_setopt(easy, CURLOPT_TCP_KEEPINTVL, 10L);
    failed |= curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT, 10L);
    failed |= curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
    failed |= curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, receive);
    failed |= curl_easy_setopt(easy, CURLOPT_WRITEDATA, c);
    failed |= curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, receive_header);
    failed |= curl_easy_setopt(easy, CURLOPT_HEADERDATA, c);
    failed |= curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, c->curl_says);
    if (c->connect_to)
        failed |= curl_easy_setopt(easy, CURLOPT_CONNECT_TO, c->connect_to);
    failed |= set_proxy(c) | set_verification(c);
    return failed ? -1 : 0;
}

/* With a server_name the URL has that as its host, so that curl asks for it and verifies it, and
 * the connection goes to where the server is. */
static int set_base(struct client *c)
{
    CURLU *url = curl_url();
    char *host = NULL, *port = NULL, to[512];
    int status = -1;

    if (!url || curl_url_set(url, CURLUPART_URL, c->kube->config->server, 0) != CURLUE_OK ||
        curl_url_get(url, CURLUPART_HOST, &host, 0) != CURLUE_OK)
        goto out;
    c->is_loopback = strcmp(host, "localhost") == 0 || strncmp(host, "127.", 4) == 0 ||
                     strcmp(host, "[::1]") == 0;
    if (c->kube->config->server_name) {
        if (curl_url_get(url, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) != CURLUE_OK ||
            snprintf(to, sizeof(to), "::%s:%s", host, port) >= (int)sizeof(to))
            goto out;
        c->connect_to = curl_slist_append(NULL, to);
        if (!c->connect_to ||
            curl_url_set(url, CURLUPART_HOST, c->kube->config->server_name, 0) != CURLUE_OK)
            goto out;
    }
    status = curl_url_get(url, CURLUPART_URL, &c->base, 0) == CURLUE_OK ? 0 : -1;
out:
    curl_free(host);
    curl_free(port);
    curl_url_cleanup(url);
    return status;
}

struct client *client_create(const struct kube *kube)
{
    struct client *c = mem_alloc(sizeof(*c));

    if (!c)
        return NULL;
    *c = (struct client){.kube = kube};
    buf_init(&c->url, LIMIT_KUBE_URL);
    buf_init(&c->token, LIMIT_TOKEN);
    buf_init(&c->error, LIMIT_KUBE_ERROR);
    exec_credential_init(&c->credential);
    if (curl_transfer_init(&c->transfer) == 0 && (c->easy = curl_easy_init()) && set_base(c) == 0 &&
        set_pems(c->easy, kube->config) == 0 && set_up(c) == 0)
        return c;
    client_free(c);
    return NULL;
}

void client_free(struct client *c)
{
    if (!c)
        return;
    curl_easy_cleanup(c->easy);
    curl_transfer_release(&c->transfer);
    curl_slist_free_all(c->connect_to);
    curl_free(c->base);
    exec_credential_release(&c->credential);
    secret_wipe(&c->token);
    buf_release(&c->token);
    buf_release(&c->url);
    buf_release(&c->error);
    mem_free(c);
}

void client_stop(struct client *c)
{
    curl_transfer_stop(&c->transfer);
}

bool client_is_stopped(const struct client *c)
{
    return curl_transfer_is_stopped(&c->transfer);
}

void client_end_by(struct client *c, int64_t instant)
{
    c->end = instant;
}

/* --- a call ----------------------------------------------------------------------------------- */

/* The reason and the first line of the message of a Status (meta.k8s.io/v1), or the visible part of
 * another body. */
static void tell_status(struct client *c, struct client_answer *answer)
{
    struct arena arena;
    yyjson_alc memory = json_memory(&arena);
    struct view text;
    yyjson_val *root;

    arena_init(&arena, 16 * LIMIT_KUBE_ERROR);
    root = yyjson_doc_get_root(yyjson_read_opts(c->error.p, c->error.n, 0, &memory, NULL));
    snprintf(answer->reason, sizeof(answer->reason), "%.*s", VIEW_ARGS(json_text(root, "reason")));
    text = json_text(root, "message");
    if (text.n == 0)
        text = view_first(view_trim(buf_view(&c->error)), 200);
    view_cut(text, '\n', &text, &(struct view){NULL, 0});
    snprintf(answer->problem, sizeof(answer->problem), "%u%s%.*s", answer->status,
             text.n > 0 ? ": " : "", VIEW_ARGS(text));
    for (char *p = answer->problem; *p; p++)
        if ((unsigned char)*p < ' ')
            *p = ' ';
    arena_release(&arena);
}

/* Where curl's message has the milliseconds that a failure took, its general message is used, which
 * is the same at the next try. */
static void tell_no_answer(struct client *c, CURLcode result, struct client_answer *answer)
{
    bool timed = result == CURLE_COULDNT_CONNECT || result == CURLE_OPERATION_TIMEDOUT;

    if (result == CURLE_ABORTED_BY_CALLBACK)
        snprintf(answer->problem, sizeof(answer->problem), "stopped");
    else
        snprintf(answer->problem, sizeof(answer->problem), "%s cannot be asked: %s",
                 c->kube->config->server,
                 c->curl_says[0] && !timed ? c->curl_says : curl_easy_strerror(result));
}

/* A connection that was kept is one that was reached. */
static bool was_reached(CURL *easy)
{
    long connections = 0;
    curl_off_t handshake = 0;

    curl_easy_getinfo(easy, CURLINFO_NUM_CONNECTS, &connections);
    curl_easy_getinfo(easy, CURLINFO_APPCONNECT_TIME_T, &handshake);
    return connections == 0 || handshake > 0;
}

/* In milliseconds, at most the limit. */
static int64_t retry_after(CURL *easy)
{
    curl_off_t seconds = 0;

    curl_easy_getinfo(easy, CURLINFO_RETRY_AFTER, &seconds);
    if (seconds > LIMIT_KUBE_RETRY_AFTER)
        seconds = LIMIT_KUBE_RETRY_AFTER;
    return seconds > 0 ? (int64_t)seconds * 1000 : 0;
}

static int out_of_memory(struct client_answer *answer)
{
    snprintf(answer->problem, sizeof(answer->problem), "out of memory, or a path too long");
    return -1;
}

/* A blob of no bytes takes back the one before. */
static unsigned set_credential_pem(CURL *easy, CURLoption option, const struct buf *pem)
{
    struct curl_blob text = {pem->p, pem->n, CURL_BLOB_COPY};

    return curl_easy_setopt(easy, option, pem->n > 0 ? &text : NULL);
}

/* Asks the plugin of the kubeconfig, if there is one and its last credential has expired. A client
 * certificate of the kubeconfig itself stays. */
static int ask_plugin(struct client *c, struct client_answer *answer)
{
    int asked = exec_plugin_ask(c->kube->config->exec, clock_wall(), &c->credential,
                                answer->problem, sizeof(answer->problem));
    unsigned failed = 0;

    if (asked <= 0 || c->kube->config->cert.file || c->kube->config->cert.text.p)
        return asked < 0 ? -1 : 0;
    failed |= set_credential_pem(c->easy, CURLOPT_SSLCERT_BLOB, &c->credential.cert);
    failed |= set_credential_pem(c->easy, CURLOPT_SSLKEY_BLOB, &c->credential.key);
    return failed ? out_of_memory(answer) : 0;
}

static bool has_plugin(const struct client *c)
{
    return c->kube->config->exec && !c->kube->config->token && !c->kube->config->token_file;
}

static int set_token(struct client *c, struct client_answer *answer)
{
    const char *token = c->kube->config->token;
    unsigned failed = 0;

    if (has_plugin(c)) {
        if (ask_plugin(c, answer) < 0)
            return -1;
        token = c->credential.token.n > 0 ? c->credential.token.p : NULL;
    }
    if (token_read(token, c->kube->config->token_file, &c->token, answer->problem,
                   sizeof(answer->problem)) < 0)
        return -1;
    if (c->token.n > 0) {
        failed |= curl_easy_setopt(c->easy, CURLOPT_HTTPAUTH, CURLAUTH_BEARER);
        failed |= curl_easy_setopt(c->easy, CURLOPT_XOAUTH2_BEARER, c->token.p);
    }
    secret_wipe(&c->token);
    return failed ? out_of_memory(answer) : 0;
}

static const char *method_of(const char *verb)
{
    static const struct {
        const char *verb, *method;
    } methods[] = {{"create", "POST"}, {"update", "PUT"}, {"patch", "PATCH"}, {"delete", "DELETE"}};

    for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
        if (strcmp(verb, methods[i].verb) == 0)
            return methods[i].method;
    return "GET";
}

/* Without this, curl would wait for 100 Continue before a large body, which API servers do not
 * send. */
static struct curl_slist *make_headers(const struct client_call *call)
{
    char lines[3][256];
    struct curl_slist *headers = NULL, *longer;

    snprintf(lines[0], sizeof(lines[0]), "Accept: %s", call->accept ? call->accept : CLIENT_JSON);
    snprintf(lines[1], sizeof(lines[1]), "Content-Type: %s", call->type ? call->type : CLIENT_JSON);
    snprintf(lines[2], sizeof(lines[2]), "Expect:");
    for (int i = 0; i < (call->body.p ? 3 : 1); i++) {
        longer = curl_slist_append(headers, lines[i]);
        if (!longer) {
            curl_slist_free_all(headers);
            return NULL;
        }
        headers = longer;
    }
    return headers;
}

/* What is left of the call's time, in milliseconds. */
static long time_left(const struct client *c, const struct client_call *call)
{
    int64_t left = (int64_t)(call->seconds ? call->seconds : LIMIT_KUBE_TIME) * 1000;
    const int64_t ends[] = {call->until, c->end};

    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        int64_t until_end = (ends[i] - clock_monotonic_ns()) / 1000000;

        if (ends[i] && until_end < left)
            left = until_end;
    }
    return left < 1 ? 1 : (long)left;
}

/* An option that could not be set would keep the value of the previous call, such as the URL of
 * another object. */
static int set_request(struct client *c, const struct client_call *call, struct curl_slist *headers)
{
    unsigned failed = curl_easy_setopt(c->easy, CURLOPT_HTTPGET, 1L);

    if (call->body.p) {
        failed |= curl_easy_setopt(c->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)call->body.n);
        failed |= curl_easy_setopt(c->easy, CURLOPT_POSTFIELDS, call->body.p);
    }
    failed |= curl_easy_setopt(c->easy, CURLOPT_CUSTOMREQUEST, method_of(call->verb));
    failed |= curl_easy_setopt(c->easy, CURLOPT_URL, c->url.p);
    failed |= curl_easy_setopt(c->easy, CURLOPT_TIMEOUT_MS, time_left(c, call));
    failed |= curl_easy_setopt(c->easy, CURLOPT_LOW_SPEED_TIME, (long)call->silence);
    failed |= curl_easy_setopt(c->easy, CURLOPT_HTTPHEADER, headers);
    return failed ? -1 : 0;
}

static int prepare(struct client *c, const struct client_call *call, struct curl_slist *headers,
                   struct client_answer *answer)
{
    struct view base = view_of(c->base);

    if (view_ends(base, "/"))
        base.n--;
    buf_reset(&c->url);
    buf_add(&c->url, base);
    buf_add_str(&c->url, call->path);
    if (c->url.failed || !headers)
        return out_of_memory(answer);
    if (set_token(c, answer) < 0)
        return -1;
    c->call = call;
    c->refused = false;
    c->retry_after = 0;
    c->curl_says[0] = '\0';
    buf_reset(&c->error);
    return set_request(c, call, headers) == 0 ? 0 : out_of_memory(answer);
}

/* Tries once. *again says whether another try may succeed. */
static int try(struct client *c, const struct client_call *call, struct client_answer *answer,
               bool *again)
{
    struct curl_slist *headers = make_headers(call);
    CURLcode result = CURLE_ABORTED_BY_CALLBACK;
    long status = 0;

    *answer = (struct client_answer){0};
    *again = false;
    if (prepare(c, call, headers, answer) < 0) {
        curl_slist_free_all(headers);
        return -1;
    }
    result = curl_transfer_run(&c->transfer, c->easy);
    curl_easy_getinfo(c->easy, CURLINFO_RESPONSE_CODE, &status);
    answer->status = (unsigned)status;
    answer->retry_after = c->retry_after = retry_after(c->easy);
    answer->late = result == CURLE_OPERATION_TIMEDOUT && was_reached(c->easy);
    curl_slist_free_all(headers);
    if (client_is_stopped(c) && result != CURLE_OK)
        result = CURLE_ABORTED_BY_CALLBACK;
    else
        calls_count(c->kube->calls, call->verb, call->resource, answer->status);
    if (result == CURLE_OK && is_success(call, status))
        return 0;
    *again =
        !c->refused && (is_success(call, status) || status == 0 || status == 429 || status >= 500);
    if (status != 0 && !is_success(call, status))
        tell_status(c, answer);
    else if (!c->refused)
        tell_no_answer(c, result, answer);
    return -1;
}

/* Credentials from before this call may end earlier than they say: new ones are tried once. */
static int try_as_known(struct client *c, const struct client_call *call,
                        struct client_answer *answer, bool *again)
{
    bool old = has_plugin(c) && c->credential.is_there;
    int status = try(c, call, answer, again);

    if (status == 0 || !old || answer->status != 401)
        return status;
    c->credential.is_there = false;
    return try(c, call, answer, again);
}

int client_do(struct client *c, const struct client_call *call, struct client_answer *answer)
{
    bool again = false;

    for (unsigned failures = 0;; failures++) {
        int64_t wait;

        if (try_as_known(c, call, answer, &again) == 0)
            return 0;
        wait = backoff_wait(failures, answer->retry_after);
        if (!again || clock_monotonic_ns() + wait * 1000000 >= call->until || !client_wait(c, wait))
            return -1;
    }
}

/* --- an answer that is read whole ------------------------------------------------------------- */

static void forget(void *body)
{
    buf_reset(body);
}

static int collect(void *ctx, struct view piece)
{
    struct buf *body = ctx;

    buf_add(body, piece);
    return body->failed ? -1 : 0;
}

int client_text(struct client *c, const struct client_call *call, struct buf *body,
                struct client_answer *answer)
{
    struct client_call whole = *call;

    whole.begun = forget;
    whole.take = collect;
    whole.ctx = body;
    if (client_do(c, &whole, answer) == 0)
        return 0;
    if (body->failed)
        snprintf(answer->problem, sizeof(answer->problem), "the answer is larger than %d bytes",
                 LIMIT_KUBE_ANSWER);
    return -1;
}

struct yyjson_val *client_json(struct client *c, const struct client_call *call,
                               struct arena *arena, struct client_answer *answer)
{
    yyjson_alc memory = json_memory(arena);
    yyjson_val *root = NULL;
    struct buf body;

    buf_init(&body, LIMIT_KUBE_ANSWER);
    if (client_text(c, call, &body, answer) == 0) {
        root = yyjson_doc_get_root(yyjson_read_opts(body.p, body.n, 0, &memory, NULL));
        if (!root)
            snprintf(answer->problem, sizeof(answer->problem),
                     "the answer is not JSON, or there is no memory for it");
    }
    buf_release(&body);
    return root;
}

int64_t client_retry_after(const struct client *c)
{
    return c->retry_after;
}

struct view client_message(const struct client *c, struct arena *arena)
{
    yyjson_alc memory = json_memory(arena);

    return json_text(
        yyjson_doc_get_root(yyjson_read_opts(c->error.p, c->error.n, 0, &memory, NULL)), "message");
}

bool client_wait(struct client *c, int64_t milliseconds)
{
    return curl_transfer_wait(&c->transfer, milliseconds);
}

void client_query(struct buf *path, const char *key, struct view value)
{
    static const char digits[] = "0123456789ABCDEF";

    buf_printf(path, "%c%s=", view_find(buf_view(path), '?') >= 0 ? '&' : '?', key);
    for (size_t i = 0; i < value.n; i++) {
        unsigned char c = (unsigned char)value.p[i];

        if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
            c == '-' || c == '.' || c == '_' || c == '~') {
            buf_add_char(path, (char)c);
            continue;
        }
        buf_add_char(path, '%');
        buf_add_char(path, digits[c >> 4]);
        buf_add_char(path, digits[c & 15]);
    }
}
