// A journal is replayed as it was written, and whatever is altered behind its back is named.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "chronicle.h"
#include "turn/verify.h"

static bool verified(struct journal *journal, digest *ret_state, struct err *err)
{
    struct cloud cloud;
    struct merkle tree = {0};
    struct verify verify;
    cloud_init(&cloud);
    verify_init(&verify, &cloud, &tree);
    bool good = verify_journal(&verify, journal, err) && verify_end(&verify, err);
    *ret_state = cloud_hash(&cloud);
    verify_finish(&verify);
    cloud_finish(&cloud);
    return good;
}

static bool loaded(struct journal *journal, struct err *err)
{
    struct turn turn;
    turn_init(&turn, journal, (struct turn_release){0});
    bool good = turn_load(&turn, true, err);
    turn_finish(&turn);
    return good;
}

// Neither a verify nor a start takes it, and both say the same.
static void assert_says(struct chronicle *chronicle, const char *want)
{
    struct err err = {0}, again = {0};
    digest hash;
    assert_false(verified(chronicle->journal, &hash, &err));
    assert_false(loaded(chronicle->journal, &again));
    if (!strstr(err.text, want) || !strstr(again.text, want))
        fail_msg("want '%s', got '%s' and '%s'", want, err.text, again.text);
}

struct kept {
    char text[JOURNAL_LINE_MAX];
    size_t len;
};

static bool keep_line(void *context, uint64_t seq, str line)
{
    struct kept *kept = context;
    (void)seq;
    memcpy(kept->text, line.ptr, line.len);
    kept->len = line.len;
    return false;
}

static str line_at(struct chronicle *chronicle, uint64_t seq, struct kept *kept)
{
    struct err err;
    assert_true(chronicle->journal->ops->read(chronicle->journal, seq, 1, keep_line, kept, &err));
    return (str){kept->text, kept->len};
}

static void a_journal_as_written_gives_its_state(void **state)
{
    (void)state;
    static struct chronicle chronicle;
    struct err err = {0};
    digest hash;
    chronicle_write(&chronicle);
    if (!verified(chronicle.journal, &hash, &err))
        fail_msg("%s", err.text);
    assert_true(digest_same(hash, cloud_hash(&chronicle.turn.cloud)));
    assert_true(loaded(chronicle.journal, &err));
    chronicle_finish(&chronicle);
}

// Every line, at bytes all over it, one bit: always found before it is applied, always by number,
// also in a commit of many lines and where the line is no JSON any more.
static void an_altered_line_is_named_by_its_number(void **state)
{
    (void)state;
    static struct chronicle chronicle;
    static struct kept kept, original;
    chronicle_write(&chronicle);
    uint64_t size = turn_size(&chronicle.turn);
    assert_true(size > 20);
    for (uint64_t seq = 0; seq < size; seq++) {
        str line = line_at(&chronicle, seq, &original);
        for (size_t at = seq % 5; at < line.len; at += 23) {
            char want[64];
            kept = original;
            kept.text[at] ^= (char)(1 << (at + seq) % 7);
            memory_disk_alter_line(chronicle.disk, seq, (str){kept.text, kept.len});
            snprintf(want, sizeof want, "line %u was altered", (unsigned)seq);
            assert_says(&chronicle, want);
        }
        memory_disk_alter_line(chronicle.disk, seq, line);
    }
    struct err err;
    assert_true(loaded(chronicle.journal, &err));
    chronicle_finish(&chronicle);
}

// A longer amount, a shorter name, another order of two lines: still lines, still named.
static void lines_changed_for_other_lines_are_named(void **state)
{
    (void)state;
    static struct chronicle chronicle;
    static struct kept first, second;
    chronicle_write(&chronicle);
    uint64_t size = turn_size(&chronicle.turn), seq = size - 12;
    str one = line_at(&chronicle, seq, &first), two = line_at(&chronicle, seq + 1, &second);
    memory_disk_alter_line(chronicle.disk, seq, two);
    memory_disk_alter_line(chronicle.disk, seq + 1, one);
    char want[64];
    snprintf(want, sizeof want, "line %u was altered", (unsigned)seq);
    assert_says(&chronicle, want);
    // With their leaves moved too, it is what they say of themselves that tells.
    memory_disk_alter_leaf(chronicle.disk, seq, merkle_leaf(two));
    memory_disk_alter_leaf(chronicle.disk, seq + 1, merkle_leaf(one));
    snprintf(want, sizeof want, "line %u says it is event %u", (unsigned)seq, (unsigned)seq + 1);
    assert_says(&chronicle, want);
    chronicle_finish(&chronicle);
}

static void an_altered_leaf_is_told_from_an_altered_line(void **state)
{
    (void)state;
    static struct chronicle chronicle;
    chronicle_write(&chronicle);
    memory_disk_alter_leaf(chronicle.disk, 5, digest_of(S("another")));
    assert_says(&chronicle, "line 5 is as it was committed, but the leaf");
    memory_disk_alter_leaf(chronicle.disk, 5, (digest){{0}}); // none kept: nothing to compare with
    struct err err;
    assert_true(loaded(chronicle.journal, &err));
    chronicle_finish(&chronicle);
}

// A line changed together with its leaf: only the root tells, and it knows the commit.
static void what_fits_no_root_is_named_by_its_commit(void **state)
{
    (void)state;
    static struct chronicle chronicle;
    static struct kept kept;
    chronicle_write(&chronicle);
    uint64_t size = turn_size(&chronicle.turn), seq = 0;
    str line = {0};
    char *place = NULL;
    while (seq < size && !place) {
        line = line_at(&chronicle, seq++, &kept);
        kept.text[kept.len] = 0;
        place = strstr(kept.text, "Acme 7");
    }
    assert_non_null(place);
    seq--;
    place[5] = '8';
    memory_disk_alter_line(chronicle.disk, seq, line);
    memory_disk_alter_leaf(chronicle.disk, seq, merkle_leaf(line));
    assert_says(&chronicle, "its root is not that of its lines");
    memory_disk_alter_leaf(chronicle.disk, seq, (digest){{0}});
    assert_says(&chronicle, "was altered: together they do not give the root");
    place[5] = '7';
    memory_disk_alter_line(chronicle.disk, seq, line);
    struct err err;
    assert_true(loaded(chronicle.journal, &err));
    memory_disk_alter_root(chronicle.disk, size - 1, digest_of(S("another")));
    assert_says(&chronicle, "its root is not that of its lines");
    chronicle_finish(&chronicle);
}

// Fed by hand, as from a file: what is missing.
static void missing_lines_and_commits_are_found(void **state)
{
    (void)state;
    static struct chronicle chronicle;
    static struct kept kept;
    struct cloud cloud;
    struct merkle tree = {0};
    struct verify verify;
    struct err err = {0};
    chronicle_write(&chronicle);
    cloud_init(&cloud);
    verify_init(&verify, &cloud, &tree);
    assert_true(verify_line(&verify, line_at(&chronicle, 0, &kept), NULL, &err));
    assert_false(verify_line(&verify, line_at(&chronicle, 2, &kept), NULL, &err));
    assert_non_null(strstr(err.text, "line 1 says it is event 2"));
    assert_false(verify_end(&verify, &err));
    assert_non_null(strstr(err.text, "have no commit"));
    struct journal_commit commit = {.size = 2};
    assert_false(verify_commit(&verify, &commit, &err));
    assert_non_null(strstr(err.text, "a commit says 2 lines, but there are 1"));
    assert_int_equal(cloud_next_seq(&cloud), 0); // nothing was applied
    verify_finish(&verify);
    cloud_finish(&cloud);
    chronicle_finish(&chronicle);
}

// A snapshot that was altered is put aside; lines behind a good one are held to their roots.
static void an_altered_snapshot_is_put_aside(void **state)
{
    (void)state;
    static struct chronicle chronicle;
    struct buf bytes;
    struct err err = {0};
    digest hash;
    chronicle_write(&chronicle);
    buf_init(&bytes, 1 << 24);
    turn_snapshot(&chronicle.turn, &bytes);
    bytes.ptr[20] ^= 1; // in the tree's peaks
    struct journal_snapshot snapshot = {turn_size(&chronicle.turn), cloud_layout(),
                                        buf_str(&bytes)};
    assert_true(chronicle.journal->ops->snapshot_put(chronicle.journal, &snapshot, &err));
    assert_true(loaded(chronicle.journal, &err));
    bytes.ptr[20] ^= 1;
    assert_true(chronicle.journal->ops->snapshot_put(chronicle.journal, &snapshot, &err));
    chronicle_account(&chronicle, 99);
    chronicle_commit(&chronicle);
    struct turn turn;
    turn_init(&turn, chronicle.journal, (struct turn_release){0});
    assert_true(turn_load(&turn, true, &err));
    hash = cloud_hash(&chronicle.turn.cloud);
    assert_true(digest_same(hash, cloud_hash(&turn.cloud)));
    turn_finish(&turn);
    memory_disk_alter_line(chronicle.disk, snapshot.size, S("{}"));
    assert_false(loaded(chronicle.journal, &err));
    assert_non_null(strstr(err.text, "was altered"));
    buf_finish(&bytes);
    chronicle_finish(&chronicle);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_journal_as_written_gives_its_state),
        cmocka_unit_test(an_altered_line_is_named_by_its_number),
        cmocka_unit_test(lines_changed_for_other_lines_are_named),
        cmocka_unit_test(an_altered_leaf_is_told_from_an_altered_line),
        cmocka_unit_test(what_fits_no_root_is_named_by_its_commit),
        cmocka_unit_test(missing_lines_and_commits_are_found),
        cmocka_unit_test(an_altered_snapshot_is_put_aside),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
