// chronicle.h - a small journal in memory for tests: a house that opens and takes some commands.
#pragma once
#include "base/instant.h"
#include "base/must.h"
#include "store/memory/store_memory.h"
#include "turn/turn.h"
#include <stdio.h>
#include <string.h>

struct chronicle {
    struct memory_disk *disk;
    struct journal *journal;
    struct blobs *blobs;
    struct turn turn;
    int64_t time_us;
    uint32_t answers, effects;
};

static inline void chronicle_answer(void *context, const struct turn_answer *answer)
{
    (void)answer;
    ((struct chronicle *)context)->answers++;
}

static inline void chronicle_effect(void *context, const struct effect *effect)
{
    (void)effect;
    ((struct chronicle *)context)->effects++;
}

static inline void chronicle_put(struct chronicle *chronicle, struct input input)
{
    chronicle->time_us += SECOND_US;
    input.time_us = chronicle->time_us;
    input.by = (struct principal){0, ACCOUNT_HOUSE, ROLE_ADMIN};
    must(turn_add(&chronicle->turn, &input, NULL));
}

static inline void chronicle_commit(struct chronicle *chronicle)
{
    struct err err;
    if (!turn_commit(&chronicle->turn, &err))
        must_failed("commit", 0, err.text);
}

static inline void chronicle_account(struct chronicle *chronicle, int number)
{
    struct input input = {.kind = INPUT_ACCOUNT_NEW};
    snprintf(input.account.slug, sizeof input.account.slug, "acme-%d", number);
    snprintf(input.account.name, sizeof input.account.name, "Acme %d", number);
    chronicle_put(chronicle, input);
}

// Commits of 1, 2, 3, … lines: the opening, a machine, then accounts and jobs.
static inline void chronicle_write(struct chronicle *chronicle)
{
    static struct node_report_device devices[2] = {
        {.chip = "cpu-core", .serial = "a", .class_w = 8, .max_w = 9, .numa = -1},
        {.chip = "cpu-core", .serial = "b", .class_w = 8, .max_w = 9, .numa = -1},
    };
    memset(chronicle, 0, sizeof *chronicle);
    chronicle->disk = memory_disk_create();
    store_memory_open(chronicle->disk, &chronicle->journal, &chronicle->blobs);
    turn_init(&chronicle->turn, chronicle->journal,
              (struct turn_release){chronicle, chronicle_answer, chronicle_effect});
    chronicle->time_us = INT64_C(1795219200) * SECOND_US;
    chronicle_put(chronicle, (struct input){.kind = INPUT_OPEN});
    struct input node = {.kind = INPUT_NODE_REPORT};
    node.node_report = (struct node_report){.name = "n1",
                                            .arch = "x86_64",
                                            .cpu_milli = 2000,
                                            .memory_mib = 4096,
                                            .count = 2,
                                            .devices = devices};
    chronicle_put(chronicle, node);
    chronicle_commit(chronicle);
    for (int i = 0, number = 0; i < 4; i++) {
        for (int j = 0; j <= i; j++)
            chronicle_account(chronicle, number++);
        chronicle_commit(chronicle);
    }
    struct input job = {.kind = INPUT_JOB_SUBMIT};
    job.job = (struct job_submit){.account = 2, .shape.devices = 1, .name = "job"};
    chronicle_put(chronicle, job);
    chronicle_commit(chronicle);
}

static inline void chronicle_finish(struct chronicle *chronicle)
{
    turn_finish(&chronicle->turn);
    chronicle->journal->ops->destroy(chronicle->journal);
    chronicle->blobs->ops->destroy(chronicle->blobs);
    memory_disk_destroy(chronicle->disk);
}
