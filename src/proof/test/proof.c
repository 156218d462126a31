#include "proof/proof.h"
#include "proof/tree.h"
#include "base/rng.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

enum { LEAVES = 130, ALL_BITS_UP_TO = 12 };

static digest leaves[LEAVES];
static digest roots[LEAVES + 1];
static struct tree tree;

// RFC 6962 section 2.1: MTH over leaves [from, from + count), by its recursive definition.
static digest recounted_root(uint64_t from, uint64_t count)
{
    if (count == 1)
        return leaves[from];
    uint64_t left = 1;
    while (left * 2 < count)
        left *= 2;
    return merkle_node(recounted_root(from, left), recounted_root(from + left, count - left));
}

// PATH(m, D[n]) of section 2.1.1, by its definition.
static void recounted_path(uint64_t index, uint64_t from, uint64_t count, struct proof *proof)
{
    if (count == 1)
        return;
    uint64_t left = 1;
    while (left * 2 < count)
        left *= 2;
    if (index < left) {
        recounted_path(index, from, left, proof);
        proof->nodes[proof->count++] = recounted_root(from + left, count - left);
    } else {
        recounted_path(index - left, from + left, count - left, proof);
        proof->nodes[proof->count++] = recounted_root(from, left);
    }
}

// SUBPROOF(m, D[n], b) of section 2.1.2, by its definition.
static void recounted_subproof(uint64_t old, uint64_t from, uint64_t count, bool whole,
                               struct proof *proof)
{
    if (old == count) {
        if (!whole)
            proof->nodes[proof->count++] = recounted_root(from, count);
        return;
    }
    uint64_t left = 1;
    while (left * 2 < count)
        left *= 2;
    if (old <= left) {
        recounted_subproof(old, from, left, whole, proof);
        proof->nodes[proof->count++] = recounted_root(from + left, count - left);
    } else {
        recounted_subproof(old - left, from + left, count - left, false, proof);
        proof->nodes[proof->count++] = recounted_root(from, left);
    }
}

static int tree_up(void **state)
{
    (void)state;
    tree_init(&tree);
    for (uint64_t i = 0; i < LEAVES; i++) {
        leaves[i] = merkle_leaf((str){(const char *)&i, sizeof i});
        tree_append(&tree, leaves[i]);
        roots[i + 1] = recounted_root(0, i + 1);
    }
    return 0;
}

static int tree_down(void **state)
{
    (void)state;
    tree_finish(&tree);
    return 0;
}

static void assert_same_proof(const struct proof *have, const struct proof *want)
{
    assert_int_equal(have->count, want->count);
    assert_memory_equal(have->nodes, want->nodes, have->count * sizeof *have->nodes);
}

static void inclusion_proofs_are_those_of_the_definition(void **state)
{
    (void)state;
    struct proof_source source = tree_source(&tree);
    struct err err;
    for (uint64_t size = 1; size <= LEAVES; size++)
        for (uint64_t index = 0; index < size; index++) {
            struct proof have, want = {0};
            assert_true(proof_inclusion(&source, index, size, &have, &err));
            recounted_path(index, 0, size, &want);
            assert_same_proof(&have, &want);
            assert_true(proof_shows_inclusion(&have, leaves[index], index, size, roots[size]));
        }
}

static void consistency_proofs_are_those_of_the_definition(void **state)
{
    (void)state;
    struct proof_source source = tree_source(&tree);
    struct err err;
    for (uint64_t size = 1; size <= LEAVES; size++)
        for (uint64_t old = 1; old <= size; old++) {
            struct proof have, want = {0};
            assert_true(proof_consistency(&source, old, size, &have, &err));
            recounted_subproof(old, 0, size, true, &want);
            assert_same_proof(&have, &want);
            assert_true(proof_shows_consistency(&have, old, roots[old], size, roots[size]));
        }
}

// Bits to change in a digest: all of them in small trees, one at random in larger ones.
static uint32_t bits_first(uint64_t size, struct rng *rng)
{
    return size <= ALL_BITS_UP_TO ? 0 : (uint32_t)rng_below(rng, 256);
}

static uint32_t bits_end(uint64_t size, uint32_t first)
{
    return size <= ALL_BITS_UP_TO ? 256 : first + 1;
}

static digest changed(digest value, uint32_t bit)
{
    value.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
    return value;
}

static void check_inclusion_changes(struct proof *proof, uint64_t index, uint64_t size,
                                    uint32_t bit)
{
    digest leaf = leaves[index], root = roots[size];
    assert_false(proof_shows_inclusion(proof, changed(leaf, bit), index, size, root));
    assert_false(proof_shows_inclusion(proof, leaf, index, size, changed(root, bit)));
    for (uint32_t i = 0; i < proof->count; i++) {
        digest kept = proof->nodes[i];
        proof->nodes[i] = changed(kept, bit);
        assert_false(proof_shows_inclusion(proof, leaf, index, size, root));
        proof->nodes[i] = kept;
    }
}

static void a_changed_inclusion_proof_shows_nothing(void **state)
{
    (void)state;
    struct proof_source source = tree_source(&tree);
    struct rng rng = {.state = 6962};
    struct err err;
    for (uint64_t size = 1; size <= LEAVES; size++)
        for (uint64_t index = 0; index < size; index++) {
            struct proof proof;
            assert_true(proof_inclusion(&source, index, size, &proof, &err));
            uint32_t first = bits_first(size, &rng);
            for (uint32_t bit = first; bit < bits_end(size, first); bit++)
                check_inclusion_changes(&proof, index, size, bit);
            uint64_t other = (index + 1) % size;
            if (other != index)
                assert_false(
                    proof_shows_inclusion(&proof, leaves[index], other, size, roots[size]));
            assert_false(proof_shows_inclusion(&proof, leaves[index], size, size, roots[size]));
            proof.nodes[proof.count++] = roots[size]; // one node too many
            assert_false(proof_shows_inclusion(&proof, leaves[index], index, size, roots[size]));
            proof.count -= proof.count > 1 ? 2 : 1; // one too few
            if (size > 1)
                assert_false(
                    proof_shows_inclusion(&proof, leaves[index], index, size, roots[size]));
        }
}

static void check_consistency_changes(struct proof *proof, uint64_t old, uint64_t size,
                                      uint32_t bit)
{
    digest before = roots[old], after = roots[size];
    assert_false(proof_shows_consistency(proof, old, changed(before, bit), size, after));
    assert_false(proof_shows_consistency(proof, old, before, size, changed(after, bit)));
    for (uint32_t i = 0; i < proof->count; i++) {
        digest kept = proof->nodes[i];
        proof->nodes[i] = changed(kept, bit);
        assert_false(proof_shows_consistency(proof, old, before, size, after));
        proof->nodes[i] = kept;
    }
}

static void a_changed_consistency_proof_shows_nothing(void **state)
{
    (void)state;
    struct proof_source source = tree_source(&tree);
    struct rng rng = {.state = 9162};
    struct err err;
    for (uint64_t size = 1; size <= LEAVES; size++)
        for (uint64_t old = 1; old <= size; old++) {
            struct proof proof;
            assert_true(proof_consistency(&source, old, size, &proof, &err));
            uint32_t first = bits_first(size, &rng);
            for (uint32_t bit = first; bit < bits_end(size, first); bit++)
                check_consistency_changes(&proof, old, size, bit);
            uint32_t count = proof.count;
            proof.nodes[proof.count++] = roots[size];
            assert_false(proof_shows_consistency(&proof, old, roots[old], size, roots[size]));
            if (count == 0)
                continue;
            proof.count = count - 1;
            assert_false(proof_shows_consistency(&proof, old, roots[old], size, roots[size]));
        }
}

static void what_is_outside_the_tree_is_a_fault(void **state)
{
    (void)state;
    struct proof_source source = tree_source(&tree);
    struct proof proof = {.count = 7};
    struct err err;
    digest root;
    assert_false(proof_inclusion(&source, 3, 3, &proof, &err));
    assert_non_null(strstr(err.text, "leaf 3 of 3"));
    assert_false(proof_inclusion(&source, 0, LEAVES + 1, &proof, &err));
    assert_false(proof_consistency(&source, 0, 3, &proof, &err));
    assert_false(proof_consistency(&source, 4, 3, &proof, &err));
    assert_false(proof_consistency(&source, 4, LEAVES + 1, &proof, &err));
    assert_false(proof_root(&source, LEAVES + 1, &root, &err));
    assert_int_equal(proof.count, 7);
    assert_false(proof_shows_consistency(&(struct proof){0}, 0, roots[1], 1, roots[1]));
    assert_false(proof_shows_consistency(&(struct proof){0}, 2, roots[2], 1, roots[1]));
    assert_true(proof_root(&source, 0, &root, &err));
    assert_true(digest_same(root, merkle_empty()));
}

// A source that fails at its n-th node makes a fault of the proof, for every n.
struct failing {
    struct proof_source source;
    uint32_t left;
};

static bool failing_node(void *context, uint32_t level, uint64_t index, digest *ret_node,
                         struct err *err)
{
    struct failing *failing = context;
    if (failing->left-- == 0)
        return err_set(err, "no node today");
    return failing->source.node(failing->source.context, level, index, ret_node, err);
}

static void a_source_that_fails_fails_the_proof(void **state)
{
    (void)state;
    struct err err;
    struct proof proof;
    uint32_t failures = 0;
    for (uint32_t n = 0;; n++, failures++) {
        struct failing failing = {tree_source(&tree), n};
        struct proof_source source = {LEAVES, &failing, failing_node};
        if (proof_inclusion(&source, 77, 127, &proof, &err))
            break;
        assert_string_equal(err.text, "no node today");
    }
    assert_true(failures >= 7);
    for (failures = 0;; failures++) {
        struct failing failing = {tree_source(&tree), failures};
        struct proof_source source = {LEAVES, &failing, failing_node};
        if (proof_consistency(&source, 77, 127, &proof, &err))
            break;
        assert_string_equal(err.text, "no node today");
    }
    assert_true(failures >= 7);
}

// Sizes near 2^64, where no tree can be held: a source that answers any node the same.
static bool same_node(void *context, uint32_t level, uint64_t index, digest *ret_node,
                      struct err *err)
{
    (void)context;
    (void)err;
    char place[12];
    memcpy(place, &level, sizeof level);
    memcpy(place + 4, &index, sizeof index);
    *ret_node = digest_of((str){place, sizeof place});
    return true;
}

static void proofs_do_not_overflow_at_the_largest_sizes(void **state)
{
    (void)state;
    struct proof_source source = {UINT64_MAX, NULL, same_node};
    struct rng rng = {.state = 64};
    struct err err;
    for (int i = 0; i < 200; i++) {
        uint64_t size = i ? rng_next(&rng) | 1 : UINT64_MAX;
        uint64_t index = i ? rng_next(&rng) % size : size - 1;
        struct proof proof;
        assert_true(proof_inclusion(&source, index, size, &proof, &err));
        assert_true(proof.count <= 64);
        assert_true(proof_consistency(&source, index + 1, size, &proof, &err));
        assert_true(proof.count <= PROOF_NODES);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(inclusion_proofs_are_those_of_the_definition),
        cmocka_unit_test(consistency_proofs_are_those_of_the_definition),
        cmocka_unit_test(a_changed_inclusion_proof_shows_nothing),
        cmocka_unit_test(a_changed_consistency_proof_shows_nothing),
        cmocka_unit_test(what_is_outside_the_tree_is_a_fault),
        cmocka_unit_test(a_source_that_fails_fails_the_proof),
        cmocka_unit_test(proofs_do_not_overflow_at_the_largest_sizes),
    };
    return cmocka_run_group_tests(tests, tree_up, tree_down);
}
