#include "certs/authority.h"

#include "certs/limits.h"
#include "certs/pem.h"
#include "certs/verify.h"
#include "cmocka_all.h"

#include <stdlib.h>

enum { NOW = 1795255200, CA_LIFE = 3600, LEAF_LIFE = 900 };

static const struct view names[] = {{"gate.example.svc", 16}, {"127.0.0.1", 9}};
static const struct authority_wish wish = {names, 2, CA_LIFE, LEAF_LIFE};

static int count(struct view pem)
{
    STACK_OF(X509) *chain = pem_read_chain(pem);
    int n = sk_X509_num(chain);

    pem_free_chain(chain);
    return n;
}

static void step(struct authority *a, enum rotation_act act, int64_t now)
{
    struct buf why;

    buf_init(&why, 1024);
    assert_int_equal(authority_step(a, act, &wish, now, &why), 0);
    assert_int_equal(why.n, 0);
    buf_release(&why);
}

static struct rotation look(const struct authority *a, int64_t now)
{
    struct rotation r;

    authority_look(a, &wish, now, &r, NULL);
    return r;
}

static void a_whole_rotation(void **state)
{
    struct authority a;
    struct rotation r;
    struct buf first, why;

    (void)state;
    authority_init(&a);
    buf_init(&first, LIMIT_PEM);
    buf_init(&why, 1024);
    r = look(&a, NOW);
    assert_int_equal(rotation_next(&r, NOW).act, ROTATION_START);

    step(&a, ROTATION_START, NOW);
    r = look(&a, NOW);
    assert_int_equal(r.ca.issued, NOW);
    assert_int_equal(r.ca.ends, NOW + CA_LIFE);
    assert_int_equal(r.leaf.issued, NOW);
    assert_int_equal(r.leaf.ends, NOW + LEAF_LIFE);
    assert_true(r.next.ends == 0 && !r.has_retired && !r.leaf_lacks_name);
    assert_int_equal(authority_ends(&a), NOW + CA_LIFE);
    buf_add(&first, buf_view(&a.leaf));

    step(&a, ROTATION_MAKE_NEXT, NOW + 100);
    step(&a, ROTATION_PUBLISHED, NOW + 110);
    r = look(&a, NOW + 120);
    assert_int_equal(r.next.ends, NOW + 100 + CA_LIFE);
    assert_int_equal(r.published, NOW + 110);
    assert_int_equal(count(buf_view(&a.bundle)), 2);
    assert_false(r.has_retired);

    step(&a, ROTATION_PROMOTE, NOW + 500);
    r = look(&a, NOW + 500);
    assert_int_equal(r.ca.ends, NOW + 100 + CA_LIFE);
    assert_int_equal(r.superseded_until, NOW + LEAF_LIFE);
    assert_true(r.next.ends == 0 && r.published == 0 && r.has_retired);
    assert_int_equal(a.next_key.n, 0);
    assert_int_equal(verify_server(buf_view(&first), buf_view(&a.bundle), names[0], NOW, &why), 1);

    step(&a, ROTATION_RETIRE, NOW + LEAF_LIFE);
    assert_int_equal(count(buf_view(&a.bundle)), 1);
    assert_int_equal(verify_server(buf_view(&first), buf_view(&a.bundle), names[0], NOW, &why), 0);
    assert_false(look(&a, NOW + LEAF_LIFE).has_retired);
    assert_int_equal(authority_ends(&a), NOW + 100 + CA_LIFE);
    buf_release(&first);
    buf_release(&why);
    authority_release(&a);
}

static void names_are_added_to_those_of_others(void **state)
{
    const struct view others[] = {VIEW("other.example.svc"), VIEW("::1")};
    const struct authority_wish other = {others, 2, CA_LIFE, LEAF_LIFE};
    struct authority a;
    struct rotation r;
    struct buf why;

    (void)state;
    authority_init(&a);
    buf_init(&why, 1024);
    step(&a, ROTATION_START, NOW);
    authority_look(&a, &other, NOW, &r, NULL);
    assert_true(r.leaf_lacks_name);
    assert_int_equal(authority_step(&a, ROTATION_RENEW, &other, NOW + 1, &why), 0);
    authority_look(&a, &other, NOW + 1, &r, NULL);
    assert_false(r.leaf_lacks_name);
    assert_false(look(&a, NOW + 1).leaf_lacks_name);
    step(&a, ROTATION_RENEW, NOW + 2);
    authority_look(&a, &other, NOW + 2, &r, NULL);
    assert_true(r.leaf_lacks_name);
    buf_release(&why);
    authority_release(&a);
}

static void cut(struct buf *text)
{
    text->n /= 2;
    text->p[text->n] = '\0';
}

static void what_somebody_broke(void **state)
{
    struct authority a, b;
    struct rotation r;
    struct buf why;

    (void)state;
    authority_init(&a);
    authority_init(&b);
    buf_init(&why, 1024);
    step(&a, ROTATION_START, NOW);
    step(&b, ROTATION_START, NOW);

    cut(&a.leaf);
    authority_look(&a, &wish, NOW, &r, &why);
    assert_string_equal(why.p, "\"tls.crt\" holds no certificate in PEM form");
    assert_int_equal(rotation_next(&r, NOW).act, ROTATION_RENEW);
    step(&a, ROTATION_RENEW, NOW);
    assert_int_equal(look(&a, NOW).leaf.ends, NOW + LEAF_LIFE);

    cut(&a.ca_key);
    r = look(&a, NOW);
    assert_int_equal(rotation_next(&r, NOW).act, ROTATION_MAKE_NEXT);
    buf_reset(&why);
    assert_int_equal(authority_step(&a, ROTATION_RENEW, &wish, NOW, &why), -1);
    assert_string_equal(why.p, "the authority's certificate and key do not belong together");

    buf_reset(&a.bundle);
    buf_add(&a.bundle, buf_view(&b.bundle));
    buf_reset(&why);
    authority_look(&a, &wish, NOW, &r, &why);
    assert_string_equal(why.p,
                        "it is not accepted by the bundle: unable to get local issuer certificate");
    assert_int_equal(rotation_next(&r, NOW).act, ROTATION_START);
    buf_release(&why);
    authority_release(&a);
    authority_release(&b);
}

/* --- random lives ----------------------------------------------------------------------------- */

/* Replicas and API servers that see what is written late, and replicas that die between any two of
 * the things that they do. What a write is based on is checked by its version, as an API server
 * does. */
enum { REPLICAS = 4, API_SERVERS = 3, VERSIONS = 512, LAG = CA_LIFE / 12 - 1, TICKS = 1500 };

struct version {
    struct buf leaf, bundle;
    int64_t leaf_ends;
};

struct replica {
    int served;         /* version of the Secret that it serves */
    int phase;          /* how far it is: 0: begins */
    int bundle_version; /* as it read them */
    int bundle, secret;
};

struct cluster_view {
    int64_t now;
    struct rotation facts;             /* of the newest */
    struct authority secret;           /* the newest */
    struct version versions[VERSIONS]; /* of it */
    int newest;                        /* of them; -1: none yet */
    int bundle, bundle_version;        /* of which version the bundle is that is in force */
    struct {
        int bundle;
        int64_t at;
    } past[64];                        /* bundles in force, a ring */
    int past_count, held[API_SERVERS]; /* into past; -1: none */
    struct replica replicas[REPLICAS];
    signed char accepted[VERSIONS][VERSIONS]; /* leaf by bundle; 0: not asked yet */
    int promotions, kills;
};

static unsigned draw(unsigned n)
{
    return (unsigned)random() % n;
}

static void remember_version(struct cluster_view *w)
{
    struct version *v = &w->versions[++w->newest];
    STACK_OF(X509) *chain = pem_read_chain(buf_view(&w->secret.leaf));

    assert_true(w->newest < VERSIONS - 1);
    buf_init(&v->leaf, LIMIT_PEM);
    buf_init(&v->bundle, LIMIT_PEM);
    buf_add(&v->leaf, buf_view(&w->secret.leaf));
    buf_add(&v->bundle, buf_view(&w->secret.bundle));
    v->leaf_ends = pem_seconds(X509_get0_notAfter(sk_X509_value(chain, 0)));
    pem_free_chain(chain);
    w->facts = look(&w->secret, w->now);
}

static void publish(struct cluster_view *w, int version)
{
    w->bundle = version;
    w->bundle_version++;
    w->past[w->past_count % 64].bundle = version;
    w->past[w->past_count % 64].at = w->now;
    w->past_count++;
}

/* What a replica does next of: read the bundle, read the Secret, write one of the two. */
static void go_on(struct cluster_view *w, struct replica *r)
{
    struct rotation rotation;
    struct rotation_step due;

    if (r->phase == 0) {
        r->bundle = w->bundle;
        r->bundle_version = w->bundle_version;
        r->phase = 1;
        return;
    }
    if (r->phase == 1) {
        r->secret = w->newest;
        r->phase = 2;
        return;
    }
    r->phase = 0;
    if (r->secret >= 0 && (r->bundle < 0 || !view_eq(buf_view(&w->versions[r->bundle].bundle),
                                                     buf_view(&w->versions[r->secret].bundle)))) {
        if (r->bundle_version == w->bundle_version)
            publish(w, r->secret);
        return;
    }
    if (r->secret != w->newest)
        return; /* a conflict, whatever it would write */
    rotation = w->facts;
    rotation.is_published = r->bundle >= 0;
    due = rotation_next(&rotation, w->now);
    if (due.at > w->now)
        return;
    step(&w->secret, due.act, w->now);
    w->promotions += due.act == ROTATION_PROMOTE;
    remember_version(w);
}

static void check(struct cluster_view *w, int leaf, int bundle)
{
    struct buf why;

    if (w->accepted[leaf][bundle])
        return;
    buf_init(&why, 1024);
    w->accepted[leaf][bundle] = 1;
    if (verify_server(buf_view(&w->versions[leaf].leaf), buf_view(&w->versions[bundle].bundle),
                      names[0], w->now, &why) != 1)
        fail_msg("leaf %d, bundle %d: %s", leaf, bundle, why.p);
    buf_release(&why);
}

/* A leaf that expired while its replica was disconnected is accepted by nobody. */
static void check_all(struct cluster_view *w)
{
    for (int r = 0; r < REPLICAS; r++)
        for (int s = 0; s < API_SERVERS; s++) {
            int leaf = w->replicas[r].served;

            if (leaf >= 0 && w->held[s] >= 0 && w->versions[leaf].leaf_ends > w->now)
                check(w, leaf, w->past[w->held[s] % 64].bundle);
        }
}

static void tick(struct cluster_view *w)
{
    w->now += draw(30);
    for (int s = 0; s < API_SERVERS; s++) {
        if (draw(4) == 0)
            w->held[s] = w->past_count - 1;
        while (w->held[s] + 1 < w->past_count && w->past[(w->held[s] + 1) % 64].at + LAG <= w->now)
            w->held[s]++;
    }
    for (int i = 0; i < 6; i++) {
        struct replica *r = &w->replicas[draw(REPLICAS)];

        if (draw(20) == 0) {
            r->phase = 0;
            w->kills++;
        } else {
            go_on(w, r);
        }
        if (draw(10) == 0)
            r->served = w->newest;
    }
    check_all(w);
}

static void live(unsigned seed)
{
    struct cluster_view *w = calloc(1, sizeof(*w));

    srandom(seed);
    authority_init(&w->secret);
    w->now = NOW;
    w->newest = w->bundle = -1;
    for (int s = 0; s < API_SERVERS; s++)
        w->held[s] = -1;
    for (int r = 0; r < REPLICAS; r++)
        w->replicas[r] = (struct replica){.served = -1};
    for (int i = 0; i < TICKS; i++)
        tick(w);
    assert_true(w->promotions >= 4 && w->kills > 0);
    for (int i = 0; i <= w->newest; i++) {
        buf_release(&w->versions[i].leaf);
        buf_release(&w->versions[i].bundle);
    }
    authority_release(&w->secret);
    free(w);
}

static void whoever_dies_when_every_leaf_is_accepted(void **state)
{
    (void)state;
    for (unsigned seed = 1; seed <= 6; seed++) {
        print_message("seed %u\n", seed);
        live(seed);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_whole_rotation),
        cmocka_unit_test(names_are_added_to_those_of_others),
        cmocka_unit_test(what_somebody_broke),
        cmocka_unit_test(whoever_dies_when_every_leaf_is_accepted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
