// Signed notes, checkpoints, keys and tree peaks: what is taken is written again byte for byte, and
// a note opens only with the text that was signed.
#include "base/must.h"
#include "fuzz.h"
#include "proof/checkpoint.h"
#include "proof/merkle.h"
#include "proof/note.h"

#define KEY "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
#define TEXT                                                     \
    "If you think cryptography is the answer to your problem,\n" \
    "then you don't know what your problem is.\n"
#define ROOT "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I="

const char *const fuzz_seeds[] = {
    TEXT "\n\xe2\x80\x94 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZ"
         "SNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n",
    "example.com/log\n20852163\n" ROOT "\nmore\n",
    "o\n18446744073709551615\n" ROOT "\n\n\xe2\x80\x94 o AAAAAAAA\n",
    KEY,
    "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz",
    "\x03\x01\x01\x01\x01\x01\x01\x01 peaks",
    NULL};

static struct buf out;

static void must_be_written(str text)
{
    must(!out.overflow && str_is(buf_str(&out), text));
    buf_clear(&out);
}

static void check_note(str text)
{
    struct note_key key;
    struct err err;
    str opened = S("untouched");
    must(note_key_read(S(KEY), &key, &err));
    if (note_open(text, &key, 1, &opened, &err))
        must(str_is(opened, S(TEXT)));
    else
        must(str_is(opened, S("untouched")));
}

static void check_keys(str text)
{
    struct note_key key;
    struct note_signer signer;
    struct err err;
    if (note_key_read(text, &key, &err)) {
        note_key_write(&key, &out);
        must_be_written(text);
    }
    if (note_signer_read(text, &signer, &err)) {
        note_signer_write(&signer, &out);
        must_be_written(text);
        note_signer_finish(&signer);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    str text = {(const char *)bytes, size};
    struct checkpoint checkpoint;
    struct merkle merkle;
    struct err err;
    buf_init(&out, 1 << 20);
    check_note(text);
    check_keys(text);
    if (checkpoint_read(text, &checkpoint, &err)) {
        checkpoint_write(&checkpoint, &out);
        must_be_written(text);
    }
    if (merkle_read(text, &merkle, &err)) {
        merkle_write(&merkle, &out);
        must_be_written(text);
    }
    buf_finish(&out);
    return 0;
}
