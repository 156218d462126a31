#include "http/followers.h"
#include "base/must.h"
#include "http/follow_parts.h"
#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { KEY_CHECK_MS = 250, SPACING_MS = 2, CLOSE_MS = 1000, LIVELY_MS = 1000 };

static int64_t clock_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void lock(struct followers *followers)
{
    must(pthread_mutex_lock(&followers->lock) == 0);
}

static void unlock(struct followers *followers)
{
    must(pthread_mutex_unlock(&followers->lock) == 0);
}

static size_t waiting_bytes(const struct follower *follower)
{
    return follower->out.len - follower->sent;
}

static void follower_free(struct follower *follower)
{
    buf_finish(&follower->out);
    buf_finish(&follower->look.ending);
    free(follower);
}

// With the lock: the connection reads again.
static void follower_resume(struct follower *follower)
{
    if (!follower->suspended)
        return;
    follower->suspended = false;
    MHD_resume_connection(follower->who.connection);
}

static void follower_append(struct follower *follower, str bytes, int64_t now_ms)
{
    struct buf *out = &follower->out;
    if (follower->sent > 0) {
        memmove(out->ptr, out->ptr + follower->sent, waiting_bytes(follower));
        out->len -= follower->sent;
        follower->sent = 0;
    }
    buf_add(out, bytes);
    must(!out->overflow); // fills are bounded and a full follower is passed over
    follower->wrote_ms = now_ms;
    follower_resume(follower);
}

static void follower_end(struct follower *follower)
{
    follower->ended = true;
    follower_resume(follower);
}

static void on_commit(void *context, uint64_t size)
{
    struct followers *followers = context;
    atomic_store(&followers->size, size);
    if (atomic_load(&followers->count) == 0)
        return;
    lock(followers);
    followers->work = true;
    pthread_cond_signal(&followers->work_cond);
    unlock(followers);
}

// One follower, chosen (busy): without the lock.
static void follower_serve(struct followers *followers, struct follower *follower, int64_t now_ms)
{
    struct buf *scratch = &followers->scratch;
    buf_clear(scratch);
    follower->more = false;
    bool goes_on = follower->kind == FOLLOW_JOB
                       ? follow_fill_job(followers, follower, scratch, now_ms)
                       : follow_fill_lines(followers, follower, scratch);
    must(!scratch->overflow);
    lock(followers);
    if (scratch->len > 0)
        follower_append(follower, buf_str(scratch), now_ms);
    if (!goes_on)
        follower_end(follower);
    if (waiting_bytes(follower) == 0 && follower->kind != FOLLOW_EXPORT && !follower->ended &&
        now_ms - follower->wrote_ms >= followers->config->heartbeat_ms)
        follower_append(follower, S(":\n\n"), now_ms);
    followers->work = followers->work || follower->more;
    unlock(followers);
}

// Those that have room are marked busy, so that they outlive the pass. With the lock.
static uint32_t choose(struct followers *followers, struct follower **chosen)
{
    uint32_t count = 0, all = atomic_load(&followers->count);
    for (uint32_t i = 0; i < all; i++) {
        struct follower *follower = followers->all[i];
        follower->full = waiting_bytes(follower) > FOLLOW_BUFFER / 2;
        if (follower->full || follower->ended)
            continue;
        follower->busy = true;
        chosen[count++] = follower;
    }
    return count;
}

static void release(struct followers *followers, struct follower **chosen, uint32_t count)
{
    lock(followers);
    for (uint32_t i = 0; i < count; i++) {
        chosen[i]->busy = false;
        if (chosen[i]->gone)
            follower_free(chosen[i]);
    }
    unlock(followers);
}

static void end_without_keys(struct followers *followers, struct follower **chosen, uint32_t count)
{
    struct desk *desk = followers->config->desk;
    for (uint32_t i = 0; i < count; i++) {
        struct principal by;
        if (desk->ops->principal(desk, &chosen[i]->who.key_hmac, &by))
            continue;
        lock(followers);
        follower_end(chosen[i]);
        unlock(followers);
    }
}

static void pass(struct followers *followers, struct follower **chosen, int64_t now_ms,
                 bool check_keys)
{
    lock(followers);
    followers->work = false;
    uint32_t count = choose(followers, chosen);
    unlock(followers);
    if (check_keys)
        end_without_keys(followers, chosen, count);
    follow_look(followers, chosen, count, now_ms);
    for (uint32_t i = 0; i < count; i++)
        follower_serve(followers, chosen[i], now_ms);
    release(followers, chosen, count);
}

static struct timespec after_ms(int64_t ms)
{
    struct timespec when;
    clock_gettime(CLOCK_MONOTONIC, &when);
    when.tv_sec += ms / 1000;
    when.tv_nsec += (ms % 1000) * 1000000;
    if (when.tv_nsec >= 1000000000) {
        when.tv_sec++;
        when.tv_nsec -= 1000000000;
    }
    return when;
}

// Output that began or went on within the last second is looked for at once, as long as there are
// few who follow: a pass over all of them must stay a small part of the time between two. With
// the lock.
static int64_t look_wait_ms(const struct followers *followers)
{
    int64_t look_ms = followers->config->look_ms, wait_ms = KEY_CHECK_MS, now_ms = clock_ms();
    uint32_t count = atomic_load(&followers->count);
    int64_t soon_ms = SPACING_MS + count / 2;
    for (uint32_t i = 0; i < count; i++) {
        const struct follower *follower = followers->all[i];
        bool lively = now_ms - follower->wrote_ms < LIVELY_MS && soon_ms < look_ms;
        int64_t own_ms = lively ? soon_ms : look_ms;
        if (follower->kind == FOLLOW_JOB && own_ms < wait_ms)
            wait_ms = own_ms;
    }
    return wait_ms;
}

// Sleeps until there is something to look at; false when closing.
static bool sleep_until_work(struct followers *followers)
{
    lock(followers);
    while (!followers->closing && atomic_load(&followers->count) == 0)
        pthread_cond_wait(&followers->work_cond, &followers->lock);
    struct timespec until = after_ms(look_wait_ms(followers));
    int late = 0;
    while (!followers->closing && !followers->work && late == 0)
        late = pthread_cond_timedwait(&followers->work_cond, &followers->lock, &until);
    bool goes_on = !followers->closing;
    unlock(followers);
    return goes_on;
}

static void *followers_run(void *context)
{
    struct followers *followers = context;
    struct follower **chosen = calloc(followers->config->followers_max, sizeof *chosen);
    must(chosen);
    int64_t last_ms = 0, keys_ms = 0;
    while (sleep_until_work(followers)) {
        int64_t now_ms = clock_ms();
        if (now_ms - last_ms < SPACING_MS) {
            struct timespec pause = {.tv_nsec = SPACING_MS * 1000000};
            nanosleep(&pause, NULL);
        }
        bool check_keys = now_ms - keys_ms >= KEY_CHECK_MS;
        pass(followers, chosen, now_ms, check_keys);
        if (check_keys)
            keys_ms = now_ms;
        last_ms = now_ms;
    }
    free(chosen);
    return NULL;
}

struct followers *followers_create(const struct http_config *config, struct metrics *metrics)
{
    struct followers *followers = calloc(1, sizeof *followers);
    must(followers);
    followers->config = config;
    followers->metrics = metrics;
    followers->all = calloc(config->followers_max, sizeof *followers->all);
    must(followers->all);
    buf_init(&followers->scratch, FOLLOW_BUFFER);
    buf_init(&followers->piece, FOLLOW_BUFFER / 8);
    must(pthread_mutex_init(&followers->lock, NULL) == 0);
    pthread_condattr_t monotonic;
    must(pthread_condattr_init(&monotonic) == 0);
    must(pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC) == 0);
    must(pthread_cond_init(&followers->work_cond, &monotonic) == 0);
    pthread_condattr_destroy(&monotonic);
    struct desk_health health;
    config->desk->ops->health(config->desk, &health);
    atomic_store(&followers->size, health.size);
    followers->watch = config->desk->ops->watch(config->desk, on_commit, followers);
    must(pthread_create(&followers->thread, NULL, followers_run, followers) == 0);
    return followers;
}

void followers_close(struct followers *followers)
{
    lock(followers);
    followers->closing = true;
    pthread_cond_signal(&followers->work_cond);
    unlock(followers);
    must(pthread_join(followers->thread, NULL) == 0);
    followers->config->desk->ops->unwatch(followers->config->desk, followers->watch);
    lock(followers);
    for (uint32_t i = 0; i < atomic_load(&followers->count); i++)
        follower_end(followers->all[i]);
    struct timespec until = after_ms(CLOSE_MS); // for those that read, to see the end
    int late = 0;
    while (atomic_load(&followers->count) > 0 && late == 0)
        late = pthread_cond_timedwait(&followers->work_cond, &followers->lock, &until);
    unlock(followers);
}

void followers_destroy(struct followers *followers)
{
    if (!followers)
        return;
    must(atomic_load(&followers->count) == 0);
    buf_finish(&followers->scratch);
    buf_finish(&followers->piece);
    pthread_cond_destroy(&followers->work_cond);
    pthread_mutex_destroy(&followers->lock);
    free(followers->all);
    free(followers);
}

// The stream begins with a comment, so that the client sees at once that it follows.
static struct follower *follower_join(struct followers *followers, const struct follower *start)
{
    struct follower *follower = NULL;
    lock(followers);
    uint32_t count = atomic_load(&followers->count);
    if (count < followers->config->followers_max && !followers->closing) {
        follower = malloc(sizeof *follower);
        must(follower);
        *follower = *start;
        follower->home = followers;
        buf_init(&follower->out, FOLLOW_BUFFER * 2);
        buf_init(&follower->look.ending, FOLLOW_BUFFER / 4);
        follower->wrote_ms = clock_ms();
        if (follower->kind != FOLLOW_EXPORT)
            buf_add(&follower->out, S(": following\n\n"));
        followers->all[count] = follower;
        atomic_store(&followers->count, count + 1);
        atomic_fetch_add(&followers->metrics->followers_now, 1);
        followers->work = true;
        pthread_cond_signal(&followers->work_cond);
    }
    unlock(followers);
    return follower;
}

struct follower *follow_job(struct followers *followers, const struct follow_who *who, uint64_t job,
                            uint32_t attempt, const uint64_t offsets[2])
{
    struct follower start = {.kind = FOLLOW_JOB, .who = *who, .job = job, .attempt = attempt};
    memcpy(start.offsets, offsets, sizeof start.offsets);
    start.look.wanted = attempt == 0; // it waits: for its first attempt
    return follower_join(followers, &start);
}

struct follower *follow_journal(struct followers *followers, const struct follow_who *who,
                                uint64_t from_seq)
{
    struct follower start = {.kind = FOLLOW_JOURNAL, .who = *who, .next_seq = from_seq};
    start.end_seq = UINT64_MAX;
    return follower_join(followers, &start);
}

struct follower *follow_export(struct followers *followers, const struct follow_who *who,
                               uint64_t from_seq, uint64_t end_seq)
{
    struct follower start = {.kind = FOLLOW_EXPORT, .who = *who, .next_seq = from_seq};
    start.end_seq = end_seq;
    return follower_join(followers, &start);
}

ssize_t follower_read(struct follower *follower, char *bytes, size_t size)
{
    struct followers *followers = follower->home;
    lock(followers);
    size_t waiting = waiting_bytes(follower);
    size_t taken = waiting < size ? waiting : size;
    ssize_t answer = (ssize_t)taken;
    if (taken > 0) {
        memcpy(bytes, follower->out.ptr + follower->sent, taken);
        follower->sent += taken;
    } else if (follower->ended) {
        answer = -1;
    } else {
        follower->suspended = true;
        MHD_suspend_connection(follower->who.connection);
    }
    if (follower->full && waiting_bytes(follower) <= FOLLOW_BUFFER / 2) {
        follower->full = false;
        followers->work = true;
        pthread_cond_signal(&followers->work_cond);
    }
    unlock(followers);
    return answer;
}

void follower_leave(struct follower *follower)
{
    struct followers *followers = follower->home;
    lock(followers);
    uint32_t count = atomic_load(&followers->count), i = 0;
    while (i < count && followers->all[i] != follower)
        i++;
    must(i < count);
    followers->all[i] = followers->all[count - 1];
    atomic_store(&followers->count, count - 1);
    atomic_fetch_sub(&followers->metrics->followers_now, 1);
    pthread_cond_signal(&followers->work_cond);
    if (follower->busy)
        follower->gone = true;
    else
        follower_free(follower);
    unlock(followers);
}
