#include "sim/virtual_engine.h"
#include "base/instant.h"
#include "base/must.h"
#include <stdlib.h>
#include <string.h>

struct virtual_attempt {
    uint64_t job;
    uint32_t attempt, devices;
    int64_t started_us, saved_ms; // saved_ms: before it began
    int64_t paused_us;            // since when it stands; 0: it runs
    bool checkpoints;
    bool ended; // its end is on the way or told
};

struct virtual_report {
    int64_t time_us;
    uint64_t number;
    struct engine_report report;
};

static bool happens(struct virtual_engine *engine, int32_t permille)
{
    return rng_below(&engine->rng, 1000) < permille;
}

static bool sooner(const struct virtual_report *a, const struct virtual_report *b)
{
    return a->time_us != b->time_us ? a->time_us < b->time_us : a->number < b->number;
}

static void swap(struct virtual_report *a, struct virtual_report *b)
{
    struct virtual_report kept = *a;
    *a = *b;
    *b = kept;
}

static void push(struct virtual_engine *engine, int64_t time_us, const struct engine_report *report)
{
    if (engine->report_count == engine->report_room) {
        engine->report_room = engine->report_room ? engine->report_room * 2 : 64;
        engine->reports = realloc(engine->reports, engine->report_room * sizeof *engine->reports);
        must(engine->reports);
    }
    struct virtual_report *heap = engine->reports;
    uint32_t at = engine->report_count++;
    heap[at] = (struct virtual_report){time_us, ++engine->numbered, *report};
    for (; at > 0 && sooner(&heap[at], &heap[(at - 1) / 2]); at = (at - 1) / 2)
        swap(&heap[at], &heap[(at - 1) / 2]);
}

static struct virtual_report pop(struct virtual_engine *engine)
{
    struct virtual_report *heap = engine->reports, first = heap[0];
    heap[0] = heap[--engine->report_count];
    for (uint32_t at = 0;;) {
        uint32_t child = 2 * at + 1;
        if (child >= engine->report_count)
            return first;
        if (child + 1 < engine->report_count && sooner(&heap[child + 1], &heap[child]))
            child++;
        if (!sooner(&heap[child], &heap[at]))
            return first;
        swap(&heap[child], &heap[at]);
        at = child;
    }
}

// On its way, perhaps late, perhaps twice.
static void send(struct virtual_engine *engine, int64_t time_us, const struct engine_report *report)
{
    if (happens(engine, engine->trouble.late))
        time_us += rng_below(&engine->rng, 20 * SECOND_US);
    push(engine, time_us, report);
    if (happens(engine, engine->trouble.twice))
        push(engine, time_us + rng_below(&engine->rng, 5 * SECOND_US), report);
}

static struct virtual_attempt *find(const struct virtual_engine *engine, uint64_t job,
                                    uint32_t attempt)
{
    for (uint32_t i = 0; i < engine->attempt_count; i++)
        if (engine->attempts[i].job == job && engine->attempts[i].attempt == attempt)
            return &engine->attempts[i];
    return NULL;
}

// Since it began, whole intervals.
static int64_t saved_at(const struct virtual_engine *engine, const struct virtual_attempt *attempt,
                        int64_t ran_ms)
{
    if (!attempt->checkpoints || engine->checkpoint_ms == 0)
        return 0;
    return attempt->saved_ms + ran_ms - ran_ms % engine->checkpoint_ms;
}

static struct engine_report report_at(const struct virtual_engine *engine,
                                      const struct virtual_attempt *attempt,
                                      enum engine_report_kind kind, int64_t ran_ms)
{
    return (struct engine_report){
        .kind = kind,
        .job = attempt->job,
        .attempt = attempt->attempt,
        .ran_ms = ran_ms,
        .energy_j = ran_ms * engine->watts * attempt->devices / 1000,
        .saved_ms = saved_at(engine, attempt, ran_ms),
        .energy = ENERGY_ESTIMATED,
        .cpu_ms = ran_ms * attempt->devices,
        .memory_peak_bytes = 1 << 20,
    };
}

static void plan_life(struct virtual_engine *engine, struct virtual_attempt *attempt)
{
    int64_t run_ms = 1 + rng_exponential(&engine->rng, engine->run_ms_mean);
    struct engine_report report = report_at(engine, attempt, ENGINE_STARTED, 0);
    send(engine, attempt->started_us, &report);
    for (int64_t ms = engine->alive_ms; ms < run_ms; ms += engine->alive_ms) {
        report = report_at(engine, attempt, ENGINE_ALIVE, ms);
        send(engine, attempt->started_us + ms * MS_US, &report);
    }
    report = report_at(engine, attempt, ENGINE_ENDED, run_ms);
    report.end = happens(engine, engine->trouble.lost) ? ENGINE_LOST : ENGINE_EXITED;
    report.code = report.end == ENGINE_EXITED ? (int32_t)rng_below(&engine->rng, 3) : 0;
    send(engine, attempt->started_us + run_ms * MS_US, &report);
}

static void start(struct engine *base, const struct engine_start *start)
{
    struct virtual_engine *engine = (struct virtual_engine *)base;
    if (find(engine, start->job, start->attempt))
        return; // what it knows is on its way already
    if (engine->attempt_count == engine->attempt_room) {
        engine->attempt_room = engine->attempt_room ? engine->attempt_room * 2 : 64;
        engine->attempts =
            realloc(engine->attempts, engine->attempt_room * sizeof *engine->attempts);
        must(engine->attempts);
    }
    struct virtual_attempt *attempt = &engine->attempts[engine->attempt_count++];
    *attempt = (struct virtual_attempt){
        .job = start->job,
        .attempt = start->attempt,
        .devices = device_set_count(&start->devices),
        .saved_ms = start->saved_ms,
        .checkpoints = start->checkpoints,
        .started_us = engine->time_us + rng_below(&engine->rng, 3 * SECOND_US),
    };
    if (!happens(engine, engine->trouble.not_started)) {
        plan_life(engine, attempt);
        return;
    }
    struct engine_report report = report_at(engine, attempt, ENGINE_ENDED, 0);
    report.end = ENGINE_NOT_STARTED;
    send(engine, attempt->started_us, &report);
}

// What it knows is on its way already; what it does not know is lost.
static void adopt(struct engine *base, uint64_t job, uint32_t number)
{
    struct virtual_engine *engine = (struct virtual_engine *)base;
    if (find(engine, job, number))
        return;
    struct engine_report report = {
        .kind = ENGINE_ENDED, .job = job, .attempt = number, .end = ENGINE_LOST};
    send(engine, engine->time_us, &report);
}

static void keep_aside(struct virtual_engine *engine, const struct virtual_report *report)
{
    if (engine->held_count == engine->held_room) {
        engine->held_room = engine->held_room ? engine->held_room * 2 : 64;
        engine->held = realloc(engine->held, engine->held_room * sizeof *engine->held);
        must(engine->held);
    }
    engine->held[engine->held_count++] = *report;
}

// What it would have said of its life from now on is kept aside, until it goes on.
static void pause_attempt(struct engine *base, uint64_t job, uint32_t number)
{
    struct virtual_engine *engine = (struct virtual_engine *)base;
    struct virtual_attempt *attempt = find(engine, job, number);
    if (!attempt || attempt->ended || attempt->paused_us)
        return;
    bool begun = engine->time_us > attempt->started_us;
    attempt->paused_us = begun ? engine->time_us : attempt->started_us;
    int64_t ran_ms = (attempt->paused_us - attempt->started_us) / MS_US;
    uint32_t count = engine->report_count;
    struct virtual_report *old = malloc((count + 1) * sizeof *old);
    must(old);
    memcpy(old, engine->reports, count * sizeof *old);
    engine->report_count = 0;
    for (uint32_t i = 0; i < count; i++) {
        const struct engine_report *report = &old[i].report;
        if (report->job == job && report->attempt == number && report->ran_ms > ran_ms)
            keep_aside(engine, &old[i]);
        else
            push(engine, old[i].time_us, report);
    }
    free(old);
}

static void resume_attempt(struct engine *base, uint64_t job, uint32_t number)
{
    struct virtual_engine *engine = (struct virtual_engine *)base;
    struct virtual_attempt *attempt = find(engine, job, number);
    if (!attempt || !attempt->paused_us)
        return;
    int64_t stood_us = engine->time_us - attempt->paused_us;
    stood_us = stood_us > 0 ? stood_us : 0;
    attempt->paused_us = 0;
    attempt->started_us += stood_us;
    uint32_t kept = 0;
    for (uint32_t i = 0; i < engine->held_count; i++) {
        const struct virtual_report *held = &engine->held[i];
        if (held->report.job == job && held->report.attempt == number)
            push(engine, held->time_us + stood_us, &held->report);
        else
            engine->held[kept++] = *held;
    }
    engine->held_count = kept;
}

static void cap(struct engine *base, uint64_t job, uint32_t number, int32_t permille)
{
    (void)base, (void)job, (void)number, (void)permille; // its jobs are as fast as before
}

// The command dies within its grace; its later reports are taken back.
static void stop(struct engine *base, uint64_t job, uint32_t number, int64_t grace_ms)
{
    struct virtual_engine *engine = (struct virtual_engine *)base;
    struct virtual_attempt *attempt = find(engine, job, number);
    if (!attempt || attempt->ended)
        return;
    resume_attempt(base, job, number);
    attempt->ended = true;
    int64_t end_us = engine->time_us + rng_below(&engine->rng, grace_ms * MS_US + 1);
    int64_t ran_ms = (end_us - attempt->started_us) / MS_US;
    bool had_end = false;
    struct virtual_report *reports = engine->reports;
    uint32_t count = engine->report_count;
    struct virtual_report *old = malloc((count + 1) * sizeof *old);
    must(old);
    memcpy(old, reports, count * sizeof *old);
    engine->report_count = 0;
    for (uint32_t i = 0; i < count; i++) {
        bool same = old[i].report.job == job && old[i].report.attempt == number;
        bool later = same && old[i].report.ran_ms > (ran_ms > 0 ? ran_ms : 0);
        had_end |= same && !later && old[i].report.kind == ENGINE_ENDED;
        if (!later)
            push(engine, old[i].time_us, &old[i].report);
    }
    free(old);
    if (had_end)
        return;
    struct engine_report report = report_at(engine, attempt, ENGINE_ENDED, ran_ms > 0 ? ran_ms : 0);
    report.end = ENGINE_SIGNALLED;
    report.signal = 15;
    send(engine, end_us, &report);
}

static void forget(struct engine *base, uint64_t job, uint32_t number)
{
    struct virtual_engine *engine = (struct virtual_engine *)base;
    struct virtual_attempt *attempt = find(engine, job, number);
    if (attempt)
        *attempt = engine->attempts[--engine->attempt_count];
}

static void drop(struct engine *base, uint64_t job)
{
    (void)base, (void)job; // it keeps no output
}

static bool output(struct engine *base, uint64_t job, uint32_t attempt, enum engine_stream stream,
                   uint64_t offset, struct buf *out, bool *ret_end, struct err *err)
{
    (void)base, (void)job, (void)attempt, (void)stream, (void)offset, (void)out, (void)err;
    *ret_end = true; // nothing runs, so nothing is written
    return true;
}

static void limits(struct engine *base, struct buf *out)
{
    (void)base;
    buf_add(out, S("nothing runs: this engine is virtual\n"));
}

static void destroy(struct engine *base)
{
    (void)base; // virtual_engine_finish: it is no heap object
}

void virtual_engine_init(struct virtual_engine *engine, uint64_t seed, struct engine_sink sink)
{
    static const struct engine_ops ops = {.name = "virtual",
                                          .start = start,
                                          .adopt = adopt,
                                          .stop = stop,
                                          .pause = pause_attempt,
                                          .resume = resume_attempt,
                                          .cap = cap,
                                          .forget = forget,
                                          .drop = drop,
                                          .output = output,
                                          .limits = limits,
                                          .destroy = destroy};
    *engine = (struct virtual_engine){
        .engine.ops = &ops,
        .sink = sink,
        .rng.state = seed,
        .run_ms_mean = 600 * 1000,
        .alive_ms = 300 * 1000,
        .watts = 9,
    };
}

void virtual_engine_finish(struct virtual_engine *engine)
{
    free(engine->attempts);
    free(engine->reports);
    free(engine->held);
    *engine = (struct virtual_engine){0};
}

bool virtual_engine_next(const struct virtual_engine *engine, int64_t *ret_time_us)
{
    if (engine->report_count == 0)
        return false;
    *ret_time_us = engine->reports[0].time_us;
    return true;
}

void virtual_engine_until(struct virtual_engine *engine, int64_t time_us)
{
    must(time_us >= engine->time_us);
    engine->time_us = time_us;
    while (engine->report_count && engine->reports[0].time_us <= time_us) {
        struct virtual_report first = pop(engine);
        engine->sink.report(engine->sink.context, &first.report);
    }
}
