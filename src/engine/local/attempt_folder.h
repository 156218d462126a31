// attempt_folder.h - where an attempt of a job lives on disk, and the small files in it.
//
//     DATA/jobs/open/job-17.attempt-1   a mark: claimed and not yet forgotten
//     DATA/jobs/job-17/attempt-1/       the claim itself, mode 0700:
//         lock          held (flock) by the keeper as long as it lives
//         request.json  what the engine asked of the keeper        (struct attempt_request)
//         spec.json     the user's command, as spec.h takes it
//         keeper.json   the keeper has begun; never begun again    (struct attempt_keeper)
//         start.json    the command runs                           (struct attempt_start)
//         alive.json    the last heartbeat                         (struct attempt_usage)
//         stop.json     a wish to stop, read by the keeper         (struct attempt_stop)
//         pause.json    a wish to stand still, or to go on         (struct attempt_pause)
//         end.json      how it ended: written once, then final     (struct attempt_end)
//         out, err      the two streams of output
//         work/         the command's own folder; bundle/, runc/: the container's
//
// Making the folder is the claim, so a start that comes twice finds it. Every file is one line of
// canonical JSON, replaced whole (NAME.new, rename). A job may run as the same user and write
// here, so whatever is read is judged as hostile: size, kind of file, every member and its range.
//
//   Owner      the engine makes and forgets folders, the keeper writes into its own
//   Invariant  end.json never changes; a durable write is on disk, its name too, when it returns
//   Refusal    ATTEMPT_LOCK_HELD: someone keeps this attempt
//   Fault      I/O, a file that is not of its form: names the file and the member
#pragma once
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "port/engine.h"
#include <stdbool.h>
#include <stdint.h>

enum {
    ATTEMPT_PATH_MAX = 3072,        // of a folder; names in it are short
    ATTEMPT_FILE_MAX = 16 * 1024,   // of any file but spec.json
    ATTEMPT_END_RESERVED = 4 * 1024 // kept free from the start, so that a full disk loses no end
};

struct attempt_id {
    uint64_t job;
    uint32_t attempt;
};

struct attempt_request {
    int64_t job, attempt, account;
    int64_t container;        // 1: runc, 0: a plain process
    int64_t uid;              // container: who the command is
    int64_t memory_bytes;     // 0: no limit
    int64_t heartbeat_ms;     // how often alive.json is replaced
    int64_t output_bytes_max; // of each stream
    char token[33];           // random hex; marks the job's processes (TATARA_ATTEMPT)
    char cpus[1024];          // "0-3,7" as cpuset takes it; "" is all
    char gpus[1024];          // NVML's indexes "0,3"; "" is none
    char gpu_names[4096];     // of the same, in the same order: "GPU-uuid", or the index
    char gpu_minors[1024];    // of the same, in the same order: /dev/nvidiaN
    int64_t idle_w, class_w;  // of one of its devices
    char cgroup[256];         // path below each controller; "" when none may be made
    char data[1024];          // DATA, never to be seen by a job
    char runc[1024];          // the program
    char rootfs_folder[1024]; // a spec's rootfs must lie in it; "": see container_root.h
    char private_paths[4096]; // more to hide from containers, one a line
};

struct attempt_keeper {
    char boot_id[40];
    int64_t keeper_pid;
};

struct attempt_usage { // since the command started
    int64_t ran_ms, cpu_ms, memory_peak_bytes, energy_j;
    int64_t energy; // enum engine_energy
};

struct attempt_start {
    char boot_id[40];
    int64_t command_pid, command_ticks; // ticks: field 22 of /proc/PID/stat, tells pids apart
    int64_t started_us;                 // CLOCK_BOOTTIME
};

struct attempt_stop {
    int64_t grace_ms;
};

struct attempt_pause {
    int64_t paused; // 0 or 1
};

struct attempt_end {
    int64_t end; // enum engine_end
    int64_t code, signal;
    int64_t dropped_out, dropped_err; // bytes over the cap of each stream
    struct attempt_usage usage;
    char boot_id[40];
    char text[160];
};

// One row a member; a table in order of the names is both the writer and the reader.
struct attempt_field {
    const char *name;
    size_t offset, size; // size 0: an int64_t within [least, most]; else a char array
    int64_t least, most;
};
struct attempt_form {
    const char *file;
    const struct attempt_field *fields;
    uint32_t count;
};
extern const struct attempt_form attempt_request_form, attempt_keeper_form, attempt_usage_form,
    attempt_start_form, attempt_stop_form, attempt_pause_form, attempt_end_form;

void attempt_form_write(const struct attempt_form *form, const void *record, struct buf *out);
bool attempt_form_parse(const struct attempt_form *form, str text, void *ret_record,
                        struct err *err);

// Files of a folder given by its descriptor. Absent is no fault: ret_absent.
bool attempt_file_read(int folder, const char *name, struct buf *out, bool *ret_absent,
                       struct err *err);
bool attempt_file_write(int folder, const char *name, str text, bool durable, struct err *err);
bool attempt_file_exists(int folder, const char *name);
bool attempt_load(int folder, const struct attempt_form *form, void *ret_record, bool *ret_absent,
                  struct err *err);
bool attempt_save(int folder, const struct attempt_form *form, const void *record, bool durable,
                  struct err *err);

void attempt_path(const char *data, struct attempt_id id, char ret_path[ATTEMPT_PATH_MAX]);
bool attempt_id_parse(str mark, struct attempt_id *ret_id); // "job-17.attempt-1"
bool attempt_prepare(const char *data, struct err *err);    // DATA/jobs and DATA/jobs/open
// Makes the mark and the folder; ret_new false when the folder was there.
bool attempt_claim(const char *data, struct attempt_id id, bool *ret_new, struct err *err);
int attempt_open(const char *data, struct attempt_id id); // its descriptor, -1 when absent
bool attempt_unmark(const char *data, struct attempt_id id, struct err *err);

enum attempt_lock_answer { ATTEMPT_LOCK_TAKEN, ATTEMPT_LOCK_HELD, ATTEMPT_LOCK_FAILED };
enum attempt_lock_answer attempt_lock(int folder, int *ret_descriptor);

int64_t boottime_us(void); // CLOCK_BOOTTIME
void boot_id_read(char ret_id[40]);
