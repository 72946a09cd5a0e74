#include "server/review.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/json/json.h"
#include "base/json/json_keys.h"
#include "base/limits.h"
#include "base/text/quote.h"
#include "policy/limits.h"
#include "server/limits.h"
#include "server/managed_fields.h"

#include <stdint.h>
#include <yyjson.h>

/* --- reading -------------------------------------------------------------------------------- */

/* How far a walk over a document has come. */
struct walk {
    struct arena *arena;
    struct buf *why;
    int status; /* the HTTP status once something was found */
    /* metadata.managedFields of object and oldObject, often half of their bytes: no rule depends on
     * which of two equal keys counts there. */
    yyjson_val *notes[2];
    bool in_notes;
};

static int stop(struct walk *w, int status)
{
    w->status = status;
    return -1;
}

static int twice(struct walk *w, yyjson_val *key)
{
    buf_add_str(w->why, "the key ");
    quote_json(w->why, view_first(json_text_of(key), 64));
    buf_add_str(w->why, " stands twice in one object");
    return stop(w, 400);
}

enum { FEW = 16 };

/* A key is always a string, so this is not checked for every key of a review. */
static struct view key_text(yyjson_val *key)
{
    return (struct view){unsafe_yyjson_get_str(key), unsafe_yyjson_get_len(key)};
}

/* Equal keys have equal marks. Most other keys have different marks, and need not be compared. */
static uint64_t mark_of(struct view key)
{
    unsigned first = key.n ? (unsigned char)key.p[0] : 0;
    unsigned last = key.n ? (unsigned char)key.p[key.n - 1] : 0;

    return UINT64_C(1) << ((first * 5 + last * 3 + key.n) % 64);
}

static bool stands_before(yyjson_val *object, yyjson_val *key)
{
    yyjson_obj_iter iter = yyjson_obj_iter_with(object);
    yyjson_val *other;

    while ((other = yyjson_obj_iter_next(&iter)) != key)
        if (view_eq(key_text(other), key_text(key)))
            return true;
    return false;
}

/* Asked of each key of an object in turn; *marks are those of the keys before it. */
static bool is_twice(yyjson_val *object, yyjson_val *key, uint64_t *marks)
{
    uint64_t mark = mark_of(key_text(key));
    bool marked = *marks & mark;

    *marks |= mark;
    return marked && stands_before(object, key);
}

static int compare_sorted(struct walk *w, yyjson_val *object, size_t count)
{
    const struct json_key *keys = json_keys_sort(object, w->arena);

    if (!keys) {
        buf_add_str(w->why, "the review needs more memory than is allowed");
        return stop(w, 413);
    }
    for (size_t i = 1; i < count; i++)
        if (keys[i - 1].head == keys[i].head &&
            view_eq(json_text_of(keys[i - 1].key), json_text_of(keys[i].key)))
            return twice(w, keys[i].key);
    return 0;
}

static int walk_value(struct walk *w, yyjson_val *v, unsigned depth);

static int walk_list(struct walk *w, yyjson_val *v, unsigned depth)
{
    yyjson_arr_iter iter = yyjson_arr_iter_with(v);
    yyjson_val *child;

    while ((child = yyjson_arr_iter_next(&iter)))
        if (yyjson_is_ctn(child) && walk_value(w, child, depth + 1) < 0)
            return -1;
    return 0;
}

/* Readers differ in which of two equal keys they use, so an API server never sends them. The keys
 * of a small map, as nearly all maps are, are compared with each other at once. */
static int walk_object(struct walk *w, yyjson_val *v, unsigned depth)
{
    yyjson_obj_iter iter = yyjson_obj_iter_with(v);
    size_t count = yyjson_obj_size(v);
    uint64_t marks = 0;
    yyjson_val *key;

    if (!w->in_notes && count > FEW && compare_sorted(w, v, count) < 0)
        return -1;
    while ((key = yyjson_obj_iter_next(&iter))) {
        yyjson_val *child = yyjson_obj_iter_get_val(key);

        if (!w->in_notes && count <= FEW && is_twice(v, key, &marks))
            return twice(w, key);
        if (yyjson_is_ctn(child) && walk_value(w, child, depth + 1) < 0)
            return -1;
    }
    return 0;
}

/* The recursion ends at LIMIT_JSON_DEPTH. */
static int walk_value(struct walk *w, yyjson_val *v, unsigned depth)
{
    bool was_in_notes;
    int result;

    if (depth > LIMIT_JSON_DEPTH) {
        buf_printf(w->why, "the body is nested deeper than %d levels", LIMIT_JSON_DEPTH);
        return stop(w, 400);
    }
    was_in_notes = w->in_notes;
    w->in_notes = was_in_notes || v == w->notes[0] || v == w->notes[1];
    result = yyjson_is_arr(v) ? walk_list(w, v, depth) : walk_object(w, v, depth);
    w->in_notes = was_in_notes;
    return result;
}

static yyjson_val *notes_of_side(yyjson_val *root, const char *side)
{
    yyjson_val *object = yyjson_obj_get(yyjson_obj_get(root, "request"), side);

    return yyjson_obj_get(yyjson_obj_get(object, "metadata"), "managedFields");
}

static const char *parse_problem(yyjson_read_code code)
{
    if (code == YYJSON_READ_ERROR_INVALID_STRING)
        return "a string that is not Unicode text";
    if (code == YYJSON_READ_ERROR_UNEXPECTED_CONTENT)
        return "something follows the document";
    return "an unexpected character";
}

static int parse_error(const yyjson_read_err *error, size_t n, struct buf *why)
{
    if (error->code == YYJSON_READ_ERROR_MEMORY_ALLOCATION) {
        buf_add_str(why, "the review needs more memory than is allowed");
        return 413;
    }
    if (error->code == YYJSON_READ_ERROR_UNEXPECTED_END || error->pos >= n)
        buf_printf(why, "the body is not JSON: it ends too early, after %zu bytes", n);
    else
        buf_printf(why, "the body is not JSON: %s at byte %zu", parse_problem(error->code),
                   error->pos);
    return 400;
}

static int wrong_member(struct view found, const char *key, const char *wanted, struct buf *why)
{
    if (!found.p) {
        buf_printf(why, "the body has no %s: it must be \"%s\"", key, wanted);
    } else {
        buf_printf(why, "%s is ", key);
        quote_json(why, view_first(found, 64));
        buf_printf(why, ", and this address accepts \"%s\"", wanted);
    }
    return 400;
}

static int read_envelope(yyjson_val *root, struct review *out, struct buf *why)
{
    struct view version = json_text(root, "apiVersion"), kind = json_text(root, "kind");

    if (!view_eq_str(version, "admission.k8s.io/v1"))
        return wrong_member(version, "apiVersion", "admission.k8s.io/v1", why);
    if (!view_eq_str(kind, "AdmissionReview"))
        return wrong_member(kind, "kind", "AdmissionReview", why);
    out->request = yyjson_obj_get(root, "request");
    if (!yyjson_is_obj(out->request)) {
        buf_add_str(why, "the review has no request");
        return 400;
    }
    out->uid = json_text(out->request, "uid");
    if (out->uid.n == 0 || out->uid.n > LIMIT_UID) {
        buf_add_str(why,
                    out->uid.n == 0 ? "the request has no uid" : "the request's uid is too long");
        return 400;
    }
    return 0;
}

/* Parses n bytes in place. Returns 0, or the HTTP status with a line in why. */
static int read_bytes(char *text, size_t n, struct arena *arena, yyjson_val **root, struct buf *why)
{
    const yyjson_alc memory = json_memory(arena);
    struct walk walk = {.arena = arena, .why = why};
    yyjson_read_err error;
    yyjson_doc *doc = yyjson_read_opts(text, n, YYJSON_READ_INSITU, &memory, &error);

    if (!doc)
        return parse_error(&error, n, why);
    *root = yyjson_doc_get_root(doc);
    if (!yyjson_is_obj(*root)) {
        buf_add_str(why, "the body is not a JSON object");
        return 400;
    }
    walk.notes[0] = notes_of_side(*root, "object");
    walk.notes[1] = notes_of_side(*root, "oldObject");
    return walk_value(&walk, *root, 1) < 0 ? walk.status : 0;
}

/* True with the root of the review without managedFields. False when there are none, when something
 * else was cut, or when something is wrong: then the whole body is parsed, which reports what. */
static bool read_cut(struct view body, struct arena *arena, yyjson_val **root)
{
    struct managed_fields cut;
    struct buf why;
    bool done;

    managed_fields_cut(body, arena, &cut);
    buf_init(&why, LIMIT_MESSAGE);
    done = cut.text && read_bytes(cut.text, cut.n, arena, root, &why) == 0 &&
           managed_fields_are_cut(&cut, *root);
    buf_release(&why);
    return done;
}

int review_read(char *body, size_t n, bool whole, struct arena *arena, struct review *out,
                struct buf *why)
{
    yyjson_val *root;
    int status;

    *out = (struct review){0};
    if (n == 0) {
        buf_add_str(why, "the request has no body: it must be an AdmissionReview");
        return 400;
    }
    if (whole || !read_cut((struct view){body, n}, arena, &root)) {
        status = read_bytes(body, n, arena, &root, why);
        if (status != 0)
            return status;
    }
    return read_envelope(root, out, why);
}

/* --- writing -------------------------------------------------------------------------------- */

/* Written by hand, since every review has an answer: a tree of values that is written once would
 * cost more than all rules. */

static void write_causes(const struct review_answer *a, struct buf *out)
{
    for (size_t i = 0; i < a->cause_count; i++) {
        buf_add_str(out, i > 0 ? "," : "");
        buf_add_str(out, "{\"reason\":\"FieldValueInvalid\",\"message\":");
        quote_json_as_is(out, a->causes[i].message);
        buf_add_str(out, ",\"field\":");
        quote_json_as_is(out, a->causes[i].field);
        buf_add_char(out, '}');
    }
}

/* With any reason but Forbidden kubectl prints the causes instead of the message. */
static void write_status(const struct review_answer *a, struct buf *out)
{
    buf_add_str(out, ",\"status\":{\"code\":403,\"reason\":\"Forbidden\",\"message\":");
    quote_json_as_is(out, a->message);
    buf_add_str(out, ",\"details\":{\"causes\":[");
    write_causes(a, out);
    buf_add_str(out, "]}}");
}

static void write_warnings(const struct review_answer *a, struct buf *out)
{
    buf_add_str(out, ",\"warnings\":");
    for (size_t i = 0; i < a->warning_count; i++) {
        buf_add_char(out, i > 0 ? ',' : '[');
        quote_json_as_is(out, a->warnings[i]);
    }
    buf_add_char(out, ']');
}

static void write_notes(const struct review_answer *a, struct buf *out)
{
    buf_add_str(out, ",\"auditAnnotations\":");
    for (size_t i = 0; i < a->note_count; i++) {
        buf_add_char(out, i > 0 ? ',' : '{');
        quote_json_as_is(out, a->notes[i].key);
        buf_add_char(out, ':');
        quote_json_as_is(out, a->notes[i].value);
    }
    buf_add_char(out, '}');
}

int review_write(struct view uid, const struct review_answer *a, struct buf *out)
{
    buf_add_str(out, "{\"apiVersion\":\"admission.k8s.io/v1\",\"kind\":\"AdmissionReview\","
                     "\"response\":{\"uid\":");
    quote_json_as_is(out, uid);
    buf_add_str(out, a->allowed ? ",\"allowed\":true" : ",\"allowed\":false");
    if (!a->allowed)
        write_status(a, out);
    if (a->warning_count > 0)
        write_warnings(a, out);
    if (a->note_count > 0)
        write_notes(a, out);
    buf_add_str(out, "}}");
    return out->failed ? -1 : 0;
}
