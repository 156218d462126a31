#include "store/memory/memory_disk.h"
#include "base/arena.h"
#include "base/must.h"
#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { SNAPSHOTS_KEPT = 2 };

struct kept_blob {
    digest key;
    str bytes; // on the heap, for blobs go one by one
    bool used;
};

struct memory_disk {
    pthread_mutex_t lock;
    struct arena arena; // the bytes of lines
    str *lines;
    digest *leaves; // beside the lines
    uint64_t size, lines_room, leaves_room;
    struct journal_commit *commits;
    uint64_t commit_count, commits_room;
    struct journal_snapshot snapshots[SNAPSHOTS_KEPT]; // the oldest first
    uint32_t snapshot_count;
    struct kept_blob *blobs; // open addressing by the key's first bytes, at most half full
    uint64_t blob_count, blobs_room;
    uint64_t writes, fail_from, fail_until; // write numbers from 1, the end exclusive
    enum memory_fault fault;
};

static void *grown(void *array, uint64_t *room, uint64_t want, size_t each)
{
    if (want <= *room)
        return array;
    uint64_t larger = *room ? *room : 64;
    while (larger < want)
        larger *= 2;
    must(larger <= SIZE_MAX / each);
    array = realloc(array, larger * each);
    must(array != NULL);
    *room = larger;
    return array;
}

static str heap_copy(str bytes)
{
    char *copy = malloc(bytes.len + 1);
    must(copy != NULL);
    if (bytes.len)
        memcpy(copy, bytes.ptr, bytes.len);
    return (str){copy, bytes.len};
}

struct memory_disk *memory_disk_create(void)
{
    struct memory_disk *disk = calloc(1, sizeof *disk);
    must(disk != NULL);
    must(pthread_mutex_init(&disk->lock, NULL) == 0);
    arena_init(&disk->arena, SIZE_MAX);
    return disk;
}

void memory_disk_destroy(struct memory_disk *disk)
{
    if (!disk)
        return;
    for (uint32_t i = 0; i < disk->snapshot_count; i++)
        free((char *)disk->snapshots[i].bytes.ptr);
    for (uint64_t i = 0; i < disk->blobs_room; i++)
        free((char *)disk->blobs[i].bytes.ptr);
    free(disk->blobs);
    free(disk->lines);
    free(disk->leaves);
    free(disk->commits);
    arena_finish(&disk->arena);
    pthread_mutex_destroy(&disk->lock);
    free(disk);
}

void memory_disk_fail(struct memory_disk *disk, uint64_t n, uint64_t count, enum memory_fault fault)
{
    pthread_mutex_lock(&disk->lock);
    disk->fail_from = disk->fail_until = disk->writes + n;
    if (n > 0)
        disk->fail_until =
            count > UINT64_MAX - disk->fail_from ? UINT64_MAX : disk->fail_from + count;
    disk->fault = fault;
    pthread_mutex_unlock(&disk->lock);
}

uint64_t memory_disk_writes(struct memory_disk *disk)
{
    pthread_mutex_lock(&disk->lock);
    uint64_t writes = disk->writes;
    pthread_mutex_unlock(&disk->lock);
    return writes;
}

// One write begins. *ret_keep: its content goes in; the answer: it is said to have gone well.
static bool write_begins(struct memory_disk *disk, bool *ret_keep, bool *ret_lost, struct err *err)
{
    disk->writes++;
    bool fails = disk->writes >= disk->fail_from && disk->writes < disk->fail_until;
    *ret_keep = !fails || disk->fault == MEMORY_FSYNC_KEPT;
    if (!fails)
        return true;
    if (disk->fault == MEMORY_DISK_FULL)
        return err_set(err, "memory disk: full at write %" PRIu64 ", as asked", disk->writes);
    *ret_lost = true;
    return err_set(err, "memory disk: fsync failed at write %" PRIu64 ", as asked", disk->writes);
}

static void lines_add(struct memory_disk *disk, const struct journal_batch *batch)
{
    uint64_t size = batch->first_seq + batch->count;
    disk->lines = grown(disk->lines, &disk->lines_room, size, sizeof *disk->lines);
    disk->leaves = grown(disk->leaves, &disk->leaves_room, size, sizeof *disk->leaves);
    for (uint32_t i = 0; i < batch->count; i++) {
        disk->lines[disk->size + i] = arena_copy(&disk->arena, batch->lines[i]);
        disk->leaves[disk->size + i] = batch->leaves ? batch->leaves[i] : (digest){{0}};
    }
    disk->commits =
        grown(disk->commits, &disk->commits_room, disk->commit_count + 1, sizeof *disk->commits);
    disk->commits[disk->commit_count++] =
        (struct journal_commit){size, batch->time_us, batch->root};
    disk->size = size;
}

bool memory_disk_append(struct memory_disk *disk, const struct journal_batch *batch, bool *ret_lost,
                        struct err *err)
{
    bool keep;
    must(batch->count > 0);
    for (uint32_t i = 0; i < batch->count; i++)
        must(batch->lines[i].len <= JOURNAL_LINE_MAX);
    pthread_mutex_lock(&disk->lock);
    must(batch->first_seq == disk->size);
    bool good = write_begins(disk, &keep, ret_lost, err);
    if (keep)
        lines_add(disk, batch);
    pthread_mutex_unlock(&disk->lock);
    return good;
}

struct journal_commit memory_disk_head(struct memory_disk *disk)
{
    struct journal_commit head = {0};
    pthread_mutex_lock(&disk->lock);
    if (disk->commit_count > 0)
        head = disk->commits[disk->commit_count - 1];
    pthread_mutex_unlock(&disk->lock);
    return head;
}

uint32_t memory_disk_lines(struct memory_disk *disk, uint64_t from_seq, uint32_t count_max,
                           str *ret_lines)
{
    uint32_t count = 0;
    pthread_mutex_lock(&disk->lock);
    while (count < count_max && from_seq < disk->size)
        ret_lines[count++] = disk->lines[from_seq++];
    pthread_mutex_unlock(&disk->lock);
    return count;
}

uint32_t memory_disk_leaves(struct memory_disk *disk, uint64_t from_seq, uint32_t count_max,
                            digest *ret_leaves)
{
    uint32_t count = 0;
    pthread_mutex_lock(&disk->lock);
    while (count < count_max && from_seq < disk->size)
        ret_leaves[count++] = disk->leaves[from_seq++];
    pthread_mutex_unlock(&disk->lock);
    return count;
}

void memory_disk_alter_line(struct memory_disk *disk, uint64_t seq, str line)
{
    pthread_mutex_lock(&disk->lock);
    must(seq < disk->size);
    disk->lines[seq] = arena_copy(&disk->arena, line);
    pthread_mutex_unlock(&disk->lock);
}

void memory_disk_alter_leaf(struct memory_disk *disk, uint64_t seq, digest leaf)
{
    pthread_mutex_lock(&disk->lock);
    must(seq < disk->size);
    disk->leaves[seq] = leaf;
    pthread_mutex_unlock(&disk->lock);
}

void memory_disk_alter_root(struct memory_disk *disk, uint64_t seq, digest root)
{
    pthread_mutex_lock(&disk->lock);
    uint64_t at = 0;
    while (at < disk->commit_count && disk->commits[at].size != seq + 1)
        at++;
    must(at < disk->commit_count);
    disk->commits[at].root = root;
    pthread_mutex_unlock(&disk->lock);
}

uint32_t memory_disk_commits(struct memory_disk *disk, uint64_t after_size, uint32_t count_max,
                             struct journal_commit *ret_commits)
{
    uint32_t count = 0;
    pthread_mutex_lock(&disk->lock);
    uint64_t low = 0, high = disk->commit_count; // the first commit with size > after_size
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if (disk->commits[middle].size > after_size)
            high = middle;
        else
            low = middle + 1;
    }
    while (count < count_max && low < disk->commit_count)
        ret_commits[count++] = disk->commits[low++];
    pthread_mutex_unlock(&disk->lock);
    return count;
}

static void snapshot_remove(struct memory_disk *disk, uint32_t index)
{
    free((char *)disk->snapshots[index].bytes.ptr);
    disk->snapshot_count--;
    memmove(&disk->snapshots[index], &disk->snapshots[index + 1],
            (disk->snapshot_count - index) * sizeof *disk->snapshots);
}

bool memory_disk_put_snapshot(struct memory_disk *disk, const struct journal_snapshot *snapshot,
                              bool *ret_lost, struct err *err)
{
    bool keep;
    pthread_mutex_lock(&disk->lock);
    bool good = write_begins(disk, &keep, ret_lost, err);
    if (keep) {
        for (uint32_t i = disk->snapshot_count; i-- > 0;)
            if (disk->snapshots[i].size == snapshot->size)
                snapshot_remove(disk, i);
        if (disk->snapshot_count == SNAPSHOTS_KEPT)
            snapshot_remove(disk, 0);
        struct journal_snapshot *kept = &disk->snapshots[disk->snapshot_count++];
        *kept = *snapshot;
        kept->bytes = heap_copy(snapshot->bytes);
    }
    pthread_mutex_unlock(&disk->lock);
    return good;
}

bool memory_disk_get_snapshot(struct memory_disk *disk, digest layout, uint64_t size_max,
                              struct journal_snapshot *ret_snapshot)
{
    const struct journal_snapshot *best = NULL;
    pthread_mutex_lock(&disk->lock);
    for (uint32_t i = 0; i < disk->snapshot_count; i++) {
        const struct journal_snapshot *at = &disk->snapshots[i];
        if (at->size <= size_max && digest_same(at->layout, layout) &&
            (!best || at->size > best->size))
            best = at;
    }
    if (best) {
        *ret_snapshot = *best;
        ret_snapshot->bytes = heap_copy(best->bytes);
    }
    pthread_mutex_unlock(&disk->lock);
    return best != NULL;
}

// Where the blob is, or the empty place where it would be.
static struct kept_blob *blob_place(struct memory_disk *disk, digest key)
{
    uint64_t at;
    memcpy(&at, key.bytes, sizeof at);
    for (;; at++) {
        struct kept_blob *place = &disk->blobs[at & (disk->blobs_room - 1)];
        if (!place->used || digest_same(place->key, key))
            return place;
    }
}

static void blobs_make_room(struct memory_disk *disk)
{
    if (disk->blob_count * 2 < disk->blobs_room)
        return;
    struct kept_blob *old = disk->blobs;
    uint64_t old_room = disk->blobs_room;
    disk->blobs_room = old_room ? old_room * 2 : 64;
    disk->blobs = calloc(disk->blobs_room, sizeof *disk->blobs);
    must(disk->blobs != NULL);
    for (uint64_t i = 0; i < old_room; i++)
        if (old[i].used)
            *blob_place(disk, old[i].key) = old[i];
    free(old);
}

static void blob_add(struct memory_disk *disk, const struct blob_put *put)
{
    blobs_make_room(disk);
    struct kept_blob *place = blob_place(disk, put->key);
    if (place->used)
        return;
    *place = (struct kept_blob){put->key, heap_copy(put->bytes), true};
    disk->blob_count++;
}

bool memory_disk_put_blobs(struct memory_disk *disk, const struct blob_put *puts, uint32_t count,
                           bool *ret_lost, struct err *err)
{
    bool keep;
    pthread_mutex_lock(&disk->lock);
    bool good = write_begins(disk, &keep, ret_lost, err);
    for (uint32_t i = 0; keep && i < count; i++)
        blob_add(disk, &puts[i]);
    pthread_mutex_unlock(&disk->lock);
    return good;
}

bool memory_disk_get_blob(struct memory_disk *disk, digest key, struct buf *out)
{
    pthread_mutex_lock(&disk->lock);
    bool found = disk->blobs_room > 0 && blob_place(disk, key)->used;
    if (found)
        buf_add(out, blob_place(disk, key)->bytes);
    pthread_mutex_unlock(&disk->lock);
    return found;
}

// Empties a place. Those behind it in the same run are put again, so that each is still found.
static void blob_drop(struct memory_disk *disk, struct kept_blob *place)
{
    free((char *)place->bytes.ptr);
    *place = (struct kept_blob){0};
    disk->blob_count--;
    for (uint64_t at = (uint64_t)(place - disk->blobs) + 1;; at++) {
        struct kept_blob *next = &disk->blobs[at & (disk->blobs_room - 1)];
        if (!next->used)
            break;
        struct kept_blob moved = *next;
        *next = (struct kept_blob){0};
        *blob_place(disk, moved.key) = moved;
    }
}

bool memory_disk_remove_blob(struct memory_disk *disk, digest key, bool *ret_lost, struct err *err)
{
    bool keep;
    pthread_mutex_lock(&disk->lock);
    bool good = write_begins(disk, &keep, ret_lost, err);
    if (keep && disk->blobs_room > 0 && blob_place(disk, key)->used)
        blob_drop(disk, blob_place(disk, key));
    pthread_mutex_unlock(&disk->lock);
    return good;
}
