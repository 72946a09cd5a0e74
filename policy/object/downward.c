#include "policy/object/downward.h"

#include "base/json/json.h"

#include <yyjson.h>

void downward_begin(struct downward *d, yyjson_val *spec)
{
    *d = (struct downward){.at = spec, .end = spec ? unsafe_yyjson_get_next(spec) : NULL};
}

/* "metadata.labels", or one of them, "metadata.labels['app']", as
 * k8s.io/kubernetes/pkg/fieldpath reads it. */
static bool read_path(struct view path, const char *map, struct downward *d)
{
    static const char metadata[] = "metadata.", open[] = "['", close[] = "']";
    struct view rest = view_from(path, sizeof(metadata) - 1);

    if (!view_starts(path, metadata) || !view_starts(rest, map))
        return false;
    d->map = view_of(map);
    d->key = (struct view){NULL, 0};
    rest = view_from(rest, d->map.n);
    if (view_starts(rest, open) && view_ends(rest, close) && rest.n > 4)
        d->key = (struct view){rest.p + 2, rest.n - 4};
    return true;
}

/* The values of a document lie one behind the other, a key before what it leads to: no step goes
 * deeper for one that nests. */
bool downward_next(struct downward *d)
{
    while (d->at < d->end) {
        yyjson_val *value = d->at++;

        if (!yyjson_equals_str(value, "fieldPath") || d->at == d->end)
            continue;
        if (read_path(json_text_of(d->at), "labels", d) ||
            read_path(json_text_of(d->at), "annotations", d))
            return true;
    }
    return false;
}

bool downward_reads(yyjson_val *spec, const char *map, const char *key)
{
    struct downward d;

    downward_begin(&d, spec);
    while (downward_next(&d))
        if (view_eq_str(d.map, map) && (!d.key.p || view_eq_str(d.key, key)))
            return true;
    return false;
}
