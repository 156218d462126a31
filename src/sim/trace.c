#include "sim/trace.h"
#include "base/instant.h"
#include "text/csv.h"
#include <stdlib.h>
#include <string.h>

enum { SWF_FIELDS = 18, JOBS_MAX = 20 * 1000 * 1000 };
#define SECONDS_MAX (INT64_C(200) * 366 * 86400)

struct jobs {
    struct arena *arena;
    uint32_t room, devices_per_node;
    struct trace *trace;
};

static bool add(struct jobs *jobs, const int64_t seconds[2], const int64_t size[2])
{
    struct trace *trace = jobs->trace;
    bool sound = seconds[0] >= 0 && seconds[0] <= SECONDS_MAX && seconds[1] >= 0 &&
                 seconds[1] <= SECONDS_MAX && size[0] >= 1 && size[0] <= 1000000 && size[1] >= 1 &&
                 size[1] <= 256;
    if (!sound || trace->count == JOBS_MAX)
        return false;
    if (trace->count == jobs->room) {
        uint32_t room = jobs->room ? jobs->room * 2 : 1024;
        struct trace_job *grown = arena_take(jobs->arena, room * sizeof *grown);
        if (!grown)
            return false;
        if (trace->count)
            memcpy(grown, trace->job, trace->count * sizeof *grown);
        trace->job = grown;
        jobs->room = room;
    }
    trace->job[trace->count++] = (struct trace_job){seconds[0] * SECOND_US, seconds[1] * SECOND_US,
                                                    (uint32_t)size[0], (uint32_t)size[1]};
    return true;
}

static bool read_number(str text, int64_t *ret_number)
{
    str whole, part;
    if (str_cut(text, '.', &whole, &part)) // SWF writers put fractions of seconds
        text = whole;
    return str_to_i64(text, ret_number);
}

// ret_count: the numbers of the line, at most SWF_FIELDS. False: one of them is none.
static bool swf_numbers(str line, int64_t *numbers, uint32_t *ret_count)
{
    *ret_count = 0;
    while (*ret_count < SWF_FIELDS) {
        while (line.len && (line.ptr[0] == ' ' || line.ptr[0] == '\t'))
            line = str_skip(line, 1);
        size_t len = 0;
        while (len < line.len && line.ptr[len] != ' ' && line.ptr[len] != '\t')
            len++;
        if (len == 0)
            return true;
        if (!read_number((str){line.ptr, len}, &numbers[(*ret_count)++]))
            return false;
        line = str_skip(line, len);
    }
    return true;
}

static bool swf_line(struct jobs *jobs, str line, const char **ret_wrong)
{
    int64_t number[SWF_FIELDS];
    uint32_t count;
    if (!swf_numbers(line, number, &count) || count < 5) {
        *ret_wrong = "want 18 numbers with blanks between";
        return false;
    }
    int64_t processors = number[4] > 0 || count < 8 ? number[4] : number[7];
    if (processors <= 0 || number[3] < 0)
        return true; // cancelled before it ran
    int64_t each = jobs->devices_per_node;
    int64_t size[2] = {(processors + each - 1) / each, processors < each ? processors : each};
    *ret_wrong = "a submit or run time or a size outside what is possible";
    return add(jobs, (int64_t[]){number[1], number[3]}, size);
}

static bool read_swf(struct jobs *jobs, const char *file, str text, struct err *err)
{
    for (uint32_t number = 1; text.len; number++) {
        const char *end = memchr(text.ptr, '\n', text.len);
        str line = {text.ptr, end ? (size_t)(end - text.ptr) : text.len}, whole = line;
        text = str_skip(text, end ? line.len + 1 : line.len);
        if (whole.len && whole.ptr[whole.len - 1] == '\r')
            whole.len--;
        const char *wrong = NULL;
        if (whole.len && whole.ptr[0] != ';' && !swf_line(jobs, whole, &wrong))
            return err_set(err, "%s:%u: %s", file, number, wrong);
    }
    return true;
}

enum { SUBMIT, RUN, NODES, DEVICES, COLUMNS };
static const char *const names[COLUMNS] = {"submit_s", "run_s", "nodes", "devices"};

static bool csv_columns(const struct csv *csv, const char *file, int32_t columns[COLUMNS],
                        struct err *err)
{
    for (int i = 0; i < COLUMNS; i++) {
        columns[i] = -1;
        for (uint32_t k = 0; k < csv->count; k++)
            if (str_is(csv->field[k].text, str_from(names[i])))
                columns[i] = (int32_t)k;
        if (columns[i] < 0 && i != NODES)
            return err_set(err,
                           "%s:%u: there is no column \"%s\"; want submit_s,run_s,devices "
                           "and perhaps nodes",
                           file, csv->line, names[i]);
    }
    return true;
}

static bool csv_record(struct jobs *jobs, const struct csv *csv, const int32_t columns[COLUMNS])
{
    int64_t value[COLUMNS] = {[NODES] = 1};
    for (int i = 0; i < COLUMNS; i++)
        if (columns[i] >= 0 && ((uint32_t)columns[i] >= csv->count ||
                                !read_number(csv->field[columns[i]].text, &value[i])))
            return false;
    return add(jobs, &value[SUBMIT], &value[NODES]);
}

static bool read_csv(struct jobs *jobs, const char *file, str text, struct err *err)
{
    struct csv csv;
    int32_t columns[COLUMNS];
    csv_init(&csv, file, text);
    enum csv_step step = csv_next(&csv, err);
    bool good = step == CSV_RECORD && csv_columns(&csv, file, columns, err);
    if (step == CSV_END)
        err_set(err, "%s: it is empty", file);
    while (good && (step = csv_next(&csv, err)) != CSV_END)
        good = step == CSV_RECORD &&
               (csv_record(jobs, &csv, columns) ||
                err_set(err, "%s:%u: want whole numbers for submit_s, run_s, nodes, devices", file,
                        csv.line));
    csv_finish(&csv);
    return good;
}

static int by_submit(const void *a, const void *b)
{
    const struct trace_job *one = a, *other = b;
    if (one->submit_us != other->submit_us)
        return one->submit_us < other->submit_us ? -1 : 1;
    if (one->run_us != other->run_us)
        return one->run_us < other->run_us ? -1 : 1;
    if (one->nodes != other->nodes)
        return one->nodes < other->nodes ? -1 : 1;
    return one->devices < other->devices ? -1 : one->devices > other->devices;
}

bool trace_read(const char *file, str text, uint32_t devices_per_node, struct arena *arena,
                struct trace *ret_trace, struct err *err)
{
    struct trace trace = {0};
    struct jobs jobs = {.arena = arena, .devices_per_node = devices_per_node, .trace = &trace};
    bool swf = str_ends(str_from(file), S(".swf"));
    if (!(swf ? read_swf(&jobs, file, text, err) : read_csv(&jobs, file, text, err)))
        return false;
    if (trace.count)
        qsort(trace.job, trace.count, sizeof *trace.job, by_submit);
    *ret_trace = trace;
    return true;
}
