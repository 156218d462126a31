#include "host/machine.h"
#include "base/rng.h"
#include "fake_tree.h"
#include "host/sysfile.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sched.h>
#include <unistd.h>
#include <cmocka.h>

#define GIB (INT64_C(1) << 30)

static struct machine machine;
static struct err err;

static int make_tree(void **state)
{
    static struct fake_tree tree;
    fake_tree_make(&tree);
    fake_tree_put_machine(&tree);
    *state = &tree;
    return 0;
}

static int remove_tree(void **state)
{
    fake_tree_remove(*state);
    return 0;
}

static void a_machine_is_read(void **state)
{
    struct fake_tree *tree = *state;
    assert_true(machine_read(&machine, tree->root, &err));
    assert_string_equal("steel-1", machine.hostname);
    assert_string_equal("6.1.0-18-amd64", machine.kernel);
    assert_string_equal("4f2d1d9c-3a58-4c2e-9f0e-0123456789ab", machine.boot_id);
    assert_string_equal("Example 9000 CPU @ 2GHz", machine.cpu_model);
    assert_int_equal(8, core_set_count(&machine.cores));
    assert_int_equal(8000, machine.cpu_milli);
    assert_int_equal(64 * GIB, machine.memory_total_bytes);
    assert_int_equal(64 * GIB, machine.memory_usable_bytes);
    assert_int_equal(32 * GIB, machine.memory_available_bytes);
    assert_int_equal(2, machine.numa_count);
    assert_int_equal(32 * GIB, machine.numa[1].memory_bytes);
    assert_int_equal(0, machine_numa_of(&machine, 3));
    assert_int_equal(1, machine_numa_of(&machine, 4));
    assert_int_equal(-1, machine_numa_of(&machine, 8));
}

// The affinity mask, what is online and the cpuset each take cores away.
static void only_usable_cores_count(void **state)
{
    struct fake_tree *tree = *state;
    fake_tree_put(tree, "/proc/self/status", "Cpus_allowed_list:\t1-6\n");
    fake_tree_put(tree, "/sys/devices/system/cpu/online", "0-5,7\n");
    fake_tree_put(tree, "/proc/self/mountinfo",
                  "30 1 0:30 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n");
    fake_tree_put(tree, "/proc/self/cgroup", "0::/a/b\n");
    fake_tree_put(tree, "/sys/fs/cgroup/cgroup.controllers", "cpuset cpu io memory pids\n");
    fake_tree_put(tree, "/sys/fs/cgroup/a/b/cpuset.cpus.effective", "2-3,5\n");
    fake_tree_put(tree, "/sys/fs/cgroup/a/cpu.max", "250000 100000\n");
    fake_tree_put(tree, "/sys/fs/cgroup/a/b/cpu.max", "max 100000\n");
    fake_tree_put(tree, "/sys/fs/cgroup/a/b/memory.max", "max\n");
    fake_tree_put(tree, "/sys/fs/cgroup/a/memory.max", "1073741824\n");
    fake_tree_put(tree, "/sys/fs/cgroup/a/memory.current", "73741824\n");
    assert_true(machine_read(&machine, tree->root, &err));
    struct buf text;
    buf_init(&text, 4096);
    core_set_text(&machine.cores, &text);
    assert_string_equal("2-3,5", buf_cstr(&text));
    buf_finish(&text);
    assert_int_equal(2500, machine.cpu_milli);
    assert_int_equal(64 * GIB, machine.memory_total_bytes);
    assert_int_equal(GIB, machine.memory_usable_bytes);
    assert_int_equal(1000000000, machine.memory_available_bytes);
    assert_int_equal(2, core_set_count(&machine.numa[0].cores));
    assert_int_equal(1, core_set_count(&machine.numa[1].cores));
}

static void a_big_machine_without_numa_has_one_node(void **state)
{
    struct fake_tree *tree = *state;
    fake_tree_put(tree, "/proc/self/status", "Cpus_allowed_list:\t0-127,256-383\n");
    fake_tree_put(tree, "/sys/devices/system/cpu/online", NULL);
    fake_tree_put(tree, "/sys/devices/system/node/online", NULL);
    fake_tree_put(tree, "/proc/cpuinfo",
                  "processor\t: 0\nCPU implementer\t: 0x41\nCPU part\t: 0xd4f\n");
    assert_true(machine_read(&machine, tree->root, &err));
    assert_int_equal(256, core_set_count(&machine.cores));
    assert_int_equal(1, machine.numa_count);
    assert_int_equal(0, machine_numa_of(&machine, 300));
    assert_non_null(strstr(machine.cpu_model, "implementer 0x41 part 0xd4f"));
    fake_tree_put(tree, "/proc/cpuinfo", NULL);
    assert_true(machine_read(&machine, tree->root, &err));
    assert_non_null(strstr(machine.cpu_model, " CPU"));
}

// A core that its NUMA node forgot still has one.
static void every_core_has_a_numa_node(void **state)
{
    struct fake_tree *tree = *state;
    fake_tree_put(tree, "/sys/devices/system/node/node1/cpulist", "4-6\n");
    assert_true(machine_read(&machine, tree->root, &err));
    assert_int_equal(0, machine_numa_of(&machine, 7));
}

static void expect_fault(struct fake_tree *tree, const char *path, const char *text)
{
    char before[4096];
    snprintf(before, sizeof before, "%s", fake_tree_get(tree, path));
    fake_tree_put(tree, path, text);
    if (machine_read(&machine, tree->root, &err))
        fail_msg("%s with \"%s\" was taken", path, text ? text : "(absent)");
    if (!strstr(err.text, path))
        fail_msg("\"%s\" does not name %s", err.text, path);
    fake_tree_put(tree, path, before);
}

static void garbage_is_a_fault_that_names_the_file(void **state)
{
    struct fake_tree *tree = *state;
    static const char status[] = "/proc/self/status", mounts[] = "/proc/self/mountinfo",
                      memory[] = "/proc/meminfo", boot[] = "/proc/sys/kernel/random/boot_id",
                      cores[] = "/sys/devices/system/node/node0/cpulist",
                      node_memory[] = "/sys/devices/system/node/node0/meminfo";
    const char *const needed[] = {status, mounts, memory, boot, cores, node_memory};
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++)
        expect_fault(tree, needed[i], NULL);
    expect_fault(tree, "/proc/sys/kernel/hostname", NULL);
    expect_fault(tree, "/proc/sys/kernel/osrelease", NULL);
    expect_fault(tree, mounts, "garbage\n");
    expect_fault(tree, mounts, "22 1 8:1 / / rw shared:1 ext4 /dev/sda1 rw\n");
    expect_fault(tree, status, "Cpus_allowed_list:\t0-x\n");
    expect_fault(tree, status, "Cpus_allowed_list:\t\n");
    expect_fault(tree, status, "Cpus_allowed_list:\t0-99999\n");
    expect_fault(tree, status, "Cpus_allowed_list:\t9-11\n");
    expect_fault(tree, boot, "4f2d1d9c\n");
    expect_fault(tree, boot, "../../../../../../../../../../etc/pw\n");
    expect_fault(tree, memory, "MemTotal: 12\n");
    expect_fault(tree, memory, "MemTotal: -12 kB\nMemAvailable: 1 kB\n");
    expect_fault(tree, memory, "MemTotal: 9223372036854775807 kB\nMemAvailable: 1 kB\n");
    expect_fault(tree, memory, "MemTotal: 10 kB\n");
    expect_fault(tree, "/sys/devices/system/cpu/online", "0-\n");
    expect_fault(tree, "/sys/devices/system/node/online", "zero\n");
    expect_fault(tree, cores, "3-1\n");
    expect_fault(tree, node_memory, "Node 1 MemTotal: 5 kB\n");
}

// The machine the test runs on, held against what libc says of it.
static void this_machine_agrees_with_libc(void **state)
{
    (void)state;
    if (!machine_read(&machine, "", &err))
        fail_msg("%s", err.text);
    cpu_set_t affinity;
    assert_int_equal(0, sched_getaffinity(0, sizeof affinity, &affinity));
    assert_int_equal(CPU_COUNT(&affinity), core_set_count(&machine.cores));
    char name[65];
    assert_int_equal(0, gethostname(name, sizeof name));
    assert_string_equal(name, machine.hostname);
    int64_t bytes = (int64_t)sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGESIZE);
    assert_int_equal(bytes, machine.memory_total_bytes);
    int64_t first = machine_boottime_us(), second = machine_boottime_us();
    assert_true(first > 0 && second >= first);
}

static void lists_of_cores_are_read_and_written(void **state)
{
    (void)state;
    static const char *const bad[] = {",",
                                      "1,",
                                      "1-",
                                      "-1",
                                      "2-1",
                                      "1--2",
                                      "1;2",
                                      "4096",
                                      "0-4096",
                                      "a",
                                      "1 2",
                                      "1,,2",
                                      "18446744073709551616"};
    core_set set = {{5}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (core_set_parse(str_from(bad[i]), &set))
            fail_msg("\"%s\" was taken", bad[i]);
    assert_int_equal(5, set.bits[0]);
    static const char *const rows[][2] = {
        {"",         ""      },
        {"\n",       ""      },
        {"0",        "0"     },
        {"0-4095\n", "0-4095"},
        {"3,1,2",    "1-3"   },
        {"0-3,8",    "0-3,8" },
        {"63-64",    "63-64" },
        {"5-9,7-12", "5-12"  },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buf text;
        buf_init(&text, 4096);
        assert_true(core_set_parse(str_from(rows[i][0]), &set));
        core_set_text(&set, &text);
        assert_string_equal(rows[i][1], buf_cstr(&text));
        buf_finish(&text);
    }
}

// Random sets come back from their text; meeting is what a plain loop says.
static void sets_come_back_from_their_text(void **state)
{
    (void)state;
    struct rng rng = {.state = 3};
    struct buf text;
    buf_init(&text, 1 << 16);
    for (int round = 0; round < 100; round++) {
        static core_set set, other, met, same;
        int64_t spread = 1 + rng_below(&rng, CORE_SET_MAX);
        memset(&set, 0, sizeof set);
        memset(&other, 0, sizeof other);
        for (int64_t i = rng_below(&rng, 200); i > 0; i--) {
            core_set_add(&set, (uint32_t)rng_below(&rng, spread));
            core_set_add(&other, (uint32_t)rng_below(&rng, spread));
        }
        buf_clear(&text);
        core_set_text(&set, &text);
        assert_true(core_set_parse(buf_str(&text), &same));
        assert_memory_equal(&set, &same, sizeof set);
        met = set;
        core_set_meet(&met, &other);
        core_set_drop(&set, &other);
        uint32_t count = 0;
        for (uint32_t core = 0; core < CORE_SET_MAX; core++) {
            bool both = core_set_has(&same, core) && core_set_has(&other, core);
            assert_int_equal(both, core_set_has(&met, core));
            assert_int_equal(core_set_has(&same, core) && !both, core_set_has(&set, core));
            count += both;
        }
        assert_int_equal(count, core_set_count(&met));
    }
    buf_finish(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_machine_is_read, make_tree, remove_tree),
        cmocka_unit_test_setup_teardown(only_usable_cores_count, make_tree, remove_tree),
        cmocka_unit_test_setup_teardown(a_big_machine_without_numa_has_one_node, make_tree,
                                        remove_tree),
        cmocka_unit_test_setup_teardown(every_core_has_a_numa_node, make_tree, remove_tree),
        cmocka_unit_test_setup_teardown(garbage_is_a_fault_that_names_the_file, make_tree,
                                        remove_tree),
        cmocka_unit_test(this_machine_agrees_with_libc),
        cmocka_unit_test(lists_of_cores_are_read_and_written),
        cmocka_unit_test(sets_come_back_from_their_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
