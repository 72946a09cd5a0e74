#include "rollout/record/record.h"

#include "base/buf.h"
#include "base/digest.h"
#include "base/json/json.h"
#include "base/text/quote.h"
#include "policy/limits.h"
#include "rollout/limits.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <yyjson.h>

/* Longest texts: the name of an object (RFC 1123), a template hash, a word of ours. What the images
 * of many containers are is cut as in a message. */
enum { VERSION = 1, NAME = 253, HASH = 64, WORD = 64, IMAGES = LIMIT_SHOWN };

/* Memory of the parsed text: a value of two bytes ("1,") becomes one of 16 and more. */
#define READ_MEMORY ((size_t)32 * LIMIT_RECORD)

/* What the structs hold and how it is named in JSON: written, read and copied from one table. */
enum field_type { TEXT, NUMBER, TRUTH, STATE };

struct field {
    const char *key; /* NULL ends a table */
    enum field_type type;
    size_t at;
    size_t most; /* bytes of a text */
};

#define TEXT_FIELD(type, key, member, most)                                                        \
    {                                                                                              \
        key, TEXT, offsetof(struct type, member), most                                             \
    }
#define FIELD(type, kind, key, member)                                                             \
    {                                                                                              \
        key, kind, offsetof(struct type, member), 0                                                \
    }

static const struct field record_fields[] = {
    TEXT_FIELD(record, "kind", kind, WORD),
    TEXT_FIELD(record, "namespace", namespace_, NAME),
    TEXT_FIELD(record, "name", name, NAME),
    TEXT_FIELD(record, "uid", uid, NAME),
    TEXT_FIELD(record, "guard", guard, NAME),
    TEXT_FIELD(record, "hash", hash, HASH),
    TEXT_FIELD(record, "images", images, IMAGES),
    TEXT_FIELD(record, "restarted", restarted, WORD),
    FIELD(record, NUMBER, "generation", generation),
    FIELD(record, STATE, "state", state),
    FIELD(record, NUMBER, "since", since),
    FIELD(record, NUMBER, "begun", begun),
    FIELD(record, TRUTH, "returning", returning),
    FIELD(record, TRUTH, "restart", restart),
    FIELD(record, NUMBER, "need", need),
    FIELD(record, NUMBER, "obeyed", obeyed),
    TEXT_FIELD(record, "words", message, LIMIT_RECORD_TEXT),
    {0},
};

static const struct field good_fields[] = {
    TEXT_FIELD(record_good, "hash", hash, HASH),
    TEXT_FIELD(record_good, "images", images, IMAGES),
    FIELD(record_good, NUMBER, "at", at),
    FIELD(record_good, NUMBER, "owners", owners),
    {0},
};

static const struct field failure_fields[] = {
    TEXT_FIELD(record_failure, "hash", hash, HASH),
    TEXT_FIELD(record_failure, "images", images, IMAGES),
    TEXT_FIELD(record_failure, "cause", cause, WORD),
    TEXT_FIELD(record_failure, "words", message, LIMIT_RECORD_TEXT),
    FIELD(record_failure, NUMBER, "at", at),
    TEXT_FIELD(record_failure, "target", target, HASH),
    TEXT_FIELD(record_failure, "targetImages", target_images, IMAGES),
    FIELD(record_failure, TRUTH, "undone", undone),
    FIELD(record_failure, TRUTH, "again", again),
    FIELD(record_failure, TRUTH, "quarantined", quarantined),
    FIELD(record_failure, TRUTH, "owed", owed),
    TEXT_FIELD(record_failure, "release", release, NAME),
    {0},
};

static const struct field step_fields[] = {
    FIELD(record_step, NUMBER, "at", at),
    TEXT_FIELD(record_step, "what", what, WORD),
    TEXT_FIELD(record_step, "hash", hash, HASH),
    TEXT_FIELD(record_step, "images", images, IMAGES),
    TEXT_FIELD(record_step, "words", message, LIMIT_RECORD_STEP),
    TEXT_FIELD(record_step, "done", done, LIMIT_RECORD_STEP),
    TEXT_FIELD(record_step, "cause", cause, WORD),
    TEXT_FIELD(record_step, "pod", pod, NAME),
    TEXT_FIELD(record_step, "container", container, NAME),
    FIELD(record_step, TRUTH, "previous", previous),
    FIELD(record_step, TRUTH, "returning", returning),
    FIELD(record_step, TRUTH, "untold", untold),
    {0},
};

static const struct list {
    const char *key;
    const struct field *fields;
    size_t at, count_at; /* of the entries and their count, in the record */
    size_t size, most;   /* of an entry, of entries */
} goods = {"healthy",
           good_fields,
           offsetof(struct record, goods),
           offsetof(struct record, good_count),
           sizeof(struct record_good),
           LIMIT_RECORD_GOODS},
  failures = {"failed",
              failure_fields,
              offsetof(struct record, failures),
              offsetof(struct record, failure_count),
              sizeof(struct record_failure),
              LIMIT_RECORD_FAILURES},
  history = {"history",
             step_fields,
             offsetof(struct record, history),
             offsetof(struct record, history_count),
             sizeof(struct record_step),
             LIMIT_RECORD_HISTORY};

static const struct list *const lists[] = {&goods, &failures, &history};

enum { LISTS = sizeof(lists) / sizeof(lists[0]) };

static char *entry_of(struct record *r, const struct list *list, size_t i)
{
    return (char *)r + list->at + i * list->size;
}

static const char *const_entry_of(const struct record *r, const struct list *list, size_t i)
{
    return (const char *)r + list->at + i * list->size;
}

static size_t *count_of(struct record *r, const struct list *list)
{
    return (size_t *)(void *)((char *)r + list->count_at);
}

static size_t const_count_of(const struct record *r, const struct list *list)
{
    return *(const size_t *)(const void *)((const char *)r + list->count_at);
}

const char *rollout_state_name(enum rollout_state state)
{
    static const char *const names[ROLLOUT_STATES] = {
        [ROLLOUT_NONE] = "Unknown",
        [ROLLOUT_PROGRESSING] = "Progressing",
        [ROLLOUT_SOAKING] = "Soaking",
        [ROLLOUT_HEALTHY] = "Healthy",
        [ROLLOUT_DEGRADED] = "Degraded",
        [ROLLOUT_SUSPENDED] = "Suspended",
        [ROLLOUT_ROLLING_BACK] = "RollingBack",
        [ROLLOUT_FAILED] = "Failed",
    };

    return names[state];
}

/* Kinds and namespaces have no dot, so that no two workloads share a name; one that would be too
 * long for an object ends in a hash of itself. */
static struct view object_name(struct view text, struct arena *arena)
{
    enum { MARK = 8 }; /* bytes of the hash */
    unsigned char digest[DIGEST_BYTES];
    char mark[DIGEST_TEXT];
    char *lower = text.p ? arena_str(arena, text) : NULL;

    if (!lower)
        return (struct view){NULL, 0};
    for (char *p = lower; *p; p++)
        *p = *p >= 'A' && *p <= 'Z' ? (char)(*p - 'A' + 'a') : *p;
    if (text.n <= NAME)
        return (struct view){lower, text.n};
    if (digest_of((struct view){lower, text.n}, digest) < 0)
        return (struct view){NULL, 0};
    digest_hex(digest, MARK, mark);
    text = view_first((struct view){lower, text.n}, NAME - 2 * MARK - 1);
    while (view_ends(text, ".")) /* no part of a DNS name begins with '-' */
        text.n--;
    return arena_printf(arena, "%.*s-%s", VIEW_ARGS(text), mark);
}

struct view record_name(struct view kind, struct view namespace_, struct view name,
                        struct arena *arena)
{
    return object_name(arena_printf(arena, "rollout.%.*s.%.*s.%.*s", VIEW_ARGS(kind),
                                    VIEW_ARGS(namespace_), VIEW_ARGS(name)),
                       arena);
}

struct view record_owners_name(struct view kind, struct view namespace_, struct view name,
                               int64_t slot, struct arena *arena)
{
    return object_name(arena_printf(arena, "owners-%" PRId64 ".%.*s.%.*s.%.*s", slot,
                                    VIEW_ARGS(kind), VIEW_ARGS(namespace_), VIEW_ARGS(name)),
                       arena);
}

void record_init(struct record *r)
{
    *r = (struct record){0};
    arena_init(&r->arena, LIMIT_RECORD);
}

void record_release(struct record *r)
{
    arena_release(&r->arena);
    record_init(r);
}

static void write_key(struct buf *out, const char *key, bool *first)
{
    buf_printf(out, "%s\"%s\":", *first ? "" : ",", key);
    *first = false;
}

static void write_field(const char *base, const struct field *f, struct buf *out, bool *first)
{
    const void *value = base + f->at;

    switch (f->type) {
    case TEXT:
        if (((const struct view *)value)->n == 0)
            return;
        write_key(out, f->key, first);
        quote_json(out, *(const struct view *)value);
        break;
    case NUMBER:
        write_key(out, f->key, first);
        buf_printf(out, "%" PRId64, *(const int64_t *)value);
        break;
    case TRUTH:
        if (!*(const bool *)value)
            return;
        write_key(out, f->key, first);
        buf_add_str(out, "true");
        break;
    case STATE:
        write_key(out, f->key, first);
        buf_printf(out, "\"%s\"", rollout_state_name(*(const enum rollout_state *)value));
        break;
    }
}

static void write_list(const struct record *r, const struct list *list, struct buf *out)
{
    bool first_entry = true;

    for (size_t i = 0; i < const_count_of(r, list); i++) {
        bool first = true;

        buf_add_str(out, first_entry ? "{" : ",{");
        first_entry = false;
        for (const struct field *f = list->fields; f->key; f++)
            write_field(const_entry_of(r, list, i), f, out, &first);
        buf_add_char(out, '}');
    }
}

void record_write(const struct record *r, struct buf *out)
{
    bool first = false;

    buf_printf(out, "{\"version\":%d", VERSION);
    for (const struct field *f = record_fields; f->key; f++)
        write_field((const char *)r, f, out, &first);
    for (size_t i = 0; i < LISTS; i++) {
        write_key(out, lists[i]->key, &first);
        buf_add_char(out, '[');
        write_list(r, lists[i], out);
        buf_add_char(out, ']');
    }
    buf_add_char(out, '}');
}

static int copy_text(struct arena *arena, struct view *text, size_t most)
{
    struct view copy;

    if (text->n == 0) {
        *text = (struct view){NULL, 0};
        return 0;
    }
    copy = arena_copy(arena, quote_first(*text, most));
    if (!copy.p)
        return -1;
    *text = copy;
    return 0;
}

/* Makes each text of an entry a copy of its own. */
static int copy_texts(struct arena *arena, char *base, const struct field *fields)
{
    for (const struct field *f = fields; f->key; f++)
        if (f->type == TEXT && copy_text(arena, (struct view *)(void *)(base + f->at), f->most) < 0)
            return -1;
    return 0;
}

void record_compact(struct record *r)
{
    struct record new = *r;

    arena_init(&new.arena, LIMIT_RECORD);
    if (copy_texts(&new.arena, (char *)&new, record_fields) < 0)
        goto out;
    for (size_t i = 0; i < LISTS; i++)
        for (size_t k = 0; k < *count_of(&new, lists[i]); k++)
            if (copy_texts(&new.arena, entry_of(&new, lists[i], k), lists[i]->fields) < 0)
                goto out;
    arena_release(&r->arena);
    *r = new;
    return;
out:
    arena_release(&new.arena);
}

int record_keep(struct record *r, struct view *to, struct view v)
{
    if (copy_text(&r->arena, &v, LIMIT_RECORD_TEXT) < 0)
        return -1;
    *to = v;
    return 0;
}

static void drop(struct record *r, const struct list *list, size_t i)
{
    size_t *count = count_of(r, list);

    memmove(entry_of(r, list, i), entry_of(r, list, i + 1), (*count - i - 1) * list->size);
    (*count)--;
}

/* Adds an entry whose texts are in the record's arena. */
static void append(struct record *r, const struct list *list, const void *entry)
{
    if (*count_of(r, list) == list->most)
        drop(r, list, 0);
    memcpy(entry_of(r, list, *count_of(r, list)), entry, list->size);
    (*count_of(r, list))++;
}

/* Forgets the entry of a template. */
static void forget(struct record *r, const struct list *list, struct view hash)
{
    for (size_t i = *count_of(r, list); i-- > 0;) {
        const char *entry = entry_of(r, list, i);

        /* It is the first member of what is kept by it. */
        if (view_eq(*(const struct view *)(const void *)entry, hash))
            drop(r, list, i);
    }
}

int record_add_good(struct record *r, const struct record_good *good)
{
    struct record_good new = *good;

    if (copy_texts(&r->arena, (char *)&new, good_fields) < 0)
        return -1;
    forget(r, &goods, new.hash);
    append(r, &goods, &new);
    return 0;
}

int record_add_failure(struct record *r, const struct record_failure *failure)
{
    struct record_failure new = *failure;

    if (copy_texts(&r->arena, (char *)&new, failure_fields) < 0)
        return -1;
    forget(r, &failures, new.hash);
    append(r, &failures, &new);
    return 0;
}

int record_add_step(struct record *r, const struct record_step *step)
{
    struct record_step new = *step;

    if (copy_texts(&r->arena, (char *)&new, step_fields) < 0)
        return -1;
    append(r, &history, &new);
    return 0;
}

int64_t record_take_slot(struct record *r)
{
    bool taken[RECORD_OWNERS_SLOTS + 1] = {0};
    struct record_good *oldest = NULL;
    int64_t slot = 1;

    for (size_t i = r->good_count; i-- > 0;) {
        struct record_good *good = &r->goods[i];

        if (good->owners < 1 || good->owners > RECORD_OWNERS_SLOTS)
            continue;
        taken[good->owners] = true;
        oldest = good;
    }
    while (slot <= RECORD_OWNERS_SLOTS && taken[slot])
        slot++;
    if (slot <= RECORD_OWNERS_SLOTS)
        return slot;
    slot = oldest->owners;
    oldest->owners = 0;
    return slot;
}

void record_forgive(struct record *r, struct view hash)
{
    forget(r, &failures, hash);
}

struct record_good *record_good(struct record *r, struct view hash)
{
    for (size_t i = 0; i < r->good_count; i++)
        if (view_eq(r->goods[i].hash, hash))
            return &r->goods[i];
    return NULL;
}

struct record_failure *record_failure(struct record *r, struct view hash)
{
    for (size_t i = 0; i < r->failure_count; i++)
        if (view_eq(r->failures[i].hash, hash))
            return &r->failures[i];
    return NULL;
}

static enum rollout_state state_of_name(struct view name)
{
    for (int i = 0; i < ROLLOUT_STATES; i++)
        if (view_eq_str(name, rollout_state_name((enum rollout_state)i)))
            return (enum rollout_state)i;
    return ROLLOUT_STATES;
}

/* Instants and counts: whole, and never below zero. */
static int64_t read_number(yyjson_val *value)
{
    return yyjson_is_int(value) && yyjson_get_sint(value) > 0 ? yyjson_get_sint(value) : 0;
}

/* What is absent or of another type stays zero. */
static void read_fields(yyjson_val *map, char *base, const struct field *fields)
{
    for (const struct field *f = fields; f->key; f++) {
        void *to = base + f->at;

        if (f->type == TEXT)
            *(struct view *)to = json_text(map, f->key);
        else if (f->type == NUMBER)
            *(int64_t *)to = read_number(yyjson_obj_get(map, f->key));
        else if (f->type == TRUTH)
            *(bool *)to = yyjson_is_true(yyjson_obj_get(map, f->key));
        else
            *(enum rollout_state *)to = state_of_name(json_text(map, f->key));
    }
}

static int read_list(yyjson_val *root, struct record *r, const struct list *list)
{
    union {
        struct record_good good;
        struct record_failure failure;
        struct record_step step;
    } entry;
    yyjson_val *value;
    size_t i, n;

    yyjson_arr_foreach(yyjson_obj_get(root, list->key), i, n, value)
    {
        if (n - i > list->most)
            continue;
        memset(&entry, 0, sizeof(entry));
        read_fields(value, (char *)&entry, list->fields);
        if (copy_texts(&r->arena, (char *)&entry, list->fields) < 0)
            return -1;
        append(r, list, &entry);
    }
    return 0;
}

static const char no_memory[] = "cannot be read: out of memory";

/* NULL, or why it cannot be used. */
static const char *read_root(yyjson_val *root, struct record *r)
{
    yyjson_val *version = yyjson_obj_get(root, "version");

    if (!yyjson_is_obj(root))
        return "is not a JSON object";
    if (!yyjson_is_int(version) || yyjson_get_sint(version) != VERSION)
        return "is of another version";
    read_fields(root, (char *)r, record_fields);
    if (r->state == ROLLOUT_STATES)
        return "has no known state";
    if (r->kind.n == 0 || r->namespace_.n == 0 || r->name.n == 0)
        return "names no workload";
    if (copy_texts(&r->arena, (char *)r, record_fields) < 0)
        return no_memory;
    for (size_t i = 0; i < LISTS; i++)
        if (read_list(root, r, lists[i]) < 0)
            return no_memory;
    return NULL;
}

int record_read(struct view text, struct record *r, const char **problem)
{
    struct arena arena;
    yyjson_doc *doc = NULL;
    yyjson_alc memory;
    yyjson_read_err error;
    char *copy = NULL;

    arena_init(&arena, READ_MEMORY);
    memory = json_memory(&arena);
    *problem = "is too large";
    if (text.n > LIMIT_RECORD)
        goto out;
    *problem = no_memory;
    copy = arena_str(&arena, text);
    if (!copy)
        goto out;
    doc = yyjson_read_opts(copy, text.n, YYJSON_READ_NOFLAG, &memory, &error);
    if (doc)
        *problem = read_root(yyjson_doc_get_root(doc), r);
    else if (error.code != YYJSON_READ_ERROR_MEMORY_ALLOCATION)
        *problem = "is not JSON";
out:
    arena_release(&arena);
    if (!*problem)
        return 0;
    record_release(r);
    return *problem == no_memory ? -1 : 1;
}
