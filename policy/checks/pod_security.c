/* podSecurity: the Pod Security Standards, control by control and version by version, as
 * https://kubernetes.io/docs/concepts/security/pod-security-standards/ has them. */
#include "policy/rule/check.h"

#include "base/arena.h"
#include "base/text/letters.h"
#include "policy/controls/control.h"

#include <stdio.h>

static const struct schema_field except_fields[] = {
    {"controls", SCHEMA_STRING, .required = true, .list = true, .value_at = control_name_at,
     .doc = "controls of the level that are not asked"},
    {"reason", SCHEMA_STRING, .required = true, .doc = "why; for who reads the rule"},
    {0},
};

static const struct schema_field args[] = {
    {"level", SCHEMA_STRING, .value_at = control_level_name,
     .doc = "all controls of a level of the standards, as the version has them"},
    {"controls", SCHEMA_STRING, .list = true, .value_at = control_name_at,
     .value_about = control_about, .doc = "in place of a level: only these, by upstream's names"},
    {"version", SCHEMA_STRING, .hint = "write v{1.35}",
     .doc = "the standards of that minor version, as in v1.35; latest when left out"},
    {"except", SCHEMA_OBJECT, .list = true, .fields = except_fields,
     .doc = "what a level asks and this rule does not"},
    {0},
};

/* --- compiling -------------------------------------------------------------------------------- */

enum { VERSION_ROOM = 16 };

static const char *version_text(unsigned minor, char room[static VERSION_ROOM])
{
    snprintf(room, VERSION_ROOM, "v1.%u", minor);
    return room;
}

/* The minor version of "v1.35", and of what was meant by "1.35", "v1.35.2" and the like. */
static bool read_minor(struct view text, unsigned *minor)
{
    size_t n = 0;

    text = view_from(text, view_starts(text, "v") ? 1 : 0);
    if (!view_starts(text, "1."))
        return false;
    text = view_from(text, 2);
    for (*minor = 0; n < text.n && n < 4 && text.p[n] >= '0' && text.p[n] <= '9'; n++)
        *minor = *minor * 10 + (unsigned)(text.p[n] - '0');
    return n > 0 && (n == text.n || text.p[n] == '.');
}

/* Leaves *minor at the newest where there is an error. */
static int read_version(const struct node *node, struct compile *c, unsigned *minor)
{
    char written[VERSION_ROOM], newest[VERSION_ROOM];
    unsigned read;

    *minor = CONTROL_NEWEST;
    if (!node || node->kind == NODE_WRONG || view_eq_str(node->text, "latest"))
        return 0;
    if (!read_minor(node->text, &read)) {
        diag_error(c->diags, node->place, "\"%.*s\" is not a version", VIEW_ARGS(node->text));
        diag_hint(c->diags, "write it as in v1.35, or latest");
        return -1;
    }
    if (read > CONTROL_NEWEST) {
        diag_error(c->diags, node->place, "\"%.*s\" is newer than this program knows",
                   VIEW_ARGS(node->text));
        diag_hint(c->diags, "the newest is %s; latest stands for it",
                  version_text(CONTROL_NEWEST, newest));
        return -1;
    }
    if (!view_eq_str(node->text, version_text(read, written))) {
        diag_error(c->diags, node->place, "\"%.*s\" is not a version", VIEW_ARGS(node->text));
        diag_hint(c->diags, "write %s", written);
        return -1;
    }
    *minor = read;
    return 0;
}

static bool names_control(const struct node *list, const struct control *control)
{
    for (size_t i = 0; list && i < list->count; i++)
        if (view_eq_str(list->items[i]->text, control->name))
            return true;
    return false;
}

static bool is_excepted(const struct node *except, const struct control *control)
{
    for (size_t i = 0; except && i < except->count; i++)
        if (names_control(node_get(except->items[i], "controls"), control))
            return true;
    return false;
}

static bool is_of_level(const struct control *control, enum control_level level, unsigned minor)
{
    return control->level <= level && control->since <= minor;
}

/* The control of the level that takes another's place and is asked; or NULL. */
static const struct control *overrider_of(const struct control *control, enum control_level level,
                                          unsigned minor, const struct node *except)
{
    for (size_t i = 0; controls[i]; i++)
        if (controls[i]->overrides == control && is_of_level(controls[i], level, minor) &&
            !is_excepted(except, controls[i]))
            return controls[i];
    return NULL;
}

/* --- a level and its exceptions --------------------------------------------------------------- */

/* A control that is excepted does not take the place of another any more. */
static void add_level(struct control_list *p, enum control_level level, const struct node *except)
{
    for (size_t i = 0; controls[i]; i++)
        if (is_of_level(controls[i], level, p->minor) && !is_excepted(except, controls[i]) &&
            !overrider_of(controls[i], level, p->minor, except))
            p->controls[p->count++] = controls[i];
}

/* An exception of what is not asked anyway, or is asked all the same. */
static void refuse_vain_exception(const struct node *name, enum control_level level, unsigned minor,
                                  const struct node *except, struct compile *c)
{
    const struct control *control = control_of(name->text), *overrider;
    char version[VERSION_ROOM];

    if (!control)
        return;
    if (!is_of_level(control, level, minor)) {
        diag_vain(c->diags, name->place, "level %s of %s has no control \"%s\"",
                  control_level_name(level), version_text(minor, version), control->name);
        return;
    }
    overrider = overrider_of(control, level, minor, except);
    if (!overrider)
        return;
    diag_vain(c->diags, name->place, "\"%s\" is not asked beside \"%s\"", control->name,
              overrider->name);
    diag_hint(c->diags, "except \"%s\" too, or in its place", overrider->name);
}

static int read_exception(const struct node *node, enum control_level level, unsigned minor,
                          const struct node *except, struct compile *c)
{
    const struct node *names = node_get(node, "controls"), *reason = node_get(node, "reason");

    for (size_t i = 0; names && i < names->count; i++)
        refuse_vain_exception(names->items[i], level, minor, except, c);
    if (!reason || reason->kind == NODE_WRONG || letters_any(reason->text))
        return 0;
    diag_error(c->diags, reason->place, "the reason of an exception is empty");
    diag_hint(c->diags, "write it with letters or digits that can be seen");
    return -1;
}

static int read_level(const struct node *node, struct compile *c, struct control_list *p)
{
    const struct node *except = node_get(node, "except");
    struct view name = node_get(node, "level")->text;
    size_t level = 0;
    int result = 0;

    while (level < CONTROL_LEVELS && !view_eq_str(name, control_level_name(level)))
        level++;
    if (level == CONTROL_LEVELS)
        return -1;
    p->named = true;
    for (size_t i = 0; except && i < except->count; i++)
        result |= read_exception(except->items[i], level, p->minor, except, c);
    add_level(p, level, except);
    if (result == 0 && p->count == 0)
        diag_vain(c->diags, except->place, "every control of level %s is excepted",
                  control_level_name(level));
    return result;
}

/* --- a list of controls ----------------------------------------------------------------------- */

/* As upstream does, a control is not asked of versions before it was one. */
static int read_controls(const struct node *names, struct compile *c, struct control_list *p)
{
    char since[VERSION_ROOM];

    for (size_t i = 0; i < names->count; i++) {
        const struct control *control = control_of(names->items[i]->text);

        if (!control)
            continue;
        if (control->since <= p->minor)
            p->controls[p->count++] = control;
        else
            diag_vain(c->diags, names->items[i]->place, "\"%s\" is a control from %s on",
                      control->name, version_text(control->since, since));
    }
    return 0;
}

static int refuse_mixed(const struct node *node, struct compile *c)
{
    const struct node *level = node_get(node, "level"), *names = node_get(node, "controls");
    const struct node *except = node_get(node, "except");

    if (!level && !names) {
        diag_error(c->diags, node->place, "\"podSecurity\" has neither \"level\" nor \"controls\"");
        diag_hint(c->diags, "write level: baseline, level: restricted, or a list of controls");
        return -1;
    }
    if (level && names) {
        diag_error(c->diags, names->place,
                   "\"level\" and \"controls\" belong to two kinds of podSecurity");
        diag_hint(c->diags, "keep one, or make it two rules");
        return -1;
    }
    if (!level && except) {
        diag_error(c->diags, except->place, "there is no \"level\" to except controls from");
        diag_hint(c->diags, "leave them out of \"controls\"");
        return -1;
    }
    return 0;
}

static const void *compile(const struct node *node, struct compile *c)
{
    struct control_list *p = arena_alloc(c->arena, sizeof(*p));
    size_t count = 0;
    int result = 0;

    while (controls[count])
        count++;
    if (!p || !(p->controls = arena_array(c->arena, count, sizeof(const struct control *))))
        return NULL;
    result |= read_version(node_get(node, "version"), c, &p->minor);
    if (refuse_mixed(node, c) < 0)
        return NULL;
    if (node_get(node, "level"))
        result |= read_level(node, c, p);
    else
        result |= read_controls(node_get(node, "controls"), c, p);
    return result < 0 ? NULL : p;
}

static int evaluate_controls(const void *compiled, struct eval *e)
{
    return controls_ask(compiled, e);
}

const struct check check_pod_security = {
    .name = "podSecurity",
    .summary = "the Pod Security Standards hold",
    .scope = CHECK_WORKLOADS,
    .args = args,
    .example = "id: pod-security\n"
               "podSecurity:\n"
               "  level: restricted\n"
               "  version: v1.35\n"
               "  except:\n"
               "    - {controls: [hostPorts], reason: the node agent is reached by its port}\n",
    .compile = compile,
    .ignores_managed_fields = true,
    .eval = evaluate_controls,
};
