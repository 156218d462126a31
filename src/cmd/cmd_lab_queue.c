#include "cmd/commands_all.h"
#include "lab/lab_queue.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TRACE_BYTES_MAX = 512 * 1024 * 1024, MISTAKES_MAX = 20 };

struct queue_lab {
    struct buf text;
    struct swf_job *jobs;
    uint64_t count, room, mistakes;
};

static void close_file(FILE **file)
{
    if (*file && *file != stdin)
        fclose(*file);
}

static bool read_file(const char *path, struct buf *text, struct err *err)
{
    bool standard = strcmp(path, "-") == 0;
    __attribute__((cleanup(close_file))) FILE *file = standard ? stdin : fopen(path, "rbe");
    if (!file)
        return err_set(err, "%s: %s", path, strerror(errno));
    char bytes[64 * 1024];
    for (size_t len; !text->overflow && (len = fread(bytes, 1, sizeof bytes, file)) > 0;)
        buf_add(text, (str){bytes, len});
    if (ferror(file))
        return err_set(err, "%s: %s", path, strerror(errno));
    return !text->overflow || err_set(err, "%s: above %d bytes", path, TRACE_BYTES_MAX);
}

static bool add_job(struct queue_lab *lab, const struct swf_job *job, struct err *err)
{
    if (lab->count == lab->room) {
        lab->room = lab->room ? lab->room * 2 : 4096;
        struct swf_job *jobs = realloc(lab->jobs, lab->room * sizeof *jobs);
        if (!jobs)
            return err_set(err, "no memory for %llu jobs", (unsigned long long)lab->room);
        lab->jobs = jobs;
    }
    lab->jobs[lab->count++] = *job;
    return true;
}

// Every wrong line is named, the first MISTAKES_MAX of them with what is wrong.
static bool read_jobs(struct queue_lab *lab, const char *path, struct err *err)
{
    if (!read_file(path, &lab->text, err))
        return false;
    struct swf swf;
    struct swf_job job;
    struct err wrong;
    swf_init(&swf, path, buf_str(&lab->text));
    for (enum swf_step step; (step = swf_next(&swf, &job, &wrong)) != SWF_END;) {
        if (step == SWF_JOB && !add_job(lab, &job, err))
            return false;
        if (step == SWF_WRONG && ++lab->mistakes <= MISTAKES_MAX)
            fprintf(stderr, "error: %s\n", wrong.text);
    }
    if (lab->mistakes)
        return err_set(err, "%s: %llu wrong lines", path, (unsigned long long)lab->mistakes);
    return lab->count || err_set(err, "%s: no job in it", path);
}

static bool replay(struct queue_lab *lab, const struct invocation *invocation, struct err *err)
{
    const struct options *options = &invocation->options;
    if (!read_jobs(lab, options->words[0], err))
        return false;
    enum lab_queue_policy policy =
        (enum lab_queue_policy)options_number(options, "policy", LAB_QUEUE_TATARA);
    struct lab_queue_result result;
    lab_queue_replay(lab->jobs, lab->count, options_number(options, "procs", 0), policy, &result);
    struct buf out;
    buf_init(&out, 64 * 1024);
    if (invocation->json)
        lab_queue_json(&result, policy, &out);
    else
        lab_queue_text(&result, policy, &out);
    bool good = fwrite(out.ptr, 1, out.len, stdout) == out.len && fflush(stdout) == 0;
    buf_finish(&out);
    return good || err_set(err, "standard output cannot be written");
}

int cmd_lab_queue(struct invocation *invocation)
{
    struct queue_lab lab = {0};
    struct err err = {0};
    buf_init(&lab.text, TRACE_BYTES_MAX);
    bool good = replay(&lab, invocation, &err);
    if (!good)
        fprintf(stderr, "error: %s\n", err.text);
    buf_finish(&lab.text);
    free(lab.jobs);
    return good ? EXIT_DONE : EXIT_REFUSED;
}
