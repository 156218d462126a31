#include "bench_folder.h"

int main(int argc, char **argv)
{
    struct bench bench;
    bench_be_keeper(argc, argv);
    bench_init(&bench, LOCAL_PROCESS);
    int failed = engine_conformance("process", &bench.rig);
    bench_finish(&bench);
    return failed;
}
