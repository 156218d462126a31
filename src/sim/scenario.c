#include "sim/scenario.h"
#include "base/must.h"
#include "sim/scenario_read.h"
#include "text/suggest.h"
#include <string.h>

static const int64_t ten[] = {1, 10, 100, 1000, 10000, 100000, 1000000};

void *scenario_list(struct scenario_reader *reader, const struct yaml_value *object,
                    const char *name, size_t size, const struct yaml_value **ret_first,
                    uint32_t *ret_count)
{
    const struct yaml_value *list = yaml_get(object, name);
    *ret_count = list ? list->count : 0;
    *ret_first = list ? list->first : NULL;
    void *rows = arena_take(reader->arena, *ret_count ? *ret_count * size : 1);
    if (rows)
        memset(rows, 0, *ret_count ? *ret_count * size : 1);
    else
        *ret_first = NULL, *ret_count = 0;
    return rows;
}

void scenario_text(const struct yaml_value *object, const char *name, char *out, size_t size)
{
    if (!str_copy(yaml_text(object, name, S("")), out, size))
        out[0] = '\0'; // the table of keys bounds texts: not met
}

int32_t scenario_find(struct scenario_reader *reader, const struct yaml_value *value,
                      const void *rows, uint32_t count, size_t size)
{
    struct suggestion suggestion;
    suggest_init(&suggestion, value->text);
    for (uint32_t i = 0; i < count; i++) {
        str name = str_from((const char *)rows + i * size);
        if (str_is(value->text, name))
            return (int32_t)i;
        suggest_try(&suggestion, name);
    }
    str nearest = suggest_nearest(&suggestion);
    if (nearest.len)
        yaml_wrong(reader->report, value, "there is no \"%.*s\"; did you mean \"%.*s\"?",
                   (int)value->text.len, value->text.ptr, (int)nearest.len, nearest.ptr);
    else
        yaml_wrong(reader->report, value, "there is no \"%.*s\" in this file", (int)value->text.len,
                   value->text.ptr);
    return SCENARIO_NONE;
}

int32_t scenario_name(struct scenario_reader *reader, const struct yaml_value *object,
                      const char *key, const void *rows, uint32_t count, size_t size)
{
    const struct yaml_value *value = yaml_get(object, key);
    return value ? scenario_find(reader, value, rows, count, size) : SCENARIO_NONE;
}

int64_t scenario_micro(struct scenario_reader *reader, const struct yaml_value *object,
                       const char *name)
{
    const struct yaml_value *value = yaml_get(object, name);
    if (!value)
        return 0;
    decimal number = value->number;
    while (number.scale > 6) {
        number.value /= 10;
        number.scale--;
    }
    int64_t micro;
    if (number.value < 0)
        yaml_wrong(reader->report, value, "it must not be negative");
    else if (!__builtin_mul_overflow(number.value, ten[6 - number.scale], &micro) &&
             micro <= INT64_C(1000000000000000))
        return micro;
    else
        yaml_wrong(reader->report, value, "it is above 1000000000");
    return 0;
}

void scenario_slug(struct scenario_reader *reader, const struct yaml_value *object, const char *key)
{
    if (!account_slug_valid(yaml_text(object, key, S(""))))
        yaml_wrong(reader->report, yaml_get(object, key),
                   "want a-z, 0-9 and -, beginning with a letter");
}

void scenario_country(struct scenario_reader *reader, const struct yaml_value *object, char *out)
{
    str text = yaml_text(object, "country", S(""));
    bool good = text.len == 2 && text.ptr[0] >= 'A' && text.ptr[0] <= 'Z' && text.ptr[1] >= 'A' &&
                text.ptr[1] <= 'Z';
    if (!good)
        yaml_wrong(reader->report, yaml_get(object, "country"), "want two capital letters");
    else
        must(str_copy(text, out, sizeof((struct scenario_site *)0)->country));
}

uint32_t scenario_zone(struct scenario_reader *reader, const struct yaml_value *object)
{
    const struct yaml_value *value = yaml_get(object, "zone");
    uint32_t zone = 0;
    if (!value || zone_parse(value->text, &zone))
        return zone;
    struct suggestion suggestion;
    suggest_init(&suggestion, value->text);
    for (uint32_t i = 0; i < zone_count(); i++)
        suggest_try(&suggestion, zone_name(i));
    str nearest = suggest_nearest(&suggestion);
    if (nearest.len == 0)
        nearest = zone_name(0);
    yaml_wrong(reader->report, value, "no such zone; did you mean \"%.*s\"?", (int)nearest.len,
               nearest.ptr);
    return 0;
}

// Rows begin with their name: no two alike.
static void check_unique(struct scenario_reader *reader, const struct yaml_value *first,
                         const void *rows, uint32_t count, size_t size)
{
    const struct yaml_value *value = first;
    for (uint32_t i = 0; i < count; i++, value = value->next)
        for (uint32_t k = 0; k < i; k++) {
            const char *name = (const char *)rows + i * size;
            if (strcmp(name, (const char *)rows + k * size) == 0) {
                yaml_wrong(reader->report, value, "there is another \"%s\" above", name);
                break;
            }
        }
}

static void read_entities(struct scenario_reader *reader, const struct yaml_value *root)
{
    struct scenario *scenario = reader->scenario;
    const struct yaml_value *first;
    struct scenario_entity *rows =
        scenario_list(reader, root, "entities", sizeof *rows, &first, &scenario->entities);
    scenario->entity = rows;
    struct scenario_entity *row = rows;
    for (const struct yaml_value *item = first; item; item = item->next, row++) {
        scenario_text(item, "slug", row->slug, sizeof row->slug);
        scenario_text(item, "name", row->name, sizeof row->name);
        scenario_slug(reader, item, "slug");
        scenario_country(reader, item, row->country);
    }
    check_unique(reader, first, rows, scenario->entities, sizeof *rows);
}

static void read_chips(struct scenario_reader *reader, const struct yaml_value *root)
{
    struct scenario *scenario = reader->scenario;
    const struct yaml_value *first;
    struct scenario_chip *rows =
        scenario_list(reader, root, "chips", sizeof *rows, &first, &scenario->chips);
    scenario->chip = rows;
    struct scenario_chip *row = rows;
    for (const struct yaml_value *item = first; item; item = item->next, row++) {
        scenario_text(item, "name", row->name, sizeof row->name);
        row->memory_mib = yaml_integer(item, "memory", 0) >> 20;
        row->idle_w = (int32_t)yaml_integer(item, "idle_w", 0);
        row->class_w = (int32_t)yaml_integer(item, "class_w", 0);
        row->max_w = (int32_t)yaml_integer(item, "max_w", 0);
        if (row->idle_w > row->class_w || row->class_w > row->max_w)
            yaml_wrong(reader->report, item, "want idle_w <= class_w <= max_w, here %d, %d, %d",
                       row->idle_w, row->class_w, row->max_w);
    }
    check_unique(reader, first, rows, scenario->chips, sizeof *rows);
}

static void read_accounts(struct scenario_reader *reader, const struct yaml_value *root)
{
    struct scenario *scenario = reader->scenario;
    const struct yaml_value *first;
    struct scenario_account *rows =
        scenario_list(reader, root, "accounts", sizeof *rows, &first, &scenario->accounts);
    scenario->account = rows;
    struct scenario_account *row = rows;
    for (const struct yaml_value *item = first; item; item = item->next, row++) {
        scenario_text(item, "slug", row->slug, sizeof row->slug);
        scenario_text(item, "name", row->name, sizeof row->name);
        scenario_slug(reader, item, "slug");
        row->entity = scenario_name(reader, item, "entity", scenario->entity, scenario->entities,
                                    sizeof *scenario->entity);
        row->zone = scenario_zone(reader, item);
        row->devices_max = yaml_integer(item, "devices_max", 0);
    }
    check_unique(reader, first, rows, scenario->accounts, sizeof *rows);
}

static void read_prices(struct scenario_reader *reader, const struct yaml_value *root)
{
    struct scenario *scenario = reader->scenario;
    const struct yaml_value *first;
    struct scenario_price *row =
        scenario_list(reader, root, "prices", sizeof *row, &first, &scenario->prices);
    scenario->price = row;
    for (const struct yaml_value *item = first; item; item = item->next, row++) {
        row->chip = (uint32_t)scenario_name(reader, item, "chip", scenario->chip, scenario->chips,
                                            sizeof *scenario->chip);
        row->class = (uint32_t)yaml_integer(item, "class", LEASE_ON_DEMAND);
        row->tax_permille = (uint32_t)yaml_integer(item, "tax_permille", 0);
        row->value = yaml_get(item, "per_device_hour")->number;
        if (row->value.value < 0)
            yaml_wrong(reader->report, yaml_get(item, "per_device_hour"),
                       "it must not be negative");
    }
}

static void read_sites(struct scenario_reader *reader, const struct yaml_value *root)
{
    struct scenario *scenario = reader->scenario;
    const struct yaml_value *first;
    struct scenario_site *rows =
        scenario_list(reader, root, "sites", sizeof *rows, &first, &scenario->sites);
    scenario->site = rows;
    struct scenario_site *row = rows;
    for (const struct yaml_value *item = first; item; item = item->next, row++)
        scenario_read_site(reader, item, row);
    check_unique(reader, first, rows, scenario->sites, sizeof *rows);
}

// Racks of a site that the fleet wants, against the room at its substations.
static void check_room(struct scenario_reader *reader, const struct yaml_value *last, uint32_t site)
{
    const struct scenario *scenario = reader->scenario;
    const struct scenario_site *row = &scenario->site[site];
    uint64_t room = 0, racks = 0;
    for (uint32_t i = 0; i < row->substations; i++)
        room += (uint64_t)row->substation[i].count * row->substation[i].racks;
    for (uint32_t i = 0; i < scenario->fleets; i++)
        if (scenario->fleet[i].site == site)
            racks += scenario->fleet[i].racks;
    if (racks > room)
        yaml_wrong(reader->report, last,
                   "%llu racks at \"%s\", but its substations have room for %llu",
                   (unsigned long long)racks, row->name, (unsigned long long)room);
}

static void read_fleet(struct scenario_reader *reader, const struct yaml_value *root)
{
    struct scenario *scenario = reader->scenario;
    const struct yaml_value *first;
    struct scenario_fleet *row =
        scenario_list(reader, root, "fleet", sizeof *row, &first, &scenario->fleets);
    scenario->fleet = row;
    for (const struct yaml_value *item = first; item; item = item->next, row++) {
        row->site = (uint32_t)scenario_name(reader, item, "site", scenario->site, scenario->sites,
                                            sizeof *scenario->site);
        row->chip = (uint32_t)scenario_name(reader, item, "chip", scenario->chip, scenario->chips,
                                            sizeof *scenario->chip);
        row->owner = scenario_name(reader, item, "owner", scenario->entity, scenario->entities,
                                   sizeof *scenario->entity);
        row->racks = (uint32_t)yaml_integer(item, "racks", 0);
        row->nodes = (uint32_t)yaml_integer(item, "nodes", 0);
        row->devices = (uint32_t)yaml_integer(item, "devices", 0);
        row->cpu_milli = yaml_integer(item, "cpu_milli", 64000);
        row->memory_mib = yaml_integer(item, "memory", INT64_C(512) << 30) >> 20;
        row->base_w = yaml_integer(item, "base_w", 0);
        row->from_us = yaml_integer(item, "from", scenario->start_us);
        row->over_us = yaml_integer(item, "over", 0);
        row->energise_us = yaml_integer(item, "energise", 0);
    }
    for (uint32_t site = 0; first && site < scenario->sites; site++)
        check_room(reader, yaml_get(root, "fleet"), site);
}

static void read_failures(struct scenario_reader *reader, const struct yaml_value *root)
{
    struct scenario *scenario = reader->scenario;
    const struct yaml_value *first;
    struct scenario_failure *rows =
        scenario_list(reader, root, "failures", sizeof *rows, &first, &scenario->failures);
    scenario->failure = rows;
    struct scenario_failure *row = rows;
    for (const struct yaml_value *item = first; item; item = item->next, row++) {
        scenario_text(item, "name", row->name, sizeof row->name);
        row->kind = (enum failure_kind)yaml_integer(item, "kind", 0);
        row->fault = (enum failure_fault)yaml_integer(
            item, "fault", row->kind == FAILURE_JOB ? FAULT_APPLICATION : FAULT_RESET);
        row->every_us = yaml_integer(item, "every", 0);
        row->repair_us = yaml_integer(item, "repair", HOUR_US);
        row->nodes_max = (uint32_t)yaml_integer(item, "nodes_max", 0);
        if (row->kind == FAILURE_JOB && row->fault != FAULT_APPLICATION)
            yaml_wrong(reader->report, item, "a failure of a job's own is of fault application");
        if (row->kind >= FAILURE_NODE && row->fault == FAULT_APPLICATION)
            yaml_wrong(reader->report, item, "a node or rack fails by reset or replace");
    }
    check_unique(reader, first, rows, scenario->failures, sizeof *rows);
}

static void read_curtailments(struct scenario_reader *reader, const struct yaml_value *root)
{
    struct scenario *scenario = reader->scenario;
    const struct yaml_value *first;
    struct scenario_curtailment *row =
        scenario_list(reader, root, "curtailments", sizeof *row, &first, &scenario->curtailments);
    scenario->curtailment = row;
    for (const struct yaml_value *item = first; item; item = item->next, row++) {
        row->site = (uint32_t)scenario_name(reader, item, "site", scenario->site, scenario->sites,
                                            sizeof *scenario->site);
        row->at_us = yaml_integer(item, "at", 0);
        row->for_us = yaml_integer(item, "for", 0);
        row->to_permille = (int32_t)yaml_integer(item, "to_permille", 0);
        row->within_us = yaml_integer(item, "within", 15 * MINUTE_US);
        if (row->at_us < scenario->start_us)
            yaml_wrong(reader->report, yaml_get(item, "at"), "it is before the start");
    }
}

static void read_demand(struct scenario_reader *reader, const struct yaml_value *root)
{
    struct scenario *scenario = reader->scenario;
    const struct yaml_value *first;
    struct scenario_demand *rows =
        scenario_list(reader, root, "demand", sizeof *rows, &first, &scenario->demands);
    scenario->demand = rows;
    struct scenario_demand *row = rows;
    for (const struct yaml_value *item = first; item; item = item->next, row++)
        scenario_read_demand(reader, item, row);
    check_unique(reader, first, rows, scenario->demands, sizeof *rows);
}

const struct scenario *scenario_read(const char *file, str text, struct arena *arena,
                                     struct yaml_report *report)
{
    uint32_t before = report->count;
    const struct yaml_value *root = yaml_read(scenario_keys(), file, text, arena, report);
    struct scenario *scenario = root ? arena_take(arena, sizeof *scenario) : NULL;
    if (!scenario)
        return NULL;
    *scenario = (struct scenario){0};
    struct scenario_reader reader = {scenario, arena, report};
    scenario_text(root, "name", scenario->name, sizeof scenario->name);
    scenario->start_us = yaml_integer(root, "start", 0);
    scenario->length_us = yaml_integer(root, "length", 365 * DAY_US);
    scenario->seed = (uint64_t)yaml_integer(root, "seed", 1);
    scenario->currency = (enum currency)yaml_integer(root, "currency", CURRENCY_USD);
    scenario->series_step_us = yaml_integer(root, "series_step", 0);
    read_entities(&reader, root);
    read_chips(&reader, root);
    read_accounts(&reader, root);
    read_prices(&reader, root);
    read_sites(&reader, root);
    read_fleet(&reader, root);
    read_demand(&reader, root);
    read_failures(&reader, root);
    read_curtailments(&reader, root);
    if (arena->full && report->count == before)
        yaml_wrong(report, root, "the file needs more memory than it may take");
    return report->count == before ? scenario : NULL;
}
