// invoice_text.h - an invoice as a page of text, in Japanese and English.
//
// Titles (qualified / not qualified; a draft says so behind the title):
//   invoice      適格請求書 / 請求書
//   correction   修正適格請求書 / 修正請求書
//   return       適格返還請求書 / 返還請求書
// What is not qualified says why. Columns align on a terminal that gives 漢字 two cells; lines at
// the reduced rate are marked with ※.
//
//   Owner      the caller's buf
//   Invariant  the same sheet gives the same bytes; every figure is the sheet's
//   Refusal    none
//   Fault      buf.overflow, checked by the caller
#pragma once
#include "paper/invoice_sheet.h"

void invoice_text(const struct invoice_sheet *sheet, struct buf *out);
