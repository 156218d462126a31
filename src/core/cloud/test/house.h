// house.h - a small cloud for tests: inputs go in, and every event is held against its own line.
//
// Each event is encoded, decoded and compared, applied to the cloud and, from its line, to a
// second cloud: so every test of this room is a replay test too.
#pragma once
#include "base/must.h"
#include "core/cloud/cloud.h"
#include <string.h>

struct house_run {
    struct cloud cloud, replayed;
    struct cloud_step first; // of the last input
    uint32_t effects;
    struct effect effect[64]; // of the last input
    struct event events[256]; // of the last input
    uint32_t count;
    int64_t time_us;
};

static inline void house_init(struct house_run *run)
{
    memset(run, 0, sizeof *run);
    cloud_init(&run->cloud);
    cloud_init(&run->replayed);
    run->time_us = INT64_C(1795300000) * SECOND_US; // 2026-11-21T23:06:40Z
}

static inline void house_finish(struct house_run *run)
{
    cloud_finish(&run->cloud);
    cloud_finish(&run->replayed);
}

static inline void house_keep(struct house_run *run, const struct event *event)
{
    struct buf line;
    struct event again;
    struct err err;
    buf_init(&line, 65536);
    event_encode(event, &line);
    if (!event_decode(buf_str(&line), &again, &err))
        must_failed(buf_cstr(&line), 0, err.text);
    cloud_apply(&run->replayed, &again);
    buf_finish(&line);
}

static inline enum answer house_do(struct house_run *run, struct input input)
{
    input.time_us = run->time_us;
    if (input.by.role == ROLE_NONE)
        input.by = (struct principal){0, ACCOUNT_HOUSE, ROLE_ADMIN};
    run->effects = run->count = 0;
    struct cloud_step step;
    for (uint32_t i = 0;; i++) {
        cloud_decide(&run->cloud, &input, i, &step);
        if (i == 0)
            run->first = step;
        if (!step.has_event)
            break;
        struct effect effect = cloud_apply(&run->cloud, &step.event);
        if (effect.kind != EFFECT_NONE && run->effects < 64)
            run->effect[run->effects++] = effect;
        if (run->count < 256)
            run->events[run->count++] = step.event;
        house_keep(run, &step.event);
        if (!step.more)
            break;
    }
    return run->first.answer;
}

static inline void house_open(struct house_run *run, uint32_t cores)
{
    static struct node_report_device devices[DEVICE_SET_MAX];
    for (uint32_t i = 0; i < cores; i++)
        devices[i] = (struct node_report_device){.chip = "cpu-core",
                                                 .description = "test core",
                                                 .serial = "core",
                                                 .idle_w = 2,
                                                 .class_w = 8,
                                                 .max_w = 10,
                                                 .numa = -1};
    must(house_do(run, (struct input){.kind = INPUT_OPEN}) == ANSWER_OK);
    struct input node = {.kind = INPUT_NODE_REPORT};
    node.node_report = (struct node_report){.name = "n1",
                                            .arch = "x86_64",
                                            .cpu_milli = cores * 1000,
                                            .memory_mib = 8192,
                                            .alone = true,
                                            .count = cores,
                                            .devices = devices};
    must(house_do(run, node) == ANSWER_OK);
}

static inline uint64_t house_submit(struct house_run *run, uint64_t account, uint32_t devices)
{
    struct input job = {.kind = INPUT_JOB_SUBMIT};
    job.job = (struct job_submit){.account = account,
                                  .shape.devices = devices,
                                  .shape.memory_mib = 16,
                                  .name = "job",
                                  .restartable = true};
    return house_do(run, job) == ANSWER_OK ? run->first.subject : 0;
}

static inline enum answer house_report(struct house_run *run, uint64_t job, uint32_t attempt,
                                       enum attempt_event event, int64_t ran_ms)
{
    struct input report = {.kind = INPUT_ATTEMPT_REPORT};
    report.attempt =
        (struct attempt_report){.job = job,
                                .attempt = attempt,
                                .event = event,
                                .ran_ms = ran_ms,
                                .energy_j = ran_ms / 100,
                                .energy = ENERGY_KIND_ESTIMATED,
                                .reason = event == ATTEMPT_ENDED ? REASON_EXITED : REASON_NONE};
    return house_do(run, report);
}
