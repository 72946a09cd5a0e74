#include "server/rules/rule_versions.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/diag.h"
#include "base/mem.h"
#include "policy/limits.h"
#include "policy/set.h"
#include "server/limits.h"

/* One version of a ConfigMap, never changed. */
struct version {
    unsigned references;
    struct arena arena; /* of all below */
    struct rule_unit map;
};

struct rule_map {
    struct version *newest; /* NULL: it is gone */
    struct version *good;   /* NULL: nothing of it is in force */
    struct version *chosen; /* one of these, without a reference */
    struct buf problem;     /* of the newest, by the last load; empty: none */
    struct buf told;        /* the problem that was told; empty: none */
};

/* One try to compile. */
struct attempt {
    const char *const *paths;
    const char *whole;
    struct policy_set *set; /* NULL: memory runs out */
    struct diags diags;
    struct arena arena; /* of what stands below */
    struct source *texts;
    size_t *owners; /* of each text: the number of its ConfigMap */
};

/* --- versions --------------------------------------------------------------------------------- */

static struct version *acquire(struct version *version)
{
    if (version)
        version->references++;
    return version;
}

static void release(struct version *version)
{
    if (!version || --version->references > 0)
        return;
    arena_release(&version->arena);
    mem_free(version);
}

static bool copy_view(struct arena *arena, struct view from, struct view *to)
{
    *to = from.p ? arena_copy(arena, from) : from;
    return to->p || !from.p;
}

static bool copy_map(struct arena *arena, const struct rule_unit *from, struct rule_unit *to)
{
    struct source *files = arena_array(arena, from->file_count + 1, sizeof(*files));

    if (!files || !copy_view(arena, from->name, &to->name) ||
        !copy_view(arena, from->uid, &to->uid) || !copy_view(arena, from->lost, &to->lost))
        return false;
    for (size_t i = 0; i < from->file_count; i++)
        files[i].write_place = from->files[i].write_place;
    for (size_t i = 0; i < from->file_count; i++)
        if (!copy_view(arena, from->files[i].name, &files[i].name) ||
            !copy_view(arena, from->files[i].text, &files[i].text))
            return false;
    to->files = files;
    to->file_count = from->file_count;
    to->generation = from->generation;
    return true;
}

static struct version *create(const struct rule_unit *map)
{
    struct version *version = mem_alloc(sizeof(*version));

    if (!version)
        return NULL;
    *version = (struct version){.references = 1};
    arena_init(&version->arena, LIMIT_RULES_MEMORY);
    if (copy_map(&version->arena, map, &version->map))
        return version;
    release(version);
    return NULL;
}

static bool is_same_file(const struct source *a, const struct source *b)
{
    return view_eq(a->name, b->name) && view_eq(a->text, b->text) && !a->text.p == !b->text.p;
}

static bool is_same(const struct version *version, const struct rule_unit *map)
{
    if (!version || !view_eq(version->map.uid, map->uid) ||
        version->map.generation != map->generation || version->map.file_count != map->file_count ||
        !view_eq(version->map.lost, map->lost))
        return false;
    for (size_t i = 0; i < map->file_count; i++)
        if (!is_same_file(&version->map.files[i], &map->files[i]))
            return false;
    return true;
}

/* Whether it says the same, as whatever object. */
static bool is_same_text(const struct version *version, const struct rule_unit *unit)
{
    if (version->map.file_count != unit->file_count)
        return false;
    for (size_t i = 0; i < unit->file_count; i++)
        if (!is_same_file(&version->map.files[i], &unit->files[i]))
            return false;
    return true;
}

/* --- ConfigMaps ------------------------------------------------------------------------------- */

static const struct rule_unit *shown(const struct rule_map *m)
{
    return m->newest ? &m->newest->map : &m->good->map;
}

static void release_map(struct rule_map *m)
{
    release(m->newest);
    release(m->good);
    buf_release(&m->problem);
    buf_release(&m->told);
}

void rule_versions_release(struct rule_versions *v)
{
    for (size_t i = 0; i < v->count; i++)
        release_map(&v->maps[i]);
    mem_free(v->maps);
    *v = (struct rule_versions){0};
}

/* The version of `now` with a reference: one that is there, or a new one. */
static struct version *version_of(const struct rule_map *before, const struct rule_unit *now)
{
    if (before && is_same(before->newest, now))
        return acquire(before->newest);
    if (before && is_same(before->good, now))
        return acquire(before->good);
    return create(now);
}

/* Problems of another object with the same name are reported again. */
static bool is_same_object(const struct rule_map *before, const struct rule_unit *now)
{
    if (!before->newest || !now)
        return !before->newest && !now;
    return view_eq(before->newest->map.uid, now->uid);
}

/* Adds the successor of `before` (NULL: nothing was there), which is now `now` (NULL: it is gone).
 * It is the caller's until all are added: `before` keeps its own. */
static int follow(struct rule_versions *v, struct rule_map *before, const struct rule_unit *now)
{
    struct rule_map m = {.good = before ? acquire(before->good) : NULL};

    buf_init(&m.problem, LIMIT_ANSWER);
    buf_init(&m.told, LIMIT_ANSWER);
    if (now && !(m.newest = version_of(before, now))) {
        release_map(&m);
        return -1;
    }
    if (before && is_same_object(before, now))
        buf_add(&m.told, buf_view(&before->told));
    if (m.newest || m.good)
        v->maps[v->count++] = m;
    else
        release_map(&m);
    return 0;
}

static int merge(struct rule_versions *v, struct rule_versions *old, const struct rule_unit *maps,
                 size_t count)
{
    size_t i = 0, k = 0;

    while (i < old->count || k < count) {
        struct rule_map *before = i < old->count ? &old->maps[i] : NULL;
        const struct rule_unit *now = k < count ? &maps[k] : NULL;
        int order = !before ? 1 : !now ? -1 : view_cmp(shown(before)->name, now->name);

        if (follow(v, order <= 0 ? before : NULL, order >= 0 ? now : NULL) < 0)
            return -1;
        i += order <= 0;
        k += order >= 0;
    }
    return 0;
}

int rule_versions_update(struct rule_versions *v, const struct rule_unit *maps, size_t count)
{
    struct rule_versions next = {.in_force = v->in_force};

    next.maps = mem_alloc((v->count + count + 1) * sizeof(*next.maps));
    if (!next.maps)
        return -1;
    if (merge(&next, v, maps, count) < 0) {
        rule_versions_release(&next);
        return -1;
    }
    rule_versions_release(v);
    *v = next;
    return 0;
}

/* Moves `good` to the map, or lets it have none. */
static int set_good(struct rule_map *m, const struct rule_unit *good)
{
    struct version *version = NULL;

    if (good && m->newest && is_same_text(m->newest, good))
        version = acquire(m->newest);
    else if (good && m->good && is_same(m->good, good))
        version = acquire(m->good);
    else if (good && !(version = create(good)))
        return -1;
    release(m->good);
    m->good = version;
    return 0;
}

static int add_good(struct rule_versions *v, const struct rule_unit *good)
{
    struct rule_map m = {.newest = NULL};

    buf_init(&m.problem, LIMIT_ANSWER);
    buf_init(&m.told, LIMIT_ANSWER);
    if (set_good(&m, good) < 0)
        return -1;
    v->maps[v->count++] = m;
    return 0;
}

/* Moves what is there of a map into v, with that good version. */
static int keep_map(struct rule_versions *v, struct rule_map *m, const struct rule_unit *good)
{
    int status = set_good(m, good);

    if (m->newest || m->good)
        v->maps[v->count++] = *m;
    else
        release_map(m);
    *m = (struct rule_map){.newest = NULL};
    return status;
}

int rule_versions_restore(struct rule_versions *v, const struct rule_unit *good, size_t count)
{
    struct rule_versions next = *v;
    size_t i = 0, k = 0;
    int status = 0;

    next.maps = mem_alloc((v->count + count + 1) * sizeof(*next.maps));
    if (!next.maps)
        return -1;
    next.count = 0;
    next.restored = true;
    while (i < v->count || k < count) {
        int order = i == v->count ? 1
                    : k == count  ? -1
                                  : view_cmp(shown(&v->maps[i])->name, good[k].name);

        if (order > 0)
            status |= add_good(&next, &good[k]);
        else
            status |= keep_map(&next, &v->maps[i], order == 0 ? &good[k] : NULL);
        i += order <= 0;
        k += order >= 0;
    }
    mem_free(v->maps);
    *v = next;
    return status;
}

/* --- one try ---------------------------------------------------------------------------------- */

static bool gather(const struct rule_versions *v, struct attempt *a, size_t *count)
{
    size_t room = 1, n = 0;

    for (size_t i = 0; i < v->count; i++)
        room += v->maps[i].chosen ? v->maps[i].chosen->map.file_count : 0;
    a->texts = arena_array(&a->arena, room, sizeof(*a->texts));
    a->owners = arena_array(&a->arena, room, sizeof(*a->owners));
    if (!a->texts || !a->owners)
        return false;
    for (size_t i = 0; i < v->count; i++) {
        const struct version *chosen = v->maps[i].chosen;

        for (size_t k = 0; chosen && k < chosen->map.file_count; k++) {
            a->texts[n] = chosen->map.files[k];
            a->owners[n++] = i;
        }
    }
    *count = n;
    return true;
}

/* Compiles what is chosen. */
static int attempt(const struct rule_versions *v, struct attempt *a)
{
    struct policy_sources from = {.paths = a->paths,
                                  .whole = a->whole,
                                  .shapes = v->shapes,
                                  .starting = !v->in_force,
                                  .by_objects = v->restored,
                                  .before = v->before};

    a->set = NULL;
    diags_init(&a->diags, NULL); /* its arena will be the set's */
    arena_init(&a->arena, LIMIT_RULES_MEMORY);
    if (!gather(v, a, &from.text_count))
        return -1;
    from.texts = a->texts;
    return policy_set_load(&from, &a->diags, &a->set);
}

static void end(struct attempt *a)
{
    policy_set_release(a->set);
    arena_release(&a->arena);
    a->set = NULL;
}

/* The ConfigMap in which a problem is; NULL: in none. */
static struct rule_map *owner(const struct rule_versions *v, const struct attempt *a,
                              const struct diag *diag)
{
    for (size_t i = 0; i < a->set->text_count; i++)
        if (diag->place.source == &a->set->texts[i])
            return &v->maps[a->owners[i]];
    return NULL;
}

static bool is_error(const struct diag *diag)
{
    return diag->level == DIAG_ERROR;
}

/* Whether each error is in a file. */
static bool is_in_files(const struct attempt *a)
{
    const char *whole = a->whole ? a->whole : a->paths[0];

    if (!a->set)
        return false;
    for (const struct diag *d = a->diags.first; d; d = d->next)
        if (is_error(d) && (!d->place.source || view_eq_str(d->place.source->name, whole)))
            return false;
    return true;
}

/* --- falling back ----------------------------------------------------------------------------- */

/* Goes back to the last good version of each ConfigMap with an error in a new file. Returns how
 * many. */
static size_t fall_back(struct rule_versions *v, const struct attempt *a)
{
    size_t count = 0;

    for (const struct diag *d = a->set ? a->diags.first : NULL; d; d = d->next) {
        struct rule_map *m = is_error(d) ? owner(v, a, d) : NULL;

        if (m && m->chosen != m->good && (m->good || !d->vain || !v->restored))
            diag_write(d, &m->problem);
    }
    for (size_t i = 0; i < v->count; i++) {
        struct rule_map *m = &v->maps[i];

        if (m->problem.n == 0 || m->chosen == m->good)
            continue;
        m->chosen = m->good;
        count++;
    }
    return count;
}

/* Why m does not compile together with the other chosen versions: its own errors, or else those of
 * others. */
static void write_problem(const struct rule_versions *v, struct rule_map *m,
                          const struct attempt *a)
{
    if (!a->set) {
        buf_add_str(&m->problem, "out of memory\n");
        return;
    }
    for (const struct diag *d = a->diags.first; d; d = d->next)
        if (is_error(d) && owner(v, a, d) == m)
            diag_write(d, &m->problem);
    if (m->problem.n > 0)
        return;
    buf_printf(&m->problem, "%s%.*s: error: %s\n", v->restored ? "" : "configmap/",
               VIEW_ARGS(shown(m)->name),
               m->newest ? "other rules do not go with it"
                         : "it is deleted, but other rules do not go without it");
    for (const struct diag *d = a->diags.first; d; d = d->next)
        if (is_error(d))
            diag_write(d, &m->problem);
}

static size_t choose_good(struct rule_versions *v)
{
    size_t count = 0;

    for (size_t i = 0; i < v->count; i++) {
        v->maps[i].chosen = v->maps[i].good;
        count += v->maps[i].newest != v->maps[i].good;
    }
    return count;
}

/* Tries m's newest version together with the other chosen versions; *a is the last try that
 * compiled. */
static void try_newest(struct rule_versions *v, struct rule_map *m, struct attempt *a)
{
    struct attempt next = {.paths = a->paths, .whole = a->whole};

    m->chosen = m->newest;
    buf_reset(&m->problem);
    if (attempt(v, &next) == 0) {
        end(a);
        *a = next;
    } else {
        write_problem(v, m, &next);
        m->chosen = m->good;
        end(&next);
    }
}

static int try_one_by_one(struct rule_versions *v, struct attempt *a)
{
    size_t count = choose_good(v);

    end(a);
    if (count == 0 || count > LIMIT_RULES_ALONE || attempt(v, a) < 0)
        return -1;
    for (size_t i = 0; i < v->count; i++)
        if (v->maps[i].newest != v->maps[i].good)
            try_newest(v, &v->maps[i], a);
    return 0;
}

static int compile(struct rule_versions *v, struct attempt *a)
{
    while (fall_back(v, a) > 0) {
        end(a);
        if (attempt(v, a) == 0)
            return 0;
    }
    return is_in_files(a) ? try_one_by_one(v, a) : -1;
}

static void choose_newest(struct rule_versions *v)
{
    for (size_t i = 0; i < v->count; i++) {
        v->maps[i].chosen = v->maps[i].newest;
        buf_reset(&v->maps[i].problem);
    }
}

/* Whether an error of the set is one for which its unit falls back. */
static bool has_fallen(const struct rule_versions *v, const struct attempt *a)
{
    for (const struct diag *d = v->restored ? a->diags.first : NULL; d; d = d->next) {
        struct rule_map *m = is_error(d) ? owner(v, a, d) : NULL;

        if (m && m->good && m->chosen != m->good)
            return true;
    }
    return false;
}

static void note_lost(struct rule_versions *v)
{
    for (size_t i = 0; i < v->count; i++) {
        const struct rule_unit *unit = v->maps[i].newest ? &v->maps[i].newest->map : NULL;

        if (unit && unit->lost.n > 0)
            buf_printf(&v->maps[i].problem,
                       "%.*s: error: it went with the definition of its kind, and nobody deleted "
                       "it: its last good version stays in force\n"
                       "  = apply it again, or take it out of force: %.*s\n",
                       VIEW_ARGS(unit->name), VIEW_ARGS(unit->lost));
    }
}

int rule_versions_load(struct rule_versions *v, const char *const *paths, const char *whole,
                       struct policy_set **out, struct buf *why)
{
    struct attempt a = {.paths = paths, .whole = whole};
    int status;

    choose_newest(v);
    status = attempt(v, &a);
    if (status == 0 && has_fallen(v, &a))
        status = -1;
    if (status < 0 && a.set)
        diags_write(&a.diags, why);
    if (status < 0 && !v->in_force && !v->restored)
        fall_back(v, &a);
    else if (status < 0)
        status = compile(v, &a);
    if (status == 0) {
        note_lost(v);
        buf_reset(why);
        for (size_t i = 0; i < v->count; i++)
            buf_add(why, buf_view(&v->maps[i].problem));
    }
    if (status < 0 && why->n == 0)
        buf_add_str(why, "out of memory\n");
    *out = status == 0 ? policy_set_acquire(a.set) : NULL;
    end(&a);
    return status;
}

bool rule_versions_is_news(const struct rule_versions *v)
{
    for (size_t i = 0; i < v->count; i++)
        if (v->restored || v->maps[i].chosen != v->maps[i].good)
            return true;
    return false;
}

void rule_versions_accept(struct rule_versions *v)
{
    size_t kept = 0;

    v->in_force = true;
    if (v->restored)
        return;
    for (size_t i = 0; i < v->count; i++) {
        struct rule_map *m = &v->maps[i];
        struct version *chosen = acquire(m->chosen);

        release(m->good);
        m->good = chosen;
        if (m->newest || m->good)
            v->maps[kept++] = *m;
        else
            release_map(m);
    }
    v->count = kept;
}

void rule_versions_each(const struct rule_versions *v,
                        void (*take)(void *ctx, const struct rule_version *version), void *ctx)
{
    for (size_t i = 0; i < v->count; i++) {
        const struct rule_map *m = &v->maps[i];
        const struct rule_version version = {.newest = m->newest ? &m->newest->map : NULL,
                                             .good = m->good ? &m->good->map : NULL,
                                             .chosen = m->chosen ? &m->chosen->map : NULL,
                                             .problem = buf_view(&m->problem)};

        take(ctx, &version);
    }
}

/* --- telling ---------------------------------------------------------------------------------- */

static void report(struct rule_map *m, bool restored,
                   void (*take)(void *ctx, const struct rule_versions_state *state), void *ctx)
{
    struct rule_versions_state state = {.name = shown(m)->name,
                                        .uid = shown(m)->uid,
                                        .problem = buf_view(&m->problem),
                                        .has_good = m->good != NULL};

    if (m->problem.n == 0 && m->newest != (restored ? m->chosen : m->good)) {
        state.problem = buf_view(&m->told); /* it is not in force because of others, so nothing
                                               has become better */
        state.is_news = false;
    } else {
        state.is_news = !view_eq(state.problem, buf_view(&m->told));
    }
    if (state.problem.n > 0 || state.is_news)
        take(ctx, &state);
    if (state.is_news) {
        buf_reset(&m->told);
        buf_add(&m->told, state.problem);
    }
}

void rule_versions_tell(struct rule_versions *v,
                        void (*take)(void *ctx, const struct rule_versions_state *state), void *ctx)
{
    for (size_t i = 0; i < v->count; i++)
        report(&v->maps[i], v->restored, take, ctx);
}
