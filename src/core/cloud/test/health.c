// Reports of health, the breaker, and windows of maintenance, through the door.
#include "core/cloud/cloud.h"
#include "core/cloud/xid.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "house.h"

enum { NODES = 50 }; // 5 % of them are 2

static struct house_run run;

static const struct chip gb200 = {.name = "gb200", .class_w = 1000, .max_w = 1200};

static int set_up(void **state)
{
    (void)state;
    house_init(&run);
    house_open(&run, 1);
    struct input site = {
        .kind = INPUT_SITE_NEW, .site = {0, "sakai", "Sakai", "JP", 0, 1250}
    };
    must(house_do(&run, site) == ANSWER_OK);
    struct input rack = {.kind = INPUT_RACK_NEW};
    rack.rack.nodes = NODES;
    rack.rack.place = (struct node_place){.site = 1, .block = "b1", .rack = "r1", .chip = gb200};
    rack.rack.place.devices = 4;
    rack.rack.place.memory_mib = 1000;
    must(house_do(&run, rack) == ANSWER_OK);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    struct err err;
    if (!cloud_check(&run.cloud, &err))
        fail_msg("%s", err.text);
    assert_true(digest_same(cloud_hash(&run.cloud), cloud_hash(&run.replayed)));
    house_finish(&run);
    return 0;
}

static enum answer report(uint64_t node, int32_t index, enum health_kind kind, int32_t detail)
{
    struct input input = {
        .kind = INPUT_HEALTH_REPORT, .health = {node, index, kind, detail, "test"}
    };
    return house_do(&run, input);
}

static enum device_state state_of(uint64_t node, int32_t index)
{
    const struct health *row = health_of(&run.cloud.inventory, node, index);
    return row ? row->state : DEVICE_HEALTHY;
}

static uint64_t submit(uint32_t devices, int64_t run_ms_max)
{
    struct input job = {.kind = INPUT_JOB_SUBMIT};
    job.job = (struct job_submit){.account = 1, .run_ms_max = run_ms_max};
    job.job.shape.devices = devices;
    job.job.shape.chips[0] = chip_named(&run.cloud.inventory, S("gb200"))->id;
    return house_do(&run, job) == ANSWER_OK ? run.first.subject : 0;
}

static const struct node *node_of(uint64_t job)
{
    const struct lease *lease = cloud_lease(&run.cloud, cloud_job(&run.cloud, job)->lease);
    return lease ? table_get(&run.cloud.inventory.nodes, lease->node) : NULL;
}

static void an_xid_is_the_applications_the_drivers_or_the_parts(void **state)
{
    (void)state;
    assert_int_equal(report(2, 0, HEALTH_XID, 13), ANSWER_OK);
    assert_int_equal(state_of(2, 0), DEVICE_HEALTHY);
    assert_int_equal(report(2, 0, HEALTH_XID, 12345), ANSWER_OK); // a code nobody knows
    assert_int_equal(state_of(2, 0), DEVICE_SUSPECT);
    assert_int_equal(state_of(2, 1), DEVICE_HEALTHY);
    assert_int_equal(report(2, 1, HEALTH_XID, 79), ANSWER_OK);
    assert_int_equal(state_of(2, 1), DEVICE_REPAIR); // it was empty
    assert_int_equal(report(2, 1, HEALTH_XID, 31), ANSWER_OK);
    assert_int_equal(report(2, 1, HEALTH_THERMAL, 0), ANSWER_OK);
    assert_int_equal(state_of(2, 1), DEVICE_REPAIR); // nothing of it is good news
    assert_int_equal(report(2, 1, HEALTH_RETEST_PASSED, 0), ANSWER_WRONG_STATE);
    assert_int_equal(report(2, 1, HEALTH_REPAIRED, 0), ANSWER_OK);
    assert_int_equal(state_of(2, 1), DEVICE_RETEST);
    assert_int_equal(report(2, 1, HEALTH_RETEST_FAILED, 0), ANSWER_OK);
    assert_int_equal(state_of(2, 1), DEVICE_REPAIR);
    assert_int_equal(report(2, 1, HEALTH_REPAIRED, 0), ANSWER_OK);
    assert_int_equal(report(2, 1, HEALTH_RETEST_PASSED, 0), ANSWER_OK);
    assert_int_equal(state_of(2, 1), DEVICE_HEALTHY);
    assert_int_equal(xid_class(64), XID_REPLACE);
    assert_int_equal(xid_class(119), XID_RESET);
    assert_int_equal(xid_class(0), XID_UNKNOWN);
    assert_int_equal(xid_class(63), XID_APPLICATION);
    assert_int_equal(xid_class(92), XID_APPLICATION);
    assert_int_equal(xid_class(74), XID_UNKNOWN); // a workflow of its own: a person looks
}

// A job on a cordoned device ends by itself; then, and only then, the device goes to repair.
static void a_cordoned_device_is_repaired_when_its_job_has_ended(void **state)
{
    (void)state;
    uint64_t job = submit(4, 0);
    const struct node *node = node_of(job);
    assert_int_equal(report(node->id, 2, HEALTH_ECC_UNCORRECTED, 1), ANSWER_OK);
    assert_int_equal(state_of(node->id, 2), DEVICE_CORDONED);
    assert_int_equal(cloud_job(&run.cloud, job)->state, JOB_STARTING); // nothing was stopped
    assert_int_equal(house_report(&run, job, 1, ATTEMPT_STARTED, 0), ANSWER_OK);
    run.time_us += SECOND_US;
    assert_int_equal(house_report(&run, job, 1, ATTEMPT_ENDED, 1000), ANSWER_OK);
    assert_int_equal(state_of(node->id, 2), DEVICE_REPAIR);
    assert_int_equal(device_set_count(&node->open), 3);
}

static void the_breaker_limits_cordons_of_a_pool(void **state)
{
    (void)state;
    for (uint64_t node = 2; node <= 7; node++)
        assert_int_equal(report(node, 0, HEALTH_XID, 95), ANSWER_OK);
    assert_int_equal(state_of(2, 0), DEVICE_REPAIR);
    assert_int_equal(state_of(3, 0), DEVICE_REPAIR); // 5 % of 50 are 2
    assert_int_equal(state_of(4, 0), DEVICE_SUSPECT);
    assert_int_equal(state_of(7, 0), DEVICE_SUSPECT);
    assert_int_equal(report(3, 1, HEALTH_XID, 95), ANSWER_OK); // a node that counts already
    assert_int_equal(state_of(3, 1), DEVICE_REPAIR);
    run.time_us += HOUR_US; // the next window
    assert_int_equal(report(4, 0, HEALTH_XID, 95), ANSWER_OK);
    assert_int_equal(state_of(4, 0), DEVICE_REPAIR);
}

static void corrected_errors_are_counted_in_a_window(void **state)
{
    (void)state;
    assert_int_equal(report(2, 0, HEALTH_ECC_CORRECTED, 600), ANSWER_OK);
    run.time_us += HOUR_US;
    assert_int_equal(report(2, 0, HEALTH_ECC_CORRECTED, 600), ANSWER_OK);
    assert_int_equal(state_of(2, 0), DEVICE_HEALTHY); // another window
    assert_int_equal(report(2, 0, HEALTH_ECC_CORRECTED, 400), ANSWER_OK);
    assert_int_equal(state_of(2, 0), DEVICE_SUSPECT);
}

static void a_silent_node_is_suspect_and_comes_back(void **state)
{
    (void)state;
    const struct node *node = table_get(&run.cloud.inventory.nodes, 2);
    assert_int_equal(report(2, HEALTH_WHOLE, HEALTH_HEARTBEAT_LOST, 59999), ANSWER_OK);
    assert_int_equal(run.count, 0); // not long enough
    assert_int_equal(report(2, HEALTH_WHOLE, HEALTH_HEARTBEAT_LOST, 60000), ANSWER_OK);
    assert_int_equal(node->health, DEVICE_SUSPECT);
    assert_int_equal(device_set_count(&node->open), 0);
    assert_int_equal(report(2, HEALTH_WHOLE, HEALTH_HEARTBEAT_LOST, 90000), ANSWER_OK);
    assert_int_equal(run.count, 0); // known
    assert_int_equal(report(2, HEALTH_WHOLE, HEALTH_HEARTBEAT_BACK, 0), ANSWER_OK);
    assert_int_equal(node->health, DEVICE_HEALTHY);
    assert_int_equal(device_set_count(&node->open), 4);
}

static void a_window_of_maintenance_opens_and_closes_a_node(void **state)
{
    (void)state;
    const struct node *node = table_get(&run.cloud.inventory.nodes, 2);
    struct input set = {.kind = INPUT_MAINTENANCE_NEW};
    set.maintenance = (struct maintenance_new){2, run.time_us + HOUR_US, run.time_us + 2 * HOUR_US};
    assert_int_equal(house_do(&run, set), ANSWER_OK);
    uint64_t until_ms = HOUR_US / MS_US;
    assert_int_equal(node_of(submit(4, (int64_t)until_ms))->id, 2); // done by then
    uint64_t longer = submit(4, (int64_t)until_ms + 1), endless = submit(4, 0);
    assert_int_not_equal(node_of(longer)->id, 2);
    assert_int_not_equal(node_of(endless)->id, 2);

    int64_t due_us;
    assert_true(cloud_next_due(&run.cloud, run.time_us, &due_us));
    assert_int_equal(due_us, set.maintenance.from_us);
    run.time_us = due_us;
    assert_int_equal(house_do(&run, (struct input){.kind = INPUT_TICK}), ANSWER_OK);
    assert_int_equal(node->state, NODE_DRAINING);
    run.time_us = set.maintenance.until_us;
    assert_int_equal(house_do(&run, (struct input){.kind = INPUT_TICK}), ANSWER_OK);
    assert_int_equal(node->state, NODE_READY);
    assert_int_equal(run.cloud.inventory.maintenances.used, 0);

    set.maintenance.from_us = 0; // now
    set.maintenance.until_us = run.time_us + HOUR_US;
    assert_int_equal(house_do(&run, set), ANSWER_OK);
    assert_int_equal(node->state, NODE_DRAINING);
    struct input end = {.kind = INPUT_MAINTENANCE_END, .id = run.first.subject};
    assert_int_equal(house_do(&run, end), ANSWER_OK); // called off
    assert_int_equal(node->state, NODE_READY);
    assert_int_equal(house_do(&run, end), ANSWER_NOT_FOUND);
}

static void what_runs_when_a_window_begins_is_stopped(void **state)
{
    (void)state;
    struct input set = {.kind = INPUT_MAINTENANCE_NEW};
    uint64_t endless = submit(2, 0), soon = submit(2, MINUTE_US / MS_US + 1000);
    const struct node *node = node_of(endless);
    assert_ptr_equal(node_of(soon), node);
    assert_int_equal(house_report(&run, endless, 1, ATTEMPT_STARTED, 0), ANSWER_OK);
    assert_int_equal(house_report(&run, soon, 1, ATTEMPT_STARTED, 0), ANSWER_OK);
    set.maintenance =
        (struct maintenance_new){node->id, run.time_us + MINUTE_US, run.time_us + HOUR_US};
    assert_int_equal(house_do(&run, set), ANSWER_OK);
    assert_int_equal(cloud_job(&run.cloud, endless)->state, JOB_RUNNING);
    run.time_us = set.maintenance.from_us;
    assert_int_equal(house_do(&run, (struct input){.kind = INPUT_TICK}), ANSWER_OK);
    assert_int_equal(cloud_job(&run.cloud, endless)->state, JOB_STOPPING);
    assert_int_equal(cloud_job(&run.cloud, endless)->stop_reason, REASON_MAINTENANCE);
    assert_int_equal(cloud_job(&run.cloud, soon)->state, JOB_RUNNING); // its limit ends it
    assert_int_equal(node->state, NODE_DRAINING);
    assert_int_equal(house_report(&run, endless, 1, ATTEMPT_ENDED, 1000), ANSWER_OK);
    assert_int_equal(cloud_job(&run.cloud, endless)->state, JOB_DONE);
}

static void bad_field(struct input input, const char *field)
{
    assert_int_equal(house_do(&run, input), ANSWER_BAD_FIELD);
    assert_string_equal(run.first.field, field);
}
#define BAD_HEALTH(field, ...) \
    bad_field((struct input){.kind = INPUT_HEALTH_REPORT, .health = {__VA_ARGS__}}, field)

static void reports_with_a_field_wrong(void **state)
{
    (void)state;
    assert_int_equal(report(999, 0, HEALTH_XID, 79), ANSWER_NOT_FOUND);
    BAD_HEALTH("index", 2, 4, HEALTH_XID, 79, "");
    BAD_HEALTH("index", 2, -2, HEALTH_THERMAL, 0, "");
    BAD_HEALTH("index", 2, HEALTH_WHOLE, HEALTH_XID, 79, "");
    BAD_HEALTH("index", 2, 0, HEALTH_HEARTBEAT_LOST, 99999, "");
    BAD_HEALTH("kind", 2, 0, HEALTH_KIND_COUNT, 0, "");
    BAD_HEALTH("kind", 2, 0, HEALTH_EMPTIED, 0, "");
    BAD_HEALTH("detail", 2, 0, HEALTH_XID, -1, "");
    BAD_HEALTH("source", 2, 0, HEALTH_XID, 79, "\xff");
    assert_int_equal(report(2, 0, HEALTH_REPAIRED, 0), ANSWER_WRONG_STATE);
    struct input set = {
        .kind = INPUT_MAINTENANCE_NEW, .maintenance = {2, 0, run.time_us}
    };
    bad_field(set, "until");
    set.maintenance.from_us = run.time_us + 400 * DAY_US;
    bad_field(set, "from");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        T(an_xid_is_the_applications_the_drivers_or_the_parts),
        T(a_cordoned_device_is_repaired_when_its_job_has_ended),
        T(the_breaker_limits_cordons_of_a_pool),
        T(corrected_errors_are_counted_in_a_window),
        T(a_silent_node_is_suspect_and_comes_back),
        T(a_window_of_maintenance_opens_and_closes_a_node),
        T(what_runs_when_a_window_begins_is_stopped),
        T(reports_with_a_field_wrong),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
