// A fixed script of commands against a disk whose n-th write fails, for every n: what was
// acknowledged is there exactly once, what was not can be given again, and no answer and no effect
// leaves before its commit.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "base/instant.h"
#include "base/must.h"
#include "store/memory/store_memory.h"
#include "turn/turn.h"
#include "turn/verify.h"
#include <stdio.h>
#include <string.h>

enum { SCRIPT = 40, OPENING = 2, JOBS_FROM = 8 };

struct world {
    struct memory_disk *disk;
    struct journal *journal;
    struct blobs *blobs;
    struct turn turn;
    int64_t time_us;
    uint32_t acknowledged[SCRIPT]; // how often: at most once a start
    uint64_t subject[SCRIPT];
    uint32_t effects, starts;
    bool wrong; // something left too early
};

// Nothing but what is durable may be spoken of.
static uint64_t durable(struct world *world)
{
    return memory_disk_head(world->disk).size;
}

static void on_answer(void *context, const struct turn_answer *answer)
{
    struct world *world = context;
    uint32_t index = *(const uint32_t *)answer->tag;
    world->wrong |= durable(world) != turn_size(&world->turn);
    world->wrong |= answer->seq >= durable(world);
    if (answer->answer != ANSWER_OK)
        return;
    world->wrong |= world->subject[index] && world->subject[index] != answer->subject;
    world->subject[index] = answer->subject;
    world->acknowledged[index]++;
}

static void on_effect(void *context, const struct effect *effect)
{
    struct world *world = context;
    world->wrong |= durable(world) != turn_size(&world->turn);
    world->wrong |= cloud_job(&world->turn.cloud, effect->job) == NULL;
    world->effects++;
}

static void make_input(uint32_t index, struct input *input)
{
    static struct node_report_device devices[4] = {
        {.chip = "cpu-core", .class_w = 8, .max_w = 9},
        {.chip = "cpu-core", .class_w = 8, .max_w = 9},
        {.chip = "cpu-core", .class_w = 8, .max_w = 9},
        {.chip = "cpu-core", .class_w = 8, .max_w = 9},
    };
    memset(input, 0, sizeof *input);
    input->by = (struct principal){0, ACCOUNT_HOUSE, ROLE_ADMIN};
    if (index == 0) {
        input->kind = INPUT_OPEN;
        return;
    }
    if (index == 1) {
        input->kind = INPUT_NODE_REPORT;
        input->node_report = (struct node_report){.name = "n1",
                                                  .arch = "x86_64",
                                                  .cpu_milli = 4000,
                                                  .memory_mib = 4096,
                                                  .count = 4,
                                                  .devices = devices};
        return;
    }
    input->request[0] = 1;
    input->request[1] = (uint8_t)index;
    if (index < JOBS_FROM) {
        input->kind = INPUT_ACCOUNT_NEW;
        snprintf(input->account.slug, sizeof input->account.slug, "a%u", index);
        snprintf(input->account.name, sizeof input->account.name, "Account %u", index);
    } else if (index % 4 == 3) {
        input->kind = INPUT_JOB_STOP;
        input->stop = (struct job_stop){(index - JOBS_FROM) / 4 + 1, 0};
    } else {
        input->kind = INPUT_JOB_SUBMIT;
        input->job = (struct job_submit){.account = 2, .shape.devices = 1, .name = "job"};
    }
}

static void open_world(struct world *world)
{
    struct err err = {0};
    store_memory_open(world->disk, &world->journal, &world->blobs);
    turn_init(&world->turn, world->journal, (struct turn_release){world, on_answer, on_effect});
    if (!turn_load(&world->turn, true, &err))
        fail_msg("%s", err.text);
    if (world->time_us < cloud_time_us(&world->turn.cloud))
        world->time_us = cloud_time_us(&world->turn.cloud);
}

static void drop_world(struct world *world)
{
    turn_finish(&world->turn);
    world->journal->ops->destroy(world->journal);
    world->blobs->ops->destroy(world->blobs);
}

// False: the process would have ended.
static bool commit(struct world *world)
{
    struct err err = {0};
    uint64_t before = durable(world);
    uint32_t effects = world->effects;
    while (!turn_commit(&world->turn, &err)) {
        assert_true(err.text[0]);
        assert_int_equal(world->effects, effects);
        if (world->turn.fatal)
            return false;
        assert_int_equal(durable(world), before);
        struct input more = {.kind = INPUT_TICK, .time_us = world->time_us};
        assert_false(turn_add(&world->turn, &more, NULL)); // what waits comes first
    }
    return true;
}

// From the first command that nobody has acknowledged on; batches of 1, 2 and 3 inputs.
static bool run_script(struct world *world)
{
    static uint32_t tags[SCRIPT];
    for (uint32_t index = 0; index < SCRIPT;) {
        for (uint32_t in_batch = 0; in_batch < 1 + index % 3 && index < SCRIPT; index++) {
            struct input input;
            make_input(index, &input);
            tags[index] = index;
            if (world->acknowledged[index])
                continue;
            input.time_us = world->time_us += SECOND_US;
            assert_true(turn_add(&world->turn, &input, &tags[index]));
            in_batch++;
        }
        if (turn_has_batch(&world->turn) && !commit(world))
            return false;
    }
    return true;
}

static void check_end(struct world *world, const char *what, uint64_t n)
{
    struct err err = {0};
    if (world->wrong)
        fail_msg("%s at write %u: something left before its commit", what, (unsigned)n);
    for (uint32_t i = OPENING; i < SCRIPT; i++)
        if (world->acknowledged[i] != 1)
            fail_msg("%s at write %u: command %u was acknowledged %u times", what, (unsigned)n, i,
                     world->acknowledged[i]);
    const struct cloud *cloud = &world->turn.cloud;
    assert_int_equal(cloud->market.accounts.used, 1 + JOBS_FROM - OPENING);
    assert_int_equal(cloud->sched.jobs.used, (SCRIPT - JOBS_FROM) / 4 * 3);
    if (!cloud_check(cloud, &err))
        fail_msg("%s at write %u: %s", what, (unsigned)n, err.text);
    struct cloud replayed;
    struct merkle tree = {0};
    struct verify verify;
    cloud_init(&replayed);
    verify_init(&verify, &replayed, &tree);
    if (!verify_journal(&verify, world->journal, &err) || !verify_end(&verify, &err))
        fail_msg("%s at write %u: %s", what, (unsigned)n, err.text);
    assert_true(digest_same(cloud_hash(&replayed), cloud_hash(cloud)));
    verify_finish(&verify);
    cloud_finish(&replayed);
}

// One run; true when the fault has struck.
static bool run_with(enum memory_fault fault, uint64_t n, uint64_t count, const char *what)
{
    static struct world world;
    memset(&world, 0, sizeof world);
    world.time_us = INT64_C(1795219200) * SECOND_US;
    world.disk = memory_disk_create();
    open_world(&world);
    memory_disk_fail(world.disk, n, count, fault);
    while (!run_script(&world)) {
        assert_int_not_equal(fault, MEMORY_DISK_FULL);
        drop_world(&world);
        memory_disk_fail(world.disk, 0, 0, fault);
        open_world(&world);
    }
    bool struck = memory_disk_writes(world.disk) >= n;
    check_end(&world, what, n);
    drop_world(&world);
    memory_disk_destroy(world.disk);
    return struck;
}

static void every_write_finds_the_disk_full(void **state)
{
    (void)state;
    uint64_t n = 1;
    while (run_with(MEMORY_DISK_FULL, n, 1 + n % 3, "disk full"))
        n++;
    assert_true(n > SCRIPT / 3);
}

static void every_fsync_fails_and_loses_its_batch(void **state)
{
    (void)state;
    uint64_t n = 1;
    while (run_with(MEMORY_FSYNC_LOST, n, 1, "fsync, lost"))
        n++;
    assert_true(n > SCRIPT / 3);
}

// The batch is there although the fsync failed: commands given again are answered as before.
static void every_fsync_fails_and_keeps_its_batch(void **state)
{
    (void)state;
    uint64_t n = 1;
    while (run_with(MEMORY_FSYNC_KEPT, n, 1, "fsync, kept"))
        n++;
    assert_true(n > SCRIPT / 3);
}

// A batch that is given up has not happened: its answers say so, its effects do not leave.
static void an_abandoned_batch_has_not_happened(void **state)
{
    (void)state;
    static struct world world;
    static uint32_t tags[2] = {JOBS_FROM, JOBS_FROM + 1};
    struct err err;
    memset(&world, 0, sizeof world);
    world.time_us = INT64_C(1795219200) * SECOND_US;
    world.disk = memory_disk_create();
    open_world(&world);
    for (uint32_t index = 0; index < 3; index++) {
        struct input input;
        make_input(index, &input);
        input.time_us = world.time_us += SECOND_US;
        assert_true(turn_add(&world.turn, &input, &tags[0]));
    }
    assert_true(commit(&world));
    uint64_t before = durable(&world);
    uint32_t acknowledged = world.acknowledged[JOBS_FROM];
    world.subject[JOBS_FROM] = 0;
    memory_disk_fail(world.disk, 1, UINT64_MAX, MEMORY_DISK_FULL);
    for (uint32_t i = 0; i < 2; i++) {
        struct input input;
        make_input(JOBS_FROM + i, &input);
        input.time_us = world.time_us += SECOND_US;
        assert_true(turn_add(&world.turn, &input, &tags[i]));
    }
    assert_false(turn_commit(&world.turn, &err));
    world.wrong = false;
    turn_abandon(&world.turn);
    assert_int_equal(world.effects, 0);
    assert_int_equal(world.acknowledged[JOBS_FROM], acknowledged);
    assert_int_equal(world.acknowledged[JOBS_FROM + 1], 0);
    assert_false(turn_has_batch(&world.turn));
    drop_world(&world);
    open_world(&world);
    assert_int_equal(turn_size(&world.turn), before);
    assert_int_equal(world.turn.cloud.sched.jobs.used, 0);
    drop_world(&world);
    memory_disk_destroy(world.disk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_write_finds_the_disk_full),
        cmocka_unit_test(every_fsync_fails_and_loses_its_batch),
        cmocka_unit_test(every_fsync_fails_and_keeps_its_batch),
        cmocka_unit_test(an_abandoned_batch_has_not_happened),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
