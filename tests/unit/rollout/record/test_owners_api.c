#include "rollout/record/owners_api.h"

#include "base/arena.h"
#include "base/buf.h"
#include "kube/client.h"
#include "kube/limits.h"
#include "rollout/limits.h"
#include "rollout/record/record.h"
#include "unit/rollout/api.h"

#include <stdlib.h>

#define SYSTEM "tidegate-system"
#define SLOT   "/api/v1/namespaces/tidegate-system/configmaps/owners-%d.deployment.shop.api"

struct scene {
    struct api api;
    struct client *client;
    struct record record;
    struct arena arena;
    struct view message;
};

static void scene_start(struct scene *s)
{
    *s = (struct scene){0};
    api_start(&s->api);
    assert_non_null(s->client = client_create(&s->api.kube));
    arena_init(&s->arena, LIMIT_KUBE_ANSWER);
    record_init(&s->record);
    s->record.kind = VIEW("Deployment");
    s->record.namespace_ = VIEW("shop");
    s->record.name = VIEW("api");
}

static void scene_stop(struct scene *s)
{
    record_release(&s->record);
    arena_release(&s->arena);
    client_free(s->client);
    api_stop(&s->api);
}

static enum outcome save(struct scene *s, int64_t slot, struct view text)
{
    return owners_api_save(s->client, VIEW(SYSTEM), VIEW("u1"), &s->record, slot, text, &s->arena,
                           &s->message);
}

static void assert_kept(struct scene *s, int64_t slot, const char *expected)
{
    struct view text;

    assert_int_equal(
        owners_api_load(s->client, VIEW(SYSTEM), &s->record, slot, &s->arena, &text, &s->message),
        OUTCOME_DONE);
    assert_true(view_eq_str(text, expected));
    assert_int_equal(text.p != NULL, expected != NULL);
}

static bool is_there(struct scene *s, int slot)
{
    char path[256];
    json_t *map;

    snprintf(path, sizeof(path), SLOT, slot);
    map = api_get(&s->api, path);
    json_decref(map);
    return map != NULL;
}

static void a_slot_is_written_and_written_over(void **state)
{
    struct scene s;

    (void)state;
    scene_start(&s);
    assert_kept(&s, 1, NULL);
    assert_int_equal(save(&s, 1, VIEW("first")), OUTCOME_DONE);
    assert_int_equal(save(&s, 2, VIEW("second")), OUTCOME_DONE);
    assert_int_equal(save(&s, 1, VIEW("third")), OUTCOME_DONE);
    assert_kept(&s, 1, "third");
    assert_kept(&s, 2, "second");
    scene_stop(&s);
}

/* Of text that cannot be compressed. */
static void what_is_too_large_is_refused(void **state)
{
    static char text[2 * LIMIT_OWNERS];
    struct scene s;
    size_t most = 0;

    (void)state;
    for (size_t i = 0; i < sizeof(text); i++)
        text[i] = (char)random();
    scene_start(&s);
    for (size_t n = LIMIT_OWNERS - 64; n <= LIMIT_OWNERS + 1; n++) {
        enum outcome outcome = save(&s, 1, (struct view){text, n});

        if (outcome != OUTCOME_DONE)
            assert_int_equal(outcome, OUTCOME_REFUSED);
        else
            most = n;
    }
    assert_in_range(most, LIMIT_OWNERS - 63, LIMIT_OWNERS - 1);
    scene_stop(&s);
}

/* "a" over and over: small when compressed, and read until the limit of what it expands to. */
static void what_expands_too_far_is_not_read(void **state)
{
    char *text = malloc(LIMIT_OWNERS_TEXT + 1);
    struct scene s;

    (void)state;
    memset(text, 'a', LIMIT_OWNERS_TEXT);
    text[LIMIT_OWNERS_TEXT] = '\0';
    scene_start(&s);
    for (int past = -1; past <= 1; past++) {
        struct view v = {text, (size_t)(LIMIT_OWNERS_TEXT + past)}, back;

        text[LIMIT_OWNERS_TEXT] = 'a';
        assert_int_equal(save(&s, 1, v), OUTCOME_DONE);
        owners_api_load(s.client, VIEW(SYSTEM), &s.record, 1, &s.arena, &back, &s.message);
        assert_int_equal(view_eq(back, v), past <= 0);
    }
    free(text);
    scene_stop(&s);
}

static void the_slots_of_a_workload_are_emptied(void **state)
{
    struct scene s;

    (void)state;
    scene_start(&s);
    record_add_good(&s.record, &(struct record_good){.hash = VIEW("a"), .owners = 1});
    record_add_good(&s.record, &(struct record_good){.hash = VIEW("b"), .owners = 3});
    for (int slot = 1; slot <= 3; slot++)
        assert_int_equal(save(&s, slot, VIEW("text")), OUTCOME_DONE);
    owners_api_delete(s.client, VIEW(SYSTEM), &s.record, &s.arena);
    assert_false(is_there(&s, 1));
    assert_true(is_there(&s, 2));
    assert_false(is_there(&s, 3));
    scene_stop(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_slot_is_written_and_written_over),
        cmocka_unit_test(what_is_too_large_is_refused),
        cmocka_unit_test(what_expands_too_far_is_not_read),
        cmocka_unit_test(the_slots_of_a_workload_are_emptied),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
