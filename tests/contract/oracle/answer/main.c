/* usage: answer KIND <questions >answers
 * What our code says, for the Go tests in the folder above to hold against the libraries that
 * define the behaviour. Questions and answers are JSON values, one a line. */
#include "tests/contract/oracle/answer/answer.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/text/base64.h"
#include "policy/limits.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *kind;
    json_t *(*answer)(const json_t *question, struct arena *arena);
} kinds[] = {
    {"amount", answer_amount},
    {"cel", answer_cel},
    {"cidr", answer_cidr},
    {"image", answer_image},
    {"ip", answer_ip},
    {"order", answer_order},
    {"podSecurity", answer_pod_security},
    {"quantity", answer_quantity},
    {"ratio", answer_ratio},
    {"regex", answer_regex},
    {"semver", answer_semver},
    {"shapes", answer_shapes},
    {"templateHash", answer_template_hash},
    {"text", answer_text_functions},
    {"url", answer_url},
    {"yaml", answer_yaml},
};

struct view answer_text(const json_t *string)
{
    return (struct view){json_string_value(string), json_string_length(string)};
}

struct view answer_bytes(const json_t *string, struct arena *arena)
{
    struct view v = base64_decode(answer_text(string), arena);

    return v.p ? v : VIEW("");
}

json_t *answer_base64(struct view v)
{
    struct buf buf;
    json_t *string;

    buf_init(&buf, LIMIT_BODY);
    base64_encode(v, &buf);
    string = json_stringn(buf_view(&buf).p ? buf_view(&buf).p : "", buf_view(&buf).n);
    buf_release(&buf);
    return string;
}

static int answer_all(json_t *(*answer)(const json_t *question, struct arena *arena))
{
    struct arena arena;
    char *line = NULL;
    size_t room = 0;
    ssize_t n;

    arena_init(&arena, LIMIT_ARENA);
    while ((n = getline(&line, &room, stdin)) > 0) {
        json_t *question = json_loadb(line, (size_t)n, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
        json_t *said = question ? answer(question, &arena) : NULL;

        if (!said) {
            fprintf(stderr, "answer: no answer to %s", line);
            return 2;
        }
        json_dumpf(said, stdout, JSON_ENCODE_ANY | JSON_COMPACT);
        putchar('\n');
        json_decref(said);
        json_decref(question);
        arena_release(&arena);
    }
    free(line);
    arena_release(&arena);
    return 0;
}

int main(int argc, char **argv)
{
    for (size_t i = 0; argc == 2 && i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (strcmp(argv[1], kinds[i].kind) == 0)
            return answer_all(kinds[i].answer);
    fputs("usage: answer KIND <questions >answers\n", stderr);
    return 2;
}
