#include "base/instant.h"
#include "base/must.h"

static int64_t floor_div(int64_t value, int64_t by)
{
    return value / by - (value % by < 0);
}

// Days since 1970-01-01 and back: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms".
// Years begin in March, so that a leap day is the last of its year; 400 years are one era.
static int64_t days_from_date(int64_t year, int32_t month_of_year, int32_t day)
{
    year -= month_of_year <= 2;
    int64_t era = floor_div(year, 400), year_of_era = year - era * 400;
    int64_t day_of_year = (153 * (month_of_year + (month_of_year > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year -
           719468;
}

static void date_from_days(int64_t days, struct civil *ret_civil)
{
    days += 719468;
    int64_t era = floor_div(days, 146097), day_of_era = days - era * 146097;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t from_march = (5 * day_of_year + 2) / 153;
    ret_civil->day = (int32_t)(day_of_year - (153 * from_march + 2) / 5 + 1);
    ret_civil->month = (int32_t)(from_march < 10 ? from_march + 3 : from_march - 9);
    ret_civil->year = (int32_t)(year_of_era + era * 400 + (ret_civil->month <= 2));
}

struct civil civil_from_us(int64_t time_us)
{
    int64_t days = floor_div(time_us, DAY_US), rest = time_us - days * DAY_US;
    struct civil civil = {
        .hour = (int32_t)(rest / HOUR_US),
        .minute = (int32_t)(rest / MINUTE_US % 60),
        .second = (int32_t)(rest / SECOND_US % 60),
        .microsecond = (int32_t)(rest % SECOND_US),
    };
    date_from_days(days, &civil);
    return civil;
}

static int32_t days_in_month(int32_t year, int32_t month_of_year)
{
    static const int32_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return days[month_of_year - 1] + (leap && month_of_year == 2);
}

static bool is_valid(struct civil civil)
{
    return civil.year >= 0 && civil.year <= 9999 && civil.month >= 1 && civil.month <= 12 &&
           civil.day >= 1 && civil.day <= days_in_month(civil.year, civil.month) &&
           civil.hour >= 0 && civil.hour <= 23 && civil.minute >= 0 && civil.minute <= 59 &&
           civil.second >= 0 && civil.second <= 59 && civil.microsecond >= 0 &&
           civil.microsecond < SECOND_US;
}

int64_t civil_to_us(struct civil civil)
{
    must(is_valid(civil));
    return days_from_date(civil.year, civil.month, civil.day) * DAY_US + civil.hour * HOUR_US +
           civil.minute * MINUTE_US + civil.second * SECOND_US + civil.microsecond;
}

static void add_digits(struct buf *out, int64_t value, int count)
{
    char digits[8];
    must(value >= 0 && count <= (int)sizeof digits);
    for (int i = count; i > 0; i--) {
        digits[i - 1] = (char)('0' + value % 10);
        value /= 10;
    }
    buf_add(out, (str){digits, (size_t)count});
}

void instant_text(int64_t time_us, struct buf *out)
{
    struct civil civil = civil_from_us(time_us);
    must(civil.year >= 0 && civil.year <= 9999);
    add_digits(out, civil.year, 4);
    buf_byte(out, '-');
    add_digits(out, civil.month, 2);
    buf_byte(out, '-');
    add_digits(out, civil.day, 2);
    buf_byte(out, 'T');
    add_digits(out, civil.hour, 2);
    buf_byte(out, ':');
    add_digits(out, civil.minute, 2);
    buf_byte(out, ':');
    add_digits(out, civil.second, 2);
    if (civil.microsecond) {
        buf_byte(out, '.');
        add_digits(out, civil.microsecond, 6);
    }
    buf_byte(out, 'Z');
}

// Exactly `count` digits at the front.
static bool take_digits(str *text, size_t count, int32_t *ret_value)
{
    int32_t value = 0;
    if (text->len < count)
        return false;
    for (size_t i = 0; i < count; i++) {
        if (text->ptr[i] < '0' || text->ptr[i] > '9')
            return false;
        value = value * 10 + (text->ptr[i] - '0');
    }
    *text = str_skip(*text, count);
    *ret_value = value;
    return true;
}

static bool take(str *text, char mark)
{
    if (text->len == 0 || text->ptr[0] != mark)
        return false;
    *text = str_skip(*text, 1);
    return true;
}

static bool take_date(str *text, struct civil *ret_civil)
{
    return take_digits(text, 4, &ret_civil->year) && take(text, '-') &&
           take_digits(text, 2, &ret_civil->month) && take(text, '-') &&
           take_digits(text, 2, &ret_civil->day);
}

static bool take_time(str *text, struct civil *ret_civil)
{
    if (!take(text, 'T') || !take_digits(text, 2, &ret_civil->hour) || !take(text, ':') ||
        !take_digits(text, 2, &ret_civil->minute) || !take(text, ':') ||
        !take_digits(text, 2, &ret_civil->second))
        return false;
    if (!take(text, '.'))
        return true;
    int32_t digit, unit = 1000000;
    while (unit > 1 && take_digits(text, 1, &digit)) {
        unit /= 10;
        ret_civil->microsecond += digit * unit;
    }
    return unit < 1000000;
}

static bool take_offset(str *text, int64_t *ret_offset_us)
{
    *ret_offset_us = 0;
    if (take(text, 'Z'))
        return true;
    bool west = str_starts(*text, S("-"));
    int32_t hours, minutes;
    if (!take(text, west ? '-' : '+') || !take_digits(text, 2, &hours) || !take(text, ':') ||
        !take_digits(text, 2, &minutes) || hours > 23 || minutes > 59)
        return false;
    *ret_offset_us = (west ? -1 : 1) * (hours * HOUR_US + minutes * MINUTE_US);
    return true;
}

enum { YEAR_FIRST = 1970, YEAR_LAST = 2200 };

bool instant_parse(str text, int64_t *ret_time_us)
{
    struct civil civil = {0};
    int64_t offset_us = 0;
    if (!take_date(&text, &civil))
        return false;
    if (text.len > 0 && (!take_time(&text, &civil) || !take_offset(&text, &offset_us)))
        return false;
    if (text.len > 0 || !is_valid(civil) || civil.year < YEAR_FIRST || civil.year > YEAR_LAST)
        return false;
    int64_t time_us = civil_to_us(civil) - offset_us;
    if (time_us < 0 || civil_from_us(time_us).year > YEAR_LAST)
        return false;
    *ret_time_us = time_us;
    return true;
}

bool duration_parse(str text, int64_t *ret_duration_us)
{
    static const struct {
        str name;
        int64_t us;
    } units[] = {
        {{"ms", 2}, MS_US    },
        {{"s", 1},  SECOND_US},
        {{"m", 1},  MINUTE_US},
        {{"h", 1},  HOUR_US  },
        {{"d", 1},  DAY_US   }
    };
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        int64_t count, us;
        if (!str_ends(text, units[i].name))
            continue;
        if (!str_to_i64((str){text.ptr, text.len - units[i].name.len}, &count))
            continue;
        if (count <= 0 || __builtin_mul_overflow(count, units[i].us, &us))
            return false;
        *ret_duration_us = us;
        return true;
    }
    return false;
}

void duration_text(int64_t duration_us, struct buf *out)
{
    static const struct {
        int64_t us, part_us;
        const char *name, *part_name;
    } forms[] = {
        {DAY_US,    HOUR_US,   "d",   "h"  },
        {HOUR_US,   MINUTE_US, "h",   "min"},
        {MINUTE_US, SECOND_US, "min", "s"  }
    };
    must(duration_us > INT64_MIN);
    if (duration_us < 0)
        buf_byte(out, '-');
    int64_t size = duration_us < 0 ? -duration_us : duration_us;
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        if (size < forms[i].us)
            continue;
        buf_i64(out, size / forms[i].us);
        buf_format(out, " %s ", forms[i].name);
        add_digits(out, size % forms[i].us / forms[i].part_us, 2);
        buf_format(out, " %s", forms[i].part_name);
        return;
    }
    buf_i64(out, size / SECOND_US);
    buf_byte(out, '.');
    add_digits(out, size % SECOND_US / MS_US, 3);
    buf_add(out, S(" s"));
}

// The `week`-th Sunday of a month (5: the last), `minute` of that day in the zone's standard time.
struct change {
    int32_t month, week, minute;
};

// Daylight saving is one hour in all of them; begin.month 0: none. `end` is earlier in a year than
// `begin` on the southern half.
struct zone {
    str name;
    int32_t offset_minutes;
    struct change begin, end;
};

static const struct zone zones[] = {
    {{"UTC", 3},                  0,    {0},          {0}         },
    {{"Asia/Tokyo", 10},          540,  {0},          {0}         },
    {{"Asia/Seoul", 10},          540,  {0},          {0}         },
    {{"Asia/Singapore", 14},      480,  {0},          {0}         },
    {{"Asia/Kolkata", 12},        330,  {0},          {0}         },
    {{"Australia/Sydney", 16},    600,  {10, 1, 120}, {4, 1, 120} },
    {{"Europe/London", 13},       0,    {3, 5, 60},   {10, 5, 60} },
    {{"Europe/Paris", 12},        60,   {3, 5, 120},  {10, 5, 120}},
    {{"Europe/Berlin", 13},       60,   {3, 5, 120},  {10, 5, 120}},
    {{"America/New_York", 16},    -300, {3, 2, 120},  {11, 1, 60} },
    {{"America/Chicago", 15},     -360, {3, 2, 120},  {11, 1, 60} },
    {{"America/Los_Angeles", 19}, -480, {3, 2, 120},  {11, 1, 60} },
};
enum { ZONES = sizeof zones / sizeof zones[0] };

bool zone_parse(str name, uint32_t *ret_zone)
{
    for (uint32_t i = 0; i < ZONES; i++) {
        if (str_is(name, zones[i].name)) {
            *ret_zone = i;
            return true;
        }
    }
    return false;
}

str zone_name(uint32_t zone)
{
    must(zone < ZONES);
    return zones[zone].name;
}

uint32_t zone_count(void)
{
    return ZONES;
}

// In standard time: local time as if there were no daylight saving.
static int64_t change_us(struct change change, int32_t year)
{
    int64_t first = days_from_date(year, change.month, 1);
    int64_t weekday = first + 4 - floor_div(first + 4, 7) * 7; // 0 is Sunday; day 0 was a Thursday
    int64_t day = (weekday ? 7 - weekday : 0) + (change.week - 1) * 7;
    if (day >= days_in_month(year, change.month))
        day -= 7;
    return (first + day) * DAY_US + change.minute * MINUTE_US;
}

int64_t zone_offset_us(uint32_t zone, int64_t time_us)
{
    must(zone < ZONES);
    const struct zone *rule = &zones[zone];
    int64_t offset_us = rule->offset_minutes * MINUTE_US;
    if (rule->begin.month == 0)
        return offset_us;
    int64_t standard_us = time_us + offset_us;
    int32_t year = civil_from_us(standard_us).year;
    int64_t begin_us = change_us(rule->begin, year), end_us = change_us(rule->end, year);
    bool northern = begin_us < end_us;
    bool between = northern ? standard_us >= begin_us && standard_us < end_us
                            : standard_us >= end_us && standard_us < begin_us;
    return offset_us + (between == northern ? HOUR_US : 0);
}

month month_at(uint32_t zone, int64_t time_us)
{
    struct civil local = civil_from_us(time_us + zone_offset_us(zone, time_us));
    must(local.year >= 0);
    return (month)(local.year * 12 + local.month - 1);
}

int64_t month_start_us(uint32_t zone, month which)
{
    must(zone < ZONES && which < 10000 * 12);
    int64_t local_us = days_from_date(which / 12, (int32_t)(which % 12) + 1, 1) * DAY_US;
    // No zone here changes at midnight, so one of the two offsets is the one in force.
    int64_t standard_us = local_us - zones[zone].offset_minutes * MINUTE_US;
    return local_us - zone_offset_us(zone, standard_us - HOUR_US);
}

bool month_parse(str text, month *ret_month)
{
    int32_t year, month_of_year;
    if (!take_digits(&text, 4, &year) || !take(&text, '-') ||
        !take_digits(&text, 2, &month_of_year) || text.len > 0 || month_of_year < 1 ||
        month_of_year > 12 || year < YEAR_FIRST || year > YEAR_LAST)
        return false;
    *ret_month = (month)(year * 12 + month_of_year - 1);
    return true;
}

void month_text(month which, struct buf *out)
{
    must(which < 10000 * 12);
    add_digits(out, which / 12, 4);
    buf_byte(out, '-');
    add_digits(out, which % 12 + 1, 2);
}
