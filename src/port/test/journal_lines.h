// journal_lines.h - a journal whose every line, leaf, root and time follows from its number.
//
// So a test that finds a journal again knows what must be in it without having kept anything.
//
//   Owner      nobody: functions of numbers
//   Invariant  the same number gives the same bytes
//   Refusal    none
//   Fault      a journal that holds anything else fails the test that asks
#pragma once
#include "base/must.h"
#include "base/rng.h"
#include "port/journal.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <inttypes.h>

enum { BATCH_MAX = 40 };

// Mostly short lines, some that need more than a page, a few of the largest size.
static inline str line_of(uint64_t seq, char *room)
{
    struct rng rng = {.state = seq * 2654435761u + 1};
    size_t len = (size_t)rng_below(&rng, 300);
    if (seq % 41 == 40)
        len = 3000 + (size_t)rng_below(&rng, 9000);
    if (seq % 257 == 256)
        len = JOURNAL_LINE_MAX;
    for (size_t i = 0; i < len; i++)
        room[i] = (char)(i % 7 ? 'a' + (char)(seq % 26) : 32 + (char)(rng_next(&rng) % 90));
    return (str){room, len};
}

static inline digest root_of(uint64_t size)
{
    return digest_of((str){(const char *)&size, sizeof size});
}

// What is kept beside a line is bytes too. Every third batch has no leaves.
static inline digest leaf_of(uint64_t seq)
{
    return digest_hmac(S("leaf"), (str){(const char *)&seq, sizeof seq});
}

// The size of the batch that begins at this seq: the boundaries follow from the number alone.
static inline uint32_t batch_count(uint64_t first_seq)
{
    return 1 + (uint32_t)(first_seq * 7 % BATCH_MAX) % 13;
}

static inline bool append_at(struct journal *journal, uint64_t first_seq, bool *ret_fatal,
                             struct err *err)
{
    static char rooms[BATCH_MAX][JOURNAL_LINE_MAX];
    str lines[BATCH_MAX];
    digest leaves[BATCH_MAX];
    uint32_t count = batch_count(first_seq);
    for (uint32_t i = 0; i < count; i++) {
        lines[i] = line_of(first_seq + i, rooms[i]);
        leaves[i] = leaf_of(first_seq + i);
    }
    struct journal_batch batch = {.first_seq = first_seq,
                                  .lines = lines,
                                  .leaves = first_seq % 3 != 2 ? leaves : NULL,
                                  .count = count,
                                  .time_us = (int64_t)first_seq * 1000,
                                  .root = root_of(first_seq + count)};
    return journal->ops->append(journal, &batch, ret_fatal, err);
}

static inline uint64_t append_batches(struct journal *journal, uint64_t seq, uint32_t batches)
{
    for (uint32_t i = 0; i < batches; i++) {
        struct err err = {0};
        bool fatal = false;
        if (!append_at(journal, seq, &fatal, &err))
            fail_msg("append at %" PRIu64 ": %s", seq, err.text);
        assert_false(fatal);
        seq += batch_count(seq);
    }
    return seq;
}

struct reading {
    uint64_t next, count, stop_after;
    bool wrong;
};

static inline bool read_line(void *context, uint64_t seq, str line)
{
    static _Thread_local char room[JOURNAL_LINE_MAX];
    struct reading *reading = context;
    reading->wrong |= seq != reading->next || !str_is(line, line_of(seq, room));
    reading->next++;
    return ++reading->count != reading->stop_after;
}

static inline uint64_t read_from(struct journal *journal, uint64_t from, uint64_t count_max,
                                 uint64_t stop_after)
{
    struct reading reading = {.next = from, .stop_after = stop_after};
    struct err err = {0};
    if (!journal->ops->read(journal, from, count_max, read_line, &reading, &err))
        fail_msg("read: %s", err.text);
    if (reading.wrong)
        fail_msg("read from %" PRIu64 ": a line out of order or altered", from);
    return reading.count;
}

struct leaf_reading {
    uint64_t next, batch, count, stop_after; // batch: where the one of `next` began
    bool wrong;
};

static inline bool read_leaf(void *context, uint64_t seq, const digest *leaf)
{
    struct leaf_reading *reading = context;
    while (reading->batch + batch_count(reading->batch) <= seq)
        reading->batch += batch_count(reading->batch);
    reading->wrong |= seq != reading->next++ || (leaf != NULL) != (reading->batch % 3 != 2) ||
                      (leaf && !digest_same(*leaf, leaf_of(seq)));
    return ++reading->count != reading->stop_after;
}

static inline uint64_t leaves_from(struct journal *journal, uint64_t from, uint64_t count_max,
                                   uint64_t stop_after)
{
    struct leaf_reading reading = {.next = from, .stop_after = stop_after};
    struct err err = {0};
    if (!journal->ops->leaves(journal, from, count_max, read_leaf, &reading, &err))
        fail_msg("leaves: %s", err.text);
    if (reading.wrong)
        fail_msg("leaves from %" PRIu64 ": one out of order or altered", from);
    return reading.count;
}

static inline struct journal_commit head_of(struct journal *journal)
{
    struct journal_commit head = {.size = 99};
    struct err err = {0};
    if (!journal->ops->head(journal, &head, &err))
        fail_msg("head: %s", err.text);
    return head;
}

struct commit_reading {
    uint64_t size, count, stop_after;
    bool wrong;
};

static inline bool read_commit(void *context, const struct journal_commit *commit)
{
    struct commit_reading *reading = context;
    uint64_t first = reading->size;
    reading->size += batch_count(first);
    reading->wrong |= commit->size != reading->size || commit->time_us != (int64_t)first * 1000 ||
                      !digest_same(commit->root, root_of(reading->size));
    return ++reading->count != reading->stop_after;
}

// The commits after a boundary, each as it was appended; the size of the last.
static inline uint64_t commits_from(struct journal *journal, uint64_t boundary, uint64_t stop_after)
{
    struct commit_reading reading = {.size = boundary, .stop_after = stop_after};
    struct err err = {0};
    if (!journal->ops->commits(journal, boundary, read_commit, &reading, &err))
        fail_msg("commits: %s", err.text);
    assert_false(reading.wrong);
    return reading.size;
}

static inline void assert_holds(struct journal *journal, uint64_t size)
{
    struct journal_commit head = head_of(journal);
    assert_int_equal(head.size, size);
    assert_int_equal(read_from(journal, 0, UINT64_MAX, 0), size);
    assert_int_equal(leaves_from(journal, 0, UINT64_MAX, 0), size);
    assert_int_equal(commits_from(journal, 0, 0), size);
    if (size > 0)
        assert_true(digest_same(head.root, root_of(size)));
}
