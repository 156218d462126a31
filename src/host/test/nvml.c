#include "host/nvml.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <dlfcn.h>
#include <cmocka.h>

static struct err err;

static struct nvml *open_fake(void)
{
    struct nvml *nvml = NULL;
    if (nvml_open(&nvml, FAKE_NVML, &err) != NVML_PRESENT)
        fail_msg("%s", err.text);
    return nvml;
}

static void fail_call(unsigned int which, int code)
{
    char text[64];
    snprintf(text, sizeof text, "%u:%d", which, code);
    setenv("FAKE_NVML_FAIL", text, 1);
}

static int clear_orders(void **state)
{
    (void)state;
    unsetenv("FAKE_NVML_FAIL");
    unsetenv("FAKE_NVML_COUNT");
    return 0;
}

// The counter of calls inside the fake.
static unsigned int *fake_number(const char *name)
{
    static void *library;
    if (!library)
        library = dlopen(FAKE_NVML, RTLD_NOW | RTLD_LOCAL);
    unsigned int *number = dlsym(library, name);
    assert_non_null(number);
    return number;
}

static void two_gpus_are_described(void **state)
{
    (void)state;
    struct nvml *nvml = open_fake();
    uint32_t count;
    struct nvml_gpu gpu;
    char version[80];
    assert_true(nvml_driver(nvml, version, &err));
    assert_string_equal("550.54.15", version);
    assert_true(nvml_count(nvml, &count, &err));
    assert_int_equal(2, count);
    assert_true(nvml_describe(nvml, 0, &gpu, &err));
    assert_string_equal("NVIDIA H100 80GB HBM3", gpu.name);
    assert_string_equal("GPU-00c3f2a4-0000-1111-2222-333344445555", gpu.uuid);
    assert_string_equal("1652322000000", gpu.serial);
    assert_string_equal("0000:3b:00.0", gpu.pci);
    assert_int_equal(0, gpu.minor);
    assert_int_equal(INT64_C(80) << 30, gpu.memory_bytes);
    assert_int_equal(650000, gpu.power_limit_mw);
    assert_int_equal(700000, gpu.power_limit_max_mw);
    assert_int_equal(1, gpu.ecc);
    assert_int_equal(1, gpu.mig);
    assert_int_equal(7, gpu.mig_max);
    assert_int_equal(2, gpu.mig_count);

    assert_true(nvml_describe(nvml, 1, &gpu, &err));
    assert_string_equal("NVIDIA A10", gpu.name);
    assert_string_equal("0000:af:00.0", gpu.pci);
    assert_int_equal(-1, gpu.ecc);
    assert_int_equal(-1, gpu.mig);
    assert_int_equal(-1, gpu.mig_max);
    assert_int_equal(-1, gpu.mig_count);
    assert_false(nvml_describe(nvml, 2, &gpu, &err));
    assert_non_null(strstr(err.text, "GPU 2: NVML handle"));
    nvml_close(nvml);
}

static void readings_are_taken(void **state)
{
    (void)state;
    struct nvml *nvml = open_fake();
    struct nvml_reading reading;
    int64_t energy_mj;
    assert_true(nvml_read(nvml, 0, &reading, &err));
    assert_int_equal(INT64_C(3) << 30, reading.memory_used_bytes);
    assert_int_equal(123456, reading.power_mw);
    assert_int_equal(5000000, reading.energy_mj);
    assert_int_equal(87, reading.gpu_percent);
    assert_int_equal(40, reading.memory_percent);
    assert_true(nvml_energy(nvml, 0, &energy_mj, &err));
    assert_int_equal(5000000, energy_mj);
    assert_true(nvml_read(nvml, 1, &reading, &err));
    assert_int_equal(-1, reading.energy_mj);
    assert_int_equal(60000, reading.power_mw);
    assert_true(nvml_energy(nvml, 1, &energy_mj, &err));
    assert_int_equal(-1, energy_mj);
    nvml_close(nvml);
}

static void absence_is_said_plainly(void **state)
{
    (void)state;
    struct nvml *nvml = NULL;
    assert_int_equal(NVML_ABSENT, nvml_open(&nvml, "/nowhere/libnvidia-ml.so.1", &err));
    assert_non_null(strstr(err.text, "no NVIDIA driver library here"));
    assert_int_equal(NVML_FAULTY, nvml_open(&nvml, "libm.so.6", &err));
    assert_non_null(strstr(err.text, "libm.so.6: has no nvmlErrorString"));
    fail_call(1, 9);
    assert_int_equal(NVML_ABSENT, nvml_open(&nvml, FAKE_NVML, &err));
    assert_non_null(strstr(err.text, "Driver Not Loaded"));
    fail_call(1, 999);
    assert_int_equal(NVML_FAULTY, nvml_open(&nvml, FAKE_NVML, &err));
    assert_non_null(strstr(err.text, "NVML init: Unknown Error (999)"));
    assert_null(nvml);
    nvml_close(NULL);
}

static void a_count_out_of_reach_is_refused(void **state)
{
    (void)state;
    struct nvml *nvml = open_fake();
    uint32_t count = 77;
    setenv("FAKE_NVML_COUNT", "4000000000", 1);
    assert_false(nvml_count(nvml, &count, &err));
    assert_int_equal(77, count);
    nvml_close(nvml);
}

// All that a scan of both GPUs asks.
static bool ask_everything(struct nvml *nvml)
{
    char version[80];
    uint32_t count;
    bool good = nvml_driver(nvml, version, &err) && nvml_count(nvml, &count, &err);
    for (uint32_t i = 0; i < 2 && good; i++) {
        struct nvml_gpu gpu = {.minor = 99};
        struct nvml_reading reading = {.power_mw = 99};
        int64_t energy_mj = 99;
        good = nvml_describe(nvml, i, &gpu, &err);
        assert_true(good || gpu.minor == 99);
        bool read = good && nvml_read(nvml, i, &reading, &err);
        assert_true(read || reading.power_mw == 99);
        good = read && nvml_energy(nvml, i, &energy_mj, &err);
        assert_true(good || energy_mj == 99);
    }
    return good;
}

// Each call fails once: with a lost GPU the asking ends in a fault that says so and leaves its
// output alone; with "not supported" it goes on, but for what everything rests on.
static void each_call_may_fail(void **state)
{
    (void)state;
    struct nvml *nvml = open_fake();
    assert_true(ask_everything(nvml));
    unsigned int calls = *fake_number("fake_nvml_calls");
    nvml_close(nvml);
    assert_true(calls > 40);
    unsigned int shutdowns = *fake_number("fake_nvml_shutdowns"), unsupported = 0;
    for (unsigned int n = 2; n <= calls; n++) {
        nvml = open_fake();
        fail_call(n, 15);
        err.text[0] = '\0';
        assert_false(ask_everything(nvml));
        assert_non_null(strstr(err.text, "GPU is lost (15)"));
        nvml_close(nvml);
        unsetenv("FAKE_NVML_FAIL");
        nvml = open_fake();
        fail_call(n, 3);
        unsupported += ask_everything(nvml) ? 1 : 0;
        nvml_close(nvml);
        unsetenv("FAKE_NVML_FAIL");
    }
    assert_int_equal(shutdowns + 2 * (calls - 1), *fake_number("fake_nvml_shutdowns"));
    // The version, the count, six handles and two uuids are needed.
    assert_int_equal(calls - 1 - 10, unsupported);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(two_gpus_are_described, clear_orders),
        cmocka_unit_test_teardown(readings_are_taken, clear_orders),
        cmocka_unit_test_teardown(absence_is_said_plainly, clear_orders),
        cmocka_unit_test_teardown(a_count_out_of_reach_is_refused, clear_orders),
        cmocka_unit_test_teardown(each_call_may_fail, clear_orders),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
