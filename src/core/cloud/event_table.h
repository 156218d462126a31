// event_table.h - the fields of every kind of event: one row each.
//
// event.c writes and reads lines by these rows; docs/events.md and the API come from them. Rows of
// a kind stand in the order of the line (RFC 8785: by name); a test holds them to it.
//
// A field that came to a kind after lines of that kind were written is optional: older lines lack
// it, and mean zero.
//
//   Owner      nobody: tables
//   Invariant  names ascend; offset and form fit the member
//   Refusal    none
//   Fault      none
#pragma once
#include "core/cloud/event.h"
#include <stddef.h>

enum field_form {
    FIELD_ID,        // uint64_t: "job-17", null for 0
    FIELD_NUMBER,    // uint32_t
    FIELD_SIGNED,    // int32_t
    FIELD_FLAG,      // uint32_t 0 or 1: false, true
    FIELD_BIG,       // int64_t as a decimal string
    FIELD_SEQ,       // uint64_t as a number
    FIELD_TIME,      // int64_t microseconds as a number
    FIELD_TEXT,      // char[size], ends with a zero byte
    FIELD_DIGEST,    // 32 bytes as hex
    FIELD_HALF,      // 16 bytes as hex; left out when all are zero
    FIELD_DEVICES,   // device_set: "0-3"
    FIELD_COMMODITY, // uint32_t: "JPY"
    FIELD_CURRENCY,  // uint32_t: "JPY"
    FIELD_ZONE,      // uint32_t: "Asia/Tokyo"
    FIELD_MONTH,     // uint32_t: "2026-11"
    FIELD_WORD,      // uint32_t: a word of `words`
    FIELD_KIND,      // the event's kind
    FIELD_BIGS,      // int64_t[INVOICE_RATES_MAX]
    FIELD_NUMBERS,   // uint32_t[INVOICE_RATES_MAX]
    FIELD_RUNS,      // struct lease_part_added: [["node-5",64,"0-3"],…]
    FIELD_TRANSFERS, // struct posted: [["book-1","book-2","450"],…]
    FIELD_SETTINGS,  // struct opened: {"key":"value",…}
    FIELD_SETTING,   // uint32_t: a setting's key
};

struct event_field_row {
    str quoted; // "\"name\":"
    enum field_form form;
    uint32_t offset, size;
    str prefix;                    // FIELD_ID: "job"
    const char *(*word)(uint32_t); // FIELD_WORD
    uint32_t words;
    const char *meaning;
    bool optional; // left out of the line when all its bytes are zero
};

enum { EVENT_FIELDS_MAX = 40 };
bool event_field_left_out(const struct event_field_row *row, const void *member);
str event_kind_word(enum event_kind kind);
// The rows of a kind together with those every event has; ret_count of them.
const struct event_field_row *const *event_fields(enum event_kind kind, uint32_t *ret_count);
