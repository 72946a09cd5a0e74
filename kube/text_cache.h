#ifndef TG_KUBE_TEXT_CACHE_H
#define TG_KUBE_TEXT_CACHE_H

#include "base/view.h"
#include "kube/watch.h"

#include <stddef.h>
#include <stdint.h>

struct arena;
struct yyjson_val;

/* Texts by name, kept up to date by one watch and read by many threads. It knows when it does not
 * know: before a list was whole, and once it is out of touch. Instants are those of
 * clock_monotonic_ns. All functions may be called by any thread; what a watch tells comes from one
 * at a time. */
struct text_cache;

/* An empty cache that keeps at most limit bytes, and is out of touch age nanoseconds after the last
 * word. NULL when memory runs out. */
struct text_cache *text_cache_create(size_t limit, int64_t age);
void text_cache_free(struct text_cache *c);

enum text_answer {
    TEXT_FOUND,
    TEXT_NONE,    /* there is nothing of that name */
    TEXT_UNKNOWN, /* no list was whole yet, it is out of touch, the text is not known, there was no
                     room for it or there is none for its copy */
};

/* The text of that name at the instant now, copied into the arena. Waits for nothing but another
 * thread's look at the table. */
enum text_answer text_cache_find(struct text_cache *c, struct view name, int64_t now,
                                 struct arena *arena, struct view *text);

/* Hands each name and text over, both valid during the call. What is put or dropped meanwhile is
 * told of once, twice or not at all. Returns -1 when some could not be told of: memory runs out, or
 * there was no room for them, or they are not known. */
int text_cache_each(struct text_cache *c,
                    void (*take)(void *ctx, struct view name, struct view text), void *ctx);

/* Nanoseconds since the last word, or -1 when no list was whole yet. */
int64_t text_cache_age(struct text_cache *c, int64_t now);

/* Rises whenever a text comes, changes or goes. */
uint64_t text_cache_changes(struct text_cache *c);

/* How many texts and bytes it keeps. */
size_t text_cache_count(struct text_cache *c);
size_t text_cache_held(struct text_cache *c);

/* What a watch tells: a list begins; this is the text of that name (absent: it is not known); there
 * is none; the list was whole, and what was not put since it began is gone; what is here is up to
 * date now. put returns 0; or -1 when memory runs out, and then nothing is known of what is not
 * here.
 */
void text_cache_begin(struct text_cache *c);
int text_cache_put(struct text_cache *c, struct view name, struct view text);
void text_cache_drop(struct text_cache *c, struct view name);
void text_cache_end(struct text_cache *c, int64_t now);
void text_cache_alive(struct text_cache *c, int64_t now);

/* Of an object that is too large, by the name in its metadata: its text is not known. */
void text_cache_skip(void *cache, struct yyjson_val *object);

/* The handler of a watch whose ctx is a cache, on our own clock. What of an object is the text, and
 * under which name, put and drop say. */
struct watch_handler text_cache_handler(int (*put)(void *cache, struct yyjson_val *object),
                                        void (*drop)(void *cache, struct yyjson_val *object));

#endif
