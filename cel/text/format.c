#include "cel/text/format.h"

#include "base/arena.h"
#include "base/time/civil.h"
#include "cel/text/url.h"

/* What is told is what an API server tells of such names: k8s.io/apimachinery's
 * api/validate/content and kube-openapi's strfmt. */

#define DNS_LABEL "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
#define LABEL_KEY "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"

#define LABEL_WRONG                                                                                \
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and "   \
    "must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex "     \
    "used for validation is '" DNS_LABEL "')"
#define SUBDOMAIN_WRONG                                                                            \
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or "   \
    "'.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used "  \
    "for validation is '" DNS_LABEL "(\\." DNS_LABEL ")*')"
#define LABEL_1035_WRONG                                                                           \
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an "   \
    "alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or "           \
    "'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')"
#define KEY_WRONG                                                                                  \
    "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an "    \
    "alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for "         \
    "validation is '" LABEL_KEY "')"
#define VALUE_WRONG                                                                                \
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or "    \
    "'.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or "             \
    "'my_value',  or '12345', regex used for validation is '(" LABEL_KEY ")?')"

enum { MOST_LABEL = 63, MOST_SUBDOMAIN = 253 };

/* Names count characters, and labels bytes, where the same is meant. */
#define NAME_LONG      "must be no more than 63 characters"
#define NAMES_LONG     "must be no more than 253 characters"
#define LABEL_LONG     "must be no more than 63 bytes"
#define SUBDOMAIN_LONG "must be no more than 253 bytes"

static void add(struct format_flaws *flaws, struct view flaw)
{
    flaws->all[flaws->count++] = flaw;
}

/* --- characters ------------------------------------------------------------------------------- */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_small(char c)
{
    return c >= 'a' && c <= 'z';
}

static bool is_letter(char c)
{
    return is_small((char)(c | 0x20));
}

static bool is_small_or_digit(char c)
{
    return is_small(c) || is_digit(c);
}

static bool is_letter_or_digit(char c)
{
    return is_letter(c) || is_digit(c);
}

/* Not empty, both ends of one kind, and what is between of it or of `others`. */
static bool is_made_of(struct view v, bool (*kind)(char c), const char *others)
{
    if (v.n == 0 || !kind(v.p[0]) || !kind(v.p[v.n - 1]))
        return false;
    for (size_t i = 0; i < v.n; i++)
        if (!kind(v.p[i]) && (v.p[i] == '\0' || !strchr(others, v.p[i])))
            return false;
    return true;
}

static bool is_label(struct view v)
{
    return is_made_of(v, is_small_or_digit, "-");
}

static bool is_subdomain(struct view v)
{
    struct view label;

    for (bool more = true; more;) {
        more = view_cut(v, '.', &label, &v);
        if (!is_label(label))
            return false;
    }
    return true;
}

/* --- names of Kubernetes ---------------------------------------------------------------------- */

static int dns_label(struct view v, struct format_flaws *flaws, struct arena *arena)
{
    (void)arena;
    if (v.n > MOST_LABEL)
        add(flaws, VIEW(NAME_LONG));
    if (!is_label(v))
        add(flaws, is_subdomain(v) ? VIEW("must not contain dots") : VIEW(LABEL_WRONG));
    return 0;
}

static int dns_subdomain(struct view v, struct format_flaws *flaws, struct arena *arena)
{
    (void)arena;
    if (v.n > MOST_SUBDOMAIN)
        add(flaws, VIEW(NAMES_LONG));
    if (!is_subdomain(v))
        add(flaws, VIEW(SUBDOMAIN_WRONG));
    return 0;
}

static int dns_label_1035(struct view v, struct format_flaws *flaws, struct arena *arena)
{
    (void)arena;
    if (v.n > MOST_LABEL)
        add(flaws, VIEW(NAME_LONG));
    if (!is_label(v) || !is_small(v.p[0]))
        add(flaws, VIEW(LABEL_1035_WRONG));
    return 0;
}

/* What a generated name may begin with: a dash at its end is fine, and so is what is before it,
 * as upstream puts an "a" in the place of both. */
static int prefix(struct view v, struct format_flaws *flaws, struct arena *arena,
                  int (*validate)(struct view v, struct format_flaws *flaws, struct arena *arena))
{
    char *copy;

    if (v.n < 2 || v.p[v.n - 1] != '-')
        return validate(v, flaws, arena);
    copy = arena_str(arena, view_first(v, v.n - 1));
    if (!copy)
        return -1;
    copy[v.n - 2] = 'a';
    return validate((struct view){copy, v.n - 1}, flaws, arena);
}

static int dns_label_prefix(struct view v, struct format_flaws *flaws, struct arena *arena)
{
    return prefix(v, flaws, arena, dns_label);
}

static int dns_subdomain_prefix(struct view v, struct format_flaws *flaws, struct arena *arena)
{
    return prefix(v, flaws, arena, dns_subdomain);
}

static int dns_label_1035_prefix(struct view v, struct format_flaws *flaws, struct arena *arena)
{
    return prefix(v, flaws, arena, dns_label_1035);
}

static int qualified_name(struct view v, struct format_flaws *flaws, struct arena *arena)
{
    ptrdiff_t slash = view_find(v, '/');
    struct view before = view_first(v, slash < 0 ? 0 : (size_t)slash);
    struct view name = view_from(v, (size_t)(slash + 1));

    (void)arena;
    if (view_find(name, '/') >= 0) {
        add(flaws, VIEW("a valid label key " KEY_WRONG " with an optional DNS subdomain prefix and "
                        "'/' (e.g. 'example.com/MyName')"));
        return 0;
    }
    if (slash == 0)
        add(flaws, VIEW("prefix part must be non-empty"));
    if (slash > 0 && before.n > MOST_SUBDOMAIN)
        add(flaws, VIEW("prefix part " SUBDOMAIN_LONG));
    if (slash > 0 && !is_subdomain(before))
        add(flaws, VIEW("prefix part " SUBDOMAIN_WRONG));
    if (name.n == 0)
        add(flaws, VIEW("name part must be non-empty"));
    else if (name.n > MOST_LABEL)
        add(flaws, VIEW("name part " LABEL_LONG));
    if (!is_made_of(name, is_letter_or_digit, "-_."))
        add(flaws, VIEW("name part " KEY_WRONG));
    return 0;
}

static int label_value(struct view v, struct format_flaws *flaws, struct arena *arena)
{
    (void)arena;
    if (v.n > MOST_LABEL)
        add(flaws, VIEW(LABEL_LONG));
    if (v.n > 0 && !is_made_of(v, is_letter_or_digit, "-_."))
        add(flaws, VIEW(VALUE_WRONG));
    return 0;
}

/* --- formats of custom resources -------------------------------------------------------------- */

static int uri(struct view v, struct format_flaws *flaws, struct arena *arena)
{
    const char *why = url_check(v, arena);

    if (why && why[0] == '\0')
        return -1;
    if (why)
        add(flaws, view_of(why));
    return 0;
}

/* Takes n digits of a base, 10 or 16. */
static bool take_digits(struct view *v, size_t n, bool hex)
{
    if (v->n < n)
        return false;
    for (size_t i = 0; i < n; i++)
        if (!is_digit(v->p[i]) && !(hex && (v->p[i] | 0x20) >= 'a' && (v->p[i] | 0x20) <= 'f'))
            return false;
    *v = view_from(*v, n);
    return true;
}

static bool take(struct view *v, char c)
{
    if (v->n == 0 || v->p[0] != c)
        return false;
    *v = view_from(*v, 1);
    return true;
}

static int uuid(struct view v, struct format_flaws *flaws, struct arena *arena)
{
    static const size_t groups[] = {8, 4, 4, 4, 12};
    bool good = true;

    (void)arena;
    for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]) && good; i++) {
        if (i > 0)
            take(&v, '-');
        good = take_digits(&v, groups[i], true);
    }
    if (!good || v.n > 0)
        add(flaws, VIEW("does not match the UUID format"));
    return 0;
}

static int byte(struct view v, struct format_flaws *flaws, struct arena *arena)
{
    size_t n = v.n;
    bool good = v.n > 0 && v.n % 4 == 0;

    (void)arena;
    if (good && v.p[n - 1] == '=')
        n -= v.p[n - 2] == '=' ? 2 : 1;
    for (size_t i = 0; i < n && good; i++)
        good = is_letter_or_digit(v.p[i]) || v.p[i] == '+' || v.p[i] == '/';
    if (!good)
        add(flaws, VIEW("invalid base64"));
    return 0;
}

static unsigned number(const char *p, size_t n)
{
    unsigned value = 0;

    for (size_t i = 0; i < n; i++)
        value = value * 10 + (unsigned)(p[i] - '0');
    return value;
}

/* YYYY-MM-DD of a day that there is. */
static bool is_date(struct view v)
{
    struct view rest = v;
    unsigned month, day;

    if (!take_digits(&rest, 4, false) || !take(&rest, '-') || !take_digits(&rest, 2, false) ||
        !take(&rest, '-') || !take_digits(&rest, 2, false) || rest.n > 0)
        return false;
    month = number(v.p + 5, 2);
    day = number(v.p + 8, 2);
    return month >= 1 && month <= 12 && day >= 1 && day <= civil_month_days(number(v.p, 4), month);
}

/* HH:MM:SS, a fraction after whatever character, and z or an offset. */
static bool is_time(struct view v)
{
    struct view rest = v, fraction;

    if (!take_digits(&rest, 2, false) || !take(&rest, ':') || !take_digits(&rest, 2, false) ||
        !take(&rest, ':') || !take_digits(&rest, 2, false) || number(v.p, 2) > 23 ||
        number(v.p + 3, 2) > 59 || number(v.p + 6, 2) > 59)
        return false;
    fraction = rest;
    if (fraction.n > 1 && fraction.p[0] != '\n') {
        /* One character, which may be of several bytes. */
        fraction = view_from(fraction, 1);
        while (fraction.n > 0 && ((unsigned char)fraction.p[0] & 0xC0) == 0x80)
            fraction = view_from(fraction, 1);
        if (take_digits(&fraction, 1, false)) {
            while (take_digits(&fraction, 1, false)) {
            }
            rest = fraction;
        }
    }
    if (rest.n == 1)
        return (rest.p[0] | 0x20) == 'z';
    return (take(&rest, '+') || take(&rest, '-')) && take_digits(&rest, 2, false) &&
           take(&rest, ':') && take_digits(&rest, 2, false) && rest.n == 0;
}

static int date(struct view v, struct format_flaws *flaws, struct arena *arena)
{
    (void)arena;
    if (!is_date(v))
        add(flaws, VIEW("invalid date"));
    return 0;
}

/* What follows a second t is not looked at. */
static int datetime(struct view v, struct format_flaws *flaws, struct arena *arena)
{
    size_t t = 0, end;

    (void)arena;
    while (t < v.n && (v.p[t] | 0x20) != 't')
        t++;
    end = t + 1;
    while (end < v.n && (v.p[end] | 0x20) != 't')
        end++;
    if (t == v.n || !is_date(view_first(v, t)) || !is_time(view_from(view_first(v, end), t + 1)))
        add(flaws, VIEW("invalid datetime"));
    return 0;
}

const struct format format_table[] = {
    {"byte", "byte", 84, byte},
    {"date", "date", 71, date},
    {"datetime", "datetime", 71, datetime},
    {"dns1035Label", "DNS1035Label", 30, dns_label_1035},
    {"dns1035LabelPrefix", "DNS1035LabelPrefix", 30, dns_label_1035_prefix},
    {"dns1123Label", "DNS1123Label", 30, dns_label},
    {"dns1123LabelPrefix", "DNS1123LabelPrefix", 30, dns_label_prefix},
    {"dns1123Subdomain", "DNS1123Subdomain", 60, dns_subdomain},
    {"dns1123SubdomainPrefix", "DNS1123SubdomainPrefix", 60, dns_subdomain_prefix},
    {"labelValue", "LabelValue", 40, label_value},
    {"qualifiedName", "QualifiedName", 60, qualified_name},
    {"uri", "URI", 1103, uri},
    {"uuid", "uuid", 70, uuid},
};

const size_t format_count = sizeof(format_table) / sizeof(format_table[0]);

const struct format *format_find(struct view name)
{
    for (size_t i = 0; i < format_count; i++)
        if (view_eq_str(name, format_table[i].name))
            return &format_table[i];
    return NULL;
}
