// Commands of people: who may, whether it makes sense, and the event that says it happened.
#include "base/must.h"
#include "core/cloud/cloud_state.h"
#include "core/cloud/command_check.h"
#include "core/sched/reserve.h"
#include <string.h>

static void account_event(const struct cloud *cloud, const struct account_new *new,
                          struct event *event)
{
    event->kind = EVENT_ACCOUNT_ADDED;
    event->account_added = (struct account_added){
        .account = cloud->market.accounts.last_id + 1,
        .parent = new->parent,
        .currency = new->currency,
        .zone = new->zone,
    };
    text_fill(event->account_added.slug, new->slug, sizeof new->slug);
    text_fill(event->account_added.name, new->name, sizeof new->name);
    text_fill(event->account_added.tax_id, new->tax_id, sizeof new->tax_id);
}

static void key_event(const struct cloud *cloud, const struct key_new *new, struct event *event)
{
    event->kind = EVENT_KEY_ADDED;
    event->key_added = (struct key_added){
        .key = cloud->market.keys.last_id + 1,
        .account = new->account,
        .expires_us = new->expires_us,
        .hmac = new->hmac,
        .role = new->role,
    };
    text_fill(event->key_added.label, new->label, sizeof new->label);
}

// The first start: the journal opens, the house has an account, the account an admin key.
static bool open_next(const struct cloud *cloud, const struct open_input *open, uint32_t step,
                      struct cloud_step *ret_step)
{
    struct event *event = &ret_step->event;
    if (step == 0 && cloud_next_seq(cloud) != 0)
        return refuse(ret_step, ANSWER_EXISTS);
    if (step == 0) {
        event->kind = EVENT_OPENED;
        event->opened.format = JOURNAL_FORMAT;
        event->opened.rules = RULES_VERSION;
        for (enum setting i = 0; i < SETTING_COUNT; i++)
            event->opened.settings[i] = setting_row(i)->value;
        event->opened.present = (UINT64_C(1) << SETTING_COUNT) - 1;
        return true;
    }
    if (step == 1) {
        struct account_new house = {
            .slug = "house", .name = "house", .currency = open->currency, .zone = open->zone};
        account_event(cloud, &house, event);
        return true;
    }
    if (step == 2) {
        struct key_new key = {.account = ACCOUNT_HOUSE,
                              .hmac = open->admin_hmac,
                              .label = "first admin key",
                              .role = ROLE_ADMIN};
        key_event(cloud, &key, event);
        return true;
    }
    return false;
}

static bool account_new(const struct cloud *cloud, const struct input *input,
                        const struct principal *by, struct cloud_step *ret_step)
{
    const struct account_new *new = &input->account;
    if (!may(by, ACTION_MANAGE, 0, ret_step))
        return false;
    if (!text_valid(new->slug, sizeof new->slug) || !account_slug_valid(str_from(new->slug)))
        return bad_field(ret_step, "slug");
    if (new->name[0] == 0 || !text_valid(new->name, sizeof new->name))
        return bad_field(ret_step, "name");
    if (new->tax_id[0] &&
        !(text_valid(new->tax_id, sizeof new->tax_id) && tax_id_valid(str_from(new->tax_id))))
        return bad_field(ret_step, "tax_id");
    if (new->currency >= CURRENCIES)
        return bad_field(ret_step, "currency");
    if (new->zone >= zone_count())
        return bad_field(ret_step, "zone");
    if (new->parent && !table_get(&cloud->market.accounts, new->parent))
        return bad_field(ret_step, "parent");
    if (account_with_slug(&cloud->market, str_from(new->slug)))
        return refuse(ret_step, ANSWER_EXISTS);
    account_event(cloud, new, &ret_step->event);
    return true;
}

static bool key_new(const struct cloud *cloud, const struct input *input,
                    const struct principal *by, struct cloud_step *ret_step)
{
    const struct key_new *new = &input->key;
    bool own = new->account == by->account;
    if (!may(by, own ? ACTION_MANAGE_KEYS : ACTION_MANAGE, new->account, ret_step))
        return false;
    if (!table_get(&cloud->market.accounts, new->account))
        return refuse(ret_step, ANSWER_NOT_FOUND);
    if (new->role <= ROLE_NONE || new->role > ROLE_ADMIN)
        return bad_field(ret_step, "role");
    if (new->role > by->role) // nobody gives more than they have
        return refuse(ret_step, ANSWER_NOT_ALLOWED);
    if (new->role > ROLE_USER &&new->account != ACCOUNT_HOUSE)
        return bad_field(ret_step, "role"); // operators and admins are the house's
    if (new->expires_us &&new->expires_us <= input->time_us)
        return bad_field(ret_step, "expires");
    if (!text_valid(new->label, sizeof new->label))
        return bad_field(ret_step, "label");
    key_event(cloud, new, &ret_step->event);
    return true;
}

static bool key_revoke(const struct cloud *cloud, const struct input *input,
                       const struct principal *by, struct cloud_step *ret_step)
{
    const struct access_key *key = table_get(&cloud->market.keys, input->id);
    if (!key)
        return refuse(ret_step, ANSWER_NOT_FOUND);
    bool own = key->account == by->account;
    if (!may(by, own ? ACTION_MANAGE_KEYS : ACTION_MANAGE, key->account, ret_step))
        return false;
    if (key->role > (uint32_t)by->role)
        return refuse(ret_step, ANSWER_NOT_ALLOWED);
    if (key->state == KEY_REVOKED)
        return refuse(ret_step, ANSWER_ALREADY_ENDED);
    ret_step->event.kind = EVENT_KEY_REVOKED;
    ret_step->event.key_revoked.key = key->id;
    return true;
}

static bool operator_set(const struct input *input, const struct principal *by,
                         struct cloud_step *ret_step)
{
    const struct operator_set *new = &input->operator;
    if (!may(by, ACTION_MANAGE, 0, ret_step))
        return false;
    if (new->name[0] == 0 || !text_valid(new->name, sizeof new->name))
        return bad_field(ret_step, "name");
    if (new->tax_id[0] &&
        !(text_valid(new->tax_id, sizeof new->tax_id) && tax_id_valid(str_from(new->tax_id))))
        return bad_field(ret_step, "tax_id");
    if (new->rounding > ROUND_CEILING)
        return bad_field(ret_step, "rounding");
    ret_step->event.kind = EVENT_ISSUER_SET;
    ret_step->event.issuer_set.rounding = new->rounding;
    text_fill(ret_step->event.issuer_set.name, new->name, sizeof new->name);
    text_fill(ret_step->event.issuer_set.tax_id, new->tax_id, sizeof new->tax_id);
    return true;
}

// More than 10^9 yen or dollars for an hour of a device is a slip of the pen; below it a month of
// ten million devices stays within int64.
static bool price_value_valid(decimal value)
{
    int64_t power = 1;
    for (uint32_t i = 0; i < value.scale && i < 10; i++)
        power *= 10;
    return value.scale <= 10 && value.value >= 0 && value.value / power < INT64_C(1000000000);
}

static bool price_set(const struct cloud *cloud, const struct input *input,
                      const struct principal *by, struct cloud_step *ret_step)
{
    const struct price_new *new = &input->price;
    if (!may(by, ACTION_MANAGE, 0, ret_step))
        return false;
    if (!table_get(&cloud->inventory.chips, new->chip))
        return refuse(ret_step, ANSWER_NO_SUCH_CHIP);
    if (!price_value_valid(new->value))
        return bad_field(ret_step, "per_device_hour");
    if (new->currency >= CURRENCIES)
        return bad_field(ret_step, "currency");
    if (new->class >= LEASE_CLASS_COUNT)
        return bad_field(ret_step, "class");
    if (new->tax_permille > 1000)
        return bad_field(ret_step, "tax_permille");
    ret_step->event.kind = EVENT_PRICE_SET;
    ret_step->event.price_set = (struct price_set){
        .price = cloud->market.prices.last_id + 1,
        .chip = new->chip,
        .value = new->value.value,
        .scale = new->value.scale,
        .currency = new->currency,
        .class = new->class,
        .tax_permille = new->tax_permille,
    };
    return true;
}

enum { NOMINAL_DEVICES_MAX = 1000000000 };

// What an account may count on is shared out among those below it, never more than it has.
static bool nominal_fits(const struct cloud *cloud, const struct account *account, int64_t devices)
{
    const struct account *parent = table_get(&cloud->market.accounts, account->parent);
    int64_t below = 0, beside = devices * MILLI_WHOLE;
    uint32_t cursor = 0;
    if (devices < 0 || devices > NOMINAL_DEVICES_MAX)
        return false;
    for (const struct account *row; (row = table_step(&cloud->market.accounts, &cursor));) {
        below += row->parent == account->id ? row->nominal_milli : 0;
        beside += parent && row->parent == parent->id && row != account ? row->nominal_milli : 0;
    }
    return (devices == 0 || below <= devices * MILLI_WHOLE) &&
           (!parent || parent->nominal_milli == 0 || beside <= parent->nominal_milli);
}

static bool limit_set(const struct cloud *cloud, const struct input *input,
                      const struct principal *by, struct cloud_step *ret_step)
{
    const struct limit_new *new = &input->limit;
    if (!may(by, ACTION_MANAGE, 0, ret_step))
        return false;
    const struct account *account = table_get(&cloud->market.accounts, new->account);
    if (!account)
        return refuse(ret_step, ANSWER_NOT_FOUND);
    if (new->set_devices &&new->devices_max < NO_LIMIT)
        return bad_field(ret_step, "devices");
    if (new->set_month &&new->month_minor_max < NO_LIMIT)
        return bad_field(ret_step, "month");
    if (new->set_nominal && !nominal_fits(cloud, account, new->nominal_devices))
        return bad_field(ret_step, "quota");
    ret_step->event.kind = EVENT_LIMIT_SET;
    ret_step->event.limit_set = (struct limit_set){
        .account = account->id,
        .devices_max = new->set_devices ? new->devices_max : account->devices_max,
        .month_minor_max = new->set_month ? new->month_minor_max : account->month_minor_max,
        .nominal_milli =
            new->set_nominal ? new->nominal_devices *MILLI_WHOLE : account->nominal_milli,
    };
    return true;
}

static bool setting_set(const struct input *input, const struct principal *by,
                        struct cloud_step *ret_step)
{
    const struct setting_new *new = &input->setting;
    if (!may(by, ACTION_MANAGE, 0, ret_step))
        return false;
    if (new->setting >= SETTING_COUNT)
        return bad_field(ret_step, "key");
    const struct setting_row *row = setting_row((enum setting) new->setting);
    if (new->value < row->min || new->value > row->max)
        return bad_field(ret_step, "value");
    ret_step->event.kind = EVENT_SET;
    ret_step->event.set = (struct set){.setting = new->setting, .value = new->value};
    return true;
}

enum answer place_answer(enum place_verdict verdict)
{
    switch (verdict) {
    case PLACE_FITS:
    case PLACE_BUSY:
        return ANSWER_OK;
    case PLACE_NO_SUCH_CHIP:
        return ANSWER_NO_SUCH_CHIP;
    case PLACE_TOO_MANY:
        return ANSWER_TOO_MANY_DEVICES;
    case PLACE_TOO_MANY_NODES:
        return ANSWER_TOO_MANY_NODES;
    case PLACE_NO_SHARES:
        return ANSWER_NO_SHARES;
    case PLACE_FORBIDDEN:
        return ANSWER_FORBIDDEN_BY_RULE;
    case PLACE_TOO_MUCH_CPU:
        return ANSWER_TOO_MUCH_CPU;
    case PLACE_TOO_MUCH_MEMORY:
        return ANSWER_TOO_MUCH_MEMORY;
    case PLACE_NO_PRICE:
        return ANSWER_NO_PRICE;
    case PLACE_OVER_LIMIT:
        return ANSWER_OVER_LIMIT;
    }
    must(false);
    return ANSWER_OK;
}

static bool over_budget(const struct cloud *cloud, const struct account *account, int64_t time_us)
{
    return account->month_minor_max != NO_LIMIT &&
           billing_spent(&cloud->billing, account->id, month_at(account->zone, time_us)) >=
               account->month_minor_max;
}

// The field of a job that cannot be taken; NULL: none.
static const char *job_wrong(const struct job_submit *new)
{
    const char *field = shape_wrong(&new->shape);
    struct err err;
    if (!text_valid(new->name, sizeof new->name))
        return "name";
    if (field)
        return field;
    if (new->run_ms_max < 0 || new->run_ms_max > 10 * 366 * (DAY_US / MS_US))
        return "time_limit_ms";
    if (new->priority >= JOB_PRIORITY_COUNT)
        return "priority";
    if (new->class_asked >= CLASS_ASKED_COUNT)
        return "class";
    if (new->power >= JOB_POWER_COUNT)
        return "power";
    if (!text_valid(new->require, sizeof new->require) || !rule_valid(str_from(new->require), &err))
        return "require";
    return NULL;
}

// Only what was asked stands in the event, so that a plain job's line is short.
static void job_event(const struct cloud *cloud, const struct job_submit *new,
                      const struct principal *by, struct event *event)
{
    struct job_queued *fact = &event->job_queued;
    event->kind = EVENT_JOB_QUEUED;
    *fact = (struct job_queued){
        .job = cloud->sched.jobs.last_id + 1,
        .account = new->account,
        .key = by->key,
        .reservation = new->reservation,
        .shape = new->shape,
        .run_ms_max = new->run_ms_max,
        .spec = new->spec,
        .restartable = new->restartable,
        .checkpoints = new->checkpoints,
        .priority = new->priority,
        .class_asked = new->class_asked,
        .power = new->power,
    };
    if (fact->shape.nodes == 1)
        fact->shape.nodes = 0;
    if (fact->shape.milli == MILLI_WHOLE)
        fact->shape.milli = 0;
    text_fill(fact->name, new->name, sizeof new->name);
    must(rule_canonical(str_from(new->require), fact->require, sizeof fact->require));
}

// Whether a job may name the reservation: its own account's, not over, and large enough.
static enum answer reservation_answer(const struct cloud *cloud, const struct job_submit *new,
                                      const struct shape *shape)
{
    const struct reservation *row = reservation_get(&cloud->sched, new->reservation);
    if (!row || row->account != new->account)
        return ANSWER_NOT_FOUND;
    if (!reservation_live(row))
        return ANSWER_ALREADY_ENDED;
    return place_answer(reserve_feasible(&cloud->sched, &cloud->inventory, row, shape));
}

static bool job_submit(const struct cloud *cloud, const struct input *input,
                       const struct principal *by, struct cloud_step *ret_step)
{
    const struct job_submit *new = &input->job;
    if (!may(by, ACTION_RUN, new->account, ret_step))
        return false;
    const struct account *account = table_get(&cloud->market.accounts, new->account);
    if (!account)
        return refuse(ret_step, ANSWER_NOT_FOUND);
    const char *field = job_wrong(new);
    if (field)
        return bad_field(ret_step, field);
    if (new->priority == PRIORITY_CRITICAL && !may(by, ACTION_OPERATE, 0, ret_step))
        return false;
    struct shape shape = shape_normal(new->shape);
    if (shape.devices == 0 && !cloud_setting(cloud, SETTING_CPU_JOBS))
        return refuse(ret_step, ANSWER_CPU_ONLY);
    char require[RULE_SIZE] = "";
    must(rule_canonical(str_from(new->require), require, sizeof require));
    struct place_ask ask = {&cloud->inventory,
                            &cloud->market,
                            &cloud->sched,
                            account,
                            lease_class_asked(new->class_asked),
                            str_from(require)};
    enum answer answer = place_answer(place_feasible(&ask, &shape));
    if (answer == ANSWER_OK && new->reservation)
        answer = reservation_answer(cloud, new, &shape);
    if (answer != ANSWER_OK)
        return refuse(ret_step, answer);
    if (over_budget(cloud, account, input->time_us))
        return refuse(ret_step, ANSWER_OVER_BUDGET);
    job_event(cloud, new, by, &ret_step->event);
    return true;
}

static bool job_stop(const struct cloud *cloud, const struct input *input,
                     const struct principal *by, struct cloud_step *ret_step)
{
    const struct job *job = cloud_job(cloud, input->stop.job);
    if (!job)
        return refuse(ret_step, ANSWER_NOT_FOUND);
    if (!may(by, ACTION_RUN, job->account, ret_step))
        return false;
    if (job->state == JOB_DONE)
        return refuse(ret_step, ANSWER_ALREADY_ENDED);
    if (input->stop.grace_ms < -1 || input->stop.grace_ms > setting_row(SETTING_STOP_GRACE_MS)->max)
        return bad_field(ret_step, "grace_ms");
    if (job->state == JOB_QUEUED) {
        ret_step->event.kind = EVENT_JOB_ENDED;
        ret_step->event.job_ended =
            (struct job_ended){.job = job->id, .attempt = job->attempt, .reason = REASON_STOPPED};
        return true;
    }
    int64_t grace_ms = input->stop.grace_ms;
    ret_step->event.kind = EVENT_JOB_STOPPING;
    ret_step->event.job_stopping = (struct job_stopping){
        .job = job->id,
        .grace_ms = grace_ms >= 0 ? grace_ms : cloud_setting(cloud, SETTING_STOP_GRACE_MS),
        .reason = REASON_STOPPED,
    };
    return true;
}

static bool node_drain(const struct cloud *cloud, const struct input *input,
                       const struct principal *by, struct cloud_step *ret_step)
{
    enum node_state from = input->kind == INPUT_NODE_DRAIN ? NODE_READY : NODE_DRAINING;
    enum node_state to = input->kind == INPUT_NODE_DRAIN ? NODE_DRAINING : NODE_READY;
    if (!may(by, ACTION_OPERATE, 0, ret_step))
        return false;
    const struct node *node = table_get(&cloud->inventory.nodes, input->id);
    if (!node)
        return refuse(ret_step, ANSWER_NOT_FOUND);
    if (node->state != (uint32_t)from)
        return refuse(ret_step, ANSWER_WRONG_STATE);
    ret_step->event.kind = EVENT_NODE_CHANGED;
    ret_step->event.node_changed = (struct node_changed){
        .node = node->id,
        .state = to,
        .cpu_milli = node->cpu_milli,
        .memory_mib = node->memory_mib,
    };
    return true;
}

static bool invoice_may(const struct cloud *cloud, const struct input *input,
                        const struct principal *by, struct cloud_step *ret_step)
{
    const struct account *account = table_get(&cloud->market.accounts, input->invoice.account);
    if (!may(by, ACTION_MANAGE, 0, ret_step))
        return false;
    if (!account)
        return refuse(ret_step, ANSWER_NOT_FOUND);
    month period = input->invoice.period;
    if (period > month_at(account->zone, input->time_us))
        return bad_field(ret_step, "month");
    if (!input->invoice.early && month_start_us(account->zone, period + 1) > input->time_us)
        return refuse(ret_step, ANSWER_MONTH_OPEN);
    struct invoice draft;
    if (bill_draft(&cloud->billing, &cloud->market, account->id, period, &draft))
        for (uint32_t i = 0; i < draft.rates; i++)
            if (draft.subtotal[i] != 0)
                return true;
    return refuse(ret_step, ANSWER_NOTHING_TO_BILL); // nothing, or nothing worth a yen yet
}

// One line a step, in the order of the rated rows, then the invoice that closes them.
static bool invoice_event_next(const struct cloud *cloud, const struct input *input, uint32_t step,
                               struct cloud_step *ret_step)
{
    const struct billing *billing = &cloud->billing;
    uint64_t account = input->invoice.account, id = billing->invoices.last_id + 1, after = 0;
    month period = input->invoice.period;
    if (step > 0 && cloud_house(cloud)->invoicing)
        return false; // issued: what follows posts it
    const struct invoice_line *last = table_get(&billing->lines, billing->lines.last_id);
    if (last && last->invoice == id)
        after = last->rated;
    const struct rated *row = bill_next_row(billing, &cloud->market, account, period, after);
    if (row) {
        ret_step->event.kind = EVENT_INVOICE_LINE;
        struct invoice_line *line = &ret_step->event.invoice_line.line;
        *line = bill_line(&cloud->market, &cloud->inventory, row);
        line->id = billing->lines.last_id + 1;
        line->invoice = id;
        return true;
    }
    if (after == 0)
        return false;
    struct invoice *invoice = &ret_step->event.invoice_issued.invoice;
    must(bill_draft(billing, &cloud->market, account, period, invoice));
    ret_step->event.kind = EVENT_INVOICE_ISSUED;
    invoice->id = id;
    return true;
}

// Commands of one event: a check and the event that says it happened.
static bool single_next(const struct cloud *cloud, const struct input *input,
                        const struct principal *by, struct cloud_step *ret_step)
{
    switch ((uint32_t)input->kind) {
    case INPUT_ACCOUNT_NEW:
        return account_new(cloud, input, by, ret_step);
    case INPUT_KEY_NEW:
        return key_new(cloud, input, by, ret_step);
    case INPUT_KEY_REVOKE:
        return key_revoke(cloud, input, by, ret_step);
    case INPUT_OPERATOR_SET:
        return operator_set(input, by, ret_step);
    case INPUT_PRICE_SET:
        return price_set(cloud, input, by, ret_step);
    case INPUT_LIMIT_SET:
        return limit_set(cloud, input, by, ret_step);
    case INPUT_SETTING_SET:
        return setting_set(input, by, ret_step);
    case INPUT_JOB_SUBMIT:
        return job_submit(cloud, input, by, ret_step);
    case INPUT_JOB_STOP:
        return job_stop(cloud, input, by, ret_step);
    default:
        return node_drain(cloud, input, by, ret_step);
    }
}

// Every table that the command, or what follows from it, adds rows to. What ends something is
// always taken: the spare eighth is for it.
static bool has_room(const struct cloud *cloud, const struct input *input)
{
    const struct market *market = &cloud->market;
    bool ends = input->kind == INPUT_JOB_STOP || input->kind == INPUT_KEY_REVOKE;
    if (!ends && !table_has_room(&cloud->requests))
        return false;
    switch ((uint32_t)input->kind) {
    case INPUT_ACCOUNT_NEW:
        return table_has_room(&market->accounts);
    case INPUT_KEY_NEW:
        return table_has_room(&market->keys);
    case INPUT_PRICE_SET:
        return table_has_room(&market->prices);
    case INPUT_INVOICE_ISSUE:
        return table_has_room(&cloud->billing.invoices) && table_has_room(&cloud->billing.lines);
    case INPUT_JOB_SUBMIT:
        return table_has_room(&cloud->sched.jobs) && table_has_room(&cloud->sched.requirements) &&
               table_has_room(&market->leases) && table_has_room(&cloud->meter.rows) &&
               table_has_room(&cloud->ended) && table_has_room(&cloud->billing.rated) &&
               table_has_room(&cloud->ledger.books);
    default:
        return true;
    }
}

bool command_decide(const struct cloud *cloud, const struct input *input, uint32_t step,
                    struct cloud_step *ret_step)
{
    if (input->kind == INPUT_OPEN)
        return open_next(cloud, &input->open, step, ret_step);
    struct principal by;
    bool found = false;
    if (step == 0 && !has_room(cloud, input))
        return refuse(ret_step, ANSWER_FULL);
    if (input->kind == INPUT_INVOICE_ISSUE) {
        if (step == 0 &&
            (!who(cloud, input, &by, ret_step) || !invoice_may(cloud, input, &by, ret_step)))
            return false;
        found = invoice_event_next(cloud, input, step, ret_step);
    } else if (step == 0) {
        found = who(cloud, input, &by, ret_step) && single_next(cloud, input, &by, ret_step);
    }
    if (found && step == 0)
        ret_step->subject = event_subject(&ret_step->event);
    return found;
}
