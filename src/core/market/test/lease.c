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
                assert_int_equal(lease_holding(&world.market, node, i), world.holder[n][i]);
                held += world.holder[n][i] != 0;
            }
        for (uint64_t a = 1; a <= ACCOUNTS; a++)
            leased += ((const struct account *)table_get(&world.market.accounts, a))->milli_leased;
        assert_int_equal(held * 1000, leased);
    }
    finish(&world);
}

// Leases over many nodes: the first run with the lease, others in parts; all of it comes back.
static uint32_t gang_open(struct world *world, struct rng *rng, uint64_t id)
{
    uint32_t each = 1 + (uint32_t)rng_below(rng, 4), from = (uint32_t)rng_below(rng, 5);
    device_set devices = {{((UINT64_C(1) << each) - 1) << from}};
    struct lease_run runs[NODES];
    uint32_t nodes = 0;
    for (uint64_t n = 1; n <= NODES; n++) {
        const struct node *node = table_get(&world->inventory.nodes, n);
        if ((node->open.bits[0] & devices.bits[0]) == devices.bits[0])
            runs[nodes++] = (struct lease_run){n, devices, 1, 0};
    }
    if (nodes < 2)
        return 0;
    struct leased fact = {.lease = id,
                          .account = 1,
                          .node = runs[0].node,
                          .price = 1,
                          .memory_mib = 10,
                          .devices = devices,
                          .nodes = nodes,
                          .class = LEASE_ON_DEMAND};
    lease_apply_opened(&world->market, &world->inventory, &fact, world->time_us);
    for (uint32_t i = 1; i < nodes;) {
        struct lease_part_added part = {.lease = id};
        uint32_t most = 1 + (uint32_t)rng_below(rng, LEASE_RUNS_MAX);
        while (part.count < most && i < nodes)
            part.runs[part.count++] = runs[i++];
        lease_apply_part(&world->market, &world->inventory, &part, world->time_us);
    }
    for (uint32_t i = 0; i < nodes; i++)
        for (uint32_t d = from; d < from + each; d++)
            world->holder[runs[i].node][d] = id;
    return nodes;
}

static void gang_end(struct world *world, uint64_t id)
{
    const struct lease *lease = table_get(&world->market.leases, id);
    if (!lease)
        return;
    lease_apply_ended(&world->market, &world->inventory, &(struct lease_ended){id}, world->time_us);
    for (uint64_t n = 1; n <= NODES; n++)
        for (uint32_t d = 0; d < DEVICES; d++)
            if (world->holder[n][d] == id)
                world->holder[n][d] = 0;
    lease_apply_dropped(&world->market, &(struct lease_dropped){id});
}

static void gang_end_any(struct world *world, struct rng *rng)
{
    const struct lease *lease = table_after(&world->market.leases, 0);
    for (int64_t skip = rng_below(rng, 3); lease && skip > 0; skip--)
        lease = table_after(&world->market.leases, lease->id);
    if (lease)
        gang_end(world, lease->id);
}

static void gangs_hold_all_their_nodes_and_give_all_back(void **state)
{
    (void)state;
    static struct world world;
    struct rng rng = {.state = 7};
    uint64_t opened = 0;
    begin(&world);
    for (uint64_t step = 1; step <= STEPS / 4; step++) {
        world.time_us += rng_below(&rng, 2000);
        if (rng_below(&rng, 2))
            opened += gang_open(&world, &rng, step) > 0;
        else
            gang_end_any(&world, &rng);
        int64_t held = 0;
        for (uint64_t n = 1; n <= NODES; n++)
            for (uint32_t i = 0; i < DEVICES; i++)
                held += world.holder[n][i] != 0;
        const struct account *account = table_get(&world.market.accounts, 1);
        assert_int_equal(account->milli_leased, held * 1000);
        uint64_t wrong = 0;
        if (step % 16 == 0)
            assert_true(market_check(&world.market, &world.inventory, &wrong));
    }
    assert_true(opened > 200);
    for (uint64_t id = 1; id <= STEPS / 4; id++)
        gang_end(&world, id);
    assert_int_equal(world.market.parts.used, 0);
    finish(&world);
}

// Device time of any lease is that of its cumulative run: however the time is cut, the pieces add
// up to the plain formula.
static void device_time_telescopes(void **state)
{
    (void)state;
    struct rng rng = {.state = 3};
    for (int i = 0; i < 2000; i++) {
        struct lease lease = {.devices_total = 1, .milli = 1 + (uint32_t)rng_below(&rng, 1000)};
        if (rng_below(&rng, 2))
            lease.milli = 1000, lease.devices_total = (uint32_t)rng_below(&rng, 1 << 24);
        int64_t at_ms = 0, sum = 0;
        for (int cut = 0; cut < 30; cut++) {
            int64_t next_ms = at_ms + rng_below(&rng, cut % 2 ? 7 : 100000000);
            sum += lease_device_ms(&lease, next_ms) - lease_device_ms(&lease, at_ms);
            at_ms = next_ms;
        }
        __int128 plain = (__int128)at_ms * lease.devices_total * lease.milli / 1000;
        assert_true(plain == sum);
    }
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
    account->milli_leased--;
    assert_false(market_check(&world.market, &world.inventory, &wrong));
    account->milli_leased++;
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
        cmocka_unit_test(gangs_hold_all_their_nodes_and_give_all_back),
        cmocka_unit_test(device_time_telescopes),
        cmocka_unit_test(the_check_sees_overlaps_and_wrong_sums),
        cmocka_unit_test(a_new_price_ends_the_one_before),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
