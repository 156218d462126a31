// cmocka.h - the few words of cmocka that the tests of pure rooms use, for a cross build.
//
// Debian has no cmocka for a foreign architecture. What these tests assert is the same as with the
// real one; a failure says the place and the values and ends the process, so one test that fails
// hides those after it. Mocks, fixtures of groups and leak checks are absent.
//
//   Owner      the test program
//   Invariant  a program that returns 0 ran every test in its list but those that were skipped
//   Refusal    none
//   Fault      an assertion that does not hold: exit 1
#pragma once
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct CMUnitTest {
    const char *name;
    void (*test)(void **state);
    int (*setup)(void **state), (*teardown)(void **state);
};

static jmp_buf small_skip;

#define small_fail(...)                                 \
    do {                                                \
        fprintf(stderr, "%s:%d: ", __FILE__, __LINE__); \
        fprintf(stderr, __VA_ARGS__);                   \
        fprintf(stderr, "\n");                          \
        exit(1);                                        \
    } while (0)
#define small_compare(left, operator, right)                                                \
    do {                                                                                    \
        unsigned long long left_ = (unsigned long long)(left);                              \
        unsigned long long right_ = (unsigned long long)(right);                            \
        if (!(left_ operator right_))                                                       \
            small_fail("%s is %#llx, want it " #operator" %s, %#llx", #left, left_, #right, \
                       right_);                                                             \
    } while (0)
#define small_pointer(left, operator, right)                          \
    do {                                                              \
        if (!((const void *)(left) operator(const void *)(right)))    \
            small_fail("%s: want it " #operator" %s", #left, #right); \
    } while (0)
#define assert_true(value)                     \
    do {                                       \
        if (!(value))                          \
            small_fail("%s is false", #value); \
    } while (0)
#define assert_false(value)                   \
    do {                                      \
        if (value)                            \
            small_fail("%s is true", #value); \
    } while (0)
#define assert_int_equal(left, right)     small_compare(left, ==, right)
#define assert_int_not_equal(left, right) small_compare(left, !=, right)
#define assert_null(value)                small_pointer(value, ==, NULL)
#define assert_non_null(value)            small_pointer(value, !=, NULL)
#define assert_ptr_equal(left, right)     small_pointer(left, ==, right)
#define assert_in_range(value, low, high) \
    do {                                  \
        small_compare(value, >=, low);    \
        small_compare(value, <=, high);   \
    } while (0)
#define assert_string_equal(left, right)                                   \
    do {                                                                   \
        const char *left_ = (left), *right_ = (right);                     \
        if (strcmp(left_, right_) != 0)                                    \
            small_fail("%s is \"%s\", want \"%s\"", #left, left_, right_); \
    } while (0)
#define assert_memory_equal(left, right, size)                             \
    do {                                                                   \
        if (memcmp((left), (right), (size)) != 0)                          \
            small_fail("%s and %s are not the same bytes", #left, #right); \
    } while (0)
#define assert_memory_not_equal(left, right, size)                     \
    do {                                                               \
        if (memcmp((left), (right), (size)) == 0)                      \
            small_fail("%s and %s are the same bytes", #left, #right); \
    } while (0)
#define fail_msg(...) small_fail(__VA_ARGS__)
#define fail()        small_fail("it failed")
#define skip()        longjmp(small_skip, 1)

#define cmocka_unit_test(function)      \
    {                                   \
#function, function, NULL, NULL \
    }
#define cmocka_unit_test_setup_teardown(function, setup, teardown) \
    {                                                              \
#function, function, setup, teardown                       \
    }
#define cmocka_run_group_tests(tests, setup, teardown) \
    small_run(tests, sizeof(tests) / sizeof *(tests), setup, teardown)
#define cmocka_run_group_tests_name(name, tests, setup, teardown) \
    (puts(name), small_run(tests, sizeof(tests) / sizeof *(tests), setup, teardown))

// Apart from the loop, whose variables a skip must not touch.
static __attribute__((noinline)) void small_one(const struct CMUnitTest *test, void **state)
{
    if (setjmp(small_skip) == 0)
        test->test(state);
    else
        printf("skipped: %s\n", test->name);
}

static inline int small_run(const struct CMUnitTest *tests, size_t count,
                            int (*setup)(void **state), int (*teardown)(void **state))
{
    void *state = NULL;
    if (setup && setup(&state) != 0)
        small_fail("the setup of the group failed");
    for (size_t i = 0; i < count; i++) {
        if (tests[i].setup && tests[i].setup(&state) != 0)
            small_fail("%s: its setup failed", tests[i].name);
        small_one(&tests[i], &state);
        if (tests[i].teardown && tests[i].teardown(&state) != 0)
            small_fail("%s: its teardown failed", tests[i].name);
    }
    if (teardown && teardown(&state) != 0)
        small_fail("the teardown of the group failed");
    printf("%zu tests passed\n", count);
    return 0;
}
