#include "base/hash_table.h"

#include "base/mem.h"
#include "cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MANY = 5000 };

struct thing {
    struct hash_table_link link;
    char key[16];
};

static struct thing *things(void)
{
    struct thing *all = calloc(MANY, sizeof(*all));

    assert_non_null(all);
    for (unsigned i = 0; i < MANY; i++)
        snprintf(all[i].key, sizeof(all[i].key), "thing-%u", i);
    return all;
}

static void each_is_found_until_it_is_taken_out(void **state)
{
    struct thing *all = things();
    struct hash_table t = {0};

    (void)state;
    assert_null(hash_table_find(&t, VIEW("thing-0")));
    for (unsigned i = 0; i < MANY; i++) {
        assert_int_equal(hash_table_reserve(&t, SIZE_MAX), 0);
        hash_table_add(&t, &all[i].link, view_of(all[i].key));
    }
    assert_int_equal(t.count, MANY);
    assert_true(t.bucket_count >= MANY && t.bucket_count < 4 * MANY);
    for (unsigned i = 0; i < MANY; i += 2)
        hash_table_remove(&t, &all[i].link);
    for (unsigned i = 0; i < MANY; i++)
        assert_ptr_equal(hash_table_find(&t, view_of(all[i].key)), i % 2 ? &all[i].link : NULL);
    assert_null(hash_table_find(&t, VIEW("thing-")));
    assert_null(hash_table_find(&t, VIEW("")));
    hash_table_release(&t);
    assert_int_equal(hash_table_held(&t), 0);
    free(all);
}

static void two_may_have_one_key(void **state)
{
    struct thing a, b;
    struct hash_table t = {0};

    (void)state;
    assert_int_equal(hash_table_reserve(&t, SIZE_MAX), 0);
    hash_table_add(&t, &a.link, VIEW("k"));
    assert_int_equal(hash_table_reserve(&t, SIZE_MAX), 0);
    hash_table_add(&t, &b.link, VIEW("k"));
    hash_table_remove(&t, &b.link);
    assert_ptr_equal(hash_table_find(&t, VIEW("k")), &a.link);
    hash_table_remove(&t, &a.link);
    assert_null(hash_table_find(&t, VIEW("k")));
    hash_table_release(&t);
}

/* All are found in few buckets too. */
static void chains_grow_where_buckets_may_not(void **state)
{
    struct thing *all = things();
    struct hash_table t = {0};

    (void)state;
    assert_int_equal(hash_table_reserve(&t, 10), -1);
    for (unsigned i = 0; i < MANY; i++) {
        assert_int_equal(hash_table_reserve(&t, hash_table_held(&t) < 2000 ? 2048 : 0), 0);
        hash_table_add(&t, &all[i].link, view_of(all[i].key));
    }
    assert_in_range(hash_table_held(&t), 512, 4096);
    for (unsigned i = 0; i < MANY; i++)
        assert_ptr_equal(hash_table_find(&t, view_of(all[i].key)), &all[i].link);
    hash_table_release(&t);
    free(all);
}

static void memory_runs_out(void **state)
{
    struct thing *all = things();
    struct hash_table t = {0};

    (void)state;
    mem_fail_nth(1);
    assert_int_equal(hash_table_reserve(&t, SIZE_MAX), -1);
    for (unsigned i = 0; i < 65; i++) {
        mem_fail_nth(i > 63 ? 1 : 0);
        assert_int_equal(hash_table_reserve(&t, SIZE_MAX), 0);
        hash_table_add(&t, &all[i].link, view_of(all[i].key));
    }
    mem_fail_nth(0);
    assert_int_equal(t.bucket_count, 64);
    for (unsigned i = 0; i < 65; i++)
        assert_ptr_equal(hash_table_find(&t, view_of(all[i].key)), &all[i].link);
    hash_table_release(&t);
    free(all);
}

static unsigned fnv(const char *key)
{
    unsigned hash = 2166136261u;

    for (; *key; key++)
        hash = (hash ^ (unsigned char)*key) * 16777619u;
    return hash;
}

static size_t longest_chain(const struct hash_table *t)
{
    size_t longest = 0;

    for (size_t i = 0; i < t->bucket_count; i++) {
        size_t n = 0;

        for (struct hash_table_link *link = t->buckets[i]; link; link = link->next)
            n++;
        longest = n > longest ? n : longest;
    }
    return longest;
}

/* By a hash that anybody can compute, all of these would be in one bucket. */
static void nobody_chooses_a_bucket(void **state)
{
    struct thing *all = things();
    struct hash_table t = {0};
    unsigned count = 0;

    (void)state;
    for (unsigned i = 0; count < 1000; i++) {
        snprintf(all[count].key, sizeof(all[count].key), "%u", i);
        if (fnv(all[count].key) % 1024 != 0)
            continue;
        assert_int_equal(hash_table_reserve(&t, SIZE_MAX), 0);
        hash_table_add(&t, &all[count].link, view_of(all[count].key));
        count++;
    }
    assert_in_range(longest_chain(&t), 2, 30);
    hash_table_release(&t);
    free(all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nobody_chooses_a_bucket),
        cmocka_unit_test(each_is_found_until_it_is_taken_out),
        cmocka_unit_test(two_may_have_one_key),
        cmocka_unit_test(chains_grow_where_buckets_may_not),
        cmocka_unit_test(memory_runs_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
