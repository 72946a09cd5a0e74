#include "policy/object/resource_name.h"

#include "base/diag.h"
#include "base/parse_error.h"
#include "base/quantity.h"
#include "base/text/suggest.h"
#include "base/yaml/node.h"

#include <string.h>

#define HUGE_PAGES "hugepages-"

static const char *const usual[] = {"cpu", "memory", "ephemeral-storage"};

enum { USUAL = sizeof(usual) / sizeof(usual[0]) };

bool resource_name_usual(struct view name)
{
    for (size_t i = 0; i < USUAL; i++)
        if (view_eq_str(name, usual[i]))
            return true;
    return false;
}

static bool is_page_size(struct view text)
{
    struct quantity size;
    struct parse_error parse_error;

    return quantity_parse(text, &size, &parse_error) == 0 && !size.negative &&
           !quantity_is_zero(&size);
}

bool resource_name_ok(struct view name)
{
    struct view domain, rest;

    if (view_cut(name, '/', &domain, &rest))
        return domain.n > 0 && rest.n > 0 && view_find(rest, '/') < 0;
    if (view_starts(name, HUGE_PAGES))
        return is_page_size(view_from(name, strlen(HUGE_PAGES)));
    return resource_name_usual(name);
}

const char *resource_name_near(struct view name)
{
    return suggest(name, usual, USUAL);
}

static bool is_bytes(struct view name)
{
    return view_eq_str(name, "memory") || view_ends(name, "storage") ||
           view_starts(name, HUGE_PAGES);
}

/* Digits alone are bytes, of which no container gets along with less than a mebibyte. */
static bool is_few(struct view text)
{
    enum { MEBIBYTE_DIGITS = 7 };

    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] < '0' || text.p[i] > '9')
            return false;
    return text.n > 0 && text.n < MEBIBYTE_DIGITS;
}

void resource_name_check_amount(struct view name, const struct node *amount, struct diags *diags)
{
    struct view number = view_first(amount->text, amount->text.n - (amount->text.n > 0));
    struct quantity value;
    struct parse_error parse_error;

    if (!is_bytes(name) || quantity_parse(amount->text, &value, &parse_error) < 0 ||
        quantity_is_zero(&value))
        return;
    if (is_few(amount->text)) {
        diag_warning(diags, amount->place, "%.*s is so many bytes", VIEW_ARGS(amount->text));
        diag_hint(diags, "did you mean \"%.*sMi\"?", VIEW_ARGS(amount->text));
    }
    if (!view_ends(amount->text, "m"))
        return;
    diag_warning(diags, amount->place, "\"%.*s\" is a fraction of a byte", VIEW_ARGS(amount->text));
    diag_hint(diags, "m is a thousandth: did you mean \"%.*sMi\"?", VIEW_ARGS(number));
}
