#include "proof/merkle.h"
#include "base/codec.h"
#include "base/rng.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

static void assert_digest(digest have, const char *want)
{
    char text[64];
    hex_encode(have.bytes, sizeof have.bytes, text);
    assert_memory_equal(text, want, sizeof text);
}

// The tree of RFC 6962 section 2.1, word for word: split at the largest power of two below n.
static digest recounted_root(const digest *leaves, uint64_t count)
{
    if (count == 0)
        return digest_of(S(""));
    if (count == 1)
        return leaves[0];
    uint64_t left = 1;
    while (left * 2 < count)
        left *= 2;
    char piece[65] = {1};
    digest a = recounted_root(leaves, left), b = recounted_root(leaves + left, count - left);
    memcpy(piece + 1, a.bytes, 32);
    memcpy(piece + 33, b.bytes, 32);
    return digest_of((str){piece, sizeof piece});
}

// The entries and roots that the reference implementation of Certificate Transparency tests with.
static void the_reference_roots_come_out(void **state)
{
    (void)state;
    static const str entries[] = {
        {"",                 0 },
        {"\x00",             1 },
        {"\x10",             1 },
        {" !",               2 },
        {"01",               2 },
        {"@ABC",             4 },
        {"PQRSTUVW",         8 },
        {"`abcdefghijklmno", 16},
    };
    static const char *const roots[] = {
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    };
    struct merkle merkle = {0};
    assert_digest(merkle_root(&merkle), roots[0]);
    for (size_t i = 0; i < 8; i++) {
        merkle_append(&merkle, merkle_leaf(entries[i]));
        assert_digest(merkle_root(&merkle), roots[i + 1]);
    }
}

static void a_long_entry_is_a_leaf_like_any_other(void **state)
{
    (void)state;
    static char entry[1 + 64 * 1024];
    memset(entry + 1, 'x', sizeof entry - 1);
    digest whole = digest_of((str){entry, sizeof entry}); // its first byte is the leaf mark
    digest leaf = merkle_leaf((str){entry + 1, sizeof entry - 1});
    assert_memory_equal(&leaf, &whole, sizeof leaf);
}

static void each_size_has_the_root_of_the_definition(void **state)
{
    (void)state;
    enum { LEAVES = 300 };
    static digest leaves[LEAVES];
    struct merkle merkle = {0};
    for (uint64_t i = 0; i < LEAVES; i++) {
        leaves[i] = merkle_leaf((str){(const char *)&i, sizeof i});
        merkle_append(&merkle, leaves[i]);
        digest have = merkle_root(&merkle), want = recounted_root(leaves, i + 1);
        assert_memory_equal(&have, &want, sizeof have);
        assert_int_equal(merkle.size, i + 1);
        assert_true(merkle_is_sound(&merkle));
    }
}

static void written_peaks_read_back_and_go_on(void **state)
{
    (void)state;
    struct merkle merkle = {0};
    struct buf bytes;
    buf_init(&bytes, 8 + 64 * 32);
    for (uint64_t i = 0; i < 130; i++) {
        struct merkle again;
        struct err err;
        buf_clear(&bytes);
        merkle_write(&merkle, &bytes);
        assert_true(merkle_read(buf_str(&bytes), &again, &err));
        assert_memory_equal(&again, &merkle, sizeof merkle);
        assert_false(merkle_read((str){bytes.ptr, bytes.len - 1}, &again, &err));
        merkle_append(&merkle, merkle_leaf((str){(const char *)&i, sizeof i}));
    }
    assert_false(bytes.overflow);
    buf_finish(&bytes);
}

static void peaks_that_cannot_be_are_refused(void **state)
{
    (void)state;
    struct merkle merkle = {0}, before;
    struct err err;
    char bytes[8 + 32] = {1}; // one leaf, whose peak is all zero
    memset(&merkle, 7, sizeof merkle);
    before = merkle;
    assert_false(merkle_read((str){bytes, sizeof bytes}, &merkle, &err));
    assert_non_null(strstr(err.text, "all zero"));
    assert_false(merkle_read((str){bytes, 7}, &merkle, &err));
    assert_memory_equal(&merkle, &before, sizeof merkle);

    merkle = (struct merkle){0};
    merkle_append(&merkle, merkle_leaf(S("a")));
    merkle.peaks[3].bytes[0] = 1; // a peak where the size has none
    assert_false(merkle_is_sound(&merkle));
    merkle.peaks[3].bytes[0] = 0;
    assert_true(merkle_is_sound(&merkle));
    merkle.size = 2;
    assert_false(merkle_is_sound(&merkle));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_reference_roots_come_out),
        cmocka_unit_test(a_long_entry_is_a_leaf_like_any_other),
        cmocka_unit_test(each_size_has_the_root_of_the_definition),
        cmocka_unit_test(written_peaks_read_back_and_go_on),
        cmocka_unit_test(peaks_that_cannot_be_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
