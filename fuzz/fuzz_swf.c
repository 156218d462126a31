// Every line is read or named; what is read is in range and can be replayed.
#include "base/must.h"
#include "fuzz.h"
#include "lab/lab_queue.h"
#include <string.h>

enum { JOBS_MAX = 64, PROCS = 16 };

const char *const fuzz_seeds[] = {
    "; Version: 2.2\n1 0 -1 10 4 -1 -1 -1 -1 -1 -1 1 1 -1 -1 -1 -1 -1\n",
    "1 5 -1 100.5 -1 -1 -1 8 -1 -1 -1 3 1 -1 -1 -1 -1 -1\r\n2 5 0 1 16 -1 -1 1 1 1 1 2 1 1 1 1 1 1",
    "\n ; x\n1 2 3\n1 0 -1 9007199254740993 4 -1 -1 -1 -1 -1 -1 1 1 -1 -1 -1 -1 -1\n-\n1.x\n",
    NULL};

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct swf swf;
    struct swf_job jobs[JOBS_MAX];
    struct err err;
    uint64_t count = 0;
    uint32_t line = 0;
    swf_init(&swf, "f", (str){(const char *)bytes, size});
    for (enum swf_step step; (step = swf_next(&swf, &jobs[count], &err)) != SWF_END;) {
        must(swf.line > line);
        line = swf.line;
        if (step == SWF_WRONG) {
            must(strncmp(err.text, "f:", 2) == 0);
            continue;
        }
        const struct swf_job *job = &jobs[count];
        must(job->submit_s >= -1 && job->run_s >= -1 && job->procs >= -1 && job->user >= -1);
        must(job->submit_s < INT64_C(1) << 53 && job->run_s < INT64_C(1) << 53);
        count += count < JOBS_MAX - 1;
    }
    must(swf.rest.len == 0);
    struct lab_queue_result result;
    lab_queue_replay(jobs, count, PROCS, (enum lab_queue_policy)(size % LAB_QUEUE_POLICY_COUNT),
                     &result);
    must(result.jobs + result.skipped == count && result.events == 3 * result.jobs);
    return 0;
}
