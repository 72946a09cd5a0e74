#ifndef TG_CLI_RULES_RULES_MARKDOWN_H
#define TG_CLI_RULES_RULES_MARKDOWN_H

/* Prints every key of rule files, and every check, as the page docs/checks.md. */
void rules_markdown_print(void);

#endif
