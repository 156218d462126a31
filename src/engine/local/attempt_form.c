#include "engine/local/attempt_folder.h"
#include <stddef.h>

// The forms of the files: one row a member, in order of the names.

#define COUNT(list) (uint32_t)(sizeof(list) / sizeof(list)[0])
#define INTEGER(type, member, least, most)                     \
    {                                                          \
#member, offsetof(struct type, member), 0, least, most \
    }
#define TEXT(type, member)                                                               \
    {                                                                                    \
#member, offsetof(struct type, member), sizeof(((struct type *)0)->member), 0, 0 \
    }
#define USAGE(member, most)                                                                       \
    {                                                                                             \
#member, offsetof(struct attempt_end, usage) + offsetof(struct attempt_usage, member), 0, \
            0, most                                                                               \
    }

// Integers in canonical JSON end at 2^53 - 1.
#define MOST INT64_C(9007199254740991)

static const struct attempt_field request_fields[] = {
    INTEGER(attempt_request, account, 0, MOST),
    INTEGER(attempt_request, attempt, 0, UINT32_MAX),
    TEXT(attempt_request, cgroup),
    INTEGER(attempt_request, class_w, 0, 1000000),
    INTEGER(attempt_request, container, 0, 1),
    TEXT(attempt_request, cpus),
    TEXT(attempt_request, data),
    TEXT(attempt_request, gpu_minors),
    TEXT(attempt_request, gpu_names),
    TEXT(attempt_request, gpus),
    INTEGER(attempt_request, heartbeat_ms, 1, 86400000),
    INTEGER(attempt_request, idle_w, 0, 1000000),
    INTEGER(attempt_request, job, 0, MOST),
    INTEGER(attempt_request, memory_bytes, 0, MOST),
    INTEGER(attempt_request, output_bytes_max, 0, MOST),
    TEXT(attempt_request, private_paths),
    TEXT(attempt_request, rootfs_folder),
    TEXT(attempt_request, runc),
    TEXT(attempt_request, token),
    INTEGER(attempt_request, uid, 0, INT32_MAX),
};
const struct attempt_form attempt_request_form = {"request.json", request_fields,
                                                  COUNT(request_fields)};

static const struct attempt_field keeper_fields[] = {
    TEXT(attempt_keeper, boot_id),
    INTEGER(attempt_keeper, keeper_pid, 0, INT32_MAX),
};
const struct attempt_form attempt_keeper_form = {"keeper.json", keeper_fields,
                                                 COUNT(keeper_fields)};

static const struct attempt_field usage_fields[] = {
    INTEGER(attempt_usage, cpu_ms, 0, MOST),
    INTEGER(attempt_usage, energy, ENERGY_NONE, ENERGY_ESTIMATED),
    INTEGER(attempt_usage, energy_j, 0, MOST),
    INTEGER(attempt_usage, memory_peak_bytes, 0, MOST),
    INTEGER(attempt_usage, ran_ms, 0, MOST),
};
const struct attempt_form attempt_usage_form = {"alive.json", usage_fields, COUNT(usage_fields)};

static const struct attempt_field start_fields[] = {
    TEXT(attempt_start, boot_id),
    INTEGER(attempt_start, command_pid, 0, INT32_MAX),
    INTEGER(attempt_start, command_ticks, 0, MOST),
    INTEGER(attempt_start, started_us, 0, MOST),
};
const struct attempt_form attempt_start_form = {"start.json", start_fields, COUNT(start_fields)};

static const struct attempt_field stop_fields[] = {
    INTEGER(attempt_stop, grace_ms, 0, MOST),
};
const struct attempt_form attempt_stop_form = {"stop.json", stop_fields, COUNT(stop_fields)};

static const struct attempt_field pause_fields[] = {
    INTEGER(attempt_pause, paused, 0, 1),
};
const struct attempt_form attempt_pause_form = {"pause.json", pause_fields, COUNT(pause_fields)};

static const struct attempt_field end_fields[] = {
    TEXT(attempt_end, boot_id),
    INTEGER(attempt_end, code, 0, 255),
    USAGE(cpu_ms, MOST),
    INTEGER(attempt_end, dropped_err, 0, MOST),
    INTEGER(attempt_end, dropped_out, 0, MOST),
    INTEGER(attempt_end, end, ENGINE_EXITED, ENGINE_NOT_STARTED),
    USAGE(energy, ENERGY_ESTIMATED),
    USAGE(energy_j, MOST),
    USAGE(memory_peak_bytes, MOST),
    USAGE(ran_ms, MOST),
    INTEGER(attempt_end, signal, 0, 64),
    TEXT(attempt_end, text),
};
const struct attempt_form attempt_end_form = {"end.json", end_fields, COUNT(end_fields)};
