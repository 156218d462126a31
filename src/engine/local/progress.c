#include "engine/local/progress.h"
#include "base/str.h"
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static int64_t number_in(int file)
{
    char text[24];
    struct stat status;
    if (fstat(file, &status) != 0 || !S_ISREG(status.st_mode))
        return 0;
    ssize_t size = pread(file, text, sizeof text, 0);
    while (size > 0 && (text[size - 1] == '\n' || text[size - 1] == ' '))
        size--;
    int64_t saved_ms;
    if (size <= 0 || size == sizeof text || !str_to_i64((str){text, (size_t)size}, &saved_ms))
        return 0;
    return saved_ms > 0 ? saved_ms : 0;
}

int64_t progress_read(int folder)
{
    int work = openat(folder, "work", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (work < 0)
        return 0;
    int file = openat(work, PROGRESS_FILE, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    close(work);
    if (file < 0)
        return 0;
    int64_t saved_ms = number_in(file);
    close(file);
    return saved_ms;
}
