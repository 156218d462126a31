#include "sim/sim.h"
#include "base/instant.h"
#include "base/must.h"
#include "core/inventory/feeder.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const int64_t begin_us = INT64_C(1767225600) * SECOND_US; // 2026-01-01
static const struct principal house = {0, ACCOUNT_HOUSE, ROLE_ADMIN};

// Each draw is a statement of its own: C leaves open in which order an initializer is evaluated.
struct sim_config sim_config_of(uint64_t seed)
{
    struct rng rng = {.state = seed ^ 0x7461746172610000};
    struct sim_config config = {.seed = seed, .check_every = 16, .retry_appends = true};
    if (rng_below(&rng, 2))
        config.trouble = (struct virtual_trouble){100, 200, 50, 20};
    config.nodes = 1 + (uint32_t)rng_below(&rng, 3);
    config.devices_per_node = 1 + (uint32_t)rng_below(&rng, 8);
    config.accounts_max = 2 + (uint32_t)rng_below(&rng, 6);
    config.gap_us_mean = SECOND_US * (1 + rng_below(&rng, 4000));
    config.run_ms_mean = 1000 * (1 + rng_below(&rng, 6000));
    config.racks = (uint32_t)rng_below(&rng, 3);
    return config;
}

static void on_report(void *context, const struct engine_report *report)
{
    struct sim *sim = context;
    if (sim->inbox_count == sim->inbox_room) {
        sim->inbox_room = sim->inbox_room ? sim->inbox_room * 2 : 16;
        sim->inbox = realloc(sim->inbox, sim->inbox_room * sizeof *sim->inbox);
        must(sim->inbox);
    }
    sim->inbox[sim->inbox_count++] = *report;
}

static void on_answer(void *context, const struct turn_answer *answer)
{
    struct sim *sim = context;
    sim->answered++;
    sim->refused += answer->answer != ANSWER_OK;
}

static void on_effect(void *context, const struct effect *effect)
{
    struct sim *sim = context;
    struct engine *engine = &sim->engine.engine;
    const struct job *job = cloud_job(&sim->turn.cloud, effect->job);
    switch (effect->kind) {
    case EFFECT_START:
        if (job && job->attempt == effect->attempt && job->state != JOB_DONE) {
            struct engine_start start = {
                .job = job->id,
                .account = job->account,
                .attempt = job->attempt,
                .devices = cloud_lease(&sim->turn.cloud, job->lease)->devices,
                .saved_ms = job->saved_ms,
                .checkpoints = job->checkpoints,
            };
            engine->ops->start(engine, &start);
        }
        break;
    case EFFECT_ADOPT:
        engine->ops->adopt(engine, effect->job, effect->attempt);
        break;
    case EFFECT_STOP:
        engine->ops->stop(engine, effect->job, effect->attempt, effect->grace_ms);
        break;
    case EFFECT_PAUSE:
        engine->ops->pause(engine, effect->job, effect->attempt);
        break;
    case EFFECT_RESUME:
        engine->ops->resume(engine, effect->job, effect->attempt);
        break;
    case EFFECT_CAP:
        engine->ops->cap(engine, effect->job, effect->attempt, (int32_t)effect->permille);
        break;
    case EFFECT_FORGET:
        engine->ops->forget(engine, effect->job, effect->attempt);
        break;
    case EFFECT_DROP:
        engine->ops->drop(engine, effect->job);
        break;
    case EFFECT_NONE:
        break;
    }
}

static bool check(struct sim *sim, struct err *err)
{
    if (sim->config.check_every == 0 || sim->turn.commits % sim->config.check_every)
        return true;
    return cloud_check(&sim->turn.cloud, err) ||
           err_add(err, "seed %" PRIu64 ", step %" PRIu64, sim->config.seed, sim->steps);
}

static bool commit(struct sim *sim, struct err *err)
{
    while (!turn_commit(&sim->turn, err)) {
        sim->failed_appends++;
        if (!sim->config.retry_appends || sim->turn.fatal)
            return false;
    }
    return check(sim, err);
}

static bool put(struct sim *sim, struct input *input, struct err *err)
{
    input->time_us = sim->time_us;
    input->by = house;
    must(turn_add(&sim->turn, input, NULL));
    sim->steps++;
    return commit(sim, err);
}

static struct input attempt_input(const struct engine_report *report)
{
    static const enum job_reason reasons[] = {[ENGINE_EXITED] = REASON_EXITED,
                                              [ENGINE_SIGNALLED] = REASON_SIGNALLED,
                                              [ENGINE_OUT_OF_MEMORY] = REASON_OUT_OF_MEMORY,
                                              [ENGINE_LOST] = REASON_LOST,
                                              [ENGINE_NOT_STARTED] = REASON_NOT_STARTED};
    struct input input = {.kind = INPUT_ATTEMPT_REPORT};
    input.attempt = (struct attempt_report){
        .job = report->job,
        .attempt = report->attempt,
        .event = (enum attempt_event)report->kind,
        .ran_ms = report->ran_ms,
        .energy_j = report->energy_j,
        .saved_ms = report->saved_ms,
        .cpu_ms = report->cpu_ms,
        .memory_peak_bytes = report->memory_peak_bytes,
        .energy = (enum energy_kind)report->energy,
        .reason = report->kind == ENGINE_ENDED ? reasons[report->end] : REASON_NONE,
        .code = report->code,
        .signal = report->signal,
    };
    return input;
}

static bool take_inbox(struct sim *sim, struct err *err)
{
    for (uint32_t i = 0; i < sim->inbox_count; i++) {
        struct input input = attempt_input(&sim->inbox[i]);
        if (!put(sim, &input, err))
            return false;
    }
    sim->inbox_count = 0;
    return true;
}

// Everything that happens by itself up to an instant: reports and ticks, in the order of time.
static bool pass_time(struct sim *sim, int64_t until_us, struct err *err)
{
    for (;;) {
        int64_t report_us = INT64_MAX, due_us = INT64_MAX;
        virtual_engine_next(&sim->engine, &report_us);
        cloud_next_due(&sim->turn.cloud, sim->ticked_us, &due_us);
        int64_t next_us = report_us < due_us ? report_us : due_us;
        if (next_us > until_us)
            break;
        sim->time_us = next_us > sim->time_us ? next_us : sim->time_us;
        virtual_engine_until(&sim->engine, sim->time_us);
        if (!take_inbox(sim, err))
            return false;
        struct input tick = {.kind = INPUT_TICK};
        if (due_us > sim->time_us)
            continue;
        sim->ticked_us = sim->time_us;
        if (!put(sim, &tick, err))
            return false;
    }
    sim->time_us = until_us;
    virtual_engine_until(&sim->engine, until_us);
    return take_inbox(sim, err);
}

static uint64_t any(struct sim *sim, uint64_t last)
{
    return last ? 1 + (uint64_t)rng_below(&sim->rng, (int64_t)last) : 1;
}

static void name_of(char *to, size_t size, const char *head, uint64_t number)
{
    struct buf text;
    buf_init(&text, size);
    buf_add(&text, str_from(head));
    buf_u64(&text, number);
    must(str_copy(buf_str(&text), to, size));
    buf_finish(&text);
}

static void job_input(struct sim *sim, struct input *input)
{
    struct rng *rng = &sim->rng;
    input->kind = INPUT_JOB_SUBMIT;
    struct job_submit *job = &input->job;
    job->account = any(sim, sim->turn.cloud.market.accounts.last_id);
    job->shape.memory_mib = rng_below(rng, 2048);
    job->shape.devices = 1 + (uint32_t)rng_below(rng, sim->config.devices_per_node);
    job->restartable = rng_below(rng, 2);
    job->checkpoints = rng_below(rng, 2);
    if (rng_below(rng, 4) == 0)
        job->run_ms_max = 1000 + rng_below(rng, 2 * sim->config.run_ms_mean);
    name_of(input->job.name, sizeof input->job.name, "job", sim->steps);
    const struct reservation *reserved = reservation_get(
        &sim->turn.cloud.sched, any(sim, sim->turn.cloud.sched.reservations.last_id));
    if (reserved && reservation_live(reserved) && rng_below(rng, 4) == 0) {
        input->job.account = reserved->account;
        input->job.reservation = reserved->id;
    }
    for (size_t i = 0; i < sizeof input->request; i++) // some commands come twice
        input->request[i] = (uint8_t)(sim->steps / 2 >> i % 8 * 8);
    input->request[15] = 1;
}

// Caps and trips of a feeder, and curtailments, of machines in no rack too.
static void power_input(struct sim *sim, struct input *input)
{
    struct rng *rng = &sim->rng;
    const struct table *feeders = &sim->turn.cloud.inventory.feeders;
    int64_t from_us =
        sim->time_us + rng_below(rng, 2) * rng_below(rng, 10 * sim->config.gap_us_mean);
    int64_t until_us = from_us + 1 + rng_below(rng, 40 * sim->config.gap_us_mean);
    if (feeders->used && rng_below(rng, 2)) {
        const struct feeder *feeder = table_get(feeders, any(sim, feeders->last_id));
        input->kind = INPUT_FEEDER_CAP;
        input->cap =
            (struct feeder_cap_new){.feeder = feeder->id, .from_us = from_us, .until_us = until_us};
        input->cap.cap_w = rng_below(rng, 3) ? rng_below(rng, feeder->rated_w + 1) : 0;
        return;
    }
    input->kind = INPUT_SITE_CURTAIL;
    input->curtail =
        (struct site_curtail){.permille = rng_below(rng, 4) ? rng_between(rng, 1, 999) : 1000,
                              .from_us = from_us,
                              .until_us = until_us,
                              .within_ms = rng_below(rng, 2) ? 30000 : 600000};
    input->curtail.site = feeders->used ? (uint64_t)rng_below(rng, 2) : 0;
}

static void reservation_input(struct sim *sim, uint64_t account, struct input *input)
{
    struct rng *rng = &sim->rng;
    struct reservation_new *new = &input->reservation;
    input->kind = INPUT_RESERVATION_NEW;
    new->account = account;
    new->shape.nodes = (uint32_t)rng_below(rng, 3);
    new->shape.devices = 1 + (uint32_t)rng_below(rng, 4);
    new->start_us = rng_below(rng, 3) ? sim->time_us + rng_below(rng, 900) * SECOND_US : 0;
    new->end_us = sim->time_us + (900 + rng_below(rng, 600)) * SECOND_US;
}

static void rare_input(struct sim *sim, struct input *input)
{
    struct rng *rng = &sim->rng;
    const struct cloud *cloud = &sim->turn.cloud;
    uint64_t account = any(sim, cloud->market.accounts.last_id);
    switch (rng_below(rng, 12)) {
    case 8:
    case 9:
        power_input(sim, input);
        break;
    case 0:
        input->kind = INPUT_ACCOUNT_NEW;
        name_of(input->account.slug, sizeof input->account.slug, "a",
                (uint64_t)rng_below(rng, sim->config.accounts_max));
        name_of(input->account.name, sizeof input->account.name, "Account ", account);
        input->account.zone = (uint32_t)rng_below(rng, zone_count());
        break;
    case 1:
        input->kind = INPUT_KEY_NEW;
        input->key = (struct key_new){.account = account, .role = ROLE_USER};
        for (size_t i = 0; i < sizeof input->key.hmac.bytes; i++)
            input->key.hmac.bytes[i] = (uint8_t)rng_below(rng, 256);
        break;
    case 2:
        input->kind = INPUT_KEY_REVOKE;
        input->id = any(sim, cloud->market.keys.last_id);
        break;
    case 3:
        input->kind = INPUT_PRICE_SET;
        input->price = (struct price_new){.chip = 1, .class = LEASE_ON_DEMAND};
        input->price.value = (decimal){rng_below(rng, 100000), 2};
        input->price.tax_permille = rng_below(rng, 2) ? 100 : 80;
        break;
    case 4:
        input->kind = INPUT_LIMIT_SET;
        input->limit = (struct limit_new){.account = account, .set_devices = true};
        input->limit.set_month = true;
        input->limit.devices_max = rng_below(rng, 3) ? NO_LIMIT : rng_below(rng, 6);
        input->limit.month_minor_max = rng_below(rng, 3) ? NO_LIMIT : rng_below(rng, 20000);
        break;
    case 6:
        input->kind = INPUT_NODE_FAILED;
        input->id = any(sim, cloud->inventory.nodes.last_id);
        break;
    case 5:
        input->kind = rng_below(rng, 3) ? INPUT_NODE_UNDRAIN : INPUT_NODE_DRAIN;
        input->id = any(sim, cloud->inventory.nodes.last_id);
        break;
    case 10:
        input->kind = INPUT_RESERVATION_CANCEL;
        input->id = any(sim, cloud->sched.reservations.last_id);
        break;
    case 11:
        reservation_input(sim, account, input);
        break;
    default:
        input->kind = INPUT_INVOICE_ISSUE;
        input->invoice.account = account;
        input->invoice.period = month_at(0, sim->time_us) - (month)rng_below(rng, 2);
        input->invoice.early = rng_below(rng, 8) == 0;
        break;
    }
}

static bool report_nodes(struct sim *sim, struct err *err)
{
    sim->devices = calloc(sim->config.devices_per_node, sizeof *sim->devices);
    must(sim->devices);
    for (uint32_t i = 0; i < sim->config.devices_per_node; i++) {
        struct node_report_device *device = &sim->devices[i];
        *device = (struct node_report_device){
            .chip = "virtual-chip", .class_w = 9, .max_w = 10, .numa = -1};
        name_of(device->serial, sizeof device->serial, "v", i);
    }
    for (uint32_t i = 0; i < sim->config.nodes; i++) {
        struct input input = {.kind = INPUT_NODE_REPORT};
        input.node_report = (struct node_report){.arch = "virtual",
                                                 .cpu_milli = 1000,
                                                 .memory_mib = 8192,
                                                 .count = sim->config.devices_per_node,
                                                 .devices = sim->devices};
        name_of(input.node_report.name, sizeof input.node_report.name, "n", i + 1);
        if (!put(sim, &input, err))
            return false;
    }
    return true;
}

static bool add_feeder(struct sim *sim, uint64_t parent, int64_t rated_w, struct err *err)
{
    struct input input = {.kind = INPUT_FEEDER_NEW};
    input.feeder = (struct feeder_new){.site = 1,
                                       .parent = parent,
                                       .rated_w = rated_w,
                                       .kind = parent ? FEEDER_WIRE : FEEDER_GRID,
                                       .efficiency_ppm = EFFICIENCY_PPM_MAX};
    input.feeder.ramp_w_per_s = parent ? 0 : rng_below(&sim->rng, 3);
    name_of(input.feeder.name, sizeof input.feeder.name, "f",
            sim->turn.cloud.inventory.feeders.last_id + 1);
    return put(sim, &input, err);
}

// A site whose feeds A and B together carry about what its racks take, or less.
static bool add_site(struct sim *sim, struct err *err)
{
    enum { NODES = 2, BASE_W = 5, MAX_W = 10, PUE = 1200 };
    const struct sim_config *config = &sim->config;
    int64_t all_w = config->racks * NODES * (BASE_W + (int64_t)config->devices_per_node * MAX_W);
    struct input site = {
        .kind = INPUT_SITE_NEW, .site = {.slug = "site", .name = "Site", .country = "JP"}
    };
    site.site.pue_permille = PUE;
    if (!put(sim, &site, err) ||
        !add_feeder(sim, 0, 1 + all_w * rng_between(&sim->rng, 700, 1400) / 1000, err) ||
        !add_feeder(sim, 1, 1 + all_w * rng_between(&sim->rng, 600, 1200) / 1000, err) ||
        !add_feeder(sim, 1, 1 + all_w * rng_between(&sim->rng, 600, 1200) / 1000, err))
        return false;
    for (uint32_t i = 0; i < config->racks; i++) {
        struct input rack = {.kind = INPUT_RACK_NEW};
        rack.rack = (struct rack_new){
            .place = {.site = 1,
                      .feeder_a = 2,
                      .feeder_b = i ? 0 : 3,
                      .block = "b",
                      .chip = {.name = "virtual-chip"},
                      .arch = "virtual",
                      .cpu_milli = 1000,
                      .memory_mib = 8192,
                      .base_w = BASE_W,
                      .devices = config->devices_per_node},
            .nodes = NODES
        };
        name_of(rack.rack.place.rack, sizeof rack.rack.place.rack, "r", i + 1);
        if (!put(sim, &rack, err))
            return false;
    }
    return true;
}

struct sim *sim_create(const struct sim_config *config, struct journal *journal, struct err *err)
{
    struct sim *sim = calloc(1, sizeof *sim);
    must(sim);
    sim->config = *config;
    sim->rng.state = config->seed;
    sim->time_us = begin_us;
    turn_init(&sim->turn, journal, (struct turn_release){sim, on_answer, on_effect});
    virtual_engine_init(&sim->engine, config->seed + 1, (struct engine_sink){on_report, sim});
    sim->engine.trouble = config->trouble;
    sim->engine.run_ms_mean = config->run_ms_mean;
    sim->engine.checkpoint_ms = config->run_ms_mean / 4 + 1;
    sim->engine.time_us = begin_us;
    struct input open = {.kind = INPUT_OPEN};
    if (put(sim, &open, err) && report_nodes(sim, err) &&
        (config->racks == 0 || add_site(sim, err)))
        return sim;
    sim_destroy(sim);
    return NULL;
}

void sim_destroy(struct sim *sim)
{
    if (!sim)
        return;
    turn_finish(&sim->turn);
    virtual_engine_finish(&sim->engine);
    free(sim->inbox);
    free(sim->devices);
    free(sim);
}

bool sim_run(struct sim *sim, uint64_t commands, struct err *err)
{
    for (uint64_t i = 0; i < commands; i++) {
        int64_t gap_us = rng_exponential(&sim->rng, sim->config.gap_us_mean);
        if (!pass_time(sim, sim->time_us + gap_us, err))
            return false;
        struct input input = {0};
        int64_t choice = rng_below(&sim->rng, 100);
        if (choice < 70) {
            job_input(sim, &input);
        } else if (choice < 85) {
            input.kind = INPUT_JOB_STOP;
            input.stop = (struct job_stop){any(sim, sim->turn.cloud.sched.jobs.last_id), -1};
        } else {
            rare_input(sim, &input);
        }
        if (!put(sim, &input, err))
            return false;
    }
    return true;
}
