#include "cli/eval/documents.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/diag.h"
#include "base/json/json.h"
#include "base/limits.h"
#include "base/sys/file.h"
#include "base/text/quote.h"
#include "base/yaml/node.h"
#include "base/yaml/node_json.h"
#include "base/yaml/yaml.h"
#include "cli/eval/helm_text.h"
#include "kube/identity.h"
#include "kube/manifest.h"
#include "policy/schema/dns_label.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

void documents_init(struct documents *d, struct arena *arena)
{
    *d = (struct documents){.arena = arena};
}

void documents_release(struct documents *d)
{
    for (size_t i = 0; i < d->count; i++) {
        json_decref(d->items[i].object);
        json_decref(d->items[i].warnings);
    }
    documents_init(d, d->arena);
}

void documents_complain(const struct document *document, const char *problem)
{
    fprintf(stderr, "%s:", document->file);
    if (document->line > 0)
        fprintf(stderr, "%u:", document->line);
    fprintf(stderr, " error: %s\n", problem);
}

/* --- the table -------------------------------------------------------------------------------- */

/* The name of a file as JSON can hold it: what is not UTF-8 is replaced. NULL: no memory. */
static const char *readable(struct documents *d, const char *name)
{
    json_t *string = json_string(name);
    struct buf quoted;

    if (!string) {
        buf_init(&quoted, LIMIT_FILE);
        quote_json(&quoted, view_of(name));
        string = json_loadb(buf_view(&quoted).p, quoted.n, JSON_DECODE_ANY, NULL);
        buf_release(&quoted);
        name = string ? arena_str(d->arena, view_of(json_string_value(string))) : NULL;
    }
    json_decref(string);
    return name;
}

static struct document *add(struct documents *d, struct document document)
{
    if (d->count == d->room) {
        size_t room = d->room ? 2 * d->room : 64, size = sizeof(*d->items);
        struct document *items = arena_grow(d->arena, d->items, d->room * size, room * size);

        if (!items) {
            json_decref(document.object);
            return NULL;
        }
        d->items = items;
        d->room = room;
    }
    document.file = readable(d, document.file);
    if (!document.file) {
        json_decref(document.object);
        return NULL;
    }
    d->items[d->count] = document;
    return &d->items[d->count++];
}

static bool is_review(const json_t *object)
{
    return strcmp(json_string_at(object, "kind"), "AdmissionReview") == 0 &&
           strncmp(json_string_at(object, "apiVersion"), "admission.k8s.io/", 17) == 0;
}

/* The kind of a List's items where they do not say it: PodList holds Pods. */
static int name_item(json_t *item, const json_t *list)
{
    const char *kind = json_string_at(list, "kind");
    int n = (int)strlen(kind) - (int)strlen("List");

    if (n == 0 || !json_is_object(item) || json_object_get(item, "kind"))
        return 0;
    return json_object_set_new(item, "kind", json_sprintf("%.*s", n, kind)) < 0 ||
                   json_object_set(item, "apiVersion", json_object_get(list, "apiVersion")) < 0
               ? -1
               : 0;
}

/* What a document is read from, beside its object. */
struct origin {
    const struct source *source;
    const struct node *node; /* NULL: JSON, of which only the line is known */
    struct diags *diags;
};

static const struct node *node_at(const struct node *node, const char *const *keys)
{
    for (size_t i = 0; i < IDENTITY_DEPTH && node && keys[i]; i++) {
        const struct node *next = NULL;

        for (size_t n = 0; node->kind == NODE_MAP && n < node->count; n++)
            if (view_eq_str(node->entries[n].key->text, keys[i]))
                next = node->entries[n].value; /* the last of equal keys counts */
        node = next;
    }
    return node;
}

static struct place place_of(const struct origin *from, const struct node *node,
                             const struct document *document)
{
    if (node)
        return node->place;
    return (struct place){from->source, document->line, 1};
}

static const char *type_name(const json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_OBJECT: return "a map";
    case JSON_ARRAY: return "a list";
    case JSON_STRING: return "text";
    case JSON_INTEGER: return "an integer";
    case JSON_REAL: return "a number";
    case JSON_TRUE:
    case JSON_FALSE: return "a boolean";
    case JSON_NULL: return "nothing";
    }
    return "something else";
}

/* As it was written where that is known, else as JSON has it. */
static struct view written(struct documents *d, const json_t *value, const struct node *node)
{
    char text[64];
    size_t n;

    if (node)
        return node->text;
    n = json_dumpb(value, text, sizeof(text), JSON_ENCODE_ANY);
    return arena_copy(d->arena, (struct view){text, n < sizeof(text) ? n : sizeof(text)});
}

/* Reports a part of the identity that has a wrong type; the document then has that error. */
static void refuse_identity(struct documents *d, struct document *document,
                            const struct origin *from, const struct identity_flaw *parse_error)
{
    const struct node *node = node_at(from->node, parse_error->keys);
    struct view path = view_of(parse_error->keys[0]), hint = VIEW("");

    for (size_t i = 1; i < IDENTITY_DEPTH && parse_error->keys[i]; i++)
        path = arena_printf(d->arena, i < 2 ? "%.*s.%s" : "%.*s[%s]", VIEW_ARGS(path),
                            parse_error->keys[i]);
    if (strcmp(parse_error->wanted, "text") == 0 && !json_is_object(parse_error->value) &&
        !json_is_array(parse_error->value))
        hint = arena_printf(d->arena, ": write \"%.*s\" in quotes",
                            VIEW_ARGS(written(d, parse_error->value, node)));
    document->error =
        arena_printf(d->arena, "%.*s is %s, not %s%.*s", VIEW_ARGS(path),
                     type_name(parse_error->value), parse_error->wanted, VIEW_ARGS(hint))
            .p;
    if (!document->error)
        document->error = "the document cannot be read";
    diag_error(from->diags, place_of(from, node, document), "%s", document->error);
}

/* A namespace that cannot exist would be in no environment, and most rules would not apply. */
static bool refuse_namespace(struct documents *d, struct document *document,
                             const struct origin *from)
{
    bool is_one = strcmp(json_string_at(document->object, "kind"), "Namespace") == 0;
    const char *const keys[IDENTITY_DEPTH] = {"metadata", is_one ? "name" : "namespace"};
    const char *name = manifest_meta(document->object, keys[1]);

    if (!*name || dns_label_ok(view_of(name), DNS_LABEL))
        return false;
    document->error = arena_printf(d->arena, "no namespace can be called \"%s\"", name).p;
    if (!document->error)
        document->error = "the document cannot be read";
    diag_error(from->diags, place_of(from, node_at(from->node, keys), document), "%s",
               document->error);
    diag_hint(from->diags, "it has small letters, digits and '-', at most %d", DNS_LABEL);
    return true;
}

/* Reports an object that no cluster has under this group and kind: no rule would apply to it. */
static void doubt_kind(struct documents *d, struct document *document, const struct origin *from)
{
    static const char *const key[IDENTITY_DEPTH] = {"kind"};
    struct place place = place_of(from, node_at(from->node, key), document);
    const char *kind = json_string_at(document->object, "kind"),
               *version = json_string_at(document->object, "apiVersion"),
               *home = identity_home(document->object), *meant = NULL;

    if (home) {
        diag_warning(from->diags, place, "no cluster has a %s in \"%s\": it is judged as one of %s",
                     kind, version, home);
    } else if (identity_is_unknown(document->object, &meant)) {
        if (!meant) {
            diag_warning(from->diags, place,
                         "\"%s\" has no kind \"%s\" that is known here: rules "
                         "on workloads ask nothing of it",
                         version, kind);
            return;
        }
        document->error = arena_printf(d->arena, "\"%s\" has no kind \"%s\": did you mean \"%s\"?",
                                       version, kind, meant)
                              .p;
        if (!document->error)
            document->error = "the document cannot be read";
        diag_error(from->diags, place, "%s", document->error);
    }
}

/* True when a text or a key of the node can only be part of a Helm template. A ConfigMap or a
 * Secret may hold anything. */
static const struct node *find_template(const struct node *node, unsigned depth)
{
    const struct node *found = NULL;
    size_t at;

    if (node->kind == NODE_STRING)
        return helm_text_is_sure(node->text, &at) ? node : NULL;
    for (size_t i = 0; i < node->count && !found && node->kind == NODE_LIST; i++)
        found = find_template(node->items[i], depth + 1);
    for (size_t i = 0; i < node->count && !found && node->kind == NODE_MAP; i++) {
        struct view key = node->entries[i].key->text;

        if (depth == 0 && (view_eq_str(key, "data") || view_eq_str(key, "stringData")))
            continue;
        found = helm_text_is_sure(key, &at) ? node->entries[i].key
                                            : find_template(node->entries[i].value, depth + 1);
    }
    return found;
}

#define HELM_PROBLEM "this is a Helm template, which nobody has rendered"
#define HELM_HINT    "render it first: helm template CHART | tidegate eval --rules DIR -"

static bool refuse_template(struct document *document, const struct origin *from)
{
    const struct node *found = from->node ? find_template(from->node, 0) : NULL;

    if (!found)
        return false;
    document->error = HELM_PROBLEM;
    diag_error(from->diags, found->place, HELM_PROBLEM);
    diag_hint(from->diags, HELM_HINT);
    return true;
}

/* Its items, where they are a list, never come here. */
static void refuse_list(struct document *document, const struct origin *from)
{
    document->error = json_object_get(document->object, "items")
                          ? "the items of this List are not a list"
                          : "this List has no \"items\"";
    diag_error(from->diags, place_of(from, from->node, document), "%s", document->error);
}

/* Adds an item. One that is not an object is reported. Takes the object's reference. */
static int add_single(struct documents *d, struct document document, const struct origin *from)
{
    struct identity_flaw parse_error;

    if (!is_review(document.object) && !refuse_template(&document, from)) {
        if (identity_is_flawed(document.object, &parse_error))
            refuse_identity(d, &document, from, &parse_error);
        else if (strcmp(json_string_at(document.object, "kind"), "List") == 0)
            refuse_list(&document, from);
        else if (!manifest_is_object(document.object, &document.error))
            documents_complain(&document, document.error);
        else if (!refuse_namespace(d, &document, from))
            doubt_kind(d, &document, from);
    }
    return add(d, document) ? 0 : -1;
}

static bool is_list(const json_t *object)
{
    const char *kind = json_string_at(object, "kind");
    size_t n = strlen(kind);

    return n >= 4 && strcmp(kind + n - 4, "List") == 0;
}

/* The same, Lists as their items. As for kubectl, one whose items are null has none. */
static int add_object(struct documents *d, struct document document, const struct origin *from)
{
    const struct node *nodes = node_get(from->node, "items");
    json_t *items = json_object_get(document.object, "items"), *item, *list = document.object;
    int status = 0;
    size_t i;

    if (!is_list(list) || !(json_is_array(items) || json_is_null(items)))
        return add_single(d, document, from);
    json_array_foreach(items, i, item)
    {
        struct origin of_item = *from;

        of_item.node =
            nodes && nodes->kind == NODE_LIST && i < nodes->count ? nodes->items[i] : NULL;
        document.object = json_incref(item);
        if (of_item.node)
            document.line = of_item.node->place.line;
        status = name_item(item, list) < 0 ? -1 : add_object(d, document, &of_item);
        if (status < 0)
            break;
    }
    json_decref(list);
    return status;
}

/* --- JSON ------------------------------------------------------------------------------------- */

/* One document at the beginning of text: *used bytes of it. NULL: not JSON, or not plainly so. */
static json_t *load_json(struct view text, size_t *used)
{
    size_t flags = JSON_ALLOW_NUL | JSON_DISABLE_EOF_CHECK;
    json_error_t error;
    json_t *object = json_loadb(text.p, text.n, flags, &error);

    *used = object ? (size_t)error.position : 0;
    if (!object || is_review(object))
        return object;
    json_decref(object);
    return json_loadb(text.p, text.n, flags | JSON_REJECT_DUPLICATES, &error);
}

static unsigned count_line_ends(const char *from, const char *to)
{
    unsigned n = 0;

    while (from < to)
        n += *from++ == '\n';
    return n;
}

/* Reads a text that is JSON from end to end, as a client does: YAML knows no surrogate pairs, and
 * a review is to be judged as it was written. False, and nothing added, when it is not. */
static bool read_json(struct documents *d, const struct source *source, struct diags *diags,
                      int *status)
{
    const struct origin from = {source, NULL, diags};
    struct view rest = view_trim(source->text);
    size_t before = d->count, number = 0, used;
    const char *counted = source->text.p;
    unsigned line = 1;

    *status = 0;
    while (rest.n > 0 && *status == 0) {
        struct document document = {.file = source->name.p, .number = ++number};

        line += count_line_ends(counted, rest.p);
        counted = rest.p;
        document.line = line;
        document.object = rest.p[0] == '{' ? load_json(rest, &used) : NULL;
        if (!document.object)
            break;
        if (is_review(document.object))
            document.review = view_first(rest, used);
        *status = add_object(d, document, &from);
        rest = view_trim(view_from(rest, used));
    }
    if (rest.n == 0 && number > 0)
        return true;
    while (d->count > before)
        json_decref(d->items[--d->count].object);
    return *status < 0;
}

/* --- YAML ------------------------------------------------------------------------------------- */

static int add_node(struct documents *d, const struct node *node, size_t number,
                    struct diags *diags)
{
    const struct origin from = {node->place.source, node, diags};
    struct document document = {
        .file = node->place.source->name.p, .number = number, .line = node->place.line};

    document.object = manifest_of_node(node);
    if (!document.object)
        return -1;
    if (is_review(document.object)) {
        struct buf text;

        buf_init(&text, LIMIT_FILE);
        node_json_write(node, &text);
        document.review = arena_copy(d->arena, buf_view(&text));
        buf_release(&text);
        if (!document.review.p)
            return -1;
    }
    return add_object(d, document, &from);
}

/* Gives a warning to the document that it is in. */
static int attach(struct documents *d, size_t first, const struct diag *warning)
{
    struct document *at = NULL;
    json_t *text;

    for (size_t i = first; i < d->count; i++)
        if (!at || d->items[i].line <= warning->place.line)
            at = &d->items[i];
    if (!at)
        return 0;
    if (!at->warnings)
        at->warnings = json_array();
    text = json_sprintf("%s:%u:%u: %.*s", at->file, warning->place.line, warning->place.column,
                        VIEW_ARGS(warning->message));
    return json_array_append_new(at->warnings, text);
}

/* Why a document is broken: the first error from its first line on. */
static const char *find_error(const struct diags *diags, unsigned line)
{
    for (const struct diag *diag = diags->first; diag; diag = diag->next)
        if (diag->level == DIAG_ERROR && diag->place.line >= line)
            return diag->message.p;
    return "the document cannot be read";
}

static int add_broken(struct documents *d, const struct node *node, size_t number,
                      const struct diags *diags)
{
    struct document document = {.file = node->place.source->name.p,
                                .number = number,
                                .line = node->place.line,
                                .error = find_error(diags, node->place.line)};

    return add(d, document) ? 0 : -1;
}

/* The place of the {{ that shows a text which is not YAML to be a template: of Helm's own, or where
 * YAML stumbles, which is up to two lines behind. */
static bool is_template(const struct source *source, const struct diags *diags, size_t *at)
{
    unsigned line = diags->first ? diags->first->place.line : 1;

    return helm_text_is_sure(source->text, at) ||
           helm_text_is_near(source->text, line > 2 ? line - 2 : 1, line, at);
}

/* A template is one mistake, whatever it looks like to YAML. */
static void tell_template(const struct source *source, size_t at, struct diags *diags)
{
    struct place place = {source, 1, 1};

    for (size_t i = 0; i < at; i++) {
        place.column = source->text.p[i] == '\n' ? 1 : place.column + 1;
        place.line += source->text.p[i] == '\n';
    }
    diags_init(diags, diags->arena);
    diag_error(diags, place, HELM_PROBLEM);
    diag_hint(diags, HELM_HINT);
}

static int read_yaml(struct documents *d, const struct source *source, struct diags *diags)
{
    const struct node **docs;
    size_t count, at;
    int status = 0;

    if (yaml_parse(source, YAML_MANIFEST, d->arena, diags, &docs, &count) < 0 &&
        is_template(source, diags, &at)) {
        tell_template(source, at, diags);
        return 0;
    }
    for (size_t i = 0; i < count && status == 0; i++)
        status = docs[i]->kind == NODE_NULL ? add_broken(d, docs[i], i + 1, diags)
                                            : add_node(d, docs[i], i + 1, diags);
    return status;
}

static int attach_all(struct documents *d, size_t first, const struct diags *diags)
{
    for (const struct diag *diag = diags->first; diag; diag = diag->next)
        if (diag->level == DIAG_WARNING && attach(d, first, diag) < 0)
            return -1;
    return 0;
}

/* --- files ------------------------------------------------------------------------------------ */

/* True when the last error is one of a document that is there, from d->items[first] on. */
static bool is_told(const struct documents *d, size_t first, const struct diags *diags)
{
    const struct diag *last = NULL;
    bool told = false;

    for (const struct diag *diag = diags->first; diag; diag = diag->next)
        if (diag->level == DIAG_ERROR)
            last = diag;
    for (size_t i = first; i < d->count; i++)
        if (last && d->items[i].line <= last->place.line)
            told = d->items[i].error;
    return told;
}

/* Adds a document that stands for a file, or a directory, that could not be read, or for what
 * comes after its last document. */
static int add_error(struct documents *d, const char *path, size_t first, const struct diags *diags)
{
    size_t number = d->count > first ? d->items[d->count - 1].number : 0;
    struct document document = {.file = path, .number = number + 1, .error = find_error(diags, 0)};

    if (diags->errors == 0 || is_told(d, first, diags))
        return 0;
    return add(d, document) ? 0 : -1;
}

static void print(const struct diags *diags)
{
    struct buf text;

    buf_init(&text, LIMIT_FILE);
    for (const struct diag *diag = diags->first; diag; diag = diag->next)
        diag_write(diag, &text);
    fwrite(buf_view(&text).p, 1, text.n, stderr);
    buf_release(&text);
}

static int read_file(struct documents *d, const char *path)
{
    const struct source *source;
    size_t first = d->count;
    struct diags diags;
    int status = 0;

    diags_init(&diags, d->arena);
    source = file_read(path, LIMIT_FILE, d->arena, &diags);
    if (source && !read_json(d, source, &diags, &status))
        status = read_yaml(d, source, &diags);
    if (status == 0)
        status = attach_all(d, first, &diags);
    print(&diags);
    return status < 0 ? -1 : add_error(d, path, first, &diags);
}

static int read_directory(struct documents *d, const char *path)
{
    struct diags diags;
    const char **paths;
    size_t count;
    int status;

    diags_init(&diags, d->arena);
    status = file_list(path, d->arena, &diags, &paths, &count);
    print(&diags);
    if (status < 0)
        return add_error(d, path, d->count, &diags);
    for (size_t i = 0; i < count; i++)
        if (read_file(d, paths[i]) < 0)
            return -1;
    return 0;
}

int documents_read(struct documents *d, const char *path)
{
    struct stat about;

    if (strcmp(path, "-") != 0 && stat(path, &about) == 0 && S_ISDIR(about.st_mode))
        return read_directory(d, path);
    return read_file(d, path);
}
