#include "http/price_api.h"
#include "http/account_api.h"
#include "http/page.h"

static bool class_choice(str text, uint32_t *ret_choice)
{
    for (uint32_t class = 0; class < LEASE_CLASS_COUNT; class ++) {
        if (!str_is(text, str_from(lease_class_text(class))))
            continue;
        *ret_choice = class;
        return true;
    }
    return false;
}

enum { NEW_CHIP, NEW_PER_HOUR, NEW_CURRENCY, NEW_CLASS, NEW_TAX };
const struct field price_new_fields[] = {
    [NEW_CHIP] =
        FIELD(.name = "chip", .form = FIELD_CHIP, .required = true, .doc = "kind of device"),
    [NEW_PER_HOUR] =
        FIELD(.name = "per_device_hour", .form = FIELD_DECIMAL, .required = true, .max = 10,
              .doc = "for one device and hour, without tax, up to 10 digits behind the "
                     "point"),
    [NEW_CURRENCY] = FIELD(.name = "currency", .form = FIELD_CHOICE, .choice = currency_choice,
                           .choices = "JPY, USD", .doc = "JPY when not given"),
    [NEW_CLASS] = FIELD(.name = "class", .form = FIELD_CHOICE, .choice = class_choice,
                        .choices = "reserved, on_demand, spot, interruptible",
                        .doc = "on_demand when not given"),
    [NEW_TAX] = FIELD(.name = "tax_permille", .form = FIELD_INTEGER, .max = 1000,
                      .doc = "tax in thousandths; 100 (10 %) when not given"),
    FIELD(0),
};

enum { PRICE_CHIP = 2, PRICE_IN_FORCE };
const struct field price_list_query[] = {
    QUERY_PAGE("price"),
    FIELD(.name = "chip", .form = FIELD_CHIP, .doc = "only of this kind of device"),
    FIELD(.name = "in_force", .form = FIELD_BOOL, .doc = "true: only those in force"),
    FIELD(0),
};

const struct reply_field reply_price[] = {
    ROW("id", REPLY_ID, false, NULL, "price-4"),
    ROW("chip", REPLY_TEXT, true, NULL, "kind of device"),
    ROW("class", REPLY_TEXT, false, NULL, "reserved, on_demand, spot, interruptible"),
    ROW("per_device_hour", REPLY_AMOUNT, false, NULL, "for one device and hour, without tax"),
    ROW("currency", REPLY_TEXT, false, NULL, "ISO 4217"),
    ROW("tax_permille", REPLY_NUMBER, false, NULL, "100 is 10 %"),
    ROW("from", REPLY_TIME, false, NULL, "in force since"),
    ROW("until", REPLY_TIME, true, NULL, "null: in force"),
    {0},
};
const struct reply_field reply_price_page[] = {
    ROW("items", REPLY_LIST, false, reply_price, "in the order of their ids"),
    ROW("next", REPLY_ID, true, NULL, "give it as after for the next page"),
    {0},
};

static void price_reply(struct json_out *json, const struct cloud *cloud, const struct price *price)
{
    const struct chip *chip = table_get(&cloud->inventory.chips, price->chip);
    json_object(json);
    reply_id(json, "id", "price", price->id);
    reply_text_or_null(json, "chip", chip ? chip->name : NULL);
    reply_text(json, "class", lease_class_text((enum lease_class)price->class));
    reply_decimal(json, "per_device_hour", (decimal){price->value, price->scale});
    json_name(json, S("currency"));
    json_text(json, currency_code((enum currency)price->currency));
    reply_number(json, "tax_permille", price->tax_permille);
    reply_time(json, "from", price->from_us);
    reply_time(json, "until", price->until_us);
    json_end(json);
}

static bool price_row(struct exchange *exchange, const struct cloud *cloud, const void *row)
{
    const struct price *price = row;
    const struct value *chip = &exchange->query[PRICE_CHIP];
    if ((chip->present && price->chip != (uint64_t)chip->integer) ||
        (exchange->query[PRICE_IN_FORCE].integer && price->until_us))
        return false;
    price_reply(&exchange->json, cloud, price);
    return true;
}

enum view price_list_view(struct exchange *exchange, const struct cloud *cloud)
{
    return page_show(exchange, cloud, &cloud->market.prices, price_row);
}

bool price_new_prepare(struct exchange *exchange)
{
    const struct value *body = exchange->body;
    struct price_new *price = &exchange->input.price;
    if (body[NEW_PER_HOUR].number.value < 0)
        return refuse(&exchange->refusal, REFUSE_FIELD, "per_device_hour", "give 0 or more",
                      "per_device_hour is negative");
    exchange->input.kind = INPUT_PRICE_SET;
    price->chip = (uint64_t)body[NEW_CHIP].integer;
    price->value = body[NEW_PER_HOUR].number;
    price->currency =
        body[NEW_CURRENCY].present ? (uint32_t)body[NEW_CURRENCY].integer : CURRENCY_JPY;
    price->class = body[NEW_CLASS].present ? (uint32_t)body[NEW_CLASS].integer : LEASE_ON_DEMAND;
    price->tax_permille = body[NEW_TAX].present ? (uint32_t)body[NEW_TAX].integer : 100;
    return true;
}

enum view price_answer_view(struct exchange *exchange, const struct cloud *cloud)
{
    const struct price *price = table_get(&cloud->market.prices, exchange->answer.subject);
    if (!price) {
        refuse(&exchange->refusal, REFUSE_GONE, NULL, NULL, NULL);
        return VIEW_DONE;
    }
    json_out_init(&exchange->json, &exchange->reply);
    price_reply(&exchange->json, cloud, price);
    return VIEW_DONE;
}
