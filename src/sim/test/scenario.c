// A scenario is read whole or not at all, and all its mistakes are named at once.
#include "sim/scenario.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static const char *const good =
    "name: tiny\n"
    "start: 2027-01-01\n"
    "length: 2d\n"
    "entities: [{slug: own, name: Own KK, country: JP}]\n"
    "chips: [{name: GB200, memory: 186GiB, idle_w: 140, class_w: 1000, max_w: 1200}]\n"
    "accounts: [{slug: lab, entity: own, zone: Asia/Tokyo}]\n"
    "prices: [{chip: GB200, per_device_hour: 3.25, tax_permille: 100}]\n"
    "sites:\n"
    "  - name: sakai\n"
    "    country: JP\n"
    "    operator: own\n"
    "    zone: Asia/Tokyo\n"
    "    grid: {contract_kw: 240000, ramp_kw_per_s: 500}\n"
    "    rack_rating_kw: 132\n"
    "    substations: [{name: s, count: 2, rating_kw: 100000, racks: 700}]\n"
    "    generators:\n"
    "      - {name: gt, minimum_kw: 100, maximum_kw: 200, ramp_kw_per_minute: 10,\n"
    "         heat_rate: 6.4, fuel_price: 3.5, start_cost: 12000}\n"
    "    tariff:\n"
    "      per_mwh: 90.5\n"
    "      windows: [{from_hour: 8, to_hour: 20, days: weekdays, per_mwh: 120}]\n"
    "    pue: [{load_permille: 200, permille: 1300}, {load_permille: 1000, permille: 1150}]\n"
    "fleet: [{site: sakai, chip: GB200, racks: 1389, nodes: 18, devices: 4, over: 90d}]\n"
    "demand:\n"
    "  - name: train\n"
    "    kind: training\n"
    "    account: lab\n"
    "    chips: [GB200]\n"
    "    per_hour: 0.25\n"
    "    sizes: [{nodes: 16, devices: 4, weight: 3}, {nodes: 256, devices: 4}]\n"
    "    durations: [{mean: 6h, least: 10m}]\n"
    "  - {name: chat, kind: inference, account: lab, replicas: 40}\n"
    "failures: [{name: hbm, kind: gpu, every: 294912h, fault: replace, repair: 3d}]\n"
    "curtailments: [{site: sakai, at: 2027-01-02, for: 3h, to_permille: 750}]\n";

struct reading {
    struct arena arena;
    struct yaml_report report;
    const struct scenario *scenario;
};

static void read_text(struct reading *reading, const char *text)
{
    arena_init(&reading->arena, 16 << 20);
    yaml_report_init(&reading->report);
    reading->scenario = scenario_read("s.yaml", str_from(text), &reading->arena, &reading->report);
}

static void finish(struct reading *reading)
{
    yaml_report_finish(&reading->report);
    arena_finish(&reading->arena);
}

static void a_good_one_is_read_as_it_stands(void **state)
{
    (void)state;
    struct reading reading;
    read_text(&reading, good);
    if (!reading.scenario)
        fail_msg("%s", buf_cstr(&reading.report.text));
    const struct scenario *scenario = reading.scenario;
    const struct scenario_site *site = &scenario->site[0];
    assert_int_equal(scenario->length_us, 2 * DAY_US);
    assert_int_equal(site->supply.grid.contract_w, 240000000);
    assert_int_equal(site->supply.it_rating_w, 200000000);
    assert_int_equal(site->supply.generator[0].heat_rate_btu_per_kwh, 6400);
    assert_int_equal(site->supply.generator[0].fuel_micro_per_mmbtu, 3500000);
    assert_int_equal(site->supply.generator[0].start_cost_micro, 12000000000);
    assert_int_equal(site->supply.tariff.micro_per_mwh, 90500000);
    assert_int_equal(site->supply.tariff.window[0].days, 0x1f);
    assert_int_equal(site->supply.pue.point[1].pue_permille, 1150);
    assert_int_equal(scenario->fleet[0].over_us, 90 * DAY_US);
    assert_int_equal(scenario->demand[0].per_hour_micro, 250000);
    assert_int_equal(scenario->demand[0].size[1].nodes, 256);
    assert_int_equal(scenario->demand[0].duration[0].most_us, 120 * HOUR_US);
    assert_int_equal(scenario->demand[1].replicas, 40);
    assert_int_equal(scenario->demand[1].daily[23], 1000);
    assert_int_equal(scenario->failure[0].repair_us, 3 * DAY_US);
    assert_int_equal(scenario->curtailment[0].within_us, 15 * MINUTE_US);
    finish(&reading);
}

static void replace(char *text, const char *from, const char *to)
{
    char *at = strstr(text, from), rest[8192];
    assert_non_null(at);
    strncpy(rest, at + strlen(from), sizeof rest - 1);
    memcpy(at, to, strlen(to));
    memcpy(at + strlen(to), rest, strlen(rest) + 1);
}

// One pass names them all; the text of the messages is part of the product.
static void all_mistakes_are_named_in_one_pass(void **state)
{
    (void)state;
    static const char *const wrong[][2] = {
        {"racks: 1389",                   "racks: 1401"                  },
        {"chips: [GB200]",                "chips: [GB20]"                },
        {"site: sakai, at",               "site: saki, at"               },
        {"account: lab\n    chips",       "account: labor\n    chips"    },
        {"minimum_kw: 100",               "minimum_kw: 300"              },
        {"mean: 6h, least: 10m",          "mean: 6h, least: 10d"         },
        {"replicas: 40",                  "per_hour: 1"                  },
        {"entity: own, zone: Asia/Tokyo", "entity: owm, zone: Asia/Tokio"},
        {"idle_w: 140",                   "idle_w: 1400"                 },
    };
    static const char *const golden =
        "s.yaml:5:9: \"chips\": want idle_w <= class_w <= max_w, here 1400, 1000, 1200\n"
        "s.yaml:6:32: \"accounts.entity\": there is no \"owm\"; did you mean \"own\"?\n"
        "s.yaml:6:43: \"accounts.zone\": no such zone; did you mean \"Asia/Tokyo\"?\n"
        "s.yaml:17:32: \"sites.generators.minimum_kw\": it is above maximum_kw\n"
        "s.yaml:23:8: \"fleet\": 1401 racks at \"sakai\", but its substations have room for 1400\n"
        "s.yaml:27:14: \"demand.account\": there is no \"labor\"; did you mean \"lab\"?\n"
        "s.yaml:28:13: \"demand.chips\": there is no \"GB20\"; did you mean \"GB200\"?\n"
        "s.yaml:31:17: \"demand.durations\": want least <= most\n"
        "s.yaml:32:5: \"demand\": inference wants `replicas`\n"
        "s.yaml:32:5: \"demand\": replicas follow a curve: no per_hour, trace or durations\n"
        "s.yaml:34:23: \"curtailments.site\": there is no \"saki\"; did you mean \"sakai\"?\n";
    static char text[16384];
    memcpy(text, good, strlen(good) + 1);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        replace(text, wrong[i][0], wrong[i][1]);
    struct reading reading;
    read_text(&reading, text);
    assert_null(reading.scenario);
    assert_string_equal(buf_cstr(&reading.report.text), golden);
    finish(&reading);
}

static void a_wrong_key_names_the_nearest(void **state)
{
    (void)state;
    static char text[16384];
    memcpy(text, good, strlen(good) + 1);
    replace(text, "contract_kw", "contract_w");
    replace(text, "per_hour: 0.25", "per_hours: 0.25");
    struct reading reading;
    read_text(&reading, text);
    assert_null(reading.scenario);
    const char *report = buf_cstr(&reading.report.text);
    assert_non_null(strstr(report, "did you mean \"contract_kw\"?"));
    assert_non_null(strstr(report, "did you mean \"per_hour\"?"));
    finish(&reading);
}

// docs/simulator.md has every key, with the words of the table.
static void every_key_is_in_the_docs(void **state)
{
    (void)state;
    static char docs[1 << 16];
    FILE *file = fopen(SOURCE_ROOT "/docs/simulator.md", "rb");
    assert_non_null(file);
    docs[fread(docs, 1, sizeof docs - 1, file)] = '\0';
    fclose(file);
    const struct yaml_schema *schema = scenario_keys();
    for (uint32_t i = 0; i < schema->count; i++) {
        const struct yaml_key *key = &schema->keys[i];
        char row[256];
        bool list = key->type == YAML_OBJECTS && !strchr(key->path, '.');
        snprintf(row, sizeof row, list ? "### %s\n" : "| `%s` |", key->path);
        if (!strstr(docs, row) || !strstr(docs, key->doc))
            fail_msg("docs/simulator.md lacks %s: %s", key->path, key->doc);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_one_is_read_as_it_stands),
        cmocka_unit_test(all_mistakes_are_named_in_one_pass),
        cmocka_unit_test(a_wrong_key_names_the_nearest),
        cmocka_unit_test(every_key_is_in_the_docs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
