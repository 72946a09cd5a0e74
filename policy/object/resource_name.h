#ifndef TG_POLICY_OBJECT_RESOURCE_NAME_H
#define TG_POLICY_OBJECT_RESOURCE_NAME_H

#include "base/view.h"

#include <stdbool.h>

struct diags;
struct node;

/* The names of what containers request and are limited to:
 * https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/ */

/* cpu, memory, ephemeral-storage: of these a value of 0 asks for nothing and limits nothing. */
bool resource_name_usual(struct view name);

/* True for those, for huge pages of a size, and for the name of a device plugin, which has a domain
 * before a slash and can be any. */
bool resource_name_ok(struct view name);

/* The known resource whose name is nearly this one; NULL when there is none. */
const char *resource_name_near(struct view name);

/* Warns of an amount of memory or storage that is a fraction of a byte or a few bytes: 100m or 512,
 * where 100Mi and 512Mi were meant. */
void resource_name_check_amount(struct view name, const struct node *amount, struct diags *diags);

#endif
