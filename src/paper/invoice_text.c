#include "paper/invoice_text.h"
#include "base/must.h"
#include "text/console_table.h"

enum { CELL_MAX = 512 };

struct title {
    const char *japanese, *english;
};
static const struct title titles[INVOICE_KIND_COUNT][2] = {
    [INVOICE_ORDINARY] = {{"請求書", "INVOICE"},                  {"適格請求書", "QUALIFIED INVOICE"}},
    [INVOICE_CORRECTION] = {{"修正請求書", "CORRECTION INVOICE"},
                          {"修正適格請求書", "QUALIFIED CORRECTION INVOICE"}                          },
    [INVOICE_RETURN] = {{"返還請求書", "RETURN INVOICE"},
                          {"適格返還請求書", "QUALIFIED RETURN INVOICE"}                              },
};

// A table that is being filled, and the cell that is being made.
struct grid {
    struct console_table table;
    struct buf cell;
};

static void grid_init(struct grid *grid, const struct console_column *columns, size_t count)
{
    console_table_init(&grid->table, columns, count);
    buf_init(&grid->cell, CELL_MAX);
}

static void grid_cell(struct grid *grid)
{
    must(!grid->cell.overflow);
    console_table_cell(&grid->table, buf_str(&grid->cell));
    buf_clear(&grid->cell);
}

static void grid_text(struct grid *grid, const char *text)
{
    console_table_cell(&grid->table, str_from(text));
}

static void grid_money(struct grid *grid, enum currency currency, int64_t minor)
{
    money_text(currency, minor, &grid->cell);
    grid_cell(grid);
}

static void grid_write(struct grid *grid, struct buf *out)
{
    console_table_write(&grid->table, 0, out);
    out->overflow |= grid->table.full;
    console_table_finish(&grid->table);
    buf_finish(&grid->cell);
}

static void date_text(uint32_t zone, int64_t time_us, struct buf *out)
{
    struct civil local = civil_from_us(time_us + zone_offset_us(zone, time_us));
    buf_format(out, "%04d-%02d-%02d", local.year, local.month, local.day);
}

static void write_title(const struct invoice_sheet *sheet, struct buf *out)
{
    enum invoice_lack lack = invoice_sheet_lacks(sheet);
    must(sheet->invoice.kind < INVOICE_KIND_COUNT);
    const struct title *title = &titles[sheet->invoice.kind][lack == LACKS_NOTHING];
    bool draft = invoice_sheet_is_draft(sheet);
    buf_format(out, "%s%s / %s%s\n", title->japanese, draft ? "(案・未発行)" : "", title->english,
               draft ? " (DRAFT, NOT ISSUED)" : "");
    if (lack != LACKS_NOTHING)
        buf_format(out, "適格請求書ではありません:%s。\nNot a qualified invoice: %s.\n",
                   invoice_lack_japanese(lack), invoice_lack_english(lack));
    buf_byte(out, '\n');
}

static void add_parties(struct grid *grid, const struct invoice *invoice)
{
    grid_text(grid, "宛先 / Bill to");
    if (invoice->account_name[0])
        buf_format(&grid->cell, "%s 御中", invoice->account_name);
    else
        buf_format(&grid->cell, "account-%llu 御中", (unsigned long long)invoice->account);
    grid_cell(grid);
    if (invoice->account_tax_id[0]) {
        grid_text(grid, "宛先登録番号 / Their number");
        grid_text(grid, invoice->account_tax_id);
    }
    grid_text(grid, "発行者 / Issued by");
    grid_text(grid, invoice->issuer_name[0] ? invoice->issuer_name : "-");
    grid_text(grid, "登録番号 / Registration number");
    grid_text(grid, invoice->issuer_tax_id[0] ? invoice->issuer_tax_id : "-");
}

static void add_dates(struct grid *grid, const struct invoice_sheet *sheet)
{
    month period = sheet->invoice.period;
    grid_text(grid, "発行日 / Date of issue");
    if (invoice_sheet_is_draft(sheet))
        buf_add(&grid->cell, S("-"));
    else
        date_text(sheet->zone, sheet->invoice.issued_us, &grid->cell);
    grid_cell(grid);
    grid_text(grid, "取引期間 / Period");
    date_text(sheet->zone, month_start_us(sheet->zone, period), &grid->cell);
    buf_add(&grid->cell, S(" - "));
    date_text(sheet->zone, month_start_us(sheet->zone, period + 1) - 1, &grid->cell);
    buf_format(&grid->cell, " (%.*s)", STR(zone_name(sheet->zone)));
    grid_cell(grid);
    if (sheet->invoice.corrects == 0)
        return;
    grid_text(grid, "修正対象 / Corrects");
    buf_format(&grid->cell, "invoice-%llu, ", (unsigned long long)sheet->invoice.corrects);
    date_text(sheet->zone, sheet->corrected_us, &grid->cell);
    grid_cell(grid);
}

// The number stands where the other tables have their titles: every row is a name and its value.
static void write_head(const struct invoice_sheet *sheet, struct buf *out)
{
    char number[32];
    struct buf text;
    buf_init(&text, sizeof number);
    if (invoice_sheet_is_draft(sheet))
        buf_byte(&text, '-');
    else
        buf_format(&text, "invoice-%llu", (unsigned long long)sheet->invoice.id);
    must(str_copy(buf_str(&text), number, sizeof number));
    buf_finish(&text);
    const struct console_column columns[] = {
        {"番号 / Number", false},
        {number,            false}
    };
    struct grid grid;
    grid_init(&grid, columns, 2);
    add_parties(&grid, &sheet->invoice);
    add_dates(&grid, sheet);
    grid_write(&grid, out);
    buf_byte(out, '\n');
}

static void write_total(const struct invoice *invoice, struct buf *out)
{
    static const char *const names[INVOICE_KIND_COUNT] = {
        [INVOICE_ORDINARY] = "ご請求額 / Amount due",
        [INVOICE_CORRECTION] = "追加ご請求額 / Further amount due",
        [INVOICE_RETURN] = "返還額 / Amount returned"};
    buf_format(out, "%s: ", names[invoice->kind]);
    money_text((enum currency)invoice->currency, invoice->total, out);
    buf_add(out, S(" (税込 / tax included)\n\n"));
}

static void add_line(struct grid *grid, const struct invoice_sheet *sheet,
                     const struct invoice_line *line)
{
    enum currency currency = (enum currency)sheet->invoice.currency;
    bool reduced = invoice_line_is_reduced(sheet, line);
    buf_format(&grid->cell, "%s%s", line->chip_name, reduced ? " ※" : "");
    grid_cell(grid);
    grid_text(grid, lease_class_text((enum lease_class)line->class));
    device_hours_text(line->quantity, &grid->cell);
    grid_cell(grid);
    buf_add(&grid->cell, currency_sign(currency));
    decimal_text((decimal){line->price_value, line->price_scale}, &grid->cell);
    grid_cell(grid);
    tax_rate_text(line->tax_permille, &grid->cell);
    buf_byte(&grid->cell, '%');
    grid_cell(grid);
    grid_money(grid, currency, line->amount);
}

static void write_lines(const struct invoice_sheet *sheet, struct buf *out)
{
    static const struct console_column columns[] = {
        {"品目 / Item",         false},
        {"区分 / Class",        false},
        {"時間 / Device-hours", true },
        {"単価 / Per hour",     true },
        {"税率 / Tax",          true },
        {"金額 / Amount",       true },
    };
    struct grid grid;
    grid_init(&grid, columns, sizeof columns / sizeof columns[0]);
    for (uint32_t i = 0; i < sheet->invoice.lines; i++)
        add_line(&grid, sheet, &sheet->lines[i]);
    grid_write(&grid, out);
    buf_byte(out, '\n');
}

// Net, tax and their sum, for one rate or for all.
static void add_sums(struct grid *grid, enum currency currency, int64_t net, int64_t tax)
{
    grid_money(grid, currency, net);
    grid_money(grid, currency, tax);
    grid_money(grid, currency, net + tax);
}

static void write_tax(const struct invoice *invoice, struct buf *out)
{
    static const struct console_column columns[] = {
        {"税率 / Tax rate", false},
        {"税抜 / Net",      true },
        {"消費税 / Tax",   true },
        {"税込 / Gross",    true },
    };
    struct grid grid;
    int64_t net = 0;
    grid_init(&grid, columns, sizeof columns / sizeof columns[0]);
    for (uint32_t i = 0; i < invoice->rates; i++) {
        tax_rate_text(invoice->tax_permille[i], &grid.cell);
        buf_add(&grid.cell, S("% 対象"));
        grid_cell(&grid);
        add_sums(&grid, (enum currency)invoice->currency, invoice->subtotal[i], invoice->tax[i]);
        net += invoice->subtotal[i];
    }
    grid_text(&grid, "合計 / Total");
    add_sums(&grid, (enum currency)invoice->currency, net, invoice->total - net);
    grid_write(&grid, out);
    buf_byte(out, '\n');
}

static void write_notes(const struct invoice_sheet *sheet, struct buf *out)
{
    static const char *const roundings[] = {
        [ROUND_FLOOR] = "切捨て / rounded down",
        [ROUND_HALF_UP] = "四捨五入 / rounded half up",
        [ROUND_CEILING] = "切上げ / rounded up",
    };
    must(sheet->invoice.rounding <= ROUND_CEILING);
    bool reduced = false;
    for (uint32_t i = 0; i < sheet->invoice.lines; i++)
        reduced |= invoice_line_is_reduced(sheet, &sheet->lines[i]);
    if (reduced)
        buf_add(out, S("※ 軽減税率対象 / at the reduced rate\n"));
    buf_format(out, "消費税の端数: 税率ごとに一回%s, once for each rate\n",
               roundings[sheet->invoice.rounding]);
    if (sheet->invoice.corrects)
        buf_add(out, S("各行は既発行分との差額 / each line is the difference to what was invoiced "
                       "before\n"));
}

void invoice_text(const struct invoice_sheet *sheet, struct buf *out)
{
    write_title(sheet, out);
    write_head(sheet, out);
    write_total(&sheet->invoice, out);
    write_lines(sheet, out);
    write_tax(&sheet->invoice, out);
    write_notes(sheet, out);
}
