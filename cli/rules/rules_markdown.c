#include "cli/rules/rules_markdown.h"

#include "cli/rules/rules_field.h"
#include "policy/guard/guard.h"
#include "policy/rule/check.h"
#include "policy/rule/match.h"
#include "policy/rule/rule.h"

#include <stdio.h>
#include <string.h>

static const char *scope_text(enum check_scope scope)
{
    switch (scope) {
    case CHECK_OBJECTS: return "every object that the rule matches, a Scale too";
    case CHECK_WORKLOADS: return "workloads, controller-made or not";
    case CHECK_DEPLOYS: return "deploys by people and pipelines";
    case CHECK_REQUESTS: return "every request";
    case CHECK_GRANTS: return "deploys by people and pipelines, and their writes of an approval";
    }
    return "";
}

/* Keys of maps within the map stand behind it, as `exempt[].reason`. */
static void print_rows(const struct schema_field *fields, const char *before)
{
    for (; fields && fields->name; fields++) {
        char inside[128];

        printf("| `%s%s` | ", before, fields->name);
        rules_field_print(fields, " | ", RULES_FIELD_MARKDOWN);
        puts(" |");
        if (!fields->fields || fields->fields == match_fields)
            continue;
        snprintf(inside, sizeof(inside), "%s%s%s.", before, fields->name, fields->list ? "[]" : "");
        print_rows(fields->fields, inside);
    }
}

static void print_table(const struct schema_field *fields)
{
    puts("| key | value | |");
    puts("| --- | --- | --- |");
    print_rows(fields, "");
    puts("");
}

static void print_section(const char *title, const struct schema_field *fields)
{
    printf("## %s\n\n", title);
    print_table(fields);
}

/* Values that have a line each, in a table of their own. */
static void print_values(const struct schema_field *fields)
{
    char about[SCHEMA_ABOUT_ROOM];
    const char *name;

    for (; fields && fields->name; fields++) {
        if (!fields->value_about)
            continue;
        printf("| %s | |\n| --- | --- |\n", fields->name);
        for (size_t i = 0; (name = fields->value_at(i)); i++)
            printf("| `%s` | %s |\n", name, fields->value_about(i, about));
        puts("");
    }
}

static void print_check(const struct check *c)
{
    size_t length = strlen(c->example);

    printf("### %s\n\n%s. Asked of %s.\n\n", c->name, c->summary, scope_text(c->scope));
    printf("The argument is %s:\n\n", c->items ? "a list of maps" : "a map");
    print_table(c->items ? c->items : c->args);
    print_values(c->args);
    printf("```yaml\n%s%s```\n\n", c->example, c->example[length - 1] == '\n' ? "" : "\n");
}

void rules_markdown_print(void)
{
    puts("# Keys of rule files\n");
    puts("Made from the program's own tables by `make reference`; do not edit. What the keys mean "
         "is");
    puts("told in [rules.md](rules.md).\n");
    print_section("The spec of an Environment", environment_spec_fields);
    print_section("The spec of a Policy", policy_spec_fields);
    print_section("The spec of a RolloutGuard", guard_spec_fields);
    print_section("A match", match_fields);
    puts("## A rule\n");
    puts("These keys, and one check.\n");
    print_table(rule_fields);
    puts("## Checks\n");
    for (const struct check *const *c = checks; *c; c++)
        print_check(*c);
}
