#include "host/nvml.h"
#include "base/must.h"
#include <dlfcn.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// --- the ABI: nvml.h of the CUDA toolkit, what we need of it ---

typedef int nvml_return;
typedef struct nvml_device_opaque *nvml_device;

enum {
    RETURN_SUCCESS = 0,
    RETURN_NOT_SUPPORTED = 3,
    RETURN_NO_PERMISSION = 4,
    RETURN_NOT_FOUND = 6,
    RETURN_DRIVER_NOT_LOADED = 9,
    RETURN_LIBRARY_NOT_FOUND = 12,
};

struct abi_memory {
    unsigned long long total, free, used;
};

struct abi_utilization {
    unsigned int gpu, memory;
};

struct abi_pci {
    char bus_id_legacy[16];
    unsigned int domain, bus, device, pci_device_id, pci_subsystem_id;
    char bus_id[32];
};

struct nvml {
    void *library;
    const char *(*error_string)(nvml_return);
    nvml_return (*init)(void);
    nvml_return (*shutdown)(void);
    nvml_return (*driver_version)(char *, unsigned int);
    nvml_return (*count)(unsigned int *);
    nvml_return (*handle)(unsigned int, nvml_device *);
    nvml_return (*name)(nvml_device, char *, unsigned int);
    nvml_return (*uuid)(nvml_device, char *, unsigned int);
    nvml_return (*serial)(nvml_device, char *, unsigned int);
    nvml_return (*minor)(nvml_device, unsigned int *);
    nvml_return (*pci)(nvml_device, struct abi_pci *);
    nvml_return (*memory)(nvml_device, struct abi_memory *);
    nvml_return (*power_limit)(nvml_device, unsigned int *);
    nvml_return (*power_limits)(nvml_device, unsigned int *, unsigned int *);
    nvml_return (*power)(nvml_device, unsigned int *);
    nvml_return (*energy)(nvml_device, unsigned long long *);
    nvml_return (*utilization)(nvml_device, struct abi_utilization *);
    nvml_return (*ecc)(nvml_device, unsigned int *, unsigned int *);
    nvml_return (*mig)(nvml_device, unsigned int *, unsigned int *);
    nvml_return (*mig_max)(nvml_device, unsigned int *);
    nvml_return (*mig_handle)(nvml_device, unsigned int, nvml_device *);
};

// A function that an old library lacks is as good as one it does not support.
struct symbol {
    const char *name;
    size_t offset;
    bool needed;
};

#define SYMBOL(member, text, needs)                \
    {                                              \
        text, offsetof(struct nvml, member), needs \
    }
static const struct symbol symbols[] = {
    SYMBOL(error_string, "nvmlErrorString", true),
    SYMBOL(init, "nvmlInit_v2", true),
    SYMBOL(shutdown, "nvmlShutdown", true),
    SYMBOL(driver_version, "nvmlSystemGetDriverVersion", true),
    SYMBOL(count, "nvmlDeviceGetCount_v2", true),
    SYMBOL(handle, "nvmlDeviceGetHandleByIndex_v2", true),
    SYMBOL(name, "nvmlDeviceGetName", true),
    SYMBOL(uuid, "nvmlDeviceGetUUID", true),
    SYMBOL(serial, "nvmlDeviceGetSerial", false),
    SYMBOL(minor, "nvmlDeviceGetMinorNumber", false),
    SYMBOL(pci, "nvmlDeviceGetPciInfo_v3", false),
    SYMBOL(memory, "nvmlDeviceGetMemoryInfo", true),
    SYMBOL(power_limit, "nvmlDeviceGetEnforcedPowerLimit", false),
    SYMBOL(power_limits, "nvmlDeviceGetPowerManagementLimitConstraints", false),
    SYMBOL(power, "nvmlDeviceGetPowerUsage", false),
    SYMBOL(energy, "nvmlDeviceGetTotalEnergyConsumption", false),
    SYMBOL(utilization, "nvmlDeviceGetUtilizationRates", false),
    SYMBOL(ecc, "nvmlDeviceGetEccMode", false),
    SYMBOL(mig, "nvmlDeviceGetMigMode", false),
    SYMBOL(mig_max, "nvmlDeviceGetMaxMigDeviceCount", false),
    SYMBOL(mig_handle, "nvmlDeviceGetMigDeviceHandleByIndex", false),
};

static bool load_symbols(struct nvml *nvml, const char *path, struct err *err)
{
    for (size_t i = 0; i < sizeof symbols / sizeof *symbols; i++) {
        void *found = dlsym(nvml->library, symbols[i].name);
        if (!found && symbols[i].needed)
            return err_set(err, "%s: has no %s; it is not NVML, or older than its version 2", path,
                           symbols[i].name);
        memcpy((char *)nvml + symbols[i].offset, &found, sizeof found);
    }
    return true;
}

static bool fault(const struct nvml *nvml, nvml_return code, const char *call, struct err *err)
{
    const char *words = nvml->error_string(code);
    return err_set(err, "NVML %s: %s (%d)", call, words ? words : "no words for it", code);
}

enum nvml_presence nvml_open(struct nvml **ret_nvml, const char *path, struct err *err)
{
    const char *name = path ? path : "libnvidia-ml.so.1";
    struct nvml *nvml = calloc(1, sizeof *nvml);
    must(nvml);
    nvml->library = dlopen(name, RTLD_NOW | RTLD_LOCAL);
    if (!nvml->library) {
        err_set(err, "no NVIDIA driver library here (%s)", dlerror());
        free(nvml);
        return NVML_ABSENT;
    }
    enum nvml_presence presence = NVML_FAULTY;
    if (load_symbols(nvml, name, err)) {
        nvml_return code = nvml->init();
        if (code == RETURN_SUCCESS) {
            *ret_nvml = nvml;
            return NVML_PRESENT;
        }
        fault(nvml, code, "init", err);
        if (code == RETURN_DRIVER_NOT_LOADED || code == RETURN_LIBRARY_NOT_FOUND)
            presence = NVML_ABSENT;
    }
    dlclose(nvml->library);
    free(nvml);
    return presence;
}

void nvml_close(struct nvml *nvml)
{
    if (!nvml)
        return;
    nvml->shutdown(); // nothing is left to do about what it says
    dlclose(nvml->library);
    free(nvml);
}

bool nvml_driver(struct nvml *nvml, char ret_version[80], struct err *err)
{
    char version[80] = "";
    nvml_return code = nvml->driver_version(version, sizeof version);
    if (code != RETURN_SUCCESS)
        return fault(nvml, code, "driver version", err);
    memcpy(ret_version, version, sizeof version);
    ret_version[sizeof version - 1] = '\0';
    return true;
}

bool nvml_count(struct nvml *nvml, uint32_t *ret_count, struct err *err)
{
    unsigned int count = 0;
    nvml_return code = nvml->count(&count);
    if (code != RETURN_SUCCESS)
        return fault(nvml, code, "device count", err);
    if (count > NVML_GPUS_MAX)
        return err_set(err, "NVML device count: %u, at most %d are known here", count,
                       NVML_GPUS_MAX);
    *ret_count = count;
    return true;
}

// --- one GPU ---

// What is being asked of which GPU; the first fault stays and ends the asking.
struct question {
    struct nvml *nvml;
    uint32_t index;
    nvml_device device;
    bool failed;
    struct err *err;
};

// True when there is an answer. Not supported, or not ours to see, is none.
static bool answered(struct question *question, const char *call, nvml_return code)
{
    if (code == RETURN_SUCCESS)
        return true;
    if (code == RETURN_NOT_SUPPORTED || code == RETURN_NO_PERMISSION)
        return false;
    question->failed = true;
    fault(question->nvml, code, call, question->err);
    err_add(question->err, "GPU %u", question->index);
    return false;
}

static void ask_text(struct question *question, const char *call,
                     nvml_return (*function)(nvml_device, char *, unsigned int), char *ret_text,
                     unsigned int size)
{
    if (question->failed || !function)
        return;
    if (!answered(question, call, function(question->device, ret_text, size)))
        ret_text[0] = '\0';
    ret_text[size - 1] = '\0';
}

static int64_t ask_number(struct question *question, const char *call,
                          nvml_return (*function)(nvml_device, unsigned int *))
{
    unsigned int value = 0;
    if (question->failed || !function ||
        !answered(question, call, function(question->device, &value)))
        return -1;
    return value;
}

// The first of the two numbers such functions give.
static int64_t ask_pair(struct question *question, const char *call,
                        nvml_return (*function)(nvml_device, unsigned int *, unsigned int *),
                        int64_t *ret_second)
{
    unsigned int first = 0, second = 0;
    *ret_second = -1;
    if (question->failed || !function ||
        !answered(question, call, function(question->device, &first, &second)))
        return -1;
    *ret_second = second;
    return first;
}

static struct abi_memory ask_memory(struct question *question, bool *ret_known)
{
    struct abi_memory memory = {0};
    *ret_known = !question->failed &&
                 answered(question, "memory", question->nvml->memory(question->device, &memory)) &&
                 memory.total <= INT64_MAX && memory.used <= memory.total;
    return memory;
}

static void ask_pci(struct question *question, char *ret_text, size_t size)
{
    struct abi_pci pci = {.domain = 0};
    if (question->failed || !question->nvml->pci ||
        !answered(question, "PCI address", question->nvml->pci(question->device, &pci)))
        return;
    snprintf(ret_text, size, "%04x:%02x:%02x.0", pci.domain, pci.bus, pci.device);
}

// Slices may have gaps in their numbers.
static int32_t count_slices(struct question *question, int64_t max)
{
    if (!question->nvml->mig_handle || max < 0 || max > 64)
        return -1;
    int32_t count = 0;
    for (int64_t i = 0; i < max && !question->failed; i++) {
        nvml_device slice;
        nvml_return code = question->nvml->mig_handle(question->device, (unsigned int)i, &slice);
        if (code != RETURN_NOT_FOUND && answered(question, "MIG slice", code))
            count++;
    }
    return count;
}

static bool begin(struct question *question, struct nvml *nvml, uint32_t index, struct err *err)
{
    *question = (struct question){.nvml = nvml, .index = index, .err = err};
    nvml_return code = nvml->handle(index, &question->device);
    if (code == RETURN_SUCCESS)
        return true;
    fault(nvml, code, "handle", err);
    return err_add(err, "GPU %u", index);
}

bool nvml_describe(struct nvml *nvml, uint32_t index, struct nvml_gpu *ret_gpu, struct err *err)
{
    struct question question;
    if (!begin(&question, nvml, index, err))
        return false;
    struct nvml_gpu gpu = {.memory_bytes = -1, .mig_count = -1};
    ask_text(&question, "name", nvml->name, gpu.name, sizeof gpu.name);
    ask_text(&question, "uuid", nvml->uuid, gpu.uuid, sizeof gpu.uuid);
    ask_text(&question, "serial", nvml->serial, gpu.serial, sizeof gpu.serial);
    ask_pci(&question, gpu.pci, sizeof gpu.pci);
    gpu.minor = (int32_t)ask_number(&question, "minor number", nvml->minor);
    bool known;
    struct abi_memory memory = ask_memory(&question, &known);
    if (known)
        gpu.memory_bytes = (int64_t)memory.total;
    int64_t pending;
    gpu.power_limit_mw = ask_number(&question, "power limit", nvml->power_limit);
    ask_pair(&question, "power limits", nvml->power_limits, &gpu.power_limit_max_mw);
    gpu.ecc = (int32_t)ask_pair(&question, "ECC mode", nvml->ecc, &pending);
    gpu.mig = (int32_t)ask_pair(&question, "MIG mode", nvml->mig, &pending);
    int64_t mig_max = ask_number(&question, "MIG count", nvml->mig_max);
    gpu.mig_max = mig_max <= 64 ? (int32_t)mig_max : -1;
    if (gpu.mig == 1)
        gpu.mig_count = count_slices(&question, mig_max);
    else if (gpu.mig == 0)
        gpu.mig_count = 0;
    if (question.failed)
        return false;
    if (!gpu.uuid[0])
        return err_set(err, "GPU %u: NVML gives it no uuid", index);
    *ret_gpu = gpu;
    return true;
}

static int64_t ask_energy(struct question *question)
{
    unsigned long long energy_mj = 0;
    if (question->failed || !question->nvml->energy ||
        !answered(question, "energy", question->nvml->energy(question->device, &energy_mj)) ||
        energy_mj > INT64_MAX)
        return -1;
    return (int64_t)energy_mj;
}

bool nvml_energy(struct nvml *nvml, uint32_t index, int64_t *ret_energy_mj, struct err *err)
{
    struct question question;
    if (!begin(&question, nvml, index, err))
        return false;
    int64_t energy_mj = ask_energy(&question);
    if (question.failed)
        return false;
    *ret_energy_mj = energy_mj;
    return true;
}

bool nvml_read(struct nvml *nvml, uint32_t index, struct nvml_reading *ret_reading, struct err *err)
{
    struct question question;
    if (!begin(&question, nvml, index, err))
        return false;
    struct nvml_reading reading = {
        .memory_used_bytes = -1, .gpu_percent = -1, .memory_percent = -1};
    bool known;
    struct abi_memory memory = ask_memory(&question, &known);
    if (known)
        reading.memory_used_bytes = (int64_t)memory.used;
    reading.power_mw = ask_number(&question, "power draw", nvml->power);
    reading.energy_mj = ask_energy(&question);
    struct abi_utilization busy = {0};
    if (!question.failed && nvml->utilization &&
        answered(&question, "utilisation", nvml->utilization(question.device, &busy)) &&
        busy.gpu <= 100 && busy.memory <= 100) {
        reading.gpu_percent = (int32_t)busy.gpu;
        reading.memory_percent = (int32_t)busy.memory;
    }
    if (question.failed)
        return false;
    *ret_reading = reading;
    return true;
}
