#include "cmd/api.h"
#include "cmd/commands_all.h"
#include "cmd/job_stream.h"
#include "cmd/show.h"
#include <inttypes.h>
#include <stdio.h>

int cmd_job_list(struct invocation *invocation)
{
    static const struct show_field fields[] = {
        {"JOB",     "id",         SHOW_TEXT  },
        {"ACCOUNT", "account",    SHOW_TEXT  },
        {"NAME",    "name",       SHOW_TEXT  },
        {"STATE",   "state",      SHOW_TEXT  },
        {"REASON",  "reason",     SHOW_TEXT  },
        {"CODE",    "code",       SHOW_NUMBER},
        {"NODE",    "node",       SHOW_TEXT  },
        {"DEVICES", "device_set", SHOW_TEXT  },
        {"RAN",     "ran_ms",     SHOW_SPAN  },
        {"ENERGY",  "energy_j",   SHOW_ENERGY},
        {"SHARE",   "share",      SHOW_MONEY },
        {NULL,      NULL,         SHOW_TEXT  },
    };
    struct buf path;
    buf_init(&path, FETCH_URL_MAX);
    buf_add(&path, S("/api/v1/jobs"));
    api_query(&path, "account", options_text(&invocation->options, "account"));
    api_query(&path, "state", options_text(&invocation->options, "state"));
    int code = show_list(invocation, buf_str(&path), fields,
                         "no jobs; run one: tatara run --devices 1 --memory 512MiB -- echo hello");
    buf_finish(&path);
    return code;
}

int cmd_job_show(struct invocation *invocation)
{
    static const struct show_field fields[] = {
        {"job",         "id",                SHOW_TEXT  },
        {"account",     "account",           SHOW_TEXT  },
        {"name",        "name",              SHOW_TEXT  },
        {"command",     "argv",              SHOW_LIST  },
        {"environment", "env_names",         SHOW_LIST  },
        {"directory",   "directory",         SHOW_TEXT  },
        {"state",       "state",             SHOW_TEXT  },
        {"reason",      "reason",            SHOW_TEXT  },
        {"code",        "code",              SHOW_NUMBER},
        {"signal",      "signal",            SHOW_NUMBER},
        {"attempt",     "attempt",           SHOW_NUMBER},
        {"restartable", "restartable",       SHOW_YES   },
        {"nodes",       "nodes",             SHOW_NUMBER},
        {"asked",       "devices",           SHOW_NUMBER},
        {"of each",     "milli",             SHOW_NUMBER},
        {"MIG",         "mig",               SHOW_TEXT  },
        {"CPU milli",   "cpu_milli",         SHOW_NUMBER},
        {"priority",    "priority",          SHOW_TEXT  },
        {"class",       "class",             SHOW_TEXT  },
        {"together",    "together",          SHOW_TEXT  },
        {"spread",      "spread",            SHOW_TEXT  },
        {"require",     "require",           SHOW_TEXT  },
        {"checkpoints", "checkpoints",       SHOW_YES   },
        {"work kept",   "saved_ms",          SHOW_SPAN  },
        {"work lost",   "lost_ms",           SHOW_SPAN  },
        {"chip",        "chip",              SHOW_TEXT  },
        {"memory",      "memory_mib",        SHOW_MEMORY},
        {"time limit",  "time_limit_ms",     SHOW_SPAN  },
        {"node",        "node",              SHOW_TEXT  },
        {"devices",     "device_set",        SHOW_TEXT  },
        {"parts",       "parts",             SHOW_LIST  },
        {"lease",       "lease",             SHOW_TEXT  },
        {"price",       "price",             SHOW_TEXT  },
        {"queued",      "queued",            SHOW_TIME  },
        {"placed",      "placed",            SHOW_TIME  },
        {"started",     "started",           SHOW_TIME  },
        {"ended",       "ended",             SHOW_TIME  },
        {"ran",         "ran_ms",            SHOW_SPAN  },
        {"device time", "device_ms",         SHOW_SPAN  },
        {"processor",   "cpu_ms",            SHOW_SPAN  },
        {"memory peak", "memory_peak_bytes", SHOW_BYTES },
        {"energy",      "energy_j",          SHOW_ENERGY},
        {"energy is",   "energy_kind",       SHOW_TEXT  },
        {"share",       "share",             SHOW_MONEY },
        {NULL,          NULL,                SHOW_TEXT  },
    };
    struct buf path;
    buf_init(&path, FETCH_URL_MAX);
    api_path(&path, "/api/v1/jobs/", invocation->options.words[0], NULL);
    int code = show_one(invocation, buf_str(&path), fields);
    buf_finish(&path);
    return code;
}

int cmd_job_stop(struct invocation *invocation)
{
    const struct option_value *grace = options_find(&invocation->options, "grace");
    struct api api;
    int code = api_open(&api, invocation);
    if (code != EXIT_DONE)
        return code;
    code = job_stop(&api, invocation->options.words[0], grace ? grace->number / 1000 : -1);
    if (code == EXIT_DONE && !invocation->quiet && !invocation->json)
        fprintf(stderr, "%s is asked to stop\n", invocation->options.words[0]);
    api_close(&api);
    return code;
}

// --- job log ---

struct log_copy {
    FILE *out;
    bool failed;
};

static bool copy_out(void *context, str bytes)
{
    struct log_copy *copy = context;
    copy->failed = fwrite(bytes.ptr, 1, bytes.len, copy->out) != bytes.len;
    return !copy->failed;
}

// From `offset` to what is there now, page by page.
static int print_log(struct api *api, const char *id, const char *stream, const char *attempt)
{
    struct log_copy copy = {.out = stdout};
    int64_t offset = 0, before = -1;
    int code = EXIT_DONE;
    while (code == EXIT_DONE && !copy.failed && offset != before) {
        char text[32];
        struct buf path;
        before = offset;
        snprintf(text, sizeof text, "%" PRId64, offset);
        buf_init(&path, FETCH_URL_MAX);
        api_path(&path, "/api/v1/jobs/", id, "/log");
        api_query(&path, "stream", stream);
        api_query(&path, "offset", text);
        api_query(&path, "attempt", attempt);
        struct call call = {.path = buf_str(&path),
                            .accept = S("application/octet-stream, application/json"),
                            .on_body = copy_out,
                            .context = &copy};
        struct call_answer answer;
        code = api_call(api, &call, &answer);
        str next;
        if (code == EXIT_DONE &&
            fetch_head_find(buf_str(&answer.reply.head), S("X-Next-Offset"), &next) &&
            !str_to_i64(next, &offset))
            offset = before;
        call_answer_finish(&answer);
        buf_finish(&path);
    }
    return code == EXIT_DONE && (copy.failed || fflush(stdout) != 0) ? EXIT_REFUSED : code;
}

int cmd_job_log(struct invocation *invocation)
{
    const struct options *options = &invocation->options;
    bool of_stderr = options_flag(options, "stderr");
    struct api api;
    int code = api_open(&api, invocation);
    if (code != EXIT_DONE)
        return code;
    if (options_flag(options, "follow"))
        code = job_follow_log(&api, options->words[0], of_stderr);
    else
        code = print_log(&api, options->words[0], of_stderr ? "stderr" : "stdout",
                         options_text(options, "attempt"));
    api_close(&api);
    return code;
}
