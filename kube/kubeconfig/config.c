#include "kube/kubeconfig/config.h"

#include "base/buf.h"
#include "base/diag.h"
#include "base/sys/file.h"
#include "base/text/base64.h"
#include "base/yaml/node.h"
#include "base/yaml/node_json.h"
#include "base/yaml/yaml.h"
#include "kube/kubeconfig/config_node.h"
#include "kube/kubeconfig/exec_plugin.h"
#include "kube/kubeconfig/exec_plugin_read.h"
#include "kube/limits.h"

#include <curl/curl.h>
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CONFIG_MEMORY = 32 * LIMIT_KUBECONFIG };

/* Kubeconfigs that are being read. */
struct reading {
    struct config *config;
    const struct config_source *source;
    struct diags *diags;
    const struct node **roots; /* of the files, in their order */
    size_t count;
    struct place whole;         /* the first of them */
    const struct node *cluster; /* that was chosen */
};

static int wrong(struct reading *r, const struct node *at, const char *problem)
{
    diag_error(r->diags, at->place, "%s", problem);
    return -1;
}

/* --- single values ---------------------------------------------------------------------------- */

static const struct node *string_of(struct reading *r, const struct node *map, const char *key)
{
    return config_node_string(r->diags, map, key);
}

static const char *file_of(struct reading *r, const struct node *map, const char *key)
{
    const struct node *node = string_of(r, map, key);
    struct view name;

    if (!node)
        return NULL;
    name = config_node_path(node, &r->config->arena);
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

static bool is_there(const struct config_pem *pem)
{
    return pem->file || pem->text.p;
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

static void read_insecure(struct reading *r, const struct node *cluster)
{
    const char *key = "insecure-skip-tls-verify";

    r->config->insecure = config_node_truth(r->diags, cluster, key);
    if (!r->config->insecure)
        return;
    if (!r->source->is_person) {
        wrong(r, node_get(cluster, key),
              "insecure-skip-tls-verify is refused: anybody could be the API server");
        diag_hint(r->diags, "give its CA as certificate-authority");
    } else if (is_there(&r->config->ca))
        wrong(r, node_get(cluster, key),
              "insecure-skip-tls-verify and a certificate-authority exclude each other");
}

/* http.Transport of Go, which kubectl uses, has names resolved by a SOCKS5 proxy. */
static void read_proxy(struct reading *r, const struct node *cluster)
{
    static const char *const schemes[] = {"http://", "https://", "socks5://"};
    const struct node *proxy = string_of(r, cluster, "proxy-url");
    size_t i = 0;

    if (!proxy)
        return;
    if (!r->source->is_person) {
        wrong(r, proxy, "proxy-url is not supported");
        diag_hint(r->diags, "set HTTPS_PROXY");
        return;
    }
    while (i < 3 && !view_starts(proxy->text, schemes[i]))
        i++;
    if (i == 3)
        wrong(r, proxy, "proxy-url must begin with http://, https:// or socks5://");
    r->config->proxy =
        i != 2 ? proxy->text.p : arena_printf(&r->config->arena, "socks5h%s", proxy->text.p + 6).p;
}

static void read_cluster(struct reading *r, const struct node *cluster)
{
    const struct node *name = string_of(r, cluster, "tls-server-name");

    r->cluster = cluster;
    if (name)
        r->config->server_name = name->text.p;
    read_server(r, cluster);
    read_pem(r, cluster, "certificate-authority", &r->config->ca);
    read_insecure(r, cluster);
    read_proxy(r, cluster);
}

/* --- the user --------------------------------------------------------------------------------- */

static void refuse_others(struct reading *r, const struct node *user)
{
    const struct {
        const char *key, *problem;
    } others[] = {
        {r->source->is_person ? "" : "exec", "exec is refused: no program is run for credentials"},
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

static const char *ca_in_base64(struct reading *r, struct buf *out)
{
    struct config_pem *ca = &r->config->ca;
    const struct source *file = NULL;

    if (ca->file)
        file = file_read(ca->file, LIMIT_KUBECONFIG, &r->config->arena, r->diags);
    base64_encode(file ? file->text : ca->text, out);
    return out->n > 0 ? out->p : NULL;
}

/* What a plugin may be told about its cluster, and the cluster's extension for it. */
static const char *read_cluster_info(struct reading *r)
{
    const struct node *list = r->cluster ? node_get(r->cluster, "extensions") : NULL;
    const struct config *c = r->config;
    struct buf ca, config;
    json_t *info;
    char *text;
    struct view kept;

    buf_init(&ca, LIMIT_CREDENTIAL);
    buf_init(&config, LIMIT_CREDENTIAL);
    for (size_t i = 0; list && list->kind == NODE_LIST && i < list->count; i++) {
        const struct node *name = node_get(list->items[i], "name");

        if (name && view_eq_str(name->text, "client.authentication.k8s.io/exec") &&
            node_get(list->items[i], "extension") && config.n == 0)
            node_json_write(node_get(list->items[i], "extension"), &config);
    }
    info = json_pack("{ss ss* ss* ss* so*}", "server", c->server ? c->server : "",
                     "tls-server-name", c->server_name, "proxy-url", c->proxy,
                     "certificate-authority-data", ca_in_base64(r, &ca), "config",
                     config.n > 0 ? json_loadb(config.p, config.n, JSON_DECODE_ANY, NULL) : NULL);
    if (c->insecure)
        json_object_set_new(info, "insecure-skip-tls-verify", json_true());
    text = json_dumps(info, JSON_COMPACT);
    kept = arena_copy(&r->config->arena, view_of(text ? text : ""));
    free(text);
    json_decref(info);
    buf_release(&ca);
    buf_release(&config);
    return kept.p;
}

static const struct exec_plugin *read_exec(struct reading *r, const struct node *exec)
{
    bool told = config_node_truth(r->diags, exec, "provideClusterInfo");
    const char *cluster = told ? read_cluster_info(r) : NULL;

    if (told && !cluster)
        wrong(r, exec, "out of memory");
    return exec_plugin_read(exec, cluster, &r->config->arena, r->diags);
}

static void read_user(struct reading *r, const struct node *user)
{
    size_t errors = r->diags->errors;
    const struct node *token = string_of(r, user, "token"), *as = string_of(r, user, "as");
    const struct node *exec = node_get(user, "exec");
    struct config *c = r->config;

    refuse_others(r, user);
    if (as)
        wrong(r, as, "as is not supported: nobody is impersonated");
    read_pem(r, user, "client-certificate", &c->cert);
    read_pem(r, user, "client-key", &c->key);
    c->token = token ? token->text.p : NULL;
    c->token_file = file_of(r, user, "tokenFile");
    if (r->source->is_person && exec && exec->kind != NODE_NULL)
        c->exec = read_exec(r, exec);
    if (r->diags->errors > errors)
        return;
    if (is_there(&c->cert) != is_there(&c->key))
        wrong(r, user, "client-certificate and client-key belong together");
    else if (!is_there(&c->cert) && !c->token && !c->token_file && !c->exec)
        wrong(r, user,
              r->source->is_person
                  ? "the user has no token, no tokenFile, no client-certificate and no exec"
                  : "the user has no token, no tokenFile and no client-certificate");
}

/* --- the files ---------------------------------------------------------------------------------
 */

/* The `what` of that name in the lists at `lists`: [{name: NAME, what: {...}}], of the first file
 * that has it. */
static const struct node *find(struct reading *r, const char *lists, const char *what,
                               struct view name, struct place place)
{
    for (size_t f = 0; f < r->count; f++) {
        const struct node *list = node_get(r->roots[f], lists), *found;

        for (size_t i = 0; list && list->kind == NODE_LIST && i < list->count; i++) {
            const struct node *its = node_get(list->items[i], "name");

            if (!its || !view_eq(its->text, name))
                continue;
            found = node_get(list->items[i], what);
            if (found && found->kind == NODE_MAP)
                return found;
            diag_error(r->diags, its->place, "the %s \"%.*s\" is empty", what, VIEW_ARGS(name));
            return NULL;
        }
    }
    diag_error(r->diags, place, "no %s is named \"%.*s\"", what, VIEW_ARGS(name));
    return NULL;
}

/* What the context says at a key, looked up. */
static const struct node *follow(struct reading *r, const struct node *context, const char *lists,
                                 const char *what)
{
    const struct node *name = string_of(r, context, what);

    if (name)
        return find(r, lists, what, name->text, name->place);
    diag_error(r->diags, context->place, "the context has no \"%s\"", what);
    return NULL;
}

static const struct node *find_context(struct reading *r)
{
    const struct node *current = NULL;

    if (r->source->context)
        return find(r, "contexts", "context", view_of(r->source->context), r->whole);
    for (size_t i = 0; i < r->count && !current; i++)
        current = string_of(r, r->roots[i], "current-context");
    if (current)
        return find(r, "contexts", "context", current->text, current->place);
    diag_error(r->diags, r->roots[0]->place, "there is no \"current-context\"");
    diag_hint(r->diags, "choose one with kubectl config use-context%s",
              r->source->is_person ? ", or name one with --context" : "");
    return NULL;
}

static void read_context(struct reading *r)
{
    const struct node *context = find_context(r), *namespace, *part;

    if (!context)
        return;
    namespace = string_of(r, context, "namespace");
    r->config->namespace_ = namespace ? namespace->text.p : NULL;
    part = follow(r, context, "clusters", "cluster");
    if (part)
        read_cluster(r, part);
    part = follow(r, context, "users", "user");
    if (part)
        read_user(r, part);
}

/* The error of the YAML reader may contain a word of the file. */
static void add_source(struct reading *r, const struct source *source)
{
    const struct node **docs;
    struct arena *arena = &r->config->arena;
    struct place whole = {source, 0, 0};
    struct diags found;
    size_t count = 0;

    diags_init(&found, arena);
    if (yaml_parse(source, YAML_MANIFEST, arena, &found, &docs, &count) < 0)
        diag_error(r->diags, found.first ? found.first->place : whole, "this is not YAML");
    else if (count != 1 || docs[0]->kind != NODE_MAP)
        diag_error(r->diags, whole, "this is not a kubeconfig");
    else {
        if (r->count == 0)
            r->whole = whole;
        r->roots[r->count++] = docs[0];
    }
}

/* When KUBECONFIG names several files, kubectl leaves out those that do not exist. */
static void read_files(struct reading *r)
{
    const struct config_source *from = r->source;
    struct arena *arena = &r->config->arena;

    r->roots = arena_alloc(arena, from->count * sizeof(*r->roots));
    for (size_t i = 0; r->roots && i < from->count; i++) {
        const struct source *source;

        if (from->count > 1 && access(from->files[i], F_OK) < 0 && errno == ENOENT)
            continue;
        source = file_read(from->files[i], LIMIT_KUBECONFIG, arena, r->diags);
        if (source)
            add_source(r, source);
    }
    if (r->diags->errors > 0)
        return;
    if (r->count > 0)
        read_context(r);
    else
        diag_error(r->diags, r->whole, "none of the files is there");
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

int config_of_files(struct config *c, const struct config_source *source, struct buf *why)
{
    struct diags diags;
    struct reading r = {.config = c, .source = source, .diags = &diags};

    *c = (struct config){.insecure = false};
    arena_init(&c->arena, CONFIG_MEMORY);
    diags_init(&diags, &c->arena);
    if (source->count > LIMIT_KUBECONFIGS)
        diag_error(&diags, r.whole, "more than %d files", LIMIT_KUBECONFIGS);
    else
        read_files(&r);
    if (diags.errors == 0 && c->server)
        return 0;
    write_errors(&diags, why);
    config_release(c);
    return -1;
}

int config_of_file(struct config *c, const char *file, struct buf *why)
{
    const struct config_source source = {.files = &file, .count = 1};

    return config_of_files(c, &source, why);
}

int config_of_pod(struct config *c, const char *host, const char *port, const char *folder,
                  struct buf *why)
{
    bool bare = strchr(host, ':') != NULL; /* an IPv6 address, which stands in brackets in a URL */
    const char *problem = "out of memory";

    *c = (struct config){.insecure = false};
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
    *c = (struct config){.insecure = false};
}
