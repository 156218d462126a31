#include "cmd/sim_files.h"
#include "paper/sim_report.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { PATH_MAX_BYTES = 4096, TRACE_MAX = 1 << 30 };

static void close_file(FILE **file)
{
    if (*file)
        fclose(*file);
}

bool sim_file_read(const char *path, struct buf *out, struct err *err)
{
    __attribute__((cleanup(close_file))) FILE *file = fopen(path, "rbe");
    if (!file)
        return err_set(err, "%s: %s", path, strerror(errno));
    char bytes[64 * 1024];
    size_t len;
    while (!out->overflow && (len = fread(bytes, 1, sizeof bytes, file)) > 0)
        buf_add(out, (str){bytes, len});
    if (ferror(file))
        return err_set(err, "%s: %s", path, strerror(errno));
    return !out->overflow || err_set(err, "%s: it is too large", path);
}

// Devices of a node with one of the class's chips: what a processor of a trace is put on.
static uint32_t node_devices(const struct scenario *scenario, const struct scenario_demand *demand)
{
    for (uint32_t i = 0; i < scenario->fleets; i++) {
        const struct scenario_fleet *fleet = &scenario->fleet[i];
        bool fits = demand->chips == 0;
        for (uint32_t k = 0; k < demand->chips; k++)
            fits = fits || demand->chip[k] == fleet->chip;
        if (fits)
            return fleet->devices;
    }
    return scenario->fleet[0].devices;
}

static bool read_trace(const char *scenario_path, const struct scenario *scenario,
                       const struct scenario_demand *demand, struct arena *arena,
                       struct trace *ret_trace, struct err *err)
{
    char path[PATH_MAX_BYTES];
    const char *slash = strrchr(scenario_path, '/');
    int head = demand->trace[0] == '/' || !slash ? 0 : (int)(slash - scenario_path) + 1;
    snprintf(path, sizeof path, "%.*s%s", head, scenario_path, demand->trace);
    struct buf text;
    buf_init(&text, TRACE_MAX);
    bool good =
        sim_file_read(path, &text, err) &&
        trace_read(path, buf_str(&text), node_devices(scenario, demand), arena, ret_trace, err);
    buf_finish(&text);
    return good || err_add(err, "demand \"%s\"", demand->name);
}

bool sim_files_traces(const char *scenario_path, const struct scenario *scenario,
                      struct arena *arena, const struct trace **ret_traces, struct err *err)
{
    struct trace *traces = arena_take(arena, scenario->demands * sizeof *traces);
    if (!traces)
        return err_set(err, "the scenario needs more memory than it may take");
    memset(traces, 0, scenario->demands * sizeof *traces);
    for (uint32_t i = 0; i < scenario->demands; i++)
        if (scenario->demand[i].trace[0] &&
            !read_trace(scenario_path, scenario, &scenario->demand[i], arena, &traces[i], err))
            return false;
    *ret_traces = traces;
    return true;
}

bool sim_folder_make(const char *folder, struct err *err)
{
    if (mkdir(folder, 0777) == 0 || errno == EEXIST)
        return true;
    return err_set(err, "%s: %s", folder, strerror(errno));
}

void sim_print_summary(const struct series *series)
{
    struct buf text;
    buf_init(&text, TRACE_MAX);
    sim_report_text(series, 100, &text);
    fwrite(text.ptr, 1, text.len, stdout);
    buf_finish(&text);
}

static bool write_file(const char *folder, const char *name, const struct buf *text,
                       struct err *err)
{
    char path[PATH_MAX_BYTES];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    if (text->overflow)
        return err_set(err, "%s: it would be larger than 1 GiB", path);
    FILE *file = fopen(path, "wbe");
    if (!file)
        return err_set(err, "%s: %s", path, strerror(errno));
    bool good = fwrite(text->ptr, 1, text->len, file) == text->len;
    good = fclose(file) == 0 && good;
    return good || err_set(err, "%s: it cannot be written", path);
}

static bool write_page(const char *folder, str title, const struct series *series, struct err *err)
{
    struct buf text;
    buf_init(&text, TRACE_MAX);
    sim_report_html(series, title, &text);
    bool good = write_file(folder, "report.html", &text, err);
    buf_finish(&text);
    return good;
}

bool sim_files_write(const char *folder, str title, const struct series *series, struct err *err)
{
    bool good = write_page(folder, title, series, err);
    for (const struct series_table *table = series->first; good && table; table = table->next) {
        struct buf text;
        char name[128];
        buf_init(&text, TRACE_MAX);
        snprintf(name, sizeof name, "%.*s.csv", (int)table->name.len, table->name.ptr);
        sim_report_csv(table, &text);
        good = write_file(folder, name, &text, err);
        buf_finish(&text);
    }
    return good;
}
