#include "cmd/journal_stream.h"
#include "base/must.h"
#include "cmd/journal_text.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct journal_stream {
    struct journal journal; // first: it is one
    FILE *file;
    struct journal_commit head;
};

static struct journal_stream *stream_of(struct journal *journal)
{
    return (struct journal_stream *)journal;
}

static bool append(struct journal *journal, const struct journal_batch *batch, bool *ret_fatal,
                   struct err *err)
{
    struct journal_stream *stream = stream_of(journal);
    for (uint32_t i = 0; i < batch->count; i++)
        journal_text_line(stream->file, batch->lines[i]);
    stream->head =
        (struct journal_commit){batch->first_seq + batch->count, batch->time_us, batch->root};
    journal_text_commit(stream->file, &stream->head);
    *ret_fatal = ferror(stream->file) != 0;
    return !*ret_fatal || err_set(err, "it cannot be written: %s", strerror(errno));
}

static bool head(struct journal *journal, struct journal_commit *ret_commit, struct err *err)
{
    (void)err;
    *ret_commit = stream_of(journal)->head;
    return true;
}

static bool unreadable(struct err *err)
{
    return err_set(err, "this journal is only written");
}

static bool read_lines(struct journal *journal, uint64_t from_seq, uint64_t count_max,
                       bool (*visit)(void *context, uint64_t seq, str line), void *context,
                       struct err *err)
{
    (void)journal, (void)from_seq, (void)count_max, (void)visit, (void)context;
    return unreadable(err);
}

static bool read_leaves(struct journal *journal, uint64_t from_seq, uint64_t count_max,
                        bool (*visit)(void *context, uint64_t seq, const digest *leaf),
                        void *context, struct err *err)
{
    (void)journal, (void)from_seq, (void)count_max, (void)visit, (void)context;
    return unreadable(err);
}

static bool read_commits(struct journal *journal, uint64_t after_size,
                         bool (*visit)(void *context, const struct journal_commit *commit),
                         void *context, struct err *err)
{
    (void)journal, (void)after_size, (void)visit, (void)context;
    return unreadable(err);
}

static bool snapshot_put(struct journal *journal, const struct journal_snapshot *snapshot,
                         struct err *err)
{
    (void)journal, (void)snapshot;
    return unreadable(err);
}

static bool snapshot_get(struct journal *journal, digest layout, uint64_t size_max, bool *ret_found,
                         struct journal_snapshot *ret_snapshot, struct err *err)
{
    (void)journal, (void)layout, (void)size_max, (void)ret_snapshot;
    *ret_found = false;
    return unreadable(err);
}

static void destroy(struct journal *journal)
{
    struct err err;
    journal_stream_close(journal, &err);
}

struct journal *journal_stream_open(const char *path, struct err *err)
{
    static const struct journal_ops ops = {append,       head,         read_lines,   read_leaves,
                                           read_commits, snapshot_put, snapshot_get, destroy};
    FILE *file = fopen(path, "wbe");
    if (!file) {
        err_set(err, "%s: %s", path, strerror(errno));
        return NULL;
    }
    struct journal_stream *stream = calloc(1, sizeof *stream);
    must(stream);
    stream->journal.ops = &ops;
    stream->file = file;
    journal_text_head(file);
    return &stream->journal;
}

bool journal_stream_close(struct journal *journal, struct err *err)
{
    if (!journal)
        return true;
    struct journal_stream *stream = stream_of(journal);
    bool good = !ferror(stream->file);
    good = fclose(stream->file) == 0 && good;
    free(stream);
    return good || err_set(err, "the journal cannot be written: %s", strerror(errno));
}
