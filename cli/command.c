#include "cli/command.h"

#include "base/text/suggest.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { MOST_OPTIONS = 40, HELP_ID = 1000, WIDTH = 30 };

static const char *program = "tidegate";

const char *command_program(void)
{
    return program;
}

void command_program_is(const char *path)
{
    struct view name = view_from(view_of(path), (size_t)(view_rfind(view_of(path), '/') + 1));

    program = view_eq_str(name, "kubectl-tidegate") ? "kubectl tidegate" : "tidegate";
}

static int count_rows(const struct option_row *rows)
{
    int n = 0;

    while (rows && rows[n].name)
        n++;
    return n;
}

static bool is_letter(int id)
{
    return (id >= 'a' && id <= 'z') || (id >= 'A' && id <= 'Z');
}

static void print_row(const struct option_row *row)
{
    int n = is_letter(row->id) ? printf("  -%c, ", row->id) : printf("  ");

    n +=
        printf("--%s%s%s", row->name, row->argument ? " " : "", row->argument ? row->argument : "");
    if (n >= WIDTH)
        n = printf("\n") - 1;
    printf("%*s%s\n", WIDTH - n, "", row->doc);
}

void command_print_help(const struct command *c)
{
    const char *options = c->options && c->options[0].name ? " [OPTION]..." : "";

    printf("usage: %s %s%s%s%s\n\n%s.\n", program, c->name, options, c->arguments[0] ? " " : "",
           c->arguments, c->summary);
    if (options[0])
        printf("\n");
    for (int i = 0; i < count_rows(c->options); i++)
        if (c->options[i].doc)
            print_row(&c->options[i]);
    printf("\nfor example:\n  %s %s\n", program, c->example);
}

int command_misused(const struct command *command, const char *format, ...)
{
    va_list args;

    fprintf(stderr, "tidegate %s: ", command->name);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fprintf(stderr, "; see %s %s --help\n", program, command->name);
    return EXIT_USAGE;
}

void command_suggest(const char *word, const char *const *candidates, int count)
{
    const char *near = suggest(view_of(word), candidates, (size_t)count);

    if (near)
        fprintf(stderr, ", did you mean \"%s\"?", near);
}

/* getopt's tables, of long options and of letters, and the names alone. */
static void fill_tables(const struct command *c, struct option *table, char *letters,
                        const char **names)
{
    int n = count_rows(c->options);

    *letters++ = ':';
    *letters++ = 'h';

    for (int i = 0; i < n; i++) {
        const struct option_row *row = &c->options[i];

        table[i] = (struct option){row->name, row->argument ? required_argument : no_argument, NULL,
                                   row->id};
        names[i] = row->name;
        if (is_letter(row->id))
            *letters++ = (char)row->id;
        if (is_letter(row->id) && row->argument)
            *letters++ = ':';
    }
    table[n] = (struct option){"help", no_argument, NULL, HELP_ID};
    names[n] = "help";
    *letters = '\0';
    table[n + 1] = (struct option){NULL, 0, NULL, 0};
}

static const char *name_of(const struct option *table, int id)
{
    while (table->name && table->val != id)
        table++;
    return table->name;
}

/* getopt leaves optopt at 0 for a long option that it does not know. */
static int refuse(const struct command *c, const char *word, const char *const *names)
{
    char name[64];
    const char *near;

    snprintf(name, sizeof(name), "%.*s", (int)strcspn(word, "="), word);
    near = suggest(view_of(name + strspn(name, "-")), names, (size_t)count_rows(c->options) + 1);
    if (near)
        command_misused(c, "unknown option \"%s\", did you mean \"--%s\"?", name, near);
    else
        command_misused(c, "unknown option \"%s\"", name);
    return OPTION_BAD;
}

int command_option(const struct command *command, int argc, char **argv, const char **value,
                   int *rest)
{
    struct option table[MOST_OPTIONS + 2];
    const char *names[MOST_OPTIONS + 1];
    char letters[2 * MOST_OPTIONS + 3];
    int at = optind, id;

    fill_tables(command, table, letters, names);
    opterr = 0;
    id = getopt_long(argc, argv, letters, table, NULL);
    *value = optarg;
    *rest = optind;
    if (id == -1)
        return OPTION_END;
    if (id == ':') {
        command_misused(command, "option \"%s\" needs an argument", argv[optind - 1]);
        return OPTION_BAD;
    }
    if (id == HELP_ID || id == 'h') {
        command_print_help(command);
        return OPTION_HELP;
    }
    if (id == '?' && optopt > 0 && name_of(table, optopt)) {
        command_misused(command, "option \"--%s\" takes no argument", name_of(table, optopt));
        return OPTION_BAD;
    }
    return id == '?' ? refuse(command, argv[optind > at ? optind - 1 : at], names) : id;
}
