#include "cli/command.h"
#include "cli/rules/rules_field.h"
#include "cli/rules/rules_markdown.h"
#include "policy/rule/check.h"
#include "policy/set.h"

#include <stdio.h>
#include <string.h>

enum { MOST_NAMES = 64, NAME_WIDTH = 14, VALUE_WIDTH = 27, INDENT = 2 };

static const struct option_row options[] = {
    COMMAND_ROWS_FORMAT("text|markdown"),
    {0, NULL, NULL, NULL},
};

static const char *scope_text(enum check_scope scope)
{
    switch (scope) {
    case CHECK_OBJECTS: return "every object that the rule matches";
    case CHECK_WORKLOADS: return "workloads, for what an update changes";
    case CHECK_DEPLOYS: return "deploys by people and pipelines";
    case CHECK_REQUESTS: return "every request";
    case CHECK_GRANTS: return "deploys by people and pipelines, and grants of approval";
    }
    return "";
}

static void print_list(void)
{
    for (const struct check *const *c = checks; *c; c++)
        printf("%-*s %s\n", NAME_WIDTH, (*c)->name, (*c)->summary);
    puts("");
    for (const struct document_kind *kind = policy_set_kinds; kind->name; kind++)
        printf("%-*s %s\n", NAME_WIDTH, kind->name, kind->summary);
}

static void print_fields(const struct schema_field *fields, int depth);

static void print_values(const struct schema_field *field, int depth)
{
    char about[SCHEMA_ABOUT_ROOM];
    const char *name;

    for (size_t i = 0; (name = field->value_at(i)); i++)
        printf("%*s%-*s %s\n", depth * INDENT, "", VALUE_WIDTH, name, field->value_about(i, about));
}

static void print_field(const struct schema_field *field, int depth)
{
    int n = printf("%*s%s", depth * INDENT, "", field->name);

    printf("%*s", n < 24 ? 24 - n : 1, "");
    rules_field_print(field, ". ", RULES_FIELD_PLAIN);
    puts("");
    if (field->value_about)
        print_values(field, depth + 1);
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

static void print_kind(const struct document_kind *kind)
{
    printf("%s: %s\n\nthe spec is a map of\n", kind->name, kind->summary);
    print_fields(kind->fields, 1);
}

static int print_named(const char *name)
{
    const char *names[MOST_NAMES];
    int count = 0;

    for (const struct check *const *c = checks; *c && count < MOST_NAMES; c++) {
        if (strcmp((*c)->name, name) == 0) {
            print_check(*c);
            return EXIT_OK;
        }
        names[count++] = (*c)->name;
    }
    for (const struct document_kind *k = policy_set_kinds; k->name && count < MOST_NAMES; k++) {
        if (strcmp(k->name, name) == 0) {
            print_kind(k);
            return EXIT_OK;
        }
        names[count++] = k->name;
    }
    fprintf(stderr, "tidegate rules: unknown check or kind \"%s\"", name);
    command_suggest(name, names, count);
    fputs("\n", stderr);
    return EXIT_USAGE;
}

enum format { TEXT, MARKDOWN, FORMATS };

static const char *const format_names[FORMATS] = {[TEXT] = "text", [MARKDOWN] = "markdown"};

/* Returns 0, or -1 when the format is none. */
static int read_format(const char *value, enum format *format)
{
    for (int i = 0; i < FORMATS; i++) {
        if (strcmp(value, format_names[i]) != 0)
            continue;
        *format = (enum format)i;
        return 0;
    }
    return -1;
}

static int print_all(enum format format)
{
    if (format == MARKDOWN)
        rules_markdown_print();
    else
        print_list();
    return EXIT_OK;
}

static int run(const struct command *command, int argc, char **argv)
{
    enum format format = TEXT;
    const char *value;
    int rest, option;

    while ((option = command_option(command, argc, argv, &value, &rest)) == COMMAND_FORMAT)
        if (read_format(value, &format) < 0)
            return command_misused(command, "--format is \"%s\": it must be text or markdown",
                                   value);
    if (option != OPTION_END)
        return option == OPTION_HELP ? EXIT_OK : EXIT_USAGE;
    if (rest + (format == TEXT ? 1 : 0) < argc)
        return command_misused(command, "unexpected argument \"%s\"", argv[argc - 1]);
    return rest < argc ? print_named(argv[rest]) : print_all(format);
}

const struct command command_rules = {
    .name = "rules",
    .arguments = "[CHECK|KIND]",
    .summary = "list the checks that a rule can make and the kinds of documents, or say all of one",
    .example = "rules images",
    .options = options,
    .run = run,
};
