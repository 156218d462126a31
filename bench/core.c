// The core with meter, ledger and billing; lines of events; the replay of a journal.
//
// A house of 16 nodes with 8 devices and 8 accounts. One job is submitted, placed, started, ends
// and is paid for: about nine events, each one step of cloud_decide and cloud_apply. The same
// jobs through a turn over store/memory, 64 inputs a commit, give the journal that is verified:
// leaves hashed and compared, roots at every commit, events decoded and applied.
#include "base/must.h"
#include "bench/bench.h"
#include "store/memory/store_memory.h"
#include "turn/verify.h"
#include "turn/turn.h"
#include <stdlib.h>
#include <string.h>

enum { NODES = 16, DEVICES = 8, ACCOUNTS = 8, JOBS = 40000, BATCH = 64 };

struct world {
    struct memory_disk *disk;
    struct journal *journal;
    struct blobs *blobs;
    struct turn turn;
    bool by_turn; // else the core alone
    uint32_t waiting;
    int64_t time_us;
    struct event *events; // the core's own, for encode and decode
    uint64_t event_count, event_room;
    struct buf text;
    uint64_t *ends;
};

static void drop_answer(void *context, const struct turn_answer *answer)
{
    (void)context, (void)answer;
}

static void drop_effect(void *context, const struct effect *effect)
{
    (void)context, (void)effect;
}

static void commit(struct world *world)
{
    struct err err;
    world->waiting = 0;
    if (!turn_commit(&world->turn, &err))
        must_failed("commit", 0, err.text);
}

static uint64_t put(struct world *world, struct input *input)
{
    struct cloud_step step;
    uint64_t subject = 0;
    world->time_us += 1000;
    input->time_us = world->time_us;
    input->by = (struct principal){0, ACCOUNT_HOUSE, ROLE_ADMIN};
    if (world->by_turn) {
        must(turn_add(&world->turn, input, NULL));
        if (++world->waiting == BATCH)
            commit(world);
        return world->turn.cloud.sched.jobs.last_id;
    }
    for (uint32_t i = 0;; i++) {
        cloud_decide(&world->turn.cloud, input, i, &step);
        must(i > 0 || step.answer == ANSWER_OK);
        if (i == 0)
            subject = step.subject;
        if (!step.has_event)
            break;
        cloud_apply(&world->turn.cloud, &step.event);
        if (world->event_count < world->event_room)
            world->events[world->event_count] = step.event;
        world->event_count++;
    }
    return subject;
}

static void house(struct world *world)
{
    struct node_report_device devices[DEVICES];
    put(world, &(struct input){.kind = INPUT_OPEN});
    for (int i = 0; i < DEVICES; i++)
        devices[i] = (struct node_report_device){
            .chip = "chip", .serial = "s", .memory_mib = 80000, .class_w = 700, .max_w = 700};
    for (int i = 0; i < NODES; i++) {
        struct input input = {.kind = INPUT_NODE_REPORT};
        input.node_report = (struct node_report){
            .name = {'n', (char)('a' + i)},
            .arch = "x86_64",
            .cpu_milli = 64000,
            .memory_mib = 1 << 20,
            .count = DEVICES,
            .devices = devices
        };
        put(world, &input);
    }
    for (int i = 0; i < ACCOUNTS; i++) {
        struct input input = {.kind = INPUT_ACCOUNT_NEW};
        input.account = (struct account_new){
            .slug = {'a', (char)('a' + i)},
              .name = "Account"
        };
        put(world, &input);
    }
}

static void report(struct world *world, uint64_t job, enum attempt_event event, int64_t ran_ms)
{
    struct input input = {.kind = INPUT_ATTEMPT_REPORT};
    input.attempt =
        (struct attempt_report){.job = job,
                                .attempt = 1,
                                .event = event,
                                .ran_ms = ran_ms,
                                .energy_j = ran_ms,
                                .cpu_ms = ran_ms,
                                .energy = ENERGY_KIND_MEASURED,
                                .reason = event == ATTEMPT_ENDED ? REASON_EXITED : REASON_NONE};
    put(world, &input);
}

// Jobs of 1, 2, 4 or 8 devices for a minute or more; so many are under way at once.
static void run_jobs(struct world *world, uint64_t jobs)
{
    enum { UNDER_WAY = 12 };
    uint64_t ring[UNDER_WAY] = {0};
    for (uint64_t i = 0; i < jobs; i++) {
        struct input input = {.kind = INPUT_JOB_SUBMIT};
        input.job = (struct job_submit){
            .account = 2 + i % ACCOUNTS,
            .shape = {.memory_mib = 1024, .devices = 1U << i % 4},
            .name = "job"
        };
        uint64_t job = put(world, &input);
        report(world, job, ATTEMPT_STARTED, 0);
        uint64_t old = ring[i % UNDER_WAY];
        world->time_us += 60 * 1000 * 1000;
        if (old)
            report(world, old, ATTEMPT_ENDED, 60000 + (int64_t)(i % 7) * 1000);
        ring[i % UNDER_WAY] = job;
    }
    for (int i = 0; i < UNDER_WAY; i++)
        if (ring[i])
            report(world, ring[i], ATTEMPT_ENDED, 60000);
    if (world->by_turn && world->waiting)
        commit(world);
}

static struct world *world_create(bool by_turn)
{
    struct world *world = calloc(1, sizeof *world);
    must(world);
    world->disk = memory_disk_create();
    store_memory_open(world->disk, &world->journal, &world->blobs);
    turn_init(&world->turn, world->journal, (struct turn_release){world, drop_answer, drop_effect});
    world->time_us = INT64_C(1795219200000000);
    world->by_turn = by_turn;
    house(world);
    return world;
}

static void world_destroy(struct world *world)
{
    turn_finish(&world->turn);
    world->journal->ops->destroy(world->journal);
    world->blobs->ops->destroy(world->blobs);
    memory_disk_destroy(world->disk);
    free(world->events);
    free(world->ends);
    buf_finish(&world->text);
    free(world);
}

static int64_t core_run(void *context)
{
    struct world *world = context;
    uint64_t before = world->event_count;
    run_jobs(world, JOBS);
    return (int64_t)(world->event_count - before);
}

static int64_t encode_run(void *context)
{
    struct world *world = context;
    buf_clear(&world->text);
    for (uint64_t i = 0; i < world->event_room; i++) {
        event_encode(&world->events[i], &world->text);
        world->ends[i] = world->text.len;
    }
    return (int64_t)world->event_room;
}

static int64_t decode_run(void *context)
{
    struct world *world = context;
    uint64_t from = 0;
    for (uint64_t i = 0; i < world->event_room; i++) {
        struct event event;
        struct err err;
        must(event_decode((str){world->text.ptr + from, world->ends[i] - from}, &event, &err));
        must(event.seq == world->events[i].seq);
        from = world->ends[i];
    }
    return (int64_t)world->event_room;
}

static int64_t turn_run(void *context)
{
    struct world *world = context;
    uint64_t before = turn_size(&world->turn);
    run_jobs(world, JOBS);
    return (int64_t)(turn_size(&world->turn) - before);
}

static int64_t verify_run(void *context)
{
    struct world *world = context;
    struct cloud cloud;
    struct merkle tree = {0};
    struct verify verify;
    struct err err;
    cloud_init(&cloud);
    verify_init(&verify, &cloud, &tree);
    if (!verify_journal(&verify, world->journal, &err) || !verify_end(&verify, &err))
        must_failed("verify", 0, err.text);
    must(digest_same(cloud_hash(&cloud), cloud_hash(&world->turn.cloud)));
    verify_finish(&verify);
    cloud_finish(&cloud);
    return (int64_t)verify.lines;
}

int main(void)
{
    bench_machine();
    struct world *world = world_create(false);
    world->event_room = 200 * 1000;
    world->events = calloc(world->event_room, sizeof *world->events);
    world->ends = calloc(world->event_room, sizeof *world->ends);
    must(world->events && world->ends);
    buf_init(&world->text, 1 << 30);
    world->event_count = 0;
    bench_report("core steps with meter, ledger, billing", core_run, world);
    must(world->event_count > world->event_room);
    bench_report("events encoded", encode_run, world);
    bench_report("events decoded", decode_run, world);
    world_destroy(world);

    world = world_create(true);
    bench_report("events through a turn, 64 inputs a commit", turn_run, world);
    bench_report("events verified", verify_run, world);
    world_destroy(world);
    return 0;
}
