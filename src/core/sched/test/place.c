#include "core/sched/test/house.h"
#include "core/sched/test/plain.h"
#include "core/sched/test/storm.h"
#include "core/sched/why.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static void assert_same_turn(const struct house *house, const struct plain_turn *plain)
{
    struct place_view view = house_view(house);
    const struct job *job = NULL;
    struct placement placement = {0};
    enum place_turn turn = place_turn(&view, &job, &placement);
    assert_int_equal(turn, plain->turn);
    if (turn != PLACE_TURN_NONE)
        assert_int_equal(job->id, plain->job);
    if (turn != PLACE_TURN_FITS)
        return;
    assert_int_equal(placement.job, plain->job);
    assert_int_equal(placement.node, plain->placement.node);
    assert_int_equal(placement.chip, plain->placement.chip);
    assert_int_equal(placement.price, plain->placement.price);
    assert_memory_equal(&placement.devices, &plain->placement.devices, sizeof(device_set));
    assert_int_equal(device_set_count(&placement.devices),
                     job->shape.devices); // whole or not at all
}

static void assert_house_is_sound(const struct house *house)
{
    uint64_t id = 0;
    assert_true(inventory_check(&house->inventory, house->time_us, &id));
    assert_true(market_check(&house->market, &house->inventory, &id));
    assert_true(sched_check(&house->sched, &house->market, &id));
}

// Random operations; after each the live caches, the plain scan and (every so often) the caches
// made anew from copied rows name the same job and the same devices.
static void storm(uint64_t seed, int steps, int copy_every)
{
    static struct house house, copy;
    struct rng rng = {.state = seed};
    house_init(&house);
    house_init(&copy);
    storm_begin(&house, &rng);
    int placed = 0, blocked = 0;
    for (int i = 0; i < steps; i++) {
        storm_step(&house, &rng);
        struct plain_turn plain = plain_next(&house);
        assert_same_turn(&house, &plain);
        if (i % copy_every == 0) {
            house_copy(&copy, &house);
            assert_same_turn(&copy, &plain);
        }
        if (i % 512 == 0)
            assert_house_is_sound(&house);
        blocked += plain.turn == PLACE_TURN_BLOCKED;
        if (plain.turn != PLACE_TURN_FITS || rng_below(&rng, 4) == 0)
            continue;
        house_place(&house, &plain.placement);
        placed++;
    }
    assert_house_is_sound(&house);
    assert_true(placed > steps / 20 && blocked > steps / 20); // the storm has seen both
    house_finish(&house);
    house_finish(&copy);
}

static void caches_decide_as_a_plain_scan_does(void **state)
{
    (void)state;
    storm(42, 5000, 64);
}

static void caches_made_anew_decide_the_same(void **state)
{
    (void)state;
    storm(7, 700, 1);
}

static void storm_turn(struct house *house, struct rng *rng)
{
    storm_step(house, rng);
    struct place_view view = house_view(house);
    for (struct placement placement; place_next(&view, &placement);)
        house_place(house, &placement);
}

// One house lives through; its twin is thrown away and loaded from its rows again and again. The
// same operations leave the same rows.
static void a_house_loaded_from_its_rows_goes_on_the_same(void **state)
{
    (void)state;
    static struct house house, twin, kept;
    struct rng rng = {.state = 99}, twin_rng = rng;
    house_init(&house);
    house_init(&twin);
    storm_begin(&house, &rng);
    storm_begin(&twin, &twin_rng);
    for (int i = 0; i < 3000; i++) {
        storm_turn(&house, &rng);
        storm_turn(&twin, &twin_rng);
        if (i % 97 == 0) {
            kept = twin;
            house_init(&twin);
            house_copy(&twin, &kept);
            house_finish(&kept);
        }
        if (i % 32 == 0)
            assert_true(house_same(&house, &twin));
    }
    assert_true(house_same(&house, &twin));
    assert_true(house.lease > 300);
    house_finish(&house);
    house_finish(&twin);
}

// Neither an answer nor a refusal changes a row.
static void questions_change_nothing(void **state)
{
    (void)state;
    static struct house house, copy;
    struct rng rng = {.state = 5};
    house_init(&house);
    house_init(&copy);
    storm_begin(&house, &rng);
    for (int i = 0; i < 500; i++) {
        storm_turn(&house, &rng);
        house_copy(&copy, &house);
        struct place_view view = house_view(&house);
        struct placement placement;
        struct shape shape = shape_normal((struct shape){0});
        shape.chips[0] = (uint64_t)rng_below(&rng, 5);
        shape.memory_mib = 100 * rng_below(&rng, 12);
        shape.devices = 1 + (uint32_t)rng_below(&rng, 12);
        const struct account *account = table_get(&house.market.accounts, 1);
        struct place_ask ask = {&house.inventory, &house.market,   &house.sched,
                                account,          LEASE_ON_DEMAND, S("country=JP")};
        place_feasible(&ask, &shape);
        place_find(&house.inventory, &shape, &placement);
        place_next(&view, &placement);
        assert_true(house_same(&house, &copy));
    }
    house_finish(&house);
    house_finish(&copy);
}

static void begin_small(struct house *house, uint32_t devices)
{
    uint64_t chips[256];
    house_init(house);
    uint64_t chip = house_chip(house);
    for (uint32_t i = 0; i < devices; i++)
        chips[i] = chip;
    house_price(house, chip);
    house_account(house);
    house_account(house);
    house_node(house, chips, devices, 1000);
}

static uint64_t place_one(struct house *house)
{
    struct place_view view = house_view(house);
    struct placement placement;
    if (!place_next(&view, &placement))
        return 0;
    house_place(house, &placement);
    return placement.job;
}

static void a_new_price_opens_a_chip_to_the_blocked(void **state)
{
    (void)state;
    static struct house house;
    struct shape one = {.devices = 1};
    begin_small(&house, 1);
    uint64_t chip = house_chip(&house); // nobody may have it yet: it has no price
    house_node(&house, &chip, 1, 1000);
    house_submit(&house, 1, &one, 0);
    house_submit(&house, 1, &one, 0);
    assert_int_equal(place_one(&house), 1);
    assert_int_equal(place_one(&house), 0);
    house_price(&house, chip);
    assert_int_equal(place_one(&house), 2);
    house_finish(&house);
}

// What cannot be had here holds back its own account, and nobody else; what is only taken holds
// back all behind it.
static void who_waits_in_vain_holds_back_nobody_else(void **state)
{
    (void)state;
    static struct house house;
    struct shape one = {.devices = 1}, two = {.devices = 2}, three = {.devices = 3};
    begin_small(&house, 2);
    house_submit(&house, 1, &three, 0); // 1: no node has three
    house_submit(&house, 1, &one, 0);   // 2: behind it in the same account
    house_submit(&house, 2, &one, 0);   // 3
    house_submit(&house, 2, &two, 0);   // 4: taken in part
    house_submit(&house, 2, &one, 0);   // 5: would fit beside 3, but 4 was first
    assert_int_equal(place_one(&house), 3);
    assert_int_equal(place_one(&house), 0);
    house_end(&house, 3, false);
    assert_int_equal(place_one(&house), 4);
    house_end(&house, 1, false); // stopped while it waited
    assert_int_equal(place_one(&house), 0);
    house_end(&house, 4, false);
    assert_int_equal(place_one(&house), 2);
    assert_int_equal(place_one(&house), 5);
    house_finish(&house);
}

static enum place_verdict judged(const struct house *house, const struct account *account,
                                 struct shape shape)
{
    shape = shape_normal(shape);
    struct place_ask ask = {&house->inventory, &house->market,  &house->sched,
                            account,           LEASE_ON_DEMAND, S("")};
    return place_feasible(&ask, &shape);
}

static void a_shape_is_judged_against_the_whole_house(void **state)
{
    (void)state;
    static struct house house;
    begin_small(&house, 2);
    house_limits(&house, 2, 1, NO_LIMIT);
    house_chip(&house); // 2: no device of it
    uint64_t unpriced = house_chip(&house);
    house_node(&house, &unpriced, 1, 5000);
    const struct account *free = table_get(&house.market.accounts, 1);
    const struct account *limited = table_get(&house.market.accounts, 2);
    const struct {
        const struct account *account;
        uint64_t chip;
        int64_t memory_mib;
        uint32_t devices;
        enum place_verdict verdict;
    } rows[] = {
        {free,    0,        0,    1, PLACE_FITS           },
        {free,    1,        1000, 2, PLACE_FITS           },
        {free,    2,        0,    1, PLACE_NO_SUCH_CHIP   },
        {free,    9,        0,    1, PLACE_NO_SUCH_CHIP   },
        {free,    unpriced, 0,    1, PLACE_NO_PRICE       },
        {free,    1,        0,    3, PLACE_TOO_MANY       },
        {free,    0,        0,    3, PLACE_TOO_MANY       },
        {free,    1,        1001, 1, PLACE_TOO_MUCH_MEMORY},
        {free,    0,        1001, 1, PLACE_TOO_MUCH_MEMORY}, // the bigger node has no price
        {limited, 1,        0,    1, PLACE_FITS           },
        {limited, 1,        0,    2, PLACE_OVER_LIMIT     },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_int_equal(judged(&house, rows[i].account,
                                (struct shape){.chips[0] = rows[i].chip,
                                               .memory_mib = rows[i].memory_mib,
                                               .devices = rows[i].devices}),
                         rows[i].verdict);
    struct shape either = {
        .chips = {unpriced, 1},
          .devices = 2, .memory_mib = 1000
    };
    assert_int_equal(judged(&house, free, either), PLACE_FITS); // the second of its chips will do
    struct shape two = {.chips[0] = 1, .devices = 2, .memory_mib = 1000};
    either = shape_normal(either);
    struct place_ask spot = {&house.inventory, &house.market, &house.sched, free,
                             LEASE_SPOT,       S("")};
    assert_int_equal(place_feasible(&spot, &either), PLACE_NO_PRICE); // no price of its class
    struct place_ask abroad = {&house.inventory, &house.market,  &house.sched, free,
                               LEASE_ON_DEMAND,  S("country=XX")};
    assert_int_equal(place_feasible(&abroad, &either), PLACE_FORBIDDEN);
    house_node_set(&house, 1, NODE_REPAIR, 1000); // it will come back
    assert_int_equal(judged(&house, free, two), PLACE_BUSY);
    house_node_set(&house, 1, NODE_RETIRED, 1000);
    assert_int_equal(judged(&house, free, two), PLACE_NO_SUCH_CHIP);
    house_finish(&house);
}

// A full queue costs nothing to ask again: an account at its limit with very many jobs, and a
// blocked head with very many behind it. Walks over them would take 10^9 steps.
static void a_long_queue_is_not_walked(void **state)
{
    (void)state;
    enum { MANY = 20000, ASKED = 20000 };
    static struct house house;
    struct shape one = {.devices = 1};
    begin_small(&house, 4);
    house_limits(&house, 1, 1, NO_LIMIT);
    for (int i = 0; i < MANY; i++)
        house_submit(&house, 1, &one, 0);
    assert_int_equal(place_one(&house), 1);
    for (int i = 0; i < ASKED; i++)
        assert_int_equal(place_one(&house), 0); // at its limit
    for (int i = 0; i < MANY; i++)
        house_submit(&house, 2, &one, 0);
    for (uint64_t i = 1; i <= 3; i++)
        assert_int_equal(place_one(&house), MANY + i);
    for (int i = 0; i < ASKED; i++)
        assert_int_equal(place_one(&house), 0); // full
    house_end(&house, 1, false);
    assert_int_equal(place_one(&house), 2); // the oldest again
    house_finish(&house);
}

static const struct sched_rule usual = {3600 * 1000, 60 * 1000, 0, 0, 1, true};

// The queue's rule as a new house has it: what it decides is a function of the rows as well.
static void backfill_and_shares_go_on_the_same_after_a_load(void **state)
{
    (void)state;
    static struct house house, twin, kept;
    struct rng rng = {.state = 17}, twin_rng = rng;
    house_init(&house);
    house_init(&twin);
    sched_rule_set(&house.sched, &usual);
    sched_rule_set(&twin.sched, &usual);
    storm_begin(&house, &rng);
    storm_begin(&twin, &twin_rng);
    for (int i = 0; i < 3000; i++) {
        storm_turn(&house, &rng);
        storm_turn(&twin, &twin_rng);
        if (i % 97 == 0) {
            kept = twin;
            house_init(&twin);
            sched_rule_set(&twin.sched, &usual);
            house_copy(&twin, &kept);
            house_finish(&kept);
        }
        if (i % 32 == 0)
            assert_true(house_same(&house, &twin));
        if (i % 512 == 0)
            assert_house_is_sound(&house);
    }
    assert_true(house.lease > 300);
    house_finish(&house);
    house_finish(&twin);
}

// Four devices: 1 has two for 10 s. 2 wants all four. 3 is over by then and may pass, 4 is not; 5
// would leave 2 too little.
static void who_is_in_nobodys_way_passes(void **state)
{
    (void)state;
    static struct house house;
    struct shape one = {.devices = 1}, two = {.devices = 2}, four = {.devices = 4};
    begin_small(&house, 4);
    sched_rule_set(&house.sched, &usual);
    house_submit(&house, 1, &two, 10000);
    assert_int_equal(place_one(&house), 1);
    house_submit(&house, 1, &four, 10000); // 2
    house_submit(&house, 1, &one, 10001);  // 3: a millisecond too long
    house_submit(&house, 1, &one, 10000);  // 4
    house_submit(&house, 1, &one, 0);      // 5: without a limit
    assert_int_equal(place_one(&house), 4);
    assert_int_equal(place_one(&house), 0);
    struct place_view view = house_view(&house);
    struct why why;
    why_job(&view, table_get(&house.sched.jobs, 2), house.time_us, &why);
    assert_true(why.estimate_known && why.estimate_us == house.time_us + 10 * 1000000);
    house.time_us += 10 * 1000000;
    house_end(&house, 1, false);
    assert_int_equal(place_one(&house), 0);
    house_end(&house, 4, false);
    assert_int_equal(place_one(&house), 2);
    house_finish(&house);
}

// While somebody without a time limit runs, it is not known when the first fits: nobody passes it
// on its chip, and everybody on another.
static void nobody_passes_where_no_end_is_known(void **state)
{
    (void)state;
    static struct house house;
    struct shape one = {.devices = 1, .chips = {1}}, two = {.devices = 2, .chips = {1}};
    struct shape other = {.devices = 1, .chips = {2}};
    begin_small(&house, 2);
    sched_rule_set(&house.sched, &usual);
    uint64_t chip = house_chip(&house);
    house_node(&house, &chip, 1, 1000);
    house_price(&house, chip);
    house_submit(&house, 1, &one, 0);
    assert_int_equal(place_one(&house), 1);
    house_submit(&house, 1, &two, 1000);
    house_submit(&house, 1, &one, 1);
    house_submit(&house, 1, &other, 0); // 4
    assert_int_equal(place_one(&house), 4);
    assert_int_equal(place_one(&house), 0);
    house_end(&house, 1, false);
    assert_int_equal(place_one(&house), 2);
    house_finish(&house);
}

// Who has used much goes behind who has used little; a higher class goes before both.
static void class_then_share_then_age(void **state)
{
    (void)state;
    static struct house house;
    struct shape one = {.devices = 1};
    begin_small(&house, 1);
    sched_rule_set(&house.sched, &usual);
    house_submit(&house, 1, &one, 1000);
    assert_int_equal(place_one(&house), 1);
    house.time_us += INT64_C(3600) * 1000000;
    for (int i = 0; i < 3; i++) // 2, 3, 4 of the account that has used the device for an hour
        house_submit(&house, 1, &one, 1000);
    house_submit(&house, 2, &one, 1000); // 5
    struct job_queued high = {.job = ++house.job, .account = 1, .shape = one};
    high.priority = PRIORITY_HIGH;
    job_apply_queued(&house.sched, &house.market, &high, house.time_us); // 6
    static const uint64_t order[] = {6, 5, 2, 3, 4};
    for (uint64_t i = 0, running = 1; i < 5; i++) {
        house_end(&house, running, false);
        running = place_one(&house);
        assert_int_equal(running, order[i]);
    }
    house_finish(&house);
}

// Who is below its nominal quota goes before who borrows, however little the borrower has used.
static void nominal_quota_goes_before_borrowing(void **state)
{
    (void)state;
    static struct house house;
    struct shape one = {.devices = 1};
    begin_small(&house, 2);
    sched_rule_set(&house.sched, &usual);
    struct limit_set quota = {1, NO_LIMIT, NO_LIMIT, 2000};
    limit_apply_set(&house.market, &quota);
    sched_account_changed(&house.sched, &house.market, 1);
    house_submit(&house, 1, &one, 0);
    assert_int_equal(place_one(&house), 1);
    house.time_us += INT64_C(3600) * 1000000;
    house_submit(&house, 2, &one, 0); // 2: it has used nothing, but it would borrow
    house_submit(&house, 1, &one, 0); // 3
    house_submit(&house, 1, &one, 0); // 4
    assert_int_equal(place_one(&house), 3);
    assert_int_equal(place_one(&house), 0);
    house_end(&house, 3, false);
    assert_int_equal(place_one(&house), 4); // again within the two
    quota.nominal_milli = 1000;
    limit_apply_set(&house.market, &quota);
    sched_account_changed(&house.sched, &house.market, 1);
    house_submit(&house, 1, &one, 0); // 5: beyond the quota of one
    house_end(&house, 4, false);
    assert_int_equal(place_one(&house), 2);
    house_finish(&house);
}

static struct placement find(const struct house *house, const struct shape *shape)
{
    struct placement placement = {0};
    struct shape normal = shape_normal(*shape);
    place_find(&house->inventory, &normal, &placement);
    return placement;
}

// Several nodes, a share, CPU beside devices: each through the same door.
static void gangs_shares_and_cpu_find_their_place(void **state)
{
    (void)state;
    static struct house house;
    house_init(&house);
    uint64_t chips[4];
    for (int i = 0; i < 4; i++)
        chips[i] = i ? chips[0] : house_chip(&house);
    for (int i = 0; i < 3; i++)
        house_node(&house, chips, 4, 100);
    struct shape gang = {.nodes = 3, .devices = 4}, share = {.devices = 1, .milli = 400};
    struct placement placement = find(&house, &gang);
    assert_int_equal(placement.nodes, 3);
    assert_int_equal(placement.node, 1);
    assert_int_equal(placement.count, 3);
    assert_int_equal(placement.runs, 0);

    for (int i = 0; i < 3; i++) { // two shares beside one another, the third on a device of its own
        placement = find(&house, &share);
        assert_int_equal(placement.node, 1);
        assert_int_equal(device_set_next(&placement.devices, 0), i / 2);
        struct node_use use = {.devices = placement.devices, .milli = 400};
        node_lease(&house.inventory, placement.node, &use, house.time_us);
    }
    assert_int_equal(find(&house, &gang).nodes, 0);
    gang.nodes = 2;
    assert_int_equal(find(&house, &gang).node, 2);
    assert_int_equal(find(&house, &gang).count, 2);
    struct shape cpu = {.devices = 1, .cpu_milli = 1 << 30};
    assert_int_equal(find(&house, &cpu).nodes, 0); // no machine has a million cores
    house_finish(&house);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(caches_decide_as_a_plain_scan_does),
        cmocka_unit_test(caches_made_anew_decide_the_same),
        cmocka_unit_test(a_house_loaded_from_its_rows_goes_on_the_same),
        cmocka_unit_test(questions_change_nothing),
        cmocka_unit_test(a_new_price_opens_a_chip_to_the_blocked),
        cmocka_unit_test(who_waits_in_vain_holds_back_nobody_else),
        cmocka_unit_test(a_shape_is_judged_against_the_whole_house),
        cmocka_unit_test(a_long_queue_is_not_walked),
        cmocka_unit_test(backfill_and_shares_go_on_the_same_after_a_load),
        cmocka_unit_test(who_is_in_nobodys_way_passes),
        cmocka_unit_test(nobody_passes_where_no_end_is_known),
        cmocka_unit_test(class_then_share_then_age),
        cmocka_unit_test(nominal_quota_goes_before_borrowing),
        cmocka_unit_test(gangs_shares_and_cpu_find_their_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
