// Fills the followers of the journal. See followers.h.
#include "base/log.h"
#include "base/must.h"
#include "http/follow_parts.h"

enum { FILL_BYTES = FOLLOW_BUFFER / 4, FILL_LINES = 2000 };

struct filling {
    struct follower *follower;
    struct buf *out;
};

static bool take_line(void *context, uint64_t seq, str line)
{
    struct filling *filling = context;
    struct follower *follower = filling->follower;
    if (seq >= follower->end_seq)
        return false;
    if (follower->kind == FOLLOW_JOURNAL) {
        buf_add(filling->out, S("id: "));
        buf_u64(filling->out, seq);
        buf_add(filling->out, S("\ndata: "));
        buf_add(filling->out, line);
        buf_add(filling->out, S("\n\n"));
    } else {
        buf_add(filling->out, line);
        buf_byte(filling->out, '\n');
    }
    follower->next_seq = seq + 1;
    follower->more = filling->out->len >= FILL_BYTES;
    return !follower->more;
}

bool follow_fill_lines(struct followers *followers, struct follower *follower, struct buf *out)
{
    uint64_t size = atomic_load(&followers->size);
    uint64_t end = follower->end_seq < size ? follower->end_seq : size;
    if (follower->next_seq < end) {
        struct desk *desk = followers->config->desk;
        struct filling filling = {follower, out};
        struct err err;
        if (!desk->ops->lines(desk, follower->next_seq, FILL_LINES, take_line, &filling, &err)) {
            log_line(LOG_WARN, "http", "a follower of the journal is sent away: %s", err.text);
            return false;
        }
        follower->more = follower->next_seq < end;
    }
    return follower->kind == FOLLOW_JOURNAL || follower->next_seq < follower->end_seq;
}
