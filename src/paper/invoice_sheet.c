#include "paper/invoice_sheet.h"
#include "base/must.h"

enum { REDUCED_PERMILLE = 80 };

struct lack_row {
    const char *code, *japanese, *english;
};
static const struct lack_row lacks[INVOICE_LACK_COUNT] = {
#define X(name, code, japanese, english) [name] = {code, japanese, english},
    INVOICE_LACKS(X)
#undef X
};

const char *invoice_lack_code(enum invoice_lack lack)
{
    must(lack < INVOICE_LACK_COUNT);
    return lacks[lack].code;
}

const char *invoice_lack_japanese(enum invoice_lack lack)
{
    must(lack < INVOICE_LACK_COUNT);
    return lacks[lack].japanese;
}

const char *invoice_lack_english(enum invoice_lack lack)
{
    must(lack < INVOICE_LACK_COUNT);
    return lacks[lack].english;
}

static void add_origin(const struct invoice_source *source, struct invoice_sheet *sheet)
{
    const struct account *account = table_get(&source->market->accounts, sheet->invoice.account);
    const struct invoice *corrected =
        table_get(&source->billing->invoices, sheet->invoice.corrects);
    must(account);
    sheet->zone = account->zone;
    sheet->corrected_us = corrected ? corrected->issued_us : 0;
}

bool invoice_sheet_issued(const struct invoice_source *source, uint64_t invoice,
                          struct arena *arena, struct invoice_sheet *ret_sheet)
{
    const struct invoice *row = table_get(&source->billing->invoices, invoice);
    struct invoice_line *lines = row ? arena_take(arena, row->lines * sizeof *lines) : NULL;
    if (!lines)
        return false;
    struct invoice_sheet sheet = {.invoice = *row, .lines = lines};
    const struct invoice_line *line = invoice_line_next(source->billing, invoice, 0);
    for (uint32_t i = 0; i < row->lines; i++) {
        must(line);
        lines[i] = *line;
        line = invoice_line_next(source->billing, invoice, line->id);
    }
    add_origin(source, &sheet);
    *ret_sheet = sheet;
    return true;
}

bool invoice_sheet_draft(const struct invoice_source *source, uint64_t account, month period,
                         struct arena *arena, struct invoice_sheet *ret_sheet)
{
    struct invoice_sheet sheet = {0};
    if (!bill_draft(source->billing, source->market, account, period, &sheet.invoice))
        return false;
    struct invoice_line *lines = arena_take(arena, sheet.invoice.lines * sizeof *lines);
    if (!lines)
        return false;
    const struct rated *rated = bill_next_row(source->billing, source->market, account, period, 0);
    for (uint32_t i = 0; i < sheet.invoice.lines; i++) {
        must(rated);
        lines[i] = bill_line(source->market, source->inventory, rated);
        rated = bill_next_row(source->billing, source->market, account, period, rated->id);
    }
    sheet.lines = lines;
    add_origin(source, &sheet);
    *ret_sheet = sheet;
    return true;
}

bool invoice_sheet_is_draft(const struct invoice_sheet *sheet)
{
    return sheet->invoice.id == 0;
}

enum invoice_lack invoice_sheet_lacks(const struct invoice_sheet *sheet)
{
    if (sheet->invoice.issuer_name[0] == 0)
        return LACKS_NAME;
    if (!tax_id_valid(str_from(sheet->invoice.issuer_tax_id)))
        return LACKS_NUMBER;
    return sheet->invoice.currency == CURRENCY_JPY ? LACKS_NOTHING : LACKS_YEN;
}

bool invoice_line_is_reduced(const struct invoice_sheet *sheet, const struct invoice_line *line)
{
    return sheet->invoice.currency == CURRENCY_JPY && line->tax_permille == REDUCED_PERMILLE;
}

void device_hours_text(int64_t device_ms, struct buf *out)
{
    enum { DIGITS = 6 };
    size_t start = out->len;
    money_exact(device_ms, DEVICE_HOUR_MS, (decimal){1, 0}, DIGITS, out);
    str text = str_skip(buf_str(out), start), whole, fraction = {0};
    bool cut = str_cut(text, '.', &whole, &fraction);
    size_t digits = fraction.len;
    if (!cut)
        buf_byte(out, '.');
    for (; digits < DIGITS; digits++)
        buf_byte(out, '0');
}

void tax_rate_text(uint32_t permille, struct buf *out)
{
    buf_u64(out, permille / 10);
    if (permille % 10)
        buf_format(out, ".%u", permille % 10);
}
