#include "host/core_set.h"
#include "base/must.h"

bool core_set_has(const core_set *set, uint32_t core)
{
    return core < CORE_SET_MAX && (set->bits[core / 64] >> core % 64 & 1);
}

void core_set_add(core_set *set, uint32_t core)
{
    must(core < CORE_SET_MAX);
    set->bits[core / 64] |= UINT64_C(1) << core % 64;
}

uint32_t core_set_count(const core_set *set)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < CORE_SET_MAX / 64; i++)
        count += (uint32_t)__builtin_popcountll(set->bits[i]);
    return count;
}

uint32_t core_set_next(const core_set *set, uint32_t from)
{
    while (from < CORE_SET_MAX && !core_set_has(set, from))
        from++;
    return from;
}

void core_set_meet(core_set *set, const core_set *other)
{
    for (uint32_t i = 0; i < CORE_SET_MAX / 64; i++)
        set->bits[i] &= other->bits[i];
}

void core_set_drop(core_set *set, const core_set *other)
{
    for (uint32_t i = 0; i < CORE_SET_MAX / 64; i++)
        set->bits[i] &= ~other->bits[i];
}

// "3" or "3-7".
static bool parse_range(str range, uint64_t *ret_first, uint64_t *ret_last)
{
    str first = range, last = range;
    str_cut(range, '-', &first, &last);
    return str_to_u64(first, ret_first) && str_to_u64(last, ret_last) && *ret_first <= *ret_last &&
           *ret_last < CORE_SET_MAX;
}

bool core_set_parse(str text, core_set *ret_set)
{
    core_set set = {0};
    text = str_trim(text);
    while (text.len > 0) {
        str range = text, rest = {0};
        bool more = str_cut(text, ',', &range, &rest);
        uint64_t first, last;
        if (!parse_range(range, &first, &last) || (more && rest.len == 0))
            return false;
        for (uint64_t core = first; core <= last; core++)
            core_set_add(&set, (uint32_t)core);
        text = rest;
    }
    *ret_set = set;
    return true;
}

void core_set_text(const core_set *set, struct buf *out)
{
    bool any = false;
    uint32_t first = core_set_next(set, 0);
    while (first < CORE_SET_MAX) {
        uint32_t last = first;
        while (core_set_has(set, last + 1))
            last++;
        buf_format(out, any ? ",%u" : "%u", first);
        if (last > first)
            buf_format(out, "-%u", last);
        any = true;
        first = core_set_next(set, last + 1);
    }
}
