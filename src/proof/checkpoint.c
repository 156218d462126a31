#include "proof/checkpoint.h"
#include "base/codec.h"
#include "base/must.h"
#include <string.h>

enum { ROOT_SIZE = 32, ORIGIN_MAX = 255 };

static bool line_is_plain(str line)
{
    for (size_t i = 0; i < line.len; i++)
        if ((uint8_t)line.ptr[i] < 0x20 || line.ptr[i] == 0x7f)
            return false;
    return line.len > 0 && str_is_utf8(line);
}

static bool further_is_plain(str further)
{
    str line;
    while (further.len > 0)
        if (!str_cut(further, '\n', &line, &further) || !line_is_plain(line))
            return false;
    return true;
}

void checkpoint_write(const struct checkpoint *checkpoint, struct buf *out)
{
    must(line_is_plain(checkpoint->origin) && checkpoint->origin.len <= ORIGIN_MAX);
    must(further_is_plain(checkpoint->further));
    buf_add(out, checkpoint->origin);
    buf_byte(out, '\n');
    buf_u64(out, checkpoint->size);
    buf_byte(out, '\n');
    base64_encode(checkpoint->root.bytes, ROOT_SIZE, out);
    buf_byte(out, '\n');
    buf_add(out, checkpoint->further);
}

static bool root_read(str text, digest *ret_root)
{
    struct buf bytes;
    buf_init(&bytes, ROOT_SIZE);
    bool good = base64_decode(text, &bytes) && !bytes.overflow && bytes.len == ROOT_SIZE;
    if (good)
        memcpy(ret_root->bytes, bytes.ptr, ROOT_SIZE);
    buf_finish(&bytes);
    return good;
}

bool checkpoint_read(str text, struct checkpoint *ret_checkpoint, struct err *err)
{
    struct checkpoint checkpoint = {0};
    str line, rest = text;
    if (!str_cut(rest, '\n', &checkpoint.origin, &rest) || !line_is_plain(checkpoint.origin) ||
        checkpoint.origin.len > ORIGIN_MAX)
        return err_set(err, "checkpoint line 1: want the log's origin, 1 to %d plain bytes",
                       ORIGIN_MAX);
    if (!str_cut(rest, '\n', &line, &rest) || !str_to_u64(line, &checkpoint.size))
        return err_set(err, "checkpoint line 2: want the size, a decimal number");
    if (!str_cut(rest, '\n', &line, &rest) || !root_read(line, &checkpoint.root))
        return err_set(err, "checkpoint line 3: want the root, base64 of %d bytes", ROOT_SIZE);
    if (!further_is_plain(rest))
        return err_set(err, "checkpoint after line 3: want whole lines of plain text, none empty");
    checkpoint.further = rest;
    *ret_checkpoint = checkpoint;
    return true;
}
