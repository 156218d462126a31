#include "engine/local/local_spawn.h"
#include "base/must.h"
#include "base/str.h"
#include "engine/local/keeper.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/pidfd.h>
#include <unistd.h>

enum { ARGUMENTS_MAX = 16, ENVIRONMENT_MAX = 16 };

// What a program needs to find its parts; nothing else of our environment goes on.
static void pick_environment(char *ret_list[ENVIRONMENT_MAX])
{
    static const char *const wanted[] = {
        "PATH=", "LD_LIBRARY_PATH=", "ASAN_OPTIONS=", "UBSAN_OPTIONS=", "LSAN_OPTIONS=", "TZ="};
    size_t count = 0;
    for (char **entry = environ; *entry; entry++)
        for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++)
            if (str_starts(str_from(*entry), str_from(wanted[i])) && count + 1 < ENVIRONMENT_MAX)
                ret_list[count++] = *entry;
    ret_list[count] = NULL;
}

static int spawn(const char *const *arguments, int lock, int log, pid_t *ret_pid)
{
    char *environment[ENVIRONMENT_MAX];
    pick_environment(environment);
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    must(posix_spawn_file_actions_init(&actions) == 0 && posix_spawnattr_init(&attributes) == 0);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDWR, 0);
    posix_spawn_file_actions_adddup2(&actions, 0, 1);
    posix_spawn_file_actions_adddup2(&actions, log, 2);
    posix_spawn_file_actions_adddup2(&actions, lock, KEEPER_LOCK_DESCRIPTOR);
    posix_spawn_file_actions_addclosefrom_np(&actions, KEEPER_LOCK_DESCRIPTOR + 1);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setflags(&attributes,
                             POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    int failed = posix_spawn(ret_pid, arguments[0], &actions, &attributes, (char *const *)arguments,
                             environment);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return failed;
}

// Descriptors 3 and below would be overwritten before they are copied.
static int lift(int descriptor)
{
    return fcntl(descriptor, F_DUPFD_CLOEXEC, KEEPER_LOCK_DESCRIPTOR + 1);
}

bool local_spawn(const char *const *keeper_argv, const char *folder_path, int folder, int lock,
                 int *ret_keeper, struct err *err)
{
    const char *arguments[ARGUMENTS_MAX];
    size_t count = 0;
    while (keeper_argv[count] && count + 2 < ARGUMENTS_MAX) {
        arguments[count] = keeper_argv[count];
        count++;
    }
    arguments[count++] = folder_path;
    arguments[count] = NULL;
    int file =
        openat(folder, "keeper.log", O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0600);
    int log = file >= 0 ? lift(file) : -1, lifted = lift(lock);
    pid_t pid = -1;
    int failed = log < 0 || lifted < 0 ? errno : spawn(arguments, lifted, log, &pid);
    for (int i = 0; i < 3; i++) {
        int descriptor = (int[]){file, log, lifted}[i];
        if (descriptor >= 0)
            close(descriptor);
    }
    if (failed)
        return err_set(err, "keeper %s: cannot be started: %s", arguments[0], strerror(failed));
    *ret_keeper = pidfd_open(pid, 0); // our child: its number is taken until we wait for it
    return true;
}
