#include "server/tls/authority_secret.h"

#include "base/arena.h"
#include "base/sys/secret.h"
#include "base/text/base64.h"
#include "base/time/timefmt.h"
#include "certs/authority.h"
#include "certs/limits.h"

#include <jansson.h>

#define OURS             "tidegate.dev/certificates" /* its value is the version of this form */
#define PUBLISHED        "tidegate.dev/next-ca-published"
#define SUPERSEDED_UNTIL "tidegate.dev/superseded-until"
#define FORM             "1"

/* https://cert-manager.io/docs/reference/annotations/#cert-manageriocertificate-name */
#define OF_CERT_MANAGER "cert-manager.io/certificate-name"

static json_t *annotation(const json_t *secret, const char *name)
{
    return json_object_get(json_object_get(json_object_get(secret, "metadata"), "annotations"),
                           name);
}

static struct view text_of(const json_t *string)
{
    return (struct view){json_string_value(string), json_string_length(string)};
}

bool authority_secret_is_ours(const json_t *secret)
{
    return view_eq_str(text_of(annotation(secret, OURS)), FORM) &&
           !annotation(secret, OF_CERT_MANAGER);
}

static int64_t instant(const json_t *secret, const char *name)
{
    int64_t at = 0;

    return timefmt_parse(text_of(annotation(secret, name)), &at) == 0 ? at : 0;
}

static bool read_text(const json_t *secret, const char *key, struct arena *arena, struct buf *out)
{
    struct view text = text_of(json_object_get(json_object_get(secret, "data"), key));
    struct view bytes = text.p ? base64_decode(text, arena) : (struct view){NULL, 0};

    buf_add(out, bytes);
    if (bytes.p)
        explicit_bzero((void *)(uintptr_t)bytes.p, bytes.n);
    return !out->failed;
}

int authority_secret_read(const json_t *secret, struct authority *a)
{
    bool ours = authority_secret_is_ours(secret), good;
    struct arena arena;

    authority_init(a);
    arena_init(&arena, 8 * (size_t)LIMIT_PEM);
    good = read_text(secret, "tls.crt", &arena, &a->leaf) &&
           read_text(secret, "tls.key", &arena, &a->leaf_key) &&
           read_text(secret, "ca.crt", &arena, &a->bundle);
    if (good && ours) {
        good = read_text(secret, "ca.key", &arena, &a->ca_key) &&
               read_text(secret, "next-ca.key", &arena, &a->next_key);
        a->published = instant(secret, PUBLISHED);
        a->superseded_until = instant(secret, SUPERSEDED_UNTIL);
    }
    arena_release(&arena);
    if (!good)
        authority_release(a);
    return good ? 0 : -1;
}

json_t *authority_secret_new(const char *name)
{
    return json_pack("{s:s, s:s, s:s, s:{s:s, s:{s:s}}}", "apiVersion", "v1", "kind", "Secret",
                     "type", "kubernetes.io/tls", "metadata", "name", name, "annotations", OURS,
                     FORM);
}

/* The map at a key, created when it is absent. */
static json_t *map_of(json_t *parent, const char *key)
{
    json_t *map = json_object_get(parent, key);

    if (json_is_object(map))
        return map;
    return json_object_set_new(parent, key, json_object()) == 0 ? json_object_get(parent, key)
                                                                : NULL;
}

static int write_text(json_t *data, const char *key, const struct buf *text)
{
    struct buf encoded;
    int status;

    buf_init(&encoded, 2 * (size_t)LIMIT_PEM);
    base64_encode(buf_view(text), &encoded);
    status =
        encoded.failed
            ? -1
            : json_object_set_new(data, key, json_stringn(encoded.p ? encoded.p : "", encoded.n));
    secret_wipe(&encoded);
    buf_release(&encoded);
    return status;
}

static int write_key(json_t *data, const char *key, const struct buf *text)
{
    if (text->n > 0)
        return write_text(data, key, text);
    json_object_del(data, key);
    return 0;
}

static int write_instant(json_t *annotations, const char *name, int64_t at)
{
    char text[TIMEFMT_ROOM];

    if (at != 0)
        return json_object_set_new(annotations, name, json_string(timefmt_rfc3339(at, NULL, text)));
    json_object_del(annotations, name);
    return 0;
}

int authority_secret_write(json_t *secret, const struct authority *a)
{
    json_t *data = map_of(secret, "data");
    json_t *annotations = map_of(map_of(secret, "metadata"), "annotations");

    return data && annotations && write_text(data, "tls.crt", &a->leaf) == 0 &&
                   write_text(data, "tls.key", &a->leaf_key) == 0 &&
                   write_text(data, "ca.crt", &a->bundle) == 0 &&
                   write_key(data, "ca.key", &a->ca_key) == 0 &&
                   write_key(data, "next-ca.key", &a->next_key) == 0 &&
                   write_instant(annotations, PUBLISHED, a->published) == 0 &&
                   write_instant(annotations, SUPERSEDED_UNTIL, a->superseded_until) == 0
               ? 0
               : -1;
}
