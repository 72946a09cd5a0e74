#include "certs/authority.h"

#include "base/limits.h"
#include "certs/issue.h"
#include "certs/limits.h"
#include "certs/pair.h"
#include "certs/pem.h"
#include "certs/verify.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/x509.h>

#define CA_NAME "Tidegate CA"

/* --- life ------------------------------------------------------------------------------------- */

void authority_init(struct authority *a)
{
    *a = (struct authority){.published = 0};
    buf_init(&a->leaf, LIMIT_PEM);
    buf_init(&a->leaf_key, LIMIT_PEM);
    buf_init(&a->bundle, LIMIT_PEM);
    buf_init(&a->ca_key, LIMIT_PEM);
    buf_init(&a->next_key, LIMIT_PEM);
}

static void wipe(struct buf *key)
{
    if (key->p)
        OPENSSL_cleanse(key->p, key->n);
    buf_release(key);
}

void authority_release(struct authority *a)
{
    buf_release(&a->leaf);
    wipe(&a->leaf_key);
    buf_release(&a->bundle);
    wipe(&a->ca_key);
    wipe(&a->next_key);
    authority_init(a);
}

/* What was there goes, what was made takes its place. */
static void replace(struct buf *old, struct buf *made)
{
    struct buf empty;

    buf_init(&empty, made->limit);
    wipe(old);
    *old = *made;
    *made = empty;
}

/* --- what is there ---------------------------------------------------------------------------- */

static struct rotation_span span_of(const X509 *cert)
{
    return (struct rotation_span){
        .issued = pem_seconds(X509_get0_notBefore(cert)) + ISSUE_CLOCK_TOLERANCE,
        .ends = pem_seconds(X509_get0_notAfter(cert)),
    };
}

/* The certificate of the bundle that a key belongs to; NULL: none. */
static X509 *cert_of_key(STACK_OF(X509) * bundle, const struct buf *key_text)
{
    EVP_PKEY *key = key_text->n > 0 ? pem_read_key(buf_view(key_text)) : NULL;
    X509 *found = NULL;

    for (int i = 0; key && !found && i < sk_X509_num(bundle); i++)
        if (X509_check_private_key(sk_X509_value(bundle, i), key) == 1)
            found = sk_X509_value(bundle, i);
    ERR_clear_error();
    EVP_PKEY_free(key);
    return found;
}

/* The certificate of the bundle that signed the chain of the leaf; NULL: none. */
static X509 *signer_of(STACK_OF(X509) * bundle, const struct buf *leaf)
{
    STACK_OF(X509) *chain = pem_read_chain(buf_view(leaf));
    int count = sk_X509_num(chain);
    X509 *last = count > 0 ? sk_X509_value(chain, count - 1) : NULL, *found = NULL;

    for (int i = 0; last && !found && i < sk_X509_num(bundle); i++)
        if (X509_verify(last, X509_get0_pubkey(sk_X509_value(bundle, i))) == 1)
            found = sk_X509_value(bundle, i);
    ERR_clear_error();
    pem_free_chain(chain);
    return found;
}

/* The bundle, which is to be freed, and who of it does what; NULL: none does. */
struct opened {
    STACK_OF(X509) * bundle;
    X509 *ca, *next, *signer;
};

static void open_bundle(struct opened *o, const struct authority *a)
{
    o->bundle = pem_read_chain(buf_view(&a->bundle));
    o->ca = cert_of_key(o->bundle, &a->ca_key);
    o->next = cert_of_key(o->bundle, &a->next_key);
    o->signer = signer_of(o->bundle, &a->leaf);
}

/* One whose key was lost has to stay for as long as its leaf is served. */
static bool is_retired(const struct opened *o, const X509 *cert)
{
    return cert != o->ca && cert != o->next && cert != o->signer;
}

static struct rotation_span span_of_leaf(const struct authority *a, int64_t now, struct buf *why)
{
    struct rotation_span span = {0, 0};
    struct view none = {NULL, 0};
    struct buf unheard;
    struct pair pair;

    buf_init(&unheard, LIMIT_LOG_LINE);
    pair_init(&pair);
    buf_add(&pair.cert, buf_view(&a->leaf));
    buf_add(&pair.key, buf_view(&a->leaf_key));
    if (!why)
        why = &unheard;
    if (pair_judge(&pair, "tls.crt", "tls.key", now, why) == 0 &&
        verify_server(buf_view(&a->leaf), buf_view(&a->bundle), none, now, why) == 1) {
        STACK_OF(X509) *chain = pem_read_chain(buf_view(&a->leaf));

        span = span_of(sk_X509_value(chain, 0));
        pem_free_chain(chain);
    }
    pair_release(&pair);
    buf_release(&unheard);
    return span;
}

static bool lacks_name(const struct authority *a, const struct authority_wish *wish)
{
    for (size_t i = 0; i < wish->name_count; i++)
        if (!verify_name(buf_view(&a->leaf), wish->names[i]))
            return true;
    return false;
}

void authority_look(const struct authority *a, const struct authority_wish *wish, int64_t now,
                    struct rotation *out, struct buf *why)
{
    struct opened o;

    open_bundle(&o, a);
    *out = (struct rotation){.published = a->published, .superseded_until = a->superseded_until};
    out->leaf = span_of_leaf(a, now, why);
    out->leaf_lacks_name = lacks_name(a, wish);
    if (o.ca)
        out->ca = span_of(o.ca);
    if (o.next && o.next != o.ca)
        out->next = span_of(o.next);
    for (int i = 0; i < sk_X509_num(o.bundle); i++)
        out->has_retired = out->has_retired || is_retired(&o, sk_X509_value(o.bundle, i));
    pem_free_chain(o.bundle);
}

int64_t authority_ends(const struct authority *a)
{
    struct opened o;
    int64_t ends;

    open_bundle(&o, a);
    ends = o.signer ? span_of(o.signer).ends : 0;
    pem_free_chain(o.bundle);
    return ends;
}

/* --- names ------------------------------------------------------------------------------------ */

struct names {
    struct view list[LIMIT_TLS_NAMES];
    size_t count;
    struct buf had; /* what the views of earlier names point into */
};

/* Those wished for. While replicas with other names run, a leaf that lacks some is given them
 * beside its own: else each would make another one at once. */
static void choose_names(struct names *n, const struct authority *a,
                         const struct authority_wish *wish)
{
    STACK_OF(X509) *chain = pem_read_chain(buf_view(&a->leaf));
    struct view rest, line;

    buf_init(&n->had, LIMIT_PEM);
    for (n->count = 0; n->count < wish->name_count && n->count < LIMIT_TLS_NAMES; n->count++)
        n->list[n->count] = wish->names[n->count];
    if (sk_X509_num(chain) > 0 && lacks_name(a, wish))
        pem_names(sk_X509_value(chain, 0), &n->had);
    rest = buf_view(&n->had);
    while (rest.n > 0 && n->count < LIMIT_TLS_NAMES) {
        bool wished = false;

        view_cut(rest, '\n', &line, &rest);
        for (size_t i = 0; i < wish->name_count; i++)
            wished = wished || view_eq(wish->names[i], line);
        if (!wished)
            n->list[n->count++] = line;
    }
    pem_free_chain(chain);
}

/* --- steps ------------------------------------------------------------------------------------ */

static int64_t latest(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* When the leaf expires that is there now. */
static int64_t leaf_ends(const struct authority *a)
{
    STACK_OF(X509) *chain = pem_read_chain(buf_view(&a->leaf));
    int64_t ends =
        sk_X509_num(chain) > 0 ? pem_seconds(X509_get0_notAfter(sk_X509_value(chain, 0))) : 0;

    pem_free_chain(chain);
    return ends;
}

/* Makes the leaf that takes the place of what is there, by an authority of the bundle. */
static int sign_leaf(struct authority *a, const struct pair *ca, const struct authority_wish *wish,
                     int64_t now, struct buf *why)
{
    struct names names;
    struct pair leaf;
    int status;

    choose_names(&names, a, wish);
    status = issue_leaf(&leaf, ca, names.list, names.count, now, wish->leaf_life, why);
    if (status == 0) {
        a->superseded_until = latest(a->superseded_until, leaf_ends(a));
        replace(&a->leaf, &leaf.cert);
        replace(&a->leaf_key, &leaf.key);
        pair_release(&leaf);
    }
    buf_release(&names.had);
    return status;
}

static int sign_by(struct authority *a, const struct buf *key, const struct authority_wish *wish,
                   int64_t now, struct buf *why)
{
    STACK_OF(X509) *bundle = pem_read_chain(buf_view(&a->bundle));
    X509 *cert = cert_of_key(bundle, key);
    struct pair ca;
    int status = -1;

    pair_init(&ca);
    buf_add(&ca.key, buf_view(key));
    if (!cert || pem_add_cert(&ca.cert, cert) < 0 || ca.key.failed)
        buf_add_str(why, "the authority's certificate and key do not belong together");
    else
        status = sign_leaf(a, &ca, wish, now, why);
    pair_release(&ca);
    pem_free_chain(bundle);
    return status;
}

static int promote(struct authority *a, const struct authority_wish *wish, int64_t now,
                   struct buf *why)
{
    if (sign_by(a, &a->next_key, wish, now, why) < 0)
        return -1;
    replace(&a->ca_key, &a->next_key);
    a->published = 0;
    return 0;
}

static int start(struct authority *a, const struct authority_wish *wish, int64_t now,
                 struct buf *why)
{
    struct authority made;
    struct pair ca;

    if (issue_ca(&ca, CA_NAME, now, wish->ca_life, why) < 0)
        return -1;
    authority_init(&made);
    if (sign_leaf(&made, &ca, wish, now, why) < 0) {
        pair_release(&ca);
        return -1;
    }
    replace(&made.bundle, &ca.cert);
    replace(&made.ca_key, &ca.key);
    pair_release(&ca);
    authority_release(a);
    *a = made;
    return 0;
}

/* Appends what of the bundle has not expired; or, for `retire`, what has not retired. */
static int copy_bundle(const struct authority *a, bool retire, int64_t now, struct buf *out)
{
    struct opened o;
    int status = 0;

    open_bundle(&o, a);
    for (int i = 0; i < sk_X509_num(o.bundle) && status == 0; i++) {
        const X509 *cert = sk_X509_value(o.bundle, i);

        if (retire ? !is_retired(&o, cert) : span_of(cert).ends > now)
            status = pem_add_cert(out, cert);
    }
    pem_free_chain(o.bundle);
    return status;
}

static int out_of_memory(struct buf *text, struct buf *why)
{
    buf_release(text);
    buf_add_str(why, "out of memory for the bundle of authorities");
    return -1;
}

static int make_next(struct authority *a, const struct authority_wish *wish, int64_t now,
                     struct buf *why)
{
    struct buf bundle;
    struct pair ca;

    if (issue_ca(&ca, CA_NAME, now, wish->ca_life, why) < 0)
        return -1;
    buf_init(&bundle, LIMIT_PEM);
    buf_add(&bundle, buf_view(&ca.cert));
    if (copy_bundle(a, false, now, &bundle) < 0 || bundle.failed) {
        pair_release(&ca);
        return out_of_memory(&bundle, why);
    }
    replace(&a->bundle, &bundle);
    replace(&a->next_key, &ca.key);
    a->published = 0;
    pair_release(&ca);
    return 0;
}

static int retire(struct authority *a, int64_t now, struct buf *why)
{
    struct buf bundle;

    buf_init(&bundle, LIMIT_PEM);
    if (copy_bundle(a, true, now, &bundle) < 0)
        return out_of_memory(&bundle, why);
    replace(&a->bundle, &bundle);
    return 0;
}

int authority_step(struct authority *a, enum rotation_act act, const struct authority_wish *wish,
                   int64_t now, struct buf *why)
{
    switch (act) {
    case ROTATION_START: return start(a, wish, now, why);
    case ROTATION_RENEW: return sign_by(a, &a->ca_key, wish, now, why);
    case ROTATION_MAKE_NEXT: return make_next(a, wish, now, why);
    case ROTATION_PUBLISHED: a->published = now; return 0;
    case ROTATION_PROMOTE: return promote(a, wish, now, why);
    case ROTATION_RETIRE: return retire(a, now, why);
    case ROTATION_ACTS: break;
    }
    return -1;
}
