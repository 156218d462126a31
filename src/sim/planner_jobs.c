// Jobs and the fleet that runs nothing: what the core starts and stops happens here.
#include "base/must.h"
#include "sim/planner_state.h"
#include <stdlib.h>
#include <string.h>

#define SERVICE_MS (INT64_MAX / 4 / MS_US) // work without an end

enum { RISE_TRAINING_MS = 60000, RISE_OTHER_MS = 10000, SAVE_MS = 10000, EXIT_MS = 1000 };

static const struct scenario_demand *demand_of(const struct planner *planner,
                                               const struct planner_job *job)
{
    return &planner->scenario->demand[job->demand];
}

static int64_t rise_ms(const struct planner *planner, const struct planner_job *job)
{
    return demand_of(planner, job)->kind == DEMAND_TRAINING ? RISE_TRAINING_MS : RISE_OTHER_MS;
}

static uint32_t slot_new(struct planner *planner)
{
    if (planner->job_free != NO_SLOT) {
        uint32_t slot = planner->job_free;
        planner->job_free = planner->jobs[slot].next_free;
        planner->jobs[slot] = (struct planner_job){0};
        return slot;
    }
    if (planner->job_count == 0)
        planner->job_count = 1; // slot 0 is none
    if (planner->job_count >= planner->job_room) {
        planner->job_room = planner->job_room ? planner->job_room * 2 : 1024;
        planner->jobs = realloc(planner->jobs, planner->job_room * sizeof *planner->jobs);
        must(planner->jobs);
    }
    planner->jobs[planner->job_count] = (struct planner_job){0};
    return planner->job_count++;
}

static void slot_free(struct planner *planner, uint32_t slot)
{
    struct planner_job *job = &planner->jobs[slot];
    planner->slot_of[job->job] = NO_SLOT;
    job->job = 0;
    job->end_number = 0;
    job->next_free = planner->job_free;
    planner->job_free = slot;
}

static void slot_name(struct planner *planner, uint32_t slot, uint64_t job)
{
    if (job >= planner->slot_room) {
        uint64_t room = planner->slot_room ? planner->slot_room * 2 : 4096;
        room = job >= room ? job + 1 : room;
        planner->slot_of = realloc(planner->slot_of, room * sizeof *planner->slot_of);
        must(planner->slot_of);
        memset(planner->slot_of + planner->slot_room, 0,
               (room - planner->slot_room) * sizeof *planner->slot_of);
        planner->slot_room = room;
    }
    planner->slot_of[job] = slot;
    planner->jobs[slot].job = job;
}

static uint32_t slot_at(const struct planner *planner, uint64_t job)
{
    return job < planner->slot_room ? planner->slot_of[job] : NO_SLOT;
}

// False: none of its chips is here yet.
static bool submit_input(const struct planner *planner, const struct planner_ask *ask,
                         struct input *input)
{
    const struct scenario_demand *demand = &planner->scenario->demand[ask->demand];
    *input = (struct input){.kind = INPUT_JOB_SUBMIT};
    struct job_submit *job = &input->job;
    uint32_t chips = 0;
    for (uint32_t i = 0; i < demand->chips; i++)
        if (planner->chip_id[demand->chip[i]])
            job->shape.chips[chips++] = planner->chip_id[demand->chip[i]];
    job->account = planner->account_id[demand->account];
    job->shape.nodes = ask->size.nodes;
    job->shape.devices = ask->size.devices;
    job->shape.milli = ask->size.milli;
    job->shape.cpu_milli = demand->cpu_milli;
    job->shape.memory_mib = demand->memory_mib;
    job->shape.device_memory_mib = demand->device_memory_mib;
    job->shape.together = demand->together;
    job->shape.together_must = demand->must;
    job->shape.spread = demand->spread;
    job->run_ms_max = demand->time_limit_us / MS_US;
    job->restartable = demand->restartable;
    job->checkpoints = demand->checkpoint_us > 0;
    job->priority = world_priority(demand);
    job->class_asked = world_class(demand);
    job->power = world_power(demand);
    memcpy(job->require, demand->require, strlen(demand->require));
    memcpy(job->name, demand->name, sizeof demand->name);
    return chips > 0 || demand->chips == 0;
}

bool jobs_submit(struct planner *planner, struct planner_ask *ask, struct err *err)
{
    struct input input;
    ask->job = 0;
    planner->tallies.submitted++;
    planner->classes[ask->demand].submitted++;
    bool here = submit_input(planner, ask, &input);
    if (here && !planner_put(planner, &input, err))
        return false;
    if (!here || planner->door.answer != ANSWER_OK) {
        planner->tallies.refused++;
        planner->classes[ask->demand].refused++;
        return true;
    }
    uint32_t slot = slot_new(planner);
    slot_name(planner, slot, planner->door.subject);
    struct planner_job *job = &planner->jobs[slot];
    job->work_ms = ask->work_us / MS_US;
    job->submitted_us = planner->now_us;
    job->demand = ask->demand;
    ask->job = job->job;
    return jobs_effects(planner, err);
}

bool jobs_alive(const struct planner *planner, uint64_t job)
{
    return slot_at(planner, job) != NO_SLOT;
}

bool jobs_stop(struct planner *planner, uint64_t job, struct err *err)
{
    struct input input = {
        .kind = INPUT_JOB_STOP, .stop = {job, -1}
    };
    uint32_t slot = slot_at(planner, job);
    if (!planner_put(planner, &input, err) || !jobs_effects(planner, err))
        return false;
    const struct job *row = cloud_job(door_cloud(&planner->door), job);
    if (slot != NO_SLOT && planner->jobs[slot].job == job && (!row || row->state == JOB_DONE))
        slot_free(planner, slot); // it had not started
    return true;
}

void jobs_runs(struct planner *planner, uint64_t job)
{
    const struct cloud *cloud = door_cloud(&planner->door);
    const struct job *row = cloud_job(cloud, job);
    const struct lease *lease = row ? cloud_lease(cloud, row->lease) : NULL;
    must(lease);
    uint32_t count = lease->parts + 1;
    if (count > planner->run_room) {
        planner->run_room = count > 64 ? 2 * count : 64;
        planner->runs = realloc(planner->runs, planner->run_room * sizeof *planner->runs);
        must(planner->runs);
    }
    for (uint32_t i = 0; i < count; i++) {
        struct lease_run run = lease_run_at(&cloud->market, lease, i);
        planner->runs[i] =
            (struct planner_run){run.node, run.count, device_set_count(&run.devices)};
    }
    planner->run_count = count;
}

// The racks of the runs in hand, each with how many devices of it are in them.
struct rack_walk {
    const struct planner *planner;
    uint32_t run, done; // nodes of this run that are behind
};

static bool next_rack(struct rack_walk *walk, uint32_t *ret_rack, uint32_t *ret_devices)
{
    const struct planner *planner = walk->planner;
    if (walk->run == planner->run_count)
        return false;
    const struct planner_run *run = &planner->runs[walk->run];
    *ret_rack = planner->nodes[run->node + walk->done].rack;
    const struct planner_rack *rack = &planner->racks[*ret_rack];
    uint32_t nodes = planner->scenario->fleet[rack->fleet].nodes;
    uint64_t node = run->node + walk->done;
    uint32_t here = (uint32_t)(rack->first_node + nodes - node);
    if (here > run->count - walk->done)
        here = run->count - walk->done;
    *ret_devices = here * run->devices;
    walk->done += here;
    if (walk->done == run->count)
        walk->run++, walk->done = 0;
    return true;
}

static void guest_add(struct planner *planner, uint32_t rack, uint32_t slot)
{
    uint32_t place = planner->guest_free;
    if (place) {
        planner->guest_free = planner->guests[place].next;
    } else {
        if (planner->guest_count + 1 >= planner->guest_room) {
            planner->guest_room = planner->guest_room ? planner->guest_room * 2 : 1024;
            planner->guests =
                realloc(planner->guests, planner->guest_room * sizeof *planner->guests);
            must(planner->guests);
        }
        place = ++planner->guest_count;
    }
    planner->guests[place] = (struct planner_guest){slot, planner->racks[rack].first_guest};
    planner->racks[rack].first_guest = place;
}

static void guest_remove(struct planner *planner, uint32_t rack, uint32_t slot)
{
    uint32_t *link = &planner->racks[rack].first_guest;
    while (planner->guests[*link].slot != slot) {
        must(*link);
        link = &planner->guests[*link].next;
    }
    uint32_t place = *link;
    *link = planner->guests[place].next;
    planner->guests[place].next = planner->guest_free;
    planner->guest_free = place;
}

// The devices of a job go from idle to its watts, or back.
static void draw_job(struct planner *planner, const struct planner_job *job, bool on)
{
    struct rack_walk walk = {.planner = planner};
    int64_t now_ms = planner_ms(planner), start_ms = job->started_us / MS_US;
    for (uint32_t rack, devices; next_rack(&walk, &rack, &devices);) {
        uint32_t place = planner->racks[rack].draw;
        int64_t full_w = (int64_t)job->watts * devices;
        int64_t rise_w = full_w - (int64_t)job->idle_w * devices;
        if (on) {
            draw_change(&planner->draw, place, now_ms, rise_w, full_w);
            draw_rise(&planner->draw, place, now_ms, rise_ms(planner, job), rise_w);
        } else {
            draw_rise_cut(&planner->draw, place, start_ms, rise_ms(planner, job), now_ms, rise_w);
            draw_change(&planner->draw, place, now_ms, -rise_w, -full_w);
        }
    }
}

// A job comes to its racks, or leaves them.
static void stay(struct planner *planner, struct planner_job *job, bool on)
{
    struct rack_walk walk = {.planner = planner};
    uint32_t slot = (uint32_t)(job - planner->jobs);
    for (uint32_t rack, devices; next_rack(&walk, &rack, &devices);)
        on ? guest_add(planner, rack, slot) : guest_remove(planner, rack, slot);
    draw_job(planner, job, on);
}

// Millijoules of an attempt up to now: what draw_job put in and left out, summed over racks.
// `after_ms`: of the rise, what is left out up to then.
static int64_t job_energy_mj(const struct planner *planner, const struct planner_job *job,
                             int64_t after_ms)
{
    struct rack_walk walk = {.planner = planner};
    int64_t start_ms = job->started_us / MS_US, lasted_ms = planner_ms(planner) - start_ms, sum = 0;
    for (uint32_t rack, devices; next_rack(&walk, &rack, &devices);)
        sum += (int64_t)job->watts * devices * lasted_ms -
               draw_left_out((int64_t)(job->watts - job->idle_w) * devices, rise_ms(planner, job),
                             after_ms);
    return sum;
}

static void count_started(struct planner *planner, struct planner_job *job)
{
    int64_t now_ms = planner_ms(planner);
    struct tally *level = planner->tallies.level;
    tally_change(&level[TALLY_RESERVED], now_ms, job->devices);
    tally_change(&level[TALLY_RUNNING], now_ms, job->devices);
    tally_change(&level[TALLY_RATE], now_ms, world_rate(planner, job));
    planner->tallies.attempts++;
    planner->tallies.starting_device_ms +=
        demand_of(planner, job)->restart_us / MS_US * job->devices;
    if (job->placed_once)
        return;
    job->placed_once = true;
    struct waits *waits = planner->tallies.waits + (size_t)job->demand * WAIT_SIZES;
    waits_add(&waits[waits_size(job->devices)], planner->now_us - job->submitted_us);
}

static bool report(struct planner *planner, const struct attempt_report *attempt, struct err *err)
{
    struct input input = {.kind = INPUT_ATTEMPT_REPORT, .attempt = *attempt};
    return planner_put(planner, &input, err);
}

// When the attempt will end, and of what: its work done, or the first failure.
static void plan_end(struct planner *planner, uint32_t slot, uint32_t nodes)
{
    struct planner_job *job = &planner->jobs[slot];
    int64_t left_ms = job->work_ms - job->saved_ms;
    int64_t left_us = INT64_MAX / 4;
    if (job->work_ms < SERVICE_MS)
        left_us = (left_ms > 1 ? left_ms : 1) * MS_US + demand_of(planner, job)->restart_us;
    uint32_t failure, way = END_DONE;
    int64_t fails_us = faults_draw(planner, job, nodes, &failure);
    if (fails_us < left_us)
        left_us = fails_us, way = END_FAILED + failure;
    job->end_way = way;
    job->end_us = left_us < INT64_MAX / 4 - planner->now_us ? planner->now_us + left_us : INT64_MAX;
    if (job->end_us < INT64_MAX)
        job->end_number = planner_at(planner, job->end_us, PLAN_END, slot, way);
}

static bool start(struct planner *planner, const struct effect *effect, struct err *err)
{
    uint32_t slot = slot_at(planner, effect->job);
    struct planner_job *job = &planner->jobs[slot];
    if (slot == NO_SLOT || job->runs || effect->attempt <= job->attempt)
        return true;
    jobs_runs(planner, effect->job);
    uint32_t nodes = 0;
    job->devices = 0;
    for (uint32_t i = 0; i < planner->run_count; i++) {
        nodes += planner->runs[i].count;
        job->devices += planner->runs[i].count * planner->runs[i].devices;
    }
    job->chip = world_chip(planner, planner->runs[0].node);
    world_watts(planner, job);
    job->attempt = effect->attempt;
    job->started_us = planner->now_us;
    job->runs = true;
    job->stopping = job->paused = false;
    job->ran_ms = job->energy_mj = 0;
    count_started(planner, job);
    stay(planner, job, true);
    plan_end(planner, slot, nodes);
    struct attempt_report started = {
        .job = job->job, .attempt = job->attempt, .event = ATTEMPT_STARTED};
    return report(planner, &started, err);
}

// Running devices and what they earn, while a job stands still: its devices stay reserved.
static void count_paused(struct planner *planner, const struct planner_job *job, bool paused)
{
    int64_t now_ms = planner_ms(planner), sign = paused ? -1 : 1;
    struct tally *level = planner->tallies.level;
    tally_change(&level[TALLY_RUNNING], now_ms, sign * (int64_t)job->devices);
    tally_change(&level[TALLY_RATE], now_ms, sign * world_rate(planner, job));
}

static void stand_still(struct planner *planner, const struct effect *effect)
{
    uint32_t slot = slot_at(planner, effect->job);
    struct planner_job *job = &planner->jobs[slot];
    if (slot == NO_SLOT || !job->runs || job->stopping || job->paused)
        return;
    int64_t lasted_ms = planner_ms(planner) - job->started_us / MS_US;
    jobs_runs(planner, job->job);
    job->energy_mj += job_energy_mj(planner, job, lasted_ms);
    job->ran_ms += lasted_ms;
    draw_job(planner, job, false);
    job->paused = true;
    job->end_number = 0;
    job->end_us -= job->end_us < INT64_MAX ? planner->now_us : 0; // what is left
    count_paused(planner, job, true);
}

static void go_on(struct planner *planner, struct planner_job *job)
{
    jobs_runs(planner, job->job);
    job->paused = false;
    job->started_us = planner->now_us;
    draw_job(planner, job, true);
    count_paused(planner, job, false);
}

static void resume(struct planner *planner, const struct effect *effect)
{
    uint32_t slot = slot_at(planner, effect->job);
    struct planner_job *job = &planner->jobs[slot];
    if (slot == NO_SLOT || !job->runs || !job->paused)
        return;
    go_on(planner, job);
    if (job->end_us == INT64_MAX)
        return;
    job->end_us += planner->now_us;
    job->end_number = planner_at(planner, job->end_us, PLAN_END, slot, job->end_way);
}

static void stop(struct planner *planner, const struct effect *effect)
{
    uint32_t slot = slot_at(planner, effect->job);
    struct planner_job *job = &planner->jobs[slot];
    if (slot == NO_SLOT || !job->runs || job->stopping)
        return;
    if (job->paused)
        go_on(planner, job);
    job->stopping = true;
    bool saves = demand_of(planner, job)->checkpoint_us > 0 && effect->grace_ms >= SAVE_MS;
    int64_t takes_ms = saves ? SAVE_MS : EXIT_MS < effect->grace_ms ? EXIT_MS : effect->grace_ms;
    job->end_number =
        planner_at(planner, planner->now_us + takes_ms * MS_US, PLAN_END, slot, END_STOPPED);
}

bool jobs_effects(struct planner *planner, struct err *err)
{
    struct effect effect;
    while (door_take_effect(&planner->door, &effect)) {
        switch (effect.kind) {
        case EFFECT_START:
        case EFFECT_ADOPT:
            if (!start(planner, &effect, err))
                return false;
            break;
        case EFFECT_STOP:
            stop(planner, &effect);
            break;
        case EFFECT_PAUSE:
            stand_still(planner, &effect);
            break;
        case EFFECT_RESUME:
            resume(planner, &effect);
            break;
        case EFFECT_CAP: // its jobs are as fast as before
        case EFFECT_FORGET:
        case EFFECT_DROP:
        case EFFECT_NONE:
            break;
        }
    }
    return true;
}

// What is kept of the work when an attempt ends, in ms of run time from the beginning.
static int64_t saved_after(const struct planner *planner, const struct planner_job *job,
                           uint32_t way, int64_t ran_ms)
{
    const struct scenario_demand *demand = demand_of(planner, job);
    int64_t useful_ms = ran_ms - demand->restart_us / MS_US;
    if (demand->checkpoint_us == 0 || useful_ms <= 0)
        return job->saved_ms;
    int64_t every_ms = demand->checkpoint_us / MS_US, done_ms = job->saved_ms + useful_ms;
    return way == END_STOPPED ? done_ms : job->saved_ms + useful_ms / every_ms * every_ms;
}

static void count_ended(struct planner *planner, const struct planner_job *job)
{
    int64_t now_ms = planner_ms(planner);
    struct tally *level = planner->tallies.level;
    tally_change(&level[TALLY_RESERVED], now_ms, -(int64_t)job->devices);
    tally_change(&level[TALLY_RUNNING], now_ms, -(int64_t)job->devices);
    tally_change(&level[TALLY_RATE], now_ms, -world_rate(planner, job));
}

static void count_lost(struct planner *planner, const struct planner_job *job, uint32_t way,
                       int64_t lost_ms)
{
    struct tallies *tallies = &planner->tallies;
    int64_t lost = lost_ms > 0 ? lost_ms * job->devices : 0;
    tallies->lost_device_ms += lost;
    planner->classes[job->demand].lost_device_ms += lost;
    if (way < END_FAILED)
        return;
    tallies->failures++;
    tallies->failures_of[way - END_FAILED]++;
    tallies->lost_of[way - END_FAILED] += lost;
    planner->classes[job->demand].failed++;
}

// Whole joules; what is below one goes into the next reading, so that the sum stays exact.
static int64_t joules(struct planner *planner, int64_t energy_mj)
{
    int64_t sum_mj = energy_mj + planner->joule_rest_mj;
    planner->joule_rest_mj = sum_mj % 1000;
    planner->joules_told += sum_mj / 1000;
    return sum_mj / 1000;
}

// The attempt is over: power off, energy and run time told, the job goes or waits again.
static bool end_attempt(struct planner *planner, uint32_t slot, uint32_t way, struct err *err)
{
    struct planner_job *job = &planner->jobs[slot];
    if (job->paused)
        go_on(planner, job);
    int64_t lasted_ms = planner_ms(planner) - job->started_us / MS_US;
    int64_t ran_ms = job->ran_ms + lasted_ms;
    jobs_runs(planner, job->job);
    int64_t energy_mj = job->energy_mj + job_energy_mj(planner, job, lasted_ms);
    stay(planner, job, false);
    job->runs = false;
    job->end_number = 0;
    count_ended(planner, job);
    bool service = job->work_ms >= SERVICE_MS; // what it served is served
    int64_t useful_ms = ran_ms - demand_of(planner, job)->restart_us / MS_US, lost_ms = 0;
    if (way != END_DONE && !service) {
        int64_t kept_ms = saved_after(planner, job, way, ran_ms);
        lost_ms = job->saved_ms + useful_ms - kept_ms;
        job->saved_ms = kept_ms;
    }
    struct attempt_report ended = {
        .job = job->job,
        .attempt = job->attempt,
        .event = ATTEMPT_ENDED,
        .ran_ms = ran_ms,
        .saved_ms = job->saved_ms,
        .energy_j = joules(planner, energy_mj),
        .energy = ENERGY_KIND_ESTIMATED,
        .reason = way < END_FAILED ? REASON_EXITED : REASON_LOST,
    };
    if (!report(planner, &ended, err))
        return false;
    const struct job *row = cloud_job(door_cloud(&planner->door), job->job);
    bool again = row && row->state != JOB_DONE;
    if (again || way >= END_FAILED)
        count_lost(planner, job, way, lost_ms);
    if (again) {
        planner->tallies.requeued++;
        planner->classes[job->demand].requeued++;
    } else {
        planner->tallies.ended++;
        planner->classes[job->demand].ended++;
        slot_free(planner, slot);
    }
    return jobs_effects(planner, err);
}

bool jobs_end(struct planner *planner, const struct agenda_entry *entry, struct err *err)
{
    uint32_t slot = (uint32_t)entry->subject;
    struct planner_job *job = &planner->jobs[slot];
    if (!job->runs || job->end_number != entry->number)
        return true; // it ended in another way
    if (entry->detail >= END_FAILED) {
        uint32_t failure = entry->detail - END_FAILED;
        jobs_runs(planner, job->job);
        uint32_t run = (uint32_t)rng_below(&planner->faults, planner->run_count);
        uint64_t node = planner->runs[run].node +
                        (uint64_t)rng_below(&planner->faults, planner->runs[run].count);
        if (!faults_hit(planner, node, 1, failure, err))
            return false;
    }
    job = &planner->jobs[slot];
    if (!job->runs || job->end_number != entry->number)
        return true; // what the fault set off has ended it
    return end_attempt(planner, slot, entry->detail, err);
}

static bool on_nodes(const struct planner *planner, uint64_t first, uint32_t count)
{
    for (uint32_t i = 0; i < planner->run_count; i++) {
        const struct planner_run *run = &planner->runs[i];
        if (run->node < first + count && first < run->node + run->count)
            return true;
    }
    return false;
}

bool jobs_fail_nodes(struct planner *planner, uint64_t first, uint32_t count, uint32_t failure,
                     struct err *err)
{
    uint32_t rack = planner->nodes[first].rack;
    uint32_t place = planner->racks[rack].first_guest;
    while (place) {
        uint32_t slot = planner->guests[place].slot;
        jobs_runs(planner, planner->jobs[slot].job);
        if (!on_nodes(planner, first, count)) {
            place = planner->guests[place].next;
            continue;
        }
        if (!end_attempt(planner, slot, END_FAILED + failure, err))
            return false;
        place = planner->racks[rack].first_guest; // the list has changed
    }
    return true;
}

int64_t jobs_under_way_mj(struct planner *planner)
{
    int64_t sum = 0;
    for (uint32_t slot = 1; slot < planner->job_count; slot++) {
        if (!planner->jobs[slot].runs)
            continue;
        struct planner_job *job = &planner->jobs[slot];
        jobs_runs(planner, job->job);
        sum += job->energy_mj;
        if (!job->paused) // of a rise, draw took all off
            sum += job_energy_mj(planner, job, rise_ms(planner, job));
    }
    return sum;
}

void jobs_close(struct planner *planner)
{
    free(planner->jobs);
    free(planner->slot_of);
    free(planner->runs);
    free(planner->guests);
}
