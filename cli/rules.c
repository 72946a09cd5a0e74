#include "cli/command.h"
#include "cli/rules_markdown.h"
#include "policy/check.h"

#include <stdio.h>
#include <string.h>

enum { MOST_CHECKS = 64, NAME_WIDTH = 14, INDENT = 2, OPTION_FORMAT = 1 };

static const struct option_row options[] = {
    {OPTION_FORMAT, "format", "FORMAT", "text, or markdown: the whole reference"},
    {0, NULL, NULL, NULL},
};

static const char *scope_text(enum check_scope scope)
{
    switch (scope) {
    case CHECK_OBJECTS: return "every object that the rule matches";
    case CHECK_WORKLOADS: return "workloads, for what an update changes";
    case CHECK_DEPLOYS: return "deploys by people and pipelines";
    case CHECK_GRANTS: return "deploys by people and pipelines, and grants of approval";
    }
    return "";
}

static void print_list(void)
{
    for (const struct check *const *c = checks; *c; c++)
        printf("%-*s %s\n", NAME_WIDTH, (*c)->name, (*c)->summary);
}

static void print_fields(const struct schema_field *fields, int depth);

static void print_field(const struct schema_field *field, int depth)
{
    int n = printf("%*s%s", depth * INDENT, "", field->name);

    printf("%*s", n < 24 ? 24 - n : 1, "");
    printf("%s%s%s. %s", field->list ? "a list, each " : "", schema_type_name(field->type),
           field->required ? ", required" : "", field->doc ? field->doc : "");
    for (const char *const *value = field->values; value && *value; value++)
        printf("%s%s", value == field->values ? " (" : ", ", *value);
    puts(field->values ? ")" : "");
    if (field->fields)
        print_fields(field->fields, depth + 1);
}

static void print_fields(const struct schema_field *fields, int depth)
{
    for (; fields && fields->name; fields++)
        print_field(fields, depth);
}

static void print_check(const struct check *c)
{
    printf("%s: %s\n", c->name, c->summary);
    printf("asked of %s\n\n", scope_text(c->scope));
    puts(c->args ? "a map of" : "a list of maps of");
    print_fields(c->args ? c->args : c->items, 1);
    if (c->example)
        printf("\nexample\n%s%s", c->example,
               c->example[strlen(c->example) - 1] == '\n' ? "" : "\n");
}

static int print_named(const char *name)
{
    const char *names[MOST_CHECKS];
    int count = 0;

    for (const struct check *const *c = checks; *c && count < MOST_CHECKS; c++) {
        if (strcmp((*c)->name, name) == 0) {
            print_check(*c);
            return EXIT_YES;
        }
        names[count++] = (*c)->name;
    }
    fprintf(stderr, "tidegate rules: unknown check \"%s\"", name);
    command_suggest(name, names, count);
    fputs("\n", stderr);
    return EXIT_UNASKED;
}

/* Returns 0, or -1 when the format is none. */
static int read_format(const char *value, bool *markdown)
{
    *markdown = strcmp(value, "markdown") == 0;
    return *markdown || strcmp(value, "text") == 0 ? 0 : -1;
}

static int run(const struct command *command, int argc, char **argv)
{
    const char *value;
    bool markdown = false;
    int rest, option;

    while ((option = command_option(command, argc, argv, &value, &rest)) == OPTION_FORMAT)
        if (read_format(value, &markdown) < 0)
            return command_misused(command, "--format is \"%s\": it takes text or markdown", value);
    if (option != OPTION_END)
        return option == OPTION_HELP ? EXIT_YES : EXIT_UNASKED;
    if (rest + (markdown ? 0 : 1) < argc)
        return command_misused(command, "unexpected argument \"%s\"", argv[argc - 1]);
    if (rest < argc)
        return print_named(argv[rest]);
    if (markdown)
        rules_markdown_print();
    else
        print_list();
    return EXIT_YES;
}

const struct command command_rules = {
    .name = "rules",
    .arguments = "[CHECK]",
    .summary = "list the checks that a rule can make, or say all of one",
    .options = options,
    .run = run,
};
