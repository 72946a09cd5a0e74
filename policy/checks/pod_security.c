/* podSecurity: the Pod Security Standards, control by control and version by version, as
 * https://kubernetes.io/docs/concepts/security/pod-security-standards/ has them. */
#include "policy/rule/check.h"

#include "base/arena.h"
#include "policy/object/value.h"

#include <yyjson.h>

/* One control of the standards. A rule asks for those that it names. */
struct control {
    const char *name;
    unsigned since; /* the first minor version of Kubernetes 1 that has it */
    int (*eval)(struct eval *e);
};

enum { LATEST = 1000, USER_NAMESPACES = 35, MAX_CONTROLS = 32 };

struct pod_security {
    const struct control *controls[MAX_CONTROLS];
    size_t count;
    bool spares_user_namespaces; /* from v1.35 on: root in a pod's own user namespace is nobody */
};

static yyjson_val *security_context(yyjson_val *owner, const char *key)
{
    yyjson_val *value = yyjson_obj_get(yyjson_obj_get(owner, "securityContext"), key);

    return yyjson_is_null(value) ? NULL : value;
}

static void find_container(struct eval *e, const struct container *c, const char *field,
                           yyjson_val *value, struct view needs)
{
    eval_find_value(e, container_path(e->arena, e->workload, c, field), value,
                    value ? value_quoted(value, e->arena) : VIEW("nothing"), needs);
}

static void find_pod(struct eval *e, const char *field, yyjson_val *value, struct view needs)
{
    eval_find_value(e, workload_path(e->arena, e->workload, field), value,
                    value_quoted(value, e->arena), needs);
}

/* A container's own setting wins over the pod's; a pod that says anything but true is refused
 * whatever its containers say. */
static int run_as_non_root(struct eval *e)
{
    yyjson_val *of_pod = security_context(e->workload->spec, "runAsNonRoot");
    struct container c = {0};

    if (of_pod && !yyjson_is_true(of_pod))
        find_pod(e, "spec.securityContext.runAsNonRoot", of_pod, VIEW("true"));
    while (eval_next_container(e, &c)) {
        yyjson_val *own = security_context(c.value, "runAsNonRoot");

        if (own && !yyjson_is_true(own))
            find_container(e, &c, "securityContext.runAsNonRoot", own, VIEW("true"));
        else if (!own && !yyjson_is_true(of_pod))
            find_container(e, &c, "securityContext.runAsNonRoot", NULL,
                           VIEW("true, here or for the whole pod"));
    }
    return 0;
}

/* User 0, or nothing that could be meant. */
static bool may_be_root(yyjson_val *user)
{
    return user && (!yyjson_is_num(user) || yyjson_get_num(user) == 0);
}

static int run_as_user(struct eval *e)
{
    static const char needs[] = "a user other than 0, or none";
    yyjson_val *user = security_context(e->workload->spec, "runAsUser");
    struct container c = {0};

    if (may_be_root(user))
        find_pod(e, "spec.securityContext.runAsUser", user, view_of(needs));
    while (eval_next_container(e, &c)) {
        user = security_context(c.value, "runAsUser");
        if (may_be_root(user))
            find_container(e, &c, "securityContext.runAsUser", user, view_of(needs));
    }
    return 0;
}

static const struct control controls[] = {
    {"runAsNonRoot", 0, run_as_non_root},
    {"runAsUser", 23, run_as_user},
};

/* The same names, for the schema. */
static const char *const control_names[] = {"runAsNonRoot", "runAsUser", NULL};

static const struct schema_field args[] = {
    {"controls", SCHEMA_STRING, .required = true, .list = true, .values = control_names,
     .doc = "controls of the standards, by upstream's names"},
    {"version", SCHEMA_STRING, .hint = "write v{1.35}",
     .doc = "the standards of that minor version, as in v1.35; latest"},
    {0},
};

/* "35.2" -> 35; false when it does not begin with a minor version. */
static bool read_minor(struct view text, unsigned *minor)
{
    size_t n = 0;

    *minor = 0;
    for (; n < text.n && text.p[n] >= '0' && text.p[n] <= '9' && *minor < LATEST / 10; n++)
        *minor = *minor * 10 + (unsigned)(text.p[n] - '0');
    return n > 0 && (n == text.n || text.p[n] == '.');
}

/* "v1.35" -> 35 */
static int read_version(const struct node *node, struct compile *c, unsigned *minor)
{
    struct view digits;

    *minor = LATEST;
    if (!node || (node->kind == NODE_STRING && view_eq_str(node->text, "latest")))
        return 0;
    digits = view_starts(node->text, "v") ? view_from(node->text, 1) : node->text;
    digits = view_starts(digits, "1.") ? view_from(digits, 2) : VIEW("");
    if (!read_minor(digits, minor)) {
        diag_error(c->diags, node->place, "\"%.*s\" is not a version", VIEW_ARGS(node->text));
        diag_hint(c->diags, "write it as in v1.35, or latest");
        return -1;
    }
    if (view_starts(node->text, "v") && view_find(digits, '.') < 0)
        return 0;
    diag_error(c->diags, node->place, "\"%.*s\" is not a version", VIEW_ARGS(node->text));
    diag_hint(c->diags, "write v1.%u", *minor);
    return -1;
}

/* As upstream does, a control is not asked of versions before it was one. */
static void add_control(struct pod_security *p, struct view name, unsigned minor)
{
    for (size_t i = 0; i < sizeof(controls) / sizeof(controls[0]); i++)
        if (view_eq_str(name, controls[i].name) && minor >= controls[i].since)
            p->controls[p->count++] = &controls[i];
}

static const void *compile(const struct node *node, struct compile *c)
{
    const struct node *names = node_get(node, "controls");
    struct pod_security *p = arena_alloc(c->arena, sizeof(*p));
    unsigned minor;
    size_t known = 0;

    if (!p || read_version(node_get(node, "version"), c, &minor) < 0)
        return NULL;
    p->spares_user_namespaces = minor >= USER_NAMESPACES;
    for (size_t i = 0; i < names->count && i < MAX_CONTROLS; i++) {
        known += names->items[i]->kind != NODE_WRONG;
        add_control(p, names->items[i]->text, minor);
    }
    if (p->count > 0)
        return p;
    if (known == 0)
        return NULL;
    diag_error(c->diags, names->place, "version %.*s has none of these controls",
               VIEW_ARGS(node_get(node, "version")->text));
    return NULL;
}

static int evaluate_controls(const void *compiled, struct eval *e)
{
    const struct pod_security *p = compiled;

    /* Both controls that there are have this exception. */
    if (p->spares_user_namespaces &&
        yyjson_is_false(yyjson_obj_get(e->workload->spec, "hostUsers")))
        return 0;
    for (size_t i = 0; i < p->count; i++) {
        if (eval_expired(e))
            return eval_late(e);
        if (p->controls[i]->eval(e) < 0 || e->error.p)
            return -1;
    }
    return 0;
}

const struct check check_pod_security = {
    .name = "podSecurity",
    .summary = "the Pod Security Standards hold",
    .scope = CHECK_WORKLOADS,
    .args = args,
    .example = "id: non-root\n"
               "podSecurity:\n"
               "  controls: [runAsNonRoot, runAsUser]\n",
    .compile = compile,
    .eval = evaluate_controls,
};
