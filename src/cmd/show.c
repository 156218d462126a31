#include "cmd/show.h"
#include "base/instant.h"
#include "base/money.h"
#include "text/cell_width.h"
#include "text/console_table.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { LINE_BYTES_MAX = 64 * 1024 * 1024, PAGE = 1000 };

// --- one value ---

static bool read_number(const struct json *value, int64_t *ret_number)
{
    if (value->kind == JSON_INTEGER) {
        *ret_number = value->integer;
        return true;
    }
    return value->kind == JSON_TEXT && str_to_i64(value->text, ret_number);
}

static void show_time(str text, struct buf *out)
{
    int64_t time_us;
    if (!instant_parse(text, &time_us))
        buf_add(out, text);
    else
        instant_text(time_us - time_us % SECOND_US, out);
}

// A number with a unit that grows with it: 1.5 GiB, 12.3 kJ.
static void show_scaled(int64_t value, int64_t step, const char *const *units, struct buf *out)
{
    int64_t unit = 1;
    while (value / unit >= step && units[1]) {
        unit *= step;
        units++;
    }
    if (unit == 1 || value % unit == 0)
        buf_format(out, "%" PRId64 " %s", value / unit, *units);
    else
        buf_format(out, "%" PRId64 ".%" PRId64 " %s", value / unit, value % unit * 10 / unit,
                   *units);
}

static void show_money(const struct json *value, struct buf *out)
{
    enum currency currency;
    int64_t minor;
    str code = api_text(value, "currency"), amount = api_text(value, "amount");
    if (amount.len == 0)
        amount = api_text(value, "exact");
    bool known = currency_parse(code, &currency);
    if (known && money_parse(amount, currency, &currency, &minor)) {
        money_text(currency, minor, out);
        return;
    }
    buf_add(out, !known ? code : currency == CURRENCY_JPY ? S("¥") : S("$"));
    buf_add(out, known ? S("") : S(" "));
    buf_add(out, amount);
}

static void show_number(const struct json *value, enum form form, struct buf *out)
{
    static const char *const bytes[] = {"B", "KiB", "MiB", "GiB", "TiB", NULL};
    static const char *const joules[] = {"J", "kJ", "MJ", "GJ", NULL};
    int64_t number;
    if (!read_number(value, &number)) {
        buf_add(out, value->text);
        return;
    }
    if (form == SHOW_SPAN)
        duration_text(number * MS_US, out);
    else if (form == SHOW_ENERGY)
        show_scaled(number, 1000, joules, out);
    else if (form == SHOW_MEMORY)
        show_scaled(number, 1024, bytes + 2, out);
    else if (form == SHOW_BYTES)
        show_scaled(number, 1024, bytes, out);
    else
        buf_i64(out, number);
}

static void show_texts(const struct json *value, struct buf *out)
{
    if (value->kind != JSON_ARRAY || value->count == 0) {
        buf_add(out, value->kind == JSON_TEXT ? value->text : S("-"));
        return;
    }
    for (const struct json *item = value->first; item; item = item->next) {
        buf_add(out, item == value->first ? S("") : S(" "));
        buf_add(out, item->text);
    }
}

void show_value(const struct json *object, const struct show_field *field, struct buf *out)
{
    const struct json *value = api_member(object, field->member);
    size_t before = out->len;
    if (!value || value->kind == JSON_NULL) {
        buf_byte(out, '-');
        return;
    }
    if (value->kind == JSON_TRUE || value->kind == JSON_FALSE)
        buf_add(out, value->kind == JSON_TRUE ? S("yes") : S("no"));
    else if (field->form == SHOW_MONEY)
        show_money(value, out);
    else if (field->form == SHOW_TIME)
        show_time(value->text, out);
    else if (field->form == SHOW_LIST)
        show_texts(value, out);
    else if (field->form == SHOW_TEXT || field->form == SHOW_YES)
        buf_add(out, value->text);
    else
        show_number(value, field->form, out);
    if (out->len == before)
        buf_byte(out, '-');
}

void show_safe(str text, FILE *out)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (c < ' ' || c == 0x7f)
            fprintf(out, "\\x%02x", c);
        else
            fputc(c, out);
    }
}

// --- things and lists ---

void show_json(const struct json *thing)
{
    struct buf line;
    struct err err;
    buf_init(&line, LINE_BYTES_MAX);
    if (json_write_canonical(thing, &line, &err))
        printf("%.*s\n", STR(buf_str(&line)));
    else
        fprintf(stderr, "error: %s\n", err.text);
    buf_finish(&line);
}

void show_thing(const struct invocation *invocation, const struct json *thing,
                const struct show_field *fields)
{
    if (invocation->json) {
        show_json(thing);
        return;
    }
    int width = 0;
    for (const struct show_field *field = fields; field->title; field++)
        if ((int)cell_width(str_from(field->title)) > width)
            width = (int)cell_width(str_from(field->title));
    struct buf value;
    buf_init(&value, LINE_BYTES_MAX);
    for (const struct show_field *field = fields; field->title; field++) {
        buf_clear(&value);
        show_value(thing, field, &value);
        int blanks = width - (int)cell_width(str_from(field->title));
        printf("%s%*s%s", field->title, blanks, "", width > 0 ? "  " : "");
        show_safe(buf_str(&value), stdout);
        putchar('\n');
    }
    buf_finish(&value);
}

static uint32_t terminal_width(void)
{
    struct winsize size;
    if (isatty(STDOUT_FILENO) && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0)
        return size.ws_col;
    return 0;
}

static bool is_right(enum form form)
{
    return form != SHOW_TEXT && form != SHOW_TIME && form != SHOW_YES && form != SHOW_LIST;
}

// A list as it is gathered, page by page.
struct gathered {
    const struct invocation *invocation;
    const struct show_field *fields;
    struct console_column columns[CONSOLE_COLUMNS_MAX];
    struct console_table table;
    uint32_t count;
};

static void gather_init(struct gathered *gathered, const struct invocation *invocation,
                        const struct show_field *fields)
{
    uint32_t count = 0;
    *gathered = (struct gathered){.invocation = invocation, .fields = fields};
    for (; fields[count].title && count < CONSOLE_COLUMNS_MAX; count++)
        gathered->columns[count] =
            (struct console_column){fields[count].title, is_right(fields[count].form)};
    console_table_init(&gathered->table, gathered->columns, count);
}

static void gather(struct gathered *gathered, const struct json *items)
{
    struct buf value;
    buf_init(&value, LINE_BYTES_MAX);
    for (const struct json *item = items ? items->first : NULL; item; item = item->next) {
        gathered->count++;
        if (gathered->invocation->json) {
            show_json(item);
            continue;
        }
        for (const struct show_field *field = gathered->fields; field->title; field++) {
            buf_clear(&value);
            show_value(item, field, &value);
            console_table_cell(&gathered->table, buf_str(&value));
        }
    }
    buf_finish(&value);
}

static void gather_print(struct gathered *gathered, const char *none)
{
    struct buf text;
    buf_init(&text, LINE_BYTES_MAX);
    if (!gathered->invocation->json && gathered->count > 0) {
        console_table_write(&gathered->table, terminal_width(), &text);
        fwrite(text.ptr, 1, text.len, stdout);
    } else if (none && gathered->count == 0 && !gathered->invocation->json &&
               !gathered->invocation->quiet) {
        fprintf(stderr, "%s\n", none);
    }
    buf_finish(&text);
    console_table_finish(&gathered->table);
}

void show_items(const struct invocation *invocation, const struct json *items,
                const struct show_field *fields, const char *none)
{
    struct gathered gathered;
    gather_init(&gathered, invocation, fields);
    gather(&gathered, items);
    gather_print(&gathered, none);
}

// One page; the path of the next goes to `after`, empty when it was the last.
static int get_page(struct api *api, str path, struct buf *after, struct gathered *gathered)
{
    struct buf paged;
    buf_init(&paged, FETCH_URL_MAX);
    buf_add(&paged, path);
    if (after->len > 0)
        api_query(&paged, "after", buf_cstr(after));
    struct call call = {.path = buf_str(&paged)};
    struct call_answer answer;
    int code = api_call(api, &call, &answer);
    buf_clear(after);
    if (code == EXIT_DONE) {
        const struct json *next = api_member(answer.json, "next");
        gather(gathered, api_member(answer.json, "items"));
        if (next && next->kind == JSON_TEXT)
            buf_add(after, next->text);
        else if (next && next->kind == JSON_INTEGER)
            buf_i64(after, next->integer);
    }
    call_answer_finish(&answer);
    buf_finish(&paged);
    return code;
}

int show_list(const struct invocation *invocation, str path, const struct show_field *fields,
              const char *none)
{
    struct api api;
    int code = api_open(&api, invocation);
    if (code != EXIT_DONE)
        return code;
    struct gathered gathered;
    struct buf paged, after;
    buf_init(&paged, FETCH_URL_MAX);
    buf_init(&after, 256);
    buf_add(&paged, path);
    const struct option_value *limit = options_find(&invocation->options, "limit");
    char most[32];
    snprintf(most, sizeof most, "%" PRId64, limit ? limit->number : PAGE);
    api_query(&paged, "limit", most);
    buf_add(&after, str_from(options_text(&invocation->options, "after")));
    gather_init(&gathered, invocation, fields);
    do {
        code = get_page(&api, buf_str(&paged), &after, &gathered);
    } while (code == EXIT_DONE && after.len > 0 && !limit);
    gather_print(&gathered, code == EXIT_DONE ? none : NULL);
    buf_finish(&paged);
    buf_finish(&after);
    api_close(&api);
    return code;
}

int show_one(const struct invocation *invocation, str path, const struct show_field *fields)
{
    struct api api;
    int code = api_open(&api, invocation);
    if (code != EXIT_DONE)
        return code;
    struct call call = {.path = path};
    struct call_answer answer;
    code = api_call(&api, &call, &answer);
    if (code == EXIT_DONE)
        show_thing(invocation, answer.json, fields);
    call_answer_finish(&answer);
    api_close(&api);
    return code;
}
