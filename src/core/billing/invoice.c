#include "core/billing/invoice.h"
#include "base/must.h"
#include "core/billing/billing.h"
#include "core/billing/billing_index.h"

const char *invoice_kind_text(enum invoice_kind kind)
{
#define X(name, text) [name] = text,
    static const char *const texts[] = {INVOICE_KINDS(X)};
#undef X
    must(kind < INVOICE_KIND_COUNT);
    return texts[kind];
}

const struct invoice *invoice_next(const struct billing *billing, uint64_t account, month period,
                                   uint64_t after)
{
    const struct billing_month *monthly = billing_month_find(billing, account, period);
    uint64_t id = monthly ? id_list_after(&monthly->invoices, after) : 0;
    return table_get(&billing->invoices, id);
}

const struct invoice_line *invoice_line_next(const struct billing *billing, uint64_t invoice,
                                             uint64_t after)
{
    uint64_t first = billing_first_line(billing, invoice);
    if (first == 0)
        return NULL;
    if (after < first)
        return table_get(&billing->lines, first);
    const struct invoice_line *line = table_after(&billing->lines, after);
    return line && line->invoice == invoice ? line : NULL;
}

void invoice_apply_line(struct billing *billing, const struct invoice_line_added *fact)
{
    const struct rated *rated = table_get(&billing->rated, fact->line.rated);
    must(rated && rated->invoice == 0);
    must(fact->line.amount == rated->posted && fact->line.quantity == rated->quantity);
    struct invoice_line *line = table_add(&billing->lines, fact->line.id);
    *line = fact->line;
    billing_index_line(billing, line);
}

void invoice_apply_issued(struct billing *billing, const struct invoice_issued *fact,
                          int64_t time_us)
{
    struct invoice *invoice = table_add(&billing->invoices, fact->invoice.id);
    *invoice = fact->invoice;
    invoice->issued_us = time_us;
    billing_index_invoice(billing, invoice);
    uint32_t lines = 0;
    const struct invoice_line *line = invoice_line_next(billing, invoice->id, 0);
    for (; line; line = invoice_line_next(billing, invoice->id, line->id)) {
        struct rated *rated = table_get(&billing->rated, line->rated);
        must(rated && rated->invoice == 0 && rated->account == invoice->account &&
             rated->period == invoice->period);
        rated->invoice = invoice->id;
        billing_index_closed(billing, rated);
        lines++;
    }
    must(lines == invoice->lines);
}
