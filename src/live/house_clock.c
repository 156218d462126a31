#include "live/house_clock.h"
#include "base/instant.h"
#include "base/must.h"
#include <inttypes.h>
#include <time.h>

static const int64_t ahead_us_max = 400 * DAY_US;
static const int64_t step_us = 60 * SECOND_US;
enum { SLEW_DIVISOR = 200 }; // 0.5 %

bool house_clock_start(struct house_clock *clock, int64_t last_us, int64_t boot_us, int64_t wall_us,
                       bool accept_time, struct err *err)
{
    if (last_us > 0 && wall_us - last_us > ahead_us_max && !accept_time)
        return err_set(err,
                       "the wall clock is %" PRId64 " days ahead of the journal's last event; set "
                       "the clock, or start with --accept-time if it is right",
                       (wall_us - last_us) / DAY_US);
    *clock = (struct house_clock){.time_us = wall_us > last_us ? wall_us : last_us,
                                  .boot_us = boot_us,
                                  .behind = last_us - wall_us > SECOND_US};
    return true;
}

int64_t house_clock_read(struct house_clock *clock, int64_t boot_us, int64_t wall_us,
                         bool *ret_stepped, int64_t *ret_from_us)
{
    *ret_stepped = false;
    int64_t elapsed_us = boot_us - clock->boot_us;
    must(elapsed_us >= 0);
    int64_t time_us = clock->time_us + elapsed_us;
    int64_t error_us = wall_us - time_us;
    // Readings may come many a millisecond: what is too little for a microsecond is kept.
    clock->spare_us += elapsed_us;
    int64_t slew_us = clock->spare_us / SLEW_DIVISOR;
    clock->spare_us %= SLEW_DIVISOR;
    if (error_us > step_us) {
        *ret_stepped = true;
        *ret_from_us = time_us;
        slew_us = error_us;
    } else if (error_us < slew_us) {
        slew_us = error_us > -slew_us ? error_us : -slew_us;
    }
    clock->boot_us = boot_us;
    clock->time_us = time_us + slew_us;
    clock->behind = clock->time_us - wall_us > SECOND_US;
    return clock->time_us;
}

static int64_t read_us(clockid_t which)
{
    struct timespec now;
    must(clock_gettime(which, &now) == 0);
    return (int64_t)now.tv_sec * SECOND_US + now.tv_nsec / 1000;
}

int64_t house_clock_boot_us(void)
{
    return read_us(CLOCK_BOOTTIME);
}

int64_t house_clock_wall_us(void)
{
    return read_us(CLOCK_REALTIME);
}
