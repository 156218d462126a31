#include "base/file_lock.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

enum { LOOK_EVERY_MS = 5 };

static long holder_read(int descriptor)
{
    char text[32] = "";
    ssize_t got = pread(descriptor, text, sizeof text - 1, 0);
    long holder = got > 0 ? strtol(text, NULL, 10) : 0;
    return holder > 0 ? holder : 0;
}

// A dead process whose parent has not asked for it yet is still there to kill(), but owns nothing.
static bool is_zombie(long holder)
{
    char path[48], text[256] = "";
    snprintf(path, sizeof path, "/proc/%ld/stat", holder);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return false;
    ssize_t got = read(file, text, sizeof text - 1);
    close(file);
    const char *name_end = got > 0 ? strrchr(text, ')') : NULL;
    return name_end && (name_end[2] == 'Z' || name_end[2] == 'X');
}

static bool is_alive(long holder)
{
    return holder > 0 && (kill((pid_t)holder, 0) == 0 || errno == EPERM) && !is_zombie(holder);
}

// The number is for people and for who comes after a kill: the lock itself does not depend on it,
// so a full disk is no reason to fail.
static void holder_write(int descriptor)
{
    char text[32];
    int length = snprintf(text, sizeof text, "%ld\n", (long)getpid());
    if (ftruncate(descriptor, 0) == 0 && pwrite(descriptor, text, (size_t)length, 0) < 0)
        errno = 0;
}

enum file_lock_answer file_lock_take(int descriptor, long *ret_holder)
{
    for (int waited_ms = 0;; waited_ms += LOOK_EVERY_MS) {
        if (flock(descriptor, LOCK_EX | LOCK_NB) == 0) {
            holder_write(descriptor);
            return FILE_LOCK_TAKEN;
        }
        if (errno != EWOULDBLOCK)
            return FILE_LOCK_FAILED;
        long holder = holder_read(descriptor);
        if (is_alive(holder) || waited_ms >= FILE_LOCK_PATIENCE_MS) {
            *ret_holder = holder;
            return FILE_LOCK_HELD;
        }
        nanosleep(&(struct timespec){.tv_nsec = LOOK_EVERY_MS * 1000 * 1000}, NULL);
    }
}
