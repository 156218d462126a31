#include "http/job_reply.h"
#include "base/must.h"
#include "paper/job_bill.h"

const struct reply_field reply_job[] = {
    ROW("id", REPLY_ID, false, NULL, "job-17"),
    ROW("account", REPLY_ID, false, NULL, "who pays"),
    ROW("name", REPLY_TEXT, true, NULL, "as it was given"),
    ROW("state", REPLY_TEXT, false, NULL, "queued, starting, running, stopping, done"),
    ROW("reason", REPLY_TEXT, true, NULL,
        "why it ended: exited, signalled, out_of_memory, lost, not_started, stopped, time_limit"),
    ROW("attempt", REPLY_NUMBER, false, NULL, "0 before it was placed, then 1, 2, …"),
    ROW("devices", REPLY_NUMBER, false, NULL, "how many devices it asked for"),
    ROW("chip", REPLY_TEXT, true, NULL, "name of the kind of device; null while any will do"),
    ROW("node", REPLY_TEXT, true, NULL, "name of the node it was placed on"),
    ROW("device_set", REPLY_TEXT, true, NULL, "indexes on that node: \"0-1\""),
    ROW("memory_mib", REPLY_NUMBER, false, NULL, "memory it asked for; 0: none"),
    ROW("time_limit_ms", REPLY_NUMBER, true, NULL, "it is stopped after running so long"),
    ROW("queued", REPLY_TIME, false, NULL, "when it was submitted"),
    ROW("placed", REPLY_TIME, true, NULL, "when its newest lease began"),
    ROW("started", REPLY_TIME, true, NULL, "when its command ran"),
    ROW("ended", REPLY_TIME, true, NULL, "when it was done"),
    ROW("ran_ms", REPLY_NUMBER, false, NULL, "how long its command ran, over all attempts"),
    ROW("device_ms", REPLY_NUMBER, false, NULL, "ran_ms times devices: what is charged"),
    ROW("energy_j", REPLY_NUMBER, false, NULL, "joules"),
    ROW("energy_kind", REPLY_TEXT, false, NULL, "none, measured, attributed, estimated"),
    ROW("cpu_ms", REPLY_NUMBER, false, NULL, "processor time"),
    ROW("memory_peak_bytes", REPLY_NUMBER, false, NULL, "the most memory it held"),
    ROW("code", REPLY_NUMBER, true, NULL, "exit code, when it exited"),
    ROW("signal", REPLY_NUMBER, true, NULL, "signal that ended it, when one did"),
    ROW("lease", REPLY_ID, true, NULL, "its newest lease"),
    ROW("price", REPLY_ID, true, NULL, "the price of that lease"),
    ROW("share", REPLY_OBJECT, true, reply_exact,
        "its exact share of the bill, rounded only there; null when a lease has left the tables"),
    ROW("paused", REPLY_TIME, true, NULL, "since when it stands still for want of power"),
    ROW("cap_permille", REPLY_NUMBER, false, NULL, "its power cap; 0: none"),
    ROW("restartable", REPLY_BOOL, false, NULL, "a lost attempt is begun again"),
    ROW("nodes", REPLY_NUMBER, false, NULL, "how many nodes it asked for"),
    ROW("milli", REPLY_NUMBER, false, NULL, "thousandths of each device: 1000 whole"),
    ROW("mig", REPLY_TEXT, true, NULL, "MIG profile of its share"),
    ROW("cpu_milli", REPLY_NUMBER, false, NULL, "thousandths of a CPU of each node"),
    ROW("device_memory_mib", REPLY_NUMBER, false, NULL, "least memory of a device"),
    ROW("together", REPLY_TEXT, false, NULL, "all nodes in the same one"),
    ROW("together_must", REPLY_BOOL, false, NULL, "and not only as a wish"),
    ROW("spread", REPLY_TEXT, false, NULL, "no two nodes in the same one"),
    ROW("priority", REPLY_TEXT, false, NULL, "idle, low, normal, high or critical"),
    ROW("class", REPLY_TEXT, false, NULL, "of its lease"),
    ROW("power", REPLY_TEXT, false, NULL, "how it draws power"),
    ROW("checkpoints", REPLY_BOOL, false, NULL, "it saves its work"),
    ROW("saved_ms", REPLY_NUMBER, false, NULL, "work that its checkpoints keep, as run time"),
    ROW("lost_ms", REPLY_NUMBER, false, NULL, "run time that was in vain, over all attempts"),
    ROW("require", REPLY_TEXT, true, NULL, "the rule about where it may run"),
    ROW("reservation", REPLY_ID, true, NULL, "whose window it may use"),
    ROW(0),
};

static const struct chip *chip_of(const struct cloud *cloud, const struct job *job,
                                  const struct lease *lease)
{
    uint64_t id = job->shape.chips[0];
    if (lease) {
        const struct price *price = table_get(&cloud->market.prices, lease->price);
        id = price ? price->chip : id;
    }
    return table_get(&cloud->inventory.chips, id);
}

static void members_of_lease(struct json_out *json, const struct cloud *cloud,
                             const struct job *job, const struct lease *lease)
{
    const struct chip *chip = chip_of(cloud, job, lease);
    reply_text_or_null(json, "chip", chip ? chip->name : NULL);
    const struct node *node = lease ? table_get(&cloud->inventory.nodes, lease->node) : NULL;
    reply_text_or_null(json, "node", node ? node->name : NULL);
    struct buf set;
    buf_init(&set, 2048);
    if (lease)
        device_set_text(&lease->devices, &set);
    reply_text_or_null(json, "device_set", buf_cstr(&set));
    buf_finish(&set);
    reply_id(json, "lease", "lease", job->lease);
    reply_id(json, "price", "price", lease ? lease->price : 0);
}

static void members_of_bill(struct json_out *json, const struct cloud *cloud, const struct job *job)
{
    struct job_bill bill;
    bool known = job_bill_of(&cloud->market, &cloud->meter, job, &bill);
    if (!known)
        bill = job_bill_start(job);
    int64_t device_ms = 0; // nearly: each lease is cut to whole device-ms by itself
    if (__builtin_mul_overflow(job->ran_ms, shape_milli(&job->shape), &device_ms))
        device_ms = INT64_MAX;
    device_ms /= MILLI_WHOLE;
    reply_number(json, "ran_ms", known ? bill.ran_ms : job->ran_ms);
    reply_number(json, "device_ms", known ? bill.device_ms : device_ms);
    reply_number(json, "energy_j", known ? bill.energy_j : job->energy_j);
    reply_text(json, "energy_kind", energy_kind_text(known ? bill.energy : job->energy));
    if (!known || !bill.priced) {
        reply_null(json, "share");
        return;
    }
    struct buf text;
    buf_init(&text, 128);
    job_bill_share(&bill, &text);
    json_name(json, S("share"));
    json_object(json);
    json_name(json, S("currency"));
    json_text(json, currency_code(bill.currency));
    json_name(json, S("exact"));
    json_text(json, buf_str(&text));
    json_end(json);
    buf_finish(&text);
}

static void members_of_end(struct json_out *json, const struct job *job)
{
    bool done = job->state == JOB_DONE;
    bool signalled = done && job->signal != 0;
    if (done && !signalled && (job->reason == REASON_EXITED || job->code != 0))
        reply_number(json, "code", job->code);
    else
        reply_null(json, "code");
    if (signalled)
        reply_number(json, "signal", job->signal);
    else
        reply_null(json, "signal");
}

static void members_of_shape(struct json_out *json, const struct cloud *cloud,
                             const struct job *job)
{
    const struct shape *shape = &job->shape;
    char require[RULE_SIZE] = "";
    must(str_copy(job_require(&cloud->sched, job), require, sizeof require));
    reply_number(json, "nodes", shape->nodes);
    reply_number(json, "milli", shape->milli);
    reply_text_or_null(json, "mig", slices_text(shape->slices));
    reply_number(json, "cpu_milli", shape->cpu_milli);
    reply_number(json, "device_memory_mib", shape->device_memory_mib);
    reply_text(json, "together", together_text((enum together)shape->together));
    reply_bool(json, "together_must", shape->together_must);
    reply_text(json, "spread", together_text((enum together)shape->spread));
    reply_text(json, "priority", job_priority_text((enum job_priority)job->priority));
    reply_text(json, "class", lease_class_text((enum lease_class)job->class));
    reply_text(json, "power", job_power_text((enum job_power)job->power));
    reply_bool(json, "checkpoints", job->checkpoints);
    reply_number(json, "saved_ms", job->saved_ms);
    reply_number(json, "lost_ms", job->lost_ms);
    reply_text_or_null(json, "require", require);
    reply_id(json, "reservation", "reservation", job->reservation);
}

static void part_text(struct buf *text, const struct cloud *cloud, const struct lease_run *run)
{
    const struct node *first = table_get(&cloud->inventory.nodes, run->node);
    const struct node *last = table_get(&cloud->inventory.nodes, run->node + run->count - 1);
    buf_add(text, first ? str_from(first->name) : S("?"));
    if (run->count > 1) {
        buf_byte(text, '-');
        buf_add(text, last ? str_from(last->name) : S("?"));
    }
    buf_byte(text, ':');
    device_set_text(&run->devices, text);
}

void job_reply_parts(struct json_out *json, const struct cloud *cloud, const struct job *job)
{
    enum { PARTS_SHOWN = 256 };
    const struct lease *lease = cloud_lease(cloud, job->lease);
    struct buf text;
    buf_init(&text, 4096);
    json_name(json, S("parts"));
    json_array(json);
    for (uint32_t i = 0; lease && i <= lease->parts && i < PARTS_SHOWN; i++) {
        struct lease_run run = lease_run_at(&cloud->market, lease, i);
        buf_clear(&text);
        part_text(&text, cloud, &run);
        json_text(json, buf_str(&text));
    }
    json_end(json);
    buf_finish(&text);
}

void job_reply_members(struct json_out *json, const struct cloud *cloud, const struct job *job)
{
    const struct lease *lease = cloud_lease(cloud, job->lease);
    reply_id(json, "id", "job", job->id);
    reply_id(json, "account", "account", job->account);
    reply_text_or_null(json, "name", job->name);
    reply_text(json, "state", job_state_text(job->state));
    reply_text_or_null(json, "reason", job_reason_text(job->reason));
    reply_number(json, "attempt", job->attempt);
    reply_number(json, "devices", job->shape.devices);
    members_of_lease(json, cloud, job, lease);
    reply_number(json, "memory_mib", job->shape.memory_mib);
    if (job->run_ms_max > 0)
        reply_number(json, "time_limit_ms", job->run_ms_max);
    else
        reply_null(json, "time_limit_ms");
    reply_time(json, "queued", job->queued_us);
    reply_time(json, "placed", job->placed_us);
    reply_time(json, "started", job->started_us);
    reply_time(json, "ended", job->ended_us);
    members_of_bill(json, cloud, job);
    reply_number(json, "cpu_ms", job->cpu_ms);
    reply_number(json, "memory_peak_bytes", job->memory_peak_bytes);
    members_of_end(json, job);
    reply_time(json, "paused", job->paused_us);
    reply_number(json, "cap_permille", job->cap_permille);
    reply_bool(json, "restartable", job->restartable);
    members_of_shape(json, cloud, job);
}

void job_reply(struct json_out *json, const struct cloud *cloud, const struct job *job)
{
    json_object(json);
    job_reply_members(json, cloud, job);
    json_end(json);
}
