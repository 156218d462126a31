#include "proof/note.h"
#include "base/codec.h"
#include "base/rng.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

// The key and note of golang.org/x/mod/sumdb/note, which C2SP signed-note grew from.
#define PETER_KEY "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
#define PETER_SECRET \
    "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
#define PETER_TEXT                                               \
    "If you think cryptography is the answer to your problem,\n" \
    "then you don't know what your problem is.\n"
#define PETER_NOTE                                                                                \
    PETER_TEXT "\n\xe2\x80\x94 PeterNeumann "                                                     \
               "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6K" \
               "E6RyyBwJnAM=\n"

static void the_published_note_opens_and_signs_to_the_same_bytes(void **state)
{
    (void)state;
    struct note_key key;
    struct note_signer signer;
    struct err err;
    struct buf out;
    str text;
    buf_init(&out, 4096);
    assert_true(note_key_read(S(PETER_KEY), &key, &err));
    assert_true(note_open(S(PETER_NOTE), &key, 1, &text, &err));
    assert_true(str_is(text, S(PETER_TEXT)));
    assert_true(note_signer_read(S(PETER_SECRET), &signer, &err));
    assert_memory_equal(&signer.key, &key, sizeof key);
    assert_true(note_sign(&signer, S(PETER_TEXT), &out, &err));
    assert_string_equal(buf_cstr(&out), PETER_NOTE);
    buf_clear(&out);
    note_key_write(&key, &out);
    assert_string_equal(buf_cstr(&out), PETER_KEY);
    buf_clear(&out);
    note_signer_write(&signer, &out);
    assert_string_equal(buf_cstr(&out), PETER_SECRET);
    note_signer_finish(&signer);
    assert_int_equal(signer.seed[0], 0);
    buf_finish(&out);
}

// RFC 8032 section 7.1, TEST 2.
static void bytes_are_signed_as_the_rfc_says(void **state)
{
    (void)state;
    uint8_t seed[32], want[64], have[64];
    struct note_signer signer;
    struct err err;
    assert_true(hex_decode(S("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb"),
                           seed, 32));
    assert_true(hex_decode(S("92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
                             "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"),
                           want, 64));
    assert_true(note_signer_init(&signer, S("rfc"), seed, &err));
    note_sign_bytes(&signer, S("\x72"), have);
    assert_memory_equal(have, want, sizeof want);
    assert_true(note_bytes_are_signed(&signer.key, S("\x72"), have));
    assert_false(note_bytes_are_signed(&signer.key, S("\x73"), have));
}

// Whatever bit of a note is changed, its text is not given back as signed.
static void each_changed_bit_closes_the_note(void **state)
{
    (void)state;
    char note[sizeof PETER_NOTE - 1];
    struct note_key key;
    struct err err;
    str text;
    assert_true(note_key_read(S(PETER_KEY), &key, &err));
    memcpy(note, PETER_NOTE, sizeof note);
    for (size_t bit = 0; bit < 8 * sizeof note; bit++) {
        note[bit / 8] ^= (char)(1 << bit % 8);
        assert_false(note_open((str){note, sizeof note}, &key, 1, &text, &err));
        note[bit / 8] ^= (char)(1 << bit % 8);
    }
    assert_true(note_open((str){note, sizeof note}, &key, 1, &text, &err));
    for (size_t len = 0; len < sizeof note; len++)
        assert_false(note_open((str){note, len}, &key, 1, &text, &err));
}

static void signer_from(struct note_signer *signer, const char *name, uint8_t seed_byte)
{
    uint8_t seed[32];
    struct err err;
    memset(seed, seed_byte, sizeof seed);
    assert_true(note_signer_init(signer, str_from(name), seed, &err));
}

static void any_known_key_opens_and_a_wrong_known_one_closes(void **state)
{
    (void)state;
    struct note_signer alice, bob, mallory;
    struct err err;
    struct buf note;
    str text;
    buf_init(&note, 4096);
    signer_from(&alice, "alice.example", 1);
    signer_from(&bob, "bob.example", 2);
    signer_from(&mallory, "bob.example", 3);
    assert_true(note_sign(&alice, S("t\n\nwith a blank line\n"), &note, &err));
    assert_true(note_sign_too(&bob, S("t\n\nwith a blank line\n"), &note, &err));

    struct note_key both[] = {alice.key, bob.key};
    assert_true(note_open(buf_str(&note), both, 2, &text, &err));
    assert_true(str_is(text, S("t\n\nwith a blank line\n")));
    assert_true(note_open(buf_str(&note), &bob.key, 1, &text, &err));
    assert_false(note_open(buf_str(&note), &mallory.key, 1, &text, &err));
    assert_non_null(strstr(err.text, "no signature by a known key"));
    assert_false(note_open(buf_str(&note), NULL, 0, &text, &err));

    // Alice's is right, Bob's is over another text: nobody may rest on half of it.
    buf_clear(&note);
    assert_true(note_sign(&alice, S("a\n"), &note, &err));
    assert_true(note_sign_too(&bob, S("b\n"), &note, &err));
    assert_false(note_open(buf_str(&note), both, 2, &text, &err));
    assert_non_null(strstr(err.text, "bob.example"));
    assert_true(note_open(buf_str(&note), &alice.key, 1, &text, &err));
    buf_finish(&note);
}

static void malformed_keys_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "PeterNeumann",
        "PeterNeumann+c74f20a3",
        "+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "Peter Neumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "Peter\xc2\xa0N+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+C74F20A3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumanm+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+c74f20a3+Ahpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", // algorithm 2
        "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10T",
        "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW\n",
    };
    struct err err;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct note_key key = {.id = 5};
        assert_false(note_key_read(str_from(bad[i]), &key, &err));
        assert_int_equal(key.id, 5);
    }
    struct note_signer signer;
    assert_false(note_signer_read(S(PETER_KEY), &signer, &err));
    assert_false(note_signer_read(
        S("PRIVATE+KEY+PeterNeumanm+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"),
        &signer, &err));
    const uint8_t seed[32] = {0};
    assert_false(note_signer_init(&signer, S("a b"), seed, &err));
    assert_false(note_signer_init(&signer, S("a+b"), seed, &err));
    assert_false(note_signer_init(&signer, S(""), seed, &err));
}

static void texts_that_cannot_be_signed_are_refused(void **state)
{
    (void)state;
    static const str bad[] = {
        {"",       0},
        {"a",      1},
        {"a\t\n",  3},
        {"a\0\n",  3},
        {"\xff\n", 2},
        {"a\r\n",  3}
    };
    struct note_signer signer;
    struct err err;
    struct buf out;
    buf_init(&out, 4096);
    signer_from(&signer, "x", 9);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(note_sign(&signer, bad[i], &out, &err));
    assert_int_equal(out.len, 0);
    buf_finish(&out);
}

static void too_many_signatures_are_refused(void **state)
{
    (void)state;
    struct note_signer signer;
    struct err err;
    struct buf out;
    str text;
    buf_init(&out, 64 * 1024);
    signer_from(&signer, "x", 9);
    assert_true(note_sign(&signer, S("a\n"), &out, &err));
    for (int i = 1; i < NOTE_SIGNATURES_MAX; i++)
        assert_true(note_sign_too(&signer, S("a\n"), &out, &err));
    assert_true(note_open(buf_str(&out), &signer.key, 1, &text, &err));
    assert_true(note_sign_too(&signer, S("a\n"), &out, &err));
    assert_false(note_open(buf_str(&out), &signer.key, 1, &text, &err));
    buf_finish(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_published_note_opens_and_signs_to_the_same_bytes),
        cmocka_unit_test(bytes_are_signed_as_the_rfc_says),
        cmocka_unit_test(each_changed_bit_closes_the_note),
        cmocka_unit_test(any_known_key_opens_and_a_wrong_known_one_closes),
        cmocka_unit_test(malformed_keys_are_refused),
        cmocka_unit_test(texts_that_cannot_be_signed_are_refused),
        cmocka_unit_test(too_many_signatures_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
