#include "cmd/waiting.h"
#include "base/instant.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { FIRST_MS = 300, STEP_MS = 1000, STEP_MS_MAX = 15000 };

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void waiting_begin(struct waiting *waiting, bool active)
{
    *waiting =
        (struct waiting){.active = active, .due_ms = now_ms() + FIRST_MS, .step_ms = STEP_MS};
}

void waiting_end(struct waiting *waiting)
{
    waiting->active = false;
}

bool waiting_due(const struct waiting *waiting)
{
    return waiting->active && now_ms() >= waiting->due_ms;
}

void waiting_text(const struct json *why, struct buf *out)
{
    int64_t position = api_number(why, "position", 0), start_us;
    buf_add(out, api_text(why, "text"));
    if (position > 0)
        buf_format(out, "; position %" PRId64 " in line", position);
    const struct json *ahead = api_member(why, "ahead");
    for (const struct json *job = ahead ? ahead->first : NULL; job; job = job->next) {
        buf_add(out, job == ahead->first ? S(", behind ") : S(" "));
        buf_add(out, job->text);
    }
    str start = api_text(why, "estimated_start"), waits_for = api_text(why, "waits_for");
    if (instant_parse(start, &start_us)) {
        buf_add(out, S("; starts at the latest at "));
        instant_text(start_us - start_us % SECOND_US, out);
    } else if (waits_for.len > 0) {
        buf_add(out, S("; waits for "));
        buf_add(out, waits_for);
    }
}

static void say(struct waiting *waiting, const char *id, const struct json *why)
{
    struct buf text;
    char line[sizeof waiting->said];
    buf_init(&text, 64 * 1024);
    waiting_text(why, &text);
    snprintf(line, sizeof line, "%.*s", STR(buf_str(&text)));
    buf_finish(&text);
    if (strcmp(line, waiting->said) == 0)
        return;
    snprintf(waiting->said, sizeof waiting->said, "%s", line);
    fprintf(stderr, "tatara: %s waits: %s\n", id, line);
}

void waiting_look(struct waiting *waiting, struct api *api, const char *id)
{
    struct buf path;
    buf_init(&path, FETCH_URL_MAX);
    api_path(&path, "/api/v1/jobs/", id, "/why");
    struct call call = {.path = buf_str(&path)};
    struct call_answer answer;
    struct err err;
    if (call_run(&api->connection, &call, &answer, &err)) {
        str rule = api_text(answer.json, "rule");
        if (str_is(rule, S("running")) || str_is(rule, S("done")))
            waiting_end(waiting);
        else
            say(waiting, id, answer.json);
    }
    call_answer_finish(&answer);
    buf_finish(&path);
    waiting->due_ms = now_ms() + waiting->step_ms;
    waiting->step_ms = waiting->step_ms * 2 > STEP_MS_MAX ? STEP_MS_MAX : waiting->step_ms * 2;
}
