#include "base/digest.h"
#include "base/codec.h"
#include "base/rng.h"
#include "base/sha256_block.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

static void check(digest value, const char *hex)
{
    char text[65] = {0};
    hex_encode(value.bytes, 32, text);
    assert_string_equal(text, hex);
}

// FIPS 180-4 examples and RFC 4231 test cases 1, 2, 6.
static void the_standards_vectors(void **state)
{
    (void)state;
    check(digest_of(S("")), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    check(digest_of(S("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    check(digest_of(S("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")),
          "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    char key[131];
    memset(key, 0x0b, 20);
    check(digest_hmac((str){key, 20}, S("Hi There")),
          "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    check(digest_hmac(S("Jefe"), S("what do ya want for nothing?")),
          "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    memset(key, 0xaa, sizeof key);
    check(digest_hmac((str){key, sizeof key},
                      S("Test Using Larger Than Block-Size Key - Hash Key First")),
          "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

// The compression function in plain C over padded blocks, against digest_of, for every length
// around the edges of a block; and digest_of against the same bytes in random pieces.
static void both_ways_to_the_same_digest(void **state)
{
    (void)state;
    static uint8_t bytes[1024];
    struct rng rng = {.state = 11};
    for (size_t size = 0; size < 300; size++) {
        for (size_t i = 0; i < size; i++)
            bytes[i] = (uint8_t)rng_next(&rng);
        digest want = digest_of((str){(char *)bytes, size}), plain;
        struct sha256 hash;
        sha256_init(&hash);
        for (size_t from = 0; from < size;) {
            size_t piece = (size_t)rng_between(&rng, 0, (int64_t)(size - from));
            sha256_add(&hash, (str){(char *)bytes + from, piece});
            from += piece;
        }
        assert_true(digest_same(sha256_finish(&hash), want));

        memset(bytes + size, 0, sizeof bytes - size);
        bytes[size] = 0x80;
        size_t blocks = (size + 8) / 64 + 1;
        bytes[blocks * 64 - 2] = (uint8_t)(size * 8 >> 8);
        bytes[blocks * 64 - 1] = (uint8_t)(size * 8);
        uint32_t words[8];
        memcpy(words, sha256_start, sizeof words);
        sha256_blocks(words, bytes, blocks);
        for (int i = 0; i < 32; i++)
            plain.bytes[i] = (uint8_t)(words[i / 4] >> (24 - i % 4 * 8));
        assert_true(digest_same(plain, want));
    }
}

static void digests_compare_by_all_their_bytes(void **state)
{
    (void)state;
    digest a = digest_of(S("a"));
    for (int i = 0; i < 256; i++) {
        digest b = a;
        b.bytes[i / 8] ^= (uint8_t)(1 << i % 8);
        assert_false(digest_same(a, b));
    }
    assert_true(digest_same(a, a));
    assert_false(digest_is_zero(a));
    assert_true(digest_is_zero((digest){0}));
}

static void secrets_differ(void **state)
{
    (void)state;
    uint8_t one[32] = {0}, two[32] = {0};
    digest_random(one, sizeof one);
    digest_random(two, sizeof two);
    assert_memory_not_equal(one, two, sizeof one);
    digest_random(one, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_standards_vectors),
        cmocka_unit_test(both_ways_to_the_same_digest),
        cmocka_unit_test(digests_compare_by_all_their_bytes),
        cmocka_unit_test(secrets_differ),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
