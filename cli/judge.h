#ifndef TG_CLI_JUDGE_H
#define TG_CLI_JUDGE_H

#include "cli/documents.h"
#include "cli/namespaces.h"
#include "kube/manifest.h"
#include "policy/world.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct policy_set;

/* What every document of a run is judged by. */
struct judge {
    const struct policy_set *set;
    struct world world; /* but for namespace_labels, which `namespaces` gives */
    struct namespaces namespaces;
    struct manifest_caller caller;
    const struct documents *old; /* objects as they were before; may be empty */
    int64_t now;
};

/* What became of one document. */
struct judgement {
    bool allowed;
    char *error;    /* why it could not be judged */
    char *subject;  /* "Deployment shop/api"; absent with an error */
    char *message;  /* of a denial, as kubectl prints it */
    json_t *result; /* as `eval --format json` gives it */
};

/* Judges a document as the server would: as a review, by the same code. Completes its object.
 * Returns 0, or -1 when memory is out; out is to be released in both cases. */
int judge_document(struct judge *j, struct document *document, struct judgement *out);

void judgement_release(struct judgement *out);

#endif
