#include "http/account_api.h"
#include "base/instant.h"
#include "http/page.h"

bool currency_choice(str text, uint32_t *ret_choice)
{
    enum currency currency;
    if (!currency_parse(text, &currency))
        return false;
    *ret_choice = currency;
    return true;
}

enum { NEW_SLUG, NEW_NAME, NEW_TAX_ID, NEW_CURRENCY, NEW_ZONE, NEW_PARENT };
const struct field account_new_fields[] = {
    [NEW_SLUG] = FIELD(.name = "slug", .form = FIELD_TEXT, .required = true, .min = 1, .max = 31,
                       .doc = "1 to 31 of a-z, 0-9 and -, beginning with a letter"),
    [NEW_NAME] = FIELD(.name = "name", .form = FIELD_TEXT, .required = true, .min = 1, .max = 95,
                       .doc = "as it stands on invoices"),
    [NEW_TAX_ID] = FIELD(.name = "tax_id", .form = FIELD_TEXT, .nullable = true, .max = 14,
                         .doc = "registration number: T and 13 digits"),
    [NEW_CURRENCY] = FIELD(.name = "currency", .form = FIELD_CHOICE, .choice = currency_choice,
                           .choices = "JPY, USD", .doc = "JPY when not given"),
    [NEW_ZONE] = FIELD(.name = "zone", .form = FIELD_CHOICE, .choice = zone_parse,
                       .choices = "UTC, Asia/Tokyo and other IANA names",
                       .doc = "whose months it is billed by; Asia/Tokyo when not given"),
    [NEW_PARENT] = FIELD(.name = "parent", .form = FIELD_ACCOUNT, .nullable = true,
                         .doc = "the account above it"),
    {0},
};

const struct field account_list_query[] = {QUERY_PAGE("account"), {0}};

enum { LIMIT_DEVICES, LIMIT_MONTH, LIMIT_QUOTA };
const struct field limit_fields[] = {
    [LIMIT_DEVICES] = FIELD(.name = "devices", .form = FIELD_INTEGER, .nullable = true,
                            .max = 1000000000, .doc = "most devices at once; null: no limit"),
    [LIMIT_MONTH] =
        FIELD(.name = "month", .form = FIELD_TEXT, .nullable = true, .min = 1, .max = 40,
              .doc = "most money a month, in major units: \"50000\"; null: no limit"),
    [LIMIT_QUOTA] = FIELD(.name = "quota", .form = FIELD_INTEGER, .max = 1000000000,
                          .doc = "nominal quota: devices it may count on; 0: none"),
    {0},
};

const struct field balance_query[] = {
    FIELD(.name = "at", .form = FIELD_TIME, .doc = "as it was at that time; now when not given"),
    {0},
};

static const struct reply_field reply_month[] = {
    ROW("period", REPLY_TEXT, false, NULL, "the account's month, YYYY-MM"),
    ROW("spent", REPLY_OBJECT, false, reply_money, "charged in it so far, without tax"),
    {0},
};
const struct reply_field reply_account[] = {
    ROW("id", REPLY_ID, false, NULL, "account-2"),
    ROW("slug", REPLY_TEXT, false, NULL, "its short name"),
    ROW("name", REPLY_TEXT, false, NULL, "as it stands on invoices"),
    ROW("tax_id", REPLY_TEXT, true, NULL, "registration number"),
    ROW("currency", REPLY_TEXT, false, NULL, "ISO 4217"),
    ROW("zone", REPLY_TEXT, false, NULL, "IANA name"),
    ROW("parent", REPLY_ID, true, NULL, "the account above it"),
    ROW("devices_leased", REPLY_NUMBER, false, NULL, "devices it holds now, shares added up"),
    ROW("milli_leased", REPLY_NUMBER, false, NULL, "the same in thousandths of a device"),
    ROW("devices_max", REPLY_NUMBER, true, NULL, "its limit of devices; null: none"),
    ROW("month_max", REPLY_OBJECT, true, reply_money, "its money limit a month; null: none"),
    ROW("quota", REPLY_NUMBER, false, NULL, "devices it may count on (nominal quota); 0: none"),
    ROW("month", REPLY_OBJECT, false, reply_month, "the month it is now in its zone"),
    ROW("jobs_queued", REPLY_NUMBER, false, NULL, "jobs that wait"),
    ROW("created", REPLY_TIME, false, NULL, "since"),
    ROW(0),
};
const struct reply_field reply_account_page[] = {
    ROW("items", REPLY_LIST, false, reply_account, "in the order of their ids"),
    ROW("next", REPLY_ID, true, NULL, "give it as after for the next page"),
    {0},
};
static const struct reply_field reply_book[] = {
    ROW("book", REPLY_ID, false, NULL, "book-4"),
    ROW("role", REPLY_TEXT, false, NULL, "used, held, energy_used, unbilled, receivable, …"),
    ROW("commodity", REPLY_TEXT, false, NULL, "JPY (minor units), device_ms:chip-1, J"),
    ROW("debit", REPLY_BIG, false, NULL, "all that came in"),
    ROW("credit", REPLY_BIG, false, NULL, "all that went out"),
    ROW("balance", REPLY_BIG, false, NULL, "debit - credit"),
    ROW(0),
};
const struct reply_field reply_balance[] = {
    ROW("account", REPLY_ID, false, NULL, "whose"),
    ROW("time", REPLY_TIME, false, NULL, "of the state it was read from"),
    ROW("books", REPLY_LIST, false, reply_book, "in the order they were opened"),
    ROW("month", REPLY_OBJECT, false, reply_month, "the month it was then in its zone"),
    ROW(0),
};

static void reply_month_of(struct json_out *json, const struct cloud *cloud,
                           const struct account *account)
{
    month now = month_at(account->zone, cloud_time_us(cloud));
    json_name(json, S("month"));
    json_object(json);
    reply_month_text(json, "period", now);
    reply_amount(json, "spent", account->currency,
                 billing_spent(&cloud->billing, account->id, now));
    json_end(json);
}

static void account_reply(struct json_out *json, const struct cloud *cloud,
                          const struct account *account)
{
    json_object(json);
    reply_id(json, "id", "account", account->id);
    reply_text(json, "slug", account->slug);
    reply_text(json, "name", account->name);
    reply_text_or_null(json, "tax_id", account->tax_id);
    json_name(json, S("currency"));
    json_text(json, currency_code(account->currency));
    json_name(json, S("zone"));
    json_text(json, zone_name(account->zone));
    reply_id(json, "parent", "account", account->parent);
    reply_number(json, "devices_leased", (account->milli_leased + MILLI_WHOLE - 1) / MILLI_WHOLE);
    reply_number(json, "milli_leased", account->milli_leased);
    if (account->devices_max == NO_LIMIT)
        reply_null(json, "devices_max");
    else
        reply_number(json, "devices_max", account->devices_max);
    if (account->month_minor_max == NO_LIMIT)
        reply_null(json, "month_max");
    else
        reply_amount(json, "month_max", account->currency, account->month_minor_max);
    reply_number(json, "quota", account->nominal_milli / MILLI_WHOLE);
    reply_month_of(json, cloud, account);
    reply_number(json, "jobs_queued", account->queued);
    reply_time(json, "created", account->created_us);
    json_end(json);
}

static bool account_row(struct exchange *exchange, const struct cloud *cloud, const void *row)
{
    const struct account *account = row;
    if (!exchange_sees_all(exchange) && account->id != exchange->by.account)
        return false;
    account_reply(&exchange->json, cloud, account);
    return true;
}

enum view account_list_view(struct exchange *exchange, const struct cloud *cloud)
{
    return page_show(exchange, cloud, &cloud->market.accounts, account_row);
}

// May the caller see it? Looked at with the right to read, whatever the route is for.
static const struct account *account_seen(struct exchange *exchange, const struct cloud *cloud,
                                          uint64_t id)
{
    const struct account *account = table_get(&cloud->market.accounts, id);
    if (account)
        return exchange_may_do(exchange, ACTION_READ_OWN, id) ? account : NULL;
    refuse(&exchange->refusal, REFUSE_NOT_FOUND, NULL, NULL, NULL);
    return NULL;
}

static enum view show_account(struct exchange *exchange, const struct cloud *cloud, uint64_t id)
{
    const struct account *account = account_seen(exchange, cloud, id);
    json_out_init(&exchange->json, &exchange->reply);
    if (account)
        account_reply(&exchange->json, cloud, account);
    return VIEW_DONE;
}

enum view account_show_view(struct exchange *exchange, const struct cloud *cloud)
{
    return show_account(exchange, cloud, (uint64_t)exchange->subject.integer);
}

bool account_new_prepare(struct exchange *exchange)
{
    const struct value *body = exchange->body;
    struct account_new *account = &exchange->input.account;
    if (!account_slug_valid(body[NEW_SLUG].text))
        return refuse(&exchange->refusal, REFUSE_FIELD, "slug",
                      "use 1 to 31 of a-z, 0-9 and -, beginning with a letter",
                      "slug is not a short name");
    uint32_t zone = 0;
    zone_parse(S("Asia/Tokyo"), &zone);
    exchange->input.kind = INPUT_ACCOUNT_NEW;
    account->parent = (uint64_t)body[NEW_PARENT].integer;
    exchange_copy(&body[NEW_SLUG], account->slug, sizeof account->slug);
    exchange_copy(&body[NEW_NAME], account->name, sizeof account->name);
    exchange_copy(&body[NEW_TAX_ID], account->tax_id, sizeof account->tax_id);
    account->currency =
        body[NEW_CURRENCY].present ? (uint32_t)body[NEW_CURRENCY].integer : CURRENCY_JPY;
    account->zone = body[NEW_ZONE].present ? (uint32_t)body[NEW_ZONE].integer : zone;
    return true;
}

enum view account_answer_view(struct exchange *exchange, const struct cloud *cloud)
{
    bool limits = exchange->input.kind == INPUT_LIMIT_SET;
    return show_account(exchange, cloud,
                        limits ? exchange->input.limit.account : exchange->answer.subject);
}

enum { LOOK_CURRENCY }; // of exchange->scratch
void limit_look(struct exchange *exchange, const struct cloud *cloud)
{
    const struct account *account =
        table_get(&cloud->market.accounts, (uint64_t)exchange->subject.integer);
    if (account)
        exchange->scratch[LOOK_CURRENCY] = account->currency;
    else
        refuse(&exchange->refusal, REFUSE_NOT_FOUND, NULL, NULL, NULL);
}

static bool month_minor(struct exchange *exchange, const struct value *value, int64_t *ret_minor)
{
    enum currency own = (enum currency)exchange->scratch[LOOK_CURRENCY], given;
    if (value->is_null) {
        *ret_minor = NO_LIMIT;
        return true;
    }
    if (money_parse(value->text, own, &given, ret_minor) && given == own && *ret_minor >= 0)
        return true;
    return refuse(&exchange->refusal, REFUSE_FIELD, "month",
                  "give an amount of the account's currency in major units, as in \"50000\"",
                  "month is not an amount of %.*s", STR(currency_code(own)));
}

bool limit_prepare(struct exchange *exchange)
{
    const struct value *devices = &exchange->body[LIMIT_DEVICES],
                       *money = &exchange->body[LIMIT_MONTH], *quota = &exchange->body[LIMIT_QUOTA];
    struct limit_new *limit = &exchange->input.limit;
    if (!devices->present && !money->present && !quota->present)
        return refuse(&exchange->refusal, REFUSE_MISSING_FIELD, "devices",
                      "give devices, month or quota", "no limit is given");
    if (money->present && !month_minor(exchange, money, &limit->month_minor_max))
        return false;
    exchange->input.kind = INPUT_LIMIT_SET;
    limit->account = (uint64_t)exchange->subject.integer;
    limit->set_devices = devices->present;
    limit->set_month = money->present;
    limit->set_nominal = quota->present;
    limit->nominal_devices = quota->integer;
    limit->devices_max = devices->is_null ? NO_LIMIT : devices->integer;
    return true;
}

static void book_reply(struct json_out *json, const struct book *book)
{
    struct buf what;
    buf_init(&what, 64);
    commodity_text(book->commodity, &what);
    json_object(json);
    reply_id(json, "book", "book", book->id);
    reply_text(json, "role", book_role_text(book->role));
    reply_text(json, "commodity", buf_cstr(&what));
    reply_big(json, "debit", book->debit);
    reply_big(json, "credit", book->credit);
    reply_big(json, "balance", book->debit - book->credit);
    json_end(json);
    buf_finish(&what);
}

// Books of an account; those of a chip have the chip as owner, so the role says whose it is.
static bool book_is_of(const struct book *book, uint64_t account)
{
    switch ((enum book_role)book->role) {
    case BOOK_USED:
    case BOOK_HELD:
    case BOOK_ENERGY_USED:
    case BOOK_UNBILLED:
    case BOOK_RECEIVABLE:
        return book->owner == account;
    case BOOK_SUPPLY:
    case BOOK_IDLE:
    case BOOK_CLOSED:
    case BOOK_FAULTY:
    case BOOK_DARK:
    case BOOK_ENERGY_SOURCE:
    case BOOK_REVENUE:
    case BOOK_TAX:
    case BOOK_ROLE_COUNT:
        break;
    }
    return account == ACCOUNT_HOUSE; // what is nobody else's is the house's
}

bool balance_prepare(struct exchange *exchange)
{
    exchange->read_at_us = exchange->query[0].integer;
    if (!exchange->query[0].present || exchange->read_at_us > 0)
        return true;
    return refuse(&exchange->refusal, REFUSE_FIELD, "at", "give a time since the journal began",
                  "at is before the journal began");
}

enum view balance_view(struct exchange *exchange, const struct cloud *cloud)
{
    const struct account *account =
        account_seen(exchange, cloud, (uint64_t)exchange->subject.integer);
    struct json_out *json = &exchange->json;
    if (!account)
        return VIEW_DONE;
    json_out_init(json, &exchange->reply);
    json_object(json);
    reply_id(json, "account", "account", account->id);
    reply_time(json, "time", cloud_time_us(cloud));
    json_name(json, S("books"));
    json_array(json);
    uint32_t cursor = 0;
    for (const struct book *book; (book = table_step(&cloud->ledger.books, &cursor));)
        if (book_is_of(book, account->id))
            book_reply(json, book);
    json_end(json);
    reply_month_of(json, cloud, account);
    json_end(json);
    return VIEW_DONE;
}
