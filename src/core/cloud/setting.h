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
#define SETTINGS(X)                                                                    \
    X(SETTING_METER_INTERVAL_MS, "meter_interval_ms", 300000, 1000, 86400000, "ms",    \
      "how often a running job is metered and rated")                                  \
    X(SETTING_STOP_GRACE_MS, "stop_grace_ms", 10000, 0, 3600000, "ms",                 \
      "time between SIGTERM and SIGKILL when a stop names none")                       \
    X(SETTING_JOB_KEEP_DAYS, "job_keep_days", 30, 1, 3650, "days",                     \
      "days an ended job stays in the tables before it is only in the journal")        \
    X(SETTING_CPU_JOBS, "cpu_jobs", 0, 0, 1, "",                                       \
      "1: jobs without devices are taken; they cost nothing")                          \
    X(SETTING_ATTEMPTS_MAX, "attempts_max", 3, 1, 1000, "attempts",                    \
      "attempts of a restartable job that is lost")                                    \
    X(SETTING_POWER_CAP_LEAST, "power_cap_least", 1000, 100, 1000, "permille",         \
      "the lowest power cap of a job when a site must shed watts; 1000: no caps")      \
    X(SETTING_QUEUE_BACKFILL, "queue_backfill", 1, 0, 1, "0 or 1",                     \
      "1: who is in nobody's way may start before those in front of it")               \
    X(SETTING_QUEUE_DEPTH, "queue_depth", 1000, 1, 1000000, "jobs",                    \
      "how many are looked at behind the first that does not fit")                     \
    X(SETTING_FAIR_HALF_LIFE_MS, "fair_half_life_ms", 604800000, 0, 31622400000, "ms", \
      "after so long an account's use counts half; 0: it is not remembered")           \
    X(SETTING_FAIR_AGING_MS, "fair_aging_ms", 3600000, 0, 31622400000, "ms",           \
      "a job that waits so long gains one position in its class; 0: none")             \
    X(SETTING_GANG_WAIT_MS_MAX, "gang_wait_ms_max", 86400000, 0, 31622400000, "ms",    \
      "a gang that has waited longer goes before all others; 0: never")                \
    X(SETTING_GANG_PLACES_MAX, "gang_places_max", 1, 0, 8, "gangs",                    \
      "how many gangs that have waited too long keep a place at once")                 \
    X(SETTING_HEARTBEAT_LOST_MS, "heartbeat_lost_ms", 60000, 1000, 86400000, "ms",     \
      "silence after which a node is suspect; what runs there runs on")                \
    X(SETTING_HEALTH_WINDOW_MS, "health_window_ms", 3600000, 60000, 604800000, "ms",   \
      "window in which corrected errors and automatic cordons are counted")            \
    X(SETTING_CORRECTED_MAX, "corrected_max", 1000, 1, 1000000000, "errors",           \
      "corrected ECC errors in a window that make a device suspect")                   \
    X(SETTING_CORDON_PERMILLE, "cordon_permille", 50, 0, 1000, "permille",             \
      "of a pool's nodes, at least one, that may be cordoned in a window")

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
