#include "policy/rule/match_text.h"

#include "base/buf.h"
#include "base/diag.h"
#include "base/text/suggest.h"
#include "base/text/template.h"
#include "base/yaml/node.h"
#include "policy/schema/dns_label.h"

#include <string.h>

#define USER_PREFIX  "system:serviceaccount:"
#define GROUP_PREFIX "system:serviceaccounts"

/* LONGEST_LABEL and LONGEST_NAME: RFC 1123 */
enum { LONGEST_LABEL = 63, LONGEST_NAME = 253, MAX_GLOB = 512 };

/* --- globs ------------------------------------------------------------------------------------ */

static bool is_wild(char c)
{
    return c == '*' || c == '?';
}

static bool has_wild(struct view text)
{
    return view_find(text, '*') >= 0 || view_find(text, '?') >= 0;
}

static bool is_alnum(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

/* How many characters the shortest text has that fits. */
static size_t least_length(struct view glob)
{
    size_t n = 0;

    for (size_t i = 0; i < glob.n; i++)
        n += glob.p[i] != '*';
    return n;
}

/* False when no DNS label, or with dots no DNS subdomain, fits the glob. */
static bool fits_dns(struct view glob, bool dots)
{
    for (size_t i = 0; i < glob.n; i++) {
        char c = glob.p[i], before = i > 0 ? glob.p[i - 1] : '.';
        char after = i + 1 < glob.n ? glob.p[i + 1] : '.';

        if (is_alnum(c) || is_wild(c))
            continue;
        if (c == '-'
                ? before == '.' || after == '.'
                : c != '.' || !dots || i == 0 || i + 1 == glob.n || before == '.' || before == '-')
            return false;
    }
    return glob.n > 0 && least_length(glob) <= (dots ? LONGEST_NAME : LONGEST_LABEL);
}

/* --- regular expressions ---------------------------------------------------------------------- */

/* What nobody writes in a glob. */
static bool is_regex(struct view text)
{
    return text.n > 0 &&
           (text.p[0] == '^' || text.p[text.n - 1] == '$' || view_find(text, '\\') >= 0);
}

/* \d and its like have no counterpart in a glob. */
static bool has_class(struct view regex)
{
    for (size_t i = 0; i + 1 < regex.n; i++)
        if (regex.p[i] == '\\' && strchr("dDsSwWbB", regex.p[i + 1]))
            return true;
    return false;
}

/* "^web-.*$" -> "web-*" */
static void add_as_glob(struct view regex, struct buf *out)
{
    if (view_starts(regex, "^"))
        regex = view_from(regex, 1);
    if (view_ends(regex, "$"))
        regex = view_first(regex, regex.n - 1);
    while (regex.n > 0) {
        bool any = view_starts(regex, ".*"), some = view_starts(regex, ".+");

        if (any || some)
            buf_add_str(out, any ? "*" : "?*");
        else if (regex.p[0] != '\\')
            buf_add_char(out, regex.p[0]);
        regex = view_from(regex, any || some ? 2 : 1);
    }
}

/* "prod|staging" -> "prod, staging" */
static void add_as_list(struct view regex, struct buf *out)
{
    for (size_t i = 0; i < regex.n; i++) {
        if (regex.p[i] == '|')
            buf_add_str(out, ", ");
        else if (!strchr("^$()", regex.p[i]))
            buf_add_char(out, regex.p[i]);
    }
}

static bool all_dns(struct view list)
{
    struct view one;

    do {
        if (!view_cut(list, ',', &one, &list))
            list = VIEW("");
        if (!fits_dns(view_trim(one), true) || has_wild(one))
            return false;
    } while (list.n > 0);
    return true;
}

/* The text in small letters, where nothing else is wrong with it. */
static void add_lower(struct view text, struct buf *out)
{
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];

        buf_add_char(out, c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c == '_' ? '-' : c);
    }
}

/* For a glob of DNS names: what was probably meant. */
static void hint_glob(struct view text, bool dots, struct diags *diags)
{
    struct buf glob;

    if (template_in(text)) {
        diag_hint(diags, "this is a template that is not rendered: give what it renders to");
        return;
    }
    buf_init(&glob, MAX_GLOB);
    add_as_list(text, &glob);
    if (view_find(text, '|') > 0 && all_dns(buf_view(&glob))) {
        diag_hint(diags, "write %.*s, each an entry of its own", VIEW_ARGS(buf_view(&glob)));
        goto out;
    }
    buf_reset(&glob);
    add_as_glob(text, &glob);
    if (!has_class(text) && !view_eq(buf_view(&glob), text) && fits_dns(buf_view(&glob), dots)) {
        diag_hint(diags, "this is a glob and no regular expression: write \"%.*s\"",
                  VIEW_ARGS(buf_view(&glob)));
        goto out;
    }
    buf_reset(&glob);
    add_lower(text, &glob);
    if (!view_eq(buf_view(&glob), text) && fits_dns(buf_view(&glob), dots))
        diag_hint(diags, "did you mean \"%.*s\"?", VIEW_ARGS(buf_view(&glob)));
    else
        diag_hint(diags, "it has small letters, digits%s, at most %d; * stands for any, ? for one",
                  dots ? ", '-' and '.'" : " and '-'", dots ? LONGEST_NAME : LONGEST_LABEL);
out:
    buf_release(&glob);
}

/* --- namespaces and names --------------------------------------------------------------------- */

void match_text_namespaces(const struct node *list, struct diags *diags)
{
    for (size_t i = 0; list && i < list->count; i++) {
        const struct node *node = list->items[i];

        if (node->kind == NODE_WRONG || fits_dns(node->text, false))
            continue;
        diag_vain(diags, node->place, "no namespace can be called \"%.*s\"", VIEW_ARGS(node->text));
        hint_glob(node->text, false, diags);
    }
}

/* A regular expression that is a glob as well, and of other names. */
static bool is_dot_star(struct view text)
{
    return text.n > 2 && view_ends(text, ".*") && !has_wild(view_first(text, text.n - 2));
}

static void check_name(const struct node *node, enum name_shape shape, struct diags *diags)
{
    struct view text = node->text;
    bool segment = view_find(text, '/') < 0 && view_find(text, '%') < 0 && !is_regex(text);

    if (fits_dns(text, true)) {
        if (!is_dot_star(text))
            return;
        diag_warning(diags, node->place, "\"%.*s\" matches names that begin with \"%.*s\"",
                     VIEW_ARGS(text), VIEW_ARGS(view_first(text, text.n - 1)));
        diag_hint(diags, "this is a glob: write \"%.*s*\" for all that begin with \"%.*s\"",
                  VIEW_ARGS(view_first(text, text.n - 2)), VIEW_ARGS(view_first(text, text.n - 2)));
        return;
    }
    /* What is any path segment: k8s.io/apimachinery/pkg/api/validation/path. Nobody writes
     * system:node by mistake. */
    if (segment && (shape == NAMES_FREE || (shape == NAMES_MIXED && view_find(text, ':') >= 0)))
        return;
    if (!segment || shape == NAMES_DNS)
        diag_vain(diags, node->place, "no object can be called \"%.*s\"", VIEW_ARGS(text));
    else
        diag_warning(diags, node->place, "only Roles and few others can be called \"%.*s\"",
                     VIEW_ARGS(text));
    if (shape == NAMES_FREE)
        diag_hint(diags, "this is a glob, and no name has a / or %% in it");
    else
        hint_glob(text, true, diags);
}

void match_text_names(const struct node *list, enum name_shape shape, struct diags *diags)
{
    for (size_t i = 0; list && i < list->count; i++)
        if (list->items[i]->kind != NODE_WRONG)
            check_name(list->items[i], shape, diags);
}

/* --- who asks --------------------------------------------------------------------------------- */

/* namespace/name, or namespace:name. */
static bool is_account(struct view text, char separator)
{
    struct view namespace_, name;

    return view_cut(text, separator, &namespace_, &name) && fits_dns(namespace_, false) &&
           fits_dns(name, true);
}

/* Kubernetes' own groups:
 * https://kubernetes.io/docs/reference/access-authn-authz/rbac/#default-roles-and-role-bindings */
static const char *const own_groups[] = {"system:masters",         "system:authenticated",
                                         "system:unauthenticated", "system:nodes",
                                         "system:bootstrappers",   "system:monitoring"};

enum { OWN_GROUPS = sizeof(own_groups) / sizeof(own_groups[0]) };

static bool is_own_group(struct view text)
{
    for (size_t i = 0; i < OWN_GROUPS; i++)
        if (view_eq_str(text, own_groups[i]))
            return true;
    return view_starts(text, GROUP_PREFIX);
}

/* As is_regex(), of what may be the name of an account: CORP\jane and HOST$ are. */
static bool is_regex_of_people(struct view text)
{
    static const char *const signs[] = {"\\.", "\\d+", "\\w+"};

    for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++)
        if (memmem(text.p, text.n, signs[i], strlen(signs[i])))
            return true;
    return view_starts(text, "^");
}

static void hint_exact(struct view text, bool globs, struct diags *diags)
{
    struct buf glob;

    if (!globs) {
        diag_hint(diags, "it is compared exactly: write each that is meant as an entry of its own");
        return;
    }
    buf_init(&glob, MAX_GLOB);
    add_as_glob(text, &glob);
    diag_hint(diags, "this is a glob and no regular expression: write \"%.*s\"",
              VIEW_ARGS(buf_view(&glob)));
    buf_release(&glob);
}

static void check_user(const struct node *node, bool globs, struct diags *diags)
{
    struct view text = node->text;

    if (is_own_group(text)) {
        diag_vain(diags, node->place, "\"%.*s\" is a group, and no user", VIEW_ARGS(text));
        diag_hint(diags, "name it under \"groups\"");
    } else if (view_starts(text, USER_PREFIX)) {
        if ((globs && has_wild(text)) || is_account(view_from(text, strlen(USER_PREFIX)), ':'))
            return;
        diag_vain(diags, node->place, "\"%.*s\" is not a service account", VIEW_ARGS(text));
        diag_hint(diags, "its user is " USER_PREFIX "NAMESPACE:NAME");
    } else if (is_regex_of_people(text) || (!globs && has_wild(text))) {
        diag_vain(diags, node->place, "no user is called \"%.*s\"", VIEW_ARGS(text));
        hint_exact(text, globs, diags);
    } else if (is_account(text, '/') && view_find(text, '.') < 0 && !has_wild(text)) {
        struct view namespace_, name;

        view_cut(text, '/', &namespace_, &name);
        diag_warning(diags, node->place, "\"%.*s\" is hardly the name of a user", VIEW_ARGS(text));
        diag_hint(diags, "a service account is called " USER_PREFIX "%.*s:%.*s",
                  VIEW_ARGS(namespace_), VIEW_ARGS(name));
    }
}

void match_text_users(const struct node *list, bool globs, struct diags *diags)
{
    for (size_t i = 0; list && i < list->count; i++)
        if (list->items[i]->kind != NODE_WRONG)
            check_user(list->items[i], globs, diags);
}

/* system:master: others may have such groups, but hardly one that is nearly Kubernetes' own. */
static void doubt_group(const struct node *node, struct diags *diags)
{
    const char *near = suggest(node->text, own_groups, OWN_GROUPS);

    if (!near || !suggest_is_slip(node->text, near))
        return;
    diag_warning(diags, node->place, "\"%.*s\" is not a group of Kubernetes'",
                 VIEW_ARGS(node->text));
    diag_hint(diags, "did you mean \"%s\"?", near);
}

void match_text_groups(const struct node *list, struct diags *diags)
{
    for (size_t i = 0; list && i < list->count; i++) {
        const struct node *node = list->items[i];
        struct view text = node->text;

        if (node->kind == NODE_WRONG)
            continue;
        if (view_starts(text, USER_PREFIX) || view_starts(text, "system:node:")) {
            diag_vain(diags, node->place, "\"%.*s\" is a user, and no group", VIEW_ARGS(text));
            diag_hint(diags, "name it under \"users\"");
        } else if (is_regex_of_people(text) || view_find(text, '*') >= 0) {
            diag_vain(diags, node->place, "no group is called \"%.*s\"", VIEW_ARGS(text));
            hint_exact(text, false, diags);
        } else if (view_starts(text, GROUP_PREFIX ":") &&
                   !fits_dns(view_from(text, strlen(GROUP_PREFIX ":")), false)) {
            diag_vain(diags, node->place, "\"%.*s\" is not a group of service accounts",
                      VIEW_ARGS(text));
            diag_hint(diags, "it is " GROUP_PREFIX ":NAMESPACE");
        } else if (view_starts(text, "system:") && !is_own_group(text)) {
            doubt_group(node, diags);
        }
    }
}

/* A service account is written namespace/name. */
int match_text_accounts(const struct node *list, struct diags *diags)
{
    int result = 0;

    for (size_t i = 0; list && i < list->count; i++) {
        const struct node *node = list->items[i];
        struct view user = view_starts(node->text, USER_PREFIX)
                               ? view_from(node->text, strlen(USER_PREFIX))
                               : VIEW(""),
                    namespace_, name;

        if (view_find(node->text, '/') <= 0) {
            diag_error(diags, node->place, "\"%.*s\" is not a service account",
                       VIEW_ARGS(node->text));
            if (view_cut(user, ':', &namespace_, &name) && name.n > 0)
                diag_hint(diags, "write \"%.*s/%.*s\"", VIEW_ARGS(namespace_), VIEW_ARGS(name));
            else
                diag_hint(diags, "write namespace/name, as in \"ci/deployer\"");
            result = -1;
        } else if (node->kind != NODE_WRONG && !is_account(node->text, '/')) {
            diag_vain(diags, node->place, "no service account can be called \"%.*s\"",
                      VIEW_ARGS(node->text));
            hint_glob(node->text, true, diags);
        }
    }
    return result;
}
