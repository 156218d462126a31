// What the scenario says exists, put to the core as a house would see it come.
#include "base/must.h"
#include "sim/planner_state.h"
#include <stdlib.h>
#include <string.h>

enum {
    PPM_PER_PERMILLE = 1000,
    KEEP_DAYS = 1,
    ATTEMPTS_MAX = 1000,
    BLOCK_NODES = 1024,
    WHOLE_PPM = 1000000
};

static void name_of(char *to, size_t size, const char *head, const char *middle, uint64_t number)
{
    struct buf text;
    buf_init(&text, 256);
    buf_add(&text, str_from(head));
    buf_add(&text, str_from(middle));
    buf_u64(&text, number);
    must(str_copy(buf_str(&text), to, size));
    buf_finish(&text);
}

// An input that must be taken: what it says was checked when the scenario was read.
static bool put(struct planner *planner, struct input *input, struct err *err)
{
    if (!planner_put(planner, input, err))
        return false;
    if (planner->door.answer != ANSWER_OK)
        return err_set(err, "the core refuses a %s of the scenario: %s%s%s",
                       input_kind_text(input->kind), answer_text(planner->door.answer)->code,
                       planner->door.field ? ": " : "",
                       planner->door.field ? planner->door.field : "");
    return jobs_effects(planner, err);
}

// Up to 1,024 nodes on one fabric.
static uint32_t racks_of_block(const struct scenario_site *site, const struct scenario_fleet *fleet)
{
    uint32_t most = BLOCK_NODES / fleet->nodes;
    return site->racks_per_block < most ? site->racks_per_block : most;
}

static bool set(struct planner *planner, enum setting setting, int64_t value, struct err *err)
{
    struct input input = {
        .kind = INPUT_SETTING_SET, .setting = {setting, value}
    };
    return put(planner, &input, err);
}

static bool open_accounts(struct planner *planner, struct err *err)
{
    const struct scenario *scenario = planner->scenario;
    planner->account_id = calloc(scenario->accounts + 1, sizeof *planner->account_id);
    must(planner->account_id);
    for (uint32_t i = 0; i < scenario->accounts; i++) {
        const struct scenario_account *account = &scenario->account[i];
        struct input input = {.kind = INPUT_ACCOUNT_NEW};
        must(str_copy(str_from(account->slug), input.account.slug, sizeof input.account.slug));
        must(str_copy(str_from(account->name[0] ? account->name : account->slug),
                      input.account.name, sizeof input.account.name));
        input.account.currency = scenario->currency;
        input.account.zone = account->zone;
        if (!put(planner, &input, err))
            return err_add(err, "account \"%s\"", account->slug);
        planner->account_id[i] = planner->door.subject;
        struct input limit = {.kind = INPUT_LIMIT_SET};
        limit.limit = (struct limit_new){.account = planner->account_id[i],
                                         .set_devices = true,
                                         .devices_max = account->devices_max};
        if (account->devices_max && !put(planner, &limit, err))
            return false;
    }
    return true;
}

static bool open_entities(struct planner *planner, struct err *err)
{
    const struct scenario *scenario = planner->scenario;
    planner->entity_id = calloc(scenario->entities + 1, sizeof *planner->entity_id);
    must(planner->entity_id);
    for (uint32_t i = 0; i < scenario->entities; i++) {
        const struct scenario_entity *entity = &scenario->entity[i];
        struct input input = {.kind = INPUT_ENTITY_NEW};
        must(str_copy(str_from(entity->slug), input.entity.slug, sizeof input.entity.slug));
        must(str_copy(str_from(entity->name[0] ? entity->name : entity->slug), input.entity.name,
                      sizeof input.entity.name));
        must(
            str_copy(str_from(entity->country), input.entity.country, sizeof input.entity.country));
        if (!put(planner, &input, err))
            return err_add(err, "entity \"%s\"", entity->slug);
        planner->entity_id[i] = planner->door.subject;
    }
    return true;
}

static bool feeder(struct planner *planner, const struct feeder_new *what, uint64_t *ret_id,
                   struct err *err)
{
    struct input input = {.kind = INPUT_FEEDER_NEW, .feeder = *what};
    if (!put(planner, &input, err))
        return err_add(err, "feeder \"%s\"", what->name);
    *ret_id = planner->door.subject;
    return true;
}

// One substation with its feeds, in the core and in draw.
static bool open_substation(struct planner *planner, uint32_t site, uint64_t grid,
                            const struct scenario_substation *row, uint32_t number, struct err *err)
{
    struct planner_site *place = &planner->sites[site];
    struct planner_feeds *feeds = &place->feeds[place->feed_count++];
    struct feeder_new what = {.site = place->id,
                              .parent = grid,
                              .rated_w = row->rating_w,
                              .kind = FEEDER_SUBSTATION,
                              .efficiency_ppm =
                                  (uint32_t)row->efficiency_permille * PPM_PER_PERMILLE};
    name_of(what.name, sizeof what.name, row->name, row->count > 1 ? "-" : "", number);
    if (row->count == 1)
        must(str_copy(str_from(row->name), what.name, sizeof what.name));
    uint64_t substation;
    if (!feeder(planner, &what, &substation, err))
        return false;
    *feeds =
        (struct planner_feeds){.racks_max = row->racks, .efficiency = row->efficiency_permille};
    feeds->edge = draw_edge_add(&planner->draw, place->edge, row->rating_w);
    feeds->edge_b = DRAW_NONE;
    char name[32];
    memcpy(name, what.name, sizeof name);
    what.parent = substation;
    what.rated_w = row->feed_rating_w;
    what.kind = FEEDER_WIRE;
    what.efficiency_ppm = WHOLE_PPM;
    for (uint32_t i = 0; i < row->feeds; i++) {
        struct buf text;
        buf_init(&text, sizeof what.name);
        buf_format(&text, "%s-%c", name, i == 0 ? 'a' : 'b');
        must(str_copy(buf_str(&text), what.name, sizeof what.name));
        buf_finish(&text);
        if (!feeder(planner, &what, i == 0 ? &feeds->feeder_a : &feeds->feeder_b, err))
            return false;
        uint32_t edge = draw_edge_add(&planner->draw, feeds->edge, row->feed_rating_w);
        *(i == 0 ? &feeds->edge_a : &feeds->edge_b) = edge;
    }
    return true;
}

static bool open_site(struct planner *planner, uint32_t site, struct err *err)
{
    const struct scenario_site *row = &planner->scenario->site[site];
    struct planner_site *place = &planner->sites[site];
    struct input input = {.kind = INPUT_SITE_NEW};
    must(str_copy(str_from(row->name), input.site.slug, sizeof input.site.slug));
    must(str_copy(str_from(row->name), input.site.name, sizeof input.site.name));
    must(str_copy(str_from(row->country), input.site.country, sizeof input.site.country));
    input.site.operator= row->operator== SCENARIO_NONE ? 0 : planner->entity_id[row->operator];
    input.site.zone = row->zone;
    input.site.pue_permille = 1000; // the grid point below is rated in IT watts
    if (!put(planner, &input, err))
        return false;
    place->id = planner->door.subject;
    uint32_t count = 0;
    for (uint32_t i = 0; i < row->substations; i++)
        count += row->substation[i].count;
    place->feeds = calloc(count, sizeof *place->feeds);
    must(place->feeds);
    struct feeder_new grid = {.site = place->id,
                              .rated_w = row->supply.it_rating_w,
                              .ramp_w_per_s = row->supply.grid.ramp_w_per_s,
                              .kind = FEEDER_GRID,
                              .efficiency_ppm = WHOLE_PPM,
                              .name = "grid"};
    if (!feeder(planner, &grid, &place->grid, err))
        return false;
    draw_site_add(&planner->draw, planner_ms(planner));
    place->edge = draw_edge_add(&planner->draw, DRAW_NONE, row->supply.it_rating_w);
    for (uint32_t i = 0; i < row->substations; i++)
        for (uint32_t k = 0; k < row->substation[i].count; k++)
            if (!open_substation(planner, site, place->grid, &row->substation[i], k + 1, err))
                return false;
    return true;
}

static void open_fleet(struct planner *planner)
{
    for (uint32_t i = 0; i < planner->scenario->fleets; i++) {
        const struct scenario_fleet *fleet = &planner->scenario->fleet[i];
        planner_at(planner, fleet->from_us, PLAN_INSTALL, i, 0);
        planner_at(planner, fleet->from_us + fleet->energise_us, PLAN_ENERGISE, i, 0);
    }
}

bool world_open(struct planner *planner, struct err *err)
{
    const struct scenario *scenario = planner->scenario;
    struct input open = {.kind = INPUT_OPEN};
    open.open.currency = scenario->currency;
    planner->chip_id = calloc(scenario->chips, sizeof *planner->chip_id);
    planner->sites = calloc(scenario->sites, sizeof *planner->sites);
    must(planner->chip_id && planner->sites);
    if (!put(planner, &open, err) || !set(planner, SETTING_JOB_KEEP_DAYS, KEEP_DAYS, err) ||
        !set(planner, SETTING_ATTEMPTS_MAX, ATTEMPTS_MAX, err) || !open_entities(planner, err) ||
        !open_accounts(planner, err))
        return false;
    for (uint32_t i = 0; i < scenario->sites; i++)
        if (!open_site(planner, i, err))
            return err_add(err, "site \"%s\"", scenario->site[i].name);
    open_fleet(planner);
    for (uint32_t i = 0; i < scenario->curtailments; i++)
        planner_at(planner, scenario->curtailment[i].at_us, PLAN_CURTAIL, i, 0);
    return true;
}

void world_close(struct planner *planner)
{
    for (uint32_t i = 0; planner->sites && i < planner->scenario->sites; i++)
        free(planner->sites[i].feeds);
    free(planner->sites);
    free(planner->account_id);
    free(planner->entity_id);
    free(planner->chip_id);
    free(planner->racks);
    free(planner->nodes);
}

static int64_t rack_devices(const struct scenario_fleet *fleet)
{
    return (int64_t)fleet->nodes * fleet->devices;
}

// The next rack of a fleet comes evenly later; none behind the last.
static void plan_next(struct planner *planner, const struct agenda_entry *entry)
{
    const struct scenario_fleet *fleet = &planner->scenario->fleet[entry->subject];
    uint32_t next = entry->detail + 1;
    if (next == fleet->racks)
        return;
    int64_t gap_us = (int64_t)((__int128)fleet->over_us * next / fleet->racks);
    int64_t late_us = entry->kind == PLAN_ENERGISE ? fleet->energise_us : 0;
    planner_at(planner, fleet->from_us + gap_us + late_us, (enum planner_event)entry->kind,
               entry->subject, next);
}

bool world_install(struct planner *planner, const struct agenda_entry *entry, struct err *err)
{
    (void)err;
    const struct scenario_fleet *fleet = &planner->scenario->fleet[entry->subject];
    tally_change(&planner->tallies.level[TALLY_INSTALLED], planner_ms(planner),
                 rack_devices(fleet));
    plan_next(planner, entry);
    return true;
}

static void *room_for(void *rows, uint64_t index, uint32_t *room, size_t size)
{
    if (index < *room)
        return rows;
    uint32_t grown = *room ? *room * 2 : 1024;
    while (index >= grown)
        grown *= 2;
    rows = realloc(rows, grown * size);
    must(rows);
    memset((char *)rows + *room * size, 0, (grown - *room) * size);
    *room = grown;
    return rows;
}

// The chip and its prices are known from its first rack on.
static bool take_chip(struct planner *planner, uint32_t chip, struct err *err)
{
    const struct scenario *scenario = planner->scenario;
    if (planner->chip_id[chip])
        return true;
    const struct chip *row =
        chip_named(&door_cloud(&planner->door)->inventory, str_from(scenario->chip[chip].name));
    must(row);
    planner->chip_id[chip] = row->id;
    for (uint32_t i = 0; i < scenario->prices; i++) {
        const struct scenario_price *price = &scenario->price[i];
        struct input input = {.kind = INPUT_PRICE_SET};
        input.price = (struct price_new){.chip = row->id,
                                         .value = price->value,
                                         .currency = scenario->currency,
                                         .class = price->class,
                                         .tax_permille = price->tax_permille};
        if (price->chip == chip && !put(planner, &input, err))
            return false;
    }
    return true;
}

static struct planner_feeds *feeds_with_room(struct planner_site *site)
{
    while (site->feeds[site->feed_next].racks == site->feeds[site->feed_next].racks_max)
        site->feed_next++;
    must(site->feed_next < site->feed_count); // scenario_read has counted
    return &site->feeds[site->feed_next];
}

static void rack_input(const struct planner *planner, uint32_t fleet, struct planner_feeds *feeds,
                       struct input *input)
{
    const struct scenario *scenario = planner->scenario;
    const struct scenario_fleet *row = &scenario->fleet[fleet];
    const struct scenario_site *site = &scenario->site[row->site];
    const struct scenario_chip *chip = &scenario->chip[row->chip];
    *input = (struct input){.kind = INPUT_RACK_NEW};
    struct rack_new *rack = &input->rack;
    rack->nodes = row->nodes;
    rack->cap_w = site->rack_rating_w;
    struct node_place *place = &rack->place;
    place->site = planner->sites[row->site].id;
    place->feeder_a = feeds->feeder_a;
    place->feeder_b = feeds->feeder_b;
    uint32_t feed = (uint32_t)(feeds - planner->sites[row->site].feeds);
    name_of(place->rack, sizeof place->rack, "r", "", planner->rack_count + 1);
    name_of(place->block, sizeof place->block, "b", "", feed + 1);
    size_t length = strlen(place->block);
    name_of(place->block + length, sizeof place->block - length, ".", "",
            feeds->racks / racks_of_block(site, row) + 1);
    memcpy(place->chip.name, chip->name, sizeof chip->name);
    place->chip.memory_mib = chip->memory_mib;
    place->chip.idle_w = chip->idle_w;
    place->chip.class_w = chip->class_w;
    place->chip.max_w = chip->max_w;
    place->class.owner = row->owner == SCENARIO_NONE ? 0 : planner->entity_id[row->owner];
    place->class.operator= site->operator== SCENARIO_NONE ? 0 : planner->entity_id[site->operator];
    memcpy(place->arch, "aarch64", 8);
    place->cpu_milli = row->cpu_milli;
    place->memory_mib = row->memory_mib;
    place->base_w = row->base_w;
    place->devices = row->devices;
}

// The rack as the planner knows it: its nodes, and what it draws while idle.
static void take_rack(struct planner *planner, uint32_t fleet, const struct planner_feeds *feeds)
{
    const struct scenario_fleet *row = &planner->scenario->fleet[fleet];
    const struct scenario_chip *chip = &planner->scenario->chip[row->chip];
    uint64_t last = door_cloud(&planner->door)->inventory.nodes.last_id;
    planner->racks =
        room_for(planner->racks, planner->rack_count, &planner->rack_room, sizeof *planner->racks);
    planner->nodes = room_for(planner->nodes, last, &planner->node_room, sizeof *planner->nodes);
    struct planner_rack *rack = &planner->racks[planner->rack_count];
    *rack = (struct planner_rack){.fleet = fleet, .first_node = last - row->nodes + 1};
    for (uint64_t node = rack->first_node; node <= last; node++)
        planner->nodes[node] = (struct planner_node){.rack = planner->rack_count};
    struct draw_rack draw = {
        .site = row->site,
        .feed_a = feeds->edge_a,
        .feed_b = feeds->edge_b,
        .level_w = row->nodes * row->base_w + rack_devices(row) * chip->idle_w,
        .limit_w = planner->scenario->site[row->site].rack_rating_w,
    };
    rack->draw = draw_rack_add(&planner->draw, &draw, planner_ms(planner));
    planner->rack_count++;
    planner->node_last = last;
}

bool world_energise(struct planner *planner, const struct agenda_entry *entry, struct err *err)
{
    uint32_t fleet = (uint32_t)entry->subject;
    const struct scenario_fleet *row = &planner->scenario->fleet[fleet];
    struct planner_feeds *feeds = feeds_with_room(&planner->sites[row->site]);
    struct input input;
    rack_input(planner, fleet, feeds, &input);
    if (!planner_put(planner, &input, err))
        return false;
    if (planner->door.answer != ANSWER_OK)
        return err_set(err, "the core refuses a rack of the fleet at \"%s\": %s",
                       planner->scenario->site[row->site].name,
                       answer_text(planner->door.answer)->code);
    feeds->racks++;
    take_rack(planner, fleet, feeds);
    tally_change(&planner->tallies.level[TALLY_ENERGISED], planner_ms(planner), rack_devices(row));
    plan_next(planner, entry);
    faults_open(planner);
    return take_chip(planner, row->chip, err) && jobs_effects(planner, err);
}

uint32_t world_chip(const struct planner *planner, uint64_t node)
{
    const struct planner_rack *rack = &planner->racks[planner->nodes[node].rack];
    return planner->scenario->fleet[rack->fleet].chip;
}

// A node with something broken takes no new jobs until it is repaired; what runs there and is not
// hit runs on.
bool world_break(struct planner *planner, uint64_t node, uint32_t devices, struct err *err)
{
    struct planner_node *row = &planner->nodes[node];
    tally_change(&planner->tallies.level[TALLY_FAULTY], planner_ms(planner), devices);
    if (row->broken++ > 0)
        return true;
    struct input input = {.kind = INPUT_NODE_DRAIN, .id = node};
    return planner_put(planner, &input, err);
}

bool world_repair(struct planner *planner, uint64_t node, uint32_t devices, struct err *err)
{
    struct planner_node *row = &planner->nodes[node];
    must(row->broken > 0);
    tally_change(&planner->tallies.level[TALLY_FAULTY], planner_ms(planner), -(int64_t)devices);
    if (--row->broken > 0)
        return true;
    struct input input = {.kind = INPUT_NODE_UNDRAIN, .id = node};
    return planner_put(planner, &input, err) && jobs_effects(planner, err);
}

bool world_curtail(struct planner *planner, const struct agenda_entry *entry, struct err *err)
{
    const struct scenario_curtailment *row = &planner->scenario->curtailment[entry->subject];
    const struct planner_site *site = &planner->sites[row->site];
    struct input input = {.kind = INPUT_SITE_CURTAIL};
    int64_t watts = planner->draw.site[row->site].level_w * row->to_permille / 1000;
    input.curtail = (struct site_curtail){.site = site->id,
                                          .watts = watts > 0 ? watts : 1,
                                          .for_us = row->for_us,
                                          .within_ms = row->within_us / MS_US};
    return put(planner, &input, err);
}

void world_watts(const struct planner *planner, struct planner_job *job)
{
    const struct scenario_demand *demand = &planner->scenario->demand[job->demand];
    const struct scenario_chip *chip =
        &planner->scenario->chip[world_chip(planner, planner->runs[0].node)];
    int64_t watts = (int64_t)chip->class_w * demand->power_permille / 1000;
    job->idle_w = (uint32_t)chip->idle_w;
    job->watts = watts > chip->idle_w ? (uint32_t)watts : job->idle_w;
}

// As the core prices a chip that the scenario leaves to the default list.
static int64_t default_micro(const struct planner *planner, uint32_t chip)
{
    bool accelerator = planner->scenario->chip[chip].memory_mib > 0;
    if (planner->scenario->currency == CURRENCY_JPY)
        return accelerator ? 450000000 : 5000000;
    return accelerator ? 3000000 : 40000;
}

int64_t world_rate(const struct planner *planner, const struct planner_job *job)
{
    const struct scenario *scenario = planner->scenario;
    uint32_t class = scenario->demand[job->demand].class;
    int64_t micro = 0;
    bool listed = false;
    for (uint32_t i = 0; i < scenario->prices && !listed; i++) {
        const struct scenario_price *price = &scenario->price[i];
        listed = price->chip == job->chip && price->class == class;
        micro = price->value.value;
        for (uint32_t scale = price->value.scale; scale < 6; scale++)
            micro *= 10;
        for (uint32_t scale = price->value.scale; scale > 6; scale--)
            micro /= 10;
    }
    return (listed ? micro : default_micro(planner, job->chip)) * job->devices;
}

enum job_priority world_priority(const struct scenario_demand *demand)
{
    static const enum job_priority of[] = {PRIORITY_LOW, PRIORITY_NORMAL, PRIORITY_HIGH,
                                           PRIORITY_CRITICAL};
    return of[demand->priority];
}

enum class_asked world_class(const struct scenario_demand *demand)
{
    static const enum class_asked of[] = {[LEASE_RESERVED] = ASK_RESERVED,
                                          [LEASE_ON_DEMAND] = ASK_ON_DEMAND,
                                          [LEASE_SPOT] = ASK_SPOT,
                                          [LEASE_INTERRUPTIBLE] = ASK_INTERRUPTIBLE};
    return of[demand->class];
}

enum job_power world_power(const struct scenario_demand *demand)
{
    static const enum job_power of[] = {[DEMAND_TRAINING] = POWER_TRAINING,
                                        [DEMAND_FINE_TUNING] = POWER_TRAINING,
                                        [DEMAND_BATCH] = POWER_BATCH,
                                        [DEMAND_INFERENCE] = POWER_INFERENCE,
                                        [DEMAND_OWNER] = POWER_INFERENCE};
    return of[demand->kind];
}
