#include "engine/local/keeper_file.h"
#include "base/str.h"
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef MFD_EXEC
#define MFD_EXEC 0x0010U // Linux 6.3: may be run, whatever vm.memfd_noexec says of others
#endif

extern const char keeper_program_bytes[], keeper_program_end[];

static int make_file(void)
{
    unsigned int flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
    int descriptor = memfd_create("tatara-keeper", flags | MFD_EXEC);
    return descriptor < 0 && errno == EINVAL ? memfd_create("tatara-keeper", flags) : descriptor;
}

static bool fill(int descriptor)
{
    str rest = {keeper_program_bytes, (size_t)(keeper_program_end - keeper_program_bytes)};
    while (rest.len) {
        ssize_t wrote = write(descriptor, rest.ptr, rest.len);
        if (wrote < 0 && errno != EINTR)
            return false;
        rest = str_skip(rest, wrote > 0 ? (size_t)wrote : 0);
    }
    int seals = F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;
    return fcntl(descriptor, F_ADD_SEALS, seals) == 0;
}

// Rules of the machine may forbid to run what has no name: tried once, before jobs depend on it.
static bool runs(const struct keeper_file *file)
{
    pid_t pid;
    int status;
    if (posix_spawn(&pid, file->path, NULL, NULL, (char *const *)file->argv, environ) != 0)
        return false;
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return false;
    return WIFEXITED(status) && WEXITSTATUS(status) == KEEPER_PROGRAM_USE;
}

bool keeper_file_open(struct keeper_file *file)
{
    int descriptor = make_file();
    if (descriptor >= 0 && !fill(descriptor)) {
        close(descriptor);
        descriptor = -1;
    }
    *file = (struct keeper_file){.descriptor = descriptor};
    if (descriptor < 0)
        return false;
    snprintf(file->path, sizeof file->path, "/proc/%ld/fd/%d", (long)getpid(), descriptor);
    file->argv[0] = file->path;
    file->argv[1] = "keeper";
    if (runs(file))
        return true;
    keeper_file_close(file);
    return false;
}

void keeper_file_close(struct keeper_file *file)
{
    if (file->path[0])
        close(file->descriptor);
    *file = (struct keeper_file){.descriptor = -1};
}
