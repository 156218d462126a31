// A scenario is given only without a mistake, and then every name in it leads to something.
#include "base/must.h"
#include "fuzz.h"
#include "sim/scenario.h"

#define HEAD                                                                               \
    "name: tiny\nstart: 2027-01-01\nchips: [{name: G, idle_w: 1, class_w: 2, max_w: 3}]\n" \
    "accounts: [{slug: lab}]\nsites:\n  - {name: s, country: JP, grid: {contract_kw: 9}, " \
    "rack_rating_kw: 9,\n"                                                                 \
    "     substations: [{name: t, rating_kw: 9, racks: 9}]}\n"                             \
    "fleet: [{site: s, chip: G, racks: 2, nodes: 2, devices: 4}]\n"

const char *const fuzz_seeds[] = {
    HEAD "demand: [{name: d, kind: batch, account: lab, per_hour: 2, durations: [{mean: 3h}]}]\n",
    HEAD "demand: [{name: d, kind: inference, account: lab, replicas: 2, chips: [G, G]}]\n"
         "failures: [{name: f, kind: gpu, every: 9h}]\n",
    HEAD "demand: [{name: d, kind: owner, account: lab, replicas: 2, swing_permille: 300}]\n"
         "curtailments: [{site: s, at: 2027-02-01, for: 3h, to_permille: 750}]\n"
         "contracts: []\n",
    HEAD "prices: [{chip: G, per_device_hour: 1.25}]\ndemand: [{name: d, kind: training,\n"
         " account: lba, per_hour: -1, durations: [{kind: uniform, least: 3h}], trace: x.swf}]\n",
    NULL};

static void check_names(const struct scenario *scenario)
{
    for (uint32_t i = 0; i < scenario->fleets; i++)
        must(scenario->fleet[i].site < scenario->sites &&
             scenario->fleet[i].chip < scenario->chips);
    for (uint32_t i = 0; i < scenario->demands; i++) {
        const struct scenario_demand *demand = &scenario->demand[i];
        must(demand->account < scenario->accounts && demand->chips <= SCENARIO_CHIPS_MAX);
        for (uint32_t k = 0; k < demand->chips; k++)
            must(demand->chip[k] < scenario->chips);
        must(demand->sizes >= 1 && demand->per_hour_micro >= 0);
    }
    for (uint32_t i = 0; i < scenario->curtailments; i++)
        must(scenario->curtailment[i].site < scenario->sites);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct arena arena;
    struct yaml_report report;
    arena_init(&arena, 16 << 20);
    yaml_report_init(&report);
    const struct scenario *scenario =
        scenario_read("f", (str){(const char *)bytes, size}, &arena, &report);
    must((scenario == NULL) == (report.count > 0));
    if (scenario)
        check_names(scenario);
    yaml_report_finish(&report);
    arena_finish(&arena);
    return 0;
}
