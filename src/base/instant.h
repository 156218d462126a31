// instant.h - points in time as int64 microseconds since 1970 UTC, civil dates, and zones.
//
// Time is data here: nothing in this file reads a clock. Zones are a small table of integer
// rules (offset and daylight saving), enough to say where a billing month begins. They follow
// today's rules in every year: equal to the IANA database from 2008 on.
//
//   Owner      nobody: values
//   Invariant  every function is total on years 1970..2200 and integer-exact
//   Refusal    none
//   Fault      parsers return false on text not exactly of their form; output untouched
#pragma once
#include "base/buf.h"
#include "base/str.h"
#include <stdbool.h>
#include <stdint.h>

#define MS_US     INT64_C(1000)
#define SECOND_US INT64_C(1000000)
#define MINUTE_US (60 * SECOND_US)
#define HOUR_US   (60 * MINUTE_US)
#define DAY_US    (24 * HOUR_US)

// A calendar month as a number: year * 12 + month - 1.
typedef uint32_t month;

struct civil {
    int32_t year, month, day, hour, minute, second, microsecond; // month and day from 1
};

struct civil civil_from_us(int64_t time_us);
int64_t civil_to_us(struct civil civil); // the civil time must be valid

// RFC 3339 in UTC: "2026-11-21T23:02:20Z", with ".123456" when there are microseconds.
void instant_text(int64_t time_us, struct buf *out);
// Takes the form above (1 to 6 digits behind the point), an offset "+09:00" instead of Z, or a date
// alone (midnight UTC); years 1970..2200.
bool instant_parse(str text, int64_t *ret_time_us);
// "90s", "10m", "3h", "7d", "500ms": a positive whole number and a unit.
bool duration_parse(str text, int64_t *ret_duration_us);
// "2.004 s", "4 min 05 s", "1 h 02 min", "3 d 04 h": for people, rounded down.
void duration_text(int64_t duration_us, struct buf *out);

// Zones: index into a fixed table, 0 is UTC. Names are IANA names ("Asia/Tokyo").
bool zone_parse(str name, uint32_t *ret_zone);
str zone_name(uint32_t zone);
uint32_t zone_count(void);
int64_t zone_offset_us(uint32_t zone, int64_t time_us); // local = UTC + offset

month month_at(uint32_t zone, int64_t time_us);     // the local month of an instant
int64_t month_start_us(uint32_t zone, month which); // local midnight of its first day, in UTC
bool month_parse(str text, month *ret_month);       // "2026-11"
void month_text(month which, struct buf *out);
