#include "http/bill_api.h"
#include "base/instant.h"
#include "http/page.h"
#include "paper/invoice_json.h"
#include "paper/invoice_text.h"

const struct field bill_query[] = {
    FIELD(.name = "month", .form = FIELD_MONTH,
          .doc = "YYYY-MM in the account's zone; the month it is now when not given"),
    {0},
};
enum { NEW_MONTH, NEW_EARLY };
const struct field invoice_new_fields[] = {
    [NEW_MONTH] = FIELD(.name = "month", .form = FIELD_MONTH, .required = true,
                        .doc = "YYYY-MM in the account's zone"),
    [NEW_EARLY] =
        FIELD(.name = "early", .form = FIELD_BOOL,
              .doc = "true: also before the month's end; what comes later becomes a correction"),
    FIELD(0),
};

enum { INVOICE_ACCOUNT = 2 };
const struct field invoice_list_query[] = {
    QUERY_PAGE("invoice"),
    FIELD(.name = "account", .form = FIELD_ACCOUNT, .doc = "only this account's"),
    {0},
};

static const struct reply_field reply_invoice_row[] = {
    ROW("id", REPLY_ID, false, NULL, "invoice-1"),
    ROW("account", REPLY_ID, false, NULL, "whose"),
    ROW("month", REPLY_TEXT, false, NULL, "YYYY-MM"),
    ROW("kind", REPLY_TEXT, false, NULL, "invoice, correction, return"),
    ROW("corrects", REPLY_ID, true, NULL, "the invoice it corrects"),
    ROW("issued", REPLY_TIME, false, NULL, "when"),
    ROW("total", REPLY_OBJECT, false, reply_money, "with tax"),
    ROW(0),
};
const struct reply_field reply_invoice_page[] = {
    ROW("items", REPLY_LIST, false, reply_invoice_row, "in the order of their ids"),
    ROW("next", REPLY_ID, true, NULL, "give it as after for the next page"),
    {0},
};

enum { AS_TEXT = 6 }; // of exchange->scratch

// One media range without its parameters; q=0 counts as not wanted.
static bool range_is(str range, str type)
{
    str parameters = {0};
    str_cut(range, ';', &range, &parameters);
    return str_is(str_trim(range), type) && !str_is(str_trim(parameters), S("q=0"));
}

// The first of the two that the caller names; JSON when it names neither and takes anything.
bool bill_accept(struct exchange *exchange)
{
    str left = exchange->headers.accept;
    if (left.len == 0)
        return true;
    for (bool more = true; more;) {
        str range = left;
        more = str_cut(left, ',', &range, &left);
        if (range_is(range, S("text/plain")) || range_is(range, S("text/*"))) {
            exchange->scratch[AS_TEXT] = 1;
            exchange->media = "text/plain; charset=utf-8";
            return true;
        }
        if (range_is(range, S("application/json")) || range_is(range, S("*/*")) ||
            range_is(range, S("application/*")))
            return true;
    }
    return refuse(&exchange->refusal, REFUSE_NOT_ACCEPTABLE, NULL,
                  "ask for application/json or text/plain", NULL);
}

static struct invoice_source source_of(const struct cloud *cloud)
{
    return (struct invoice_source){&cloud->billing, &cloud->market, &cloud->inventory};
}

static void sheet_write(struct exchange *exchange, const struct invoice_sheet *sheet)
{
    if (exchange->scratch[AS_TEXT])
        invoice_text(sheet, &exchange->reply);
    else
        invoice_json(sheet, &exchange->reply);
}

static void refuse_absent(struct exchange *exchange)
{
    if (exchange->arena.full)
        refuse(&exchange->refusal, REFUSE_INTERNAL, NULL, NULL, "the invoice is too long");
    else
        refuse(&exchange->refusal, REFUSE_NOT_FOUND, NULL, NULL, NULL);
}

// The month's newest issued invoice is shown by its id; here is what would be issued now, else the
// one that was issued last for that month.
static uint64_t issued_for(const struct cloud *cloud, uint64_t account, month period)
{
    uint64_t newest = 0;
    uint32_t cursor = 0;
    for (const struct invoice *row; (row = table_step(&cloud->billing.invoices, &cursor));)
        if (row->account == account && row->period == period)
            newest = row->id;
    return newest;
}

enum view bill_view(struct exchange *exchange, const struct cloud *cloud)
{
    uint64_t id = (uint64_t)exchange->subject.integer;
    const struct account *account = table_get(&cloud->market.accounts, id);
    if (!account) {
        refuse_absent(exchange);
        return VIEW_DONE;
    }
    if (!exchange_may(exchange, id))
        return VIEW_DONE;
    month period = exchange->query[0].present ? (month)exchange->query[0].integer
                                              : month_at(account->zone, cloud_time_us(cloud));
    struct invoice_source source = source_of(cloud);
    struct invoice_sheet sheet;
    uint64_t issued = issued_for(cloud, id, period);
    if (invoice_sheet_draft(&source, id, period, &exchange->arena, &sheet) ||
        (issued && invoice_sheet_issued(&source, issued, &exchange->arena, &sheet)))
        sheet_write(exchange, &sheet);
    else if (exchange->arena.full)
        refuse_absent(exchange);
    else
        refuse_answer(&exchange->refusal, ANSWER_NOTHING_TO_BILL, "month");
    return VIEW_DONE;
}

bool invoice_new_prepare(struct exchange *exchange)
{
    if (!bill_accept(exchange))
        return false;
    exchange->input.kind = INPUT_INVOICE_ISSUE;
    exchange->input.invoice.account = (uint64_t)exchange->subject.integer;
    exchange->input.invoice.period = (month)exchange->body[NEW_MONTH].integer;
    exchange->input.invoice.early = exchange->body[NEW_EARLY].integer != 0;
    return true;
}

static enum view show_issued(struct exchange *exchange, const struct cloud *cloud, uint64_t id)
{
    struct invoice_source source = source_of(cloud);
    struct invoice_sheet sheet;
    if (invoice_sheet_issued(&source, id, &exchange->arena, &sheet))
        sheet_write(exchange, &sheet);
    else
        refuse_absent(exchange);
    return VIEW_DONE;
}

enum view invoice_new_view(struct exchange *exchange, const struct cloud *cloud)
{
    return show_issued(exchange, cloud, exchange->answer.subject);
}

static bool invoice_row(struct exchange *exchange, const struct cloud *cloud, const void *row)
{
    const struct invoice *invoice = row;
    struct json_out *json = &exchange->json;
    (void)cloud;
    if (exchange->scratch[7] && invoice->account != exchange->scratch[7])
        return false;
    json_object(json);
    reply_id(json, "id", "invoice", invoice->id);
    reply_id(json, "account", "account", invoice->account);
    reply_month_text(json, "month", invoice->period);
    reply_text(json, "kind", invoice_kind_text((enum invoice_kind)invoice->kind));
    reply_id(json, "corrects", "invoice", invoice->corrects);
    reply_time(json, "issued", invoice->issued_us);
    reply_amount(json, "total", (enum currency)invoice->currency, invoice->total);
    json_end(json);
    return true;
}

enum view invoice_list_view(struct exchange *exchange, const struct cloud *cloud)
{
    if (!page_account(exchange, INVOICE_ACCOUNT, &exchange->scratch[7]))
        return VIEW_DONE;
    return page_show(exchange, cloud, &cloud->billing.invoices, invoice_row);
}

enum view invoice_show_view(struct exchange *exchange, const struct cloud *cloud)
{
    uint64_t id = (uint64_t)exchange->subject.integer;
    const struct invoice *invoice = table_get(&cloud->billing.invoices, id);
    if (!invoice)
        refuse_absent(exchange);
    else if (exchange_may(exchange, invoice->account))
        return show_issued(exchange, cloud, id);
    return VIEW_DONE;
}
