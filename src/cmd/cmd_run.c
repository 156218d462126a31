#include "base/instant.h"
#include "base/money.h"
#include "cmd/commands_all.h"
#include "cmd/job_stream.h"
#include "cmd/run_request.h"
#include "cmd/show.h"
#include "cmd/waiting.h"
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

enum { BODY_MAX = 1 << 20 };

static volatile sig_atomic_t interrupts; // Ctrl-C so far

static void on_interrupt(int signal)
{
    (void)signal;
    interrupts = interrupts + 1;
}

struct run {
    const struct invocation *invocation;
    struct api api;
    char id[64];
    struct job_stream stream;
    struct waiting waiting; // says why while the job is queued
    int handled;            // interrupts that were answered
};

// --- the request ---

// Submits the job and fills in its id.
static int submit(struct run *run, bool *ret_queued)
{
    struct err err;
    struct buf body;
    struct call_answer answer;
    buf_init(&body, BODY_MAX);
    if (!run_request(&run->invocation->options, &body, &err)) {
        api_fail(run->invocation, &err);
        buf_finish(&body);
        return EXIT_USE;
    }
    int code = body.overflow ? EXIT_USE : EXIT_DONE;
    if (body.overflow) {
        err_set(&err, "the command and its environment are above %d bytes", BODY_MAX);
        api_fail(run->invocation, &err);
        buf_finish(&body);
        return code;
    }
    code = api_send(&run->api, "POST", buf_str(&body), S("/api/v1/jobs"), &answer);
    if (code == EXIT_DONE) {
        str_copy(api_text(answer.json, "id"), run->id, sizeof run->id);
        *ret_queued = str_is(api_text(answer.json, "state"), S("queued"));
        if (options_flag(&run->invocation->options, "detach") && run->invocation->json)
            show_json(answer.json);
        else if (options_flag(&run->invocation->options, "detach"))
            puts(run->id);
    }
    call_answer_finish(&answer);
    buf_finish(&body);
    return code;
}

// --- while it runs ---

static bool keep_on(void *context)
{
    const struct run *run = context;
    return interrupts == run->handled && !waiting_due(&run->waiting);
}

// What the first Ctrl-C does; false: it was the second, let go.
static bool answer_interrupt(struct run *run)
{
    bool first = run->handled == 0;
    run->handled = interrupts;
    if (!first) {
        fprintf(stderr, "\ntatara: %s is left as it is; see: tatara job log %s --follow\n", run->id,
                run->id);
        return false;
    }
    fprintf(stderr, "\ntatara: %s is asked to stop; Ctrl-C again leaves it\n", run->id);
    job_stop(&run->api, run->id, -1);
    return true;
}

static enum job_stream_end follow(struct run *run)
{
    for (;;) {
        enum job_stream_end end = job_stream_follow(&run->stream);
        if (end != JOB_STREAM_STOPPED)
            return end;
        if (interrupts != run->handled && !answer_interrupt(run))
            return JOB_STREAM_STOPPED;
        if (run->stream.begun)
            waiting_end(&run->waiting);
        else if (waiting_due(&run->waiting))
            waiting_look(&run->waiting, &run->api, run->id);
    }
}

// --- its end ---

// "exited with 3", "was ended by signal 9", …
static void print_reason(const struct json *job)
{
    str reason = api_text(job, "reason");
    if (str_is(reason, S("exited")))
        fprintf(stderr, "exited with %" PRId64, api_number(job, "code", 0));
    else if (str_is(reason, S("signalled")))
        fprintf(stderr, "ended by signal %" PRId64, api_number(job, "signal", 0));
    else
        for (size_t i = 0; i < reason.len; i++)
            fputc(reason.ptr[i] == '_' ? ' ' : reason.ptr[i], stderr);
}

static void print_cost(const struct json *job)
{
    struct buf text;
    int64_t device_ms = api_number(job, "device_ms", 0);
    buf_init(&text, 4096);
    duration_text(api_number(job, "ran_ms", 0) * MS_US, &text);
    fprintf(stderr, " after %.*s; %" PRId64 ".%03" PRId64 " device-seconds", STR(buf_str(&text)),
            device_ms / 1000, device_ms % 1000);
    str kind = api_text(job, "energy_kind");
    if (kind.len > 0 && !str_is(kind, S("none")))
        fprintf(stderr, "; %" PRId64 " J (%.*s)", api_number(job, "energy_j", 0), STR(kind));
    static const struct show_field share = {"share", "share", SHOW_MONEY};
    buf_clear(&text);
    show_value(job, &share, &text);
    fputs("; ", stderr);
    show_safe(buf_str(&text), stderr);
    fputs(", rounded on the bill\n", stderr);
    buf_finish(&text);
}

static int exit_code(const struct run *run, const struct json *job)
{
    static const struct {
        str reason;
        int code;
    } fixed[] = {
        {{"time_limit", 10},    EXIT_TIME_LIMIT},
        {{"not_started", 11},   EXIT_TATARA    },
        {{"lost", 4},           EXIT_TATARA    },
        {{"out_of_memory", 13}, 128 + SIGKILL  },
    };
    str reason = api_text(job, "reason");
    int64_t signal = api_number(job, "signal", 0);
    if (run->handled > 0)
        return EXIT_INTERRUPTED;
    for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++)
        if (str_is(reason, fixed[i].reason))
            return fixed[i].code;
    return signal > 0 ? (int)(128 + signal) : (int)api_number(job, "code", EXIT_TATARA);
}

static int report_end(const struct run *run)
{
    struct arena arena;
    const struct json *job;
    struct err err;
    int code = EXIT_TATARA;
    arena_init(&arena, 64 << 20);
    if (!json_read(buf_str(&run->stream.job), CALL_BODY_MAX, &arena, &job, &err)) {
        api_fail(run->invocation, &err);
    } else {
        code = exit_code(run, job);
        if (run->invocation->json) {
            fprintf(stderr, "%.*s\n", STR(buf_str(&run->stream.job)));
        } else if (!run->invocation->quiet) {
            fprintf(stderr, "%s: ", run->id);
            print_reason(job);
            print_cost(job);
        }
    }
    arena_finish(&arena);
    return code;
}

static int stay_with(struct run *run, bool queued)
{
    struct sigaction action = {.sa_handler = on_interrupt};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    job_stream_init(&run->stream, &run->api, run->id);
    run->stream.keep_on = keep_on;
    run->stream.context = run;
    waiting_begin(&run->waiting, queued && !run->invocation->quiet);
    enum job_stream_end end = follow(run);
    int code = end == JOB_STREAM_ENDED     ? report_end(run)
               : end == JOB_STREAM_STOPPED ? EXIT_INTERRUPTED
                                           : EXIT_TATARA;
    waiting_end(&run->waiting);
    job_stream_finish(&run->stream);
    return code;
}

int cmd_run(struct invocation *invocation)
{
    struct run run = {.invocation = invocation};
    bool queued = false, detach = options_flag(&invocation->options, "detach");
    int code = api_open(&run.api, invocation);
    if (code == EXIT_DONE)
        code = submit(&run, &queued);
    if (code == EXIT_DONE && !detach)
        code = stay_with(&run, queued);
    else if (code != EXIT_DONE && code != EXIT_USE && !detach)
        code = EXIT_TATARA; // never to be taken for the job's own code
    api_close(&run.api);
    return code;
}
