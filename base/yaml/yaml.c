#include "base/yaml/yaml.h"

#include "base/arena.h"
#include "base/diag.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/yaml/node.h"
#include "base/yaml/yaml_anchor.h"
#include "base/yaml/yaml_map.h"
#include "base/yaml/yaml_place.h"
#include "base/yaml/yaml_problem.h"
#include "base/yaml/yaml_scalar.h"
#include "base/yaml/yaml_value.h"

#include <string.h>
#include <yaml.h>

/* A node and what it costs to expand it once more. */
struct yaml_built {
    struct node node;
    size_t size;     /* nodes in it, itself included, aliases expanded */
    unsigned height; /* levels in it, itself included */
};

struct reader {
    const struct source *source;
    enum yaml_mode mode;
    struct arena *arena;
    struct diags *diags;
    yaml_parser_t parser;
    yaml_event_t event; /* the one being looked at */
    struct yaml_cursor cursor;
    struct yaml_anchors anchors;
    size_t nodes;
    size_t documents;
    bool open;               /* the last of them may go on: its end was not written */
    size_t begun;            /* the character that libyaml began at */
    bool hopeless;           /* nothing behind the problem can be read either */
    struct yaml_slot *slots; /* children of all open collections, innermost last */
    size_t slot_count, slot_room;
};

/* Each function that gives a built node, or an int, gives NULL or -1 when reading cannot go on;
 * the problem has then been added. Problems that leave a tree are only added. */
static const struct yaml_built *read_node(struct reader *r, unsigned depth);

static struct place here(struct reader *r)
{
    return yaml_place_of(&r->cursor, r->event.start_mark.index);
}

/* --- problems --------------------------------------------------------------------------------- */

static void out_of_memory(struct reader *r)
{
    r->hopeless = true;
    diag_error(r->diags, (struct place){r->source, 0, 0},
               "not enough memory to hold the documents");
}

/* --- events ----------------------------------------------------------------------------------- */

static int next(struct reader *r)
{
    yaml_event_delete(&r->event);
    if (yaml_parser_parse(&r->parser, &r->event))
        return 0;
    yaml_problem_add(&r->parser, &r->cursor, r->diags);
    r->hopeless = r->parser.error == YAML_MEMORY_ERROR || r->parser.error == YAML_READER_ERROR;
    return -1;
}

static struct view text_of(const yaml_char_t *s)
{
    return view_of((const char *)s);
}

static int count_nodes(struct reader *r, struct place place, size_t more)
{
    r->nodes += more;
    if (r->nodes <= LIMIT_YAML_NODES)
        return 0;
    r->hopeless = true;
    diag_error(r->diags, place, "more than %d nodes, aliases expanded", LIMIT_YAML_NODES);
    diag_hint(r->diags, "split it into several files");
    return -1;
}

static int check_depth(struct reader *r, struct place place, size_t depth)
{
    if (depth <= LIMIT_YAML_DEPTH)
        return 0;
    diag_error(r->diags, place, "nested deeper than %d levels", LIMIT_YAML_DEPTH);
    return -1;
}

static struct yaml_built *new_node(struct reader *r, enum node_kind kind, unsigned depth)
{
    struct place place = here(r);
    struct yaml_built *built;

    if (check_depth(r, place, depth) < 0 || count_nodes(r, place, 1) < 0)
        return NULL;
    built = arena_alloc(r->arena, sizeof(*built));
    if (!built) {
        out_of_memory(r);
        return NULL;
    }
    built->node.kind = kind;
    built->node.place = place;
    built->size = built->height = 1;
    return built;
}

/* --- anchors and aliases ---------------------------------------------------------------------- */

/* Opens the anchor of the node that begins here, if it has one; *anchor is for yaml_anchor_close.
 */
static int open_anchor(struct reader *r, const yaml_char_t *name, size_t *anchor)
{
    struct view copy;

    *anchor = 0;
    if (!name)
        return 0;
    copy = arena_copy(r->arena, text_of(name));
    if (!copy.p) {
        out_of_memory(r);
        return -1;
    }
    *anchor = yaml_anchor_open(&r->anchors, copy);
    if (*anchor > 0)
        return 0;
    diag_error(r->diags, here(r), "more than %d anchors", LIMIT_YAML_ANCHORS);
    return -1;
}

static const struct yaml_built *read_alias(struct reader *r, unsigned depth)
{
    const char *name = (const char *)r->event.data.alias.anchor;
    const struct yaml_anchor *anchor = yaml_anchor_find(&r->anchors, view_of(name));
    struct place place = here(r);

    if (!anchor) {
        diag_error(r->diags, place, "alias \"*%s\" has no anchor \"&%s\" before it", name, name);
        diag_hint(r->diags, "put text that begins with \"*\" in quotes");
        return NULL;
    }
    if (!anchor->built) {
        diag_error(r->diags, place, "alias \"*%s\" stands inside the node that it names", name);
        return NULL;
    }
    if (check_depth(r, place, (size_t)depth + anchor->built->height - 1) < 0 ||
        count_nodes(r, place, anchor->built->size) < 0)
        return NULL;
    return anchor->built;
}

/* --- scalars ---------------------------------------------------------------------------------- */

static const struct yaml_built *read_scalar(struct reader *r, unsigned depth)
{
    struct yaml_built *built = new_node(r, NODE_STRING, depth);
    struct view text = {(const char *)r->event.data.scalar.value, r->event.data.scalar.length};
    size_t anchor;

    if (!built || open_anchor(r, r->event.data.scalar.anchor, &anchor) < 0)
        return NULL;
    built->node.text = arena_copy(r->arena, text);
    if (!built->node.text.p) {
        out_of_memory(r);
        return NULL;
    }
    if (r->event.data.scalar.tag)
        yaml_value_tagged(&built->node, text_of(r->event.data.scalar.tag), r->mode, r->diags);
    else if (r->event.data.scalar.plain_implicit)
        yaml_value_plain(&built->node, r->mode, r->diags);
    yaml_anchor_close(&r->anchors, anchor, built);
    return built;
}

/* --- lists ------------------------------------------------------------------------------------ */

static int push(struct reader *r, const struct node *key, const struct yaml_built *value,
                bool merged)
{
    if (r->slot_count == r->slot_room) {
        size_t room = r->slot_room ? r->slot_room * 2 : 256;
        struct yaml_slot *slots = mem_realloc(r->slots, room * sizeof(*slots));

        if (!slots) {
            out_of_memory(r);
            return -1;
        }
        r->slots = slots;
        r->slot_room = room;
    }
    r->slots[r->slot_count] =
        (struct yaml_slot){.key = key, .value = value, .order = r->slot_count, .merged = merged};
    r->slot_count++;
    return 0;
}

static void add_child(struct yaml_built *parent, const struct yaml_built *child)
{
    parent->size += child->size;
    if (parent->height <= child->height)
        parent->height = child->height + 1;
}

static int finish_list(struct reader *r, struct yaml_built *list, size_t first)
{
    size_t count = r->slot_count - first;
    const struct node **items = arena_array(r->arena, count, sizeof(*items));

    if (!items) {
        out_of_memory(r);
        return -1;
    }
    for (size_t i = 0; i < count; i++) {
        items[i] = &r->slots[first + i].value->node;
        add_child(list, r->slots[first + i].value);
    }
    list->node.items = items;
    list->node.count = count;
    r->slot_count = first;
    return 0;
}

static const struct yaml_built *read_list(struct reader *r, unsigned depth)
{
    struct yaml_built *list = new_node(r, NODE_LIST, depth);
    size_t first = r->slot_count, anchor;

    if (!list || open_anchor(r, r->event.data.sequence_start.anchor, &anchor) < 0)
        return NULL;
    for (;;) {
        const struct yaml_built *item;

        if (next(r) < 0)
            return NULL;
        if (r->event.type == YAML_SEQUENCE_END_EVENT)
            break;
        item = read_node(r, depth + 1);
        if (!item || push(r, NULL, item, false) < 0)
            return NULL;
    }
    if (finish_list(r, list, first) < 0)
        return NULL;
    yaml_anchor_close(&r->anchors, anchor, list);
    return list;
}

/* --- maps ------------------------------------------------------------------------------------- */

/* A manifest's key that is a number or a boolean, as the text that it becomes. */
static const struct node *make_text(struct reader *r, const struct node *key)
{
    struct node *copy = arena_alloc(r->arena, sizeof(*copy));

    if (copy) {
        copy->kind = NODE_STRING;
        copy->place = key->place;
        copy->text = yaml_value_key(key, r->arena);
    }
    if (copy && copy->text.p)
        return copy;
    out_of_memory(r);
    return NULL;
}

/* A key that was refused, as text that nothing more is said of. */
static const struct node *tell_key(struct reader *r, const struct node *key)
{
    struct node *copy = arena_alloc(r->arena, sizeof(*copy));

    if (!copy) {
        out_of_memory(r);
        return NULL;
    }
    *copy = (struct node){.kind = NODE_WRONG, .place = key->place, .text = key->text};
    copy->place.column |= PLACE_TOLD;
    return copy;
}

/* The key that the event begins, as text. */
static const struct node *read_key(struct reader *r, unsigned depth)
{
    const struct yaml_built *built = read_node(r, depth);
    const struct node *key = built ? &built->node : NULL;

    if (!key || key->kind == NODE_STRING)
        return key;
    if (key->kind == NODE_WRONG) {
        diag_rehint(r->diags, key->place, "write \"%s\" in quotes", key->text.p);
        return key;
    }
    if (key->kind == NODE_LIST || key->kind == NODE_MAP) {
        diag_error(r->diags, key->place, "a key must be text, not %s", node_kind_name(key->kind));
        if (yaml_problem_is_template(&r->cursor))
            diag_hint(r->diags, YAML_PROBLEM_TEMPLATE);
        return NULL;
    }
    if (r->mode == YAML_MANIFEST && key->kind != NODE_NULL &&
        yaml_scalar_loose(key->text).large == 0)
        return make_text(r, key);
    diag_error(r->diags, key->place, "a key must be text, not %s", node_kind_name(key->kind));
    diag_hint(r->diags, "write \"%s\" in quotes", key->text.p);
    return r->mode == YAML_RULES ? tell_key(r, key) : key;
}

static bool is_merge_key(const yaml_event_t *event)
{
    const char *tag;

    if (event->type != YAML_SCALAR_EVENT ||
        strcmp((const char *)event->data.scalar.value, "<<") != 0)
        return false;
    tag = (const char *)event->data.scalar.tag;
    return tag ? strcmp(tag, "tag:yaml.org,2002:merge") == 0 : event->data.scalar.plain_implicit;
}

static int push_merged(struct reader *r, const struct node *map)
{
    for (size_t i = 0; i < map->count; i++) {
        const struct node *value = map->entries[i].value;

        /* Every node of this tree is the first member of its yaml_built. */
        if (push(r, map->entries[i].key, (const struct yaml_built *)(const void *)value, true) < 0)
            return -1;
    }
    return 0;
}

/* Takes the value of a merge key: a map, or a list (no alias of one, as go-yaml has it) of maps
 * whose first counts most. */
static int read_merge(struct reader *r, unsigned depth)
{
    const struct yaml_built *built;
    const struct node *value;
    bool list;

    if (next(r) < 0)
        return -1;
    list = r->event.type == YAML_SEQUENCE_START_EVENT;
    built = read_node(r, depth);
    if (!built)
        return -1;
    value = &built->node;
    for (size_t i = list ? value->count : 1; i > 0; i--) {
        const struct node *map = list ? value->items[i - 1] : value;

        if (map->kind != NODE_MAP) {
            diag_error(r->diags, map->place, "\"<<\" merges a map or a list of maps, not %s",
                       node_kind_name(map->kind));
            return -1;
        }
        if (push_merged(r, map) < 0)
            return -1;
    }
    return 0;
}

static int read_entry(struct reader *r, unsigned depth)
{
    const struct yaml_built *value;
    const struct node *key;

    if (is_merge_key(&r->event))
        return read_merge(r, depth);
    key = read_key(r, depth);
    if (!key || next(r) < 0)
        return -1;
    value = read_node(r, depth);
    return value ? push(r, key, value, false) : -1;
}

static int finish_map(struct reader *r, struct yaml_built *map, size_t first)
{
    size_t count = r->slot_count - first, kept = 0;
    size_t keys = count > 0 ? yaml_map_settle(r->slots + first, count, r->mode, r->diags) : 0;
    struct node_entry *entries = arena_array(r->arena, keys, sizeof(*entries));

    if (!entries) {
        out_of_memory(r);
        return -1;
    }
    for (size_t i = first; i < r->slot_count; i++) {
        const struct yaml_slot *slot = &r->slots[i];

        if (slot->replaced)
            continue;
        entries[kept++] = (struct node_entry){slot->key, &slot->value->node};
        map->size++;
        add_child(map, slot->value);
    }
    map->node.entries = entries;
    map->node.count = kept;
    r->slot_count = first;
    return 0;
}

static const struct yaml_built *read_map(struct reader *r, unsigned depth)
{
    struct yaml_built *map = new_node(r, NODE_MAP, depth);
    size_t first = r->slot_count, anchor;

    if (!map || open_anchor(r, r->event.data.mapping_start.anchor, &anchor) < 0)
        return NULL;
    for (;;) {
        if (next(r) < 0)
            return NULL;
        if (r->event.type == YAML_MAPPING_END_EVENT)
            break;
        if (read_entry(r, depth + 1) < 0)
            return NULL;
    }
    if (finish_map(r, map, first) < 0)
        return NULL;
    yaml_anchor_close(&r->anchors, anchor, map);
    return map;
}

/* --- documents -------------------------------------------------------------------------------- */

/* The node that the event begins; the event is then the last of it. */
static const struct yaml_built *read_node(struct reader *r, unsigned depth)
{
    if (r->event.type == YAML_ALIAS_EVENT)
        return read_alias(r, depth);
    if (r->event.type == YAML_SCALAR_EVENT)
        return read_scalar(r, depth);
    if (r->event.type == YAML_SEQUENCE_START_EVENT)
        return read_list(r, depth);
    return read_map(r, depth);
}

/* Moves to the first node of the next document: 1, or 0 at the end, or -1. */
static int next_document(struct reader *r)
{
    do {
        if (next(r) < 0)
            return -1;
        if (r->event.type == YAML_STREAM_END_EVENT)
            return 0;
        if (r->event.type == YAML_DOCUMENT_END_EVENT)
            r->open = r->open && r->event.data.document_end.implicit;
    } while (r->event.type != YAML_DOCUMENT_START_EVENT);
    r->open = false;
    r->anchors.count = 0;
    return next(r) < 0 ? -1 : 1;
}

/* Documents wait among the slots until all are read. */
static int keep_document(struct reader *r, const struct yaml_built *doc)
{
    r->slot_count = r->documents; /* what an error left open */
    if (!doc || push(r, NULL, doc, false) < 0)
        return -1;
    r->documents++;
    return 0;
}

/* What stands for a manifest with an error. */
static int keep_broken(struct reader *r, struct place place)
{
    struct yaml_built *broken = arena_alloc(r->arena, sizeof(*broken));

    if (broken)
        broken->node.place = place;
    return keep_document(r, broken);
}

static int read_document(struct reader *r)
{
    size_t errors = r->diags->errors;
    struct place place = here(r);
    const struct yaml_built *doc = read_node(r, 1);

    if (r->mode == YAML_MANIFEST && r->diags->errors > errors)
        return keep_broken(r, place) < 0 || !doc ? -1 : 0;
    if (!doc)
        return -1;
    if (doc->node.kind == NODE_NULL)
        return 0;
    r->open = true;
    return keep_document(r, doc);
}

static int start(struct reader *r)
{
    struct view text = view_from(r->source->text, r->cursor.offset);

    if (!yaml_parser_initialize(&r->parser)) {
        out_of_memory(r);
        return -1;
    }
    yaml_parser_set_encoding(&r->parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&r->parser, (const unsigned char *)(text.p ? text.p : ""), text.n);
    return 0;
}

/* Of what was read when a problem came, the part of the document that has it goes. */
static void drop_open(struct reader *r)
{
    if (r->open && r->mode == YAML_RULES)
        r->documents--;
    r->open = false;
    r->slot_count = r->documents;
}

/* Begins again behind a problem, where the next document of a rule file does; so one mistake of
 * YAML hides nothing of the others. kubectl reads no manifest so. */
static bool resume(struct reader *r)
{
    drop_open(r);
    if (r->mode == YAML_MANIFEST || r->hopeless || yaml_problem_is_template(&r->cursor) ||
        !yaml_place_next_document(&r->cursor) || r->cursor.character <= r->begun)
        return false;
    r->begun = r->cursor.character;
    yaml_event_delete(&r->event);
    yaml_parser_delete(&r->parser);
    return start(r) == 0;
}

static void read_documents(struct reader *r)
{
    int more;

    do {
        while ((more = next_document(r)) > 0)
            if ((more = read_document(r)) < 0)
                break;
    } while (more < 0 && resume(r));
}

int yaml_parse(const struct source *source, enum yaml_mode mode, struct arena *arena,
               struct diags *diags, const struct node ***docs, size_t *count)
{
    struct reader r = {.source = source, .mode = mode, .arena = arena, .diags = diags};
    struct yaml_built list = {.size = 0};
    size_t errors = diags->errors;

    *docs = NULL;
    *count = 0;
    yaml_place_init(&r.cursor, source);
    if (start(&r) < 0)
        return -1;
    read_documents(&r);
    if (finish_list(&r, &list, 0) == 0) {
        *docs = list.node.items;
        *count = list.node.count;
    }
    yaml_event_delete(&r.event);
    yaml_parser_delete(&r.parser);
    mem_free(r.slots);
    return diags->errors > errors ? -1 : 0;
}
