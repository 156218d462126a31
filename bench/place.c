// Placement alone: the placement index and the queue, without journal, meter, ledger or billing.
//
// A house of N nodes with 8 devices each is filled to nine tenths, then in each step the oldest
// lease ends and a new one of 1, 2, 4 or 8 devices is placed by best fit: one step is one release
// and one placement. The job runs do the same through the queue: a job is queued, placed, started,
// ended and its rows are dropped.
#include "base/must.h"
#include "bench/bench.h"
#include "core/sched/test/house.h"
#include "core/sched/why.h"
#include <stdlib.h>

enum { DEVICES = 8, STEPS = 1000 * 1000, MEMORY_MIB = 1 << 20 };

struct held {
    uint64_t node;
    device_set devices;
    int64_t memory_mib;
};

struct ring { // leases, the oldest first
    struct held *held;
    uint32_t first, count, room;
};

struct world {
    struct house house;
    struct rng rng;
    struct ring ring;
    int64_t run_ms_max;
    uint64_t leases, oldest; // how many there were; the job that ends next
};

static struct shape next_shape(struct rng *rng)
{
    struct shape shape = shape_normal((struct shape){.chips[0] = 1});
    shape.memory_mib = 1024 * rng_between(rng, 1, 16);
    shape.devices = 1U << rng_below(rng, 4);
    return shape;
}

static bool take(struct world *world)
{
    struct inventory *inventory = &world->house.inventory;
    struct shape shape = next_shape(&world->rng);
    struct placement placement;
    if (!place_find(inventory, &shape, &placement))
        return false;
    struct ring *ring = &world->ring;
    must(ring->count < ring->room);
    ring->held[(ring->first + ring->count++) % ring->room] =
        (struct held){placement.node, placement.devices, shape.memory_mib};
    node_lease(inventory, placement.node, &placement.devices, shape.memory_mib, ++world->leases,
               ++world->house.time_us);
    return true;
}

static void give_back(struct world *world)
{
    struct ring *ring = &world->ring;
    must(ring->count > 0);
    struct held *held = &ring->held[ring->first];
    node_release(&world->house.inventory, held->node, &held->devices, held->memory_mib,
                 ++world->house.time_us);
    ring->first = (ring->first + 1) % ring->room;
    ring->count--;
}

static void world_init(struct world *world, uint64_t nodes)
{
    *world = (struct world){.rng = {.state = 42}};
    house_init(&world->house);
    house_price(&world->house, house_chip(&world->house));
    house_account(&world->house);
    uint64_t chips[DEVICES];
    for (int i = 0; i < DEVICES; i++)
        chips[i] = 1;
    for (uint64_t i = 0; i < nodes; i++)
        house_node(&world->house, chips, DEVICES, MEMORY_MIB);
    world->ring.room = (uint32_t)nodes * DEVICES;
    world->ring.held = calloc(world->ring.room, sizeof *world->ring.held);
    must(world->ring.held);
}

static void world_finish(struct world *world)
{
    house_finish(&world->house);
    free(world->ring.held);
}

static int64_t place_and_release(void *context)
{
    struct world *world = context;
    for (int64_t i = 0; i < STEPS; i++) {
        give_back(world);
        while (!take(world)) // what does not fit waits for the next release
            give_back(world);
    }
    return STEPS;
}

static void fill(struct world *world)
{
    const struct capacity *row = table_get(&world->house.inventory.capacities, 1);
    while (row->count[CAPACITY_OPEN] * 10 > world->house.inventory.devices.used)
        must(take(world));
}

static void next_job(struct world *world)
{
    struct house *house = &world->house;
    struct shape shape = next_shape(&world->rng);
    house->time_us++;
    house_submit(house, 1, &shape, world->run_ms_max);
    struct place_view view = house_view(house);
    for (struct placement placement; place_next(&view, &placement);)
        house_place(house, &placement);
}

// The oldest job that has been placed ends and leaves.
static void end_job(struct world *world)
{
    struct house *house = &world->house;
    const struct job *job = table_get(&house->sched.jobs, ++world->oldest);
    uint64_t id = job->id, lease = job->lease;
    must(job->state == JOB_STARTING);
    job_apply_started(&house->sched, &(struct job_started){id, job->attempt, 0}, house->time_us);
    house_end(house, id, false);
    job_apply_dropped(&house->sched, &(struct job_dropped){id});
    lease_apply_dropped(&house->market, &(struct lease_dropped){lease});
}

static int64_t jobs_come_and_go(void *context)
{
    struct world *world = context;
    for (int64_t i = 0; i < STEPS / 2; i++) {
        next_job(world);
        end_job(world);
    }
    return STEPS / 2;
}

static void fill_with_jobs(struct world *world)
{
    const struct account *account = table_get(&world->house.market.accounts, 1);
    while (account->queued == 0)
        next_job(world);
}

// Asking while the oldest job does not fit, with 100,000 jobs behind it.
static int64_t ask_while_blocked(void *context)
{
    struct world *world = context;
    struct place_view view = house_view(&world->house);
    struct placement placement;
    for (int64_t i = 0; i < STEPS; i++)
        must(!place_next(&view, &placement));
    return STEPS;
}

// Why the newest of some jobs waits, with an estimate of its start: the bound is on devices.
static int64_t ask_why(void *context)
{
    struct world *world = context;
    struct place_view view = house_view(&world->house);
    const struct job *job = table_get(&world->house.sched.jobs, world->house.job);
    for (int i = 0; i < 1000; i++) {
        struct why why;
        why_job(&view, job, world->house.time_us, &why);
        must(why.position > 1);
    }
    return 1000;
}

static void measure_why(void)
{
    struct world *world = calloc(1, sizeof *world);
    must(world);
    world_init(world, 2000);
    world->run_ms_max = 60000;
    fill_with_jobs(world);
    for (int i = 0; i < 50; i++)
        next_job(world);
    bench_report("2000 nodes x 8: why job, 50 ahead, all with a time limit", ask_why, world);
    world_finish(world);
    free(world);
}

static void measure(uint64_t nodes)
{
    struct world *world = calloc(1, sizeof *world);
    must(world);
    char name[80];
    world_init(world, nodes);
    fill(world);
    snprintf(name, sizeof name, "%d nodes x 8: release + best fit", (int)nodes);
    bench_report(name, place_and_release, world);
    world_finish(world);

    world_init(world, nodes);
    fill_with_jobs(world);
    snprintf(name, sizeof name, "%d nodes x 8: job queued, placed, ended, dropped", (int)nodes);
    bench_report(name, jobs_come_and_go, world);
    for (int i = 0; i < 100000; i++)
        next_job(world);
    snprintf(name, sizeof name, "%d nodes x 8: asked in vain, 100,000 jobs wait", (int)nodes);
    bench_report(name, ask_while_blocked, world);
    world_finish(world);
    free(world);
}

int main(void)
{
    bench_machine();
    measure_why();
    measure(1000);
    measure(100 * 1000);
    return 0;
}
