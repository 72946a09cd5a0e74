#include "cli/documents.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/diag.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/node.h"
#include "base/node_json.h"
#include "base/quote.h"
#include "base/yaml.h"
#include "kube/manifest.h"

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

/* --- the table ----------------------------------------------------------------------------------
 */

/* The name of a file as JSON can hold it: what is no UTF-8 is replaced. NULL: no memory. */
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
    return strcmp(manifest_string(object, "kind"), "AdmissionReview") == 0 &&
           strncmp(manifest_string(object, "apiVersion"), "admission.k8s.io/", 17) == 0;
}

/* The kind of a List's items where they do not say it: PodList holds Pods. */
static int name_item(json_t *item, const json_t *list)
{
    const char *kind = manifest_string(list, "kind");
    int n = (int)strlen(kind) - (int)strlen("List");

    if (n == 0 || !json_is_object(item) || json_object_get(item, "kind"))
        return 0;
    return json_object_set_new(item, "kind", json_sprintf("%.*s", n, kind)) < 0 ||
                   json_object_set(item, "apiVersion", json_object_get(list, "apiVersion")) < 0
               ? -1
               : 0;
}

/* Adds what may be no object, which is then said. Takes the object's reference. */
static int add_single(struct documents *d, struct document document)
{
    if (!is_review(document.object) && !manifest_is_object(document.object, &document.error))
        documents_complain(&document, document.error);
    return add(d, document) ? 0 : -1;
}

/* The same, Lists as their items. The node it was read from, or NULL, knows their lines. */
static int add_object(struct documents *d, struct document document, const struct node *node)
{
    const struct node *nodes = node_get(node, "items");
    const char *kind = manifest_string(document.object, "kind");
    json_t *items = json_object_get(document.object, "items"), *item, *list = document.object;
    size_t n = strlen(kind), i;

    if (n < 4 || strcmp(kind + n - 4, "List") != 0 || !json_is_array(items))
        return add_single(d, document);
    json_array_foreach(items, i, item)
    {
        const struct node *item_node = nodes && i < nodes->count ? nodes->items[i] : NULL;

        document.object = json_incref(item);
        if (item_node)
            document.line = item_node->place.line;
        if (name_item(item, list) < 0 || add_object(d, document, item_node) < 0) {
            json_decref(list);
            return -1;
        }
    }
    json_decref(list);
    return 0;
}

/* --- JSON ---------------------------------------------------------------------------------------
 */

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
static bool read_json(struct documents *d, const struct source *source, int *status)
{
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
        *status = add_object(d, document, NULL);
        rest = view_trim(view_from(rest, used));
    }
    if (rest.n == 0 && number > 0)
        return true;
    while (d->count > before)
        json_decref(d->items[--d->count].object);
    return *status < 0;
}

/* --- YAML ---------------------------------------------------------------------------------------
 */

static int add_node(struct documents *d, const struct node *node, size_t number)
{
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
    return add_object(d, document, node);
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

static int read_yaml(struct documents *d, const struct source *source, struct diags *diags)
{
    size_t first = d->count, count;
    const struct node **docs;
    int status = 0;

    yaml_parse(source, YAML_MANIFEST, d->arena, diags, &docs, &count);
    for (size_t i = 0; i < count && status == 0; i++)
        status = docs[i]->kind == NODE_NULL ? add_broken(d, docs[i], i + 1, diags)
                                            : add_node(d, docs[i], i + 1);
    if (status < 0)
        return -1;
    for (const struct diag *diag = diags->first; diag; diag = diag->next)
        if (diag->level == DIAG_WARNING && attach(d, first, diag) < 0)
            return -1;
    return 0;
}

/* --- files --------------------------------------------------------------------------------------
 */

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
    if (source && !read_json(d, source, &status))
        status = read_yaml(d, source, &diags);
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
