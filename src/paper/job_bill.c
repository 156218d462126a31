#include "paper/job_bill.h"
#include "base/instant.h"
#include "base/json.h"
#include "base/must.h"

typedef unsigned __int128 wide;

enum { HOUR_MS = 3600 * 1000, SCALE_MAX = 10, DIGITS_MIN = 4, DIGITS_MAX = 12 };

struct job_bill job_bill_start(const struct job *job)
{
    return (struct job_bill){.job = job->id,
                             .ran_ms = job->ran_ms,
                             .energy_j = job->energy_j,
                             .energy = (enum energy_kind)job->energy};
}

bool job_bill_add(struct job_bill *bill, int64_t device_ms, const struct price *price)
{
    must(device_ms >= 0 && price->value >= 0 && price->scale <= SCALE_MAX);
    must(!bill->priced || bill->currency == (enum currency)price->currency);
    uint64_t power = 1;
    for (uint32_t i = price->scale; i < SCALE_MAX; i++)
        power *= 10;
    // product / divisor is the share; its rest in parts is exact, since divisor * power = PARTS.
    uint64_t divisor = JOB_BILL_PARTS / power;
    wide product = (wide)device_ms * (wide)price->value;
    uint64_t rest = bill->rest + (uint64_t)(product % divisor) * power;
    wide whole = product / divisor + (wide)bill->whole + rest / JOB_BILL_PARTS;
    int64_t used;
    if (whole > INT64_MAX || __builtin_add_overflow(bill->device_ms, device_ms, &used))
        return false;
    bill->priced = true;
    bill->currency = (enum currency)price->currency;
    bill->device_ms = used;
    bill->whole = (int64_t)whole;
    bill->rest = rest % JOB_BILL_PARTS;
    return true;
}

static bool add_lease(const struct market *market, const struct meter *meter,
                      const struct lease *lease, struct job_bill *bill)
{
    const struct price *price = table_get(&market->prices, lease->price);
    const struct meter_row *row = table_get(&meter->rows, lease->id);
    if (lease->price == 0)
        return true; // it has no devices
    return price && row && job_bill_add(bill, lease_device_ms(lease, row->ran_ms), price);
}

bool job_bill_of(const struct market *market, const struct meter *meter, const struct job *job,
                 struct job_bill *ret_bill)
{
    struct job_bill bill = job_bill_start(job);
    // The newest lease is known; those of earlier attempts lie before it, one an attempt.
    const struct lease *lease = table_get(&market->leases, job->lease);
    for (uint32_t left = job->attempt; left > 0; left--) {
        while (lease && lease->job != job->id)
            lease = table_before(&market->leases, lease->id);
        if (!lease || !add_lease(market, meter, lease, &bill))
            return false;
        lease = table_before(&market->leases, lease->id);
    }
    *ret_bill = bill;
    return true;
}

void job_bill_share(const struct job_bill *bill, struct buf *out)
{
    uint32_t zeros = 0;
    for (uint64_t parts = bill->rest * 10; bill->rest && parts < JOB_BILL_PARTS; parts *= 10)
        zeros++;
    uint32_t digits = bill->whole == 0 && zeros + 2 > DIGITS_MIN ? zeros + 2 : DIGITS_MIN;
    if (digits > DIGITS_MAX)
        digits = DIGITS_MAX;
    wide power = 1;
    for (uint32_t i = 0; i < digits; i++)
        power *= 10;
    // Whole and rest in units of the last digit, half rounded up.
    wide units = (wide)bill->whole * power +
                 (2 * bill->rest * power + JOB_BILL_PARTS) / (2 * (wide)JOB_BILL_PARTS);
    char fraction[DIGITS_MAX];
    uint64_t low = (uint64_t)(units % power);
    for (uint32_t i = digits; i > 0; i--, low /= 10)
        fraction[i - 1] = (char)('0' + low % 10);
    while (digits > 0 && fraction[digits - 1] == '0')
        digits--;
    buf_u64(out, (uint64_t)(units / power));
    if (digits > 0)
        buf_byte(out, '.');
    buf_add(out, (str){fraction, digits});
}

static void seconds_text(int64_t ms, struct buf *out)
{
    decimal_text((decimal){ms, 3}, out);
}

void job_bill_text(const struct job_bill *bill, struct buf *out)
{
    buf_add(out, S("job-"));
    buf_u64(out, bill->job);
    buf_add(out, S(" ran "));
    duration_text(bill->ran_ms * MS_US, out);
    buf_add(out, S(": "));
    seconds_text(bill->device_ms, out);
    buf_add(out, S(" device-seconds, "));
    if (bill->energy == ENERGY_KIND_NONE)
        buf_add(out, S("energy not known"));
    else
        buf_format(out, "%lld J (%s)", (long long)bill->energy_j, energy_kind_text(bill->energy));
    buf_add(out, S(", "));
    if (bill->priced) {
        buf_add(out, currency_sign(bill->currency));
        job_bill_share(bill, out);
        buf_add(out, S(", rounded on the bill"));
    } else {
        buf_add(out, S("nothing to pay"));
    }
}

// One member whose value was made in `word`, which is emptied.
static void put_word(struct json_out *json, str name, struct buf *word)
{
    json_name(json, name);
    json_text(json, buf_str(word));
    buf_clear(word);
}

static void put_number(struct json_out *json, str name, int64_t value)
{
    json_name(json, name);
    json_decimal_text(json, value);
}

void job_bill_json(const struct job_bill *bill, struct buf *out)
{
    struct json_out json;
    struct buf word;
    json_out_init(&json, out);
    buf_init(&word, 256);
    json_object(&json);
    if (bill->priced) {
        buf_add(&word, currency_code(bill->currency));
        put_word(&json, S("currency"), &word);
    }
    put_number(&json, S("device_ms"), bill->device_ms);
    put_number(&json, S("energy_j"), bill->energy_j);
    buf_add(&word, str_from(energy_kind_text(bill->energy)));
    put_word(&json, S("energy_kind"), &word);
    put_number(&json, S("ran_ms"), bill->ran_ms);
    if (bill->priced) {
        job_bill_share(bill, &word);
        put_word(&json, S("share"), &word);
    }
    job_bill_text(bill, &word);
    put_word(&json, S("text"), &word);
    json_end(&json);
    buf_finish(&word);
}
