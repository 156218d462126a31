#include "core/billing/test/world.h"

enum { NOVEMBER = 2026 * 12 + 10, HOUR_MS = 3600 * 1000 };

static struct invoice draft_of(const struct world *world, uint64_t account, month period)
{
    struct invoice invoice;
    assert_true(bill_draft(&world->billing, &world->market, account, period, &invoice));
    return invoice;
}

static void set_issuer(struct world *world, const char *name, enum rounding rounding)
{
    struct issuer_set fact = {.tax_id = "T1180301018771", .rounding = rounding};
    snprintf(fact.name, sizeof fact.name, "%s", name);
    issuer_apply_set(&world->billing, &fact);
}

// The tax authority's example: three lines of ¥105 at 10 %. By line it would be 30.
static void tax_is_rounded_once_per_rate(void **state)
{
    (void)state;
    static const int64_t tax[] = {[ROUND_FLOOR] = 31, [ROUND_HALF_UP] = 32, [ROUND_CEILING] = 32};
    struct world world;
    world_init(&world);
    world_chip(&world, 1, "cpu-core");
    world_account(&world, 1, CURRENCY_JPY);
    for (uint64_t price = 1; price <= 3; price++) {
        world_price(&world, price, (decimal){105, 0}, CURRENCY_JPY, 100);
        world_charge(&world, 1, price, NOVEMBER, HOUR_MS);
    }
    world_price(&world, 4, (decimal){1, 0}, CURRENCY_JPY, 80);
    world_charge(&world, 1, 4, NOVEMBER, 7 * HOUR_MS);
    for (uint32_t rule = ROUND_FLOOR; rule <= ROUND_CEILING; rule++) {
        set_issuer(&world, "Kiln KK", (enum rounding)rule);
        struct invoice invoice = draft_of(&world, 1, NOVEMBER);
        assert_int_equal(invoice.rates, 2);
        assert_int_equal(invoice.lines, 4);
        assert_int_equal(invoice.tax_permille[0], 100); // the highest first
        assert_int_equal(invoice.subtotal[0], 315);
        assert_int_equal(invoice.tax[0], tax[rule]);
        assert_int_equal(invoice.subtotal[1], 7);
        assert_int_equal(invoice.tax[1], rule == ROUND_FLOOR ? 0 : 1);
        assert_int_equal(invoice.total, 322 + invoice.tax[0] + invoice.tax[1]);
        assert_int_equal(invoice.kind, INVOICE_ORDINARY);
    }
    world_finish(&world);
}

static void a_month_has_one_invoice_then_corrections_and_returns(void **state)
{
    (void)state;
    struct world world;
    world_init(&world);
    world_chip(&world, 1, "cpu-core");
    world_account(&world, 1, CURRENCY_JPY);
    world_price(&world, 1, (decimal){105, 0}, CURRENCY_JPY, 100);
    struct invoice invoice;
    assert_false(bill_draft(&world.billing, &world.market, 1, NOVEMBER, &invoice));
    world_charge(&world, 1, 1, NOVEMBER, 1); // ¥0.00003: a line, of nothing yet
    assert_true(bill_draft(&world.billing, &world.market, 1, NOVEMBER, &invoice));
    assert_int_equal(invoice.lines, 1);
    assert_int_equal(invoice.total, 0);
    world_charge(&world, 1, 1, NOVEMBER, 10 * HOUR_MS - 1);

    assert_int_equal(world_issue(&world, 1, NOVEMBER), 1);
    assert_int_equal(world_issue(&world, 1, NOVEMBER), 0); // closing twice gives nothing
    world_charge(&world, 1, 1, NOVEMBER, HOUR_MS);
    world_charge(&world, 1, 1, NOVEMBER + 1, HOUR_MS); // another month is another matter
    assert_int_equal(world_issue(&world, 1, NOVEMBER), 2);
    world_charge(&world, 1, 1, NOVEMBER, -3 * HOUR_MS);
    assert_int_equal(world_issue(&world, 1, NOVEMBER), 3);
    assert_int_equal(world_issue(&world, 1, NOVEMBER), 0);
    assert_int_equal(world_issue(&world, 1, NOVEMBER + 1), 4);

    static const struct {
        enum invoice_kind kind;
        uint64_t corrects;
        int64_t subtotal, tax;
    } expect[] = {
        {INVOICE_ORDINARY,   0, 1050, 105},
        {INVOICE_CORRECTION, 1, 105,  10 },
        {INVOICE_RETURN,     1, -315, -31},
        {INVOICE_ORDINARY,   0, 105,  10 }
    };
    for (uint64_t id = 1; id <= 4; id++) {
        const struct invoice *issued = table_get(&world.billing.invoices, id);
        assert_int_equal(issued->kind, expect[id - 1].kind);
        assert_int_equal(issued->corrects, expect[id - 1].corrects);
        assert_int_equal(issued->subtotal[0], expect[id - 1].subtotal);
        assert_int_equal(issued->tax[0], expect[id - 1].tax);
        assert_int_equal(issued->total, expect[id - 1].subtotal + expect[id - 1].tax);
    }
    assert_int_equal(invoice_next(&world.billing, 1, NOVEMBER, 0)->id, 1);
    assert_int_equal(invoice_next(&world.billing, 1, NOVEMBER, 2)->id, 3);
    assert_null(invoice_next(&world.billing, 1, NOVEMBER, 3));
    assert_null(invoice_next(&world.billing, 2, NOVEMBER, 0));
    world_finish(&world);
}

static void an_issued_invoice_keeps_its_names(void **state)
{
    (void)state;
    struct world world;
    world_init(&world);
    world_chip(&world, 1, "cpu-core");
    world_account(&world, 1, CURRENCY_JPY);
    set_issuer(&world, "Kiln KK", ROUND_FLOOR);
    world_price(&world, 1, (decimal){1055, 1}, CURRENCY_JPY, 100);
    world_charge(&world, 1, 1, NOVEMBER, HOUR_MS);
    assert_int_equal(world_issue(&world, 1, NOVEMBER), 1);
    struct invoice frozen = *(struct invoice *)table_get(&world.billing.invoices, 1);
    struct invoice_line line = *(struct invoice_line *)table_get(&world.billing.lines, 1);
    assert_string_equal(frozen.issuer_name, "Kiln KK");
    assert_string_equal(frozen.issuer_tax_id, "T1180301018771");
    assert_string_equal(frozen.account_name, "Account 1");
    assert_string_equal(line.chip_name, "cpu-core");
    assert_int_equal(line.price_value, 1055);
    assert_int_equal(line.price_scale, 1);

    set_issuer(&world, "Forge KK", ROUND_CEILING);
    struct account *account = table_get(&world.market.accounts, 1);
    snprintf(account->name, sizeof account->name, "Renamed");
    struct chip *chip = table_get(&world.inventory.chips, 1);
    snprintf(chip->name, sizeof chip->name, "renamed");
    world_charge(&world, 1, 1, NOVEMBER, HOUR_MS);
    assert_int_equal(world_issue(&world, 1, NOVEMBER), 2);
    assert_memory_equal(&frozen, table_get(&world.billing.invoices, 1), sizeof frozen);
    assert_memory_equal(&line, table_get(&world.billing.lines, 1), sizeof line);
    const struct invoice *second = table_get(&world.billing.invoices, 2);
    assert_string_equal(second->issuer_name, "Forge KK");
    assert_string_equal(second->account_name, "Renamed");
    world_finish(&world);
}

// Six rates in one month: four on the first invoice, two on the next, none lost.
static void a_fifth_rate_goes_to_the_next_invoice(void **state)
{
    (void)state;
    static const uint32_t permille[] = {80, 100, 0, 50, 20, 100, 200};
    struct world world;
    world_init(&world);
    world_chip(&world, 1, "cpu-core");
    world_account(&world, 1, CURRENCY_USD);
    for (uint64_t price = 1; price <= 7; price++) {
        world_price(&world, price, (decimal){1, 0}, CURRENCY_USD, permille[price - 1]);
        world_charge(&world, 1, price, NOVEMBER, HOUR_MS);
    }
    assert_int_equal(world_issue(&world, 1, NOVEMBER), 1);
    assert_int_equal(world_issue(&world, 1, NOVEMBER), 2);
    assert_int_equal(world_issue(&world, 1, NOVEMBER), 0);
    const struct invoice *first = table_get(&world.billing.invoices, 1);
    const struct invoice *second = table_get(&world.billing.invoices, 2);
    assert_int_equal(first->lines, 5);
    assert_int_equal(first->rates, 4);
    assert_int_equal(first->tax_permille[0], 100);
    assert_int_equal(first->tax_permille[3], 0);
    assert_int_equal(first->subtotal[0], 200);
    assert_int_equal(first->total, 500 + 20 + 8 + 5);
    assert_int_equal(second->lines, 2);
    assert_int_equal(second->total, 200 + 20 + 2);
    assert_int_equal(second->kind, INVOICE_CORRECTION);
    world_finish(&world);
}

static void a_total_past_int64_is_not_drafted(void **state)
{
    (void)state;
    struct world world;
    struct invoice invoice;
    world_init(&world);
    world_chip(&world, 1, "cpu-core");
    world_account(&world, 1, CURRENCY_JPY);
    world_price(&world, 1, (decimal){INT64_MAX / 4 * 3, 0}, CURRENCY_JPY, 500);
    world_charge(&world, 1, 1, NOVEMBER, HOUR_MS);
    assert_false(bill_draft(&world.billing, &world.market, 1, NOVEMBER, &invoice)); // with its tax
    struct price *price = table_get(&world.market.prices, 1);
    price->tax_permille = 0;
    assert_true(bill_draft(&world.billing, &world.market, 1, NOVEMBER, &invoice));
    assert_int_equal(invoice.total, INT64_MAX / 4 * 3);
    world_finish(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tax_is_rounded_once_per_rate),
        cmocka_unit_test(a_month_has_one_invoice_then_corrections_and_returns),
        cmocka_unit_test(an_issued_invoice_keeps_its_names),
        cmocka_unit_test(a_fifth_rate_goes_to_the_next_invoice),
        cmocka_unit_test(a_total_past_int64_is_not_drafted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
