#include "base/yaml/yaml_value.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/diag.h"
#include "base/text/float_text.h"
#include "base/yaml/node.h"
#include "base/yaml/yaml_scalar.h"

#include <inttypes.h>
#include <math.h>

#define TAG_PREFIX "tag:yaml.org,2002:"

static void set_value(struct node *node, struct yaml_scalar scalar)
{
    node->kind = scalar.kind;
    node->truth = scalar.truth;
    node->integer = scalar.integer;
    node->real = scalar.real;
}

/* --- rule files ------------------------------------------------------------------------------- */

static void hint_number(const struct node *node, struct yaml_scalar number, struct diags *diags)
{
    struct buf digits;

    if (number.kind == NODE_FLOAT && !isfinite(number.real)) {
        diag_hint(diags, "write \"%.*s\" in quotes; a number is finite", VIEW_ARGS(node->text));
        return;
    }
    buf_init(&digits, 64);
    if (number.kind == NODE_INT)
        buf_printf(&digits, "%" PRId64, number.integer);
    else if (number.large > 0)
        buf_printf(&digits, "%" PRIu64, number.large);
    else
        float_text_write(number.real, &digits);
    diag_hint(diags, "write %.*s, or \"%.*s\" in quotes", VIEW_ARGS(buf_view(&digits)),
              VIEW_ARGS(node->text));
    buf_release(&digits);
}

/* What was told of a scalar is enough: nobody can know what was meant. */
static void set_wrong(struct node *node)
{
    node->kind = NODE_WRONG;
    node->place.column |= PLACE_TOLD;
}

static void refuse_ambiguous(struct node *node, struct yaml_scalar other, struct diags *diags)
{
    bool boolean = other.kind == NODE_BOOL;

    diag_error(diags, node->place, "\"%.*s\" without quotes can mean %s or text",
               VIEW_ARGS(node->text), boolean ? "a boolean" : "a number");
    if (boolean)
        diag_hint(diags, "write %s, or \"%.*s\" in quotes", other.truth ? "true" : "false",
                  VIEW_ARGS(node->text));
    else
        hint_number(node, other, diags);
    set_wrong(node);
}

static void resolve_strictly(struct node *node, struct diags *diags)
{
    struct yaml_scalar other;

    if (yaml_scalar_ambiguous(node->text, &other))
        refuse_ambiguous(node, other, diags);
    else
        set_value(node, yaml_scalar_loose(node->text));
}

/* --- manifests -------------------------------------------------------------------------------- */

static void resolve_loosely(struct node *node, struct diags *diags)
{
    set_value(node, yaml_scalar_loose(node->text));
    if (node->kind != NODE_FLOAT || isfinite(node->real))
        return;
    diag_error(diags, node->place, "\"%.*s\" is a number that JSON does not have",
               VIEW_ARGS(node->text));
    diag_hint(diags, "write \"%.*s\" in quotes to make it text", VIEW_ARGS(node->text));
    node->kind = NODE_STRING;
}

void yaml_value_plain(struct node *node, enum yaml_mode mode, struct diags *diags)
{
    if (mode == YAML_RULES)
        resolve_strictly(node, diags);
    else
        resolve_loosely(node, diags);
}

/* --- tags ------------------------------------------------------------------------------------- */

/* The kind that a tag of YAML's own asks for; NODE_STRING for every other. */
static enum node_kind kind_of_tag(struct view tag)
{
    if (view_eq_str(tag, TAG_PREFIX "int"))
        return NODE_INT;
    if (view_eq_str(tag, TAG_PREFIX "float"))
        return NODE_FLOAT;
    if (view_eq_str(tag, TAG_PREFIX "bool"))
        return NODE_BOOL;
    return view_eq_str(tag, TAG_PREFIX "null") ? NODE_NULL : NODE_STRING;
}

static void refuse_tag(const struct node *node, struct view tag, struct diags *diags)
{
    bool own = view_starts(tag, TAG_PREFIX);
    struct view name = own ? view_from(tag, sizeof(TAG_PREFIX) - 1) : tag;

    diag_error(diags, node->place, "tag \"%s%.*s\" is not supported", own ? "!!" : "",
               VIEW_ARGS(name));
    if (own)
        diag_hint(diags, "write the value without a tag, in quotes to make it text");
    else
        diag_hint(diags, "put text that begins with \"!\" in quotes");
}

/* As go-yaml: tags of others mean nothing. */
void yaml_value_tagged(struct node *node, struct view tag, enum yaml_mode mode, struct diags *diags)
{
    enum node_kind wanted = kind_of_tag(tag), found;

    if (mode == YAML_RULES || view_eq_str(tag, TAG_PREFIX "binary")) {
        refuse_tag(node, tag, diags);
        if (mode == YAML_RULES)
            set_wrong(node);
        return;
    }
    if (wanted == NODE_STRING)
        return;
    resolve_loosely(node, diags);
    found = yaml_scalar_loose(node->text).large > 0 ? NODE_INT : node->kind;
    if (node->kind == NODE_INT && wanted == NODE_FLOAT) {
        node->kind = found = NODE_FLOAT;
        node->real = (double)node->integer;
    }
    if (found != wanted)
        diag_error(diags, node->place, "\"%.*s\" is not %s, as its tag says", VIEW_ARGS(node->text),
                   node_kind_name(wanted));
}

/* --- keys ------------------------------------------------------------------------------------- */

struct view yaml_value_key(const struct node *key, struct arena *arena)
{
    struct buf text;
    struct view copy;

    if (key->kind == NODE_BOOL)
        return key->truth ? VIEW("true") : VIEW("false");
    if (key->kind == NODE_INT)
        return arena_printf(arena, "%" PRId64, key->integer);
    buf_init(&text, 64);
    float_text_write_key(key->real, &text);
    copy = arena_copy(arena, buf_view(&text));
    buf_release(&text);
    return copy;
}
