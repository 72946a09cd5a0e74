#include "kube/calls.h"
#include "kube/limits.h"

#include "cmocka_all.h"

#include <stdio.h>
#include <string.h>

static void write_row(void *ctx, const struct calls_row *row)
{
    char *text = ctx;

    sprintf(text + strlen(text), "%s %s %u %u;", row->verb, row->resource, row->status,
            (unsigned)row->calls);
}

static void calls_are_counted_by_what_came_of_them(void **state)
{
    struct calls c;
    char text[256] = "";

    (void)state;
    calls_init(&c);
    calls_count(&c, "list", "namespaces", 200);
    calls_count(&c, "watch", "namespaces", 200);
    calls_count(&c, "list", "namespaces", 0);
    calls_count(&c, "list", "namespaces", 200);
    calls_each(&c, write_row, text);
    assert_string_equal(text, "list namespaces 200 2;watch namespaces 200 1;list namespaces 0 1;");
    calls_release(&c);
}

static void count_rows(void *ctx, const struct calls_row *row)
{
    assert_int_equal(row->calls, 2);
    ++*(unsigned *)ctx;
}

static void more_kinds_of_calls_than_there_is_room_for(void **state)
{
    struct calls c;
    unsigned rows = 0;

    (void)state;
    calls_init(&c);
    for (unsigned round = 0; round < 2; round++)
        for (unsigned i = 0; i < LIMIT_KUBE_CALL_ROWS + 1; i++)
            calls_count(&c, "list", "namespaces", 100 + i);
    calls_each(&c, count_rows, &rows);
    assert_int_equal(rows, LIMIT_KUBE_CALL_ROWS);
    calls_release(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(calls_are_counted_by_what_came_of_them),
        cmocka_unit_test(more_kinds_of_calls_than_there_is_room_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
