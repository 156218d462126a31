// What the core promises beyond one command: idempotency keys, time limits, lost jobs, old things
// that are dropped, months that begin, and readings of any shape.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "house.h"

enum { ACME = 2 };

static struct house_run run;

static void checked(void)
{
    struct err err = {0};
    if (!cloud_check(&run.cloud, &err))
        fail_msg("%s", err.text);
    assert_true(digest_same(cloud_hash(&run.cloud), cloud_hash(&run.replayed)));
}

static void begin(const char *when, const char *zone, uint32_t cores)
{
    house_init(&run);
    assert_true(instant_parse(str_from(when), &run.time_us));
    house_open(&run, cores);
    struct input account = {.kind = INPUT_ACCOUNT_NEW};
    account.account = (struct account_new){.slug = "acme", .name = "Acme KK"};
    assert_true(zone_parse(str_from(zone), &account.account.zone));
    assert_int_equal(house_do(&run, account), ANSWER_OK);
}

static void end(void)
{
    checked();
    house_finish(&run);
}

static enum answer tick(void)
{
    return house_do(&run, (struct input){.kind = INPUT_TICK});
}

// ---- idempotency keys ---------------------------------------------------------------------------

static struct input keyed_job(uint8_t key, uint8_t body, uint32_t devices)
{
    struct input input = {
        .kind = INPUT_JOB_SUBMIT, .request = {1, key},
             .body = {body}
    };
    input.job = (struct job_submit){.account = ACME, .shape.devices = devices, .name = "job"};
    return input;
}

static void the_same_key_gives_the_same_answer_for_24_hours(void **state)
{
    (void)state;
    begin("2026-11-21T12:00:00Z", "UTC", 4);
    int64_t start_us = run.time_us;
    assert_int_equal(house_do(&run, keyed_job(1, 1, 1)), ANSWER_OK);
    assert_int_equal(run.first.subject, 1);
    assert_false(run.first.repeated);
    digest before = cloud_hash(&run.cloud);
    for (int64_t hours = 0; hours < 24; hours += 4) {
        run.time_us = start_us + hours * HOUR_US + 1;
        assert_int_equal(house_do(&run, keyed_job(1, 1, 1)), ANSWER_OK);
        assert_true(run.first.repeated && run.count == 0);
        assert_int_equal(run.first.subject, 1);
        assert_int_equal(house_do(&run, keyed_job(1, 2, 1)), ANSWER_KEY_REUSED);
        assert_int_equal(run.count, 0);
        assert_true(digest_same(before, cloud_hash(&run.cloud)));
    }
    run.time_us = start_us + DAY_US - 1;
    house_do(&run, keyed_job(1, 1, 1));
    assert_true(run.first.repeated);
    run.time_us = start_us + DAY_US; // forgotten: it is a new request
    assert_int_equal(house_do(&run, keyed_job(1, 1, 1)), ANSWER_OK);
    assert_false(run.first.repeated);
    assert_int_equal(run.first.subject, 2);
    end();
}

static void a_refusal_uses_up_no_key(void **state)
{
    (void)state;
    begin("2026-11-21T12:00:00Z", "UTC", 4);
    assert_int_equal(house_do(&run, keyed_job(1, 1, 9)), ANSWER_TOO_MANY_DEVICES);
    assert_int_equal(house_do(&run, keyed_job(1, 2, 1)), ANSWER_OK); // the same key, another body
    assert_false(run.first.repeated);
    end();
}

// Thousands of keys: those of the last day are known, older ones leave the state.
static void keys_are_kept_a_day_and_no_longer(void **state)
{
    (void)state;
    begin("2026-11-21T12:00:00Z", "UTC", 4);
    uint64_t highest = 0;
    for (uint32_t i = 0; i < 2000; i++) {
        run.time_us += 5 * MINUTE_US; // 288 a day
        struct input input = {
            .kind = INPUT_LIMIT_SET, .request = {2, (uint8_t)i, (uint8_t)(i >> 8)}
        };
        input.limit = (struct limit_new){.account = ACME, .set_devices = true, .devices_max = 4};
        assert_int_equal(house_do(&run, input), ANSWER_OK);
        assert_false(run.first.repeated);
        highest = run.cloud.requests.used > highest ? run.cloud.requests.used : highest;
        uint32_t old = (uint32_t)((uint64_t)i * 2654435761u % 288);
        if (old > i)
            continue;
        input.request[1] = (uint8_t)(i - old);
        input.request[2] = (uint8_t)((i - old) >> 8);
        house_do(&run, input);
        assert_true(run.first.repeated);
    }
    assert_int_equal(highest, 288);
    end();
}

// ---- jobs ---------------------------------------------------------------------------------------

static void a_time_limit_stops_a_job_once(void **state)
{
    (void)state;
    begin("2026-11-21T12:00:00Z", "UTC", 4);
    struct input input = {.kind = INPUT_JOB_SUBMIT};
    input.job = (struct job_submit){
        .account = ACME, .shape.devices = 1, .name = "job", .run_ms_max = 60000};
    house_do(&run, input);
    run.time_us += HOUR_US; // it waits for the engine: the limit counts from its start
    int64_t due_us;
    tick();
    assert_int_equal(run.count, 0);
    house_report(&run, 1, 1, ATTEMPT_STARTED, 0);
    assert_true(cloud_next_due(&run.cloud, run.time_us, &due_us));
    assert_int_equal(due_us, run.time_us + 60 * SECOND_US);
    run.time_us = due_us - 1;
    tick();
    assert_int_equal(run.count, 0);
    run.time_us = due_us;
    tick();
    assert_int_equal(run.count, 1);
    assert_int_equal(run.effects, 1);
    assert_int_equal(run.effect[0].kind, EFFECT_STOP);
    run.time_us += SECOND_US;
    tick();
    assert_int_equal(run.count, 0);
    house_report(&run, 1, 1, ATTEMPT_ENDED, 61000);
    assert_int_equal(cloud_job(&run.cloud, 1)->reason, REASON_TIME_LIMIT);
    end();
}

static enum answer report_lost(uint64_t job, uint32_t attempt)
{
    struct input report = {.kind = INPUT_ATTEMPT_REPORT};
    report.attempt = (struct attempt_report){.job = job,
                                             .attempt = attempt,
                                             .event = ATTEMPT_ENDED,
                                             .ran_ms = 5000,
                                             .reason = REASON_LOST};
    return house_do(&run, report);
}

// A restartable job that is lost begins again, as often as the setting says; its old attempts are
// answered as ended, and what every attempt used is paid.
static void a_lost_restartable_job_begins_again(void **state)
{
    (void)state;
    begin("2026-11-21T12:00:00Z", "UTC", 4);
    uint64_t job = house_submit(&run, ACME, 2);
    for (uint32_t attempt = 1; attempt <= 3; attempt++) {
        assert_int_equal(cloud_job(&run.cloud, job)->attempt, attempt);
        assert_int_equal(cloud_job(&run.cloud, job)->state, JOB_STARTING);
        house_report(&run, job, attempt, ATTEMPT_STARTED, 0);
        run.time_us += 10 * SECOND_US;
        assert_int_equal(report_lost(job, attempt), ANSWER_OK);
        assert_int_equal(report_lost(job, attempt), ANSWER_ALREADY_ENDED);
        assert_int_equal(run.count, 0);
        checked();
    }
    assert_int_equal(cloud_job(&run.cloud, job)->state, JOB_DONE);
    assert_int_equal(cloud_job(&run.cloud, job)->reason, REASON_LOST);
    assert_int_equal(cloud_job(&run.cloud, job)->ran_ms, 15000);
    uint64_t used = ledger_find(&run.cloud.ledger, ACME, BOOK_USED, commodity_device_ms(1));
    assert_int_equal(ledger_balance(&run.cloud.ledger, used), 2 * 15000);
    end();
}

static void what_was_asked_to_stop_does_not_begin_again(void **state)
{
    (void)state;
    begin("2026-11-21T12:00:00Z", "UTC", 4);
    uint64_t job = house_submit(&run, ACME, 2);
    house_report(&run, job, 1, ATTEMPT_STARTED, 0);
    struct input stop = {.kind = INPUT_JOB_STOP};
    stop.stop = (struct job_stop){job, 0};
    assert_int_equal(house_do(&run, stop), ANSWER_OK);
    run.time_us += 10 * SECOND_US;
    assert_int_equal(report_lost(job, 1), ANSWER_OK);
    assert_int_equal(cloud_job(&run.cloud, job)->state, JOB_DONE);
    assert_int_equal(cloud_job(&run.cloud, job)->reason, REASON_STOPPED);
    end();
}

// Jobs and leases leave the tables after the days of the setting, in the order of their ends, and
// their books stay.
static void old_jobs_and_leases_are_dropped(void **state)
{
    (void)state;
    begin("2026-11-21T12:00:00Z", "UTC", 4);
    for (uint32_t i = 0; i < 20; i++) {
        uint64_t job = house_submit(&run, ACME, 1 + i % 4);
        house_report(&run, job, 1, ATTEMPT_STARTED, 0);
        run.time_us += HOUR_US;
        house_report(&run, job, 1, ATTEMPT_ENDED, HOUR_US / MS_US);
    }
    uint64_t used = ledger_find(&run.cloud.ledger, ACME, BOOK_USED, commodity_device_ms(1));
    int64_t before = ledger_balance(&run.cloud.ledger, used), due_us;
    assert_true(cloud_next_due(&run.cloud, run.time_us, &due_us));
    assert_int_equal(due_us, run.time_us - 19 * HOUR_US + 30 * DAY_US);
    run.time_us = due_us - 1;
    tick();
    assert_int_equal(run.cloud.sched.jobs.used, 20);
    for (uint32_t left = 20; left-- > 0;) {
        run.time_us = due_us;
        tick();
        assert_int_equal(run.cloud.sched.jobs.used, left);
        assert_int_equal(run.cloud.market.leases.used, left);
        assert_int_equal(run.cloud.meter.rows.used, left);
        assert_int_equal(cloud_next_due(&run.cloud, run.time_us, &due_us), left > 0);
        checked();
    }
    assert_int_equal(ledger_balance(&run.cloud.ledger, used), before);
    assert_null(cloud_job(&run.cloud, 1));
    assert_int_equal(house_report(&run, 1, 1, ATTEMPT_ENDED, 9), ANSWER_NOT_FOUND);
    end();
}

// ---- what cannot be evaluated ------------------------------------------------------------------

static void what_has_no_price_or_room_is_denied_and_nothing_stops(void **state)
{
    (void)state;
    begin("2026-11-21T12:00:00Z", "UTC", 4);
    struct input dollars = {.kind = INPUT_ACCOUNT_NEW};
    dollars.account = (struct account_new){.slug = "usd", .name = "Inc", .currency = CURRENCY_USD};
    assert_int_equal(house_do(&run, dollars), ANSWER_OK);
    uint64_t job = house_submit(&run, ACME, 2);
    house_report(&run, job, 1, ATTEMPT_STARTED, 0);
    struct input submit = {.kind = INPUT_JOB_SUBMIT};
    submit.job = (struct job_submit){.account = 3, .shape.devices = 1, .name = "job"};
    assert_int_equal(house_do(&run, submit), ANSWER_NO_PRICE);
    // No room for a device, no money for a month: new work is refused or waits, the old runs on.
    struct input limit = {.kind = INPUT_LIMIT_SET};
    limit.limit = (struct limit_new){.account = ACME, .set_devices = true, .set_month = true};
    assert_int_equal(house_do(&run, limit), ANSWER_OK);
    assert_int_equal(run.effects, 0);
    assert_int_equal(house_submit(&run, ACME, 1), 0);
    run.time_us += 20 * DAY_US;
    tick();
    assert_int_equal(run.effects, 0);
    assert_int_equal(cloud_job(&run.cloud, job)->state, JOB_RUNNING);
    assert_int_equal(house_report(&run, job, 1, ATTEMPT_ENDED, 20 * DAY_US / MS_US), ANSWER_OK);
    assert_int_equal(cloud_job(&run.cloud, job)->state, JOB_DONE);
    assert_true(billing_spent(&run.cloud.billing, ACME, month_at(0, run.time_us)) > 0);
    end();
}

// A source that is broken says what no machine can use: it is cut, and never stops the books.
static void impossible_readings_are_cut(void **state)
{
    (void)state;
    begin("2026-11-21T12:00:00Z", "UTC", 4);
    static const int64_t values[] = {INT64_MIN, -1, 0, INT64_MAX / 2, INT64_MAX};
    for (size_t i = 0; i < 4 * sizeof values / sizeof *values; i++) {
        uint64_t job = house_submit(&run, ACME, 4);
        run.time_us += MINUTE_US;
        struct input report = {.kind = INPUT_ATTEMPT_REPORT};
        report.attempt = (struct attempt_report){
            .job = job,
            .attempt = 1,
            .event = ATTEMPT_ENDED,
            .ran_ms = values[i % 5],
            .energy_j = values[(i + i / 5) % 5],
            .cpu_ms = values[(i + 2 * i / 5) % 5],
            .memory_peak_bytes = values[(i + 3) % 5],
            .energy = ENERGY_KIND_ESTIMATED,
            .reason = REASON_EXITED,
        };
        assert_int_equal(house_do(&run, report), ANSWER_OK);
        assert_true(cloud_job(&run.cloud, job)->ran_ms <= MINUTE_US / MS_US);
        checked();
    }
    end();
}

static void a_machine_with_a_name_of_no_text_is_refused(void **state)
{
    (void)state;
    begin("2026-11-21T12:00:00Z", "UTC", 4);
    struct node_report_device device = {.chip = "new-chip", .serial = "\xff\xfe", .numa = -1};
    memset(device.description, 0xe3, sizeof device.description); // no end, no UTF-8
    struct input node = {.kind = INPUT_NODE_REPORT};
    node.node_report = (struct node_report){
        .name = "\xc3(", .arch = "\x80", .memory_mib = 1, .count = 1, .devices = &device};
    assert_int_equal(house_do(&run, node), ANSWER_BAD_FIELD);
    memcpy(node.node_report.name, "n2", 3);
    assert_int_equal(house_do(&run, node), ANSWER_OK); // house_do reads every line back
    assert_true(run.count >= 3);
    assert_int_equal(house_do(&run, node), ANSWER_OK);
    assert_int_equal(run.count, 0);
    memcpy(device.chip, "\xff", 2);
    assert_int_equal(house_do(&run, node), ANSWER_BAD_FIELD);
    end();
}

// ---- months -------------------------------------------------------------------------------------

// A job over the beginning of a month, in zones with and without summer time: each month is billed
// what ran in it, to the millisecond, by the account's own clock.
static void a_month_begins_at_local_midnight(void **state)
{
    (void)state;
    static const struct {
        const char *zone, *start, *midnight, *month;
    } rows[] = {
        {"UTC",              "2026-11-30T20:00:00Z", "2026-12-01T00:00:00Z", "2026-12"},
        {"Asia/Tokyo",       "2026-11-30T12:00:00Z", "2026-11-30T15:00:00Z", "2026-12"},
        {"Europe/Berlin",    "2026-10-31T20:00:00Z", "2026-10-31T23:00:00Z", "2026-11"},
        {"Europe/Berlin",    "2026-03-31T20:00:00Z", "2026-03-31T22:00:00Z", "2026-04"},
        {"America/New_York", "2026-11-01T01:00:00Z", "2026-11-01T04:00:00Z", "2026-11"},
        {"America/New_York", "2026-12-01T01:00:00Z", "2026-12-01T05:00:00Z", "2026-12"},
    };
    int tried = 0;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint32_t zone;
        int64_t midnight_us;
        month later;
        if (!zone_parse(str_from(rows[i].zone), &zone))
            continue; // not one of this version's zones
        assert_true(instant_parse(str_from(rows[i].midnight), &midnight_us));
        assert_true(month_parse(str_from(rows[i].month), &later));
        begin(rows[i].start, rows[i].zone, 4);
        struct input price = {.kind = INPUT_PRICE_SET};
        price.price = (struct price_new){
            .chip = 1, .value = {3600000, 0},
                 .class = LEASE_ON_DEMAND, .tax_permille = 100
        };
        assert_int_equal(house_do(&run, price), ANSWER_OK); // a yen for a device-millisecond
        uint64_t job = house_submit(&run, ACME, 1);
        int64_t start_us = run.time_us;
        house_report(&run, job, 1, ATTEMPT_STARTED, 0);
        run.time_us = midnight_us + 90 * MINUTE_US + 7 * MS_US;
        int64_t ran_ms = (run.time_us - start_us) / MS_US;
        house_report(&run, job, 1, ATTEMPT_ENDED, ran_ms);
        assert_int_equal(billing_spent(&run.cloud.billing, ACME, later - 1),
                         (midnight_us - start_us) / MS_US);
        assert_int_equal(billing_spent(&run.cloud.billing, ACME, later), 90 * 60 * 1000 + 7);
        end();
        tried++;
    }
    assert_true(tried >= 3);
}

// A job that waits for money begins when its account's month does, and not before.
static void a_new_month_lets_a_waiting_job_begin(void **state)
{
    (void)state;
    begin("2026-11-30T12:00:00Z", "Asia/Tokyo", 4);
    struct input limit = {.kind = INPUT_LIMIT_SET};
    limit.limit = (struct limit_new){.account = ACME, .set_month = true, .month_minor_max = 1};
    assert_int_equal(house_do(&run, limit), ANSWER_OK);
    uint64_t first = house_submit(&run, ACME, 4), second = house_submit(&run, ACME, 1);
    house_report(&run, first, 1, ATTEMPT_STARTED, 0);
    run.time_us += HOUR_US;
    house_report(&run, first, 1, ATTEMPT_ENDED, HOUR_US / MS_US);
    assert_int_equal(cloud_job(&run.cloud, second)->state, JOB_QUEUED);
    int64_t due_us, midnight_us;
    assert_true(instant_parse(S("2026-11-30T15:00:00Z"), &midnight_us));
    while (cloud_next_due(&run.cloud, run.time_us, &due_us) && due_us < midnight_us) {
        run.time_us = due_us > run.time_us ? due_us : run.time_us + 1;
        tick();
        assert_int_equal(cloud_job(&run.cloud, second)->state, JOB_QUEUED);
    }
    assert_int_equal(due_us, midnight_us);
    run.time_us = midnight_us;
    tick();
    assert_int_equal(cloud_job(&run.cloud, second)->state, JOB_STARTING);
    end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_key_gives_the_same_answer_for_24_hours),
        cmocka_unit_test(a_refusal_uses_up_no_key),
        cmocka_unit_test(keys_are_kept_a_day_and_no_longer),
        cmocka_unit_test(a_time_limit_stops_a_job_once),
        cmocka_unit_test(a_lost_restartable_job_begins_again),
        cmocka_unit_test(what_was_asked_to_stop_does_not_begin_again),
        cmocka_unit_test(old_jobs_and_leases_are_dropped),
        cmocka_unit_test(what_has_no_price_or_room_is_denied_and_nothing_stops),
        cmocka_unit_test(impossible_readings_are_cut),
        cmocka_unit_test(a_machine_with_a_name_of_no_text_is_refused),
        cmocka_unit_test(a_month_begins_at_local_midnight),
        cmocka_unit_test(a_new_month_lets_a_waiting_job_begin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
