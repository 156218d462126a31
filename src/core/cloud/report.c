// Reports: what this machine is, and what an engine says of an attempt. Each gives the next
// difference between the report and the state as an event, until there is none.
#include "base/must.h"
#include "core/cloud/cloud_state.h"
#include <string.h>

void text_fill(char *to, const char *from, size_t size)
{
    memset(to, 0, size);
    size_t length = strnlen(from, size - 1);
    memcpy(to, from, length);
    // What a machine says of itself may be anything, but a line of the journal is UTF-8.
    if (str_is_utf8((str){to, length}))
        return;
    for (size_t i = 0; i < length; i++)
        if (to[i] & 0x80)
            to[i] = '?';
}

static void chip_event(const struct cloud *cloud, const struct node_report_device *device,
                       struct event *event)
{
    struct chip *chip = &event->chip_added.chip;
    event->kind = EVENT_CHIP_ADDED;
    chip->id = cloud->inventory.chips.last_id + 1;
    text_fill(chip->name, device->chip, sizeof chip->name);
    text_fill(chip->description, device->description, sizeof chip->description);
    chip->memory_mib = device->memory_mib;
    chip->idle_w = device->idle_w;
    chip->class_w = device->class_w;
    chip->max_w = device->max_w;
}

// A chip that was never priced gets the price of the default list: 5 units of yen per hour of a
// core, 450 of anything with memory of its own; in dollars 0.04 and 3.00.
static void default_price_event(const struct cloud *cloud, const struct chip *chip,
                                struct event *event)
{
    enum currency currency = (enum currency)cloud_house(cloud)->currency;
    bool accelerator = chip->memory_mib > 0;
    event->kind = EVENT_PRICE_SET;
    event->price_set = (struct price_set){
        .price = cloud->market.prices.last_id + 1,
        .chip = chip->id,
        .currency = currency,
        .class = LEASE_ON_DEMAND,
        .tax_permille = 100,
    };
    if (currency == CURRENCY_JPY)
        event->price_set.value = accelerator ? 450 : 5;
    else
        event->price_set.value = accelerator ? 300 : 4, event->price_set.scale = 2;
}

static bool priced(const struct cloud *cloud, uint64_t chip)
{
    uint32_t cursor = 0;
    for (const struct price *price; (price = table_step(&cloud->market.prices, &cursor));)
        if (price->chip == chip)
            return true;
    return false;
}

bool chip_known_next(const struct cloud *cloud, const struct chip *chip, struct event *event)
{
    const struct chip *row = chip_named(&cloud->inventory, str_from(chip->name));
    if (!row) {
        event->kind = EVENT_CHIP_ADDED;
        event->chip_added.chip = (struct chip){.id = cloud->inventory.chips.last_id + 1,
                                               .memory_mib = chip->memory_mib,
                                               .idle_w = chip->idle_w,
                                               .class_w = chip->class_w,
                                               .max_w = chip->max_w};
        text_fill(event->chip_added.chip.name, chip->name, sizeof chip->name);
        text_fill(event->chip_added.chip.description, chip->description, sizeof chip->description);
        return true;
    }
    if (priced(cloud, row->id))
        return false;
    default_price_event(cloud, row, event);
    return true;
}

static bool chips_next(const struct cloud *cloud, const struct node_report *report,
                       struct event *event)
{
    for (uint32_t i = 0; i < report->count; i++) {
        const struct chip *chip = chip_named(&cloud->inventory, str_from(report->devices[i].chip));
        if (!chip) {
            chip_event(cloud, &report->devices[i], event);
            return true;
        }
        if (i > 0 && strcmp(report->devices[i].chip, report->devices[i - 1].chip) == 0)
            continue;
        if (!priced(cloud, chip->id)) {
            default_price_event(cloud, chip, event);
            return true;
        }
    }
    return false;
}

static bool device_next(const struct cloud *cloud, const struct node_report *report,
                        const struct node *node, struct event *event)
{
    const struct inventory *inventory = &cloud->inventory;
    for (uint32_t i = 0; i < node->devices; i++) {
        enum device_state before = device_state_at(inventory, node, i), state = before;
        if (i >= report->count || report->devices[i].faulty)
            state = DEVICE_REPAIR; // it is not there any more, or no good
        else if (state == DEVICE_REPAIR)
            state = DEVICE_HEALTHY; // it is there again
        if (state == before)
            continue;
        event->kind = EVENT_DEVICE_CHANGED;
        event->device_changed = (struct device_changed){node->first_device + i, state};
        return true;
    }
    uint32_t index = node->devices;
    // Devices of a node have consecutive ids: one that comes after another node's stays outside.
    if (index >= report->count || node->rack ||
        inventory->devices.last_id + 1 != node->first_device + index)
        return false;
    const struct node_report_device *found = &report->devices[index];
    event->kind = EVENT_DEVICE_ADDED;
    event->device_added = (struct device_added){
        .device = node->first_device + index,
        .node = node->id,
        .chip = chip_named(inventory, str_from(found->chip))->id,
        .index = index,
        .numa = found->numa,
    };
    text_fill(event->device_added.serial, found->serial, sizeof found->serial);
    return true;
}

static void node_added_event(const struct cloud *cloud, const struct node_report *report,
                             struct event *event)
{
    struct node_added *fact = &event->node_added;
    event->kind = EVENT_NODE_ADDED;
    fact->node = cloud->inventory.nodes.last_id + 1;
    fact->first_device = cloud->inventory.devices.last_id + 1;
    fact->cpu_milli = report->cpu_milli;
    fact->memory_mib = report->memory_mib;
    text_fill(fact->name, report->name, sizeof fact->name);
    text_fill(fact->arch, report->arch, sizeof fact->arch);
}

static void node_changed_event(const struct node *node, enum node_state state,
                               const struct node_report *report, struct event *event)
{
    event->kind = EVENT_NODE_CHANGED;
    event->node_changed = (struct node_changed){
        .node = node->id,
        .state = state,
        .cpu_milli = report ? report->cpu_milli : node->cpu_milli,
        .memory_mib = report ? report->memory_mib : node->memory_mib,
    };
}

static bool others_next(const struct cloud *cloud, const struct node *node, struct event *event)
{
    uint32_t cursor = 0;
    for (const struct node *other; (other = table_step(&cloud->inventory.nodes, &cursor));) {
        if (other->id == node->id || other->rack || other->state == NODE_RETIRED)
            continue;
        node_changed_event(other, NODE_RETIRED, NULL, event);
        return true;
    }
    return false;
}

static bool name_valid(const char *name, size_t size)
{
    size_t length = strnlen(name, size);
    return length > 0 && length < size && str_is_utf8((str){name, length});
}

// Nodes and chips are found again by their names, so these must be what a line can hold.
static bool names_valid(const struct node_report *report, const char **ret_field)
{
    *ret_field = "name";
    if (!name_valid(report->name, sizeof report->name))
        return false;
    *ret_field = "chip";
    for (uint32_t i = 0; i < report->count; i++)
        if (!name_valid(report->devices[i].chip, sizeof report->devices[i].chip))
            return false;
    return true;
}

bool node_report_next(const struct cloud *cloud, const struct node_report *report, uint32_t step,
                      struct cloud_step *ret_step)
{
    struct event *event = &ret_step->event;
    const char *field;
    must(report->count <= DEVICE_SET_MAX);
    if (step == 0 && !names_valid(report, &field)) {
        ret_step->answer = ANSWER_BAD_FIELD;
        ret_step->field = field;
        return false;
    }
    if (chips_next(cloud, report, event))
        return true;
    const struct node *node = node_named(&cloud->inventory, str_from(report->name));
    if (!node) {
        node_added_event(cloud, report, event);
        return true;
    }
    ret_step->subject = node->id;
    if (device_next(cloud, report, node, event))
        return true;
    bool back = node->state == NODE_NEW || node->state == NODE_RETIRED;
    if (back || node->cpu_milli != report->cpu_milli || node->memory_mib != report->memory_mib) {
        node_changed_event(node, back ? NODE_READY : node->state, report, event);
        return true;
    }
    return report->alone && others_next(cloud, node, event);
}

// More than this of one device is no reading but a broken source: 100 kW, and a million CPUs.
enum { ENERGY_J_PER_MS_MAX = 100, CPU_MS_PER_MS_MAX = 1000 * 1000 };

static int64_t at_most(int64_t value, int64_t lasted_ms, int64_t rate)
{
    int64_t most;
    return !__builtin_mul_overflow(lasted_ms, rate, &most) && value > most ? most : value;
}

// The lease's reading: never more than the lease itself can have used since it began.
static struct metered reading_of(const struct cloud *cloud, const struct job *job,
                                 const struct attempt_report *report, int64_t time_us)
{
    const struct lease *lease = cloud_lease(cloud, job->lease);
    must(lease);
    int64_t lasted_ms = time_us / MS_US - lease->start_us / MS_US;
    int64_t things = lease->devices_total > lease->nodes ? lease->devices_total : lease->nodes;
    return (struct metered){
        .lease = lease->id,
        .ran_ms = at_most(report->ran_ms, lasted_ms, 1),
        .energy_j = at_most(report->energy_j, lasted_ms, ENERGY_J_PER_MS_MAX * things),
        .cpu_ms = at_most(report->cpu_ms, lasted_ms, CPU_MS_PER_MS_MAX),
        .memory_peak_bytes = report->memory_peak_bytes,
        .energy = report->energy,
    };
}

// What a checkpoint keeps: no more than the attempt began with and has run since.
static int64_t saved_of(const struct job *job, const struct attempt_report *report, int64_t ran_ms)
{
    int64_t most_ms = job->saved_start_ms + ran_ms;
    if (!job->checkpoints || report->saved_ms <= job->saved_ms || most_ms <= job->saved_ms)
        return 0;
    return report->saved_ms < most_ms ? report->saved_ms : most_ms;
}

// Back to the queue: what was stopped for the house's own reasons always, what was lost so often
// as the setting allows.
static bool begins_again(const struct cloud *cloud, const struct job *job, enum job_reason reason)
{
    if (!job->restartable)
        return false;
    if (reason_requeues(reason))
        return true;
    return reason == REASON_LOST && job->losses + 1 < cloud_setting(cloud, SETTING_ATTEMPTS_MAX);
}

static void ended_event(const struct cloud *cloud, const struct job *job,
                        const struct attempt_report *report, struct event *event)
{
    bool asked = job->state == JOB_STOPPING;
    enum job_reason reason = asked ? (enum job_reason)job->stop_reason : report->reason;
    const struct meter_row *row = table_get(&cloud->meter.rows, job->lease);
    must(row);
    event->kind = EVENT_JOB_ENDED;
    event->job_ended = (struct job_ended){
        .job = job->id,
        .attempt = job->attempt,
        .reason = reason,
        .code = report->code,
        .signal = report->signal,
        .requeued = begins_again(cloud, job, reason),
    };
    if (reason == REASON_LOST || reason_requeues(reason))
        event->job_ended.lost_ms = job_unsaved_ms(job, row->ran_ms);
}

bool attempt_report_next(const struct cloud *cloud, const struct input *input, uint32_t step,
                         struct cloud_step *ret_step)
{
    const struct attempt_report *report = &input->attempt;
    const struct job *job = cloud_job(cloud, report->job);
    if (!job || report->attempt != job->attempt || job->state == JOB_DONE ||
        job->state == JOB_QUEUED) {
        if (step == 0)
            ret_step->answer = job ? ANSWER_ALREADY_ENDED : ANSWER_NOT_FOUND;
        return false;
    }
    ret_step->subject = job->id;
    if (job->state == JOB_STARTING && (report->event != ATTEMPT_ENDED || report->ran_ms > 0)) {
        ret_step->event.kind = EVENT_JOB_STARTED;
        ret_step->event.job_started = (struct job_started){job->id, job->attempt, 0};
        return true;
    }
    struct metered reading = reading_of(cloud, job, report, input->time_us);
    reading.saved_ms = saved_of(job, report, reading.ran_ms);
    if (report->event != ATTEMPT_STARTED &&
        (reading.saved_ms || !meter_known(&cloud->meter, &reading))) {
        ret_step->event.kind = EVENT_METERED;
        ret_step->event.metered = reading;
        return true;
    }
    if (report->event != ATTEMPT_ENDED)
        return false;
    ended_event(cloud, job, report, &ret_step->event);
    return true;
}

// A node has died: every attempt that has a part of it ends as a whole. Those that can begin again
// go back to the queue when their engine says that they have ended.
bool node_failed_next(const struct cloud *cloud, const struct input *input, uint32_t step,
                      struct cloud_step *ret_step)
{
    if (step == 0 && !table_get(&cloud->inventory.nodes, input->id)) {
        ret_step->answer = ANSWER_NOT_FOUND;
        return false;
    }
    for (const struct lease *lease = NULL;
         (lease = lease_on_node(&cloud->market, input->id, lease ? lease->id : UINT64_MAX));) {
        const struct job *job = cloud_job(cloud, lease->job);
        if (!job || (job->state != JOB_STARTING && job->state != JOB_RUNNING))
            continue; // it is being stopped already
        ret_step->event.kind = EVENT_JOB_STOPPING;
        ret_step->event.job_stopping =
            (struct job_stopping){.job = job->id, .reason = REASON_NODE_FAILED};
        ret_step->subject = input->id;
        return true;
    }
    return false;
}
