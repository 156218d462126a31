#include "sim/tally.h"
#include "base/must.h"

void tally_change(struct tally *tally, int64_t now_ms, int64_t by)
{
    tally_until(tally, now_ms);
    tally->level += by;
    must(tally->level >= 0);
}

__int128 tally_until(struct tally *tally, int64_t now_ms)
{
    must(now_ms >= tally->last_ms);
    tally->integral += (__int128)tally->level * (now_ms - tally->last_ms);
    tally->last_ms = now_ms;
    return tally->integral;
}

// Classes of milliseconds: 0..7 alone, then eight to each octave.
static uint32_t class_of(int64_t wait_ms)
{
    if (wait_ms < 8)
        return wait_ms < 0 ? 0 : (uint32_t)wait_ms;
    uint32_t octave = 63 - (uint32_t)__builtin_clzll((uint64_t)wait_ms);
    uint32_t class = (octave - 2) * 8 + (uint32_t)(wait_ms >> (octave - 3) & 7);
    return class < WAIT_CLASSES ? class : WAIT_CLASSES - 1;
}

static int64_t class_end_ms(uint32_t class)
{
    if (class < 8)
        return class;
    uint32_t octave = class / 8 + 2;
    return ((int64_t)(8 + class % 8 + 1) << (octave - 3)) - 1;
}

void waits_add(struct waits *waits, int64_t wait_us)
{
    waits->count++;
    waits->sum_us += wait_us;
    if (wait_us > waits->most_us)
        waits->most_us = wait_us;
    waits->classes[class_of(wait_us / 1000)]++;
}

int64_t waits_quantile_us(const struct waits *waits, uint32_t permille)
{
    uint64_t want = (waits->count * permille + 999) / 1000, seen = 0;
    for (uint32_t i = 0; i < WAIT_CLASSES; i++) {
        seen += waits->classes[i];
        if (seen >= want && seen > 0) {
            int64_t end_us = class_end_ms(i) * 1000;
            return end_us < waits->most_us ? end_us : waits->most_us;
        }
    }
    return waits->most_us;
}

uint32_t waits_size(uint64_t devices)
{
    static const uint64_t ends[WAIT_SIZES - 1] = {1, 8, 64, 512, 4096};
    uint32_t size = 0;
    while (size < WAIT_SIZES - 1 && devices > ends[size])
        size++;
    return size;
}

const char *waits_size_text(uint32_t size)
{
    static const char *const texts[WAIT_SIZES] = {"1 device",          "2-8 devices",
                                                  "9-64 devices",      "65-512 devices",
                                                  "513-4,096 devices", "above 4,096 devices"};
    return texts[size];
}
