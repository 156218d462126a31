// bench_folder.h - a data directory for a test, and the engine on it.
//
//   Owner      the test; bench_finish removes the folder
//   Invariant  the folder is one of the test's own, below /tmp
//   Refusal    none
//   Fault      a failed step aborts the test
#pragma once
#include "engine/local/local.h"
#include "port/test/engine_conformance.h"

struct bench {
    char data[64];
    enum local_way way;
    int64_t output_bytes_max, alive_ms, heartbeat_ms;
    const char *private_paths;
    struct engine_rig rig; // for the conformance suite; its context is the bench
};

void bench_init(struct bench *bench, enum local_way way);
void bench_finish(struct bench *bench);
bool bench_open(struct bench *bench, struct engine_sink sink, struct engine **ret_engine,
                struct err *err);
// When the test was executed as a keeper: is one, and does not return.
void bench_be_keeper(int argc, char **argv);
// Whether containers can be made here; says why not.
bool bench_has_containers(void);
