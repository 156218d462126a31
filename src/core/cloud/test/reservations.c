// Reservations through the door: held, started, ended, moved, broken, and the earliest of all.
#include "core/cloud/cloud.h"
#include "core/sched/reservation.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>
#include "house.h"

enum { NODES = 4, DEVICES = 2, SEEDS = 40, STEPS = 120, LEAD_S = 10 };

static struct house_run run;
static const struct chip gb200 = {.name = "gb200", .class_w = 1000, .max_w = 1200};

static void open_house(void)
{
    house_init(&run);
    house_open(&run, 1);
    struct input site = {
        .kind = INPUT_SITE_NEW, .site = {0, "sakai", "Sakai", "JP", 0, 1250}
    };
    must(house_do(&run, site) == ANSWER_OK);
    struct input rack = {.kind = INPUT_RACK_NEW};
    rack.rack.nodes = NODES; // nodes 2 .. 5
    rack.rack.place = (struct node_place){.site = 1, .block = "b1", .rack = "r1", .chip = gb200};
    rack.rack.place.devices = DEVICES;
    rack.rack.place.memory_mib = 1000;
    must(house_do(&run, rack) == ANSWER_OK);
    for (int i = 0; i < 2; i++) {
        struct input account = {
            .kind = INPUT_ACCOUNT_NEW, .account = {0, "a", "A", "", 0, 0}
        };
        account.account.slug[0] = (char)('a' + i);
        must(house_do(&run, account) == ANSWER_OK); // accounts 2 and 3
    }
    struct input price = {.kind = INPUT_PRICE_SET};
    for (uint32_t class = 0; class < LEASE_CLASS_COUNT; class ++)
        for (uint32_t currency = 0; currency < CURRENCIES; currency++) {
            price.price = (struct price_new){
                2, {1, 0},
                 currency, class, 100
            };
            must(house_do(&run, price) == ANSWER_OK);
        }
}

static void close_house(void)
{
    struct err err;
    if (!cloud_check(&run.cloud, &err))
        fail_msg("%s", err.text);
    assert_true(digest_same(cloud_hash(&run.cloud), cloud_hash(&run.replayed)));
    house_finish(&run);
}

static int set_up(void **state)
{
    (void)state;
    open_house();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    close_house();
    return 0;
}

static void tick(int64_t after_s)
{
    int64_t until_us = run.time_us + after_s * SECOND_US, due_us;
    while (cloud_next_due(&run.cloud, run.time_us, &due_us) && due_us <= until_us) {
        run.time_us = due_us > run.time_us ? due_us : run.time_us + 1;
        house_do(&run, (struct input){.kind = INPUT_TICK});
    }
    run.time_us = until_us > run.time_us ? until_us : run.time_us;
    house_do(&run, (struct input){.kind = INPUT_TICK});
}

static struct input wanted(uint32_t nodes, uint32_t devices, int64_t from_s, int64_t for_s)
{
    struct input input = {.kind = INPUT_RESERVATION_NEW};
    input.reservation.account = 2;
    input.reservation.shape.nodes = nodes;
    input.reservation.shape.devices = devices;
    input.reservation.shape.chips[0] = 2;
    input.reservation.start_us = run.time_us + from_s * SECOND_US;
    input.reservation.end_us = input.reservation.start_us + for_s * SECOND_US;
    return input;
}

static uint64_t book(uint32_t nodes, uint32_t devices, int64_t from_s, int64_t for_s)
{
    enum answer answer = house_do(&run, wanted(nodes, devices, from_s, for_s));
    return answer == ANSWER_OK ? run.first.subject : 0;
}

static uint64_t submit(uint64_t account, uint32_t devices, int64_t limit_s, uint64_t reservation,
                       enum class_asked class)
{
    struct input job = {.kind = INPUT_JOB_SUBMIT};
    job.job = (struct job_submit){.account = account,
                                  .run_ms_max = limit_s * 1000,
                                  .reservation = reservation,
                                  .class_asked = class,
                                  .restartable = true};
    job.job.shape.devices = devices;
    job.job.shape.chips[0] = 2;
    return house_do(&run, job) == ANSWER_OK ? run.first.subject : 0;
}

static void start(uint64_t job)
{
    const struct job *row = cloud_job(&run.cloud, job);
    house_report(&run, job, row->attempt, ATTEMPT_STARTED, 0);
}

static void finish(uint64_t job)
{
    const struct job *row = cloud_job(&run.cloud, job);
    house_report(&run, job, row->attempt, ATTEMPT_ENDED, 1000);
}

static enum job_state state_of(uint64_t job)
{
    return cloud_job(&run.cloud, job)->state;
}

static const struct reservation *row_of(uint64_t id)
{
    return reservation_get(&run.cloud.sched, id);
}

static void a_window_is_locked_to_all_but_its_owner(void **state)
{
    (void)state;
    uint64_t all = book(NODES, DEVICES, 3600, 3600);
    assert_int_not_equal(all, 0);
    assert_int_equal(book(1, 1, 3600, 60), 0); // not_free
    assert_int_equal(run.first.answer, ANSWER_NOT_FREE);
    uint64_t endless = submit(3, 1, 0, 0, ASK_ON_DEMAND);
    assert_int_equal(state_of(endless), JOB_QUEUED);
    uint64_t longer = submit(1, 1, 3600 - LEAD_S + 1, 0, ASK_ON_DEMAND);
    assert_int_equal(state_of(longer), JOB_QUEUED);
    struct input stop = {
        .kind = INPUT_JOB_STOP, .stop = {longer, -1}
    };
    assert_int_equal(house_do(&run, stop), ANSWER_OK);
    uint64_t brief = submit(1, 1, 3600 - LEAD_S, 0, ASK_ON_DEMAND);
    assert_int_equal(state_of(brief), JOB_STARTING);
    start(brief);
    uint64_t own = submit(2, DEVICES, 0, all, ASK_RESERVED);
    assert_int_equal(state_of(own), JOB_QUEUED);
    tick(3600 - LEAD_S);
    assert_int_equal(state_of(brief), JOB_STOPPING);
    finish(brief);
    tick(LEAD_S);
    assert_int_equal(row_of(all)->state, RESERVATION_ACTIVE);
    assert_int_equal(state_of(own), JOB_STARTING);
    start(own);
    tick(3600 - LEAD_S);
    assert_int_equal(state_of(own), JOB_STOPPING);
    assert_int_equal(cloud_job(&run.cloud, own)->stop_reason, REASON_RESERVATION_ENDED);
    finish(own);
    assert_int_equal(state_of(own), JOB_DONE);
    tick(LEAD_S);
    assert_int_equal(row_of(all)->state, RESERVATION_ENDED);
    assert_int_equal(state_of(endless), JOB_STARTING);
}

static void guests_on_notice_go_before_it_starts(void **state)
{
    (void)state;
    uint64_t guests[NODES];
    for (int i = 0; i < NODES; i++) {
        guests[i] = submit(3, DEVICES, 0, 0, i < 2 ? ASK_SPOT : ASK_ON_DEMAND);
        start(guests[i]);
    }
    assert_int_equal(book(3, DEVICES, 600, 600), 0); // two never end
    uint64_t two = book(2, DEVICES, 600, 600);
    assert_int_not_equal(two, 0);
    tick(600 - LEAD_S - 1);
    assert_int_equal(state_of(guests[0]), JOB_RUNNING);
    tick(1);
    assert_int_equal(state_of(guests[0]), JOB_STOPPING);
    assert_int_equal(cloud_job(&run.cloud, guests[1])->stop_reason, REASON_PREEMPTED);
    assert_int_equal(state_of(guests[2]), JOB_RUNNING);
    finish(guests[0]);
    finish(guests[1]);
    assert_int_equal(state_of(guests[0]), JOB_QUEUED); // and waits: all is reserved
    tick(LEAD_S);
    assert_int_equal(row_of(two)->state, RESERVATION_ACTIVE);
}

static void cancelling_gives_all_back(void **state)
{
    (void)state;
    uint64_t all = book(NODES, DEVICES, 0, 3600);
    uint64_t runs = submit(2, DEVICES, 0, all, ASK_ON_DEMAND);
    uint64_t waits = submit(2, DEVICES, 0, all, ASK_ON_DEMAND);
    uint64_t other = submit(3, 1, 0, 0, ASK_ON_DEMAND);
    assert_int_equal(state_of(runs), JOB_STARTING);
    assert_int_equal(state_of(other), JOB_QUEUED);
    start(runs);
    for (int i = 0; i < NODES; i++)
        waits = submit(2, DEVICES, 0, all, ASK_ON_DEMAND);
    assert_int_equal(state_of(waits), JOB_QUEUED);
    struct input cancel = {.kind = INPUT_RESERVATION_CANCEL, .id = all};
    assert_int_equal(house_do(&run, cancel), ANSWER_OK);
    assert_int_equal(row_of(all)->state, RESERVATION_CANCELLED);
    assert_int_equal(state_of(runs), JOB_STOPPING);
    assert_int_equal(state_of(waits), JOB_DONE);
    assert_int_equal(cloud_job(&run.cloud, waits)->reason, REASON_RESERVATION_ENDED);
    finish(runs);
    assert_int_equal(state_of(other), JOB_STARTING);
    assert_int_equal(house_do(&run, cancel), ANSWER_ALREADY_ENDED);
    assert_int_equal(submit(2, 1, 0, all, ASK_ON_DEMAND), 0);
    assert_int_equal(run.first.answer, ANSWER_ALREADY_ENDED);
}

static void a_lost_node_is_replaced_or_it_breaks(void **state)
{
    (void)state;
    uint64_t three = book(3, DEVICES, 600, 600);
    struct input drain = {.kind = INPUT_NODE_DRAIN, .id = 2};
    assert_int_equal(house_do(&run, drain), ANSWER_OK);
    assert_int_equal(row_of(three)->moves, 1); // there was one more
    assert_int_equal(reservation_part_at(&run.cloud.sched, row_of(three), 0)->node, 5);
    drain.id = 3;
    assert_int_equal(house_do(&run, drain), ANSWER_OK);
    assert_int_equal(row_of(three)->state, RESERVATION_BOOKED); // it may come back
    struct input back = {.kind = INPUT_NODE_UNDRAIN, .id = 2};
    assert_int_equal(house_do(&run, back), ANSWER_OK);
    assert_int_equal(row_of(three)->moves, 2);
    drain.id = 2;
    assert_int_equal(house_do(&run, drain), ANSWER_OK);
    tick(600);
    assert_int_equal(row_of(three)->state, RESERVATION_BROKEN);
    assert_int_equal(row_of(three)->lost_node, 2);
    assert_int_equal(row_of(three)->reason, RESERVATION_REASON_NODE);
}

static void refusals(void **state)
{
    (void)state;
    struct input input = wanted(1, 1, 60, 600);
    input.reservation.account = 99;
    assert_int_equal(house_do(&run, input), ANSWER_NOT_FOUND);
    assert_int_equal(book(1, 0, 60, 600), 0);
    assert_string_equal(run.first.field, "devices");
    assert_int_equal(book(1, 1, -60, 600), 0);
    assert_string_equal(run.first.field, "start");
    assert_int_equal(book(1, 1, 60, 5), 0);
    assert_string_equal(run.first.field, "end");
    assert_int_equal(book(1, DEVICES + 1, 60, 600), 0);
    assert_int_equal(run.first.answer, ANSWER_TOO_MANY_DEVICES);
    assert_int_equal(book(NODES + 1, 1, 60, 600), 0);
    assert_int_equal(run.first.answer, ANSWER_TOO_MANY_NODES);
    uint64_t one = book(1, 1, 60, 600);
    assert_int_equal(submit(3, 1, 0, one, ASK_ON_DEMAND), 0);
    assert_int_equal(run.first.answer, ANSWER_NOT_FOUND); // another account's
    assert_int_equal(submit(2, 2, 0, one, ASK_ON_DEMAND), 0);
    assert_int_equal(run.first.answer, ANSWER_TOO_MANY_DEVICES);
}

// ---- seeds ----

static uint64_t dice;
static uint32_t roll(uint32_t sides)
{
    dice = dice * UINT64_C(6364136223846793005) + 1442695040888963407;
    return (uint32_t)(dice >> 33) % sides;
}

// What the windows and leases say of one device over [from, until): a plain recount.
static bool device_free(uint64_t node, uint32_t index, int64_t from_us, int64_t until_us)
{
    const struct node *row = table_get(&run.cloud.inventory.nodes, node);
    int64_t lead_us = LEAD_S * SECOND_US;
    uint32_t cursor = 0;
    if (row->state != NODE_READY)
        return false;
    for (const struct reservation_part *part;
         (part = table_step(&run.cloud.sched.reserved_parts, &cursor));) {
        const struct reservation *its = row_of(part->reservation);
        if (reservation_live(its) && part->node == node && device_set_has(&part->devices, index) &&
            its->start_us - lead_us < until_us - lead_us && from_us < its->end_us)
            return false;
    }
    uint64_t holder = lease_holding(&run.cloud.market, row, index);
    if (!holder)
        return true;
    const struct lease *lease = cloud_lease(&run.cloud, holder);
    const struct job *job = cloud_job(&run.cloud, lease->job);
    int64_t end_us = INT64_MAX;
    if (lease->class == LEASE_SPOT)
        return from_us >= run.time_us + lead_us;
    if (job->run_ms_max)
        end_us =
            (job->started_us ? job->started_us : job->placed_us) + job->run_ms_max * 1000 + lead_us;
    if (job->reservation && reservation_live(row_of(job->reservation)) &&
        row_of(job->reservation)->end_us < end_us)
        end_us = row_of(job->reservation)->end_us;
    if (job->state == JOB_STOPPING)
        end_us = job->stop_us + job->stop_grace_ms * 1000;
    return (end_us > run.time_us ? end_us : run.time_us + lead_us) <= from_us;
}

static bool fits_at(uint32_t nodes, uint32_t devices, int64_t from_us, int64_t until_us)
{
    uint32_t good = 0;
    for (uint64_t node = 2; node < 2 + NODES; node++) {
        uint32_t open = 0;
        for (uint32_t i = 0; i < DEVICES; i++)
            open += device_free(node, i, from_us, until_us);
        good += open >= devices;
    }
    return good >= nodes;
}

// Second by second: all times of this house are whole seconds.
static void earliest_is_the_earliest(uint32_t nodes, uint32_t devices, int64_t for_s)
{
    struct input ask = wanted(nodes, devices, 0, for_s);
    int64_t found_us = -1, limit_us = run.time_us + 4000 * SECOND_US;
    bool found = cloud_reservation_earliest(&run.cloud, &ask.reservation, run.time_us, &found_us);
    for (int64_t at_us = run.time_us; at_us <= limit_us; at_us += SECOND_US) {
        if (!fits_at(nodes, devices, at_us, at_us + for_s * SECOND_US))
            continue;
        assert_true(found);
        assert_int_equal(found_us, at_us);
        return;
    }
    assert_true(!found || found_us > limit_us);
}

// Never anybody else's job on a booked device in its window, and its own nowhere else.
static void windows_hold(void)
{
    uint32_t cursor = 0;
    for (const struct lease *lease; (lease = table_step(&run.cloud.market.leases, &cursor));) {
        const struct job *job = cloud_job(&run.cloud, lease->job);
        if (lease->state == LEASE_ENDED || job->state == JOB_STOPPING)
            continue;
        const struct reservation *own = row_of(job->reservation);
        const struct node *node = table_get(&run.cloud.inventory.nodes, lease->node);
        uint32_t at = 0, inside = 0;
        for (const struct reservation_part *part;
             (part = table_step(&run.cloud.sched.reserved_parts, &at));) {
            const struct reservation *its = row_of(part->reservation);
            if (its->state != RESERVATION_ACTIVE || part->node != node->id ||
                !device_set_meets(&part->devices, &lease->devices))
                continue;
            assert_true(its == own);
            inside++;
        }
        // Where a node was replaced, what ran there runs on.
        assert_true(!own || inside || own->moves || own->state != RESERVATION_ACTIVE);
    }
}

static void engine(void) // all that is asked of it is done at once, and time limits are kept
{
    for (bool more = true; more;) {
        more = false;
        uint32_t cursor = 0;
        for (const struct job *job; !more && (job = table_step(&run.cloud.sched.jobs, &cursor));) {
            more = job->state == JOB_STARTING || job->state == JOB_STOPPING;
            if (job->state == JOB_STARTING)
                start(job->id);
            else if (job->state == JOB_STOPPING)
                finish(job->id);
        }
    }
}

static uint64_t random_live(void)
{
    uint64_t last = run.cloud.sched.reservations.last_id;
    uint64_t id = last ? 1 + roll((uint32_t)last) : 0;
    return id && reservation_live(row_of(id)) ? id : 0;
}

static void random_step(void)
{
    uint32_t nodes = 1 + roll(NODES), devices = 1 + roll(DEVICES);
    uint64_t id = random_live();
    switch (roll(7)) {
    case 0:
        book(nodes, devices, roll(600), 30 + roll(300));
        break;
    case 1:
        submit(2 + roll(2), devices, roll(3) ? 1 + roll(400) : 0, 0,
               roll(3) ? ASK_ON_DEMAND : ASK_SPOT);
        break;
    case 2:
        if (id)
            submit(2, 1, roll(2) * roll(300), id, ASK_ON_DEMAND);
        break;
    case 3:
        if (id && roll(3) == 0)
            house_do(&run, (struct input){.kind = INPUT_RESERVATION_CANCEL, .id = id});
        break;
    case 4:
        house_do(&run, (struct input){.kind = roll(3) ? INPUT_NODE_UNDRAIN : INPUT_NODE_DRAIN,
                                      .id = 2 + roll(NODES)});
        break;
    case 5: {
        uint32_t count = (uint32_t)run.cloud.sched.jobs.last_id;
        uint64_t job = count ? 1 + roll(count) : 0;
        if (job && state_of(job) == JOB_RUNNING)
            finish(job);
        break;
    }
    default:
        for (uint32_t left = roll(90); left; left--) {
            tick(1);
            engine();
            windows_hold();
        }
    }
}

static void by_seeds(void **state)
{
    (void)state;
    struct err err;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        dice = seed;
        open_house();
        for (uint32_t i = 0; i < STEPS; i++) {
            random_step();
            engine();
            windows_hold();
            if (!cloud_check(&run.cloud, &err))
                fail_msg("seed %d, step %d: %s", (int)seed, (int)i, err.text);
            if (i % 8 == 0)
                earliest_is_the_earliest(1 + roll(NODES), 1 + roll(DEVICES), 30 + roll(200));
            if (i % 40 == 39) { // killed and loaded: it goes on alike
                struct buf bytes;
                buf_init(&bytes, 4 << 20);
                cloud_save(&run.cloud, &bytes);
                cloud_finish(&run.cloud);
                cloud_init(&run.cloud);
                assert_true(cloud_load(&run.cloud, buf_str(&bytes), &err));
                buf_finish(&bytes);
            }
        }
        uint32_t cursor = 0;
        for (const struct reservation *row;
             (row = table_step(&run.cloud.sched.reservations, &cursor));)
            if (reservation_live(row))
                house_do(&run, (struct input){.kind = INPUT_RESERVATION_CANCEL, .id = row->id});
        cursor = 0;
        for (const struct job *job; (job = table_step(&run.cloud.sched.jobs, &cursor));)
            if (job->state != JOB_DONE)
                house_do(&run, (struct input){
                                   .kind = INPUT_JOB_STOP, .stop = {job->id, -1}
                });
        engine();
        for (uint64_t node = 2; node < 2 + NODES; node++)
            house_do(&run, (struct input){.kind = INPUT_NODE_UNDRAIN, .id = node});
        assert_true(fits_at(NODES, DEVICES, run.time_us, run.time_us + SECOND_US));
        assert_int_not_equal(book(NODES, DEVICES, 0, 600), 0); // all of it was given back
        close_house();
    }
}

int main(void)
{
#define T(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(a_window_is_locked_to_all_but_its_owner),
        T(guests_on_notice_go_before_it_starts),
        T(cancelling_gives_all_back),
        T(a_lost_node_is_replaced_or_it_breaks),
        T(refusals),
        cmocka_unit_test(by_seeds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
