#include "base/json.h"
#include "cmd/commands_all.h"
#include "lab/lab_fleet.h"
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

enum { RUNS = 5 };

struct fleet_lab {
    struct lab_fleet *lab;
    struct lab_fleet_count filled, churned;
    int64_t steps, fill_ns, ns[RUNS], rss_bytes; // ns: of one step, by CPU time, ascending
};

static int64_t cpu_ns(void)
{
    struct timespec now = {0};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static int least_first(const void *left, const void *right)
{
    int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;
    return (a > b) - (a < b);
}

static void measure(struct fleet_lab *lab, const struct lab_fleet_ask *ask)
{
    int64_t start_ns = cpu_ns();
    lab->lab = lab_fleet_create(ask);
    lab->fill_ns = cpu_ns() - start_ns;
    lab->filled = lab_fleet_count(lab->lab);
    for (int i = 0; i < RUNS; i++) {
        start_ns = cpu_ns();
        int64_t steps = lab_fleet_churn(lab->lab, lab->steps);
        lab->ns[i] = (cpu_ns() - start_ns) * 1000 / steps; // thousandths of one
    }
    qsort(lab->ns, RUNS, sizeof *lab->ns, least_first);
    lab->churned = lab_fleet_count(lab->lab);
    struct rusage usage = {0};
    getrusage(RUSAGE_SELF, &usage);
    lab->rss_bytes = (int64_t)usage.ru_maxrss * 1024;
}

static int64_t per_second(int64_t thousandths_ns)
{
    return thousandths_ns ? 1000000000000 / thousandths_ns : 0;
}

static void write_json(const struct fleet_lab *lab, struct buf *out)
{
    const struct {
        const char *name;
        int64_t value;
    } rows[] = {
        {"devices",          lab->churned.devices                                },
        {"devices_taken",    lab->churned.devices_taken                          },
        {"fill_ns",          lab->fill_ns                                        },
        {"highest_per_s",    per_second(lab->ns[0])                              },
        {"index_bytes",      fleet_bytes(lab_fleet_index(lab->lab))              },
        {"leases",           lab->churned.leases                                 },
        {"lowest_per_s",     per_second(lab->ns[RUNS - 1])                       },
        {"nodes_placed",     lab->churned.nodes_placed - lab->filled.nodes_placed},
        {"ns",               lab->ns[RUNS / 2] / 1000                            },
        {"placed",           lab->churned.placed - lab->filled.placed            },
        {"placements_per_s", per_second(lab->ns[RUNS / 2])                       },
        {"refused",          lab->churned.refused - lab->filled.refused          },
        {"released",         lab->churned.released - lab->filled.released        },
        {"rss_bytes",        lab->rss_bytes                                      },
    };
    struct json_out json;
    json_out_init(&json, out);
    json_object(&json);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        json_name(&json, str_from(rows[i].name));
        json_i64(&json, rows[i].value);
    }
    json_end(&json);
    buf_byte(out, '\n');
}

static void print_text(const struct fleet_lab *lab)
{
    const struct lab_fleet_count *count = &lab->churned;
    printf("devices    %lld, taken %lld in %lld leases\n", (long long)count->devices,
           (long long)count->devices_taken, (long long)count->leases);
    printf("rate       %lld placements and releases a second (median of %d, by CPU time;\n"
           "           %lld to %lld), %lld ns each\n",
           (long long)per_second(lab->ns[RUNS / 2]), RUNS, (long long)per_second(lab->ns[RUNS - 1]),
           (long long)per_second(lab->ns[0]), (long long)lab->ns[RUNS / 2] / 1000);
    printf("counted    %lld placed on %lld nodes, %lld released, %lld gangs found no room\n",
           (long long)(count->placed - lab->filled.placed),
           (long long)(count->nodes_placed - lab->filled.nodes_placed),
           (long long)(count->released - lab->filled.released),
           (long long)(count->refused - lab->filled.refused));
    printf("memory     %lld bytes, the index %lld\n", (long long)lab->rss_bytes,
           (long long)fleet_bytes(lab_fleet_index(lab->lab)));
}

int cmd_lab_fleet(struct invocation *invocation)
{
    const struct options *options = &invocation->options;
    struct fleet_lab lab = {.steps = options_number(options, "steps", 1000000)};
    measure(&lab, &(struct lab_fleet_ask){
                      .devices = options_number(options, "devices", 819200),
                      .seed = (uint64_t)options_number(options, "seed", 42),
                      .power = options_flag(options, "power"),
                  });
    bool good = true;
    if (invocation->json) {
        struct buf out;
        buf_init(&out, 64 * 1024);
        write_json(&lab, &out);
        good = fwrite(out.ptr, 1, out.len, stdout) == out.len;
        buf_finish(&out);
    } else {
        print_text(&lab);
    }
    lab_fleet_destroy(lab.lab);
    if (good && fflush(stdout) == 0)
        return EXIT_DONE;
    fprintf(stderr, "error: standard output cannot be written\n");
    return EXIT_REFUSED;
}
