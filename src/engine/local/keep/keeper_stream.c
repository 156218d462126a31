#include "engine/local/keep/keeper_stream.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { PIECE = 64 * 1024, PIECES = 16 }; // a turn takes 1 MiB at most, then others have theirs

bool keeper_stream_open(struct keeper_stream *stream, int folder, const char *name, int64_t cap,
                        struct err *err)
{
    int ends[2];
    *stream = (struct keeper_stream){.pipe = -1, .writer = -1, .file = -1, .cap = cap};
    stream->file = openat(folder, name, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (stream->file < 0)
        return err_set(err, "%s: cannot be made: %s", name, strerror(errno));
    if (pipe2(ends, O_CLOEXEC) != 0 || fcntl(ends[0], F_SETFL, O_NONBLOCK) != 0)
        return err_set(err, "%s: pipe: %s", name, strerror(errno));
    stream->pipe = ends[0];
    stream->writer = ends[1];
    return true;
}

static void keep(struct keeper_stream *stream, const char *bytes, size_t size)
{
    int64_t room = stream->dropped ? 0 : stream->cap - stream->kept;
    size_t want = (int64_t)size < room ? size : (size_t)room, done = 0;
    while (done < want) {
        ssize_t put = write(stream->file, bytes + done, want - done);
        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            break; // a full disk: from here on it is counted only
        done += (size_t)put;
    }
    stream->kept += (int64_t)done;
    stream->dropped += (int64_t)(size - done);
}

bool keeper_stream_pump(struct keeper_stream *stream)
{
    char bytes[PIECE];
    for (int piece = 0; piece < PIECES && stream->pipe >= 0; piece++) {
        ssize_t got = read(stream->pipe, bytes, sizeof bytes);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0 && errno == EAGAIN)
            return true;
        if (got <= 0)
            return false;
        keep(stream, bytes, (size_t)got);
    }
    return stream->pipe >= 0;
}

static void close_end(int *descriptor)
{
    if (*descriptor >= 0)
        close(*descriptor);
    *descriptor = -1;
}

void keeper_stream_finish(struct keeper_stream *stream, bool keep_output)
{
    if (stream->file >= 0 && !keep_output && ftruncate(stream->file, 0) != 0)
        stream->dropped = 0; // the file stays as it is: nobody was promised more
    if (stream->file >= 0 && keep_output && stream->dropped > 0)
        dprintf(stream->file, "\ntatara: %lld bytes more were not kept (cap %lld bytes)\n",
                (long long)stream->dropped, (long long)stream->cap);
    close_end(&stream->file);
    close_end(&stream->pipe);
    close_end(&stream->writer);
}
