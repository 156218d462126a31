#include "text/csv.h"
#include <string.h>

enum { RECORD_MAX = 1 << 20 };

void csv_init(struct csv *csv, const char *file, str text)
{
    *csv = (struct csv){.file = file, .rest = text, .line = 1, .column = 1};
    buf_init(&csv->text, RECORD_MAX);
    if (str_starts(text, S("\xef\xbb\xbf")))
        csv->rest = str_skip(text, 3);
}

void csv_finish(struct csv *csv)
{
    buf_finish(&csv->text);
    *csv = (struct csv){0};
}

static bool at_line_end(const struct csv *csv)
{
    return csv->rest.len == 0 || csv->rest.ptr[0] == '\n' || str_starts(csv->rest, S("\r\n"));
}

static void step(struct csv *csv, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++) {
        csv->column++;
        if (csv->rest.ptr[i] == '\n') {
            csv->line++;
            csv->column = 1;
        }
    }
    csv->rest = str_skip(csv->rest, bytes);
}

static void end_line(struct csv *csv)
{
    if (csv->rest.len)
        step(csv, csv->rest.ptr[0] == '\r' ? 2 : 1);
}

static enum csv_step wrong(struct csv *csv, const struct csv_field *at, const char *what,
                           struct err *err)
{
    err_set(err, "%s:%u:%u: %s", csv->file, at->line, at->column, what);
    while (!at_line_end(csv))
        step(csv, 1);
    end_line(csv);
    return CSV_WRONG;
}

static void take_plain(struct csv *csv, struct csv_field *field)
{
    const char *from = csv->rest.ptr;
    size_t len = 0;
    while (csv->rest.len && csv->rest.ptr[0] != ',' && !at_line_end(csv)) {
        step(csv, 1);
        len++;
    }
    field->text = (str){from, len};
}

// The text of a quoted field goes to csv->text; field->text.len is set now, its pointer when the
// whole record is there, because the buffer may move. NULL: fine.
static const char *take_quoted(struct csv *csv, struct csv_field *field)
{
    size_t from = csv->text.len;
    step(csv, 1);
    for (;;) {
        if (csv->rest.len == 0)
            return "a quote is opened and never closed; close it with \"";
        char byte = csv->rest.ptr[0];
        bool twice = str_starts(csv->rest, S("\"\""));
        step(csv, twice ? 2 : 1);
        if (byte == '"' && !twice)
            break;
        buf_byte(&csv->text, byte);
    }
    if (csv->text.overflow)
        return "this record is longer than 1 MiB; shorten it";
    field->text = (str){NULL, csv->text.len - from};
    if (csv->rest.len && csv->rest.ptr[0] != ',' && !at_line_end(csv))
        return "text behind a closing quote; write \"\" for a quote inside quotes";
    return NULL;
}

// The fields of one record up to its line end; NULL: fine.
static const char *take_fields(struct csv *csv)
{
    for (;;) {
        struct csv_field *field = &csv->field[csv->count++];
        *field = (struct csv_field){.line = csv->line, .column = csv->column};
        const char *what = NULL;
        if (csv->rest.len && csv->rest.ptr[0] == '"')
            what = take_quoted(csv, field);
        else
            take_plain(csv, field);
        if (what || at_line_end(csv))
            return what;
        step(csv, 1);
        if (csv->count == CSV_FIELDS_MAX)
            return "more than 64 fields; remove what is not needed";
    }
}

// Quoted texts lie in the buffer one behind the other.
static void place_quoted(struct csv *csv)
{
    const char *at = csv->text.ptr;
    for (uint32_t i = 0; i < csv->count; i++) {
        str *text = &csv->field[i].text;
        if (text->ptr)
            continue;
        *text = text->len ? (str){at, text->len} : S("");
        at += text->len;
    }
}

enum csv_step csv_next(struct csv *csv, struct err *err)
{
    while (csv->rest.len && at_line_end(csv))
        end_line(csv);
    if (csv->rest.len == 0)
        return CSV_END;
    csv->count = 0;
    buf_clear(&csv->text);
    const char *what = take_fields(csv);
    if (what)
        return wrong(csv, &csv->field[csv->count - 1], what, err);
    place_quoted(csv);
    for (uint32_t i = 0; i < csv->count; i++) {
        str text = csv->field[i].text;
        if (!str_is_utf8(text) || memchr(text.ptr, 0, text.len))
            return wrong(csv, &csv->field[i], "not UTF-8 text; save the file as UTF-8", err);
    }
    end_line(csv);
    return CSV_RECORD;
}
