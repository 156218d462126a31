#include "core/cloud/cloud.h"
#include "base/must.h"
#include "core/cloud/cloud_state.h"
#include "core/cloud/curtail.h"
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum { MANY = 1 << 28, ONE = 1, CURTAILMENTS_MAX = 1 << 16 };

// Every table of the state, in the order in which it is hashed and saved.
#define TABLES(X)                             \
    X(house, house)                           \
    X(requests, request_row)                  \
    X(ended, ended_row)                       \
    X(curtailments, curtailment)              \
    X(ramps, ramp)                            \
    X(ledger.books, book)                     \
    X(inventory.chips, chip)                  \
    X(inventory.nodes, node)                  \
    X(inventory.devices, device)              \
    X(inventory.capacities, capacity)         \
    X(inventory.entities, entity)             \
    X(inventory.sites, site)                  \
    X(inventory.feeders, feeder)              \
    X(inventory.caps, feeder_cap)             \
    X(inventory.blocks, block)                \
    X(inventory.racks, rack)                  \
    X(inventory.classes, node_class)          \
    X(inventory.pools, pool)                  \
    X(inventory.shares, share)                \
    X(inventory.maintenances, maintenance)    \
    X(inventory.health, health)               \
    X(market.accounts, account)               \
    X(market.keys, access_key)                \
    X(market.prices, price)                   \
    X(market.leases, lease)                   \
    X(market.parts, lease_part)               \
    X(sched.jobs, job)                        \
    X(sched.requirements, requirement)        \
    X(sched.usual_shapes, usual_shape)        \
    X(sched.reservations, reservation)        \
    X(sched.reserved_parts, reservation_part) \
    X(meter.rows, meter_row)                  \
    X(billing.rated, rated)                   \
    X(billing.invoices, invoice)              \
    X(billing.lines, invoice_line)            \
    X(billing.issuers, issuer)

static const struct {
    const char *name;
    size_t offset;
    uint32_t row_size;
} tables[] = {
#define X(member, row) {#member, offsetof(struct cloud, member), sizeof(struct row)},
    TABLES(X)
#undef X
};
enum { TABLE_COUNT = sizeof tables / sizeof *tables };

const struct table *cloud_table(const struct cloud *cloud, uint32_t index)
{
    return index < TABLE_COUNT ? (const struct table *)((const char *)cloud + tables[index].offset)
                               : NULL;
}

static struct table *state_table(const struct cloud *cloud, int i)
{
    return (struct table *)((char *)(uintptr_t)cloud + tables[i].offset);
}

void cloud_init(struct cloud *cloud)
{
    *cloud = (struct cloud){0};
    ledger_init(&cloud->ledger);
    inventory_init(&cloud->inventory);
    market_init(&cloud->market);
    sched_init(&cloud->sched);
    meter_init(&cloud->meter);
    billing_init(&cloud->billing);
    table_init(&cloud->house, sizeof(struct house), ONE);
    table_init(&cloud->requests, sizeof(struct request_row), MANY);
    table_init(&cloud->ended, sizeof(struct ended_row), MANY);
    table_init(&cloud->curtailments, sizeof(struct curtailment), CURTAILMENTS_MAX);
    table_init(&cloud->ramps, sizeof(struct ramp), CURTAILMENTS_MAX);
    cloud->index = calloc(1, sizeof *cloud->index);
    must(cloud->index);
    lookup_init(&cloud->index->requests);
    table_add(&cloud->house, 1);
}

void cloud_finish(struct cloud *cloud)
{
    if (!cloud->index)
        return;
    ledger_finish(&cloud->ledger);
    inventory_finish(&cloud->inventory);
    market_finish(&cloud->market);
    sched_finish(&cloud->sched);
    meter_finish(&cloud->meter);
    billing_finish(&cloud->billing);
    table_finish(&cloud->house);
    table_finish(&cloud->requests);
    table_finish(&cloud->ended);
    table_finish(&cloud->curtailments);
    table_finish(&cloud->ramps);
    curtail_finish(cloud);
    lookup_finish(&cloud->index->requests);
    free(cloud->index->limits);
    free(cloud->index->plan.runs);
    free(cloud->index->booking.runs);
    free(cloud->index);
    *cloud = (struct cloud){0};
}

struct house *cloud_house(const struct cloud *cloud)
{
    return table_get(&cloud->house, 1);
}

int64_t cloud_time_us(const struct cloud *cloud)
{
    return cloud_house(cloud)->time_us;
}

uint64_t cloud_next_seq(const struct cloud *cloud)
{
    return cloud_house(cloud)->next_seq;
}

int64_t cloud_setting(const struct cloud *cloud, enum setting setting)
{
    must(setting < SETTING_COUNT);
    return cloud_house(cloud)->settings[setting];
}

const struct job *cloud_job(const struct cloud *cloud, uint64_t job)
{
    return table_get(&cloud->sched.jobs, job);
}

const struct lease *cloud_lease(const struct cloud *cloud, uint64_t lease)
{
    return table_get(&cloud->market.leases, lease);
}

static int64_t spent_minor(const void *context, uint64_t account)
{
    const struct cloud *cloud = context;
    const struct account *row = table_get(&cloud->market.accounts, account);
    return billing_spent(&cloud->billing, account, month_at(row->zone, cloud->index->view_time_us));
}

void cloud_queue_rule(struct cloud *cloud)
{
    const int64_t *settings = cloud_house(cloud)->settings;
    sched_rule_set(&cloud->sched, &(struct sched_rule){
                                      .half_life_ms = settings[SETTING_FAIR_HALF_LIFE_MS],
                                      .aging_ms = settings[SETTING_FAIR_AGING_MS],
                                      .gang_wait_ms = settings[SETTING_GANG_WAIT_MS_MAX],
                                      .depth = (uint32_t)settings[SETTING_QUEUE_DEPTH],
                                      .gangs_max = (uint32_t)settings[SETTING_GANG_PLACES_MAX],
                                      .backfill = settings[SETTING_QUEUE_BACKFILL],
                                  });
}

struct place_view place_view_at(const struct cloud *cloud, int64_t time_us)
{
    cloud->index->view_time_us = time_us;
    return (struct place_view){
        .inventory = &cloud->inventory,
        .market = &cloud->market,
        .sched = &cloud->sched,
        .spent_minor = spent_minor,
        .context = cloud,
        // Charges only fall when a month begins.
        .spent_epoch = (uint64_t)month_due_us(cloud, time_us),
        .time_us = time_us,
    };
}

struct place_view cloud_place_view(const struct cloud *cloud)
{
    return place_view_at(cloud, cloud_time_us(cloud));
}

bool cloud_outstanding(const struct cloud *cloud, uint64_t job, struct effect *ret_effect)
{
    for (const struct job *row = table_after(&cloud->sched.jobs, job); row;
         row = table_after(&cloud->sched.jobs, row->id)) {
        if (row->state == JOB_STARTING)
            *ret_effect = (struct effect){.kind = EFFECT_START,
                                          .attempt = row->attempt,
                                          .job = row->id,
                                          .permille = row->cap_permille,
                                          .pauses = row->pauses,
                                          .paused = row->paused_us != 0};
        else if (row->state == JOB_STOPPING)
            *ret_effect = (struct effect){.kind = EFFECT_STOP,
                                          .attempt = row->attempt,
                                          .job = row->id,
                                          .grace_ms = row->stop_grace_ms};
        else if (row->state == JOB_RUNNING)
            *ret_effect = (struct effect){.kind = EFFECT_ADOPT,
                                          .attempt = row->attempt,
                                          .job = row->id,
                                          .permille = row->cap_permille,
                                          .pauses = row->pauses,
                                          .paused = row->paused_us != 0};
        else
            continue;
        return true;
    }
    return false;
}

// What a table holds, as bytes: rows in id order, behind their number and the highest id.
struct table_head {
    uint64_t used, last_id;
};

digest cloud_hash(const struct cloud *cloud)
{
    struct sha256 hash;
    sha256_init(&hash);
    for (int i = 0; i < TABLE_COUNT; i++) {
        const struct table *table = state_table(cloud, i);
        struct table_head head = {table->used, table->last_id};
        sha256_add(&hash, (str){(const char *)&head, sizeof head});
        uint32_t cursor = 0;
        for (const void *row; (row = table_step(table, &cursor));)
            sha256_add(&hash, (str){row, table->row_size});
    }
    return sha256_finish(&hash);
}

digest cloud_layout(void)
{
    struct buf text;
    buf_init(&text, 4096);
    buf_format(&text, "tatara state, format %d\n", JOURNAL_FORMAT);
    for (int i = 0; i < TABLE_COUNT; i++)
        buf_format(&text, "%s %u\n", tables[i].name, tables[i].row_size);
    buf_format(&text, "byte order %x\n", *(const uint16_t *)"\1\2");
    must(!text.overflow);
    digest layout = digest_of(buf_str(&text));
    buf_finish(&text);
    return layout;
}

void cloud_save(const struct cloud *cloud, struct buf *out)
{
    for (int i = 0; i < TABLE_COUNT; i++) {
        const struct table *table = state_table(cloud, i);
        struct table_head head = {table->used, table->last_id};
        buf_add(out, (str){(const char *)&head, sizeof head});
        uint32_t cursor = 0;
        for (const void *row; (row = table_step(table, &cursor));)
            buf_add(out, (str){row, table->row_size});
    }
}

static bool load_table(struct table *table, str *snapshot, struct err *err)
{
    struct table_head head;
    if (snapshot->len < sizeof head)
        return err_set(err, "it ends too early");
    memcpy(&head, snapshot->ptr, sizeof head);
    *snapshot = str_skip(*snapshot, sizeof head);
    if (head.used > table->rows_max || head.used > snapshot->len / table->row_size)
        return err_set(err, "it ends too early");
    for (uint64_t i = 0; i < head.used; i++) {
        uint64_t id;
        memcpy(&id, snapshot->ptr, sizeof id);
        if (id <= table->last_id || id > head.last_id)
            return err_set(err, "its rows are not in order");
        memcpy(table_add(table, id), snapshot->ptr, table->row_size);
        *snapshot = str_skip(*snapshot, table->row_size);
    }
    table->last_id = head.last_id;
    return true;
}

bool cloud_load(struct cloud *cloud, str snapshot, struct err *err)
{
    table_clear(&cloud->house);
    for (int i = 0; i < TABLE_COUNT; i++)
        if (!load_table(state_table(cloud, i), &snapshot, err))
            return err_add(err, "snapshot of the state: table %s", tables[i].name);
    if (snapshot.len != 0 || !table_get(&cloud->house, 1))
        return err_set(err, "snapshot of the state: it is not of this layout");
    cloud_reindex(cloud);
    return true;
}

void cloud_reindex(struct cloud *cloud)
{
    ledger_reindex(&cloud->ledger);
    inventory_reindex(&cloud->inventory);
    market_reindex(&cloud->market);
    cloud_queue_rule(cloud);
    sched_reindex(&cloud->sched, &cloud->market);
    reservations_reindex(&cloud->sched, &cloud->inventory);
    billing_reindex(&cloud->billing);
    requests_reindex(cloud);
    limits_reindex(cloud);
    curtail_reindex(cloud);
}
