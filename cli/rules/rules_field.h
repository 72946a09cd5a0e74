#ifndef TG_CLI_RULES_RULES_FIELD_H
#define TG_CLI_RULES_RULES_FIELD_H

struct buf;
struct schema_field;

enum rules_field_style { RULES_FIELD_PLAIN, RULES_FIELD_MARKDOWN };

/* Appends what a key takes: its type and range, whether it is required, then `between`, then its
 * line of documentation with the words that are accepted, but those that have a line each
 * (value_about), and the value when it is left out. No line end. */
void rules_field_write(const struct schema_field *field, const char *between,
                       enum rules_field_style style, struct buf *out);

/* Prints it. */
void rules_field_print(const struct schema_field *field, const char *between,
                       enum rules_field_style style);

#endif
