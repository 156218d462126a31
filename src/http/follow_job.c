// Fills the followers of a job's output. See followers.h.
#include "base/codec.h"
#include "base/log.h"
#include "base/must.h"
#include "http/follow_parts.h"
#include "http/job_reply.h"
#include <inttypes.h>
#include <string.h>

enum { LOOKS_MAX = 32, LOOK_SPACING_MS = 250 };

// Looking at the state -----------------------------------------------------------------------

struct looking {
    struct follower *chosen[LOOKS_MAX];
    uint32_t count;
    pthread_mutex_t lock;
    pthread_cond_t done_cond;
    bool done;
};

static void look_at(struct follower *follower, const struct cloud *cloud)
{
    struct job_look *look = &follower->look;
    const struct job *job = cloud_job(cloud, follower->job);
    look->known = true;
    look->found = job != NULL;
    if (!job)
        return;
    look->state = job->state;
    look->attempt = job->attempt;
    if (job->state != JOB_DONE)
        return;
    struct json_out json;
    buf_clear(&look->ending);
    json_out_init(&json, &look->ending);
    job_reply(&json, cloud, job);
}

static void on_look(void *context, const struct cloud *cloud)
{
    struct looking *looking = context;
    for (uint32_t i = 0; cloud && i < looking->count; i++)
        look_at(looking->chosen[i], cloud);
    must(pthread_mutex_lock(&looking->lock) == 0);
    looking->done = true;
    pthread_cond_signal(&looking->done_cond);
    must(pthread_mutex_unlock(&looking->lock) == 0);
}

static void look_together(struct followers *followers, struct looking *looking)
{
    struct desk *desk = followers->config->desk;
    looking->done = false;
    if (looking->count == 0 || !desk->ops->read(desk, on_look, looking))
        return;
    must(pthread_mutex_lock(&looking->lock) == 0);
    while (!looking->done)
        pthread_cond_wait(&looking->done_cond, &looking->lock);
    must(pthread_mutex_unlock(&looking->lock) == 0);
}

static bool look_is_due(const struct follower *follower, uint64_t size, int64_t now_ms)
{
    const struct job_look *look = &follower->look;
    return follower->kind == FOLLOW_JOB && look->wanted &&
           (look->at_ms == 0 || look->commits != size || now_ms - look->at_ms >= LOOK_SPACING_MS);
}

void follow_look(struct followers *followers, struct follower **chosen, uint32_t count,
                 int64_t now_ms)
{
    uint64_t size = atomic_load(&followers->size);
    struct looking looking = {.count = 0};
    must(pthread_mutex_init(&looking.lock, NULL) == 0);
    must(pthread_cond_init(&looking.done_cond, NULL) == 0);
    for (uint32_t i = 0; i < count; i++) {
        if (!look_is_due(chosen[i], size, now_ms))
            continue;
        chosen[i]->look.commits = size;
        chosen[i]->look.at_ms = now_ms;
        looking.chosen[looking.count++] = chosen[i];
        if (looking.count == LOOKS_MAX) {
            look_together(followers, &looking);
            looking.count = 0;
        }
    }
    look_together(followers, &looking);
    pthread_cond_destroy(&looking.done_cond);
    pthread_mutex_destroy(&looking.lock);
}

// Output -------------------------------------------------------------------------------------

static void event_head(const struct follower *follower, const char *kind, struct buf *out)
{
    buf_format(out,
               "id: %" PRIu64 ",%" PRIu64 ",%" PRIu32 "\nevent: %s\ndata: ", follower->offsets[0],
               follower->offsets[1], follower->attempt, kind);
}

// True when the stream gave something or has just ended.
static bool fill_stream(struct followers *followers, struct follower *follower,
                        enum engine_stream stream, struct buf *out)
{
    struct engine *engine = followers->config->engine;
    struct buf *piece = &followers->piece;
    struct err err;
    bool end = false;
    buf_clear(piece);
    if (follower->stream_ended[stream])
        return false;
    if (!engine->ops->output(engine, follower->job, follower->attempt, stream,
                             follower->offsets[stream], piece, &end, &err)) {
        log_line(LOG_WARN, "http", "output of job-%" PRIu64 ": %s", follower->job, err.text);
        end = true;
        buf_clear(piece);
    }
    follower->stream_ended[stream] = end;
    if (piece->len == 0)
        return end;
    follower->offsets[stream] += piece->len;
    event_head(follower, stream == ENGINE_STDOUT ? "stdout" : "stderr", out);
    base64_encode((const uint8_t *)piece->ptr, piece->len, out);
    buf_add(out, S("\n\n"));
    return true;
}

static void next_attempt(struct follower *follower, struct buf *out)
{
    bool first = follower->attempt == 0;
    follower->attempt++;
    follower->stream_ended[0] = follower->stream_ended[1] = false;
    follower->look.wanted = false;
    follower->more = true;
    if (first)
        return;
    follower->offsets[0] = follower->offsets[1] = 0;
    event_head(follower, "attempt", out);
    buf_format(out, "{\"attempt\":%" PRIu32 "}\n\n", follower->attempt);
}

static bool end_of_job(struct follower *follower, struct buf *out)
{
    event_head(follower, "end", out);
    if (follower->look.found)
        buf_add(out, buf_str(&follower->look.ending));
    else
        buf_add(out, S("null")); // so old that it left the tables
    buf_add(out, S("\n\n"));
    return false;
}

bool follow_fill_job(struct followers *followers, struct follower *follower, struct buf *out,
                     int64_t now_ms)
{
    (void)now_ms;
    struct job_look *look = &follower->look;
    if (follower->attempt > 0) {
        bool some = fill_stream(followers, follower, ENGINE_STDOUT, out);
        some = fill_stream(followers, follower, ENGINE_STDERR, out) || some;
        follower->more = some;
        if (some || !follower->stream_ended[0] || !follower->stream_ended[1])
            return true;
    }
    if (!look->wanted) { // everything of this attempt was read: what became of the job?
        look->wanted = true;
        look->known = false;
        look->at_ms = 0;
        follower->more = true;
        return true;
    }
    if (!look->known)
        return true;
    look->known = false;
    if (!look->found)
        return end_of_job(follower, out);
    if (look->attempt > follower->attempt)
        next_attempt(follower, out);
    else if (look->state == JOB_DONE)
        return end_of_job(follower, out);
    return true;
}
