#include "base/sys/file.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/diag.h"
#include "base/limits.h"
#include "cmocka_all.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct fixture {
    char directory[64];
    struct arena arena;
    struct diags diags;
};

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    strcpy(f->directory, "/tmp/tidegate-test-XXXXXX");
    arena_init(&f->arena, 64 * 1024 * 1024);
    diags_init(&f->diags, &f->arena);
    *state = f;
    return mkdtemp(f->directory) && chdir(f->directory) == 0 ? 0 : -1;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    char command[128];

    snprintf(command, sizeof(command), "rm -r %s", f->directory);
    arena_release(&f->arena);
    if (chdir("/") != 0 || system(command) != 0)
        return -1;
    free(f);
    return 0;
}

static void write_file(const char *path, size_t n)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    for (size_t i = 0; i < n; i++)
        fputc('x', file);
    fclose(file);
}

static void assert_problem(struct fixture *f, const char *expected)
{
    struct buf out;

    buf_init(&out, 1 << 16);
    diag_write(f->diags.last, &out);
    assert_string_equal(buf_view(&out).p, expected);
    buf_release(&out);
}

static void size_has_a_limit(void **state)
{
    struct fixture *f = *state;

    write_file("f", 0);
    for (size_t n = LIMIT_FILE - 1; n <= LIMIT_FILE + 1; n++) {
        const struct source *source;

        assert_int_equal(truncate("f", (off_t)n), 0);
        source = file_read("f", LIMIT_FILE, &f->arena, &f->diags);
        assert_int_equal(source == NULL, n > LIMIT_FILE);
        if (!source)
            continue;
        assert_int_equal(source->text.n, n);
        assert_int_equal(source->text.p[n], '\0');
        assert_true(view_eq_str(source->name, "f"));
    }
    assert_problem(f, "f: error: larger than the limit of 8388608 bytes\n"
                      "  = split it into several files\n");
}

static void unreadable_paths_are_errors(void **state)
{
    struct fixture *f = *state;
    const char **paths;
    size_t count;

    assert_null(file_read("none", 10, &f->arena, &f->diags));
    assert_problem(f, "none: error: cannot be read: No such file or directory\n");
    assert_null(file_read(".", 10, &f->arena, &f->diags));
    assert_problem(f, ".: error: cannot be read: Is a directory\n");
    assert_int_equal(file_list("none", &f->arena, &f->diags, &paths, &count), -1);
    assert_problem(f, "none: error: cannot be read: No such file or directory\n");
    assert_int_equal(symlink("none", "a.yaml"), 0);
    assert_int_equal(file_list(".", &f->arena, &f->diags, &paths, &count), -1);
    assert_problem(f, ".: error: \"a.yaml\" cannot be read: No such file or directory\n");
}

/* The layout that the kubelet gives a mounted ConfigMap. */
static void mounted_config_map_shows_each_file_once(void **state)
{
    struct fixture *f = *state;
    const char **paths;
    size_t count;

    assert_int_equal(mkdir("..2026_11_21", 0755), 0);
    write_file("..2026_11_21/b.yaml", 1);
    write_file("..2026_11_21/a.yaml", 1);
    assert_int_equal(symlink("..2026_11_21", "..data"), 0);
    assert_int_equal(symlink("..data/b.yaml", "b.yaml"), 0);
    assert_int_equal(symlink("..data/a.yaml", "a.yaml"), 0);
    assert_int_equal(file_list(f->directory, &f->arena, &f->diags, &paths, &count), 0);
    assert_int_equal(count, 2);
    assert_true(view_ends(view_of(paths[0]), "/a.yaml"));
    assert_true(view_ends(view_of(paths[1]), "/b.yaml"));
}

static void only_regular_yaml_and_json_is_listed(void **state)
{
    struct fixture *f = *state;
    static const char *const expected[] = {"./10.yml", "./9.json", "./B.yaml", "./a.yaml"};
    const char **paths;
    size_t count;

    write_file("a.yaml", 1);
    write_file("B.yaml", 1);
    write_file("9.json", 1);
    write_file("10.yml", 1);
    write_file("README.md", 1);
    write_file(".hidden.yaml", 1);
    write_file("a.yaml~", 1);
    assert_int_equal(mkdir("directory.yaml", 0755), 0);
    assert_int_equal(mkfifo("fifo.yaml", 0644), 0);
    assert_int_equal(file_list("./", &f->arena, &f->diags, &paths, &count), 0);
    assert_int_equal(count, 4);
    for (size_t i = 0; i < count; i++)
        assert_string_equal(paths[i], expected[i]);
}

/* Directories and files mixed: a file that is named is taken whatever it is called, and each once.
 */
static void several_paths_are_listed(void **state)
{
    struct fixture *f = *state;
    static const char *const roots[] = {"more.txt", "d", "gone", "./d/b.yaml", "link", "d/", NULL};
    static const char *const expected[] = {"more.txt", "d/a.yaml", "d/b.yaml", "gone"};
    static const char *const missing[] = {"d", "..gone/", NULL};
    const char **paths;
    size_t count;

    assert_int_equal(mkdir("d", 0755), 0);
    write_file("d/b.yaml", 1);
    write_file("d/a.yaml", 1);
    write_file("more.txt", 1);
    assert_int_equal(symlink("d/a.yaml", "link"), 0);
    assert_int_equal(file_list_all(roots, &f->arena, &f->diags, &paths, &count), 0);
    assert_int_equal(count, 4); /* what is not there is for file_read() to say */
    for (size_t i = 0; i < count; i++)
        assert_string_equal(paths[i], expected[i]);
    assert_int_equal(file_list_all(missing, &f->arena, &f->diags, &paths, &count), 0);
    assert_int_equal(count, 3);
}

static void files_have_a_limit(void **state)
{
    struct fixture *f = *state;
    const char **paths;
    size_t count;

    for (int i = 0; i <= LIMIT_FILES; i++) {
        char name[32];

        snprintf(name, sizeof(name), "%d.yaml", i);
        write_file(name, 0);
        if (i >= LIMIT_FILES - 2)
            assert_int_equal(file_list(".", &f->arena, &f->diags, &paths, &count),
                             i == LIMIT_FILES ? -1 : 0);
    }
    assert_problem(f, ".: error: more than 1024 files\n");
}

static uint64_t signature(void)
{
    uint64_t n = 0;

    assert_int_equal(file_signature(".", &n), 0);
    return n;
}

static void signature_changes_with_each_change(void **state)
{
    static const struct timespec times[2] = {{1000, 5}, {1000, 5}};
    static const struct timespec next[2] = {{1000, 6}, {1000, 6}};
    uint64_t before, after;

    (void)state;
    write_file("a.yaml", 1);
    assert_int_equal(utimensat(AT_FDCWD, "a.yaml", times, 0), 0);
    before = signature();
    assert_int_equal(before, signature());
    write_file("README.md", 1); /* none of ours */
    assert_int_equal(before, signature());

    write_file("a.yaml", 1); /* as long, the next nanosecond */
    assert_int_equal(utimensat(AT_FDCWD, "a.yaml", next, 0), 0);
    assert_int_not_equal(before, signature());
    write_file("a.yaml", 2); /* another length, the same time */
    assert_int_equal(utimensat(AT_FDCWD, "a.yaml", times, 0), 0);
    assert_int_not_equal(before, after = signature());

    assert_int_equal(rename("a.yaml", "b.yaml"), 0);
    assert_int_not_equal(after, before = signature());
    assert_int_equal(unlink("b.yaml"), 0);
    assert_int_not_equal(before, signature());
    assert_int_equal(file_signature("none", &before), -1);
}

static void signature_of_a_file(void **state)
{
    static const struct timespec times[2] = {{1000, 5}, {1000, 5}};
    uint64_t before, after;

    (void)state;
    write_file("rules.txt", 1);
    assert_int_equal(utimensat(AT_FDCWD, "rules.txt", times, 0), 0);
    assert_int_equal(file_signature("rules.txt", &before), 0);
    assert_int_equal(file_signature("rules.txt", &after), 0);
    assert_int_equal(before, after);
    write_file("rules.txt", 2);
    assert_int_equal(file_signature("rules.txt", &after), 0);
    assert_int_not_equal(before, after);
}

static void signature_sees_a_config_map_switch(void **state)
{
    static const struct timespec times[2] = {{1000, 5}, {1000, 5}};
    uint64_t before;

    (void)state;
    assert_int_equal(mkdir("..1", 0755), 0);
    assert_int_equal(mkdir("..2", 0755), 0);
    write_file("..1/a.yaml", 1);
    write_file("..2/a.yaml", 1);
    assert_int_equal(utimensat(AT_FDCWD, "..1/a.yaml", times, 0), 0);
    assert_int_equal(utimensat(AT_FDCWD, "..2/a.yaml", times, 0), 0);
    assert_int_equal(symlink("..1", "..data"), 0);
    assert_int_equal(symlink("..data/a.yaml", "a.yaml"), 0);
    before = signature();
    assert_int_equal(symlink("..2", "..data_tmp"), 0);
    assert_int_equal(rename("..data_tmp", "..data"), 0);
    assert_int_not_equal(before, signature());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(size_has_a_limit, set_up, tear_down),
        cmocka_unit_test_setup_teardown(unreadable_paths_are_errors, set_up, tear_down),
        cmocka_unit_test_setup_teardown(mounted_config_map_shows_each_file_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(only_regular_yaml_and_json_is_listed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(files_have_a_limit, set_up, tear_down),
        cmocka_unit_test_setup_teardown(several_paths_are_listed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(signature_of_a_file, set_up, tear_down),
        cmocka_unit_test_setup_teardown(signature_changes_with_each_change, set_up, tear_down),
        cmocka_unit_test_setup_teardown(signature_sees_a_config_map_switch, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
