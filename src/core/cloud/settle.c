// From what a lease has used to money and postings; each step is one event, and every amount is a
// difference to what was taken before.
//
//     run time not rated ──► rated_opened? ──► rated, a month at a time
//     rated or used, not posted ──► book_opened? … ──► posted
#include "base/must.h"
#include "core/cloud/cloud_state.h"

// One transfer wanted: from a book to a book, by what they are. An amount of 0 is left out.
struct wish {
    enum book_role debit, credit;
    uint64_t debit_owner, credit_owner;
    commodity of;
    int64_t amount;
};

struct wishes {
    uint32_t count;
    struct wish wish[POSTED_MAX];
};

static void want(struct wishes *wishes, struct wish wish)
{
    if (wish.amount == 0)
        return;
    if (wish.amount < 0) { // what was given goes back
        wish = (struct wish){wish.credit,      wish.debit, wish.credit_owner,
                             wish.debit_owner, wish.of,    -wish.amount};
    }
    must(wishes->count < POSTED_MAX);
    wishes->wish[wishes->count++] = wish;
}

// A book that does not exist yet is opened first, one an event.
static bool find_book(const struct cloud *cloud, uint64_t owner, enum book_role role, commodity of,
                      uint64_t *ret_book, struct event *event)
{
    *ret_book = ledger_find(&cloud->ledger, owner, role, of);
    if (*ret_book)
        return true;
    event->kind = EVENT_BOOK_OPENED;
    event->book_opened = (struct book_opened){
        .book = cloud->ledger.books.last_id + 1,
        .owner = owner,
        .role = role,
        .commodity = of,
    };
    return false;
}

// Either the event that opens a missing book, or the posting of all wishes.
static void post_event(const struct cloud *cloud, const struct wishes *wishes,
                       enum posted_about about, uint64_t cause, struct event *event)
{
    struct posted posted = {.cause = cause, .about = about, .count = wishes->count};
    for (uint32_t i = 0; i < wishes->count; i++) {
        const struct wish *wish = &wishes->wish[i];
        struct transfer *transfer = &posted.transfers[i];
        transfer->amount = wish->amount;
        if (!find_book(cloud, wish->debit_owner, wish->debit, wish->of, &transfer->debit, event) ||
            !find_book(cloud, wish->credit_owner, wish->credit, wish->of, &transfer->credit, event))
            return;
    }
    must(ledger_fits(&cloud->ledger, posted.transfers, posted.count));
    event->kind = EVENT_POSTED;
    event->posted = posted;
}

// The next piece of run time that is not rated, laid out from the lease's start: it ends where the
// account's month ends.
static bool rate_next(const struct cloud *cloud, const struct lease *lease,
                      const struct meter_row *row, struct event *event)
{
    if (row->ran_ms_rated >= row->ran_ms || lease->price == 0)
        return false;
    const struct account *account = table_get(&cloud->market.accounts, lease->account);
    const struct price *price = table_get(&cloud->market.prices, lease->price);
    must(account && price);
    month period = month_at(account->zone, lease->start_us + row->ran_ms_rated * MS_US);
    int64_t month_end_us = month_start_us(account->zone, period + 1);
    int64_t until_ms = (month_end_us - lease->start_us + MS_US - 1) / MS_US;
    if (until_ms > row->ran_ms)
        until_ms = row->ran_ms;
    const struct rated *rated =
        rated_open_row(&cloud->billing, account->id, lease->contract, price->id, period);
    if (!rated) {
        event->kind = EVENT_RATED_OPENED;
        event->rated_opened = rated_plan(&cloud->billing, account->id, lease->contract, price->id,
                                         period, cloud->billing.rated.last_id + 1);
        return true;
    }
    int64_t quantity = lease_device_ms(lease, until_ms) - lease_device_ms(lease, row->ran_ms_rated);
    int64_t amount = 0;
    must(rated_posting(rated, price, quantity, &amount));
    event->kind = EVENT_RATED;
    event->rated_added = (struct rated_added){
        .rated = rated->id,
        .quantity = quantity,
        .amount = amount,
        .lease = lease->id,
        .ran_ms = until_ms,
    };
    return true;
}

// Idle, closed, faulty and dark time of a chip up to now, so that with what leases took the whole
// of its installed time is in the ledger.
static void want_capacity(const struct cloud *cloud, uint64_t chip, int64_t time_us,
                          struct wishes *wishes)
{
    static const struct {
        enum capacity_state state;
        enum book_role role;
    } pairs[] = {
        {CAPACITY_OPEN,   BOOK_IDLE  },
        {CAPACITY_CLOSED, BOOK_CLOSED},
        {CAPACITY_FAULTY, BOOK_FAULTY},
        {CAPACITY_DARK,   BOOK_DARK  }
    };
    const struct capacity *capacity = table_get(&cloud->inventory.capacities, chip);
    must(capacity);
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        want(wishes, (struct wish){
                         .debit = pairs[i].role,
                         .debit_owner = chip,
                         .credit = BOOK_SUPPLY,
                         .credit_owner = chip,
                         .of = commodity_device_ms(chip),
                         .amount = capacity_device_ms(capacity, pairs[i].state, time_us) -
                                   capacity->posted_ms[pairs[i].state],
                     });
}

static int64_t lease_ms(const struct lease *lease)
{
    return lease->end_us / MS_US - lease->start_us / MS_US;
}

// What it had and did not use: known when it has ended.
static int64_t held_device_ms(const struct lease *lease, const struct meter_row *row)
{
    if (lease->state != LEASE_ENDED)
        return 0;
    return lease_device_ms(lease, lease_ms(lease)) - lease_device_ms(lease, row->ran_ms);
}

static bool settled(const struct cloud *cloud, const struct lease *lease,
                    const struct meter_row *row)
{
    return row->used_taken == lease_device_ms(lease, row->ran_ms) &&
           row->energy_j_taken == row->energy_j && cloud_house(cloud)->settling_minor == 0 &&
           row->held_taken == held_device_ms(lease, row);
}

static void want_devices(const struct cloud *cloud, const struct lease *lease,
                         const struct meter_row *row, struct wishes *wishes)
{
    const struct price *price = table_get(&cloud->market.prices, lease->price);
    if (!price)
        return; // it has no devices
    struct wish wish = {.credit = BOOK_SUPPLY,
                        .debit_owner = lease->account,
                        .credit_owner = price->chip,
                        .of = commodity_device_ms(price->chip)};
    wish.debit = BOOK_USED;
    wish.amount = lease_device_ms(lease, row->ran_ms) - row->used_taken;
    want(wishes, wish);
    wish.debit = BOOK_HELD;
    wish.amount = held_device_ms(lease, row) - row->held_taken;
    want(wishes, wish);
}

bool settle_next(const struct cloud *cloud, int64_t time_us, struct event *ret_event)
{
    uint64_t id = cloud_house(cloud)->settling;
    const struct lease *lease = cloud_lease(cloud, id);
    const struct meter_row *row = table_get(&cloud->meter.rows, id);
    if (!lease || !row)
        return false;
    if (rate_next(cloud, lease, row, ret_event))
        return true;
    if (settled(cloud, lease, row))
        return false;

    struct wishes wishes = {0};
    want_devices(cloud, lease, row, &wishes);
    want(&wishes, (struct wish){BOOK_ENERGY_USED, BOOK_ENERGY_SOURCE, lease->account, 0,
                                commodity_energy(), row->energy_j - row->energy_j_taken});
    const struct price *price = table_get(&cloud->market.prices, lease->price);
    if (price) {
        want(&wishes,
             (struct wish){BOOK_UNBILLED, BOOK_REVENUE, lease->account, price->chip,
                           commodity_money(price->currency), cloud_house(cloud)->settling_minor});
        want_capacity(cloud, price->chip, time_us, &wishes);
    }
    post_event(cloud, &wishes, POSTED_LEASE, id, ret_event);
    return true;
}

bool invoice_post_next(const struct cloud *cloud, struct event *ret_event)
{
    const struct invoice *invoice =
        table_get(&cloud->billing.invoices, cloud_house(cloud)->invoicing);
    must(invoice);
    commodity money = commodity_money(invoice->currency);
    int64_t subtotal = 0, tax = 0;
    for (uint32_t i = 0; i < invoice->rates; i++) {
        subtotal += invoice->subtotal[i];
        tax += invoice->tax[i];
    }
    struct wishes wishes = {0};
    want(&wishes, (struct wish){BOOK_RECEIVABLE, BOOK_UNBILLED, invoice->account, invoice->account,
                                money, subtotal});
    want(&wishes, (struct wish){BOOK_RECEIVABLE, BOOK_TAX, invoice->account, 0, money, tax});
    post_event(cloud, &wishes, POSTED_INVOICE, invoice->id, ret_event);
    return true;
}
