#ifndef TG_BASE_JSON_JSON_SAME_H
#define TG_BASE_JSON_JSON_SAME_H

struct arena;
struct budget;
struct yyjson_val;

/* Whether two values, each of which may be NULL, are the same: maps whatever the order of their
 * keys. Returns 1 or 0; or -1 when that is not known, because the budget is used up (budget->over),
 * they nest deeper than LIMIT_JSON_DEPTH or the arena has no room. O(n log n). Any thread. */
int json_same(struct yyjson_val *a, struct yyjson_val *b, struct arena *arena,
              struct budget *budget);

#endif
