#include "base/arena.h"
#include "base/buf.h"
#include "cel/lib/libraries.h"
#include "cel/text/cidr.h"
#include "cel/text/text.h"

/* https://kubernetes.io/docs/reference/using-api/cel/#kubernetes-ip-address-library and the one
 * after it. */

struct ip_object {
    struct cel_object object;
    struct ip ip;
};

struct cidr_object {
    struct cel_object object;
    struct cidr cidr;
};

static const struct ip *ip_in(const struct cel_object *object)
{
    return &((const struct ip_object *)(const void *)object)->ip;
}

static const struct cidr *cidr_in(const struct cel_object *object)
{
    return &((const struct cidr_object *)(const void *)object)->cidr;
}

/* --- classes ---------------------------------------------------------------------------------- */

static bool equal_ip(const struct cel_object *a, const struct cel_object *b)
{
    return ip_same(ip_in(a), ip_in(b));
}

static size_t size_ip(const struct cel_object *object)
{
    return ip_in(object)->v6 ? 16 : 4;
}

static void write_ip(const struct cel_object *object, struct buf *out)
{
    char room[IP_ROOM];

    buf_add(out, ip_print(ip_in(object), room));
}

static bool equal_cidr(const struct cel_object *a, const struct cel_object *b)
{
    return cidr_same(cidr_in(a), cidr_in(b));
}

/* The bytes that its bits are in. */
static size_t size_cidr(const struct cel_object *object)
{
    return (cidr_in(object)->bits + 7) / 8;
}

static void write_cidr(const struct cel_object *object, struct buf *out)
{
    char room[CIDR_ROOM];

    buf_add(out, cidr_print(cidr_in(object), room));
}

static const struct cel_class ip_class, cidr_class;

static const struct cel_type ip_type = {
    .kind = CEL_TYPE_OBJECT, .name = "net.IP", .class = &ip_class};
static const struct cel_type cidr_type = {
    .kind = CEL_TYPE_OBJECT, .name = "net.CIDR", .class = &cidr_class};

static const struct cel_class ip_class = {
    .name = "net.IP", .type = &ip_type, .equal = equal_ip, .size = size_ip, .write = write_ip};
static const struct cel_class cidr_class = {.name = "net.CIDR",
                                            .type = &cidr_type,
                                            .equal = equal_cidr,
                                            .size = size_cidr,
                                            .write = write_cidr};

/* --- making them ------------------------------------------------------------------------------ */

static struct cel_value of_ip(struct cel_run *run, const struct ip *ip)
{
    struct ip_object *object = arena_alloc(run->arena, sizeof(*object));

    if (!object)
        return cel_no_memory(run);
    *object = (struct ip_object){{&ip_class}, *ip};
    return cel_of_object(&object->object);
}

static struct cel_value of_cidr(struct cel_run *run, const struct cidr *cidr)
{
    struct cidr_object *object = arena_alloc(run->arena, sizeof(*object));

    if (!object)
        return cel_no_memory(run);
    *object = (struct cidr_object){{&cidr_class}, *cidr};
    return cel_of_object(&object->object);
}

/* A text that Kubernetes takes for an address: none with a zone, or of IPv4 in IPv6. True, or false
 * with *error when it is not NULL. */
static bool read_ip(struct cel_run *run, struct view text, struct ip *ip, struct cel_value *error)
{
    struct view zone, quoted, why;
    struct ip_flaw flaw;
    int parsed = ip_parse(text, ip, &zone, &flaw);

    if (parsed == 0 && !zone.p && !ip_is_mapped(ip))
        return true;
    if (!error)
        return false;
    quoted = text_quoted(text, run->arena);
    why = parsed < 0 ? ip_flaw_text(text, &flaw, run->arena) : VIEW("");
    if (!quoted.p || !why.p)
        *error = cel_no_memory(run);
    else if (parsed < 0)
        *error = cel_failf(run, "IP Address %s parse error during conversion from string: %s",
                           quoted.p, why.p);
    else if (zone.p)
        *error = cel_failf(run, "IP address %s with zone value is not allowed", quoted.p);
    else
        *error = cel_failf(run, "IPv4-mapped IPv6 address %s is not allowed", quoted.p);
    return false;
}

static bool read_cidr(struct cel_run *run, struct view text, struct cidr *cidr,
                      struct cel_value *error)
{
    const char *why = cidr_parse(text, cidr, run->arena);
    struct view quoted;

    if (!why && !ip_is_mapped(&cidr->ip))
        return true;
    if (!error)
        return false;
    quoted = why ? VIEW("") : text_quoted(text, run->arena);
    if (!quoted.p || (why && why[0] == '\0'))
        *error = cel_no_memory(run);
    else if (why)
        *error =
            cel_failf(run, "network address parse error during conversion from string: %s", why);
    else
        *error = cel_failf(run, "IPv4-mapped IPv6 address %s is not allowed", quoted.p);
    return false;
}

/* --- calls ------------------------------------------------------------------------------------ */

static struct cel_value call_ip(struct cel_run *run, const struct cel_value *args)
{
    struct cel_value error;
    struct ip ip;

    return read_ip(run, cel_text(*args), &ip, &error) ? of_ip(run, &ip) : error;
}

static struct cel_value call_is_ip(struct cel_run *run, const struct cel_value *args)
{
    struct ip ip;

    return cel_bool(read_ip(run, cel_text(*args), &ip, NULL));
}

static struct cel_value call_is_canonical(struct cel_run *run, const struct cel_value *args)
{
    char room[IP_ROOM];
    struct cel_value error;
    struct ip ip;

    if (!read_ip(run, cel_text(*args), &ip, &error))
        return error;
    return cel_bool(view_eq(ip_print(&ip, room), cel_text(*args)));
}

static struct cel_value call_family(struct cel_run *run, const struct cel_value *args)
{
    (void)run;
    return cel_int(ip_in(args->object)->v6 ? 6 : 4);
}

static struct cel_value call_string(struct cel_run *run, const struct cel_value *args)
{
    char room[CIDR_ROOM];
    struct view text = args->object->class == &ip_class ? ip_print(ip_in(args->object), room)
                                                        : cidr_print(cidr_in(args->object), room);

    text = arena_copy(run->arena, text);
    return text.p ? cel_string(text) : cel_no_memory(run);
}

static struct cel_value call_unspecified(struct cel_run *run, const struct cel_value *args)
{
    (void)run;
    return cel_bool(ip_is_unspecified(ip_in(args->object)));
}

static struct cel_value call_loopback(struct cel_run *run, const struct cel_value *args)
{
    (void)run;
    return cel_bool(ip_is_loopback(ip_in(args->object)));
}

static struct cel_value call_link_local_multicast(struct cel_run *run, const struct cel_value *args)
{
    (void)run;
    return cel_bool(ip_is_link_local_multicast(ip_in(args->object)));
}

static struct cel_value call_link_local_unicast(struct cel_run *run, const struct cel_value *args)
{
    (void)run;
    return cel_bool(ip_is_link_local_unicast(ip_in(args->object)));
}

static struct cel_value call_global_unicast(struct cel_run *run, const struct cel_value *args)
{
    (void)run;
    return cel_bool(ip_is_global_unicast(ip_in(args->object)));
}

static struct cel_value call_cidr(struct cel_run *run, const struct cel_value *args)
{
    struct cel_value error;
    struct cidr cidr;

    return read_cidr(run, cel_text(*args), &cidr, &error) ? of_cidr(run, &cidr) : error;
}

static struct cel_value call_is_cidr(struct cel_run *run, const struct cel_value *args)
{
    struct cidr cidr;

    return cel_bool(read_cidr(run, cel_text(*args), &cidr, NULL));
}

static struct cel_value call_contains_ip(struct cel_run *run, const struct cel_value *args)
{
    struct cel_value error;
    struct ip ip;

    if (args[1].kind == CEL_OBJECT)
        ip = *ip_in(args[1].object);
    else if (!read_ip(run, cel_text(args[1]), &ip, &error))
        return error;
    return cel_bool(cidr_contains(cidr_in(args->object), &ip));
}

static struct cel_value call_contains_cidr(struct cel_run *run, const struct cel_value *args)
{
    struct cel_value error;
    struct cidr cidr;

    if (args[1].kind == CEL_OBJECT)
        cidr = *cidr_in(args[1].object);
    else if (!read_cidr(run, cel_text(args[1]), &cidr, &error))
        return error;
    return cel_bool(cidr_contains_cidr(cidr_in(args->object), &cidr));
}

static struct cel_value call_cidr_ip(struct cel_run *run, const struct cel_value *args)
{
    return of_ip(run, &cidr_in(args->object)->ip);
}

static struct cel_value call_prefix_length(struct cel_run *run, const struct cel_value *args)
{
    (void)run;
    return cel_int(cidr_in(args->object)->bits);
}

static struct cel_value call_masked(struct cel_run *run, const struct cel_value *args)
{
    struct cidr masked = cidr_masked(cidr_in(args->object));

    return of_cidr(run, &masked);
}

/* --- costs ------------------------------------------------------------------------------------ */

/* Of a text that is read; of the address of a range it is 1 where the row is known. */
static uint64_t cost_ip(const struct cel_value *args, const struct cel_value *result, bool sure)
{
    (void)result;
    return sure && args[0].kind == CEL_OBJECT ? 1 : cel_cost_tenth(cel_cost_size(args[0]));
}

/* The bytes of two ranges, and those of a text that is read. */
static uint64_t cost_contains_ip(const struct cel_value *args, const struct cel_value *result,
                                 bool sure)
{
    uint64_t text = sure && args[1].kind == CEL_STRING ? cel_cost_size(args[1]) : 0;

    (void)result;
    return cel_cost_tenth(2 * cel_cost_size(args[0])) + cel_cost_tenth(text);
}

static uint64_t cost_contains_cidr(const struct cel_value *args, const struct cel_value *result,
                                   bool sure)
{
    return cost_contains_ip(args, result, sure) + cel_cost_tenth(cel_cost_size(args[0])) + 1;
}

static const struct cel_function rows[] = {
    {.signature = "ip(string) -> net.IP", .call = call_ip, .cost = cost_ip, .since = 30},
    {.signature = "(net.CIDR).ip() -> net.IP", .call = call_cidr_ip, .cost = cost_ip, .since = 30},
    {.signature = "isIP(string) -> bool", .call = call_is_ip, .cost = cel_cost_text, .since = 30},
    {.signature = "ip.isCanonical(string) -> bool",
     .call = call_is_canonical,
     .cost = cel_cost_text_twice,
     .since = 30},
    {.signature = "(net.IP).family() -> int", .call = call_family, .since = 30},
    {.signature = "(net.IP).isUnspecified() -> bool", .call = call_unspecified, .since = 30},
    {.signature = "(net.IP).isLoopback() -> bool", .call = call_loopback, .since = 30},
    {.signature = "(net.IP).isLinkLocalMulticast() -> bool",
     .call = call_link_local_multicast,
     .since = 30},
    {.signature = "(net.IP).isLinkLocalUnicast() -> bool",
     .call = call_link_local_unicast,
     .since = 30},
    {.signature = "(net.IP).isGlobalUnicast() -> bool", .call = call_global_unicast, .since = 30},
    {.signature = "string(net.IP) -> string", .call = call_string, .since = 30},
    {.signature = "string(net.CIDR) -> string", .call = call_string, .since = 30},
    {.signature = "cidr(string) -> net.CIDR",
     .call = call_cidr,
     .cost = cel_cost_text,
     .since = 30},
    {.signature = "isCIDR(string) -> bool",
     .call = call_is_cidr,
     .cost = cel_cost_text,
     .since = 30},
    {.signature = "(net.CIDR).containsIP(string) -> bool",
     .call = call_contains_ip,
     .cost = cost_contains_ip,
     .since = 30},
    {.signature = "(net.CIDR).containsIP(net.IP) -> bool",
     .call = call_contains_ip,
     .cost = cost_contains_ip,
     .since = 30},
    {.signature = "(net.CIDR).containsCIDR(string) -> bool",
     .call = call_contains_cidr,
     .cost = cost_contains_cidr,
     .since = 30},
    {.signature = "(net.CIDR).containsCIDR(net.CIDR) -> bool",
     .call = call_contains_cidr,
     .cost = cost_contains_cidr,
     .since = 30},
    {.signature = "(net.CIDR).prefixLength() -> int", .call = call_prefix_length, .since = 30},
    {.signature = "(net.CIDR).masked() -> net.CIDR", .call = call_masked, .since = 30},
};

static const struct cel_class *const classes[] = {&ip_class, &cidr_class, NULL};

const struct cel_library cel_lib_kube_net = {"Kubernetes' IP addresses and CIDRs", rows,
                                             sizeof(rows) / sizeof(rows[0]), classes};
