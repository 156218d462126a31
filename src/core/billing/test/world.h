// world.h - a small world for the tests of billing: accounts, chips, prices, and a ledger.
//
// Rows of the market and the inventory are put into their tables directly; world_charge and
// world_issue do with billing and the ledger what the cloud does. An included file, not a module.
#pragma once
#include "base/must.h"
#include "base/rng.h"
#include "core/billing/billing.h"
#include "core/ledger/ledger.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

struct world {
    struct billing billing;
    struct market market;
    struct inventory inventory;
    struct ledger ledger;
    int64_t now_us;
};

static inline void world_init(struct world *world)
{
    *world = (struct world){.now_us = 1764000000 * SECOND_US};
    billing_init(&world->billing);
    ledger_init(&world->ledger);
    table_init(&world->market.accounts, sizeof(struct account), 1000);
    table_init(&world->market.prices, sizeof(struct price), 1000);
    table_init(&world->inventory.chips, sizeof(struct chip), 100);
}

static inline void world_finish(struct world *world)
{
    billing_finish(&world->billing);
    ledger_finish(&world->ledger);
    table_finish(&world->market.accounts);
    table_finish(&world->market.prices);
    table_finish(&world->inventory.chips);
}

static inline void world_account(struct world *world, uint64_t id, enum currency currency)
{
    struct account *account = table_add(&world->market.accounts, id);
    snprintf(account->name, sizeof account->name, "Account %d", (int)id);
    snprintf(account->tax_id, sizeof account->tax_id, "T7000012050002");
    account->currency = currency;
}

static inline void world_chip(struct world *world, uint64_t id, const char *name)
{
    struct chip *chip = table_add(&world->inventory.chips, id);
    snprintf(chip->name, sizeof chip->name, "%s", name);
}

// A price of value * 10^-scale per device-hour of chip 1 + (id - 1) % chips.
static inline const struct price *world_price(struct world *world, uint64_t id, decimal value,
                                              enum currency currency, uint32_t tax_permille)
{
    struct price *price = table_add(&world->market.prices, id);
    price->chip = 1 + (id - 1) % world->inventory.chips.used;
    price->value = value.value;
    price->scale = value.scale;
    price->currency = currency;
    price->class = LEASE_ON_DEMAND;
    price->tax_permille = tax_permille;
    return price;
}

static inline uint64_t world_book(struct world *world, uint64_t owner, enum book_role role,
                                  enum currency currency)
{
    uint64_t id = ledger_find(&world->ledger, owner, role, commodity_money(currency));
    if (id)
        return id;
    struct book_opened fact = {.book = world->ledger.books.last_id + 1,
                               .owner = owner,
                               .role = role,
                               .commodity = commodity_money(currency)};
    ledger_open(&world->ledger, &fact);
    return fact.book;
}

// An amount below zero goes the other way.
static inline void world_transfer(struct world *world, uint64_t debit, uint64_t credit,
                                  int64_t amount)
{
    if (amount == 0)
        return;
    struct transfer there = {debit, credit, amount}, back = {credit, debit, -amount};
    struct transfer *transfer = amount > 0 ? &there : &back;
    must(ledger_fits(&world->ledger, transfer, 1));
    ledger_post(&world->ledger, transfer, 1);
}

// Contract 0, as on demand. Returns what was posted.
static inline int64_t world_charge(struct world *world, uint64_t account, uint64_t price_id,
                                   month period, int64_t quantity)
{
    struct billing *billing = &world->billing;
    const struct price *price = table_get(&world->market.prices, price_id);
    const struct rated *rated = rated_open_row(billing, account, 0, price_id, period);
    if (!rated) {
        struct rated_opened plan =
            rated_plan(billing, account, 0, price_id, period, billing->rated.last_id + 1);
        rated_apply_opened(billing, &plan);
        rated = rated_open_row(billing, account, 0, price_id, period);
    }
    struct rated_added added = {.rated = rated->id, .quantity = quantity};
    must(rated_posting(rated, price, quantity, &added.amount));
    rated_apply_added(billing, &added);
    enum currency currency = (enum currency)price->currency;
    world_transfer(world, world_book(world, account, BOOK_UNBILLED, currency),
                   world_book(world, price->chip, BOOK_REVENUE, currency), added.amount);
    return added.amount;
}

// Issues what there is to bill; 0 when there is nothing.
static inline uint64_t world_issue(struct world *world, uint64_t account, month period)
{
    struct billing *billing = &world->billing;
    struct invoice_issued issued = {0};
    if (!bill_draft(billing, &world->market, account, period, &issued.invoice))
        return 0;
    issued.invoice.id = billing->invoices.last_id + 1;
    const struct rated *rated = bill_next_row(billing, &world->market, account, period, 0);
    for (; rated; rated = bill_next_row(billing, &world->market, account, period, rated->id)) {
        struct invoice_line_added added = {bill_line(&world->market, &world->inventory, rated)};
        added.line.id = billing->lines.last_id + 1;
        added.line.invoice = issued.invoice.id;
        invoice_apply_line(billing, &added);
    }
    invoice_apply_issued(billing, &issued, world->now_us++);
    enum currency currency = (enum currency)issued.invoice.currency;
    uint64_t receivable = world_book(world, account, BOOK_RECEIVABLE, currency);
    int64_t net = 0, tax = 0;
    for (uint32_t i = 0; i < issued.invoice.rates; i++) {
        net += issued.invoice.subtotal[i];
        tax += issued.invoice.tax[i];
    }
    world_transfer(world, receivable, world_book(world, account, BOOK_UNBILLED, currency), net);
    world_transfer(world, receivable, world_book(world, 0, BOOK_TAX, currency), tax);
    return issued.invoice.id;
}

// round_half_away(quantity / 1 h * price) written otherwise than money_charge: 128 bits throughout,
// rounded by adding one half. For quantities below 2^50 and prices below 2^31.
static inline int64_t world_expect(int64_t quantity, decimal price, enum currency currency)
{
    __int128 numerator = (__int128)quantity * price.value, denominator = 3600000;
    for (uint32_t i = 0; i < currency_decimals(currency); i++)
        numerator *= 10;
    for (uint32_t i = 0; i < price.scale; i++)
        denominator *= 10;
    __int128 half = numerator < 0 ? -denominator : denominator;
    return (int64_t)((2 * numerator + half) / (2 * denominator));
}
