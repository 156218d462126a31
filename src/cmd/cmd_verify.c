#include "base/codec.h"
#include "client/connection.h"
#include "cmd/api.h"
#include "cmd/commands_all.h"
#include "cmd/journal_walk.h"
#include "turn/verify.h"
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { ROOT_HEX = 64 };

struct verifying {
    struct cloud cloud;
    struct merkle tree;
    struct verify verify;
};

static void show_progress(void *context, uint64_t lines)
{
    (void)context;
    fprintf(stderr, "\r%" PRIu64 " events …", lines);
}

// An exported text has no leaves: an altered line is named with the others of its commit.
static bool take_line(void *context, str line, struct err *err)
{
    return verify_line(&((struct verifying *)context)->verify, line, NULL, err);
}

static bool take_commit(void *context, const struct journal_commit *commit, struct err *err)
{
    return verify_commit(&((struct verifying *)context)->verify, commit, err);
}

static void close_file(FILE **file)
{
    if (*file)
        fclose(*file);
}

static bool verify_opened(void *context, struct journal *journal, struct err *err)
{
    return verify_journal(context, journal, err);
}

static bool read_all(const struct invocation *invocation, struct verifying *job, char *ret_source,
                     struct err *err)
{
    struct journal_text_visit visit = {take_line, take_commit, job};
    const char *name = options_text(&invocation->options, "file");
    if (!name)
        return connection_data_directory(options_text(&invocation->options, "data"), ret_source,
                                         CONNECTION_TEXT_MAX, err) &&
               (journal_walk_open(ret_source, verify_opened, &job->verify, err) ||
                err_add(err, "%s", ret_source));
    snprintf(ret_source, CONNECTION_TEXT_MAX, "%s", name);
    __attribute__((cleanup(close_file))) FILE *file = fopen(name, "rbe");
    if (!file)
        return err_set(err, "%s: %s", name, strerror(errno));
    return journal_text_read(file, &visit, err) || err_add(err, "%s", name);
}

static double seconds_since(const struct timespec *start)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)(now.tv_sec - start->tv_sec) + (double)(now.tv_nsec - start->tv_nsec) / 1e9;
}

static void hex(digest value, char *ret_text)
{
    hex_encode(value.bytes, sizeof value.bytes, ret_text);
    ret_text[ROOT_HEX] = '\0';
}

static void print_result(const struct invocation *invocation, const struct verifying *job,
                         const char *source, double seconds)
{
    const struct verify *verify = &job->verify;
    char root[ROOT_HEX + 1], state[ROOT_HEX + 1];
    int64_t speed = seconds > 0 ? (int64_t)((double)verify->lines / seconds) : 0;
    hex(merkle_root(verify->tree), root);
    hex(cloud_hash(verify->cloud), state);
    if (invocation->json) {
        printf("{\"books\":\"balanced\",\"commits\":%" PRIu64 ",\"events\":%" PRIu64
               ",\"events_per_second\":%" PRId64 ",\"root\":\"%s\",\"state\":\"%s\"}\n",
               verify->commits, verify->lines, speed, root, state);
        return;
    }
    printf("journal     %s\n", source);
    printf("events      %" PRIu64 ", every line as it was written\n", verify->lines);
    printf("commits     %" PRIu64 ", every root as it was stored\n", verify->commits);
    printf("books       balanced in every commodity, recounted\n");
    printf("tree root   %s\n", root);
    printf("state hash  %s\n", state);
    printf("speed       %" PRId64 " events/s\n", speed);
}

int cmd_journal_verify(struct invocation *invocation)
{
    static struct verifying job; // the state is large
    char source[CONNECTION_TEXT_MAX] = "";
    struct timespec start;
    struct err err;
    clock_gettime(CLOCK_MONOTONIC, &start);
    bool progress = isatty(STDERR_FILENO) && !invocation->quiet && !invocation->json;
    cloud_init(&job.cloud);
    verify_init(&job.verify, &job.cloud, &job.tree);
    job.verify.progress = progress ? show_progress : NULL;
    bool good = read_all(invocation, &job, source, &err) && verify_end(&job.verify, &err);
    if (progress)
        fputs("\r                              \r", stderr);
    if (good)
        print_result(invocation, &job, source, seconds_since(&start));
    int code = good ? EXIT_DONE : api_fail(invocation, &err);
    verify_finish(&job.verify);
    cloud_finish(&job.cloud);
    return code;
}
