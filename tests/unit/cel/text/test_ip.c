#include "base/arena.h"
#include "cel/text/cidr.h"
#include "cel/text/ip.h"
#include "cmocka_all.h"
#include "policy/limits.h"

#define COUNT(cases) (sizeof(cases) / sizeof((cases)[0]))

static void addresses_have_one_form(void **state)
{
    static const struct {
        const char *text, *printed;
    } cases[] = {
        {"1.2.3.4", "1.2.3.4"},
        {"::", "::"},
        {"::1", "::1"},
        {"2001:DB8::0:1", "2001:db8::1"},
        {"1:0:0:2:0:0:0:3", "1:0:0:2::3"},
        {"1:0:0:2:3:0:0:4", "1::2:3:0:0:4"},
        {"1:0:2:3:4:5:6:7", "1:0:2:3:4:5:6:7"},
        {"::1.2.3.4", "::102:304"},
        {"1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        char room[IP_ROOM];
        struct ip_flaw flaw;
        struct view zone;
        struct ip ip;

        if (ip_parse(view_of(cases[i].text), &ip, &zone, &flaw) < 0)
            fail_msg("%s: %s", cases[i].text, flaw.why);
        assert_null(zone.p);
        assert_string_equal(ip_print(&ip, room).p, cases[i].printed);
    }
}

static void what_is_no_address_is_told(void **state)
{
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"", "ParseAddr(\"\"): unable to parse IP"},
        {"1.2.3", "ParseAddr(\"1.2.3\"): IPv4 address too short"},
        {"1.2.3.4.5", "ParseAddr(\"1.2.3.4.5\"): IPv4 address too long"},
        {"1.2.3.04", "ParseAddr(\"1.2.3.04\"): IPv4 field has octet with leading zero"},
        {"1.2.3.256", "ParseAddr(\"1.2.3.256\"): IPv4 field has value >255"},
        {"1.2..4", "ParseAddr(\"1.2..4\"): IPv4 field must have at least one digit (at \".4\")"},
        {"1:2", "ParseAddr(\"1:2\"): address string too short"},
        {"1::2::3", "ParseAddr(\"1::2::3\"): multiple :: in address (at \":3\")"},
        {"12345::", "ParseAddr(\"12345::\"): each group must have 4 or less digits (at "
                    "\"12345::\")"},
        {"::1%", "ParseAddr(\"::1%\"): zone must be a non-empty string"},
        {"%x", "ParseAddr(\"%x\"): missing IPv6 address"},
    };
    struct arena arena;

    (void)state;
    arena_init(&arena, LIMIT_ARENA);
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct view text = view_of(cases[i].text), zone;
        struct ip_flaw flaw;
        struct ip ip;

        assert_int_equal(ip_parse(text, &ip, &zone, &flaw), -1);
        assert_string_equal(ip_flaw_text(text, &flaw, &arena).p, cases[i].message);
    }
    arena_release(&arena);
}

static void addresses_are_of_kinds(void **state)
{
    enum { UNSPECIFIED = 1, LOOPBACK = 2, MULTICAST = 4, LINK_M = 8, LINK_U = 16, GLOBAL = 32 };
    static const struct {
        const char *text;
        int kinds;
    } cases[] = {
        {"0.0.0.0", UNSPECIFIED},
        {"::", UNSPECIFIED},
        {"127.1.2.3", LOOPBACK},
        {"::1", LOOPBACK},
        {"224.0.0.1", MULTICAST | LINK_M},
        {"224.0.1.1", MULTICAST},
        {"ff02::1", MULTICAST | LINK_M},
        {"ff12::1", MULTICAST | LINK_M},
        {"ff05::1", MULTICAST},
        {"169.254.1.1", LINK_U},
        {"febf::1", LINK_U},
        {"fec0::1", GLOBAL},
        {"255.255.255.255", 0},
        {"10.0.0.1", GLOBAL},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct ip_flaw flaw;
        struct view zone;
        struct ip ip;
        int kinds;

        assert_int_equal(ip_parse(view_of(cases[i].text), &ip, &zone, &flaw), 0);
        kinds = (ip_is_unspecified(&ip) ? UNSPECIFIED : 0) | (ip_is_loopback(&ip) ? LOOPBACK : 0) |
                (ip_is_multicast(&ip) ? MULTICAST : 0) |
                (ip_is_link_local_multicast(&ip) ? LINK_M : 0) |
                (ip_is_link_local_unicast(&ip) ? LINK_U : 0) |
                (ip_is_global_unicast(&ip) ? GLOBAL : 0);
        if (kinds != cases[i].kinds)
            fail_msg("%s: %d", cases[i].text, kinds);
    }
}

static void ranges_contain(void **state)
{
    static const struct {
        const char *range, *other;
        bool contained;
    } cases[] = {
        {"10.0.0.0/8", "10.1.0.0/16", true},     {"10.0.0.0/8", "10.0.0.0/8", true},
        {"10.0.0.0/8", "11.0.0.0/16", false},    {"10.1.0.0/16", "10.0.0.0/8", false},
        {"10.0.0.0/16", "10.0.0.0/8", false},    {"0.0.0.0/0", "10.0.0.0/8", true},
        {"::/0", "10.0.0.0/8", false},           {"10.0.0.0/9", "10.128.0.0/9", false},
        {"10.255.0.0/9", "10.128.0.0/16", true}, {"fd00::/8", "fd12::/16", true},
        {"1.2.3.4/32", "1.2.3.4/32", true},
    };
    struct arena arena;

    (void)state;
    arena_init(&arena, LIMIT_ARENA);
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct cidr range, other;

        assert_null(cidr_parse(view_of(cases[i].range), &range, &arena));
        assert_null(cidr_parse(view_of(cases[i].other), &other, &arena));
        assert_int_equal(cidr_contains_cidr(&range, &other), cases[i].contained);
        if (range.bits <= other.bits)
            assert_int_equal(cidr_contains(&range, &other.ip), cases[i].contained);
    }
    arena_release(&arena);
}

static void ranges_are_read(void **state)
{
    static const struct {
        const char *text, *masked, *why;
    } cases[] = {
        {"10.9.8.7/12", "10.0.0.0/12", NULL},
        {"1.2.3.4/32", "1.2.3.4/32", NULL},
        {"2001:db8:ffff::1/33", "2001:db8:8000::/33", NULL},
        {"1.2.3.4/0", "0.0.0.0/0", NULL},
        {"1.2.3.4", NULL, "netip.ParsePrefix(\"1.2.3.4\"): no '/'"},
        {"1.2.3.4/33", NULL, "netip.ParsePrefix(\"1.2.3.4/33\"): prefix length out of range"},
        {"1.2.3.4/08", NULL, "netip.ParsePrefix(\"1.2.3.4/08\"): bad bits after slash: \"08\""},
        {"x/8", NULL, "netip.ParsePrefix(\"x/8\"): ParseAddr(\"x\"): unable to parse IP"},
        {"::%x/8", NULL, "netip.ParsePrefix(\"::%x/8\"): IPv6 zones cannot be present in a prefix"},
    };
    struct arena arena;

    (void)state;
    arena_init(&arena, LIMIT_ARENA);
    for (size_t i = 0; i < COUNT(cases); i++) {
        char room[CIDR_ROOM];
        struct cidr range, masked;
        const char *why = cidr_parse(view_of(cases[i].text), &range, &arena);

        if (cases[i].why) {
            assert_string_equal(why ? why : "", cases[i].why);
            continue;
        }
        assert_null(why);
        masked = cidr_masked(&range);
        assert_string_equal(cidr_print(&masked, room).p, cases[i].masked);
        assert_true(cidr_same(&masked, &range) ==
                    (view_cmp(view_of(cases[i].text), view_of(cases[i].masked)) == 0));
    }
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_have_one_form), cmocka_unit_test(what_is_no_address_is_told),
        cmocka_unit_test(addresses_are_of_kinds),  cmocka_unit_test(ranges_contain),
        cmocka_unit_test(ranges_are_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
