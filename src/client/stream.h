// stream.h - server-sent events: a strict reader of their text, and a stream that resumes.
//
//     id: 120,0          the reader (struct sse) takes bytes in pieces of any size and gives whole
//     event: stdout      events. Lines end with \n or \r\n; a line beginning with ':' is a
//     data: aGVsbG8K     heartbeat; fields it does not know are skipped, as the standard says
//                        (WHATWG HTML, 9.2.6). An event over its limits is a fault.
//
// stream_run reads a stream of the API until the callback or keep_on says stop. A connection that
// is lost is made again with Last-Event-ID, so that nothing is missed or seen twice; it gives up
// when the server has been away for STREAM_AWAY_MS_MAX.
//
//   Owner      sse_finish gives the reader's memory back; texts of an event last for its callback
//   Invariant  events are given whole, once and in order
//   Refusal    the server's own (STREAM_REFUSED), in the answer
//   Fault      an event beyond the limits, a server that stays away
#pragma once
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "client/call.h"
#include <stdbool.h>
#include <stdint.h>

enum { SSE_LINE_MAX = 1 << 20, SSE_DATA_MAX = 4 << 20, STREAM_AWAY_MS_MAX = 60 * 1000 };

struct sse_event {
    str name; // "message" when the event has no name
    str data; // its data lines, joined by \n
    str id;   // of this event or the last one that had one
};

struct sse {
    struct buf line, name, data;
    struct buf id, next_id;   // of the last whole event; of the one that is half read
    bool has_data, skip_feed; // skip_feed: a \r ended the last line, its \n is no line of its own
};

void sse_init(struct sse *sse);
void sse_finish(struct sse *sse); // accepts a zeroed one
// What is half read is dropped, the last id kept: for a new connection.
void sse_restart(struct sse *sse);
// False with an error on a limit; also false, without one, when take said stop (*ret_stopped).
bool sse_feed(struct sse *sse, str bytes,
              bool (*take)(void *context, const struct sse_event *event), void *context,
              bool *ret_stopped, struct err *err);

enum stream_end {
    STREAM_STOPPED, // by the callback or keep_on
    STREAM_REFUSED, // call_answer says why
    STREAM_LOST,    // the server stays away, or what it sends is no such stream
};

struct stream {
    str path;
    str last_id; // resume behind it; empty: from where the path says
    bool (*take)(void *context, const struct sse_event *event); // false: enough
    bool (*keep_on)(void *context);                             // false: enough; may be NULL
    void (*away)(void *context, bool is_away); // the connection was lost, or is back; may be NULL
    void *context;
};

// Finish ret_answer in every case. err is set except for STREAM_STOPPED.
enum stream_end stream_run(const struct connection *connection, const struct stream *stream,
                           struct call_answer *ret_answer, struct err *err);
