#include "core/sched/test/house.h"
#include "core/sched/test/plain.h"
#include "core/sched/test/storm.h"
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
    assert_int_equal(device_set_count(&placement.devices), job->devices); // whole or not at all
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
    storm(42, 9000, 64);
}

static void caches_made_anew_decide_the_same(void **state)
{
    (void)state;
    storm(7, 1000, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(caches_decide_as_a_plain_scan_does),
        cmocka_unit_test(caches_made_anew_decide_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
