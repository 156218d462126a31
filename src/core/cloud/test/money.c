// Money over the whole core: what is asked, reported and billed, however readings come.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "base/rng.h"
#include "house.h"

enum { ACME = 2, JOBS = 6, NOVEMBER = 2026 * 12 + 10 };

static void add_acme(struct house_run *run)
{
    struct input account = {.kind = INPUT_ACCOUNT_NEW};
    account.account = (struct account_new){.slug = "acme", .name = "Acme KK"};
    assert_true(zone_parse(S("Asia/Tokyo"), &account.account.zone));
    assert_int_equal(house_do(run, account), ANSWER_OK);
    assert_int_equal(run->first.subject, ACME);
}

static enum answer set_price(struct house_run *run, decimal value)
{
    struct input price = {.kind = INPUT_PRICE_SET};
    price.price = (struct price_new){.chip = 1,
                                     .value = value,
                                     .currency = CURRENCY_JPY,
                                     .class = LEASE_ON_DEMAND,
                                     .tax_permille = 1000};
    return house_do(run, price);
}

static enum answer issue(struct house_run *run, month period)
{
    struct input invoice = {.kind = INPUT_INVOICE_ISSUE};
    invoice.invoice = (struct invoice_issue){.account = ACME, .period = period, .early = true};
    return house_do(run, invoice);
}

static void checked(const struct house_run *run)
{
    struct err err = {0};
    if (!cloud_check(&run->cloud, &err))
        fail_msg("%s", err.text);
    digest live = cloud_hash(&run->cloud), replayed = cloud_hash(&run->replayed);
    assert_memory_equal(&live, &replayed, sizeof live);
}

static void the_highest_price_is_billed_and_a_higher_one_refused(void **state)
{
    (void)state;
    static struct house_run run;
    house_init(&run);
    house_open(&run, 4);
    add_acme(&run);
    assert_int_equal(set_price(&run, (decimal){1000000000, 0}), ANSWER_BAD_FIELD);
    assert_int_equal(set_price(&run, (decimal){INT64_C(1000000000000000000), 9}), ANSWER_BAD_FIELD);
    assert_int_equal(set_price(&run, (decimal){-1, 0}), ANSWER_BAD_FIELD);
    assert_int_equal(set_price(&run, (decimal){1, 11}), ANSWER_BAD_FIELD);
    assert_int_equal(set_price(&run, (decimal){INT64_MAX, 10}), ANSWER_OK);
    assert_int_equal(set_price(&run, (decimal){999999999, 0}), ANSWER_OK);
    uint64_t job = house_submit(&run, ACME, 4);
    house_report(&run, job, 1, ATTEMPT_STARTED, 0);
    run.time_us += 30 * DAY_US;
    house_report(&run, job, 1, ATTEMPT_ENDED, 30 * DAY_US / MS_US);
    month period = month_at(0, run.time_us);
    assert_int_equal(issue(&run, period - 1), ANSWER_OK);
    assert_int_equal(issue(&run, period), ANSWER_OK);
    assert_int_equal(issue(&run, period), ANSWER_NOTHING_TO_BILL);
    assert_int_equal(billing_spent(&run.cloud.billing, ACME, period - 1) +
                         billing_spent(&run.cloud.billing, ACME, period),
                     INT64_C(999999999) * 4 * 24 * 30);
    checked(&run);
    house_finish(&run);
}

// Both houses run the same jobs over midnight of the month in Tokyo. In the first each job reports
// only its end; in the second its readings come at any time, twice, late and with old values.
static void run_jobs(struct house_run *run, struct rng *rng, bool often)
{
    static const int64_t ran_ms[JOBS] = {1, 3599999, 7200000, 1234567, 9876543, 5000001};
    assert_true(instant_parse(S("2026-11-30T13:30:00Z"), &run->time_us));
    house_open(run, 16);
    add_acme(run);
    uint64_t jobs[JOBS];
    for (uint32_t i = 0; i < JOBS; i++) {
        jobs[i] = house_submit(run, ACME, 1 + i % 3);
        assert_int_equal(house_report(run, jobs[i], 1, ATTEMPT_STARTED, 0), ANSWER_OK);
    }
    int64_t start_us = run->time_us;
    for (uint32_t step = 0; often && step < 400; step++) {
        run->time_us = start_us + step * 20 * SECOND_US;
        uint32_t i = (uint32_t)rng_below(rng, JOBS);
        house_report(run, jobs[i], 1, ATTEMPT_ALIVE, rng_below(rng, ran_ms[i] + 1));
    }
    run->time_us = start_us + 3 * HOUR_US;
    for (uint32_t i = 0; i < JOBS; i++)
        assert_int_equal(house_report(run, jobs[i], 1, ATTEMPT_ENDED, ran_ms[i]), ANSWER_OK);
    checked(run);
}

static void any_order_of_readings_gives_the_same_balances(void **state)
{
    (void)state;
    static struct house_run once, often;
    for (uint64_t seed = 1; seed <= 5; seed++) {
        struct rng rng = {.state = seed};
        house_init(&once);
        house_init(&often);
        run_jobs(&once, &rng, false);
        run_jobs(&often, &rng, true);
        uint32_t cursor = 0, books = 0;
        for (const struct book *book; (book = table_step(&once.cloud.ledger.books, &cursor));) {
            uint64_t other = ledger_find(&often.cloud.ledger, book->owner,
                                         (enum book_role)book->role, book->commodity);
            assert_int_equal(book->debit - book->credit,
                             ledger_balance(&often.cloud.ledger, other));
            books++;
        }
        assert_int_equal(books, often.cloud.ledger.books.used);
        for (month period = NOVEMBER; period <= NOVEMBER + 1; period++) {
            assert_true(billing_spent(&once.cloud.billing, ACME, period) > 0);
            assert_int_equal(billing_spent(&once.cloud.billing, ACME, period),
                             billing_spent(&often.cloud.billing, ACME, period));
        }
        house_finish(&once);
        house_finish(&often);
    }
}

// An invoice in the middle of a run: what is rated for the month later is a correction, and both
// together are one rounding of the whole.
static void a_month_closed_early_is_corrected(void **state)
{
    (void)state;
    static struct house_run run;
    house_init(&run);
    assert_true(instant_parse(S("2026-11-10T00:00:00Z"), &run.time_us));
    house_open(&run, 2);
    add_acme(&run);
    assert_int_equal(set_price(&run, (decimal){333333, 3}), ANSWER_OK);
    uint64_t job = house_submit(&run, ACME, 2);
    house_report(&run, job, 1, ATTEMPT_STARTED, 0);
    int64_t total = 0;
    for (uint32_t i = 1; i <= 20; i++) {
        run.time_us += HOUR_US;
        house_report(&run, job, 1, ATTEMPT_ALIVE, i * INT64_C(3599001));
        assert_int_equal(issue(&run, NOVEMBER), ANSWER_OK);
        const struct invoice *invoice = table_get(&run.cloud.billing.invoices, i);
        assert_int_equal(invoice->kind, i == 1 ? INVOICE_ORDINARY : INVOICE_CORRECTION);
        assert_int_equal(invoice->corrects, i == 1 ? 0 : 1);
        total += invoice->subtotal[0];
        checked(&run);
    }
    // 2 * 20 * 3,599,001 ms at 333.333 an hour: 13,329.62…
    assert_int_equal(total, 13330);
    assert_int_equal(billing_spent(&run.cloud.billing, ACME, NOVEMBER), 13330);
    house_finish(&run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_highest_price_is_billed_and_a_higher_one_refused),
        cmocka_unit_test(any_order_of_readings_gives_the_same_balances),
        cmocka_unit_test(a_month_closed_early_is_corrected),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
