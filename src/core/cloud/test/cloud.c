#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "house.h"

static void same_state(const struct house_run *run)
{
    struct err err = {0};
    if (!cloud_check(&run->cloud, &err))
        fail_msg("%s", err.text);
    digest live = cloud_hash(&run->cloud), replayed = cloud_hash(&run->replayed);
    assert_memory_equal(&live, &replayed, sizeof live);
}

// 2 cores for 2,000 ms at 5 yen an hour: 4,000 device-ms are 0.0055… yen, which rounds to 0; an
// hour more makes 10.
static void a_job_is_leased_run_metered_and_rated(void **state)
{
    (void)state;
    struct house_run run;
    house_init(&run);
    house_open(&run, 4);
    struct input account = {.kind = INPUT_ACCOUNT_NEW};
    account.account = (struct account_new){.slug = "acme", .name = "Acme KK"};
    assert_int_equal(house_do(&run, account), ANSWER_OK);
    assert_int_equal(run.first.subject, 2);

    run.time_us += SECOND_US;
    uint64_t job = house_submit(&run, 2, 2);
    assert_int_equal(job, 1);
    assert_int_equal(run.effects, 1);
    assert_int_equal(run.effect[0].kind, EFFECT_START);
    assert_int_equal(cloud_job(&run.cloud, job)->state, JOB_STARTING);
    assert_int_equal(house_report(&run, job, 1, ATTEMPT_STARTED, 0), ANSWER_OK);
    run.time_us += 3600 * SECOND_US;
    assert_int_equal(house_report(&run, job, 1, ATTEMPT_ALIVE, 3600 * 1000), ANSWER_OK);
    same_state(&run);
    run.time_us += 3 * SECOND_US;
    assert_int_equal(house_report(&run, job, 1, ATTEMPT_ENDED, 3602 * 1000), ANSWER_OK);
    assert_int_equal(run.effect[0].kind, EFFECT_FORGET);
    same_state(&run);

    const struct job *row = cloud_job(&run.cloud, job);
    assert_int_equal(row->state, JOB_DONE);
    assert_int_equal(row->reason, REASON_EXITED);
    assert_int_equal(row->ran_ms, 3602 * 1000);
    const struct ledger *ledger = &run.cloud.ledger;
    uint64_t unbilled = ledger_find(ledger, 2, BOOK_UNBILLED, commodity_money(CURRENCY_JPY));
    assert_int_equal(ledger_balance(ledger, unbilled), 10);
    uint64_t used = ledger_find(ledger, 2, BOOK_USED, commodity_device_ms(1));
    assert_int_equal(ledger_balance(ledger, used), 2 * 3602 * 1000);
    uint64_t held = ledger_find(ledger, 2, BOOK_HELD, commodity_device_ms(1));
    assert_int_equal(ledger_balance(ledger, held), 2 * 1000);

    struct input invoice = {.kind = INPUT_INVOICE_ISSUE};
    invoice.invoice.account = 2;
    invoice.invoice.period = month_at(0, run.time_us);
    assert_int_equal(house_do(&run, invoice), ANSWER_MONTH_OPEN);
    invoice.invoice.early = true;
    assert_int_equal(house_do(&run, invoice), ANSWER_OK);
    assert_int_equal(run.first.subject, 1);
    assert_int_equal(ledger_balance(ledger, unbilled), 0);
    uint64_t receivable = ledger_find(ledger, 2, BOOK_RECEIVABLE, commodity_money(CURRENCY_JPY));
    assert_int_equal(ledger_balance(ledger, receivable), 11); // 10 and 10 % tax
    assert_int_equal(house_do(&run, invoice), ANSWER_NOTHING_TO_BILL);
    same_state(&run);
    house_finish(&run);
}

static void what_does_not_fit_waits_and_starts_in_order(void **state)
{
    (void)state;
    struct house_run run;
    house_init(&run);
    house_open(&run, 2);
    uint64_t first = house_submit(&run, ACCOUNT_HOUSE, 2);
    uint64_t second = house_submit(&run, ACCOUNT_HOUSE, 1);
    uint64_t third = house_submit(&run, ACCOUNT_HOUSE, 2);
    assert_int_equal(cloud_job(&run.cloud, second)->state, JOB_QUEUED);
    house_report(&run, first, 1, ATTEMPT_STARTED, 0);
    run.time_us += 10 * SECOND_US;
    house_report(&run, first, 1, ATTEMPT_ENDED, 9000);
    assert_int_equal(cloud_job(&run.cloud, second)->state, JOB_STARTING);
    assert_int_equal(cloud_job(&run.cloud, third)->state, JOB_QUEUED);
    same_state(&run);
    struct input stop = {.kind = INPUT_JOB_STOP};
    stop.stop = (struct job_stop){third, -1};
    assert_int_equal(house_do(&run, stop), ANSWER_OK);
    assert_int_equal(cloud_job(&run.cloud, third)->state, JOB_DONE);
    assert_int_equal(house_do(&run, stop), ANSWER_ALREADY_ENDED);
    same_state(&run);
    house_finish(&run);
}

static void a_snapshot_brings_the_same_state_and_decisions(void **state)
{
    (void)state;
    struct house_run run;
    house_init(&run);
    house_open(&run, 2);
    house_submit(&run, ACCOUNT_HOUSE, 2);
    house_submit(&run, ACCOUNT_HOUSE, 1);
    struct buf bytes;
    struct cloud loaded;
    struct err err;
    buf_init(&bytes, 1 << 24);
    cloud_save(&run.cloud, &bytes);
    cloud_init(&loaded);
    assert_true(cloud_load(&loaded, buf_str(&bytes), &err));
    digest live = cloud_hash(&run.cloud), again = cloud_hash(&loaded);
    assert_memory_equal(&live, &again, sizeof live);
    cloud_finish(&loaded);
    for (size_t length = 0; length < bytes.len; length += 7) {
        cloud_init(&loaded);
        assert_false(cloud_load(&loaded, (str){bytes.ptr, length}, &err));
        cloud_finish(&loaded);
    }
    buf_finish(&bytes);
    house_finish(&run);
}

// A journal that was opened before a setting existed: the setting has its default.
static void an_older_opening_has_defaults_for_newer_settings(void **state)
{
    (void)state;
    static const char line[] = "{\"format\":1,\"kind\":\"opened\",\"rules\":1,\"seq\":0,"
                               "\"settings\":{\"stop_grace_ms\":\"7\"},\"time_us\":1}";
    struct cloud cloud;
    struct event event;
    struct err err;
    cloud_init(&cloud);
    if (!event_decode(str_from(line), &event, &err))
        fail_msg("%s", err.text);
    cloud_apply(&cloud, &event);
    assert_int_equal(cloud_setting(&cloud, SETTING_STOP_GRACE_MS), 7);
    assert_int_equal(cloud_setting(&cloud, SETTING_JOB_KEEP_DAYS),
                     setting_row(SETTING_JOB_KEEP_DAYS)->value);
    assert_false(event_decode(S("{\"format\":1,\"kind\":\"opened\",\"rules\":1,\"seq\":0,"
                                "\"settings\":{\"unheard_of\":\"7\"},\"time_us\":1}"),
                              &event, &err));
    cloud_finish(&cloud);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_job_is_leased_run_metered_and_rated),
        cmocka_unit_test(what_does_not_fit_waits_and_starts_in_order),
        cmocka_unit_test(an_older_opening_has_defaults_for_newer_settings),
        cmocka_unit_test(a_snapshot_brings_the_same_state_and_decisions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
