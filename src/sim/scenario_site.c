// A site of a scenario: its power tree and what supplies it.
#include "sim/scenario_read.h"
#include <string.h>

#define KW  INT64_C(1000)
#define KWH INT64_C(3600000)

static void read_substations(struct scenario_reader *reader, const struct yaml_value *object,
                             struct scenario_site *site)
{
    const struct yaml_value *first;
    struct scenario_substation *row =
        scenario_list(reader, object, "substations", sizeof *row, &first, &site->substations);
    site->substation = row;
    for (const struct yaml_value *item = first; item; item = item->next, row++) {
        scenario_text(item, "name", row->name, sizeof row->name);
        row->count = (uint32_t)yaml_integer(item, "count", 1);
        row->feeds = (uint32_t)yaml_integer(item, "feeds", 2);
        row->racks = (uint32_t)yaml_integer(item, "racks", 0);
        row->rating_w = yaml_integer(item, "rating_kw", 0) * KW;
        row->feed_rating_w = yaml_integer(item, "feed_rating_kw", row->rating_w / KW) * KW;
        row->efficiency_permille = (int32_t)yaml_integer(item, "efficiency_permille", 985);
        site->supply.it_rating_w += row->rating_w * row->count;
    }
    site->supply.it_rating_w = yaml_integer(object, "it_kw", site->supply.it_rating_w / KW) * KW;
}

static void read_generators(struct scenario_reader *reader, const struct yaml_value *object,
                            struct site_supply *supply)
{
    const struct yaml_value *list = yaml_get(object, "generators");
    for (const struct yaml_value *item = list ? list->first : NULL; item; item = item->next) {
        struct site_generator *unit = &supply->generator[supply->generators++];
        scenario_text(item, "name", unit->name, sizeof unit->name);
        unit->count = (uint32_t)yaml_integer(item, "count", 1);
        unit->minimum_w = yaml_integer(item, "minimum_kw", 0) * KW;
        unit->maximum_w = yaml_integer(item, "maximum_kw", 0) * KW;
        unit->ramp_w_per_minute = yaml_integer(item, "ramp_kw_per_minute", 0) * KW;
        unit->start_us = yaml_integer(item, "start_time", 30 * MINUTE_US);
        unit->start_cost_micro = scenario_micro(reader, item, "start_cost");
        unit->heat_rate_btu_per_kwh = scenario_micro(reader, item, "heat_rate") / 1000;
        unit->fuel_micro_per_mmbtu = scenario_micro(reader, item, "fuel_price");
        unit->other_micro_per_mwh = scenario_micro(reader, item, "other_per_mwh");
        unit->from_us = yaml_integer(item, "from", 0);
        if (unit->minimum_w > unit->maximum_w)
            yaml_wrong(reader->report, yaml_get(item, "minimum_kw"), "it is above maximum_kw");
        if (unit->heat_rate_btu_per_kwh > 100000)
            yaml_wrong(reader->report, yaml_get(item, "heat_rate"),
                       "it is above 100 MMBtu per MWh");
    }
}

static void read_storage(const struct yaml_value *object, struct site_storage *storage)
{
    const struct yaml_value *value = yaml_get(object, "storage");
    if (!value)
        return;
    *storage = (struct site_storage){
        .capacity_j = yaml_integer(value, "capacity_kwh", 0) * KWH,
        .charge_w = yaml_integer(value, "charge_kw", 0) * KW,
        .discharge_w = yaml_integer(value, "discharge_kw", 0) * KW,
        .efficiency_permille = (int32_t)yaml_integer(value, "efficiency_permille", 880),
        .start_permille = (int32_t)yaml_integer(value, "start_permille", 500),
    };
}

static void read_tariff(struct scenario_reader *reader, const struct yaml_value *object,
                        struct site_tariff *tariff)
{
    static const uint32_t masks[] = {0x7f, 0x1f, 0x60};
    const struct yaml_value *value = yaml_get(object, "tariff");
    if (!value)
        return;
    tariff->micro_per_mwh = scenario_micro(reader, value, "per_mwh");
    tariff->demand_micro_per_kw_month = scenario_micro(reader, value, "demand_per_kw_month");
    const struct yaml_value *list = yaml_get(value, "windows");
    for (const struct yaml_value *item = list ? list->first : NULL; item; item = item->next) {
        struct tariff_window *window = &tariff->window[tariff->count++];
        window->from_minute = (int32_t)yaml_integer(item, "from_hour", 0) * 60;
        window->to_minute = (int32_t)yaml_integer(item, "to_hour", 0) * 60;
        window->days = masks[yaml_integer(item, "days", 0)];
        window->micro_per_mwh = scenario_micro(reader, item, "per_mwh");
        if (window->from_minute >= window->to_minute)
            yaml_wrong(reader->report, item,
                       "want from_hour < to_hour; make two windows of one "
                       "over midnight");
    }
}

static void read_pue(struct scenario_reader *reader, const struct yaml_value *object,
                     struct site_pue *pue)
{
    const struct yaml_value *list = yaml_get(object, "pue");
    for (const struct yaml_value *item = list ? list->first : NULL; item; item = item->next) {
        struct pue_point *point = &pue->point[pue->count++];
        point->load_permille = (int32_t)yaml_integer(item, "load_permille", 0);
        point->pue_permille = (int32_t)yaml_integer(item, "permille", 1000);
        if (pue->count > 1 && point[-1].load_permille >= point->load_permille)
            yaml_wrong(reader->report, item, "want ascending load_permille");
    }
    if (pue->count == 0)
        pue->point[pue->count++] = (struct pue_point){0, 1000};
    const struct yaml_value *months = yaml_get(object, "cooling_permille");
    if (!months)
        return;
    if (months->count != MONTHS) {
        yaml_wrong(reader->report, months, "%u of them, want 12", months->count);
        return;
    }
    uint32_t i = 0;
    for (const struct yaml_value *item = months->first; item; item = item->next)
        pue->month_permille[i++] = (int32_t)item->integer;
}

void scenario_read_site(struct scenario_reader *reader, const struct yaml_value *object,
                        struct scenario_site *site)
{
    const struct scenario *scenario = reader->scenario;
    scenario_text(object, "name", site->name, sizeof site->name);
    scenario_slug(reader, object, "name");
    scenario_country(reader, object, site->country);
    site->operator= scenario_name(reader, object, "operator", scenario->entity, scenario->entities,
                                  sizeof *scenario->entity);
    site->zone = scenario_zone(reader, object);
    site->rack_rating_w = yaml_integer(object, "rack_rating_kw", 0) * KW;
    site->racks_per_block = (uint32_t)yaml_integer(object, "racks_per_block", 16);
    site->network_permille = (int32_t)yaml_integer(object, "network_permille", 0);
    struct site_supply *supply = &site->supply;
    supply->reserve_permille = (int32_t)yaml_integer(object, "reserve_permille", 0);
    supply->reserve_largest_unit = yaml_bool(object, "reserve_largest_unit", false);
    supply->tariff.zone = site->zone;
    const struct yaml_value *grid = yaml_get(object, "grid");
    if (grid)
        supply->grid = (struct site_grid){yaml_integer(grid, "contract_kw", 0) * KW,
                                          yaml_integer(grid, "ramp_kw_per_s", 0) * KW};
    read_substations(reader, object, site);
    read_generators(reader, object, supply);
    read_storage(object, &supply->storage);
    read_tariff(reader, object, &supply->tariff);
    read_pue(reader, object, &supply->pue);
    if (!grid && supply->generators == 0)
        yaml_wrong(reader->report, object, "it has neither `grid` nor `generators`");
}
