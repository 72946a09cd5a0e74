#include "policy/rule/rule.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/hash_table.h"
#include "base/text/letters.h"
#include "base/text/suggest.h"
#include "base/time/timefmt.h"
#include "policy/rule/match_reach.h"
#include "policy/schema/selector.h"

static const char *const mode_names[] = {
    [MODE_DENY] = "deny", [MODE_WARN] = "warn", [MODE_AUDIT] = "audit", NULL};
const char *const rule_on_error_names[] = {
    [ON_ERROR_DENY] = "deny", [ON_ERROR_WARN] = "warn", [ON_ERROR_ALLOW] = "allow", NULL};
static const char *const existing_values[] = {"allow", "deny", NULL};

static const struct schema_field exempt_fields[] = {
    {"reason", SCHEMA_STRING, .required = true, .doc = "why; shown in the log"},
    {"expires", SCHEMA_DATE, .doc = "the last day on which it holds, in UTC"},
    {"names", SCHEMA_GLOB, .list = true, .doc = "names of objects"},
    {"namespaces", SCHEMA_GLOB, .list = true, .doc = "namespaces"},
    {"labels", SCHEMA_LABELS, .doc = "labels of the object"},
    {"users", SCHEMA_GLOB, .list = true, .doc = "user names of the requester"},
    {"groups", SCHEMA_STRING, .list = true, .doc = "groups of the requester"},
    {"serviceAccounts", SCHEMA_GLOB, .list = true, .doc = "namespace/name of the requester"},
    {0},
};

/* The key of the check stands beside these; read_check finds it. */
const struct schema_field rule_fields[] = {
    {"id", SCHEMA_STRING, .required = true, .doc = "the rule's name, unique in its policy"},
    {"mode", SCHEMA_STRING, .values = mode_names, .doc = "overrides the policy's"},
    {"onError", SCHEMA_STRING, .values = rule_on_error_names,
     .doc = "what becomes of a review when the rule cannot be answered; deny when left out"},
    {"existing", SCHEMA_STRING, .values = existing_values,
     .doc = "deny: held also against what an UPDATE leaves as it was"},
    {"message", SCHEMA_STRING, .doc = "your own words, shown with the denial"},
    {"match", SCHEMA_OBJECT, .fields = match_fields, .doc = "narrows the policy's match"},
    {"when", SCHEMA_STRING, .doc = "an expression of CEL: the rule applies where it is true"},
    {"exempt", SCHEMA_OBJECT, .list = true, .fields = exempt_fields,
     .doc = "who is let off, and why"},
    {0},
};

const struct schema_field policy_spec_fields[] = {
    {"match", SCHEMA_OBJECT, .fields = match_fields, .doc = "which requests the rules speak of"},
    {"mode", SCHEMA_STRING, .values = mode_names, .doc = "of every rule that sets none"},
    {"rules", SCHEMA_ANY, .required = true, .doc = "the rules"},
    {0},
};

const struct schema_field environment_spec_fields[] = {
    {"namespaces", SCHEMA_GLOB, .list = true, .doc = "names of namespaces"},
    {"namespaceLabels", SCHEMA_LABELS, .doc = "labels that they have"},
    {"timeZone", SCHEMA_STRING, .hint = "write a name like Europe/Paris",
     .doc = "IANA name, as in Europe/Paris"},
    {0},
};

const char *mode_name(enum mode mode)
{
    return mode_names[mode];
}

int rule_choice(const struct node *node, const char *const *names, int fallback)
{
    for (int i = 0; node && names[i]; i++)
        if (view_eq_str(node->text, names[i]))
            return i;
    return fallback;
}

/* --- exemptions ----------------------------------------------------------------------------- */

static int read_expires(const struct node *node, struct compile *c, int64_t *out)
{
    int64_t days;

    if (!node)
        return 0;
    if (timefmt_parse_date(node->text, &days) < 0) {
        diag_error(c->diags, node->place, "\"%.*s\" is not a date", VIEW_ARGS(node->text));
        diag_hint(c->diags, "write it as in 2027-06-30");
        return -1;
    }
    *out = (days + 1) * 24 * 60 * 60;
    if (*out <= c->now)
        diag_warning(c->diags, node->place, "this exemption expired on %.*s and no longer holds",
                     VIEW_ARGS(node->text));
    return 0;
}

/* Whether a list or map of theirs is there; what is wrong with it is told elsewhere. */
static bool names_somebody(const struct node *node)
{
    static const char *const keys[] = {"names",  "namespaces",      "labels", "users",
                                       "groups", "serviceAccounts", NULL};
    size_t count = 0;

    for (size_t i = 0; keys[i]; i++)
        count += node_get(node, keys[i]) != NULL;
    return count > 0;
}

static int read_exemption(const struct node *node, struct compile *c, struct exemption *out)
{
    size_t errors = c->diags->errors;
    int result = 0;

    out->match.operations = CREATE | UPDATE | DELETE | CONNECT;
    out->reason = node_get(node, "reason")->text;
    if (!letters_any(out->reason)) {
        diag_error(c->diags, node_get(node, "reason")->place,
                   "the reason of an exemption is empty");
        diag_hint(c->diags, "write it with letters or digits that can be seen");
        result = -1;
    }
    if (!names_somebody(node)) {
        diag_error(c->diags, node->place, "this exemption exempts everybody");
        diag_hint(c->diags, "name users, groups, serviceAccounts, namespaces, names or labels");
        result = -1;
    }
    result |= match_read_subjects(node, c, &out->match);
    result |= read_expires(node_get(node, "expires"), c, &out->expires);
    if (c->sound && c->diags->errors == errors)
        match_reach_exemption(c->policy_match, c->rule_match, &out->match, node, c->diags);
    return result;
}

static int read_exemptions(const struct node *list, struct compile *c, struct rule *out)
{
    struct exemption *exemptions;
    int result = 0;

    if (!list)
        return 0;
    exemptions = arena_array(c->arena, list->count, sizeof(*exemptions));
    if (!exemptions)
        return -1;
    for (size_t i = 0; i < list->count; i++)
        if (read_exemption(list->items[i], c, &exemptions[i]) < 0)
            result = -1;
    out->exemptions = exemptions;
    out->exemption_count = list->count;
    return result;
}

/* --- rules ---------------------------------------------------------------------------------- */

static const struct check *find_check(struct view name)
{
    for (size_t i = 0; checks[i]; i++)
        if (view_eq_str(name, checks[i]->name))
            return checks[i];
    return NULL;
}

/* The schema of a rule that uses a check: the common keys and the check's own. */
enum { COMMON_FIELDS = sizeof(rule_fields) / sizeof(rule_fields[0]) - 1 };

static const struct node *check_rule_keys(const struct node *node, const char *key,
                                          const struct check *check, struct diags *diags)
{
    struct schema_field fields[COMMON_FIELDS + 2] = {{0}};

    for (size_t i = 0; i < COMMON_FIELDS; i++)
        fields[i] = rule_fields[i];
    if (check)
        fields[COMMON_FIELDS] = (struct schema_field){
            .name = key,
            .type = SCHEMA_OBJECT,
            .required = true,
            .list = check->items != NULL,
            .fields = check->items ? check->items : check->args,
        };
    return schema_check(node, fields, "a rule", diags);
}

static bool is_common(struct view key)
{
    for (size_t i = 0; i < COMMON_FIELDS; i++)
        if (view_eq_str(key, rule_fields[i].name))
            return true;
    return false;
}

/* The check that was meant by a key that is none, when there is a near one. */
static const struct check *suggest_check(const struct node *key, struct diags *diags)
{
    enum { MAX = 64 };
    const char *names[MAX], *near;
    size_t count = 0;

    for (size_t i = 0; checks[i] && count < MAX; i++)
        names[count++] = checks[i]->name;
    for (size_t i = 0; i < COMMON_FIELDS && count < MAX; i++)
        names[count++] = rule_fields[i].name;
    near = suggest(key->text, names, count);
    schema_unknown(key, "check", names, count, diags);
    return near ? find_check(view_of(near)) : NULL;
}

/* The check of a rule and its key, as far as they can be told. */
struct chosen {
    const struct check *check;
    const char *key;
};

/* One key that is not common: the check, or what was told and is passed over from now on. */
static bool choose(const struct node *key, struct chosen *chosen, struct diags *diags)
{
    const struct check *check = find_check(key->text);

    if (check && chosen->check) {
        diag_error(diags, key->place, "this rule has two checks, \"%s\" and \"%s\"", chosen->key,
                   check->name);
        diag_hint(diags, "make it two rules, each with an id");
        return false;
    }
    if (!check)
        check = suggest_check(key, diags);
    if (chosen->check || !check)
        return false;
    *chosen = (struct chosen){check, key->text.p};
    return true;
}

static bool has_check(const struct node *node)
{
    for (size_t i = 0; i < node->count; i++)
        if (find_check(node->entries[i].key->text))
            return true;
    return false;
}

/* Finds the one check of a rule. Without one every key that is not common is suspect; with one,
 * schema_check() tells of them. Returns the rule without what was told, or NULL without memory. */
static const struct node *read_check(const struct node *node, struct chosen *chosen,
                                     struct diags *diags)
{
    struct node_entry *entries = arena_array(diags->arena, node->count + 1, sizeof(*entries));
    struct node *copy = arena_alloc(diags->arena, sizeof(*copy));
    bool found = has_check(node), suspect = false;

    if (!entries || !copy)
        return NULL;
    *copy = *node;
    copy->entries = entries;
    for (size_t i = 0; i < node->count; i++) {
        const struct node *key = node->entries[i].key;

        entries[i] = node->entries[i];
        if (is_common(key->text) || (found && !find_check(key->text)))
            continue;
        suspect = true;
        if (!choose(key, chosen, diags))
            entries[i].value = &node_wrong;
    }
    if (!suspect) {
        diag_error(diags, node->place, "this rule has no check");
        diag_hint(diags, "give it one of those that \"tidegate rules\" lists");
    }
    return copy;
}

static int check_id(const struct node *id, struct diags *diags)
{
    bool good = id->text.n > 0 && id->text.n <= 63;

    for (size_t i = 0; i < id->text.n; i++) {
        char c = id->text.p[i];

        good = good && ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                        (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.');
    }
    if (good)
        return 0;
    diag_error(diags, id->place, "\"%.*s\" is not an id", VIEW_ARGS(id->text));
    diag_hint(diags, "use letters, digits, '-', '_' and '.', at most 63 of them");
    return -1;
}

/* *sound tells whether nothing was wrong with it. */
static int read_rule_match(const struct node *node, struct compile *c, struct rule *out,
                           bool *sound)
{
    struct match *match;
    size_t errors;

    *sound = !node;
    if (!node)
        return 0;
    match = arena_alloc(c->arena, sizeof(*match));
    errors = c->diags->errors;
    if (!match || match_read(node, c, match) < 0)
        return -1;
    if (!node_get(node, "operations"))
        match->operations = CREATE | UPDATE | DELETE | CONNECT; /* the policy's decide */
    out->match = match;
    *sound = errors == c->diags->errors;
    return 0;
}

static void read_plain(const struct node *node, enum mode mode, struct rule *out)
{
    const struct node *message = node_get(node, "message");

    out->place = node->place;
    out->id = node_get(node, "id")->text;
    out->mode = (enum mode)rule_choice(node_get(node, "mode"), mode_names, (int)mode);
    out->on_error =
        (enum on_error)rule_choice(node_get(node, "onError"), rule_on_error_names, ON_ERROR_DENY);
    out->deny_existing = rule_choice(node_get(node, "existing"), existing_values, 0) == 1;
    if (message)
        out->message = message->text;
}

static int read_when(const struct node *node, struct compile *c, struct rule *out)
{
    if (!node || node->kind == NODE_WRONG)
        return 0;
    out->when = when_compile(node, c);
    return out->when ? 0 : -1;
}

static int read_rule(const struct node *node, struct compile *c, enum mode mode, struct rule *out)
{
    struct chosen chosen = {NULL, NULL};
    struct shapes *shapes = c->shapes;
    bool sound, all_sound = c->sound;
    int result, matched;
    size_t errors;

    if (node->kind != NODE_MAP) {
        diag_error(c->diags, node->place, "a rule must be a map, not %s",
                   node_kind_name(node->kind));
        return -1;
    }
    node = read_check(node, &chosen, c->diags);
    if (node)
        node = check_rule_keys(node, chosen.key, chosen.check, c->diags);
    if (!node)
        return -1;
    read_plain(node, mode, out);
    result = check_id(node_get(node, "id"), c->diags);
    errors = c->diags->errors;
    matched = read_rule_match(node_get(node, "match"), c, out, &sound);
    result |= matched;
    c->rule_match = out->match;
    c->sound = all_sound && sound;
    if (c->sound && chosen.check) {
        match_reach_rule(c->policy_match, out->match, chosen.check, node, c->diags);
        sound = c->diags->errors == errors;
    }
    result |= read_exemptions(node_get(node, "exempt"), c, out);
    c->sound = all_sound;
    if (!chosen.check)
        return -1;
    out->check = chosen.check;
    c->shapes = matched < 0 || !sound ? NULL : shapes; /* nobody knows what it would match */
    out->compiled = chosen.check->compile(node_get(node, chosen.key), c);
    result |= read_when(node_get(node, "when"), c, out);
    c->shapes = shapes;
    return out->compiled ? result : -1;
}

/* A rule under its id. */
struct known_rule {
    struct hash_table_link link; /* first, so that one is the other */
    const struct rule *rule;
};

static int check_unique(struct hash_table *known, const struct rule *newest, struct compile *c)
{
    const struct known_rule *first = (const struct known_rule *)hash_table_find(known, newest->id);
    struct known_rule *own;

    if (newest->id.n == 0)
        return 0;
    if (first) {
        diag_error(c->diags, newest->place, "rule \"%.*s\" is there twice, first in line %u",
                   VIEW_ARGS(newest->id), first->rule->place.line);
        return -1;
    }
    own = arena_alloc(c->arena, sizeof(*own));
    if (!own || hash_table_reserve(known, SIZE_MAX) < 0)
        return -1;
    own->rule = newest;
    hash_table_add(known, &own->link, newest->id);
    return 0;
}

static int read_rules(const struct node *list, struct compile *c, enum mode mode, size_t *number,
                      struct policy *out)
{
    struct hash_table known = {0};
    struct rule *rules;
    int result = 0;

    if (list->kind != NODE_LIST || list->count == 0) {
        diag_error(c->diags, list->place, "\"rules\" must be a list of at least one rule");
        return -1;
    }
    rules = arena_array(c->arena, list->count, sizeof(*rules));
    if (!rules)
        return -1;
    for (size_t i = 0; i < list->count; i++) {
        rules[i].number = (*number)++;
        result |= read_rule(list->items[i], c, mode, &rules[i]);
        result |= check_unique(&known, &rules[i], c);
    }
    hash_table_release(&known);
    out->rules = rules;
    out->rule_count = list->count;
    return result;
}

/* The environments that a policy's rules may run in: those it names, else all of them. */
static void narrow_environments(const struct policy *policy, struct compile *c)
{
    c->any_environment = policy->match.environment_count == 0;
    if (c->any_environment)
        return;
    c->environments = policy->match.environments;
    c->environment_count = policy->match.environment_count;
}

int policy_compile(const struct node *spec, struct compile *c, size_t *number, struct policy *out)
{
    enum mode mode = (enum mode)rule_choice(node_get(spec, "mode"), mode_names, MODE_DENY);
    struct compile narrow = *c;
    size_t errors = c->diags->errors;
    int result = match_read(node_get(spec, "match"), c, &out->match);

    if (c->diags->errors == errors && !(c->environments_wrong && out->match.environment_count)) {
        narrow.sound = true;
        match_reach_policy(&out->match, node_get(spec, "match"), c->diags);
    }
    narrow.unread = c->unread || result < 0;
    if (result < 0 || c->diags->errors > errors)
        narrow.shapes = NULL;
    narrow.policy_match = &out->match;
    narrow_environments(out, &narrow);
    return result | read_rules(node_get(spec, "rules"), &narrow, mode, number, out);
}

/* --- environments --------------------------------------------------------------------------- */

int environment_compile(const struct node *spec, struct compile *c, struct environment *out)
{
    const struct node *namespaces = node_get(spec, "namespaces"),
                      *labels = node_get(spec, "namespaceLabels"),
                      *zone = node_get(spec, "timeZone");
    struct match subjects = {0};
    int result = match_read_subjects(spec, c, &subjects);

    out->namespaces = subjects.namespaces;
    out->namespace_count = subjects.namespace_count;
    if (labels) {
        out->labels = selector_compile(labels, c->arena, c->diags);
        result |= out->labels ? 0 : -1;
    }
    if (!namespaces && !labels) {
        diag_error(c->diags, spec->place, "this environment has no namespaces");
        diag_hint(c->diags, "give it \"namespaces\", \"namespaceLabels\" or both");
        result = -1;
    }
    if (result == 0)
        match_reach_environment(out, spec, c->diags);
    if (zone)
        out->time_zone = zone->text;
    return result | compile_zone(zone, c, &out->zone);
}
