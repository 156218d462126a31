#include "proof/checkpoint.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#define ROOT "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I="

static void a_checkpoint_reads_and_writes_byte_for_byte(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "example.com/behind-the-sofa\n20852163\n" ROOT "\n",
        "o\n0\n" ROOT "\n",
        "two words of origin\n18446744073709551615\n" ROOT "\nmore\nand more\n",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct checkpoint checkpoint;
        struct err err;
        struct buf out;
        buf_init(&out, 4096);
        assert_true(checkpoint_read(str_from(texts[i]), &checkpoint, &err));
        checkpoint_write(&checkpoint, &out);
        assert_string_equal(buf_cstr(&out), texts[i]);
        buf_finish(&out);
    }
}

static void the_fields_are_those_of_the_text(void **state)
{
    (void)state;
    struct checkpoint checkpoint;
    struct err err;
    assert_true(checkpoint_read(S("a log\n7\n" ROOT "\nx\n"), &checkpoint, &err));
    assert_true(str_is(checkpoint.origin, S("a log")));
    assert_int_equal(checkpoint.size, 7);
    assert_int_equal(checkpoint.root.bytes[0], 0x0a);
    assert_int_equal(checkpoint.root.bytes[31], 0x62);
    assert_true(str_is(checkpoint.further, S("x\n")));
}

static void anything_else_is_refused_by_its_line(void **state)
{
    (void)state;
    static const struct {
        const char *text, *line;
    } bad[] = {
        {"",                                                     "line 1"      },
        {"\n1\n" ROOT "\n",                                      "line 1"      },
        {"a\tb\n1\n" ROOT "\n",                                  "line 1"      },
        {"a\xff\n1\n" ROOT "\n",                                 "line 1"      },
        {"o",                                                    "line 1"      },
        {"o\n",                                                  "line 2"      },
        {"o\n01\n" ROOT "\n",                                    "line 2"      },
        {"o\n+1\n" ROOT "\n",                                    "line 2"      },
        {"o\n-1\n" ROOT "\n",                                    "line 2"      },
        {"o\n1 \n" ROOT "\n",                                    "line 2"      },
        {"o\n\n" ROOT "\n",                                      "line 2"      },
        {"o\n18446744073709551616\n" ROOT "\n",                  "line 2"      },
        {"o\n1\n" ROOT,                                          "line 3"      },
        {"o\n1\n\n",                                             "line 3"      },
        {"o\n1\nAAAA\n",                                         "line 3"      },
        {"o\n1\n" ROOT "AAAA\n",                                 "line 3"      },
        {"o\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I\n",  "line 3"      },
        {"o\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2J=\n", "line 3"      }, // stray bits
        {"o\n1\n" ROOT "\n\n",                                   "after line 3"},
        {"o\n1\n" ROOT "\nx",                                    "after line 3"},
        {"o\r\n1\n" ROOT "\n",                                   "line 1"      },
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct checkpoint checkpoint = {.size = 99};
        struct err err = {0};
        assert_false(checkpoint_read(str_from(bad[i].text), &checkpoint, &err));
        assert_non_null(strstr(err.text, bad[i].line));
        assert_int_equal(checkpoint.size, 99);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_checkpoint_reads_and_writes_byte_for_byte),
        cmocka_unit_test(the_fields_are_those_of_the_text),
        cmocka_unit_test(anything_else_is_refused_by_its_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
