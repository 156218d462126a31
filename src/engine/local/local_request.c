#include "engine/local/local_request.h"
#include "base/codec.h"
#include "base/digest.h"
#include "host/power.h"
#include <stdio.h>
#include <string.h>

enum listed { LIST_CORES, LIST_GPUS, LIST_NAMES, LIST_MINORS };

// Numbers with commas between, in the order of the node's devices.
static bool list_devices(const struct local_setup *setup, const device_set *set, enum listed listed,
                         char *ret_text, size_t size)
{
    struct buf text;
    buf_init(&text, size - 1);
    for (uint32_t i = device_set_next(set, 0); i < DEVICE_SET_MAX;
         i = device_set_next(set, i + 1)) {
        const struct local_device *device = &setup->devices[i];
        if ((device->kind == LOCAL_CORE) != (listed == LIST_CORES))
            continue;
        if (text.len)
            buf_byte(&text, ',');
        if (listed == LIST_NAMES && device->uuid[0])
            buf_add(&text, str_from(device->uuid));
        else
            buf_u64(&text, listed == LIST_MINORS ? device->minor : device->number);
    }
    bool fits = !text.overflow && str_copy(buf_str(&text), ret_text, size);
    buf_finish(&text);
    return fits;
}

static void take_watts(const struct local_setup *setup, const device_set *set,
                       struct attempt_request *request)
{
    uint32_t first = device_set_next(set, 0);
    if (first < setup->device_count) {
        request->idle_w = setup->devices[first].idle_w;
        request->class_w = setup->devices[first].class_w;
    }
    if (request->class_w <= 0) {
        request->idle_w = POWER_CORE_IDLE_W;
        request->class_w = POWER_CORE_CLASS_W;
    }
}

static bool check_devices(const struct local_setup *setup, const device_set *set, struct err *err)
{
    for (uint32_t i = device_set_next(set, 0); i < DEVICE_SET_MAX; i = device_set_next(set, i + 1))
        if (i >= setup->device_count)
            return err_set(err, "device %u is not of this node, which has %u", i,
                           setup->device_count);
    return true;
}

bool local_request_make(const struct local_setup *setup, const struct engine_start *start,
                        struct attempt_request *ret_request, struct err *err)
{
    struct attempt_request *request = ret_request;
    uint8_t token[16];
    *request = (struct attempt_request){.job = (int64_t)start->job,
                                        .attempt = start->attempt,
                                        .account = (int64_t)start->account,
                                        .container = setup->container,
                                        .memory_bytes = start->memory_bytes,
                                        .heartbeat_ms = setup->heartbeat_ms,
                                        .output_bytes_max = setup->output_bytes_max};
    if (!check_devices(setup, &start->devices, err))
        return false;
    if (start->account > (uint64_t)(INT32_MAX - setup->uid_base))
        return err_set(err, "account %llu: no uid is left for it",
                       (unsigned long long)start->account);
    request->uid = setup->uid_base + (int64_t)start->account;
    take_watts(setup, &start->devices, request);
    if (!list_devices(setup, &start->devices, LIST_CORES, request->cpus, sizeof request->cpus) ||
        !list_devices(setup, &start->devices, LIST_GPUS, request->gpus, sizeof request->gpus) ||
        !list_devices(setup, &start->devices, LIST_NAMES, request->gpu_names,
                      sizeof request->gpu_names) ||
        !list_devices(setup, &start->devices, LIST_MINORS, request->gpu_minors,
                      sizeof request->gpu_minors))
        return err_set(err, "devices: too many to list");
    digest_random(token, sizeof token);
    hex_encode(token, sizeof token, request->token);
    snprintf(request->cgroup, sizeof request->cgroup, "%s.j%llu.a%u", setup->group,
             (unsigned long long)start->job, start->attempt);
    memcpy(request->data, setup->data, sizeof request->data);
    memcpy(request->runc, setup->runc, sizeof request->runc);
    memcpy(request->rootfs_folder, setup->rootfs_folder, sizeof request->rootfs_folder);
    memcpy(request->private_paths, setup->private_paths, sizeof request->private_paths);
    return true;
}
