#include "proof/merkle.h"
#include "base/must.h"
#include <string.h>

enum { LEAF_MARK = 0, NODE_MARK = 1, DIGEST_SIZE = 32 };

digest merkle_leaf(str entry)
{
    struct sha256 hash;
    sha256_init(&hash);
    sha256_add(&hash, (str){(const char[]){LEAF_MARK}, 1});
    sha256_add(&hash, entry);
    return sha256_finish(&hash);
}

digest merkle_node(digest left, digest right)
{
    char piece[1 + 2 * DIGEST_SIZE];
    piece[0] = NODE_MARK;
    memcpy(piece + 1, left.bytes, DIGEST_SIZE);
    memcpy(piece + 1 + DIGEST_SIZE, right.bytes, DIGEST_SIZE);
    return digest_of((str){piece, sizeof piece});
}

digest merkle_empty(void)
{
    return digest_of(S(""));
}

void merkle_append(struct merkle *merkle, digest leaf)
{
    must(merkle->size < UINT64_MAX);
    // A binary counter: each set bit from the lowest up is carried into the next peak.
    uint32_t level = 0;
    for (; merkle->size >> level & 1; level++) {
        leaf = merkle_node(merkle->peaks[level], leaf);
        merkle->peaks[level] = (digest){{0}};
    }
    merkle->peaks[level] = leaf;
    merkle->size++;
}

digest merkle_root(const struct merkle *merkle)
{
    if (merkle->size == 0)
        return merkle_empty();
    uint32_t level = (uint32_t)__builtin_ctzll(merkle->size);
    digest root = merkle->peaks[level];
    while (++level < MERKLE_LEVELS)
        if (merkle->size >> level & 1)
            root = merkle_node(merkle->peaks[level], root);
    return root;
}

bool merkle_is_sound(const struct merkle *merkle)
{
    for (uint32_t level = 0; level < MERKLE_LEVELS; level++)
        if ((merkle->size >> level & 1) == digest_is_zero(merkle->peaks[level]))
            return false;
    return true;
}

void merkle_write(const struct merkle *merkle, struct buf *out)
{
    for (uint32_t shift = 0; shift < 64; shift += 8)
        buf_byte(out, (char)(merkle->size >> shift & 0xff));
    for (uint32_t level = MERKLE_LEVELS; level-- > 0;)
        if (merkle->size >> level & 1)
            buf_add(out, (str){(const char *)merkle->peaks[level].bytes, DIGEST_SIZE});
}

bool merkle_read(str bytes, struct merkle *ret_merkle, struct err *err)
{
    struct merkle merkle = {0};
    if (bytes.len < sizeof merkle.size)
        return err_set(err, "tree peaks: %zu bytes, want at least 8", bytes.len);
    for (uint32_t place = 0; place < 8; place++)
        merkle.size |= (uint64_t)(uint8_t)bytes.ptr[place] << 8 * place;
    size_t want = 8 + (size_t)__builtin_popcountll(merkle.size) * DIGEST_SIZE;
    if (bytes.len != want)
        return err_set(err, "tree peaks: %zu bytes for %llu leaves, want %zu", bytes.len,
                       (unsigned long long)merkle.size, want);
    const char *from = bytes.ptr + 8;
    for (uint32_t level = MERKLE_LEVELS; level-- > 0;) {
        if (!(merkle.size >> level & 1))
            continue;
        memcpy(merkle.peaks[level].bytes, from, DIGEST_SIZE);
        from += DIGEST_SIZE;
    }
    if (!merkle_is_sound(&merkle))
        return err_set(err, "tree peaks: a peak in use is all zero");
    *ret_merkle = merkle;
    return true;
}
