// The directory as a whole: who may have it, what lies in it, and copies of it.
#include "store/sqlite/store_sqlite.h"
#include "faulty_vfs.h"
#include "proof/merkle.h"
#include "sample.h"
#include "scratch.h"
#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

static struct scratch scratch;

struct opened {
    struct journal *journal;
    struct blobs *blobs;
};

static const char *under(const char *name)
{
    static char paths[4][SCRATCH_PATH_MAX + 128];
    static unsigned turn;
    char *path = paths[turn++ % 4];
    snprintf(path, sizeof *paths, "%s/%s", scratch.path, name);
    return path;
}

static struct opened open_at(const char *path)
{
    struct opened opened;
    struct err err = {{0}};
    if (!store_sqlite_open(path, STORE_OWN, &opened.journal, &opened.blobs, &err))
        fail_msg("%s", err.text);
    return opened;
}

static void close_both(struct opened opened)
{
    opened.journal->ops->destroy(opened.journal);
    opened.blobs->ops->destroy(opened.blobs);
}

static void assert_refused(const char *path, enum store_access access, const char *word)
{
    struct opened opened;
    struct err err = {{0}};
    assert_false(store_sqlite_open(path, access, &opened.journal, &opened.blobs, &err));
    if (!strstr(err.text, word))
        fail_msg("want \"%s\" in: %s", word, err.text);
}

static void fill(struct journal *journal, struct merkle *tree, uint64_t size)
{
    struct err err = {{0}};
    bool fatal;
    while (tree->size < size)
        if (!sample_append(journal, tree, &fatal, &err))
            fail_msg("%s", err.text);
}

static uint64_t whole_size(struct journal *journal)
{
    struct err err = {{0}};
    uint64_t size = UINT64_MAX;
    enum sample_found found = sample_look(journal, &size, &err);
    if (found != SAMPLE_WHOLE)
        fail_msg("found %d: %s", found, err.text);
    return size;
}

static void touch(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

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

// ---- who may have it ----------------------------------------------------------------------------

static void all_is_closed_to_other_users(void **state)
{
    (void)state;
    static const char *const names[] = {"",
                                        "/lock",
                                        "/journal.db",
                                        "/blobs.db",
                                        "/journal.db-wal",
                                        "/snapshots",
                                        "/snapshots/3.snap"};
    mode_t mask = umask(0);
    struct merkle tree = {0};
    struct err err;
    struct opened opened = open_at(under("deep/er/data"));
    fill(opened.journal, &tree, 10);
    struct journal_snapshot snapshot = {3, digest_of(S("l")), S("state")};
    assert_true(opened.journal->ops->snapshot_put(opened.journal, &snapshot, &err));
    umask(mask);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char path[SCRATCH_PATH_MAX + 256];
        struct stat stat_now;
        snprintf(path, sizeof path, "%s%s", under("deep/er/data"), names[i]);
        assert_int_equal(stat(path, &stat_now), 0);
        assert_int_equal(stat_now.st_mode & 0777, S_ISDIR(stat_now.st_mode) ? 0700 : 0600);
    }
    close_both(opened);
    // What somebody opened since is closed again.
    assert_int_equal(chmod(under("deep/er/data"), 0755), 0);
    assert_int_equal(chmod(under("deep/er/data/journal.db"), 0644), 0);
    close_both(open_at(under("deep/er/data")));
    struct stat stat_now;
    assert_int_equal(stat(under("deep/er/data"), &stat_now), 0);
    assert_int_equal(stat_now.st_mode & 0777, 0700);
    assert_int_equal(stat(under("deep/er/data/journal.db"), &stat_now), 0);
    assert_int_equal(stat_now.st_mode & 0777, 0600);
}

static void a_second_owner_is_told_the_pid_of_the_first(void **state)
{
    (void)state;
    char pid[32];
    snprintf(pid, sizeof pid, "process %ld:", (long)getpid());
    struct opened opened = open_at(under("locked"));
    assert_refused(under("locked"), STORE_OWN, pid);
    opened.journal->ops->destroy(opened.journal);
    assert_refused(under("locked"), STORE_OWN, pid); // the blobs are still open
    opened.blobs->ops->destroy(opened.blobs);
    close_both(open_at(under("locked")));
}

// A job's keeper is executed by us and outlives us: it must not hold the directory.
static void what_we_execute_does_not_inherit_the_lock(void **state)
{
    (void)state;
    int ready[2];
    char byte;
    assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
    struct opened opened = open_at(under("inherit"));
    pid_t child = fork();
    if (child == 0) {
        execlp("sleep", "sleep", "60", (char *)NULL);
        _exit(127);
    }
    close(ready[1]);
    assert_int_equal(read(ready[0], &byte, 1), 0); // its copy closed: it has executed
    close(ready[0]);
    close_both(opened);
    close_both(open_at(under("inherit")));
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
}

static void a_directory_that_is_not_ours_alone_is_refused(void **state)
{
    (void)state;
    assert_int_equal(mkdir(under("shared"), 0700), 0);
    assert_int_equal(chmod(under("shared"), 01777), 0);
    assert_refused(under("shared"), STORE_OWN, "shared");
    touch(under("file"), "text");
    assert_refused(under("file"), STORE_OWN, "/file");
    assert_refused(under("file/below"), STORE_OWN, "/file");
    assert_refused("", STORE_OWN, "data directory");
    assert_refused(under("absent"), STORE_READ, "absent/journal.db");
    assert_int_not_equal(access(under("absent"), F_OK), 0); // to read makes nothing
}

static void missing_or_empty_files_of_a_store_are_not_made_anew(void **state)
{
    (void)state;
    struct merkle tree = {0};
    struct opened opened = open_at(under("partial"));
    fill(opened.journal, &tree, 10);
    close_both(opened);
    assert_int_equal(rename(under("partial/journal.db"), under("kept.db")), 0);
    assert_refused(under("partial"), STORE_OWN, "journal.db: is missing, but blobs.db is there");
    touch(under("partial/journal.db"), "");
    assert_refused(under("partial"), STORE_OWN, "cut to 0 bytes");
    assert_int_equal(rename(under("kept.db"), under("partial/journal.db")), 0);
    assert_int_equal(rename(under("partial/blobs.db"), under("kept.db")), 0);
    assert_refused(under("partial"), STORE_OWN, "blobs.db: is missing, but the journal has");
    assert_int_equal(rename(under("kept.db"), under("partial/blobs.db")), 0);
    opened = open_at(under("partial"));
    assert_int_equal(whole_size(opened.journal), tree.size);
    close_both(opened);
}

static void what_a_first_start_left_half_made_does_no_harm(void **state)
{
    (void)state;
    assert_int_equal(mkdir(under("half"), 0700), 0);
    touch(under("half/journal.db.new"), "half a file");
    touch(under("half/journal.db.new-wal"), "half a log");
    touch(under("half/admin.key"), "somebody else's");
    struct opened opened = open_at(under("half"));
    assert_int_equal(whole_size(opened.journal), 0);
    close_both(opened);
    assert_int_not_equal(access(under("half/journal.db.new"), F_OK), 0);
    assert_int_equal(access(under("half/admin.key"), F_OK), 0);
    assert_int_equal(unlink(under("half/blobs.db")), 0); // ended before the second file
    close_both(open_at(under("half")));
}

static void others_may_read_beside_the_owner(void **state)
{
    (void)state;
    struct merkle tree = {0}, other = {0};
    struct err err;
    bool fatal = true;
    digest key;
    struct opened owner = open_at(under("read")), reader;
    fill(owner.journal, &tree, 50);
    assert_true(owner.blobs->ops->put(owner.blobs, S("hello"), &key, &err));
    assert_true(store_sqlite_open(under("read"), STORE_READ, &reader.journal, &reader.blobs, &err));
    assert_int_equal(whole_size(reader.journal), tree.size);
    fill(owner.journal, &tree, 90);
    assert_int_equal(whole_size(reader.journal), tree.size);
    struct buf out;
    buf_init(&out, 100);
    assert_true(reader.blobs->ops->get(reader.blobs, key, &out, &err));
    assert_string_equal(buf_cstr(&out), "hello");
    buf_finish(&out);
    assert_false(sample_append(reader.journal, &other, &fatal, &err));
    assert_false(fatal);
    assert_non_null(strstr(err.text, "reading only"));
    assert_false(reader.blobs->ops->put(reader.blobs, S("x"), &key, &err));
    assert_false(reader.blobs->ops->remove(reader.blobs, key, &err));
    struct journal_snapshot snapshot = {1, key, S("")};
    assert_false(reader.journal->ops->snapshot_put(reader.journal, &snapshot, &err));
    close_both(owner);
    assert_int_equal(whole_size(reader.journal), tree.size);
    close_both(reader);
}

// Every write and every fsync of the first start fails once: the next start is good.
static void a_first_start_that_fails_can_be_tried_again(void **state)
{
    (void)state;
    static const enum vfs_fault faults[] = {VFS_WRITE_FULL, VFS_WRITE_FAILS, VFS_SYNC_FAILS};
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        bool struck = true;
        for (uint64_t n = 1; struck; n++) {
            struct opened opened;
            struct err err = {{0}};
            char name[64];
            snprintf(name, sizeof name, "first-%zu-%u", i, (unsigned)n);
            faulty_vfs_arm(faults[i], n, 1);
            bool good =
                store_sqlite_open(under(name), STORE_OWN, &opened.journal, &opened.blobs, &err);
            struck = faulty_vfs_has_struck();
            faulty_vfs_arm(VFS_NO_FAULT, 0, 0);
            if (good)
                close_both(opened);
            else
                assert_true(strlen(err.text) > 20);
            opened = open_at(under(name));
            assert_int_equal(whole_size(opened.journal), 0);
            close_both(opened);
            assert_true(n < 200);
        }
    }
}

// ---- what lies in it ----------------------------------------------------------------------------

static bool file_holds(const char *path, const char *text)
{
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    static char bytes[8 * 1024 * 1024];
    size_t size = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    return memmem(bytes, size, text, strlen(text)) != NULL;
}

static uint32_t files_that_hold(const char *folder, const char *text)
{
    uint32_t count = 0;
    DIR *entries = opendir(under(folder));
    assert_non_null(entries);
    for (struct dirent *entry; (entry = readdir(entries));) {
        char path[SCRATCH_PATH_MAX + 512];
        snprintf(path, sizeof path, "%s/%s", under(folder), entry->d_name);
        if (entry->d_type == DT_REG)
            count += file_holds(path, text);
    }
    closedir(entries);
    return count;
}

static void a_removed_blob_leaves_no_byte_behind(void **state)
{
    (void)state;
    static char large[200000];
    digest small_key, large_key, other_key;
    struct err err;
    memset(large, '.', sizeof large);
    memcpy(large + 150000, "the large secret", 16);
    struct opened opened = open_at(under("erase"));
    assert_true(opened.blobs->ops->put(opened.blobs, S("the small secret"), &small_key, &err));
    assert_true(opened.blobs->ops->put(opened.blobs, (str){large, sizeof large}, &large_key, &err));
    assert_true(opened.blobs->ops->put(opened.blobs, S("what stays"), &other_key, &err));
    assert_true(files_that_hold("erase", "the small secret") > 0);
    assert_true(files_that_hold("erase", "the large secret") > 0);
    assert_true(opened.blobs->ops->remove(opened.blobs, small_key, &err));
    assert_true(opened.blobs->ops->remove(opened.blobs, large_key, &err));
    assert_int_equal(files_that_hold("erase", "the small secret"), 0);
    assert_int_equal(files_that_hold("erase", "the large secret"), 0);
    assert_true(files_that_hold("erase", "what stays") > 0);
    close_both(opened);
}

static void the_log_stays_small_however_much_is_appended(void **state)
{
    (void)state;
    static char line[60000];
    memset(line, 'l', sizeof line);
    str lines[16];
    for (size_t i = 0; i < 16; i++)
        lines[i] = (str){line, sizeof line};
    struct opened opened = open_at(under("log"));
    off_t largest = 0;
    for (uint64_t seq = 0; seq < 16 * 80; seq += 16) { // 77 MB
        struct journal_batch batch = {.first_seq = seq, .lines = lines, .count = 16};
        struct stat stat_now;
        struct err err;
        bool fatal;
        assert_true(opened.journal->ops->append(opened.journal, &batch, &fatal, &err));
        assert_int_equal(stat(under("log/journal.db-wal"), &stat_now), 0);
        largest = stat_now.st_size > largest ? stat_now.st_size : largest;
    }
    assert_in_range(largest, 1, 48 * 1024 * 1024);
    close_both(opened);
    assert_int_not_equal(access(under("log/journal.db-wal"), F_OK), 0);
}

// ---- copies of it -------------------------------------------------------------------------------

struct appending {
    struct opened opened;
    struct merkle tree;
    atomic_bool ended;
    atomic_uint_fast64_t size;
};

static void *append_on(void *context)
{
    struct appending *appending = context;
    struct err err;
    bool fatal;
    while (!appending->ended &&
           sample_append(appending->opened.journal, &appending->tree, &fatal, &err))
        appending->size = appending->tree.size;
    return NULL;
}

static void a_backup_beside_the_appender_is_whole(void **state)
{
    (void)state;
    static struct appending appending;
    pthread_t thread;
    struct err err = {{0}};
    digest key;
    appending.opened = open_at(under("source"));
    assert_true(appending.opened.blobs->ops->put(appending.opened.blobs, S("a blob"), &key, &err));
    assert_int_equal(pthread_create(&thread, NULL, append_on, &appending), 0);
    for (int i = 0; i < 5; i++) {
        char name[32];
        uint64_t before = appending.size;
        snprintf(name, sizeof name, "backup-%d", i);
        if (!store_sqlite_backup(under("source"), under(name), &err))
            fail_msg("%s", err.text);
        struct stat stat_now;
        assert_int_equal(stat(under(name), &stat_now), 0);
        assert_int_equal(stat_now.st_mode & 0777, 0700);
        struct opened restored = open_at(under(name));
        struct merkle tree = {0};
        uint64_t size = whole_size(restored.journal);
        assert_true(size >= before);
        struct buf out;
        buf_init(&out, 100);
        assert_true(restored.blobs->ops->get(restored.blobs, key, &out, &err));
        buf_finish(&out);
        if (size == 0)
            fill(restored.journal, &tree, 5); // and work goes on from there
        close_both(restored);
    }
    appending.ended = true;
    pthread_join(thread, NULL);
    assert_int_equal(whole_size(appending.opened.journal), appending.tree.size);
    close_both(appending.opened);
}

static void a_backup_goes_nowhere_it_could_harm(void **state)
{
    (void)state;
    struct merkle tree = {0};
    struct err err = {{0}};
    struct opened opened = open_at(under("origin"));
    fill(opened.journal, &tree, 60);
    assert_int_equal(mkdir(under("taken"), 0700), 0);
    touch(under("taken/file"), "somebody's");
    assert_false(store_sqlite_backup(under("origin"), under("taken"), &err));
    assert_non_null(strstr(err.text, "taken"));
    assert_int_not_equal(access(under("taken.unfinished"), F_OK), 0);
    assert_int_equal(access(under("taken/file"), F_OK), 0);
    assert_int_equal(mkdir(under("empty"), 0700), 0);
    assert_true(store_sqlite_backup(under("origin"), under("empty"), &err));
    assert_false(store_sqlite_backup(under("origin"), "", &err));
    assert_false(store_sqlite_backup(under("nothing-here"), under("copy"), &err));
    assert_false(store_sqlite_backup(under("origin"), under("no/such/folder"), &err));
    close_both(opened);

    // A damaged source gives no backup that looks like one.
    struct stat stat_now;
    assert_int_equal(stat(under("origin/journal.db"), &stat_now), 0);
    assert_int_equal(truncate(under("origin/journal.db"), stat_now.st_size / 2 / 4096 * 4096), 0);
    assert_false(store_sqlite_backup(under("origin"), under("copy"), &err));
    assert_non_null(strstr(err.text, "journal.db"));
    assert_int_not_equal(access(under("copy"), F_OK), 0);
    assert_int_not_equal(access(under("copy.unfinished"), F_OK), 0);
}

int main(void)
{
    faulty_vfs_install();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_is_closed_to_other_users),
        cmocka_unit_test(a_second_owner_is_told_the_pid_of_the_first),
        cmocka_unit_test(what_we_execute_does_not_inherit_the_lock),
        cmocka_unit_test(a_directory_that_is_not_ours_alone_is_refused),
        cmocka_unit_test(missing_or_empty_files_of_a_store_are_not_made_anew),
        cmocka_unit_test(what_a_first_start_left_half_made_does_no_harm),
        cmocka_unit_test(others_may_read_beside_the_owner),
        cmocka_unit_test(a_first_start_that_fails_can_be_tried_again),
        cmocka_unit_test(a_removed_blob_leaves_no_byte_behind),
        cmocka_unit_test(the_log_stays_small_however_much_is_appended),
        cmocka_unit_test(a_backup_beside_the_appender_is_whole),
        cmocka_unit_test(a_backup_goes_nowhere_it_could_harm),
    };
    return cmocka_run_group_tests(tests, make, unmake);
}
