/* Asks a Prometheus as a guard does: probe/query URL QUERY MAX writes "ok", "fails" or "nothing",
 * and the words. */

#include "base/text/float_text.h"
#include "kube/calls.h"
#include "kube/kube.h"
#include "kube/kubeconfig/config.h"
#include "policy/guard/guard_probes.h"
#include "rollout/act/probe_worker.h"

#include <pthread.h>
#include <stdio.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static bool done;

static void answered(void *ctx, struct view uid, bool prometheus, size_t index,
                     const struct probe_answer *answer)
{
    (void)ctx;
    (void)uid;
    (void)prometheus;
    (void)index;
    printf("%s: %s\n", answer->no_data ? "nothing" : answer->ok ? "ok" : "fails", answer->message);
    pthread_mutex_lock(&lock);
    done = true;
    pthread_cond_signal(&changed);
    pthread_mutex_unlock(&lock);
}

int main(int argc, char **argv)
{
    const struct config config = {.server = "https://127.0.0.1:1"};
    struct probe_worker_options options = {
        .threads = 1, .answered = answered, .prometheus = argv[1]};
    struct guard_query query = {.has_max = true};
    struct calls calls;
    struct probe_worker *prober;

    if (argc != 4 || !float_text_parse(view_of(argv[3]), &query.max))
        return 2;
    calls_init(&calls);
    query.query = view_of(argv[2]);
    prober = probe_worker_start(&(struct kube){.config = &config, .calls = &calls}, &options);
    if (!prober)
        return 2;
    probe_worker_ask_prometheus(prober, VIEW("uid"), 0, &query);
    pthread_mutex_lock(&lock);
    while (!done)
        pthread_cond_wait(&changed, &lock);
    pthread_mutex_unlock(&lock);
    probe_worker_stop(prober);
    calls_release(&calls);
    return 0;
}
