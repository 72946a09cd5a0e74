#include "kube/election.h"
#include "kube/limits.h"

#include "cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yyjson.h>

enum { A_RENEWAL = LIMIT_LEASE_RENEW * 1000 };

/* What came of a call at an instant (in ms; it was begun `took` before), and what is to follow. */
struct moment {
    int64_t at, took;
    enum election_event event;
    const char *holder; /* of the Lease that was read or written */
    int renewal;        /* its renewTime, as a number */
    int64_t retry_after;
    struct election_step then;
    int64_t led_until; /* ms; 0: does not lead */
};

static void play(const struct moment *moments, size_t count)
{
    struct election e;

    assert_int_equal(election_init(&e, VIEW("me")), 0);
    assert_false(election_is_led(&e, 0));
    for (size_t i = 0; i < count; i++) {
        const struct moment *m = &moments[i];
        struct election_input input = {.event = m->event,
                                       .record.seconds = LIMIT_LEASE_DURATION,
                                       .asked = (m->at - m->took) * 1000000,
                                       .now = m->at * 1000000,
                                       .retry_after = m->retry_after};
        struct election_step step;

        snprintf(input.record.holder, sizeof(input.record.holder), "%s",
                 m->holder ? m->holder : "");
        snprintf(input.record.renewed, sizeof(input.record.renewed), "%d", m->renewal);
        step = election_step(&e, &input);
        assert_int_equal(step.act, m->then.act);
        assert_int_equal(step.wait, m->then.wait);
        assert_int_equal(e.led_until, m->led_until * 1000000);
        assert_false(election_is_led(&e, e.led_until));
        assert_true(m->led_until == 0 || election_is_led(&e, e.led_until - 1));
    }
}

#define PLAY(moments) play((moments), sizeof(moments) / sizeof((moments)[0]))

static void the_first_of_all(void **state)
{
    static const struct moment moments[] = {
        {1000, 10, ELECTION_ABSENT, NULL, 0, 0, {0, ELECTION_CREATE}, 0},
        {1020, 15, ELECTION_WRITTEN, "me", 1, 0, {A_RENEWAL, ELECTION_UPDATE}, 8005},
        {3040, 20, ELECTION_WRITTEN, "me", 2, 0, {A_RENEWAL, ELECTION_UPDATE}, 10020},
    };

    (void)state;
    PLAY(moments);
}

static void another_is_quicker(void **state)
{
    static const struct moment moments[] = {
        {1000, 0, ELECTION_ABSENT, NULL, 0, 0, {0, ELECTION_CREATE}, 0},
        {1020, 0, ELECTION_CONFLICT, NULL, 0, 0, {200, ELECTION_GET}, 0},
        {1220, 0, ELECTION_READ, "you", 1, 0, {A_RENEWAL, ELECTION_GET}, 0},
        {3220, 0, ELECTION_READ, "you", 2, 0, {A_RENEWAL, ELECTION_GET}, 0},
    };

    (void)state;
    PLAY(moments);
}

/* Its Lease is too old LIMIT_LEASE_DURATION after its last change was seen, whatever it says. */
static void a_leader_that_dies(void **state)
{
    static const struct moment moments[] = {
        {1000, 0, ELECTION_READ, "you", 1, 0, {A_RENEWAL, ELECTION_GET}, 0},
        {9500, 0, ELECTION_READ, "you", 2, 0, {A_RENEWAL, ELECTION_GET}, 0},
        {17600, 0, ELECTION_READ, "you", 2, 0, {1900, ELECTION_GET}, 0},
        {19499, 0, ELECTION_READ, "you", 2, 0, {1, ELECTION_GET}, 0},
        {19500, 0, ELECTION_READ, "you", 2, 0, {0, ELECTION_UPDATE}, 0},
        {19520, 5, ELECTION_WRITTEN, "me", 3, 0, {A_RENEWAL, ELECTION_UPDATE}, 26515},
    };

    (void)state;
    PLAY(moments);
}

static void a_leader_that_gives_up(void **state)
{
    static const struct moment moments[] = {
        {1000, 0, ELECTION_READ, "you", 1, 0, {A_RENEWAL, ELECTION_GET}, 0},
        {3000, 0, ELECTION_READ, "", 2, 0, {0, ELECTION_UPDATE}, 0},
        {3010, 0, ELECTION_CONFLICT, NULL, 0, 0, {200, ELECTION_GET}, 0},
        {3210, 0, ELECTION_READ, "them", 3, 0, {A_RENEWAL, ELECTION_GET}, 0},
    };

    (void)state;
    PLAY(moments);
}

static void calls_that_fail(void **state)
{
    static const struct moment moments[] = {
        {1000, 0, ELECTION_FAILED, NULL, 0, 0, {1000, ELECTION_GET}, 0},
        {2000, 0, ELECTION_READ, "", 1, 0, {0, ELECTION_UPDATE}, 0},
        {2000, 0, ELECTION_WRITTEN, "me", 2, 0, {A_RENEWAL, ELECTION_UPDATE}, 9000},
        {6000, 2000, ELECTION_FAILED, NULL, 0, 0, {1000, ELECTION_GET}, 9000},
        {7000, 0, ELECTION_FAILED, NULL, 0, 3000, {3000, ELECTION_GET}, 9000},
        /* The renewal had arrived, but was not seen to. */
        {8990, 0, ELECTION_READ, "me", 3, 0, {0, ELECTION_UPDATE}, 9000},
        {9010, 20, ELECTION_WRITTEN, "me", 4, 0, {A_RENEWAL, ELECTION_UPDATE}, 15990},
    };

    (void)state;
    PLAY(moments);
}

static void a_lease_that_is_taken_away(void **state)
{
    static const struct moment moments[] = {
        {1000, 0, ELECTION_READ, "", 0, 0, {0, ELECTION_UPDATE}, 0},
        {1000, 0, ELECTION_WRITTEN, "me", 1, 0, {A_RENEWAL, ELECTION_UPDATE}, 8000},
        {3000, 0, ELECTION_CONFLICT, NULL, 0, 0, {200, ELECTION_GET}, 8000},
        {3200, 0, ELECTION_READ, "you", 2, 0, {A_RENEWAL, ELECTION_GET}, 0},
        {13200, 0, ELECTION_READ, "you", 2, 0, {0, ELECTION_UPDATE}, 0},
        {13200, 0, ELECTION_WRITTEN, "me", 3, 0, {A_RENEWAL, ELECTION_UPDATE}, 20200},
        {15200, 0, ELECTION_ABSENT, NULL, 0, 0, {0, ELECTION_CREATE}, 0},
        {15200, 0, ELECTION_WRITTEN, "you", 1, 0, {1000, ELECTION_GET}, 0},
    };

    (void)state;
    PLAY(moments);
}

/* Two never lead at a time: the first stops before the second may begin, also when its last
 * renewal was seen at once and nobody else's call took time. */
static void the_times_fit(void **state)
{
    (void)state;
    assert_true(LIMIT_LEASE_DEADLINE < LIMIT_LEASE_DURATION);
    assert_true(LIMIT_LEASE_RENEW + LIMIT_LEASE_CALL + 1 + LIMIT_LEASE_CALL <=
                LIMIT_LEASE_DEADLINE); /* one call that hangs costs no lead */
    assert_true(LIMIT_LEASE_RENEW + LIMIT_LEASE_DURATION + LIMIT_LEASE_CALL < 15);
}

static void identities(void **state)
{
    static char text[LIMIT_IDENTITY + 2];
    struct election e;

    (void)state;
    memset(text, 'i', sizeof(text) - 1);
    assert_int_equal(election_init(&e, (struct view){text, 0}), -1);
    assert_int_equal(election_init(&e, (struct view){text, LIMIT_IDENTITY - 1}), 0);
    assert_int_equal(election_init(&e, (struct view){text, LIMIT_IDENTITY + 1}), -1);
    assert_int_equal(election_init(&e, (struct view){text, LIMIT_IDENTITY}), 0);
    /* A longer one that begins like it is another one. */
    struct election_input input = {.event = ELECTION_READ, .record.seconds = 10};
    snprintf(input.record.holder, sizeof(input.record.holder), "%s", text);
    assert_int_equal(election_step(&e, &input).act, ELECTION_GET);
}

/* --- what is written -------------------------------------------------------------------------- */

static const struct {
    const char *name, *before, *after;
} claims[] = {
    {"a new one", "{'metadata':{'name':'l'}}",
     "{'metadata':{'name':'l'},'spec':{'acquireTime':'NOW','holderIdentity':'me',"
     "'leaseDurationSeconds':10,'leaseTransitions':0,'renewTime':'NOW'}}"},
    {"another's, and what others wrote stays",
     "{'metadata':{'labels':{'a':'b'},'resourceVersion':'7'},'spec':{'holderIdentity':'you',"
     "'leaseDurationSeconds':15,'leaseTransitions':4,'renewTime':'THEN','strategy':'s'}}",
     "{'metadata':{'labels':{'a':'b'},'resourceVersion':'7'},'spec':{'acquireTime':'NOW',"
     "'holderIdentity':'me','leaseDurationSeconds':10,'leaseTransitions':5,'renewTime':'NOW',"
     "'strategy':'s'}}"},
    {"nobody's, which says nothing", "{'spec':{}}",
     "{'spec':{'acquireTime':'NOW','holderIdentity':'me','leaseDurationSeconds':10,"
     "'leaseTransitions':1,'renewTime':'NOW'}}"},
    {"our own", "{'spec':{'acquireTime':'THEN','holderIdentity':'me','leaseTransitions':4}}",
     "{'spec':{'acquireTime':'THEN','holderIdentity':'me','leaseDurationSeconds':10,"
     "'leaseTransitions':4,'renewTime':'NOW'}}"},
};

static char *json_of(const char *quoted)
{
    char *text = strdup(quoted);

    for (char *p = text; *p; p++)
        *p = *p == '\'' ? '"' : *p;
    return text;
}

static void see(struct election *e, const char *text)
{
    yyjson_doc *doc = yyjson_read(text, strlen(text), 0);
    struct election_input input = {.event = ELECTION_READ, .now = 1};

    input.record = election_read(yyjson_doc_get_root(doc));
    if (yyjson_obj_get(yyjson_doc_get_root(doc), "spec"))
        election_step(e, &input);
    yyjson_doc_free(doc);
}

static void what_is_claimed(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(claims) / sizeof(claims[0]); i++) {
        char *before = json_of(claims[i].before), *after = json_of(claims[i].after), *text;
        json_t *lease = json_loads(before, 0, NULL);
        struct election e;

        election_init(&e, VIEW("me"));
        see(&e, before);
        assert_int_equal(election_claim(&e, lease, "NOW"), 0);
        text = json_dumps(lease, JSON_COMPACT | JSON_SORT_KEYS);
        if (strcmp(text, after) != 0)
            fail_msg("%s: %s", claims[i].name, text);
        json_decref(lease);
        free(text);
        free(before);
        free(after);
    }
}

static void what_is_given_up(void **state)
{
    char *before = json_of(claims[3].before), *text;
    json_t *lease = json_loads(before, 0, NULL);

    (void)state;
    assert_int_equal(election_give_up(lease, "NOW"), 0);
    text = json_dumps(lease, JSON_COMPACT | JSON_SORT_KEYS);
    assert_string_equal(text, "{\"spec\":{\"acquireTime\":\"NOW\",\"holderIdentity\":\"\","
                              "\"leaseDurationSeconds\":1,\"leaseTransitions\":4,"
                              "\"renewTime\":\"NOW\"}}");
    json_decref(lease);
    free(text);
    free(before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_of_all),   cmocka_unit_test(another_is_quicker),
        cmocka_unit_test(a_leader_that_dies), cmocka_unit_test(a_leader_that_gives_up),
        cmocka_unit_test(calls_that_fail),    cmocka_unit_test(a_lease_that_is_taken_away),
        cmocka_unit_test(the_times_fit),      cmocka_unit_test(identities),
        cmocka_unit_test(what_is_claimed),    cmocka_unit_test(what_is_given_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
