#include "core/market/market.h"
#include "base/rng.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

enum { NODES = 4, DEVICES = 8, ACCOUNTS = 3, STEPS = 20000, MEMORY_MIB = 1000 };

struct world {
    struct inventory inventory;
    struct market market;
    uint64_t holder[NODES + 1][DEVICES]; // lease by device, told apart from the tables
    int64_t time_us;
};

static void set_price(struct world *world, uint64_t id, uint64_t chip, enum currency currency)
{
    struct price_set fact = {.price = id,
                             .chip = chip,
                             .value = (int64_t)id,
                             .currency = currency,
                             .class = LEASE_ON_DEMAND};
    price_apply_set(&world->market, &fact, world->time_us);
}

static void begin(struct world *world)
{
    *world = (struct world){.time_us = 1000};
    inventory_init(&world->inventory);
    market_init(&world->market);
    chip_apply_added(&world->inventory, &(struct chip_added){.chip = {.id = 1}}, world->time_us);
    for (uint64_t id = 1; id <= NODES; id++) {
        struct node_added node = {.node = id, .first_device = (id - 1) * DEVICES + 1};
        node_apply_added(&world->inventory, &node, world->time_us);
        for (uint32_t i = 0; i < DEVICES; i++) {
            struct device_added device = {
                .device = node.first_device + i, .node = id, .chip = 1, .index = i};
            device_apply_added(&world->inventory, &device, world->time_us);
        }
        struct node_changed ready = {id, NODE_READY, 0, MEMORY_MIB};
        node_apply_changed(&world->inventory, &ready, world->time_us);
    }
    for (uint64_t id = 1; id <= ACCOUNTS; id++) {
        struct account_added account = {.account = id, .slug = {(char)('a' + id)}};
        account_apply_added(&world->market, &account, world->time_us);
    }
    set_price(world, 1, 1, CURRENCY_JPY);
}

static void finish(struct world *world)
{
    inventory_finish(&world->inventory);
    market_finish(&world->market);
}

static void open_lease(struct world *world, struct rng *rng, uint64_t id)
{
    uint64_t at = 1 + (uint64_t)rng_below(rng, NODES);
    const struct node *node = table_get(&world->inventory.nodes, at);
    struct leased fact = {.lease = id,
                          .account = 1 + (uint64_t)rng_below(rng, ACCOUNTS),
                          .node = at,
                          .price = 1,
                          .memory_mib = 10,
                          .class = LEASE_ON_DEMAND};
    fact.devices.bits[0] = node->open.bits[0] & (uint64_t)rng_below(rng, 1 << DEVICES);
    if (!fact.devices.bits[0])
        return;
    for (uint32_t i = 0; i < DEVICES; i++) {
        if (!device_set_has(&fact.devices, i))
            continue;
        assert_int_equal(world->holder[at][i], 0); // never two leases on a device
        world->holder[at][i] = id;
    }
    lease_apply_opened(&world->market, &world->inventory, &fact, world->time_us);
}

static void end_lease(struct world *world, uint64_t id)
{
    const struct lease *lease = table_get(&world->market.leases, id);
    if (!lease || lease->state == LEASE_ENDED)
        return;
    lease_apply_ended(&world->market, &world->inventory, &(struct lease_ended){id}, world->time_us);
    assert_int_equal(lease->end_us, world->time_us);
    for (uint32_t i = 0; i < DEVICES; i++)
        if (world->holder[lease->node][i] == id)
            world->holder[lease->node][i] = 0;
    lease_apply_dropped(&world->market, &(struct lease_dropped){id});
    assert_null(table_get(&world->market.leases, id));
}

static void leases_hold_what_they_say_and_nothing_else(void **state)
{
    (void)state;
    static struct world world;
    struct rng rng = {.state = 42};
    begin(&world);
    for (uint64_t step = 1; step <= STEPS; step++) {
        world.time_us += rng_below(&rng, 2000);
        if (rng_below(&rng, 2))
            open_lease(&world, &rng, step);
        else
            end_lease(&world, step - (uint64_t)rng_below(&rng, step < 30 ? (int64_t)step : 30));
        if (step % 64)
            continue;
        uint64_t wrong = 0;
        assert_true(market_check(&world.market, &world.inventory, &wrong));
        int64_t held = 0, leased = 0;
        for (uint64_t n = 1; n <= NODES; n++)
            for (uint32_t i = 0; i < DEVICES; i++) {
                const struct node *node = table_get(&world.inventory.nodes, n);
                assert_int_equal(node_device(&world.inventory, node, i)->lease, world.holder[n][i]);
                held += world.holder[n][i] != 0;
            }
        for (uint64_t a = 1; a <= ACCOUNTS; a++)
            leased +=
                ((const struct account *)table_get(&world.market.accounts, a))->devices_leased;
        assert_int_equal(held, leased);
    }
    finish(&world);
}

static void the_check_sees_overlaps_and_wrong_sums(void **state)
{
    (void)state;
    struct world world;
    uint64_t wrong = 99;
    begin(&world);
    struct leased fact = {.lease = 1, .account = 1, .node = 1, .price = 1, .devices = {{3}}};
    lease_apply_opened(&world.market, &world.inventory, &fact, 1000);
    fact = (struct leased){.lease = 2, .account = 1, .node = 1, .price = 1, .devices = {{4}}};
    lease_apply_opened(&world.market, &world.inventory, &fact, 1000);
    assert_true(market_check(&world.market, &world.inventory, &wrong));

    struct lease *lease = table_get(&world.market.leases, 2);
    device_set_add(&lease->devices, 0); // of lease 1
    assert_false(market_check(&world.market, &world.inventory, &wrong));
    assert_int_equal(wrong, 2);
    device_set_remove(&lease->devices, 0);
    struct account *account = table_get(&world.market.accounts, 1);
    account->devices_leased--;
    assert_false(market_check(&world.market, &world.inventory, &wrong));
    account->devices_leased++;
    lease->state = LEASE_ENDED; // its device is still held
    assert_false(market_check(&world.market, &world.inventory, &wrong));
    finish(&world);
}

static void a_new_price_ends_the_one_before(void **state)
{
    (void)state;
    struct world world;
    begin(&world);
    world.time_us = 2000;
    set_price(&world, 2, 1, CURRENCY_USD); // another currency: both are in force
    world.time_us = 3000;
    set_price(&world, 3, 1, CURRENCY_JPY);
    for (int round = 0; round < 2; round++) {
        assert_int_equal(price_for(&world.market, 1, LEASE_ON_DEMAND, CURRENCY_JPY)->id, 3);
        assert_int_equal(price_for(&world.market, 1, LEASE_ON_DEMAND, CURRENCY_USD)->id, 2);
        assert_null(price_for(&world.market, 1, LEASE_SPOT, CURRENCY_JPY));
        assert_null(price_for(&world.market, 2, LEASE_ON_DEMAND, CURRENCY_JPY));
        assert_null(price_for(&world.market, UINT64_MAX, LEASE_ON_DEMAND, CURRENCY_JPY));
        assert_null(price_for(&world.market, 1, LEASE_CLASS_COUNT, CURRENCY_JPY));
        market_reindex(&world.market);
    }
    const struct price *first = table_get(&world.market.prices, 1);
    assert_int_equal(first->until_us, 3000);
    assert_int_equal(first->value, 1); // a lease that keeps it is charged as before
    finish(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(leases_hold_what_they_say_and_nothing_else),
        cmocka_unit_test(the_check_sees_overlaps_and_wrong_sums),
        cmocka_unit_test(a_new_price_ends_the_one_before),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
