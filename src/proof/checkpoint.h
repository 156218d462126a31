// checkpoint.h - the body of a log checkpoint, as text (C2SP tlog-checkpoint).
//
//     example.org/tatara        origin: which log this is
//     20852163                  size: leaves, decimal without leading zeros
//     CsUYapGGPo4dkMgIAUqom…=   root: base64 of 32 bytes
//     …                         further lines, none of them empty; kept as they are
//
// Each line ends with a newline. Signatures are note.h's.
//
//   Owner      the texts of a checkpoint that was read point into what was read
//   Invariant  write and read are exact inverses: one text for one checkpoint
//   Refusal    none
//   Fault      checkpoint_read: text not exactly of this form; the line and what it should be
#pragma once
#include "base/buf.h"
#include "base/digest.h"
#include "base/err.h"
#include "base/str.h"
#include <stdbool.h>
#include <stdint.h>

struct checkpoint {
    str origin;
    uint64_t size;
    digest root;
    str further; // zero or more whole lines
};

// The origin and the further lines must be such as checkpoint_read takes.
void checkpoint_write(const struct checkpoint *checkpoint, struct buf *out);
bool checkpoint_read(str text, struct checkpoint *ret_checkpoint, struct err *err);
