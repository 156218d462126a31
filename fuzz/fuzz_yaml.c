// A tree is given only without a mistake, and then what is required is there and in range.
#include "base/must.h"
#include "fuzz.h"
#include "text/yaml.h"

static const char *const colours[] = {"red", "green", NULL};
// clang-format off
static const struct yaml_key keys[] = {
    {.path = "name", .type = YAML_TEXT, .required = true, .min = 1, .max = 20, .doc = "its name"},
    {.path = "count", .type = YAML_INTEGER, .min = 1, .max = 1000},
    {.path = "share", .type = YAML_DECIMAL},
    {.path = "secure", .type = YAML_BOOL},
    {.path = "notice", .type = YAML_DURATION, .min = 1000000, .max = 3600000000},
    {.path = "since", .type = YAML_INSTANT},
    {.path = "memory", .type = YAML_SIZE, .min = 1, .max = INT64_C(1) << 40},
    {.path = "price", .type = YAML_MONEY, .min = -100, .max = 100000},
    {.path = "colour", .type = YAML_CHOICE, .choices = colours},
    {.path = "deep", .type = YAML_OBJECT},
    {.path = "deep.er", .type = YAML_OBJECT, .required = true},
    {.path = "deep.er.still", .type = YAML_INTEGERS, .min = -5, .max = 5},
    {.path = "nodes", .type = YAML_OBJECTS, .min = 0, .max = 4},
    {.path = "nodes.id", .type = YAML_TEXT, .required = true},
    {.path = "nodes.labels", .type = YAML_LABELS},
    {.path = "words", .type = YAML_TEXTS},
};
// clang-format on
static const struct yaml_schema schema = {keys, sizeof keys / sizeof keys[0]};

const char *const fuzz_seeds[] = {
    "name: a\ncount: 3\nshare: 1.25\nsecure: true\nnotice: 90s\nsince: 2026-11-21\nmemory: 5MiB\n",
    "# all of it\nname: 'b'\nprice: $12.34\ncolour: red\ndeep: {er: {still: [1, -2, 3]}}\n",
    "name: c\nnodes:\n  - id: n1\n    labels: {rack: r1, zone: \"7\"}\n  - {id: n2}\nwords:\n- "
    "x\n- y z\n",
    "name: &a x\ncount: *a\n<<: {count: 1}\nshare: !!float 1\n? [k]\n: v\n--- \nname: |\n  text\n",
    "name: >-\n  folded\n  text\nprice: \xc2\xa5"
    "450\nprise: 3\ncolour: grean\ncount: \"7\"\nwords: [\"\\u00e9\\0\"]\n",
    NULL};

static void check_value(const struct yaml_value *value)
{
    must(value->line >= 1 && value->column >= 1);
    const struct yaml_key *key = value->key;
    bool ranged = key && key->max != 0 && key->type <= YAML_MONEY && key->type != YAML_DECIMAL;
    must(!ranged || (value->integer >= key->min && value->integer <= key->max));
    uint32_t count = 0;
    for (const struct yaml_value *child = value->first; child; child = child->next) {
        check_value(child);
        count++;
    }
    must(count == value->count);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct arena arena;
    struct yaml_report report;
    arena_init(&arena, 16 << 20);
    yaml_report_init(&report);
    const struct yaml_value *root =
        yaml_read(&schema, "f", (str){(const char *)bytes, size}, &arena, &report);
    must((root == NULL) == (report.count > 0));
    must((report.count > 0) == (report.text.len > 0));
    must(str_is_utf8(buf_str(&report.text)));
    if (root) {
        check_value(root);
        must(yaml_text(root, "name", S("")).len > 0);
        const struct yaml_value *deep = yaml_get(root, "deep");
        must(!deep || yaml_get(deep, "er"));
    }
    yaml_report_finish(&report);
    arena_finish(&arena);
    return 0;
}
