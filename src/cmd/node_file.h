// node_file.h - a file of nodes, CSV or YAML, as rows of cells that know where they stand.
//
//     name,site,block,rack,chip,devices,memory,labels     nodes:
//     n1,sakai,b1,r1,gb200,4,960GiB,disk=nvme               - {name: n1, site: sakai, …}
//
// Reading looks at form only: columns that exist, numbers, sizes, names. What a name stands for is
// the caller's to find (cmd_import.c). Every mistake of the file is kept with its place.
//
//   Owner      node_file_finish gives all memory back
//   Invariant  a cell that was not given has line 0 and an empty text
//   Refusal    none
//   Fault      mistakes: node_file_wrong; they are printed in the order of the file
#pragma once
#include "base/arena.h"
#include "base/str.h"
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

// name, member of the API, form, required, least, most (bytes of a text)
#define NODE_COLUMNS(X)                                                                    \
    X(COLUMN_NAME, "name", "name", CELL_NAME, true, 1, 63)                                 \
    X(COLUMN_SITE, "site", "site", CELL_TEXT, true, 1, 31)                                 \
    X(COLUMN_BLOCK, "block", "block", CELL_NAME, true, 1, 31)                              \
    X(COLUMN_RACK, "rack", "rack", CELL_NAME, true, 1, 31)                                 \
    X(COLUMN_FEEDER_A, "feeder_a", "feeder_a", CELL_TEXT, false, 1, 31)                    \
    X(COLUMN_FEEDER_B, "feeder_b", "feeder_b", CELL_TEXT, false, 1, 31)                    \
    X(COLUMN_CHIP, "chip", "chip", CELL_NAME, true, 1, 31)                                 \
    X(COLUMN_DEVICES, "devices", "devices", CELL_NUMBER, true, 0, 256)                     \
    X(COLUMN_MEMORY, "memory", "memory_mib", CELL_SIZE, true, 1, MIB)                      \
    X(COLUMN_CPU, "cpu", "cpu_milli", CELL_MILLI, false, 0, 16777216)                      \
    X(COLUMN_ARCH, "arch", "arch", CELL_TEXT, false, 1, 15)                                \
    X(COLUMN_BASE_W, "base_w", "base_w", CELL_NUMBER, false, 0, 1000000)                   \
    X(COLUMN_CAP_W, "cap_w", "cap_w", CELL_NUMBER, false, 0, 1000000000)                   \
    X(COLUMN_OWNER, "owner", "owner", CELL_TEXT, false, 1, 31)                             \
    X(COLUMN_OPERATOR, "operator", "operator", CELL_TEXT, false, 1, 31)                    \
    X(COLUMN_VENDOR, "vendor", "vendor", CELL_TEXT, false, 1, 31)                          \
    X(COLUMN_ORIGIN, "origin", "origin", CELL_COUNTRY, false, 2, 2)                        \
    X(COLUMN_ATTESTATION, "attestation", "attestation", CELL_NAME, false, 1, 31)           \
    X(COLUMN_LABELS, "labels", "labels", CELL_LABELS, false, 1, 127)                       \
    X(COLUMN_CHIP_MEMORY, "chip_memory", "chip_memory_mib", CELL_SIZE, false, 0, MIB)      \
    X(COLUMN_CHIP_IDLE_W, "chip_idle_w", "chip_idle_w", CELL_NUMBER, false, 0, 1000000)    \
    X(COLUMN_CHIP_CLASS_W, "chip_class_w", "chip_class_w", CELL_NUMBER, false, 1, 1000000) \
    X(COLUMN_CHIP_MAX_W, "chip_max_w", "chip_max_w", CELL_NUMBER, false, 1, 1000000)
#define X(id, ...) id,
enum node_column { NODE_COLUMNS(X) NODE_COLUMN_COUNT };
#undef X
enum cell_form {
    CELL_TEXT,
    CELL_NAME, // letters, digits, '-', '_', '.'
    CELL_NUMBER,
    CELL_MILLI, // "72" or "0.5", kept in thousandths
    CELL_SIZE,  // "960GiB", kept in MiB
    CELL_COUNTRY,
    CELL_LABELS
};
struct node_column_row {
    const char *name, *member;
    enum cell_form form;
    bool required;
    int64_t least, most;
};
const struct node_column_row *node_column(enum node_column column);

struct node_cell {
    str text;
    uint32_t line, column; // from 1; line 0: not given
    int64_t number;        // of a number, a size, thousandths
};
struct node_row {
    uint32_t line;
    struct node_cell cell[NODE_COLUMN_COUNT];
};
struct node_file {
    const char *name;
    struct arena arena;
    struct node_row *rows;
    uint32_t count, room;
    struct node_mistake {
        uint32_t line, column;
        str text;
    } * mistakes;
    uint32_t mistake_count, mistake_room;
};

// A name that ends with .yaml or .yml is YAML, everything else CSV. `text` may go afterwards.
void node_file_read(struct node_file *file, const char *name, str text);
void node_file_finish(struct node_file *file); // accepts a zeroed file
// A mistake in a cell, or with NULL in the row.
void node_file_wrong(struct node_file *file, const struct node_row *row,
                     const struct node_cell *cell, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
void node_file_print(struct node_file *file, FILE *out); // every mistake, a line each
