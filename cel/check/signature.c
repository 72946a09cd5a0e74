#include "base/arena.h"
#include "cel/check/overload.h"
#include "cel/list.h"

/* --- types by name ---------------------------------------------------------------------------- */

static const struct {
    const char *name;
    const struct cel_type *type;
} simple_types[] = {
    {"bool", &cel_type_bool},
    {"int", &cel_type_int},
    {"uint", &cel_type_uint},
    {"double", &cel_type_double},
    {"string", &cel_type_string},
    {"bytes", &cel_type_bytes},
    {"type", &cel_type_type},
    {"list", &cel_type_list},
    {"map", &cel_type_map},
    /* In signatures only, the others in expressions only. */
    {"dyn", &cel_type_dyn},
    {"null", &cel_type_null},
    {"timestamp", &cel_type_timestamp},
    {"duration", &cel_type_duration},
    {"optional", &cel_type_optional},
    {"null_type", &cel_type_null},
    {"optional_type", &cel_type_optional},
    {"google.protobuf.Timestamp", &cel_type_timestamp},
    {"google.protobuf.Duration", &cel_type_duration},
};

enum { SIGNATURES_FIRST = 9, SIGNATURES_LAST = 13 };

static const struct cel_type *class_type(const struct cel_env *env, struct view name)
{
    for (size_t i = 0; i < env->class_count; i++)
        if (view_eq_str(name, env->classes[i]->name))
            return env->classes[i]->type;
    return NULL;
}

const struct cel_type *cel_env_type(const struct cel_env *env, struct view name)
{
    for (size_t i = 0; i < sizeof(simple_types) / sizeof(simple_types[0]); i++)
        if ((i < SIGNATURES_FIRST || i > SIGNATURES_LAST) &&
            view_eq_str(name, simple_types[i].name))
            return simple_types[i].type;
    return class_type(env, name);
}

/* --- signatures ------------------------------------------------------------------------------- */

struct reader {
    const struct cel_env *env;
    struct arena *arena;
    const char *p;
    bool generic;
};

static bool take(struct reader *r, const char *text)
{
    size_t n = strlen(text);

    if (strncmp(r->p, text, n) != 0)
        return false;
    r->p += n;
    return true;
}

/* What stands before the next bracket, comma or blank. */
static struct view take_word(struct reader *r)
{
    struct view word = {r->p, strcspn(r->p, "(), ")};

    r->p += word.n;
    return word;
}

static const struct cel_type *param_type(struct reader *r, char letter)
{
    struct cel_type *type = arena_alloc(r->arena, sizeof(*type));

    r->generic = true;
    if (type)
        *type = (struct cel_type){
            .kind = CEL_TYPE_PARAM, .name = "dyn", .param = (uint32_t)(letter - 'A' + 1)};
    return type;
}

static const struct cel_type *named_type(struct reader *r, struct view word)
{
    if (word.n == 1 && word.p[0] >= 'A' && word.p[0] <= 'Z')
        return param_type(r, word.p[0]);
    for (size_t i = 0; i < sizeof(simple_types) / sizeof(simple_types[0]); i++)
        if (view_eq_str(word, simple_types[i].name))
            return simple_types[i].type;
    return class_type(r->env, word);
}

static const struct cel_type *take_type(struct reader *r)
{
    const struct cel_type *type = named_type(r, take_word(r)), *of[2] = {NULL, NULL};

    if (!type || !take(r, "("))
        return type;
    of[0] = take_type(r);
    if (of[0] && take(r, ", "))
        of[1] = take_type(r);
    if (!of[0] || !take(r, ")"))
        return NULL;
    if (type->kind == CEL_TYPE_MAP)
        return of[1] ? cel_type_map_of(of[0], of[1], r->arena) : NULL;
    if (type->kind == CEL_TYPE_LIST)
        return cel_type_list_of(of[0], r->arena);
    if (type->kind == CEL_TYPE_TYPE)
        return cel_type_type_of(of[0], r->arena);
    return type->kind == CEL_TYPE_OPTIONAL ? cel_type_optional_of(of[0], r->arena) : NULL;
}

static int take_arg(struct reader *r, struct cel_overload *overload)
{
    if (overload->count == CEL_ARGS)
        return -1;
    overload->args[overload->count] = take_type(r);
    return overload->args[overload->count++] ? 0 : -1;
}

int cel_signature(const struct cel_env *env, const struct cel_function *row, struct arena *arena,
                  struct cel_overload *overload)
{
    struct reader r = {env, arena, row->signature, false};

    *overload = (struct cel_overload){.row = row};
    if (take(&r, "(")) {
        overload->member = true;
        if (take_arg(&r, overload) < 0 || !take(&r, ")."))
            return -1;
    }
    overload->name = take_word(&r);
    if (!take(&r, "("))
        return -1;
    while (!take(&r, ")"))
        if (take_arg(&r, overload) < 0 || (r.p[0] != ')' && !take(&r, ", ")))
            return -1;
    if (!take(&r, " -> "))
        return -1;
    overload->result = take_type(&r);
    overload->generic = r.generic;
    return overload->result && r.p[0] == '\0' ? 0 : -1;
}

const struct cel_type *cel_type_read(const struct cel_env *env, const char *text,
                                     struct arena *arena)
{
    struct reader r = {env, arena, text, false};
    const struct cel_type *type = take_type(&r);

    return type && r.p[0] == '\0' ? type : NULL;
}

/* --- values that fit -------------------------------------------------------------------------- */

static bool fits(const struct cel_type *type, struct cel_value v);

/* As cel-go does it, of what is in a list or map the first is looked at. */
static bool first_fits(const struct cel_type *type, struct cel_value v)
{
    struct cel_iter iter;

    if (type->of[0]->kind == CEL_TYPE_DYN || type->of[0]->kind == CEL_TYPE_PARAM)
        if (!type->of[1] || type->of[1]->kind == CEL_TYPE_DYN ||
            type->of[1]->kind == CEL_TYPE_PARAM)
            return true;
    iter = cel_iter(v);
    if (!cel_iter_next(&iter))
        return true;
    if (type->kind == CEL_TYPE_LIST)
        return fits(type->of[0], iter.value);
    return fits(type->of[0], iter.key) && fits(type->of[1], iter.value);
}

static bool fits(const struct cel_type *type, struct cel_value v)
{
    switch (type->kind) {
    case CEL_TYPE_ERROR: return false;
    case CEL_TYPE_DYN:
    case CEL_TYPE_PARAM: return true;
    case CEL_TYPE_NULL: return v.kind == CEL_NULL;
    case CEL_TYPE_BOOL: return v.kind == CEL_BOOL;
    case CEL_TYPE_INT: return v.kind == CEL_INT;
    case CEL_TYPE_UINT: return v.kind == CEL_UINT;
    case CEL_TYPE_DOUBLE: return v.kind == CEL_DOUBLE;
    case CEL_TYPE_STRING: return v.kind == CEL_STRING;
    case CEL_TYPE_BYTES: return v.kind == CEL_BYTES;
    case CEL_TYPE_TIMESTAMP: return v.kind == CEL_TIMESTAMP;
    case CEL_TYPE_DURATION: return v.kind == CEL_DURATION;
    case CEL_TYPE_LIST: return v.kind == CEL_LIST && first_fits(type, v);
    case CEL_TYPE_MAP: return v.kind == CEL_MAP && first_fits(type, v);
    case CEL_TYPE_OPTIONAL: return v.kind == CEL_OPTIONAL;
    case CEL_TYPE_TYPE: return v.kind == CEL_TYPE;
    case CEL_TYPE_OBJECT: return v.kind == CEL_OBJECT && v.object->class == type->class;
    }
    return false;
}

bool cel_overload_fits(const struct cel_overload *overload, const struct cel_value *args)
{
    for (unsigned i = 0; i < overload->count; i++)
        if (!fits(overload->args[i], args[i]))
            return false;
    return true;
}
