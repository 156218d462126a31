#include "store/sqlite/store_directory.h"
#include "base/file_lock.h"
#include "base/must.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PRIVATE_DIRECTORY = 0700, PRIVATE_FILE = 0600, OTHERS = 0077 };

static void descriptor_close(int *descriptor)
{
    if (*descriptor >= 0)
        close(*descriptor);
}
#define AUTO_CLOSE __attribute__((cleanup(descriptor_close)))

bool store_directory_sync(const char *path, struct err *err)
{
    AUTO_CLOSE int descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0 || fsync(descriptor) != 0)
        return err_set(err, "%s: cannot be made durable: %s: check the disk", path,
                       strerror(errno));
    return true;
}

bool store_directory_join(const struct store_directory *directory, const char *name,
                          char ret_path[STORE_PATH_MAX], struct err *err)
{
    int length = snprintf(ret_path, STORE_PATH_MAX, "%s/%s", directory->path, name);
    if (length < 0 || length >= STORE_PATH_MAX)
        return err_set(err, "%s: the path is too long: choose a shorter data directory",
                       directory->path);
    return true;
}

// Makes the directory and those above it that are missing.
static bool make_directories(const char *path, struct err *err)
{
    char part[STORE_PATH_MAX];
    size_t length = strlen(path);
    for (size_t i = 1; i <= length; i++) {
        if (path[i] != '/' && path[i] != 0)
            continue;
        memcpy(part, path, i);
        part[i] = 0;
        if (mkdir(part, PRIVATE_DIRECTORY) != 0 && errno != EEXIST)
            return err_set(err, "%s: cannot be made: %s", part, strerror(errno));
    }
    return true;
}

// Whether it holds things and none of them is a store's: someone else's directory, by mistake.
static bool is_of_others(const char *path)
{
    DIR *directory = opendir(path);
    if (!directory)
        return true;
    bool others = false, ours = false;
    for (const struct dirent *entry; (entry = readdir(directory));) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        others = true;
        ours =
            ours || strcmp(entry->d_name, "lock") == 0 || strcmp(entry->d_name, "journal.db") == 0;
    }
    closedir(directory);
    return others && !ours;
}

static bool make_private(const char *path, struct err *err)
{
    struct stat stat;
    AUTO_CLOSE int descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0 || fstat(descriptor, &stat) != 0)
        return err_set(err, "%s: %s: give a directory that this user may read and write", path,
                       strerror(errno));
    if (stat.st_uid != geteuid())
        return err_set(err, "%s: belongs to user %u, this is user %u: run as its owner", path,
                       stat.st_uid, geteuid());
    if (stat.st_mode & S_ISVTX)
        return err_set(err, "%s: is shared by all users: give a directory of its own below it",
                       path);
    if ((stat.st_mode & OTHERS) && is_of_others(path))
        return err_set(err,
                       "%s: is open to other users and holds other things: give a directory of its "
                       "own below it",
                       path);
    if ((stat.st_mode & OTHERS) && fchmod(descriptor, stat.st_mode & 0700) != 0)
        return err_set(err, "%s: cannot be closed to other users: %s", path, strerror(errno));
    return true;
}

static bool lock_take(struct store_directory *directory, struct err *err)
{
    char path[STORE_PATH_MAX];
    if (!store_directory_join(directory, "lock", path, err))
        return false;
    // Close-on-exec matters: a job's keeper must not inherit the lock and outlive us with it.
    int descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, PRIVATE_FILE);
    if (descriptor < 0)
        return err_set(err, "%s: %s: the data directory must be writable", path, strerror(errno));
    directory->lock_descriptor = descriptor;
    long holder;
    enum file_lock_answer answer = file_lock_take(descriptor, &holder);
    if (answer == FILE_LOCK_HELD)
        return err_set(err,
                       "%s: in use by process %ld: stop that one first, or give another data "
                       "directory",
                       directory->path, holder);
    if (answer == FILE_LOCK_FAILED)
        return err_set(err, "%s: cannot be locked: %s: use a local file system", path,
                       strerror(errno));
    directory->owns = true;
    return true;
}

struct store_directory *store_directory_open(const char *path, bool owns, struct err *err)
{
    struct store_directory *directory = calloc(1, sizeof *directory);
    must(directory != NULL);
    directory->lock_descriptor = -1;
    directory->holders = 1;
    size_t length = strlen(path);
    while (length > 1 && path[length - 1] == '/')
        length--;
    bool good = length > 0 && length < STORE_PATH_MAX;
    if (good)
        memcpy(directory->path, path, length);
    else
        err_set(err, "data directory: a path of %zu bytes, want 1 to %d", length,
                STORE_PATH_MAX - 1);
    if (good && owns)
        good = make_directories(directory->path, err) && make_private(directory->path, err) &&
               lock_take(directory, err);
    if (good)
        return directory;
    store_directory_release(directory);
    return NULL;
}

void store_directory_hold(struct store_directory *directory)
{
    must(atomic_fetch_add(&directory->holders, 1) > 0);
}

void store_directory_release(struct store_directory *directory)
{
    if (!directory || atomic_fetch_sub(&directory->holders, 1) > 1)
        return;
    if (directory->lock_descriptor >= 0)
        close(directory->lock_descriptor);
    free(directory);
}
