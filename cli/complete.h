#ifndef TG_CLI_COMPLETE_H
#define TG_CLI_COMPLETE_H

/* What the scripts of `tidegate completion` call, as programs made with Cobra have it, so that
 * kubectl can ask its plugin too
 * (https://kubernetes.io/docs/tasks/extend-kubectl/kubectl-plugins/). */
#define COMPLETE_COMMAND "__complete"

/* Prints what can stand in place of the last of the words that follow the program's name, each in a
 * line with a tab and what it means, and at the end what else the shell may offer: ":0" files,
 * ":16" folders, ":4" nothing. Asks no cluster. Returns EXIT_OK. */
int complete_words(const char *const *words, int count);

#endif
