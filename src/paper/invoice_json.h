// invoice_json.h - an invoice as canonical JSON, the form other programs read.
//
//     {"account":"account-2","currency":"JPY","draft":false,"id":"invoice-12", …
//      "lines":[{"amount":"236","chip":"cpu-core","class":"on_demand","device_hours":"2.250000",
//                "device_ms":"8100000","price":"105","reduced":false,"tax_rate":"10"}],
//      "tax":[{"net":"236","rate":"10","tax":"23"}],"total":"259"}
//
// Money, prices, device-ms and rates are decimal strings: exact, without sign of a currency, with
// a minus where something is given back. `rate` is per cent. A draft has no id and no issued. The
// `period` is half-open and in UTC; `month` and `zone` say whose month it is.
//
//   Owner      the caller's buf
//   Invariant  canonical (RFC 8785): the same sheet gives the same bytes
//   Refusal    none
//   Fault      buf.overflow, checked by the caller
#pragma once
#include "paper/invoice_sheet.h"

void invoice_json(const struct invoice_sheet *sheet, struct buf *out);
