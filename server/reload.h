#ifndef TG_SERVER_RELOAD_H
#define TG_SERVER_RELOAD_H

#include "server/rules/rule_versions.h"

#include <stdbool.h>
#include <stdint.h>

struct buf;
struct server_state;
struct log;
struct pair;
struct rule_configmaps;
struct rule_objects;
struct shapes;
struct tls;
struct tls_secret;

/* Watches the rules, the TLS files and the Secret and puts what changed in force, or keeps what is
 * and says why. One thread at a time. */
struct reload {
    const char *const *rules; /* directories and files, ended by NULL; NULL: there are maps alone */
    const char *rules_text;   /* as people read them: "rules and more.yaml"; NULL like them */
    struct rule_configmaps *maps;     /* NULL: there are no maps */
    struct rule_objects *objects;     /* NULL: none count; never beside maps */
    const char *cert_file, *key_file; /* both, or none: then own or secret is there */
    const struct pair *own;
    struct tls_secret *secret;
    const char *client_ca_file; /* or NULL */
    struct shapes *shapes; /* what objects look like, or NULL: Kubernetes' own kinds; the owner's */
    struct server_state *server;
    struct log *log;
    struct tls *tls; /* once it is there */
    uint64_t rules_signature, maps_version, tls_signature;
    struct rule_versions versions; /* of the rules */
};

/* Ends the versions. */
void reload_release(struct reload *r);

/* Loads the rules for the first time and puts them in force. Returns 0; or -1 with every error in
 * why, as `tidegate check` prints it, and nothing in force. */
int reload_rules(struct reload *r, struct buf *why);

/* Makes r->tls of the files, of the Secret or of own, and of the client CA file; or replaces what
 * it has. Returns 0, or -1 with one line in why and what was in force still there. */
int reload_tls(struct reload *r, struct buf *why);

/* Looks whether files changed, or with `force` takes them for changed, and loads them again. What
 * comes of it goes to the log, the counters and the readiness page. */
void reload_look(struct reload *r, bool force);

#endif
