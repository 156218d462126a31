// What a damaged file gives: a fault that names it and says what to do, never a crash, and never
// other lines that the roots would fit.
#include "store/sqlite/store_sqlite.h"
#include "base/rng.h"
#include "proof/merkle.h"
#include "sample.h"
#include "scratch.h"
#include <fcntl.h>
#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

enum { BATCHES = 20, PAGE = 4096, FLIPS = 180 };

static struct scratch scratch;
static char *whole; // journal.db as it was closed
static size_t whole_size;
static uint64_t lines_kept;

static const char *path_of(const char *name)
{
    static char path[SCRATCH_PATH_MAX + 64];
    snprintf(path, sizeof path, "%s/%s", scratch.path, name);
    return path;
}

static char *file_get(const char *name, size_t *ret_size)
{
    struct stat stat_now;
    int descriptor = open(path_of(name), O_RDONLY);
    assert_true(descriptor >= 0 && fstat(descriptor, &stat_now) == 0);
    *ret_size = (size_t)stat_now.st_size;
    char *bytes = malloc(*ret_size + 1);
    assert_int_equal(read(descriptor, bytes, *ret_size), *ret_size);
    close(descriptor);
    return bytes;
}

static void file_set(const char *name, const char *bytes, size_t size)
{
    int descriptor = open(path_of(name), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(descriptor >= 0);
    assert_int_equal(write(descriptor, bytes, size), size);
    close(descriptor);
}

static void close_both(struct journal *journal, struct blobs *blobs)
{
    journal->ops->destroy(journal);
    blobs->ops->destroy(blobs);
}

static int sample_make(void **state)
{
    (void)state;
    struct journal *journal;
    struct blobs *blobs;
    struct merkle tree = {0};
    struct err err = {0};
    bool fatal;
    digest key;
    scratch_make(&scratch);
    if (!store_sqlite_open(scratch.path, STORE_OWN, &journal, &blobs, &err))
        fail_msg("%s", err.text);
    for (int i = 0; i < BATCHES; i++)
        assert_true(sample_append(journal, &tree, &fatal, &err));
    for (int i = 0; i < 200; i++)
        assert_true(blobs->ops->put(blobs, (str){scratch.path, 30}, &key, &err));
    lines_kept = tree.size;
    close_both(journal, blobs);
    whole = file_get("journal.db", &whole_size);
    return 0;
}

static int sample_unmake(void **state)
{
    (void)state;
    free(whole);
    scratch_remove(&scratch);
    return 0;
}

// Opens what is there now and looks at all of it.
static enum sample_found open_and_look(struct err *err)
{
    struct journal *journal;
    struct blobs *blobs;
    uint64_t size = 0;
    *err = (struct err){{0}};
    if (!store_sqlite_open(scratch.path, STORE_OWN, &journal, &blobs, err))
        return SAMPLE_FAULT;
    enum sample_found found = sample_look(journal, &size, err);
    if (found == SAMPLE_WHOLE && size != lines_kept)
        found = SAMPLE_ALTERED; // shorter, and all the rest true: nobody could tell
    close_both(journal, blobs);
    return found;
}

static void assert_fault_helps(const struct err *err)
{
    if (!strstr(err->text, "journal.db") || !strstr(err->text, "damaged") ||
        !strstr(err->text, "backup"))
        fail_msg("does not say which file and what to do: %s", err->text);
}

static void the_untouched_file_is_whole(void **state)
{
    (void)state;
    struct err err;
    assert_int_equal(open_and_look(&err), SAMPLE_WHOLE);
}

static void a_file_cut_short_is_a_fault(void **state)
{
    (void)state;
    static const size_t beside[] = {0, 1, 100, 2000};
    for (size_t page = 0; page < whole_size / PAGE; page++)
        for (size_t i = 0; i < sizeof beside / sizeof *beside; i++) {
            struct err err;
            file_set("journal.db", whole, page * PAGE + beside[i]);
            assert_int_equal(open_and_look(&err), SAMPLE_FAULT);
            assert_fault_helps(&err);
        }
    file_set("journal.db", whole, whole_size);
}

static void a_page_of_garbage_is_never_taken_for_lines(void **state)
{
    (void)state;
    struct rng rng = {.state = 4096};
    char *torn = malloc(whole_size);
    assert_non_null(torn);
    uint32_t faults = 0;
    for (size_t page = 0; page < whole_size / PAGE; page++) {
        struct err err;
        memcpy(torn, whole, whole_size);
        for (size_t i = 0; i < PAGE; i++)
            torn[page * PAGE + i] = (char)rng_next(&rng);
        file_set("journal.db", torn, whole_size);
        enum sample_found found = open_and_look(&err);
        assert_int_not_equal(found, SAMPLE_WHOLE);
        if (found == SAMPLE_FAULT) {
            assert_fault_helps(&err);
            faults++;
        }
    }
    assert_true(faults > whole_size / PAGE / 2); // the others hold the inside of long lines
    free(torn);
    file_set("journal.db", whole, whole_size);
}

static void a_page_written_by_half_is_never_taken_for_lines(void **state)
{
    (void)state;
    char *torn = malloc(whole_size);
    assert_non_null(torn);
    for (size_t page = 1; page < whole_size / PAGE; page++) {
        struct err err;
        memcpy(torn, whole, whole_size);
        memset(torn + page * PAGE + PAGE / 2, 0, PAGE / 2);
        if (memcmp(torn, whole, whole_size) == 0)
            continue;
        file_set("journal.db", torn, whole_size);
        if (open_and_look(&err) == SAMPLE_FAULT)
            assert_fault_helps(&err);
    }
    free(torn);
    file_set("journal.db", whole, whole_size);
}

static void a_flipped_bit_is_found_or_harmless(void **state)
{
    (void)state;
    struct rng rng = {.state = 1};
    char *flipped = malloc(whole_size);
    assert_non_null(flipped);
    memcpy(flipped, whole, whole_size);
    for (int i = 0; i < FLIPS; i++) {
        struct err err;
        size_t at = (size_t)rng_below(&rng, (int64_t)whole_size);
        if (i < 100)
            at = (size_t)i; // the whole header
        flipped[at] ^= (char)(1 << rng_below(&rng, 8));
        file_set("journal.db", flipped, whole_size);
        (void)open_and_look(&err); // any answer but a crash; sample_look has compared the lines
        flipped[at] = whole[at];
    }
    free(flipped);
    file_set("journal.db", whole, whole_size);
}

static void a_line_altered_by_hand_does_not_fit_the_roots(void **state)
{
    (void)state;
    char *altered = malloc(whole_size);
    struct err err;
    assert_non_null(altered);
    memcpy(altered, whole, whole_size);
    char *at = memmem(altered, whole_size, "\"seq\":17,", 9);
    assert_non_null(at);
    at[7] = '8';
    file_set("journal.db", altered, whole_size);
    assert_int_equal(open_and_look(&err), SAMPLE_ALTERED);
    free(altered);
    file_set("journal.db", whole, whole_size);
}

// Sound for SQLite, but not what was appended.
static void missing_rows_are_a_fault(void **state)
{
    (void)state;
    static const char *const harms[] = {
        "DELETE FROM lines WHERE seq = 0",
        "DELETE FROM lines WHERE seq = 20",
        "DELETE FROM lines WHERE seq = (SELECT max(seq) FROM lines)",
        "DELETE FROM lines",
        "DELETE FROM commits WHERE size = (SELECT max(size) FROM commits)",
        "DELETE FROM commits",
        "UPDATE commits SET root = x'00'",
        "DROP TABLE lines",
        "INSERT INTO lines VALUES(1000000, 'more', NULL)",
    };
    for (size_t i = 0; i < sizeof harms / sizeof *harms; i++) {
        sqlite3 *database;
        struct err err;
        assert_int_equal(sqlite3_open(path_of("journal.db"), &database), SQLITE_OK);
        assert_int_equal(sqlite3_exec(database, harms[i], NULL, NULL, NULL), SQLITE_OK);
        assert_int_equal(sqlite3_close(database), SQLITE_OK);
        assert_int_equal(open_and_look(&err), SAMPLE_FAULT);
        assert_non_null(strstr(err.text, "journal.db"));
        file_set("journal.db", whole, whole_size);
    }
}

static void damaged_blobs_are_a_fault_that_names_their_file(void **state)
{
    (void)state;
    struct err err;
    size_t size;
    char *bytes = file_get("blobs.db", &size);
    file_set("blobs.db", bytes, size / 2);
    assert_int_equal(open_and_look(&err), SAMPLE_FAULT);
    assert_non_null(strstr(err.text, "blobs.db"));
    assert_non_null(strstr(err.text, "backup"));
    file_set("blobs.db", bytes, size);
    assert_int_equal(open_and_look(&err), SAMPLE_WHOLE);
    free(bytes);
}

static void an_altered_blob_is_not_given(void **state)
{
    (void)state;
    struct journal *journal;
    struct blobs *blobs;
    struct err err = {{0}};
    struct buf out;
    size_t size;
    digest key;
    assert_true(store_sqlite_open(scratch.path, STORE_OWN, &journal, &blobs, &err));
    assert_true(blobs->ops->put(blobs, S("the marked content"), &key, &err));
    close_both(journal, blobs);
    char *bytes = file_get("blobs.db", &size), *at = memmem(bytes, size, "the marked", 10);
    assert_non_null(at);
    at[4] = 'M';
    file_set("blobs.db", bytes, size);
    free(bytes);
    assert_true(store_sqlite_open(scratch.path, STORE_OWN, &journal, &blobs, &err));
    buf_init(&out, BLOB_MAX);
    assert_false(blobs->ops->get(blobs, key, &out, &err));
    assert_int_equal(out.len, 0);
    assert_non_null(strstr(err.text, "blobs.db"));
    buf_finish(&out);
    close_both(journal, blobs);
}

// The size of the newest snapshot found, 0 for none.
static uint64_t newest_snapshot(struct journal *journal)
{
    struct journal_snapshot snapshot = {0};
    struct err err;
    bool found = false;
    assert_true(journal->ops->snapshot_get(journal, digest_of(S("l")), UINT64_MAX, &found,
                                           &snapshot, &err));
    if (found)
        assert_true(str_is(snapshot.bytes, S("state")));
    free((char *)snapshot.bytes.ptr);
    return snapshot.size;
}

static void a_damaged_snapshot_is_passed_over(void **state)
{
    (void)state;
    struct journal *journal;
    struct blobs *blobs;
    struct err err = {{0}};
    size_t size;
    assert_true(store_sqlite_open(scratch.path, STORE_OWN, &journal, &blobs, &err));
    for (uint64_t i = 1; i <= 4; i++) {
        struct journal_snapshot put = {i * 10, digest_of(S("l")), S("state")};
        assert_true(journal->ops->snapshot_put(journal, &put, &err));
    }
    assert_int_not_equal(access(path_of("snapshots/20.snap"), F_OK), 0); // the last two are kept
    char *bytes = file_get("snapshots/40.snap", &size);
    assert_int_equal(newest_snapshot(journal), 40);
    for (size_t at = 0; at < size; at++) {
        bytes[at] ^= 0x10;
        file_set("snapshots/40.snap", bytes, size);
        assert_int_equal(newest_snapshot(journal), 30);
        bytes[at] ^= 0x10;
        file_set("snapshots/40.snap", bytes, at);
        assert_int_equal(newest_snapshot(journal), 30);
    }
    file_set("snapshots/40.snap", bytes, size);
    assert_int_equal(newest_snapshot(journal), 40);
    free(bytes);
    close_both(journal, blobs);
}

static void a_snapshot_beyond_the_journal_is_removed(void **state)
{
    (void)state;
    struct journal *journal;
    struct blobs *blobs;
    struct err err = {{0}};
    assert_true(store_sqlite_open(scratch.path, STORE_OWN, &journal, &blobs, &err));
    struct journal_snapshot put = {lines_kept + 1, digest_of(S("l")), S("state")};
    assert_true(journal->ops->snapshot_put(journal, &put, &err));
    assert_int_equal(newest_snapshot(journal), lines_kept + 1);
    close_both(journal, blobs);
    assert_true(store_sqlite_open(scratch.path, STORE_OWN, &journal, &blobs, &err));
    assert_true(newest_snapshot(journal) <= lines_kept);
    close_both(journal, blobs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_untouched_file_is_whole),
        cmocka_unit_test(a_file_cut_short_is_a_fault),
        cmocka_unit_test(a_page_of_garbage_is_never_taken_for_lines),
        cmocka_unit_test(a_page_written_by_half_is_never_taken_for_lines),
        cmocka_unit_test(a_flipped_bit_is_found_or_harmless),
        cmocka_unit_test(a_line_altered_by_hand_does_not_fit_the_roots),
        cmocka_unit_test(missing_rows_are_a_fault),
        cmocka_unit_test(damaged_blobs_are_a_fault_that_names_their_file),
        cmocka_unit_test(an_altered_blob_is_not_given),
        cmocka_unit_test(a_damaged_snapshot_is_passed_over),
        cmocka_unit_test(a_snapshot_beyond_the_journal_is_removed),
    };
    return cmocka_run_group_tests(tests, sample_make, sample_unmake);
}
