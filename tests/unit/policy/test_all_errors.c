/* One mistake hides no other, and none is told twice. Each line of these documents that ends in #
 * and some exclamation marks has so many errors, and no other line has one: alone, and any two
 * together. */
#include "unit/policy/rules_fixture.h"

#define HEAD "apiVersion: tidegate.dev/v1alpha1\nkind: "
#define RULES                                                                                      \
    HEAD "Policy\n"                                                                                \
         "metadata: {name: p}\n"                                                                   \
         "spec:\n"                                                                                 \
         "  match: {workloads: all}\n"                                                             \
         "  rules:\n"
#define GOOD     "      images: {mutableTags: deny}\n"
#define BAD_RULE "    - id: last\n      images: {tag: '['} #!\n"

static const char *const documents[] = {
    /* Of the document itself. */
    "apiVersion: tidegate.dev/v1 #!\nkind: Polcy #!\nmetadata: {name: kind, nmae: x} #!\n"
    "spec:\n  rules:\n" BAD_RULE,
    "kind: Policy #!\nmetadata: {name: version}\nspec:\n  rules:\n" BAD_RULE,
    HEAD "Policy\nmetadata: {} #!\nspec:\n  rules:\n" BAD_RULE,
    HEAD "Policy\nmetadata: {name: 5} #!\nspec:\n  mode: dney #!\n  rules:\n" BAD_RULE,
    HEAD "Policy\nmetadata: {name: spec}\nspec: [] #!\n",
    "- a list #!\n",
    HEAD "Policy\nmetadata: {name: rules}\nspec:\n  match: {kinds: [pods]} #!\n  rules: {} #!\n",
    HEAD
    "Policy\nmetadata: {name: misspelt}\nspec:\n  mach: {kinds: [Pod]} #!\n  rules:\n" BAD_RULE,
    /* Of a match: nothing of the rules is hidden, and an environment that is not known has no zone
     * that a freeze could lack. */
    HEAD "Policy\nmetadata: {name: match}\nspec:\n  match:\n"
         "    namespaces: shop #!\n    kinds: [Pod, pods] #!\n    operations: [CREAT] #!\n"
         "    labels: {a: 1} #!\n    serviceAccounts: [bot] #!\n    names: [x, x] #!\n  rules:\n"
         "    - id: a\n      match: {operations: [DELETE]}\n" GOOD BAD_RULE,
    HEAD
    "Environment\nmetadata: {name: known}\nspec: {namespaces: [x], timeZone: Europe/Pari} #!\n"
    "---\n" HEAD
    "Policy\nmetadata: {name: environments}\nspec:\n  match:\n    environments: [known, knwn] #!\n"
    "  rules:\n    - id: a\n      freeze:\n        deny:\n"
    "          - {schedule: \"0 8 * * *\", duration: 10h}\n"
    "          - {schedule: \"0 25 * * *\", duration: 10h} #!\n" BAD_RULE,
    HEAD "Policy\nmetadata: {name: selector}\nspec:\n  match:\n    labels:\n"
         "      matchLabels: {a: 1} #!\n      matchExpressions:\n"
         "        - {key: a, operator: In} #!\n        - {key: a, operator: Is} #!\n"
         "        - {operator: Exists} #!\n  rules:\n" BAD_RULE,
    /* Of a rule. */
    RULES "    - id: a\n      mode: dney #!\n      onError: ignore #!\n      existing: yes #!\n"
          "      match: {kinds: Pod} #!\n      exempt: {names: [x]} #!\n"
          "      images: {mutableTags: true, tag: '['} #!!\n" BAD_RULE,
    RULES "    - id: [] #!\n" GOOD "    - id: {} #!\n" GOOD "    - id: no #!\n" GOOD
          "    - a word #!\n    - {} #!!\n    - id: twice\n" GOOD "    - id: twice #!\n"
          "      images: {mutableTags: true} #!\n" BAD_RULE,
    RULES
    "    - id: a\n      podSecurty: #!\n        controls: [runAsRoot] #!\n"
    "      exempt: [{reason: x}] #!\n"
    "    - id: b\n      podSecurity: {controls: [runAsRoot]} #!\n      fields: [] #!\n" BAD_RULE,
    RULES "    - id: a\n" GOOD
          "      exempt:\n        - {reason: x} #!\n        - {names: [x]} #!\n"
          "        - {names: [x], reason: ok, expires: 2026-13-01} #!\n"
          "        - {names: x, reason: \"\"} #!!\n        - {name: [x], reason: x} #!\n"
          "        - {users: [1], reason: x, expires: 5} #!!\n" BAD_RULE,
    /* Of each check. */
    RULES
    "    - id: a\n      freeze:\n        timeZone: Europe/Pari #!\n        restarts: maybe #!\n"
    "        override: {} #!\n        deny:\n"
    "          - {schedule: \"0 25 * * *\", duration: 10} #!!\n"
    "          - {schedule: \"0 8 * * *\", duration: 10, timeZone: Europe/Pari} #!!\n"
    "          - {schedule: 5, until: 18:00} #!!\n"
    "          - {from: x, to: y} #!!\n          - {from: 2026-12-24} #!\n          - 5 #!\n"
    "        allow: {} #!\n" BAD_RULE,
    RULES
    "    - id: a\n      freeze: {deny: 5} #!\n    - id: b\n      freeze: {denny: []} #!\n" BAD_RULE,
    RULES "    - id: a\n      images: {allow: [\"A/b\", 5, \"c:d:e:f\"], tag: [], digest: no} "
          "#!!!!!\n" BAD_RULE,
    RULES "    - id: a\n      images: {alow: [5]} #!\n" BAD_RULE,
    RULES
    "    - id: a\n      resources: {require: [cpu, 5], min: {limits.cpu: 1GB}, max: {x: []}} "
    "#!!!!\n"
    "    - id: b\n      resources: {min: {limits.cpu: 2}, max: {limits.cpu: []}} #!\n" BAD_RULE,
    RULES "    - id: a\n      podSecurity: {controls: [runAsRoot, runAsUser], version: 1.29} "
          "#!!\n" BAD_RULE,
    RULES
    "    - id: a\n      approval: {approvers: {groups: x}, validFor: 10, notRequester: 5} #!!!\n"
    "    - id: b\n      approval: {annotation: 5, pattern: '['} #!!\n" BAD_RULE,
    RULES "    - id: a\n      fields:\n        - {path: [], min: x, matches: '['} #!!!\n"
          "        - {path: spec.replicas, min: [], max: 0} #!\n"
          "        - {pth: spec.replicas, min: 1} #!\n        - {path: spec.replicas} #!\n"
          "        - 5 #!\n" BAD_RULE,
    /* Of YAML: the next document is read, and of one that cannot be read nothing is judged. */
    HEAD "Policy\nmetadata: {name: alias}\nspec: {match: {namespaces: [*-x]}} #!\n",
    HEAD "Policy\nmetadata: {name: quotes, nmae: x}\nspec: \"open\n--- #!\n" HEAD
         "Policy\nmetadata: {name: behind}\nspec:\n  rules:\n" BAD_RULE,
    HEAD "Policy\nmetadata: {name: escape, nmae: x}\nspec: \"\\d\" #!\n",
    HEAD "Policy\nmetadata: {name: indent, nmae: x}\n spec: {} #!\n",
    "  kind: Policy\nmetadata: {name: x} #!\n",
    /* Of a guard. */
    HEAD "RolloutGuard\nmetadata: {name: guard}\nspec:\n  mode: x #!\n  match: {kinds: [Pod]} #!\n"
         "  deadline: 10 #!\n  soak: x #!\n"
         "  fail: {crashLoop: 5, imagePull: {for: 1h}, http: [{service: A, port: x y}, {url: u}]} "
         "#!!!!\n"
         "  onFailure: {rollback: no, brake: {namespace: 9, all: x}} #!!\n  notify: [A, 5] #!!\n",
    HEAD "RolloutGuard\nmetadata: {name: acts}\nspec:\n  match: {environments: known} #!\n"
         "  deadline: 10m\n  soak: 1m\n  onFailure: [pause] #!\n  notify: [A] #!\n",
};

enum { DOCUMENTS = sizeof(documents) / sizeof(documents[0]), LINES = 1024 };

/* How many errors each line of the text should have. */
static void count_marks(const char *text, unsigned wanted[static LINES])
{
    unsigned line = 1;

    for (const char *p = text; *p; p++) {
        if (p[0] == '#' && p[1] == '!')
            while (*++p == '!')
                wanted[line]++;
        line += *p == '\n';
        assert_true(line < LINES);
    }
}

static void count_errors(const char *report, unsigned found[static LINES])
{
    static const char name[] = "rules.yaml:";
    const char *p = report;

    while (p && (p = strstr(p, name))) {
        char *end;
        unsigned long line = strtoul(p + strlen(name), &end, 10);

        assert_true(line > 0 && line < LINES);
        p = strchr(end + 1, ':');
        found[line] += p && strncmp(p, ": error", 7) == 0;
    }
}

static void assert_told(const char *text)
{
    unsigned wanted[LINES] = {0}, found[LINES] = {0};
    struct buf report;

    buf_init(&report, 1 << 20);
    assert_null(fixture_compile(text, &report));
    count_marks(text, wanted);
    count_errors(report.p, found);
    for (unsigned i = 0; i < LINES; i++)
        if (wanted[i] != found[i])
            fail_msg("line %u has %u errors, not %u, of\n%s\n%s", i, found[i], wanted[i], text,
                     report.p);
    buf_release(&report);
}

static void each_document_alone(void **state)
{
    (void)state;
    for (size_t i = 0; i < DOCUMENTS; i++)
        assert_told(documents[i]);
}

/* Either first; where both have one name, the second is named otherwise. */
static void any_two_of_them(void **state)
{
    char text[8192];

    (void)state;
    for (size_t i = 0; i < DOCUMENTS; i++)
        for (size_t j = 0; j < DOCUMENTS; j++) {
            const char *name = strstr(documents[j], "{name: p}");
            int head = name ? (int)(name - documents[j]) : 0;

            if (i == j)
                continue;
            snprintf(text, sizeof(text), "%s---\n%.*s%s%s", documents[i], head, documents[j],
                     name ? "{name: q}" : "",
                     documents[j] + head + (name ? strlen("{name: p}") : 0));
            assert_told(text);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_document_alone),
        cmocka_unit_test(any_two_of_them),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
