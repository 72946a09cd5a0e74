#include "cli/colour.h"
#include "cli/eval/eval_document.h"
#include "cli/eval/format.h"

#include <stdio.h>
#include <stdlib.h>

struct report {
    bool colour;
};

static void *create(void)
{
    struct report *r = malloc(sizeof(*r));

    if (r)
        r->colour = colour_is_wanted();
    return r;
}

static void print_place(const struct document *document)
{
    printf("%s:", document->file);
    if (document->line > 0)
        printf("%u:", document->line);
    putchar(' ');
}

static void print_verdict(const struct report *r, const struct eval_result *judged)
{
    if (judged->allowed) {
        colour_print(r->colour, COLOUR_GREEN, "allowed");
        printf(": %.*s\n", VIEW_ARGS(judged->subject));
        return;
    }
    colour_print(r->colour, COLOUR_RED, "denied");
    printf(": %.*s%s", VIEW_ARGS(judged->message), view_ends(judged->message, "\n") ? "" : "\n");
}

/* Errors, and the warnings of reading a document, were printed to standard error. */
static int add(void *report, const struct document *document, const struct eval_result *judged)
{
    const struct report *r = report;

    if (judged->error)
        return 0;
    print_place(document);
    print_verdict(r, judged);
    for (size_t i = 0; i < judged->warning_count; i++) {
        print_place(document);
        colour_print(r->colour, COLOUR_YELLOW, "warning");
        printf(": %.*s\n", VIEW_ARGS(judged->warnings[i]));
    }
    return 0;
}

static int print(void *report)
{
    (void)report;
    return 0;
}

const struct output_format format_text = {"text", create, add, print, free};
