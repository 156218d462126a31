#include "host/inventory_scan.h"
#include "host/power.h"
#include "host/sysfile.h"
#include <stdio.h>
#include <string.h>

enum { MIB = 1024 * 1024 };

void inventory_scan_chip_name(const char *name, char ret_chip[32])
{
    size_t length = 0;
    for (; *name && length < 31; name++) {
        bool upper = *name >= 'A' && *name <= 'Z';
        bool plain = (*name >= 'a' && *name <= 'z') || (*name >= '0' && *name <= '9');
        if (upper || plain)
            ret_chip[length++] = (char)(upper ? *name - 'A' + 'a' : *name);
        else if (length > 0 && ret_chip[length - 1] != '-')
            ret_chip[length++] = '-';
    }
    while (length > 0 && ret_chip[length - 1] == '-')
        length--;
    ret_chip[length] = '\0';
    if (length == 0)
        snprintf(ret_chip, 32, "unknown");
}

// --- cores ---

static void add_core(struct inventory_scan *scan, uint32_t core)
{
    struct inventory_scan_device *device = &scan->devices[scan->count++];
    *device = (struct inventory_scan_device){
        .chip = "cpu-core",
        .idle_w = POWER_CORE_IDLE_W,
        .class_w = POWER_CORE_CLASS_W,
        .max_w = POWER_CORE_MAX_W,
        .numa = machine_numa_of(&scan->machine, core),
        .minor = -1,
        .number = core,
    };
    snprintf(device->description, sizeof device->description, "%.95s", scan->machine.cpu_model);
    snprintf(device->serial, sizeof device->serial, "core-%u", core);
}

static void scan_cores(struct inventory_scan *scan)
{
    const struct machine *machine = &scan->machine;
    uint32_t usable = core_set_count(&machine->cores);
    int64_t quota = machine->cpu_milli / 1000;
    uint32_t most = usable < DEVICE_SET_MAX ? usable : DEVICE_SET_MAX;
    if (quota < most)
        most = quota > 0 ? (uint32_t)quota : 1;
    uint32_t core = core_set_next(&machine->cores, 0);
    for (; core < CORE_SET_MAX && scan->count < most;
         core = core_set_next(&machine->cores, core + 1))
        add_core(scan, core);
    size_t length = strlen(scan->note);
    if (most < usable)
        snprintf(scan->note + length, sizeof scan->note - length, "%s%u of %u cores are sold: %s",
                 length > 0 ? "; " : "", most, usable,
                 most == DEVICE_SET_MAX ? "a node has at most 256 devices"
                                        : "a CPU quota holds this process");
}

// --- GPUs ---

static int32_t pci_numa(const char *root, const char *pci)
{
    char path[128];
    int64_t numa;
    snprintf(path, sizeof path, "/sys/bus/pci/devices/%.40s/numa_node", pci);
    if (!pci[0] || !sysfile_i64(root, path, &numa, NULL) || numa < 0 || numa > INT32_MAX)
        return -1;
    return (int32_t)numa;
}

static int32_t watts(int64_t milliwatts, int32_t otherwise)
{
    return milliwatts > 0 && milliwatts <= INT32_MAX ? (int32_t)((milliwatts + 999) / 1000)
                                                     : otherwise;
}

static void add_gpu(struct inventory_scan *scan, const char *root, struct nvml *nvml,
                    uint32_t index)
{
    struct inventory_scan_device *device = &scan->devices[scan->count++];
    struct nvml_gpu gpu;
    struct err err;
    *device = (struct inventory_scan_device){.numa = -1, .minor = -1, .number = index};
    if (!nvml_describe(nvml, index, &gpu, &err)) {
        snprintf(device->chip, sizeof device->chip, "unknown");
        snprintf(device->serial, sizeof device->serial, "gpu-%u", index);
        snprintf(device->description, sizeof device->description, "a GPU that does not answer");
        snprintf(device->fault, sizeof device->fault, "%.159s", err.text);
        return;
    }
    inventory_scan_chip_name(gpu.name, device->chip);
    snprintf(device->description, sizeof device->description, "%.80s%s", gpu.name,
             gpu.mig == 1 ? " (MIG on)" : "");
    snprintf(device->serial, sizeof device->serial, "%.47s", gpu.uuid);
    device->memory_mib = gpu.memory_bytes > 0 ? gpu.memory_bytes / MIB : 0;
    // What it may draw is what is promised for it; a tenth of that is what such cards draw idle.
    device->class_w = watts(gpu.power_limit_mw, watts(gpu.power_limit_max_mw, 700));
    device->max_w = watts(gpu.power_limit_max_mw, device->class_w);
    if (device->max_w < device->class_w)
        device->max_w = device->class_w;
    device->idle_w = device->class_w / 10;
    device->numa = pci_numa(root, gpu.pci);
    device->minor = gpu.minor;
}

// True with no device when there is no GPU: scan->note says why.
static bool scan_gpus(struct inventory_scan *scan, const struct inventory_scan_from *from,
                      struct err *err)
{
    struct nvml *nvml = NULL;
    struct err why;
    switch (nvml_open(&nvml, from->nvml_path, &why)) {
    case NVML_PRESENT:
        break;
    case NVML_ABSENT:
        snprintf(scan->note, sizeof scan->note, "%.255s", why.text);
        return true;
    case NVML_FAULTY:
        return err_set(err, "%s", why.text);
    }
    uint32_t count;
    bool good = nvml_count(nvml, &count, err);
    for (uint32_t i = 0; good && i < count; i++)
        add_gpu(scan, from->root, nvml, i);
    nvml_close(nvml);
    scan->gpus = scan->count > 0;
    if (good && count == 0)
        snprintf(scan->note, sizeof scan->note, "the NVIDIA driver knows of no GPU");
    return good;
}

bool inventory_scan(struct inventory_scan *ret_scan, const struct inventory_scan_from *from,
                    struct err *err)
{
    static const struct inventory_scan nothing;
    *ret_scan = nothing;
    if (!machine_read(&ret_scan->machine, from->root, err))
        return false;
    ret_scan->cpu_milli = ret_scan->machine.cpu_milli;
    ret_scan->memory_mib = ret_scan->machine.memory_usable_bytes / MIB;
    if (!from->cores_only && !scan_gpus(ret_scan, from, err))
        return false;
    if (!ret_scan->gpus)
        scan_cores(ret_scan);
    return true;
}
