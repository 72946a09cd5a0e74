#include "cli/complete.h"

#include "base/view.h"
#include "cli/command.h"
#include "cli/commands.h"

#include <stdio.h>
#include <string.h>

/* Cobra's directives (https://github.com/spf13/cobra, ShellCompDirective). */
enum offer { OFFER_FILES = 0, OFFER_NOTHING = 4, OFFER_FOLDERS = 16 };

static void candidate(struct view begin, struct view before, struct view word, const char *doc)
{
    if (view_eq(view_first(word, begin.n), begin))
        printf("%.*s%.*s%s%s\n", VIEW_ARGS(before), VIEW_ARGS(word), doc ? "\t" : "",
               doc ? doc : "");
}

static enum offer commands_for(struct view begin)
{
    for (size_t i = 0; commands[i]; i++)
        candidate(begin, VIEW(""), view_of(commands[i]->name), commands[i]->summary);
    return OFFER_NOTHING;
}

/* The meaning of the words of a usage line: "FILE...", "[COMMAND]", "text|json". */
static enum offer argument_for(const char *argument, struct view begin, struct view before)
{
    struct view rest = view_of(argument), word;

    if (strstr(argument, "COMMAND"))
        return commands_for(begin);
    if (strstr(argument, "FILE") || strstr(argument, "PATH"))
        return OFFER_FILES;
    if (strstr(argument, "DIR"))
        return OFFER_FOLDERS;
    while (strchr(argument, '|') && rest.n > 0) {
        view_cut(rest, '|', &word, &rest);
        candidate(begin, before, word, NULL);
    }
    return OFFER_NOTHING;
}

static enum offer options_for(const struct command *c, struct view begin)
{
    const struct option_row *row = c->options;
    char name[64];

    for (; row && row->name; row++) {
        snprintf(name, sizeof(name), "--%s", row->name);
        if (row->doc)
            candidate(begin, VIEW(""), view_of(name), row->doc);
    }
    candidate(begin, VIEW(""), VIEW("--help"), "describe the command");
    return OFFER_NOTHING;
}

/* The row that "--NAME" or "-n" names; NULL: none. */
static const struct option_row *find_row(const struct command *c, struct view word)
{
    const struct option_row *row = c->options;

    for (; row && row->name; row++)
        if ((view_starts(word, "--") && view_eq_str(view_from(word, 2), row->name)) ||
            (word.n == 2 && word.p[0] == '-' && word.p[1] == row->id))
            return row;
    return NULL;
}

/* The last word, behind the command's name: an argument of the option before it, "--NAME=WORD"
 * (which bash cuts at "="), an option, or what the command is about. */
static enum offer word_for(const struct command *c, const char *const *words, int count)
{
    struct view last = view_of(words[count - 1]), name, value;
    const struct option_row *row;
    int before = count - 2;

    if (before > 0 && strcmp(words[before], "=") == 0)
        before--;
    if (view_eq_str(last, "="))
        last = VIEW("");
    row = before > 0 ? find_row(c, view_of(words[before])) : NULL;
    if (row && row->argument)
        return argument_for(row->argument, last, VIEW(""));
    if (view_starts(last, "--") && view_cut(last, '=', &name, &value)) {
        row = find_row(c, name);
        return row && row->argument
                   ? argument_for(row->argument, value, view_first(last, name.n + 1))
                   : OFFER_NOTHING;
    }
    return view_starts(last, "-") ? options_for(c, last)
                                  : argument_for(c->arguments, last, VIEW(""));
}

int complete_words(const char *const *words, int count)
{
    const struct command *command = count > 1 ? commands_find(words[0]) : NULL;
    enum offer offer = OFFER_NOTHING;

    if (command)
        offer = word_for(command, words, count);
    else if (count == 1)
        offer = commands_for(view_of(words[0]));
    printf(":%d\n", offer);
    return EXIT_OK;
}
