#include "base/digest.h"
#include "base/must.h"
#include <errno.h>
#include <string.h>
#include <sys/random.h>

#if BASE_LIBCRYPTO
// The direct calls, not EVP: a leaf of 100 bytes costs a third, and there is nothing to fetch.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>

_Static_assert(sizeof(SHA256_CTX) <= sizeof(struct sha256), "a running hash fits");

void sha256_init(struct sha256 *hash)
{
    must(SHA256_Init((SHA256_CTX *)hash->opaque) == 1);
}

void sha256_add(struct sha256 *hash, str bytes)
{
    if (bytes.len)
        must(SHA256_Update((SHA256_CTX *)hash->opaque, bytes.ptr, bytes.len) == 1);
}

digest sha256_finish(struct sha256 *hash)
{
    digest result;
    must(SHA256_Final(result.bytes, (SHA256_CTX *)hash->opaque) == 1);
    return result;
}
#else
#include "base/sha256_block.h"

struct running {
    uint32_t words[8];
    uint64_t length;
    uint8_t block[64]; // the part block: length % 64 bytes
};
_Static_assert(sizeof(struct running) <= sizeof(struct sha256), "a running hash fits");

void sha256_init(struct sha256 *hash)
{
    struct running *running = (struct running *)hash->opaque;
    memcpy(running->words, sha256_start, sizeof running->words);
    running->length = 0;
}

void sha256_add(struct sha256 *hash, str bytes)
{
    struct running *running = (struct running *)hash->opaque;
    size_t used = running->length % 64, part = 64 - used;
    running->length += bytes.len;
    if (used && bytes.len >= part) {
        memcpy(running->block + used, bytes.ptr, part);
        sha256_blocks(running->words, running->block, 1);
        bytes = str_skip(bytes, part);
        used = 0;
    }
    if (used == 0) {
        sha256_blocks(running->words, (const uint8_t *)bytes.ptr, bytes.len / 64);
        bytes = str_skip(bytes, bytes.len / 64 * 64);
    }
    if (bytes.len)
        memcpy(running->block + used, bytes.ptr, bytes.len);
}

static void put_big_endian(uint8_t *bytes, uint64_t value, int size)
{
    for (int i = 0; i < size; i++)
        bytes[i] = (uint8_t)(value >> 8 * (size - 1 - i));
}

digest sha256_finish(struct sha256 *hash)
{
    struct running *running = (struct running *)hash->opaque;
    static const char padding[64] = {(char)0x80};
    uint8_t bits[8];
    put_big_endian(bits, running->length * 8, 8);
    size_t used = running->length % 64;
    sha256_add(hash, (str){padding, (used < 56 ? 56 : 120) - used});
    sha256_add(hash, (str){(const char *)bits, sizeof bits});
    digest result;
    for (int i = 0; i < 8; i++)
        put_big_endian(result.bytes + 4 * i, running->words[i], 4);
    return result;
}
#endif

digest digest_of(str bytes)
{
    struct sha256 hash;
    sha256_init(&hash);
    sha256_add(&hash, bytes);
    return sha256_finish(&hash);
}

static str bytes_of(const digest *value)
{
    return (str){(const char *)value->bytes, sizeof value->bytes};
}

digest digest_hmac(str key, str bytes)
{
    uint8_t pad[64] = {0};
    digest short_key = digest_of(key.len > sizeof pad ? key : (str){0});
    if (key.len > sizeof pad)
        key = bytes_of(&short_key);
    if (key.len)
        memcpy(pad, key.ptr, key.len);
    for (size_t i = 0; i < sizeof pad; i++)
        pad[i] ^= 0x36;
    struct sha256 hash;
    sha256_init(&hash);
    sha256_add(&hash, (str){(const char *)pad, sizeof pad});
    sha256_add(&hash, bytes);
    digest inner = sha256_finish(&hash);
    for (size_t i = 0; i < sizeof pad; i++)
        pad[i] ^= 0x36 ^ 0x5c;
    sha256_init(&hash);
    sha256_add(&hash, (str){(const char *)pad, sizeof pad});
    sha256_add(&hash, bytes_of(&inner));
    digest result = sha256_finish(&hash);
    explicit_bzero(pad, sizeof pad);
    return result;
}

bool digest_same(digest a, digest b)
{
    uint64_t difference = 0;
    for (size_t i = 0; i < sizeof a.bytes; i += sizeof difference) {
        uint64_t left, right;
        memcpy(&left, a.bytes + i, sizeof left);
        memcpy(&right, b.bytes + i, sizeof right);
        difference |= left ^ right;
        __asm__ volatile("" : "+r"(difference)); // all words are looked at, whatever is in them
    }
    return difference == 0;
}

bool digest_is_zero(digest a)
{
    return digest_same(a, (digest){0});
}

void digest_random(uint8_t *ret_bytes, size_t size)
{
    while (size > 0) {
        ssize_t got = getrandom(ret_bytes, size, 0);
        must(got > 0 || errno == EINTR);
        if (got > 0) {
            ret_bytes += got;
            size -= (size_t)got;
        }
    }
}
