// Decisions a second on the recorded openb cluster, by policy: every pod of one order is asked for
// once. Known for the same experiment: a rewrite in plain C with a memo for each node and shape
// 32,600 decisions/s, the simulator of its authors 2-18 (both on other machines).
#include "base/must.h"
#include "bench/bench.h"
#include "lab/lab_place.h"
#include <stdio.h>
#include <stdlib.h>

enum { FILE_MAX = 16 * 1024 * 1024, ARRIVALS_MAX = 32768 };

static bool load(const char *folder, const char *name, struct buf *text)
{
    char path[512];
    snprintf(path, sizeof path, "%s/data/openb/%s", folder, name);
    FILE *file = fopen(path, "rbe");
    buf_clear(text);
    if (!file) {
        printf("%s is not here (TATARA_SHARED names the folder above data/)\n", path);
        return false;
    }
    char bytes[64 * 1024];
    for (size_t len; (len = fread(bytes, 1, sizeof bytes, file)) > 0;)
        buf_add(text, (str){bytes, len});
    fclose(file);
    return true;
}

static bool load_all(struct lab_place *lab, const char *folder, struct buf *text, struct buf *wrong)
{
    static uint16_t rows[ARRIVALS_MAX];
    if (!load(folder, "openb_node_list_gpu_node.csv", text) ||
        !openb_nodes(&lab->openb, "nodes", buf_str(text), wrong) ||
        !load(folder, "openb_pod_list_default.csv", text) ||
        !openb_pods(&lab->openb, "pods", buf_str(text), wrong) ||
        !load(folder, "orders/default.42.u16", text))
        return false;
    must(text->len / 2 <= ARRIVALS_MAX);
    must(openb_numbers("order", buf_str(text), lab->openb.pods, rows, wrong));
    lab->arrivals = (uint32_t)(text->len / 2);
    lab->order = calloc(lab->arrivals, sizeof *lab->order);
    lab->rank = calloc(lab->openb.nodes, sizeof *lab->rank);
    must(lab->order && lab->rank);
    for (uint32_t i = 0; i < lab->arrivals; i++)
        lab->order[i] = rows[i];
    if (!load(folder, "orders/default.42.nodeperm.u16", text) || text->len != 2 * lab->openb.nodes)
        return false;
    return openb_numbers("ranks", buf_str(text), lab->openb.nodes, lab->rank, wrong);
}

static double median_of_five(const struct lab_place *lab, struct lab_place_result *ret_result)
{
    double rates[BENCH_RUNS];
    place_run(lab, ret_result);
    for (int i = 0; i < BENCH_RUNS; i++) {
        place_run(lab, ret_result);
        rates[i] = (double)lab->arrivals / ret_result->seconds;
    }
    return bench_median(rates, BENCH_RUNS);
}

int main(void)
{
    static const enum fleet_policy policies[] = {POLICY_FGD, POLICY_BEST_FIT, POLICY_PACKING,
                                                 POLICY_RANDOM, POLICY_TATARA};
    const char *shared = getenv("TATARA_SHARED");
    struct lab_place lab = {
        .levels = 2, .level = {100, 130}
    };
    struct buf text, wrong;
    buf_init(&text, FILE_MAX);
    buf_init(&wrong, FILE_MAX);
    bench_machine();
    bool good = load_all(&lab, shared ? shared : "../shared", &text, &wrong);
    for (int i = 0; i < 5 && good; i++) {
        struct lab_place_result result;
        lab.policy = policies[i];
        double rate = median_of_five(&lab, &result);
        printf("openb, 1,213 nodes, %-8s %9.0f decisions/s of CPU time (median of 5); "
               "allocated %.2f / %.2f %%\n",
               place_policy_text(lab.policy), rate, (double)result.level_milli[0] / 62120,
               (double)result.level_milli[1] / 62120);
    }
    place_finish(&lab);
    buf_finish(&text);
    buf_finish(&wrong);
    return good ? 0 : 77;
}
