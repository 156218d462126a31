#include "core/market/market.h"
#include "base/must.h"
#include "core/market/market_index.h"
#include <stdlib.h>

enum {
    ACCOUNTS_MAX = 1 << 20,
    KEYS_MAX = 1 << 21,
    PRICES_MAX = 1 << 20,
    LEASES_MAX = 1 << 25,
    PARTS_MAX = 1 << 25,
};

void market_init(struct market *market)
{
    *market = (struct market){0};
    table_init(&market->accounts, sizeof(struct account), ACCOUNTS_MAX);
    table_init(&market->keys, sizeof(struct access_key), KEYS_MAX);
    table_init(&market->prices, sizeof(struct price), PRICES_MAX);
    table_init(&market->leases, sizeof(struct lease), LEASES_MAX);
    table_init(&market->parts, sizeof(struct lease_part), PARTS_MAX);
    market->index = calloc(1, sizeof *market->index);
    must(market->index);
}

static void index_clear(struct market_index *index)
{
    struct id_map *maps[] = {&index->slugs, &index->keys, &index->prices};
    for (int i = 0; i < 3; i++) {
        free(maps[i]->hash);
        free(maps[i]->id);
    }
    node_leases_finish(&index->node_leases);
    free(index->loosened);
    free(index->listed);
    *index = (struct market_index){.generation = index->generation + 1};
}

void market_finish(struct market *market)
{
    if (market->index)
        index_clear(market->index);
    free(market->index);
    market->index = NULL;
    table_finish(&market->accounts);
    table_finish(&market->keys);
    table_finish(&market->prices);
    table_finish(&market->leases);
    table_finish(&market->parts);
}

void market_reindex(struct market *market)
{
    index_clear(market->index);
    uint32_t cursor = 0;
    for (const struct account *row; (row = table_step(&market->accounts, &cursor));)
        market_index_account(market, row);
    cursor = 0;
    for (const struct access_key *row; (row = table_step(&market->keys, &cursor));)
        market_index_key(market, row);
    cursor = 0;
    for (const struct price *row; (row = table_step(&market->prices, &cursor));)
        market_index_price(market, row);
    cursor = 0;
    for (const struct lease *row; (row = table_step(&market->leases, &cursor));)
        if (row->state != LEASE_ENDED)
            market_index_lease(market, row);
}

// What the active leases add up to, by place of the account and of the node.
struct sums {
    int64_t *devices; // in milli
    struct node_sum {
        int64_t cpu_milli, memory_mib, shared_milli;
        device_set whole, shared;
    } * nodes;
};

// A device is one lease's alone, or some leases' in shares.
static bool add_devices(struct node_sum *sum, const struct lease *lease, const device_set *devices)
{
    bool share = lease->milli < DEVICE_MILLI;
    if (device_set_meets(&sum->whole, devices) ||
        (!share && device_set_meets(&sum->shared, devices)))
        return false;
    for (int i = 0; i < 4; i++)
        (share ? &sum->shared : &sum->whole)->bits[i] |= devices->bits[i];
    sum->shared_milli += share ? lease->milli : 0;
    return true;
}

static bool run_agrees(const struct market *market, const struct inventory *inventory,
                       const struct lease *lease, const struct lease_run *run, struct sums *sums)
{
    for (uint32_t n = 0; n < run->count; n++) {
        const struct node *node = table_get(&inventory->nodes, run->node + n);
        if (!node)
            return false;
        struct node_sum *sum = &sums->nodes[table_place(&inventory->nodes, node)];
        sum->memory_mib += lease->memory_mib;
        sum->cpu_milli += lease->cpu_milli;
        if (!add_devices(sum, lease, &run->devices))
            return false;
        if (lease_on_node(market, node->id, lease->id + 1) != lease)
            return false;
    }
    return true;
}

static bool lease_agrees(const struct market *market, const struct inventory *inventory,
                         const struct lease *lease, struct sums *sums)
{
    const struct account *account = table_get(&market->accounts, lease->account);
    uint32_t nodes = 0, devices = 0;
    if (!account)
        return false;
    for (uint32_t i = 0; i <= lease->parts; i++) {
        struct lease_run run = lease_run_at(market, lease, i);
        if (!run_agrees(market, inventory, lease, &run, sums))
            return false;
        nodes += run.count;
        devices += run.count * device_set_count(&run.devices);
    }
    sums->devices[table_place(&market->accounts, account)] += (int64_t)devices * lease->milli;
    return nodes == lease->nodes && nodes == lease->held && devices == lease->devices_total;
}

// Rows of parts belong to leases that are there, each to one.
static bool parts_agree(const struct market *market)
{
    uint64_t parts = 0;
    uint32_t cursor = 0;
    for (const struct lease *row; (row = table_step(&market->leases, &cursor));)
        parts += row->parts;
    return parts == market->parts.used;
}

static bool sums_agree(const struct market *market, const struct inventory *inventory,
                       const struct sums *sums)
{
    uint32_t cursor = 0;
    for (const struct account *row; (row = table_step(&market->accounts, &cursor));)
        if (row->milli_leased != sums->devices[table_place(&market->accounts, row)])
            return false;
    cursor = 0;
    for (const struct node *row; (row = table_step(&inventory->nodes, &cursor));) {
        const struct node_sum *sum = &sums->nodes[table_place(&inventory->nodes, row)];
        if (row->memory_leased_mib != sum->memory_mib || row->cpu_leased_milli != sum->cpu_milli ||
            row->shared_milli != sum->shared_milli)
            return false;
        for (int i = 0; i < 4; i++)
            if (row->leased.bits[i] != (sum->whole.bits[i] | sum->shared.bits[i]) ||
                row->shared.bits[i] != sum->shared.bits[i])
                return false;
    }
    return true;
}

static bool prices_agree(const struct market *market)
{
    uint32_t cursor = 0;
    for (const struct price *row; (row = table_step(&market->prices, &cursor));)
        if (row->until_us == 0 && price_for(market, row->chip, row->class, row->currency) != row)
            return false;
    return true;
}

bool market_check(const struct market *market, const struct inventory *inventory,
                  uint64_t *ret_lease)
{
    struct sums sums = {.devices = calloc((size_t)market->accounts.high + 1, sizeof(int64_t)),
                        .nodes = calloc((size_t)inventory->nodes.high + 1, sizeof *sums.nodes)};
    must(sums.devices && sums.nodes);
    bool good = true;
    uint32_t cursor = 0;
    for (const struct lease *row; good && (row = table_step(&market->leases, &cursor));) {
        if (row->state == LEASE_ENDED || lease_agrees(market, inventory, row, &sums))
            continue;
        *ret_lease = row->id;
        good = false;
    }
    if (good &&
        (!sums_agree(market, inventory, &sums) || !prices_agree(market) || !parts_agree(market))) {
        *ret_lease = 0;
        good = false;
    }
    free(sums.devices);
    free(sums.nodes);
    return good;
}
