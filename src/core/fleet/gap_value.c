#include "core/fleet/gap_value.h"
#include "base/must.h"
#include <stdbool.h>
#include <string.h>

enum { POINT = 32, STEPS_MAX = 400, WHOLE = 1000, WEIGHT_BITS = 20 };

#define ONE   (INT64_C(1) << POINT)
#define CLOSE (ONE >> 16) // less than this is rounding

struct packing { // the program's basis: as many patterns as sizes
    uint32_t count;
    struct gap_size size[GAP_SIZES_MAX];
    int64_t inverse[GAP_SIZES_MAX][GAP_SIZES_MAX]; // of the basis: by pattern, by size
    int64_t used[GAP_SIZES_MAX];                   // devices packed by each pattern
    int64_t price[GAP_SIZES_MAX];
};

static int64_t times(int64_t a, int64_t b)
{
    return (int64_t)(((__int128)a * b) >> POINT);
}

// Larger demand first: milli times weight.
static bool asks_more(const struct gap_size *a, const struct gap_size *b)
{
    unsigned __int128 left = (unsigned __int128)a->milli * a->weight;
    unsigned __int128 right = (unsigned __int128)b->milli * b->weight;
    return left != right ? left > right : a->milli > b->milli;
}

static void gather(struct packing *packing, const struct gap_size *sizes, uint32_t count)
{
    uint64_t by_milli[WHOLE] = {0};
    for (uint32_t i = 0; i < count; i++) {
        must(sizes[i].milli > 0 && sizes[i].milli < WHOLE);
        by_milli[sizes[i].milli] += sizes[i].weight;
    }
    for (uint32_t milli = 1; milli < WHOLE; milli++) {
        struct gap_size size = {milli, by_milli[milli]};
        uint32_t place = packing->count;
        while (size.weight && place > 0 && asks_more(&size, &packing->size[place - 1]))
            place--;
        if (!size.weight || place == GAP_SIZES_MAX)
            continue;
        packing->count += packing->count < GAP_SIZES_MAX;
        for (uint32_t i = packing->count - 1; i > place; i--)
            packing->size[i] = packing->size[i - 1];
        packing->size[place] = size;
    }
}

// The first basis: each size alone, as often as it fits.
static void begin(struct packing *packing)
{
    uint64_t total = 0, shift = 0;
    for (uint32_t i = 0; i < packing->count; i++)
        while (packing->size[i].weight >> shift >> (POINT - 6))
            shift++;
    for (uint32_t i = 0; i < packing->count; i++)
        total += (packing->size[i].weight >> shift) + 1;
    for (uint32_t i = 0; i < packing->count; i++) {
        int64_t fits = WHOLE / packing->size[i].milli;
        uint64_t weight = (packing->size[i].weight >> shift) + 1;
        packing->inverse[i][i] = ONE / fits;
        packing->used[i] = (int64_t)((weight << POINT) / total << WEIGHT_BITS) / fits;
    }
}

static void set_prices(struct packing *packing)
{
    for (uint32_t size = 0; size < packing->count; size++) {
        packing->price[size] = 0;
        for (uint32_t row = 0; row < packing->count; row++)
            packing->price[size] += packing->inverse[row][size];
    }
}

// The dearest set of shares for every gap; last[g] is the size that was put in last, or none.
static void knapsack(const struct packing *packing, int64_t value[GAP_VALUES],
                     uint8_t last[GAP_VALUES])
{
    value[0] = 0;
    last[0] = GAP_SIZES_MAX;
    for (uint32_t gap = 1; gap < GAP_VALUES; gap++) {
        value[gap] = value[gap - 1];
        last[gap] = GAP_SIZES_MAX;
        for (uint32_t i = 0; i < packing->count; i++) {
            uint32_t milli = packing->size[i].milli;
            if (milli > gap || packing->price[i] <= 0 ||
                value[gap - milli] + packing->price[i] <= value[gap])
                continue;
            value[gap] = value[gap - milli] + packing->price[i];
            last[gap] = (uint8_t)i;
        }
    }
}

// The dearest pattern takes the place of the one that it uses up first.
static bool enter(struct packing *packing, const uint8_t last[GAP_VALUES])
{
    int64_t change[GAP_SIZES_MAX] = {0};
    for (uint32_t gap = WHOLE; gap > 0;) {
        uint32_t size = last[gap];
        gap -= size == GAP_SIZES_MAX ? 1 : packing->size[size].milli;
        for (uint32_t row = 0; size < GAP_SIZES_MAX && row < packing->count; row++)
            change[row] += packing->inverse[row][size];
    }
    uint32_t leaves = GAP_SIZES_MAX;
    for (uint32_t row = 0; row < packing->count; row++) {
        if (change[row] > CLOSE &&
            (leaves == GAP_SIZES_MAX || (__int128)packing->used[row] * change[leaves] <
                                            (__int128)packing->used[leaves] * change[row]))
            leaves = row;
    }
    if (leaves == GAP_SIZES_MAX)
        return false;
    int64_t part = (int64_t)(UINT64_MAX / (uint64_t)change[leaves]); // 1 / pivot
    packing->used[leaves] = times(packing->used[leaves], part);
    for (uint32_t size = 0; size < packing->count; size++)
        packing->inverse[leaves][size] = times(packing->inverse[leaves][size], part);
    for (uint32_t row = 0; row < packing->count; row++) {
        if (row == leaves)
            continue;
        packing->used[row] -= times(change[row], packing->used[leaves]);
        for (uint32_t size = 0; size < packing->count; size++)
            packing->inverse[row][size] -= times(change[row], packing->inverse[leaves][size]);
    }
    return true;
}

void gap_value(const struct gap_size *sizes, uint32_t count, int32_t ret_waste[GAP_VALUES],
               uint32_t *ret_price)
{
    struct packing packing = {0};
    int64_t value[GAP_VALUES];
    uint8_t last[GAP_VALUES];
    gather(&packing, sizes, count);
    if (packing.count)
        begin(&packing);
    for (uint32_t step = 0; step < STEPS_MAX; step++) {
        set_prices(&packing);
        knapsack(&packing, value, last);
        if (value[WHOLE] <= ONE + CLOSE || !enter(&packing, last))
            break;
    }
    for (uint32_t gap = 0; gap < GAP_VALUES; gap++) {
        int64_t worth = (value[gap] * WHOLE + ONE / 2) >> POINT;
        ret_waste[gap] = gap == WHOLE ? 0 : (int32_t)((int64_t)gap - worth);
    }
    for (uint32_t i = 0; ret_price && i < count; i++) {
        ret_price[i] = 0;
        for (uint32_t k = 0; k < packing.count; k++)
            if (packing.size[k].milli == sizes[i].milli && packing.price[k] > 0)
                ret_price[i] = (uint32_t)((packing.price[k] * 1000000 + ONE / 2) >> POINT);
    }
}
