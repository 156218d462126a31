#include "http/secret.h"
#include "base/codec.h"
#include "base/must.h"
#include <string.h>

enum { SECRET_BYTES = 32, CHECK_BYTES = 5, HEAD_LENGTH = 3 + 43, CHECK_LENGTH = 6 };

static void secret_check(str head, char ret_text[CHECK_LENGTH])
{
    digest sum = digest_of(head);
    struct buf text;
    buf_init(&text, 16);
    base64url_encode(sum.bytes, CHECK_BYTES, &text);
    must(text.len >= CHECK_LENGTH);
    memcpy(ret_text, text.ptr, CHECK_LENGTH);
    buf_finish(&text);
}

static struct secret secret_from(const uint8_t bytes[SECRET_BYTES])
{
    struct secret secret = {.text = "tk_"};
    struct buf text;
    buf_init(&text, 64);
    base64url_encode(bytes, SECRET_BYTES, &text);
    must(text.len == 43);
    memcpy(secret.text + 3, text.ptr, text.len);
    explicit_bzero(text.ptr, text.len);
    buf_finish(&text);
    secret_check((str){secret.text, HEAD_LENGTH}, secret.text + HEAD_LENGTH);
    return secret;
}

struct secret secret_random(void)
{
    uint8_t bytes[SECRET_BYTES];
    digest_random(bytes, sizeof bytes);
    struct secret secret = secret_from(bytes);
    explicit_bzero(bytes, sizeof bytes);
    return secret;
}

struct secret secret_derived(const uint8_t house_secret[32], const uint8_t request[16],
                             uint64_t account)
{
    uint8_t bytes[10 + 16 + 8] = "access key";
    memcpy(bytes + 10, request, 16);
    for (int i = 0; i < 8; i++)
        bytes[26 + i] = (uint8_t)(account >> (8 * i));
    digest derived = digest_hmac((str){(const char *)house_secret, 32},
                                 (str){(const char *)bytes, sizeof bytes});
    struct secret secret = secret_from(derived.bytes);
    explicit_bzero(&derived, sizeof derived);
    return secret;
}

bool secret_valid(str text)
{
    if (text.len != SECRET_LENGTH || !str_starts(text, S("tk_")))
        return false;
    char check[CHECK_LENGTH];
    secret_check((str){text.ptr, HEAD_LENGTH}, check);
    return memcmp(check, text.ptr + HEAD_LENGTH, CHECK_LENGTH) == 0;
}

digest secret_hmac(const uint8_t house_secret[32], str text)
{
    return digest_hmac((str){(const char *)house_secret, 32}, text);
}
