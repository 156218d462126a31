#include "base/json.h"
#include "base/rng.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

enum { SIZE_MAX_TEXT = 1 << 24 };
static struct arena arena;
static struct buf out;
static struct err err;

static int set_up(void **state)
{
    (void)state;
    arena_init(&arena, 1 << 28);
    buf_init(&out, 1 << 24);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_finish(&arena);
    buf_finish(&out);
    return 0;
}

static const struct json *read(str text)
{
    const struct json *root = NULL;
    arena_reset(&arena);
    err.text[0] = 0;
    bool good = json_read(text, SIZE_MAX_TEXT, &arena, &root, &err);
    assert_true(good == (err.text[0] == 0));
    return good ? root : NULL;
}

// The canonical text, or the error.
static const char *canonical(str text)
{
    const struct json *root = read(text);
    buf_clear(&out);
    return root && json_write_canonical(root, &out, &err) ? buf_cstr(&out) : err.text;
}

static void what_rfc_8259_has_is_taken(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"null",                                    "null"                                },
        {" \t\r\n[ ] \n",                           "[]"                                  },
        {"{ }",                                     "{}"                                  },
        {"[1 , 2\n]",                               "[1,2]"                               },
        {"[[[],{}],[{\"a\":{}}]]",                  "[[[],{}],[{\"a\":{}}]]"              },
        {"{\"b\":1,\"a\":2}",                       "{\"a\":2,\"b\":1}"                   },
        {"{\"\":0}",                                "{\"\":0}"                            },
        {"\"\"",                                    "\"\""                                },
        {"\"\x7f\"",                                "\"\x7f\""                            },
        {"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"",          "\"\\\"\\\\/\\b\\f\\n\\r\\t\""        },
        {"\"\\u0041\\u00e9\\u20ac\\ud834\\uDD1E\"", "\"A\u00e9\u20ac\U0001d11e\""         },
        {"\"\\u0000\\u001f\\u007f\\uffff\"",        "\"\\u0000\\u001f\x7f\uffff\""        },
        {"\"\u2028\u2029\"",                        "\"\u2028\u2029\""                    },
        {"\"\xf4\x8f\xbf\xbf\"",                    "\"\xf4\x8f\xbf\xbf\""                },
        {"[0,-0,1,-1,10]",                          "[0,0,1,-1,10]"                       },
        {"[0.0,-0.0,1.0,1e2,1E+2,1e-2,-1.50]",      "[0,0,1,100,100,0.01,-1.5]"           },
        {"[9007199254740991,-9007199254740991]",    "[9007199254740991,-9007199254740991]"},
        {"[0e+1,0E1,1e-999,123.456e78]",            "[0,0,0,1.23456e+80]"                 },
        {"[true,false,null]",                       "[true,false,null]"                   },
        {"[\"[1,2]\",\"{}\"]",                      "[\"[1,2]\",\"{}\"]"                  },
        {"{\"a\":{\"a\":{\"a\":1}}}",               "{\"a\":{\"a\":{\"a\":1}}}"           },
        {"{\"\\u0061\":1,\"\\u0062\":2}",           "{\"a\":1,\"b\":2}"                   },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_string_equal(canonical(str_from(cases[i][0])), cases[i][1]);
}

static void what_is_not_json_is_refused_by_its_place(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"",                                    "1, column 1: the text ends where"          },
        {" \n ",                                "2, column 2: the text ends where"          },
        {"[",                                   "1, column 2: the text ends"                },
        {"[1",                                  "1, column 3: want , or ]"                  },
        {"[1,",                                 "1, column 4: the text ends"                },
        {"[1,]",                                "1, column 4: want a value"                 },
        {"[,1]",                                "1, column 2: want a value"                 },
        {"[1,,2]",                              "1, column 4: want a value"                 },
        {"[1 2]",                               "1, column 4: want , or ]"                  },
        {"[1}",                                 "1, column 3: want , or ]"                  },
        {"]",                                   "1, column 1: want a value"                 },
        {"[]]",                                 "1, column 3: more text"                    },
        {"[1]x",                                "1, column 4: more text"                    },
        {"1 2",                                 "1, column 3: more text"                    },
        {"{",                                   "1, column 2: want a name"                  },
        {"{\"a\"",                              "1, column 5: want :"                       },
        {"{\"a\":",                             "1, column 6: the text ends"                },
        {"{\"a\" 1}",                           "1, column 6: want :"                       },
        {"{\"a\":1",                            "1, column 7: want , or }"                  },
        {"{\"a\":1,}",                          "1, column 8: want a name"                  },
        {"{,\"a\":1}",                          "1, column 2: want a name"                  },
        {"{a:1}",                               "1, column 2: want a name"                  },
        {"{'a':1}",                             "1, column 2: want a name"                  },
        {"{1:1}",                               "1, column 2: want a name"                  },
        {"{\"a\":1]",                           "1, column 7: want , or }"                  },
        {"{\"a\":1 \"b\":2}",                   "1, column 8: want , or }"                  },
        {"tru",                                 "1, column 1: no such word"                 },
        {"True",                                "1, column 1: want a value"                 },
        {"nul",                                 "1, column 1: no such word"                 },
        {"nullx",                               "1, column 5: more text"                    },
        {"NaN",                                 "1, column 1: want a value"                 },
        {"Infinity",                            "1, column 1: want a value"                 },
        {"-Infinity",                           "1, column 2: a digit must follow the minus"},
        {"+1",                                  "1, column 1: want a value"                 },
        {".5",                                  "1, column 1: want a value"                 },
        {"-",                                   "1, column 2: a digit must"                 },
        {"-x",                                  "1, column 2: a digit must"                 },
        {"01",                                  "1, column 1: a number must not"            },
        {"-01",                                 "1, column 2: a number must not begin"      },
        {"[00]",                                "1, column 2: a number must not"            },
        {"1.",                                  "1, column 3: a digit must"                 },
        {"1.e1",                                "1, column 3: a digit must"                 },
        {"1e",                                  "1, column 3: a digit must follow the exp"  },
        {"1e+",                                 "1, column 4: a digit must follow the exp"  },
        {"1.5e-x",                              "1, column 6: a digit"                      },
        {"0x10",                                "1, column 2: more text"                    },
        {"1_000",                               "1, column 2: more text"                    },
        {"1e400",                               "1, column 1: a number beyond"              },
        {"[-1.8e308]",                          "1, column 2: a number beyond"              },
        {"9223372036854775808",                 "1, column 1: an integer beyond 64 bits"    },
        {"-9223372036854775809",                "1, column 1: an integer beyond"            },
        {"18446744073709551617",                "1, column 1: an integer beyond"            },
        {"100000000000000000000000",            "1, column 1: an integer beyond"            },
        {"\"",                                  "1, column 2: the text ends inside a string"},
        {"\"a",                                 "1, column 3: the text ends inside"         },
        {"\"a\\",                               "1, column 3: no such escape"               },
        {"\"\\\"",                              "1, column 4: the text ends inside"         },
        {"\"\\x41\"",                           "1, column 2: no such escape"               },
        {"\"\\u12\"",                           "1, column 2: \\u wants four"               },
        {"\"\\u12g4\"",                         "1, column 2: \\u wants"                    },
        {"\"\\U0041\"",                         "1, column 2: no such escape"               },
        {"\"\\ud800\"",                         "1, column 2: half of a surrogate"          },
        {"\"\\udc00\"",                         "1, column 2: half of"                      },
        {"\"\\ud800\\ud800\"",                  "1, column 2: half of"                      },
        {"\"\\ud800\\u0041\"",                  "1, column 2: half of"                      },
        {"\"\\ud800x\"",                        "1, column 2: half of"                      },
        {"\"\n\"",                              "1, column 2: a control character"          },
        {"\"\t\"",                              "1, column 2: a control"                    },
        {"\"\xff\"",                            "1, column 2: not UTF-8"                    },
        {"\"\xc0\xaf\"",                        "1, column 2: not UTF-8"                    },
        {"\"\xed\xa0\x80\"",                    "1, column 2: not UTF-8"                    },
        {"\"\xf5\x80\x80\x80\"",                "1, column 2: not UTF-8"                    },
        {"\"\xe2\x82\"",                        "1, column 2: not UTF-8"                    },
        {"\"\xe2\x82",                          "1, column 2: not UTF-8"                    },
        {"\xef\xbb\xbf{}",                      "1, column 1: a byte order mark"            },
        {"[1]\f",                               "1, column 4: more text"                    },
        {"[\v1]",                               "1, column 2: want a value"                 },
        {"[\u00a01]",                           "1, column 2: want a value"                 },
        {"/*x*/1",                              "1, column 1: want a value"                 },
        {"[1]//x",                              "1, column 4: more text"                    },
        {"[1]#x",                               "1, column 4: more text"                    },
        {"{\"a\":1,\"a\":1}",                   "1, column 8: this name stands twice"       },
        {"{\"b\":1,\"a\":{},\"\\u0062\":1}",    "1, column 15: this name"                   },
        {"[\n{\"\u6f22\u5b57\": [\r\n  tru]}]", "3, column 3: no such word"                 },
        {"{\"\u6f22\u5b57\": x}",               "1, column 8: want a value"                 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char want[200];
        snprintf(want, sizeof want, "line %s", cases[i][1]);
        assert_null(read(str_from(cases[i][0])));
        if (strncmp(err.text, want, strlen(want)) != 0)
            fail_msg("%s: %s, want %s", cases[i][0], err.text, want);
    }
    assert_null(read((str){"[\0]", 3}));
    assert_null(read((str){"1\0", 2}));
    assert_null(read((str){"\"\0\"", 3}));
    assert_string_equal(err.text, "line 1, column 2: a control character in a string: write it as "
                                  "an escape");
}

static void depth_and_size_have_limits(void **state)
{
    (void)state;
    static char deep[200001];
    for (int depth = 64; depth <= 65; depth++) {
        memset(deep, '[', (size_t)depth);
        memset(deep + depth, ']', (size_t)depth);
        assert_int_equal(read((str){deep, 2 * (size_t)depth}) != NULL, depth == 64);
    }
    assert_string_equal(err.text, "line 1, column 65: nested deeper than 64");
    memset(deep, '[', sizeof deep);
    assert_null(read((str){deep, sizeof deep}));
    for (size_t i = 0; i + 5 < sizeof deep; i += 5)
        memcpy(deep + i, "{\"a\":", 5);
    assert_null(read((str){deep, sizeof deep}));

    const struct json *root = NULL;
    assert_true(json_read(S("[1]"), 3, &arena, &root, &err));
    assert_false(json_read(S("[11]"), 3, &arena, &root, &err));
    assert_non_null(strstr(err.text, "4 bytes, more than the 3"));
}

static void a_full_arena_is_a_fault_at_every_step(void **state)
{
    (void)state;
    str text = S("{\"a\":[1,2,3,{\"b\":\"c\\u0041\"},[],[],[],[],[],[],[],[],[],[]],\"d\":null}");
    bool taken = false;
    for (size_t limit = 0; limit < 4000 && !taken; limit += 8) {
        struct arena small;
        const struct json *root = NULL;
        arena_init(&small, limit);
        err.text[0] = 0;
        taken = json_read(text, 1000, &small, &root, &err);
        assert_true(taken == (root != NULL));
        assert_true(taken || strstr(err.text, "more memory"));
        arena_finish(&small);
    }
    assert_true(taken);
    struct buf small;
    buf_init(&small, 10);
    assert_false(json_write_canonical(read(text), &small, &err));
    assert_string_equal(err.text, "the canonical JSON has more than the 10 bytes it may have");
    buf_finish(&small);
}

// RFC 8785: sections 3.2.2 and 3.2.3.
static void the_standards_examples(void **state)
{
    (void)state;
    assert_string_equal(
        canonical(S("{\n  \"numbers\": [333333333.33333329, 1E30, 4.50, 2e-3,\n"
                    "    0.000000000000000000000000001],\n"
                    "  \"string\": \"\\u20ac$\\u000F\\u000aA'\\u0042\\u0022\\u005c\\\\\\\"\\/\",\n"
                    "  \"literals\": [null, true, false]\n}")),
        "{\"literals\":[null,true,false],\"numbers\":[333333333.3333333,1e+30,4.5,0.002,1e-27],"
        "\"string\":\"\u20ac$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"}");
    assert_string_equal(
        canonical(S("{\"\\u20ac\":\"Euro Sign\",\"\\r\":\"Carriage Return\","
                    "\"\\ufb33\":\"Hebrew Letter Dalet With Dagesh\",\"1\":\"One\","
                    "\"\\ud83d\\ude00\":\"Emoji: Grinning Face\",\"\\u0080\":\"Control\","
                    "\"\\u00f6\":\"Latin Small Letter O With Diaeresis\"}")),
        "{\"\\r\":\"Carriage Return\",\"1\":\"One\",\"\xc2\x80\":\"Control\","
        "\"\u00f6\":\"Latin Small Letter O With Diaeresis\",\"\u20ac\":\"Euro Sign\","
        "\"\U0001f600\":\"Emoji: Grinning Face\",\"\ufb33\":\"Hebrew Letter Dalet With Dagesh\"}");
}

static void integers_stay_exact_and_are_written_only_where_safe(void **state)
{
    (void)state;
    const struct json *list = read(S("[9223372036854775807, -9223372036854775808, 12.0, -0]"));
    const struct json *item = list->first;
    assert_true(item->kind == JSON_INTEGER && item->integer == INT64_MAX);
    item = item->next;
    assert_true(item->kind == JSON_INTEGER && item->integer == INT64_MIN);
    item = item->next;
    assert_true(item->kind == JSON_REAL && item->real == 12);
    assert_true(str_is(item->text, S("12.0")));
    assert_true(item->next->kind == JSON_INTEGER && item->next->integer == 0);
    assert_string_equal(canonical(S("[0,\n {\"a\": 9007199254740992}]")),
                        "line 2, column 8: the integer 9007199254740992 is outside +-(2^53 - 1): "
                        "write it as a string");
    assert_non_null(strstr(canonical(S("-9007199254740992")), "outside"));
    assert_string_equal(canonical(S("[1e20,1e21]")), "[100000000000000000000,1e+21]");
}

static void nodes_know_their_place_and_name(void **state)
{
    (void)state;
    const struct json *root = read(S("{\"a\": 1,\n \"\u6f22\": [true,\n  \"x\"], \"b\": {}}"));
    const struct json *list = json_member(root, S("\u6f22"));
    assert_int_equal(root->count, 3);
    assert_true(list->line == 2 && list->column == 7 && list->count == 2);
    assert_true(list->first->next->line == 3 && list->first->next->column == 3);
    assert_true(str_is(list->name, S("\u6f22")));
    assert_true(json_member(root, S("b"))->line == 3 && json_member(root, S("b"))->column == 14);
    assert_null(json_member(root, S("c")));
    assert_null(json_member(list, S("a")));
    assert_null(json_member(NULL, S("a")));
}

static void members_are_asked_for_by_kind(void **state)
{
    (void)state;
    const struct json *root = read(S("{\"t\":\"x\",\"i\":-5,\"b\":true,\"r\":1.5,\n\"n\":null}"));
    str text = S("before");
    int64_t integer = 77;
    bool yes = false;
    assert_false(json_get_text(root, S("i"), &text, &err));
    assert_string_equal(err.text, "line 1, column 14: \"i\" is integer; want a text");
    assert_false(json_get_i64(root, S("r"), &integer, &err));
    assert_false(json_get_i64(root, S("t"), &integer, &err));
    assert_false(json_get_bool(root, S("n"), &yes, &err));
    assert_string_equal(err.text, "line 2, column 5: \"n\" is null; want true or false");
    assert_false(json_get_text(root, S("zz"), &text, &err));
    assert_string_equal(err.text, "\"zz\" is missing; want a text");
    assert_false(json_get_text(root->first, S("a"), &text, &err));
    assert_false(json_get_text(NULL, S("a"), &text, NULL));
    assert_true(str_is(text, S("before")) && integer == 77 && !yes);
    assert_true(json_get_text(root, S("t"), &text, &err) && str_is(text, S("x")));
    assert_true(json_get_i64(root, S("i"), &integer, &err) && integer == -5);
    assert_true(json_get_bool(root, S("b"), &yes, &err) && yes);
}

// Names in a bad order, many of them, with and without one that is there twice.
static void many_members_are_checked_and_sorted(void **state)
{
    (void)state;
    enum { MEMBERS = 20000 };
    struct buf text;
    buf_init(&text, 1 << 22);
    for (int twice = 0; twice <= 1; twice++) {
        buf_clear(&text);
        buf_byte(&text, '{');
        for (uint32_t i = 0; i < MEMBERS; i++)
            buf_format(&text, "%s\"name-%05u\":%u", i ? "," : "", i * 7919 % MEMBERS, i);
        size_t place = text.len + 2; // behind the comma, from 1
        buf_format(&text, ",\"name-%05u\":0}", twice ? 777 : MEMBERS);
        const struct json *root = read(buf_str(&text));
        assert_true((root == NULL) == twice);
        if (twice) {
            char want[100];
            snprintf(want, sizeof want, "line 1, column %zu: this name stands twice in one object",
                     place);
            assert_string_equal(err.text, want);
            continue;
        }
        buf_clear(&out);
        assert_true(json_write_canonical(root, &out, &err));
        const struct json *sorted = read(buf_str(&out));
        uint32_t count = 0;
        for (const struct json *member = sorted->first; member; member = member->next) {
            char name[16];
            snprintf(name, sizeof name, "name-%05u", count++);
            assert_true(str_is(member->name, str_from(name)));
        }
        assert_int_equal(count, MEMBERS + 1);
    }
    buf_finish(&text);
}

static void random_text(struct rng *rng, struct buf *text)
{
    static const char *const parts[] = {"a",
                                        "b",
                                        "0",
                                        "\\\"",
                                        "\\\\",
                                        "\\n",
                                        "\\u0001",
                                        "\u00e9",
                                        "\ue000",
                                        "\uffff",
                                        "\U0001f600",
                                        "\\ud83d\\ude00",
                                        "long plain words that fill a scanner's stride",
                                        "/"};
    buf_byte(text, '"');
    for (int64_t i = rng_below(rng, 6); i > 0; i--)
        buf_add(text, str_from(parts[rng_below(rng, sizeof parts / sizeof parts[0])]));
    buf_byte(text, '"');
}

static void random_blank(struct rng *rng, struct buf *text)
{
    for (int64_t i = rng_below(rng, 3); i > 0; i--)
        buf_byte(text, " \n\t\r"[rng_below(rng, 4)]);
}

static void random_number(struct rng *rng, struct buf *text)
{
    if (rng_below(rng, 2)) {
        buf_i64(text, rng_between(rng, -9007199254740991, 9007199254740991) >> rng_below(rng, 54));
        return;
    }
    buf_format(text, "%d.%de%d", (int)rng_between(rng, -99, 99), (int)rng_below(rng, 100000),
               (int)rng_between(rng, -300, 8)); // below 2^53: an integer that reads back
}

static void random_value(struct rng *rng, int depth, struct buf *text)
{
    int64_t kind = rng_below(rng, depth < 5 ? 7 : 4);
    random_blank(rng, text);
    if (kind == 0)
        buf_add(text, str_from((const char *[]){"null", "true", "false"}[rng_below(rng, 3)]));
    else if (kind == 1)
        random_number(rng, text);
    else if (kind < 4)
        random_text(rng, text);
    else {
        bool object = kind == 6;
        buf_byte(text, object ? '{' : '[');
        for (int64_t i = 0, count = rng_below(rng, 30) >> depth; i < count; i++) {
            if (i > 0)
                buf_byte(text, ',');
            if (object) {
                random_blank(rng, text);
                random_text(rng, text);
                text->len--; // open again, so that the names differ
                buf_format(text, "%d\"", (int)i);
                random_blank(rng, text);
                buf_byte(text, ':');
            }
            random_value(rng, depth + 1, text);
        }
        random_blank(rng, text);
        buf_byte(text, object ? '}' : ']');
    }
    random_blank(rng, text);
}

// Any tree: its canonical text reads back to a tree with the same canonical text.
static void canonical_text_is_a_fixed_point(void **state)
{
    (void)state;
    struct rng rng = {.state = 42};
    struct buf text, first;
    buf_init(&text, 1 << 20);
    buf_init(&first, 1 << 20);
    size_t longest = 0;
    for (int i = 0; i < 2000; i++) {
        buf_clear(&text);
        random_value(&rng, 0, &text);
        const struct json *root = read(buf_str(&text));
        if (!root)
            fail_msg("%s: %s", err.text, buf_cstr(&text));
        buf_clear(&first);
        assert_true(json_write_canonical(root, &first, &err));
        assert_string_equal(canonical(buf_str(&first)), buf_cstr(&first));
        longest = first.len > longest ? first.len : longest;
    }
    assert_true(longest > 1000);
    buf_finish(&text);
    buf_finish(&first);
}

// One byte changed: either the text is refused, or what it says has a fixed point too.
static void damaged_text_never_breaks_the_reader(void **state)
{
    (void)state;
    struct rng rng = {.state = 8};
    struct buf text;
    buf_init(&text, 1 << 20);
    for (int i = 0; i < 3000; i++) {
        buf_clear(&text);
        random_value(&rng, 1, &text);
        text.ptr[rng_below(&rng, (int64_t)text.len)] = (char)rng_next(&rng);
        text.len -= (size_t)rng_below(&rng, 2);
        const struct json *root = read(buf_str(&text));
        buf_clear(&out);
        if (root && json_write_canonical(root, &out, &err))
            assert_non_null(out.ptr);
    }
    buf_finish(&text);
}

static void the_small_writer_keeps_the_commas(void **state)
{
    (void)state;
    struct json_out w;
    buf_clear(&out);
    json_out_init(&w, &out);
    json_object(&w);
    json_name(&w, S("a"));
    json_array(&w);
    json_i64(&w, INT64_MIN);
    json_u64(&w, UINT64_MAX);
    json_decimal_text(&w, -450);
    json_bool(&w, true);
    json_bool(&w, false);
    json_null(&w);
    json_raw(&w, S("{}"));
    json_array(&w);
    json_end(&w);
    json_end(&w);
    json_name(&w, S("b\n"));
    json_text(&w, S("c\"\x01\u6f22"));
    json_name(&w, S("d"));
    json_object(&w);
    json_end(&w);
    json_end(&w);
    assert_string_equal(
        buf_cstr(&out),
        "{\"a\":[-9223372036854775808,18446744073709551615,\"-450\",true,false,null,"
        "{},[]],\"b\\n\":\"c\\\"\\u0001\u6f22\",\"d\":{}}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_rfc_8259_has_is_taken),
        cmocka_unit_test(what_is_not_json_is_refused_by_its_place),
        cmocka_unit_test(depth_and_size_have_limits),
        cmocka_unit_test(a_full_arena_is_a_fault_at_every_step),
        cmocka_unit_test(the_standards_examples),
        cmocka_unit_test(integers_stay_exact_and_are_written_only_where_safe),
        cmocka_unit_test(nodes_know_their_place_and_name),
        cmocka_unit_test(members_are_asked_for_by_kind),
        cmocka_unit_test(many_members_are_checked_and_sorted),
        cmocka_unit_test(canonical_text_is_a_fixed_point),
        cmocka_unit_test(damaged_text_never_breaks_the_reader),
        cmocka_unit_test(the_small_writer_keeps_the_commas),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
