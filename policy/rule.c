#include "policy/rule.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/timefmt.h"
#include "policy/selector.h"

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
    {"namespaceLabels", SCHEMA_LABELS, .doc = "labels that they bear"},
    {"timeZone", SCHEMA_STRING, .doc = "IANA name, as in Europe/Paris"},
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
        diag_error(c->diags, node->place, "\"%.*s\" is no date", VIEW_ARGS(node->text));
        diag_hint(c->diags, "write it as in 2027-06-30");
        return -1;
    }
    *out = (days + 1) * 24 * 60 * 60;
    if (*out <= clock_wall())
        diag_warning(c->diags, node->place, "this exemption expired on %.*s and no longer holds",
                     VIEW_ARGS(node->text));
    return 0;
}

static bool names_somebody(const struct match *m)
{
    return m->namespace_count + m->name_count + m->user_count + m->group_count +
                   m->service_account_count >
               0 ||
           m->labels;
}

static int read_exemption(const struct node *node, struct compile *c, struct exemption *out)
{
    out->match.operations = CREATE | UPDATE | DELETE | CONNECT;
    out->reason = node_get(node, "reason")->text;
    if (view_trim(out->reason).n == 0) {
        diag_error(c->diags, node_get(node, "reason")->place,
                   "the reason of an exemption is empty");
        return -1;
    }
    if (match_read_subjects(node, c, &out->match) < 0)
        return -1;
    if (!names_somebody(&out->match)) {
        diag_error(c->diags, node->place, "this exemption lets everybody off");
        diag_hint(c->diags, "name users, groups, serviceAccounts, namespaces, names or labels");
        return -1;
    }
    return read_expires(node_get(node, "expires"), c, &out->expires);
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

static int check_rule_keys(const struct node *node, const struct check *check, struct diags *diags)
{
    struct schema_field fields[COMMON_FIELDS + 2] = {{0}};

    for (size_t i = 0; i < COMMON_FIELDS; i++)
        fields[i] = rule_fields[i];
    fields[COMMON_FIELDS] = (struct schema_field){
        .name = check->name,
        .type = SCHEMA_OBJECT,
        .list = check->items != NULL,
        .fields = check->items ? check->items : check->args,
    };
    return schema_check(node, fields, "a rule", diags);
}

/* Without a check every key that is not common is suspect: the names of the checks are offered. */
static void no_check(const struct node *node, struct diags *diags)
{
    enum { MAX = 64 };
    const char *names[MAX];
    size_t count = 0, suspects = 0;

    for (size_t i = 0; checks[i] && count < MAX; i++)
        names[count++] = checks[i]->name;
    for (size_t i = 0; i < COMMON_FIELDS && count < MAX; i++)
        names[count++] = rule_fields[i].name;
    for (size_t i = 0; i < node->count; i++) {
        const struct node *key = node->entries[i].key;
        bool common = false;

        for (size_t f = 0; f < COMMON_FIELDS; f++)
            common = common || view_eq_str(key->text, rule_fields[f].name);
        if (common)
            continue;
        schema_unknown(key, "check", names, count, diags);
        suspects++;
    }
    if (suspects > 0)
        return;
    diag_error(diags, node->place, "this rule has no check");
    diag_hint(diags, "give it one of those that \"tidegate rules\" lists");
}

/* Finds the one check of a rule. */
static const struct check *read_check(const struct node *node, struct diags *diags)
{
    const struct check *found = NULL;

    for (size_t i = 0; i < node->count; i++) {
        const struct node *key = node->entries[i].key;
        const struct check *check = find_check(key->text);

        if (check && found) {
            diag_error(diags, key->place, "this rule has two checks, \"%s\" and \"%s\"",
                       found->name, check->name);
            diag_hint(diags, "make it two rules, each with an id");
            return NULL;
        }
        if (check)
            found = check;
    }
    if (!found)
        no_check(node, diags);
    return found;
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
    diag_error(diags, id->place, "\"%.*s\" is no id", VIEW_ARGS(id->text));
    diag_hint(diags, "use letters, digits, '-', '_' and '.', at most 63 of them");
    return -1;
}

static int read_rule_match(const struct node *node, struct compile *c, struct rule *out)
{
    struct match *match;

    if (!node)
        return 0;
    match = arena_alloc(c->arena, sizeof(*match));
    if (!match || match_read(node, c, match) < 0)
        return -1;
    if (!node_get(node, "operations"))
        match->operations = CREATE | UPDATE | DELETE | CONNECT; /* the policy's decide */
    out->match = match;
    return 0;
}

static int read_rule(const struct node *node, struct compile *c, enum mode mode, struct rule *out)
{
    const struct check *check;
    int result;

    if (node->kind != NODE_MAP) {
        diag_error(c->diags, node->place, "a rule must be a map, not %s",
                   node_kind_name(node->kind));
        return -1;
    }
    check = read_check(node, c->diags);
    if (!check || check_rule_keys(node, check, c->diags) < 0)
        return -1;
    out->place = node->place;
    out->id = node_get(node, "id")->text;
    out->check = check;
    out->mode = (enum mode)rule_choice(node_get(node, "mode"), mode_names, (int)mode);
    out->on_error =
        (enum on_error)rule_choice(node_get(node, "onError"), rule_on_error_names, ON_ERROR_DENY);
    out->deny_existing = rule_choice(node_get(node, "existing"), existing_values, 0) == 1;
    if (node_get(node, "message"))
        out->message = node_get(node, "message")->text;
    result = check_id(node_get(node, "id"), c->diags);
    result |= read_rule_match(node_get(node, "match"), c, out);
    result |= read_exemptions(node_get(node, "exempt"), c, out);
    out->compiled = check->compile(node_get(node, check->name), c);
    return out->compiled ? result : -1;
}

static int check_unique(const struct rule *rules, size_t count, struct diags *diags)
{
    const struct rule *newest = &rules[count];

    for (size_t i = 0; i < count; i++) {
        if (!view_eq(rules[i].id, newest->id))
            continue;
        diag_error(diags, newest->place, "rule \"%.*s\" is there twice, first in line %u",
                   VIEW_ARGS(newest->id), rules[i].place.line);
        return -1;
    }
    return 0;
}

static int read_rules(const struct node *list, struct compile *c, enum mode mode, size_t *number,
                      struct policy *out)
{
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
        if (read_rule(list->items[i], c, mode, &rules[i]) < 0 ||
            check_unique(rules, i, c->diags) < 0)
            result = -1;
    }
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

/* A rule about deletions in a policy that speaks of none would never be asked. */
static int check_operations(const struct policy *policy, const struct node *rules,
                            struct diags *diags)
{
    int result = 0;

    for (size_t i = 0; i < policy->rule_count; i++) {
        const struct match *match = policy->rules[i].match;

        if (!match || (match->operations & policy->match.operations))
            continue;
        diag_error(diags, node_get(node_get(rules->items[i], "match"), "operations")->place,
                   "this rule can never match: its policy does not speak of these operations");
        diag_hint(diags, "name them in the policy's match too; CREATE and UPDATE when left out");
        result = -1;
    }
    return result;
}

int policy_compile(const struct node *spec, struct compile *c, size_t *number, struct policy *out)
{
    enum mode mode = (enum mode)rule_choice(node_get(spec, "mode"), mode_names, MODE_DENY);
    struct compile narrow = *c;
    int result = match_read(node_get(spec, "match"), c, &out->match);

    if (result == 0)
        narrow_environments(out, &narrow);
    if (read_rules(node_get(spec, "rules"), &narrow, mode, number, out) < 0)
        return -1;
    return result < 0 ? result : check_operations(out, node_get(spec, "rules"), c->diags);
}

/* --- environments --------------------------------------------------------------------------- */

int environment_compile(const struct node *spec, struct compile *c, struct environment *out)
{
    const struct node *zone = node_get(spec, "timeZone");
    struct match subjects = {0};

    if (match_read_subjects(spec, c, &subjects) < 0)
        return -1;
    out->namespaces = subjects.namespaces;
    out->namespace_count = subjects.namespace_count;
    if (node_get(spec, "namespaceLabels")) {
        out->labels = selector_compile(node_get(spec, "namespaceLabels"), c->arena, c->diags);
        if (!out->labels)
            return -1;
    }
    if (out->namespace_count == 0 && !out->labels) {
        diag_error(c->diags, spec->place, "this environment has no namespaces");
        diag_hint(c->diags, "give it \"namespaces\", \"namespaceLabels\" or both");
        return -1;
    }
    if (!zone)
        return 0;
    out->time_zone = zone->text;
    return compile_zone(zone, c, &out->zone);
}
