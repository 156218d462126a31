// chart.h - a table of a series as a picture in SVG.
//
// Pictures carry a title and a description for readers that see none, every element its value as a
// tooltip where there are few, colours by CSS variables that follow light and dark. No scripts, no
// fonts, nothing from elsewhere. Over time, rows are drawn in at most a few hundred buckets: stocks
// by their mean with a pale band from least to most, flows by their sum.
//
//   Owner      the caller's buf
//   Invariant  the same table gives the same bytes; all text is escaped; no float
//   Refusal    a picture that the table cannot give (a heat map of days) is not drawn: false
//   Fault      buf.overflow, checked by the caller
#pragma once
#include "text/series.h"

// One picture has one axis: columns of another unit or scale are in a picture of another group.
uint32_t chart_groups(const struct series_table *table); // at least 1
// `alone`: a file of its own, with its style in it; otherwise the page has chart_style once.
bool chart_draw(const struct series_table *table, enum series_picture picture, uint32_t group,
                bool alone, struct buf *out);
// The rules of CSS that the pictures use.
str chart_style(void);
