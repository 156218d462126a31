#include "host/power.h"
#include "base/rng.h"
#include "fake_tree.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define SECOND INT64_C(1000000)

static struct power power;
static struct power_meter meter;
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
    unsetenv("FAKE_NVML_FAIL");
    unsetenv("FAKE_NVML_ENERGY");
    unsetenv("FAKE_NVML_POWER");
    return 0;
}

static void put_number(struct fake_tree *tree, const char *path, int64_t value)
{
    char text[32];
    snprintf(text, sizeof text, "%lld\n", (long long)value);
    fake_tree_put(tree, path, text);
}

static const char first_energy[] = "/sys/class/powercap/intel-rapl:0/energy_uj";
static const char second_energy[] = "/sys/class/powercap/intel-rapl:1/energy_uj";
enum { RANGE_UJ = 1000 * 1000 * 1000 };

static void put_rapl(struct fake_tree *tree)
{
    fake_tree_put(tree, "/sys/class/powercap/intel-rapl:0/name", "package-0\n");
    fake_tree_put(tree, "/sys/class/powercap/intel-rapl:1/name", "package-1\n");
    fake_tree_put(tree, "/sys/class/powercap/intel-rapl:2/name", "psys\n");
    fake_tree_put(tree, "/sys/class/powercap/intel-rapl:0:0/name", "core\n");
    fake_tree_put(tree, "/sys/class/powercap/intel-rapl-mmio:0/name", "package-0\n");
    put_number(tree, "/sys/class/powercap/intel-rapl:0/max_energy_range_uj", RANGE_UJ);
    put_number(tree, "/sys/class/powercap/intel-rapl:1/max_energy_range_uj", RANGE_UJ);
    put_number(tree, first_energy, 1000);
    put_number(tree, second_energy, 2000);
}

static const struct power_load four_cores = {.cores = 4, .idle_w = 1, .class_w = 4};

static void a_package_is_shared_by_cpu_time(void **state)
{
    struct fake_tree *tree = *state;
    put_rapl(tree);
    power_look(&power, tree->root, 8, NULL);
    assert_int_equal(2, power.domain_count);
    assert_string_equal("", power.note);
    power_meter_start(&meter, &power, &four_cores, 5 * SECOND, 0);
    assert_int_equal(ENERGY_ATTRIBUTED, meter.kind);
    assert_int_equal(0, power_meter_joules(&meter));
    // 100 J and 60 J in one second; 2 of 8 core-seconds are the job's.
    put_number(tree, first_energy, 1000 + 100 * SECOND);
    put_number(tree, second_energy, 2000 + 60 * SECOND);
    power_meter_sample(&meter, 6 * SECOND, INT64_C(2000000000));
    assert_int_equal(40 * SECOND, meter.energy_uj);
    assert_int_equal(40, power_meter_joules(&meter));
    // No CPU time, no energy; the same instant again changes nothing.
    put_number(tree, first_energy, 1000 + 150 * SECOND);
    power_meter_sample(&meter, 7 * SECOND, INT64_C(2000000000));
    power_meter_sample(&meter, 7 * SECOND, INT64_C(9000000000));
    assert_int_equal(40 * SECOND, meter.energy_uj);
    assert_int_equal(ENERGY_ATTRIBUTED, meter.kind);
    // More CPU time than there is gives the whole package and no more.
    put_number(tree, first_energy, 1000 + 250 * SECOND);
    power_meter_sample(&meter, 8 * SECOND, INT64_C(90000000000));
    assert_int_equal(140 * SECOND, meter.energy_uj);
}

static void a_counter_wraps_and_jumps(void **state)
{
    struct fake_tree *tree = *state;
    put_rapl(tree);
    put_number(tree, first_energy, RANGE_UJ - 30 * SECOND);
    power_look(&power, tree->root, 4, NULL);
    power_meter_start(&meter, &power, &four_cores, 0, 0);
    put_number(tree, first_energy, 50 * SECOND);
    power_meter_sample(&meter, SECOND, INT64_C(4000000000)); // all of it
    assert_int_equal(80 * SECOND, meter.energy_uj);
    assert_int_equal(ENERGY_ATTRIBUTED, meter.kind);
    // Back by a little: as a wrap that would be 999 J in 10 ms. The estimate takes its place.
    put_number(tree, first_energy, 49 * SECOND);
    power_meter_sample(&meter, SECOND + 10000, INT64_C(4040000000));
    assert_int_equal(80 * SECOND + 4 * 4 * 10000, meter.energy_uj);
    assert_int_equal(ENERGY_ESTIMATED, meter.kind);
    // Gone for a while, then back: two estimates, and on from the new base. The label stays.
    fake_tree_put(tree, first_energy, NULL);
    power_meter_sample(&meter, 2 * SECOND + 10000, INT64_C(4040000000));
    put_number(tree, first_energy, 70 * SECOND);
    power_meter_sample(&meter, 3 * SECOND + 10000, INT64_C(4040000000));
    int64_t before_uj = 88 * SECOND + 160000;
    assert_int_equal(before_uj, meter.energy_uj);
    put_number(tree, first_energy, 90 * SECOND);
    power_meter_sample(&meter, 4 * SECOND + 10000, INT64_C(8040000000));
    assert_int_equal(before_uj + 20 * SECOND, meter.energy_uj);
    assert_int_equal(ENERGY_ESTIMATED, meter.kind);
}

static void without_a_counter_it_is_estimated(void **state)
{
    struct fake_tree *tree = *state;
    power_look(&power, tree->root, 8, NULL);
    assert_int_equal(0, power.domain_count);
    assert_non_null(strstr(power.note, "no energy counters"));
    power_meter_start(&meter, &power, &four_cores, 0, 0);
    assert_int_equal(ENERGY_ESTIMATED, meter.kind);
    power_meter_sample(&meter, 10 * SECOND, 0); // idle: 4 × 1 W
    assert_int_equal(40, power_meter_joules(&meter));
    power_meter_sample(&meter, 20 * SECOND, INT64_C(20000000000)); // half: 4 × (1 + 3 / 2) W
    assert_int_equal(140, power_meter_joules(&meter));
    power_meter_sample(&meter, 30 * SECOND, INT64_C(900000000000)); // never over 4 W a core
    assert_int_equal(300, power_meter_joules(&meter));
    power_meter_sample(&meter, 40 * SECOND, -1); // not known: as if busy
    assert_int_equal(460, power_meter_joules(&meter));
}

// One package that may not be read spoils the sum: better an estimate than half of the energy.
static void garbage_is_no_counter(void **state)
{
    struct fake_tree *tree = *state;
    static const char *const files[] = {"name", "max_energy_range_uj", "energy_uj"};
    for (size_t i = 0; i < 3; i++) {
        char path[128];
        put_rapl(tree);
        snprintf(path, sizeof path, "/sys/class/powercap/intel-rapl:1/%s", files[i]);
        fake_tree_put(tree, path, i == 0 ? "" : "lots\n");
        power_look(&power, tree->root, 8, NULL);
        if (i == 0) { // a nameless domain is not a package
            assert_int_equal(1, power.domain_count);
            continue;
        }
        assert_int_equal(0, power.domain_count);
        assert_non_null(strstr(power.note, path));
    }
    put_rapl(tree);
    put_number(tree, "/sys/class/powercap/intel-rapl:0/max_energy_range_uj", 0);
    power_look(&power, tree->root, 8, NULL);
    assert_int_equal(0, power.domain_count);
}

// Joules never decrease and the label never improves, whatever counters and clocks do.
static void a_meter_never_runs_backwards(void **state)
{
    struct fake_tree *tree = *state;
    put_rapl(tree);
    power_look(&power, tree->root, 8, NULL);
    struct rng rng = {.state = 11};
    power_meter_start(&meter, &power, &four_cores, 0, 0);
    int64_t now_us = 0, last_uj = 0;
    enum engine_energy last_kind = meter.kind;
    for (int i = 0; i < 500; i++) {
        now_us += rng_below(&rng, 3 * SECOND) - SECOND / 2;
        put_number(tree, first_energy, rng_below(&rng, RANGE_UJ));
        if (rng_below(&rng, 10) == 0)
            fake_tree_put(tree, second_energy, "?\n");
        else
            put_number(tree, second_energy, rng_below(&rng, INT64_MAX) - SECOND);
        power_meter_sample(&meter, now_us, rng_below(&rng, 1000000) - 10);
        assert_true(meter.energy_uj >= last_uj);
        assert_true(meter.kind >= last_kind);
        last_uj = meter.energy_uj;
        last_kind = meter.kind;
    }
    power_meter_sample(&meter, INT64_MAX, INT64_MAX);
    assert_true(meter.energy_uj >= last_uj);
}

static struct power_load gpu_load(uint32_t gpu)
{
    struct power_load load = {.cores = 2, .idle_w = 70, .class_w = 700};
    device_set_add(&load.gpus, gpu);
    return load;
}

static void put_energy(int64_t energy_mj)
{
    char text[32];
    snprintf(text, sizeof text, "%lld", (long long)energy_mj);
    setenv("FAKE_NVML_ENERGY", text, 1);
}

static void a_gpu_with_a_counter_is_measured(void **state)
{
    struct fake_tree *tree = *state;
    struct nvml *nvml = NULL;
    assert_int_equal(NVML_PRESENT, nvml_open(&nvml, FAKE_NVML, &err));
    power_look(&power, tree->root, 8, nvml);
    struct power_load load = gpu_load(0);
    put_energy(1000);
    power_meter_start(&meter, &power, &load, 0, 0);
    assert_int_equal(ENERGY_MEASURED, meter.kind);
    put_energy(601000);
    power_meter_sample(&meter, SECOND, 0);
    assert_int_equal(600, power_meter_joules(&meter));
    assert_int_equal(ENERGY_MEASURED, meter.kind);
    // The driver was loaded anew: the draw of the moment, 123.456 W, stands in.
    put_energy(5);
    power_meter_sample(&meter, 2 * SECOND, 0);
    assert_int_equal(600 * SECOND + 123456000, meter.energy_uj);
    assert_int_equal(ENERGY_ESTIMATED, meter.kind);
    put_energy(100005);
    power_meter_sample(&meter, 3 * SECOND, 0);
    assert_int_equal(700 * SECOND + 123456000, meter.energy_uj);
    nvml_close(nvml);
}

static void a_gpu_without_a_counter_is_estimated(void **state)
{
    struct fake_tree *tree = *state;
    struct nvml *nvml = NULL;
    assert_int_equal(NVML_PRESENT, nvml_open(&nvml, FAKE_NVML, &err));
    power_look(&power, tree->root, 8, nvml);
    struct power_load load = gpu_load(1);
    power_meter_start(&meter, &power, &load, 0, 0);
    assert_int_equal(ENERGY_ESTIMATED, meter.kind);
    power_meter_sample(&meter, 10 * SECOND, 0); // 60 W drawn
    assert_int_equal(600, power_meter_joules(&meter));
    nvml_close(nvml);

    // Without the library at all: as if busy.
    power_look(&power, tree->root, 8, NULL);
    power_meter_start(&meter, &power, &load, 0, 0);
    power_meter_sample(&meter, 10 * SECOND, 0);
    assert_int_equal(7000, power_meter_joules(&meter));
}

// Each call of a measured second fails once: never fewer joules than before, never a crash, and
// the label says that something was missing.
static void a_gpu_may_fail_at_any_call(void **state)
{
    struct fake_tree *tree = *state;
    for (unsigned int n = 2; n <= 5; n++) {
        struct nvml *nvml = NULL;
        char text[32];
        unsetenv("FAKE_NVML_FAIL");
        assert_int_equal(NVML_PRESENT, nvml_open(&nvml, FAKE_NVML, &err));
        snprintf(text, sizeof text, "%u:15", n);
        setenv("FAKE_NVML_FAIL", text, 1);
        power_look(&power, tree->root, 8, nvml);
        struct power_load load = gpu_load(0);
        put_energy(1000);
        power_meter_start(&meter, &power, &load, 0, 0); // calls 2 and 3
        put_energy(601000);
        power_meter_sample(&meter, SECOND, 0); // calls 4 and 5, then others
        assert_int_equal(ENERGY_ESTIMATED, meter.kind);
        assert_int_equal(123456000, meter.energy_uj);
        nvml_close(nvml);
    }
}

#define WITH_TREE(test) cmocka_unit_test_setup_teardown(test, make_tree, remove_tree)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_TREE(a_package_is_shared_by_cpu_time),
        WITH_TREE(a_counter_wraps_and_jumps),
        WITH_TREE(without_a_counter_it_is_estimated),
        WITH_TREE(garbage_is_no_counter),
        WITH_TREE(a_meter_never_runs_backwards),
        WITH_TREE(a_gpu_with_a_counter_is_measured),
        WITH_TREE(a_gpu_without_a_counter_is_estimated),
        WITH_TREE(a_gpu_may_fail_at_any_call),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
