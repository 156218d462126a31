#include "core/billing/test/world.h"

enum {
    JANUARY = 2026 * 12,
    ACCOUNTS = 6,
    PRICES = 12,
    MONTHS = 5,
    STEPS = 30000,
    INVOICES = 4000,
};

// What the recount remembers of the world: quantities and billed amounts in plain arrays.
struct recount {
    __int128 quantity[ACCOUNTS][PRICES][MONTHS], quantity_billed[ACCOUNTS][PRICES][MONTHS];
    __int128 billed[ACCOUNTS][PRICES][MONTHS]; // on issued lines
    __int128 receivable[ACCOUNTS];
    uint32_t invoices[ACCOUNTS][MONTHS];
};

static const uint32_t rates[3] = {100, 80, 0};

// Odd accounts pay in dollars, even ones in yen, and so are the prices numbered.
static void world_fill(struct world *world, struct rng *rng)
{
    world_init(world);
    world_chip(world, 1, "cpu-core");
    world_chip(world, 2, "nvidia-h100-80gb-hbm3");
    for (uint64_t i = 0; i < ACCOUNTS; i++)
        world_account(world, i + 1, i % 2 ? CURRENCY_USD : CURRENCY_JPY);
    for (uint64_t i = 0; i < PRICES; i++)
        world_price(world, i + 1, (decimal){1 + rng_below(rng, 1 << 20), (uint32_t)(i % 7)},
                    i % 2 ? CURRENCY_USD : CURRENCY_JPY, rates[i / 2 % 3]);
    struct issuer_set issuer = {.name = "Kiln KK", .rounding = ROUND_FLOOR};
    issuer_apply_set(&world->billing, &issuer);
}

static int64_t charge_of(const struct world *world, const struct recount *recount, uint32_t account,
                         uint32_t price, uint32_t month_index)
{
    const struct price *row = table_get(&world->market.prices, price + 1);
    return world_expect((int64_t)recount->quantity[account][price][month_index],
                        (decimal){row->value, row->scale}, (enum currency)row->currency);
}

// The tax on a sum, from its definition: the largest whole number whose thousandfold is not above
// sum * permille, found by halving.
static int64_t floor_tax(__int128 sum, uint32_t permille)
{
    __int128 size = (sum < 0 ? -sum : sum) * permille, tax = 0;
    for (__int128 step = (__int128)1 << 62; step > 0; step /= 2)
        if ((tax + step) * 1000 <= size)
            tax += step;
    return (int64_t)(sum < 0 ? -tax : tax);
}

// What an invoice issued now must say, from the arrays alone.
static void recount_issue(const struct world *world, struct recount *recount, uint32_t account,
                          uint32_t month_index, const struct invoice *invoice)
{
    __int128 sum[3] = {0}, net = 0, total = 0;
    uint32_t lines = 0;
    for (uint32_t price = 0; price < PRICES; price++) {
        int64_t charge = charge_of(world, recount, account, price, month_index);
        __int128 due = charge - recount->billed[account][price][month_index];
        __int128 *seen = &recount->quantity_billed[account][price][month_index];
        __int128 used = recount->quantity[account][price][month_index] - *seen;
        recount->billed[account][price][month_index] = charge;
        *seen += used;
        sum[price / 2 % 3] += due;
        net += due;
        lines += used != 0 || due != 0;
    }
    for (uint32_t rate = 0; rate < 3; rate++)
        total += sum[rate] + floor_tax(sum[rate], rates[rate]);
    recount->receivable[account] += total;
    uint32_t before = recount->invoices[account][month_index];
    assert_int_equal(invoice != NULL, lines > 0);
    if (!invoice)
        return;
    assert_int_equal(invoice->lines, lines);
    assert_true(invoice->total == total);
    for (uint32_t i = 0; i < invoice->rates; i++) {
        uint32_t rate = invoice->tax_permille[i] == 100  ? 0
                        : invoice->tax_permille[i] == 80 ? 1
                                                         : 2;
        assert_true(invoice->subtotal[i] == sum[rate]);
    }
    assert_int_equal(invoice->kind, before == 0 ? INVOICE_ORDINARY
                                    : net < 0   ? INVOICE_RETURN
                                                : INVOICE_CORRECTION);
    assert_int_equal(invoice->corrects, before);
    if (before == 0)
        recount->invoices[account][month_index] = (uint32_t)invoice->id;
}

static int64_t balance(const struct world *world, uint64_t owner, enum book_role role,
                       enum currency currency)
{
    return ledger_balance(&world->ledger,
                          ledger_find(&world->ledger, owner, role, commodity_money(currency)));
}

static void compare(const struct world *world, const struct recount *recount)
{
    for (uint32_t account = 0; account < ACCOUNTS; account++) {
        enum currency currency = account % 2 ? CURRENCY_USD : CURRENCY_JPY;
        __int128 unbilled = 0;
        for (uint32_t m = 0; m < MONTHS; m++) {
            __int128 spent = 0;
            for (uint32_t price = 0; price < PRICES; price++) {
                int64_t charge = charge_of(world, recount, account, price, m);
                spent += charge;
                unbilled += charge - recount->billed[account][price][m];
            }
            assert_true(billing_spent(&world->billing, account + 1, JANUARY + m) == spent);
        }
        assert_true(balance(world, account + 1, BOOK_UNBILLED, currency) == unbilled);
        assert_true(balance(world, account + 1, BOOK_RECEIVABLE, currency) ==
                    recount->receivable[account]);
    }
}

// Copies of all invoices and lines as they were issued.
static struct invoice issued[INVOICES + 1];
static struct invoice_line issued_lines[INVOICES * PRICES];

static void remember(const struct world *world, uint64_t invoice)
{
    assert_true(invoice <= INVOICES);
    issued[invoice] = *(struct invoice *)table_get(&world->billing.invoices, invoice);
    const struct invoice_line *line = invoice_line_next(&world->billing, invoice, 0);
    for (; line; line = invoice_line_next(&world->billing, invoice, line->id))
        issued_lines[line->id] = *line;
}

static void nothing_issued_has_changed(const struct world *world)
{
    uint32_t cursor = 0;
    for (struct invoice *row; (row = table_step(&world->billing.invoices, &cursor));)
        assert_memory_equal(row, &issued[row->id], sizeof *row);
    cursor = 0;
    for (struct invoice_line *row; (row = table_step(&world->billing.lines, &cursor));)
        assert_memory_equal(row, &issued_lines[row->id], sizeof *row);
}

static void invariants_hold(struct world *world)
{
    uint64_t row;
    commodity unit;
    int64_t difference;
    assert_true(billing_check(&world->billing, &world->market, &row));
    assert_true(ledger_check(&world->ledger, &unit, &difference));
}

// Six accounts, five months, quantities that come late, are split, or are taken back below zero,
// invoices at any time: all money is where a recount that shares no code puts it.
static void bills_are_what_a_plain_recount_gives(void **state)
{
    (void)state;
    static struct recount recount;
    struct world world;
    struct rng rng = {.state = 42};
    world_fill(&world, &rng);
    for (uint32_t step = 0; step < STEPS; step++) {
        uint32_t account = (uint32_t)rng_below(&rng, ACCOUNTS);
        uint32_t month_index = (uint32_t)rng_below(&rng, MONTHS);
        if (rng_below(&rng, 10) == 0) {
            uint64_t id = world_issue(&world, account + 1, JANUARY + month_index);
            if (id)
                remember(&world, id);
            recount_issue(&world, &recount, account, month_index,
                          table_get(&world.billing.invoices, id));
            assert_int_equal(world_issue(&world, account + 1, JANUARY + month_index), 0);
            continue;
        }
        uint32_t price = 2 * (uint32_t)rng_below(&rng, PRICES / 2) + account % 2;
        int64_t quantity = rng_between(&rng, -(INT64_C(1) << (step % 32)), INT64_C(1) << 32);
        recount.quantity[account][price][month_index] += quantity;
        world_charge(&world, account + 1, price + 1, JANUARY + month_index, quantity);
        if (step % 5000 == 0)
            billing_reindex(&world.billing);
    }
    assert_true(world.billing.invoices.used > 1000);
    compare(&world, &recount);
    invariants_hold(&world);
    nothing_issued_has_changed(&world);
    billing_reindex(&world.billing);
    compare(&world, &recount);
    world_finish(&world);
}

// Every number of a row, an invoice or a line counts: off by one, the check names the row.
static void a_check_finds_every_altered_number(void **state)
{
    (void)state;
    struct world world;
    struct rng rng = {.state = 3};
    world_fill(&world, &rng);
    world_charge(&world, 1, 1, JANUARY, 1 << 30);
    world_charge(&world, 1, 3, JANUARY, 1 << 30);
    world_issue(&world, 1, JANUARY);
    world_charge(&world, 1, 1, JANUARY, 1 << 30);
    invariants_hold(&world);
    struct rated *closed = table_get(&world.billing.rated, 2);
    struct rated *open = table_get(&world.billing.rated, 3);
    struct invoice *invoice = table_get(&world.billing.invoices, 1);
    struct invoice_line *line = table_get(&world.billing.lines, 2);
    const struct {
        int64_t *number;
        uint64_t row;
    } numbers[] = {
        {&closed->posted,            2},
        {&closed->quantity,          2},
        {&open->base_posted,         3},
        {&open->posted,              3},
        {&open->base_quantity,       3},
        {(int64_t *)&open->corrects, 3},
        {&invoice->subtotal[0],      1},
        {&invoice->tax[1],           1},
        {&invoice->total,            1},
        {&line->amount,              2},
        {&line->quantity,            2},
    };
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        uint64_t row = 0;
        *numbers[i].number += 1000000;
        assert_false(billing_check(&world.billing, &world.market, &row));
        assert_int_equal(row, numbers[i].row);
        *numbers[i].number -= 1000000;
    }
    invoice->lines++;
    uint64_t row = 0;
    assert_false(billing_check(&world.billing, &world.market, &row));
    invoice->lines--;
    invariants_hold(&world);
    world_finish(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bills_are_what_a_plain_recount_gives),
        cmocka_unit_test(a_check_finds_every_altered_number),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
