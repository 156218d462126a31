#include "engine/local/keep/process.h"
#include "host/core_set.h"
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

// "0-3,7" as a set of the kernel's; false on anything else, and on an empty list.
static bool to_cpu_set(const char *text, cpu_set_t *ret_set)
{
    core_set cores;
    if (!core_set_parse(str_from(text), &cores) || core_set_count(&cores) == 0)
        return false;
    CPU_ZERO(ret_set);
    for (uint32_t core = core_set_next(&cores, 0); core < CPU_SETSIZE;
         core = core_set_next(&cores, core + 1))
        CPU_SET(core, ret_set);
    return true;
}

_Noreturn static void fail(int news, enum command_stage stage)
{
    struct command_news failed = {COMMAND_FAILED, errno, (int32_t)stage, 0, boottime_us()};
    ssize_t put = write(news, &failed, sizeof failed);
    _exit(put == sizeof failed ? 127 : 126);
}

// A limit may only fall; a hard limit below the wish stays.
static bool lower_limit(__rlimit_resource_t resource, rlim_t wish)
{
    struct rlimit limit;
    if (getrlimit(resource, &limit) != 0)
        return false;
    if (limit.rlim_max == RLIM_INFINITY || limit.rlim_max > wish)
        limit.rlim_max = wish;
    if (limit.rlim_cur == RLIM_INFINITY || limit.rlim_cur > limit.rlim_max)
        limit.rlim_cur = limit.rlim_max;
    return setrlimit(resource, &limit) == 0;
}

static void calm_signals(void)
{
    sigset_t none;
    sigemptyset(&none);
    for (int number = 1; number < NSIG; number++)
        signal(number, SIG_DFL); // what cannot be set (SIGKILL) needs no setting
    sigprocmask(SIG_SETMASK, &none, NULL);
}

// The kernel shall choose the command before its keeper. Failing that nothing is lost.
static void offer_to_oom_killer(void)
{
    int file = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    ssize_t put = file >= 0 ? write(file, "500", 3) : 0;
    if (file >= 0)
        close(file);
    (void)put;
}

static bool limit_self(const struct attempt_request *request)
{
    cpu_set_t cores;
    if (request->cpus[0] &&
        (!to_cpu_set(request->cpus, &cores) || sched_setaffinity(0, sizeof cores, &cores) != 0))
        return false;
    if (request->memory_bytes > 0 && !lower_limit(RLIMIT_DATA, (rlim_t)request->memory_bytes))
        return false;
    return lower_limit(RLIMIT_CORE, 0) && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
}

static bool set_streams(const struct command_plan *plan)
{
    int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
    return nothing >= 0 && dup2(nothing, 0) >= 0 && dup2(plan->out, 1) >= 0 &&
           dup2(plan->error, 2) >= 0;
}

_Noreturn static void become(const struct command_plan *plan, const char **environment, int work,
                             int news)
{
    const struct spec *spec = plan->spec;
    if (setsid() < 0 || !set_streams(plan) || !limit_self(plan->request))
        fail(news, COMMAND_PREPARE);
    offer_to_oom_killer();
    if (spec->directory[0] == '/' ? chdir(spec->directory) != 0 : fchdir(work) != 0)
        fail(news, COMMAND_ENTER);
    umask(022);
    calm_signals();
    close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
    environ = (char **)environment; // execvp looks PATH up here
    struct command_news began = {COMMAND_BEGAN, 0, COMMAND_RUN, 0, boottime_us()};
    if (write(news, &began, sizeof began) != sizeof began)
        _exit(126);
    execvp(spec->argv[0], (char *const *)spec->argv);
    fail(news, COMMAND_RUN);
}

static pid_t spawn(const struct command_plan *plan, const char **environment, int work,
                   const int news[2])
{
    pid_t keeper = getpid();
    pid_t pid = fork();
    if (pid != 0)
        return pid;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != keeper) // it died before the line above
        _exit(126);
    become(plan, environment, work, news[1]);
}

static bool start_in(const struct command_plan *plan, int work, struct arena *arena,
                     struct command *ret_command, struct err *err)
{
    int news[2];
    str home = arena_format(arena, "%s/work", plan->path);
    const char **environment = command_environment(plan, home.ptr, arena, err);
    if (!environment)
        return false;
    if (pipe2(news, O_CLOEXEC | O_NONBLOCK) != 0)
        return err_set(err, "pipe: %s", strerror(errno));
    pid_t pid = spawn(plan, environment, work, news);
    close(news[1]);
    if (pid < 0) {
        close(news[0]);
        return err_set(err, "fork: %s", strerror(errno));
    }
    *ret_command = (struct command){pid, news[0]};
    return true;
}

bool process_start(const struct command_plan *plan, struct command *ret_command, struct err *err)
{
    int work = command_folder(plan, geteuid(), err);
    if (work < 0)
        return false;
    struct arena arena;
    arena_init(&arena, SPEC_ARENA_MAX);
    bool ok = start_in(plan, work, &arena, ret_command, err);
    arena_finish(&arena);
    close(work);
    return ok;
}
