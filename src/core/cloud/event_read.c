// The decoder: a cursor over one line that expects just what event_encode writes. At the end the
// event is encoded again and must give the same bytes, so no form below has to be strict alone.
#include "base/codec.h"
#include "base/must.h"
#include "core/cloud/event.h"
#include "core/cloud/event_table.h"
#include <string.h>

enum { EVENT_BYTES_MAX = 64 * 1024 };

struct cursor {
    const char *at, *end;
};

static bool expect(struct cursor *cursor, str text)
{
    if ((size_t)(cursor->end - cursor->at) < text.len ||
        memcmp(cursor->at, text.ptr, text.len) != 0)
        return false;
    cursor->at += text.len;
    return true;
}

// The bytes up to a mark, which is stepped over.
static bool until(struct cursor *cursor, char mark, str *ret_text)
{
    const char *found = memchr(cursor->at, mark, (size_t)(cursor->end - cursor->at));
    if (!found)
        return false;
    *ret_text = (str){cursor->at, (size_t)(found - cursor->at)};
    cursor->at = found + 1;
    return true;
}

static bool quoted(struct cursor *cursor, str *ret_text)
{
    return expect(cursor, S("\"")) && until(cursor, '"', ret_text);
}

static bool number(struct cursor *cursor, int64_t *ret_value)
{
    const char *from = cursor->at;
    while (cursor->at < cursor->end &&
           (*cursor->at == '-' || (*cursor->at >= '0' && *cursor->at <= '9')))
        cursor->at++;
    return str_to_i64((str){from, (size_t)(cursor->at - from)}, ret_value);
}

static bool small(struct cursor *cursor, uint32_t *ret_value)
{
    int64_t value;
    if (!number(cursor, &value) || value < 0 || value > UINT32_MAX)
        return false;
    *ret_value = (uint32_t)value;
    return true;
}

static bool big(struct cursor *cursor, int64_t *ret_value)
{
    str text;
    return quoted(cursor, &text) && str_to_i64(text, ret_value);
}

static bool id(struct cursor *cursor, str prefix, uint64_t *ret_value)
{
    if (expect(cursor, S("null"))) {
        *ret_value = 0;
        return true;
    }
    str text;
    size_t skip = prefix.len + 1;
    if (!quoted(cursor, &text) || text.len <= skip)
        return false;
    return str_to_u64(str_skip(text, skip), ret_value); // the prefix is compared by the re-encoding
}

// The escapes that RFC 8785 writes: \" \\ \b \t \n \f \r and \u00XX.
static bool unescape(struct cursor *cursor, char *ret_byte)
{
    static const char marks[] = "\"\\btnfr", bytes[] = "\"\\\b\t\n\f\r";
    if (cursor->at == cursor->end)
        return false;
    const char *found = memchr(marks, *cursor->at, sizeof marks - 1);
    if (found) {
        *ret_byte = bytes[found - marks];
        cursor->at++;
        return true;
    }
    uint8_t byte;
    if (!expect(cursor, S("u00")) || cursor->end - cursor->at < 2 ||
        !hex_decode((str){cursor->at, 2}, &byte, 1))
        return false;
    cursor->at += 2;
    *ret_byte = (char)byte;
    return byte != 0;
}

static bool text(struct cursor *cursor, char *ret_text, uint32_t size)
{
    if (!expect(cursor, S("\"")))
        return false;
    uint32_t length = 0;
    while (cursor->at < cursor->end && *cursor->at != '"') {
        char byte = *cursor->at++;
        if (length + 1 >= size || (byte == '\\' && !unescape(cursor, &byte)))
            return false;
        ret_text[length++] = byte;
    }
    return expect(cursor, S("\"")) && str_is_utf8((str){ret_text, length});
}

static bool transfers(struct cursor *cursor, struct posted *posted)
{
    if (!expect(cursor, S("[")))
        return false;
    while (!expect(cursor, S("]"))) {
        if (posted->count == POSTED_MAX || (posted->count && !expect(cursor, S(","))))
            return false;
        struct transfer *transfer = &posted->transfers[posted->count++];
        if (!expect(cursor, S("[")) || !id(cursor, S("book"), &transfer->debit) ||
            !expect(cursor, S(",")) || !id(cursor, S("book"), &transfer->credit) ||
            !expect(cursor, S(",")) || !big(cursor, &transfer->amount) || !expect(cursor, S("]")))
            return false;
    }
    return true;
}

static bool runs(struct cursor *cursor, struct lease_part_added *part)
{
    str devices;
    if (!expect(cursor, S("[")))
        return false;
    while (!expect(cursor, S("]"))) {
        if (part->count == LEASE_RUNS_MAX || (part->count && !expect(cursor, S(","))))
            return false;
        struct lease_run *run = &part->runs[part->count++];
        if (!expect(cursor, S("[")) || !id(cursor, S("node"), &run->node) ||
            !expect(cursor, S(",")) || !small(cursor, &run->count) || !expect(cursor, S(",")) ||
            !quoted(cursor, &devices) || !device_set_parse(devices, &run->devices) ||
            !expect(cursor, S("]")))
            return false;
    }
    return true;
}

static bool settings(struct cursor *cursor, struct opened *opened)
{
    if (!expect(cursor, S("{")))
        return false;
    while (!expect(cursor, S("}"))) {
        str key;
        enum setting setting;
        if ((opened->present && !expect(cursor, S(","))) || !quoted(cursor, &key) ||
            !setting_parse(key, &setting) || !expect(cursor, S(":")) ||
            !big(cursor, &opened->settings[setting]))
            return false;
        opened->present |= UINT64_C(1) << setting;
    }
    return true;
}

static bool array(struct cursor *cursor, const struct event_field_row *row, void *member)
{
    for (uint32_t i = 0; i < INVOICE_RATES_MAX; i++) {
        if (!expect(cursor, i ? S(",") : S("[")))
            return false;
        bool good = row->form == FIELD_BIGS ? big(cursor, (int64_t *)member + i)
                                            : small(cursor, (uint32_t *)member + i);
        if (!good)
            return false;
    }
    return expect(cursor, S("]"));
}

static bool find_word(const struct event_field_row *row, str word, uint32_t *ret_value)
{
    for (uint32_t i = 0; i < row->words; i++) {
        if (str_is(word, str_from(row->word(i)))) {
            *ret_value = i;
            return true;
        }
    }
    return false;
}

static bool find_kind(str word, enum event_kind *ret_kind)
{
    for (enum event_kind i = 0; i < EVENT_KIND_COUNT; i++) {
        if (str_is(word, event_kind_word(i))) {
            *ret_kind = i;
            return true;
        }
    }
    return false;
}

static bool word_field(struct cursor *cursor, const struct event_field_row *row,
                       uint32_t *ret_value)
{
    str word;
    enum currency currency;
    enum setting setting;
    if (!quoted(cursor, &word))
        return false;
    if (row->form == FIELD_CURRENCY) {
        bool good = currency_parse(word, &currency);
        *ret_value = good ? currency : 0;
        return good;
    }
    if (row->form == FIELD_SETTING) {
        bool good = setting_parse(word, &setting);
        *ret_value = good ? setting : 0;
        return good;
    }
    if (row->form == FIELD_COMMODITY)
        return commodity_parse(word, ret_value);
    if (row->form == FIELD_ZONE)
        return zone_parse(word, ret_value);
    if (row->form == FIELD_MONTH)
        return month_parse(word, ret_value);
    if (row->form == FIELD_KIND) // kind_of has found it
        return str_is(word, event_kind_word(*ret_value));
    return find_word(row, word, ret_value);
}

static bool decode_field(struct cursor *cursor, const struct event_field_row *row, void *member)
{
    int64_t value;
    str view;
    switch (row->form) {
    case FIELD_ID:
        return id(cursor, row->prefix, member);
    case FIELD_SEQ:
    case FIELD_TIME:
        return number(cursor, member);
    case FIELD_SIGNED:
        if (!number(cursor, &value) || value < INT32_MIN || value > INT32_MAX)
            return false;
        *(int32_t *)member = (int32_t)value;
        return true;
    case FIELD_NUMBER:
        return small(cursor, member);
    case FIELD_FLAG:
        *(uint32_t *)member = expect(cursor, S("true"));
        return *(uint32_t *)member || expect(cursor, S("false"));
    case FIELD_BIG:
        return big(cursor, member);
    case FIELD_TEXT:
        return text(cursor, member, row->size);
    case FIELD_DIGEST:
    case FIELD_HALF:
        return quoted(cursor, &view) && hex_decode(view, member, row->size);
    case FIELD_DEVICES:
        return quoted(cursor, &view) && device_set_parse(view, member);
    case FIELD_BIGS:
    case FIELD_NUMBERS:
        return array(cursor, row, member);
    case FIELD_RUNS:
        return runs(cursor, member);
    case FIELD_TRANSFERS:
        return transfers(cursor, member);
    case FIELD_SETTINGS:
        return settings(cursor, member);
    case FIELD_COMMODITY:
    case FIELD_CURRENCY:
    case FIELD_ZONE:
    case FIELD_MONTH:
    case FIELD_WORD:
    case FIELD_KIND:
    case FIELD_SETTING:
        return word_field(cursor, row, member);
    }
    return false;
}

// The kind stands somewhere in the middle: found first, since it names the fields.
static bool kind_of(str line, enum event_kind *ret_kind)
{
    static const char mark[] = "\"kind\":\"";
    const char *found = memmem(line.ptr, line.len, mark, sizeof mark - 1);
    if (!found)
        return false;
    struct cursor cursor = {found + sizeof mark - 2, line.ptr + line.len};
    str word;
    return quoted(&cursor, &word) && find_kind(word, ret_kind);
}

static bool fault(str line, const struct cursor *cursor, const struct event_field_row *row,
                  struct err *err)
{
    return err_set(err, "column %zu: %.*s is missing or not of its form",
                   (size_t)(cursor->at - line.ptr) + 1, (int)row->quoted.len - 1, row->quoted.ptr);
}

static bool same_again(str line, const struct event *event)
{
    struct buf again;
    buf_init(&again, EVENT_BYTES_MAX);
    buf_room(&again, line.len);
    event_encode(event, &again);
    bool same = str_is(line, buf_str(&again));
    buf_finish(&again);
    return same;
}

bool event_decode(str line, struct event *ret_event, struct err *err)
{
    struct event event;
    memset(&event, 0, sizeof event);
    if (!kind_of(line, &event.kind))
        return err_set(err, "no kind of event that this version knows; use the version that wrote "
                            "the journal, or a newer one");
    uint32_t count;
    const struct event_field_row *const *rows = event_fields(event.kind, &count);
    struct cursor cursor = {line.ptr, line.ptr + line.len};
    str mark = S("{");
    for (uint32_t i = 0; i < count; i++) {
        struct cursor before = cursor;
        if (!expect(&cursor, mark) || !expect(&cursor, rows[i]->quoted)) {
            cursor = before;
            if (rows[i]->form == FIELD_HALF || rows[i]->optional)
                continue;
            return fault(line, &cursor, rows[i], err);
        }
        if (!decode_field(&cursor, rows[i], (char *)&event + rows[i]->offset))
            return fault(line, &cursor, rows[i], err);
        mark = S(",");
    }
    if (!expect(&cursor, S("}")) || cursor.at != cursor.end || !same_again(line, &event))
        return err_set(err, "the line is not canonical (RFC 8785) or says more than its kind has");
    *ret_event = event;
    return true;
}
