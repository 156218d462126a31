#include "store/sqlite/snapshot_files.h"
#include "store/sqlite/store_directory.h"
#include "base/must.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { HEAD_SIZE = 96, HASHED_SIZE = 64, LAYOUT_AT = 24, FORM = 1, NAME_MAX_LENGTH = 32 };

static const char MARK[8] = {'t', 'a', 't', 'a', 'r', 'a', 's', 'n'};

struct list {
    uint64_t *sizes;
    size_t count, room;
};

static void list_finish(struct list *list)
{
    free(list->sizes);
}
#define AUTO_LIST __attribute__((cleanup(list_finish)))

static void descriptor_close(int *descriptor)
{
    if (*descriptor >= 0)
        close(*descriptor);
}
#define AUTO_CLOSE __attribute__((cleanup(descriptor_close)))

static void number_put(char *bytes, uint64_t value)
{
    for (uint32_t i = 0; i < 8; i++)
        bytes[i] = (char)(value >> 8 * i & 0xff);
}

static uint64_t number_get(const char *bytes)
{
    uint64_t value = 0;
    for (uint32_t i = 0; i < 8; i++)
        value |= (uint64_t)(uint8_t)bytes[i] << 8 * i;
    return value;
}

static int descending(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? 1 : x > y ? -1 : 0;
}

// "120.snap" -> 120. Anything else in the folder is not ours to read or remove.
static bool name_size(const char *name, uint64_t *ret_size)
{
    str text = str_from(name);
    return str_ends(text, S(".snap")) && str_to_u64((str){text.ptr, text.len - 5}, ret_size);
}

static void list_add(struct list *list, uint64_t size)
{
    if (list->count == list->room) {
        list->room = list->room ? list->room * 2 : 16;
        list->sizes = realloc(list->sizes, list->room * sizeof *list->sizes);
        must(list->sizes != NULL);
    }
    list->sizes[list->count++] = size;
}

// The sizes there are, the largest first. A folder that is missing has none.
static bool list_read(const char *folder, struct list *list, struct err *err)
{
    DIR *entries = opendir(folder);
    if (!entries && errno == ENOENT)
        return true;
    if (!entries)
        return err_set(err, "%s: %s: the data directory must be readable", folder, strerror(errno));
    uint64_t size;
    for (struct dirent *entry; (entry = readdir(entries));)
        if (name_size(entry->d_name, &size))
            list_add(list, size);
    closedir(entries);
    if (list->count > 0)
        qsort(list->sizes, list->count, sizeof *list->sizes, descending);
    return true;
}

static void file_path(const char *folder, uint64_t size,
                      char path[STORE_PATH_MAX + NAME_MAX_LENGTH])
{
    snprintf(path, STORE_PATH_MAX + NAME_MAX_LENGTH, "%s/%" PRIu64 ".snap", folder, size);
}

static bool write_all(int descriptor, str bytes)
{
    while (bytes.len > 0) {
        ssize_t wrote = write(descriptor, bytes.ptr, bytes.len);
        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote <= 0)
            return false;
        bytes = str_skip(bytes, (size_t)wrote);
    }
    return true;
}

static bool read_all(int descriptor, char *bytes, size_t size)
{
    while (size > 0) {
        ssize_t got = read(descriptor, bytes, size);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return false;
        bytes += got;
        size -= (size_t)got;
    }
    return true;
}

static digest head_digest(const char *head, str content)
{
    struct sha256 hash;
    sha256_init(&hash);
    sha256_add(&hash, (str){head, HASHED_SIZE});
    sha256_add(&hash, content);
    return sha256_finish(&hash);
}

static bool file_write(const char *path, const struct journal_snapshot *snapshot)
{
    char head[HEAD_SIZE];
    memcpy(head, MARK, sizeof MARK);
    number_put(head + 8, FORM);
    number_put(head + 16, snapshot->size);
    memcpy(head + LAYOUT_AT, snapshot->layout.bytes, sizeof snapshot->layout.bytes);
    number_put(head + 56, snapshot->bytes.len);
    digest hash = head_digest(head, snapshot->bytes);
    memcpy(head + HASHED_SIZE, hash.bytes, sizeof hash.bytes);
    AUTO_CLOSE int descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    return descriptor >= 0 && write_all(descriptor, (str){head, sizeof head}) &&
           write_all(descriptor, snapshot->bytes) && fsync(descriptor) == 0;
}

bool snapshot_files_put(const char *folder, const struct journal_snapshot *snapshot,
                        struct err *err)
{
    char made[STORE_PATH_MAX + NAME_MAX_LENGTH], path[STORE_PATH_MAX + NAME_MAX_LENGTH];
    if (mkdir(folder, 0700) != 0 && errno != EEXIST)
        return err_set(err, "%s: cannot be made: %s", folder, strerror(errno));
    snprintf(made, sizeof made, "%s/snapshot.new", folder);
    file_path(folder, snapshot->size, path);
    if (!file_write(made, snapshot) || rename(made, path) != 0) {
        err_set(err, "%s: the snapshot is not kept: %s: a start will take longer until one is",
                path, strerror(errno));
        unlink(made);
        return false;
    }
    if (!store_directory_sync(folder, err))
        return false;
    AUTO_LIST struct list list = {0};
    if (!list_read(folder, &list, err))
        return false;
    for (size_t i = SNAPSHOTS_KEPT; i < list.count; i++) {
        file_path(folder, list.sizes[i], path);
        unlink(path); // one too many does no harm
    }
    return true;
}

// The content of an open snapshot file, when it is whole and of this size and layout.
static bool content_read(int descriptor, digest layout, struct journal_snapshot *snapshot)
{
    char head[HEAD_SIZE];
    struct stat stat;
    if (!read_all(descriptor, head, sizeof head) || memcmp(head, MARK, sizeof MARK) != 0 ||
        number_get(head + 8) != FORM || number_get(head + 16) != snapshot->size ||
        memcmp(head + LAYOUT_AT, layout.bytes, sizeof layout.bytes) != 0)
        return false;
    uint64_t length = number_get(head + 56);
    if (fstat(descriptor, &stat) != 0 || (uint64_t)stat.st_size - HEAD_SIZE != length)
        return false;
    char *content = malloc(length + 1);
    if (!content)
        return false; // a cache that does not fit is none
    digest want;
    memcpy(want.bytes, head + HASHED_SIZE, sizeof want.bytes);
    if (!read_all(descriptor, content, length) ||
        !digest_same(want, head_digest(head, (str){content, length}))) {
        free(content);
        return false;
    }
    snapshot->layout = layout;
    snapshot->bytes = (str){content, length};
    return true;
}

bool snapshot_files_get(const char *folder, digest layout, uint64_t size_max, bool *ret_found,
                        struct journal_snapshot *ret_snapshot, struct err *err)
{
    AUTO_LIST struct list list = {0};
    if (!list_read(folder, &list, err))
        return false;
    bool found = false;
    for (size_t i = 0; !found && i < list.count; i++) {
        char path[STORE_PATH_MAX + NAME_MAX_LENGTH];
        struct journal_snapshot snapshot = {.size = list.sizes[i]};
        if (snapshot.size > size_max)
            continue;
        file_path(folder, snapshot.size, path);
        AUTO_CLOSE int descriptor = open(path, O_RDONLY | O_CLOEXEC);
        found = descriptor >= 0 && content_read(descriptor, layout, &snapshot);
        if (found)
            *ret_snapshot = snapshot;
    }
    *ret_found = found;
    return true;
}

bool snapshot_files_cut(const char *folder, uint64_t size_max, struct err *err)
{
    AUTO_LIST struct list list = {0};
    if (!list_read(folder, &list, err))
        return false;
    for (size_t i = 0; i < list.count && list.sizes[i] > size_max; i++) {
        char path[STORE_PATH_MAX + NAME_MAX_LENGTH];
        file_path(folder, list.sizes[i], path);
        if (unlink(path) != 0)
            return err_set(err, "%s: is of another journal and cannot be removed: %s", path,
                           strerror(errno));
    }
    return true;
}
