#include "base/must.h"
#include "core/fleet/fleet_cell.h"

// Questions about what there is most of, for those who explain why something waits.

struct most {
    int64_t cpu_milli, memory_mib;
    uint32_t devices, nodes;
};

static void cell_most_of(const struct fleet *fleet, const struct cell *cell, enum fleet_room room,
                         uint32_t count, struct most *most)
{
    const struct count_set *set = &cell->set[room][count];
    for (uint32_t word = 0; word < BLOCK_WORDS; word++) {
        for (uint64_t left = set->bits[word]; left; left &= left - 1) {
            uint32_t place = word * 64 + (uint32_t)__builtin_ctzll(left);
            uint32_t node = fleet_place_node(fleet, cell, place);
            bool open = room == ROOM_OPEN;
            int64_t cpu_milli = open ? fleet->rows[node].cpu_milli : fleet->houses[node].cpu_milli;
            int64_t memory_mib =
                open ? fleet->rows[node].memory_mib : fleet->houses[node].memory_mib;
            most->cpu_milli = cpu_milli > most->cpu_milli ? cpu_milli : most->cpu_milli;
            most->memory_mib = memory_mib > most->memory_mib ? memory_mib : most->memory_mib;
        }
    }
}

// With sizes the nodes are looked at, but only in sets whose bounds promise more.
static void pool_most(const struct fleet *fleet, const struct pool *pool, enum fleet_room room,
                      uint32_t devices, struct most *most, bool sizes)
{
    for (uint32_t count = devices; count <= pool->top; count++) {
        if (!pool->room[room].members[count])
            continue;
        most->devices = count > most->devices ? count : most->devices;
        most->nodes += pool->room[room].members[count];
        const struct seats *blocks = &pool->room[room].blocks[count];
        for (uint32_t seat = 0; sizes && (seat = seats_next(blocks, seat)) != FLEET_NONE; seat++) {
            const struct cell *cell = pool->cell[seat];
            const struct count_set *set = &cell->set[room][count];
            if (set->cpu_most > most->cpu_milli || set->memory_most > most->memory_mib)
                cell_most_of(fleet, cell, room, count, most);
        }
    }
}

static struct most most_of(const struct fleet *fleet, uint64_t chips, uint32_t devices,
                           enum fleet_room room, bool sizes)
{
    must(room < ROOM_KINDS);
    struct most most = {0};
    for (uint32_t site = 0; site < fleet->site_count; site++) {
        uint64_t left = fleet->sites[site].chips & (chips ? chips : ~UINT64_C(0));
        for (; left; left &= left - 1)
            pool_most(fleet, fleet->sites[site].pool[__builtin_ctzll(left)], room, devices, &most,
                      sizes);
    }
    return most;
}

uint32_t fleet_devices_max(const struct fleet *fleet, uint64_t chips, enum fleet_room room)
{
    return most_of(fleet, chips, 0, room, false).devices;
}

int64_t fleet_memory_max(const struct fleet *fleet, uint64_t chips, uint32_t devices,
                         enum fleet_room room)
{
    return most_of(fleet, chips, devices, room, true).memory_mib;
}

int64_t fleet_cpu_max(const struct fleet *fleet, uint64_t chips, uint32_t devices,
                      enum fleet_room room)
{
    return most_of(fleet, chips, devices, room, true).cpu_milli;
}

uint32_t fleet_nodes_with(const struct fleet *fleet, uint64_t chips, uint32_t devices,
                          enum fleet_room room)
{
    return most_of(fleet, chips, devices, room, false).nodes;
}
