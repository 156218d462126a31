// invoice_sheet.h - what an invoice says, gathered once for every form it is written in.
//
// A sheet is a copy: of an issued invoice and its lines, or of the draft that would be issued now.
// The text, JSON and every later form are made from a sheet, so they cannot differ in a figure.
//
// A qualified invoice (適格請求書, Consumption Tax Act art. 57-4) needs the issuer's name and
// registration number, and the tax in yen. A sheet says what is lacking.
//
//   Owner      the caller's arena owns the lines
//   Invariant  invoice.lines = the number of lines; the sums are those of billing
//   Refusal    false: no such invoice, or nothing to bill in that month
//   Fault      false and arena.full: more lines than the arena takes
#pragma once
#include "base/arena.h"
#include "core/billing/billing.h"
#include "core/inventory/inventory.h"
#include "core/market/market.h"
#include <stdbool.h>
#include <stdint.h>

// code in JSON, Japanese, English
#define INVOICE_LACKS(X)                                             \
    X(LACKS_NOTHING, "", "", "")                                     \
    X(LACKS_NAME, "issuer_name", "発行者の名称が登録されていません", \
      "the issuer's name is not set")                                \
    X(LACKS_NUMBER, "issuer_tax_id", "発行者の登録番号がありません", \
      "the issuer has no registration number")                       \
    X(LACKS_YEN, "tax_in_yen", "消費税額が円で記載されていません", "the tax is not stated in yen")
#define X(name, code, japanese, english) name,
enum invoice_lack { INVOICE_LACKS(X) INVOICE_LACK_COUNT };
#undef X

struct invoice_sheet {
    struct invoice invoice; // of a draft: id 0, issued_us 0
    const struct invoice_line *lines;
    int64_t corrected_us; // when the corrected invoice was issued, 0: corrects nothing
    uint32_t zone;        // of the account: months and dates are its own
};

struct invoice_source { // the rooms of core that an invoice is made of
    const struct billing *billing;
    const struct market *market;
    const struct inventory *inventory;
};
bool invoice_sheet_issued(const struct invoice_source *source, uint64_t invoice,
                          struct arena *arena, struct invoice_sheet *ret_sheet);
bool invoice_sheet_draft(const struct invoice_source *source, uint64_t account, month period,
                         struct arena *arena, struct invoice_sheet *ret_sheet);

bool invoice_sheet_is_draft(const struct invoice_sheet *sheet);
enum invoice_lack invoice_sheet_lacks(const struct invoice_sheet *sheet);
const char *invoice_lack_code(enum invoice_lack lack);
const char *invoice_lack_japanese(enum invoice_lack lack);
const char *invoice_lack_english(enum invoice_lack lack);
// Is this line taxed at Japan's reduced rate (8 %), which must be marked?
bool invoice_line_is_reduced(const struct invoice_sheet *sheet, const struct invoice_line *line);
// Device-ms as device-hours with six decimals, the last one rounded: "1.500000".
void device_hours_text(int64_t device_ms, struct buf *out);
// 100 -> "10", 75 -> "7.5": per cent.
void tax_rate_text(uint32_t permille, struct buf *out);
