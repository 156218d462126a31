#include "cmd/request.h"
#include <stdio.h>
#include <string.h>

enum { BODY_MAX = 1 << 20 };

void request_init(struct request *request, const char *method, const char *head, const char *name,
                  const char *tail)
{
    *request = (struct request){.method = method};
    buf_init(&request->path, FETCH_URL_MAX);
    buf_init(&request->body, BODY_MAX);
    api_path(&request->path, head, name, tail);
    json_out_init(&request->out, &request->body);
    json_object(&request->out);
}

void request_text(struct request *request, const char *name, const char *value)
{
    if (!value)
        return;
    if (!str_is_utf8(str_from(value))) {
        request->not_utf8 = name;
        return;
    }
    json_name(&request->out, str_from(name));
    json_text(&request->out, str_from(value));
}

void request_number(struct request *request, const char *name, int64_t value)
{
    json_name(&request->out, str_from(name));
    json_i64(&request->out, value);
}

void request_null(struct request *request, const char *name)
{
    json_name(&request->out, str_from(name));
    json_null(&request->out);
}

static int send_once(struct request *request, const struct invocation *invocation,
                     struct call_answer *answer)
{
    struct api api;
    struct err err;
    *answer = (struct call_answer){0};
    if (request->not_utf8) {
        err_set(&err, "%s: not UTF-8", request->not_utf8);
        api_fail(invocation, &err);
        return EXIT_USE;
    }
    json_end(&request->out);
    int code = api_open(&api, invocation);
    if (code != EXIT_DONE)
        return code;
    // A request without members has no body, for those that take none (DELETE).
    bool empty = str_is(buf_str(&request->body), S("{}")) && strcmp(request->method, "POST") != 0;
    code = api_send(&api, request->method, empty ? S("") : buf_str(&request->body),
                    buf_str(&request->path), answer);
    api_close(&api);
    return code;
}

static void finish(struct request *request, struct call_answer *answer)
{
    call_answer_finish(answer);
    buf_finish(&request->path);
    buf_finish(&request->body);
}

int request_show(struct request *request, const struct invocation *invocation,
                 const struct show_field *fields)
{
    struct call_answer answer;
    int code = send_once(request, invocation, &answer);
    if (code == EXIT_DONE && answer.json)
        show_thing(invocation, answer.json, fields);
    finish(request, &answer);
    return code;
}

int request_quiet(struct request *request, const struct invocation *invocation, const char *done)
{
    struct call_answer answer;
    int code = send_once(request, invocation, &answer);
    if (code == EXIT_DONE && invocation->json && answer.json)
        show_json(answer.json);
    else if (code == EXIT_DONE && !invocation->quiet && !invocation->json)
        fprintf(stderr, "%s\n", done);
    finish(request, &answer);
    return code;
}
