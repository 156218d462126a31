#include "http/curtail_api.h"
#include "base/instant.h"
#include "core/inventory/site.h"
#include "http/page.h"

enum { NEW_FOR, NEW_FROM, NEW_SITE, NEW_TO, NEW_TO_W, NEW_WITHIN };
#define FOR_MS_MAX INT64_C(31622400000) // 366 days

const struct field curtail_list_query[] = {QUERY_PAGE("curtailment"), {0}};
const struct field curtail_new_fields[] = {
    FIELD(.name = "for_ms", .form = FIELD_INTEGER, .max = FOR_MS_MAX, .doc = "for so long"),
    FIELD(.name = "from", .form = FIELD_TIME, .doc = "when it begins, else now"),
    FIELD(.name = "site", .form = FIELD_SITE, .doc = "else the machines that stand in no rack"),
    FIELD(.name = "to_permille", .form = FIELD_INTEGER, .max = 1000,
          .doc = "of what the site is rated for; 1000 lifts what was said before"),
    FIELD(.name = "to_w", .form = FIELD_INTEGER, .max = INT64_C(100000000000),
          .doc = "facility watts, in place of to_permille"),
    FIELD(.name = "within_ms", .form = FIELD_INTEGER, .max = 86400000,
          .doc = "follow within so long, else 300000; up to 60000 is an emergency"),
    {0},
};
const struct reply_field reply_curtailment[] = {
    ROW("id", REPLY_ID, false, NULL, "curtailment-1"),
    ROW("site", REPLY_TEXT, true, NULL, "its slug; null: machines that stand in no rack"),
    ROW("cap_w", REPLY_NUMBER, false, NULL, "facility watts it may take"),
    ROW("permille", REPLY_NUMBER, false, NULL, "of its rating; 0: it was said in watts"),
    ROW("from", REPLY_TIME, false, NULL, "when it begins"),
    ROW("until", REPLY_TIME, true, NULL, "when it ends; null: it was lifted"),
    ROW("within_ms", REPLY_NUMBER, false, NULL, "the time to follow in"),
    ROW(0),
};
const struct reply_field reply_curtailment_page[] = {
    ROW("items", REPLY_LIST, false, reply_curtailment, "in the order of their ids"),
    ROW("next", REPLY_ID, true, NULL, "give it as after for the next page"),
    ROW(0),
};

static bool curtail_row(struct exchange *exchange, const struct cloud *cloud, const void *row)
{
    const struct curtailment *curtailment = row;
    const struct site *site = table_get(&cloud->inventory.sites, curtailment->site);
    struct json_out *json = &exchange->json;
    json_object(json);
    reply_id(json, "id", "curtailment", curtailment->id);
    reply_text_or_null(json, "site", site ? site->slug : NULL);
    reply_number(json, "cap_w", curtailment->cap_w);
    reply_number(json, "permille", curtailment->permille);
    reply_time(json, "from", curtailment->from_us);
    reply_time(json, "until", curtailment->until_us);
    reply_number(json, "within_ms", curtailment->within_ms);
    json_end(json);
    return true;
}

enum view curtail_list_view(struct exchange *exchange, const struct cloud *cloud)
{
    return page_show(exchange, cloud, &cloud->curtailments, curtail_row);
}

bool curtail_new_prepare(struct exchange *exchange)
{
    const struct value *body = exchange->body;
    struct site_curtail *ask = &exchange->input.curtail;
    if (body[NEW_TO].present == body[NEW_TO_W].present)
        return refuse(&exchange->refusal, REFUSE_FIELD, "to_permille", "give one of the two",
                      "give to_permille or to_w");
    exchange->input.kind = INPUT_SITE_CURTAIL;
    ask->site = body[NEW_SITE].present ? (uint64_t)body[NEW_SITE].integer : 0;
    ask->permille = body[NEW_TO].present ? body[NEW_TO].integer : 0;
    ask->watts = body[NEW_TO_W].present ? body[NEW_TO_W].integer : 0;
    ask->from_us = body[NEW_FROM].present ? body[NEW_FROM].integer : 0;
    ask->for_us = body[NEW_FOR].present ? body[NEW_FOR].integer * MS_US : 0;
    ask->within_ms = body[NEW_WITHIN].present ? body[NEW_WITHIN].integer : 0;
    return true;
}

// What was lifted is gone: it is shown by its id and nothing else.
enum view curtail_answer_view(struct exchange *exchange, const struct cloud *cloud)
{
    uint64_t id = exchange->answer.subject;
    const struct curtailment *row = table_get(&cloud->curtailments, id);
    json_out_init(&exchange->json, &exchange->reply);
    curtail_row(exchange, cloud, row ? row : &(struct curtailment){.id = id});
    return VIEW_DONE;
}
