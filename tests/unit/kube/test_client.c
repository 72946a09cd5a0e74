#include "kube/client.h"

#include "cmocka_all.h"

static void queries_are_encoded(void **state)
{
    struct buf path;

    (void)state;
    buf_init(&path, 256);
    buf_add_str(&path, "/api/v1/namespaces");
    client_query(&path, "limit", VIEW("500"));
    client_query(&path, "continue", VIEW("aZ09-._~ +/=&?%\0\xff"));
    assert_string_equal(path.p, "/api/v1/namespaces?limit=500&continue="
                                "aZ09-._~%20%2B%2F%3D%26%3F%25%00%FF");
    buf_release(&path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(queries_are_encoded)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
