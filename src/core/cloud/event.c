#include "core/cloud/event.h"
#include "base/codec.h"
#include "base/json.h"
#include "base/must.h"
#include "core/cloud/event_table.h"
#include <string.h>

str event_kind_word(enum event_kind kind)
{
#define X(name, text, member, meaning) [name] = {text, sizeof(text) - 1},
    static const str words[] = {EVENT_KINDS(X)};
#undef X
    must(kind < EVENT_KIND_COUNT);
    return words[kind];
}

const char *event_kind_text(enum event_kind kind)
{
    return event_kind_word(kind).ptr;
}

const char *event_kind_meaning(enum event_kind kind)
{
#define X(name, text, member, meaning) [name] = meaning,
    static const char *const texts[] = {EVENT_KINDS(X)};
#undef X
    must(kind < EVENT_KIND_COUNT);
    return texts[kind];
}

static void quoted(struct buf *out, str text)
{
    buf_byte(out, '"');
    buf_add(out, text);
    buf_byte(out, '"');
}

static void big(struct buf *out, int64_t value)
{
    buf_byte(out, '"');
    buf_i64(out, value);
    buf_byte(out, '"');
}

static void id(struct buf *out, str prefix, uint64_t value)
{
    if (value == 0) {
        buf_add(out, S("null"));
        return;
    }
    buf_byte(out, '"');
    buf_add(out, prefix);
    buf_byte(out, '-');
    buf_u64(out, value);
    buf_byte(out, '"');
}

static void hex(struct buf *out, const uint8_t *bytes, size_t size)
{
    buf_byte(out, '"');
    char *room = buf_extend(out, size * 2);
    if (room)
        hex_encode(bytes, size, room);
    buf_byte(out, '"');
}

static void transfers(struct buf *out, const struct posted *posted)
{
    must(posted->count <= POSTED_MAX);
    buf_byte(out, '[');
    for (uint32_t i = 0; i < posted->count; i++) {
        const struct transfer *transfer = &posted->transfers[i];
        buf_add(out, i ? S(",[") : S("["));
        id(out, S("book"), transfer->debit);
        buf_byte(out, ',');
        id(out, S("book"), transfer->credit);
        buf_byte(out, ',');
        big(out, transfer->amount);
        buf_byte(out, ']');
    }
    buf_byte(out, ']');
}

static void runs(struct buf *out, const struct lease_part_added *part)
{
    must(part->count <= LEASE_RUNS_MAX);
    buf_byte(out, '[');
    for (uint32_t i = 0; i < part->count; i++) {
        const struct lease_run *run = &part->runs[i];
        buf_add(out, i ? S(",[") : S("["));
        id(out, S("node"), run->node);
        buf_byte(out, ',');
        buf_u64(out, run->count);
        buf_add(out, S(",\""));
        device_set_text(&run->devices, out);
        buf_add(out, S("\"]"));
    }
    buf_byte(out, ']');
}

// Settings are written by name: the order of their keys, not of their numbers.
static void settings(struct buf *out, const struct opened *opened)
{
    enum setting order[SETTING_COUNT];
    for (uint32_t i = 0; i < SETTING_COUNT; i++) {
        uint32_t at = i;
        str key = str_from(setting_row(i)->key);
        for (; at > 0 && str_order(str_from(setting_row(order[at - 1])->key), key) > 0; at--)
            order[at] = order[at - 1];
        order[at] = i;
    }
    buf_byte(out, '{');
    bool first = true;
    for (uint32_t i = 0; i < SETTING_COUNT; i++) {
        if (!(opened->present >> order[i] & 1))
            continue;
        if (!first)
            buf_byte(out, ',');
        first = false;
        quoted(out, str_from(setting_row(order[i])->key));
        buf_byte(out, ':');
        big(out, opened->settings[order[i]]);
    }
    buf_byte(out, '}');
}

static void with_quotes(struct buf *out, uint32_t value, void (*text)(uint32_t, struct buf *))
{
    buf_byte(out, '"');
    text(value, out);
    buf_byte(out, '"');
}

static void array(struct buf *out, const struct event_field_row *row, const void *member)
{
    buf_byte(out, '[');
    for (uint32_t i = 0; i < INVOICE_RATES_MAX; i++) {
        if (i)
            buf_byte(out, ',');
        if (row->form == FIELD_BIGS)
            big(out, ((const int64_t *)member)[i]);
        else
            buf_u64(out, ((const uint32_t *)member)[i]);
    }
    buf_byte(out, ']');
}

static void encode_word(struct buf *out, const struct event_field_row *row, uint32_t word)
{
    if (row->form == FIELD_NUMBER)
        buf_u64(out, word);
    else if (row->form == FIELD_FLAG)
        buf_add(out, word ? S("true") : S("false"));
    else if (row->form == FIELD_COMMODITY)
        with_quotes(out, word, commodity_text);
    else if (row->form == FIELD_MONTH)
        with_quotes(out, word, month_text);
    else if (row->form == FIELD_CURRENCY)
        json_quote(out, currency_code(word));
    else if (row->form == FIELD_ZONE)
        json_quote(out, zone_name(word));
    else if (row->form == FIELD_KIND)
        quoted(out, event_kind_word(word));
    else if (row->form == FIELD_SETTING)
        quoted(out, str_from(setting_row(word)->key));
    else
        quoted(out, str_from(row->word(word)));
}

static void encode_field(struct buf *out, const struct event_field_row *row, const void *member)
{
    switch (row->form) {
    case FIELD_ID:
        id(out, row->prefix, *(const uint64_t *)member);
        break;
    case FIELD_SEQ:
        buf_u64(out, *(const uint64_t *)member);
        break;
    case FIELD_TIME:
        buf_i64(out, *(const int64_t *)member);
        break;
    case FIELD_SIGNED:
        buf_i64(out, *(const int32_t *)member);
        break;
    case FIELD_BIG:
        big(out, *(const int64_t *)member);
        break;
    case FIELD_TEXT:
        json_quote(out, str_from(member));
        break;
    case FIELD_DIGEST:
    case FIELD_HALF:
        hex(out, member, row->size);
        break;
    case FIELD_DEVICES:
        buf_byte(out, '"');
        device_set_text(member, out);
        buf_byte(out, '"');
        break;
    case FIELD_BIGS:
    case FIELD_NUMBERS:
        array(out, row, member);
        break;
    case FIELD_RUNS:
        runs(out, member);
        break;
    case FIELD_TRANSFERS:
        transfers(out, member);
        break;
    case FIELD_SETTINGS:
        settings(out, member);
        break;
    case FIELD_NUMBER:
    case FIELD_FLAG:
    case FIELD_COMMODITY:
    case FIELD_CURRENCY:
    case FIELD_ZONE:
    case FIELD_MONTH:
    case FIELD_WORD:
    case FIELD_KIND:
    case FIELD_SETTING:
        encode_word(out, row, *(const uint32_t *)member);
        break;
    }
}

void event_encode(const struct event *event, struct buf *out)
{
    uint32_t count;
    const struct event_field_row *const *rows = event_fields(event->kind, &count);
    char mark = '{';
    for (uint32_t i = 0; i < count; i++) {
        const void *member = (const char *)event + rows[i]->offset;
        if (event_field_left_out(rows[i], member))
            continue;
        buf_byte(out, mark);
        buf_add(out, rows[i]->quoted);
        encode_field(out, rows[i], member);
        mark = ',';
    }
    buf_byte(out, '}');
}

bool event_field(enum event_kind kind, uint32_t index, struct event_field_text *ret_field)
{
    static const char *const forms[] = {
        [FIELD_ID] = "id",
        [FIELD_NUMBER] = "number",
        [FIELD_SIGNED] = "number",
        [FIELD_FLAG] = "true or false",
        [FIELD_BIG] = "integer as a string",
        [FIELD_SEQ] = "number",
        [FIELD_TIME] = "number",
        [FIELD_TEXT] = "text",
        [FIELD_DIGEST] = "32 bytes, hex",
        [FIELD_HALF] = "16 bytes, hex; may be absent",
        [FIELD_DEVICES] = "ranges, \"0-3,7\"",
        [FIELD_COMMODITY] = "commodity",
        [FIELD_CURRENCY] = "currency code",
        [FIELD_ZONE] = "time zone",
        [FIELD_MONTH] = "month, \"2026-11\"",
        [FIELD_WORD] = "word",
        [FIELD_KIND] = "word",
        [FIELD_BIGS] = "list of integers as strings",
        [FIELD_NUMBERS] = "list of numbers",
        [FIELD_RUNS] = "list of runs",
        [FIELD_TRANSFERS] = "list of transfers",
        [FIELD_SETTINGS] = "object",
        [FIELD_SETTING] = "word",
    };
    uint32_t count;
    const struct event_field_row *const *rows = event_fields(kind, &count);
    if (index >= count)
        return false;
    str name = {rows[index]->quoted.ptr + 1, rows[index]->quoted.len - 3};
    *ret_field = (struct event_field_text){name, forms[rows[index]->form], rows[index]->meaning,
                                           rows[index]->optional};
    return true;
}
