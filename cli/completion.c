#include "cli/command.h"
#include "cli/complete.h"

#include <stdio.h>
#include <string.h>

/* Each script only asks the program, which has the table of commands. */
static const struct shell {
    const char *name, *script;
} shells[] = {
    {"bash",
     "# . <(tidegate completion bash)\n"
     "_tidegate() {\n"
     "    local current=${COMP_WORDS[COMP_CWORD]} line\n"
     "    [ \"$current\" = = ] && current=\n"
     "    COMPREPLY=()\n"
     "    while IFS= read -r line; do\n"
     "        case $line in\n"
     "        :0) compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- \"$current\") ;;\n"
     "        :16) compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- \"$current\") ;;\n"
     "        :*) ;;\n"
     "        *) line=${line%%$'\\t'*}; COMPREPLY+=(\"${line#\"${current%\"${current##*=}\"}\"}\") "
     ";;\n"
     "        esac\n"
     "    done < <(\"${COMP_WORDS[0]}\" " COMPLETE_COMMAND
     " \"${COMP_WORDS[@]:1:COMP_CWORD}\" 2>/dev/null)\n"
     "}\n"
     "complete -F _tidegate tidegate\n"},
    {"zsh", "#compdef tidegate\n"
            "# . <(tidegate completion zsh)\n"
            "_tidegate() {\n"
            "    local line\n"
            "    local -a found\n"
            "    for line in \"${(@f)$(\"${words[1]}\" " COMPLETE_COMMAND
            " \"${(@)words[2,CURRENT]}\" 2>/dev/null)}\"; do\n"
            "        case $line in\n"
            "        :0) _files ;;\n"
            "        :16) _files -/ ;;\n"
            "        :*) ;;\n"
            "        *) found+=(\"${${line//:/\\\\:}/$'\\t'/:}\") ;;\n"
            "        esac\n"
            "    done\n"
            "    (( ${#found} )) && _describe tidegate found\n"
            "}\n"
            "compdef _tidegate tidegate\n"},
    {"fish",
     "# tidegate completion fish | source\n"
     "function __tidegate_complete\n"
     "    set -l words (commandline -opc)\n"
     "    set -l current (commandline -ct)\n"
     "    for line in ($words[1] " COMPLETE_COMMAND " $words[2..-1] \"$current\" 2>/dev/null)\n"
     "        switch $line\n"
     "            case ':0'\n"
     "                __fish_complete_path \"$current\"\n"
     "            case ':16'\n"
     "                __fish_complete_directories \"$current\"\n"
     "            case ':*'\n"
     "            case '*'\n"
     "                echo $line\n"
     "        end\n"
     "    end\n"
     "end\n"
     "complete -c tidegate -f -a '(__tidegate_complete)'\n"},
};

static int run(const struct command *command, int argc, char **argv)
{
    const char *value;
    int rest, option = command_option(command, argc, argv, &value, &rest);

    if (option != OPTION_END)
        return option == OPTION_HELP ? EXIT_OK : EXIT_USAGE;
    if (rest + 1 != argc)
        return command_misused(command, "name one shell: bash, zsh or fish");
    for (size_t i = 0; i < sizeof(shells) / sizeof(shells[0]); i++)
        if (strcmp(shells[i].name, argv[rest]) == 0) {
            fputs(shells[i].script, stdout);
            return EXIT_OK;
        }
    return command_misused(command, "unknown shell \"%s\", there are bash, zsh and fish",
                           argv[rest]);
}

const struct command command_completion = {
    .name = "completion",
    .arguments = "bash|zsh|fish",
    .summary = "print a script that completes commands and options in a shell",
    .example = "completion bash",
    .run = run,
};
