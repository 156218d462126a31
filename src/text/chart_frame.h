// chart_frame.h - what all pictures share: the sheet, its axes and its legend. For chart_*.c only.
//
// Places are in tenths of a pixel, from the left and the top.
//
//   Owner      the caller's struct
//   Invariant  ticks stand at round numbers of the unit's multiple and cover the values
//   Refusal    none
//   Fault      none
#pragma once
#include "text/series.h"

enum { CHART_WIDTH = 9600, CHART_HEIGHT = 3400, CHART_COLOURS = 10, CHART_TICKS_MAX = 16 };

struct chart_axis { // of values
    enum quantity_unit unit;
    uint32_t scale, digits, count;
    const struct quantity_multiple *multiple;
    __int128 low, high, step, first; // first: the lowest tick
};

struct chart_sheet {
    const struct series_table *table;
    struct buf *out;
    uint32_t shown[SERIES_COLUMNS_MAX], count; // columns that are drawn
    int64_t width, height, left, right, top, bottom;
    int64_t from_us, until_us;
    struct chart_axis axis;
};

void chart_axis_of(struct chart_axis *axis, __int128 low, __int128 high, bool from_zero);
int64_t chart_y(const struct chart_sheet *sheet, __int128 value);
int64_t chart_x(const struct chart_sheet *sheet, int64_t time_us);
int64_t chart_x_value(const struct chart_sheet *sheet, __int128 value);   // values across
uint32_t chart_colour(const struct chart_sheet *sheet, uint32_t place);   // of shown[place]
const char *chart_limit(const struct chart_sheet *sheet, uint32_t place); // "" or the second's

void chart_begin(struct chart_sheet *sheet, const char *kind, bool alone);
void chart_end(struct chart_sheet *sheet);
void chart_legend(struct chart_sheet *sheet); // moves `top` down
void chart_margin(struct chart_sheet *sheet); // moves `left` to the numbers' width
void chart_grid(struct chart_sheet *sheet);   // lines and numbers at the left
void chart_clock(struct chart_sheet *sheet);  // instants at the bottom
void chart_nothing(struct chart_sheet *sheet);
int64_t chart_text_width(str text);

void chart_px(struct buf *out, int64_t tenths);
void chart_rect(struct chart_sheet *sheet, const char *class,
                const int64_t box[4]); // x y w h; open
void chart_tip(struct chart_sheet *sheet, uint32_t column, str label, __int128 value); // and closes
void chart_label(struct chart_sheet *sheet, const char *class, int64_t x, int64_t y, str text);
void chart_number(struct chart_sheet *sheet, uint32_t column, __int128 value, struct buf *out);
