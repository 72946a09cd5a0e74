#ifndef TG_POLICY_FREEZES_FREEZE_UNITS_H
#define TG_POLICY_FREEZES_FREEZE_UNITS_H

#include "policy/rule/rule.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct policy_set;
struct selector;
struct window_set;

/* A freeze rule, as it is in force somewhere. */
struct freeze_part {
    const struct policy *policy;
    const struct rule *rule;
    const struct window_set *windows; /* in the environment through which it matches there */
};

/* Of how many globs an overlap is listed; of fewer where there are more than LIMIT_FREEZE_OVERLAPS.
 * A namespace that matches more globs is then in several places, which together have all of its
 * rules. */
enum { FREEZE_MEET = 4 };

/* Namespaces that no rule tells apart by name: they match each of the globs. */
struct freeze_unit {
    struct view globs[FREEZE_MEET];
    size_t glob_count, last; /* the number of the last of them among those of the survey */
    const struct environment *labelled; /* whose labels they bear; or NULL */
    const struct selector *labels;      /* of a match, which they bear; or NULL */
    struct freeze_part *parts;
    size_t count;
    bool placed;
};

struct freeze_survey {
    const struct policy_set *set;
    int64_t at;
    struct arena *arena;
    struct freeze_part *rules; /* all freeze rules */
    struct freeze_part *room;  /* for as many, while they are looked for */
    size_t rule_count;
    struct view *globs; /* that tell namespaces apart, each once, "*" the last */
    size_t glob_count;
    struct freeze_unit *units; /* each glob, and where several overlap; without rules */
    size_t unit_count;
    size_t meet;                    /* of how many globs the units are at most */
    const struct selector **labels; /* of namespaces, in matches */
    size_t label_count;
};

/* Fills in the rules, globs, units and labels of a survey whose set, instant and arena are given;
 * the arena owns all of it. Returns 0, or -1 when memory runs out. */
int freeze_units_find(struct freeze_survey *s);

/* True when whatever fits inner fits outer. */
bool freeze_units_covers(struct view outer, struct view inner);

/* True when all of the unit's namespaces are in the environment. */
bool freeze_units_within(const struct environment *e, const struct freeze_unit *u);

/* Fills in the rules that apply to all namespaces of the unit. Returns 0, or -1. */
int freeze_units_parts(const struct freeze_survey *s, struct freeze_unit *u);

/* True when the same rules are in force in both. */
bool freeze_units_alike(const struct freeze_unit *a, const struct freeze_unit *b);

/* Narrows a unit to its namespaces that match the glob, too; false when all or none do, or when
 * there are too many globs. */
bool freeze_units_narrow(const struct freeze_survey *s, struct freeze_unit *u, struct view glob);

/* The deploys, CREATE and UPDATE, that a rule applies to. */
unsigned freeze_units_operations(const struct freeze_part *p);

#endif
