#include "kube/discovery.h"

#include "base/buf.h"
#include "cmocka_all.h"

#include <string.h>
#include <yyjson.h>

static const struct {
    const char *list, *kinds; /* what is shown: GROUP/VERSION KIND, one a line */
} cases[] = {
    {"{'items':[{'metadata':{'name':'example.com'},'versions':["
     "{'version':'v1','resources':[{'responseKind':{'kind':'Widget'}},"
     "{'responseKind':{'kind':'Gadget'},'subresources':[{'responseKind':{'kind':'Scale'}}]}]},"
     "{'version':'v1beta1','resources':[{'responseKind':{'kind':'Widget'}}]}]},"
     "{'metadata':{},'versions':[{'version':'v1','resources':[{'responseKind':{'kind':'Pod'}}]}]}]"
     "}",
     "example.com/v1 Widget\nexample.com/v1 Gadget\nexample.com/v1beta1 Widget\n/v1 Pod\n"},
    {"{'items':[]}", ""},
    {"{'groups':[{'name':'apps'}]}", ""},
    {"[1]", ""},
    {"{'items':{'metadata':3}}", ""},
    {"{'items':[3,{'metadata':{'name':'a'}},{'metadata':{'name':'a'},'versions':[null,{},"
     "{'version':'v1'},{'version':'v1','resources':[0,{},{'responseKind':{'kind':''}},"
     "{'responseKind':{'kind':7}}]}]}]}",
     ""},
    /* What could lead to another path. */
    {"{'items':[{'metadata':{'name':'a/../b'},'versions':[{'version':'v1','resources':["
     "{'responseKind':{'kind':'A'}}]}]},"
     "{'metadata':{'name':'a'},'versions':[{'version':'v1?x','resources':["
     "{'responseKind':{'kind':'A'}}]}]}]}",
     ""},
};

static int show(void *ctx, const struct discovery_kind *kind)
{
    buf_printf(ctx, "%.*s/%.*s %.*s\n", VIEW_ARGS(kind->group), VIEW_ARGS(kind->version),
               VIEW_ARGS(kind->kind));
    return 0;
}

static yyjson_doc *read_list(const char *text)
{
    char quoted[2048];
    yyjson_doc *doc;

    snprintf(quoted, sizeof(quoted), "%s", text);
    for (char *p = quoted; *p; p++)
        if (*p == '\'')
            *p = '"';
    doc = yyjson_read(quoted, strlen(quoted), 0);
    assert_non_null(doc);
    return doc;
}

static void kinds_are_shown_with_their_versions(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        yyjson_doc *doc = read_list(cases[i].list);
        struct buf out;

        buf_init(&out, 4096);
        assert_int_equal(discovery_each(yyjson_doc_get_root(doc), show, &out), 0);
        buf_add_char(&out, '\0');
        assert_string_equal(out.p, cases[i].kinds);
        buf_release(&out);
        yyjson_doc_free(doc);
    }
}

static int stop(void *ctx, const struct discovery_kind *kind)
{
    (void)kind;
    return ++*(int *)ctx == 2 ? -1 : 0;
}

static void whoever_looks_can_stop(void **state)
{
    yyjson_doc *doc = read_list(cases[0].list);
    int seen = 0;

    (void)state;
    assert_int_equal(discovery_each(yyjson_doc_get_root(doc), stop, &seen), -1);
    assert_int_equal(seen, 2);
    yyjson_doc_free(doc);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kinds_are_shown_with_their_versions),
        cmocka_unit_test(whoever_looks_can_stop),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
