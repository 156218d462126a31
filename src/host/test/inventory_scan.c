#include "host/inventory_scan.h"
#include "base/rng.h"
#include "fake_tree.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static struct inventory_scan scan;
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
    unsetenv("FAKE_NVML_FAIL");
    unsetenv("FAKE_NVML_COUNT");
    return 0;
}

static bool scan_it(struct fake_tree *tree, const char *nvml_path, bool cores_only)
{
    const struct inventory_scan_from from = {
        .root = tree->root, .nvml_path = nvml_path, .cores_only = cores_only};
    return inventory_scan(&scan, &from, &err);
}

static void without_gpus_the_cores_are_the_devices(void **state)
{
    struct fake_tree *tree = *state;
    fake_tree_put(tree, "/proc/self/status", "Cpus_allowed_list:\t1-2,6\n");
    assert_true(scan_it(tree, "/nowhere/libnvidia-ml.so.1", false));
    assert_false(scan.gpus);
    assert_int_equal(3, scan.count);
    assert_int_equal(3000, scan.cpu_milli);
    assert_int_equal(65536, scan.memory_mib);
    assert_string_equal("steel-1", scan.machine.hostname);
    assert_non_null(strstr(scan.note, "no NVIDIA driver library"));
    static const uint32_t cores[] = {1, 2, 6};
    for (uint32_t i = 0; i < 3; i++) {
        char serial[16];
        snprintf(serial, sizeof serial, "core-%u", cores[i]);
        assert_string_equal(serial, scan.devices[i].serial);
        assert_string_equal("cpu-core", scan.devices[i].chip);
        assert_string_equal("Example 9000 CPU @ 2GHz", scan.devices[i].description);
        assert_int_equal(cores[i], scan.devices[i].number);
        assert_int_equal(cores[i] / 4, scan.devices[i].numa);
        assert_int_equal(-1, scan.devices[i].minor);
        assert_true(scan.devices[i].idle_w > 0);
        assert_true(scan.devices[i].idle_w <= scan.devices[i].class_w);
        assert_true(scan.devices[i].class_w <= scan.devices[i].max_w);
        assert_string_equal("", scan.devices[i].fault);
    }
}

static void gpus_are_the_devices_where_there_are_any(void **state)
{
    struct fake_tree *tree = *state;
    fake_tree_put(tree, "/sys/bus/pci/devices/0000:af:00.0/numa_node", "1\n");
    fake_tree_put(tree, "/sys/bus/pci/devices/0000:3b:00.0/numa_node", "-1\n");
    assert_true(scan_it(tree, FAKE_NVML, false));
    assert_true(scan.gpus);
    assert_int_equal(2, scan.count);
    assert_int_equal(8000, scan.cpu_milli);
    const struct inventory_scan_device *first = &scan.devices[0], *second = &scan.devices[1];
    assert_string_equal("nvidia-h100-80gb-hbm3", first->chip);
    assert_string_equal("NVIDIA H100 80GB HBM3 (MIG on)", first->description);
    assert_string_equal("GPU-00c3f2a4-0000-1111-2222-333344445555", first->serial);
    assert_int_equal(81920, first->memory_mib);
    assert_int_equal(65, first->idle_w);
    assert_int_equal(650, first->class_w);
    assert_int_equal(700, first->max_w);
    assert_int_equal(-1, first->numa);
    assert_int_equal(0, first->minor);
    assert_string_equal("nvidia-a10", second->chip);
    assert_string_equal("NVIDIA A10", second->description);
    assert_int_equal(1, second->numa);
    assert_int_equal(1, second->number);
    assert_int_equal(150, second->max_w);

    assert_true(scan_it(tree, FAKE_NVML, true));
    assert_false(scan.gpus);
    assert_int_equal(8, scan.count);
    setenv("FAKE_NVML_COUNT", "0", 1);
    assert_true(scan_it(tree, FAKE_NVML, false));
    assert_int_equal(8, scan.count);
    assert_non_null(strstr(scan.note, "no GPU"));
}

// The driver fails as a whole: a fault. One GPU fails: it is listed with what it said, and the
// others keep their places.
static void failures_of_gpus_are_told(void **state)
{
    struct fake_tree *tree = *state;
    setenv("FAKE_NVML_FAIL", "1:999", 1);
    assert_false(scan_it(tree, FAKE_NVML, false));
    assert_non_null(strstr(err.text, "NVML init"));
    setenv("FAKE_NVML_FAIL", "1:9", 1);
    assert_true(scan_it(tree, FAKE_NVML, false));
    assert_false(scan.gpus);
    setenv("FAKE_NVML_FAIL", "2:999", 1);
    assert_false(scan_it(tree, FAKE_NVML, false));
    assert_non_null(strstr(err.text, "device count"));
    uint32_t first_lost = 0, second_lost = 0;
    for (unsigned int n = 3; n < 60; n++) {
        char order[32];
        snprintf(order, sizeof order, "%u:15", n);
        setenv("FAKE_NVML_FAIL", order, 1);
        assert_true(scan_it(tree, FAKE_NVML, false));
        assert_int_equal(2, scan.count);
        first_lost += scan.devices[0].fault[0] != '\0';
        second_lost += scan.devices[1].fault[0] != '\0';
        assert_false(scan.devices[0].fault[0] && scan.devices[1].fault[0]);
        if (scan.devices[0].fault[0]) {
            assert_non_null(strstr(scan.devices[0].fault, "GPU 0: NVML"));
            assert_string_equal("gpu-0", scan.devices[0].serial);
            assert_string_equal("nvidia-a10", scan.devices[1].chip);
        }
    }
    assert_true(first_lost > 10 && second_lost > 10);
    assert_true(first_lost + second_lost < 57);
}

static void a_node_has_at_most_256_devices(void **state)
{
    struct fake_tree *tree = *state;
    fake_tree_put(tree, "/proc/self/status", "Cpus_allowed_list:\t0-383\n");
    fake_tree_put(tree, "/sys/devices/system/cpu/online", "0-383\n");
    assert_true(scan_it(tree, NULL, true));
    assert_int_equal(256, scan.count);
    assert_int_equal(255, scan.devices[255].number);
    assert_non_null(strstr(scan.note, "256 of 384 cores are sold"));
    fake_tree_put(tree, "/proc/self/status", "Cpus_allowed_list:\t0-255\n");
    assert_true(scan_it(tree, NULL, true));
    assert_int_equal(256, scan.count);
    assert_string_equal("", scan.note);
}

static void a_quota_sells_fewer_cores(void **state)
{
    struct fake_tree *tree = *state;
    fake_tree_put(tree, "/proc/self/mountinfo",
                  "30 1 0:30 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n");
    fake_tree_put(tree, "/proc/self/cgroup", "0::/\n");
    fake_tree_put(tree, "/sys/fs/cgroup/cgroup.controllers", "cpu\n");
    fake_tree_put(tree, "/sys/fs/cgroup/cpu.max", "250000 100000\n");
    assert_true(scan_it(tree, NULL, true));
    assert_int_equal(2, scan.count);
    assert_int_equal(2500, scan.cpu_milli);
    assert_non_null(strstr(scan.note, "quota"));
    fake_tree_put(tree, "/sys/fs/cgroup/cpu.max", "50000 100000\n");
    assert_true(scan_it(tree, NULL, true));
    assert_int_equal(1, scan.count);
    fake_tree_put(tree, "/sys/fs/cgroup/cpu.max", "fast\n");
    assert_false(scan_it(tree, NULL, true));
    assert_non_null(strstr(err.text, "/sys/fs/cgroup/cpu.max"));
}

// Puts random bytes into a file, cuts it, or says a part of it twice.
static void damage(struct fake_tree *tree, const char *path, struct rng *rng)
{
    static const char alphabet[] = "0123456789-,:/ \n\tkBx";
    char text[4096];
    snprintf(text, sizeof text / 2, "%s", fake_tree_get(tree, path));
    size_t length = strlen(text), at = (size_t)rng_below(rng, (int64_t)length + 1);
    switch (rng_below(rng, 3)) {
    case 0:
        text[at] = '\0';
        break;
    case 1:
        memmove(text + length, text + at, length - at);
        text[length + length - at] = '\0';
        break;
    default:
        for (int64_t i = 1 + rng_below(rng, 4); i > 0 && length > 0; i--)
            text[rng_below(rng, (int64_t)length)] = alphabet[rng_below(rng, sizeof alphabet - 1)];
    }
    fake_tree_put(tree, path, text);
}

static void assert_sound(void)
{
    assert_true(scan.count >= 1 && scan.count <= DEVICE_SET_MAX);
    assert_true(scan.cpu_milli >= 0);
    assert_true(scan.memory_mib >= 0);
    assert_true(scan.machine.memory_available_bytes >= 0);
    assert_true(scan.machine.memory_available_bytes <= scan.machine.memory_usable_bytes);
    assert_true(scan.machine.memory_usable_bytes <= scan.machine.memory_total_bytes);
    assert_true(scan.machine.numa_count >= 1);
    uint32_t placed = 0;
    for (uint32_t i = 0; i < scan.machine.numa_count; i++)
        placed += core_set_count(&scan.machine.numa[i].cores);
    assert_int_equal(placed, core_set_count(&scan.machine.cores));
    for (uint32_t i = 0; i < scan.count; i++) {
        assert_true(core_set_has(&scan.machine.cores, scan.devices[i].number));
        assert_true(i == 0 || scan.devices[i].number > scan.devices[i - 1].number);
        assert_true(scan.devices[i].numa >= 0);
    }
}

// Whatever stands in these files: either a sound scan, or a fault that names one of them.
static void damaged_files_do_no_harm(void **state)
{
    struct fake_tree *tree = *state;
    static const char *const paths[] = {
        "/proc/self/mountinfo",
        "/proc/self/cgroup",
        "/proc/self/status",
        "/proc/sys/kernel/random/boot_id",
        "/proc/cpuinfo",
        "/proc/meminfo",
        "/sys/devices/system/cpu/online",
        "/sys/devices/system/node/online",
        "/sys/devices/system/node/node0/cpulist",
        "/sys/devices/system/node/node1/meminfo",
        "/sys/fs/cgroup/cgroup.controllers",
        "/sys/fs/cgroup/a/cpu.max",
        "/sys/fs/cgroup/a/memory.max",
        "/sys/fs/cgroup/a/cpuset.cpus.effective",
    };
    struct rng rng = {.state = 5};
    uint32_t sound = 0, faults = 0;
    for (int round = 0; round < 160; round++) {
        if (round % 4 == 0) {
            fake_tree_put_machine(tree);
            fake_tree_put(tree, "/proc/self/mountinfo",
                          "30 1 0:30 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n");
            fake_tree_put(tree, "/proc/self/cgroup", "0::/a\n");
            fake_tree_put(tree, "/sys/fs/cgroup/cgroup.controllers", "cpu cpuset memory\n");
            fake_tree_put(tree, "/sys/fs/cgroup/a/cpu.max", "600000 100000\n");
            fake_tree_put(tree, "/sys/fs/cgroup/a/memory.max", "1073741824\n");
            fake_tree_put(tree, "/sys/fs/cgroup/a/cpuset.cpus.effective", "0-6\n");
        }
        damage(tree, paths[rng_below(&rng, sizeof paths / sizeof *paths)], &rng);
        err.text[0] = '\0';
        if (scan_it(tree, NULL, true)) {
            assert_sound();
            sound++;
        } else {
            assert_non_null(strstr(err.text, tree->root));
            faults++;
        }
    }
    assert_true(sound > 20 && faults > 10);
}

static void chip_names_are_plain(void **state)
{
    (void)state;
    static const struct {
        const char *name, *chip;
    } rows[] = {
        {"NVIDIA H100 80GB HBM3",               "nvidia-h100-80gb-hbm3"         },
        {"  Tesla  V100-SXM2-16GB ",            "tesla-v100-sxm2-16gb"          },
        {"",                                    "unknown"                       },
        {"///",                                 "unknown"                       },
        {"Gr\xc3\xa4phic \"9\"\n",              "gr-phic-9"                     },
        {"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAA BBBB", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char chip[32];
        inventory_scan_chip_name(rows[i].name, chip);
        assert_string_equal(rows[i].chip, chip);
    }
}

// The machine the test runs on has something to sell.
static void this_machine_is_scanned(void **state)
{
    (void)state;
    const struct inventory_scan_from from = {.root = "", .cores_only = true};
    if (!inventory_scan(&scan, &from, &err))
        fail_msg("%s", err.text);
    assert_true(scan.count >= 1 && scan.memory_mib > 0);
    assert_true((int64_t)scan.count * 1000 <= scan.cpu_milli || scan.count == 1);
}

#define WITH_TREE(test) cmocka_unit_test_setup_teardown(test, make_tree, remove_tree)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_TREE(without_gpus_the_cores_are_the_devices),
        WITH_TREE(gpus_are_the_devices_where_there_are_any),
        WITH_TREE(failures_of_gpus_are_told),
        WITH_TREE(a_node_has_at_most_256_devices),
        WITH_TREE(a_quota_sells_fewer_cores),
        WITH_TREE(damaged_files_do_no_harm),
        cmocka_unit_test(chip_names_are_plain),
        cmocka_unit_test(this_machine_is_scanned),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
