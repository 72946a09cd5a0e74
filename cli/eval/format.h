#ifndef TG_CLI_EVAL_FORMAT_H
#define TG_CLI_EVAL_FORMAT_H

struct document;
struct eval_result;

/* A format in which verdicts on documents are printed. One row a format in eval.c, one file
 * each. */
struct output_format {
    const char *name;

    /* An empty report; NULL when memory runs out. */
    void *(*create)(void);

    /* Adds a document, which lives as long as the report; the judgement ends with the call. Returns
     * 0, or -1 when memory runs out. */
    int (*add)(void *report, const struct document *document, const struct eval_result *judged);

    /* Prints to standard output what was not printed as it was added. Returns 0, or -1 when memory
     * is out. */
    int (*print)(void *report);

    void (*free)(void *report);
};

extern const struct output_format format_text, format_json, format_junit, format_sarif;

#endif
