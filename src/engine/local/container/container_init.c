// The first process of a container: starts the command, reaps what is orphaned, passes the
// keeper's signals on and tells how the command began and ended. It is built on its own, linked
// statically (a root file system need not have a C library), and carried inside tatara as bytes.
//
// A first process takes no signal it has no handler for, so the command must not be it: a SIGTERM
// would be lost on most programs. It cannot be looked into or stopped by the command, which runs
// as the same user (PR_SET_DUMPABLE; the kernel keeps it from signals of its own namespace).
#include "engine/local/keep/command_news.h"
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { KEEPER = 3 }; // a SOCK_SEQPACKET; the keeper sends a signal's number as int32

static void tell(enum command_event event, int value, enum command_stage stage)
{
    struct timespec now = {0};
    clock_gettime(CLOCK_BOOTTIME, &now);
    struct command_news news = {(int32_t)event, value, (int32_t)stage, 0,
                                (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000};
    ssize_t put = write(KEEPER, &news, sizeof news);
    if (put != sizeof news)
        _exit(1); // the keeper is gone, and with us goes everything here
}

// vfork shares our memory, so that the errno of a failed execve is seen here.
static pid_t start(char **argv, const sigset_t *before)
{
    volatile int failed = 0;
    pid_t pid = vfork();
    if (pid == 0) {
        setsid();
        sigprocmask(SIG_SETMASK, before, NULL);
        execvp(argv[0], argv);
        failed = errno;
        _exit(127);
    }
    if (pid < 0)
        failed = errno;
    if (failed) {
        tell(COMMAND_FAILED, failed, COMMAND_RUN);
        _exit(0);
    }
    tell(COMMAND_BEGAN, 0, COMMAND_RUN);
    return pid;
}

static void reap(pid_t command)
{
    int status;
    for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;) {
        if (pid != command)
            continue;
        tell(COMMAND_ENDED, status, COMMAND_RUN);
        _exit(0);
    }
}

// .init DIRECTORY PROGRAM [ARGUMENT...]
int main(int argc, char **argv)
{
    sigset_t all, before;
    if (argc < 3)
        return 2;
    prctl(PR_SET_DUMPABLE, 0);
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &before);
    sigemptyset(&before);
    int signals = signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK);
    if (signals < 0)
        return 2;
    prctl(PR_SET_NAME, "tatara-init");
    // Of our descriptors the command keeps 0, 1 and 2.
    close_range(KEEPER, ~0U, CLOSE_RANGE_CLOEXEC);
    if (chdir(argv[1]) != 0) { // here, where it is the user of the job who may or may not
        tell(COMMAND_FAILED, errno, COMMAND_ENTER);
        return 0;
    }
    pid_t command = start(argv + 2, &before);
    for (;;) {
        struct pollfd polls[] = {
            {signals, POLLIN, 0},
            {KEEPER,  POLLIN, 0}
        };
        struct signalfd_siginfo info;
        int32_t wish = 0;
        poll(polls, 2, -1);
        while (read(signals, &info, sizeof info) == sizeof info)
            continue; // only children tell us anything: the rest comes from inside
        reap(command);
        if (!polls[1].revents)
            continue;
        if (read(KEEPER, &wish, sizeof wish) != sizeof wish)
            return 1; // the keeper is gone
        kill(-command, wish);
    }
}
