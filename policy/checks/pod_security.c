/* podSecurity: the Pod Security Standards, control by control and version by version, as
 * https://kubernetes.io/docs/concepts/security/pod-security-standards/ has them. */
#include "policy/rule/check.h"

#include "base/arena.h"
#include "policy/controls/control.h"

enum { LATEST = 1000 };

struct pod_security {
    const struct control **controls;
    size_t count;
    unsigned minor; /* the version of the standards */
};

static const struct schema_field args[] = {
    {"controls", SCHEMA_STRING, .required = true, .list = true, .value_at = control_name_at,
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
static void add_control(struct pod_security *p, struct view name)
{
    const struct control *control = control_of(name);

    if (control && p->minor >= control->since)
        p->controls[p->count++] = control;
}

static const void *compile(const struct node *node, struct compile *c)
{
    const struct node *names = node_get(node, "controls");
    struct pod_security *p = arena_alloc(c->arena, sizeof(*p));
    size_t known = 0;

    if (!p || read_version(node_get(node, "version"), c, &p->minor) < 0)
        return NULL;
    p->controls = arena_array(c->arena, names->count, sizeof(const struct control *));
    if (!p->controls)
        return NULL;
    for (size_t i = 0; i < names->count; i++) {
        known += names->items[i]->kind != NODE_WRONG;
        add_control(p, names->items[i]->text);
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

    for (size_t i = 0; i < p->count; i++) {
        if (eval_expired(e))
            return eval_late(e);
        if (control_ask(p->controls[i], p->minor, e) < 0 || e->error.p)
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
    .ignores_managed_fields = true,
    .eval = evaluate_controls,
};
