// codec.h - bytes as text and back: hex and base64.
//
//   Owner      the caller gives the room
//   Invariant  decoders are strict: one text for one value (lower-case hex; base64 with its
//              padding (RFC 4648 section 4) and no stray bits; base64url without padding)
//   Refusal    none
//   Fault      false on text that is not exactly of the form; output untouched
#pragma once
#include "base/buf.h"
#include "base/str.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

void hex_encode(const uint8_t *bytes, size_t size, char *ret_text); // 2 * size, no zero byte
bool hex_decode(str text, uint8_t *ret_bytes, size_t size);         // exactly size bytes
void base64_encode(const uint8_t *bytes, size_t size, struct buf *out);
bool base64_decode(str text, struct buf *out);
void base64url_encode(const uint8_t *bytes, size_t size, struct buf *out);
bool base64url_decode(str text, struct buf *out);
