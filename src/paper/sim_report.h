// sim_report.h - a run of the simulator as a page, as tables and as lines for the terminal.
//
// The page is one self-contained HTML file: no scripts, nothing from elsewhere, readable in light
// and dark and on paper. At the top the headline figures and all summary values (scenario, seed and
// version among them), then chapter by chapter every table with its pictures and, folded below, its
// numbers. Long tables show at most 400 buckets; the csv has every row.
//
//   Owner      the caller's buf; the series is only read
//   Invariant  the same series gives the same bytes; every text is escaped
//   Refusal    none
//   Fault      buf.overflow, checked by the caller
#pragma once
#include "text/series.h"

void sim_report_html(const struct series *series, str title, struct buf *out);
// RFC 4180, UTF-8, CRLF: `time` in RFC 3339 or `label`, then name_unit for each column, exact
// decimals. A label that a spreadsheet would take for a formula gets an apostrophe in front.
void sim_report_csv(const struct series_table *table, struct buf *out);
// The summary values and one line per table of kinds, cut to `width` cells (0: no limit).
void sim_report_text(const struct series *series, uint32_t width, struct buf *out);
