#include "text/console_table.h"
#include "base/must.h"
#include "text/cell_width.h"

enum { GAP = 2, NARROWEST = 4, TEXT_MAX = 64 << 20 };

struct console_row {
    struct console_row *next;
    str cells[];
};

void console_table_init(struct console_table *table, const struct console_column *columns,
                        size_t count)
{
    must(count > 0 && count <= CONSOLE_COLUMNS_MAX);
    *table = (struct console_table){.columns = columns, .count = (uint32_t)count};
    table->used = table->count;
    arena_init(&table->arena, TEXT_MAX);
    for (size_t i = 0; i < count; i++)
        table->widths[i] = cell_width(str_from(columns[i].title));
}

void console_table_finish(struct console_table *table)
{
    arena_finish(&table->arena);
    *table = (struct console_table){0};
}

// The first byte of a character that a terminal would obey, or that is none; its length, else 0.
static size_t unsafe_length(str text)
{
    uint32_t code_point = 0;
    size_t length = str_character(text, &code_point);
    bool control = code_point < 0x20 || (code_point >= 0x7f && code_point < 0xa0);
    bool turning = (code_point >= 0x202a && code_point <= 0x202e) || // right-to-left overrides
                   (code_point >= 0x2066 && code_point <= 0x2069);
    if (length == 0)
        return 1;
    return control || turning ? length : 0;
}

static bool is_safe(str text)
{
    for (; text.len; text = str_skip(text, 1))
        if (((unsigned char)text.ptr[0] & 0xc0) != 0x80 && unsafe_length(text))
            return false;
    return true;
}

static str safe_copy(struct arena *arena, str text)
{
    static const char digits[] = "0123456789abcdef";
    if (str_is_utf8(text) && is_safe(text))
        return arena_copy(arena, text);
    char *bytes = arena_take(arena, text.len * 4 + 1);
    size_t used = 0;
    for (size_t i = 0; bytes && i < text.len;) {
        uint32_t code_point;
        size_t unsafe = unsafe_length(str_skip(text, i));
        size_t plain = unsafe ? 0 : str_character(str_skip(text, i), &code_point);
        for (size_t j = 0; j < unsafe; j++, i++) {
            unsigned char byte = (unsigned char)text.ptr[i];
            bytes[used++] = '\\';
            bytes[used++] = 'x';
            bytes[used++] = digits[byte >> 4];
            bytes[used++] = digits[byte & 15];
        }
        for (size_t j = 0; j < plain; j++)
            bytes[used++] = text.ptr[i++];
    }
    return (str){bytes, used};
}

static bool add_row(struct console_table *table)
{
    struct console_row *row =
        arena_take(&table->arena, sizeof *row + table->count * sizeof row->cells[0]);
    if (!row)
        return false;
    if (table->last)
        table->last->next = row;
    else
        table->first = row;
    table->last = row;
    table->used = 0;
    return true;
}

void console_table_cell(struct console_table *table, str text)
{
    if (table->full || (table->used == table->count && !add_row(table))) {
        table->full = true;
        return;
    }
    str cell = safe_copy(&table->arena, text);
    table->full = table->arena.full;
    uint32_t width = cell_width(cell);
    if (width > table->widths[table->used])
        table->widths[table->used] = width;
    table->last->cells[table->used++] = cell;
}

void console_table_number(struct console_table *table, int64_t value)
{
    struct buf text;
    buf_init(&text, 32);
    buf_i64(&text, value);
    console_table_cell(table, buf_str(&text));
    buf_finish(&text);
}

// Takes cells from the widest left-aligned column until the line fits or none is left to cut.
static void fit(const struct console_table *table, uint32_t width, uint32_t *widths)
{
    uint32_t sum = GAP * (table->count - 1);
    for (uint32_t i = 0; i < table->count; i++) {
        widths[i] = table->widths[i];
        if (width > NARROWEST && widths[i] > width && !table->columns[i].right)
            widths[i] = width;
        sum += widths[i];
    }
    while (width > 0 && sum > width) {
        uint32_t widest = table->count;
        for (uint32_t i = 0; i < table->count; i++)
            if (!table->columns[i].right && widths[i] > NARROWEST &&
                (widest == table->count || widths[i] > widths[widest]))
                widest = i;
        if (widest == table->count)
            return;
        widths[widest]--;
        sum--;
    }
}

static void add_blanks(struct buf *out, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        buf_byte(out, ' ');
}

static void write_cell(str cell, uint32_t width, bool right, struct buf *out)
{
    bool cut = cell_width(cell) > width;
    str shown = cut ? cell_head(cell, width - 1) : cell;
    uint32_t used = cell_width(shown) + cut;
    if (right)
        add_blanks(out, width - used);
    buf_add(out, shown);
    if (cut)
        buf_add(out, S("\u2026")); // an ellipsis
    if (!right)
        add_blanks(out, width - used);
}

static void end_line(struct buf *out, size_t start)
{
    while (!out->overflow && out->len > start && out->ptr[out->len - 1] == ' ')
        out->len--;
    buf_byte(out, '\n');
}

void console_table_write(const struct console_table *table, uint32_t width, struct buf *out)
{
    uint32_t widths[CONSOLE_COLUMNS_MAX];
    fit(table, width, widths);
    size_t start = out->len;
    for (uint32_t i = 0; i < table->count; i++) {
        add_blanks(out, i ? GAP : 0);
        write_cell(str_from(table->columns[i].title), widths[i], table->columns[i].right, out);
    }
    end_line(out, start);
    for (const struct console_row *row = table->first; row; row = row->next) {
        start = out->len;
        for (uint32_t i = 0; i < table->count; i++) {
            add_blanks(out, i ? GAP : 0);
            write_cell(row->cells[i], widths[i], table->columns[i].right, out);
        }
        end_line(out, start);
    }
}
