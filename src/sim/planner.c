#include "sim/planner.h"
#include "base/must.h"
#include "sim/planner_state.h"
#include <stdlib.h>

static const struct principal house = {0, ACCOUNT_HOUSE, ROLE_ADMIN};
static const int64_t settle_us = SETTLE_MINUTES * MINUTE_US;

bool planner_put(struct planner *planner, struct input *input, struct err *err)
{
    input->time_us = planner->now_us;
    input->by = house;
    return door_put(&planner->door, input, err);
}

// The first multiple of the interval behind an instant.
static int64_t interval_end_us(int64_t time_us)
{
    return (time_us / settle_us + 1) * settle_us;
}

static void fill(struct planner *planner, const struct scenario *scenario,
                 const struct planner_options *options)
{
    int64_t length_us = options->until_us - scenario->start_us;
    planner->scenario = scenario;
    planner->options = *options;
    planner->faults.state = options->seed ^ 0x6661756c7473;
    planner->now_us = planner->settled_us = planner->row_us = scenario->start_us;
    planner->checked_us = scenario->start_us;
    planner->step_us = scenario->series_step_us;
    if (planner->step_us == 0)
        planner->step_us = length_us > 60 * DAY_US ? DAY_US : HOUR_US;
    uint32_t demands = scenario->demands, failures = scenario->failures + 1;
    struct tallies *tallies = &planner->tallies;
    planner->classes = calloc(demands, sizeof *planner->classes);
    planner->unit_number = calloc(failures, sizeof *planner->unit_number);
    tallies->waits = calloc((size_t)demands * WAIT_SIZES, sizeof *tallies->waits);
    tallies->failures_of = calloc(failures, sizeof *tallies->failures_of);
    tallies->lost_of = calloc(failures, sizeof *tallies->lost_of);
    must(planner->classes && planner->unit_number && tallies->waits && tallies->failures_of &&
         tallies->lost_of);
    for (int i = 0; i < TALLY_COUNT; i++)
        tallies->level[i].last_ms = planner_ms(planner);
    for (uint32_t i = 0; options->traces && i < demands; i++)
        planner->classes[i].trace = options->traces[i].count ? &options->traces[i] : NULL;
}

struct planner *planner_create(const struct scenario *scenario,
                               const struct planner_options *options, struct err *err)
{
    must(options->until_us > scenario->start_us);
    struct planner *planner = calloc(1, sizeof *planner);
    must(planner);
    fill(planner, scenario, options);
    agenda_init(&planner->agenda);
    door_init(&planner->door, options->journal);
    draw_init(&planner->draw, interval_end_us(planner->now_us) / MS_US);
    if (!world_open(planner, err)) {
        planner_destroy(planner);
        return NULL;
    }
    result_open(planner);
    planner_at(planner, interval_end_us(planner->now_us), PLAN_SETTLE, 0, 0);
    demand_open(planner);
    return planner;
}

void planner_destroy(struct planner *planner)
{
    if (!planner)
        return;
    result_close(planner);
    demand_close(planner);
    jobs_close(planner);
    world_close(planner);
    draw_finish(&planner->draw);
    door_finish(&planner->door);
    agenda_finish(&planner->agenda);
    free(planner->unit_number);
    free(planner->tallies.waits);
    free(planner->tallies.failures_of);
    free(planner->tallies.lost_of);
    free(planner);
}

// What is left by the laws of energy must be nothing, to the millijoule; see planner.h.
static bool check_energy(struct planner *planner, struct err *err)
{
    for (uint32_t i = 0; i < planner->scenario->sites; i++)
        if (draw_racks_mj(&planner->draw, i, planner_ms(planner)) !=
            draw_site_mj(&planner->draw, i, planner_ms(planner)))
            return err_set(err, "site \"%s\": its energy is not that of its racks",
                           planner->scenario->site[i].name);
    return true;
}

static bool check(struct planner *planner, struct err *err)
{
    planner->checked_us = planner->now_us;
    if (!planner->options.check)
        return true;
    struct buf when;
    if (check_energy(planner, err) && cloud_check(door_cloud(&planner->door), err))
        return true;
    buf_init(&when, 64);
    instant_text(planner->now_us, &when);
    err_add(err, "at %s of seed %llu", buf_cstr(&when), (unsigned long long)planner->options.seed);
    buf_finish(&when);
    return false;
}

static void tell(struct planner *planner)
{
    if (planner->options.progress)
        planner->options.progress(planner->options.context, planner->now_us,
                                  planner->tallies.submitted,
                                  cloud_next_seq(door_cloud(&planner->door)));
}

// An interval has ended: every site's energy, and the next one begins.
static bool settle(struct planner *planner, struct err *err)
{
    int64_t next_us = interval_end_us(planner->now_us);
    for (uint32_t i = 0; i < planner->scenario->sites; i++) {
        struct draw_interval interval = draw_settle(&planner->draw, i, planner->settled_us / MS_US);
        if (!result_interval(planner, i, planner->settled_us, &interval, err))
            return false;
    }
    draw_next(&planner->draw, next_us / MS_US);
    planner->settled_us = planner->now_us;
    if (planner->now_us - planner->row_us >= planner->step_us)
        result_row(planner);
    planner_at(planner, next_us, PLAN_SETTLE, 0, 0);
    if (planner->now_us - planner->checked_us < DAY_US)
        return true;
    tell(planner);
    return check(planner, err);
}

static bool take(struct planner *planner, const struct agenda_entry *entry, struct err *err)
{
    switch ((enum planner_event)entry->kind) {
    case PLAN_SETTLE:
        return settle(planner, err);
    case PLAN_ARRIVAL:
        return demand_arrival(planner, entry, err);
    case PLAN_REPLICAS:
        return demand_replicas(planner, entry, err);
    case PLAN_INSTALL:
        return world_install(planner, entry, err);
    case PLAN_ENERGISE:
        return world_energise(planner, entry, err);
    case PLAN_END:
        return jobs_end(planner, entry, err);
    case PLAN_FAILURE:
        return faults_unit(planner, entry, err);
    case PLAN_REPAIR:
        return world_repair(planner, entry->subject, entry->detail, err);
    case PLAN_CURTAIL:
        return world_curtail(planner, entry, err);
    }
    must(false);
    return false;
}

// What the core is due at this instant.
static bool tick(struct planner *planner, struct err *err)
{
    struct input input = {.kind = INPUT_TICK};
    planner->ticked_us = planner->now_us;
    return planner_put(planner, &input, err) && jobs_effects(planner, err);
}

static int64_t core_due_us(struct planner *planner)
{
    int64_t due_us = INT64_MAX;
    cloud_next_due(door_cloud(&planner->door), planner->ticked_us, &due_us);
    return due_us;
}

bool planner_run(struct planner *planner, struct err *err)
{
    int64_t until_us = planner->options.until_us;
    for (;;) {
        int64_t next_us = agenda_next(&planner->agenda), due_us = core_due_us(planner);
        bool core = due_us < next_us;
        int64_t time_us = core ? due_us : next_us;
        if (time_us > until_us)
            break;
        planner->now_us = time_us > planner->now_us ? time_us : planner->now_us;
        struct agenda_entry entry;
        if (core ? !tick(planner, err)
                 : !agenda_take(&planner->agenda, &entry) || !take(planner, &entry, err))
            return false;
    }
    planner->now_us = until_us;
    if (!check(planner, err) || !result_end(planner, err))
        return false;
    tell(planner);
    return true;
}

struct planner_figures planner_figures(const struct planner *planner)
{
    const struct tallies *tallies = &planner->tallies;
    struct planner_figures figures = {
        .jobs_submitted = tallies->submitted,
        .jobs_ended = tallies->ended,
        .jobs_refused = tallies->refused,
        .attempts = tallies->attempts,
        .failures = tallies->failures,
        .inputs = planner->door.inputs,
        .events = cloud_next_seq(&planner->door.turn.cloud),
        .device_ms_installed = (int64_t)tallies->level[TALLY_INSTALLED].integral,
        .device_ms_reserved = (int64_t)tallies->level[TALLY_RESERVED].integral,
        .device_ms_running = (int64_t)tallies->level[TALLY_RUNNING].integral,
        .device_ms_lost = tallies->lost_device_ms,
        .revenue_micro = (int64_t)(tallies->level[TALLY_RATE].integral / (HOUR_US / MS_US)),
        .over_limit = planner->draw.over_racks,
    };
    for (uint32_t i = 0; i < planner->draw.edges; i++)
        figures.over_limit += planner->draw.edge[i].over;
    for (uint32_t i = 0; i < planner->scenario->sites; i++) {
        figures.it_energy_mj += (int64_t)planner->draw.site[i].energy_mj;
        figures.job_energy_mj += (int64_t)planner->draw.site[i].job_mj;
        figures.facility_energy_mj += (int64_t)planner->sites[i].facility_mj;
    }
    return figures;
}
