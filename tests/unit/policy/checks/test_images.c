#include "unit/policy/check_fixture.h"

#define COUNT(cases) (sizeof(cases) / sizeof((cases)[0]))

#define HEX64  "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define DIGEST "@sha256:" HEX64

/* One container named api, or one of each list. */
#define API(image) "{\"containers\":[{\"name\":\"api\",\"image\":\"" image "\"}]}"

/* The rules of five pipelines, and of what the tricks below try to get past. */
#define HEALTH   "images: {allow: [ghcr.io/acme/health-api, ghcr.io/acme/etl-engine]}"
#define SMARTHR  "images: {allow: ['ghcr.io/your-org/*'], tag: '^v\\d+\\.\\d+\\.\\d+$'}"
#define AUSTA    "images: {mutableTags: deny, tag: '(?!main$|master$|develop$|feature-).*'}"
#define TODO     "images: {allow: ['ghcr.io/acme/todo-*'], tag: 'sha-[0-9a-f]{7}'}"
#define INCIDENT "images: {allow: ['registry.digitalocean.com/ai-incident-assistant/*']}"
#define ACME     "images: {allow: ['ghcr.io/acme/*']}"
#define DENY     "images: {deny: ['docker.io/**', 'ghcr.io/evil/**']}"

static const struct {
    const char *check, *image;
    bool allowed;
} verdicts[] = {
    {HEALTH, "ghcr.io/acme/health-api:1", true},
    {HEALTH, "ghcr.io/acme/health-api-evil:1", false},
    {HEALTH, "ghcr.io/acme/health:1", false},
    {SMARTHR, "ghcr.io/your-org/smarthr360-api:v1.2.3", true},
    {SMARTHR, "ghcr.io/your-org/smarthr360-api:v1.2.3" DIGEST, true},
    {SMARTHR, "ghcr.io/your-org/smarthr360-api:v1.2.3-rc1", false},
    {SMARTHR, "ghcr.io/your-org/smarthr360-api:latest", false},
    {SMARTHR, "ghcr.io/your-org/smarthr360-api", false},
    {SMARTHR, "ghcr.io/your-org/smarthr360-api" DIGEST, false},
    {SMARTHR, "ghcr.io/your-org/a/b:v1.2.3", false},
    {AUSTA, "ghcr.io/austa/cockpit:1.4.0", true},
    {AUSTA, "ghcr.io/austa/cockpit:main", false},
    {AUSTA, "ghcr.io/austa/cockpit:feature-x", false},
    {AUSTA, "ghcr.io/austa/cockpit:latest", false},
    {AUSTA, "ghcr.io/austa/cockpit", false},
    {TODO, "ghcr.io/acme/todo-frontend:sha-0a1b2c3", true},
    {TODO, "ghcr.io/acme/todo-frontend:sha-0a1b2c34", false},
    {TODO, "ghcr.io/acme/todo-frontend:sha-0a1b2cg", false},
    {INCIDENT, "registry.digitalocean.com/ai-incident-assistant/backend:0a1b2c", true},
    {INCIDENT, "registry.digitalocean.com/ai-incident-assistant-2/backend:0a1b2c", false},

    {ACME, "ghcr.io/acme/x", true},
    {ACME, "ghcr.io.evil.com/acme/x", false},
    {ACME, "ghcr.io/acme-evil/x", false},
    {ACME, "ghcr.io:443/acme/x", false},
    {ACME, "GHCR.io/acme/x", false},
    {ACME, "ghcr.io/Acme/x", false},
    {ACME, "ghcr.io/acme/X", false},
    {ACME, "evil.com/ghcr.io/acme/x", false},
    {ACME, "ghcrxio/acme/x", false},
    {ACME, "ghcr.io@evil.com/acme/x", false},
    {ACME, "ghcr.io\\\\@evil.com/acme/x", false},
    {ACME, "ghcr.io/acme/x:v1\\n", false},
    {ACME, "ghcr.io/acme/x\\n:v1", false},
    {ACME, "ghcr.io/acme/x:v1\\u0000", false},
    {ACME, " ghcr.io/acme/x", false},
    {ACME, "ghcr.io/acme/../evil/x", false},
    {ACME, "ghcr.io//acme/x", false},
    {ACME, "https://ghcr.io/acme/x", false},
    {ACME, "ghcr.io/acme/x@sha256:0123", false},
    {ACME, "ghcr.io/acme/x" DIGEST "0", false},
    {ACME, "ghcr.io/acme/x@md5:0123", false},
    {ACME, "acme/x", false},
    {ACME, "x", false},
    {ACME, HEX64, false},
    {ACME, "", false},
    {"images: {allow: [nginx]}", "index.docker.io/library/nginx", true},
    {"images: {allow: [nginx]}", "localhost/library/nginx", false},
    {"images: {allow: ['**']}", "nginx", true},
    {"images: {allow: ['**']}", "Nginx", false},

    {DENY, "quay.io/acme/x", true},
    {DENY, "nginx", false},
    {DENY, "index.docker.io/library/nginx", false},
    {DENY, "registry-1.docker.io/library/nginx", false},
    {DENY, "DOCKER.io/library/nginx", false},
    {DENY, "docker.io:443/library/nginx", false},
    {DENY, "ghcr.io:443/evil/x", false},
    {DENY, "GHCR.io/evil/x", false},
    {DENY, "ghcr.io/evil", false},
    {DENY, "ghcr.io/evil-not/x", true},
    {"images: {allow: ['ghcr.io/**'], deny: ['**:latest']}", "ghcr.io/a/b", false},
    {"images: {allow: ['ghcr.io/**'], deny: ['**:latest']}", "ghcr.io/a/b:1", true},

    {"images: {digest: required}", "nginx:1", false},
    {"images: {digest: required}", "nginx" DIGEST, true},
    {"images: {digest: required}", "nginx:latest" DIGEST, true},
    {"images: {mutableTags: deny}", "nginx", false},
    {"images: {mutableTags: deny}", "nginx:latest", false},
    {"images: {mutableTags: deny}", "nginx:latest" DIGEST, true},
    {"images: {mutableTags: deny}", "nginx" DIGEST, true},
    {"images: {mutableTags: deny}", "nginx:stable", true},
};

static void images_are_admitted_or_not(void **state)
{
    struct buf found, pod;

    (void)state;
    buf_init(&found, 1 << 20);
    buf_init(&pod, 1 << 20);
    for (size_t i = 0; i < COUNT(verdicts); i++) {
        buf_reset(&found);
        buf_reset(&pod);
        buf_printf(&pod, API("%s"), verdicts[i].image);
        check_findings(verdicts[i].check, buf_view(&pod).p, &found);
        if ((found.n == 0) != verdicts[i].allowed)
            fail_msg("%s, %s:\n%.*s", verdicts[i].check, verdicts[i].image,
                     VIEW_ARGS(buf_view(&found)));
    }
    buf_release(&found);
    buf_release(&pod);
}

#define AT "spec.template.spec.containers[api].image: found "

static const struct {
    const char *check, *pod, *findings;
} findings[] = {
    {SMARTHR, API("docker.io/acme/api:latest"),
     AT "docker.io/acme/api:latest, needs an image from ghcr.io/your-org/* with a tag like "
        "v1.2.3\n"},
    {ACME, API("api"),
     AT "api, that is docker.io/library/api:latest, needs an image from ghcr.io/acme/*\n"},
    {ACME, API("ghcr.io/acme/Api"),
     AT "ghcr.io/acme/Api, needs an image from ghcr.io/acme/*, because its repository must be in "
        "lower case\n"},
    {DENY, API("ghcr.io:443/evil/x:1"),
     AT "ghcr.io:443/evil/x:1, needs an image not from docker.io/** or ghcr.io/evil/**, because "
        "ghcr.io/evil/** is denied\n"},
    {"images: {allow: [a/b, c/d, e/f], deny: [g/h], digest: required}", API("x/y:1"),
     AT "x/y:1, that is docker.io/x/y:1, needs an image from a/b, c/d or e/f, not from g/h, with a "
        "digest\n"},
    {"images: {allow: [a/b, c/d, e/f, g/h, i/j, k/l], mutableTags: deny, tag: v.}",
     API("docker.io/x/y:1"),
     AT "docker.io/x/y:1, needs an image from a/b, c/d, e/f, g/h or 2 more with a tag that matches "
        "v. and a digest or a tag other than latest\n"},
    {ACME, "{\"containers\":[{\"name\":\"api\"}]}",
     AT "nothing, needs an image from ghcr.io/acme/*\n"},
    {ACME,
     "{\"containers\":[{\"name\":\"a\",\"image\":\"ghcr.io/acme/a\"}],"
     "\"initContainers\":[{\"name\":\"b\",\"image\":\"b.io/b:1\"},{\"name\":\"c\",\"image\":"
     "\"c.io/c:1\",\"restartPolicy\":\"Always\"}],\"ephemeralContainers\":[{\"name\":\"d\","
     "\"image\":\"d.io/d:1\"}],\"volumes\":[{\"name\":\"e\",\"image\":{\"reference\":\"e.io/"
     "e:1\"}},"
     "{\"name\":\"f\",\"emptyDir\":{}}]}",
     "spec.template.spec.initContainers[b].image: found b.io/b:1, needs an image from "
     "ghcr.io/acme/*\n"
     "spec.template.spec.initContainers[c].image: found c.io/c:1, needs an image from "
     "ghcr.io/acme/*\n"
     "spec.template.spec.ephemeralContainers[d].image: found d.io/d:1, needs an image from "
     "ghcr.io/acme/*\n"
     "spec.template.spec.volumes[e].image.reference: found e.io/e:1, needs an image from "
     "ghcr.io/acme/*\n"},
    {"images: {tag: '(a+)+$'}", API("x:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa."),
     "error: the tag of spec.template.spec.containers[api].image reached its match limit\n"},
};

static void findings_say_it_all(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(findings); i++)
        check_finds(findings[i].check, findings[i].check, findings[i].pod, findings[i].findings);
}

static void mistakes_are_reported(void **state)
{
    static const struct {
        const char *check, *problem;
    } mistakes[] = {
        {"images: {}", "\"images\" requires nothing"},
        {"images: {allow: []}", "empty list"},
        {"images: {allow: ['*']}", ":8:25: error: \"*\" is not a valid image pattern"},
        {"images: {deny: ['ghcr.io/.*']}", "= this is not a regular expression: * is any text"},
        {"images: {deny: ['ghcr.io/a-/b']}", "begins or ends with"},
        {"images: {deny: [latest]}", "= write \"**:latest\", or mutableTags: deny"},
        {"images: {allow: ['ghcr.io/a', 'ghcr.io/A']}",
         ":8:46: error: \"ghcr.io/A\" is not a valid image"},
        {"images: {deny: [ghcr.io]}", "= write \"ghcr.io/**\" for all of it"},
        {"images: {tag: 'v[0-9'}",
         "\"v[0-9\" is not a valid regular expression: missing terminating ]"},
        {"images: {digest: yes please}", "\"yes please\" is not a value of \"digest\""},
        {"images: {mutableTags: allow}", "\"allow\" is not a value of \"mutableTags\""},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(mistakes); i++)
        check_reports(mistakes[i].check, mistakes[i].problem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(images_are_admitted_or_not),
        cmocka_unit_test(findings_say_it_all),
        cmocka_unit_test(mistakes_are_reported),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
