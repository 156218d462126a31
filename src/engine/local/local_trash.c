#include "engine/local/local_trash.h"
#include "base/must.h"
#include "engine/local/attempt_folder.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

// A name no other entry of the trash has: time since boot, and a count.
static void fresh_name(struct local_trash *trash, char ret_name[64])
{
    snprintf(ret_name, 64, "%lld-%u", (long long)boottime_us(),
             __atomic_fetch_add(&trash->counter, 1, __ATOMIC_RELAXED));
}

static bool is_dots(const char *name)
{
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

// Removes an entry, or moves a folder that is not empty up into the trash.
static bool remove_or_lift(struct local_trash *trash, int folder, const char *name)
{
    if (unlinkat(folder, name, 0) == 0 || unlinkat(folder, name, AT_REMOVEDIR) == 0)
        return true;
    if (errno != ENOTEMPTY && errno != EEXIST) // so it is a folder
        return false;
    char fresh[64];
    fresh_name(trash, fresh);
    // Moving a folder writes its "..".
    return fchmodat(folder, name, 0700, 0) == 0 &&
           renameat(folder, name, trash->folder, fresh) == 0;
}

static DIR *open_folder(int folder, const char *name)
{
    int descriptor = openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *dir = descriptor >= 0 ? fdopendir(descriptor) : NULL;
    if (!dir && descriptor >= 0)
        close(descriptor);
    return dir;
}

// True when the folder was emptied and removed.
static bool take_apart(struct local_trash *trash, const char *name)
{
    struct stat stat;
    if (fstatat(trash->folder, name, &stat, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(stat.st_mode) &&
        fchmodat(trash->folder, name, 0700, 0) != 0)
        return false;
    DIR *dir = open_folder(trash->folder, name);
    if (!dir)
        return unlinkat(trash->folder, name, 0) == 0;
    bool ok = true;
    for (const struct dirent *entry; ok && !trash->over && (entry = readdir(dir));)
        ok = is_dots(entry->d_name) || remove_or_lift(trash, dirfd(dir), entry->d_name);
    closedir(dir);
    return ok && unlinkat(trash->folder, name, AT_REMOVEDIR) == 0;
}

// One pass over the trash; true when something went, so another may find more.
static bool empty_once(struct local_trash *trash)
{
    bool progress = false;
    DIR *dir = open_folder(trash->folder, ".");
    if (!dir)
        return false;
    for (const struct dirent *entry; !trash->over && (entry = readdir(dir));)
        if (!is_dots(entry->d_name) && take_apart(trash, entry->d_name))
            progress = true;
    closedir(dir);
    return progress;
}

static void *trash_main(void *context)
{
    struct local_trash *trash = context;
    pthread_mutex_lock(&trash->mutex);
    while (!trash->over) {
        if (!trash->waiting_for_more)
            pthread_cond_wait(&trash->filled, &trash->mutex);
        trash->waiting_for_more = false;
        pthread_mutex_unlock(&trash->mutex);
        while (empty_once(trash))
            continue;
        pthread_mutex_lock(&trash->mutex);
    }
    pthread_mutex_unlock(&trash->mutex);
    return NULL;
}

bool local_trash_init(struct local_trash *trash, const char *data, struct err *err)
{
    char path[ATTEMPT_PATH_MAX];
    *trash = (struct local_trash){.folder = -1, .waiting_for_more = true};
    snprintf(path, sizeof path, "%s/jobs/trash", data);
    if (mkdir(path, 0700) == 0 || errno == EEXIST)
        trash->folder = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (trash->folder < 0)
        return err_set(err, "%s: cannot be used: %s", path, strerror(errno));
    pthread_mutex_init(&trash->mutex, NULL);
    pthread_cond_init(&trash->filled, NULL);
    int failed = pthread_create(&trash->thread, NULL, trash_main, trash);
    if (failed) {
        close(trash->folder);
        trash->folder = -1;
        return err_set(err, "a thread cannot be made: %s", strerror(failed));
    }
    return true;
}

void local_trash_finish(struct local_trash *trash)
{
    if (trash->folder < 0)
        return;
    pthread_mutex_lock(&trash->mutex);
    trash->over = true;
    pthread_cond_signal(&trash->filled);
    pthread_mutex_unlock(&trash->mutex);
    pthread_join(trash->thread, NULL);
    pthread_cond_destroy(&trash->filled);
    pthread_mutex_destroy(&trash->mutex);
    close(trash->folder);
    trash->folder = -1;
}

bool local_trash_put(struct local_trash *trash, int folder, const char *name, struct err *err)
{
    char fresh[64];
    fresh_name(trash, fresh);
    if (renameat(folder, name, trash->folder, fresh) != 0) {
        if (errno == ENOENT)
            return true;
        return err_set(err, "%s: cannot be moved to the trash: %s", name, strerror(errno));
    }
    pthread_mutex_lock(&trash->mutex);
    trash->waiting_for_more = true;
    pthread_cond_signal(&trash->filled);
    pthread_mutex_unlock(&trash->mutex);
    return true;
}
