// The laws of the house, read off the text of journals of random clouds: who held which device
// when, what was on which invoice, what closed months did later. Nothing of the core is asked but
// at the end, whether it says the same.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "base/device_set.h"
#include "recount.h"
#include "sim/sim.h"
#include "store/memory/store_memory.h"
#include <inttypes.h>
#include <stdio.h>

enum { SEEDS = 12, COMMANDS = 400, NODES_MAX = 8, ROWS_MAX = 4096, LINES_MAX = 4096 };

struct held {
    int64_t start_us, end_us; // end 0: still held
    int64_t node, count;
    device_set devices;
};

struct bill_line {
    int64_t invoice, rated, amount;
};

struct record {
    uint64_t seed;
    bool busy[NODES_MAX][DEVICE_SET_MAX];
    int64_t devices_of[NODES_MAX];
    struct held *leases; // [RECOUNT_LEASES]
    int64_t lease_count;
    int64_t rated[ROWS_MAX], rated_at_issue[ROWS_MAX], invoice_of[ROWS_MAX];
    struct bill_line lines[LINES_MAX];
    int64_t line_count, invoices;
    int64_t last_us;
    struct arena arena;
};

static int64_t id_of(const struct json *line, const char *name)
{
    str text = recount_text(line, name);
    return text.len ? recount_number(text) : 0;
}

#define law(record, condition, what)                                                       \
    do {                                                                                   \
        if (!(condition))                                                                  \
            fail_msg("seed %" PRIu64 ", line %" PRIu64 ": %s", (record)->seed, seq, what); \
    } while (0)

// A rack comes with all the devices of its nodes.
static void take_rack(struct record *record, const struct json *line)
{
    int64_t first = id_of(line, "first_node"), nodes = json_member(line, S("nodes"))->integer;
    assert_true(first + nodes <= NODES_MAX);
    for (int64_t i = first; i < first + nodes; i++)
        record->devices_of[i] = json_member(line, S("devices"))->integer;
}

// Law 3: no device is under two leases, and none that does not exist.
static void take_lease(struct record *record, uint64_t seq, const struct json *line)
{
    int64_t id = id_of(line, "lease");
    law(record, id == record->lease_count + 1 && id < RECOUNT_LEASES, "leases are not counted up");
    struct held *held = &record->leases[record->lease_count++];
    *held = (struct held){.start_us = json_member(line, S("time_us"))->integer,
                          .node = id_of(line, "node")};
    assert_true(device_set_parse(recount_text(line, "devices"), &held->devices));
    for (int i = 0; i < DEVICE_SET_MAX; i++) {
        if (!device_set_has(&held->devices, (uint32_t)i))
            continue;
        law(record, i < record->devices_of[held->node], "a device that is not there is leased");
        law(record, !record->busy[held->node][i], "a device is under two leases");
        record->busy[held->node][i] = true;
        held->count++;
    }
    law(record, held->count > 0, "a lease of nothing");
}

static void end_lease(struct record *record, uint64_t seq, const struct json *line)
{
    struct held *held = &record->leases[id_of(line, "lease") - 1];
    law(record, held->count > 0 && held->end_us == 0, "a lease ends twice");
    held->end_us = json_member(line, S("time_us"))->integer;
    for (int i = 0; i < DEVICE_SET_MAX; i++)
        if (device_set_has(&held->devices, (uint32_t)i))
            record->busy[held->node][i] = false;
}

// Laws 4 and 6: an invoice is the sum of what was rated, and what is on one never changes.
static void take_rated(struct record *record, uint64_t seq, const struct json *line)
{
    int64_t row = id_of(line, "rated");
    assert_true(row > 0 && row < ROWS_MAX);
    law(record, record->invoice_of[row] == 0, "a row on an invoice has changed");
    record->rated[row] += recount_number(recount_text(line, "amount"));
}

static void take_bill_line(struct record *record, uint64_t seq, const struct json *line)
{
    int64_t row = id_of(line, "rated"), amount = recount_number(recount_text(line, "amount"));
    law(record, record->invoice_of[row] == 0, "a row is on two invoices");
    law(record, record->rated[row] == amount, "a line is not the sum of its postings");
    record->invoice_of[row] = id_of(line, "invoice");
    assert_true(record->line_count < LINES_MAX);
    record->lines[record->line_count++] = (struct bill_line){id_of(line, "invoice"), row, amount};
}

static int64_t sum_of(const struct json *list)
{
    int64_t sum = 0;
    for (const struct json *item = list->first; item; item = item->next)
        sum += recount_number(item->text);
    return sum;
}

static void take_invoice(struct record *record, uint64_t seq, const struct json *line)
{
    int64_t id = id_of(line, "invoice"), sum = 0, corrects = id_of(line, "corrects");
    for (int64_t i = 0; i < record->line_count; i++)
        if (record->lines[i].invoice == id)
            sum += record->lines[i].amount;
    law(record, id == record->invoices + 1, "invoices are not counted up");
    int64_t subtotal = sum_of(json_member(line, S("subtotal")));
    law(record, sum == subtotal, "an invoice is not the sum of its lines");
    law(record,
        recount_number(recount_text(line, "total")) ==
            subtotal + sum_of(json_member(line, S("tax"))),
        "a total is not its parts");
    bool ordinary = str_is(recount_text(line, "invoice_kind"), S("invoice"));
    law(record, ordinary == (corrects == 0) && corrects < id,
        "a correction names what it corrects");
    record->invoices = id;
}

static bool take_line(void *context, uint64_t seq, str text)
{
    struct record *record = context;
    const struct json *line;
    struct err err;
    arena_reset(&record->arena);
    assert_true(json_read(text, 1 << 20, &record->arena, &line, &err));
    str kind = recount_text(line, "kind");
    int64_t time_us = json_member(line, S("time_us"))->integer;
    law(record, json_member(line, S("seq"))->integer == (int64_t)seq, "lines are not counted up");
    law(record, time_us >= record->last_us, "time goes back");
    record->last_us = time_us;
    if (str_is(kind, S("device_added")))
        record->devices_of[id_of(line, "node")]++;
    else if (str_is(kind, S("rack_added")))
        take_rack(record, line);
    else if (str_is(kind, S("leased")))
        take_lease(record, seq, line);
    else if (str_is(kind, S("lease_ended")))
        end_lease(record, seq, line);
    else if (str_is(kind, S("rated")))
        take_rated(record, seq, line);
    else if (str_is(kind, S("invoice_line")))
        take_bill_line(record, seq, line);
    else if (str_is(kind, S("invoice_issued")))
        take_invoice(record, seq, line);
    return true;
}

// Law 2: the time that the leases held devices is the time that the inventory says they were held,
// and with all other states it is all the time there was.
static void check_time(const struct record *record, const struct sim *sim)
{
    const struct inventory *inventory = &sim->turn.cloud.inventory;
    int64_t now_us = cloud_time_us(&sim->turn.cloud), held_ms = 0, all_ms = 0, there_ms = 0;
    for (int64_t i = 0; i < record->lease_count; i++) {
        const struct held *held = &record->leases[i];
        int64_t end_us = held->end_us ? held->end_us : now_us;
        held_ms += (end_us / MS_US - held->start_us / MS_US) * held->count;
    }
    const struct capacity *capacity = table_get(&inventory->capacities, 1);
    for (int state = 0; state < CAPACITY_STATE_COUNT; state++)
        all_ms += capacity_device_ms(capacity, (enum capacity_state)state, now_us);
    uint32_t cursor = 0;
    for (const struct node *node; (node = table_step(&inventory->nodes, &cursor));) {
        for (uint32_t i = 0; i < node->devices; i++) {
            const struct device *device = node_device(inventory, node, i); // none of a rack's
            there_ms += now_us / MS_US - (device ? device->added_us : node->added_us) / MS_US;
        }
    }
    if (capacity_device_ms(capacity, CAPACITY_LEASED, now_us) != held_ms || all_ms != there_ms)
        fail_msg("seed %" PRIu64 ": held %" PRId64 " device-ms, all states %" PRId64
                 ", devices were there %" PRId64,
                 record->seed, held_ms, all_ms, there_ms);
}

struct rig {
    struct memory_disk *disk;
    struct journal *journal;
    struct blobs *blobs;
    struct sim *sim;
};

static struct rig open_rig(uint64_t seed)
{
    struct rig rig = {.disk = memory_disk_create()};
    struct err err;
    struct sim_config config = sim_config_of(seed);
    if (seed % 2) // months go by, and are billed
        config.gap_us_mean = 9 * HOUR_US;
    store_memory_open(rig.disk, &rig.journal, &rig.blobs);
    rig.sim = sim_create(&config, rig.journal, &err);
    if (!rig.sim)
        fail_msg("seed %" PRIu64 ": %s", seed, err.text);
    return rig;
}

static void close_rig(struct rig *rig)
{
    sim_destroy(rig->sim);
    rig->journal->ops->destroy(rig->journal);
    rig->blobs->ops->destroy(rig->blobs);
    memory_disk_destroy(rig->disk);
}

static void run(struct rig *rig, uint64_t commands)
{
    struct err err;
    if (!sim_run(rig->sim, commands, &err))
        fail_msg("%s", err.text);
}

static void devices_time_and_invoices_are_lawful(void **state)
{
    (void)state;
    static struct record record;
    int64_t leases = 0, invoices = 0;
    struct held *room = calloc(RECOUNT_LEASES, sizeof *room);
    assert_non_null(room);
    for (uint64_t seed = 100; seed < 100 + SEEDS; seed++) {
        struct rig rig = open_rig(seed);
        struct err err;
        run(&rig, COMMANDS);
        memset(&record, 0, sizeof record);
        record.leases = room;
        record.seed = seed;
        arena_init(&record.arena, 1 << 24);
        assert_true(rig.journal->ops->read(rig.journal, 0, UINT64_MAX, take_line, &record, &err));
        check_time(&record, rig.sim);
        leases += record.lease_count;
        invoices += record.invoices;
        arena_finish(&record.arena);
        close_rig(&rig);
    }
    free(room);
    // The laws had something to rule.
    assert_in_range(leases, 20 * SEEDS, INT64_MAX);
    assert_in_range(invoices, SEEDS, INT64_MAX);
}

// The state is put away as a snapshot and taken back, at any point: what is decided after is the
// same to the byte. So caches are functions of the state, and nothing hides outside it.
static void a_reload_anywhere_changes_no_decision(void **state)
{
    (void)state;
    for (uint64_t seed = 200; seed < 200 + SEEDS; seed++) {
        struct rig plain = open_rig(seed), often = open_rig(seed);
        struct rng rng = {.state = seed};
        for (uint64_t done = 0, next; done < COMMANDS; done += next) {
            next = 1 + (uint64_t)rng_below(&rng, 40);
            run(&plain, next);
            run(&often, next);
            struct cloud *cloud = &often.sim->turn.cloud;
            struct buf bytes;
            struct err err;
            buf_init(&bytes, 1 << 26);
            cloud_save(cloud, &bytes);
            cloud_finish(cloud);
            cloud_init(cloud);
            if (!cloud_load(cloud, buf_str(&bytes), &err))
                fail_msg("seed %" PRIu64 ": %s", seed, err.text);
            buf_finish(&bytes);
            if (!digest_same(turn_root(&plain.sim->turn), turn_root(&often.sim->turn)))
                fail_msg("seed %" PRIu64 ": after %" PRIu64 " commands the reloaded one differs",
                         seed, done + next);
        }
        assert_true(
            digest_same(cloud_hash(&plain.sim->turn.cloud), cloud_hash(&often.sim->turn.cloud)));
        close_rig(&plain);
        close_rig(&often);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(devices_time_and_invoices_are_lawful),
        cmocka_unit_test(a_reload_anywhere_changes_no_decision),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
