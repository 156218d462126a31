#include "core/billing/billing.h"
#include "base/must.h"
#include "core/billing/billing_index.h"
#include <string.h>

enum { RATED_MAX = 1 << 24, INVOICES_MAX = 1 << 22, LINES_MAX = 1 << 24, ISSUERS_MAX = 1 };

void billing_init(struct billing *billing)
{
    *billing = (struct billing){0};
    table_init(&billing->rated, sizeof(struct rated), RATED_MAX);
    table_init(&billing->invoices, sizeof(struct invoice), INVOICES_MAX);
    table_init(&billing->lines, sizeof(struct invoice_line), LINES_MAX);
    table_init(&billing->issuers, sizeof(struct issuer), ISSUERS_MAX);
    billing->index = billing_index_create();
}

void billing_finish(struct billing *billing)
{
    table_finish(&billing->rated);
    table_finish(&billing->invoices);
    table_finish(&billing->lines);
    table_finish(&billing->issuers);
    billing_index_destroy(billing->index);
    *billing = (struct billing){0};
}

void billing_reindex(struct billing *billing)
{
    billing_index_destroy(billing->index);
    billing->index = billing_index_create();
    uint32_t at_rated = 0, at_invoice = 0, at_line = 0;
    for (const struct rated *rated; (rated = table_step(&billing->rated, &at_rated));)
        billing_index_rated(billing, rated);
    for (const struct invoice *invoice; (invoice = table_step(&billing->invoices, &at_invoice));)
        billing_index_invoice(billing, invoice);
    for (const struct invoice_line *line; (line = table_step(&billing->lines, &at_line));)
        billing_index_line(billing, line);
}

// What a row has posted with all before it is the rounded charge of the whole quantity.
static bool row_charge_holds(const struct rated *rated, const struct market *market)
{
    const struct price *price = table_get(&market->prices, rated->price);
    int64_t charge, quantity, posted;
    return price && !__builtin_add_overflow(rated->base_quantity, rated->quantity, &quantity) &&
           !__builtin_add_overflow(rated->base_posted, rated->posted, &posted) &&
           money_charge(quantity, DEVICE_HOUR_MS, (decimal){price->value, price->scale},
                        (enum currency)price->currency, &charge) &&
           charge == posted;
}

// A row begins where the closed one before it ended.
static bool row_continues(const struct rated *rated, const struct rated *before)
{
    if (!before)
        return rated->base_quantity == 0 && rated->base_posted == 0;
    return before->invoice != 0 && rated->corrects == before->invoice &&
           rated->base_quantity == before->base_quantity + before->quantity &&
           rated->base_posted == before->base_posted + before->posted;
}

static bool rows_hold(const struct billing *billing, const struct market *market,
                      uint64_t *ret_rated)
{
    struct lookup newest;
    uint32_t cursor = 0;
    bool holds = true;
    lookup_init(&newest);
    for (const struct rated *rated; holds && (rated = table_step(&billing->rated, &cursor));) {
        struct lookup_key key =
            rated_key(rated->account, rated->contract, rated->price, rated->period);
        const struct rated *before = table_get(&billing->rated, lookup_get(&newest, key));
        bool closed = rated->invoice == 0 || table_get(&billing->invoices, rated->invoice);
        holds = closed && row_charge_holds(rated, market) && row_continues(rated, before);
        if (!holds)
            *ret_rated = rated->id;
        lookup_put(&newest, key, rated->id);
    }
    lookup_finish(&newest);
    return holds;
}

static bool totals_hold(const struct invoice *invoice, const int64_t *subtotal)
{
    int64_t total = 0;
    for (uint32_t i = 0; i < invoice->rates; i++) {
        int64_t tax;
        if (invoice->subtotal[i] != subtotal[i] ||
            !money_tax(subtotal[i], invoice->tax_permille[i], (enum rounding)invoice->rounding,
                       &tax) ||
            tax != invoice->tax[i])
            return false;
        total += subtotal[i] + tax; // fitted when it was drafted
    }
    return total == invoice->total;
}

static bool invoice_holds(const struct billing *billing, const struct invoice *invoice,
                          uint64_t *ret_rated)
{
    int64_t subtotal[INVOICE_RATES_MAX] = {0};
    uint32_t lines = 0;
    uint64_t first = 0;
    const struct invoice_line *line = invoice_line_next(billing, invoice->id, 0);
    for (; line; line = invoice_line_next(billing, invoice->id, line->id)) {
        const struct rated *rated = table_get(&billing->rated, line->rated);
        uint32_t rate = 0;
        while (rate < invoice->rates && invoice->tax_permille[rate] != line->tax_permille)
            rate++;
        *ret_rated = line->rated;
        if (rate == invoice->rates || !rated || rated->invoice != invoice->id ||
            rated->posted != line->amount || rated->quantity != line->quantity)
            return false;
        subtotal[rate] += line->amount;
        first = first ? first : line->rated;
        lines++;
    }
    *ret_rated = first;
    return lines == invoice->lines && lines > 0 && totals_hold(invoice, subtotal);
}

static bool lists_agree(const struct id_list *a, const struct id_list *b)
{
    return a->count == b->count &&
           (a->count == 0 || memcmp(a->ids, b->ids, a->count * sizeof *a->ids) == 0);
}

static bool month_holds(const struct billing_month *monthly, const struct billing_month *again)
{
    return monthly && monthly->spent == again->spent && lists_agree(&monthly->open, &again->open) &&
           lists_agree(&monthly->invoices, &again->invoices);
}

// The cache against one made anew.
static bool index_holds(const struct billing *billing, uint64_t *ret_rated)
{
    struct billing again = *billing;
    again.index = billing_index_create();
    billing_reindex(&again);
    uint32_t cursor = 0;
    bool holds = true;
    for (const struct rated *rated; holds && (rated = table_step(&billing->rated, &cursor));) {
        struct lookup_key key =
            rated_key(rated->account, rated->contract, rated->price, rated->period);
        holds = billing_newest_row(billing, key) == billing_newest_row(&again, key) &&
                month_holds(billing_month_find(billing, rated->account, rated->period),
                            billing_month_find(&again, rated->account, rated->period));
        if (!holds)
            *ret_rated = rated->id;
    }
    billing_index_destroy(again.index);
    return holds;
}

bool billing_check(const struct billing *billing, const struct market *market, uint64_t *ret_rated)
{
    uint32_t cursor = 0;
    uint64_t at = 0;
    bool holds = rows_hold(billing, market, &at) && index_holds(billing, &at);
    for (const struct invoice *invoice;
         holds && (invoice = table_step(&billing->invoices, &cursor));)
        holds = invoice_holds(billing, invoice, &at);
    if (!holds)
        *ret_rated = at;
    return holds;
}
