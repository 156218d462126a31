#include "host/power.h"
#include "base/must.h"
#include "host/sysfile.h"
#include <dirent.h>
#include <stdio.h>
#include <string.h>

// More than any package or GPU draws: a counter that ran faster has jumped.
enum { PACKAGE_W_MAX = 2000, GPU_W_MAX = 4000 };

typedef __int128 wide;
_Static_assert(ENERGY_MEASURED < ENERGY_ATTRIBUTED && ENERGY_ATTRIBUTED < ENERGY_ESTIMATED,
               "labels are ordered from the best to the worst");

// --- what is there ---

static void close_folder(DIR **folder)
{
    if (*folder)
        closedir(*folder);
}

// "intel-rapl:0" is a package (AMD's too), "intel-rapl:0:1" a part of it that it counts already.
static bool is_package_name(const char *name)
{
    uint64_t number;
    return str_starts(str_from(name), S("intel-rapl:")) &&
           str_to_u64(str_skip(str_from(name), strlen("intel-rapl:")), &number);
}

static bool look_domain(struct power *power, const char *name, struct err *err)
{
    char path[160], kind[64];
    struct power_domain domain;
    int64_t energy_uj;
    snprintf(path, sizeof path, "/sys/class/powercap/%.32s/name", name);
    if (!sysfile_text(power->root, path, kind, sizeof kind, err))
        return false;
    if (!str_starts(str_from(kind), S("package-")))
        return true; // "psys" counts the packages again
    snprintf(path, sizeof path, "/sys/class/powercap/%.32s/max_energy_range_uj", name);
    if (!sysfile_i64(power->root, path, &domain.range_uj, err))
        return false;
    if (domain.range_uj <= 0)
        return err_set(err, "%s%s: a range of %lld", power->root, path, (long long)domain.range_uj);
    snprintf(domain.path, sizeof domain.path, "/sys/class/powercap/%.32s/energy_uj", name);
    if (!sysfile_i64(power->root, domain.path, &energy_uj, err))
        return false;
    power->domains[power->domain_count++] = domain;
    return true;
}

void power_look(struct power *ret_power, const char *root, uint32_t cores, struct nvml *nvml)
{
    struct power power = {.cores = cores > 0 ? cores : 1, .nvml = nvml};
    char path[600];
    snprintf(power.root, sizeof power.root, "%s", root);
    snprintf(path, sizeof path, "%s/sys/class/powercap", power.root);
    snprintf(power.note, sizeof power.note, "%.200s: no energy counters here", path);
    __attribute__((cleanup(close_folder))) DIR *folder = opendir(path);
    const struct dirent *entry;
    bool whole = true;
    while (folder && power.domain_count < POWER_DOMAINS_MAX && (entry = readdir(folder))) {
        struct err err;
        if (!is_package_name(entry->d_name) || look_domain(&power, entry->d_name, &err))
            continue;
        snprintf(power.note, sizeof power.note, "%.255s", err.text);
        whole = false;
    }
    // A share of some packages is a share of nothing in particular.
    if (!whole)
        power.domain_count = 0;
    if (power.domain_count > 0)
        power.note[0] = '\0';
    *ret_power = power;
}

// --- intervals ---

struct interval {
    int64_t time_us;
    int64_t cpu_ns; // of the job, at most cores × time; -1 not known
};

static int64_t clamp(wide value)
{
    return value < 0 ? 0 : value > INT64_MAX ? INT64_MAX : (int64_t)value;
}

static void add(struct power_meter *meter, wide energy_uj, enum engine_energy kind)
{
    meter->energy_uj = clamp((wide)meter->energy_uj + clamp(energy_uj));
    if (kind > meter->kind)
        meter->kind = kind;
}

// Watts × microseconds are microjoules.
static void add_estimate(struct power_meter *meter, const struct interval *interval)
{
    const struct power_load *load = &meter->load;
    wide whole_us = (wide)load->cores * interval->time_us;
    wide busy_us = interval->cpu_ns < 0 ? whole_us : interval->cpu_ns / 1000;
    busy_us = busy_us < whole_us ? busy_us : whole_us;
    add(meter, load->idle_w * whole_us + (load->class_w - load->idle_w) * busy_us,
        ENERGY_ESTIMATED);
}

// Microjoules since the last sample over all packages, or -1.
static int64_t packages_since(struct power_meter *meter, int64_t time_us)
{
    const struct power *power = meter->power;
    wide sum = 0;
    bool known = power->domain_count > 0;
    for (uint32_t i = 0; i < power->domain_count; i++) {
        const struct power_domain *domain = &power->domains[i];
        int64_t now_uj, before_uj = meter->domain_uj[i];
        if (!sysfile_i64(power->root, domain->path, &now_uj, NULL) || now_uj < 0)
            now_uj = -1;
        meter->domain_uj[i] = now_uj;
        wide since = (wide)now_uj - before_uj;
        if (since < 0)
            since += domain->range_uj;
        if (now_uj < 0 || before_uj < 0 || since < 0 || since > (wide)PACKAGE_W_MAX * time_us)
            known = false;
        sum += since;
    }
    return known ? clamp(sum) : -1;
}

static void sample_cores(struct power_meter *meter, const struct interval *interval)
{
    int64_t packages_uj = packages_since(meter, interval->time_us);
    if (packages_uj < 0 || interval->cpu_ns < 0) {
        add_estimate(meter, interval);
        return;
    }
    wide capacity_ns = (wide)meter->power->cores * interval->time_us * 1000;
    wide share_ns = interval->cpu_ns < capacity_ns ? interval->cpu_ns : capacity_ns;
    add(meter, (wide)packages_uj * share_ns / capacity_ns, ENERGY_ATTRIBUTED);
}

// Without a counter: the draw of this moment stands for the interval, else how busy it is.
static void estimate_gpu(struct power_meter *meter, uint32_t gpu, int64_t time_us)
{
    struct nvml_reading reading = {.power_mw = -1, .gpu_percent = -1};
    if (meter->power->nvml)
        nvml_read(meter->power->nvml, gpu, &reading, NULL);
    if (reading.power_mw >= 0 && reading.power_mw <= (int64_t)GPU_W_MAX * 1000) {
        add(meter, (wide)reading.power_mw * time_us / 1000, ENERGY_ESTIMATED);
        return;
    }
    int32_t percent = reading.gpu_percent >= 0 ? reading.gpu_percent : 100;
    const struct power_load *load = &meter->load;
    wide centi_w = (wide)load->idle_w * 100 + (wide)(load->class_w - load->idle_w) * percent;
    add(meter, centi_w * time_us / 100, ENERGY_ESTIMATED);
}

static int64_t read_gpu(const struct power_meter *meter, uint32_t gpu)
{
    int64_t energy_mj = -1;
    if (meter->power->nvml && gpu < NVML_GPUS_MAX)
        nvml_energy(meter->power->nvml, gpu, &energy_mj, NULL);
    return energy_mj;
}

static void sample_gpu(struct power_meter *meter, uint32_t gpu, int64_t time_us)
{
    int64_t now_mj = read_gpu(meter, gpu), before_mj = meter->gpu_mj[gpu];
    meter->gpu_mj[gpu] = now_mj;
    wide since_uj = ((wide)now_mj - before_mj) * 1000;
    if (now_mj < 0 || before_mj < 0 || since_uj < 0 || since_uj > (wide)GPU_W_MAX * time_us)
        estimate_gpu(meter, gpu, time_us);
    else
        add(meter, since_uj, ENERGY_MEASURED);
}

// --- the meter ---

static bool on_gpus(const struct power_load *load)
{
    return device_set_count(&load->gpus) > 0;
}

void power_meter_start(struct power_meter *meter, const struct power *power,
                       const struct power_load *load, int64_t now_us, int64_t cpu_ns)
{
    must(load->idle_w >= 0 && load->class_w >= load->idle_w);
    must(device_set_next(&load->gpus, NVML_GPUS_MAX) == DEVICE_SET_MAX);
    *meter =
        (struct power_meter){.power = power, .load = *load, .time_us = now_us, .cpu_ns = cpu_ns};
    bool known = true;
    if (!on_gpus(load)) {
        for (uint32_t i = 0; i < POWER_DOMAINS_MAX; i++)
            meter->domain_uj[i] = -1;
        known = packages_since(meter, 0) >= 0 || power->domain_count > 0;
        meter->kind = known && cpu_ns >= 0 ? ENERGY_ATTRIBUTED : ENERGY_ESTIMATED;
        return;
    }
    for (uint32_t gpu = 0; gpu < NVML_GPUS_MAX; gpu++) {
        meter->gpu_mj[gpu] = device_set_has(&load->gpus, gpu) ? read_gpu(meter, gpu) : -1;
        known = known && (!device_set_has(&load->gpus, gpu) || meter->gpu_mj[gpu] >= 0);
    }
    meter->kind = known ? ENERGY_MEASURED : ENERGY_ESTIMATED;
}

void power_meter_sample(struct power_meter *meter, int64_t now_us, int64_t cpu_ns)
{
    struct interval interval = {.time_us = now_us - meter->time_us, .cpu_ns = -1};
    if (interval.time_us <= 0)
        return; // twice at one instant: the next one counts it
    if (cpu_ns >= 0 && meter->cpu_ns >= 0)
        interval.cpu_ns = cpu_ns > meter->cpu_ns ? cpu_ns - meter->cpu_ns : 0;
    meter->time_us = now_us;
    meter->cpu_ns = cpu_ns;
    if (!on_gpus(&meter->load)) {
        sample_cores(meter, &interval);
        return;
    }
    uint32_t gpu = device_set_next(&meter->load.gpus, 0);
    for (; gpu < NVML_GPUS_MAX; gpu = device_set_next(&meter->load.gpus, gpu + 1))
        sample_gpu(meter, gpu, interval.time_us);
}

int64_t power_meter_joules(const struct power_meter *meter)
{
    return meter->energy_uj / 1000000;
}
