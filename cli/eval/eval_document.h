#ifndef TG_CLI_EVAL_EVAL_DOCUMENT_H
#define TG_CLI_EVAL_EVAL_DOCUMENT_H

#include "base/arena.h"
#include "base/view.h"
#include "cli/eval/documents.h"
#include "cli/eval/namespaces.h"
#include "kube/manifest.h"
#include "policy/evaluate.h"
#include "policy/object/cluster_view.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct policy_set;

/* What every document of a run is judged by. */
struct eval_run {
    const struct policy_set *set;
    struct cluster_view cluster_view; /* but for namespace_labels, which `namespaces` gives */
    struct namespaces namespaces;
    struct manifest_caller caller;
    const struct documents *old; /* objects as they were before; may be empty */
    int64_t now;
};

/* One thing that breaks a rule, or (path absent) why a rule could not be answered. */
struct violation {
    struct view policy;
    const struct rule *rule;
    enum effect effect;
    struct view path, message;
};

/* What became of one document. Its arena owns the texts; those of rules are the rule set's. */
struct eval_result {
    struct arena arena;
    char *body; /* of the review, which the texts may point into */
    bool allowed;
    const char *error; /* why it could not be judged; NULL: it was, and the rest is filled in */
    struct view kind, namespace_, name;
    struct view subject; /* "Deployment shop/api"; absent with an error */
    struct view message; /* of a denial, as kubectl prints it */
    const struct violation *violations;
    size_t violation_count;
    const struct view *warnings; /* that kubectl prints */
    size_t warning_count;
};

/* Judges a document as the server would: as a review, by the same code. Completes its object.
 * Returns 0, or -1 when memory runs out; out is to be released in both cases. */
int eval_document(struct eval_run *j, struct document *document, struct eval_result *out);

void eval_result_release(struct eval_result *out);

#endif
