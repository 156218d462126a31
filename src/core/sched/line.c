#include "core/sched/line.h"
#include "base/must.h"
#include <stdlib.h>
#include <string.h>

enum { BLOCK = 4096, WORDS = BLOCK / 64 };

static int64_t ones(uint64_t bits) // sums by 2, 4, then 8 bits; the product adds the bytes up
{
    bits -= bits >> 1 & 0x5555555555555555;
    bits = (bits & 0x3333333333333333) + (bits >> 2 & 0x3333333333333333);
    bits = (bits + (bits >> 4)) & 0x0f0f0f0f0f0f0f0f;
    return (int64_t)(bits * 0x0101010101010101 >> 56);
}

void line_finish(struct line *line)
{
    for (uint64_t i = 0; i < line->blocks; i++)
        free(line->bits[i]);
    free(line->bits);
    free(line->count);
    *line = (struct line){0};
}

static void line_grow(struct line *line, uint64_t blocks)
{
    uint64_t room = line->blocks ? line->blocks * 2 : 16;
    while (room < blocks)
        room *= 2;
    line->bits = realloc(line->bits, room * sizeof *line->bits);
    line->count = realloc(line->count, room * sizeof *line->count);
    must(line->bits && line->count);
    memset(line->bits + line->blocks, 0, (room - line->blocks) * sizeof *line->bits);
    memset(line->count + line->blocks, 0, (room - line->blocks) * sizeof *line->count);
    line->blocks = room;
}

void line_add(struct line *line, uint64_t id)
{
    uint64_t block = id / BLOCK;
    if (block >= line->blocks)
        line_grow(line, block + 1);
    if (!line->bits[block]) {
        line->bits[block] = calloc(WORDS, sizeof(uint64_t));
        must(line->bits[block]);
    }
    uint64_t *word = &line->bits[block][id % BLOCK / 64], bit = UINT64_C(1) << id % 64;
    must(!(*word & bit));
    *word |= bit;
    line->count[block]++;
    if (block < line->low)
        line->low = block;
}

void line_remove(struct line *line, uint64_t id)
{
    uint64_t block = id / BLOCK;
    must(block < line->blocks && line->bits[block]);
    uint64_t *word = &line->bits[block][id % BLOCK / 64], bit = UINT64_C(1) << id % 64;
    must(*word & bit);
    *word &= ~bit;
    if (--line->count[block])
        return;
    free(line->bits[block]);
    line->bits[block] = NULL;
    while (line->low < line->blocks && line->count[line->low] == 0)
        line->low++;
}

int64_t line_before(const struct line *line, uint64_t id)
{
    uint64_t block = id / BLOCK;
    int64_t before = 0;
    for (uint64_t i = line->low; i < line->blocks && i < block; i++)
        before += line->count[i];
    if (block >= line->blocks || !line->bits[block])
        return before;
    const uint64_t *bits = line->bits[block];
    for (uint64_t word = 0; word < id % BLOCK / 64; word++)
        before += ones(bits[word]);
    return before + ones(bits[id % BLOCK / 64] & ((UINT64_C(1) << id % 64) - 1));
}

uint64_t line_previous(const struct line *line, uint64_t id)
{
    uint64_t block = id / BLOCK;
    if (block >= line->blocks) {
        block = line->blocks;
        id = block * BLOCK;
    }
    if (block < line->blocks && line->bits[block]) {
        for (uint64_t word = id % BLOCK / 64 + 1; word-- > 0;) {
            uint64_t bits = line->bits[block][word];
            if (word == id % BLOCK / 64)
                bits &= (UINT64_C(1) << id % 64) - 1;
            if (bits)
                return block * BLOCK + word * 64 + 63 - (uint64_t)__builtin_clzll(bits);
        }
    }
    while (block-- > line->low) {
        for (uint64_t word = WORDS; line->count[block] && word-- > 0;) {
            uint64_t bits = line->bits[block][word];
            if (bits)
                return block * BLOCK + word * 64 + 63 - (uint64_t)__builtin_clzll(bits);
        }
    }
    return 0;
}

uint64_t line_next(const struct line *line, uint64_t id)
{
    uint64_t from = id + 1, block = from / BLOCK;
    if (block < line->low) {
        block = line->low;
        from = block * BLOCK;
    }
    for (; block < line->blocks; block++, from = block * BLOCK) {
        for (uint64_t word = from % BLOCK / 64; line->count[block] && word < WORDS; word++) {
            uint64_t bits = line->bits[block][word];
            if (word == from % BLOCK / 64)
                bits &= ~UINT64_C(0) << from % 64;
            if (bits)
                return block * BLOCK + word * 64 + (uint64_t)__builtin_ctzll(bits);
        }
    }
    return 0;
}
