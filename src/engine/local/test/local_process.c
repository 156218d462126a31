#include "bench_folder.h"

int main(int argc, char **argv)
{
    struct bench bench;
    bench_be_keeper(argc, argv);
    bench_init(&bench, LOCAL_PROCESS);
    bench.heartbeat_ms = bench.alive_ms = 50; // what is paused shows by its reports
    int failed = engine_conformance("process", &bench.rig);
    bench_finish(&bench);
    return failed;
}
