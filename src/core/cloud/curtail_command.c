// The command that curtails a site, or lifts what was said before.
#include "base/must.h"
#include "core/cloud/command_check.h"
#include "core/cloud/curtail.h"
#include "core/cloud/curtail_tree.h"
#include "core/inventory/feeder.h"
#include "core/inventory/site.h"

enum { PPM = 1000000, WHOLE = 1000, WITHIN_MS_DEFAULT = 300000 };
#define WITHIN_MS_MAX INT64_C(86400000)

// The grid points of a site, in the order of their ids.
static const struct feeder *grid_after(const struct cloud *cloud, uint64_t site, uint64_t feeder)
{
    const struct table *feeders = &cloud->inventory.feeders;
    const struct feeder *row = table_after(feeders, feeder);
    while (row && (row->site != site || row->parent))
        row = table_after(feeders, row->id);
    return row;
}

static int64_t rated_w(const struct cloud *cloud, uint64_t site, uint32_t *ret_count)
{
    int64_t watts = site ? 0 : curtail_loose_w(cloud);
    *ret_count = 0;
    for (const struct feeder *row = grid_after(cloud, site, 0); site && row;
         row = grid_after(cloud, site, row->id)) {
        watts += row->rated_w;
        ++*ret_count;
    }
    return watts;
}

static bool started_event(const struct cloud *cloud, const struct input *input,
                          struct cloud_step *ret_step)
{
    const struct site_curtail *ask = &input->curtail;
    uint32_t grids;
    int64_t rated = rated_w(cloud, ask->site, &grids);
    int64_t from_us = ask->from_us > input->time_us ? ask->from_us : input->time_us;
    int64_t until_us = ask->until_us ? ask->until_us : from_us;
    if (ask->for_us < 0 || __builtin_add_overflow(until_us, ask->for_us, &until_us))
        return bad_field(ret_step, "for_ms");
    if (ask->permille < 0 || ask->permille >= WHOLE)
        return bad_field(ret_step, "to_permille");
    if (ask->permille == 0 && (ask->watts < 1 || ask->watts >= rated))
        return bad_field(ret_step, "to_w");
    if (until_us <= from_us)
        return bad_field(ret_step, "for_ms");
    if (ask->within_ms < 0 || ask->within_ms > WITHIN_MS_MAX)
        return bad_field(ret_step, "within_ms");
    if (rated < 1)
        return refuse(ret_step, ANSWER_WRONG_STATE);
    if (!table_has_room(&cloud->curtailments) || !table_has_room(&cloud->inventory.caps))
        return refuse(ret_step, ANSWER_FULL);
    int64_t cap_w = ask->permille
                        ? rated / WHOLE * ask->permille + rated % WHOLE * ask->permille / WHOLE
                        : ask->watts;
    ret_step->event.kind = EVENT_SITE_CURTAILED;
    ret_step->event.site_curtailed = (struct site_curtailed){
        .curtailment = cloud->curtailments.last_id + 1,
        .site = ask->site,
        .from_us = from_us,
        .until_us = until_us,
        .within_ms = ask->within_ms ? ask->within_ms : WITHIN_MS_DEFAULT,
        .cap_w = cap_w < 1 ? 1 : cap_w,
        .permille = (uint32_t)ask->permille,
        .caps = grids,
    };
    ret_step->subject = ret_step->event.site_curtailed.curtailment;
    return true;
}

// Each grid point has its part of the cap, in proportion to its rating.
static bool cap_event(const struct cloud *cloud, const struct input *input, uint32_t step,
                      struct cloud_step *ret_step)
{
    const struct curtailment *row = table_get(&cloud->curtailments, cloud->curtailments.last_id);
    must(row && row->site == input->curtail.site);
    if (step > row->caps)
        return false;
    uint32_t grids;
    int64_t whole = rated_w(cloud, row->site, &grids);
    const struct feeder *feeder = grid_after(cloud, row->site, 0);
    for (uint32_t i = 1; i < step; i++)
        feeder = grid_after(cloud, row->site, feeder->id);
    int64_t part = feeder->rated_w * PPM / whole;
    int64_t cap_w =
        row->caps == 1 ? row->cap_w : row->cap_w / PPM * part + row->cap_w % PPM * part / PPM;
    ret_step->event.kind = EVENT_FEEDER_CAP_SET;
    ret_step->event.feeder_cap_set = (struct feeder_cap_set){
        .cap = cloud->inventory.caps.last_id + 1,
        .feeder = feeder->id,
        .cap_w = cap_w < 1 ? 1 : cap_w,
        .from_us = row->from_us,
        .until_us = row->until_us,
    };
    return true;
}

// The site's oldest curtailment: its caps, then itself, until there is none.
static bool lift_event(const struct cloud *cloud, uint64_t site, struct cloud_step *ret_step)
{
    uint32_t cursor = 0;
    const struct curtailment *row = table_step(&cloud->curtailments, &cursor);
    while (row && row->site != site)
        row = table_step(&cloud->curtailments, &cursor);
    if (!row)
        return false;
    ret_step->subject = ret_step->subject ? ret_step->subject : row->id;
    for (uint32_t i = 0; i < row->caps; i++) {
        if (!table_get(&cloud->inventory.caps, row->first_cap + i))
            continue;
        ret_step->event.kind = EVENT_FEEDER_CAP_ENDED;
        ret_step->event.feeder_cap_ended.cap = row->first_cap + i;
        return true;
    }
    ret_step->event.kind = EVENT_CURTAIL_ENDED;
    ret_step->event.curtail_ended.curtailment = row->id;
    return true;
}

bool curtail_command(const struct cloud *cloud, const struct input *input, uint32_t step,
                     struct cloud_step *ret_step)
{
    const struct site_curtail *ask = &input->curtail;
    struct principal by;
    if (step == 0 && (!who(cloud, input, &by, ret_step) || !may(&by, ACTION_OPERATE, 0, ret_step)))
        return false;
    if (step == 0 && ask->site && !table_get(&cloud->inventory.sites, ask->site))
        return refuse(ret_step, ANSWER_NOT_FOUND);
    if (step == 0 && !table_has_room(&cloud->requests))
        return refuse(ret_step, ANSWER_FULL);
    if (ask->permille == WHOLE) {
        bool found = lift_event(cloud, ask->site, ret_step);
        return found || step > 0 ? found : refuse(ret_step, ANSWER_WRONG_STATE);
    }
    return step == 0 ? started_event(cloud, input, ret_step)
                     : cap_event(cloud, input, step, ret_step);
}
