#include "base/instant.h"
#include "base/rng.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

static int64_t at(const char *text)
{
    int64_t time_us = -1;
    if (!instant_parse(str_from(text), &time_us))
        fail_msg("%s was not taken", text);
    return time_us;
}

static bool is_leap(int32_t year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

// Every day of 1970..2200 counted one by one.
static void days_follow_each_other(void **state)
{
    (void)state;
    static const int32_t lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int64_t time_us = 0;
    for (int32_t year = 1970; year <= 2200; year++) {
        for (int32_t number = 1; number <= 12; number++) {
            int32_t length = lengths[number - 1] + (number == 2 && is_leap(year));
            for (int32_t day = 1; day <= length; day++, time_us += DAY_US) {
                struct civil first = civil_from_us(time_us);
                struct civil last = civil_from_us(time_us + DAY_US - 1);
                assert_true(first.year == year && first.month == number && first.day == day);
                assert_true(first.hour == 0 && first.minute == 0 && first.second == 0);
                assert_true(last.day == day && last.hour == 23 && last.microsecond == 999999);
                assert_int_equal(civil_to_us(first), time_us);
                assert_int_equal(civil_to_us(last), time_us + DAY_US - 1);
            }
        }
    }
    struct civil before = civil_from_us(-1);
    assert_true(before.year == 1969 && before.month == 12 && before.second == 59);
}

static void instants_read_back(void **state)
{
    (void)state;
    struct rng rng = {.state = 1};
    struct buf out;
    buf_init(&out, 100);
    instant_text(at("2026-11-21T23:02:20Z"), &out);
    assert_string_equal(buf_cstr(&out), "2026-11-21T23:02:20Z");
    for (int i = 0; i < 20000; i++) {
        int64_t time_us = rng_below(&rng, at("2200-12-31T23:59:59Z"));
        if (rng_below(&rng, 2))
            time_us -= time_us % SECOND_US;
        buf_clear(&out);
        instant_text(time_us, &out);
        assert_int_equal(at(buf_cstr(&out)), time_us);
    }
    buf_finish(&out);
    assert_int_equal(at("1970-01-01"), 0);
    assert_int_equal(at("2026-11-21T09:00:00+09:00"), at("2026-11-21"));
    assert_int_equal(at("2026-11-20T18:30:00-05:30"), at("2026-11-21"));
    assert_int_equal(at("1970-01-01T00:00:01.5Z"), 1500000);
    assert_int_equal(at("2000-02-29"), 951782400 * SECOND_US);
}

static void what_is_no_instant_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "2026",
        "2026-11",
        "2026-1-01",
        "2026-13-01",
        "2026-00-01",
        "2026-02-29",
        "1900-02-29",
        "2026-11-31",
        "2026-11-00",
        "2026-11-21T",
        "2026-11-21Z",
        "2026-11-21T24:00:00Z",
        "2026-11-21T23:60:00Z",
        "2026-11-21T23:59:60Z",
        "2026-11-21T23:59:59",
        "2026-11-21 23:59:59Z",
        "2026-11-21t23:59:59z",
        "2026-11-21T23:59:59.Z",
        "2026-11-21T23:59:59.1234567Z",
        "2026-11-21T23:59:59Z ",
        "2026-11-21T23:59:59+0900",
        "2026-11-21T23:59:59+24:00",
        "2026-11-21T23:59:59+09:60",
        "1969-12-31T23:59:59Z",
        "1970-01-01T00:00:00+00:01",
        "2201-01-01",
        "2200-12-31T23:59:59-00:01",
        "-026-11-21",
        "+2026-11-21",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        int64_t time_us = 77;
        if (instant_parse(str_from(bad[i]), &time_us))
            fail_msg("%s was taken", bad[i]);
        assert_int_equal(time_us, 77);
    }
}

static void durations(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t us;
    } good[] = {
        {"1ms",        1000              },
        {"90s",        90 * SECOND_US    },
        {"10m",        600 * SECOND_US   },
        {"3h",         3 * HOUR_US       },
        {"7d",         7 * DAY_US        },
        {"106751991d", 106751991 * DAY_US}
    };
    static const char *const bad[] = {"",
                                      "s",
                                      "0s",
                                      "-1s",
                                      "1",
                                      "1.5h",
                                      "01s",
                                      "1 s",
                                      "1S",
                                      "1us",
                                      "1w",
                                      "106751992d",
                                      "99999999999999999999s",
                                      "1msms",
                                      "ms"};
    static const struct {
        int64_t us;
        const char *text;
    } shown[] = {
        {0,                        "0.000 s"   },
        {999,                      "0.000 s"   },
        {2004999,                  "2.004 s"   },
        {-SECOND_US,               "-1.000 s"  },
        {MINUTE_US - 1,            "59.999 s"  },
        {MINUTE_US,                "1 min 00 s"},
        {HOUR_US + 2 * MINUTE_US,  "1 h 02 min"},
        {3 * DAY_US + 4 * HOUR_US, "3 d 04 h"  }
    };
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        int64_t us;
        assert_true(duration_parse(str_from(good[i].text), &us));
        assert_int_equal(us, good[i].us);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        int64_t us = 77;
        assert_false(duration_parse(str_from(bad[i]), &us));
        assert_int_equal(us, 77);
    }
    struct buf out;
    buf_init(&out, 100);
    for (size_t i = 0; i < sizeof shown / sizeof shown[0]; i++) {
        buf_clear(&out);
        duration_text(shown[i].us, &out);
        assert_string_equal(buf_cstr(&out), shown[i].text);
    }
    buf_finish(&out);
}

static void months(void **state)
{
    (void)state;
    month which = 77;
    struct buf out;
    buf_init(&out, 100);
    assert_true(month_parse(S("2026-11"), &which));
    assert_int_equal(which, 2026 * 12 + 10);
    month_text(which, &out);
    assert_string_equal(buf_cstr(&out), "2026-11");
    buf_finish(&out);
    static const char *const bad[] = {"",       "2026",     "2026-0",  "2026-00", "2026-13",
                                      "2026-1", "2026-011", "1969-12", "2201-01", "2026/11"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(month_parse(str_from(bad[i]), &which));
    assert_int_equal(which, 2026 * 12 + 10);
    uint32_t tokyo, sydney;
    assert_true(zone_parse(S("Asia/Tokyo"), &tokyo));
    assert_true(zone_parse(S("Australia/Sydney"), &sydney));
    assert_false(zone_parse(S("Asia/tokyo"), &tokyo));
    assert_int_equal(month_start_us(tokyo, which), at("2026-10-31T15:00:00Z"));
    assert_int_equal(month_start_us(sydney, which), at("2026-10-31T13:00:00Z"));
    assert_int_equal(month_at(tokyo, at("2026-10-31T14:59:59.999999Z")), which - 1);
    assert_int_equal(month_at(tokyo, at("2026-10-31T15:00:00Z")), which);
}

// In every zone each month begins where the one before it ends.
static void months_fill_time_without_gaps(void **state)
{
    (void)state;
    for (uint32_t zone = 0; zone < zone_count(); zone++) {
        for (month which = 1970 * 12 + 1; which < 2200 * 12; which++) {
            int64_t start_us = month_start_us(zone, which);
            assert_int_equal(month_at(zone, start_us), which);
            assert_int_equal(month_at(zone, start_us - 1), which - 1);
            int64_t local_us = start_us + zone_offset_us(zone, start_us);
            struct civil local = civil_from_us(local_us);
            assert_true(local.day == 1 && local.hour == 0 && local.minute == 0);
        }
    }
}

// Against the IANA database of this machine: each half hour around every change, and month starts.
static void zones_agree_with_the_iana_database(void **state)
{
    (void)state;
    if (access("/usr/share/zoneinfo/Australia/Sydney", R_OK) != 0)
        skip();
    for (uint32_t zone = 0; zone < zone_count(); zone++) {
        char name[64];
        assert_true(str_copy(zone_name(zone), name, sizeof name));
        assert_int_equal(setenv("TZ", name, 1), 0);
        tzset();
        for (int64_t time_us = at("2008-01-01"); time_us < at("2050-01-01"); time_us += DAY_US) {
            int64_t offset_us = zone_offset_us(zone, time_us);
            bool near = zone_offset_us(zone, time_us + DAY_US) != offset_us ||
                        zone_offset_us(zone, time_us - DAY_US) != offset_us;
            for (int64_t step = 0; step < (near ? DAY_US : 1); step += HOUR_US / 2) {
                for (int64_t edge = -1; edge <= 0; edge++) {
                    time_t seconds = (time_us + step) / SECOND_US + edge;
                    struct tm local;
                    assert_non_null(localtime_r(&seconds, &local));
                    if (zone_offset_us(zone, seconds * SECOND_US) != local.tm_gmtoff * SECOND_US)
                        fail_msg("%s differs at %lld", name, (long long)seconds);
                }
            }
        }
        for (month which = 2008 * 12; which < 2200 * 12; which++) {
            time_t seconds = month_start_us(zone, which) / SECOND_US;
            struct tm local;
            assert_non_null(localtime_r(&seconds, &local));
            assert_true(local.tm_mday == 1 && local.tm_hour == 0 && local.tm_min == 0);
            assert_int_equal((month)(local.tm_year + 1900) * 12 + (month)local.tm_mon, which);
        }
    }
    unsetenv("TZ");
    tzset();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(days_follow_each_other),
        cmocka_unit_test(instants_read_back),
        cmocka_unit_test(what_is_no_instant_is_refused),
        cmocka_unit_test(durations),
        cmocka_unit_test(months),
        cmocka_unit_test(months_fill_time_without_gaps),
        cmocka_unit_test(zones_agree_with_the_iana_database),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
