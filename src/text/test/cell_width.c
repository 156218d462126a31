#include "text/cell_width.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static void characters_take_their_cells(void **state)
{
    (void)state;
    assert_int_equal(cell_width(S("")), 0);
    assert_int_equal(cell_width(S("job-1")), 5);
    assert_int_equal(cell_width(S("\u00a5450")), 4);        // yen sign
    assert_int_equal(cell_width(S("\uffe5450")), 5);        // wide yen sign
    assert_int_equal(cell_width(S("\u6f22\u5b57")), 4);     // kanji
    assert_int_equal(cell_width(S("\uff76\uff85")), 2);     // half-width katakana
    assert_int_equal(cell_width(S("\uac00\U0001f600")), 4); // hangul, emoji
    assert_int_equal(cell_width(S("e\u0301\u200b")), 1);    // an accent and a zero width space
    assert_int_equal(cell_width(S("\u304b\u3099")), 2);     // a combining voiced mark
    assert_int_equal(cell_width(S("\xff\xe6\x97")), 3);     // stray bytes
    assert_int_equal(cell_width(S("\U00020000\U0003fffd")), 4);
}

static void heads_end_between_characters(void **state)
{
    (void)state;
    str text = S("a\u6f22e\u0301\u5b57");
    static const size_t lengths[] = {0, 1, 1, 4, 7, 7, 10, 10};
    for (uint32_t cells = 0; cells < sizeof lengths / sizeof lengths[0]; cells++) {
        str head = cell_head(text, cells);
        assert_int_equal(head.len, lengths[cells]);
        assert_true(cell_width(head) <= cells);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(characters_take_their_cells),
        cmocka_unit_test(heads_end_between_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
