#include "host/cgroup.h"
#include "fake_tree.h"
#include "host/machine.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

static struct cgroups cgroups;
static struct err err;

static int make_tree(void **state)
{
    static struct fake_tree tree;
    fake_tree_make(&tree);
    *state = &tree;
    return 0;
}

static int remove_tree(void **state)
{
    fake_tree_remove(*state);
    return 0;
}

// Version 1 as distributions mount it: cpu and cpuacct together, a space in one mount point.
static void put_v1(struct fake_tree *tree)
{
    fake_tree_put(
        tree, "/proc/self/mountinfo",
        "22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n"
        "31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw,mode=755\n"
        "32 31 0:29 / /cg/cpu,cpuacct rw shared:9 master:2 - cgroup cgroup rw,cpu,cpuacct\n"
        "33 31 0:31 / /cg/cpu\\040set rw - cgroup cgroup rw,cpuset\n"
        "35 31 0:32 /outer /cg/memory rw - cgroup cgroup rw,memory\n"
        "39 31 0:36 / /cg/pids rw - cgroup cgroup rw,pids\n"
        "40 31 0:37 / /cg/systemd rw - cgroup cgroup rw,name=systemd\n");
    fake_tree_put(tree, "/proc/self/cgroup",
                  "9:name=systemd:/x\n4:memory:/outer/inner\n3:cpuset:/\n"
                  "1:cpu,cpuacct:/user/me\n0::/\n");
    fake_tree_put(tree, "/cg/cpu,cpuacct/tatara/job-1/cpu.cfs_quota_us", "-1\n");
    fake_tree_put(tree, "/cg/cpu,cpuacct/tatara/job-1/cpu.cfs_period_us", "100000\n");
    fake_tree_put(tree, "/cg/cpu,cpuacct/tatara/job-1/cpuacct.usage", "123456789\n");
    fake_tree_put(tree, "/cg/cpu,cpuacct/tatara/job-1/cgroup.procs", "");
    fake_tree_put(tree, "/cg/cpu set/cpuset.cpus", "0-7\n");
    fake_tree_put(tree, "/cg/cpu set/cpuset.mems", "0-1\n");
    fake_tree_put(tree, "/cg/cpu set/tatara/cpuset.cpus", "\n");
    fake_tree_put(tree, "/cg/cpu set/tatara/cpuset.mems", "\n");
    fake_tree_put(tree, "/cg/cpu set/tatara/job-1/cpuset.cpus", "\n");
    fake_tree_put(tree, "/cg/cpu set/tatara/job-1/cpuset.mems", "1\n");
    fake_tree_put(tree, "/cg/cpu set/tatara/job-1/cgroup.procs", "");
    fake_tree_put(tree, "/cg/memory/memory.limit_in_bytes", "9223372036854771712\n");
    fake_tree_put(tree, "/cg/memory/inner/memory.limit_in_bytes", "4096000\n");
    fake_tree_put(tree, "/cg/memory/inner/memory.usage_in_bytes", "96000\n");
    fake_tree_put(tree, "/cg/memory/tatara/job-1/memory.limit_in_bytes", "9223372036854771712\n");
    fake_tree_put(tree, "/cg/memory/tatara/job-1/memory.memsw.limit_in_bytes",
                  "9223372036854771712\n");
    fake_tree_put(tree, "/cg/memory/tatara/job-1/memory.max_usage_in_bytes", "777\n");
    fake_tree_put(tree, "/cg/memory/tatara/job-1/memory.oom_control",
                  "oom_kill_disable 0\nunder_oom 0\noom_kill 3\n");
    fake_tree_put(tree, "/cg/memory/tatara/job-1/cgroup.procs", "");
    fake_tree_put(tree, "/cg/pids/tatara/job-1/pids.max", "max\n");
    fake_tree_put(tree, "/cg/pids/tatara/job-1/cgroup.procs", "");
}

static void put_v2(struct fake_tree *tree)
{
    fake_tree_put(tree, "/proc/self/mountinfo",
                  "30 23 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw,nsdelegate\n");
    fake_tree_put(tree, "/proc/self/cgroup", "0::/user.slice/session-1.scope\n");
    fake_tree_put(tree, "/sys/fs/cgroup/cgroup.controllers", "cpuset cpu io memory pids\n");
    fake_tree_put(tree, "/sys/fs/cgroup/cgroup.subtree_control", "cpu memory pids\n");
    fake_tree_put(tree, "/sys/fs/cgroup/tatara/cgroup.subtree_control", "\n");
    fake_tree_put(tree, "/sys/fs/cgroup/tatara/job-1/cgroup.procs", "");
    fake_tree_put(tree, "/sys/fs/cgroup/tatara/job-1/cgroup.kill", "");
    fake_tree_put(tree, "/sys/fs/cgroup/tatara/job-1/cpu.max", "max 100000\n");
    fake_tree_put(tree, "/sys/fs/cgroup/tatara/job-1/cpu.stat",
                  "usage_usec 2500\nuser_usec 2000\n");
    fake_tree_put(tree, "/sys/fs/cgroup/tatara/job-1/cpuset.cpus", "\n");
    fake_tree_put(tree, "/sys/fs/cgroup/tatara/job-1/memory.max", "max\n");
    fake_tree_put(tree, "/sys/fs/cgroup/tatara/job-1/memory.swap.max", "max\n");
    fake_tree_put(tree, "/sys/fs/cgroup/tatara/job-1/memory.peak", "888\n");
    fake_tree_put(tree, "/sys/fs/cgroup/tatara/job-1/memory.events", "low 0\noom 2\noom_kill 1\n");
    fake_tree_put(tree, "/sys/fs/cgroup/tatara/job-1/pids.max", "max\n");
}

static void expect_file(struct fake_tree *tree, const char *path, const char *text)
{
    const char *got = fake_tree_get(tree, path);
    if (strcmp(got, text) != 0)
        fail_msg("%s holds \"%s\", want \"%s\"", path, got, text);
}

static void set_every_limit(void)
{
    core_set cores;
    assert_true(core_set_parse(S("1,3"), &cores));
    if (!cgroup_make(&cgroups, "job-1", &err) ||
        !cgroup_limit_memory(&cgroups, "job-1", 1 << 20, &err) ||
        !cgroup_limit_cpu(&cgroups, "job-1", 1500, &err) ||
        !cgroup_limit_cores(&cgroups, "job-1", &cores, &err) ||
        !cgroup_limit_pids(&cgroups, "job-1", 64, &err) ||
        !cgroup_join(&cgroups, "job-1", 12345, &err))
        fail_msg("%s", err.text);
}

static void version_1_is_spoken(void **state)
{
    struct fake_tree *tree = *state;
    put_v1(tree);
    assert_true(cgroup_open(&cgroups, tree->root, "tatara", &err));
    assert_string_equal("v1", cgroup_layout(&cgroups));
    for (int kind = 0; kind < CGROUP_KIND_COUNT; kind++)
        if (!cgroups.controllers[kind].usable)
            fail_msg("%d: %s", kind, cgroups.controllers[kind].reason);
    set_every_limit();
    expect_file(tree, "/cg/memory/tatara/job-1/memory.limit_in_bytes", "1048576");
    expect_file(tree, "/cg/memory/tatara/job-1/memory.memsw.limit_in_bytes", "1048576");
    expect_file(tree, "/cg/cpu,cpuacct/tatara/job-1/cpu.cfs_quota_us", "150000");
    expect_file(tree, "/cg/cpu,cpuacct/tatara/job-1/cpu.cfs_period_us", "100000");
    expect_file(tree, "/cg/cpu set/tatara/cpuset.cpus", "0-7");
    expect_file(tree, "/cg/cpu set/tatara/job-1/cpuset.cpus", "1,3");
    expect_file(tree, "/cg/cpu set/tatara/job-1/cpuset.mems", "1\n");
    expect_file(tree, "/cg/pids/tatara/job-1/pids.max", "64");
    expect_file(tree, "/cg/pids/tatara/job-1/cgroup.procs", "12345");
    expect_file(tree, "/cg/memory/tatara/job-1/cgroup.procs", "12345");
    struct cgroup_usage usage;
    assert_true(cgroup_usage(&cgroups, "job-1", &usage, &err));
    assert_int_equal(123456789, usage.cpu_ns);
    assert_int_equal(777, usage.memory_peak_bytes);
    assert_int_equal(3, usage.oom_kills);
}

static void version_2_is_spoken(void **state)
{
    struct fake_tree *tree = *state;
    put_v2(tree);
    assert_true(cgroup_open(&cgroups, tree->root, "tatara", &err));
    assert_string_equal("v2", cgroup_layout(&cgroups));
    // Switched on where it was not: the last word written to a plain file stays.
    expect_file(tree, "/sys/fs/cgroup/cgroup.subtree_control", "+pids");
    expect_file(tree, "/sys/fs/cgroup/tatara/cgroup.subtree_control", "+pids");
    set_every_limit();
    expect_file(tree, "/sys/fs/cgroup/tatara/job-1/memory.max", "1048576");
    expect_file(tree, "/sys/fs/cgroup/tatara/job-1/memory.swap.max", "0");
    expect_file(tree, "/sys/fs/cgroup/tatara/job-1/cpu.max", "150000 100000");
    expect_file(tree, "/sys/fs/cgroup/tatara/job-1/cpuset.cpus", "1,3");
    expect_file(tree, "/sys/fs/cgroup/tatara/job-1/pids.max", "64");
    expect_file(tree, "/sys/fs/cgroup/tatara/job-1/cgroup.procs", "12345");
    struct cgroup_usage usage;
    assert_true(cgroup_usage(&cgroups, "job-1", &usage, &err));
    assert_int_equal(2500000, usage.cpu_ns);
    assert_int_equal(888, usage.memory_peak_bytes);
    assert_int_equal(1, usage.oom_kills);
    fake_tree_put(tree, "/sys/fs/cgroup/tatara/job-1/memory.peak", NULL); // before Linux 5.19
    assert_true(cgroup_usage(&cgroups, "job-1", &usage, &err));
    assert_int_equal(-1, usage.memory_peak_bytes);
}

// Memory and pids in version 1, the rest nowhere: cpu time comes from version 2, which counts it
// in every group.
static void a_hybrid_takes_each_from_where_it_is(void **state)
{
    struct fake_tree *tree = *state;
    put_v1(tree);
    fake_tree_put(tree, "/proc/self/mountinfo",
                  "35 31 0:32 / /cg/memory rw - cgroup cgroup rw,memory\n"
                  "39 31 0:36 / /cg/pids rw - cgroup cgroup rw,pids\n"
                  "41 31 0:38 / /cg/unified rw - cgroup2 cgroup2 rw\n");
    fake_tree_put(tree, "/cg/unified/cgroup.controllers", "hugetlb cpu memory\n");
    fake_tree_put(tree, "/cg/unified/cgroup.subtree_control", "\n");
    fake_tree_put(tree, "/cg/unified/tatara/cgroup.subtree_control", "\n");
    fake_tree_put(tree, "/cg/unified/tatara/job-1/cpu.stat", "usage_usec 7\n");
    assert_true(cgroup_open(&cgroups, tree->root, "tatara", &err));
    assert_string_equal("hybrid", cgroup_layout(&cgroups));
    assert_int_equal(1, cgroups.controllers[CGROUP_MEMORY].version);
    assert_int_equal(2, cgroups.controllers[CGROUP_CPU].version);
    assert_int_equal(2, cgroups.controllers[CGROUP_CPUACCT].version);
    assert_false(cgroups.controllers[CGROUP_CPUSET].usable);
    struct buf missing;
    buf_init(&missing, 4096);
    cgroup_missing(&cgroups, &missing);
    assert_string_equal("cpuset: this kernel or container does not offer the controller\n",
                        buf_cstr(&missing));
    buf_finish(&missing);
    core_set cores = {{1}};
    assert_false(cgroup_limit_cores(&cgroups, "job-1", &cores, &err));
    assert_non_null(strstr(err.text, "cpuset is not usable here"));
    struct cgroup_usage usage;
    assert_true(cgroup_usage(&cgroups, "job-1", &usage, &err));
    assert_int_equal(7000, usage.cpu_ns);
    assert_int_equal(777, usage.memory_peak_bytes);
}

static void limits_of_this_process_are_the_lowest_above_it(void **state)
{
    struct fake_tree *tree = *state;
    put_v1(tree);
    fake_tree_put(tree, "/cg/cpu,cpuacct/user/cpu.cfs_quota_us", "50000\n");
    fake_tree_put(tree, "/cg/cpu,cpuacct/user/cpu.cfs_period_us", "20000\n");
    fake_tree_put(tree, "/cg/cpu,cpuacct/user/me/cpu.cfs_quota_us", "-1\n");
    fake_tree_put(tree, "/cg/cpu,cpuacct/user/me/cpu.cfs_period_us", "100000\n");
    fake_tree_put(tree, "/cg/cpu set/cpuset.effective_cpus", "0-6\n");
    struct cgroup_own own;
    assert_true(cgroup_look(&cgroups, tree->root, "tatara", &err));
    assert_true(cgroup_own_limits(&cgroups, &own, &err));
    assert_int_equal(2500, own.cpu_milli);
    assert_int_equal(4096000, own.memory_bytes); // /outer is the mount's root, so own is /inner
    assert_int_equal(96000, own.memory_used_bytes);
    assert_int_equal(7, core_set_count(&own.cores));

    static const char *const garbage[][2] = {
        {"/cg/cpu,cpuacct/user/cpu.cfs_quota_us",  "fast\n"  },
        {"/cg/memory/inner/memory.limit_in_bytes", "12 MiB\n"},
        {"/cg/cpu set/cpuset.effective_cpus",      "0-6-9\n" },
    };
    for (size_t i = 0; i < sizeof garbage / sizeof *garbage; i++) {
        char before[256];
        snprintf(before, sizeof before, "%s", fake_tree_get(tree, garbage[i][0]));
        fake_tree_put(tree, garbage[i][0], garbage[i][1]);
        assert_false(cgroup_own_limits(&cgroups, &own, &err));
        assert_non_null(strstr(err.text, garbage[i][0]));
        fake_tree_put(tree, garbage[i][0], before);
    }
}

static void a_machine_without_cgroups_says_so(void **state)
{
    struct fake_tree *tree = *state;
    fake_tree_put_machine(tree);
    assert_true(cgroup_open(&cgroups, tree->root, "tatara", &err));
    assert_string_equal("none", cgroup_layout(&cgroups));
    for (int kind = 0; kind < CGROUP_KIND_COUNT; kind++)
        assert_false(cgroups.controllers[kind].usable);
    assert_true(cgroup_make(&cgroups, "job-1", &err));
    struct cgroup_usage usage;
    assert_true(cgroup_usage(&cgroups, "job-1", &usage, &err));
    assert_int_equal(-1, usage.cpu_ns);
    assert_int_equal(-1, usage.oom_kills);
    assert_true(cgroup_kill(&cgroups, "job-1", 0, &err));
    assert_true(cgroup_remove(&cgroups, "job-1", &err));
}

// What a missing file costs: the controller that needs it, with the file in its reason.
static void what_cannot_be_opened_is_given_up_alone(void **state)
{
    struct fake_tree *tree = *state;
    put_v2(tree);
    fake_tree_put(tree, "/sys/fs/cgroup/tatara/cgroup.subtree_control", NULL);
    assert_true(cgroup_open(&cgroups, tree->root, "tatara", &err));
    assert_true(cgroups.controllers[CGROUP_CPUACCT].usable);
    assert_false(cgroups.controllers[CGROUP_MEMORY].usable);
    assert_non_null(strstr(cgroups.controllers[CGROUP_MEMORY].reason, "subtree_control"));
    put_v1(tree);
    fake_tree_put(tree, "/cg/cpu set/cpuset.mems", NULL);
    assert_true(cgroup_open(&cgroups, tree->root, "tatara", &err));
    assert_false(cgroups.controllers[CGROUP_CPUSET].usable);
    assert_non_null(strstr(cgroups.controllers[CGROUP_CPUSET].reason, "cpuset.mems"));
    assert_true(cgroups.controllers[CGROUP_MEMORY].usable);
}

static void names_cannot_leave_the_base(void **state)
{
    struct fake_tree *tree = *state;
    put_v2(tree);
    assert_true(cgroup_open(&cgroups, tree->root, "tatara", &err));
    static const char *const bad[] = {"", ".", "..", "../x", "a/b", ".x", "job 1", "Job", "a\n"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_false(cgroup_make(&cgroups, bad[i], &err));
        assert_false(cgroup_remove(&cgroups, bad[i], &err));
        assert_false(cgroup_kill(&cgroups, bad[i], 0, &err));
        assert_false(cgroup_open(&cgroups, tree->root, bad[i], &err));
    }
}

static void garbage_in_a_counter_names_the_file(void **state)
{
    struct fake_tree *tree = *state;
    put_v2(tree);
    assert_true(cgroup_open(&cgroups, tree->root, "tatara", &err));
    static const char *const rows[][2] = {
        {"cpu.stat",      "usage_usec many\n"               },
        {"cpu.stat",      "usage_usec 9223372036854775807\n"},
        {"memory.peak",   "\n"                              },
        {"memory.events", "oom_kill one\n"                  },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        put_v2(tree);
        char path[128];
        snprintf(path, sizeof path, "/sys/fs/cgroup/tatara/job-1/%s", rows[i][0]);
        fake_tree_put(tree, path, rows[i][1]);
        struct cgroup_usage usage = {.cpu_ns = 42};
        assert_false(cgroup_usage(&cgroups, "job-1", &usage, &err));
        assert_non_null(strstr(err.text, rows[i][0]));
        assert_int_equal(42, usage.cpu_ns);
    }
}

static void pids_are_listed_and_killed(void **state)
{
    struct fake_tree *tree = *state;
    put_v2(tree);
    assert_true(cgroup_open(&cgroups, tree->root, "tatara", &err));
    static const char procs[] = "/sys/fs/cgroup/tatara/job-1/cgroup.procs";
    fake_tree_put(tree, procs, "7\n3\n7\n");
    pid_t pids[8];
    uint32_t count;
    assert_true(cgroup_pids(&cgroups, "job-1", pids, 8, &count, &err));
    assert_int_equal(2, count);
    assert_int_equal(3, pids[0]);
    assert_int_equal(7, pids[1]);
    fake_tree_put(tree, procs, "7\nx\n");
    assert_false(cgroup_pids(&cgroups, "job-1", pids, 8, &count, &err));
    assert_non_null(strstr(err.text, "\"x\" is not a pid"));

    // A real child, in a group below the job's. The file still lists it afterwards, so that the
    // group seems not to empty.
    pid_t child = fork();
    if (child == 0)
        for (;;)
            pause();
    char text[32];
    snprintf(text, sizeof text, "%d\n", (int)child);
    fake_tree_put(tree, procs, "");
    fake_tree_put(tree, "/sys/fs/cgroup/tatara/job-1/inner/cgroup.procs", text);
    assert_false(cgroup_kill(&cgroups, "job-1", 0, &err));
    assert_non_null(strstr(err.text, "1 processes are left"));
    int status;
    assert_int_equal(child, waitpid(child, &status, 0));
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    expect_file(tree, "/sys/fs/cgroup/tatara/job-1/cgroup.kill", "1");
    expect_file(tree, "/sys/fs/cgroup/tatara/job-1/pids.max", "0");
}

// --- on the real kernel ---

static void run_in(const char *name, int ready, void (*work)(void))
{
    if (!cgroup_join(&cgroups, name, getpid(), &err))
        _exit(99);
    (void)!write(ready, "x", 1);
    work();
    _exit(0);
}

static void wait_forever(void)
{
    pid_t child = fork(); // a grandchild that nobody here knows
    (void)child;
    for (;;)
        pause();
}

// Children that end at once beside children that stay: pids come and go all the time.
static void fork_for_ever(void)
{
    for (;;)
        if (fork() == 0 && getpid() % 2)
            _exit(0);
}

static void eat_memory(void)
{
    for (;;) {
        volatile char *page = malloc(1 << 20);
        for (size_t i = 0; page && i < 1 << 20; i += 4096)
            page[i] = 1;
    }
}

static void a_real_group_limits_counts_and_kills(void **state)
{
    (void)state;
    assert_true(cgroup_open(&cgroups, "", "tatara", &err));
    if (!cgroups.controllers[CGROUP_MEMORY].usable || !cgroups.controllers[CGROUP_PIDS].usable) {
        print_message("not usable here: %s\n", cgroups.controllers[CGROUP_MEMORY].reason);
        skip();
    }
    char name[CGROUP_NAME_MAX];
    snprintf(name, sizeof name, "test-%d", (int)getpid());
    if (!cgroup_make(&cgroups, name, &err) || !cgroup_make(&cgroups, name, &err) ||
        !cgroup_limit_memory(&cgroups, name, 32 << 20, &err) ||
        !cgroup_limit_pids(&cgroups, name, 16, &err))
        fail_msg("%s", err.text);
    if (cgroups.controllers[CGROUP_CPU].usable)
        assert_true(cgroup_limit_cpu(&cgroups, name, 500, &err));
    struct machine machine;
    core_set one = {0};
    assert_true(machine_read(&machine, "", &err));
    core_set_add(&one, core_set_next(&machine.cores, 0));
    if (cgroups.controllers[CGROUP_CPUSET].usable)
        assert_true(cgroup_limit_cores(&cgroups, name, &one, &err));

    int ready[2], status;
    char byte;
    pid_t pids[16];
    uint32_t count;
    assert_int_equal(0, pipe(ready));
    pid_t child = fork();
    if (child == 0)
        run_in(name, ready[1], wait_forever);
    assert_int_equal(1, read(ready[0], &byte, 1));
    assert_true(cgroup_pids(&cgroups, name, pids, 16, &count, &err));
    assert_true(count >= 1);
    assert_false(cgroup_remove(&cgroups, name, &err)); // not empty
    if (!cgroup_kill(&cgroups, name, 5000, &err))
        fail_msg("%s", err.text);
    assert_int_equal(child, waitpid(child, &status, 0));
    assert_true(WIFSIGNALED(status));
    assert_true(cgroup_pids(&cgroups, name, pids, 16, &count, &err));
    assert_int_equal(0, count);

    assert_true(cgroup_limit_pids(&cgroups, name, 16, &err));
    child = fork();
    if (child == 0)
        run_in(name, ready[1], fork_for_ever);
    assert_int_equal(1, read(ready[0], &byte, 1));
    if (!cgroup_kill(&cgroups, name, 5000, &err))
        fail_msg("%s", err.text);
    assert_int_equal(child, waitpid(child, &status, 0));

    assert_true(cgroup_limit_pids(&cgroups, name, 16, &err));
    child = fork();
    if (child == 0)
        run_in(name, ready[1], eat_memory);
    assert_int_equal(child, waitpid(child, &status, 0));
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    struct cgroup_usage usage;
    assert_true(cgroup_usage(&cgroups, name, &usage, &err));
    assert_true(usage.oom_kills >= 1);
    assert_true(usage.cpu_ns > 0);
    assert_true(usage.memory_peak_bytes == -1 || usage.memory_peak_bytes <= 32 << 20);
    if (!cgroup_remove(&cgroups, name, &err))
        fail_msg("%s", err.text);
    assert_true(cgroup_remove(&cgroups, name, &err));
    close(ready[0]);
    close(ready[1]);
}

// As a user nothing can be made: each controller says which folder forbids it.
static void a_plain_user_is_told_what_is_missing(void **state)
{
    (void)state;
    assert_true(cgroup_look(&cgroups, "", "tatara", &err));
    if (getuid() != 0 || cgroups.hierarchy_count == 0)
        skip();
    int status;
    pid_t child = fork();
    if (child == 0) {
        if (setgid(65534) != 0 || setuid(65534) != 0)
            _exit(1);
        bool opened = cgroup_open(&cgroups, "", "tatara-never-made", &err);
        bool usable = cgroups.controllers[CGROUP_MEMORY].usable;
        _exit(opened && !usable && cgroups.controllers[CGROUP_MEMORY].reason[0] ? 0 : 2);
    }
    assert_int_equal(child, waitpid(child, &status, 0));
    assert_int_equal(0, status);
}

#define WITH_TREE(test) cmocka_unit_test_setup_teardown(test, make_tree, remove_tree)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_TREE(version_1_is_spoken),
        WITH_TREE(version_2_is_spoken),
        WITH_TREE(a_hybrid_takes_each_from_where_it_is),
        WITH_TREE(limits_of_this_process_are_the_lowest_above_it),
        WITH_TREE(a_machine_without_cgroups_says_so),
        WITH_TREE(what_cannot_be_opened_is_given_up_alone),
        WITH_TREE(names_cannot_leave_the_base),
        WITH_TREE(garbage_in_a_counter_names_the_file),
        WITH_TREE(pids_are_listed_and_killed),
        cmocka_unit_test(a_real_group_limits_counts_and_kills),
        cmocka_unit_test(a_plain_user_is_told_what_is_missing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
