#include "proof/proof.h"
#include "proof/merkle.h"
#include "base/must.h"
#include <inttypes.h>

// Half of the leaves [from, to) that stands left in the tree: the largest power of two below.
static uint64_t left_count(uint64_t count)
{
    must(count > 1);
    return UINT64_C(1) << (63 - __builtin_clzll(count - 1));
}

// The root over leaves [from, from + count). `from` is a multiple of the power of two at or above
// count, so the range falls into perfect subtrees, one for each set bit of count.
static bool range_root(const struct proof_source *source, uint64_t from, uint64_t count,
                       digest *ret_root, struct err *err)
{
    must(count > 0);
    digest root = {{0}};
    bool begun = false;
    for (uint32_t level = 0; level < MERKLE_LEVELS; level++) {
        uint64_t span = UINT64_C(1) << level;
        if (!(count & span))
            continue;
        count -= span; // what is left of this subtree
        digest peak;
        if (!source->node(source->context, level, (from + count) >> level, &peak, err))
            return false;
        root = begun ? merkle_node(peak, root) : peak;
        begun = true;
    }
    *ret_root = root;
    return true;
}

static void proof_turn_around(struct proof *proof)
{
    for (uint32_t low = 0, high = proof->count; low + 1 < high; low++) {
        digest node = proof->nodes[--high];
        proof->nodes[high] = proof->nodes[low];
        proof->nodes[low] = node;
    }
}

// Adds the root of [from, from + count); nodes are gathered from the root down.
static bool proof_add(struct proof *proof, const struct proof_source *source, uint64_t from,
                      uint64_t count, struct err *err)
{
    must(proof->count < PROOF_NODES);
    if (!range_root(source, from, count, &proof->nodes[proof->count], err))
        return false;
    proof->count++;
    return true;
}

bool proof_inclusion(const struct proof_source *source, uint64_t index, uint64_t size,
                     struct proof *ret_proof, struct err *err)
{
    if (size > source->size || index >= size)
        return err_set(err,
                       "inclusion proof: leaf %" PRIu64 " of %" PRIu64 ", but the tree has %" PRIu64
                       " leaves: ask for a leaf below the size",
                       index, size, source->size);
    struct proof proof = {0};
    uint64_t from = 0, count = size;
    while (count > 1) {
        uint64_t left = left_count(count);
        bool in_left = index - from < left;
        if (!proof_add(&proof, source, in_left ? from + left : from, in_left ? count - left : left,
                       err))
            return false;
        from += in_left ? 0 : left;
        count = in_left ? left : count - left;
    }
    proof_turn_around(&proof);
    *ret_proof = proof;
    return true;
}

bool proof_consistency(const struct proof_source *source, uint64_t old_size, uint64_t size,
                       struct proof *ret_proof, struct err *err)
{
    if (old_size < 1 || old_size > size || size > source->size)
        return err_set(err,
                       "consistency proof: from size %" PRIu64 " to %" PRIu64
                       ", but the tree has %" PRIu64 " leaves: want 1 <= from <= to <= leaves",
                       old_size, size, source->size);
    struct proof proof = {0};
    uint64_t from = 0, count = size;
    bool whole = true; // the subtree that holds the old end is the old tree itself
    while (old_size - from != count) {
        uint64_t left = left_count(count);
        bool in_left = old_size - from <= left;
        if (!proof_add(&proof, source, in_left ? from + left : from, in_left ? count - left : left,
                       err))
            return false;
        whole = whole && in_left;
        from += in_left ? 0 : left;
        count = in_left ? left : count - left;
    }
    if (!whole && !proof_add(&proof, source, from, count, err))
        return false;
    proof_turn_around(&proof);
    *ret_proof = proof;
    return true;
}

bool proof_root(const struct proof_source *source, uint64_t size, digest *ret_root, struct err *err)
{
    if (size > source->size)
        return err_set(err, "tree root: size %" PRIu64 ", but the tree has %" PRIu64 " leaves",
                       size, source->size);
    if (size > 0)
        return range_root(source, 0, size, ret_root, err);
    *ret_root = merkle_empty();
    return true;
}

bool proof_shows_inclusion(const struct proof *proof, digest leaf, uint64_t index, uint64_t size,
                           digest root)
{
    if (index >= size || proof->count > PROOF_NODES)
        return false;
    uint64_t place = index, last = size - 1;
    digest have = leaf;
    for (uint32_t i = 0; i < proof->count; i++) {
        if (last == 0)
            return false;
        if (place & 1 || place == last) {
            have = merkle_node(proof->nodes[i], have);
            while (!(place & 1) && place != 0) {
                place >>= 1;
                last >>= 1;
            }
        } else {
            have = merkle_node(have, proof->nodes[i]);
        }
        place >>= 1;
        last >>= 1;
    }
    return last == 0 && digest_same(have, root);
}

bool proof_shows_consistency(const struct proof *proof, uint64_t old_size, digest old_root,
                             uint64_t size, digest root)
{
    if (old_size < 1 || old_size > size || proof->count > PROOF_NODES)
        return false;
    if (old_size == size)
        return proof->count == 0 && digest_same(old_root, root);
    bool power_of_two = (old_size & (old_size - 1)) == 0;
    if (!power_of_two && proof->count == 0)
        return false;
    uint64_t place = old_size - 1, last = size - 1;
    for (; place & 1; place >>= 1)
        last >>= 1;
    digest old_have = power_of_two ? old_root : proof->nodes[0], have = old_have;
    for (uint32_t i = power_of_two ? 0 : 1; i < proof->count; i++) {
        if (last == 0)
            return false;
        if (place & 1 || place == last) {
            old_have = merkle_node(proof->nodes[i], old_have);
            have = merkle_node(proof->nodes[i], have);
            while (!(place & 1) && place != 0) {
                place >>= 1;
                last >>= 1;
            }
        } else {
            have = merkle_node(have, proof->nodes[i]);
        }
        place >>= 1;
        last >>= 1;
    }
    return last == 0 && digest_same(old_have, old_root) && digest_same(have, root);
}
