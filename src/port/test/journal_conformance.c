#include "port/test/journal_conformance.h"
#include "port/test/journal_lines.h"
#include "base/rng.h"
#include <inttypes.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static const struct journal_rig *rig;

struct opened {
    struct journal *journal;
    struct blobs *blobs;
};

static struct opened open_again(void)
{
    struct opened opened;
    struct err err = {0};
    if (!rig->open(rig->context, &opened.journal, &opened.blobs, &err))
        fail_msg("open: %s", err.text);
    return opened;
}

static struct opened open_fresh(void)
{
    rig->inject(rig->context, RIG_NO_FAULT, 0, 0);
    rig->wipe(rig->context);
    return open_again();
}

static void close_all(struct opened opened)
{
    opened.journal->ops->destroy(opened.journal);
    opened.blobs->ops->destroy(opened.blobs);
}

// ---- the journal --------------------------------------------------------------------------------

static void an_empty_journal_has_nothing(void **state)
{
    (void)state;
    struct opened opened = open_fresh();
    struct journal_snapshot snapshot;
    struct err err;
    bool found = true;
    assert_holds(opened.journal, 0);
    assert_true(opened.journal->ops->snapshot_get(opened.journal, digest_of(S("x")), UINT64_MAX,
                                                  &found, &snapshot, &err));
    assert_false(found);
    close_all(opened);
    opened = open_again();
    assert_holds(opened.journal, 0);
    close_all(opened);
}

static void lines_and_commits_outlive_the_store(void **state)
{
    (void)state;
    struct opened opened = open_fresh();
    uint64_t size = 0;
    for (int times = 0; times < 5; times++) {
        size = append_batches(opened.journal, size, 20);
        assert_holds(opened.journal, size);
        close_all(opened);
        opened = open_again();
        assert_holds(opened.journal, size);
    }
    close_all(opened);
}

static void ranges_begin_and_end_where_asked(void **state)
{
    (void)state;
    struct opened opened = open_fresh();
    uint64_t size = append_batches(opened.journal, 0, 40);
    for (uint64_t from = 0; from <= size + 2; from++) {
        uint64_t left = from < size ? size - from : 0;
        assert_int_equal(read_from(opened.journal, from, UINT64_MAX, 0), left);
        assert_int_equal(read_from(opened.journal, from, 0, 0), 0);
        assert_int_equal(read_from(opened.journal, from, 3, 0), left < 3 ? left : 3);
        assert_int_equal(read_from(opened.journal, from, 9, 2), left < 2 ? left : 2);
        assert_int_equal(leaves_from(opened.journal, from, UINT64_MAX, 0), left);
        assert_int_equal(leaves_from(opened.journal, from, 3, 0), left < 3 ? left : 3);
        assert_int_equal(leaves_from(opened.journal, from, 9, 2), left < 2 ? left : 2);
    }
    assert_int_equal(read_from(opened.journal, UINT64_MAX, UINT64_MAX, 0), 0);
    assert_int_equal(read_from(opened.journal, UINT64_C(1) << 63, UINT64_MAX, 0), 0);
    close_all(opened);
}

static bool first_size(void *context, const struct journal_commit *commit)
{
    *(uint64_t *)context = commit->size;
    return false;
}

static void commits_begin_after_the_size_asked(void **state)
{
    (void)state;
    struct opened opened = open_fresh();
    uint64_t size = append_batches(opened.journal, 0, 40);
    uint64_t boundary = 0;
    struct err err;
    for (uint64_t after = 0; after < size + 3; after++) {
        uint64_t next = boundary + batch_count(boundary), have = 0;
        if (after >= next) {
            boundary = next;
            next = boundary + batch_count(boundary);
        }
        assert_true(opened.journal->ops->commits(opened.journal, after, first_size, &have, &err));
        assert_int_equal(have, after < size ? next : 0);
    }
    assert_true(commits_from(opened.journal, 0, 1) == batch_count(0));
    uint64_t none = 0;
    assert_true(opened.journal->ops->commits(opened.journal, UINT64_MAX, first_size, &none, &err));
    assert_int_equal(none, 0);
    close_all(opened);
}

static bool same_bytes(void *context, uint64_t seq, str line)
{
    (void)seq;
    return str_is(line, *(const str *)context) ? (*(str *)context = (str){0}, true) : true;
}

static void a_line_is_bytes_whatever_they_are(void **state)
{
    (void)state;
    static char all[JOURNAL_LINE_MAX];
    for (size_t i = 0; i < sizeof all; i++)
        all[i] = (char)(i * 7 + i / 256);
    struct opened opened = open_fresh();
    str lines[] = {
        {all,        sizeof all},
        {NULL,       0         },
        {"a\0b",     3         },
        {"\xff\xfe", 2         }
    };
    struct journal_batch batch = {.lines = lines, .count = 4};
    struct err err;
    bool fatal = false;
    assert_true(opened.journal->ops->append(opened.journal, &batch, &fatal, &err));
    for (uint64_t seq = 0; seq < 4; seq++) {
        str want = lines[seq];
        assert_true(opened.journal->ops->read(opened.journal, seq, 1, same_bytes, &want, &err));
        assert_null(want.ptr);
    }
    close_all(opened);
}

// A visitor that asks the same journal for more, as far down as the lines go.
static bool read_deeper(void *context, uint64_t seq, str line)
{
    struct journal *journal = context;
    struct err err = {0};
    (void)line;
    assert_true(head_of(journal).size > seq);
    if (seq < 5)
        assert_true(journal->ops->read(journal, seq + 1, 1, read_deeper, journal, &err));
    return true;
}

static void a_visitor_may_ask_again(void **state)
{
    (void)state;
    struct opened opened = open_fresh();
    struct err err = {0};
    append_batches(opened.journal, 0, 10);
    assert_true(opened.journal->ops->read(opened.journal, 0, 1, read_deeper, opened.journal, &err));
    append_batches(opened.journal, head_of(opened.journal).size, 1);
    close_all(opened);
}

// ---- readers beside an appender -----------------------------------------------------------------

enum { READERS = 3, READ_BATCHES = 120 };

struct beside {
    struct journal *journal;
    atomic_bool ended;
    atomic_uint wrong, rounds;
};

static bool is_boundary(uint64_t size)
{
    uint64_t boundary = 0;
    while (boundary < size)
        boundary += batch_count(boundary);
    return boundary == size;
}

static void read_round(struct beside *beside, uint64_t *size)
{
    struct journal_commit head;
    struct err err;
    struct reading reading = {.next = *size};
    struct commit_reading commits = {.size = *size};
    struct journal *journal = beside->journal;
    if (!journal->ops->head(journal, &head, &err) ||
        !journal->ops->read(journal, *size, UINT64_MAX, read_line, &reading, &err) ||
        !journal->ops->commits(journal, *size, read_commit, &commits, &err) || reading.wrong ||
        commits.wrong || head.size < *size || reading.next < head.size ||
        !is_boundary(reading.next) || commits.size < reading.next)
        beside->wrong++;
    *size = reading.next;
    beside->rounds++;
}

static void *read_beside(void *context)
{
    struct beside *beside = context;
    uint64_t size = 0;
    do // at least once, however late this thread comes to run
        read_round(beside, &size);
    while (!beside->ended);
    read_round(beside, &size);
    if (head_of(beside->journal).size != size)
        beside->wrong++;
    return NULL;
}

static void readers_see_whole_commits_while_lines_are_appended(void **state)
{
    (void)state;
    struct opened opened = open_fresh();
    struct beside beside = {.journal = opened.journal};
    pthread_t readers[READERS];
    for (int i = 0; i < READERS; i++)
        assert_int_equal(pthread_create(&readers[i], NULL, read_beside, &beside), 0);
    uint64_t size = append_batches(opened.journal, 0, READ_BATCHES);
    while (beside.rounds < 5 * READERS) // on a busy machine the readers begin late
        size = append_batches(opened.journal, size, 1);
    beside.ended = true;
    for (int i = 0; i < READERS; i++)
        assert_int_equal(pthread_join(readers[i], NULL), 0);
    assert_int_equal(beside.wrong, 0);
    assert_holds(opened.journal, size);
    close_all(opened);
}

// ---- snapshots ----------------------------------------------------------------------------------

static void put_snapshot(struct journal *journal, uint64_t size, str layout, str bytes)
{
    struct journal_snapshot snapshot = {size, digest_of(layout), bytes};
    struct err err = {0};
    if (!journal->ops->snapshot_put(journal, &snapshot, &err))
        fail_msg("snapshot_put: %s", err.text);
}

// The size of the snapshot found, and its bytes are as wanted; UINT64_MAX when none was.
static uint64_t get_snapshot(struct journal *journal, str layout, uint64_t size_max, str want)
{
    struct journal_snapshot snapshot = {0};
    struct err err = {0};
    bool found = false;
    if (!journal->ops->snapshot_get(journal, digest_of(layout), size_max, &found, &snapshot, &err))
        fail_msg("snapshot_get: %s", err.text);
    if (!found)
        return UINT64_MAX;
    assert_true(str_is(snapshot.bytes, want));
    assert_true(digest_same(snapshot.layout, digest_of(layout)));
    free((char *)snapshot.bytes.ptr);
    return snapshot.size;
}

static void the_newest_snapshot_that_fits_is_found(void **state)
{
    (void)state;
    struct opened opened = open_fresh();
    struct journal *journal = opened.journal;
    uint64_t size = append_batches(journal, 0, 30);
    put_snapshot(journal, 10, S("layout"), S("ten"));
    assert_int_equal(get_snapshot(journal, S("other"), UINT64_MAX, S("")), UINT64_MAX);
    assert_int_equal(get_snapshot(journal, S("layout"), 9, S("")), UINT64_MAX);
    assert_int_equal(get_snapshot(journal, S("layout"), 10, S("ten")), 10);
    put_snapshot(journal, 20, S("layout"), S("twenty"));
    for (int times = 0; times < 2; times++) {
        assert_int_equal(get_snapshot(journal, S("layout"), UINT64_MAX, S("twenty")), 20);
        assert_int_equal(get_snapshot(journal, S("layout"), 19, S("ten")), 10);
        close_all(opened);
        opened = open_again();
        journal = opened.journal;
    }
    put_snapshot(journal, 20, S("layout"), S("again"));
    assert_int_equal(get_snapshot(journal, S("layout"), size, S("again")), 20);
    put_snapshot(journal, 25, S("other"), S(""));
    assert_int_equal(get_snapshot(journal, S("other"), size, S("")), 25);
    assert_int_equal(get_snapshot(journal, S("layout"), size, S("again")), 20);
    close_all(opened);
}

static void a_large_snapshot_comes_back(void **state)
{
    (void)state;
    struct opened opened = open_fresh();
    str bytes = {malloc(5000001), 5000001};
    assert_non_null(bytes.ptr);
    memset((char *)bytes.ptr, 's', bytes.len);
    uint64_t size = append_batches(opened.journal, 0, 2);
    put_snapshot(opened.journal, size, S("layout"), bytes);
    assert_int_equal(get_snapshot(opened.journal, S("layout"), size, bytes), size);
    free((char *)bytes.ptr);
    close_all(opened);
}

// ---- blobs --------------------------------------------------------------------------------------

static digest put_blob(struct blobs *blobs, const uint8_t *salt, str bytes)
{
    digest key;
    struct err err = {0};
    bool good = salt ? blobs->ops->put_salted(blobs, salt, bytes, &key, &err)
                     : blobs->ops->put(blobs, bytes, &key, &err);
    if (!good)
        fail_msg("put: %s", err.text);
    return key;
}

static bool blob_is(struct blobs *blobs, digest key, str want)
{
    struct buf out;
    struct err err = {0};
    buf_init(&out, BLOB_MAX);
    bool good = blobs->ops->get(blobs, key, &out, &err) && str_is(buf_str(&out), want);
    assert_true(good || err.text[0]);
    buf_finish(&out);
    return good;
}

static const uint8_t SALT[16] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};

static void a_blob_is_found_by_its_salted_digest(void **state)
{
    (void)state;
    struct opened opened = open_fresh();
    char salted[sizeof SALT + 5];
    memcpy(salted, SALT, sizeof SALT);
    memcpy(salted + sizeof SALT, "hello", 5);
    digest key = put_blob(opened.blobs, SALT, S("hello"));
    assert_true(digest_same(key, digest_of((str){salted, sizeof salted})));
    assert_true(digest_same(key, put_blob(opened.blobs, SALT, S("hello"))));
    digest one = put_blob(opened.blobs, NULL, S("hello"));
    digest two = put_blob(opened.blobs, NULL, S("hello"));
    digest empty = put_blob(opened.blobs, NULL, S(""));
    assert_false(digest_same(one, two) || digest_same(one, key));
    for (int times = 0; times < 2; times++) {
        assert_true(blob_is(opened.blobs, key, S("hello")));
        assert_true(blob_is(opened.blobs, one, S("hello")));
        assert_true(blob_is(opened.blobs, two, S("hello")));
        assert_true(blob_is(opened.blobs, empty, S("")));
        close_all(opened);
        opened = open_again();
    }
    close_all(opened);
}

static void a_removed_blob_is_gone(void **state)
{
    (void)state;
    struct opened opened = open_fresh();
    digest keys[100];
    struct err err;
    for (int i = 0; i < 100; i++)
        keys[i] = put_blob(opened.blobs, NULL, (str){(const char *)&i, sizeof i});
    for (int i = 0; i < 100; i += 2)
        assert_true(opened.blobs->ops->remove(opened.blobs, keys[i], &err));
    assert_true(opened.blobs->ops->remove(opened.blobs, keys[0], &err)); // absent is fine
    for (int times = 0; times < 2; times++) {
        for (int i = 0; i < 100; i++)
            assert_int_equal(blob_is(opened.blobs, keys[i], (str){(const char *)&i, sizeof i}),
                             i % 2);
        close_all(opened);
        opened = open_again();
    }
    close_all(opened);
}

static void the_largest_blob_fits_and_no_larger(void **state)
{
    (void)state;
    struct opened opened = open_fresh();
    char *bytes = malloc(BLOB_MAX + 1);
    assert_non_null(bytes);
    memset(bytes, 'b', BLOB_MAX + 1);
    digest key = put_blob(opened.blobs, NULL, (str){bytes, BLOB_MAX});
    assert_true(blob_is(opened.blobs, key, (str){bytes, BLOB_MAX}));
    struct err err = {0};
    assert_false(opened.blobs->ops->put(opened.blobs, (str){bytes, BLOB_MAX + 1}, &key, &err));
    assert_non_null(strstr(err.text, "16777217"));
    free(bytes);
    close_all(opened);
}

static void many_blobs_are_put_all_or_none(void **state)
{
    (void)state;
    enum { MANY = 50 };
    struct opened opened = open_fresh();
    struct blob_put puts[MANY] = {
        {{0}, {0}, {{0}}}
    };
    char contents[MANY][200];
    struct err err = {0};
    for (int i = 0; i < MANY; i++) {
        memset(contents[i], i, sizeof contents[i]);
        puts[i].salt[0] = (uint8_t)i;
        puts[i].bytes = (str){contents[i], sizeof contents[i] - (size_t)i};
    }
    puts[7] = puts[6]; // the same twice is one content
    struct blob_put larger = {
        .bytes = {contents[0], (size_t)BLOB_MAX + 1}
    };
    struct blob_put with_larger[] = {puts[0], larger, puts[1]};
    assert_false(opened.blobs->ops->put_many(opened.blobs, with_larger, 3, &err));
    assert_false(blob_is(opened.blobs, with_larger[0].key, puts[0].bytes));
    if (!opened.blobs->ops->put_many(opened.blobs, puts, MANY, &err))
        fail_msg("put_many: %s", err.text);
    assert_true(digest_same(puts[0].key, put_blob(opened.blobs, puts[0].salt, puts[0].bytes)));
    for (int i = 0; i < MANY; i++)
        assert_true(blob_is(opened.blobs, puts[i].key, puts[i].bytes));
    assert_true(opened.blobs->ops->put_many(opened.blobs, NULL, 0, &err));
    close_all(opened);
}

enum { PUTTERS = 4, PUTS = 25 };

static void *put_beside(void *context)
{
    struct blobs *blobs = context;
    uintptr_t wrong = 0;
    for (uint32_t i = 0; i < PUTS; i++) {
        char bytes[400];
        struct err err;
        digest key;
        memset(bytes, (int)i, sizeof bytes);
        str want = {bytes, 100 + i};
        if (!blobs->ops->put(blobs, want, &key, &err) || !blob_is(blobs, key, want))
            wrong++;
        if (i % 5 == 4 && (!blobs->ops->remove(blobs, key, &err) || blob_is(blobs, key, want)))
            wrong++;
    }
    return (void *)wrong;
}

static void many_threads_put_blobs_beside_the_appender(void **state)
{
    (void)state;
    struct opened opened = open_fresh();
    pthread_t putters[PUTTERS];
    void *wrong;
    for (int i = 0; i < PUTTERS; i++)
        assert_int_equal(pthread_create(&putters[i], NULL, put_beside, opened.blobs), 0);
    uint64_t size = append_batches(opened.journal, 0, 30);
    for (int i = 0; i < PUTTERS; i++) {
        assert_int_equal(pthread_join(putters[i], &wrong), 0);
        assert_null(wrong);
    }
    assert_holds(opened.journal, size);
    close_all(opened);
}

// ---- faults -------------------------------------------------------------------------------------

enum { FAULT_BATCHES = 10, TRIES_MAX = 200 };

// Appends the batch at seq, again and again while the disk is full.
static void append_until_kept(struct journal *journal, uint64_t seq)
{
    for (int tries = 0; tries < TRIES_MAX; tries++) {
        struct err err = {0};
        bool fatal = false;
        if (append_at(journal, seq, &fatal, &err))
            return;
        assert_false(fatal);
        assert_true(strlen(err.text) > 10);
        assert_int_equal(head_of(journal).size, seq);
        assert_int_equal(read_from(journal, seq, UINT64_MAX, 0), 0);
    }
    fail_msg("append at %" PRIu64 " never went well again", seq);
}

static digest put_until_kept(struct blobs *blobs, str bytes)
{
    for (int tries = 0; tries < TRIES_MAX; tries++) {
        struct err err = {0};
        digest key;
        if (blobs->ops->put_salted(blobs, SALT, bytes, &key, &err))
            return key;
        assert_true(strlen(err.text) > 10);
    }
    fail_msg("put never went well again");
    return (digest){{0}};
}

static void snapshot_until_kept(struct journal *journal, uint64_t size)
{
    struct journal_snapshot snapshot = {size, digest_of(S("layout")), S("state")};
    struct err err = {0};
    for (int tries = 0; tries < TRIES_MAX; tries++)
        if (journal->ops->snapshot_put(journal, &snapshot, &err))
            return;
    fail_msg("snapshot_put never went well again: %s", err.text);
}

// One run in which `count` writes fail from the n-th on; true when that many were reached.
static bool full_disk_run(uint64_t n, uint64_t count)
{
    struct opened opened = open_fresh();
    uint64_t size = 0;
    digest key = {{0}};
    rig->inject(rig->context, RIG_DISK_FULL, n, count);
    for (uint32_t i = 0; i < FAULT_BATCHES; i++) {
        append_until_kept(opened.journal, size);
        size += batch_count(size);
        if (i == 3)
            key = put_until_kept(opened.blobs, S("a blob"));
        if (i == 6)
            snapshot_until_kept(opened.journal, size);
    }
    bool reached = rig->has_struck(rig->context);
    rig->inject(rig->context, RIG_NO_FAULT, 0, 0);
    for (int times = 0; times < 2; times++) {
        assert_holds(opened.journal, size);
        assert_true(blob_is(opened.blobs, key, S("a blob")));
        assert_true(get_snapshot(opened.journal, S("layout"), size, S("state")) < size);
        close_all(opened);
        opened = open_again();
    }
    close_all(opened);
    return reached;
}

static void whichever_write_finds_the_disk_full_the_content_is_the_same(void **state)
{
    (void)state;
    uint64_t runs = 0;
    for (uint64_t n = 1; full_disk_run(n, 1); n += rig->fail_step)
        runs++;
    assert_true(runs >= 10);
}

static void work_resumes_after_the_disk_was_full_for_a_while(void **state)
{
    (void)state;
    for (uint64_t n = 1; n < 12; n += 3)
        assert_true(full_disk_run(n, 30));
}

// A batch that no cache holds: the store has written a part of it when the disk is found full.
static bool large_batch_run(uint64_t n)
{
    enum { LARGE = 48 };
    static char bytes[JOURNAL_LINE_MAX];
    str lines[LARGE];
    for (size_t i = 0; i < LARGE; i++)
        lines[i] = (str){bytes, sizeof bytes - i};
    memset(bytes, 'L', sizeof bytes);
    struct opened opened = open_fresh();
    uint64_t size = append_batches(opened.journal, 0, 1);
    struct journal_batch batch = {.first_seq = size, .lines = lines, .count = LARGE};
    struct err err = {0};
    bool fatal = false;
    rig->inject(rig->context, RIG_DISK_FULL, n, 1);
    bool good = opened.journal->ops->append(opened.journal, &batch, &fatal, &err);
    bool reached = rig->has_struck(rig->context);
    rig->inject(rig->context, RIG_NO_FAULT, 0, 0);
    assert_false(fatal);
    assert_int_equal(good, !reached);
    if (!good)
        assert_holds(opened.journal, size);
    // Another batch than the one that failed may come: nothing of the first is in the way.
    if (!good)
        size = append_batches(opened.journal, size, 1);
    assert_int_equal(head_of(opened.journal).size, good ? size + LARGE : size);
    close_all(opened);
    return reached;
}

static void a_large_batch_is_kept_whole_or_not_at_all(void **state)
{
    (void)state;
    for (uint64_t n = 1; large_batch_run(n); n *= 2)
        continue;
}

// A failed fsync: the process ends there. After it, what was acknowledged is whole and the batch
// in flight is there whole or not at all; then work goes on.
static bool failed_fsync_run(uint64_t n)
{
    struct opened opened = open_fresh();
    uint64_t size = 0;
    bool fatal = false;
    struct err err = {0};
    rig->inject(rig->context, RIG_FSYNC_FAILS, n, 1);
    for (uint32_t i = 0; i < FAULT_BATCHES && append_at(opened.journal, size, &fatal, &err); i++)
        size += batch_count(size);
    bool reached = rig->has_struck(rig->context);
    assert_int_equal(reached, fatal);
    if (reached) {
        bool still = false;
        assert_true(strlen(err.text) > 10);
        assert_false(append_at(opened.journal, size, &still, &err)); // not even a try
        assert_true(still);
    }
    close_all(opened);
    rig->inject(rig->context, RIG_NO_FAULT, 0, 0);
    opened = open_again();
    uint64_t have = head_of(opened.journal).size;
    assert_true(have == size || (reached && have == size + batch_count(size)));
    assert_holds(opened.journal, have);
    have = append_batches(opened.journal, have, 3);
    assert_holds(opened.journal, have);
    close_all(opened);
    return reached;
}

static void a_failed_fsync_is_fatal_and_loses_nothing_acknowledged(void **state)
{
    (void)state;
    uint64_t runs = 0;
    for (uint64_t n = 1; failed_fsync_run(n); n++)
        runs++;
    assert_true(runs >= 5);
}

int journal_conformance(const char *name, const struct journal_rig *given)
{
    rig = given;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_journal_has_nothing),
        cmocka_unit_test(lines_and_commits_outlive_the_store),
        cmocka_unit_test(ranges_begin_and_end_where_asked),
        cmocka_unit_test(commits_begin_after_the_size_asked),
        cmocka_unit_test(a_line_is_bytes_whatever_they_are),
        cmocka_unit_test(a_visitor_may_ask_again),
        cmocka_unit_test(readers_see_whole_commits_while_lines_are_appended),
        cmocka_unit_test(the_newest_snapshot_that_fits_is_found),
        cmocka_unit_test(a_large_snapshot_comes_back),
        cmocka_unit_test(a_blob_is_found_by_its_salted_digest),
        cmocka_unit_test(a_removed_blob_is_gone),
        cmocka_unit_test(the_largest_blob_fits_and_no_larger),
        cmocka_unit_test(many_blobs_are_put_all_or_none),
        cmocka_unit_test(many_threads_put_blobs_beside_the_appender),
        cmocka_unit_test(whichever_write_finds_the_disk_full_the_content_is_the_same),
        cmocka_unit_test(a_large_batch_is_kept_whole_or_not_at_all),
        cmocka_unit_test(work_resumes_after_the_disk_was_full_for_a_while),
        cmocka_unit_test(a_failed_fsync_is_fatal_and_loses_nothing_acknowledged),
    };
    return cmocka_run_group_tests_name(name, tests, NULL, NULL);
}
