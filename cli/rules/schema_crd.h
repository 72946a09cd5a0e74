#ifndef TG_CLI_RULES_SCHEMA_CRD_H
#define TG_CLI_RULES_SCHEMA_CRD_H

struct buf;

/* Appends the CustomResourceDefinitions of the kinds of rules as YAML documents, made from the
 * tables that the program itself holds the documents against. The API server prunes nothing below
 * spec and refuses nothing there but a value of another type: what is a mistake the webhook says.
 * Returns 0, or -1 when memory runs out. */
int schema_crd_write(struct buf *out);

#endif
