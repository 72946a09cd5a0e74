#include "cli/eval/helm_text.h"

#include "cmocka_all.h"

static void helm_is_told_from_others_that_write_braces(void **state)
{
    static const struct {
        const char *text;
        bool sure;
    } cases[] = {
        {"image: {{ .Values.image }}", true},
        {"image: {{.Values.image}}", true},
        {"a: '{{- $.Values.image -}}'", true},
        {"a: {{ quote .Release.Name }}", true},
        {"a: {{ (.Chart.Name) }}", true},
        {"{{- if .Capabilities.APIVersions.Has \"v1\" }}", true},
        {"{{ include \"x.name\" . | nindent 4 }}", true},
        {"a: {{ x }} {{ y }}\nb: {{ .Values }}", true},
        {"a: '{{workflow.name}}'", false},
        {"a: '{{ $labels.instance }} is at {{ $value }}'", false},
        {"a: '{{ .CommonLabels.Values }}'", false},
        {"a: '{{ template \"slack.title\" . }}'", false},
        {"a: '{{ .values.x }}'", false},
        {"a: .Values.x", false},
        {"a: '{{ a }} .Values.x }}'", false},
        {"a: {{", false},
        {"{", false},
        {"", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        size_t at;

        if (helm_text_is_sure(view_of(cases[i].text), &at) != cases[i].sure)
            fail_msg("%s", cases[i].text);
    }
}

static void braces_are_found_by_their_line(void **state)
{
    struct view text = VIEW("a: 1\nb: {{ x }}\nc: 1\n{{ y }}\n");
    size_t at;

    (void)state;
    assert_true(helm_text_is_near(text, 1, 2, &at));
    assert_int_equal(at, 8);
    assert_true(helm_text_is_near(text, 3, 4, &at));
    assert_int_equal(at, 21);
    assert_false(helm_text_is_near(text, 1, 1, &at));
    assert_false(helm_text_is_near(text, 3, 3, &at));
    assert_false(helm_text_is_near(text, 5, 9, &at));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(helm_is_told_from_others_that_write_braces),
        cmocka_unit_test(braces_are_found_by_their_line),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
