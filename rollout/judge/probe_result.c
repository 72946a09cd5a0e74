#include "rollout/judge/probe_result.h"

#include "base/arena.h"
#include "base/budget.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/json/json.h"
#include "base/text/float_text.h"
#include "base/text/pattern.h"
#include "base/text/quote.h"
#include "kube/limits.h"
#include "policy/guard/guard_probes.h"
#include "rollout/judge/judge.h"
#include "rollout/limits.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <yyjson.h>

enum { MILLISECOND = 1000 * 1000 };
enum { PARSED = 16 }; /* times the size of a text: what its tree may take */

/* --- messages --------------------------------------------------------------------------------- */

/* One line, as much of it as there is room for. */
static void __attribute__((format(printf, 2, 0)))
say(struct probe_answer *out, const char *format, va_list args)
{
    char text[sizeof(out->message) + 1]; /* a byte more, which shows whether a character ends */
    struct view kept;

    vsnprintf(text, sizeof(text), format, args);
    kept = quote_first(view_of(text), sizeof(out->message) - 1);
    memcpy(out->message, kept.p, kept.n);
    out->message[kept.n] = '\0';
    for (char *p = out->message; *p; p++)
        if ((unsigned char)*p < ' ' || *p == 0x7F)
            *p = ' ';
}

static void __attribute__((format(printf, 2, 3)))
pass(struct probe_answer *out, const char *format, ...)
{
    va_list args;

    out->ok = true;
    out->no_data = false;
    va_start(args, format);
    say(out, format, args);
    va_end(args);
}

void probe_fail(struct probe_answer *out, const char *format, ...)
{
    va_list args;

    out->ok = false;
    out->no_data = false;
    va_start(args, format);
    say(out, format, args);
    va_end(args);
}

void probe_tell_nothing(struct probe_answer *out, const char *format, ...)
{
    va_list args;

    out->ok = false;
    out->no_data = true;
    va_start(args, format);
    say(out, format, args);
    va_end(args);
}

/* "503 Service Unavailable": RFC 9110, section 15, and RFC 6585. */
static const char *status_text(unsigned status, char room[static 64])
{
    static const struct {
        unsigned status;
        const char *name;
    } names[] = {
        {200, "OK"},
        {201, "Created"},
        {202, "Accepted"},
        {204, "No Content"},
        {301, "Moved Permanently"},
        {302, "Found"},
        {303, "See Other"},
        {304, "Not Modified"},
        {307, "Temporary Redirect"},
        {308, "Permanent Redirect"},
        {400, "Bad Request"},
        {401, "Unauthorized"},
        {403, "Forbidden"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {406, "Not Acceptable"},
        {408, "Request Timeout"},
        {409, "Conflict"},
        {410, "Gone"},
        {421, "Misdirected Request"},
        {422, "Unprocessable Content"},
        {426, "Upgrade Required"},
        {429, "Too Many Requests"},
        {500, "Internal Server Error"},
        {501, "Not Implemented"},
        {502, "Bad Gateway"},
        {503, "Service Unavailable"},
        {504, "Gateway Timeout"},
    };
    const char *name = "";

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (names[i].status == status)
            name = names[i].name;
    snprintf(room, 64, "%u%s%s", status, name[0] ? " " : "", name);
    return room;
}

static yyjson_val *parse(struct view body, struct arena *arena)
{
    yyjson_alc memory;

    arena_init(arena, PARSED * body.n + 4096);
    memory = json_memory(arena);
    return yyjson_doc_get_root(
        yyjson_read_opts((char *)(uintptr_t)body.p, body.n, 0, &memory, NULL));
}

/* --- smoke requests --------------------------------------------------------------------------- */

static bool is_accepted(const struct guard_http *http, unsigned status)
{
    for (size_t i = 0; i < http->status_count; i++)
        if (http->status[i] == status)
            return true;
    return http->status_count == 0 && status >= 200 && status <= 399;
}

/* The API server's message when there is a Service, and nothing behind it takes a connection:
 * k8s.io/kubernetes/pkg/registry/core/service/storage, k8s.io/apimachinery/pkg/util/proxy. */
static bool is_of_application(struct view message)
{
    return view_starts(message, "no endpoints available for service") ||
           view_starts(message, "error trying to reach service");
}

static void tell_refusal(unsigned status, struct view message, struct probe_answer *out)
{
    if (is_of_application(message))
        probe_fail(out, "the API server says: %.*s", VIEW_ARGS(message));
    else if (status == 403)
        probe_tell_nothing(out,
                           "the API server forbids it: its ClusterRole lacks the rule {apiGroups: "
                           "[\"\"], resources: [services/proxy], verbs: [get]}");
    else
        probe_tell_nothing(out, "the API server says %u: %.*s", status, VIEW_ARGS(message));
}

/* Whether the answer is the API server's own; it is then judged. */
static bool judge_refusal(unsigned status, struct view body, struct probe_answer *out)
{
    struct arena arena;
    yyjson_val *root;
    bool own;

    if (status < 400 || body.n > LIMIT_KUBE_ERROR)
        return false;
    root = parse(body, &arena);
    own = view_eq_str(json_text(root, "kind"), "Status") &&
          view_eq_str(json_text(root, "apiVersion"), "v1") &&
          yyjson_get_uint(yyjson_obj_get(root, "code")) == status;
    if (own)
        tell_refusal(status, json_text(root, "message"), out);
    arena_release(&arena);
    return own;
}

/* A line end behind the last line is not worth a pattern of its own. It may take as much of a
 * processor as a review. */
static enum pattern_result match_body(const struct pattern *pattern, struct view body)
{
    struct budget budget = {.cpu_deadline =
                                clock_thread_ns() + (int64_t)LIMIT_REVIEW_CPU * MILLISECOND};
    enum pattern_result result = pattern_match(pattern, body, &budget);
    struct view line = body;

    while (view_ends(line, "\n") || view_ends(line, "\r"))
        line.n--;
    return result == PATTERN_NO_MATCH && line.n < body.n ? pattern_match(pattern, line, &budget)
                                                         : result;
}

static void judge_body(const struct guard_http *http, const char *status, struct view body,
                       struct probe_answer *out)
{
    struct view text = pattern_text(http->body);

    switch (match_body(http->body, body)) {
    case PATTERN_MATCH: pass(out, "%s", status); break;
    case PATTERN_NO_MATCH:
        probe_fail(out, "%s, but its body does not match %.*s", status, VIEW_ARGS(text));
        break;
    case PATTERN_UNDECIDED:
        probe_tell_nothing(out, "%s, but its body cannot be matched with %.*s: that takes too long",
                           status, VIEW_ARGS(text));
        break;
    }
}

void probe_judge_http(const struct guard_http *http, bool proxied, unsigned status,
                      struct view body, struct probe_answer *out)
{
    char room[64];
    const char *text = status_text(status, room);

    if (proxied && judge_refusal(status, body, out))
        return;
    if (!is_accepted(http, status))
        probe_fail(out, "%s", text);
    else if (http->body)
        judge_body(http, text, body, out);
    else
        pass(out, "%s", text);
}

/* --- queries ---------------------------------------------------------------------------------- */

/* How the samples were so far. */
struct rollout_counters {
    const struct guard_query *query;
    struct probe_answer *out;
    size_t good, nan;
    struct view last; /* of the good ones, as Prometheus wrote it */
};

/* As Prometheus writes them, which are Go's. */
static bool read_number(struct view text, double *out)
{
    if (view_eq_str(text, "NaN"))
        *out = NAN;
    else if (view_eq_str(text, "+Inf"))
        *out = INFINITY;
    else if (view_eq_str(text, "-Inf"))
        *out = -INFINITY;
    else
        return float_text_parse(text, out);
    return true;
}

/* The name and labels of a series, as Prometheus shows them, behind a blank. */
static void write_labels(yyjson_val *metric, struct buf *out)
{
    struct view name = json_text(metric, "__name__");
    yyjson_obj_iter labels;
    yyjson_val *key;
    char before = '{';

    if (name.n > 0)
        buf_printf(out, " %.*s", VIEW_ARGS(name));
    if (!yyjson_obj_iter_init(metric, &labels))
        return;
    while ((key = yyjson_obj_iter_next(&labels))) {
        struct view label = json_text_of(key);

        if (view_eq_str(label, "__name__"))
            continue;
        buf_printf(out, "%s%c%.*s=", before == '{' && name.n == 0 ? " " : "", before,
                   VIEW_ARGS(label));
        quote_json(out, json_text_of(yyjson_obj_iter_get_val(key)));
        before = ',';
    }
    if (before == ',')
        buf_add_char(out, '}');
}

static void tell_outside(struct rollout_counters *t, struct view text, char sign, double limit,
                         yyjson_val *metric)
{
    struct buf message;

    buf_init(&message, LIMIT_FETCH_BODY);
    buf_printf(&message, "%.*s %c ", VIEW_ARGS(text), sign);
    float_text_write(limit, &message);
    write_labels(metric, &message);
    probe_fail(t->out, "%.*s", VIEW_ARGS(buf_view(&message)));
    buf_release(&message);
}

/* A sample is [TIME, "VALUE"]. Returns false when it decides the answer. */
static bool judge_sample(struct rollout_counters *t, yyjson_val *sample, yyjson_val *metric)
{
    struct view text = json_text_of(yyjson_arr_get(sample, 1));
    double value;

    if (!read_number(text, &value)) {
        probe_tell_nothing(t->out, "the query gives no number but %s",
                           sample ? "what cannot be read" : "a histogram");
        return false;
    }
    if (isnan(value)) {
        t->nan++;
        return true;
    }
    if (t->query->has_max && value > t->query->max) {
        tell_outside(t, text, '>', t->query->max, metric);
        return false;
    }
    if (t->query->has_min && value < t->query->min) {
        tell_outside(t, text, '<', t->query->min, metric);
        return false;
    }
    t->good++;
    t->last = text;
    return true;
}

static void tell_tally(const struct rollout_counters *t)
{
    if (t->good > 1)
        pass(t->out, "%zu series within the limits", t->good);
    else if (t->good == 1)
        pass(t->out, "%.*s", VIEW_ARGS(t->last));
    else if (t->nan > 0)
        probe_tell_nothing(t->out, "no data: NaN");
    else
        probe_tell_nothing(t->out, "no data: no series");
}

static void judge_vector(struct rollout_counters *t, yyjson_val *result)
{
    yyjson_arr_iter all;
    yyjson_val *series;

    if (!yyjson_arr_iter_init(result, &all)) {
        probe_tell_nothing(t->out, "the answer of Prometheus cannot be read");
        return;
    }
    while ((series = yyjson_arr_iter_next(&all)))
        if (!judge_sample(t, yyjson_obj_get(series, "value"), yyjson_obj_get(series, "metric")))
            return;
    tell_tally(t);
}

static void judge_data(struct rollout_counters *t, yyjson_val *data)
{
    struct view type = json_text(data, "resultType");
    yyjson_val *result = yyjson_obj_get(data, "result");

    if (view_eq_str(type, "vector"))
        judge_vector(t, result);
    else if (type.n == 0)
        probe_tell_nothing(t->out, "the answer of Prometheus cannot be read");
    else if (!view_eq_str(type, "scalar"))
        probe_tell_nothing(t->out, "the query gives no number but a %.*s", VIEW_ARGS(type));
    else if (judge_sample(t, result, NULL))
        tell_tally(t);
}

void probe_judge_query(const struct guard_query *query, unsigned status, struct view body,
                       struct probe_answer *out)
{
    struct rollout_counters counters = {.query = query, .out = out};
    struct arena arena;
    yyjson_val *root = parse(body, &arena);
    struct view state = json_text(root, "status"), error = json_text(root, "error");
    char room[64];

    if (view_eq_str(state, "success"))
        judge_data(&counters, yyjson_obj_get(root, "data"));
    else if (view_eq_str(state, "error"))
        probe_tell_nothing(out, "Prometheus says: %.*s", VIEW_ARGS(error));
    else if (body.n >= LIMIT_FETCH_BODY)
        probe_tell_nothing(out, "the answer of Prometheus is larger than %d bytes",
                           LIMIT_FETCH_BODY - 1);
    else
        probe_tell_nothing(out, "what answers is not Prometheus: %s", status_text(status, room));
    arena_release(&arena);
}
