#include "base/size.h"
#include "base/rng.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static void sizes_read_back(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t bytes;
    } good[] = {
        {"0B",      0                  },
        {"1000B",   1000               },
        {"1KiB",    1024               },
        {"512MiB",  512 << 20          },
        {"16GiB",   INT64_C(16) << 30  },
        {"3TiB",    INT64_C(3) << 40   },
        {"8191PiB", INT64_C(8191) << 50}
    };
    static const char *const bad[] = {
        "",    "MiB", "-1MiB", "1.5GiB",  "1 MiB", "01MiB", "1mib",
        "1MB", "1M",  "1kB",   "8192PiB", "1MiBx", "1KiB ", "9223372036854775808"};
    struct buf out;
    buf_init(&out, 100);
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        int64_t bytes;
        assert_true(size_parse(str_from(good[i].text), &bytes));
        assert_int_equal(bytes, good[i].bytes);
        buf_clear(&out);
        size_text(bytes, &out);
        assert_string_equal(buf_cstr(&out), good[i].text);
    }
    int64_t bytes = 77;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(size_parse(str_from(bad[i]), &bytes));
    assert_int_equal(bytes, 77);
    assert_true(size_parse(S("4096"), &bytes) && bytes == 4096);
    struct rng rng = {.state = 3};
    for (int i = 0; i < 10000; i++) {
        int64_t want = rng_below(&rng, INT64_MAX) >> rng_below(&rng, 63);
        want = want >> rng_below(&rng, 40) << rng_below(&rng, 20);
        if (want < 0)
            continue;
        buf_clear(&out);
        size_text(want, &out);
        assert_true(size_parse(buf_str(&out), &bytes) && bytes == want);
    }
    buf_finish(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes_read_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
