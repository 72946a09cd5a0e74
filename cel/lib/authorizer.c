#include "cel/authorizer.h"
#include "cel/lib/libraries.h"

/* The authorizer of Kubernetes: whether somebody may do something. Nobody here can say, so that an
 * expression that comes to ask has no answer, whatever stands beside it. The types are checked, and
 * whoever compiles can tell by cel_program_reads that an expression has the variable.
 * https://pkg.go.dev/k8s.io/apiserver/pkg/cel/library#Authz */

static struct cel_value unanswered(struct cel_run *run, const struct cel_value *args)
{
    (void)args;
    return cel_halt(run, "the authorizer is asked, and only an API server can answer");
}

static bool same(const struct cel_object *a, const struct cel_object *b)
{
    return a == b;
}

#define CLASS(variable, name_)                                                                     \
    static const struct cel_class variable##_class;                                                \
    static const struct cel_type variable##_type = {                                               \
        .kind = CEL_TYPE_OBJECT, .name = (name_), .class = &variable##_class};                     \
    static const struct cel_class variable##_class = {                                             \
        .name = (name_), .type = &variable##_type, .equal = same}

CLASS(authorizer, "kubernetes.authorization.Authorizer");
CLASS(path_check, "kubernetes.authorization.PathCheck");
CLASS(group_check, "kubernetes.authorization.GroupCheck");
CLASS(resource_check, "kubernetes.authorization.ResourceCheck");
CLASS(decision, "kubernetes.authorization.Decision");

static const struct cel_class *const classes[] = {
    &authorizer_class,     &path_check_class, &group_check_class,
    &resource_check_class, &decision_class,   NULL,
};

#define AUTHORIZER "kubernetes.authorization.Authorizer"
#define PATH       "kubernetes.authorization.PathCheck"
#define GROUP      "kubernetes.authorization.GroupCheck"
#define RESOURCE   "kubernetes.authorization.ResourceCheck"
#define DECISION   "kubernetes.authorization.Decision"
#define ROW(signature_, since_)                                                                    \
    {                                                                                              \
        .signature = (signature_), .call = unanswered, .since = (since_)                           \
    }

static const struct cel_function rows[] = {
    ROW("(" AUTHORIZER ").path(string) -> " PATH, 27),
    ROW("(" AUTHORIZER ").group(string) -> " GROUP, 27),
    ROW("(" AUTHORIZER ").serviceAccount(string, string) -> " AUTHORIZER, 27),
    ROW("(" GROUP ").resource(string) -> " RESOURCE, 27),
    ROW("(" RESOURCE ").subresource(string) -> " RESOURCE, 27),
    ROW("(" RESOURCE ").namespace(string) -> " RESOURCE, 27),
    ROW("(" RESOURCE ").name(string) -> " RESOURCE, 27),
    ROW("(" RESOURCE ").fieldSelector(string) -> " RESOURCE, 31),
    ROW("(" RESOURCE ").labelSelector(string) -> " RESOURCE, 31),
    ROW("(" PATH ").check(string) -> " DECISION, 27),
    ROW("(" RESOURCE ").check(string) -> " DECISION, 27),
    ROW("(" DECISION ").errored() -> bool", 27),
    ROW("(" DECISION ").error() -> string", 27),
    ROW("(" DECISION ").allowed() -> bool", 27),
    ROW("(" DECISION ").reason() -> string", 27),
};

const struct cel_library cel_lib_authorizer = {"authorizer", rows, sizeof(rows) / sizeof(rows[0]),
                                               classes};

struct cel_value cel_authorizer(void)
{
    static const struct cel_object authorizer = {&authorizer_class};

    return cel_of_object(&authorizer);
}

const struct cel_type *cel_authorizer_type(void)
{
    return &authorizer_type;
}
