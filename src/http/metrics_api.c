#include "http/metrics_api.h"
#include "core/cloud/cloud.h"
#include <stdio.h>

enum { JOBS_A_VIEW = 20000, COUNTS = 0 }; // exchange->scratch[COUNTS + state]
_Static_assert(JOB_STATE_COUNT <= 6, "exchange->scratch holds a count for each state");
enum { HEADS_WRITTEN = 7 };

static void devices_text(const struct cloud *cloud, struct buf *out)
{
    metrics_head(out, "tatara_devices", "gauge", "Devices by chip and capacity state.");
    uint32_t cursor = 0;
    for (const struct capacity *row; (row = table_step(&cloud->inventory.capacities, &cursor));) {
        const struct chip *chip = table_get(&cloud->inventory.chips, row->id);
        for (enum capacity_state state = 0; state < CAPACITY_STATE_COUNT; state++) {
            char labels[120];
            snprintf(labels, sizeof labels, "chip=\"%s\",state=\"%s\"", chip ? chip->name : "",
                     capacity_state_text(state));
            metrics_sample(out, "tatara_devices", labels,
                           (row->count[state] + DEVICE_MILLI / 2) / DEVICE_MILLI);
        }
    }
    metrics_head(out, "tatara_device_milliseconds_total", "counter",
                 "Device time by chip and capacity state since the journal began.");
    cursor = 0;
    for (const struct capacity *row; (row = table_step(&cloud->inventory.capacities, &cursor));) {
        const struct chip *chip = table_get(&cloud->inventory.chips, row->id);
        for (enum capacity_state state = 0; state < CAPACITY_STATE_COUNT; state++) {
            char labels[120];
            snprintf(labels, sizeof labels, "chip=\"%s\",state=\"%s\"", chip ? chip->name : "",
                     capacity_state_text(state));
            metrics_sample(out, "tatara_device_milliseconds_total", labels,
                           capacity_device_ms(row, state, cloud_time_us(cloud)));
        }
    }
}

static void ledger_text(const struct cloud *cloud, struct buf *out)
{
    commodity which;
    int64_t difference;
    bool balanced = ledger_check(&cloud->ledger, &which, &difference);
    metrics_head(out, "tatara_ledger_unbalanced", "gauge",
                 "1 when debits and credits of any commodity differ; always 0.");
    metrics_sample(out, "tatara_ledger_unbalanced", "", !balanced);
    metrics_head(out, "tatara_ledger_books", "gauge", "Books in the ledger.");
    metrics_sample(out, "tatara_ledger_books", "", cloud->ledger.books.used);
}

static void jobs_text(const struct exchange *exchange, struct buf *out)
{
    metrics_head(out, "tatara_jobs", "gauge", "Jobs in the tables by state.");
    for (enum job_state state = 0; state < JOB_STATE_COUNT; state++) {
        char labels[40];
        snprintf(labels, sizeof labels, "state=\"%s\"", job_state_text(state));
        metrics_sample(out, "tatara_jobs", labels, (int64_t)exchange->scratch[COUNTS + state]);
    }
}

enum view metrics_view(struct exchange *exchange, const struct cloud *cloud)
{
    struct buf *out = &exchange->reply;
    if (!exchange->scratch[HEADS_WRITTEN]) {
        exchange->scratch[HEADS_WRITTEN] = 1;
        devices_text(cloud, out);
        ledger_text(cloud, out);
    }
    for (uint32_t seen = 0; seen < JOBS_A_VIEW; seen++) {
        const struct job *job = table_after(&cloud->sched.jobs, exchange->cursor);
        if (!job) {
            jobs_text(exchange, out);
            return VIEW_DONE;
        }
        exchange->cursor = job->id;
        exchange->scratch[COUNTS + job->state]++;
    }
    return VIEW_AGAIN;
}

static void desk_text(struct desk *desk, struct buf *out)
{
    struct desk_health health;
    desk->ops->health(desk, &health);
    metrics_head(out, "tatara_journal_events", "gauge", "Durable events.");
    metrics_sample(out, "tatara_journal_events", "", (int64_t)health.size);
    metrics_head(out, "tatara_journal_writable", "gauge", "1 when the journal takes commits.");
    metrics_sample(out, "tatara_journal_writable", "", health.writable);
    metrics_head(out, "tatara_commits_total", "counter", "Commits since the start.");
    metrics_sample(out, "tatara_commits_total", "", (int64_t)health.commits);
    metrics_head(out, "tatara_refusals_total", "counter", "Commands refused since the start.");
    metrics_sample(out, "tatara_refusals_total", "", (int64_t)health.refused);
    metrics_head(out, "tatara_queue_length", "gauge", "Commands that wait.");
    metrics_sample(out, "tatara_queue_length", "", (int64_t)health.queue_length);
    metrics_head(out, "tatara_queue_limit", "gauge", "As many may wait.");
    metrics_sample(out, "tatara_queue_limit", "", (int64_t)health.queue_limit);
    metrics_head(out, "tatara_clock_behind", "gauge", "1 when the wall clock is behind.");
    metrics_sample(out, "tatara_clock_behind", "", health.clock_behind);
}

bool metrics_finish(struct exchange *exchange)
{
    desk_text(exchange->parts->config.desk, &exchange->reply);
    metrics_text(&exchange->parts->metrics, &exchange->reply);
    exchange->media = "text/plain; version=0.0.4; charset=utf-8";
    return true;
}
