#include "core/billing/test/world.h"
#include "core/meter/meter.h"

enum { NOVEMBER = 2026 * 12 + 10 };

static void shuffle(struct rng *rng, int64_t *parts, uint32_t count)
{
    for (uint32_t i = count; i > 1; i--) {
        uint32_t other = (uint32_t)rng_below(rng, i);
        int64_t held = parts[i - 1];
        parts[i - 1] = parts[other];
        parts[other] = held;
    }
}

// A total cut into parts at random; some parts come twice and are taken back once. Returns how
// many there are.
static uint32_t split(struct rng *rng, int64_t total, int64_t *parts, uint32_t room)
{
    uint32_t count = 0;
    for (int64_t left = total; left > 0 && count + 3 < room;) {
        int64_t part = rng_below(rng, 12) ? 1 + rng_below(rng, left / 3 + 1) : left;
        parts[count++] = part;
        left -= part;
        if (rng_below(rng, 5) == 0) {
            parts[count++] = part;
            parts[count++] = -part;
        }
        if (count + 6 >= room && left > 0) {
            parts[count++] = left;
            left = 0;
        }
    }
    return count;
}

// 12,000 totals, more than 100,000 postings in random order; the invoice is issued at random in
// between. Every sum equals one rounding of the whole.
static void any_split_and_order_posts_the_same(void **state)
{
    (void)state;
    enum { TOTALS = 12000, PARTS = 32 };
    struct world world;
    struct rng rng = {.state = 42};
    uint32_t postings = 0;
    world_init(&world);
    world_chip(&world, 1, "cpu-core");
    world_account(&world, 1, CURRENCY_JPY);
    for (uint32_t i = 1; i <= 200; i++)
        world_price(&world, i,
                    (decimal){rng_below(&rng, INT64_C(1) << (1 + i % 31)), (uint32_t)(i % 11)},
                    CURRENCY_JPY, 100);
    for (uint32_t i = 0; i < TOTALS; i++) {
        int64_t parts[PARTS], total = 1 + rng_below(&rng, INT64_C(1) << (1 + i % 45));
        uint64_t price_id = 1 + (uint64_t)rng_below(&rng, 200);
        month period = NOVEMBER + i; // one month a total
        uint32_t count = split(&rng, total, parts, PARTS);
        int64_t posted = 0;
        shuffle(&rng, parts, count);
        for (uint32_t part = 0; part < count; part++) {
            posted += world_charge(&world, 1, price_id, period, parts[part]);
            if (rng_below(&rng, 8) == 0)
                world_issue(&world, 1, period);
        }
        const struct price *price = table_get(&world.market.prices, price_id);
        decimal value = {price->value, price->scale};
        assert_int_equal(posted, world_expect(total, value, CURRENCY_JPY));
        assert_int_equal(billing_spent(&world.billing, 1, period), posted);
        postings += count;
    }
    assert_true(postings > 100000);
    uint64_t row;
    commodity unit;
    int64_t difference;
    assert_true(billing_check(&world.billing, &world.market, &row));
    assert_true(ledger_check(&world.ledger, &unit, &difference));
    world_finish(&world);
}

// One lease, metered: what the meter has not yet given to billing is rated.
static void take(struct world *world, struct meter *meter, uint64_t lease, month period)
{
    const struct meter_row *row = table_get(&meter->rows, lease);
    int64_t due = row->ran_ms - row->used_taken;
    if (due == 0)
        return;
    world_charge(world, 1, 1, period, due);
    meter_rate(meter, lease, row->ran_ms);
    meter_take(meter, lease, due, 0, 0);
}

static void readings_late_twice_and_mixed_give_the_same_balance(void **state)
{
    (void)state;
    enum { LEASES = 40, READINGS = 12, ROUNDS = 60 };
    struct world world;
    struct meter meter;
    struct rng rng = {.state = 7};
    world_init(&world);
    meter_init(&meter);
    world_chip(&world, 1, "cpu-core");
    world_account(&world, 1, CURRENCY_USD);
    world_price(&world, 1, (decimal){2355, 3}, CURRENCY_USD, 0);
    uint64_t lease = 0;
    for (uint32_t round = 0; round < ROUNDS; round++) {
        int64_t total = 0;
        struct metered readings[LEASES * READINGS];
        for (uint32_t i = 0; i < LEASES * READINGS; i++) {
            if (i % READINGS == 0)
                meter_open(&meter, ++lease);
            readings[i] = (struct metered){.lease = lease, .ran_ms = (i % READINGS + 1) * 977};
        }
        total = LEASES * READINGS * 977;
        for (uint32_t i = 0; i < 4 * LEASES * READINGS; i++) { // any order, many of them twice
            struct metered *reading = &readings[rng_below(&rng, LEASES * READINGS)];
            if (!meter_known(&meter, reading))
                meter_apply(&meter, reading);
            if (rng_below(&rng, 3))
                take(&world, &meter, reading->lease, NOVEMBER + round);
        }
        for (uint32_t i = 0; i < LEASES * READINGS; i++) { // at last, each has come
            meter_apply(&meter, &readings[i]);
            take(&world, &meter, readings[i].lease, NOVEMBER + round);
        }
        assert_int_equal(billing_spent(&world.billing, 1, NOVEMBER + round),
                         world_expect(total, (decimal){2355, 3}, CURRENCY_USD));
    }
    uint64_t row;
    assert_true(meter_check(&meter, &row));
    meter_finish(&meter);
    world_finish(&world);
}

static void small_things_round_once_in_the_sum(void **state)
{
    (void)state;
    struct world world;
    world_init(&world);
    world_chip(&world, 1, "cpu-core");
    world_account(&world, 1, CURRENCY_JPY);
    world_price(&world, 1, (decimal){5, 0}, CURRENCY_JPY, 100); // ¥5 an hour: ¥0.0028 for 2 s
    int64_t posted = 0;
    for (uint32_t i = 1; i <= 180; i++) { // half a yen after 360 s
        posted += world_charge(&world, 1, 1, NOVEMBER, 2000);
        assert_int_equal(posted, i == 180 ? 1 : 0);
    }
    assert_int_equal(world_charge(&world, 1, 1, NOVEMBER, -1), -1);
    assert_int_equal(world_charge(&world, 1, 1, NOVEMBER, 1 - 360000), 0);
    assert_int_equal(billing_spent(&world.billing, 1, NOVEMBER), 0);
    assert_int_equal(billing_spent(&world.billing, 1, NOVEMBER + 1), 0);
    world_finish(&world);
}

static void what_leaves_int64_is_refused(void **state)
{
    (void)state;
    struct price price = {.id = 1, .value = 1, .currency = CURRENCY_JPY};
    struct rated rated = {.id = 1, .price = 1, .quantity = INT64_MAX - 1};
    int64_t minor = 77;
    rated.posted = (INT64_MAX - 1) / 3600000;
    assert_true(rated_posting(&rated, &price, 1, &minor));
    assert_int_equal(minor, 0);
    minor = 77;
    assert_false(rated_posting(&rated, &price, 2, &minor)); // the row's quantity
    rated.base_quantity = 2;
    assert_false(rated_posting(&rated, &price, 0, &minor)); // with the closed rows before
    rated = (struct rated){.id = 1, .price = 1};
    price.value = INT64_MAX;
    assert_true(rated_posting(&rated, &price, 3600000, &minor));
    assert_int_equal(minor, INT64_MAX);
    minor = 77;
    assert_false(rated_posting(&rated, &price, 3600001, &minor)); // the charge
    assert_false(rated_posting(&rated, &price, INT64_MIN, &minor));
    rated.posted = INT64_MIN;
    assert_false(rated_posting(&rated, &price, 3600000, &minor)); // the difference
    rated = (struct rated){.id = 1, .price = 1, .base_posted = INT64_MAX, .posted = 1};
    assert_false(rated_posting(&rated, &price, 3600000, &minor)); // what was posted
    assert_int_equal(minor, 77);
}

// A closed row is never touched: what follows opens a row that carries its sums.
static void a_row_continues_the_closed_one(void **state)
{
    (void)state;
    struct world world;
    world_init(&world);
    world_chip(&world, 1, "cpu-core");
    world_account(&world, 1, CURRENCY_JPY);
    world_price(&world, 1, (decimal){100, 0}, CURRENCY_JPY, 100);
    world_price(&world, 2, (decimal){7, 0}, CURRENCY_JPY, 80);
    assert_int_equal(world_charge(&world, 1, 1, NOVEMBER, 3600000 + 17999), 100); // 100.4999
    uint64_t invoice = world_issue(&world, 1, NOVEMBER);
    assert_int_equal(invoice, 1);
    assert_null(rated_open_row(&world.billing, 1, 0, 1, NOVEMBER));
    struct rated closed = *(struct rated *)table_get(&world.billing.rated, 1);

    struct rated_opened plan = rated_plan(&world.billing, 1, 0, 1, NOVEMBER, 9);
    assert_int_equal(plan.rated, 9);
    assert_int_equal(plan.corrects, 1);
    assert_int_equal(plan.base_quantity, 3600000 + 17999);
    assert_int_equal(plan.base_posted, 100);
    struct rated_opened other = rated_plan(&world.billing, 1, 0, 2, NOVEMBER, 9);
    assert_int_equal(other.corrects, 1); // a price first used after the invoice
    assert_int_equal(other.base_quantity, 0);
    struct rated_opened next = rated_plan(&world.billing, 1, 0, 1, NOVEMBER + 1, 9);
    assert_int_equal(next.corrects, 0);

    assert_int_equal(world_charge(&world, 1, 1, NOVEMBER, 1), 1); // 100.5 in all
    assert_int_equal(world_charge(&world, 1, 1, NOVEMBER, -3600000 - 18000), -101);
    assert_memory_equal(&closed, table_get(&world.billing.rated, 1), sizeof closed);
    const struct rated *open = rated_open_row(&world.billing, 1, 0, 1, NOVEMBER);
    assert_int_equal(open->base_posted + open->posted, 0);
    world_finish(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_split_and_order_posts_the_same),
        cmocka_unit_test(readings_late_twice_and_mixed_give_the_same_balance),
        cmocka_unit_test(small_things_round_once_in_the_sum),
        cmocka_unit_test(what_leaves_int64_is_refused),
        cmocka_unit_test(a_row_continues_the_closed_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
