#include "policy/set.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/sys/file.h"
#include "base/text/suggest.h"
#include "base/time/zone.h"
#include "base/yaml/yaml.h"
#include "policy/expressions/when.h"
#include "policy/guard/guard.h"
#include "policy/limits.h"
#include "policy/shapes/shapes.h"
#include "policy/validating/validating.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define API_VERSION "tidegate.dev/v1alpha1"

/* A policy that names its namespaces, once for each of them; sorted by name, then number. */
struct named_policy {
    struct view namespace_;
    uint32_t number;
};

struct owned_set {
    struct policy_set set; /* first, so that one is the other */
    atomic_size_t references;
    struct arena arena;
    struct named_policy *named;
    size_t named_count;
    uint32_t *named_numbers; /* of `named`, side by side, for the cursor */
    uint32_t *any;           /* the other policies */
    size_t any_count;
};

/* One document of a rule file. Errors found so far were reported; the rest is compiled all the
 * same, so that all other errors are reported too. */
struct document {
    const struct document_kind *kind;
    const struct node *node, *spec; /* as schema_check() gives them */
    struct view name;
};

struct loader {
    struct owned_set *out;
    struct arena *arena;
    struct diags *diags;
    struct document *documents;
    size_t count, room;
    bool failed; /* memory was out: a document is missing */
    bool unread; /* so is one that could not be read: it may be an Environment */
    struct zone_set zones;
    struct shapes *shapes;
    bool alone, may_be_empty;
    const struct policy_set *before;
    const struct cel_env *functions[2];     /* of CEL */
    struct validating_documents validating; /* what others' programs read */
};

static bool is_kind(const struct document *document, const char *kind)
{
    return strcmp(document->kind->name, kind) == 0;
}

/* --- documents ------------------------------------------------------------------------------ */

const struct document_kind policy_set_kinds[] = {
    {"Environment", "a set of namespaces and their time zone", "environment", "environments",
     "tgenv", environment_spec_fields},
    {"Policy", "rules, and the requests that they speak of", "policy", "policies", "tgpol",
     policy_spec_fields},
    {"RolloutGuard", "when a rollout has failed, and what is done then", "rolloutguard",
     "rolloutguards", "tgguard", guard_spec_fields},
    {0},
};

static const struct schema_field metadata_fields[] = {
    {"name", SCHEMA_STRING, .required = true, .doc = "unique among the documents of its kind"},
    {"labels", SCHEMA_SCALARS, .doc = "not used"},
    {"annotations", SCHEMA_SCALARS, .doc = "not used"},
    {0},
};

static const struct schema_field document_fields[] = {
    {"apiVersion", SCHEMA_STRING, .required = true, .doc = API_VERSION},
    {"kind", SCHEMA_STRING, .required = true, .doc = "Environment, Policy or RolloutGuard"},
    {"metadata", SCHEMA_OBJECT, .required = true, .fields = metadata_fields, .doc = "its name"},
    {"spec", SCHEMA_ANY, .required = true, .doc = "what the kind says"},
    {0},
};

static void check_version(const struct node *version, struct diags *diags)
{
    if (version->kind == NODE_WRONG || view_eq_str(version->text, API_VERSION))
        return;
    diag_error(diags, version->place, "unknown apiVersion \"%.*s\"", VIEW_ARGS(version->text));
    diag_hint(diags, "write " API_VERSION);
}

/* The kind of a document; the one that was meant, after an error; or NULL. */
static const struct document_kind *read_kind(const struct node *node, struct diags *diags)
{
    const struct node *kind = node_get(node, "kind");
    enum { MAX = 8 };
    const char *names[MAX], *near;
    size_t count = 0;

    check_version(node_get(node, "apiVersion"), diags);
    for (const struct document_kind *k = policy_set_kinds; k->name && count < MAX; k++)
        names[count++] = k->name;
    near = suggest(kind->text, names, count);
    if (!near || !view_eq_str(kind->text, near))
        schema_unknown(kind, "kind", names, count, diags);
    for (const struct document_kind *k = policy_set_kinds; near && k->name; k++)
        if (k->name == near)
            return k;
    return NULL;
}

static void check_name(const struct loader *l, const struct document *document)
{
    const struct node *name = node_get(node_get(document->node, "metadata"), "name");

    if (name->kind == NODE_WRONG)
        return;
    for (size_t i = 0; i < l->count; i++) {
        const struct document *other = &l->documents[i];

        if (other->kind != document->kind || !view_eq(other->name, document->name))
            continue;
        diag_error(l->diags, name->place, "%s \"%.*s\" is there twice, first in %.*s line %u",
                   document->kind->name, VIEW_ARGS(name->text),
                   VIEW_ARGS(other->node->place.source->name), other->node->place.line);
        return;
    }
}

static int keep_document(struct loader *l, const struct document *document)
{
    size_t room = l->room ? 2 * l->room : 16;

    if (l->count == l->room) {
        struct document *grown =
            arena_grow(l->arena, l->documents, l->room * sizeof(*grown), room * sizeof(*grown));

        if (!grown)
            return -1;
        l->documents = grown;
        l->room = room;
    }
    l->documents[l->count++] = *document;
    return 0;
}

static void add_document(struct loader *l, const struct node *node)
{
    struct document document = {0};

    if (validating_is_foreign(node)) {
        l->failed = validating_keep(&l->validating, node, l->arena) < 0 || l->failed;
        return;
    }
    document.node = schema_check(node, document_fields, "a document", l->diags);
    if (!document.node) {
        l->failed = true;
        return;
    }
    if (document.node->kind == NODE_WRONG ||
        !(document.kind = read_kind(document.node, l->diags))) {
        l->unread = true;
        return;
    }
    document.name = node_get(node_get(document.node, "metadata"), "name")->text;
    l->unread = l->unread || (document.name.n == 0 && is_kind(&document, "Environment"));
    check_name(l, &document);
    document.spec =
        schema_check(node_get(document.node, "spec"), document.kind->fields, "spec", l->diags);
    if (!document.spec || keep_document(l, &document) < 0)
        l->failed = true;
}

static void read_source(struct loader *l, const struct source *source)
{
    const struct node **nodes = NULL;
    size_t count = 0;

    if (yaml_parse(source, YAML_RULES, l->arena, l->diags, &nodes, &count) < 0)
        l->unread = true;
    for (size_t i = 0; i < count; i++)
        add_document(l, nodes[i]);
}

static size_t count_kind(const struct loader *l, const char *kind)
{
    size_t count = 0;

    for (size_t i = 0; i < l->count; i++)
        count += is_kind(&l->documents[i], kind);
    return count;
}

/* --- compiling ------------------------------------------------------------------------------ */

static int compile_environments(struct loader *l)
{
    struct compile c = {.arena = l->arena, .diags = l->diags, .zones = &l->zones};
    struct environment *environments;
    size_t count = 0;
    int result = 0;

    environments = arena_array(l->arena, count_kind(l, "Environment") + 1, sizeof(*environments));
    if (!environments)
        return -1;
    for (size_t i = 0; i < l->count; i++) {
        if (!is_kind(&l->documents[i], "Environment"))
            continue;
        environments[count].name = l->documents[i].name;
        if (environment_compile(l->documents[i].spec, &c, &environments[count]) < 0)
            result = -1;
        count++;
    }
    l->out->set.environments = environments;
    l->out->set.environment_count = count;
    return result;
}

/* What the other kinds are compiled with: they may name all environments. */
static int name_environments(struct loader *l, struct compile *c)
{
    const struct policy_set *set = &l->out->set;
    const struct environment **environments =
        arena_array(l->arena, set->environment_count + 1, sizeof(*environments));

    if (!environments)
        return -1;
    for (size_t i = 0; i < set->environment_count; i++)
        environments[i] = &set->environments[i];
    *c = (struct compile){.arena = l->arena,
                          .diags = l->diags,
                          .zones = &l->zones,
                          .shapes = l->shapes,
                          .functions = l->functions,
                          .environments = environments,
                          .environment_count = set->environment_count,
                          .alone = l->alone,
                          .unread = l->unread};
    if (l->alone && l->before) {
        c->elsewhere = l->before->environments;
        c->elsewhere_count = l->before->environment_count;
    }
    return 0;
}

static int compile_policies(struct loader *l, struct compile *c)
{
    size_t room = count_kind(l, "Policy") + validating_count(&l->validating) + 1, count = 0;
    struct policy *policies = arena_array(l->arena, room, sizeof(*policies));
    int result = 0;

    if (!policies)
        return -1;
    for (size_t i = 0; i < l->count; i++) {
        const struct document *document = &l->documents[i];

        if (!is_kind(document, "Policy"))
            continue;
        policies[count].name = document->name;
        policies[count].place = document->node->place;
        if (policy_compile(document->spec, c, &l->out->set.rule_count, &policies[count]) < 0)
            result = -1;
        count++;
    }
    result |= validating_compile(&l->validating, c, policies, &count, &l->out->set.rule_count);
    l->out->set.policies = policies;
    l->out->set.policy_count = count;
    return result;
}

static int compile_guards(struct loader *l, struct compile *c)
{
    struct rollout_guard *guards =
        arena_array(l->arena, count_kind(l, "RolloutGuard") + 1, sizeof(*guards));
    size_t count = 0;
    int result = 0;

    if (!guards)
        return -1;
    for (size_t i = 0; i < l->count; i++) {
        const struct document *document = &l->documents[i];

        if (!is_kind(document, "RolloutGuard"))
            continue;
        guards[count].name = document->name;
        guards[count].place = document->node->place;
        if (guard_compile(document->spec, c, &guards[count]) < 0)
            result = -1;
        count++;
    }
    if (l->diags->errors == 0)
        guard_warn_of_twins(guards, count, l->diags);
    l->out->set.guards = guards;
    l->out->set.guard_count = count;
    return result;
}

static int compile_all(struct loader *l, int64_t now)
{
    size_t errors = l->diags->errors;
    int result = compile_environments(l);
    struct compile c;

    if (name_environments(l, &c) < 0)
        return -1;
    c.now = now ? now : clock_wall();
    c.environments_wrong = l->diags->errors > errors;
    result |= compile_policies(l, &c);
    result |= compile_guards(l, &c);
    return l->failed ? -1 : result;
}

/* --- the index by namespace ----------------------------------------------------------------- */

static bool all_literal(const struct view *globs, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (view_find(globs[i], '*') >= 0 || view_find(globs[i], '?') >= 0)
            return false;
    return count > 0;
}

/* True when the policy can match in the namespaces that it names, and in no others. */
static bool names_namespaces(const struct match *m)
{
    if (all_literal(m->namespaces, m->namespace_count))
        return true;
    for (size_t i = 0; i < m->environment_count; i++)
        if (!all_literal(m->environments[i]->namespaces, m->environments[i]->namespace_count))
            return false;
    return m->environment_count > 0;
}

static size_t count_names(const struct match *m)
{
    size_t count = 0;

    if (all_literal(m->namespaces, m->namespace_count))
        return m->namespace_count;
    for (size_t i = 0; i < m->environment_count; i++)
        count += m->environments[i]->namespace_count;
    return count;
}

static void add_names(struct owned_set *s, const struct view *names, size_t count, uint32_t number)
{
    for (size_t i = 0; i < count; i++)
        s->named[s->named_count++] = (struct named_policy){names[i], number};
}

static int by_name(const void *a, const void *b)
{
    const struct named_policy *x = a, *y = b;
    int order = view_cmp(x->namespace_, y->namespace_);

    return order != 0 ? order : (x->number > y->number) - (x->number < y->number);
}

/* A namespace may be named twice, by two environments of one policy. */
static void drop_repeated(struct owned_set *s)
{
    size_t kept = 0;

    for (size_t i = 0; i < s->named_count; i++)
        if (kept == 0 || by_name(&s->named[kept - 1], &s->named[i]) != 0)
            s->named[kept++] = s->named[i];
    s->named_count = kept;
}

static int reserve_index(struct owned_set *s)
{
    size_t names = 0;

    for (size_t i = 0; i < s->set.policy_count; i++)
        if (names_namespaces(&s->set.policies[i].match))
            names += count_names(&s->set.policies[i].match);
    s->named = arena_array(&s->arena, names + 1, sizeof(*s->named));
    s->named_numbers = arena_array(&s->arena, names + 1, sizeof(*s->named_numbers));
    s->any = arena_array(&s->arena, s->set.policy_count + 1, sizeof(*s->any));
    return s->named && s->named_numbers && s->any ? 0 : -1;
}

static int build_index(struct owned_set *s)
{
    if (reserve_index(s) < 0)
        return -1;
    for (uint32_t i = 0; i < s->set.policy_count; i++) {
        const struct match *m = &s->set.policies[i].match;

        if (!names_namespaces(m)) {
            s->any[s->any_count++] = i;
        } else if (all_literal(m->namespaces, m->namespace_count)) {
            add_names(s, m->namespaces, m->namespace_count, i);
        } else {
            for (size_t e = 0; e < m->environment_count; e++)
                add_names(s, m->environments[e]->namespaces, m->environments[e]->namespace_count,
                          i);
        }
    }
    qsort(s->named, s->named_count, sizeof(*s->named), by_name);
    drop_repeated(s);
    for (size_t i = 0; i < s->named_count; i++)
        s->named_numbers[i] = s->named[i].number;
    return 0;
}

/* The first entry of `named` that is not before the namespace. */
static size_t lower_bound(const struct owned_set *s, struct view namespace_)
{
    size_t low = 0, high = s->named_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (view_cmp(s->named[middle].namespace_, namespace_) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

void policy_set_find(const struct policy_set *set, struct view namespace_, struct policy_cursor *at)
{
    const struct owned_set *s = (const struct owned_set *)set;
    size_t first = lower_bound(s, namespace_), end = first;

    while (end < s->named_count && view_eq(s->named[end].namespace_, namespace_))
        end++;
    *at = (struct policy_cursor){.named = s->named_numbers + first,
                                 .named_left = end - first,
                                 .any = s->any,
                                 .any_left = s->any_count,
                                 .policies = set->policies};
}

const struct policy *policy_cursor_next(struct policy_cursor *at)
{
    if (at->named_left == 0 && at->any_left == 0)
        return NULL;
    if (at->any_left == 0 || (at->named_left > 0 && *at->named < *at->any)) {
        at->named_left--;
        return &at->policies[*at->named++];
    }
    at->any_left--;
    return &at->policies[*at->any++];
}

/* --- loading -------------------------------------------------------------------------------- */

static struct owned_set *create(size_t memory)
{
    struct owned_set *s = mem_alloc(sizeof(*s));

    if (!s)
        return NULL;
    *s = (struct owned_set){.references = 1};
    arena_init(&s->arena, memory);
    return s;
}

/* A copy that lives as long as the set. */
static int copy_text(struct loader *l, const struct source *text, struct source *out)
{
    *out =
        (struct source){.name = arena_copy(l->arena, text->name), .write_place = text->write_place};
    if (text->text.p)
        out->text = arena_copy(l->arena, text->text);
    return out->name.p && (out->text.p || !text->text.p) ? 0 : -1;
}

static void read_text(struct loader *l, const struct source *text)
{
    struct view name = view_from(text->name, (size_t)(view_rfind(text->name, '/') + 1));
    struct place place = {.source = text};

    if (!text->write_place && !file_is_wanted(name)) {
        diag_error(l->diags, place, "this is not a rule file");
        diag_hint(l->diags, "give it a name that ends in .yaml, .yml or .json");
    } else if (!text->text.p && text->write_place) {
        diag_error(l->diags, place, "it is larger than the limit of one object of rules");
    } else if (!text->text.p) {
        diag_error(l->diags, place, "this is not UTF-8 text");
    } else {
        read_source(l, text);
    }
}

static void read_texts(struct loader *l, const struct source *texts, size_t count)
{
    struct source *copies = arena_array(l->arena, count + 1, sizeof(*copies));

    for (size_t i = 0; copies && i < count; i++)
        if (copy_text(l, &texts[i], &copies[i]) < 0)
            copies = NULL;
    l->failed = l->failed || !copies;
    l->out->set.texts = copies;
    l->out->set.text_count = copies ? count : 0;
    for (size_t i = 0; copies && i < count; i++)
        read_text(l, &copies[i]);
}

static void read_paths(struct loader *l, const char *const *roots)
{
    const char **paths = NULL;
    size_t count = 0;

    if (file_list_all(roots, l->arena, l->diags, &paths, &count) < 0)
        l->unread = true;
    for (size_t i = 0; i < count; i++) {
        const struct source *source = file_read(paths[i], LIMIT_FILE, l->arena, l->diags);

        if (source)
            read_source(l, source);
        else
            l->unread = true;
    }
}

static void check_complete(struct loader *l, const char *name, int result)
{
    struct source *whole = arena_alloc(l->arena, sizeof(*whole));
    struct place nowhere = {.source = whole};

    if (l->diags->errors > l->diags->vain || !whole)
        return;
    whole->name = arena_copy(l->arena, view_of(name));
    if (result < 0)
        diag_error(l->diags, nowhere, "the rules need more memory than the limit of %zu MiB",
                   l->arena->limit / (1024 * 1024));
    else if (!l->may_be_empty && l->out->set.policy_count + l->out->set.guard_count == 0)
        diag_error(l->diags, nowhere, "there is no Policy and no RolloutGuard in it");
}

static bool has_problem(const struct policy_set *set, const struct diag *problem)
{
    for (const struct diag *d = set->problems; d; d = d->next)
        if (d->vain && view_eq(d->message, problem->message) &&
            view_eq(d->place.source->name, problem->place.source->name))
            return true;
    return false;
}

/* Rules that can never find anything are kept where refusing them would take all others away: at
 * the start, and for as long as they are the same ones. */
static bool keeps(const struct policy_sources *from, const struct diag *diag)
{
    return (from->by_objects && diag->place.source && diag->place.source->write_place) ||
           (from->before && has_problem(from->before, diag));
}

static bool keeps_vain(const struct policy_sources *from, const struct diags *diags)
{
    size_t kept = 0;

    if (from->starting)
        return true;
    for (const struct diag *d = diags->first; d; d = d->next)
        kept += d->vain && keeps(from, d);
    return kept == diags->vain;
}

static bool rule_reads_managed_fields(const struct rule *rule)
{
    const struct check *check = rule->check;

    if (rule->when && when_reads_managed_fields(rule->when))
        return true;
    return !check->ignores_managed_fields &&
           (!check->reads_managed_fields || check->reads_managed_fields(rule->compiled));
}

static bool ignores_managed_fields(const struct policy_set *set)
{
    for (size_t i = 0; i < set->policy_count; i++)
        for (size_t j = 0; j < set->policies[i].rule_count; j++)
            if (rule_reads_managed_fields(&set->policies[i].rules[j]))
                return false;
    return true;
}

static int settle(const struct policy_sources *from, const struct diags *diags,
                  struct policy_set *set)
{
    set->loaded = clock_wall();
    set->problems = diags->first;
    set->vain = diags->vain;
    if (diags->errors > 0 && (diags->errors != diags->vain || !keeps_vain(from, diags)))
        return -1;
    set->ignores_managed_fields = ignores_managed_fields(set);
    return 0;
}

void policy_set_write_vain(const struct policy_set *set, struct buf *out)
{
    for (const struct diag *d = set->problems; d; d = d->next)
        if (d->vain)
            diag_write(d, out);
}

void policy_set_write_warnings(const struct policy_set *set, struct buf *out)
{
    for (const struct diag *d = set->problems; d; d = d->next)
        if (d->level == DIAG_WARNING)
            diag_write(d, out);
}

int policy_set_load(const struct policy_sources *from, struct diags *diags, struct policy_set **out)
{
    struct owned_set *s = create(from->alone ? LIMIT_ARENA : LIMIT_RULES_MEMORY);
    struct loader l = {.out = s,
                       .diags = diags,
                       .alone = from->alone,
                       .may_be_empty = from->alone || from->by_objects,
                       .before = from->before};
    int result;

    *out = NULL;
    if (!s)
        return -1;
    *out = &s->set;
    l.arena = diags->arena = &s->arena;
    zone_set_init(&l.zones, NULL, l.arena);
    if (from->paths)
        read_paths(&l, from->paths);
    read_texts(&l, from->texts, from->text_count);
    l.shapes = from->shapes ? from->shapes : shapes_create();
    result = l.shapes ? compile_all(&l, from->now) : -1;
    if (!from->shapes)
        shapes_free(l.shapes);
    if (result == 0)
        result = build_index(s);
    check_complete(&l, from->whole ? from->whole : from->paths ? from->paths[0] : "", result);
    return settle(from, diags, &s->set);
}

struct policy_set *policy_set_acquire(struct policy_set *set)
{
    atomic_fetch_add(&((struct owned_set *)set)->references, 1);
    return set;
}

void policy_set_release(struct policy_set *set)
{
    struct owned_set *s = (struct owned_set *)set;

    if (!s || atomic_fetch_sub(&s->references, 1) != 1)
        return;
    arena_release(&s->arena);
    mem_free(s);
}
