// csv.h - reads comma-separated values (RFC 4180), record by record, with the place of each field.
//
//     name,chip,devices          a first line of names is a record like any other
//     n1,"h100, 80 GB",8         quotes hold commas, line ends and "" for one quote
//
// A byte order mark in front, blank lines and CRLF are taken as usual. A wrong record is named and
// skipped; reading goes on behind it, so that a caller can name all mistakes of a file in one pass.
//
//   Owner      csv_init takes memory, csv_finish gives it back; file and text must outlive it
//   Invariant  every field's text is UTF-8 without a zero byte
//   Refusal    none
//   Fault      CSV_WRONG: "fleet.csv:12:7: what is wrong; what to do"
#pragma once
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include <stdint.h>

enum { CSV_FIELDS_MAX = 64 };

struct csv_field {
    str text;              // without its quotes; valid until the next record
    uint32_t line, column; // where it begins, from 1; the column in bytes
};

struct csv {
    const char *file;
    str rest;              // not read yet
    uint32_t line, column; // of rest
    uint32_t count;        // fields of this record
    struct csv_field field[CSV_FIELDS_MAX];
    struct buf text; // of the quoted fields of this record
};

enum csv_step { CSV_RECORD, CSV_END, CSV_WRONG };

void csv_init(struct csv *csv, const char *file, str text);
void csv_finish(struct csv *csv);
enum csv_step csv_next(struct csv *csv, struct err *err);
