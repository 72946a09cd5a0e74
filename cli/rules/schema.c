#include "base/buf.h"
#include "base/limits.h"
#include "cli/command.h"
#include "cli/rules/schema_crd.h"
#include "cli/rules/schema_json.h"

#include <stdio.h>
#include <string.h>

static const struct option_row options[] = {
    COMMAND_ROWS_FORMAT("json|crd"),
    {0, NULL, NULL, NULL},
};

static int print_crd(void)
{
    struct buf text;
    int status;

    buf_init(&text, LIMIT_FILE);
    status = schema_crd_write(&text);
    if (status == 0)
        fwrite(text.p, 1, text.n, stdout);
    buf_release(&text);
    return status;
}

static int run(const struct command *command, int argc, char **argv)
{
    const char *value, *format = "json";
    int rest, option;

    while ((option = command_option(command, argc, argv, &value, &rest)) == COMMAND_FORMAT)
        format = value;
    if (option != OPTION_END)
        return option == OPTION_HELP ? EXIT_OK : EXIT_USAGE;
    if (rest < argc)
        return command_misused(command, "unexpected argument \"%s\"", argv[rest]);
    if (strcmp(format, "json") == 0)
        return schema_json_print() == 0 ? EXIT_OK : EXIT_USAGE;
    if (strcmp(format, "crd") == 0)
        return print_crd() == 0 ? EXIT_OK : EXIT_USAGE;
    return command_misused(command, "--format is \"%s\": it must be json or crd", format);
}

const struct command command_schema = {
    .name = "schema",
    .arguments = "",
    .summary = "write the JSON Schema of rule files, for editors, or the CustomResourceDefinitions "
               "of their kinds",
    .example = "schema --format crd",
    .options = options,
    .run = run,
};
