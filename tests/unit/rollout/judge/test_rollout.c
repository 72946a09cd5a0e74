#include "rollout/judge/rollout.h"
#include "rollout/limits.h"

#include "cmocka_all.h"
#include "unit/rollout/judge/model.h"

#include <inttypes.h>

/* Stories: at an instant something happens, and then this is done, one thing after the other until
 * nothing is left, and leads into a state.
 *
 * Events, separated by blanks: deploy:X (a template), up, down, scale:N, exits:N, flaps:N, pull
 * (waits with ErrImagePull since now), restart, generation:N, pause, go (resume), unobserved,
 * observed, delete, again (another uid), old:X (a broken old pod of template X), back (what the
 * last undo asked for is seen), rollback:X, release:X (a person's word, of now), kill (what is not
 * written is forgotten); for all of the story: audit, notify, pausing, statefulset, http, query,
 * brake, owners (they are kept); undo=, write=, hold=, tell=, give= followed by ok, superseded,
 * unreachable or refused, for each that follows; ok, bad, nodata (an answer of what was asked
 * last); patience:N (seconds that an API server that is unreachable asks for, for each that
 * follows).
 *
 * Done: W (written), U1 (undone to revision 1), P (paused), D (pod deleted), K1, G1 (owners
 * kept in slot 1, and given what is theirs), H, Q (asked), and what
 * is told: "Healthy!" with a notification, "Healthy." without. An outcome that is not ok stands
 * behind it: "U1?" unreachable, "U1!" refused, "U1~" superseded. "@5": it is looked again after 5
 * s. */
struct line {
    int64_t at;
    const char *events, *done;
};

struct story {
    const char *name;
    struct line lines[16];
};

/* v1 becomes good, and v2 is there. */
#define GOOD_THEN_B                                                                                \
    {1000, "deploy:a up", "W Soaking @60"}, {1060, "", "W Healthy"},                               \
    {                                                                                              \
        2000, "deploy:b", "W Progressing @600"                                                     \
    }

/* The same where fields are given back to their owners. */
#define OWNED_THEN_B                                                                               \
    {900, "owners", ""}, {1000, "deploy:a up", "W Soaking @60"}, {1060, "", "W K1 W Healthy"},     \
    {                                                                                              \
        2000, "deploy:b", "W Progressing @600"                                                     \
    }

static const struct story stories[] = {
    {"the first template becomes good, and nobody is told",
     {{1000, "deploy:a", "W Progressing @600"},
      {1010, "up", "W Soaking @60"},
      {1069, "", "Soaking @1"},
      {1070, "", "W Healthy"},
      {1071, "", "Healthy"}}},
    {"the next one is told",
     {GOOD_THEN_B, {2100, "up", "W Soaking @60"}, {2160, "", "W Healthy! W Healthy"}}},
    {"a crash loop is undone, once, and the old one becomes good again",
     {GOOD_THEN_B,
      {2010, "exits:2", "Progressing @590"},
      {2020, "exits:3", "W U1 W Failed! W RollingBack @60"},
      {2021, "", "RollingBack @59"},
      {2022, "back up", "W RolledBack! W Soaking @60"},
      {2082, "", "W Healthy. W Healthy"}}},
    {"it failed before it was seen: one write, and it is undone",
     {{1000, "deploy:a up", "W Soaking @60"},
      {1060, "", "W Healthy"},
      {2000, "deploy:b exits:3", "W U1 W Failed! W RollingBack @60"}}},
    {"the deadline",
     {GOOD_THEN_B, {2599, "", "Progressing @1"}, {2600, "", "W U1 W Failed! W RollingBack @60"}}},
    {"nothing healthy to go back to",
     {{1000, "deploy:a exits:3", "W Failed! W Failed"}, {1100, "exits:9", "Failed"}}},
    {"a failed one that mends itself becomes good",
     {{1000, "deploy:a exits:3", "W Failed! W Failed"},
      {1100, "up", "Failed @60"},
      {1160, "", "W Healthy! W Healthy"}}},
    {"v1 good, v2 bad, v3 bad: back to v1",
     {GOOD_THEN_B,
      {2010, "exits:3", "W U1 W Failed! W RollingBack @60"},
      {2011, "back up", "W RolledBack! W Soaking @60"},
      {2071, "", "W Healthy. W Healthy"},
      {3000, "deploy:c exits:3", "W U3 W Failed! W RollingBack @60"}}},
    {"what was rolled back and comes again stays",
     {GOOD_THEN_B,
      {2010, "exits:3", "W U1 W Failed! W RollingBack @60"},
      {2011, "back up", "W RolledBack! W Soaking @60"},
      {3000, "deploy:b", "W Progressing @600"},
      {3010, "exits:3", "W Failed! W Failed"}}},
    {"unless it was released",
     {GOOD_THEN_B,
      {2010, "exits:3", "W U1 W Failed! W RollingBack @60"},
      {2011, "back up", "W RolledBack! W Soaking @60"},
      {2100, "release:b", "W Released! W Healthy. W Healthy"},
      {3000, "deploy:b", "W Progressing @600"},
      {3010, "exits:3", "W U3 W Failed! W RollingBack @60"}}},
    {"what was good before is not rolled back",
     {GOOD_THEN_B,
      {2010, "up", "W Soaking @60"},
      {2070, "", "W Healthy! W Healthy"},
      {3000, "deploy:a", "W Progressing @600"},
      {3010, "exits:3", "W Failed! W Failed"}}},
    {"a good one that breaks is told, and so is that it is well",
     {{1000, "deploy:a up", "W Soaking @60"},
      {1060, "", "W Healthy"},
      {2000, "down exits:3", "Healthy @60"},
      {2060, "", "W Degraded! W Degraded"},
      {3000, "up", "Degraded @60"},
      {3060, "", "W Recovered! W Healthy"}}},
    {"an end starts the soak again",
     {{1000, "deploy:a up", "W Soaking @60"},
      {1050, "exits:1", "W Soaking @60"},
      {1060, "", "Soaking @50"},
      {1110, "", "W Healthy"}}},
    {"a soak may outlast the deadline, but not break",
     {GOOD_THEN_B,
      {2590, "up", "W Soaking @60"},
      {2610, "exits:1", "W U1 W Failed! W RollingBack @60"}}},
    {"a drain after the deadline is not a failure, while it is short",
     {GOOD_THEN_B,
      {2590, "up", "W Soaking @60"},
      {2610, "down", "W Progressing @50"},
      {2620, "up", "W Soaking @60"},
      {2670, "down", "W U1 W Failed! W RollingBack @60"}}},
    {"paused by a person, and resumed: the deadline counts again",
     {GOOD_THEN_B,
      {2010, "pause", "W Suspended"},
      {9000, "go", "W Progressing @600"},
      {9600, "", "W U1 W Failed! W RollingBack @60"}}},
    {"paused in the middle of it all: the person wins",
     {GOOD_THEN_B,
      {2010, "exits:3 undo=unreachable", "W U1? Failed! W RollingBack @1"},
      {2011, "pause undo=ok", "W Suspended"},
      {2100, "go", "W U1 W Failed! W RollingBack @60"}}},
    {"deleted in the middle of it all",
     {GOOD_THEN_B,
      {2010, "exits:3 undo=unreachable", "W U1? Failed! W RollingBack @1"},
      {2011, "delete undo=ok", "RollingBack"}}},
    {"a newer version in the middle of it all",
     {GOOD_THEN_B,
      {2010, "exits:3 undo=superseded", "W U1~ Failed! W RollingBack @1"},
      {2011, "deploy:c up undo=ok", "W Soaking @60"},
      {2071, "", "W Healthy! W Healthy"}}},
    {"a person undoes it first",
     {GOOD_THEN_B,
      {2010, "exits:3 undo=superseded", "W U1~ Failed! W RollingBack @1"},
      {2011, "deploy:a up undo=ok", "W RolledBack! W Soaking @60"}}},
    {"killed between the write and the undo",
     {GOOD_THEN_B,
      {2010, "exits:3 undo=unreachable", "W U1? Failed! W RollingBack @1"},
      {2011, "kill undo=ok", "U1 W RollingBack @60"}}},
    {"killed before the write",
     {GOOD_THEN_B,
      {2010, "exits:3 write=unreachable", "W? RollingBack @1"},
      {2011, "kill write=ok", "W U1 W Failed! W RollingBack @60"}}},
    {"killed after the undo",
     {GOOD_THEN_B,
      {2010, "exits:3", "W U1 W Failed! W RollingBack @60"},
      {2011, "kill", "RollingBack @60"},
      {2012, "back up", "W RolledBack! W Soaking @60"}}},
    {"fields go back to their owners at once after the undo, once",
     {OWNED_THEN_B,
      {2010, "exits:3", "W U1 W G1 Failed! W RollingBack @60"},
      {2012, "back up", "W RolledBack! W Soaking @60"},
      {2072, "", "W Healthy. W K1 W Healthy"}}},
    {"killed before they go back",
     {OWNED_THEN_B,
      {2010, "exits:3 give=unreachable", "W U1 W G1? Failed! W RollingBack @1"},
      {2012, "kill back up give=ok", "W G1 RolledBack! W Soaking @60"}}},
    {"they do not when the template was changed",
     {OWNED_THEN_B,
      {2010, "exits:3 give=superseded", "W U1 W G1~ Failed! W RollingBack @60"},
      {2012, "deploy:c give=ok", "W Progressing @600"}}},
    {"what is refused is tried six times",
     {OWNED_THEN_B,
      {2010, "exits:3 give=refused", "W U1 W G1! Failed! W RollingBack @1"},
      {2012, "back up", "W G1! RolledBack! W Soaking @2"},
      {2014, "", "G1! Soaking @4"},
      {2018, "", "G1! Soaking @8"},
      {2026, "", "G1! Soaking @15"},
      {2041, "", "G1! Soaking @31"}}},
    {"the last three versions have their owners kept",
     {{900, "owners", ""},
      {1000, "deploy:a up", "W Soaking @60"},
      {1060, "", "W K1 W Healthy"},
      {2000, "deploy:b up", "W Soaking @60"},
      {2060, "", "W Healthy! W K2 W Healthy"},
      {3000, "deploy:c up", "W Soaking @60"},
      {3060, "", "W Healthy! W K3 W Healthy"},
      {4000, "deploy:d up", "W Soaking @60"},
      {4060, "", "W Healthy! W K1 W Healthy"},
      {5000, "deploy:c up", "W Soaking @60"},
      {5060, "", "W Healthy. W K3 W Healthy"}}},
    {"an API server that asks for patience is left alone",
     {GOOD_THEN_B,
      {2010, "exits:3 undo=unreachable patience:7", "W U1? Failed! W RollingBack @7"},
      {2012, "", "RollingBack @5"},
      {2017, "patience:0", "U1? RollingBack @2"},
      {2019, "undo=ok", "U1 W RollingBack @60"}}},
    {"and so it is with what is written",
     {GOOD_THEN_B,
      {2010, "exits:3 write=unreachable patience:7", "W? RollingBack @7"},
      {2012, "", "RollingBack @5"}}},
    {"an undo that is refused is tried five times",
     {GOOD_THEN_B,
      {2010, "exits:3 undo=refused", "W U1! Failed! W RollingBack @2"},
      {2012, "", "U1! RollingBack @2"},
      {2014, "", "U1! RollingBack @2"},
      {2016, "", "U1! RollingBack @2"},
      {2018, "", "U1! W Refused! W Failed"},
      {2020, "", "Failed"}}},
    {"no answer: tried for ever, ever more slowly",
     {GOOD_THEN_B,
      {2010, "exits:3 undo=unreachable", "W U1? Failed! W RollingBack @1"},
      {2011, "", "U1? RollingBack @2"},
      {2012, "", "RollingBack @1"},
      {2013, "", "U1? RollingBack @4"},
      {2017, "", "U1? RollingBack @8"},
      {2025, "", "U1? RollingBack @15"},
      {2040, "", "U1? RollingBack @15"},
      {2055, "undo=ok", "U1 W RollingBack @60"}}},
    {"put back where nobody saw that it was gone",
     {GOOD_THEN_B,
      {2010, "exits:3", "W U1 W Failed! W RollingBack @60"},
      {2070, "", "W Refused! W Failed"}}},
    {"mode audit only says",
     {{900, "audit", ""},
      GOOD_THEN_B,
      {2010, "exits:3", "W Failed! W Failed"},
      {2011, "rollback:b", "W Refused! W Failed"}}},
    {"onFailure notify",
     {{900, "notify", ""}, GOOD_THEN_B, {2010, "exits:3", "W Failed! W Failed"}}},
    {"onFailure pause, once",
     {{900, "pausing", ""},
      GOOD_THEN_B,
      {2010, "exits:3", "W P Failed! W Failed"},
      {2011, "pause", "Failed"},
      {2020, "go", "Failed"}}},
    {"killed between the pause and the news",
     {{900, "pausing", ""},
      GOOD_THEN_B,
      {2010, "exits:3 tell=unreachable", "W P Failed!? Failed @1"},
      {2011, "pause kill tell=ok", "Failed! W Failed"},
      {2020, "go", "Failed"}}},
    {"the brake",
     {{900, "brake", ""},
      GOOD_THEN_B,
      {2010, "exits:3", "W Failed! W Failed"},
      {2020, "rollback:b", "W U1 W Failed! W RollingBack @60"}}},
    {"a person's word undoes what is healthy",
     {GOOD_THEN_B,
      {2010, "up", "W Soaking @60"},
      {2070, "", "W Healthy! W Healthy"},
      {3000, "rollback:b", "W U1 W Failed! W RollingBack @60"},
      {3001, "back up", "W RolledBack! W Soaking @60"},
      {3002, "", "Soaking @59"}}},
    {"and is told when there is nothing to go back to, once",
     {{1000, "deploy:a up", "W Soaking @60"},
      {1060, "", "W Healthy"},
      {2000, "rollback:a", "W Refused! W Healthy"},
      {2001, "kill", "Healthy"}}},
    {"and counts for the template that it names, in its time",
     {GOOD_THEN_B,
      {2010, "rollback:a", "Progressing @590"},
      {2020, "rollback:b deploy:c", "W Progressing @600"},
      {2030, "deploy:b", "W Progressing @600"}}},
    {"requests are asked while a new pod is ready, and must be well since it soaks",
     {{900, "http", ""},
      {1000, "deploy:a", "W Progressing @600"},
      {1010, "up", "W H Soaking @60"},
      {1011, "ok", "Soaking @9"},
      {1020, "", "H Soaking @50"},
      {1021, "bad", "Soaking @9"},
      {1030, "", "H Soaking @40"},
      {1031, "ok", "Soaking @9"},
      {1069, "", "H Soaking @1"},
      {1070, "", "Soaking @119"},
      {1071, "ok", "W Healthy"}}},
    {"three bad answers in a row",
     {{900, "http", ""},
      {1000, "deploy:a up", "W H Soaking @60"},
      {1059, "ok", "H Soaking @1"},
      {1060, "ok", "W Healthy"},
      {2000, "deploy:b", "W Progressing @600"},
      {2010, "up", "W H Soaking @60"},
      {2011, "bad", "Soaking @9"},
      {2020, "", "H Soaking @50"},
      {2021, "bad", "Soaking @9"},
      {2030, "", "H Soaking @40"},
      {2031, "bad", "W U1 W Failed! W RollingBack @60"}}},
    {"what came back is not failed by the queries that still see what it came back for",
     {{900, "query", ""},
      {1000, "deploy:a up", "W Q Soaking @60"},
      {1060, "ok", "W Healthy"},
      {2000, "deploy:b up", "W Q Soaking @60"},
      {2001, "bad", "Soaking @9"},
      {2010, "", "Q Soaking @50"},
      {2011, "bad", "Soaking @9"},
      {2020, "", "Q Soaking @40"},
      {2021, "bad", "W U1 W Failed! W RollingBack @60"},
      {2022, "back up", "W RolledBack! W Q Soaking @60"},
      {2023, "bad", "Soaking @9"},
      {2033, "", "Q Soaking @49"},
      {2034, "bad", "Soaking @9"},
      {2043, "", "Q Soaking @39"},
      {2044, "bad", "Soaking @9"}}},
    {"and is good once they are well",
     {{900, "query", ""},
      {1000, "deploy:a up", "W Q Soaking @60"},
      {1001, "ok", "Soaking @9"},
      {1060, "", "W Healthy"},
      {2000, "deploy:b up", "W Q Soaking @60"},
      {2001, "ok", "Soaking @9"},
      {2060, "", "W Healthy! W Healthy"},
      {3000, "deploy:a up", "W Q Soaking @60"},
      {3001, "bad", "Soaking @9"},
      {3010, "", "Q Soaking @50"},
      {3011, "bad", "Soaking @9"},
      {3020, "", "Q Soaking @40"},
      {3021, "bad", "Soaking @9"},
      {3090, "", "Q Soaking @120"},
      {3091, "ok", "W Healthy. W Healthy"}}},
    {"at the deadline they count",
     {{900, "query", ""},
      {1000, "deploy:a up", "W Q Soaking @60"},
      {1061, "ok", "W Healthy"},
      {2000, "deploy:b up", "W Q Soaking @60"},
      {2061, "ok", "W Healthy! W Healthy"},
      {3000, "deploy:a up", "W Q Soaking @60"},
      {3001, "bad", "Soaking @9"},
      {3010, "", "Q Soaking @50"},
      {3011, "bad", "Soaking @9"},
      {3020, "", "Q Soaking @40"},
      {3021, "bad", "Soaking @9"},
      {3599, "", "Q Soaking @1"},
      {3600, "", "W Failed! W Q Failed @60"}}},
    {"a query without data holds nobody up",
     {{900, "query", ""},
      {1000, "deploy:a up", "W Q Soaking @60"},
      {1001, "nodata", "Soaking @9"},
      {1060, "", "W Healthy"}}},
    {"the pod that a StatefulSet waits for is deleted, not more than one in 5 s",
     {{900, "statefulset", ""},
      GOOD_THEN_B,
      {2010, "exits:3", "W U1 W Failed! W RollingBack @60"},
      {2011, "back old:b", "W D RolledBack! W Progressing @5"},
      {2015, "", "Progressing @1"},
      {2016, "", "D Progressing @5"},
      {2017, "old: up", "W Soaking @60"}}},
    {"not observed: the deadline counts from when it is",
     {{1000, "deploy:a unobserved", "W Progressing @600"},
      {1300, "", "Progressing @300"},
      {1400, "observed", "Progressing @500"}}},
    {"never observed: as long as the deadline, and no longer",
     {GOOD_THEN_B,
      {2005, "unobserved", "Progressing @600"},
      {2604, "", "Progressing @1"},
      {2605, "", "W U1 W Failed! W RollingBack @60"}}},
    {"scaled up while it rolls: three are enough",
     {{1000, "deploy:a up", "W Soaking @60"},
      {1010, "scale:9", "Soaking @50"},
      {1060, "", "W Healthy"}}},
    {"a restart of a good version is watched, and fails in its signals' own time",
     {GOOD_THEN_B,
      {2010, "up", "W Soaking @60"},
      {2070, "", "W Healthy! W Healthy"},
      {3000, "restart down", "W Progressing @600"},
      {3020, "exits:3", "W Failed! W Failed"},
      {3100, "restart up exits:0", "W Soaking @60"},
      {3160, "", "W Healthy. W Healthy"}}},
    {"one that goes well is healthy again",
     {{1000, "deploy:a up", "W Soaking @60"},
      {1060, "", "W Healthy"},
      {2000, "restart", "W Soaking @60"},
      {2060, "", "W Healthy. W Healthy"}}},
    {"one in the middle of a rollout is a part of it",
     {GOOD_THEN_B,
      {2300, "restart", "W Progressing @300"},
      {2600, "", "W U1 W Failed! W RollingBack @60"}}},
    {"a generation alone is written, not more than once in 10 s",
     {{1000, "deploy:a up generation:1", "W Soaking @60"},
      {1060, "", "W Healthy"},
      {2000, "generation:2", "W Healthy"},
      {2003, "generation:3", "Healthy @7"},
      {2010, "", "W Healthy"}}},
    {"created again under the same name",
     {GOOD_THEN_B, {2010, "again", "W Progressing @600"}, {2020, "up", "W Soaking @60"}}},
};

/* --- running one ------------------------------------------------------------------------------ */

struct run {
    struct model model;
    struct rollout rollout;
    struct buf stored; /* the record as it was written last */
    struct arena arena;
    int64_t now;
    enum outcome undo, write, hold, tell, give;
    bool owners;
    int64_t patience;
    char target;     /* of the last undo */
    bool prometheus; /* what was asked last */
};

static void kill_and_take_over(struct run *r)
{
    struct record record;
    const char *problem;

    record_init(&record);
    if (r->stored.n > 0)
        assert_int_equal(record_read(buf_view(&r->stored), &record, &problem), 0);
    rollout_release(&r->rollout);
    rollout_init(&r->rollout, &record);
}

static void answer(struct run *r, bool ok, bool no_data)
{
    struct probe_answer given = {
        .asked = r->now, .at = r->now, .ok = ok, .no_data = no_data, .message = "words"};

    rollout_probed(&r->rollout, r->prometheus, 0, &given);
}

static enum outcome outcome_named(const char *name)
{
    static const char *const names[] = {"ok", "superseded", "unreachable", "refused"};

    for (int i = 0; i < 4; i++)
        if (strcmp(name, names[i]) == 0)
            return (enum outcome)i;
    fail_msg("no outcome \"%s\"", name);
    return OUTCOME_DONE;
}

static bool set_up(struct run *r, const char *event)
{
    struct model *m = &r->model;

    if (strcmp(event, "audit") == 0)
        m->guard.audit = true;
    else if (strcmp(event, "notify") == 0)
        m->guard.act = GUARD_NOTIFY;
    else if (strcmp(event, "pausing") == 0)
        m->guard.act = GUARD_PAUSE;
    else if (strcmp(event, "statefulset") == 0)
        m->kind = "StatefulSet";
    else if (strcmp(event, "http") == 0)
        m->guard.fail.http_count = 1;
    else if (strcmp(event, "query") == 0)
        m->guard.fail.prometheus_count = 1;
    else if (strcmp(event, "brake") == 0)
        m->brake.namespace_ = (unsigned)m->guard.brake.in_namespace;
    else if (strcmp(event, "owners") == 0)
        r->owners = true;
    else if (strncmp(event, "give=", 5) == 0)
        r->give = outcome_named(event + 5);
    else if (strncmp(event, "undo=", 5) == 0)
        r->undo = outcome_named(event + 5);
    else if (strncmp(event, "write=", 6) == 0)
        r->write = outcome_named(event + 6);
    else if (strncmp(event, "patience:", 9) == 0)
        r->patience = event[9] - '0';
    else if (strncmp(event, "hold=", 5) == 0)
        r->hold = outcome_named(event + 5);
    else if (strncmp(event, "tell=", 5) == 0)
        r->tell = outcome_named(event + 5);
    else
        return false;
    return true;
}

static bool change(struct run *r, const char *event)
{
    struct model *m = &r->model;
    const char *colon = strchr(event, ':');
    char value = colon ? colon[1] : 0;

    if (strncmp(event, "deploy:", 7) == 0)
        model_deploy(m, value);
    else if (strcmp(event, "back") == 0)
        model_deploy(m, r->target);
    else if (strcmp(event, "up") == 0)
        m->available = m->desired;
    else if (strcmp(event, "down") == 0)
        m->available = 0;
    else if (strncmp(event, "scale:", 6) == 0)
        m->desired = value - '0';
    else if (strncmp(event, "exits:", 6) == 0)
        m->exits = (unsigned)(value - '0');
    else if (strncmp(event, "flaps:", 6) == 0)
        m->flaps = (unsigned)(value - '0');
    else if (strcmp(event, "pause") == 0 || strcmp(event, "go") == 0)
        m->paused = event[0] == 'p';
    else if (strcmp(event, "unobserved") == 0 || strcmp(event, "observed") == 0)
        m->observed = event[0] == 'o';
    else if (strcmp(event, "restart") == 0)
        snprintf(m->restarted, sizeof(m->restarted), "%" PRId64, r->now);
    else if (strncmp(event, "generation:", 11) == 0)
        m->generation = value - '0';
    else if (strcmp(event, "delete") == 0)
        m->deleting = true;
    else if (strcmp(event, "again") == 0)
        m->uid++;
    else if (strncmp(event, "old:", 4) == 0)
        m->broken_old = value;
    else
        return false;
    return true;
}

static void happen(struct run *r, const char *event)
{
    struct model *m = &r->model;

    if (set_up(r, event) || change(r, event))
        return;
    if (strncmp(event, "rollback:", 9) == 0)
        model_order(m, m->rollback, event[9], r->now);
    else if (strncmp(event, "release:", 8) == 0)
        model_order(m, m->release, event[8], r->now);
    else if (strcmp(event, "kill") == 0)
        kill_and_take_over(r);
    else if (strcmp(event, "ok") == 0 || strcmp(event, "bad") == 0)
        answer(r, event[0] == 'o', false);
    else if (strcmp(event, "nodata") == 0)
        answer(r, false, true);
    else
        fail_msg("no event \"%s\"", event);
}

static const char *mark(enum outcome outcome)
{
    static const char *const marks[] = {"", "~", "?", "!"};

    return marks[outcome];
}

static const char *news_name(enum rollout_event_kind kind)
{
    static const char *const names[] = {
        [ROLLOUT_EVENT_HEALTHY] = "Healthy",        [ROLLOUT_EVENT_FAILED] = "Failed",
        [ROLLOUT_EVENT_ROLLED_BACK] = "RolledBack", [ROLLOUT_EVENT_REFUSED] = "Refused",
        [ROLLOUT_EVENT_DEGRADED] = "Degraded",      [ROLLOUT_EVENT_RECOVERED] = "Recovered",
        [ROLLOUT_EVENT_RELEASED] = "Released",
    };

    return names[kind];
}

static enum outcome perform(struct run *r, const struct intention *in, struct buf *done)
{
    enum outcome outcome = OUTCOME_DONE;

    switch (in->kind) {
    case INTENT_NOTHING: break;
    case INTENT_WRITE:
        outcome = r->write;
        if (outcome == OUTCOME_DONE) {
            buf_reset(&r->stored);
            record_write(&r->rollout.record, &r->stored);
        }
        buf_add_str(done, "W");
        break;
    case INTENT_UNDO:
        outcome = r->undo;
        assert_true(view_eq(in->hash, r->model.snapshot.hash));
        r->target = model_template(&r->model, in->target->hash);
        buf_printf(done, "U%" PRId64, in->target->number);
        break;
    case INTENT_PAUSE:
        outcome = r->hold;
        buf_add_str(done, "P");
        break;
    case INTENT_DELETE_POD: buf_add_str(done, "D"); break;
    case INTENT_KEEP_OWNERS:
        if (!r->owners)
            return OUTCOME_REFUSED;
        buf_printf(done, "K%" PRId64, in->slot);
        break;
    case INTENT_GIVE_BACK:
        outcome = r->give;
        buf_printf(done, "G%" PRId64, in->slot);
        break;
    case INTENT_PROBE:
        r->prometheus = in->prometheus;
        buf_add_str(done, in->prometheus ? "Q" : "H");
        break;
    case INTENT_PUBLISH:
        outcome = r->tell;
        buf_printf(done, "%s%c", news_name(in->event.kind), in->event.notify ? '!' : '.');
        break;
    }
    buf_printf(done, "%s ", mark(outcome));
    return outcome;
}

static void look(struct run *r, struct buf *done)
{
    struct intention in;
    enum outcome outcome;

    for (int i = 0; i < 20; i++) {
        rollout_next(&r->rollout, &r->model.guard, model_look(&r->model), &r->model.brake, r->now,
                     &r->arena, &in);
        if (in.kind == INTENT_NOTHING)
            break;
        outcome = perform(r, &in, done);
        rollout_result(&r->rollout, &in, outcome, VIEW("no"), r->now);
        if (outcome == OUTCOME_UNREACHABLE)
            rollout_defer(&r->rollout, &in, r->now + r->patience);
    }
    buf_add_str(done, rollout_state_name(r->rollout.record.state));
    if (in.kind == INTENT_NOTHING && in.next > 0)
        buf_printf(done, " @%" PRId64, in.next - r->now);
}

static void play_line(struct run *r, const struct story *story, const struct line *line)
{
    char events[200], *rest = events, *event;
    struct buf done;

    snprintf(events, sizeof(events), "%s", line->events);
    r->now = line->at;
    while ((event = strsep(&rest, " ")))
        if (*event)
            happen(r, event);
    if (!r->model.template)
        return;
    buf_init(&done, 4096);
    look(r, &done);
    if (strcmp(done.p, line->done) != 0) {
        print_error("%s, at %" PRId64 " (%s):\n  expected %s\n  got      %s\n", story->name,
                    line->at, line->events, line->done, done.p);
        fail();
    }
    buf_release(&done);
}

static void play(void **state)
{
    const struct story *story = *state;
    struct run r = {0};

    model_init(&r.model);
    rollout_init(&r.rollout, NULL);
    arena_init(&r.arena, 1 << 24);
    buf_init(&r.stored, LIMIT_RECORD);
    for (const struct line *line = story->lines; line->events; line++)
        play_line(&r, story, line);
    rollout_release(&r.rollout);
    arena_release(&r.arena);
    buf_release(&r.stored);
}

int main(void)
{
    enum { STORIES = sizeof(stories) / sizeof(stories[0]) };
    struct CMUnitTest tests[STORIES];

    for (size_t i = 0; i < STORIES; i++)
        tests[i] = (struct CMUnitTest){.name = stories[i].name,
                                       .test_func = play,
                                       .initial_state = (void *)(uintptr_t)&stories[i]};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
