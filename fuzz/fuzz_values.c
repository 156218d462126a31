// Small texts that come from people and wires: what is taken comes back from its own text.
#include "base/codec.h"
#include "base/device_set.h"
#include "base/instant.h"
#include "base/money.h"
#include "base/must.h"
#include "base/real.h"
#include "base/size.h"
#include "fuzz.h"
#include <string.h>

const char *const fuzz_seeds[] = {"2026-11-21T23:02:20.123456Z",
                                  "2026-11-21T09:00:00+09:00",
                                  "2024-02-29",
                                  "2026-11",
                                  "90s",
                                  "106751991d",
                                  "\xc2\xa5"
                                  "1,234,567",
                                  "-$12.34",
                                  "USD -7.5",
                                  "922337203.6854775807",
                                  "1.7976931348623157e+308",
                                  "0-3,7,250-255",
                                  "512MiB",
                                  "Zm9vYg==",
                                  "Zm9vYg",
                                  NULL};

static struct buf out;

static str text_of(void)
{
    must(!out.overflow);
    return buf_str(&out);
}

static void check_times(str text)
{
    int64_t time_us, again;
    month which, same;
    buf_clear(&out);
    if (instant_parse(text, &time_us)) {
        instant_text(time_us, &out);
        must(instant_parse(text_of(), &again) && again == time_us);
    }
    buf_clear(&out);
    if (duration_parse(text, &time_us))
        duration_text(time_us, &out);
    buf_clear(&out);
    if (month_parse(text, &which)) {
        month_text(which, &out);
        must(str_is(text_of(), text) && month_parse(text, &same) && same == which);
    }
}

static void check_amounts(str text)
{
    decimal number;
    enum currency currency, same;
    int64_t minor, again;
    buf_clear(&out);
    if (decimal_parse(text, 10, &number)) {
        decimal_text(number, &out);
        must(str_is(text_of(), text));
    }
    buf_clear(&out);
    if (money_parse(text, CURRENCY_JPY, &currency, &minor) && minor > INT64_MIN) {
        money_text(currency, minor, &out);
        must(money_parse(text_of(), CURRENCY_JPY, &same, &again));
        must(same == currency && again == minor);
    }
    buf_clear(&out);
    if (size_parse(text, &minor)) {
        size_text(minor, &out);
        must(size_parse(text_of(), &again) && again == minor);
    }
}

static void check_numbers(str text)
{
    double value, again;
    device_set set, same;
    buf_clear(&out);
    if (real_parse(text, &value)) {
        real_text(value, &out);
        must(real_parse(text_of(), &again) && (again == value));
    }
    buf_clear(&out);
    if (device_set_parse(text, &set)) {
        device_set_text(&set, &out);
        must(str_is(text_of(), text) && device_set_parse(text, &same));
        must(memcmp(&set, &same, sizeof set) == 0);
    }
}

static void check_codecs(str text)
{
    struct buf again;
    buf_init(&again, 1 << 20);
    buf_clear(&out);
    if (base64_decode(text, &out)) {
        base64_encode((const uint8_t *)out.ptr, out.len, &again);
        must(str_is(buf_str(&again), text));
    }
    buf_clear(&out);
    buf_clear(&again);
    if (base64url_decode(text, &out)) {
        base64url_encode((const uint8_t *)out.ptr, out.len, &again);
        must(str_is(buf_str(&again), text));
    }
    buf_finish(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    str text = {(const char *)bytes, size};
    buf_init(&out, 1 << 20);
    check_times(text);
    check_amounts(text);
    check_numbers(text);
    check_codecs(text);
    buf_finish(&out);
    return 0;
}
