#include "turn/verify.h"
#include "base/must.h"
#include <inttypes.h>
#include <stdlib.h>

enum { EVENTS_BYTES_MAX = 1 << 30, COMMITS = 4096, LINES = 4096, PROGRESS_LINES = 1 << 15 };

void verify_init(struct verify *verify, struct cloud *cloud, struct merkle *tree)
{
    must(cloud_next_seq(cloud) == tree->size);
    *verify = (struct verify){
        .cloud = cloud, .tree = tree, .lines = tree->size, .time_us = cloud_time_us(cloud)};
    buf_init(&verify->events, EVENTS_BYTES_MAX);
}

void verify_finish(struct verify *verify)
{
    buf_finish(&verify->events);
}

static uint64_t waiting(const struct verify *verify)
{
    return verify->events.len / sizeof(struct event);
}

static bool altered_line(uint64_t number, struct err *err)
{
    return err_set(err,
                   "line %" PRIu64 " was altered: it is not what was committed; restore the "
                   "journal from a backup",
                   number);
}

// The line says who it is and when it was; both follow from the line before it.
static bool take_event(struct verify *verify, str line, struct event *event, struct err *err)
{
    uint64_t number = verify->lines;
    if (!event_decode(line, event, err))
        return err_add(err, "line %" PRIu64, number);
    if (event->seq != number)
        return err_set(
            err, "line %" PRIu64 " says it is event %" PRIu64 ": lines are missing or out of order",
            number, event->seq);
    if (event->time_us < verify->time_us)
        return err_set(err, "line %" PRIu64 ": its time lies before that of the line before it",
                       number);
    return true;
}

bool verify_line(struct verify *verify, str line, const digest *leaf, struct err *err)
{
    uint64_t number = verify->lines;
    digest found = merkle_leaf(line);
    bool fits = !leaf || digest_same(found, *leaf);
    struct event *event = (void *)buf_extend(&verify->events, sizeof *event);
    if (!event)
        return err_set(err, "line %" PRIu64 ": too many lines without a commit", number);
    if (!fits && !verify->suspicious) {
        verify->suspicious = true;
        verify->suspect = number;
    }
    if (!take_event(verify, line, event, err)) {
        verify->events.len -= sizeof *event;
        return verify->suspicious ? altered_line(verify->suspect, err) : false;
    }
    verify->bare |= !leaf;
    verify->time_us = event->time_us;
    verify->lines++;
    merkle_append(verify->tree, found);
    if (verify->progress && verify->lines % PROGRESS_LINES == 0)
        verify->progress(verify->context, verify->lines);
    return true;
}

// The root of this commit is not that of its lines: whose fault is it?
static bool root_fault(const struct verify *verify, struct err *err)
{
    uint64_t count = waiting(verify), first = verify->lines - count;
    if (verify->suspicious)
        return altered_line(verify->suspect, err);
    if (!verify->bare)
        return err_set(err,
                       "commit of %" PRIu64 " lines: its root is not that of its lines; the root "
                       "was altered, or lines from %" PRIu64 " on together with their leaves",
                       verify->lines, first);
    if (count == 1)
        return altered_line(first, err);
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
    if (!digest_same(commit->root, merkle_root(verify->tree)))
        return root_fault(verify, err);
    if (verify->suspicious)
        return err_set(err,
                       "line %" PRIu64 " is as it was committed, but the leaf kept beside it was "
                       "altered; restore the journal from a backup",
                       verify->suspect);
    const struct event *events = (const void *)verify->events.ptr;
    uint64_t count = waiting(verify);
    for (uint64_t i = 0; i < count; i++)
        cloud_apply(verify->cloud, &events[i]);
    buf_clear(&verify->events);
    verify->bare = false;
    verify->commits++;
    return true;
}

bool verify_end(struct verify *verify, struct err *err)
{
    if (waiting(verify) > 0)
        return err_set(err, "%" PRIu64 " lines from %" PRIu64 " on have no commit", waiting(verify),
                       verify->lines - waiting(verify));
    return cloud_check(verify->cloud, err) || err_add(err, "the books");
}

// A part of the journal: commits, and the leaves of the lines that are read next.
struct part {
    struct verify *verify;
    struct journal_commit commits[COMMITS];
    uint32_t commit_count, commit_at;
    digest leaves[LINES];
    bool kept[LINES];
    uint64_t leaves_from, leaves_end;
    bool failed;
    struct err *err;
};

static bool gather_commit(void *context, const struct journal_commit *commit)
{
    struct part *part = context;
    part->commits[part->commit_count++] = *commit;
    return part->commit_count < COMMITS;
}

static bool gather_leaf(void *context, uint64_t seq, const digest *leaf)
{
    struct part *part = context;
    uint64_t at = seq - part->leaves_from;
    must(seq == part->leaves_end && at < LINES);
    part->kept[at] = leaf != NULL;
    if (leaf)
        part->leaves[at] = *leaf;
    part->leaves_end++;
    return true;
}

static bool take_line(void *context, uint64_t seq, str line)
{
    struct part *part = context;
    struct verify *verify = part->verify;
    uint64_t at = seq - part->leaves_from;
    part->failed = true;
    must(seq == verify->lines && seq < part->leaves_end);
    if (!verify_line(verify, line, part->kept[at] ? &part->leaves[at] : NULL, part->err))
        return false;
    const struct journal_commit *commit = &part->commits[part->commit_at];
    if (verify->lines == commit->size) {
        if (!verify_commit(verify, commit, part->err))
            return false;
        part->commit_at++;
    }
    part->failed = false;
    return true;
}

// The lines of the gathered commits.
static bool take_lines(struct part *part, struct journal *journal)
{
    uint64_t end = part->commits[part->commit_count - 1].size;
    while (part->verify->lines < end) {
        uint64_t from = part->verify->lines;
        uint64_t count = end - from < LINES ? end - from : LINES;
        part->leaves_from = part->leaves_end = from;
        if (!journal->ops->leaves(journal, from, count, gather_leaf, part, part->err))
            return false;
        if (part->leaves_end < from + count)
            return err_set(part->err, "line %" PRIu64 " is missing", part->leaves_end);
        if (!journal->ops->read(journal, from, count, take_line, part, part->err) || part->failed)
            return false;
        if (part->verify->lines < from + count)
            return err_set(part->err, "line %" PRIu64 " is missing", part->verify->lines);
    }
    return true;
}

bool verify_journal(struct verify *verify, struct journal *journal, struct err *err)
{
    struct part *part = calloc(1, sizeof *part);
    must(part);
    part->verify = verify;
    part->err = err;
    bool good = true, more = true;
    while (good && more) {
        part->commit_count = part->commit_at = 0;
        good = journal->ops->commits(journal, verify->lines, gather_commit, part, err);
        more = part->commit_count == COMMITS;
        if (good && part->commit_count)
            good = take_lines(part, journal);
    }
    free(part);
    return good;
}
