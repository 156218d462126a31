#include "store/memory/store_memory.h"
#include "base/must.h"
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { VIEWS = 256 };

struct memory_journal {
    struct journal port;
    struct memory_disk *disk;
    atomic_bool lost;
};

struct memory_blobs {
    struct blobs port;
    struct memory_disk *disk;
    atomic_bool lost;
};

static bool still_lost(struct err *err)
{
    return err_set(err, "memory disk: an fsync failed before: end the process and open it again");
}

static bool journal_append(struct journal *journal, const struct journal_batch *batch,
                           bool *ret_fatal, struct err *err)
{
    struct memory_journal *memory = (struct memory_journal *)journal;
    bool lost = memory->lost;
    *ret_fatal = lost;
    if (lost)
        return still_lost(err);
    bool good = memory_disk_append(memory->disk, batch, &lost, err);
    memory->lost = *ret_fatal = lost;
    return good;
}

static bool journal_head(struct journal *journal, struct journal_commit *ret_commit,
                         struct err *err)
{
    (void)err;
    *ret_commit = memory_disk_head(((struct memory_journal *)journal)->disk);
    return true;
}

static bool journal_read(struct journal *journal, uint64_t from_seq, uint64_t count_max,
                         bool (*visit)(void *context, uint64_t seq, str line), void *context,
                         struct err *err)
{
    (void)err;
    struct memory_disk *disk = ((struct memory_journal *)journal)->disk;
    uint64_t size = memory_disk_head(disk).size; // not what is appended while we read
    str lines[VIEWS];
    while (from_seq < size && count_max > 0) {
        uint64_t want = size - from_seq < count_max ? size - from_seq : count_max;
        uint32_t count =
            memory_disk_lines(disk, from_seq, want < VIEWS ? (uint32_t)want : VIEWS, lines);
        must(count > 0);
        for (uint32_t i = 0; i < count; i++)
            if (!visit(context, from_seq + i, lines[i]))
                return true;
        from_seq += count;
        count_max -= count;
    }
    return true;
}

static bool journal_leaves(struct journal *journal, uint64_t from_seq, uint64_t count_max,
                           bool (*visit)(void *context, uint64_t seq, const digest *leaf),
                           void *context, struct err *err)
{
    (void)err;
    struct memory_disk *disk = ((struct memory_journal *)journal)->disk;
    uint64_t size = memory_disk_head(disk).size;
    digest leaves[VIEWS];
    while (from_seq < size && count_max > 0) {
        uint64_t want = size - from_seq < count_max ? size - from_seq : count_max;
        uint32_t count =
            memory_disk_leaves(disk, from_seq, want < VIEWS ? (uint32_t)want : VIEWS, leaves);
        must(count > 0);
        for (uint32_t i = 0; i < count; i++)
            if (!visit(context, from_seq + i, digest_is_zero(leaves[i]) ? NULL : &leaves[i]))
                return true;
        from_seq += count;
        count_max -= count;
    }
    return true;
}

static bool journal_commits(struct journal *journal, uint64_t after_size,
                            bool (*visit)(void *context, const struct journal_commit *commit),
                            void *context, struct err *err)
{
    (void)err;
    struct memory_disk *disk = ((struct memory_journal *)journal)->disk;
    uint64_t size = memory_disk_head(disk).size;
    struct journal_commit commits[VIEWS];
    while (after_size < size) {
        uint32_t count = memory_disk_commits(disk, after_size, VIEWS, commits);
        must(count > 0);
        for (uint32_t i = 0; i < count && commits[i].size <= size; i++)
            if (!visit(context, &commits[i]))
                return true;
        after_size = commits[count - 1].size;
    }
    return true;
}

static bool journal_snapshot_put(struct journal *journal, const struct journal_snapshot *snapshot,
                                 struct err *err)
{
    struct memory_journal *memory = (struct memory_journal *)journal;
    bool lost = memory->lost;
    if (lost)
        return still_lost(err);
    bool good = memory_disk_put_snapshot(memory->disk, snapshot, &lost, err);
    if (lost)
        memory->lost = true;
    return good;
}

static bool journal_snapshot_get(struct journal *journal, digest layout, uint64_t size_max,
                                 bool *ret_found, struct journal_snapshot *ret_snapshot,
                                 struct err *err)
{
    (void)err;
    struct memory_disk *disk = ((struct memory_journal *)journal)->disk;
    *ret_found = memory_disk_get_snapshot(disk, layout, size_max, ret_snapshot);
    return true;
}

static void journal_destroy(struct journal *journal)
{
    free(journal);
}

static bool blobs_put_many(struct blobs *blobs, struct blob_put *puts, uint32_t count,
                           struct err *err)
{
    struct memory_blobs *memory = (struct memory_blobs *)blobs;
    for (uint32_t i = 0; i < count; i++) {
        if (puts[i].bytes.len > BLOB_MAX)
            return err_set(err, "blob of %zu bytes: at most %d, make it smaller", puts[i].bytes.len,
                           BLOB_MAX);
        struct sha256 hash;
        sha256_init(&hash);
        sha256_add(&hash, (str){(const char *)puts[i].salt, sizeof puts[i].salt});
        sha256_add(&hash, puts[i].bytes);
        puts[i].key = sha256_finish(&hash);
    }
    bool lost = memory->lost;
    if (lost)
        return still_lost(err);
    bool good = memory_disk_put_blobs(memory->disk, puts, count, &lost, err);
    if (lost)
        memory->lost = true;
    return good;
}

static bool blobs_put_salted(struct blobs *blobs, const uint8_t salt[16], str bytes,
                             digest *ret_key, struct err *err)
{
    struct blob_put put = {.bytes = bytes};
    memcpy(put.salt, salt, sizeof put.salt);
    if (!blobs_put_many(blobs, &put, 1, err))
        return false;
    *ret_key = put.key;
    return true;
}

static bool blobs_put(struct blobs *blobs, str bytes, digest *ret_key, struct err *err)
{
    uint8_t salt[16];
    digest_random(salt, sizeof salt);
    return blobs_put_salted(blobs, salt, bytes, ret_key, err);
}

static bool blobs_get(struct blobs *blobs, digest key, struct buf *out, struct err *err)
{
    if (!memory_disk_get_blob(((struct memory_blobs *)blobs)->disk, key, out))
        return err_set(err, "blob: no content under this key: it was deleted or never kept");
    return true;
}

static bool blobs_remove(struct blobs *blobs, digest key, struct err *err)
{
    struct memory_blobs *memory = (struct memory_blobs *)blobs;
    bool lost = memory->lost;
    if (lost)
        return still_lost(err);
    bool good = memory_disk_remove_blob(memory->disk, key, &lost, err);
    if (lost)
        memory->lost = true;
    return good;
}

static void blobs_destroy(struct blobs *blobs)
{
    free(blobs);
}

void store_memory_open(struct memory_disk *disk, struct journal **ret_journal,
                       struct blobs **ret_blobs)
{
    static const struct journal_ops journal_ops = {
        .append = journal_append,
        .head = journal_head,
        .read = journal_read,
        .leaves = journal_leaves,
        .commits = journal_commits,
        .snapshot_put = journal_snapshot_put,
        .snapshot_get = journal_snapshot_get,
        .destroy = journal_destroy,
    };
    static const struct blobs_ops blobs_ops = {blobs_put, blobs_put_salted, blobs_put_many,
                                               blobs_get, blobs_remove,     blobs_destroy};
    struct memory_journal *journal = calloc(1, sizeof *journal);
    struct memory_blobs *blobs = calloc(1, sizeof *blobs);
    must(journal != NULL && blobs != NULL);
    journal->port.ops = &journal_ops;
    blobs->port.ops = &blobs_ops;
    journal->disk = blobs->disk = disk;
    *ret_journal = &journal->port;
    *ret_blobs = &blobs->port;
}
