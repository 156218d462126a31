#include "lab/openb.h"
#include "base/must.h"
#include "text/csv.h"
#include <stdlib.h>
#include <string.h>

enum { COLUMNS_MAX = 6, DEVICES_MAX = 256, WHOLE = 1000 };

#define AMOUNT_MAX (INT64_C(1) << 40)

struct reader {
    struct csv csv;
    struct buf *wrong;
    uint32_t mistakes;
    const char *const *names; // of the columns that are wanted; NULL ends
    uint32_t optional;        // this many of the last may be absent
    uint32_t column[COLUMNS_MAX];
    bool has_header;
};

void openb_finish(struct openb *openb)
{
    free(openb->node);
    free(openb->pod);
    *openb = (struct openb){0};
}

static bool mistake(struct reader *reader, uint32_t column, const char *what)
{
    const struct csv_field *field =
        &reader->csv.field[column < reader->csv.count ? column : reader->csv.count - 1];
    if (reader->mistakes++ < OPENB_WRONG_MAX)
        buf_format(reader->wrong, "error: %s:%u:%u: %s\n", reader->csv.file, field->line,
                   field->column, what);
    return false;
}

static bool missing(struct reader *reader, const char *name)
{
    char text[96];
    struct buf what;
    buf_init(&what, sizeof text);
    buf_format(&what, "the first line names no column %s", name);
    bool gives = mistake(reader, 0, buf_cstr(&what));
    buf_finish(&what);
    return gives;
}

static bool header(struct reader *reader)
{
    bool good = true;
    uint32_t wanted = 0;
    while (reader->names[wanted])
        wanted++;
    for (uint32_t i = 0; i < wanted; i++) {
        reader->column[i] = UINT32_MAX;
        for (uint32_t k = 0; k < reader->csv.count; k++)
            if (str_is(reader->csv.field[k].text, str_from(reader->names[i])))
                reader->column[i] = k;
        if (reader->column[i] == UINT32_MAX && i < wanted - reader->optional)
            good = missing(reader, reader->names[i]);
    }
    reader->has_header = true;
    return good;
}

// The next record with all its columns; false at the end.
static bool next(struct reader *reader, bool *ret_stop)
{
    struct err err;
    for (enum csv_step step; (step = csv_next(&reader->csv, &err)) != CSV_END;) {
        if (step == CSV_WRONG) {
            if (reader->mistakes++ < OPENB_WRONG_MAX)
                buf_format(reader->wrong, "error: %s\n", err.text);
            continue;
        }
        if (reader->has_header)
            return true;
        if (!header(reader)) {
            *ret_stop = true;
            return false;
        }
    }
    return false;
}

static str cell(const struct reader *reader, uint32_t column)
{
    uint32_t at = reader->column[column];
    return at < reader->csv.count ? reader->csv.field[at].text : (str){0};
}

static bool number(struct reader *reader, uint32_t column, int64_t max, int64_t *ret_value)
{
    int64_t value;
    if (str_to_i64(cell(reader, column), &value) && value >= 0 && value <= max) {
        *ret_value = value;
        return true;
    }
    struct buf what;
    buf_init(&what, 256);
    buf_format(&what, "%s: want a whole number from 0 to %lld", reader->names[column],
               (long long)max);
    mistake(reader, reader->column[column], buf_cstr(&what));
    buf_finish(&what);
    return false;
}

static uint32_t find_chip(const struct openb *openb, str name)
{
    for (uint32_t i = 0; i < openb->chips; i++)
        if (str_is(str_from(openb->chip[i]), name))
            return i;
    return UINT32_MAX;
}

static bool chip_for(struct openb *openb, struct reader *reader, uint32_t *ret_chip)
{
    str name = cell(reader, 4);
    uint32_t chip = find_chip(openb, name);
    if (chip == UINT32_MAX) {
        if (openb->chips == OPENB_CHIPS_MAX)
            return mistake(reader, reader->column[4], "more than 63 models");
        if (!name.len || name.len >= OPENB_NAME_MAX)
            return mistake(reader, reader->column[4], "model: want 1 to 31 bytes");
        chip = openb->chips++;
        memcpy(openb->chip[chip], name.ptr, name.len);
        openb->chip[chip][name.len] = 0;
    }
    *ret_chip = chip;
    return true;
}

static void *grown(void *rows, uint32_t *room, uint32_t count, size_t size)
{
    if (count < *room)
        return rows;
    *room = *room ? *room * 2 : 1024;
    rows = realloc(rows, *room * size);
    must(rows);
    return rows;
}

static bool finish(struct reader *reader, uint32_t rows, bool stop)
{
    const char *file = reader->csv.file;
    csv_finish(&reader->csv);
    if (!reader->mistakes && !rows && !stop) {
        buf_format(reader->wrong, "error: %s:1:1: no row in it\n", file);
        return false;
    }
    if (reader->mistakes > OPENB_WRONG_MAX)
        buf_format(reader->wrong, "error: %s: %u mistakes in all\n", file, reader->mistakes);
    return !reader->mistakes;
}

bool openb_nodes(struct openb *openb, const char *file, str text, struct buf *wrong)
{
    static const char *const names[] = {"sn", "cpu_milli", "memory_mib", "gpu", "model", NULL};
    struct reader reader = {.wrong = wrong, .names = names};
    bool stop = false;
    csv_init(&reader.csv, file, text);
    while (next(&reader, &stop)) {
        struct openb_node node = {0};
        int64_t devices = 0;
        bool good = number(&reader, 1, AMOUNT_MAX, &node.cpu_milli);
        good &= number(&reader, 2, AMOUNT_MAX, &node.memory_mib);
        good &= number(&reader, 3, DEVICES_MAX, &devices);
        good = good && (!devices || chip_for(openb, &reader, &node.chip));
        if (!good)
            continue;
        node.devices = (uint32_t)devices;
        openb->node = grown(openb->node, &openb->node_room, openb->nodes, sizeof node);
        openb->node[openb->nodes++] = node;
    }
    return finish(&reader, openb->nodes, stop);
}

// "A|B": bits of the models; one that no node has adds none, and bit 63 stands for "no node".
static uint64_t chips_of(const struct openb *openb, str spec)
{
    uint64_t chips = 0;
    if (!spec.len)
        return 0;
    for (bool more = true; more;) {
        str head = spec;
        more = str_cut(spec, '|', &head, &spec);
        uint32_t chip = find_chip(openb, head);
        chips |= chip == UINT32_MAX ? 0 : UINT64_C(1) << chip;
    }
    return chips ? chips : UINT64_C(1) << 63;
}

bool openb_pods(struct openb *openb, const char *file, str text, struct buf *wrong)
{
    static const char *const names[] = {"name",      "cpu_milli", "memory_mib", "num_gpu",
                                        "gpu_milli", "gpu_spec",  NULL};
    struct reader reader = {.wrong = wrong, .names = names, .optional = 1};
    bool stop = false;
    csv_init(&reader.csv, file, text);
    while (next(&reader, &stop)) {
        struct openb_pod pod = {0};
        int64_t devices = 0, milli = 0;
        bool good = number(&reader, 1, AMOUNT_MAX, &pod.cpu_milli);
        good &= number(&reader, 2, AMOUNT_MAX, &pod.memory_mib);
        good &= number(&reader, 3, DEVICES_MAX, &devices);
        good &= number(&reader, 4, WHOLE, &milli);
        if (good && devices && !milli)
            good = mistake(&reader, reader.column[4], "gpu_milli: want 1 to 1000 of each GPU");
        if (good && devices > 1 && milli < WHOLE)
            good = mistake(&reader, reader.column[4], "gpu_milli: several GPUs are whole: 1000");
        if (!good)
            continue;
        pod.devices = (uint32_t)devices;
        pod.milli = devices ? (uint32_t)milli : 0;
        pod.chips = chips_of(openb, cell(&reader, 5));
        openb->pod = grown(openb->pod, &openb->pod_room, openb->pods, sizeof pod);
        openb->pod[openb->pods++] = pod;
    }
    return finish(&reader, openb->pods, stop);
}

bool openb_numbers(const char *file, str bytes, uint32_t limit, uint16_t *ret_number,
                   struct buf *wrong)
{
    if (bytes.len % 2 || !bytes.len) {
        buf_format(wrong, "error: %s: %zu bytes; want two for each number\n", file, bytes.len);
        return false;
    }
    for (size_t i = 0; i < bytes.len / 2; i++) {
        const unsigned char *at = (const unsigned char *)bytes.ptr + 2 * i;
        ret_number[i] = (uint16_t)(at[0] | at[1] << 8);
        if (ret_number[i] >= limit) {
            buf_format(wrong, "error: %s: number %zu is %u; the list has rows 0 to %u\n", file, i,
                       ret_number[i], limit - 1);
            return false;
        }
    }
    return true;
}
