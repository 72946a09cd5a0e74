#include "base/buf.h"
#include "base/clock.h"
#include "base/json/json.h"
#include "base/parse_error.h"
#include "base/text/quote.h"
#include "base/time/duration.h"
#include "base/time/timefmt.h"
#include "certs/authority.h"
#include "certs/cert_info.h"
#include "certs/issue.h"
#include "certs/limits.h"
#include "certs/pair.h"
#include "certs/verify.h"
#include "cli/command.h"
#include "cli/readyz_probe.h"
#include "cli/session.h"
#include "cli/workload_arg.h"
#include "kube/client.h"
#include "kube/permissions.h"
#include "policy/limits.h"
#include "server/tls/authority_secret.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    OPTION_SECRET = SESSION_OPTIONS,
    OPTION_CA,
    OPTION_NAME,
    OPTION_CONNECT,
    OPTION_AT,
    OPTION_CA_LIFE,
    OPTION_LEAF_LIFE,
};

static const struct option_row options[] = {
    {OPTION_SECRET, "secret", "NAME", "show, verify: a Secret, in place of a file"},
    {OPTION_CA, "ca", "FILE", "verify: the CAs that are trusted (of a Secret its ca.crt)"},
    {OPTION_NAME, "name", "NAME",
     "verify: whom a caller asks for; make: a name or address, repeatable"},
    {OPTION_CONNECT, "connect", "ADDR[:PORT]",
     "verify: what is served there, and whether it is ready, in place of a file"},
    {OPTION_AT, "at", "TIME", "an instant as 2026-11-24T15:46:00+01:00, in place of now"},
    {OPTION_CA_LIFE, "ca-life", "DURATION", "make: of the CA (8760h, a year)"},
    {OPTION_LEAF_LIFE, "leaf-life", "DURATION", "make: of the certificate (2160h, 90 days)"},
    SESSION_ROW_KUBECONFIG,
    SESSION_ROW_CONTEXT,
    {SESSION_OWN_NAMESPACE, "own-namespace", "NS", "where the Secret is (tidegate-system)"},
    {0, NULL, NULL, NULL},
};

struct question {
    struct session session;
    const char *secret, *ca, *connect;
    struct view names[LIMIT_TLS_NAMES];
    size_t name_count;
    int64_t now, ca_life, leaf_life;
    const char *place; /* FILE or DIR; NULL: none was given */
    /* what was read: */
    struct authority authority; /* of a file the leaf, of --ca the bundle */
    bool is_ours;
};

/* Prints a message. Returns EXIT_USAGE. */
static int fail(const struct question *q, struct buf *why)
{
    session_tell(&q->session, "%.*s", VIEW_ARGS(buf_view(why)));
    return EXIT_USAGE;
}

/* --- reading ---------------------------------------------------------------------------------- */

static yyjson_val *get_secret(struct question *q, struct client_answer *answer)
{
    struct session *s = &q->session;
    struct view path =
        arena_printf(&s->arena, "/api/v1/namespaces/%s/secrets/%s", s->own_namespace, q->secret);
    struct client_call call = {.verb = "get", .resource = "secrets", .path = path.p};

    *answer = (struct client_answer){.problem = "out of memory"};
    return path.p ? client_json(s->client, &call, &s->arena, answer) : NULL;
}

static int read_secret(struct question *q)
{
    const struct permission row = {"", "secrets", NULL, "get", q->session.own_namespace, q->secret};
    struct client_answer answer;
    yyjson_val *found;
    json_t *secret;
    int status;

    if (session_open(&q->session) < 0)
        return EXIT_USAGE;
    found = get_secret(q, &answer);
    if (!found) {
        session_refused(&q->session, "the Secret cannot be read", &answer, &row, 1);
        return EXIT_USAGE;
    }
    secret = json_of_value(found);
    status = secret ? authority_secret_read(secret, &q->authority) : -1;
    q->is_ours = secret && authority_secret_is_ours(secret);
    json_decref(secret);
    if (status < 0)
        session_tell(&q->session, "out of memory");
    return status < 0 ? EXIT_USAGE : EXIT_OK;
}

static int read_place(struct question *q)
{
    struct buf why;
    int status = EXIT_OK;

    if (q->secret)
        return read_secret(q);
    buf_init(&why, LIMIT_MESSAGE);
    if ((q->place && pair_read(q->place, &q->authority.leaf, &why) < 0) ||
        (q->ca && pair_read(q->ca, &q->authority.bundle, &why) < 0))
        status = fail(q, &why);
    buf_release(&why);
    return status;
}

/* --- show ------------------------------------------------------------------------------------- */

struct showing {
    int64_t now;
    const char *of; /* what the text is called */
    bool is_valid;  /* all so far */
};

static void print_field(const char *name, struct view text)
{
    struct buf plain;

    buf_init(&plain, (size_t)4 * LIMIT_PEM);
    quote_plain(&plain, text);
    printf("  %-8s %.*s\n", name, VIEW_ARGS(buf_view(&plain)));
    buf_release(&plain);
}

static void print_names(struct view names)
{
    struct view line;
    struct buf text;

    buf_init(&text, LIMIT_PEM);
    while (names.n > 0) {
        view_cut(names, '\n', &line, &names);
        buf_printf(&text, "%s%.*s", text.n > 0 ? ", " : "", VIEW_ARGS(line));
    }
    if (text.n > 0)
        print_field("names", buf_view(&text));
    buf_release(&text);
}

static void print_times(struct showing *s, const struct cert_info *facts)
{
    char from[TIMEFMT_ROOM], to[TIMEFMT_ROOM], time[DURATION_ROOM];
    bool begun = s->now >= facts->from, over = s->now >= facts->to;

    printf("  %-8s %s%s\n", "from", timefmt_rfc3339(facts->from, NULL, from),
           begun ? "" : ", not valid yet");
    if (over)
        printf("  %-8s %s, expired\n", "to", timefmt_rfc3339(facts->to, NULL, to));
    else
        printf("  %-8s %s, in %s\n", "to", timefmt_rfc3339(facts->to, NULL, to),
               duration_text(facts->to - s->now, time));
    s->is_valid = s->is_valid && begun && !over;
}

static void print_facts(void *ctx, const struct cert_info *facts)
{
    struct showing *s = ctx;

    printf("%s: %s\n", s->of, facts->is_ca ? "a CA" : "a certificate");
    print_field("subject", buf_view(&facts->subject));
    print_field("issuer", buf_view(&facts->issuer));
    print_field("serial", buf_view(&facts->serial));
    print_names(buf_view(&facts->names));
    print_times(s, facts);
}

/* Only those who publish a bundle know whether it was published; here it is assumed. */
static void print_next(const struct question *q)
{
    const struct authority_wish wish = {NULL, 0, q->ca_life, q->leaf_life};
    char at[TIMEFMT_ROOM], time[DURATION_ROOM];
    struct rotation rotation;
    struct rotation_step step;

    authority_look(&q->authority, &wish, q->now, &rotation, NULL);
    rotation.is_published = true;
    step = rotation_next(&rotation, q->now);
    if (step.at <= q->now)
        printf("next: %s, due now\n", rotation_name(step.act));
    else
        printf("next: %s at %s, in %s\n", rotation_name(step.act),
               timefmt_rfc3339(step.at, NULL, at), duration_text(step.at - q->now, time));
}

static int show(struct question *q)
{
    struct showing s = {.now = q->now, .of = q->secret ? "tls.crt" : q->place, .is_valid = true};
    int status = read_place(q);

    if (status != EXIT_OK)
        return status;
    if (cert_info_each(buf_view(&q->authority.leaf), print_facts, &s) == 0) {
        session_tell(&q->session, "\"%s\" holds no certificate in PEM form", s.of);
        return EXIT_USAGE;
    }
    s.of = "ca.crt";
    cert_info_each(buf_view(&q->authority.bundle), print_facts, &s);
    if (q->is_ours)
        print_next(q);
    return s.is_valid ? EXIT_OK : EXIT_DENIED;
}

/* --- verify ----------------------------------------------------------------------------------- */

static int verify(struct question *q)
{
    struct view name = q->name_count > 0 ? q->names[0] : (struct view){NULL, 0};
    const char *what = q->connect ? q->connect : q->secret ? q->secret : q->place;
    int status = read_place(q), verdict;
    struct view bundle;
    struct buf why;

    if (status != EXIT_OK)
        return status;
    buf_init(&why, LIMIT_MESSAGE);
    bundle = buf_view(&q->authority.bundle);
    verdict = q->connect ? readyz_probe(view_of(q->connect), name, bundle, &why)
                         : verify_server(buf_view(&q->authority.leaf), bundle, name, q->now, &why);
    if (verdict < 0)
        fail(q, &why);
    else if (verdict)
        printf("%s: accepted%s\n", what, q->connect ? ", and ready" : "");
    else
        printf("%s: %s\n", what, why.p);
    buf_release(&why);
    return verdict < 0 ? EXIT_USAGE : verdict ? EXIT_OK : EXIT_DENIED;
}

/* --- make ------------------------------------------------------------------------------------- */

/* A file appears whole or not at all. Returns 0, or -1 after a message. */
static int write_file(struct question *q, const char *name, const struct buf *text, mode_t mode)
{
    struct view path = arena_printf(&q->session.arena, "%s/%s", q->place, name);
    struct view next = arena_printf(&q->session.arena, "%s/.%s.next", q->place, name);
    int fd = -1, status = -1;

    if (path.p && next.p && (unlink(next.p) == 0 || errno == ENOENT))
        fd = open(next.p, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    if (fd >= 0 && write(fd, text->p, text->n) == (ssize_t)text->n && fsync(fd) == 0)
        status = 0;
    if (fd >= 0 && close(fd) < 0)
        status = -1;
    if (status == 0)
        status = rename(next.p, path.p);
    if (status < 0)
        session_tell(&q->session, "cannot write \"%s/%s\": %s", q->place, name, strerror(errno));
    else
        printf("%s/%s\n", q->place, name);
    return status;
}

/* Uses the existing CA again, or creates one. Returns 1 when it was created, 0 when not, or -1 with
 * the problem in why. */
static int load_ca(struct question *q, struct pair *ca, struct buf *why)
{
    struct view cert = arena_printf(&q->session.arena, "%s/ca.crt", q->place);
    struct view key = arena_printf(&q->session.arena, "%s/ca.key", q->place);

    if (!cert.p || !key.p) {
        buf_add_str(why, "out of memory");
        return -1;
    }
    if (access(cert.p, F_OK) == 0 || access(key.p, F_OK) == 0)
        return pair_load(ca, cert.p, key.p, q->now, why);
    return issue_ca(ca, "Tidegate CA", q->now, q->ca_life, why) < 0 ? -1 : 1;
}

static int make(struct question *q)
{
    struct pair ca, leaf;
    struct buf why;
    int made, status = EXIT_USAGE;

    pair_init(&ca);
    pair_init(&leaf);
    buf_init(&why, LIMIT_MESSAGE);
    made = load_ca(q, &ca, &why);
    if (made < 0 || issue_leaf(&leaf, &ca, q->names, q->name_count, q->now, q->leaf_life, &why) < 0)
        fail(q, &why);
    else if ((!made || (write_file(q, "ca.key", &ca.key, 0600) == 0 &&
                        write_file(q, "ca.crt", &ca.cert, 0644) == 0)) &&
             write_file(q, "tls.key", &leaf.key, 0600) == 0 &&
             write_file(q, "tls.crt", &leaf.cert, 0644) == 0)
        status = EXIT_OK;
    pair_release(&ca);
    pair_release(&leaf);
    buf_release(&why);
    return status;
}

/* --- the command ------------------------------------------------------------------------------ */

static int wrong(const struct question *q, const char *option, const char *value, const char *takes)
{
    return command_misused(q->session.command, "--%s is \"%s\": it must be %s", option, value,
                           takes);
}

/* These return -1, or what to exit with after a message. */
static int set_life(const struct question *q, const char *option, const char *value, int64_t *life)
{
    struct parse_error parse_error;

    if (duration_parse(view_of(value), AUTHORITY_LEAST_LIFE, AUTHORITY_MOST_LIFE, life,
                       &parse_error) == 0)
        return -1;
    return wrong(q, option, value, "a duration from 10s to 87600h, like 2160h");
}

static int set_option(struct question *q, int option, const char *value)
{
    switch (option) {
    case OPTION_SECRET:
        q->secret = value;
        return workload_arg_is_name(view_of(value))
                   ? -1
                   : wrong(q, "secret", value, "the name of an object");
    case OPTION_CA: q->ca = value; return -1;
    case OPTION_CONNECT: q->connect = value; return -1;
    case OPTION_NAME:
        if (q->name_count == LIMIT_TLS_NAMES)
            return command_misused(q->session.command,
                                   "too many --name: a certificate has at most %d",
                                   LIMIT_TLS_NAMES);
        q->names[q->name_count++] = view_of(value);
        return -1;
    case OPTION_AT:
        return timefmt_parse(view_of(value), &q->now) == 0
                   ? -1
                   : wrong(q, "at", value, "an instant like 2026-11-24T15:46:00+01:00");
    case OPTION_CA_LIFE: return set_life(q, "ca-life", value, &q->ca_life);
    case OPTION_LEAF_LIFE: return set_life(q, "leaf-life", value, &q->leaf_life);
    default: session_option(&q->session, option, value); return -1;
    }
}

static int verify_there(struct question *q)
{
    if (q->place || !q->ca == !q->secret)
        return command_misused(
            q->session.command,
            "verify --connect requires either --ca or --secret, and accepts no FILE");
    return verify(q);
}

/* Of the words behind the options: what is to be done, and with what. */
static int act(struct question *q, char **words, int count)
{
    const struct command *command = q->session.command;
    const char *verb = count > 0 ? words[0] : "";

    q->place = count > 1 ? words[1] : NULL;
    if (count > 2)
        return command_misused(command, "unexpected argument \"%s\"", words[2]);
    if (strcmp(verb, "make") == 0) {
        if (!q->place || q->name_count == 0)
            return command_misused(command,
                                   "make requires a DIR, and a --name for the certificate");
        return make(q);
    }
    if (strcmp(verb, "show") != 0 && strcmp(verb, "verify") != 0)
        return command_misused(command, "say what to do: show, verify or make");
    if (strcmp(verb, "verify") == 0 && q->connect)
        return verify_there(q);
    if (!q->place == !q->secret)
        return command_misused(command, "%s requires either a FILE or a --secret", verb);
    if (strcmp(verb, "show") == 0)
        return show(q);
    if (!q->ca == !q->secret)
        return command_misused(
            command, "verify requires a --ca with a FILE, and accepts none with a --secret");
    return verify(q);
}

static int run(const struct command *command, int argc, char **argv)
{
    struct question q = {
        .now = clock_wall(), .ca_life = AUTHORITY_CA_LIFE, .leaf_life = AUTHORITY_LEAF_LIFE};
    const char *value;
    int option, rest, status = -1;

    session_init(&q.session, command);
    authority_init(&q.authority);
    while (status < 0 && (option = command_option(command, argc, argv, &value, &rest)) > 0)
        status = set_option(&q, option, value);
    if (status < 0 && option != OPTION_END)
        status = option == OPTION_HELP ? EXIT_OK : EXIT_USAGE;
    if (status < 0)
        status = act(&q, argv + rest, argc - rest);
    authority_release(&q.authority);
    session_close(&q.session);
    return status;
}

const struct command command_certs = {
    .name = "certs",
    .arguments = "show|verify|make [FILE|DIR]",
    .summary = "show, verify or make certificates",
    .example = "certs make --name tidegate.example.com .",
    .options = options,
    .run = run,
};
