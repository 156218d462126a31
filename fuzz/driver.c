// Runs a fuzz target without libFuzzer: fuzz_NAME SEED RUNS [FILE...]
//
// Each input depends on the seed, its number and the files alone, so a failure comes back. RUNS is
// a count, or FIRST:COUNT to begin later. When the target dies, its input is kept in a file.
#include "base/must.h"
#include "base/rng.h"
#include "base/str.h"
#include "fuzz.h"
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { INPUT_MAX = 16 << 10, SEEDS_MAX = 4096, HANG_SECONDS = 20 };

struct input {
    uint8_t bytes[INPUT_MAX];
    size_t size;
};

static struct input seeds[SEEDS_MAX];
static size_t seeds_count;
static struct input current;
static struct {
    const char *program;
    uint64_t seed, run;
} now;

// A sanitizer's finding ends the process by abort, which the handler below then reports.
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "abort_on_error=1:handle_abort=0:handle_segv=0:allocator_may_return_null=1";
}

const char *__ubsan_default_options(void);
const char *__ubsan_default_options(void)
{
    return "halt_on_error=1:abort_on_error=1:print_stacktrace=1";
}

static void keep_input(int number)
{
    char name[256], text[512];
    unsigned long long seed = now.seed, run = now.run;
    snprintf(name, sizeof name, "%s-%llu-%llu.input", now.program, seed, run);
    int file = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    bool kept = file >= 0 && write(file, current.bytes, current.size) == (ssize_t)current.size;
    int length = snprintf(text, sizeof text, "%s died by signal %d; again: %s %llu %llu:1%s%s\n",
                          now.program, number, now.program, seed, run,
                          kept ? "; its input is in " : "", kept ? name : "");
    if (write(STDERR_FILENO, text, (size_t)length) < 0)
        _exit(3);
    _exit(2);
}

static void add_seed(const uint8_t *bytes, size_t size)
{
    must(seeds_count < SEEDS_MAX);
    struct input *seed = &seeds[seeds_count++];
    seed->size = size < INPUT_MAX ? size : INPUT_MAX;
    memcpy(seed->bytes, bytes, seed->size);
}

static bool add_file(const char *name)
{
    static uint8_t bytes[INPUT_MAX];
    FILE *file = fopen(name, "rb");
    if (!file) {
        fprintf(stderr, "%s: %s cannot be read\n", now.program, name);
        return false;
    }
    add_seed(bytes, fread(bytes, 1, sizeof bytes, file));
    fclose(file);
    return true;
}

static size_t place(struct rng *rng, size_t size)
{
    return (size_t)rng_below(rng, (int64_t)size + 1);
}

// `bytes` put in at a place, or over what stands there.
static void put(struct rng *rng, struct input *input, const uint8_t *bytes, size_t size)
{
    size_t at = place(rng, input->size);
    bool over = rng_below(rng, 2);
    if (over && size > input->size - at)
        size = input->size - at;
    if (!over && size > INPUT_MAX - input->size)
        size = INPUT_MAX - input->size;
    if (!over) {
        memmove(input->bytes + at + size, input->bytes + at, input->size - at);
        input->size += size;
    }
    memmove(input->bytes + at, bytes, size);
}

static void put_piece(struct rng *rng, struct input *input, const struct input *from)
{
    static struct input piece; // a copy: the two may be the same
    size_t start = place(rng, from->size);
    piece.size = place(rng, from->size - start);
    if (rng_below(rng, 2) && piece.size > 16)
        piece.size %= 16;
    memcpy(piece.bytes, from->bytes + start, piece.size);
    put(rng, input, piece.bytes, piece.size);
}

static void put_mark(struct rng *rng, struct input *input)
{
    static const char *const marks[] = {"\"",
                                        "\\",
                                        "\\u",
                                        "\\ud800",
                                        "{",
                                        "}",
                                        "[",
                                        "]",
                                        ":",
                                        ",",
                                        "\n",
                                        "\r\n",
                                        "\t",
                                        " ",
                                        "-",
                                        "+",
                                        ".",
                                        "e",
                                        "0",
                                        "1",
                                        "9",
                                        "00",
                                        "-0",
                                        "1e309",
                                        "5e-324",
                                        "9223372036854775807",
                                        "-9223372036854775808",
                                        "9223372036854775808",
                                        "9007199254740993",
                                        "18446744073709551616",
                                        "4294967296",
                                        "2147483648",
                                        "null",
                                        "true",
                                        "false",
                                        "\xc3\xa9",
                                        "\xf0\x9f\x98\x80",
                                        "\xed\xa0\x80",
                                        "\xff",
                                        "\xc0\x80",
                                        "\x7f",
                                        "%",
                                        "%00",
                                        "../",
                                        "/",
                                        "&",
                                        "*",
                                        "!",
                                        "#",
                                        "'",
                                        "|",
                                        ">",
                                        "- ",
                                        ": ",
                                        "---\n",
                                        "...\n",
                                        "<<: ",
                                        "? ",
                                        "~",
                                        "=",
                                        ";",
                                        "Content-Length: "};
    const char *mark = marks[rng_below(rng, sizeof marks / sizeof marks[0])];
    put(rng, input, (const uint8_t *)mark, strlen(mark));
}

static void drop_piece(struct rng *rng, struct input *input)
{
    size_t start = place(rng, input->size), size = place(rng, input->size - start);
    if (rng_below(rng, 4) && size > 8)
        size %= 8;
    memmove(input->bytes + start, input->bytes + start + size, input->size - start - size);
    input->size -= size;
}

static void change_byte(struct rng *rng, struct input *input)
{
    if (input->size == 0)
        return;
    uint8_t *byte = &input->bytes[rng_below(rng, (int64_t)input->size)];
    if (rng_below(rng, 2))
        *byte ^= (uint8_t)(1 << rng_below(rng, 8));
    else
        *byte = (uint8_t)rng_next(rng);
}

static void repeat(struct rng *rng, struct input *input)
{
    for (int64_t i = rng_below(rng, 100); i > 0 && input->size > 0; i--)
        put(rng, input, input->bytes + input->size / 2, input->size > 4 ? 4 : input->size);
}

static void make_input(uint64_t run)
{
    struct rng rng = {.state = now.seed * UINT64_C(0x9e3779b97f4a7c15) + run};
    current = seeds[rng_below(&rng, (int64_t)seeds_count)];
    for (int64_t changes = rng_below(&rng, 12); changes > 0; changes--) {
        int64_t kind = rng_below(&rng, 16);
        if (kind < 5)
            put_mark(&rng, &current);
        else if (kind < 8)
            change_byte(&rng, &current);
        else if (kind < 11)
            drop_piece(&rng, &current);
        else if (kind < 13)
            put_piece(&rng, &current, &current);
        else if (kind < 15)
            put_piece(&rng, &current, &seeds[rng_below(&rng, (int64_t)seeds_count)]);
        else
            repeat(&rng, &current);
    }
}

static bool take_runs(const char *text, uint64_t *ret_first, uint64_t *ret_count)
{
    str first, count;
    if (str_cut(str_from(text), ':', &first, &count))
        return str_to_u64(first, ret_first) && str_to_u64(count, ret_count);
    *ret_first = 0;
    return str_to_u64(str_from(text), ret_count);
}

// The bytes stand at the end of an allocation of their own, so that reading past them is seen.
static void run_once(void)
{
    uint8_t *bytes = malloc(current.size);
    must(bytes || current.size == 0);
    if (current.size)
        memcpy(bytes, current.bytes, current.size);
    LLVMFuzzerTestOneInput(bytes, current.size);
    free(bytes);
}

int main(int count, char **arguments)
{
    uint64_t first, runs;
    const char *slash = strrchr(arguments[0], '/');
    now.program = slash ? slash + 1 : arguments[0];
    if (count < 3 || !str_to_u64(str_from(arguments[1]), &now.seed) ||
        !take_runs(arguments[2], &first, &runs)) {
        fprintf(stderr, "usage: %s SEED RUNS|FIRST:COUNT [FILE...]\n", now.program);
        return 2;
    }
    for (size_t i = 0; fuzz_seeds[i]; i++)
        add_seed((const uint8_t *)fuzz_seeds[i], strlen(fuzz_seeds[i]));
    for (int i = 3; i < count; i++)
        if (!add_file(arguments[i]))
            return 2;
    static const int signals[] = {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGALRM};
    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++)
        signal(signals[i], keep_input);
    for (uint64_t run = first; run < first + runs; run++) {
        now.run = run;
        make_input(run);
        if (run % 16 == 0)
            alarm(HANG_SECONDS);
        run_once();
    }
    printf("%s: %llu runs of seed %llu\n", now.program, (unsigned long long)runs,
           (unsigned long long)now.seed);
    return 0;
}
