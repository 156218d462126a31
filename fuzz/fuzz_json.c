// What the reader takes is valid, and its canonical text is a fixed point.
#include "base/json.h"
#include "base/must.h"
#include "fuzz.h"
#include <string.h>

const char *const fuzz_seeds[] = {
    "{\"kind\":\"leased\",\"seq\":17,\"time_us\":1795302140123456,\"nodes\":\"n1-n4:0-3\",\"yen\":"
    "\"450\"}",
    "[0,-0,1.5,-2.25e-7,1e30,9007199254740991,-9007199254740991,333333333.33333329,5e-324]",
    "{\"b\":[true,false,null,{}],\"a\":{\"\":[],\"\\u20ac\":\"\\ud83d\\ude00\\n\\\"\\\\\\/"
    "\"},\"\":{\"z\":1}}",
    "  [ [ [ \"\xe6\xbc\xa2\xe5\xad\x97\", \"long plain words that fill a stride of the scanner\" "
    "] ] ]\r\n",
    "{\"a\":1,\"b\":2,\"c\":3,\"d\":4,\"e\":5,\"f\":6,\"g\":7,\"h\":8,\"i\":9,\"j\":10,\"k\":11,"
    "\"l\":12,"
    "\"m\":13,\"n\":14,\"o\":15,\"p\":16,\"q\":17,\"r\":18,\"0\":19,\"1\":20,\"\\ue000\":21,"
    "\"\\ud800\\udc00\":22}",
    NULL};

// Reals whose canonical text is an integer that the writer would refuse.
static bool has_large_real(const struct json *node)
{
    if (node->kind == JSON_REAL)
        return (node->real >= 0x1p53 && node->real < 1e21) ||
               (node->real <= -0x1p53 && node->real > -1e21);
    for (const struct json *child = node->first; child; child = child->next)
        if (has_large_real(child))
            return true;
    return false;
}

static void check_tree(const struct json *node, uint32_t depth)
{
    must(depth <= JSON_DEPTH_MAX && node->line >= 1 && node->column >= 1);
    must(str_is_utf8(node->name) && str_is_utf8(node->text));
    must(node->kind != JSON_REAL || __builtin_isfinite(node->real));
    uint32_t count = 0;
    for (const struct json *child = node->first; child; child = child->next) {
        // A member is found by its name: were the name there twice, the first would be found.
        if (node->kind == JSON_OBJECT && (count < 100 || !child->next))
            must(json_member(node, child->name) == child);
        check_tree(child, depth + 1);
        count++;
    }
    must(count == node->count);
}

static void check_fixed_point(const struct json *root, struct arena *arena)
{
    struct buf first, second;
    struct err err;
    const struct json *again = NULL;
    buf_init(&first, 1 << 20);
    buf_init(&second, 1 << 20);
    if (json_write_canonical(root, &first, &err) && !has_large_real(root)) {
        must(json_read(buf_str(&first), 1 << 20, arena, &again, &err));
        must(json_write_canonical(again, &second, &err));
        must(str_is(buf_str(&first), buf_str(&second)));
    }
    buf_finish(&first);
    buf_finish(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct arena arena;
    struct err err = {.text = ""};
    const struct json *root = NULL;
    arena_init(&arena, 16 << 20);
    if (json_read((str){(const char *)bytes, size}, 1 << 20, &arena, &root, &err)) {
        check_tree(root, 0);
        check_fixed_point(root, &arena);
    } else {
        must(!root && str_starts(str_from(err.text), S("line ")));
    }
    arena_finish(&arena);
    return 0;
}
