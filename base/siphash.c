#include "base/siphash.h"

#include "base/clock.h"

#include <pthread.h>
#include <sys/random.h>

static uint64_t rotate(uint64_t x, unsigned bits)
{
    return x << bits | x >> (64 - bits);
}

static void mix(uint64_t v[static 4], unsigned rounds)
{
    for (; rounds > 0; rounds--) {
        v[0] += v[1];
        v[2] += v[3];
        v[1] = rotate(v[1], 13) ^ v[0];
        v[3] = rotate(v[3], 16) ^ v[2];
        v[0] = rotate(v[0], 32) + v[3];
        v[2] += v[1];
        v[1] = rotate(v[1], 17) ^ v[2];
        v[3] = rotate(v[3], 21) ^ v[0];
        v[2] = rotate(v[2], 32);
    }
}

/* Eight bytes or less, the first of them the lowest. */
static uint64_t word_of(struct view bytes)
{
    uint64_t word = 0;

    for (size_t i = 0; i < bytes.n && i < 8; i++)
        word |= (uint64_t)(unsigned char)bytes.p[i] << 8 * i;
    return word;
}

static void take(uint64_t v[static 4], uint64_t word)
{
    v[3] ^= word;
    mix(v, 2);
    v[0] ^= word;
}

uint64_t siphash(const uint64_t key[static 2], struct view text)
{
    uint64_t v[] = {key[0] ^ 0x736f6d6570736575, key[1] ^ 0x646f72616e646f6d,
                    key[0] ^ 0x6c7967656e657261, key[1] ^ 0x7465646279746573};
    struct view rest = text;

    for (; rest.n >= 8; rest = view_from(rest, 8))
        take(v, word_of(rest));
    take(v, word_of(rest) | (uint64_t)text.n << 56);
    v[2] ^= 0xff;
    mix(v, 4);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}

static uint64_t secret[2];

static void draw_secret(void)
{
    if (getrandom(secret, sizeof(secret), GRND_NONBLOCK) != sizeof(secret))
        secret[0] = (uint64_t)clock_monotonic_ns();
}

uint64_t siphash_secret(struct view text)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    pthread_once(&once, draw_secret);
    return siphash(secret, text);
}
