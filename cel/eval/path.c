#include "base/buf.h"
#include "cel/eval/node.h"
#include "cel/list.h"
#include "cel/show.h"

#include <math.h>

/* Selections. The rules are those of cel-go's attributes, with what Kubernetes sets: has() of what
 * is not a map is false, and costs nothing beyond the steps to it. */

/* What a step found. */
enum found { FOUND, ABSENT, FAILED };

static enum found fail_with(struct cel_run *run, const char *what, struct cel_value key,
                            struct cel_value *value)
{
    struct view text = cel_show(run, key);

    *value = text.p ? cel_fail(run, what, text) : cel_no_memory(run);
    return FAILED;
}

/* The index that a key is; false when it is none. */
static bool index_of(struct cel_value key, int64_t *index)
{
    if (key.kind == CEL_INT || (key.kind == CEL_UINT && key.u <= INT64_MAX)) {
        *index = key.i;
        return true;
    }
    if (key.kind != CEL_DOUBLE || key.d != trunc(key.d) || fabs(key.d) >= 0x1p63)
        return false;
    *index = (int64_t)key.d;
    return true;
}

static enum found in_list(struct cel_run *run, struct cel_value list, struct cel_value key,
                          struct cel_value *value)
{
    int64_t i;

    if (!index_of(key, &i)) {
        if (key.kind == CEL_UINT)
            return fail_with(run, "index out of bounds: ", key, value);
        *value = cel_failf(run, "unsupported index type '%s' in list", cel_type_of(key)->name);
        return FAILED;
    }
    if (i < 0 || (uint64_t)i >= cel_count(list))
        return ABSENT;
    *value = cel_list_at(run, list, (size_t)i);
    return FOUND;
}

static enum found in_object(struct cel_run *run, const struct cel_object *object,
                            struct cel_value key, struct cel_value *value)
{
    if (!object->class->field || key.kind != CEL_STRING ||
        !object->class->field(object, cel_text(key), run, value))
        return ABSENT;
    return value->kind == CEL_ERROR ? FAILED : FOUND;
}

static enum found look(struct cel_run *run, struct cel_value of, struct cel_value key,
                       struct cel_value *value)
{
    if (of.kind == CEL_MAP) {
        if (key.kind == CEL_STRING)
            return cel_map_field(run, of, cel_text(key), value) ? FOUND : ABSENT;
        return cel_map_get(run, of, key, value) ? FOUND : ABSENT;
    }
    if (of.kind == CEL_LIST)
        return in_list(run, of, key, value);
    return of.kind == CEL_OBJECT ? in_object(run, of.object, key, value) : ABSENT;
}

bool cel_can_select(struct cel_value key)
{
    return key.kind == CEL_STRING || key.kind == CEL_INT || key.kind == CEL_UINT ||
           key.kind == CEL_BOOL || key.kind == CEL_DOUBLE;
}

/* One step from *value. */
static enum found step(const struct cel_part *part, struct cel_run *run, struct cel_value *value)
{
    struct cel_value key = part->key, of = *value;

    if (part->index) {
        key = cel_node_eval(part->index, run);
        if (key.kind == CEL_ERROR) {
            *value = key;
            return FAILED;
        }
        if (!cel_can_select(key)) {
            *value = cel_failf(run, "invalid qualifier type: %s", cel_type_of(key)->name);
            return FAILED;
        }
    }
    switch (look(run, of, key, value)) {
    case FOUND: return FOUND;
    case FAILED: return FAILED;
    case ABSENT: break;
    }
    *value = key;
    return ABSENT;
}

static struct cel_value absent(struct cel_run *run, struct cel_value of, struct cel_value key)
{
    bool list = of.kind == CEL_LIST;

    fail_with(run, list ? "index out of bounds: " : "no such key: ", key, &key);
    return key;
}

/* A step without "?" before it. */
static bool plain_step(const struct cel_part *part, struct cel_run *run, struct cel_value *value)
{
    struct cel_value of = *value;
    enum found found = step(part, run, value);

    run->cost++;
    if (part->test && found != FAILED)
        *value = cel_bool(found == FOUND);
    else if (found == ABSENT)
        *value = absent(run, of, *value);
    return value->kind != CEL_ERROR;
}

/* From the first "?" on, or from an optional: what is absent ends the path without an error. */
static struct cel_value optional_steps(const struct cel_node *node, uint32_t i, struct cel_run *run,
                                       struct cel_value value)
{
    bool test = false;

    for (; i < node->path.part_count; i++) {
        enum found found = step(&node->path.parts[i], run, &value);

        test = node->path.parts[i].test;
        if (found == FAILED)
            return value;
        if (found == ABSENT)
            return test || node->path.parts[node->path.part_count - 1].test ? cel_bool(false)
                                                                            : cel_some(NULL);
        run->cost++;
    }
    return test ? cel_bool(true) : cel_optional(run, value);
}

static struct cel_value root_of(const struct cel_node *node, struct cel_run *run)
{
    struct cel_value *slot;

    switch (node->path.root) {
    case CEL_ROOT_VARIABLE: return run->variables[node->path.number];
    case CEL_ROOT_SLOT: return run->slots[node->path.number];
    case CEL_ROOT_NODE: return cel_node_eval(node->args[0], run);
    case CEL_ROOT_LAZY: break;
    }
    slot = &run->slots[node->path.number];
    if (slot->kind == CEL_ERROR && !slot->error)
        *slot = cel_node_eval(node->args[0], run);
    return *slot;
}

/* cel-go reads what is in an optional with all optionals around it taken off, and so does not know
 * an optional in an optional that a variable, a "?:" or a path gives. */
struct cel_value cel_flatten(struct cel_value v)
{
    static const struct cel_value null = {.kind = CEL_NULL};

    while (v.kind == CEL_OPTIONAL && v.some && v.some->kind == CEL_OPTIONAL)
        v.some = v.some->some ? v.some->some : &null;
    return v;
}

static struct cel_value walk(const struct cel_node *node, struct cel_run *run)
{
    const struct cel_part *parts = node->path.parts;
    struct cel_value value = cel_flatten(root_of(node, run));

    if (value.kind == CEL_ERROR || node->path.part_count == 0)
        return value;
    run->at = node->at;
    if (value.kind == CEL_OPTIONAL) {
        if (!value.some)
            return parts[node->path.part_count - 1].test ? cel_bool(false) : value;
        return optional_steps(node, 0, run, *value.some);
    }
    for (uint32_t i = 0; i < node->path.part_count; i++) {
        if (parts[i].optional)
            return optional_steps(node, i, run, value);
        if (!plain_step(&parts[i], run, &value))
            return value;
    }
    return value;
}

/* The end of a path costs 1, but not of has(), and not where a "?:" or an index reads it. */
struct cel_value cel_path_eval(const struct cel_node *node, struct cel_run *run)
{
    struct cel_value value = walk(node, run);
    bool choice = node->path.root == CEL_ROOT_NODE && node->args[0]->op == CEL_OP_IF;
    bool test = node->path.part_count > 0 && node->path.parts[node->path.part_count - 1].test;

    if (test)
        run->cost -= choice && !node->bare && run->cost > 0;
    else if (!node->bare && !choice)
        run->cost++;
    return value;
}
