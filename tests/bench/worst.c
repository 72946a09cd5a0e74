/* Times whole reviews of the worst shapes (tests/worst.h) inside the process, a rule of each check
 * and a guard in force: milliseconds of processor time of 250, 500 and 1000 KB, and how many times
 * the last is the first. What LIMIT_REVIEW_CPU ends grows no more. */
#include "worst.h"
#include "policy/limits.h"

#include "base/clock.h"
#include "base/diag.h"
#include "policy/set.h"
#include "server/admit.h"
#include "server/decision_log.h"
#include "server/http/http.h"
#include "server/server_state.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { ROUNDS = 3, MILLISECOND = 1000 * 1000 };

static struct policy_set *load(const char *text)
{
    char directory[] = "/tmp/tidegate-bench-XXXXXX", path[64];
    const struct policy_sources from = {.paths = (const char *const[]){directory, NULL}};
    struct policy_set *set = NULL;
    struct diags diags;
    FILE *f;

    if (!mkdtemp(directory))
        exit(2);
    snprintf(path, sizeof(path), "%s/rules.yaml", directory);
    f = fopen(path, "w");
    if (!f || fputs(text, f) < 0 || fclose(f) != 0)
        exit(2);
    diags_init(&diags, NULL);
    if (policy_set_load(&from, &diags, &set) < 0)
        exit(2);
    unlink(path);
    rmdir(directory);
    return set;
}

static double answer_ms(struct server_state *server, struct view review)
{
    char *body = calloc(1, review.n + BODY_PADDING);
    struct http_request request = {.body = body,
                                   .body_size = review.n,
                                   .timeout = VIEW("30s"),
                                   .arrived = clock_monotonic_ns()};
    struct http_response response = {0};
    int64_t began;

    if (!body)
        exit(2);
    memcpy(body, review.p, review.n);
    buf_init(&response.body, LIMIT_ANSWER);
    began = clock_thread_ns();
    admit(server, &request, &response);
    began = clock_thread_ns() - began;
    buf_release(&response.body);
    free(body);
    return (double)began / MILLISECOND;
}

static double best_ms(struct server_state *server, const struct worst *w, bool update, size_t bytes)
{
    struct buf review;
    double best = 0;

    buf_init(&review, 2 * bytes + 65536);
    worst_review(&review, w, update, bytes);
    for (int round = 0; round < ROUNDS; round++) {
        double each = answer_ms(server, buf_view(&review));

        if (round == 0 || each < best)
            best = each;
    }
    buf_release(&review);
    return best;
}

static void show(const char *what, const char *rules)
{
    struct decision_log *decisions = decision_log_create(open("/dev/null", O_WRONLY), 1);
    struct server_state server;

    server_state_init(&server, NULL, decisions);
    if (!decisions || server_state_use_rules(&server, load(rules)) < 0)
        exit(2);
    printf("%s: ms of 250 KB, 500 KB and 1 MB, growth\n", what);
    for (size_t i = 0; i < WORST_SHAPES; i++)
        for (int update = 0; update < 2; update++) {
            double quarter = best_ms(&server, &worst_shapes[i], update, 250000);
            double half = best_ms(&server, &worst_shapes[i], update, 500000);
            double whole = best_ms(&server, &worst_shapes[i], update, 1000000);

            printf("  %-28s %s %7.1f %7.1f %7.1f   %4.1f\n", worst_shapes[i].name,
                   update ? "UPDATE" : "CREATE", quarter, half, whole, whole / quarter);
        }
    server_state_release(&server);
    decision_log_free(decisions);
}

int main(void)
{
    struct buf rules;

    buf_init(&rules, 1 << 20);
    buf_add_str(&rules, WORST_RULE_HEAD);
    buf_add_str(&rules, worst_rules[0]);
    show("podSecurity", rules.p);
    for (size_t i = 1; i < WORST_RULES; i++)
        buf_add_str(&rules, worst_rules[i]);
    buf_add_str(&rules, WORST_GUARD);
    show("all checks and a guard", rules.p);
    buf_release(&rules);
    return 0;
}
