// From `PROGRAM run -- echo hello` to its first byte of output, beside `runc run` of such a bundle.
//
//     bench_run PROGRAM DIR     PROGRAM: the tatara binary; DIR: made, must not exist; as root
//
// Ours and runc's take turns, so that both meet the same machine. Ours begins with the command
// line's own start: connecting, submitting (durable), placing (durable), keeper, runc, log,
// stream. The bundle is that of a job of this house, copied while it ran, with /bin/echo as first
// process and folders and cgroup of its own.
#include "base/must.h"
#include "bench/bench.h"
#include "bench/program.h"
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { JOBS = 41, PATH_SIZE = 4300, TEXT_MAX = 64 * 1024 };

// Milliseconds from before the spawn to the first byte of stdout; waits for the end.
static double first_byte_ms(const char *const *words)
{
    int ends[2], status;
    pid_t pid;
    char byte;
    posix_spawn_file_actions_t actions;
    must(pipe2(ends, O_CLOEXEC) == 0 && posix_spawn_file_actions_init(&actions) == 0);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    double begin_s = bench_wall_s();
    must(posix_spawnp(&pid, words[0], &actions, NULL, (char *const *)words, environ) == 0);
    close(ends[1]);
    ssize_t got = read(ends[0], &byte, 1);
    double first_ms = (bench_wall_s() - begin_s) * 1e3;
    waitpid(pid, &status, 0);
    close(ends[0]);
    posix_spawn_file_actions_destroy(&actions);
    if (got == 1)
        return first_ms;
    fprintf(stderr, "bench_run: %s %s wrote nothing, status %d\n", words[0], words[1], status);
    exit(1);
}

static void replace(char *text, const char *from, const char *to)
{
    char *at = text;
    size_t from_size = strlen(from), to_size = strlen(to);
    while ((at = strstr(at, from))) {
        must(strlen(text) + to_size < TEXT_MAX);
        memmove(at + to_size, at + from_size, strlen(at + from_size) + 1);
        memcpy(at, to, to_size);
        at += to_size;
    }
}

// The words of the first process, up to the bracket.
static void set_words(char *text, const char *words)
{
    char old[1024], *begin = strstr(text, "\"args\":["), *end = begin ? strchr(begin, ']') : NULL;
    must(begin && end && (size_t)(end + 1 - begin) < sizeof old);
    memcpy(old, begin, (size_t)(end + 1 - begin));
    old[end + 1 - begin] = 0;
    replace(text, old, words);
}

static void shell(const char *format, const char *one, const char *two)
{
    char command[3 * PATH_SIZE];
    int length = snprintf(command, sizeof command, format, one, two);
    must(length > 0 && (size_t)length < sizeof command && system(command) == 0);
}

// A job that sleeps gives its folder: copied under another name, so that the job can end.
static void make_bundle(const char *path, const char *directory, char *ret_bundle)
{
    static char text[TEXT_MAX];
    char config[PATH_SIZE + 16], folder[PATH_SIZE - 16], copy[PATH_SIZE - 16];
    const char *first[] = {path, "run", "--data", directory, "--", "echo", NULL};
    const char *held[] = {path, "run", "--data", directory, "--detach", "--", "sleep", "60", NULL};
    first_byte_ms(first); // job-1: the engine is warm
    first_byte_ms(held);  // job-2
    snprintf(folder, sizeof folder, "%.4000s/jobs/job-2/attempt-1", directory);
    snprintf(copy, sizeof copy, "%.4000s/copy/job-2/attempt-1", directory);
    snprintf(ret_bundle, PATH_SIZE, "%s/bundle", copy);
    snprintf(config, sizeof config, "%s/config.json", ret_bundle);
    sleep(1);
    shell("mkdir -p '%s'%s", copy, "");
    shell("cp -a '%s/bundle' '%s'", folder, copy);
    shell("cp -a '%s/work' '%s'", folder, copy);
    FILE *file = fopen(config, "re");
    must(file);
    text[fread(text, 1, sizeof text - 1, file)] = 0;
    fclose(file);
    set_words(text, "\"args\":[\"/bin/echo\",\"hello\"]");
    replace(text, folder, copy);
    replace(text, ".j2.a1\"", ".bench\""); // its cgroup
    file = fopen(config, "we");
    must(file && fputs(text, file) >= 0 && fclose(file) == 0);
    shell("'%s' job stop --data '%s' job-2 --grace 0s >/dev/null", path, directory);
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: bench_run PROGRAM DIR, as root, with runc installed\n");
        return 2;
    }
    struct program program;
    char bundle[PATH_SIZE], root[PATH_SIZE];
    double ours[JOBS], runc[JOBS], beyond[JOBS];
    bench_machine();
    program_start(&program, argv[1], argv[2], "container");
    make_bundle(argv[1], argv[2], bundle);
    snprintf(root, sizeof root, "%s/runc", argv[2]);
    const char *run[] = {argv[1], "run", "--data", argv[2], "--", "echo", "hello", NULL};
    const char *peer[] = {"runc", "--root", root, "run", "--bundle", bundle, "bench", NULL};
    for (int i = 0; i < JOBS; i++) {
        ours[i] = first_byte_ms(run);
        runc[i] = first_byte_ms(peer);
        beyond[i] = ours[i] - runc[i];
    }
    program_stop(&program, SIGTERM);
    double ours_ms = bench_median(ours, JOBS), runc_ms = bench_median(runc, JOBS);
    printf("tatara run: first byte after %.1f ms (%.1f-%.1f)\n", ours_ms, ours[0], ours[JOBS - 1]);
    printf("runc alone: first byte after %.1f ms (%.1f-%.1f)\n", runc_ms, runc[0], runc[JOBS - 1]);
    printf("beyond runc: %.1f ms; median of the differences %.1f ms\n", ours_ms - runc_ms,
           bench_median(beyond, JOBS));
    return 0;
}
