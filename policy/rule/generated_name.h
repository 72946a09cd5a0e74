#ifndef TG_POLICY_RULE_GENERATED_NAME_H
#define TG_POLICY_RULE_GENERATED_NAME_H

#include "base/view.h"
#include "policy/rule/match_result.h"

/* Whether the name that the API server will make of generateName fits a glob: MATCH_YES when every
 * such name does, MATCH_UNKNOWN when some do. The name is the first 58 bytes of generateName and
 * five letters and digits without vowels:
 * https://github.com/kubernetes/apiserver/blob/master/pkg/storage/names/generate.go
 * https://github.com/kubernetes/apimachinery/blob/master/pkg/util/rand/rand.go
 * Pure; any thread. */
enum match_result generated_name_fits(struct view glob, struct view generate_name);

#endif
