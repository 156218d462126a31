#include "engine/local/keep/keeper_meter.h"
#include "engine/local/container/container.h"
#include "engine/local/keep/leftover.h"
#include <sys/resource.h>
#include <unistd.h>

static device_set gpus_of(const struct attempt_request *request)
{
    device_set gpus = {{0}};
    str part, rest = str_from(request->gpus);
    for (bool more = rest.len > 0; more;) {
        uint64_t number;
        more = str_cut(rest, ',', &part, &rest);
        if (str_to_u64(more ? part : rest, &number) && number < NVML_GPUS_MAX)
            device_set_add(&gpus, (uint32_t)number);
    }
    return gpus;
}

void keeper_meter_init(struct keeper_meter *meter, const struct attempt_request *request)
{
    struct err err;
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    *meter = (struct keeper_meter){0};
    if (request->gpus[0] && nvml_open(&meter->nvml, NULL, &err) != NVML_PRESENT)
        meter->nvml = NULL;
    power_look(&meter->power, "", cores > 0 ? (uint32_t)cores : 1, meter->nvml);
}

void keeper_meter_finish(struct keeper_meter *meter)
{
    nvml_close(meter->nvml);
    meter->nvml = NULL;
}

void keeper_meter_start(struct keeper_meter *meter, const struct attempt_request *request,
                        int64_t now_us)
{
    struct cgroup_usage use;
    if (request->container && container_usage(request, &use) && use.cpu_ns > 0)
        meter->before_ns = use.cpu_ns;
    struct power_load load = {.gpus = gpus_of(request),
                              .idle_w = (int32_t)request->idle_w,
                              .class_w = (int32_t)request->class_w};
    if (load.idle_w > load.class_w)
        load.idle_w = load.class_w;
    core_set cores = {{0}};
    if (core_set_parse(str_from(request->cpus), &cores))
        load.cores = core_set_count(&cores);
    power_meter_start(&meter->joules, &meter->power, &load, now_us, 0);
}

static void read_processes(struct keeper_meter *meter, struct attempt_usage *usage)
{
    struct rusage children;
    getrusage(RUSAGE_CHILDREN, &children);
    int64_t cpu_us = (children.ru_utime.tv_sec + children.ru_stime.tv_sec) * INT64_C(1000000) +
                     children.ru_utime.tv_usec + children.ru_stime.tv_usec;
    int64_t cpu_ns = (cpu_us + leftover_cpu_ms(getpid()) * 1000) * 1000;
    if (cpu_ns > meter->cpu_ns) // the kernel's ticks are coarser than what it adds at the end
        meter->cpu_ns = cpu_ns;
    usage->memory_peak_bytes = children.ru_maxrss * INT64_C(1024);
}

static void read_container(struct keeper_meter *meter, const struct attempt_request *request,
                           struct attempt_usage *usage)
{
    struct cgroup_usage use;
    if (!container_usage(request, &use))
        return;
    if (use.cpu_ns - meter->before_ns > meter->cpu_ns)
        meter->cpu_ns = use.cpu_ns - meter->before_ns;
    if (use.memory_peak_bytes >= 0)
        usage->memory_peak_bytes = use.memory_peak_bytes;
}

void keeper_meter_read(struct keeper_meter *meter, const struct attempt_request *request,
                       int64_t now_us, struct attempt_usage *usage)
{
    if (request->container)
        read_container(meter, request, usage);
    else
        read_processes(meter, usage);
    power_meter_sample(&meter->joules, now_us, meter->cpu_ns);
    usage->cpu_ms = meter->cpu_ns / 1000000;
    usage->energy_j = power_meter_joules(&meter->joules);
    usage->energy = meter->joules.kind;
}
