#include "server/reload.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/diag.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/log.h"
#include "certs/pair.h"
#include "policy/set.h"
#include "server/gate.h"
#include "server/tls.h"
#include "server/tls_secret.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

/* --- rules ---------------------------------------------------------------------------------- */

int reload_rules(struct reload *r, struct buf *why)
{
    const struct policy_sources from = {.directory = r->rules};
    struct policy_set *set = NULL;
    struct diags diags;
    int status;

    r->rules_signature = 0;
    file_dir_signature(r->rules, &r->rules_signature);
    diags_init(&diags, NULL); /* its arena will be the set's */
    status = policy_set_load(&from, &diags, &set);
    if (set && status == 0)
        status = gate_use_rules(r->gate, policy_set_acquire(set));
    else if (set)
        diags_write(&diags, why);
    if (status < 0 && why->n == 0)
        buf_add_str(why, "out of memory\n");
    policy_set_release(set);
    return status;
}

static void tell_rules(struct reload *r, bool good, struct view why)
{
    atomic_fetch_add(&r->gate->metrics.rules_reloads[good], 1);
    gate_note_rules(r->gate, why);
    if (good)
        LOG(r->log, LOG_LEVEL_INFO, "rules_reloaded", LOG_STR("dir", r->rules));
    else
        LOG(r->log, LOG_LEVEL_ERROR, "rules_kept", LOG_STR("dir", r->rules),
            LOG_VIEW("error", why));
}

static void look_at_rules(struct reload *r, bool force)
{
    uint64_t signature = 0;
    struct buf why;
    bool good;

    /* A directory that cannot be read has the signature 0, and loading it says why. */
    if (file_dir_signature(r->rules, &signature) < 0)
        signature = 0;
    if (signature == r->rules_signature && !force)
        return;
    buf_init(&why, LIMIT_ANSWER);
    good = reload_rules(r, &why) == 0;
    tell_rules(r, good, buf_view(&why));
    buf_release(&why);
}

/* --- TLS ------------------------------------------------------------------------------------ */

static void mix(uint64_t *hash, uint64_t value)
{
    *hash = (*hash ^ value) * UINT64_C(0x100000001b3);
}

static void mix_file(uint64_t *hash, const char *file)
{
    struct stat st = {0};

    if (!file)
        return;
    if (stat(file, &st) < 0)
        memset(&st, 0, sizeof(st));
    mix(hash, st.st_ino);
    mix(hash, (uint64_t)st.st_size);
    mix(hash, (uint64_t)st.st_mtim.tv_sec);
    mix(hash, (uint64_t)st.st_mtim.tv_nsec);
}

static uint64_t tls_signature(const struct reload *r)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);

    mix_file(&hash, r->cert_file);
    mix_file(&hash, r->key_file);
    mix_file(&hash, r->client_ca_file);
    if (r->secret)
        mix(&hash, tls_secret_version(r->secret));
    return hash;
}

static int use_pair(struct reload *r, const struct pair *pair, struct buf *why)
{
    struct view client_ca = {NULL, 0};
    struct buf text;
    int status = 0;

    buf_init(&text, LIMIT_PEM);
    if (r->client_ca_file) {
        status = pair_read(r->client_ca_file, &text, why);
        client_ca = buf_view(&text);
    }
    if (status == 0 && r->tls)
        status = tls_replace(r->tls, pair, client_ca, why);
    else if (status == 0)
        status = (r->tls = tls_create(pair, client_ca, why)) ? 0 : -1;
    if (status == 0)
        atomic_store(&r->gate->metrics.certificate_expiry, pair->not_after);
    buf_release(&text);
    return status;
}

static int load_pair(struct reload *r, struct pair *pair, struct buf *why)
{
    if (r->secret)
        return tls_secret_pair(r->secret, pair, clock_wall(), why);
    return pair_load(pair, r->cert_file, r->key_file, clock_wall(), why);
}

int reload_tls(struct reload *r, struct buf *why)
{
    struct pair pair;
    int status;

    r->tls_signature = tls_signature(r);
    if (r->own)
        return use_pair(r, r->own, why);
    if (load_pair(r, &pair, why) < 0)
        return -1;
    status = use_pair(r, &pair, why);
    if (status == 0 && r->secret)
        atomic_store(&r->gate->metrics.ca_expiry, tls_secret_ca_expiry(r->secret));
    pair_release(&pair);
    return status;
}

static void tell_tls(struct reload *r, bool good, struct view why)
{
    const char *file = r->secret ? "Secret" : r->own ? r->client_ca_file : r->cert_file;

    atomic_fetch_add(&r->gate->metrics.certificate_reloads[good], 1);
    gate_note_certificate(r->gate, why);
    if (good)
        LOG(r->log, LOG_LEVEL_INFO, "certificate_reloaded", LOG_STR("file", file),
            LOG_INT("expires", atomic_load(&r->gate->metrics.certificate_expiry)));
    else
        LOG(r->log, LOG_LEVEL_ERROR, "certificate_kept", LOG_STR("file", file),
            LOG_VIEW("error", why));
}

static void look_at_tls(struct reload *r, bool force)
{
    struct buf why;
    bool good;

    if ((r->own && !r->client_ca_file) || (tls_signature(r) == r->tls_signature && !force))
        return;
    buf_init(&why, LIMIT_ANSWER);
    good = reload_tls(r, &why) == 0;
    tell_tls(r, good, buf_view(&why));
    buf_release(&why);
}

void reload_look(struct reload *r, bool force)
{
    look_at_rules(r, force);
    look_at_tls(r, force);
}
