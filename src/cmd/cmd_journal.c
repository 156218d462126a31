#include "base/instant.h"
#include "cmd/api.h"
#include "cmd/commands_all.h"
#include "cmd/show.h"
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>

enum { PAGE = 1000 };

// --- list: a line an event, oldest first ---

static void print_event(const struct invocation *invocation, const struct json *event)
{
    if (invocation->json) {
        show_json(event);
        return;
    }
    struct buf text;
    struct err err;
    buf_init(&text, 256 * 1024);
    instant_text(api_number(event, "time_us", 0), &text);
    printf("%8" PRId64 "  %-27.*s  ", api_number(event, "seq", 0), STR(buf_str(&text)));
    str kind = api_text(event, "kind");
    printf("%-16.*s", STR(kind));
    for (const struct json *member = event->first; member; member = member->next) {
        if (str_is(member->name, S("kind")) || str_is(member->name, S("seq")) ||
            str_is(member->name, S("time_us")))
            continue;
        buf_clear(&text);
        if (member->kind == JSON_TEXT)
            buf_add(&text, member->text);
        else
            json_write_canonical(member, &text, &err);
        printf("  %.*s=", STR(member->name));
        show_safe(buf_str(&text), stdout);
    }
    putchar('\n');
    buf_finish(&text);
}

// One page; false when it was the last.
static bool print_page(struct api *api, int64_t *after, int64_t *left, int *ret_code)
{
    char path[128];
    int64_t most = *left < PAGE ? *left : PAGE;
    int len = *after < 0
                  ? snprintf(path, sizeof path, "/api/v1/journal?limit=%" PRId64, most)
                  : snprintf(path, sizeof path, "/api/v1/journal?limit=%" PRId64 "&after=%" PRId64,
                             most, *after);
    struct call call = {
        .path = {path, (size_t)len}
    };
    struct call_answer answer;
    *ret_code = api_call(api, &call, &answer);
    int64_t next = -1;
    const struct json *items = *ret_code == EXIT_DONE ? api_member(answer.json, "items") : NULL;
    for (const struct json *event = items ? items->first : NULL; event; event = event->next) {
        print_event(api->invocation, event);
        *left -= 1;
    }
    if (items && items->count > 0)
        next = api_number(answer.json, "next", -1);
    call_answer_finish(&answer);
    *after = next;
    return next >= 0 && *left > 0;
}

int cmd_journal_list(struct invocation *invocation)
{
    const struct options *options = &invocation->options;
    int64_t after = options_number(options, "after", -1);
    int64_t left = options_number(options, "limit", INT64_MAX);
    struct api api;
    int code = api_open(&api, invocation);
    if (code != EXIT_DONE)
        return code;
    while (print_page(&api, &after, &left, &code))
        continue;
    api_close(&api);
    return code;
}

// --- follow ---

static volatile sig_atomic_t interrupted;

static void on_interrupt(int signal)
{
    (void)signal;
    interrupted = 1;
}

static bool keep_on(void *context)
{
    (void)context;
    return !interrupted;
}

static bool take(void *context, const struct sse_event *event)
{
    const struct invocation *invocation = context;
    struct arena arena;
    const struct json *line;
    struct err err;
    arena_init(&arena, 16 << 20);
    bool good = json_read(event->data, SSE_DATA_MAX, &arena, &line, &err);
    if (good)
        print_event(invocation, line);
    arena_finish(&arena);
    return fflush(stdout) == 0 && good;
}

int cmd_journal_follow(struct invocation *invocation)
{
    struct api api;
    int code = api_open(&api, invocation);
    if (code != EXIT_DONE)
        return code;
    struct sigaction action = {.sa_handler = on_interrupt};
    sigaction(SIGINT, &action, NULL);
    char after[32] = "";
    const struct option_value *wanted = options_find(&invocation->options, "after");
    if (wanted)
        snprintf(after, sizeof after, "?after=%" PRId64, wanted->number);
    struct buf path;
    buf_init(&path, FETCH_URL_MAX);
    buf_add(&path, S("/api/v1/journal/follow"));
    buf_add(&path, str_from(after));
    struct stream stream = {
        .path = buf_str(&path), .take = take, .keep_on = keep_on, .context = invocation};
    struct call_answer answer;
    struct err err;
    if (stream_run(&api.connection, &stream, &answer, &err) != STREAM_STOPPED)
        code = api_complain(invocation, &answer, &err);
    call_answer_finish(&answer);
    buf_finish(&path);
    api_close(&api);
    return code;
}
