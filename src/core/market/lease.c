#include "base/must.h"
#include "core/market/market_index.h"

const char *lease_state_text(enum lease_state state)
{
#define X(name, text) [name] = text,
    static const char *const texts[] = {LEASE_STATES(X)};
#undef X
    must(state < LEASE_STATE_COUNT);
    return texts[state];
}

const char *lease_class_text(enum lease_class class)
{
#define X(name, text) [name] = text,
    static const char *const texts[] = {LEASE_CLASSES(X)};
#undef X
    must(class < LEASE_CLASS_COUNT);
    return texts[class];
}

enum { DEVICE_WHOLE = 1000 };

struct lease_run lease_run_at(const struct market *market, const struct lease *lease,
                              uint32_t index)
{
    must(index <= lease->parts);
    if (index == 0)
        return (struct lease_run){lease->node, lease->devices, lease->count, 0};
    const struct lease_part *part = table_get(&market->parts, lease->first_part + index - 1);
    must(part && part->lease == lease->id);
    return (struct lease_run){part->node, part->devices, part->count, 0};
}

static int64_t milli_of(const struct lease *lease)
{
    return (int64_t)lease->devices_total * lease->milli;
}

int64_t lease_device_ms(const struct lease *lease, int64_t ms)
{
    // floor(milli * ms / 1000), cut in two so that no product leaves int64.
    int64_t milli = milli_of(lease), seconds, device_ms;
    must(ms >= 0 && !__builtin_mul_overflow(milli, ms / DEVICE_WHOLE, &seconds));
    must(!__builtin_add_overflow(seconds, milli * (ms % DEVICE_WHOLE) / DEVICE_WHOLE, &device_ms));
    return device_ms;
}

const struct lease *lease_on_node(const struct market *market, uint64_t node, uint64_t before)
{
    return table_get(&market->leases, node_leases_next(&market->index->node_leases, node, before));
}

static void list_run(struct market *market, uint64_t lease, const struct lease_run *run)
{
    for (uint32_t i = 0; i < run->count; i++)
        node_leases_add(&market->index->node_leases, run->node + i, lease);
}

void market_index_lease(struct market *market, const struct lease *lease)
{
    for (uint32_t i = 0; i <= lease->parts; i++) {
        struct lease_run run = lease_run_at(market, lease, i);
        list_run(market, lease->id, &run);
    }
}

static struct node_use use_of(const struct lease *lease, const struct lease_run *run)
{
    return (struct node_use){.devices = run->devices,
                             .cpu_milli = lease->cpu_milli,
                             .memory_mib = lease->memory_mib,
                             .device_memory_mib = lease->device_memory_mib,
                             .watts = lease->watts,
                             .milli = lease->milli,
                             .slices = lease->slices,
                             .count = run->count};
}

// Every node of a lease has as many devices: what the first has, all have.
static void hold_run(struct market *market, struct inventory *inventory, struct lease *lease,
                     const struct lease_run *run, int64_t time_us)
{
    uint32_t each = device_set_count(&lease->devices);
    must(run->count >= 1 && run->count <= lease->nodes - lease->held);
    must(device_set_count(&run->devices) == each);
    struct account *account = table_get(&market->accounts, lease->account);
    must(account);
    lease->held += run->count;
    lease->devices_total += run->count * each;
    account->milli_leased += (int64_t)run->count * each * lease->milli;
    struct node_use use = use_of(lease, run);
    node_lease(inventory, run->node, &use, time_us);
    list_run(market, lease->id, run);
}

void lease_apply_opened(struct market *market, struct inventory *inventory,
                        const struct leased *fact, int64_t time_us)
{
    uint32_t each = device_set_count(&fact->devices);
    must(fact->class < LEASE_CLASS_COUNT && fact->milli <= DEVICE_WHOLE);
    must(each > 0 || fact->cpu_milli > 0);
    must(each == 0 ? fact->price == 0 : table_get(&market->prices, fact->price) != NULL);
    struct lease *lease = table_add(&market->leases, fact->lease);
    lease->account = fact->account;
    lease->contract = fact->contract;
    lease->job = fact->job;
    lease->price = fact->price;
    lease->node = fact->node;
    lease->start_us = time_us;
    lease->cpu_milli = fact->cpu_milli;
    lease->memory_mib = fact->memory_mib;
    lease->device_memory_mib = fact->device_memory_mib;
    lease->watts = fact->watts;
    lease->devices = fact->devices;
    lease->count = fact->count ? fact->count : 1;
    lease->nodes = fact->nodes ? fact->nodes : lease->count;
    lease->milli = fact->milli ? fact->milli : DEVICE_WHOLE;
    lease->slices = fact->slices;
    lease->class = fact->class;
    lease->state = LEASE_ACTIVE;
    must(lease->milli == DEVICE_WHOLE || (lease->nodes == 1 && each == 1));
    struct lease_run first = lease_run_at(market, lease, 0);
    hold_run(market, inventory, lease, &first, time_us);
}

void lease_apply_part(struct market *market, struct inventory *inventory,
                      const struct lease_part_added *fact, int64_t time_us)
{
    struct lease *lease = table_get(&market->leases, fact->lease);
    must(lease && lease->state == LEASE_ACTIVE && fact->count <= LEASE_RUNS_MAX);
    for (uint32_t i = 0; i < fact->count; i++) {
        const struct lease_run *run = &fact->runs[i];
        struct lease_part *part = table_add(&market->parts, market->parts.last_id + 1);
        part->lease = lease->id;
        part->node = run->node;
        part->devices = run->devices;
        part->count = run->count;
        if (lease->parts == 0)
            lease->first_part = part->id;
        must(part->id == lease->first_part + lease->parts); // no other lease came between
        lease->parts++;
        hold_run(market, inventory, lease, run, time_us);
    }
}

void lease_apply_ended(struct market *market, struct inventory *inventory,
                       const struct lease_ended *fact, int64_t time_us)
{
    struct lease *lease = table_get(&market->leases, fact->lease);
    must(lease && lease->state != LEASE_ENDED && time_us >= lease->start_us);
    must(lease->held == lease->nodes);
    lease->end_us = time_us;
    lease->state = LEASE_ENDED;
    struct account *account = table_get(&market->accounts, lease->account);
    account->milli_leased -= milli_of(lease);
    must(account->milli_leased >= 0);
    market_loosen(market, account);
    for (uint32_t i = 0; i <= lease->parts; i++) {
        struct lease_run run = lease_run_at(market, lease, i);
        struct node_use use = use_of(lease, &run);
        node_release(inventory, run.node, &use, time_us);
        for (uint32_t n = 0; n < run.count; n++)
            node_leases_remove(&market->index->node_leases, run.node + n, lease->id);
    }
}

void lease_apply_dropped(struct market *market, const struct lease_dropped *fact)
{
    const struct lease *lease = table_get(&market->leases, fact->lease);
    must(lease && lease->state == LEASE_ENDED);
    for (uint32_t i = 0; i < lease->parts; i++)
        table_remove(&market->parts, lease->first_part + i);
    table_remove(&market->leases, fact->lease);
}

uint64_t lease_holding(const struct market *market, const struct node *node, uint32_t index)
{
    for (const struct lease *lease = NULL;
         (lease = lease_on_node(market, node->id, lease ? lease->id : UINT64_MAX));) {
        for (uint32_t i = 0; i <= lease->parts; i++) {
            struct lease_run run = lease_run_at(market, lease, i);
            if (node->id - run.node < run.count && device_set_has(&run.devices, index))
                return lease->id;
        }
    }
    return 0;
}
