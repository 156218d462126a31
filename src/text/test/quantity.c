#include "text/quantity.h"
#include "base/money.h"
#include "base/rng.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static void people_read_the_multiple_that_fits(void **state)
{
    (void)state;
    static const struct {
        enum quantity_unit unit;
        int64_t value;
        uint32_t scale;
        const char *text;
    } rows[] = {
        {UNIT_WATT,          0,            0, "0 W"                        },
        {UNIT_WATT,          999,          0, "999 W"                      },
        {UNIT_WATT,          10000000000,  0, "10.0 GW"                    },
        {UNIT_WATT,          -1240000000,  0, "-1.24 GW"                   },
        {UNIT_JOULE,         3600000000,   0, "1.00 MWh"                   },
        {UNIT_SECOND,        5400000000,   6, "1.50 h"                     },
        {UNIT_SECOND,        1500,         3, "1.50 s"                     },
        {UNIT_DEVICE_SECOND, 7200000,      3, "2.00 device-h"              },
        {UNIT_PERCENT,       9341,         2, "93.4 %"                     },
        {UNIT_USD,           310000000000, 2, "$3.10 bn"                   },
        {UNIT_USD,           -5,           2, "-$0.05"                     },
        {UNIT_JPY,           450,          0, "¥450"                      },
        {UNIT_COUNT,         999999,       0, "999,999"                    },
        {UNIT_COUNT,         12345678,     0, "12.3 M"                     },
        {UNIT_GRAM,          56100000,     0, "56.1 t"                     },
        {UNIT_BYTE,          1536,         0, "1.50 KiB"                   },
        {UNIT_COUNT,         INT64_MIN,    0, "-9,223,372,037 bn"          },
        {UNIT_DEVICE_SECOND, INT64_MAX,    3, "2,562 bn device-h"          },
        {UNIT_PERCENT,       INT64_MAX,    0, "9,223,372,036,854,775,807 %"}
    };
    struct buf out;
    buf_init(&out, 100);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        buf_clear(&out);
        quantity_text(rows[i].unit, rows[i].value, rows[i].scale, &out);
        assert_string_equal(buf_cstr(&out), rows[i].text);
    }
    buf_finish(&out);
}

// What is written for machines is read back by money.h's decimals, which know nothing of it.
static void the_exact_text_reads_back(void **state)
{
    (void)state;
    struct buf out;
    buf_init(&out, 100);
    struct rng rng = {.state = 7};
    for (int i = 0; i < 20000; i++) {
        int64_t value = (int64_t)rng_next(&rng) >> rng_below(&rng, 64);
        uint32_t scale = (uint32_t)rng_below(&rng, 11);
        buf_clear(&out);
        quantity_exact(value, scale, &out);
        decimal back;
        if (!value)
            continue;
        assert_true(decimal_parse(buf_str(&out), 10, &back));
        assert_int_equal(back.value, value);
        assert_int_equal(back.scale, scale);
    }
    buf_clear(&out);
    quantity_exact(INT64_MIN, 10, &out);
    assert_string_equal(buf_cstr(&out), "-922337203.6854775808");
    buf_finish(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(people_read_the_multiple_that_fits),
                                       cmocka_unit_test(the_exact_text_reads_back)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
