#ifndef TG_ROLLOUT_ACT_FIELD_OWNERS_H
#define TG_ROLLOUT_ACT_FIELD_OWNERS_H

#include "base/view.h"

#include <jansson.h>
#include <stdbool.h>

struct arena;
struct yyjson_val;

/* Who owned what of a healthy version, so that a rollback restores that, too: of each entry of
 * metadata.managedFields the part of spec.template and of the annotations, and both in kubectl's
 * last-applied-configuration. Objects are whole, as the API server gave them. Pure; any
 * thread.
 * https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management */

/* The field manager under which the guard writes. */
#define FIELD_OWNERS_MANAGER "tidegate"

/* The owners of a workload with a template of that hash, as JSON text in the arena. p == NULL when
 * memory runs out. What the guard owns itself is left out: it is nobody's manifest. */
struct view field_owners_text(struct yyjson_val *workload, struct view hash, struct arena *arena);

/* Reads such text; NULL when it is not of that hash, or memory runs out. It lives as long as the
 * arena. */
struct yyjson_val *field_owners_parse(struct view text, struct view hash, struct arena *arena);

/* kubectl's last-applied-configuration of the workload with the template that the healthy version's
 * had, and its annotations where a rollback restores these: by what it says of them `kubectl apply
 * --server-side` knows that they are its own. In the arena; p == NULL: the workload or the healthy
 * version has none, or memory runs out.
 * k8s.io/apimachinery/pkg/util/managedfields/internal/lastappliedmanager.go */
struct view field_owners_last_applied(struct yyjson_val *workload, struct yyjson_val *owners,
                                      bool annotations, struct arena *arena);

/* True while the guard owns something of the template, as after its rollback. */
bool field_owners_are_ours(struct yyjson_val *workload);

/* The JSON patch that gives the template, and the annotations that the guard owns, to those who
 * owned them in the healthy version; all other fields keep their owners. It replaces
 * metadata.managedFields and nothing else, because the API server ignores these when a patch
 * changes other fields, too. The caller's; NULL when memory runs out or an object is not what it
 * should be. */
json_t *field_owners_patch(struct yyjson_val *workload, struct yyjson_val *owners);

/* The release whose stored manifest no patch of the workload reaches: Helm wrote the template last,
 * client-side, and will compute the next upgrade from that manifest. "NAMESPACE/NAME" in the arena,
 * or absent.
 * https://helm.sh/docs/faq/changes_since_helm2/#improved-upgrade-strategy-3-way-strategic-merge-patches
 */
struct view field_owners_helm_release(struct yyjson_val *workload, struct arena *arena);

#endif
