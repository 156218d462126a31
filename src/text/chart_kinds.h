// chart_kinds.h - pictures of tables of kinds, and the heat map. For chart.c only.
//
//   Owner      the caller's sheet
//   Invariant  as chart_frame.h
//   Refusal    chart_heat_possible: false when rows are longer than an hour or cover under 2 days
//   Fault      none
#pragma once
#include "text/chart_frame.h"

bool chart_heat_possible(const struct series_table *table);
void chart_heat(struct chart_sheet *sheet);
void chart_waterfall(struct chart_sheet *sheet);
void chart_histogram(struct chart_sheet *sheet);
void chart_kinds_height(struct chart_sheet *sheet, bool stacked); // as many rows as there are
void chart_kinds(struct chart_sheet *sheet, bool stacked);        // bars across, a row a label
