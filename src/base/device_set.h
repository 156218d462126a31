// device_set.h - a set of up to 256 small numbers: the devices of one node, by index.
//
//   Owner      nobody: a value, 32 bytes without padding
//   Invariant  text is canonical: ascending ranges, "0-3,7"
//   Refusal    none
//   Fault      device_set_parse: false on text that is not canonical; output untouched
#pragma once
#include "base/buf.h"
#include "base/str.h"
#include <stdbool.h>
#include <stdint.h>

enum { DEVICE_SET_MAX = 256 };

typedef struct {
    uint64_t bits[4];
} device_set;

uint32_t device_set_count(const device_set *set);
bool device_set_has(const device_set *set, uint32_t index);
void device_set_add(device_set *set, uint32_t index);
void device_set_remove(device_set *set, uint32_t index);
uint32_t device_set_next(const device_set *set, uint32_t from);  // first >= from, or DEVICE_SET_MAX
bool device_set_meets(const device_set *a, const device_set *b); // anything in common
void device_set_text(const device_set *set, struct buf *out);    // "" when empty
bool device_set_parse(str text, device_set *ret_set);
