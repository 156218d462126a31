#include "base/json.h"
#include "base/rng.h"
#include "paper/job_bill.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

enum { HOUR_MS = 3600 * 1000 };

static struct price price_of(int64_t value, uint32_t scale, enum currency currency)
{
    return (struct price){.id = 1, .value = value, .scale = scale, .currency = currency};
}

static void text_is(const struct job_bill *bill, const char *expect)
{
    struct buf buf;
    buf_init(&buf, 1000);
    job_bill_text(bill, &buf);
    assert_string_equal(buf_cstr(&buf), expect);
    buf_finish(&buf);
}

static void share_is(const struct job_bill *bill, const char *expect)
{
    struct buf buf;
    buf_init(&buf, 1000);
    job_bill_share(bill, &buf);
    assert_string_equal(buf_cstr(&buf), expect);
    buf_finish(&buf);
}

static void a_line_says_what_a_job_used(void **state)
{
    (void)state;
    struct job job = {.id = 17, .ran_ms = 2004, .energy_j = 31, .energy = ENERGY_KIND_ESTIMATED};
    struct price yen = price_of(5, 0, CURRENCY_JPY);
    struct job_bill bill = job_bill_start(&job);
    assert_true(job_bill_add(&bill, 2004, &yen));
    text_is(&bill, "job-17 ran 2.004 s: 2.004 device-seconds, 31 J (estimated), ¥0.0028, "
                   "rounded on the bill");
    struct buf json;
    buf_init(&json, 1000);
    job_bill_json(&bill, &json);
    assert_string_equal(
        buf_cstr(&json),
        "{\"currency\":\"JPY\",\"device_ms\":\"2004\",\"energy_j\":\"31\",\"energy_kind\":"
        "\"estimated\",\"ran_ms\":\"2004\",\"share\":\"0.0028\",\"text\":\"job-17 ran 2.004 s: "
        "2.004 device-seconds, 31 J (estimated), ¥0.0028, rounded on the bill\"}");
    buf_finish(&json);
    job = (struct job){.id = 18};
    bill = job_bill_start(&job);
    text_is(&bill, "job-18 ran 0.000 s: 0.000 device-seconds, energy not known, nothing to pay");
}

static void a_share_shows_what_counts(void **state)
{
    (void)state;
    static const struct {
        int64_t device_ms, value;
        uint32_t scale;
        const char *share;
    } cases[] = {
        {0,           5,        0,  "0"                 },
        {HOUR_MS,     5,        0,  "5"                 },
        {HOUR_MS,     235,      2,  "2.35"              },
        {HOUR_MS,     99999,    5,  "1"                 }, // 0.99999: four decimals
        {HOUR_MS,     12345678, 4,  "1234.5678"         },
        {1,           5,        0,  "0.0000014"         }, // 1.3888…e-6: two digits
        {1,           1,        10, "0"                 }, // below the twelfth decimal
        {100,         1,        7,  "0.000000000003"    }, // 2.77e-12
        {HOUR_MS / 2, 1,        4,  "0.00005"           },
        {36 * 3600,   99995555, 7,  "0.36"              }, // 0.35998…
        {INT64_MAX,   1,        0,  "2562047788015.2155"},
    };
    struct job job = {.id = 1};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct job_bill bill = job_bill_start(&job);
        struct price price = price_of(cases[i].value, cases[i].scale, CURRENCY_USD);
        assert_true(job_bill_add(&bill, cases[i].device_ms, &price));
        share_is(&bill, cases[i].share);
    }
}

// Many leases at many prices: the share is the one that the sum has, without a rounding on the way.
static void shares_add_up_exactly(void **state)
{
    (void)state;
    struct rng rng = {.state = 42};
    for (uint32_t round = 0; round < 2000; round++) {
        struct job job = {.id = 1};
        struct job_bill many = job_bill_start(&job);
        unsigned __int128 parts = 0; // in 10^-10 of a unit times ms
        for (uint32_t i = 0; i < 20; i++) {
            uint32_t scale = (uint32_t)rng_below(&rng, 11);
            struct price price = price_of(rng_below(&rng, 1 << 20), scale, CURRENCY_JPY);
            int64_t device_ms = rng_below(&rng, INT64_C(1) << 36);
            unsigned __int128 part = (unsigned __int128)device_ms * (uint64_t)price.value;
            for (; scale < 10; scale++)
                part *= 10;
            parts += part;
            assert_true(job_bill_add(&many, device_ms, &price));
        }
        assert_int_equal(many.whole, (int64_t)(parts / JOB_BILL_PARTS));
        assert_int_equal(many.rest, (uint64_t)(parts % JOB_BILL_PARTS));
    }
}

static void a_sum_past_int64_is_refused(void **state)
{
    (void)state;
    struct job job = {.id = 1};
    struct job_bill bill = job_bill_start(&job);
    struct price most = price_of(INT64_MAX, 0, CURRENCY_JPY);
    assert_true(job_bill_add(&bill, HOUR_MS, &most));
    assert_int_equal(bill.whole, INT64_MAX);
    assert_false(job_bill_add(&bill, 1, &most));
    assert_false(job_bill_add(&bill, INT64_MAX, &most));
    assert_int_equal(bill.whole, INT64_MAX);
    assert_int_equal(bill.device_ms, HOUR_MS);
}

static void add_lease(struct market *market, struct meter *meter, const struct lease *lease,
                      int64_t ran_ms)
{
    *(struct lease *)table_add(&market->leases, lease->id) = *lease;
    meter_open(meter, lease->id);
    struct metered metered = {.lease = lease->id, .ran_ms = ran_ms};
    meter_apply(meter, &metered);
}

// Two attempts on two and one devices, at two prices, with another job's lease between them.
static void a_job_pays_for_all_its_attempts(void **state)
{
    (void)state;
    struct market market;
    struct meter meter;
    market_init(&market);
    meter_init(&meter);
    struct price first = price_of(36, 0, CURRENCY_JPY), second = price_of(72, 0, CURRENCY_JPY);
    *(struct price *)table_add(&market.prices, 1) = first;
    second.id = 2;
    *(struct price *)table_add(&market.prices, 2) = second;
    struct lease lease = {.id = 4, .job = 9, .price = 1, .devices_total = 2, .milli = 1000};
    add_lease(&market, &meter, &lease, 1000); // 2 device-seconds: ¥0.02
    add_lease(&market, &meter, &(struct lease){.id = 5, .job = 8, .price = 1}, 77);
    lease.devices_total = 1;
    lease.id = 6;
    lease.price = 2;
    add_lease(&market, &meter, &lease, 3000); // 3 device-seconds: ¥0.06

    struct job job = {.id = 9, .lease = 6, .attempt = 2, .ran_ms = 4000, .energy_j = 7};
    job.energy = ENERGY_KIND_MEASURED;
    struct job_bill bill;
    assert_true(job_bill_of(&market, &meter, &job, &bill));
    text_is(&bill, "job-9 ran 4.000 s: 5.000 device-seconds, 7 J (measured), ¥0.08, "
                   "rounded on the bill");
    job.attempt = 3; // one lease of it is gone
    assert_false(job_bill_of(&market, &meter, &job, &bill));
    job = (struct job){.id = 9};
    assert_true(job_bill_of(&market, &meter, &job, &bill));
    assert_false(bill.priced);
    market_finish(&market);
    meter_finish(&meter);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_says_what_a_job_used),
        cmocka_unit_test(a_share_shows_what_counts),
        cmocka_unit_test(shares_add_up_exactly),
        cmocka_unit_test(a_sum_past_int64_is_refused),
        cmocka_unit_test(a_job_pays_for_all_its_attempts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
