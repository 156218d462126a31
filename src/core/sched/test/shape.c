// Shapes from outside: what is taken, what is refused and by which field, and what zero means.
#include "core/sched/shape.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

static void zero_stands_for_what_was_not_asked(void **state)
{
    (void)state;
    struct shape shape = shape_normal((struct shape){.devices = 8});
    assert_int_equal(shape.nodes, 1);
    assert_int_equal(shape.milli, 1000);
    assert_int_equal(shape_milli(&shape), 8000);
    shape = shape_normal((struct shape){.devices = 8, .nodes = 1024});
    assert_int_equal(shape_devices(&shape), 8192);
    assert_true(shape_allows(&shape, 5)); // any
    shape.chips[0] = 4, shape.chips[1] = 5;
    assert_true(shape_allows(&shape, 5));
    assert_false(shape_allows(&shape, 6));
    assert_false(shape_allows(&shape, 0));
}

// Shares of MIG slices never add up to more than the device.
static void slices_are_parts_of_a_device(void **state)
{
    (void)state;
    static const uint32_t slices[] = {1, 2, 3, 4, 7}, milli[] = {142, 285, 428, 571, 1000};
    for (int i = 0; i < 5; i++) {
        struct shape shape = {.devices = 1, .slices = slices[i]};
        uint32_t back;
        assert_null(shape_wrong(&shape));
        shape = shape_normal(shape);
        assert_int_equal(shape.milli, milli[i]);
        assert_null(shape_wrong(&shape)); // what is normal can be given again
        assert_true(slices_parse(slices_text(slices[i]), &back));
        assert_int_equal(back, slices[i]);
    }
    uint32_t none;
    assert_false(slices_parse("5g", &none));
    assert_string_equal(slices_text(0), "");
}

static void judge(struct shape shape, const char *field)
{
    const char *wrong = shape_wrong(&shape);
    assert_string_equal(wrong ? wrong : "", field ? field : "");
}

static void what_makes_no_sense_is_named(void **state)
{
    (void)state;
    judge((struct shape){.devices = 1}, NULL);
    judge((struct shape){.cpu_milli = 500}, NULL);
    judge((struct shape){.memory_mib = 500}, "devices");
    judge((struct shape){.nodes = 0}, "devices");
    judge((struct shape){.devices = 257}, "devices");
    judge((struct shape){.devices = 1, .nodes = SHAPE_NODES_MAX}, NULL);
    judge((struct shape){.devices = 1, .nodes = SHAPE_NODES_MAX + 1}, "nodes");
    judge((struct shape){.devices = 1, .milli = 1}, NULL);
    judge((struct shape){.devices = 1, .milli = 1001}, "milli");
    judge((struct shape){.devices = 2, .milli = 500}, "milli");
    judge((struct shape){.devices = 1, .nodes = 2, .milli = 500}, "milli");
    judge((struct shape){.devices = 1, .slices = 5}, "mig");
    judge((struct shape){.devices = 2, .slices = 1}, "milli");
    judge((struct shape){.devices = 1, .slices = 1, .milli = 500}, "mig");
    judge((struct shape){.devices = 1, .cpu_milli = -1}, "cpu_milli");
    judge((struct shape){.devices = 1, .memory_mib = -1}, "memory_mib");
    judge((struct shape){.devices = 1, .device_memory_mib = -1}, "device_memory_mib");
    judge((struct shape){.cpu_milli = 1, .device_memory_mib = 1}, "device_memory_mib");
    judge(
        (struct shape){
            .devices = 1, .chips = {1, 2, 3, 4}
    },
        NULL);
    judge(
        (struct shape){
            .devices = 1, .chips = {1, 0, 3}
    },
        "chip");
    judge(
        (struct shape){
            .devices = 1, .chips = {1, 2, 1}
    },
        "chip");
    judge((struct shape){.devices = 1, .nodes = 4, .together = TOGETHER_RACK}, NULL);
    judge((struct shape){.devices = 1, .nodes = 4, .together = TOGETHER_NODE}, "together");
    judge((struct shape){.devices = 1, .nodes = 4, .together = TOGETHER_COUNT}, "together");
    judge((struct shape){.devices = 1, .nodes = 4, .together_must = 1}, "together_must");
    judge(
        (struct shape){
            .devices = 1, .nodes = 4, .together = TOGETHER_SITE, .spread = TOGETHER_RACK},
        NULL);
    judge(
        (struct shape){
            .devices = 1, .nodes = 4, .together = TOGETHER_RACK, .spread = TOGETHER_RACK},
        "spread");
    judge((struct shape){.devices = 1, .nodes = 4, .spread = TOGETHER_COUNT}, "spread");
    judge((struct shape){.devices = 1, .spread = TOGETHER_RACK}, "spread");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(zero_stands_for_what_was_not_asked),
        cmocka_unit_test(slices_are_parts_of_a_device),
        cmocka_unit_test(what_makes_no_sense_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
