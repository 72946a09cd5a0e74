#include "kube/kubeconfig/exec_plugin.h"

#include "base/arena.h"
#include "base/json/json.h"
#include "base/limits.h"
#include "base/sys/secret.h"
#include "base/sys/subprocess.h"
#include "base/time/timefmt.h"
#include "kube/limits.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <yyjson.h>

const char *const exec_plugin_versions[] = {"client.authentication.k8s.io/v1",
                                            "client.authentication.k8s.io/v1beta1", NULL};

void exec_credential_init(struct exec_credential *c)
{
    *c = (struct exec_credential){.is_there = false};
    buf_init(&c->token, LIMIT_TOKEN);
    buf_init(&c->cert, LIMIT_CREDENTIAL);
    buf_init(&c->key, LIMIT_CREDENTIAL);
}

void exec_credential_release(struct exec_credential *c)
{
    struct buf *const texts[] = {&c->token, &c->cert, &c->key};

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        secret_wipe(texts[i]);
        buf_release(texts[i]);
    }
    *c = (struct exec_credential){.is_there = false};
}

/* A line break would end the line that the problem is in. */
static void add_hint(const struct exec_plugin *p, char *problem, size_t room)
{
    size_t n = strlen(problem);

    if (p->hint)
        snprintf(problem + n, room - n, ": %s", p->hint);
    for (char *at = problem; *at; at++)
        if ((unsigned char)*at < ' ')
            *at = ' ';
}

/* --- what it printed -------------------------------------------------------------------------- */

static void put(struct buf *out, struct view text)
{
    secret_wipe(out);
    buf_add(out, text);
}

/* NULL, or what is wrong with a status. */
static const char *take_status(yyjson_val *status, struct exec_credential *c)
{
    struct view token = json_text(status, "token"), expires;
    struct view cert = json_text(status, "clientCertificateData");
    struct view key = json_text(status, "clientKeyData");

    if (!yyjson_is_obj(status))
        return "printed no status";
    if (token.n == 0 && cert.n == 0 && key.n == 0)
        return "printed no token and no client certificate";
    if ((cert.n == 0) != (key.n == 0))
        return "printed a client certificate or its key, but not both";
    expires = json_text(status, "expirationTimestamp");
    c->expires = 0;
    if (expires.n > 0 && timefmt_parse(expires, &c->expires) < 0)
        return "printed an expirationTimestamp that is not a time";
    put(&c->token, token);
    put(&c->cert, cert);
    put(&c->key, key);
    return c->token.failed || c->cert.failed || c->key.failed ? "printed more than it may" : NULL;
}

static const char *take_answer(const struct exec_plugin *p, struct view text,
                               struct exec_credential *c)
{
    struct arena arena;
    yyjson_alc memory = json_memory(&arena);
    const char *problem = NULL;
    yyjson_val *root;

    arena_init(&arena, 16 * LIMIT_CREDENTIAL);
    root =
        yyjson_doc_get_root(yyjson_read_opts((char *)(uintptr_t)text.p, text.n, 0, &memory, NULL));
    if (!view_eq_str(json_text(root, "kind"), "ExecCredential"))
        problem = "printed no ExecCredential";
    else if (!view_eq_str(json_text(root, "apiVersion"), p->api_version))
        problem = "printed another apiVersion than the kubeconfig asks for";
    else
        problem = take_status(yyjson_obj_get(root, "status"), c);
    arena_release(&arena);
    return problem;
}

/* --- the call --------------------------------------------------------------------------------- */

static void tell_failure(const struct exec_plugin *p, int status, char *problem, size_t room)
{
    const char *name = p->argv[0];

    if (status > 0)
        snprintf(problem, room, "the credential plugin \"%s\" failed with exit code %d", name,
                 status);
    else if (errno == ENOENT) {
        snprintf(problem, room,
                 "the kubeconfig asks \"%s\" for credentials, which is not installed", name);
        add_hint(p, problem, room);
    } else if (errno == ETIMEDOUT)
        snprintf(problem, room, "the credential plugin \"%s\" took longer than %d s", name,
                 p->seconds);
    else if (errno == EFBIG)
        snprintf(problem, room, "the credential plugin \"%s\" printed more than %d bytes", name,
                 LIMIT_CREDENTIAL);
    else
        snprintf(problem, room, "the credential plugin \"%s\" cannot be run: %s", name,
                 strerror(errno));
}

static int run(const struct exec_plugin *p, struct exec_credential *c, bool interactive,
               const char *info, char *problem, size_t room)
{
    const char *env[LIMIT_CREDENTIAL_ARGS + 2];
    struct subprocess program = {p->argv, env, interactive, p->seconds};
    const char *flaw = NULL;
    struct buf out;
    size_t n = 0;
    int status;

    for (; p->env[n] && n < LIMIT_CREDENTIAL_ARGS; n++)
        env[n] = p->env[n];
    env[n++] = info;
    env[n] = NULL;
    buf_init(&out, LIMIT_CREDENTIAL);
    status = subprocess_run(&program, &out);
    if (status == 0)
        flaw = take_answer(p, buf_view(&out), c);
    else
        tell_failure(p, status, problem, room);
    if (flaw)
        snprintf(problem, room, "the credential plugin \"%s\" %s", p->argv[0], flaw);
    secret_wipe(&out);
    buf_release(&out);
    return status == 0 && !flaw ? 0 : -1;
}

int exec_plugin_ask(const struct exec_plugin *p, int64_t now, struct exec_credential *c,
                    char *problem, size_t room)
{
    bool interactive = p->interactive != EXEC_NEVER && isatty(STDIN_FILENO);
    struct buf info;
    int status;

    if (c->is_there && (c->expires == 0 || now <= c->expires))
        return 0;
    c->is_there = false;
    if (p->interactive == EXEC_ALWAYS && !interactive) {
        snprintf(problem, room,
                 "the credential plugin \"%s\" asks at a terminal, and standard input is none",
                 p->argv[0]);
        return -1;
    }
    buf_init(&info, LIMIT_CREDENTIAL);
    buf_printf(&info,
               "KUBERNETES_EXEC_INFO={\"kind\":\"ExecCredential\",\"apiVersion\":\"%s\","
               "\"spec\":{%s%s%s\"interactive\":%s}}",
               p->api_version, p->cluster ? "\"cluster\":" : "", p->cluster ? p->cluster : "",
               p->cluster ? "," : "", interactive ? "true" : "false");
    if (info.failed)
        snprintf(problem, room, "out of memory");
    status = info.failed ? -1 : run(p, c, interactive, info.p, problem, room);
    buf_release(&info);
    c->is_there = status == 0;
    return status == 0 ? 1 : -1;
}
