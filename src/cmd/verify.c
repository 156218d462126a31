#include "cmd/verify.h"
#include <inttypes.h>

enum { EVENTS_BYTES_MAX = 1 << 30 };

void verify_init(struct verify *verify)
{
    *verify = (struct verify){0};
    cloud_init(&verify->cloud);
    buf_init(&verify->events, EVENTS_BYTES_MAX);
}

void verify_finish(struct verify *verify)
{
    cloud_finish(&verify->cloud);
    buf_finish(&verify->events);
}

static uint64_t waiting(const struct verify *verify)
{
    return verify->events.len / sizeof(struct event);
}

bool verify_line(struct verify *verify, str line, struct err *err)
{
    uint64_t number = verify->lines;
    struct event event;
    if (!event_decode(line, &event, err))
        return err_add(err, "line %" PRIu64 " is not what was written", number);
    if (event.seq != number)
        return err_set(err, "line %" PRIu64 " says it is event %" PRIu64 ": lines are missing",
                       number, event.seq);
    if (event.time_us < verify->time_us)
        return err_set(err, "line %" PRIu64 ": its time lies before that of the line before it",
                       number);
    void *place = buf_extend(&verify->events, sizeof event);
    if (!place)
        return err_set(err, "line %" PRIu64 ": too many lines without a commit", number);
    *(struct event *)place = event;
    verify->time_us = event.time_us;
    verify->lines++;
    merkle_append(&verify->tree, merkle_leaf(line));
    return true;
}

static bool altered(const struct verify *verify, struct err *err)
{
    uint64_t count = waiting(verify), first = verify->lines - count;
    if (count == 1)
        return err_set(err, "line %" PRIu64 " was altered: it does not give the root of its commit",
                       first);
    return err_set(err,
                   "a line from %" PRIu64 " to %" PRIu64
                   " was altered: together they do not give the root of their commit",
                   first, verify->lines - 1);
}

bool verify_commit(struct verify *verify, const struct journal_commit *commit, struct err *err)
{
    if (commit->size != verify->lines || waiting(verify) == 0)
        return err_set(err, "a commit says %" PRIu64 " lines, but there are %" PRIu64, commit->size,
                       verify->lines);
    if (!digest_same(commit->root, merkle_root(&verify->tree)))
        return altered(verify, err);
    const struct event *events = (const struct event *)(const void *)verify->events.ptr;
    for (uint64_t i = 0; i < waiting(verify); i++)
        cloud_apply(&verify->cloud, &events[i]);
    buf_clear(&verify->events);
    verify->commits++;
    return true;
}

bool verify_end(struct verify *verify, struct err *err)
{
    if (waiting(verify) > 0)
        return err_set(err, "%" PRIu64 " lines from %" PRIu64 " on have no commit", waiting(verify),
                       verify->lines - waiting(verify));
    return cloud_check(&verify->cloud, err) || err_add(err, "the books");
}
