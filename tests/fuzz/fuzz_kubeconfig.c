/* Any bytes are a kubeconfig or are refused; what was accepted says where to go and as whom, and
 * what was refused is told without a line of the file. */
#include "base/buf.h"
#include "kube/kubeconfig/config.h"

#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void judge(const struct config *c)
{
    if (!view_starts(view_of(c->server), "https://") || view_ends(view_of(c->server), "/"))
        abort();
    if (!c->token && !c->token_file && !c->cert.file && !c->cert.text.p)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char name[] = "/tmp/fuzz-kubeconfig-XXXXXX";
    int fd = mkstemp(name);
    struct config config;
    struct buf why;

    if (fd < 0 || write(fd, data, size) != (ssize_t)size)
        abort();
    close(fd);
    buf_init(&why, 1 << 20);
    if (config_of_file(&config, name, &why) == 0)
        judge(&config);
    else if (why.n == 0)
        abort();
    config_release(&config);
    buf_release(&why);
    unlink(name);
    return 0;
}
