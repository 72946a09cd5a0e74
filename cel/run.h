#ifndef TG_CEL_RUN_H
#define TG_CEL_RUN_H

#include "cel/value.h"

struct arena;
struct budget;

/* What evaluations may take: any number of them, one after the other, over the same documents and
 * in the same arena. The caller fills in the first part, zeroes the rest, and keeps all of it until
 * the results were read. One thread at a time. */
struct cel_run {
    struct arena *arena;   /* for what the expression makes; its ceiling ends the evaluation */
    struct budget *budget; /* asked in every loop; NULL: no end */
    uint64_t cost_limit;   /* of `cost`; 0: none */
    /* The variables, in the order in which the program was compiled with them. */
    const struct cel_value *variables;

    uint64_t cost; /* as Kubernetes counts it, of all evaluations since the caller set it to 0 */
    const char *halted; /* why the evaluation could not go on, one line; the result is then none */

    /* For functions: what the row's `prepare` made of this call's constants, or NULL. */
    const void *prepared;
    uint32_t at;                 /* the byte of the expression's text at which the call stands */
    struct cel_value *slots;     /* the variables of macros; the evaluator's */
    struct regex_room *room;     /* for matches of cel/regex/regex.h; cel_run_room's */
    struct cel_indexes *indexes; /* of long lists and maps of a document; cel/list.c's */
};

/* The value of an error, "what" and then "about", which are copied neither: a string that ends with
 * NUL, mostly a literal, and bytes that live as long as the run. */
struct cel_value cel_fail(struct cel_run *run, const char *what, struct view about);

/* The same of a text that is made here. */
struct cel_value cel_failf(struct cel_run *run, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Ends the whole evaluation, which no || absorbs: memory, time or cost is over. The first reason
 * counts. Returns an error. */
struct cel_value cel_halt(struct cel_run *run, const char *why);

/* "the evaluation takes more memory than it may": what a function returns when its arena is full.
 */
struct cel_value cel_no_memory(struct cel_run *run);

/* The error that no row of a function takes values of these kinds. */
struct cel_value cel_no_overload(struct cel_run *run);

/* Takes n steps of about 50 ns from the budget; false, with the run halted, when it is over. To be
 * asked by each loop over what a caller sent. */
bool cel_step(struct cel_run *run, uint64_t n);

/* The room for matches of regular expressions (cel/regex/regex.h); NULL with the run halted. */
struct regex_room *cel_run_room(struct cel_run *run);

/* An optional that holds a copy of the value. */
struct cel_value cel_optional(struct cel_run *run, struct cel_value value);

/* An array of room elements, count 0, or NULL with the run halted. */
struct cel_list *cel_list_create(struct cel_run *run, size_t room);

#endif
