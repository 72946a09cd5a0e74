#ifndef TG_CLI_RULES_SCHEMA_JSON_H
#define TG_CLI_RULES_SCHEMA_JSON_H

/* Prints the JSON Schema (draft 2020-12) of the documents of rule files, for editors, made from the
 * tables that the program itself holds them against. Returns 0, or -1 when memory runs out. */
int schema_json_print(void);

#endif
