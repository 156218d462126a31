#include "sim/draw.h"
#include "base/must.h"
#include <stdlib.h>
#include <string.h>

void draw_init(struct draw *draw, int64_t interval_end_ms)
{
    *draw = (struct draw){.interval_end_ms = interval_end_ms};
}

void draw_finish(struct draw *draw)
{
    free(draw->edge);
    free(draw->rack);
    free(draw->site);
    *draw = (struct draw){0};
}

// A zeroed row more at the end.
static void *one_more(void *rows, uint32_t *count, uint32_t *room, size_t size)
{
    if (*count == *room) {
        *room = *room ? *room * 2 : 64;
        rows = realloc(rows, *room * size);
        must(rows);
    }
    memset((char *)rows + (*count)++ * size, 0, size);
    return rows;
}

uint32_t draw_site_add(struct draw *draw, int64_t now_ms)
{
    draw->site = one_more(draw->site, &draw->sites, &draw->site_room, sizeof *draw->site);
    draw->site[draw->sites - 1].last_ms = now_ms;
    return draw->sites - 1;
}

uint32_t draw_edge_add(struct draw *draw, uint32_t parent, int64_t limit_w)
{
    must(parent == DRAW_NONE || parent < draw->edges);
    draw->edge = one_more(draw->edge, &draw->edges, &draw->edge_room, sizeof *draw->edge);
    draw->edge[draw->edges - 1] = (struct draw_edge){.parent = parent, .limit_2w = 2 * limit_w};
    return draw->edges - 1;
}

uint32_t draw_rack_add(struct draw *draw, const struct draw_rack *rack, int64_t now_ms)
{
    must(rack->site < draw->sites && rack->feed_a < draw->edges);
    draw->rack = one_more(draw->rack, &draw->racks, &draw->rack_room, sizeof *draw->rack);
    uint32_t place = draw->racks - 1;
    draw->rack[place] = *rack;
    draw->rack[place].level_w = draw->rack[place].energy_mj = 0;
    draw->rack[place].last_ms = now_ms;
    draw_change(draw, place, now_ms, rack->level_w, 0);
    return place;
}

static void site_until(struct draw_site *site, int64_t now_ms)
{
    int64_t passed_ms = now_ms - site->last_ms;
    must(passed_ms >= 0);
    site->open_mj += site->level_w * passed_ms;
    site->open_job_mj += site->job_w * passed_ms;
    site->last_ms = now_ms;
}

static void edge_change(struct draw *draw, uint32_t place, int64_t half_w)
{
    while (place != DRAW_NONE) {
        struct draw_edge *edge = &draw->edge[place];
        edge->level_2w += half_w;
        if (edge->level_2w > edge->peak_2w)
            edge->peak_2w = edge->level_2w;
        edge->over += half_w > 0 && edge->level_2w > edge->limit_2w;
        place = edge->parent;
    }
}

void draw_change(struct draw *draw, uint32_t rack, int64_t now_ms, int64_t watts, int64_t job_w)
{
    struct draw_rack *row = &draw->rack[rack];
    struct draw_site *site = &draw->site[row->site];
    site_until(site, now_ms);
    row->energy_mj += row->level_w * (now_ms - row->last_ms);
    row->last_ms = now_ms;
    row->level_w += watts;
    site->level_w += watts;
    site->job_w += job_w;
    must(row->level_w >= 0 && site->job_w >= 0);
    if (site->level_w > site->peak_w)
        site->peak_w = site->level_w;
    draw->over_racks += watts > 0 && row->limit_w && row->level_w > row->limit_w;
    if (row->feed_b == DRAW_NONE) {
        edge_change(draw, row->feed_a, 2 * watts);
    } else {
        edge_change(draw, row->feed_a, watts);
        edge_change(draw, row->feed_b, watts);
    }
}

int64_t draw_left_out(int64_t watts, int64_t rise_ms, int64_t after_ms)
{
    if (rise_ms <= 0)
        return 0;
    int64_t x = after_ms < rise_ms ? after_ms : rise_ms;
    return x <= 0 ? 0 : (int64_t)((__int128)watts * (2 * rise_ms * x - x * x) / (2 * rise_ms));
}

// Takes the area between two instants after the start off the open interval and the next one.
static int64_t take_off(struct draw *draw, uint32_t rack, const int64_t times_ms[3],
                        int64_t rise_ms, int64_t watts)
{
    int64_t start_ms = times_ms[0], from_ms = times_ms[1], until_ms = times_ms[2];
    int64_t at_from = draw_left_out(watts, rise_ms, from_ms - start_ms);
    int64_t at_until = draw_left_out(watts, rise_ms, until_ms - start_ms);
    int64_t end_ms = draw->interval_end_ms;
    int64_t middle_ms = end_ms < from_ms ? from_ms : end_ms > until_ms ? until_ms : end_ms;
    int64_t at_middle = draw_left_out(watts, rise_ms, middle_ms - start_ms);
    struct draw_site *site = &draw->site[draw->rack[rack].site];
    site->rise_now_mj += at_middle - at_from;
    site->rise_next_mj += at_until - at_middle;
    draw->rack[rack].energy_mj -= at_until - at_from;
    return at_until - at_from;
}

int64_t draw_rise(struct draw *draw, uint32_t rack, int64_t start_ms, int64_t rise_ms,
                  int64_t watts)
{
    if (rise_ms <= 0)
        return 0;
    return take_off(draw, rack, (int64_t[]){start_ms, start_ms, start_ms + rise_ms}, rise_ms,
                    watts);
}

int64_t draw_rise_cut(struct draw *draw, uint32_t rack, int64_t start_ms, int64_t rise_ms,
                      int64_t end_ms, int64_t watts)
{
    if (rise_ms <= 0 || end_ms >= start_ms + rise_ms)
        return 0;
    return take_off(draw, rack, (int64_t[]){start_ms, end_ms, start_ms + rise_ms}, rise_ms, -watts);
}

struct draw_interval draw_settle(struct draw *draw, uint32_t site, int64_t from_ms)
{
    struct draw_site *row = &draw->site[site];
    site_until(row, draw->interval_end_ms);
    struct draw_interval interval = {
        .energy_mj = row->open_mj - row->rise_now_mj,
        .job_mj = row->open_job_mj - row->rise_now_mj,
        .peak_w = row->peak_w,
    };
    interval.mean_w = interval.energy_mj / (draw->interval_end_ms - from_ms);
    row->energy_mj += interval.energy_mj;
    row->job_mj += interval.job_mj;
    row->open_mj = row->open_job_mj = 0;
    row->rise_now_mj = row->rise_next_mj;
    row->rise_next_mj = 0;
    row->peak_w = row->level_w;
    return interval;
}

void draw_next(struct draw *draw, int64_t interval_end_ms)
{
    must(interval_end_ms > draw->interval_end_ms);
    draw->interval_end_ms = interval_end_ms;
}

__int128 draw_racks_mj(const struct draw *draw, uint32_t site, int64_t now_ms)
{
    __int128 sum = 0;
    for (uint32_t i = 0; i < draw->racks; i++) {
        const struct draw_rack *rack = &draw->rack[i];
        if (rack->site == site)
            sum += rack->energy_mj + (__int128)rack->level_w * (now_ms - rack->last_ms);
    }
    return sum;
}

__int128 draw_site_mj(const struct draw *draw, uint32_t site, int64_t now_ms)
{
    const struct draw_site *row = &draw->site[site];
    return row->energy_mj + row->open_mj - row->rise_now_mj - row->rise_next_mj +
           (__int128)row->level_w * (now_ms - row->last_ms);
}
