#include "core/fleet/power_ramp.h"
#include "base/instant.h"
#include "base/must.h"

#define WATTS_MAX INT64_C(1000000000000)

struct ramp_slot ramp_next(int64_t ramp_w_per_s, int64_t busy_us, int64_t watts, int64_t now_us)
{
    must(ramp_w_per_s >= 0);
    watts = watts < 0 ? -watts : watts;
    if (ramp_w_per_s == 0 || watts == 0)
        return (struct ramp_slot){.at_us = now_us, .busy_us = busy_us};
    must(watts <= WATTS_MAX && ramp_w_per_s <= WATTS_MAX);
    int64_t rest_us = watts % ramp_w_per_s * 2 * SECOND_US;
    int64_t takes_us = watts / ramp_w_per_s * 2 * SECOND_US;
    takes_us += (rest_us + ramp_w_per_s - 1) / ramp_w_per_s;
    bool whole = takes_us <= RAMP_WINDOW_US;
    int64_t room_us = whole ? RAMP_WINDOW_US - takes_us : 0;
    int64_t at_us = busy_us - now_us > room_us ? busy_us - room_us : now_us;
    return (struct ramp_slot){
        .at_us = at_us,
        .spread_us = whole ? 0 : takes_us,
        .busy_us = (busy_us > at_us ? busy_us : at_us) + takes_us,
    };
}
