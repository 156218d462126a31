#include "bench_folder.h"

enum { SKIPPED = 77 };

int main(int argc, char **argv)
{
    struct bench bench;
    bench_be_keeper(argc, argv);
    if (!bench_has_containers())
        return SKIPPED;
    bench_init(&bench, LOCAL_CONTAINER);
    bench.heartbeat_ms = bench.alive_ms = 50; // what is paused shows by its reports
    int failed = engine_conformance("container", &bench.rig);
    bench_finish(&bench);
    return failed;
}
