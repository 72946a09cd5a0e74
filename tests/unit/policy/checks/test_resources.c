#include "unit/policy/check_fixture.h"

#define COUNT(cases) (sizeof(cases) / sizeof((cases)[0]))

/* A container named api with these resources. */
#define API(resources)         "{\"containers\":[" NAMED("api", resources) "]}"
#define NAMED(name, resources) "{\"name\":\"" name "\",\"resources\":{" resources "}}"
#define LIMITS(list)           "\"limits\":{" list "}"
#define REQUESTS(list)         "\"requests\":{" list "}"
#define AT                     "spec.template.spec.containers[api].resources."

static const struct {
    const char *name, *check, *pod, *findings;
} cases[] = {
    {"all is there", "resources: {require: [requests.cpu, limits.memory]}",
     API(REQUESTS("\"cpu\":\"100m\"") "," LIMITS("\"memory\":\"1Gi\"")), ""},
    {"nothing is there", "resources: {require: [requests.cpu, limits.memory]}", API(""),
     AT "requests.cpu: found nothing, needs a value\n" AT
        "limits.memory: found nothing, needs a value\n"},
    {"no resources at all", "resources: {require: [limits.cpu], max: {limits.cpu: 1}}",
     "{\"containers\":[{\"name\":\"api\"}]}", AT "limits.cpu: found nothing, needs at most 1\n"},
    {"null is not set", "resources: {require: [limits.cpu]}", API(LIMITS("\"cpu\":null")),
     AT "limits.cpu: found nothing, needs a value\n"},
    {"above the max", "resources: {max: {limits.cpu: \"1\"}}", API(LIMITS("\"cpu\":\"2\"")),
     AT "limits.cpu: found 2, needs at most 1\n"},
    {"at the max in other words", "resources: {max: {limits.cpu: \"1\"}}",
     API(LIMITS("\"cpu\":\"1000m\"")), ""},
    {"just above the max", "resources: {max: {limits.cpu: \"1\"}}",
     API(LIMITS("\"cpu\":\"1.000000001\"")), AT "limits.cpu: found 1.000000001, needs at most 1\n"},
    {"a gigabyte is less than a gibibyte", "resources: {max: {limits.memory: 1G}}",
     API(LIMITS("\"memory\":\"1Gi\"")), AT "limits.memory: found 1Gi, needs at most 1G\n"},
    {"below the min", "resources: {min: {requests.cpu: 100m}, max: {requests.cpu: 1}}",
     API(REQUESTS("\"cpu\":\"50m\"")),
     AT "requests.cpu: found 50m, needs at least 100m, at most 1\n"},
    {"bounds judge what is set", "resources: {max: {limits.cpu: 1}, min: {requests.cpu: 1}}",
     API(""), ""},
    {"JSON numbers are quantities", "resources: {max: {limits.cpu: 100m}}",
     API(LIMITS("\"cpu\":0.1")), ""},
    {"JSON integers too", "resources: {max: {limits.cpu: 1}}", API(LIMITS("\"cpu\":2")),
     AT "limits.cpu: found 2, needs at most 1\n"},
    {"blanks around a quantity", "resources: {max: {limits.cpu: 1}}",
     API(LIMITS("\"cpu\":\" 1 \"")), ""},
    {"no quantity", "resources: {max: {limits.memory: 1Gi}}", API(LIMITS("\"memory\":\"1GB\"")),
     AT "limits.memory: found 1GB, needs at most 1Gi, because it is not a quantity: unknown suffix "
        "\"GB\"; did you mean \"1Gi\" or \"1G\"?\n"},
    {"no quantity where any will do", "resources: {require: [limits.memory]}",
     API(LIMITS("\"memory\":\"1 Gi\"")),
     AT "limits.memory: found 1 Gi, needs a value, because it is not a quantity: unknown suffix "
        "\" Gi\"; write \"1Gi\", without a blank\n"},
    {"an empty text", "resources: {max: {limits.cpu: 1}}", API(LIMITS("\"cpu\":\"\"")),
     AT "limits.cpu: found , needs at most 1, because it is not a quantity: it is empty\n"},
    {"a limit that is not a quantity is told once",
     "resources: {min: {requests.memory: 4Mi}, max: {limits.memory: 1Gi}, maxRatio: {memory: 2}}",
     API(LIMITS("\"memory\":\"1K\"")),
     AT "limits.memory: found 1K, needs at most 1Gi, because it is not a quantity: unknown suffix "
        "\"K\"; did you mean \"1Ki\" or \"1k\"?\n"},
    {"and where it was written", "resources: {min: {requests.memory: 4Mi}}",
     API(LIMITS("\"memory\":\"1K\"")),
     AT "limits.memory: found 1K, needs at least 4Mi, because it is not a quantity: unknown suffix "
        "\"K\"; did you mean \"1Ki\" or \"1k\"?\n"},
    {"a request that is none", "resources: {maxRatio: {memory: 2}}",
     API(LIMITS("\"memory\":\"1Ki\"") "," REQUESTS("\"memory\":\"1K\"")),
     AT "limits.memory: found 1Ki with a request of 1K, needs at most 2 times its request, because "
        "the request is not a quantity: unknown suffix \"K\"; did you mean \"1Ki\" or \"1k\"?\n"},
    {"a ratio of what is none", "resources: {maxRatio: {memory: 2}}",
     API(LIMITS("\"memory\":\"x\"")),
     AT
     "limits.memory: found x, needs at most 2 times its request, because it is not a quantity: it "
     "does not begin with a number\n"},
    {"more than 2^63", "resources: {max: {limits.cpu: 10E}}", API(LIMITS("\"cpu\":\"100E\"")),
     AT "limits.cpu: found 100E, needs at most 10E\n"},
    {"an exponent with zeros", "resources: {max: {limits.cpu: \"6e0003\"}}",
     API(LIMITS("\"cpu\":\"6001\"") "," REQUESTS("\"cpu\":\"6e0003\"")),
     AT "limits.cpu: found 6001, needs at most 6e0003\n"},
    {"a number beyond 2^53", "resources: {max: {limits.example.com/x: 9007199254740992}}",
     API(LIMITS("\"example.com/x\":9007199254740993")),
     AT "limits.example.com/x: found 9007199254740993, needs at most 9007199254740992\n"},
    {"an exponent that wraps elsewhere", "resources: {max: {limits.cpu: 1}}",
     API(LIMITS("\"cpu\":\"1e4294967296\"")),
     AT
     "limits.cpu: found 1e4294967296, needs at most 1, because it is not a quantity: unknown "
     "suffix "
     "\"e4294967296\"; known are n u m k M G T P E, Ki Mi Gi Ti Pi Ei and exponents from e-999 to "
     "e999\n"},
    {"a list is not a quantity", "resources: {max: {limits.cpu: 1}}", API(LIMITS("\"cpu\":[]")),
     AT "limits.cpu: found a list of 0, needs at most 1, because it is not a quantity: it does not "
        "begin with a number\n"},

    {"a limit of 0 is none", "resources: {require: [limits.memory], max: {limits.memory: 1Gi}}",
     API(LIMITS("\"memory\":\"0\"")),
     AT "limits.memory: found 0, which is not a limit, needs at most 1Gi\n"},
    {"also where it is not required", "resources: {max: {limits.cpu: 1}}",
     API(LIMITS("\"cpu\":\"0m\"")),
     AT "limits.cpu: found 0, which is not a limit, needs at most 1\n"},
    {"a request of 0 is none", "resources: {require: [requests.cpu]}", API(REQUESTS("\"cpu\":0")),
     AT "requests.cpu: found 0, which requests nothing, needs a value\n"},
    {"0 devices are a number",
     "resources: {require: [limits.nvidia.com/gpu], max: "
     "{limits.nvidia.com/gpu: 1}}",
     API(LIMITS("\"nvidia.com/gpu\":0")), ""},

    {"an absent request is the limit", "resources: {require: [requests.cpu]}",
     API(LIMITS("\"cpu\":\"1\"")), ""},
    {"and is judged as such", "resources: {max: {requests.cpu: 1}}", API(LIMITS("\"cpu\":\"4\"")),
     AT "requests.cpu: found 4, the limit, as no request is set, needs at most 1\n"},
    {"a request is not a limit", "resources: {require: [limits.cpu]}",
     API(REQUESTS("\"cpu\":\"1\"")), AT "limits.cpu: found nothing, needs a value\n"},

    {"init containers and sidecars", "resources: {max: {limits.cpu: 1}, require: [limits.cpu]}",
     "{\"containers\":[],\"initContainers\":[" NAMED(
         "a", LIMITS("\"cpu\":2")) ",{\"name\":\"b\","
                                   "\"restartPolicy\":\"Always\"}]}",
     "spec.template.spec.initContainers[a].resources.limits.cpu: found 2, needs at most 1\n"
     "spec.template.spec.initContainers[b].resources.limits.cpu: found nothing, needs at most 1\n"},
    {"ephemeral containers", "resources: {max: {limits.cpu: 1}, require: [limits.cpu]}",
     "{\"ephemeralContainers\":[" NAMED("a", "") "," NAMED("b", LIMITS("\"cpu\":2")) "]}",
     "spec.template.spec.ephemeralContainers[b].resources.limits.cpu: found 2, needs at most 1\n"},

    {"a ratio", "resources: {maxRatio: {cpu: 2}}",
     API(LIMITS("\"cpu\":\"1\"") "," REQUESTS("\"cpu\":\"500m\"")), ""},
    {"a ratio by a nano", "resources: {maxRatio: {cpu: 2}}",
     API(LIMITS("\"cpu\":\"1000000001n\"") "," REQUESTS("\"cpu\":\"500m\"")),
     AT
     "limits.cpu: found 1000000001n with a request of 500m, needs at most 2 times its request\n"},
    {"a ratio of fractions", "resources: {maxRatio: {memory: 1.5}}",
     API(LIMITS("\"memory\":\"3Gi\"") "," REQUESTS("\"memory\":\"2Gi\"")), ""},
    {"a ratio to 0", "resources: {maxRatio: {cpu: 1000}}",
     API(LIMITS("\"cpu\":\"1m\"") "," REQUESTS("\"cpu\":\"0\"")),
     AT "limits.cpu: found 1m with a request of 0, needs at most 1000 times its request\n"},
    {"a ratio without a request", "resources: {maxRatio: {cpu: 1}}", API(LIMITS("\"cpu\":\"4\"")),
     ""},
    {"a ratio without a limit", "resources: {maxRatio: {cpu: 1}}", API(REQUESTS("\"cpu\":\"4\"")),
     ""},

    {"other resources", "resources: {require: [limits.hugepages-2Mi, limits.ephemeral-storage]}",
     API(LIMITS("\"ephemeral-storage\":\"1Gi\",\"hugepages-2Mi\":\"4Mi\"")), ""},
};

static void containers_are_held_to_it(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        check_finds(cases[i].name, cases[i].check, cases[i].pod, cases[i].findings);
}

static void mistakes_are_reported(void **state)
{
    static const struct {
        const char *check, *problem;
    } mistakes[] = {
        {"resources: {}", "\"resources\" requires nothing"},
        {"resources: {require: [limit.cpu]}", "unknown field of resources \"limit.cpu\""},
        {"resources: {require: [limits.memroy]}", "did you mean \"limits.memory\"?"},
        {"resources: {require: [cpu]}", "unknown field of resources \"cpu\""},
        {"resources: {require: [limits.]}", "unknown field of resources \"limits.\""},
        {"resources: {require: [limits.gpu]}", "unknown field of resources \"limits.gpu\""},
        {"resources: {require: [limits.hugepages-big]}", "\"limits.hugepages-big\""},
        {"resources: {require: [limits.cpu, limits.cpu]}",
         "\"limits.cpu\" is there twice in \"require\""},
        {"resources: {max: {limits.cpu: 1GB}}",
         "\"1GB\" is not a valid quantity: unknown suffix \"GB\""},
        {"resources: {min: {limits.cpu: 2}, max: {limits.cpu: 1}}",
         "the min of \"limits.cpu\" is above its max of 1"},
        {"resources: {maxRatio: {cpu: 500m}}", "a ratio is at least 1"},
        {"resources: {maxRatio: {limits.cpu: 2}}", "unknown resource \"limits.cpu\""},
        {"resources: {maxRatio: {cpu: two}}", "\"two\" is not a valid quantity"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(mistakes); i++)
        check_reports(mistakes[i].check, mistakes[i].problem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(containers_are_held_to_it),
        cmocka_unit_test(mistakes_are_reported),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
