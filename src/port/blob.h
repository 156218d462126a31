// blob.h - what the house needs from whatever keeps small deletable contents by digest.
//
// Command lines, environments, job files and frozen documents live here, not in the journal: an
// event names a blob by a digest. A blob's key is SHA-256(salt ‖ bytes); the salt (16 random bytes)
// is stored with it, so that the journal's digest says nothing about a short content, and a
// deleted blob cannot be guessed back.
//
//   Owner      cmd creates it with the store
//   Invariant  get gives the bytes whose salted digest is the key, or a fault: never others
//   Refusal    none
//   Fault      absent (deleted or never kept), larger than BLOB_MAX, I/O
//   Threads    any; put is durable when it returns
#pragma once
#include "base/buf.h"
#include "base/digest.h"
#include "base/err.h"
#include "base/str.h"
#include <stdbool.h>

enum { BLOB_MAX = 16 * 1024 * 1024 };

struct blob_put {
    uint8_t salt[16];
    str bytes;
    digest key; // filled in
};

struct blobs {
    const struct blobs_ops *ops;
};

struct blobs_ops {
    bool (*put)(struct blobs *blobs, str bytes, digest *ret_key, struct err *err);
    // As put with a given salt: the same salt and bytes give the same key and one content.
    bool (*put_salted)(struct blobs *blobs, const uint8_t salt[16], str bytes, digest *ret_key,
                       struct err *err);
    // Many at once, all or none, in one commit. NULL where a store has no such way.
    bool (*put_many)(struct blobs *blobs, struct blob_put *puts, uint32_t count, struct err *err);
    bool (*get)(struct blobs *blobs, digest key, struct buf *out, struct err *err);
    bool (*remove)(struct blobs *blobs, digest key, struct err *err); // absent is fine
    void (*destroy)(struct blobs *blobs);
};
