#include "server/metrics/registry.h"

#include "base/buf.h"
#include "cmocka_all.h"

#include <stdio.h>

static void read_page(struct buf *page)
{
    FILE *f = fopen("docs/operations.md", "re");
    char text[4096];
    size_t n;

    assert_non_null(f);
    buf_init(page, 1 << 20);
    while ((n = fread(text, 1, sizeof(text), f)) > 0)
        buf_add(page, (struct view){text, n});
    fclose(f);
    buf_add_char(page, '\0');
    assert_false(page->failed);
}

/* Adds the row that the page has to have: the help without its full stop. */
static void add_row(struct buf *table, const struct metric *m, const char *page)
{
    size_t before = table->n;

    buf_printf(table, "| `%s` | %s |", m->name, metric_type_name(m->type));
    for (size_t i = 0; i < METRIC_LABELS && m->labels[i]; i++)
        buf_printf(table, "%s `%s`", i > 0 ? "," : "", m->labels[i]);
    buf_printf(table, " | %.*s |\n", (int)strlen(m->help) - 1, m->help);
    if (!strstr(page, table->p + before))
        fail_msg("docs/operations.md, \"Metrics\", lacks this row:\n%s", table->p + before);
}

/* The table of the page is the one of the program, row by row and with none more. */
static void the_page_has_the_table(void **state)
{
    struct buf page, table;

    (void)state;
    read_page(&page);
    buf_init(&table, 1 << 20);
    buf_add_str(&table, "\n\n| metric | type | labels | |\n| --- | --- | --- | --- |\n");
    for (const struct metric_table *const *t = registry_tables; *t; t++)
        for (size_t i = 0; i < (*t)->count; i++)
            add_row(&table, &(*t)->rows[i], page.p);
    buf_add_str(&table, "\n");
    assert_non_null(strstr(page.p, table.p));
    buf_release(&page);
    buf_release(&table);
}

/* Of two rows with one name a scrape would be refused whole. */
static void names_and_texts_are_as_prometheus_wants_them(void **state)
{
    (void)state;
    for (const struct metric_table *const *t = registry_tables; *t; t++)
        for (size_t i = 0; i < (*t)->count; i++) {
            const struct metric *m = &(*t)->rows[i];
            size_t n = strlen(m->name);
            unsigned namesakes = 0;

            assert_int_equal(m->type == METRIC_COUNTER, strcmp(m->name + n - 6, "_total") == 0);
            assert_null(strpbrk(m->help, "\n\\|"));
            assert_int_equal(m->help[strlen(m->help) - 1], '.');
            for (const struct metric_table *const *u = registry_tables; *u; u++)
                for (size_t j = 0; j < (*u)->count; j++)
                    namesakes += strcmp((*u)->rows[j].name, m->name) == 0;
            assert_int_equal(namesakes, 1);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_page_has_the_table),
        cmocka_unit_test(names_and_texts_are_as_prometheus_wants_them),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
