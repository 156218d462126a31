#include "base/json.h"
#include "base/json_order.h"
#include "base/must.h"
#include "base/real.h"
#include <stdlib.h>
#include <string.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "strings are scanned a word at a time");

// NODES: taken from the arena at once, at most. FEW: objects up to here are searched pair by pair.
enum { WORD = 8, NODES = 64, FEW = 16 };

// The text is copied into the arena once, with zero bytes behind it, and texts are decoded where
// they stand: a decoded text is never longer than what it was written as.
struct reader {
    char *start, *at, *end;
    char *line_start; // moved right by what the line's characters have beyond one byte
    uint32_t line, depth;
    struct arena *arena;
    struct json *nodes;
    uint32_t nodes_left, nodes_step;
    const struct json **members; // for sorting: 2 * members_max places
    size_t members_max;
    const char *problem_at, *problem;
};

static bool wrong(struct reader *reader, const char *at, const char *problem)
{
    reader->problem_at = at;
    reader->problem = problem;
    return false;
}

static struct json *take_node(struct reader *reader)
{
    if (reader->nodes_left == 0) {
        reader->nodes = arena_take(reader->arena, reader->nodes_step * sizeof *reader->nodes);
        if (!reader->nodes) {
            wrong(reader, reader->at, "the tree needs more memory than it may take");
            return NULL;
        }
        reader->nodes_left = reader->nodes_step;
    }
    reader->nodes_left--;
    return reader->nodes++;
}

static inline void skip_blank(struct reader *reader)
{
    char *at = reader->at;
    for (; *at == ' ' || *at == '\n' || *at == '\r' || *at == '\t'; at++) {
        if (*at != '\n')
            continue;
        reader->line++;
        reader->line_start = at + 1;
    }
    reader->at = at;
}

// The first byte that is not plain text: a quote, a backslash, a control or a byte above 0x7f.
// The top bit of a lane is set for such a byte, and a borrow reaches only lanes behind one.
static inline char *skip_plain(char *at)
{
    const uint64_t ones = 0x0101010101010101, tops = ones * 0x80;
    for (;; at += WORD) {
        uint64_t word;
        memcpy(&word, at, WORD);
        uint64_t quote = word ^ ones * '"', backslash = word ^ ones * '\\';
        uint64_t found = (word | (~word & (word - ones * 0x20)) | (~quote & (quote - ones)) |
                          (~backslash & (backslash - ones))) &
                         tops;
        if (found)
            return at + __builtin_ctzll(found) / 8;
    }
}

// Moves what was read to where the decoded text ends: mostly it stands there already.
static inline char *put(char *to, const char *from, const char *end)
{
    size_t size = (size_t)(end - from);
    if (to != from)
        memmove(to, from, size);
    return to + size;
}

static bool take_hex4(const char *at, uint32_t *ret_unit)
{
    uint32_t unit = 0;
    for (int i = 0; i < 4; i++) {
        char digit = at[i];
        if (digit >= '0' && digit <= '9')
            unit = unit << 4 | (uint32_t)(digit - '0');
        else if ((digit >= 'a' && digit <= 'f') || (digit >= 'A' && digit <= 'F'))
            unit = unit << 4 | (uint32_t)((digit | 0x20) - 'a' + 10);
        else
            return false;
    }
    *ret_unit = unit;
    return true;
}

static char *put_utf8(char *to, uint32_t code_point)
{
    if (code_point < 0x80) {
        *to++ = (char)code_point;
        return to;
    }
    if (code_point < 0x800) {
        *to++ = (char)(0xc0 | code_point >> 6);
    } else {
        if (code_point < 0x10000) {
            *to++ = (char)(0xe0 | code_point >> 12);
        } else {
            *to++ = (char)(0xf0 | code_point >> 18);
            *to++ = (char)(0x80 | (code_point >> 12 & 0x3f));
        }
        *to++ = (char)(0x80 | (code_point >> 6 & 0x3f));
    }
    *to++ = (char)(0x80 | (code_point & 0x3f));
    return to;
}

// \uXXXX, or two of them for a character above U+FFFF. at stands on the backslash.
static bool take_unicode(struct reader *reader, char **to)
{
    char *at = reader->at;
    uint32_t unit, low;
    if (!take_hex4(at + 2, &unit))
        return wrong(reader, at, "\\u wants four hexadecimal digits");
    reader->at += 6;
    if (unit >= 0xd800 && unit < 0xe000) {
        bool pair = unit < 0xdc00 && at[6] == '\\' && at[7] == 'u' && take_hex4(at + 8, &low) &&
                    low >= 0xdc00 && low < 0xe000;
        if (!pair)
            return wrong(reader, at, "half of a surrogate pair");
        unit = 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
        reader->at += 6;
    }
    *to = put_utf8(*to, unit);
    return true;
}

static bool take_escape(struct reader *reader, char **to)
{
    static const char marks[] = "\"\\/bfnrt", bytes[] = "\"\\/\b\f\n\r\t";
    char mark = reader->at[1];
    if (mark == 'u')
        return take_unicode(reader, to);
    const char *found = mark ? strchr(marks, mark) : NULL;
    if (!found)
        return wrong(reader, reader->at, "no such escape: \\ wants one of \" \\ / b f n r t u");
    *(*to)++ = bytes[found - marks];
    reader->at += 2;
    return true;
}

// As many characters above 0x7f as stand here.
static bool take_characters(struct reader *reader, char **to)
{
    char *at = reader->at;
    while ((unsigned char)*at >= 0x80) {
        uint32_t code_point;
        size_t length = str_character((str){at, (size_t)(reader->end - at)}, &code_point);
        if (length == 0)
            return wrong(reader, at, "not UTF-8");
        at += length;
        reader->line_start += length - 1;
    }
    *to = put(*to, reader->at, at);
    reader->at = at;
    return true;
}

// at stands on the opening quote, and behind the closing one after it.
static bool read_text(struct reader *reader, str *ret_text)
{
    char *start = reader->at + 1, *to;
    reader->at = to = skip_plain(start);
    while (*reader->at != '"') {
        unsigned char byte = (unsigned char)*reader->at;
        if (byte < 0x20)
            return wrong(reader, reader->at,
                         reader->at == reader->end
                             ? "the text ends inside a string"
                             : "a control character in a string: write it as an escape");
        if (byte == '\\' ? !take_escape(reader, &to) : !take_characters(reader, &to))
            return false;
        char *plain = skip_plain(reader->at);
        to = put(to, reader->at, plain);
        reader->at = plain;
    }
    reader->at++;
    *ret_text = (str){start, (size_t)(to - start)};
    return true;
}

static inline char *skip_digits(char *at)
{
    while (*at >= '0' && *at <= '9')
        at++;
    return at;
}

static bool read_real(struct reader *reader, struct json *node, char *at)
{
    char *start = reader->at;
    if (*at == '.') {
        char *fraction = at + 1;
        at = skip_digits(fraction);
        if (at == fraction)
            return wrong(reader, at, "a digit must follow the point");
    }
    if (*at == 'e' || *at == 'E') {
        at += at[1] == '-' || at[1] == '+' ? 2 : 1;
        if (*at < '0' || *at > '9')
            return wrong(reader, at, "a digit must follow the exponent's mark");
        at = skip_digits(at);
    }
    node->kind = JSON_REAL;
    node->text = (str){start, (size_t)(at - start)};
    if (!real_parse(node->text, &node->real))
        return wrong(reader, start, "a number beyond the range of a double");
    reader->at = at;
    return true;
}

static bool read_number(struct reader *reader, struct json *node)
{
    char *start = reader->at, *at = start;
    bool negative = *at == '-';
    char *digits = at += negative;
    uint64_t size = 0; // right for 19 digits, which is as many as an int64 has
    for (; *at >= '0' && *at <= '9'; at++)
        size = size * 10 + (uint64_t)(*at - '0');
    if (at == digits)
        return wrong(reader, at, "a digit must follow the minus sign");
    if (*digits == '0' && at > digits + 1)
        return wrong(reader, digits, "a number must not begin with 0");
    if (*at == '.' || *at == 'e' || *at == 'E')
        return read_real(reader, node, at);
    if (at - digits > 19 || size > (uint64_t)INT64_MAX + negative)
        return wrong(reader, start, "an integer beyond 64 bits: write it as a string");
    node->kind = JSON_INTEGER;
    node->text = (str){start, (size_t)(at - start)};
    node->integer = negative ? (int64_t)(0 - size) : (int64_t)size;
    node->real = (double)node->integer;
    reader->at = at;
    return true;
}

static bool read_word(struct reader *reader, struct json *node, str word, enum json_kind kind)
{
    if (strncmp(reader->at, word.ptr, word.len) != 0)
        return wrong(reader, reader->at, "no such word: want true, false or null");
    reader->at += word.len;
    node->kind = kind;
    return true;
}

static bool read_value(struct reader *reader, struct json *node);

// Behind a child: true with *ret_more at a comma, true without it at `close`.
static bool read_next(struct reader *reader, char close, bool *ret_more)
{
    skip_blank(reader);
    *ret_more = *reader->at == ',';
    if (*reader->at != ',' && *reader->at != close)
        return wrong(reader, reader->at, close == ']' ? "want , or ]" : "want , or }");
    reader->at++;
    if (*ret_more)
        skip_blank(reader);
    return true;
}

static bool read_array(struct reader *reader, struct json *node)
{
    struct json **tail = &node->first;
    bool more = *reader->at != ']';
    if (!more)
        reader->at++;
    while (more) {
        struct json *child = take_node(reader);
        if (!child || !read_value(reader, child))
            return false;
        *tail = child;
        tail = &child->next;
        node->count++;
        if (!read_next(reader, ']', &more))
            return false;
    }
    return true;
}

static const char *twice_among_few(const struct json *object)
{
    for (const struct json *later = object->first; later; later = later->next)
        for (const struct json *one = object->first; one != later; one = one->next)
            if (str_is(one->name, later->name))
                return later->name.ptr;
    return NULL;
}

// Where the first name stands that was there before; by sorting, so that no choice of names makes
// it slow.
static const char *twice_among_many(struct reader *reader, const struct json *object)
{
    size_t count = 0;
    if (reader->members_max < object->count) {
        reader->members_max = (size_t)object->count * 2;
        free(reader->members);
        reader->members = calloc(2 * reader->members_max, sizeof(struct json *));
        must(reader->members);
    }
    for (const struct json *member = object->first; member; member = member->next)
        reader->members[count++] = member;
    json_sort(reader->members, reader->members + count, count);
    const char *first = NULL;
    for (size_t i = 1; i < count; i++) {
        str name = reader->members[i]->name;
        if (str_is(reader->members[i - 1]->name, name) && (!first || name.ptr < first))
            first = name.ptr;
    }
    return first;
}

static bool read_member(struct reader *reader, struct json *member)
{
    if (*reader->at != '"')
        return wrong(reader, reader->at, "want a name in double quotes");
    if (!read_text(reader, &member->name))
        return false;
    skip_blank(reader);
    if (*reader->at != ':')
        return wrong(reader, reader->at, "want : behind the name");
    reader->at++;
    skip_blank(reader);
    return read_value(reader, member);
}

static bool read_object(struct reader *reader, struct json *node)
{
    struct json **tail = &node->first;
    bool more = *reader->at != '}', ascending = true;
    str before = {0};
    if (!more)
        reader->at++;
    while (more) {
        struct json *member = take_node(reader);
        if (!member || !read_member(reader, member))
            return false;
        ascending &= node->count == 0 || json_name_order(before, member->name) < 0;
        before = member->name;
        *tail = member;
        tail = &member->next;
        node->count++;
        if (!read_next(reader, '}', &more))
            return false;
    }
    if (ascending)
        return true;
    const char *twice = node->count <= FEW ? twice_among_few(node) : twice_among_many(reader, node);
    return twice ? wrong(reader, twice - 1, "this name stands twice in one object") : true;
}

static bool read_nested(struct reader *reader, struct json *node)
{
    bool array = *reader->at == '[';
    if (reader->depth == JSON_DEPTH_MAX)
        return wrong(reader, reader->at, "nested deeper than 64");
    node->kind = array ? JSON_ARRAY : JSON_OBJECT;
    reader->depth++;
    reader->at++;
    skip_blank(reader);
    if (array ? !read_array(reader, node) : !read_object(reader, node))
        return false;
    reader->depth--;
    return true;
}

// at stands on its first byte, blanks skipped.
static bool read_value(struct reader *reader, struct json *node)
{
    node->line = reader->line;
    node->column = (uint32_t)(reader->at - reader->line_start) + 1;
    switch (*reader->at) {
    case '"':
        node->kind = JSON_TEXT;
        return read_text(reader, &node->text);
    case '{':
    case '[':
        return read_nested(reader, node);
    case 't':
        return read_word(reader, node, S("true"), JSON_TRUE);
    case 'f':
        return read_word(reader, node, S("false"), JSON_FALSE);
    case 'n':
        return read_word(reader, node, S("null"), JSON_NULL);
    default:
        if (*reader->at == '-' || (*reader->at >= '0' && *reader->at <= '9'))
            return read_number(reader, node);
        return wrong(reader, reader->at,
                     reader->at == reader->end ? "the text ends where a value is wanted"
                                               : "want a value");
    }
}

static bool read_all(struct reader *reader, struct json **ret_root)
{
    struct json *root = take_node(reader);
    if (!root)
        return false;
    if (strncmp(reader->at, "\xef\xbb\xbf", 3) == 0)
        return wrong(reader, reader->at, "a byte order mark: leave it out");
    skip_blank(reader);
    if (!read_value(reader, root))
        return false;
    skip_blank(reader);
    if (reader->at != reader->end)
        return wrong(reader, reader->at, "more text behind the value");
    *ret_root = root;
    return true;
}

// Line and column, in characters, are counted in what was given: the copy has changed.
static bool report(const struct reader *reader, str text, struct err *err)
{
    size_t offset = (size_t)(reader->problem_at - reader->start);
    uint32_t line = 1, column = 1;
    for (size_t i = 0; i < offset; i++) {
        if (text.ptr[i] == '\n') {
            line++;
            column = 1;
        } else if (((unsigned char)text.ptr[i] & 0xc0) != 0x80) {
            column++;
        }
    }
    return err_set(err, "line %u, column %u: %s", line, column, reader->problem);
}

bool json_read(str text, size_t size_max, struct arena *arena, const struct json **ret_root,
               struct err *err)
{
    if (text.len > size_max || text.len > INT32_MAX)
        return err_set(err, "the JSON text has %zu bytes, more than the %zu it may have", text.len,
                       size_max);
    char *copy = arena_take(arena, text.len + 2 * WORD); // zero bytes end every scan
    if (!copy)
        return err_set(err, "the JSON text of %zu bytes needs more memory than it may take",
                       text.len);
    if (text.len)
        memcpy(copy, text.ptr, text.len);
    struct reader reader = {.start = copy,
                            .at = copy,
                            .end = copy + text.len,
                            .line_start = copy,
                            .line = 1,
                            .arena = arena,
                            .nodes_step = text.len < NODES * WORD ? 4 : NODES};
    struct json *root;
    bool good = read_all(&reader, &root);
    free(reader.members);
    if (!good)
        return report(&reader, text, err);
    *ret_root = root;
    return true;
}

const struct json *json_member(const struct json *object, str name)
{
    if (!object || object->kind != JSON_OBJECT)
        return NULL;
    const struct json *member = object->first;
    while (member && !str_is(member->name, name))
        member = member->next;
    return member;
}

static const char *kind_text(enum json_kind kind)
{
    static const char *const texts[] = {
        [JSON_NULL] = "null",       [JSON_FALSE] = "false",  [JSON_TRUE] = "true",
        [JSON_INTEGER] = "integer", [JSON_REAL] = "real",    [JSON_TEXT] = "text",
        [JSON_ARRAY] = "array",     [JSON_OBJECT] = "object"};
    return texts[kind];
}

static bool unlike(const struct json *object, str name, const char *want, struct err *err)
{
    const struct json *member = json_member(object, name);
    if (!object || object->kind != JSON_OBJECT)
        return err_set(err, "\"%.*s\" is wanted in an object; here is %s", STR(name),
                       object ? kind_text(object->kind) : "nothing");
    if (!member)
        return err_set(err, "\"%.*s\" is missing; want %s", STR(name), want);
    return err_set(err, "line %u, column %u: \"%.*s\" is %s; want %s", member->line, member->column,
                   STR(name), kind_text(member->kind), want);
}

bool json_get_text(const struct json *object, str name, str *ret_text, struct err *err)
{
    const struct json *member = json_member(object, name);
    if (!member || member->kind != JSON_TEXT)
        return unlike(object, name, "a text", err);
    *ret_text = member->text;
    return true;
}

bool json_get_i64(const struct json *object, str name, int64_t *ret_value, struct err *err)
{
    const struct json *member = json_member(object, name);
    if (!member || member->kind != JSON_INTEGER)
        return unlike(object, name, "an integer", err);
    *ret_value = member->integer;
    return true;
}

bool json_get_bool(const struct json *object, str name, bool *ret_value, struct err *err)
{
    const struct json *member = json_member(object, name);
    if (!member || (member->kind != JSON_TRUE && member->kind != JSON_FALSE))
        return unlike(object, name, "true or false", err);
    *ret_value = member->kind == JSON_TRUE;
    return true;
}
