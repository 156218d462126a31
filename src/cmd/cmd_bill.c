#include "cmd/commands_all.h"
#include "cmd/request.h"
#include <stdio.h>

// Prints what a path answers: the text invoice for a person, JSON for a program.
static int print_document(const struct invocation *invocation, str path)
{
    struct api api;
    int code = api_open(&api, invocation);
    if (code != EXIT_DONE)
        return code;
    struct call call = {
        .path = path, .accept = invocation->json ? S("") : S("text/plain, application/json;q=0.1")};
    struct call_answer answer;
    code = api_call(&api, &call, &answer);
    if (code == EXIT_DONE && answer.json)
        show_json(answer.json);
    else if (code == EXIT_DONE)
        fwrite(answer.reply.body.ptr, 1, answer.reply.body.len, stdout);
    call_answer_finish(&answer);
    api_close(&api);
    return code;
}

// Issues the month's invoice and prints it as issued.
static int issue(const struct invocation *invocation, const char *account, const char *month)
{
    bool early = options_flag(&invocation->options, "early");
    struct api api;
    struct call_answer answer;
    struct request request;
    struct buf path;
    int code = api_open(&api, invocation);
    if (code != EXIT_DONE)
        return code;
    request_init(&request, "POST", "/api/v1/accounts/", account, "/invoices");
    if (early)
        json_name(&request.out, S("early")), json_bool(&request.out, true);
    request_text(&request, "month", month);
    json_end(&request.out);
    code = api_send(&api, "POST", buf_str(&request.body), buf_str(&request.path), &answer);
    api_close(&api);
    if (code == EXIT_DONE) {
        char id[64];
        str_copy(api_text(answer.json, "id"), id, sizeof id);
        buf_init(&path, FETCH_URL_MAX);
        api_path(&path, "/api/v1/invoices/", id, NULL);
        code = print_document(invocation, buf_str(&path));
        buf_finish(&path);
    }
    call_answer_finish(&answer);
    buf_finish(&request.path);
    buf_finish(&request.body);
    return code;
}

int cmd_bill(struct invocation *invocation)
{
    const struct options *options = &invocation->options;
    const char *account = options_text(options, "account"), *month = options_text(options, "month");
    if (options_flag(options, "issue"))
        return issue(invocation, account, month);
    struct buf path;
    buf_init(&path, FETCH_URL_MAX);
    api_path(&path, "/api/v1/accounts/", account, "/bill");
    api_query(&path, "month", month);
    int code = print_document(invocation, buf_str(&path));
    buf_finish(&path);
    return code;
}

int cmd_invoice_list(struct invocation *invocation)
{
    static const struct show_field fields[] = {
        {"INVOICE", "id",      SHOW_TEXT },
        {"ACCOUNT", "account", SHOW_TEXT },
        {"MONTH",   "month",   SHOW_TEXT },
        {"ISSUED",  "issued",  SHOW_TIME },
        {"TOTAL",   "total",   SHOW_MONEY},
        {NULL,      NULL,      SHOW_TEXT },
    };
    struct buf path;
    buf_init(&path, FETCH_URL_MAX);
    buf_add(&path, S("/api/v1/invoices"));
    api_query(&path, "account", options_text(&invocation->options, "account"));
    int code = show_list(invocation, buf_str(&path), fields, "no invoices");
    buf_finish(&path);
    return code;
}

int cmd_invoice_show(struct invocation *invocation)
{
    struct buf path;
    buf_init(&path, FETCH_URL_MAX);
    api_path(&path, "/api/v1/invoices/", invocation->options.words[0], NULL);
    int code = print_document(invocation, buf_str(&path));
    buf_finish(&path);
    return code;
}
