#include "base/device_set.h"
#include "base/must.h"

uint32_t device_set_count(const device_set *set)
{
    uint32_t count = 0;
    for (int i = 0; i < 4; i++)
        if (set->bits
                [i]) // mostly three are empty, and x86-64 without its later parts counts slowly
            count += (uint32_t)__builtin_popcountll(set->bits[i]);
    return count;
}

bool device_set_has(const device_set *set, uint32_t index)
{
    must(index < DEVICE_SET_MAX);
    return set->bits[index / 64] >> index % 64 & 1;
}

void device_set_add(device_set *set, uint32_t index)
{
    must(index < DEVICE_SET_MAX);
    set->bits[index / 64] |= UINT64_C(1) << index % 64;
}

void device_set_remove(device_set *set, uint32_t index)
{
    must(index < DEVICE_SET_MAX);
    set->bits[index / 64] &= ~(UINT64_C(1) << index % 64);
}

uint32_t device_set_next(const device_set *set, uint32_t from)
{
    for (uint32_t word = from / 64; word < 4; word++) {
        uint64_t left = set->bits[word];
        if (word == from / 64)
            left &= ~UINT64_C(0) << from % 64;
        if (left)
            return word * 64 + (uint32_t)__builtin_ctzll(left);
    }
    return DEVICE_SET_MAX;
}

bool device_set_meets(const device_set *a, const device_set *b)
{
    for (int i = 0; i < 4; i++)
        if (a->bits[i] & b->bits[i])
            return true;
    return false;
}

void device_set_text(const device_set *set, struct buf *out)
{
    bool first = true;
    for (uint32_t low = device_set_next(set, 0); low < DEVICE_SET_MAX;) {
        uint32_t high = low;
        while (high + 1 < DEVICE_SET_MAX && device_set_has(set, high + 1))
            high++;
        if (!first)
            buf_byte(out, ',');
        buf_u64(out, low);
        if (high > low) {
            buf_byte(out, '-');
            buf_u64(out, high);
        }
        first = false;
        low = high + 1 < DEVICE_SET_MAX ? device_set_next(set, high + 1) : DEVICE_SET_MAX;
    }
}

static bool parse_range(str range, uint64_t *ret_low, uint64_t *ret_high)
{
    str low = range, high = range;
    bool wide = str_cut(range, '-', &low, &high);
    uint64_t from, to;
    if (!str_to_u64(low, &from) || !str_to_u64(high, &to) || to >= DEVICE_SET_MAX)
        return false;
    if (wide ? from >= to : from != to)
        return false;
    *ret_low = from;
    *ret_high = to;
    return true;
}

bool device_set_parse(str text, device_set *ret_set)
{
    device_set set = {0};
    uint64_t next = 0; // the lowest index that keeps the text canonical
    while (text.len) {
        str range = text, rest = {0};
        bool more = str_cut(text, ',', &range, &rest);
        uint64_t low, high;
        if (!parse_range(range, &low, &high) || low < next || (more && rest.len == 0))
            return false;
        for (uint64_t i = low; i <= high; i++)
            device_set_add(&set, (uint32_t)i);
        next = high + 2;
        text = rest;
    }
    *ret_set = set;
    return true;
}
