#include "paper/invoice_json.h"
#include "base/json.h"
#include "base/must.h"

enum { WORD_MAX = 128 };

struct writer {
    struct json_out json;
    struct buf word; // one value while it is made
    enum currency currency;
};

// Writes what stands in `word` and empties it.
static void put_word(struct writer *writer, str name)
{
    must(!writer->word.overflow);
    json_name(&writer->json, name);
    json_text(&writer->json, buf_str(&writer->word));
    buf_clear(&writer->word);
}

static void put_text(struct writer *writer, str name, const char *text)
{
    json_name(&writer->json, name);
    json_text(&writer->json, str_from(text));
}

static void put_bool(struct writer *writer, str name, bool value)
{
    json_name(&writer->json, name);
    json_bool(&writer->json, value);
}

static void put_id(struct writer *writer, str name, str kind, uint64_t id)
{
    buf_add(&writer->word, kind);
    buf_u64(&writer->word, id);
    put_word(writer, name);
}

static void put_instant(struct writer *writer, str name, int64_t time_us)
{
    instant_text(time_us, &writer->word);
    put_word(writer, name);
}

static void put_money(struct writer *writer, str name, int64_t minor)
{
    money_decimal(writer->currency, minor, &writer->word);
    put_word(writer, name);
}

static void put_rate(struct writer *writer, str name, uint32_t permille)
{
    tax_rate_text(permille, &writer->word);
    put_word(writer, name);
}

static void put_party(struct writer *writer, str name, const char *party, const char *tax_id)
{
    json_name(&writer->json, name);
    json_object(&writer->json);
    put_text(writer, S("name"), party);
    put_text(writer, S("tax_id"), tax_id);
    json_end(&writer->json);
}

static void put_line(struct writer *writer, const struct invoice_sheet *sheet,
                     const struct invoice_line *line)
{
    json_object(&writer->json);
    put_money(writer, S("amount"), line->amount);
    put_text(writer, S("chip"), line->chip_name);
    put_text(writer, S("class"), lease_class_text((enum lease_class)line->class));
    device_hours_text(line->quantity, &writer->word);
    put_word(writer, S("device_hours"));
    buf_i64(&writer->word, line->quantity);
    put_word(writer, S("device_ms"));
    decimal_text((decimal){line->price_value, line->price_scale}, &writer->word);
    put_word(writer, S("price"));
    put_id(writer, S("price_id"), S("price-"), line->price);
    put_bool(writer, S("reduced"), invoice_line_is_reduced(sheet, line));
    put_rate(writer, S("tax_rate"), line->tax_permille);
    json_end(&writer->json);
}

static void put_period(struct writer *writer, const struct invoice_sheet *sheet)
{
    month period = sheet->invoice.period;
    json_name(&writer->json, S("period"));
    json_object(&writer->json);
    put_instant(writer, S("from"), month_start_us(sheet->zone, period));
    month_text(period, &writer->word);
    put_word(writer, S("month"));
    put_instant(writer, S("until"), month_start_us(sheet->zone, period + 1));
    buf_add(&writer->word, zone_name(sheet->zone));
    put_word(writer, S("zone"));
    json_end(&writer->json);
}

static void put_tax(struct writer *writer, const struct invoice *invoice)
{
    json_name(&writer->json, S("tax"));
    json_array(&writer->json);
    for (uint32_t i = 0; i < invoice->rates; i++) {
        json_object(&writer->json);
        put_money(writer, S("net"), invoice->subtotal[i]);
        put_rate(writer, S("rate"), invoice->tax_permille[i]);
        put_money(writer, S("tax"), invoice->tax[i]);
        json_end(&writer->json);
    }
    json_end(&writer->json);
}

// What comes before the lines in the order of names.
static void put_head(struct writer *writer, const struct invoice_sheet *sheet)
{
    const struct invoice *invoice = &sheet->invoice;
    bool draft = invoice_sheet_is_draft(sheet);
    put_id(writer, S("account"), S("account-"), invoice->account);
    if (invoice->corrects) {
        put_id(writer, S("corrects"), S("invoice-"), invoice->corrects);
        put_instant(writer, S("corrects_issued"), sheet->corrected_us);
    }
    buf_add(&writer->word, currency_code(writer->currency));
    put_word(writer, S("currency"));
    put_bool(writer, S("draft"), draft);
    if (!draft) {
        put_id(writer, S("id"), S("invoice-"), invoice->id);
        put_instant(writer, S("issued"), invoice->issued_us);
    }
    put_party(writer, S("issuer"), invoice->issuer_name, invoice->issuer_tax_id);
    put_text(writer, S("kind"), invoice_kind_text((enum invoice_kind)invoice->kind));
}

static void put_foot(struct writer *writer, const struct invoice_sheet *sheet)
{
    static const char *const roundings[] = {
        [ROUND_FLOOR] = "floor", [ROUND_HALF_UP] = "half_up", [ROUND_CEILING] = "ceiling"};
    const struct invoice *invoice = &sheet->invoice;
    must(invoice->rounding <= ROUND_CEILING);
    enum invoice_lack lack = invoice_sheet_lacks(sheet);
    if (lack != LACKS_NOTHING)
        put_text(writer, S("not_qualified_because"), invoice_lack_code(lack));
    put_period(writer, sheet);
    put_bool(writer, S("qualified"), lack == LACKS_NOTHING);
    put_party(writer, S("recipient"), invoice->account_name, invoice->account_tax_id);
    put_text(writer, S("rounding"), roundings[invoice->rounding]);
    put_tax(writer, invoice);
    put_money(writer, S("total"), invoice->total);
}

void invoice_json(const struct invoice_sheet *sheet, struct buf *out)
{
    struct writer writer = {.currency = (enum currency)sheet->invoice.currency};
    json_out_init(&writer.json, out);
    buf_init(&writer.word, WORD_MAX);
    json_object(&writer.json);
    put_head(&writer, sheet);
    json_name(&writer.json, S("lines"));
    json_array(&writer.json);
    for (uint32_t i = 0; i < sheet->invoice.lines; i++)
        put_line(&writer, sheet, &sheet->lines[i]);
    json_end(&writer.json);
    put_foot(&writer, sheet);
    json_end(&writer.json);
    buf_finish(&writer.word);
}
