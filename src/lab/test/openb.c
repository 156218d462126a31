#include "lab/openb.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

static void lists_are_read(void **state)
{
    (void)state;
    struct openb openb = {0};
    struct buf wrong;
    buf_init(&wrong, 4096);
    assert_true(openb_nodes(&openb, "n",
                            S("sn,cpu_milli,memory_mib,gpu,model\na,96000,1000,8,G2\n"
                              "b,64000,1000,0,\nc,8000,500,1,T4\n"),
                            &wrong));
    assert_true(openb_pods(&openb, "p",
                           S("memory_mib,name,cpu_milli,num_gpu,gpu_milli,gpu_spec\n"
                             "10,x,4000,1,470,\n20,y,8000,0,0,\n30,z,1,2,1000,T4|V9\n"
                             "30,z,1,1,1000,V9\n"),
                           &wrong));
    assert_int_equal(openb.nodes, 3);
    assert_int_equal(openb.chips, 2);
    assert_int_equal(openb.node[2].chip, 1);
    assert_int_equal(openb.pods, 4);
    assert_int_equal(openb.pod[0].milli, 470);
    assert_int_equal(openb.pod[0].memory_mib, 10);
    assert_int_equal(openb.pod[1].devices, 0);
    assert_true(openb.pod[2].chips == 2);
    assert_true(openb.pod[3].chips == UINT64_C(1) << 63);
    assert_int_equal(wrong.len, 0);
    openb_finish(&openb);
    buf_finish(&wrong);
}

static void expect(struct buf *wrong, bool good, const char *text)
{
    assert_false(good);
    if (!strstr(buf_cstr(wrong), text))
        fail_msg("\"%s\" is not in \"%s\"", text, buf_cstr(wrong));
    buf_clear(wrong);
}

static void every_mistake_has_its_place(void **state)
{
    (void)state;
    struct openb openb = {0};
    struct buf wrong;
    uint16_t number[4];
    buf_init(&wrong, 4096);
    expect(&wrong, openb_nodes(&openb, "n.csv", S("sn,cpu_milli,gpu,model\n"), &wrong),
           "n.csv:1:1: the first line names no column memory_mib");
    expect(&wrong, openb_nodes(&openb, "n.csv", S(""), &wrong), "n.csv:1:1: no row in it");
    str pods = S("name,cpu_milli,memory_mib,num_gpu,gpu_milli\na,1,1,1,0\nb,x,1,1,1001\n"
                 "c,1,1,2,500\nd,1,1,1,9\n\"e");
    bool good = openb_pods(&openb, "p.csv", pods, &wrong);
    const char *text = buf_cstr(&wrong);
    assert_non_null(strstr(text, "p.csv:2:9: gpu_milli: want 1 to 1000"));
    assert_non_null(strstr(text, "p.csv:3:3: cpu_milli: want a whole number"));
    assert_non_null(strstr(text, "p.csv:3:9: gpu_milli: want a whole number from 0 to 1000"));
    assert_non_null(strstr(text, "p.csv:4:9: gpu_milli: several GPUs are whole"));
    expect(&wrong, good, "p.csv:6:");
    assert_int_equal(openb.pods, 1);
    expect(&wrong, openb_numbers("o", (str){"abc", 3}, 4, number, &wrong), "o: 3 bytes");
    expect(&wrong, openb_numbers("o", (str){"\3\0\4\0", 4}, 4, number, &wrong),
           "o: number 1 is 4; the list has rows 0 to 3");
    openb_finish(&openb);
    buf_finish(&wrong);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists_are_read),
        cmocka_unit_test(every_mistake_has_its_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
