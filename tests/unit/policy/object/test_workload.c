#include "policy/limits.h"
#include "policy/object/workload.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "cmocka_all.h"
#include "slower.h"

#include <string.h>

static yyjson_doc *pod_of(const char *spec, struct workload *w)
{
    struct buf text;
    yyjson_doc *doc;

    buf_init(&text, LIMIT_BODY);
    buf_printf(&text, "{\"spec\":{%s}}", spec);
    assert_false(text.failed);
    doc = yyjson_read(text.p, text.n, 0);
    assert_non_null(doc);
    *w = workload_of(workload_kind_of(VIEW(""), VIEW("Pod")), yyjson_doc_get_root(doc));
    buf_release(&text);
    return doc;
}

/* The paths of all containers, each with a line end. */
static void walk(const struct workload *w, struct buf *out)
{
    struct container at = {0};
    struct arena arena;

    arena_init(&arena, LIMIT_ARENA);
    while (container_next(w, &at)) {
        buf_add(out, container_path(&arena, w, &at, "image"));
        buf_add_char(out, '\n');
    }
    arena_release(&arena);
}

static void all_lists_in_their_order(void **state)
{
    static const struct {
        const char *spec, *paths;
    } table[] = {
        {"", ""},
        {"\"containers\":{}", ""},
        {"\"ephemeralContainers\":[{\"name\":\"e\"}],\"initContainers\":[{\"name\":\"i\"}],"
         "\"containers\":[{\"name\":\"a\"},{}]",
         "spec.containers[a].image\nspec.containers[1].image\nspec.initContainers[i].image\n"
         "spec.ephemeralContainers[e].image\n"},
        {"\"containers\":[7,{},null,{\"name\":\"b\"}],\"initContainers\":[{}]",
         "spec.containers[1].image\nspec.containers[b].image\nspec.initContainers[0].image\n"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        struct workload w;
        yyjson_doc *doc = pod_of(table[i].spec, &w);
        struct buf out;

        buf_init(&out, 4096);
        walk(&w, &out);
        assert_true(view_eq_str(buf_view(&out), table[i].paths));
        buf_release(&out);
        yyjson_doc_free(doc);
    }
}

/* 40,000 once took 98 s, as each was counted off from the first. */
static void each_container_is_one_step(void **state)
{
    enum { COUNT = 200 * 1000, MOST_MS = 500 };
    struct container at = {0};
    size_t count = 0;
    struct workload w;
    yyjson_doc *doc;
    struct buf spec;
    int64_t began;

    (void)state;
    buf_init(&spec, LIMIT_BODY);
    buf_add_str(&spec, "\"containers\":[{\"x\":1}");
    for (size_t i = 1; i < COUNT; i++)
        buf_add_str(&spec, ",{\"x\":1}");
    buf_add_str(&spec, "]");
    doc = pod_of(spec.p, &w);
    buf_release(&spec);
    began = clock_thread_ns();
    while (clock_thread_ns() - began < (int64_t)MOST_MS * SLOWER * 1000 * 1000 &&
           container_next(&w, &at))
        count++;
    yyjson_doc_free(doc);
    assert_int_equal(count, COUNT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_lists_in_their_order),
        cmocka_unit_test(each_container_is_one_step),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
