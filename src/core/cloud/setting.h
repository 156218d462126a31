// setting.h - every setting the core reads: one row each.
//
// Event 0 (`opened`) writes them all, `set` events change them: no machine's configuration hides
// in the state.
//
//   Owner      nobody: a table; values live in the state
//   Invariant  min <= value <= max
//   Refusal    ANSWER_BAD_FIELD
//   Fault      none
#pragma once
#include "base/str.h"
#include <stdbool.h>
#include <stdint.h>

// name, key, default, min, max, unit, doc
#define SETTINGS(X)                                                                 \
    X(SETTING_METER_INTERVAL_MS, "meter_interval_ms", 300000, 1000, 86400000, "ms", \
      "how often a running job is metered and rated")                               \
    X(SETTING_STOP_GRACE_MS, "stop_grace_ms", 10000, 0, 3600000, "ms",              \
      "time between SIGTERM and SIGKILL when a stop names none")                    \
    X(SETTING_JOB_KEEP_DAYS, "job_keep_days", 30, 1, 3650, "days",                  \
      "days an ended job stays in the tables before it is only in the journal")     \
    X(SETTING_ATTEMPTS_MAX, "attempts_max", 3, 1, 1000, "attempts",                 \
      "attempts of a restartable job that is lost")

#define X(name, key, value, min, max, unit, doc) name,
enum setting { SETTINGS(X) SETTING_COUNT };
#undef X

struct setting_row {
    const char *key;
    int64_t value, min, max;
    const char *unit, *doc;
};
const struct setting_row *setting_row(enum setting setting);
bool setting_parse(str key, enum setting *ret_setting);
