// Lists are read or their lines named; what was read can be placed, never more than there is.
#include "base/must.h"
#include "fuzz.h"
#include "lab/lab_place.h"
#include <string.h>

const char *const fuzz_seeds[] = {
    "sn,cpu_milli,memory_mib,gpu,model\na,96000,1000,8,G2\nb,4000,1000,1,T4\n"
    "\fname,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec\nx,1000,10,1,470,\ny,1,1,2,1000,G2|"
    "T4\n",
    "sn,gpu,cpu_milli,memory_mib,model\na,3,9,9,\"A\"\n\fname,cpu_milli,memory_mib,num_gpu,"
    "gpu_milli\nx,1,1,0,0\nx,1,1,1,999\n",
    "sn\n\fname\n1,2", NULL};

// What stands behind a form feed is the second list.
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct lab_place lab = {.levels = 1, .level = {100}, .hold = (uint32_t)(size % 3)};
    struct lab_place_result result;
    struct buf wrong;
    str nodes = {(const char *)bytes, size}, pods = {0};
    str_cut(nodes, '\f', &nodes, &pods);
    buf_init(&wrong, 1 << 20);
    bool good = openb_nodes(&lab.openb, "n", nodes, &wrong);
    good &= openb_pods(&lab.openb, "p", pods, &wrong);
    must(good == !wrong.len);
    must(good || strncmp(buf_cstr(&wrong), "error: ", 7) == 0);
    if (good && lab.openb.nodes < 64 && lab.openb.pods < 64) {
        lab.policy = (enum fleet_policy)(size % (POLICY_RANDOM + 1));
        int64_t capacity = 0;
        for (uint32_t i = 0; i < lab.openb.nodes; i++)
            capacity += lab.openb.node[i].devices;
        if (capacity < 64) {
            place_shuffle(&lab, size);
            place_run(&lab, &result);
            must(result.allocated_milli <= result.capacity_milli);
            must(result.placed + result.dropped == lab.arrivals);
        }
    }
    place_finish(&lab);
    buf_finish(&wrong);
    return 0;
}
