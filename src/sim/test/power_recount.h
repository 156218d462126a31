// power_recount.h - the watts of every feeder counted again from the journal's text alone.
//
// Like recount.h it knows no struct of the core and no tree: at every lease it adds up, feeder by
// feeder, all that is promised to leases and to nodes that are on, with both feeds of a rack each
// carrying the whole, and holds it against ratings and caps of that instant.
#pragma once
#include "recount.h"

enum { POWER_FEEDERS = 64, POWER_CAPS = 4096, POWER_RACKS = 64, POWER_NODES = 1024 };

struct power_recount {
    struct {
        int64_t parent, rated_w, site;
    } feeder[POWER_FEEDERS];
    struct {
        int64_t feeder, cap_w, from_us, until_us;
    } cap[POWER_CAPS];
    struct {
        int64_t a, b;
    } rack[POWER_RACKS];
    struct {
        int64_t rack, base_w;
        bool on;
    } node[POWER_NODES];
    struct {
        int64_t node, watts;
    } lease[RECOUNT_LEASES];
    int64_t feeders, caps, leases, pue_permille[POWER_FEEDERS], placed;
    struct arena arena;
};

static inline int64_t power_id(const struct json *line, const char *name)
{
    str text = recount_text(line, name);
    return text.len ? recount_number(text) : 0;
}

static inline int64_t power_number(const struct json *line, const char *name)
{
    const struct json *member = json_member(line, str_from(name));
    return member && member->kind == JSON_INTEGER ? member->integer : power_id(line, name);
}

// The feeder is the leaf or above it.
static inline bool power_above(const struct power_recount *power, int64_t leaf, int64_t feeder)
{
    for (int64_t at = leaf; at; at = power->feeder[at].parent)
        if (at == feeder)
            return true;
    return false;
}

static inline bool power_carries(const struct power_recount *power, int64_t node, int64_t feeder)
{
    int64_t rack = power->node[node].rack;
    return rack && (power_above(power, power->rack[rack].a, feeder) ||
                    power_above(power, power->rack[rack].b, feeder));
}

static inline int64_t power_load(const struct power_recount *power, int64_t feeder)
{
    int64_t watts = 0;
    for (int64_t i = 1; i < POWER_NODES; i++)
        if (power->node[i].on && power_carries(power, i, feeder))
            watts += power->node[i].base_w;
    for (int64_t i = 1; i <= power->leases; i++)
        if (power->lease[i].node && power_carries(power, power->lease[i].node, feeder))
            watts += power->lease[i].watts;
    if (power->feeder[feeder].parent == 0)
        watts = (watts * power->pue_permille[power->feeder[feeder].site] + 999) / 1000;
    return watts;
}

// The least of rating and caps; a cap of 0 W is a trip and told apart.
static inline int64_t power_limit(const struct power_recount *power, int64_t feeder,
                                  int64_t time_us, bool *ret_dead)
{
    int64_t limit_w = power->feeder[feeder].rated_w;
    *ret_dead = false;
    for (int64_t i = 1; i <= power->caps; i++) {
        if (power->cap[i].feeder != feeder || time_us < power->cap[i].from_us ||
            (power->cap[i].until_us && time_us >= power->cap[i].until_us))
            continue;
        if (power->cap[i].cap_w == 0)
            *ret_dead = true;
        else if (power->cap[i].cap_w < limit_w)
            limit_w = power->cap[i].cap_w;
    }
    return limit_w;
}

static inline bool power_path_dead(const struct power_recount *power, int64_t leaf, int64_t time_us)
{
    bool dead = leaf == 0;
    for (int64_t at = leaf; at && !dead; at = power->feeder[at].parent)
        power_limit(power, at, time_us, &dead);
    return dead;
}

// What was just placed may be carried by every feeder above it, also with either feed lost.
static inline void power_check(const struct power_recount *power, int64_t lease, int64_t time_us)
{
    int64_t node = power->lease[lease].node, rack = power->node[node].rack;
    if (!rack || power->lease[lease].watts == 0)
        return;
    must(!power_path_dead(power, power->rack[rack].a, time_us) ||
         !power_path_dead(power, power->rack[rack].b, time_us));
    for (int64_t feeder = 1; feeder <= power->feeders; feeder++) {
        bool dead;
        if (power_carries(power, node, feeder))
            must(power_load(power, feeder) <= power_limit(power, feeder, time_us, &dead));
    }
}

static inline void power_rack(struct power_recount *power, const struct json *line)
{
    int64_t rack = power_id(line, "rack"), first = power_id(line, "first_node");
    must(rack < POWER_RACKS);
    power->rack[rack].a = power_id(line, "feeder_a");
    power->rack[rack].b = power_id(line, "feeder_b");
    for (int64_t i = first; i < first + power_number(line, "nodes"); i++) {
        must(i < POWER_NODES);
        power->node[i].rack = rack;
        power->node[i].base_w = power_number(line, "base_w");
        power->node[i].on = str_is(recount_text(line, "state"), S("ready"));
    }
}

static inline void power_feeder(struct power_recount *power, const struct json *line)
{
    int64_t id = power_id(line, "feeder");
    must(id < POWER_FEEDERS);
    power->feeder[id].parent = power_id(line, "parent");
    power->feeder[id].rated_w = power_number(line, "rated_w");
    power->feeder[id].site = power_id(line, "site");
    power->feeders = id;
}

static inline void power_cap(struct power_recount *power, const struct json *line)
{
    int64_t id = power_id(line, "cap");
    must(id < POWER_CAPS);
    power->cap[id].feeder = power_id(line, "feeder");
    power->cap[id].cap_w = power_number(line, "cap_w");
    power->cap[id].from_us = power_number(line, "from_us");
    power->cap[id].until_us = power_number(line, "until_us");
    power->caps = id;
}

static inline void power_leased(struct power_recount *power, const struct json *line)
{
    int64_t id = power_id(line, "lease");
    must(id < RECOUNT_LEASES && power_number(line, "count") <= 1);
    power->lease[id].node = power_id(line, "node");
    power->lease[id].watts = power_number(line, "watts");
    power->leases = id;
    power->placed += power->node[power->lease[id].node].rack != 0;
    power_check(power, id, power_number(line, "time_us"));
}

static inline void power_line_of(struct power_recount *power, str text)
{
    const struct json *line;
    struct err err;
    arena_reset(&power->arena);
    must(json_read(text, 1 << 20, &power->arena, &line, &err));
    str kind = recount_text(line, "kind");
    if (str_is(kind, S("site_added"))) {
        power->pue_permille[power_id(line, "site")] = power_number(line, "pue_permille");
    } else if (str_is(kind, S("feeder_added"))) {
        power_feeder(power, line);
    } else if (str_is(kind, S("feeder_cap_set"))) {
        power_cap(power, line);
    } else if (str_is(kind, S("feeder_cap_ended"))) {
        power->cap[power_id(line, "cap")].feeder = 0;
    } else if (str_is(kind, S("rack_added"))) {
        power_rack(power, line);
    } else if (str_is(kind, S("node_changed"))) {
        str state = recount_text(line, "state");
        power->node[power_id(line, "node")].on =
            str_is(state, S("ready")) || str_is(state, S("draining"));
    } else if (str_is(kind, S("leased"))) {
        power_leased(power, line);
    } else if (str_is(kind, S("lease_ended"))) {
        power->lease[power_id(line, "lease")].node = 0;
    }
}
