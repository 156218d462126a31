#include "base/arena.h"
#include "base/rng.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

static bool is_zero(const unsigned char *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (bytes[i])
            return false;
    return true;
}

// Pieces of every size: zeroed, aligned, apart from each other, also after a reset.
static void pieces_are_zeroed_aligned_and_apart(void **state)
{
    (void)state;
    enum { PIECES = 600 };
    struct rng rng = {.state = 42};
    struct arena arena;
    arena_init(&arena, 64 << 20);
    for (int round = 0; round < 4; round++) {
        static unsigned char *pieces[PIECES];
        static size_t sizes[PIECES];
        for (int i = 0; i < PIECES; i++) {
            sizes[i] = (size_t)rng_below(&rng, i % 50 ? 500 : 100000);
            pieces[i] = arena_take(&arena, sizes[i]);
            assert_non_null(pieces[i]);
            assert_int_equal((uintptr_t)pieces[i] % 16, 0);
            assert_true(is_zero(pieces[i], sizes[i]));
            memset(pieces[i], i % 255 + 1, sizes[i]);
        }
        for (int i = 0; i < PIECES; i++)
            for (size_t j = 0; j < sizes[i]; j += 7)
                assert_int_equal(pieces[i][j], i % 255 + 1);
        arena_reset(&arena);
        assert_int_equal(arena.taken, 0);
    }
    arena_finish(&arena);
    arena_finish(&arena);
}

static void past_the_limit_it_stays_full(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 100);
    assert_non_null(arena_take(&arena, 60));
    assert_false(arena.full);
    assert_null(arena_take(&arena, 41));
    assert_true(arena.full);
    assert_null(arena_take(&arena, 1)); // for good, so that one check at the end is enough
    assert_null(arena_copy(&arena, S("x")).ptr);
    assert_null(arena_cstr(&arena, S("x")));
    assert_null(arena_format(&arena, "%d", 1).ptr);
    arena_reset(&arena);
    assert_false(arena.full);
    assert_non_null(arena_take(&arena, 100));
    assert_null(arena_take(&arena, SIZE_MAX));
    arena_finish(&arena);
}

static void texts_are_copied_with_an_end(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 1 << 20);
    char bytes[] = "abc";
    str copy = arena_copy(&arena, (str){bytes, 3});
    bytes[0] = 'x';
    assert_true(str_is(copy, S("abc")));
    assert_string_equal(copy.ptr, "abc");
    assert_string_equal(arena_cstr(&arena, (str){0}), "");
    str text = arena_format(&arena, "%s-%d", "job", 1842);
    assert_true(str_is(text, S("job-1842")));
    assert_string_equal(text.ptr, "job-1842");
    arena_finish(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_are_zeroed_aligned_and_apart),
        cmocka_unit_test(past_the_limit_it_stays_full),
        cmocka_unit_test(texts_are_copied_with_an_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
