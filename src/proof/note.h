// note.h - signed notes (C2SP signed-note): a text, a blank line, and signatures over the text.
//
//     example.org/tatara
//     12
//     CsUYapGGPo4dkMgIAUqom…=
//                                                        (blank)
//     — example.org/tatara 2ZnB…                         em dash, name, base64(key id ‖ signature)
//
// Signatures are Ed25519. A verifier key is the text  name+hex key id+base64(0x01 ‖ public key); a
// signer key is  PRIVATE+KEY+name+hex key id+base64(0x01 ‖ seed).  The key id is the first 4 bytes
// of SHA-256(name ‖ "\n" ‖ 0x01 ‖ public key), big endian in hex. Names hold no blank and no plus.
//
//   Owner      keys are values; a signer holds a secret: note_signer_finish wipes it
//   Invariant  note_open gives a text only after a signature by a known key has been checked
//   Refusal    none
//   Fault      keys and notes not exactly of this form; a known key's signature that is wrong (the
//              whole note is refused then); no signature by a known key
#pragma once
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include <stdbool.h>
#include <stdint.h>

enum {
    NOTE_NAME_MAX = 127,
    NOTE_KEY_SIZE = 32,
    NOTE_SIGNATURE_SIZE = 64,
    NOTE_SIGNATURES_MAX = 100, // in one note, known or not
    NOTE_SIZE_MAX = 1000 * 1000
};

struct note_key {
    char name[NOTE_NAME_MAX + 1];
    uint32_t id;
    uint8_t public_key[NOTE_KEY_SIZE];
};

struct note_signer {
    struct note_key key;
    uint8_t seed[NOTE_KEY_SIZE]; // the private key of RFC 8032
};

bool note_key_read(str text, struct note_key *ret_key, struct err *err);
void note_key_write(const struct note_key *key, struct buf *out);

bool note_signer_init(struct note_signer *signer, str name, const uint8_t seed[NOTE_KEY_SIZE],
                      struct err *err);
bool note_signer_read(str text, struct note_signer *ret_signer, struct err *err);
void note_signer_write(const struct note_signer *signer, struct buf *out); // secret text
void note_signer_finish(struct note_signer *signer);

// Ed25519 alone (RFC 8032), for whoever signs something that is no note.
void note_sign_bytes(const struct note_signer *signer, str bytes,
                     uint8_t ret_signature[NOTE_SIGNATURE_SIZE]);
bool note_bytes_are_signed(const struct note_key *key, str bytes,
                           const uint8_t signature[NOTE_SIGNATURE_SIZE]);

// Adds text, blank line and one signature line to out. The text is UTF-8, ends with a newline and
// has no other control bytes. An overflow stays in the buf.
bool note_sign(const struct note_signer *signer, str text, struct buf *out, struct err *err);
// One more signature line by another key, behind a note that note_sign wrote for this text.
bool note_sign_too(const struct note_signer *signer, str text, struct buf *out, struct err *err);
// The text of a note that at least one of the keys has signed; ret_text points into note.
bool note_open(str note, const struct note_key *keys, uint32_t key_count, str *ret_text,
               struct err *err);
