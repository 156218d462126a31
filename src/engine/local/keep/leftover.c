#include "engine/local/keep/leftover.h"
#include "base/must.h"
#include "engine/local/attempt_folder.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { ENVIRONMENT_MAX = 4 * 1024 * 1024, WAIT_MS = 50, PAUSE_PASSES = 1000 };

struct process_line { // of /proc/PID/stat
    pid_t pid, parent;
    int64_t session, ticks, cpu_ticks;
    char state;
    bool ours;
};

struct process_list {
    struct process_line *lines;
    size_t count, room;
};

static ssize_t read_proc(pid_t pid, const char *name, char *ret_bytes, size_t size)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, name);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return -1;
    size_t length = 0;
    ssize_t got = 1;
    while (length + 1 < size && got > 0) {
        got = read(file, ret_bytes + length, size - 1 - length);
        length += got > 0 ? (size_t)got : 0;
    }
    close(file);
    ret_bytes[length] = 0;
    return got < 0 ? -1 : (ssize_t)length;
}

// The name in brackets may hold anything, so fields are counted from its last bracket.
static bool read_stat(pid_t pid, struct process_line *ret_line)
{
    char text[1024];
    if (read_proc(pid, "stat", text, sizeof text) <= 0)
        return false;
    const char *fields = strrchr(text, ')');
    int parent, session;
    long long user, kernel, child_user, child_kernel;
    unsigned long long ticks;
    char state;
    if (!fields ||
        sscanf(fields + 1,
               " %c %d %*d %d %*d %*d %*u %*u %*u %*u %*u %lld %lld %lld %lld %*d %*d "
               "%*d %*d %llu",
               &state, &parent, &session, &user, &kernel, &child_user, &child_kernel, &ticks) != 8)
        return false;
    *ret_line = (struct process_line){.pid = pid,
                                      .parent = parent,
                                      .session = session,
                                      .ticks = (int64_t)ticks,
                                      .cpu_ticks = user + kernel + child_user + child_kernel,
                                      .state = state};
    return true;
}

int64_t leftover_ticks(pid_t pid)
{
    struct process_line line;
    return read_stat(pid, &line) ? line.ticks : 0;
}

static int by_pid(const void *a, const void *b)
{
    pid_t left = ((const struct process_line *)a)->pid;
    pid_t right = ((const struct process_line *)b)->pid;
    return (left > right) - (left < right);
}

static const struct process_line *find_process(const struct process_list *list, pid_t pid)
{
    struct process_line key = {.pid = pid};
    if (list->count == 0)
        return NULL;
    return bsearch(&key, list->lines, list->count, sizeof key, by_pid);
}

static void list_processes(struct process_list *list)
{
    list->count = 0;
    DIR *proc = opendir("/proc");
    if (!proc)
        return;
    for (const struct dirent *entry; (entry = readdir(proc));) {
        int64_t pid;
        struct process_line line;
        if (!str_to_i64(str_from(entry->d_name), &pid) || pid < 1 || pid > INT32_MAX ||
            !read_stat((pid_t)pid, &line))
            continue;
        if (list->count == list->room) {
            list->room = list->room ? list->room * 2 : 256;
            list->lines = realloc(list->lines, list->room * sizeof *list->lines);
            must(list->lines);
        }
        list->lines[list->count++] = line;
    }
    closedir(proc);
    if (list->count)
        qsort(list->lines, list->count, sizeof *list->lines, by_pid);
}

// Marks all below `root`; passes repeat until none is new, as pids are in no order of birth.
static size_t mark_descendants(struct process_list *list, pid_t root)
{
    size_t found = 0;
    for (bool more = true; more;) {
        more = false;
        for (size_t i = 0; i < list->count; i++) {
            struct process_line *line = &list->lines[i];
            if (line->ours)
                continue;
            const struct process_line *parent = find_process(list, line->parent);
            line->ours = line->parent == root || (parent && parent->ours);
            found += line->ours;
            more = more || line->ours;
        }
    }
    return found;
}

int64_t leftover_cpu_ms(pid_t pid)
{
    struct process_list list = {0};
    list_processes(&list);
    mark_descendants(&list, pid);
    int64_t ticks = 0;
    for (size_t i = 0; i < list.count; i++)
        ticks += list.lines[i].ours ? list.lines[i].cpu_ticks : 0;
    free(list.lines);
    return ticks * 1000 / sysconf(_SC_CLK_TCK);
}

// Passes repeat until all stand: what was forked during one is found by the next.
void leftover_pause_descendants(bool paused)
{
    struct process_list list = {0};
    bool more = true;
    for (int pass = 0; more && pass < PAUSE_PASSES; pass++) {
        more = false;
        list_processes(&list);
        mark_descendants(&list, getpid());
        for (size_t i = 0; i < list.count; i++) {
            const struct process_line *line = &list.lines[i];
            bool stands = line->state == 'T' || line->state == 't' || line->state == 'Z';
            if (!line->ours || (paused && stands))
                continue;
            kill(line->pid, paused ? SIGSTOP : SIGCONT);
            more = paused;
        }
    }
    free(list.lines);
}

static bool reap_all(void)
{
    pid_t pid;
    do
        pid = waitpid(-1, NULL, WNOHANG);
    while (pid > 0);
    return pid < 0 && errno == ECHILD;
}

// Wakes at once when a child ends.
static void wait_for_child(void)
{
    sigset_t child;
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    struct timespec patience = {.tv_nsec = WAIT_MS * 1000000L};
    sigtimedwait(&child, NULL, &patience);
}

bool leftover_kill_descendants(int64_t patience_ms)
{
    struct process_list list = {0};
    int64_t until_us = boottime_us() + patience_ms * 1000;
    bool gone = reap_all();
    while (!gone && boottime_us() < until_us) {
        list_processes(&list);
        mark_descendants(&list, getpid());
        for (size_t i = 0; i < list.count; i++) // stopped first: what stands still cannot fork
            if (list.lines[i].ours)
                kill(list.lines[i].pid, SIGSTOP);
        for (size_t i = 0; i < list.count; i++)
            if (list.lines[i].ours)
                kill(list.lines[i].pid, SIGKILL);
        gone = reap_all();
        if (!gone)
            wait_for_child();
        gone = gone || reap_all();
    }
    free(list.lines);
    return gone;
}

static bool bears_token(pid_t pid, const char *token, char *room)
{
    char wanted[80];
    int length = snprintf(wanted, sizeof wanted, "TATARA_MARK=%s", token);
    ssize_t size = read_proc(pid, "environ", room, ENVIRONMENT_MAX);
    for (const char *at = room; size > 0 && at < room + size; at += strlen(at) + 1)
        if (strncmp(at, wanted, (size_t)length + 1) == 0)
            return true;
    return false;
}

// A session's number stays taken as long as it has members. Its leader, when alive, must be the
// command itself; members were born after it.
static bool in_session(const struct process_list *list, const struct process_line *line,
                       const struct leftover_mark *mark)
{
    if (mark->session <= 1 || line->session != mark->session || line->ticks < mark->session_ticks)
        return false;
    const struct process_line *leader = find_process(list, (pid_t)mark->session);
    return !leader || leader->ticks == mark->session_ticks;
}

// By pidfd, so that the process judged is the process killed, and its death can be awaited.
static void kill_and_wait(const struct process_list *list, const struct process_line *line,
                          const struct leftover_mark *mark, char *room)
{
    int process = pidfd_open(line->pid, 0);
    if (process < 0)
        return;
    bool ours = leftover_ticks(line->pid) == line->ticks &&
                (in_session(list, line, mark) || bears_token(line->pid, mark->token, room));
    struct pollfd dead = {.fd = process, .events = POLLIN};
    if (ours && pidfd_send_signal(process, SIGKILL, NULL, 0) == 0)
        poll(&dead, 1, WAIT_MS);
    close(process);
}

bool leftover_kill_marked(const struct leftover_mark *mark, int64_t patience_ms)
{
    struct process_list list = {0};
    char *room = malloc(ENVIRONMENT_MAX);
    must(room);
    int64_t until_us = boottime_us() + patience_ms * 1000;
    size_t found = 1;
    while (found > 0 && boottime_us() < until_us) {
        list_processes(&list);
        found = 0;
        for (size_t i = 0; i < list.count; i++) {
            struct process_line *line = &list.lines[i];
            bool ours =
                line->pid != getpid() && line->state != 'Z' && line->state != 'X' &&
                (in_session(&list, line, mark) || bears_token(line->pid, mark->token, room));
            line->ours = ours;
            found += ours;
        }
        for (size_t i = 0; i < list.count && found > 0; i++)
            if (list.lines[i].ours)
                kill_and_wait(&list, &list.lines[i], mark, room);
    }
    free(list.lines);
    free(room);
    return found == 0;
}
