#include "proof/note.h"
#include "base/codec.h"
#include "base/digest.h"
#include "base/must.h"
#include <openssl/evp.h>
#include <string.h>

enum { ALGORITHM_ED25519 = 1, ID_SIZE = 4, MARKED_SIZE = 1 + NOTE_KEY_SIZE };

static const str SIGNATURE_HEAD = {"\xe2\x80\x94 ", 4}; // em dash and a blank
static const str SIGNER_HEAD = {"PRIVATE+KEY+", 12};

static bool byte_is_control(char byte)
{
    return (uint8_t)byte < 0x20 || byte == 0x7f;
}

// The blanks of Unicode beyond ASCII that a reader could take for the end of a name.
static bool has_wide_blank(str name)
{
    static const char *const blanks[] = {
        "\xc2\x85",     "\xc2\xa0",     "\xe1\x9a\x80", "\xe2\x80\x80", "\xe2\x80\x81",
        "\xe2\x80\x82", "\xe2\x80\x83", "\xe2\x80\x84", "\xe2\x80\x85", "\xe2\x80\x86",
        "\xe2\x80\x87", "\xe2\x80\x88", "\xe2\x80\x89", "\xe2\x80\x8a", "\xe2\x80\xa8",
        "\xe2\x80\xa9", "\xe2\x80\xaf", "\xe2\x81\x9f", "\xe3\x80\x80"};
    for (size_t i = 0; i < sizeof blanks / sizeof *blanks; i++)
        if (memmem(name.ptr, name.len, blanks[i], strlen(blanks[i])))
            return true;
    return false;
}

static bool name_is_good(str name)
{
    if (name.len < 1 || name.len > NOTE_NAME_MAX || !str_is_utf8(name) || has_wide_blank(name))
        return false;
    for (size_t i = 0; i < name.len; i++)
        if (byte_is_control(name.ptr[i]) || name.ptr[i] == ' ' || name.ptr[i] == '+')
            return false;
    return true;
}

static bool text_is_good(str text)
{
    if (text.len < 1 || text.len > NOTE_SIZE_MAX || text.ptr[text.len - 1] != '\n')
        return false;
    for (size_t i = 0; i < text.len; i++)
        if (byte_is_control(text.ptr[i]) && text.ptr[i] != '\n')
            return false;
    return str_is_utf8(text);
}

static uint32_t id_from(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static void id_to(uint32_t id, uint8_t *ret_bytes)
{
    for (uint32_t i = 0; i < ID_SIZE; i++)
        ret_bytes[i] = (uint8_t)(id >> (24 - 8 * i));
}

static uint32_t key_id(str name, const uint8_t *public_key)
{
    struct sha256 hash;
    sha256_init(&hash);
    sha256_add(&hash, name);
    sha256_add(&hash, S("\n\x01"));
    sha256_add(&hash, (str){(const char *)public_key, NOTE_KEY_SIZE});
    digest all = sha256_finish(&hash);
    return id_from(all.bytes);
}

// "name+12ab34cd+base64(0x01 ‖ 32 bytes)"
static bool key_split(str text, str *ret_name, uint32_t *ret_id, uint8_t *ret_bytes)
{
    str name, id_text, rest;
    uint8_t id_bytes[ID_SIZE];
    if (!str_cut(text, '+', &name, &rest) || !str_cut(rest, '+', &id_text, &rest))
        return false;
    if (!name_is_good(name) || !hex_decode(id_text, id_bytes, ID_SIZE))
        return false;
    struct buf bytes;
    buf_init(&bytes, MARKED_SIZE);
    bool good = base64_decode(rest, &bytes) && !bytes.overflow && bytes.len == MARKED_SIZE &&
                bytes.ptr[0] == ALGORITHM_ED25519;
    if (good) {
        *ret_name = name;
        *ret_id = id_from(id_bytes);
        memcpy(ret_bytes, bytes.ptr + 1, NOTE_KEY_SIZE);
    }
    if (bytes.ptr)
        explicit_bzero(bytes.ptr, bytes.len);
    buf_finish(&bytes);
    return good;
}

static void key_join(const struct note_key *key, const uint8_t *secret_or_public, struct buf *out)
{
    uint8_t id[ID_SIZE], marked[MARKED_SIZE] = {ALGORITHM_ED25519};
    char id_text[2 * ID_SIZE];
    id_to(key->id, id);
    hex_encode(id, ID_SIZE, id_text);
    memcpy(marked + 1, secret_or_public, NOTE_KEY_SIZE);
    buf_add(out, str_from(key->name));
    buf_byte(out, '+');
    buf_add(out, (str){id_text, sizeof id_text});
    buf_byte(out, '+');
    base64_encode(marked, sizeof marked, out);
    explicit_bzero(marked, sizeof marked);
}

bool note_key_read(str text, struct note_key *ret_key, struct err *err)
{
    struct note_key key = {0};
    str name;
    if (!key_split(text, &name, &key.id, key.public_key))
        return err_set(err, "verifier key: want name+8 hex digits+base64 of an Ed25519 key");
    if (key_id(name, key.public_key) != key.id)
        return err_set(err,
                       "verifier key %.*s: its id is not that of its name and key: copy it "
                       "again, whole",
                       STR(name));
    must(str_copy(name, key.name, sizeof key.name));
    *ret_key = key;
    return true;
}

void note_key_write(const struct note_key *key, struct buf *out)
{
    key_join(key, key->public_key, out);
}

bool note_signer_init(struct note_signer *signer, str name, const uint8_t seed[NOTE_KEY_SIZE],
                      struct err *err)
{
    if (!name_is_good(name))
        return err_set(err, "key name \"%.*s\": want 1 to %d bytes without blank, plus or control",
                       STR(name), NOTE_NAME_MAX);
    struct note_signer made = {0};
    size_t size = NOTE_KEY_SIZE;
    EVP_PKEY *pair = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, NOTE_KEY_SIZE);
    must(pair != NULL);
    must(EVP_PKEY_get_raw_public_key(pair, made.key.public_key, &size) == 1);
    EVP_PKEY_free(pair);
    must(str_copy(name, made.key.name, sizeof made.key.name));
    memcpy(made.seed, seed, NOTE_KEY_SIZE);
    made.key.id = key_id(name, made.key.public_key);
    *signer = made;
    explicit_bzero(made.seed, sizeof made.seed);
    return true;
}

bool note_signer_read(str text, struct note_signer *ret_signer, struct err *err)
{
    str name;
    uint32_t id;
    uint8_t seed[NOTE_KEY_SIZE];
    if (!str_starts(text, SIGNER_HEAD) ||
        !key_split(str_skip(text, SIGNER_HEAD.len), &name, &id, seed))
        return err_set(err, "signer key: want PRIVATE+KEY+name+8 hex digits+base64");
    struct note_signer signer;
    bool good = note_signer_init(&signer, name, seed, err);
    explicit_bzero(seed, sizeof seed);
    if (good && signer.key.id != id)
        good =
            err_set(err, "signer key %s: its id is not that of its name and key", signer.key.name);
    if (good)
        *ret_signer = signer;
    note_signer_finish(&signer);
    return good;
}

void note_signer_write(const struct note_signer *signer, struct buf *out)
{
    buf_add(out, SIGNER_HEAD);
    key_join(&signer->key, signer->seed, out);
}

void note_signer_finish(struct note_signer *signer)
{
    explicit_bzero(signer, sizeof *signer);
}

void note_sign_bytes(const struct note_signer *signer, str bytes,
                     uint8_t ret_signature[NOTE_SIGNATURE_SIZE])
{
    size_t size = NOTE_SIGNATURE_SIZE;
    EVP_PKEY *pair =
        EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, signer->seed, NOTE_KEY_SIZE);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    must(pair != NULL && context != NULL);
    must(EVP_DigestSignInit(context, NULL, NULL, NULL, pair) == 1);
    must(EVP_DigestSign(context, ret_signature, &size, (const uint8_t *)bytes.ptr, bytes.len) == 1);
    must(size == NOTE_SIGNATURE_SIZE);
    EVP_MD_CTX_free(context);
    EVP_PKEY_free(pair);
}

bool note_bytes_are_signed(const struct note_key *key, str bytes,
                           const uint8_t signature[NOTE_SIGNATURE_SIZE])
{
    EVP_PKEY *pair =
        EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, key->public_key, NOTE_KEY_SIZE);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    must(pair != NULL && context != NULL);
    must(EVP_DigestVerifyInit(context, NULL, NULL, NULL, pair) == 1);
    int good = EVP_DigestVerify(context, signature, NOTE_SIGNATURE_SIZE, (const uint8_t *)bytes.ptr,
                                bytes.len);
    EVP_MD_CTX_free(context);
    EVP_PKEY_free(pair);
    return good == 1;
}

bool note_sign_too(const struct note_signer *signer, str text, struct buf *out, struct err *err)
{
    if (!text_is_good(text))
        return err_set(err, "note: the text must be UTF-8 lines, the last ended by a newline, "
                            "without control bytes");
    uint8_t signed_id[ID_SIZE + NOTE_SIGNATURE_SIZE];
    id_to(signer->key.id, signed_id);
    note_sign_bytes(signer, text, signed_id + ID_SIZE);
    buf_add(out, SIGNATURE_HEAD);
    buf_add(out, str_from(signer->key.name));
    buf_byte(out, ' ');
    base64_encode(signed_id, sizeof signed_id, out);
    buf_byte(out, '\n');
    return true;
}

bool note_sign(const struct note_signer *signer, str text, struct buf *out, struct err *err)
{
    if (!text_is_good(text))
        return note_sign_too(signer, text, out, err); // its error
    buf_add(out, text);
    buf_byte(out, '\n');
    return note_sign_too(signer, text, out, err);
}

// Where the signatures begin: behind the last blank line, for a text may hold blank lines.
static bool note_split(str note, str *ret_text, str *ret_signatures)
{
    if (!text_is_good(note))
        return false;
    for (size_t at = note.len - 1; at > 0; at--) {
        if (note.ptr[at] != '\n' || note.ptr[at - 1] != '\n')
            continue;
        *ret_text = (str){note.ptr, at};
        *ret_signatures = str_skip(note, at + 1);
        return ret_signatures->len > 0;
    }
    return false;
}

struct signature {
    str name;
    uint32_t id;
    struct buf bytes; // key id, then the signature itself
};

// "— name base64": false when it is not of this form. The bytes are limited by the note's size.
static bool signature_read(str line, struct signature *signature)
{
    str encoded;
    buf_clear(&signature->bytes);
    if (!str_starts(line, SIGNATURE_HEAD) ||
        !str_cut(str_skip(line, SIGNATURE_HEAD.len), ' ', &signature->name, &encoded))
        return false;
    if (!name_is_good(signature->name) || !base64_decode(encoded, &signature->bytes))
        return false;
    if (signature->bytes.overflow || signature->bytes.len <= ID_SIZE)
        return false;
    signature->id = id_from((const uint8_t *)signature->bytes.ptr);
    return true;
}

static const struct note_key *key_find(const struct signature *signature,
                                       const struct note_key *keys, uint32_t key_count)
{
    for (uint32_t i = 0; i < key_count; i++)
        if (keys[i].id == signature->id && str_is(str_from(keys[i].name), signature->name))
            return &keys[i];
    return NULL;
}

static bool signatures_check(str text, str lines, const struct note_key *keys, uint32_t key_count,
                             struct signature *signature, struct err *err)
{
    uint32_t known = 0, count = 0;
    str line;
    while (str_cut(lines, '\n', &line, &lines)) {
        if (++count > NOTE_SIGNATURES_MAX)
            return err_set(err, "note: more than %d signatures", NOTE_SIGNATURES_MAX);
        if (!signature_read(line, signature))
            return err_set(err, "note: signature %u is not \"\u2014 name base64\"", count);
        const struct note_key *key = key_find(signature, keys, key_count);
        if (!key)
            continue;
        if (signature->bytes.len != ID_SIZE + NOTE_SIGNATURE_SIZE ||
            !note_bytes_are_signed(key, text, (const uint8_t *)signature->bytes.ptr + ID_SIZE))
            return err_set(err, "note: the signature of %s is wrong: the text was altered",
                           key->name);
        known++;
    }
    if (known == 0)
        return err_set(err,
                       "note: no signature by a known key (of %u): give the verifier key of "
                       "this log",
                       key_count);
    return true;
}

bool note_open(str note, const struct note_key *keys, uint32_t key_count, str *ret_text,
               struct err *err)
{
    str text, lines;
    if (!note_split(note, &text, &lines))
        return err_set(err,
                       "note: want UTF-8 text, a blank line and signatures, each line ended, "
                       "at most %d bytes",
                       NOTE_SIZE_MAX);
    struct signature signature = {0};
    buf_init(&signature.bytes, NOTE_SIZE_MAX);
    bool good = signatures_check(text, lines, keys, key_count, &signature, err);
    buf_finish(&signature.bytes);
    if (good)
        *ret_text = text;
    return good;
}
