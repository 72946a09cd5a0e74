#include "server/reload.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/sys/file.h"
#include "base/sys/log.h"
#include "certs/limits.h"
#include "certs/pair.h"
#include "policy/limits.h"
#include "policy/set.h"
#include "rollout/limits.h"
#include "server/cluster.h"
#include "server/rules/rule_configmaps.h"
#include "server/rules/rule_counters.h"
#include "server/rules/rule_objects.h"
#include "server/server_state.h"
#include "server/tls/tls.h"
#include "server/tls/tls_secret.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* --- rules ---------------------------------------------------------------------------------- */

/* The name of the rules in force in an error that belongs to no single file. */
static const char *whole(const struct reload *r, char *room, size_t size)
{
    const char *place = r->maps ? rule_configmaps_place(r->maps) : "the rules of the cluster";

    if (!r->maps && !r->objects)
        return r->rules_text;
    snprintf(room, size, "%s%s%s", r->rules ? r->rules_text : "", r->rules ? " and " : "", place);
    return room;
}

static uint64_t rules_signature(const struct reload *r)
{
    uint64_t signature = 0;

    /* A file that cannot be read has the signature 0; loading it reports why. */
    for (size_t i = 0; r->rules && r->rules[i]; i++) {
        uint64_t one = 0;

        if (file_signature(r->rules[i], &one) == 0)
            signature += one;
    }
    return signature;
}

static uint64_t maps_version(const struct reload *r)
{
    if (r->objects)
        return rule_objects_version(r->objects);
    return r->maps ? rule_configmaps_version(r->maps) : 0;
}

static void log_rules(struct reload *r, enum log_level level, const char *event, struct view text)
{
    struct log_field fields[3];
    size_t n = 0;

    if (r->rules)
        fields[n++] = LOG_STR("dir", r->rules_text);
    if (r->maps)
        fields[n++] = LOG_STR("configmaps", rule_configmaps_selector(r->maps));
    if (text.n > 0)
        fields[n++] = LOG_VIEW(level == LOG_LEVEL_WARNING ? "warning" : "error", text);
    log_write(r->log, level, event, fields, n);
}

/* Rules that can never find anything are in force, as before such mistakes were reported. */
static void tell_problems(struct reload *r)
{
    struct rule_counters *rules = server_state_rules(r->server);
    struct buf text;

    buf_init(&text, LIMIT_ANSWER);
    policy_set_write_vain(rule_counters_set(rules), &text);
    if (text.n > 0)
        log_rules(r, LOG_LEVEL_ERROR, "rules_find_nothing", buf_view(&text));
    buf_reset(&text);
    policy_set_write_warnings(rule_counters_set(rules), &text);
    if (text.n > 0)
        log_rules(r, LOG_LEVEL_WARNING, "rules_warning", buf_view(&text));
    buf_release(&text);
    rule_counters_release(rules);
}

/* Returns 0 when nothing of it has changed; else 1, or -1. */
static int hand_over(struct reload *r, struct buf *why)
{
    if (r->objects)
        return rule_objects_hand_over(r->objects, &r->versions, why);
    if (r->maps && rule_configmaps_hand_over(r->maps, &r->versions, why) < 0)
        return -1;
    return 1;
}

enum { UNCHANGED = 2 };

/* Puts in force what goes together, or keeps what is: also when only ConfigMaps have changed whose
 * last good versions stay. Returns 1 when it did so, 0 when there was no need, or -1; with in why
 * the errors of what is not in force. Or UNCHANGED: all is as it was. */
static int load_rules(struct reload *r, bool files_changed, struct buf *why)
{
    int handed = hand_over(r, why);
    struct policy_set *set;
    struct rule_counters *in_force;
    char name[2 * LIMIT_KUBE_PATH];
    int status;

    if (handed < 0)
        return -1;
    if (handed == 0 && !files_changed)
        return UNCHANGED;
    in_force = server_state_rules(r->server);
    r->versions.shapes = r->shapes;
    r->versions.before = in_force ? rule_counters_set(in_force) : NULL;
    status = rule_versions_load(&r->versions, r->rules, whole(r, name, sizeof(name)), &set, why);
    r->versions.before = NULL;
    rule_counters_release(in_force);
    if (status < 0)
        return -1;
    if (why->n > 0 && !files_changed && !rule_versions_is_news(&r->versions)) {
        policy_set_release(set);
        return 0;
    }
    if (server_state_use_rules(r->server, set) < 0) {
        buf_add_str(why, "out of memory\n");
        return -1;
    }
    rule_versions_accept(&r->versions);
    tell_problems(r);
    if (r->server->cluster)
        cluster_look_at_rules(r->server->cluster);
    return 1;
}

static void show_objects(struct reload *r)
{
    struct rule_counters *in_force = server_state_rules(r->server);

    rule_objects_show(r->objects, &r->versions, rule_counters_set(in_force));
    rule_counters_release(in_force);
}

static void tell_each(struct reload *r, int status, const char *event)
{
    if (r->maps)
        rule_configmaps_tell(r->maps, &r->versions, event);
    if (r->objects && status < 0)
        rule_objects_forget(r->objects);
    if (r->objects)
        rule_objects_tell(r->objects, &r->versions);
    if (r->objects && status >= 0)
        show_objects(r);
}

int reload_rules(struct reload *r, struct buf *why)
{
    int status;

    r->rules_signature = rules_signature(r);
    r->maps_version = maps_version(r);
    status = load_rules(r, true, why);
    tell_each(r, status, "rules_rejected");
    if (status > 0)
        server_state_note_rules(r->server, buf_view(why));
    return status < 0 ? -1 : 0;
}

static void tell_rules(struct reload *r, int status, struct view why)
{
    atomic_fetch_add(&r->server->counters.rules_reloads[status >= 0 && why.n == 0], 1);
    server_state_note_rules(r->server, why);
    if (status < 0)
        log_rules(r, LOG_LEVEL_ERROR, "rules_kept", why);
    else if (status > 0)
        log_rules(r, LOG_LEVEL_INFO, "rules_reloaded", VIEW(""));
    tell_each(r, status, status < 0 ? NULL : "rules_kept");
}

/* The objects of a kind whose definition has just come are not listed yet. What is in force stays,
 * and the readiness page says so. */
static bool are_unknown(const struct reload *r)
{
    return r->objects && rule_objects_version(r->objects) == 0;
}

static void look_at_rules(struct reload *r, bool force)
{
    uint64_t signature = rules_signature(r), version = maps_version(r);
    bool files_changed = signature != r->rules_signature || force;
    struct buf why;
    int status;

    if (!files_changed && (version == r->maps_version || are_unknown(r)) &&
        !(r->objects && rule_objects_is_unsure(r->objects))) {
        if (r->objects && rule_objects_is_due(r->objects))
            show_objects(r);
        return;
    }
    r->rules_signature = signature;
    r->maps_version = version;
    buf_init(&why, LIMIT_ANSWER);
    status = load_rules(r, files_changed, &why);
    if (status < 0 && are_unknown(r))
        r->maps_version = 0; /* again, when they are known */
    else if (status != UNCHANGED)
        tell_rules(r, status, buf_view(&why));
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
        atomic_store(&r->server->counters.certificate_expiry, pair->not_after);
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
        atomic_store(&r->server->counters.ca_expiry, tls_secret_ca_expiry(r->secret));
    pair_release(&pair);
    return status;
}

static void tell_tls(struct reload *r, bool good, struct view why)
{
    const char *file = r->secret ? "Secret" : r->own ? r->client_ca_file : r->cert_file;

    atomic_fetch_add(&r->server->counters.certificate_reloads[good], 1);
    server_state_note_certificate(r->server, why);
    if (good)
        LOG(r->log, LOG_LEVEL_INFO, "certificate_reloaded", LOG_STR("file", file),
            LOG_INT("expires", atomic_load(&r->server->counters.certificate_expiry)));
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

void reload_release(struct reload *r)
{
    rule_versions_release(&r->versions);
}

void reload_look(struct reload *r, bool force)
{
    look_at_rules(r, force);
    look_at_tls(r, force);
}
