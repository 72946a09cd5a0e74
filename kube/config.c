#include "kube/config.h"

#include "base/base64.h"
#include "base/buf.h"
#include "base/diag.h"
#include "base/sys/file.h"
#include "base/yaml/node.h"
#include "base/yaml/yaml.h"
#include "kube/limits.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { CONFIG_MEMORY = 32 * LIMIT_KUBECONFIG };

/* A kubeconfig that is being read. */
struct reading {
    struct config *config;
    struct diags *diags;
    struct view folder; /* of the file, with its slash; or empty */
    struct place whole;
};

static int wrong(struct reading *r, const struct node *at, const char *problem)
{
    diag_error(r->diags, at->place, "%s", problem);
    return -1;
}

/* --- single values ---------------------------------------------------------------------------- */

/* A string of a map, NULL where it is missing or empty; an error of another type shows no value,
 * which may be a secret. */
static const struct node *string_of(struct reading *r, const struct node *map, const char *key)
{
    const struct node *node = node_get(map, key);

    if (!node || node->kind == NODE_NULL)
        return NULL;
    if (node->kind == NODE_STRING)
        return node->text.n > 0 ? node : NULL;
    diag_error(r->diags, node->place, "\"%s\" must be a string, found %s", key,
               node_kind_name(node->kind));
    return NULL;
}

static const char *file_of(struct reading *r, const struct node *map, const char *key)
{
    const struct node *node = string_of(r, map, key);
    struct view name;

    if (!node)
        return NULL;
    name = arena_printf(&r->config->arena, "%.*s%.*s",
                        VIEW_ARGS(view_starts(node->text, "/") ? VIEW("") : r->folder),
                        VIEW_ARGS(node->text));
    if (!name.p)
        diag_error(r->diags, node->place, "out of memory");
    else if (access(name.p, R_OK) < 0)
        diag_error(r->diags, node->place, "%s \"%s\" cannot be read: %s", key, name.p,
                   strerror(errno));
    return name.p;
}

/* KEY-data counts before KEY, as in kubectl. */
static void read_pem(struct reading *r, const struct node *map, const char *key,
                     struct config_pem *out)
{
    char data_key[64];
    const struct node *data;

    snprintf(data_key, sizeof(data_key), "%s-data", key);
    data = string_of(r, map, data_key);
    if (!data) {
        out->file = file_of(r, map, key);
        return;
    }
    out->text = base64_decode(data->text, &r->config->arena);
    if (!out->text.p)
        diag_error(r->diags, data->place, "%s is not base64", data_key);
    else if (!memmem(out->text.p, out->text.n, "-----BEGIN ", 11))
        diag_error(r->diags, data->place, "%s holds no PEM", data_key);
}

/* --- the cluster ------------------------------------------------------------------------------ */

static bool has_part(CURLU *url, CURLUPart part)
{
    char *text = NULL;
    bool has = curl_url_get(url, part, &text, 0) == CURLUE_OK;

    curl_free(text);
    return has;
}

/* NULL when it is the address of an API server. */
static const char *judge_server(const char *server)
{
    CURLU *url;
    const char *problem = NULL;

    if (!view_starts(view_of(server), "https://"))
        return "is not an address that begins with https://";
    url = curl_url();
    if (!url || curl_url_set(url, CURLUPART_URL, server, 0) != CURLUE_OK)
        problem = "is not an address";
    else if (has_part(url, CURLUPART_USER) || has_part(url, CURLUPART_QUERY) ||
             has_part(url, CURLUPART_FRAGMENT))
        problem = "has more than a host, a port and a path";
    curl_url_cleanup(url);
    return problem;
}

static void read_server(struct reading *r, const struct node *cluster)
{
    const struct node *server = string_of(r, cluster, "server");
    struct view text;
    const char *problem;

    if (!server) {
        diag_error(r->diags, cluster->place, "the cluster has no \"server\"");
        return;
    }
    problem = judge_server(server->text.p);
    if (problem) {
        diag_error(r->diags, server->place, "the server %s", problem);
        return;
    }
    for (text = server->text; view_ends(text, "/");)
        text.n--;
    r->config->server = arena_str(&r->config->arena, text);
}

static void read_cluster(struct reading *r, const struct node *cluster)
{
    const struct node *insecure = node_get(cluster, "insecure-skip-tls-verify");
    const struct node *proxy = string_of(r, cluster, "proxy-url");
    const struct node *name = string_of(r, cluster, "tls-server-name");

    if (insecure && insecure->kind != NODE_NULL &&
        !(insecure->kind == NODE_BOOL && !insecure->truth)) {
        wrong(r, insecure, "insecure-skip-tls-verify is refused: anybody could be the API server");
        diag_hint(r->diags, "give its CA as certificate-authority");
    }
    if (proxy)
        wrong(r, proxy, "proxy-url is not supported");
    if (name)
        r->config->server_name = name->text.p;
    read_server(r, cluster);
    read_pem(r, cluster, "certificate-authority", &r->config->ca);
}

/* --- the user --------------------------------------------------------------------------------- */

static void refuse_others(struct reading *r, const struct node *user)
{
    static const struct {
        const char *key, *problem;
    } others[] = {
        {"exec", "exec is refused: no program is run for credentials"},
        {"auth-provider", "auth-provider is refused: Kubernetes has given them up"},
        {"username", "username is refused: an API server takes no passwords"},
    };

    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        const struct node *node = node_get(user, others[i].key);

        if (!node || node->kind == NODE_NULL)
            continue;
        wrong(r, node, others[i].problem);
        diag_hint(r->diags, "give a token, a tokenFile or a client-certificate");
    }
}

static bool is_there(const struct config_pem *pem)
{
    return pem->file || pem->text.p;
}

static void read_user(struct reading *r, const struct node *user)
{
    size_t errors = r->diags->errors;
    const struct node *token = string_of(r, user, "token"), *as = string_of(r, user, "as");
    struct config *c = r->config;

    refuse_others(r, user);
    if (as)
        wrong(r, as, "as is not supported: nobody is impersonated");
    read_pem(r, user, "client-certificate", &c->cert);
    read_pem(r, user, "client-key", &c->key);
    c->token = token ? token->text.p : NULL;
    c->token_file = file_of(r, user, "tokenFile");
    if (r->diags->errors > errors)
        return;
    if (is_there(&c->cert) != is_there(&c->key))
        wrong(r, user, "client-certificate and client-key belong together");
    else if (!is_there(&c->cert) && !c->token && !c->token_file)
        wrong(r, user, "the user has no token, no tokenFile and no client-certificate");
}

/* --- the file --------------------------------------------------------------------------------- */

/* The `what` of that name in the list at `lists`: [{name: NAME, what: {...}}]. */
static const struct node *find(struct reading *r, const struct node *root, const char *lists,
                               const char *what, const struct node *name)
{
    const struct node *list = node_get(root, lists), *found;

    for (size_t i = 0; list && list->kind == NODE_LIST && i < list->count; i++) {
        const struct node *its = node_get(list->items[i], "name");

        if (!its || !view_eq(its->text, name->text))
            continue;
        found = node_get(list->items[i], what);
        if (found && found->kind == NODE_MAP)
            return found;
        diag_error(r->diags, its->place, "the %s \"%.*s\" is empty", what, VIEW_ARGS(name->text));
        return NULL;
    }
    diag_error(r->diags, name->place, "no %s is named \"%.*s\"", what, VIEW_ARGS(name->text));
    return NULL;
}

/* What the context says at a key, looked up. */
static const struct node *follow(struct reading *r, const struct node *root,
                                 const struct node *context, const char *lists, const char *what)
{
    const struct node *name = string_of(r, context, what);

    if (name)
        return find(r, root, lists, what, name);
    diag_error(r->diags, context->place, "the context has no \"%s\"", what);
    return NULL;
}

static void read_root(struct reading *r, const struct node *root)
{
    const struct node *current = string_of(r, root, "current-context"), *context, *part;
    const struct node *namespace;

    if (!current) {
        wrong(r, root, "there is no \"current-context\"");
        diag_hint(r->diags, "choose one with kubectl config use-context");
        return;
    }
    context = find(r, root, "contexts", "context", current);
    if (!context)
        return;
    namespace = string_of(r, context, "namespace");
    r->config->namespace_ = namespace ? namespace->text.p : NULL;
    part = follow(r, root, context, "clusters", "cluster");
    if (part)
        read_cluster(r, part);
    part = follow(r, root, context, "users", "user");
    if (part)
        read_user(r, part);
}

/* What the reader of YAML says of an error may show a word of the file. */
static void read_source(struct reading *r, const struct source *source)
{
    const struct node **docs;
    struct arena *arena = &r->config->arena;
    struct diags found;
    size_t count = 0;

    diags_init(&found, arena);
    if (yaml_parse(source, YAML_MANIFEST, arena, &found, &docs, &count) < 0)
        diag_error(r->diags, found.first ? found.first->place : r->whole, "this is not YAML");
    else if (count != 1 || docs[0]->kind != NODE_MAP)
        diag_error(r->diags, r->whole, "this is not a kubeconfig");
    else
        read_root(r, docs[0]);
}

static void write_errors(const struct diags *diags, struct buf *why)
{
    for (const struct diag *d = diags->first; d; d = d->next) {
        struct view name = d->place.source ? d->place.source->name : VIEW("kubeconfig");

        buf_printf(why, "%.*s:", VIEW_ARGS(name));
        if (d->place.line > 0)
            buf_printf(why, "%u:%u:", d->place.line, d->place.column);
        buf_printf(why, " error: %.*s\n", VIEW_ARGS(d->message));
        if (d->hint.p)
            buf_printf(why, "  = %.*s\n", VIEW_ARGS(d->hint));
    }
}

int config_of_file(struct config *c, const char *file, struct buf *why)
{
    const struct source *source;
    struct diags diags;

    *c = (struct config){0};
    arena_init(&c->arena, CONFIG_MEMORY);
    diags_init(&diags, &c->arena);
    source = file_read(file, LIMIT_KUBECONFIG, &c->arena, &diags);
    if (source) {
        ptrdiff_t slash = view_rfind(source->name, '/');
        struct reading r = {
            c, &diags, view_first(source->name, (size_t)(slash + 1)), {source, 0, 0}};

        read_source(&r, source);
    }
    if (diags.errors == 0 && c->server)
        return 0;
    write_errors(&diags, why);
    config_release(c);
    return -1;
}

int config_of_pod(struct config *c, const char *host, const char *port, const char *folder,
                  struct buf *why)
{
    bool bare = strchr(host, ':') != NULL; /* an IPv6 address, which stands in brackets in a URL */
    const char *problem = "out of memory";

    *c = (struct config){0};
    arena_init(&c->arena, CONFIG_MEMORY);
    c->server =
        arena_printf(&c->arena, "https://%s%s%s:%s", bare ? "[" : "", host, bare ? "]" : "", port)
            .p;
    c->ca.file = arena_printf(&c->arena, "%s/ca.crt", folder).p;
    c->token_file = arena_printf(&c->arena, "%s/token", folder).p;
    if (c->server && c->ca.file && c->token_file) {
        problem = judge_server(c->server);
        if (!problem && access(c->ca.file, R_OK) == 0 && access(c->token_file, R_OK) == 0)
            return 0;
    }
    if (problem)
        buf_printf(why, "the service account: %s:%s %s", host, port, problem);
    else
        buf_printf(why, "the service account in \"%s\" cannot be read: %s", folder,
                   strerror(errno));
    config_release(c);
    return -1;
}

void config_release(struct config *c)
{
    arena_release(&c->arena);
    *c = (struct config){0};
}
