#include "base/json.h"
#include "base/json_order.h"
#include "base/must.h"
#include "base/real.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

// The short form of a byte that must be escaped, 'u' where there is none, 0 for plain bytes.
static char escape_of(unsigned char byte)
{
    static const char controls[] = "uuuuuuuubtnufruuuuuuuuuuuuuuuuuu";
    if (byte < 0x20)
        return controls[byte];
    return byte == '"' || byte == '\\' ? (char)byte : 0;
}

// Without a branch in the loop, so that compilers look at many bytes at once.
static bool is_plain(str text)
{
    unsigned int escapes = 0;
    for (size_t i = 0; i < text.len; i++) {
        unsigned char byte = (unsigned char)text.ptr[i];
        escapes |= (byte < 0x20) | (byte == '"') | (byte == '\\');
    }
    return escapes == 0;
}

static void quote_plain(struct buf *buf, str text)
{
    char *room = buf_extend(buf, text.len + 2);
    if (!room)
        return;
    room[0] = '"';
    if (text.len)
        memcpy(room + 1, text.ptr, text.len);
    room[text.len + 1] = '"';
}

void json_quote(struct buf *buf, str text)
{
    static const char digits[] = "0123456789abcdef";
    if (is_plain(text)) {
        quote_plain(buf, text);
        return;
    }
    buf_byte(buf, '"');
    size_t plain = 0; // where the run of plain bytes began
    for (size_t i = 0; i < text.len; i++) {
        unsigned char byte = (unsigned char)text.ptr[i];
        char escape = escape_of(byte);
        if (!escape)
            continue;
        buf_add(buf, (str){text.ptr + plain, i - plain});
        plain = i + 1;
        char bytes[] = {'\\', escape, '0', '0', digits[byte >> 4], digits[byte & 15]};
        buf_add(buf, (str){bytes, escape == 'u' ? 6 : 2});
    }
    buf_add(buf, (str){text.ptr + plain, text.len - plain});
    buf_byte(buf, '"');
}

static bool write_value(const struct json *node, uint32_t depth, struct buf *out, struct err *err);

static bool is_sorted(const struct json *object)
{
    for (const struct json *member = object->first; member && member->next; member = member->next)
        if (json_name_order(member->name, member->next->name) >= 0)
            return false;
    return true;
}

static bool write_member(const struct json *member, bool first, uint32_t depth, struct buf *out,
                         struct err *err)
{
    if (!first)
        buf_byte(out, ',');
    json_quote(out, member->name);
    buf_byte(out, ':');
    return write_value(member, depth, out, err);
}

static bool write_sorted(const struct json *object, uint32_t depth, struct buf *out,
                         struct err *err)
{
    enum { NEAR = 32 };
    const struct json *near[2 * NEAR], **far = NULL, **members = near;
    if (object->count > NEAR) {
        members = far = calloc((size_t)object->count * 2, sizeof *far);
        must(far);
    }
    size_t count = 0;
    for (const struct json *member = object->first; member; member = member->next)
        members[count++] = member;
    must(count == object->count);
    json_sort(members, members + count, count);
    bool good = true;
    for (size_t i = 0; good && i < count; i++)
        good = write_member(members[i], i == 0, depth, out, err);
    free(far);
    return good;
}

static bool write_object(const struct json *object, uint32_t depth, struct buf *out,
                         struct err *err)
{
    buf_byte(out, '{');
    bool good = true;
    if (is_sorted(object)) {
        for (const struct json *member = object->first; good && member; member = member->next)
            good = write_member(member, member == object->first, depth, out, err);
    } else {
        good = write_sorted(object, depth, out, err);
    }
    buf_byte(out, '}');
    return good;
}

static bool write_array(const struct json *array, uint32_t depth, struct buf *out, struct err *err)
{
    buf_byte(out, '[');
    bool good = true;
    for (const struct json *child = array->first; good && child; child = child->next) {
        if (child != array->first)
            buf_byte(out, ',');
        good = write_value(child, depth, out, err);
    }
    buf_byte(out, ']');
    return good;
}

static bool write_integer(const struct json *node, struct buf *out, struct err *err)
{
    const int64_t limit = (INT64_C(1) << 53) - 1;
    if (node->integer > limit || node->integer < -limit)
        return err_set(err,
                       "line %u, column %u: the integer %" PRId64
                       " is outside +-(2^53 - 1): write it as a string",
                       node->line, node->column, node->integer);
    buf_i64(out, node->integer);
    return true;
}

static bool write_value(const struct json *node, uint32_t depth, struct buf *out, struct err *err)
{
    must(depth <= JSON_DEPTH_MAX);
    switch (node->kind) {
    case JSON_NULL:
        buf_add(out, S("null"));
        return true;
    case JSON_FALSE:
        buf_add(out, S("false"));
        return true;
    case JSON_TRUE:
        buf_add(out, S("true"));
        return true;
    case JSON_INTEGER:
        return write_integer(node, out, err);
    case JSON_REAL:
        real_text(node->real, out);
        return true;
    case JSON_TEXT:
        json_quote(out, node->text);
        return true;
    case JSON_ARRAY:
        return write_array(node, depth + 1, out, err);
    case JSON_OBJECT:
        return write_object(node, depth + 1, out, err);
    }
    must(false); // a kind nobody knows
    return false;
}

bool json_write_canonical(const struct json *root, struct buf *out, struct err *err)
{
    if (!write_value(root, 0, out, err))
        return false;
    if (out->overflow)
        return err_set(err, "the canonical JSON has more than the %zu bytes it may have",
                       out->limit);
    return true;
}

void json_out_init(struct json_out *out, struct buf *buf)
{
    *out = (struct json_out){.buf = buf};
}

static void before_value(struct json_out *out)
{
    if (out->comma)
        buf_byte(out->buf, ',');
    out->comma = true;
}

static void open(struct json_out *out, char mark, char close)
{
    must(out->depth < JSON_DEPTH_MAX);
    before_value(out);
    buf_byte(out->buf, mark);
    out->close[out->depth++] = close;
    out->comma = false;
}

void json_object(struct json_out *out)
{
    open(out, '{', '}');
}

void json_array(struct json_out *out)
{
    open(out, '[', ']');
}

void json_end(struct json_out *out)
{
    must(out->depth > 0);
    buf_byte(out->buf, out->close[--out->depth]);
    out->comma = true;
}

void json_name(struct json_out *out, str name)
{
    must(out->depth > 0 && out->close[out->depth - 1] == '}');
    before_value(out);
    json_quote(out->buf, name);
    buf_byte(out->buf, ':');
    out->comma = false;
}

void json_text(struct json_out *out, str text)
{
    before_value(out);
    json_quote(out->buf, text);
}

void json_i64(struct json_out *out, int64_t value)
{
    before_value(out);
    buf_i64(out->buf, value);
}

void json_u64(struct json_out *out, uint64_t value)
{
    before_value(out);
    buf_u64(out->buf, value);
}

void json_decimal_text(struct json_out *out, int64_t value)
{
    before_value(out);
    buf_byte(out->buf, '"');
    buf_i64(out->buf, value);
    buf_byte(out->buf, '"');
}

void json_bool(struct json_out *out, bool value)
{
    before_value(out);
    buf_add(out->buf, value ? S("true") : S("false"));
}

void json_null(struct json_out *out)
{
    before_value(out);
    buf_add(out->buf, S("null"));
}

void json_raw(struct json_out *out, str text)
{
    before_value(out);
    buf_add(out->buf, text);
}
