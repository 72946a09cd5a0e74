#ifndef TG_POLICY_OBJECT_REQUEST_H
#define TG_POLICY_OBJECT_REQUEST_H

#include "base/view.h"
#include "policy/object/workload.h"

#include <stdbool.h>

struct budget;
struct yyjson_val;

/* The request of an AdmissionReview (admission.k8s.io/v1), as the checks see it: views into the
 * parsed document, which outlives it. */
enum operation { CREATE = 1, UPDATE = 2, DELETE = 4, CONNECT = 8 };

struct request {
    struct view uid;
    enum operation operation;
    struct view group, version, kind; /* of the object; of a Scale: of what it scales */
    struct view resource, subresource;
    struct view namespace_, name; /* empty where the request has none */
    struct view generate_name;    /* of a CREATE whose object has no name yet; else empty */
    bool
        odd_labels; /* of object or oldObject: not a map of strings, so that no rule can use them */
    bool dry_run;
    bool scale; /* the object is an autoscaling/v1 Scale */
    struct view user;
    struct yyjson_val *groups;              /* userInfo.groups, or NULL */
    struct yyjson_val *json;                /* all of the request */
    struct yyjson_val *object, *old_object; /* NULL where the request has null */
    struct workload workload, old_workload; /* of both objects */
    struct budget *budget; /* what the review may take: whoever reads it sets that; NULL: no end */
};

/* Reads the `request` of a review. Returns 0, or -1 with *problem (a constant, one line) when it is
 * no request that an API server sends; nothing is allocated. Any thread. */
int request_read(struct yyjson_val *request, struct request *out, const char **problem);

/* True when the user is in the group. */
bool request_in_group(const struct request *r, struct view group);

/* A map of the object's metadata ("labels", "annotations") and one value of it; NULL, or the absent
 * view, when it is not there. object may be NULL. */
struct yyjson_val *object_metadata(struct yyjson_val *object, const char *map);
struct view object_annotation(struct yyjson_val *object, const char *key);

/* True when the object bears a deletionTimestamp. object may be NULL. */
bool object_is_terminating(struct yyjson_val *object);

const char *operation_name(enum operation operation);

#endif
