#include "http/reservation_api.h"
#include "core/sched/reservation.h"
#include "http/page.h"

static bool level_choice(str text, uint32_t *ret_choice)
{
    for (uint32_t level = 0; level < TOGETHER_COUNT; level++) {
        if (!str_is(text, str_from(together_text((enum together)level))))
            continue;
        *ret_choice = level;
        return true;
    }
    return false;
}

// What both a booking and the question for the earliest say, in rows of the same places.
enum {
    NODES,
    DEVICES,
    CHIP,
    CHIP_2,
    TOGETHER,
    MUST,
    SPREAD,
    START,
    NEW_END,
    NEW_ACCOUNT,
    NEW_NAME
};
enum { ASK_FOR = NEW_END };
#define SHAPE_FIELDS                                                                             \
    [NODES] = FIELD(.name = "nodes", .form = FIELD_INTEGER, .min = 1, .max = SHAPE_NODES_MAX,    \
                    .doc = "how many nodes; 1 when not given"),                                  \
    [DEVICES] = FIELD(.name = "devices", .form = FIELD_INTEGER, .min = 1, .max = DEVICE_SET_MAX, \
                      .doc = "whole devices of each node; 1 when not given"),                    \
    [CHIP] = FIELD(.name = "chip", .form = FIELD_CHIP, .doc = "kind of device"),                 \
    [CHIP_2] = FIELD(.name = "chip_2", .form = FIELD_CHIP, .doc = "another that will do"),       \
    [TOGETHER] =                                                                                 \
        FIELD(.name = "together", .form = FIELD_CHOICE, .choice = level_choice,                  \
              .choices = "any, site, block, rack, node", .doc = "all nodes in the same one"),    \
    [MUST] = FIELD(.name = "together_must", .form = FIELD_BOOL, .doc = "not only a wish"),       \
    [SPREAD] =                                                                                   \
        FIELD(.name = "spread", .form = FIELD_CHOICE, .choice = level_choice,                    \
              .choices = "any, site, block, rack, node", .doc = "no two nodes in the same one"), \
    [START] = FIELD(.name = "start", .form = FIELD_TIME, .doc = "not before; now when not given")

const struct field reservation_new_fields[] = {
    SHAPE_FIELDS,
    [NEW_END] = FIELD(.name = "end", .form = FIELD_TIME, .required = true, .doc = "its end"),
    [NEW_ACCOUNT] =
        FIELD(.name = "account", .form = FIELD_ACCOUNT, .doc = "whose; the key's when not given"),
    [NEW_NAME] = FIELD(.name = "name", .form = FIELD_TEXT, .max = 31, .doc = "what it is for"),
    FIELD(0),
};
const struct field earliest_query[] = {
    SHAPE_FIELDS,
    [ASK_FOR] = FIELD(.name = "for_ms", .form = FIELD_INTEGER, .min = 1,
                      .max = INT64_C(1000) * 86400 * 1000,
                      .doc = "for so long, on end; an hour when not given"),
    FIELD(0),
};

enum { LIST_ACCOUNT = 2 };
const struct field reservation_list_query[] = {
    QUERY_PAGE("reservation"),
    FIELD(.name = "account", .form = FIELD_ACCOUNT, .doc = "only this account's"),
    FIELD(0),
};

const struct reply_field reply_reservation[] = {
    ROW("id", REPLY_ID, false, NULL, "reservation-3"),
    ROW("account", REPLY_ID, false, NULL, "whose it is"),
    ROW("name", REPLY_TEXT, true, NULL, "what it is for"),
    ROW("state", REPLY_TEXT, false, NULL, "booked, active, ended, cancelled, broken"),
    ROW("why", REPLY_TEXT, false, NULL, "the state in words"),
    ROW("reason", REPLY_TEXT, true, NULL, "broken: node_closed, device_closed, maintenance"),
    ROW("lost_node", REPLY_ID, true, NULL, "broken: the node that has no other"),
    ROW("nodes", REPLY_NUMBER, false, NULL, "how many nodes"),
    ROW("devices", REPLY_NUMBER, false, NULL, "whole devices of each"),
    ROW("start", REPLY_TIME, false, NULL, "its start"),
    ROW("end", REPLY_TIME, false, NULL, "its end"),
    ROW("ended", REPLY_TIME, true, NULL, "over since"),
    ROW("waiting", REPLY_NUMBER, false, NULL, "queued jobs that name it"),
    ROW("moves", REPLY_NUMBER, false, NULL, "nodes that another has taken the place of"),
    ROW("parts", REPLY_TEXTS, false, NULL, "its nodes"),
    ROW(0),
};
const struct reply_field reply_reservation_page[] = {
    ROW("items", REPLY_LIST, false, reply_reservation, "newest last"),
    ROW("next", REPLY_ID, true, NULL, "give it as after for the next page"),
    {0},
};
const struct reply_field reply_earliest[] = {
    ROW("start", REPLY_TIME, true, NULL, "null: never, as far as is known"),
    ROW(0),
};

static const char *why_text(const struct reservation *row)
{
    static const char *const texts[] = {
        [RESERVATION_BOOKED] = "its devices are locked for jobs that would still run at its start",
        [RESERVATION_ACTIVE] = "its devices are for its own jobs alone",
        [RESERVATION_ENDED] = "its time is over",
        [RESERVATION_CANCELLED] = "somebody cancelled it",
        [RESERVATION_BROKEN] = "a node of it is closed, and no other was free in its place",
    };
    return texts[row->state];
}

static void reservation_reply(struct json_out *json, const struct cloud *cloud,
                              const struct reservation *row)
{
    json_object(json);
    reply_id(json, "id", "reservation", row->id);
    reply_id(json, "account", "account", row->account);
    reply_text_or_null(json, "name", row->name);
    reply_text(json, "state", reservation_state_text((enum reservation_state)row->state));
    reply_text(json, "why", why_text(row));
    reply_text_or_null(json, "reason",
                       reservation_reason_text((enum reservation_reason)row->reason));
    reply_id(json, "lost_node", "node", row->lost_node);
    reply_number(json, "nodes", row->shape.nodes);
    reply_number(json, "devices", row->shape.devices);
    reply_time(json, "start", row->start_us);
    reply_time(json, "end", row->end_us);
    reply_time(json, "ended", row->ended_us);
    reply_number(json, "waiting", row->waiting);
    reply_number(json, "moves", row->moves);
    json_name(json, S("parts"));
    json_array(json);
    for (uint32_t i = 0; i < row->bound; i++)
        reply_id_text(json, "node", reservation_part_at(&cloud->sched, row, i)->node);
    json_end(json);
    json_end(json);
}

static void take_new(const struct value *values, struct reservation_new *new)
{
    new->shape.nodes = (uint32_t)values[NODES].integer;
    new->shape.devices = values[DEVICES].present ? (uint32_t)values[DEVICES].integer : 1;
    new->shape.chips[0] = (uint64_t)values[CHIP].integer;
    new->shape.chips[new->shape.chips[0] ? 1 : 0] = (uint64_t)values[CHIP_2].integer;
    new->shape.together = (uint32_t)values[TOGETHER].integer;
    new->shape.together_must = (uint32_t)values[MUST].integer;
    new->shape.spread = (uint32_t)values[SPREAD].integer;
    new->start_us = values[START].integer;
}

bool reservation_new_prepare(struct exchange *exchange)
{
    const struct value *body = exchange->body;
    struct reservation_new *new = &exchange->input.reservation;
    exchange->input.kind = INPUT_RESERVATION_NEW;
    take_new(body, new);
    new->end_us = body[NEW_END].integer;
    new->account =
        body[NEW_ACCOUNT].present ? (uint64_t)body[NEW_ACCOUNT].integer : exchange->by.account;
    exchange_copy(&body[NEW_NAME], new->name, sizeof new->name);
    return true;
}

bool reservation_cancel_prepare(struct exchange *exchange)
{
    exchange->input.kind = INPUT_RESERVATION_CANCEL;
    exchange->input.id = (uint64_t)exchange->subject.integer;
    return true;
}

static enum view show(struct exchange *exchange, const struct cloud *cloud, uint64_t id)
{
    const struct reservation *row = reservation_get(&cloud->sched, id);
    if (!row)
        refuse(&exchange->refusal, REFUSE_NOT_FOUND, NULL, NULL, NULL);
    if (!row || !exchange_may(exchange, row->account))
        return VIEW_DONE;
    json_out_init(&exchange->json, &exchange->reply);
    reservation_reply(&exchange->json, cloud, row);
    return VIEW_DONE;
}

enum view reservation_answer_view(struct exchange *exchange, const struct cloud *cloud)
{
    return show(exchange, cloud, exchange->answer.subject);
}

enum view reservation_show_view(struct exchange *exchange, const struct cloud *cloud)
{
    return show(exchange, cloud, (uint64_t)exchange->subject.integer);
}

static bool list_row(struct exchange *exchange, const struct cloud *cloud, const void *row)
{
    const struct reservation *reservation = row;
    uint64_t account = exchange->scratch[7];
    if (account && reservation->account != account)
        return false;
    reservation_reply(&exchange->json, cloud, reservation);
    return true;
}

enum view reservation_list_view(struct exchange *exchange, const struct cloud *cloud)
{
    if (!page_account(exchange, LIST_ACCOUNT, &exchange->scratch[7]))
        return VIEW_DONE;
    return page_show(exchange, cloud, &cloud->sched.reservations, list_row);
}

enum view earliest_view(struct exchange *exchange, const struct cloud *cloud)
{
    struct reservation_new new = {0};
    int64_t now_us = cloud_time_us(cloud), start_us = 0;
    take_new(exchange->query, &new);
    new.start_us = new.start_us > now_us ? new.start_us : now_us;
    new.end_us = new.start_us + exchange->query[ASK_FOR].integer *MS_US;
    bool known = cloud_reservation_earliest(cloud, &new, now_us, &start_us);
    json_out_init(&exchange->json, &exchange->reply);
    json_object(&exchange->json);
    reply_time(&exchange->json, "start", known ? start_us : 0);
    json_end(&exchange->json);
    return VIEW_DONE;
}
