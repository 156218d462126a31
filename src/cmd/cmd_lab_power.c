#include "base/json.h"
#include "cmd/commands_all.h"
#include "lab/lab_power.h"
#include "text/console_table.h"
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { TRACES_MAX = 256, REPLICAS_MAX = 16, TRACE_BYTES_MAX = 64 * 1024 * 1024, ROUNDS = 40 };

struct power_lab {
    struct lab_trace traces[TRACES_MAX];
    uint32_t count, replica_count, devices;
    int64_t replicas[REPLICAS_MAX], max_w;
    struct lab_power_ask ask;
};

static void close_file(FILE **file)
{
    if (*file)
        fclose(*file);
}

static bool read_trace(struct power_lab *lab, const char *path, struct err *err)
{
    __attribute__((cleanup(close_file))) FILE *file = fopen(path, "rbe");
    if (!file)
        return err_set(err, "%s: %s", path, strerror(errno));
    if (lab->count == TRACES_MAX)
        return err_set(err, "more than %d traces", TRACES_MAX);
    struct buf text;
    char bytes[64 * 1024];
    buf_init(&text, TRACE_BYTES_MAX);
    for (size_t len; !text.overflow && (len = fread(bytes, 1, sizeof bytes, file)) > 0;)
        buf_add(&text, (str){bytes, len});
    bool good = !ferror(file) || err_set(err, "%s: %s", path, strerror(errno));
    good = good && (!text.overflow || err_set(err, "%s: above %d bytes", path, TRACE_BYTES_MAX));
    good =
        good && lab_trace_read(path, buf_str(&text), lab->devices, &lab->traces[lab->count], err);
    lab->count += good;
    buf_finish(&text);
    return good;
}

static int is_csv(const struct dirent *entry)
{
    return str_ends(str_from(entry->d_name), S(".csv"));
}

// A file, or every *.csv of a directory by name.
static bool read_traces(struct power_lab *lab, const char *path, struct err *err)
{
    struct stat status;
    if (stat(path, &status) != 0)
        return err_set(err, "%s: %s", path, strerror(errno));
    if (!S_ISDIR(status.st_mode))
        return read_trace(lab, path, err);
    struct dirent **entries;
    int count = scandir(path, &entries, is_csv, alphasort);
    bool good = count > 0 || err_set(err, "%s: no *.csv in it", path);
    for (int i = 0; i < count; i++) {
        char file[4096];
        int len = snprintf(file, sizeof file, "%s/%s", path, entries[i]->d_name);
        good = good && (len < (int)sizeof file || err_set(err, "%s: too long a name", path)) &&
               read_trace(lab, file, err);
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
    return good;
}

static bool read_replicas(struct power_lab *lab, const char *text, struct err *err)
{
    str rest = str_from(text);
    for (bool more = true; more;) {
        str head = rest;
        more = str_cut(rest, ',', &head, &rest);
        int64_t value;
        if (lab->replica_count == REPLICAS_MAX || !str_to_i64(head, &value) || value < 1 ||
            value > 100000)
            return err_set(err,
                           "--replicas %s: want up to %d whole numbers from 1 to 100000, such as "
                           "1,10,50,200",
                           text, REPLICAS_MAX);
        lab->replicas[lab->replica_count++] = value;
    }
    return true;
}

static bool read_all(struct power_lab *lab, const struct options *options, struct err *err)
{
    const char *replicas = options_text(options, "replicas");
    bool good = read_replicas(lab, replicas ? replicas : "1,10,50,200", err);
    for (uint32_t i = 0; good && i < options->count; i++)
        if (strcmp(options->values[i].option->name, "traces") == 0)
            good = read_traces(lab, options->values[i].text, err);
    for (uint32_t i = 0; good && i < options->word_count; i++)
        good = read_traces(lab, options->words[i], err);
    return good;
}

static int64_t watts_of(struct power_lab *lab, uint32_t trace, uint32_t index)
{
    lab->ask.replicas = (uint32_t)lab->replicas[index];
    return lab_power_percentile(&lab->traces[trace], &lab->ask);
}

static void write_json(struct power_lab *lab, struct buf *out)
{
    struct json_out json;
    json_out_init(&json, out);
    json_object(&json);
    json_name(&json, S("max_w"));
    json_i64(&json, lab->max_w);
    json_name(&json, S("percentile"));
    json_i64(&json, lab->ask.percentile);
    json_name(&json, S("seed"));
    json_u64(&json, lab->ask.seed);
    json_name(&json, S("traces"));
    json_array(&json);
    for (uint32_t i = 0; i < lab->count; i++) {
        json_object(&json);
        json_name(&json, S("devices"));
        json_i64(&json, lab->traces[i].devices);
        json_name(&json, S("mean_milliwatts"));
        json_i64(&json, lab_power_mean(&lab->traces[i]));
        json_name(&json, S("name"));
        json_text(&json, str_from(lab->traces[i].name));
        json_name(&json, S("replicas"));
        json_array(&json);
        for (uint32_t k = 0; k < lab->replica_count; k++) {
            int64_t milliwatts = watts_of(lab, i, k);
            json_object(&json);
            json_name(&json, S("milliwatts"));
            json_i64(&json, milliwatts);
            json_name(&json, S("oversubscription_permille"));
            json_i64(&json, lab_power_more(milliwatts, lab->max_w));
            json_name(&json, S("replicas"));
            json_i64(&json, lab->replicas[k]);
            json_end(&json);
        }
        json_end(&json);
        json_end(&json);
    }
    json_end(&json);
    json_end(&json);
    buf_add(out, S("\n"));
}

static void cell(struct console_table *table, const char *form, int64_t whole, int64_t tenths)
{
    char text[64];
    snprintf(text, sizeof text, form, (long long)whole, (long long)tenths);
    console_table_cell(table, str_from(text));
}

static void write_table(struct power_lab *lab, struct buf *out)
{
    static const struct console_column columns[] = {
        {"TRACE",    false},
        {"REPLICAS", true },
        {"W/DEVICE", true },
        {"MEAN",     true },
        {"MORE FIT", true }
    };
    struct console_table table;
    console_table_init(&table, columns, sizeof columns / sizeof *columns);
    for (uint32_t i = 0; i < lab->count; i++) {
        for (uint32_t k = 0; k < lab->replica_count; k++) {
            int64_t watts = watts_of(lab, i, k) / 100;
            int64_t mean = lab_power_mean(&lab->traces[i]) / 100;
            int64_t more = lab_power_more(watts * 100, lab->max_w);
            console_table_cell(&table, str_from(lab->traces[i].name));
            console_table_number(&table, lab->replicas[k]);
            cell(&table, "%lld.%lld", watts / 10, watts % 10);
            cell(&table, "%lld.%lld", mean / 10, mean % 10);
            cell(&table, more < 0 ? "-%lld.%lld %%" : "%lld.%lld %%", llabs(more) / 10,
                 llabs(more) % 10);
        }
    }
    console_table_write(&table, 0, out);
    console_table_finish(&table);
}

int cmd_lab_power(struct invocation *invocation)
{
    const struct options *options = &invocation->options;
    struct err err = {0};
    struct power_lab *lab = calloc(1, sizeof *lab);
    if (!lab)
        return EXIT_REFUSED;
    lab->devices = (uint32_t)options_number(options, "devices", 0);
    lab->max_w = options_number(options, "max-watts", 700);
    lab->ask = (struct lab_power_ask){
        .percentile = (int32_t)options_number(options, "percentile", 99),
        .rounds = ROUNDS,
        .seed = (uint64_t)options_number(options, "seed", 42),
    };
    struct buf out;
    buf_init(&out, 16 * 1024 * 1024);
    bool good = read_all(lab, options, &err);
    if (good && invocation->json)
        write_json(lab, &out);
    else if (good)
        write_table(lab, &out);
    good = good && ((fwrite(out.ptr, 1, out.len, stdout) == out.len && fflush(stdout) == 0) ||
                    err_set(&err, "standard output cannot be written"));
    if (!good)
        fprintf(stderr, "error: %s\n", err.text);
    buf_finish(&out);
    for (uint32_t i = 0; i < lab->count; i++)
        lab_trace_finish(&lab->traces[i]);
    free(lab);
    return good ? EXIT_DONE : EXIT_REFUSED;
}
