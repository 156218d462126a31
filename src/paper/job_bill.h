// job_bill.h - what one job used and its exact share of the bill.
//
//     job-17 ran 2.004 s: 2.004 device-seconds, 31 J (estimated), ¥0.0028, rounded on the bill
//
// A bill rounds once, over all of a month, so a job has no rounded price of its own. Its share is
// the exact product of device-time and price, summed over its leases as a fraction and shown with
// four decimals, or as many (up to twelve) as two significant digits need.
//
//   Owner      a value; the caller's buf
//   Invariant  0 <= rest < JOB_BILL_PARTS; no rounding before the text
//   Refusal    job_bill_of: false when a lease of the job has been dropped: see the invoice
//   Fault      job_bill_add: false when the sum leaves int64
#pragma once
#include "base/buf.h"
#include "core/market/market.h"
#include "core/meter/meter.h"
#include "core/sched/job.h"
#include <stdbool.h>
#include <stdint.h>

// A unit of money is cut into so many parts: 3.6 * 10^6 ms an hour, times 10^10 for the finest
// price.
#define JOB_BILL_PARTS UINT64_C(36000000000000000)

struct job_bill {
    uint64_t job;
    int64_t ran_ms, device_ms, energy_j;
    enum energy_kind energy;
    bool priced; // a price was added: currency, whole and rest say the share
    enum currency currency;
    int64_t whole; // major units: yen, dollars
    uint64_t rest; // and parts of one
};

struct job_bill job_bill_start(const struct job *job);
// Device-time >= 0 at a price; all prices of a job have one currency.
bool job_bill_add(struct job_bill *bill, int64_t device_ms, const struct price *price);
// The bill of a job so far, over the leases of all its attempts.
bool job_bill_of(const struct market *market, const struct meter *meter, const struct job *job,
                 struct job_bill *ret_bill);

void job_bill_share(const struct job_bill *bill, struct buf *out); // "0.0028"
void job_bill_text(const struct job_bill *bill, struct buf *out);  // the line above, no line end
// {"currency":…,"device_ms":…,"energy_j":…,"energy_kind":…,"ran_ms":…,"share":…,"text":…}
void job_bill_json(const struct job_bill *bill, struct buf *out);
