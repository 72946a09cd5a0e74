/* images: where images come from and how they are pinned. References are read as container engines
 * read them (policy/image/image_ref.h). */
#include "policy/rule/check.h"

#include "base/arena.h"
#include "base/budget.h"
#include "base/buf.h"
#include "base/json/json.h"
#include "base/limits.h"
#include "base/parse_error.h"
#include "base/text/pattern.h"
#include "policy/image/image_ref.h"
#include "policy/image/pattern_example.h"
#include "policy/limits.h"

#include <yyjson.h>

struct pattern_list {
    struct image_pattern *patterns;
    size_t count;
};

struct images {
    struct pattern_list allow, deny;
    const struct pattern *tag; /* or NULL */
    bool digest;               /* must be there */
    bool immutable;            /* no tag that moves, unless there is a digest */
    struct view needs;         /* all of it, for people */
};

static const char *const digest_values[] = {"required", NULL};
static const char *const mutable_values[] = {"deny", NULL};

static const struct schema_field args[] = {
    {"allow", SCHEMA_STRING, .list = true,
     .doc = "image patterns, one of which must match: ghcr.io/acme/*, ghcr.io/acme/**:v1.*"},
    {"deny", SCHEMA_STRING, .list = true,
     .doc = "image patterns, none of which may match, whatever way the registry is spelled"},
    {"tag", SCHEMA_PATTERN, .doc = "a regular expression that the whole tag must match"},
    {"digest", SCHEMA_STRING, .values = digest_values,
     .doc = "required: each image is pinned by its digest"},
    {"mutableTags", SCHEMA_STRING, .values = mutable_values,
     .doc = "deny: neither latest nor no tag, unless a digest pins the image"},
    {0},
};

/* --- compiling -------------------------------------------------------------------------------- */

static int read_patterns(const struct node *list, struct compile *c, struct pattern_list *out)
{
    int result = 0;

    if (!list)
        return 0;
    out->patterns = arena_array(c->arena, list->count, sizeof(*out->patterns));
    if (!out->patterns)
        return -1;
    for (size_t i = 0; i < list->count; i++) {
        struct parse_error parse_error;

        if (image_pattern_compile(list->items[i]->text, c->arena, &out->patterns[i],
                                  &parse_error) == 0) {
            if (image_pattern_is_vain(&out->patterns[i], &parse_error))
                schema_vain(list->items[i], "image pattern", &parse_error, c->diags);
            continue;
        }
        schema_flaw(list->items[i], "image pattern", &parse_error, c->diags);
        result = -1;
    }
    out->count = list->count;
    return result;
}

/* "a, b or 3 more" */
static void add_patterns(struct buf *out, const struct pattern_list *list)
{
    enum { SHOWN = 4 };
    size_t shown = list->count > SHOWN + 1 ? SHOWN : list->count;

    for (size_t i = 0; i < shown; i++) {
        const char *joint = i == 0 ? "" : i + 1 == list->count ? " or " : ", ";

        buf_printf(out, "%s%.*s", joint, VIEW_ARGS(list->patterns[i].text));
    }
    if (shown < list->count)
        buf_printf(out, " or %zu more", list->count - shown);
}

/* "with a tag like v1.2.3"; a pattern that no example can be made of is shown itself. */
static void add_tag(struct buf *out, const char *with, const struct pattern *tag, struct view text)
{
    struct buf example;

    buf_init(&example, LIMIT_PATTERN);
    if (pattern_example(tag, text, &example))
        buf_printf(out, "%s a tag like %.*s", with, VIEW_ARGS(buf_view(&example)));
    else
        buf_printf(out, "%s a tag that matches %.*s", with, VIEW_ARGS(text));
    buf_release(&example);
}

/* "an image from ghcr.io/acme/api with a tag like v1.2.3" */
static struct view describe(const struct images *images, struct view tag, struct arena *arena)
{
    const char *with = images->deny.count > 0 ? ", with" : " with";
    struct view text = {NULL, 0};
    struct buf out;

    buf_init(&out, LIMIT_MESSAGE);
    buf_add_str(&out, "an image");
    if (images->allow.count > 0) {
        buf_add_str(&out, " from ");
        add_patterns(&out, &images->allow);
    }
    if (images->deny.count > 0) {
        buf_add_str(&out, images->allow.count > 0 ? ", not from " : " not from ");
        add_patterns(&out, &images->deny);
    }
    if (images->tag) {
        add_tag(&out, with, images->tag, tag);
        with = " and";
    }
    if (images->digest)
        buf_printf(&out, "%s a digest", with);
    else if (images->immutable)
        buf_printf(&out, "%s a digest or a tag other than latest", with);
    if (!out.failed)
        text = arena_copy(arena, buf_view(&out));
    buf_release(&out);
    return text;
}

static const void *compile(const struct node *node, struct compile *c)
{
    const struct node *tag = node_get(node, "tag");
    struct images *images = arena_alloc(c->arena, sizeof(*images));
    int result = 0;

    if (!images)
        return NULL;
    if (node->count == 0) {
        diag_error(c->diags, node->place, "\"images\" requires nothing");
        diag_hint(c->diags, "give it \"allow\", \"deny\", \"tag\", \"digest\" or \"mutableTags\"");
        return NULL;
    }
    result |= read_patterns(node_get(node, "allow"), c, &images->allow);
    result |= read_patterns(node_get(node, "deny"), c, &images->deny);
    result |= compile_pattern(tag, c, &images->tag);
    if (result < 0)
        return NULL;
    images->digest = node_get(node, "digest") != NULL;
    images->immutable = node_get(node, "mutableTags") != NULL;
    images->needs = describe(images, tag ? tag->text : VIEW(""), c->arena);
    return images->needs.p ? images : NULL;
}

/* --- run time --------------------------------------------------------------------------------- */

/* One image of the workload: of a container, or of a volume
 * (https://kubernetes.io/docs/concepts/storage/volumes/#image). */
struct subject {
    const struct container *container; /* NULL: a volume's */
    struct view volume;                /* its name */
    yyjson_val *value;                 /* NULL: it has none */
    struct view text;                  /* as written */
    struct image_ref ref;
};

static const struct image_pattern *match_of(const struct pattern_list *list,
                                            const struct image_ref *ref)
{
    for (size_t i = 0; i < list->count; i++)
        if (image_pattern_match(&list->patterns[i], ref))
            return &list->patterns[i];
    return NULL;
}

/* Made only where a message needs it. */
static struct view path_of(const struct subject *s, struct eval *e)
{
    struct view rest;

    if (s->container)
        return container_path(e->arena, e->workload, s->container, "image");
    rest = arena_printf(e->arena, "spec.volumes[%.*s].image.reference", VIEW_ARGS(s->volume));
    return rest.p ? workload_path(e->arena, e->workload, rest.p) : rest;
}

/* How the reference reads, where it is written shorter. */
static struct view show(const struct subject *s, struct arena *arena)
{
    struct view full = arena_printf(arena, "%.*s%s%.*s%s%.*s", VIEW_ARGS(s->ref.repository),
                                    s->ref.tag.p ? ":" : "", VIEW_ARGS(s->ref.tag),
                                    s->ref.digest.p ? "@" : "", VIEW_ARGS(s->ref.digest));

    if (view_eq(full, s->text))
        return s->text;
    return arena_printf(arena, "%.*s, that is %.*s", VIEW_ARGS(s->text), VIEW_ARGS(full));
}

/* The first denied pattern that matches in *out, or NULL. */
static int find_denied(const struct images *images, const struct subject *s, struct eval *e,
                       const struct image_pattern **out)
{
    struct image_ref resolved;

    *out = match_of(&images->deny, &s->ref);
    if (*out || images->deny.count == 0)
        return 0;
    if (image_ref_resolve(&s->ref, e->arena, &resolved) < 0)
        return eval_fail(e, "the review needs more memory than is allowed");
    *out = match_of(&images->deny, &resolved);
    return 0;
}

/* 1 it is as asked, 0 it is not, -1 it cannot be told. */
static int has_tag(const struct images *images, const struct subject *s, struct eval *e)
{
    if (!images->tag)
        return 1;
    if (!s->ref.tag.p)
        return 0;
    switch (pattern_match(images->tag, s->ref.tag, e->request->budget)) {
    case PATTERN_MATCH: return 1;
    case PATTERN_NO_MATCH: return 0;
    case PATTERN_UNDECIDED: break;
    }
    return eval_undecided(e, arena_printf(e->arena, "the tag of %.*s", VIEW_ARGS(path_of(s, e))));
}

static bool is_pinned(const struct images *images, const struct image_ref *ref)
{
    if (ref->digest.p)
        return true;
    return !images->digest && !(images->immutable && view_eq_str(ref->tag, "latest"));
}

static int judge(const struct images *images, struct subject *s, struct eval *e)
{
    const struct image_pattern *denied;
    struct parse_error parse_error;
    int tagged;

    if (image_ref_parse(s->text, e->arena, &s->ref, &parse_error) < 0) {
        eval_detail(e, eval_find_value(e, path_of(s, e), s->value, s->text, images->needs),
                    "because", "%s", parse_error.why);
        return 0;
    }
    tagged = has_tag(images, s, e);
    if (tagged < 0 || find_denied(images, s, e, &denied) < 0)
        return -1;
    if (denied)
        eval_detail(e,
                    eval_find_value(e, path_of(s, e), s->value, show(s, e->arena), images->needs),
                    "because", "%.*s is denied", VIEW_ARGS(denied->text));
    else if (!tagged || !is_pinned(images, &s->ref) ||
             (images->allow.count > 0 && !match_of(&images->allow, &s->ref)))
        eval_find_value(e, path_of(s, e), s->value, show(s, e->arena), images->needs);
    return 0;
}

static int judge_value(const struct images *images, struct subject *s, yyjson_val *image,
                       struct eval *e)
{
    size_t patterns = images->allow.count + images->deny.count;
    s->value = image;
    s->text = json_text_of(image);
    if (eval_expired_by(e, 1 + (1 + patterns) * (1 + s->text.n / 64)))
        return eval_late(e);
    if (s->text.n > 0)
        return judge(images, s, e);
    eval_find_value(e, path_of(s, e), s->value, VIEW("nothing"), images->needs);
    return 0;
}

static int judge_volumes(const struct images *images, struct eval *e)
{
    yyjson_val *volume;
    size_t i, count;

    yyjson_arr_foreach(yyjson_obj_get(e->workload->spec, "volumes"), i, count, volume)
    {
        if (eval_expired_by(e, 1 + yyjson_obj_size(volume) / KEYS_A_STEP))
            return eval_late(e);
        yyjson_val *source = yyjson_obj_get(volume, "image");
        struct subject s = {.volume = json_text(volume, "name")};

        if (yyjson_is_obj(source) &&
            judge_value(images, &s, yyjson_obj_get(source, "reference"), e) < 0)
            return -1;
    }
    return 0;
}

static int evaluate_images(const void *compiled, struct eval *e)
{
    const struct images *images = compiled;
    struct container container = {0};

    while (eval_next_container(e, &container)) {
        struct subject s = {.container = &container};

        if (judge_value(images, &s, yyjson_obj_get(container.value, "image"), e) < 0)
            return -1;
    }
    return judge_volumes(images, e) < 0 || e->error.p ? -1 : 0;
}

const struct check check_images = {
    .name = "images",
    .summary =
        "images come from the allowed places, with the tag and digest that the rule requires",
    .scope = CHECK_WORKLOADS,
    .args = args,
    .example = "id: provenance\n"
               "images:\n"
               "  allow: [\"ghcr.io/acme/*\", \"docker.io/library/redis:7.*\"]\n"
               "  tag: '^v\\d+\\.\\d+\\.\\d+$'\n"
               "  digest: required\n",
    .compile = compile,
    .ignores_managed_fields = true,
    .eval = evaluate_images,
};
