#include "cmd/node_file.h"
#include "base/money.h"
#include "base/must.h"
#include "base/size.h"
#include "core/inventory/node_class.h"
#include "core/inventory/site.h"
#include "text/csv.h"
#include "text/suggest.h"
#include "text/yaml.h"
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum { ARENA_BYTES = 2000 * 1000 * 1000, MIB = 1 << 30 };

const struct node_column_row *node_column(enum node_column column)
{
#define X(id, ...) [id] = {__VA_ARGS__},
    static const struct node_column_row rows[] = {NODE_COLUMNS(X)};
#undef X
    return &rows[column];
}

static void mistake_add(struct node_file *file, uint32_t line, uint32_t column, str text)
{
    if (file->mistake_count == file->mistake_room) {
        file->mistake_room = file->mistake_room ? file->mistake_room * 2 : 64;
        file->mistakes = realloc(file->mistakes, file->mistake_room * sizeof *file->mistakes);
        must(file->mistakes);
    }
    file->mistakes[file->mistake_count++] =
        (struct node_mistake){line, column, arena_copy(&file->arena, text)};
}

void node_file_wrong(struct node_file *file, const struct node_row *row,
                     const struct node_cell *cell, const char *format, ...)
{
    char text[600];
    va_list list;
    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    bool there = cell && cell->line;
    mistake_add(file, there ? cell->line : row->line, there ? cell->column : 1, str_from(text));
}

static int by_place(const void *a, const void *b)
{
    const struct node_mistake *x = a, *y = b;
    if (x->line != y->line)
        return x->line < y->line ? -1 : 1;
    return x->column < y->column ? -1 : x->column > y->column;
}

void node_file_print(struct node_file *file, FILE *out)
{
    if (file->mistake_count)
        qsort(file->mistakes, file->mistake_count, sizeof *file->mistakes, by_place);
    for (uint32_t i = 0; i < file->mistake_count; i++) {
        const struct node_mistake *mistake = &file->mistakes[i];
        fprintf(out, "%s:%" PRIu32 ":%" PRIu32 ": %.*s\n", file->name, mistake->line,
                mistake->column, STR(mistake->text));
    }
}

void node_file_finish(struct node_file *file)
{
    arena_finish(&file->arena);
    free(file->rows);
    free(file->mistakes);
    *file = (struct node_file){0};
}

static struct node_row *row_add(struct node_file *file, uint32_t line)
{
    if (file->count == file->room) {
        file->room = file->room ? file->room * 2 : 256;
        file->rows = realloc(file->rows, file->room * sizeof *file->rows);
        must(file->rows);
    }
    struct node_row *row = &file->rows[file->count++];
    *row = (struct node_row){.line = line};
    return row;
}

// --- cells ---

static bool number_of(const struct node_column_row *column, str text, int64_t *ret_number)
{
    decimal number;
    switch ((uint32_t)column->form) {
    case CELL_NUMBER:
        return str_to_i64(text, ret_number);
    case CELL_MILLI:
        if (!decimal_parse(text, 3, &number))
            return false;
        for (; number.scale < 3; number.scale++)
            if (__builtin_mul_overflow(number.value, 10, &number.value))
                return false;
        *ret_number = number.value;
        return true;
    default:
        if (!size_parse(text, ret_number) || *ret_number % (1 << 20))
            return false;
        *ret_number >>= 20;
        return true;
    }
}

static const char *form_text(enum cell_form form)
{
    static const char *const texts[] = {
        [CELL_TEXT] = "a text",
        [CELL_NAME] = "a name of letters, digits, - _ and ., the first a letter or digit",
        [CELL_NUMBER] = "a whole number",
        [CELL_MILLI] = "a number with at most three digits behind the point",
        [CELL_SIZE] = "an amount of memory in whole MiB, such as 960GiB",
        [CELL_COUNTRY] = "a country of two capital letters, such as TW",
        [CELL_LABELS] = "key=value with commas between, each key once",
    };
    return texts[form];
}

static bool text_good(const struct node_column_row *column, str text)
{
    char labels[128] = {0};
    switch ((uint32_t)column->form) {
    case CELL_NAME:
        return column->most > 31 ? node_name_valid(text) : place_name_valid(text);
    case CELL_COUNTRY:
        return country_valid(text);
    case CELL_LABELS:
        return labels_merge(labels, text);
    default:
        return true;
    }
}

static void cell_check(struct node_file *file, const struct node_row *row, enum node_column which)
{
    struct node_cell *cell = &file->rows[file->count - 1].cell[which];
    const struct node_column_row *column = node_column(which);
    bool counts =
        column->form == CELL_NUMBER || column->form == CELL_MILLI || column->form == CELL_SIZE;
    int shown = cell->text.len > 60 ? 60 : (int)cell->text.len;
    if (cell->text.len == 0) {
        if (column->required)
            node_file_wrong(file, row, cell, "%s is missing: give %s", column->name,
                            form_text(column->form));
        return;
    }
    if (counts ? !number_of(column, cell->text, &cell->number) : !text_good(column, cell->text)) {
        node_file_wrong(file, row, cell, "%s is \"%.*s\": give %s", column->name, shown,
                        cell->text.ptr, form_text(column->form));
        return;
    }
    if (counts && (cell->number < column->least || cell->number > column->most))
        node_file_wrong(file, row, cell,
                        "%s is %.*s: it must be within %" PRId64 " and %" PRId64 "%s", column->name,
                        shown, cell->text.ptr, column->least, column->most,
                        column->form == CELL_SIZE    ? " MiB"
                        : column->form == CELL_MILLI ? " thousandths"
                                                     : "");
    if (!counts && (int64_t)cell->text.len > column->most)
        node_file_wrong(file, row, cell, "%s has %zu bytes: at most %" PRId64, column->name,
                        cell->text.len, column->most);
}

static void row_check(struct node_file *file)
{
    for (uint32_t i = 0; i < NODE_COLUMN_COUNT; i++)
        cell_check(file, &file->rows[file->count - 1], (enum node_column)i);
}

// --- CSV ---

struct header {
    uint32_t count;
    int column[CSV_FIELDS_MAX]; // -1: no such column
};

static int column_find(str name)
{
    for (uint32_t i = 0; i < NODE_COLUMN_COUNT; i++)
        if (str_is(name, str_from(node_column((enum node_column)i)->name)))
            return (int)i;
    return -1;
}

static void column_unknown(struct node_file *file, const struct csv_field *field)
{
    struct suggestion near;
    struct node_row row = {.line = field->line};
    struct node_cell cell = {.line = field->line, .column = field->column};
    suggest_init(&near, field->text);
    for (uint32_t i = 0; i < NODE_COLUMN_COUNT; i++)
        suggest_try(&near, str_from(node_column((enum node_column)i)->name));
    str nearest = suggest_nearest(&near);
    int shown = field->text.len > 60 ? 60 : (int)field->text.len;
    if (nearest.len)
        node_file_wrong(file, &row, &cell, "no such column \"%.*s\"; did you mean \"%.*s\"?", shown,
                        field->text.ptr, STR(nearest));
    else
        node_file_wrong(file, &row, &cell,
                        "no such column \"%.*s\"; take it out or see: "
                        "tatara help node import",
                        shown, field->text.ptr);
}

static bool header_read(struct node_file *file, const struct csv *csv, struct header *header)
{
    uint32_t before = file->mistake_count;
    struct node_row row = {.line = csv->field[0].line};
    bool seen[NODE_COLUMN_COUNT] = {0};
    header->count = csv->count;
    for (uint32_t i = 0; i < csv->count; i++) {
        const struct csv_field *field = &csv->field[i];
        struct node_cell cell = {.line = field->line, .column = field->column};
        int column = header->column[i] = column_find(str_trim(field->text));
        if (column < 0)
            column_unknown(file, field);
        else if (seen[column])
            node_file_wrong(file, &row, &cell, "column \"%.*s\" stands there twice",
                            STR(field->text));
        if (column >= 0)
            seen[column] = true;
    }
    for (uint32_t i = 0; i < NODE_COLUMN_COUNT; i++)
        if (!seen[i] && node_column((enum node_column)i)->required)
            node_file_wrong(file, &row, NULL, "column \"%s\" is missing in the first line",
                            node_column((enum node_column)i)->name);
    return file->mistake_count == before;
}

static void record_read(struct node_file *file, const struct csv *csv, const struct header *header)
{
    struct node_row *row = row_add(file, csv->field[0].line);
    if (csv->count != header->count) {
        node_file_wrong(file, row, NULL,
                        "%" PRIu32 " fields, but the first line names %" PRIu32
                        " columns: add or quote what is between commas",
                        csv->count, header->count);
        file->count--;
        return;
    }
    for (uint32_t i = 0; i < csv->count; i++) {
        const struct csv_field *field = &csv->field[i];
        if (header->column[i] >= 0)
            row->cell[header->column[i]] =
                (struct node_cell){.text = arena_copy(&file->arena, str_trim(field->text)),
                                   .line = field->line,
                                   .column = field->column};
    }
    row_check(file);
}

// The reader's own "FILE:LINE:COLUMN: what".
static void reader_wrong(struct node_file *file, const char *text)
{
    size_t head = strlen(file->name);
    uint32_t line = 1, column = 1;
    int used = 0;
    if (strncmp(text, file->name, head) == 0 &&
        sscanf(text + head, ":%" SCNu32 ":%" SCNu32 ": %n", &line, &column, &used) == 2 && used)
        text += head + (size_t)used;
    mistake_add(file, line, column, str_from(text));
}

static void csv_read(struct node_file *file, str text)
{
    struct csv csv;
    struct err err;
    struct header header = {0};
    bool good = true;
    csv_init(&csv, file->name, text);
    for (enum csv_step step; (step = csv_next(&csv, &err)) != CSV_END;) {
        if (step == CSV_WRONG)
            reader_wrong(file, err.text);
        else if (header.count == 0)
            good = header_read(file, &csv, &header);
        else if (good)
            record_read(file, &csv, &header);
    }
    csv_finish(&csv);
    if (file->count == 0 && file->mistake_count == 0)
        mistake_add(file, 1, 1, S("no nodes: the first line names columns, each line is a node"));
}

// --- YAML ---

static enum yaml_type type_of(enum cell_form form)
{
    return form == CELL_NUMBER  ? YAML_INTEGER
           : form == CELL_MILLI ? YAML_DECIMAL
           : form == CELL_SIZE  ? YAML_SIZE
                                : YAML_TEXT;
}

static void yaml_rows(struct node_file *file, const struct yaml_value *root)
{
    const struct yaml_value *list = yaml_get(root, "nodes");
    for (const struct yaml_value *node = list ? list->first : NULL; node; node = node->next) {
        struct node_row *row = row_add(file, node->line);
        for (uint32_t i = 0; i < NODE_COLUMN_COUNT; i++) {
            const struct yaml_value *value = yaml_get(node, node_column((enum node_column)i)->name);
            if (value)
                row->cell[i] = (struct node_cell){
                    .text = value->text, .line = value->line, .column = value->column};
        }
        row_check(file);
    }
}

static void yaml_file_read(struct node_file *file, str text)
{
    struct yaml_key keys[NODE_COLUMN_COUNT + 1] = {
        {.path = "nodes", .type = YAML_OBJECTS, .required = true, .min = 1, .max = 10000000}
    };
    for (uint32_t i = 0; i < NODE_COLUMN_COUNT; i++) {
        const struct node_column_row *column = node_column((enum node_column)i);
        keys[i + 1] =
            (struct yaml_key){.path = arena_format(&file->arena, "nodes.%s", column->name).ptr,
                              .type = type_of(column->form),
                              .required = column->required,
                              .doc = form_text(column->form)};
    }
    struct yaml_schema schema = {keys, NODE_COLUMN_COUNT + 1};
    struct yaml_report report;
    yaml_report_init(&report);
    const struct yaml_value *root = yaml_read(&schema, file->name, text, &file->arena, &report);
    str rest = buf_str(&report.text), line;
    while (str_cut(rest, '\n', &line, &rest))
        reader_wrong(file, arena_cstr(&file->arena, line));
    if (rest.len)
        reader_wrong(file, arena_cstr(&file->arena, rest));
    yaml_report_finish(&report);
    if (root)
        yaml_rows(file, root);
}

void node_file_read(struct node_file *file, const char *name, str text)
{
    *file = (struct node_file){.name = name};
    arena_init(&file->arena, ARENA_BYTES);
    str path = str_from(name);
    if (str_ends(path, S(".yaml")) || str_ends(path, S(".yml")))
        yaml_file_read(file, text);
    else
        csv_read(file, text);
}
