// The store in a process of its own, under what happens to processes and disks: kill -9, fsyncs
// and writes that the kernel answers with an error (strace injects them), a small tmpfs that is
// full for a while. After each the journal is whole and holds all that was acknowledged.
//
//     test_store_faults WORKER [KILLS]
#include "store/sqlite/store_sqlite.h"
#include "base/rng.h"
#include "proof/merkle.h"
#include "sample.h"
#include "scratch.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

enum { ACKED_BLOBS_MAX = 4096, ENDED_BY_HAND = -1, NOT_STARTED = 127 };
enum { SYNCS_MAX = 36 }; // a little less than a run of 8 batches makes

static const char *worker;
static long kills = 60;
static struct scratch scratch;

// What workers have acknowledged, by what they wrote into the pipe.
struct acked {
    uint64_t lines;
    uint64_t blobs[ACKED_BLOBS_MAX];
    uint32_t blob_count;
};

static void take_acknowledgement(struct acked *acked, const char *line)
{
    uint64_t number;
    if (sscanf(line, "lines %" SCNu64, &number) == 1)
        acked->lines = number;
    else if (sscanf(line, "blob %" SCNu64, &number) == 1 && acked->blob_count < ACKED_BLOBS_MAX)
        acked->blobs[acked->blob_count++] = number;
}

static void assert_kept(const char *path, const struct acked *acked, uint64_t *ret_size)
{
    struct journal *journal;
    struct blobs *blobs;
    struct err err = {{0}};
    uint64_t size = 0;
    if (!store_sqlite_open(path, STORE_OWN, &journal, &blobs, &err))
        fail_msg("open: %s", err.text);
    enum sample_found found = sample_look(journal, &size, &err);
    if (found != SAMPLE_WHOLE)
        fail_msg("the journal is not whole (%d): %s", found, err.text);
    if (size < acked->lines)
        fail_msg("%" PRIu64 " lines, %" PRIu64 " were acknowledged", size, acked->lines);
    for (uint32_t i = 0; i < acked->blob_count; i++) {
        char salted[16 + 64] = "";
        struct buf out;
        memcpy(salted, &acked->blobs[i], sizeof acked->blobs[i]);
        int length = snprintf(salted + 16, 64, "blob number %" PRIu64, acked->blobs[i]);
        buf_init(&out, 100);
        if (!blobs->ops->get(blobs, digest_of((str){salted, 16 + (size_t)length}), &out, &err))
            fail_msg("blob %" PRIu64 ": %s", acked->blobs[i], err.text);
        buf_finish(&out);
    }
    journal->ops->destroy(journal);
    blobs->ops->destroy(blobs);
    *ret_size = size;
}

// Starts arguments[0] with stdout in a pipe and stderr in a file.
static pid_t start(char *const *arguments, int *ret_pipe)
{
    int ends[2];
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        int null = open("/dev/null", O_WRONLY);
        dup2(ends[1], STDOUT_FILENO);
        dup2(null, STDERR_FILENO);
        execvp(arguments[0], arguments);
        _exit(NOT_STARTED);
    }
    close(ends[1]);
    *ret_pipe = ends[0];
    return child;
}

// When to kill: at once or after the first acknowledgement, and then so much later.
struct moment {
    bool never, first_acked;
    int64_t later_us;
};

static void await(struct moment moment, int from)
{
    struct pollfd readable = {.fd = from, .events = POLLIN};
    if (moment.first_acked)
        poll(&readable, 1, 30000);
    usleep((useconds_t)moment.later_us);
}

// Runs to the end or kills; takes what was acknowledged. The exit code, or ENDED_BY_HAND.
static int run(char *const *arguments, struct moment moment, struct acked *acked)
{
    int from, status;
    char line[100];
    pid_t child = start(arguments, &from);
    if (!moment.never) {
        await(moment, from);
        kill(child, SIGKILL);
    }
    FILE *lines = fdopen(from, "r");
    while (fgets(line, sizeof line, lines))
        take_acknowledgement(acked, line);
    fclose(lines);
    assert_int_equal(waitpid(child, &status, 0), child);
    if (!moment.never && WIFSIGNALED(status))
        return ENDED_BY_HAND;
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static const struct moment TO_THE_END = {.never = true};

static int make(void **state)
{
    (void)state;
    scratch_make(&scratch);
    return 0;
}

static int unmake(void **state)
{
    (void)state;
    scratch_remove(&scratch);
    return 0;
}

static void killed_anywhere_nothing_acknowledged_is_lost(void **state)
{
    (void)state;
    static struct acked acked;
    char path[SCRATCH_PATH_MAX + 16];
    char *arguments[] = {(char *)worker, path, "100000000", NULL};
    struct rng rng = {.state = 9};
    uint64_t size = 0, before = 0;
    snprintf(path, sizeof path, "%s/killed", scratch.path);
    for (long i = 0; i < kills; i++) {
        if (i % 12 == 0) { // a first start is killed too
            scratch_empty(&scratch);
            acked = (struct acked){0};
            before = 0;
        }
        bool appending = i % 4 != 0;
        struct moment moment = {.first_acked = appending,
                                .later_us = rng_below(&rng, appending ? 12000 : 40000)};
        int code = run(arguments, moment, &acked);
        assert_int_equal(code, ENDED_BY_HAND);
        assert_kept(path, &acked, &size);
        assert_true(appending ? size > before : size >= before);
        before = size;
    }
}

// ---- answers of the kernel ----------------------------------------------------------------------

static bool strace_works(void)
{
    struct acked none = {0};
    char *arguments[] = {"strace", "-o", "/dev/null", "-e", "inject=getuid:error=EIO",
                         "true",   NULL};
    return run(arguments, TO_THE_END, &none) == 0;
}

// Runs the worker on an empty directory while strace answers some of its calls.
static int run_injected(const char *inject, const char *path, struct acked *acked)
{
    char *arguments[] = {"strace",
                         "-f",
                         "--seccomp-bpf",
                         "-e",
                         "trace=fdatasync,fsync,pwrite64",
                         "-qq",
                         "-o",
                         "/dev/null",
                         "-e",
                         (char *)inject,
                         "-E",
                         "ASAN_OPTIONS=detect_leaks=0",
                         (char *)worker,
                         (char *)path,
                         "8",
                         NULL};
    *acked = (struct acked){0};
    return run(arguments, TO_THE_END, acked);
}

static void each_failed_fsync_ends_the_process_and_loses_nothing(void **state)
{
    (void)state;
    static struct acked acked;
    if (!strace_works()) {
        print_message("strace does not run here: skipped\n");
        skip();
    }
    uint32_t fatal = 0;
    for (uint32_t n = 1; n <= SYNCS_MAX; n++) {
        char inject[100], path[SCRATCH_PATH_MAX + 32];
        uint64_t size;
        snprintf(inject, sizeof inject, "inject=fdatasync,fsync:error=EIO:when=%u", n);
        snprintf(path, sizeof path, "%s/sync-%u", scratch.path, n);
        int code = run_injected(inject, path, &acked);
        assert_in_range(code, 0, 3);
        assert_int_not_equal(code, 2);
        fatal += code == 3;
        if (code == 3)
            assert_true(acked.lines < 8 * SAMPLE_BATCH_MAX);
        assert_kept(path, &acked, &size);
    }
    assert_true(fatal >= 8); // each batch has at least one
}

static void a_disk_full_for_a_while_stops_nothing_for_good(void **state)
{
    (void)state;
    static struct acked acked;
    if (!strace_works()) {
        print_message("strace does not run here: skipped\n");
        skip();
    }
    static const char *const errors[] = {"ENOSPC", "EIO"};
    uint64_t whole_size = 0;
    for (uint32_t n = 1; n < 130; n += 11) {
        char inject[100], path[SCRATCH_PATH_MAX + 32];
        uint64_t size;
        snprintf(inject, sizeof inject, "inject=pwrite64:error=%s:when=%u..%u", errors[n / 11 % 2],
                 n, n + 9);
        snprintf(path, sizeof path, "%s/full-%u", scratch.path, n);
        int code = run_injected(inject, path, &acked);
        assert_kept(path, &acked, &size);
        if (code == 1) // while it was first made: a fault with a text, and the next start is good
            continue;
        assert_int_equal(code, 0);
        assert_int_equal(size, acked.lines);
        assert_true(whole_size == 0 || size == whole_size); // the same whichever write it was
        whole_size = size;
    }
    assert_true(whole_size > 0);
}

static void a_disk_full_for_good_keeps_what_was_acknowledged(void **state)
{
    (void)state;
    static struct acked acked;
    if (!strace_works()) {
        print_message("strace does not run here: skipped\n");
        skip();
    }
    uint32_t stayed_full = 0;
    for (uint32_t n = 20; n < 130; n += 26) {
        char inject[100], path[SCRATCH_PATH_MAX + 32];
        uint64_t size;
        snprintf(inject, sizeof inject, "inject=pwrite64:error=ENOSPC:when=%u+", n);
        snprintf(path, sizeof path, "%s/stays-%u", scratch.path, n);
        stayed_full += run_injected(inject, path, &acked) == 4;
        assert_kept(path, &acked, &size);
        assert_int_equal(size, acked.lines);
    }
    assert_true(stayed_full > 0);
}

// ---- a real full disk ---------------------------------------------------------------------------

static bool tmpfs_mounted(const char *path)
{
    return unshare(CLONE_NEWNS) == 0 && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
           mount("tmpfs", path, "tmpfs", 0, "size=1m") == 0;
}

static void fill_up(const char *path)
{
    static const char block[4096];
    int descriptor = open(path, O_WRONLY | O_CREAT, 0600);
    while (write(descriptor, block, sizeof block) > 0)
        continue;
    close(descriptor);
}

// What the child of the test below answers: the number of the step that went wrong, 0 for none.
static int full_disk_story(struct journal *journal, struct blobs *blobs, const char *ballast)
{
    struct merkle tree = {0}, before;
    struct err err = {{0}};
    bool fatal = false;
    uint64_t size;
    digest key;
    while (tree.size < 30)
        if (!sample_append(journal, &tree, &fatal, &err))
            return 1;
    if (!blobs->ops->put(blobs, S("before"), &key, &err))
        return 2;
    fill_up(ballast);
    before = tree;
    static char large[64 * 1024];
    struct journal_snapshot snapshot = {
        10, key, {large, sizeof large}
    };
    for (int i = 0; i < 500; i++) // the file may have room left for some
        if (!sample_append(journal, &tree, &fatal, &err))
            break;
    if (fatal || !strstr(err.text, "disk is full") || tree.size == before.size + 4000)
        return 3;
    if (sample_look(journal, &size, &err) != SAMPLE_WHOLE || size != tree.size)
        return 4;
    if (journal->ops->snapshot_put(journal, &snapshot, &err) || !strstr(err.text, "No space"))
        return 5;
    if (blobs->ops->put(blobs, (str){large, sizeof large}, &key, &err))
        return 6;
    unlink(ballast);
    for (int i = 0; i < 10; i++)
        if (!sample_append(journal, &tree, &fatal, &err))
            return 7;
    if (!blobs->ops->put(blobs, (str){large, sizeof large}, &key, &err) ||
        !journal->ops->snapshot_put(journal, &snapshot, &err))
        return 8;
    return sample_look(journal, &size, &err) == SAMPLE_WHOLE && size == tree.size ? 0 : 9;
}

static void a_full_tmpfs_stops_the_writes_and_nothing_else(void **state)
{
    (void)state;
    enum { NO_MOUNT = 77 };
    int status;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        char path[SCRATCH_PATH_MAX + 16], ballast[SCRATCH_PATH_MAX + 16];
        struct journal *journal;
        struct blobs *blobs;
        struct err err;
        if (!tmpfs_mounted(scratch.path))
            _exit(NO_MOUNT);
        snprintf(path, sizeof path, "%s/data", scratch.path);
        snprintf(ballast, sizeof ballast, "%s/ballast", scratch.path);
        if (!store_sqlite_open(path, STORE_OWN, &journal, &blobs, &err))
            _exit(76);
        int code = full_disk_story(journal, blobs, ballast);
        journal->ops->destroy(journal);
        blobs->ops->destroy(blobs);
        _exit(code);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == NO_MOUNT) {
        print_message("no tmpfs can be mounted here (not root?): skipped\n");
        skip();
    }
    assert_int_equal(WEXITSTATUS(status), 0);
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        fprintf(stderr, "usage: test_store_faults WORKER [KILLS]\n");
        return 2;
    }
    worker = argv[1];
    kills = argc > 2 ? strtol(argv[2], NULL, 10) : kills;
    signal(SIGPIPE, SIG_IGN);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(killed_anywhere_nothing_acknowledged_is_lost, make, unmake),
        cmocka_unit_test_setup_teardown(each_failed_fsync_ends_the_process_and_loses_nothing, make,
                                        unmake),
        cmocka_unit_test_setup_teardown(a_disk_full_for_a_while_stops_nothing_for_good, make,
                                        unmake),
        cmocka_unit_test_setup_teardown(a_disk_full_for_good_keeps_what_was_acknowledged, make,
                                        unmake),
        cmocka_unit_test_setup_teardown(a_full_tmpfs_stops_the_writes_and_nothing_else, make,
                                        unmake),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
