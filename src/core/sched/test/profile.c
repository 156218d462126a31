#include "core/sched/profile.h"
#include "base/rng.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

enum { SPAN = 160, SPAN_ALL = SPAN * 2, TAKEN_MAX = 60 };

// A plain count of every instant; what is taken for ever ends behind SPAN_ALL.
struct plain {
    int64_t capacity, taken[SPAN_ALL];
    struct {
        int64_t from, until, amount;
    } piece[TAKEN_MAX];
    int pieces;
    int64_t since;
};

static void plain_add(struct plain *plain, int64_t from, int64_t until, int64_t amount)
{
    for (int64_t i = from; i < until && i < SPAN_ALL; i++)
        plain->taken[i] += amount;
}

static int64_t plain_free(const struct plain *plain, int64_t from, int64_t until)
{
    int64_t least = INT64_MAX;
    for (int64_t i = from; i < SPAN_ALL && (i < until || i == from); i++)
        if (plain->capacity - plain->taken[i] < least)
            least = plain->capacity - plain->taken[i];
    return least;
}

static bool plain_fit(const struct plain *plain, int64_t from, int64_t amount, int64_t duration,
                      int64_t *ret)
{
    for (int64_t at = from > plain->since ? from : plain->since; at < SPAN_ALL; at++) {
        int64_t until = duration == UNTIL_EVER ? UNTIL_EVER : at + duration;
        if (plain_free(plain, at, until) < amount)
            continue;
        *ret = at;
        return true;
    }
    return false;
}

static void change(struct profile *profile, struct plain *plain, struct rng *rng)
{
    if (plain->pieces < TAKEN_MAX && rng_below(rng, 3)) {
        int64_t from = plain->since + rng_below(rng, SPAN - plain->since);
        int64_t until = rng_below(rng, 8) ? from + rng_below(rng, 40) : UNTIL_EVER;
        int64_t amount = rng_between(rng, 1, 30);
        profile_add(profile, from, until, amount);
        plain_add(plain, from, until, amount);
        plain->piece[plain->pieces].from = from;
        plain->piece[plain->pieces].until = until;
        plain->piece[plain->pieces++].amount = amount;
        return;
    }
    if (!plain->pieces)
        return;
    int i = (int)rng_below(rng, plain->pieces);
    profile_add(profile, plain->piece[i].from, plain->piece[i].until, -plain->piece[i].amount);
    plain_add(plain, plain->piece[i].from, plain->piece[i].until, -plain->piece[i].amount);
    plain->piece[i] = plain->piece[--plain->pieces];
}

static void compare(const struct profile *profile, const struct plain *plain, struct rng *rng)
{
    int64_t from = plain->since + rng_below(rng, SPAN - plain->since);
    int64_t until = rng_below(rng, 8) ? from + rng_below(rng, 60) : UNTIL_EVER;
    assert_int_equal(profile_free(profile, from, until), plain_free(plain, from, until));
    int64_t amount = rng_between(rng, 1, 130);
    int64_t duration = rng_below(rng, 8) ? rng_below(rng, 30) : UNTIL_EVER;
    int64_t at = -1, plain_at = -1;
    assert_int_equal(profile_fit(profile, from, amount, duration, &at),
                     plain_fit(plain, from, amount, duration, &plain_at));
    assert_int_equal(at, plain_at);
}

static void a_profile_is_a_plain_count(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 40; seed++) {
        struct rng rng = {seed};
        struct plain plain = {.capacity = 100};
        struct profile profile;
        profile_init(&profile, 100);
        profile_forget(&profile, 0);
        for (int i = 0; i < 300; i++) {
            change(&profile, &plain, &rng);
            if (rng_below(&rng, 40) == 0 && plain.since < SPAN - 50) {
                plain.since += rng_below(&rng, 20);
                profile_forget(&profile, plain.since);
            }
            compare(&profile, &plain, &rng);
        }
        profile_finish(&profile);
    }
}

// Everything that is given back leaves no step behind, however it was taken.
static void nothing_is_left_of_what_was_given_back(void **state)
{
    (void)state;
    struct rng rng = {7};
    struct plain plain = {.capacity = 100};
    struct profile profile;
    profile_init(&profile, 100);
    for (int i = 0; i < 500; i++)
        change(&profile, &plain, &rng);
    for (int i = 0; i < plain.pieces; i++)
        profile_add(&profile, plain.piece[i].from, plain.piece[i].until, -plain.piece[i].amount);
    assert_int_equal(profile.root, 0);
    assert_int_equal(profile.base, 0);
    profile_finish(&profile);
}

static void amounts_beyond_31_bits_and_far_instants(void **state)
{
    (void)state;
    struct profile profile;
    int64_t at;
    profile_init(&profile, INT64_C(10000000000));
    profile_add(&profile, 5, UNTIL_EVER, INT64_C(9000000000));
    profile_add(&profile, 0, UNTIL_EVER - 1, INT64_C(1000000000));
    assert_true(profile_free(&profile, 0, UNTIL_EVER) == 0);
    assert_true(profile_free(&profile, 0, 5) == INT64_C(9000000000));
    assert_true(profile_fit(&profile, 1, 1, 10, &at));
    assert_true(at == UNTIL_EVER - 1);
    assert_false(profile_fit(&profile, 1, INT64_C(1000000001), 10, &at));
    assert_true(profile_fit(&profile, 1, INT64_C(9000000000), 4, &at));
    assert_true(at == 1);
    profile_finish(&profile);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_profile_is_a_plain_count),
        cmocka_unit_test(nothing_is_left_of_what_was_given_back),
        cmocka_unit_test(amounts_beyond_31_bits_and_far_instants),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
