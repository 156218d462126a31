#include "base/must.h"
#include "core/cloud/cloud_state.h"
#include "core/cloud/curtail.h"
#include <string.h>

static void ended_add(struct cloud *cloud, uint64_t job, uint64_t lease, int64_t time_us)
{
    struct ended_row *row = table_add(&cloud->ended, cloud->ended.last_id + 1);
    row->job = job;
    row->lease = lease;
    row->time_us = time_us;
}

static void apply_leased(struct cloud *cloud, const struct event *event)
{
    lease_apply_opened(&cloud->market, &cloud->inventory, &event->leased, event->time_us);
    meter_open(&cloud->meter, event->leased.lease);
    cloud_house(cloud)->placing = event->leased.lease;
}

static struct effect apply_job_placed(struct cloud *cloud, const struct event *event)
{
    const struct job_placed *fact = &event->job_placed;
    job_apply_placed(&cloud->sched, &cloud->market, fact, event->time_us);
    cloud_house(cloud)->placing = 0;
    cloud_house(cloud)->queued--;
    return (struct effect){.kind = EFFECT_START, .attempt = fact->attempt, .job = fact->job};
}

static struct effect apply_job_ended(struct cloud *cloud, const struct event *event)
{
    const struct job_ended *fact = &event->job_ended;
    const struct job *job = cloud_job(cloud, fact->job);
    must(job);
    bool waited = job->state == JOB_QUEUED;
    job_apply_ended(&cloud->sched, &cloud->market, fact, event->time_us);
    if (!fact->requeued)
        ended_add(cloud, fact->job, 0, event->time_us);
    cloud_house(cloud)->queued += (fact->requeued ? 1 : 0) - (waited ? 1 : 0);
    if (waited)
        return (struct effect){0};
    cloud_house(cloud)->releasing = job->lease;
    return (struct effect){.kind = EFFECT_FORGET, .attempt = fact->attempt, .job = fact->job};
}

static void apply_lease_ended(struct cloud *cloud, const struct event *event)
{
    lease_apply_ended(&cloud->market, &cloud->inventory, &event->lease_ended, event->time_us);
    ended_add(cloud, 0, event->lease_ended.lease, event->time_us);
    cloud_house(cloud)->releasing = 0;
    cloud_house(cloud)->settling = event->lease_ended.lease;
    cloud_house(cloud)->emptied = event->lease_ended.lease;
}

// What a lease has used joins its job's totals, over all attempts.
static void apply_metered(struct cloud *cloud, const struct event *event)
{
    const struct meter_row *row = table_get(&cloud->meter.rows, event->metered.lease);
    const struct lease *lease = cloud_lease(cloud, event->metered.lease);
    must(row && lease);
    struct meter_row before = *row;
    meter_apply(&cloud->meter, &event->metered);
    struct job *job = table_get(&cloud->sched.jobs, lease->job);
    must(job);
    job->ran_ms += row->ran_ms - before.ran_ms;
    job->energy_j += row->energy_j - before.energy_j;
    job->cpu_ms += row->cpu_ms - before.cpu_ms;
    if (row->memory_peak_bytes > job->memory_peak_bytes)
        job->memory_peak_bytes = row->memory_peak_bytes;
    job->energy = row->energy;
    job_apply_saved(&cloud->sched, job->id, event->metered.saved_ms);
    cloud_house(cloud)->settling = event->metered.lease;
}

static void apply_rated(struct cloud *cloud, const struct event *event)
{
    rated_apply_added(&cloud->billing, &event->rated_added);
    meter_rate(&cloud->meter, event->rated_added.lease, event->rated_added.ran_ms);
    cloud_house(cloud)->settling_minor += event->rated_added.amount;
}

// Which capacity a book stands for; the ledger's supply to it moves the row's posted part.
static bool capacity_of(const struct book *book, enum capacity_state *ret_state)
{
    static const struct {
        enum book_role role;
        enum capacity_state state;
    } pairs[] = {
        {BOOK_IDLE,   CAPACITY_OPEN  },
        {BOOK_CLOSED, CAPACITY_CLOSED},
        {BOOK_FAULTY, CAPACITY_FAULTY},
        {BOOK_DARK,   CAPACITY_DARK  },
        {BOOK_USED,   CAPACITY_LEASED},
        {BOOK_HELD,   CAPACITY_LEASED},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        if (book->role != pairs[i].role)
            continue;
        *ret_state = pairs[i].state;
        return true;
    }
    return false;
}

static void take_transfer(struct cloud *cloud, const struct posted *posted,
                          const struct transfer *transfer)
{
    const struct book *book = table_get(&cloud->ledger.books, transfer->debit);
    must(book);
    enum capacity_state state;
    if (commodity_kind_of(book->commodity) == COMMODITY_DEVICE_MS && capacity_of(book, &state)) {
        struct capacity *capacity =
            table_get(&cloud->inventory.capacities, commodity_detail(book->commodity));
        must(capacity);
        capacity->posted_ms[state] += transfer->amount;
    }
    if (posted->about != POSTED_LEASE)
        return;
    const struct lease *lease = cloud_lease(cloud, posted->cause);
    must(lease);
    int64_t amount = transfer->amount;
    meter_take(&cloud->meter, lease->id, book->role == BOOK_USED ? amount : 0,
               book->role == BOOK_ENERGY_USED ? amount : 0, book->role == BOOK_HELD ? amount : 0);
}

static void apply_posted(struct cloud *cloud, const struct event *event)
{
    const struct posted *posted = &event->posted;
    ledger_post(&cloud->ledger, posted->transfers, posted->count);
    for (uint32_t i = 0; i < posted->count; i++)
        take_transfer(cloud, posted, &posted->transfers[i]);
    if (posted->about == POSTED_LEASE)
        cloud_house(cloud)->settling_minor = 0;
    if (posted->about == POSTED_INVOICE)
        cloud_house(cloud)->invoicing = 0;
}

static void apply_opened(struct cloud *cloud, const struct event *event)
{
    const struct opened *opened = &event->opened;
    for (uint32_t i = 0; i < SETTING_COUNT; i++)
        cloud_house(cloud)->settings[i] =
            opened->present >> i & 1 ? opened->settings[i] : setting_row(i)->value;
    cloud_queue_rule(cloud);
}

static struct effect apply_job_dropped(struct cloud *cloud, uint64_t job)
{
    const struct job *row = cloud_job(cloud, job);
    must(row);
    struct effect effect = {.kind = EFFECT_DROP, .job = job, .spec = row->spec};
    job_apply_dropped(&cloud->sched, &(struct job_dropped){job});
    const struct ended_row *ended = table_after(&cloud->ended, 0);
    must(ended && ended->job == job);
    table_remove(&cloud->ended, ended->id);
    return effect;
}

static void apply_lease_dropped(struct cloud *cloud, uint64_t lease)
{
    lease_apply_dropped(&cloud->market, &(struct lease_dropped){lease});
    table_remove(&cloud->meter.rows, lease);
    const struct ended_row *row = table_after(&cloud->ended, 0);
    must(row && row->lease == lease);
    table_remove(&cloud->ended, row->id);
}

// The jobs' and leases' own facts; others are in fold below.
static struct effect fold_work(struct cloud *cloud, const struct event *event)
{
    int64_t time_us = event->time_us;
    switch ((uint32_t)event->kind) {
    case EVENT_JOB_QUEUED:
        job_apply_queued(&cloud->sched, &cloud->market, &event->job_queued, time_us);
        cloud_house(cloud)->queued++;
        break;
    case EVENT_LEASED:
        apply_leased(cloud, event);
        break;
    case EVENT_LEASE_PART:
        lease_apply_part(&cloud->market, &cloud->inventory, &event->lease_part, time_us);
        break;
    case EVENT_JOB_PLACED:
        return apply_job_placed(cloud, event);
    case EVENT_JOB_STARTED:
        job_apply_started(&cloud->sched, &event->job_started, time_us);
        limit_push(cloud, cloud_job(cloud, event->job_started.job));
        break;
    case EVENT_JOB_STOPPING: {
        job_apply_stopping(&cloud->sched, &event->job_stopping, time_us);
        const struct job *job = cloud_job(cloud, event->job_stopping.job);
        return (struct effect){.kind = EFFECT_STOP,
                               .attempt = job->attempt,
                               .job = job->id,
                               .grace_ms = event->job_stopping.grace_ms};
    }
    case EVENT_JOB_ENDED:
        return apply_job_ended(cloud, event);
    case EVENT_LEASE_ENDED:
        apply_lease_ended(cloud, event);
        break;
    case EVENT_METERED:
        apply_metered(cloud, event);
        break;
    case EVENT_JOB_DROPPED:
        return apply_job_dropped(cloud, event->job_dropped.job);
    case EVENT_LEASE_DROPPED:
        apply_lease_dropped(cloud, event->lease_dropped.lease);
        break;
    default:
        must(false); // a fact nobody knows
    }
    return (struct effect){0};
}

static void fold_money(struct cloud *cloud, const struct event *event)
{
    switch ((uint32_t)event->kind) {
    case EVENT_ISSUER_SET:
        issuer_apply_set(&cloud->billing, &event->issuer_set);
        break;
    case EVENT_PRICE_SET:
        price_apply_set(&cloud->market, &event->price_set, event->time_us);
        break;
    case EVENT_BOOK_OPENED:
        ledger_open(&cloud->ledger, &event->book_opened);
        break;
    case EVENT_POSTED:
        apply_posted(cloud, event);
        break;
    case EVENT_RATED_OPENED:
        rated_apply_opened(&cloud->billing, &event->rated_opened);
        break;
    case EVENT_RATED:
        apply_rated(cloud, event);
        break;
    case EVENT_INVOICE_LINE:
        invoice_apply_line(&cloud->billing, &event->invoice_line);
        break;
    case EVENT_INVOICE_ISSUED:
        invoice_apply_issued(&cloud->billing, &event->invoice_issued, event->time_us);
        cloud_house(cloud)->invoicing = event->invoice_issued.invoice.id;
        break;
    default:
        must(false); // a fact nobody knows
    }
}

static void fold_inventory(struct inventory *inventory, const struct event *event)
{
    int64_t time_us = event->time_us;
    switch ((uint32_t)event->kind) {
    case EVENT_CHIP_ADDED:
        chip_apply_added(inventory, &event->chip_added, time_us);
        break;
    case EVENT_NODE_ADDED:
        node_apply_added(inventory, &event->node_added, time_us);
        break;
    case EVENT_NODE_CHANGED:
        node_apply_changed(inventory, &event->node_changed, time_us);
        break;
    case EVENT_DEVICE_ADDED:
        device_apply_added(inventory, &event->device_added, time_us);
        break;
    case EVENT_DEVICE_CHANGED:
        device_apply_changed(inventory, &event->device_changed, time_us);
        break;
    case EVENT_ENTITY_ADDED:
        entity_apply_added(inventory, &event->entity_added, time_us);
        break;
    case EVENT_SITE_ADDED:
        site_apply_added(inventory, &event->site_added, time_us);
        break;
    case EVENT_FEEDER_ADDED:
        feeder_apply_added(inventory, &event->feeder_added, time_us);
        break;
    case EVENT_FEEDER_CAP_SET:
        feeder_apply_cap_set(inventory, &event->feeder_cap_set);
        break;
    case EVENT_FEEDER_CAP_ENDED:
        feeder_apply_cap_ended(inventory, &event->feeder_cap_ended);
        break;
    case EVENT_BLOCK_ADDED:
        block_apply_added(inventory, &event->block_added);
        break;
    case EVENT_CLASS_ADDED:
        class_apply_added(inventory, &event->class_added);
        break;
    case EVENT_RACK_ADDED:
        rack_apply_added(inventory, &event->rack_added, time_us);
        break;
    case EVENT_NODE_CLASSED:
        node_apply_classed(inventory, &event->node_classed);
        break;
    case EVENT_HEALTH_CHANGED:
        health_apply_changed(inventory, &event->health_changed, time_us);
        break;
    case EVENT_MAINTENANCE_SET:
        maintenance_apply_set(inventory, &event->maintenance_set);
        break;
    case EVENT_MAINTENANCE_STARTED:
        maintenance_apply_started(inventory, &event->maintenance_started, time_us);
        break;
    case EVENT_MAINTENANCE_ENDED:
        maintenance_apply_ended(inventory, &event->maintenance_ended, time_us);
        break;
    default:
        must(false); // a fact nobody knows
    }
}

static void fold_reservation(struct cloud *cloud, const struct event *event)
{
    struct sched *sched = &cloud->sched;
    switch ((uint32_t)event->kind) {
    case EVENT_RESERVATION_BOOKED:
        reservation_apply_booked(sched, &event->reservation_booked, event->time_us);
        break;
    case EVENT_RESERVATION_PART:
        reservation_apply_part(sched, &cloud->inventory, &event->reservation_part);
        break;
    case EVENT_RESERVATION_STARTED:
        reservation_apply_started(sched, &event->reservation_started);
        break;
    case EVENT_RESERVATION_MOVED:
        reservation_apply_moved(sched, &cloud->inventory, &event->reservation_moved);
        break;
    default:
        reservation_apply_ended(sched, &cloud->inventory, &event->reservation_ended,
                                event->time_us);
        limits_reserved(cloud, event->reservation_ended.reservation);
    }
}

static void fold_account(struct cloud *cloud, const struct event *event)
{
    switch ((uint32_t)event->kind) {
    case EVENT_ACCOUNT_ADDED:
        account_apply_added(&cloud->market, &event->account_added, event->time_us);
        if (event->account_added.account == ACCOUNT_HOUSE)
            cloud_house(cloud)->currency = event->account_added.currency;
        break;
    case EVENT_KEY_ADDED:
        key_apply_added(&cloud->market, &event->key_added, event->time_us);
        break;
    case EVENT_KEY_REVOKED:
        key_apply_revoked(&cloud->market, &event->key_revoked);
        break;
    case EVENT_LIMIT_SET:
        limit_apply_set(&cloud->market, &event->limit_set);
        sched_account_changed(&cloud->sched, &cloud->market, event->limit_set.account);
        break;
    default:
        must(false); // a fact nobody knows
    }
}

static struct effect fold(struct cloud *cloud, const struct event *event)
{
    switch ((uint32_t)event->kind) {
    case EVENT_OPENED:
        apply_opened(cloud, event);
        break;
    case EVENT_SET:
        must(event->set.setting < SETTING_COUNT);
        cloud_house(cloud)->settings[event->set.setting] = event->set.value;
        cloud_queue_rule(cloud);
        break;
    case EVENT_CLOCK_STEPPED:
        break; // its time is what it changes
    case EVENT_CHIP_ADDED:
    case EVENT_NODE_ADDED:
    case EVENT_NODE_CHANGED:
    case EVENT_DEVICE_ADDED:
    case EVENT_DEVICE_CHANGED:
    case EVENT_ENTITY_ADDED:
    case EVENT_SITE_ADDED:
    case EVENT_FEEDER_ADDED:
    case EVENT_FEEDER_CAP_SET:
    case EVENT_FEEDER_CAP_ENDED:
    case EVENT_BLOCK_ADDED:
    case EVENT_CLASS_ADDED:
    case EVENT_RACK_ADDED:
    case EVENT_NODE_CLASSED:
    case EVENT_HEALTH_CHANGED:
    case EVENT_MAINTENANCE_SET:
    case EVENT_MAINTENANCE_STARTED:
    case EVENT_MAINTENANCE_ENDED:
        fold_inventory(&cloud->inventory, event);
        break;
    case EVENT_SITE_CURTAILED:
    case EVENT_CURTAIL_ENDED:
    case EVENT_JOB_PAUSED:
    case EVENT_JOB_RESUMED:
    case EVENT_JOB_CAPPED:
        return curtail_fold(cloud, event);
    case EVENT_ACCOUNT_ADDED:
    case EVENT_KEY_ADDED:
    case EVENT_KEY_REVOKED:
    case EVENT_LIMIT_SET:
        fold_account(cloud, event);
        break;
    case EVENT_ISSUER_SET:
    case EVENT_PRICE_SET:
    case EVENT_BOOK_OPENED:
    case EVENT_POSTED:
    case EVENT_RATED_OPENED:
    case EVENT_RATED:
    case EVENT_INVOICE_LINE:
    case EVENT_INVOICE_ISSUED:
        fold_money(cloud, event);
        break;
    case EVENT_RESERVATION_BOOKED:
    case EVENT_RESERVATION_PART:
    case EVENT_RESERVATION_STARTED:
    case EVENT_RESERVATION_MOVED:
    case EVENT_RESERVATION_ENDED:
        fold_reservation(cloud, event);
        break;
    default:
        return fold_work(cloud, event);
    }
    return (struct effect){0};
}

struct effect cloud_apply(struct cloud *cloud, const struct event *event)
{
    struct house *house = cloud_house(cloud);
    must(event->seq == house->next_seq);
    must(event->time_us >= house->time_us);
    house->next_seq++;
    house->time_us = event->time_us;
    struct curtail_mark before = curtail_before(cloud, event);
    struct effect effect = fold(cloud, event);
    curtail_after(cloud, event, before);
    reservations_touch(cloud, event->kind);
    request_apply(cloud, event);
    return effect;
}

uint64_t event_subject(const struct event *event)
{
    switch ((uint32_t)event->kind) {
    case EVENT_ACCOUNT_ADDED:
        return event->account_added.account;
    case EVENT_KEY_ADDED:
        return event->key_added.key;
    case EVENT_KEY_REVOKED:
        return event->key_revoked.key;
    case EVENT_PRICE_SET:
        return event->price_set.price;
    case EVENT_LIMIT_SET:
        return event->limit_set.account;
    case EVENT_JOB_QUEUED:
        return event->job_queued.job;
    case EVENT_JOB_STOPPING:
        return event->job_stopping.job;
    case EVENT_JOB_PAUSED:
        return event->job_paused.job;
    case EVENT_JOB_RESUMED:
        return event->job_resumed.job;
    case EVENT_JOB_CAPPED:
        return event->job_capped.job;
    case EVENT_SITE_CURTAILED:
        return event->site_curtailed.curtailment;
    case EVENT_CURTAIL_ENDED:
        return event->curtail_ended.curtailment;
    case EVENT_JOB_ENDED:
        return event->job_ended.job;
    case EVENT_NODE_CHANGED:
        return event->node_changed.node;
    case EVENT_ENTITY_ADDED:
        return event->entity_added.entity;
    case EVENT_SITE_ADDED:
        return event->site_added.site;
    case EVENT_FEEDER_ADDED:
        return event->feeder_added.feeder;
    case EVENT_FEEDER_CAP_SET:
        return event->feeder_cap_set.cap;
    case EVENT_FEEDER_CAP_ENDED:
        return event->feeder_cap_ended.cap;
    case EVENT_RACK_ADDED:
        return event->rack_added.rack;
    case EVENT_NODE_CLASSED:
        return event->node_classed.node;
    case EVENT_HEALTH_CHANGED:
        return event->health_changed.node;
    case EVENT_MAINTENANCE_SET:
        return event->maintenance_set.maintenance;
    case EVENT_MAINTENANCE_ENDED:
        return event->maintenance_ended.maintenance;
    case EVENT_RESERVATION_BOOKED:
        return event->reservation_booked.reservation;
    case EVENT_RESERVATION_ENDED:
        return event->reservation_ended.reservation;
    case EVENT_INVOICE_LINE:
        return event->invoice_line.line.invoice;
    default:
        return 0;
    }
}
