#include "cmd/api.h"
#include <stdio.h>
#include <string.h>

enum { PATH_MAX_BYTES = 4096 };

int api_open(struct api *api, const struct invocation *invocation)
{
    const struct options *options = &invocation->options;
    struct connection_wish wish = {
        .url = options_text(options, "url"),
        .key = options_text(options, "key"),
        .data = options_text(options, "data"),
        .ca = options_text(options, "ca"),
    };
    struct err err;
    *api = (struct api){.invocation = invocation};
    if (!connection_find(&wish, &api->connection, &err)) {
        api_fail(invocation, &err);
        return EXIT_NO_SERVER;
    }
    if (api->connection.key[0])
        return EXIT_DONE;
    err_set(&err, "no access key for %s: give --key or TATARA_KEY", api->connection.url);
    api_fail(invocation, &err);
    return EXIT_NOT_ALLOWED;
}

void api_close(struct api *api)
{
    connection_forget(&api->connection);
}

// --- errors ---

static void print_safe(FILE *out, str text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (c < ' ' || c == 0x7f)
            fprintf(out, "\\x%02x", c);
        else
            fputc(c, out);
    }
}

static void complain_text(const struct refusal *refusal)
{
    fputs("error: ", stderr);
    print_safe(stderr, refusal->message);
    if (refusal->field.len > 0) {
        fputs(" (field ", stderr);
        print_safe(stderr, refusal->field);
        fputs(")", stderr);
    }
    if (refusal->fix.len > 0) {
        fputs("\n  fix: ", stderr);
        print_safe(stderr, refusal->fix);
    }
    fputc('\n', stderr);
}

static void member_or_null(struct json_out *out, str name, str text)
{
    json_name(out, name);
    if (text.len > 0)
        json_text(out, text);
    else
        json_null(out);
}

static void complain_json(const struct refusal *refusal)
{
    struct buf buf;
    struct json_out out;
    buf_init(&buf, 1 << 20);
    json_out_init(&out, &buf);
    json_object(&out);
    json_name(&out, S("code"));
    json_text(&out, refusal->code);
    member_or_null(&out, S("field"), refusal->field);
    member_or_null(&out, S("fix"), refusal->fix);
    json_name(&out, S("message"));
    json_text(&out, refusal->message);
    json_end(&out);
    fprintf(stderr, "%.*s\n", STR(buf_str(&buf)));
    buf_finish(&buf);
}

static void complain(const struct invocation *invocation, const struct refusal *refusal)
{
    fflush(stdout);
    if (invocation->json)
        complain_json(refusal);
    else
        complain_text(refusal);
}

int api_fail(const struct invocation *invocation, const struct err *err)
{
    struct refusal refusal = {.code = S("failed"), .message = str_from(err->text)};
    complain(invocation, &refusal);
    return EXIT_REFUSED;
}

int api_complain(const struct invocation *invocation, const struct call_answer *answer,
                 const struct err *err)
{
    struct refusal refusal = answer->refusal;
    if (refusal.message.len == 0)
        refusal = (struct refusal){.code = answer->end == CALL_NO_SERVER ? S("no_server")
                                                                         : S("unavailable"),
                                   .message = str_from(err->text)};
    complain(invocation, &refusal);
    if (answer->status == 401 || answer->status == 403)
        return EXIT_NOT_ALLOWED;
    if (answer->status == 404)
        return EXIT_NOT_FOUND;
    return answer->end == CALL_REFUSED || answer->status >= 500 ? EXIT_REFUSED : EXIT_NO_SERVER;
}

// --- calls ---

int api_call(struct api *api, const struct call *call, struct call_answer *ret_answer)
{
    struct err err;
    if (call_run(&api->connection, call, ret_answer, &err))
        return EXIT_DONE;
    if (ret_answer->end == CALL_UNAVAILABLE) {
        api_complain(api->invocation, ret_answer, &err);
        return EXIT_NO_SERVER;
    }
    return api_complain(api->invocation, ret_answer, &err);
}

void api_path(struct buf *out, const char *head, const char *name, const char *tail)
{
    buf_add(out, str_from(head));
    call_escape(out, str_from(name));
    buf_add(out, str_from(tail));
}

void api_query(struct buf *path, const char *name, const char *value)
{
    if (!value)
        return;
    bool first = !path->ptr || !memchr(path->ptr, '?', path->len);
    buf_byte(path, first ? '?' : '&');
    buf_add(path, str_from(name));
    buf_byte(path, '=');
    call_escape(path, str_from(value));
}

int api_get(struct api *api, const char *head, const char *name, const char *tail,
            struct call_answer *ret_answer)
{
    struct buf path;
    buf_init(&path, PATH_MAX_BYTES);
    api_path(&path, head, name, tail);
    struct call call = {.path = buf_str(&path)};
    int code = api_call(api, &call, ret_answer);
    buf_finish(&path);
    return code;
}

int api_send(struct api *api, const char *method, str body, str path,
             struct call_answer *ret_answer)
{
    struct call call = {.method = str_from(method), .path = path, .body = body};
    return api_call(api, &call, ret_answer);
}

// --- answers ---

const struct json *api_member(const struct json *object, const char *path)
{
    str rest = str_from(path), name;
    while (str_cut(rest, '.', &name, &rest))
        object = json_member(object, name);
    return json_member(object, rest);
}

str api_text(const struct json *object, const char *name)
{
    const struct json *member = api_member(object, name);
    return member && member->kind == JSON_TEXT ? member->text : S("");
}

int64_t api_number(const struct json *object, const char *name, int64_t otherwise)
{
    const struct json *member = api_member(object, name);
    int64_t value;
    if (member && member->kind == JSON_INTEGER)
        return member->integer;
    if (member && member->kind == JSON_TEXT && str_to_i64(member->text, &value))
        return value;
    return otherwise;
}
