// issuer.h - the operator as it stands on invoices: name, registration number, rounding of tax.
//
// An invoice copies what is here when it is issued; a later change touches no issued invoice.
//
//   Owner      struct billing owns the table; it has one row, id 1
//   Invariant  name and tax_id end with a zero byte; rounding is an enum rounding
//   Refusal    none: cloud checks tax_id_valid
//   Fault      none
#pragma once
#include <stdint.h>

struct billing;

struct issuer {
    uint64_t id;
    char name[96];
    char tax_id[16]; // empty: not a registered issuer
    uint32_t rounding, reserved;
};
_Static_assert(sizeof(struct issuer) == 128, "no padding");

struct issuer_set {
    char name[96], tax_id[16];
    uint32_t rounding, reserved;
};

const struct issuer *issuer_get(const struct billing *billing); // NULL: not set yet
void issuer_apply_set(struct billing *billing, const struct issuer_set *fact);
