#include "bench_folder.h"

enum { SKIPPED = 77 };

int main(int argc, char **argv)
{
    struct bench bench;
    bench_be_keeper(argc, argv);
    if (!bench_has_containers())
        return SKIPPED;
    bench_init(&bench, LOCAL_CONTAINER);
    int failed = engine_conformance("container", &bench.rig);
    bench_finish(&bench);
    return failed;
}
