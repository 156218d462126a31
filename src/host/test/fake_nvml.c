// A shared object that answers as NVML does, for a machine with two GPUs.
//
// It reads its orders from the environment at each call: with FAKE_NVML_FAIL="n:code" the n-th
// call answers with the code (nvmlInit_v2 is call 1); FAKE_NVML_ENERGY and FAKE_NVML_POWER set
// what GPU 0 says. How many calls were made is in fake_nvml_calls.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

unsigned int fake_nvml_calls;
unsigned int fake_nvml_shutdowns;

// The device handles: the address of these.
static char gpus[2], slices[2];

int nvmlInit_v2(void);
int nvmlShutdown(void);
const char *nvmlErrorString(int code);
int nvmlSystemGetDriverVersion(char *text, unsigned int size);
int nvmlDeviceGetCount_v2(unsigned int *count);
int nvmlDeviceGetHandleByIndex_v2(unsigned int index, void **device);
int nvmlDeviceGetName(void *device, char *text, unsigned int size);
int nvmlDeviceGetUUID(void *device, char *text, unsigned int size);
int nvmlDeviceGetSerial(void *device, char *text, unsigned int size);
int nvmlDeviceGetMinorNumber(void *device, unsigned int *minor);
int nvmlDeviceGetPciInfo_v3(void *device, void *pci);
int nvmlDeviceGetMemoryInfo(void *device, unsigned long long *memory);
int nvmlDeviceGetEnforcedPowerLimit(void *device, unsigned int *limit);
int nvmlDeviceGetPowerManagementLimitConstraints(void *device, unsigned int *least,
                                                 unsigned int *most);
int nvmlDeviceGetPowerUsage(void *device, unsigned int *power);
int nvmlDeviceGetTotalEnergyConsumption(void *device, unsigned long long *energy);
int nvmlDeviceGetUtilizationRates(void *device, unsigned int *rates);
int nvmlDeviceGetEccMode(void *device, unsigned int *current, unsigned int *pending);
int nvmlDeviceGetMigMode(void *device, unsigned int *current, unsigned int *pending);
int nvmlDeviceGetMaxMigDeviceCount(void *device, unsigned int *count);
int nvmlDeviceGetMigDeviceHandleByIndex(void *device, unsigned int index, void **slice);

static int call(void)
{
    fake_nvml_calls++;
    const char *order = getenv("FAKE_NVML_FAIL");
    unsigned int which;
    int code;
    if (order && sscanf(order, "%u:%d", &which, &code) == 2 && which == fake_nvml_calls)
        return code;
    return 0;
}

static unsigned long long number(const char *name, unsigned long long otherwise)
{
    const char *text = getenv(name);
    return text ? strtoull(text, NULL, 10) : otherwise;
}

static int is_second(const void *device)
{
    return device == &gpus[1];
}

int nvmlInit_v2(void)
{
    fake_nvml_calls = 0;
    return call();
}

int nvmlShutdown(void)
{
    fake_nvml_shutdowns++;
    return 0;
}

const char *nvmlErrorString(int code)
{
    return code == 15 ? "GPU is lost" : code == 9 ? "Driver Not Loaded" : "Unknown Error";
}

int nvmlSystemGetDriverVersion(char *text, unsigned int size)
{
    snprintf(text, size, "550.54.15");
    return call();
}

int nvmlDeviceGetCount_v2(unsigned int *count)
{
    *count = (unsigned int)number("FAKE_NVML_COUNT", 2);
    return call();
}

int nvmlDeviceGetHandleByIndex_v2(unsigned int index, void **device)
{
    if (index > 1)
        return 2;
    *device = &gpus[index];
    return call();
}

int nvmlDeviceGetName(void *device, char *text, unsigned int size)
{
    snprintf(text, size, "%s", is_second(device) ? "NVIDIA A10" : "NVIDIA H100 80GB HBM3");
    return call();
}

int nvmlDeviceGetUUID(void *device, char *text, unsigned int size)
{
    snprintf(text, size, "GPU-%d0c3f2a4-0000-1111-2222-333344445555", is_second(device));
    return call();
}

int nvmlDeviceGetSerial(void *device, char *text, unsigned int size)
{
    snprintf(text, size, "165232200000%d", is_second(device));
    return call();
}

int nvmlDeviceGetMinorNumber(void *device, unsigned int *minor)
{
    *minor = is_second(device) ? 1 : 0;
    return call();
}

int nvmlDeviceGetPciInfo_v3(void *device, void *pci)
{
    unsigned int fields[5] = {0, is_second(device) ? 0xaf : 0x3b, 0, 0x233010de, 0x16c110de};
    memset(pci, 0, 68);
    memcpy((char *)pci + 16, fields, sizeof fields);
    return call();
}

int nvmlDeviceGetMemoryInfo(void *device, unsigned long long *memory)
{
    memory[0] = is_second(device) ? 24ULL << 30 : 80ULL << 30;
    memory[2] = 3ULL << 30;
    memory[1] = memory[0] - memory[2];
    return call();
}

int nvmlDeviceGetEnforcedPowerLimit(void *device, unsigned int *limit)
{
    *limit = is_second(device) ? 150000 : 650000;
    return call();
}

int nvmlDeviceGetPowerManagementLimitConstraints(void *device, unsigned int *least,
                                                 unsigned int *most)
{
    *least = 100000;
    *most = is_second(device) ? 150000 : 700000;
    return call();
}

int nvmlDeviceGetPowerUsage(void *device, unsigned int *power)
{
    *power = is_second(device) ? 60000 : (unsigned int)number("FAKE_NVML_POWER", 123456);
    return call();
}

// The second GPU has no energy counter, no ECC and no MIG.
int nvmlDeviceGetTotalEnergyConsumption(void *device, unsigned long long *energy)
{
    *energy = number("FAKE_NVML_ENERGY", 5000000);
    int code = call();
    return is_second(device) && code == 0 ? 3 : code;
}

int nvmlDeviceGetUtilizationRates(void *device, unsigned int *rates)
{
    rates[0] = is_second(device) ? 0 : 87;
    rates[1] = is_second(device) ? 0 : 40;
    return call();
}

int nvmlDeviceGetEccMode(void *device, unsigned int *current, unsigned int *pending)
{
    *current = *pending = 1;
    int code = call();
    return is_second(device) && code == 0 ? 3 : code;
}

int nvmlDeviceGetMigMode(void *device, unsigned int *current, unsigned int *pending)
{
    *current = *pending = 1;
    int code = call();
    return is_second(device) && code == 0 ? 3 : code;
}

int nvmlDeviceGetMaxMigDeviceCount(void *device, unsigned int *count)
{
    *count = 7;
    int code = call();
    return is_second(device) && code == 0 ? 3 : code;
}

// Slices 0 and 3 of the first GPU exist.
int nvmlDeviceGetMigDeviceHandleByIndex(void *device, unsigned int index, void **slice)
{
    *slice = &slices[index == 3];
    int code = call();
    if (code == 0 && (is_second(device) || (index != 0 && index != 3)))
        return 6;
    return code;
}
