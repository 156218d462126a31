#include "core/inventory/site.h"
#include "http/flow.h"
#include "base/must.h"
#include "http/blob_writer.h"
#include "http/body.h"
#include "http/query.h"
#include <stdio.h>
#include <string.h>

enum step { STEP_NEXT, STEP_WAIT };

static enum step step_query(struct exchange *exchange)
{
    query_read(exchange->route->query, exchange->query_text, &exchange->arena, exchange->query,
               &exchange->refusal);
    return STEP_NEXT;
}

static enum step step_body(struct exchange *exchange)
{
    if (exchange->too_large)
        refuse(&exchange->refusal, REFUSE_TOO_LARGE, NULL, NULL, "the body is over %u bytes",
               exchange->parts->config.body_bytes_max);
    else if (exchange->route->method != METHOD_GET)
        body_read(exchange->route->body, buf_str(&exchange->request), &exchange->arena,
                  exchange->body, &exchange->refusal);
    return STEP_NEXT;
}

// Names that stand for ids ------------------------------------------------------------------

static bool remembered(struct exchange *exchange, enum field_form form, struct value *value)
{
    enum name_kind kind = form == FIELD_ACCOUNT ? NAME_ACCOUNT : NAME_CHIP;
    if (form == FIELD_NODE || form == FIELD_SITE)
        return false; // a node's name may go to another machine; sites are seldom named
    uint64_t id = names_find(&exchange->parts->names, kind, value->text);
    value->integer = (int64_t)id;
    value->unresolved = id == 0;
    return id != 0;
}

static bool looked_up(struct exchange *exchange, enum field_form form, struct value *value,
                      const struct cloud *cloud)
{
    uint64_t id = 0;
    if (form == FIELD_ACCOUNT) {
        const struct account *account = account_with_slug(&cloud->market, value->text);
        id = account ? account->id : 0;
    } else if (form == FIELD_CHIP) {
        const struct chip *chip = chip_named(&cloud->inventory, value->text);
        id = chip ? chip->id : 0;
    } else if (form == FIELD_SITE) {
        const struct site *site = site_with_slug(&cloud->inventory, value->text);
        id = site ? site->id : 0;
    } else {
        const struct node *node = node_named(&cloud->inventory, value->text);
        id = node ? node->id : 0;
    }
    if (id && form != FIELD_NODE && form != FIELD_SITE)
        names_keep(&exchange->parts->names, form == FIELD_ACCOUNT ? NAME_ACCOUNT : NAME_CHIP,
                   value->text, id);
    value->integer = (int64_t)id;
    value->unresolved = id == 0;
    return id != 0;
}

static bool refuse_name(struct exchange *exchange, enum field_form form, const char *field)
{
    if (form == FIELD_CHIP)
        return refuse_answer(&exchange->refusal, ANSWER_NO_SUCH_CHIP, field);
    return refuse(&exchange->refusal, REFUSE_NOT_FOUND, field, NULL, NULL);
}

// Every name of a table; cloud NULL: only from memory. Stops at one that is not found.
static bool resolve_table(struct exchange *exchange, const struct field *fields,
                          struct value *values, const struct cloud *cloud)
{
    for (uint32_t i = 0; i < field_count(fields); i++) {
        if (!values[i].unresolved || remembered(exchange, fields[i].form, &values[i]))
            continue;
        if (!cloud)
            return false;
        if (!looked_up(exchange, fields[i].form, &values[i], cloud))
            return refuse_name(exchange, fields[i].form, fields[i].name);
    }
    return true;
}

static bool resolve_all(struct exchange *exchange, const struct cloud *cloud)
{
    str thing = route_thing(exchange->route);
    enum field_form form = str_is(thing, S("node")) ? FIELD_NODE : FIELD_ACCOUNT;
    if (exchange->subject.unresolved && !remembered(exchange, form, &exchange->subject)) {
        if (!cloud)
            return false;
        if (!looked_up(exchange, form, &exchange->subject, cloud))
            return refuse_name(exchange, form, NULL);
    }
    return resolve_table(exchange, exchange->route->query, exchange->query, cloud) &&
           resolve_table(exchange, exchange->route->body, exchange->body, cloud);
}

// "job-17"; an account's slug and a node's name are as good.
static bool subject_read(struct exchange *exchange)
{
    str thing = route_thing(exchange->route);
    if (thing.len == 0)
        return true;
    char kind[16];
    must(str_copy(thing, kind, sizeof kind));
    bool by_name = str_is(thing, S("account")) || str_is(thing, S("node"));
    uint64_t id = 0;
    bool is_id = id_parse(exchange->thing, kind, &id) && id <= INT64_MAX;
    exchange->subject = (struct value){.present = true, .integer = (int64_t)(is_id ? id : 0)};
    exchange->subject.text = exchange->thing;
    exchange->subject.unresolved = !is_id && by_name;
    if (is_id || by_name)
        return true;
    char fix[80];
    snprintf(fix, sizeof fix, "give an id as in %s-17", kind);
    return refuse(&exchange->refusal, REFUSE_NOT_FOUND, NULL, fix, NULL);
}

static void unavailable(struct exchange *exchange)
{
    refuse(&exchange->refusal, REFUSE_UNAVAILABLE, NULL, NULL, NULL);
}

static void on_look(void *context, const struct cloud *cloud)
{
    struct exchange *exchange = context;
    if (!cloud)
        unavailable(exchange);
    else if (resolve_all(exchange, cloud) && exchange->route->look)
        exchange->route->look(exchange, cloud);
    exchange_wake(exchange);
}

// The state cannot be read just now. Some routes have more to tell than it holds.
static void unreadable(struct exchange *exchange)
{
    exchange->shown = exchange->route->view_optional;
    if (!exchange->shown)
        unavailable(exchange);
}

static enum step ask(struct exchange *exchange,
                     void (*fn)(void *context, const struct cloud *cloud))
{
    struct desk *desk = exchange->parts->config.desk;
    exchange_wait(exchange);
    if (!desk->ops->read(desk, fn, exchange)) {
        unreadable(exchange);
        exchange_wake(exchange);
    }
    return STEP_WAIT;
}

static enum step step_names(struct exchange *exchange)
{
    if (!subject_read(exchange))
        return STEP_NEXT;
    bool known = resolve_all(exchange, NULL);
    return known && !exchange->route->look ? STEP_NEXT : ask(exchange, on_look);
}

// The command -------------------------------------------------------------------------------

static void request_digests(struct exchange *exchange)
{
    str key = exchange->headers.idempotency_key;
    struct sha256 hash;
    if (key.len > 0) {
        sha256_init(&hash);
        sha256_add(&hash, (str){(const char *)&exchange->by.account, sizeof exchange->by.account});
        sha256_add(&hash, key);
        memcpy(exchange->input.request, sha256_finish(&hash).bytes, 16);
    }
    sha256_init(&hash);
    sha256_add(&hash, str_from(method_text(exchange->route->method)));
    sha256_add(&hash, S(" "));
    sha256_add(&hash, exchange->path);
    sha256_add(&hash, S("\n"));
    sha256_add(&hash, buf_str(&exchange->request));
    memcpy(exchange->input.body, sha256_finish(&hash).bytes, 16);
}

static enum step step_prepare(struct exchange *exchange)
{
    if (exchange->route->method != METHOD_GET)
        request_digests(exchange);
    exchange->input.by = exchange->by;
    if (exchange->route->prepare)
        exchange->route->prepare(exchange);
    return STEP_NEXT;
}

static enum step step_spec(struct exchange *exchange)
{
    if (exchange->spec.len == 0)
        return STEP_NEXT;
    exchange_wait(exchange);
    blob_writer_put(exchange->parts->writer, exchange);
    return STEP_WAIT;
}

static void show(struct exchange *exchange, const struct cloud *cloud)
{
    if (exchange->route->view(exchange, cloud) == VIEW_AGAIN && exchange->refusal.status == 0)
        exchange->step--;
    else
        exchange->shown = true;
}

static void on_answer(void *context, const struct desk_answer *answer)
{
    struct exchange *exchange = context;
    exchange->answer = *answer;
    exchange->answered = true;
    if (answer->answer != ANSWER_OK)
        refuse_answer(&exchange->refusal, answer->answer, answer->field);
    else if (answer->cloud && exchange->route->view)
        exchange->shown = exchange->route->view(exchange, answer->cloud) == VIEW_DONE;
    exchange->answer.cloud = NULL;
    exchange_wake(exchange);
}

// While the exchange waits.
static void put_command(struct exchange *exchange)
{
    struct desk *desk = exchange->parts->config.desk;
    if (desk->ops->submit(desk, &exchange->input, on_answer, exchange))
        return;
    unavailable(exchange);
    exchange_wake(exchange);
}

static enum step step_command(struct exchange *exchange)
{
    if (exchange->input.kind == INPUT_TICK)
        return STEP_NEXT;
    exchange_wait(exchange);
    put_command(exchange);
    return STEP_WAIT;
}

static void on_show(void *context, const struct cloud *cloud)
{
    struct exchange *exchange = context;
    if (cloud)
        show(exchange, cloud);
    else
        unreadable(exchange);
    exchange_wake(exchange);
}

static void on_show_at(void *context, const struct cloud *cloud, const struct err *err)
{
    struct exchange *exchange = context;
    if (cloud)
        show(exchange, cloud);
    else
        refuse(&exchange->refusal, REFUSE_FIELD, "at", "give a time since the journal began",
               "%.300s", err->text);
    exchange_wake(exchange);
}

static enum step show_at(struct exchange *exchange)
{
    struct desk *desk = exchange->parts->config.desk;
    exchange_wait(exchange);
    if (!desk->ops->read_at(desk, exchange->read_at_us, on_show_at, exchange)) {
        unavailable(exchange);
        exchange_wake(exchange);
    }
    return STEP_WAIT;
}

static enum step step_show(struct exchange *exchange)
{
    if (exchange->route->view && !exchange->shown && exchange->read_at_us)
        return show_at(exchange);
    return exchange->route->view && !exchange->shown ? ask(exchange, on_show) : STEP_NEXT;
}

static enum step step_finish(struct exchange *exchange)
{
    if (exchange->route->finish)
        exchange->route->finish(exchange);
    return STEP_NEXT;
}

static enum step (*const steps[])(struct exchange *exchange) = {
    step_query, step_body,    step_names, step_prepare,
    step_spec,  step_command, step_show,  step_finish,
};

// The step of the command, without a way through the server's thread: it waits on.
void flow_spec_done(struct exchange *exchange)
{
    if (!exchange->spec_kept) {
        unavailable(exchange);
        exchange_wake(exchange);
        return;
    }
    must(steps[exchange->step] == step_command);
    exchange->step++;
    put_command(exchange);
}

// A spec that no job will read: its job was refused, or it is another copy for a command that was
// answered before. A command that was not answered may still happen.
void flow_end(struct exchange *exchange)
{
    bool used =
        exchange->answered && exchange->answer.answer == ANSWER_OK && !exchange->answer.repeated;
    bool unknown = exchange->answered && exchange->answer.answer == ANSWER_UNAVAILABLE;
    if (exchange->spec_kept && !used && !unknown)
        blob_writer_remove(exchange->parts->writer, exchange->input.job.spec);
    exchange->spec_kept = false;
    exchange_end(exchange);
}

bool flow_run(struct exchange *exchange)
{
    enum { STEPS = sizeof steps / sizeof steps[0] };
    if (exchange->refusal.status == 0 && !exchange_begin(exchange))
        unavailable(exchange);
    while (exchange->step < STEPS && exchange->refusal.status == 0)
        if (steps[exchange->step++](exchange) == STEP_WAIT)
            return false;
    flow_end(exchange);
    if (exchange->answered && exchange->answer.repeated)
        exchange_header(exchange, "Idempotency-Replayed", "true");
    if (exchange->reply.overflow && exchange->refusal.status == 0)
        refuse(&exchange->refusal, REFUSE_INTERNAL, NULL, "ask for less: use limit and after",
               "the reply is too large");
    return true;
}
