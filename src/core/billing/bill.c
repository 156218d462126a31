#include "core/billing/bill.h"
#include "base/must.h"
#include "core/billing/billing.h"
#include "core/billing/billing_index.h"
#include <string.h>

// Tax rates in the order in which the rows of a bill bring them.
struct rates {
    uint32_t permille[INVOICE_RATES_MAX];
    uint32_t count;
};

static const struct price *price_of(const struct market *market, const struct rated *rated)
{
    const struct price *price = table_get(&market->prices, rated->price);
    must(price);
    return price;
}

// False when the rate is new and there is no room for it.
static bool rates_take(struct rates *rates, uint32_t permille)
{
    for (uint32_t i = 0; i < rates->count; i++)
        if (rates->permille[i] == permille)
            return true;
    if (rates->count == INVOICE_RATES_MAX)
        return false;
    rates->permille[rates->count++] = permille;
    return true;
}

// What was used stands on the bill even where it has come to nothing yet.
static bool is_on_bill(const struct rated *rated)
{
    return rated->quantity != 0 || rated->posted != 0;
}

const struct rated *bill_next_row(const struct billing *billing, const struct market *market,
                                  uint64_t account, month period, uint64_t after)
{
    const struct billing_month *monthly = billing_month_find(billing, account, period);
    struct rates rates = {0};
    for (uint32_t i = 0; monthly && i < monthly->open.count; i++) {
        const struct rated *rated = table_get(&billing->rated, monthly->open.ids[i]);
        must(rated);
        if (is_on_bill(rated) && rates_take(&rates, price_of(market, rated)->tax_permille) &&
            rated->id > after)
            return rated;
    }
    return NULL;
}

struct invoice_line bill_line(const struct market *market, const struct inventory *inventory,
                              const struct rated *rated)
{
    const struct price *price = price_of(market, rated);
    const struct chip *chip = table_get(&inventory->chips, price->chip);
    must(chip);
    struct invoice_line line = {.rated = rated->id,
                                .price = price->id,
                                .chip = price->chip,
                                .quantity = rated->quantity,
                                .price_value = price->value,
                                .amount = rated->posted,
                                .price_scale = price->scale,
                                .class = price->class,
                                .tax_permille = price->tax_permille};
    memcpy(line.chip_name, chip->name, sizeof line.chip_name);
    return line;
}

// The place of a rate among the subtotals, highest first; a new one moves the lower ones down.
static uint32_t rate_place(struct invoice *invoice, uint32_t permille)
{
    uint32_t at = 0;
    while (at < invoice->rates && invoice->tax_permille[at] > permille)
        at++;
    if (at < invoice->rates && invoice->tax_permille[at] == permille)
        return at;
    must(invoice->rates < INVOICE_RATES_MAX);
    for (uint32_t i = invoice->rates; i > at; i--) {
        invoice->tax_permille[i] = invoice->tax_permille[i - 1];
        invoice->subtotal[i] = invoice->subtotal[i - 1];
    }
    invoice->tax_permille[at] = permille;
    invoice->subtotal[at] = 0;
    invoice->rates++;
    return at;
}

static bool add_rows(const struct billing *billing, const struct market *market,
                     struct invoice *invoice)
{
    const struct billing_month *monthly =
        billing_month_find(billing, invoice->account, invoice->period);
    struct rates rates = {0};
    for (uint32_t i = 0; monthly && i < monthly->open.count; i++) {
        const struct rated *rated = table_get(&billing->rated, monthly->open.ids[i]);
        const struct price *price = price_of(market, rated);
        if (!is_on_bill(rated) || !rates_take(&rates, price->tax_permille))
            continue;
        must(price->currency == invoice->currency);
        int64_t *subtotal = &invoice->subtotal[rate_place(invoice, price->tax_permille)];
        if (__builtin_add_overflow(*subtotal, rated->posted, subtotal))
            return false;
        invoice->lines++;
    }
    return true;
}

// One rounding per rate. ret_net: the sum without tax.
static bool add_tax(struct invoice *invoice, int64_t *ret_net)
{
    int64_t net = 0, total = 0, gross;
    for (uint32_t i = 0; i < invoice->rates; i++) {
        if (!money_tax(invoice->subtotal[i], invoice->tax_permille[i],
                       (enum rounding)invoice->rounding, &invoice->tax[i]) ||
            __builtin_add_overflow(net, invoice->subtotal[i], &net) ||
            __builtin_add_overflow(invoice->subtotal[i], invoice->tax[i], &gross) ||
            __builtin_add_overflow(total, gross, &total))
            return false;
    }
    invoice->total = total;
    *ret_net = net;
    return true;
}

bool bill_draft(const struct billing *billing, const struct market *market, uint64_t account,
                month period, struct invoice *ret_invoice)
{
    const struct account *payer = table_get(&market->accounts, account);
    const struct issuer *issuer = issuer_get(billing);
    must(payer);
    struct invoice invoice = {.account = account, .period = period, .currency = payer->currency};
    invoice.rounding = issuer ? issuer->rounding : ROUND_FLOOR;
    int64_t net;
    if (!add_rows(billing, market, &invoice) || invoice.lines == 0 || !add_tax(&invoice, &net))
        return false;
    invoice.corrects = billing_first_invoice(billing, account, period);
    invoice.kind = invoice.corrects == 0 ? INVOICE_ORDINARY
                   : net < 0             ? INVOICE_RETURN
                                         : INVOICE_CORRECTION;
    memcpy(invoice.account_name, payer->name, sizeof invoice.account_name);
    memcpy(invoice.account_tax_id, payer->tax_id, sizeof invoice.account_tax_id);
    if (issuer) {
        memcpy(invoice.issuer_name, issuer->name, sizeof invoice.issuer_name);
        memcpy(invoice.issuer_tax_id, issuer->tax_id, sizeof invoice.issuer_tax_id);
    }
    *ret_invoice = invoice;
    return true;
}
