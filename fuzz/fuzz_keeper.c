// A keeper's file is taken only when it is of its form, and then writes and reads the same again.
#include "base/must.h"
#include "engine/local/attempt_folder.h"
#include "fuzz.h"
#include <string.h>

const char *const fuzz_seeds[] = {
    "{\"boot_id\":\"0a3c5f6e-7a55-4a07-9a08-2a1f7d0c4e11\",\"keeper_pid\":4711}",
    "{\"cpu_ms\":12,\"energy\":2,\"energy_j\":40,\"memory_peak_bytes\":4096,\"ran_ms\":10000}",
    "{\"boot_id\":\"b\",\"command_pid\":12,\"command_ticks\":99,\"started_us\":1700000000000000}",
    "{\"grace_ms\":10000}",
    "{\"boot_id\":\"b\",\"code\":3,\"cpu_ms\":1,\"dropped_err\":0,\"dropped_out\":7,\"end\":0,"
    "\"energy\":3,\"energy_j\":0,\"memory_peak_bytes\":0,\"ran_ms\":2004,\"signal\":0,"
    "\"text\":\"\"}",
    "{\"account\":1,\"attempt\":1,\"cgroup\":\"g\",\"class_w\":4,\"container\":0,\"cpus\":\"0-3\","
    "\"data\":\"/"
    "d\",\"gpu_minors\":\"\",\"gpu_names\":\"\",\"gpus\":\"\",\"heartbeat_ms\":1000,\"idle_w\":1,"
    "\"job\":17,\"memory_bytes\":0,\"output_bytes_max\":9,\"private_paths\":\"\","
    "\"rootfs_folder\":\"\",\"runc\":\"\",\"token\":\"t\",\"uid\":200001}",
    "job-17.attempt-1",
    NULL};

static union {
    struct attempt_request request;
    struct attempt_keeper keeper;
    struct attempt_usage usage;
    struct attempt_start start;
    struct attempt_stop stop;
    struct attempt_end end;
} record;

static void check_form(const struct attempt_form *form, str text)
{
    struct err err = {{0}};
    struct buf first, second;
    memset(&record, 0, sizeof record);
    if (!attempt_form_parse(form, text, &record, &err)) {
        must(strstr(err.text, form->file)); // it says which file
        return;
    }
    buf_init(&first, ATTEMPT_FILE_MAX);
    buf_init(&second, ATTEMPT_FILE_MAX);
    attempt_form_write(form, &record, &first);
    memset(&record, 0, sizeof record);
    must(attempt_form_parse(form, buf_str(&first), &record, &err));
    attempt_form_write(form, &record, &second);
    must(str_is(buf_str(&first), buf_str(&second)));
    buf_finish(&first);
    buf_finish(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static const struct attempt_form *const forms[] = {&attempt_request_form, &attempt_keeper_form,
                                                       &attempt_usage_form,   &attempt_start_form,
                                                       &attempt_stop_form,    &attempt_end_form};
    str text = {(const char *)bytes, size};
    struct attempt_id id;
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++)
        check_form(forms[i], text);
    if (attempt_id_parse(text, &id)) {
        struct buf again;
        buf_init(&again, 64);
        buf_format(&again, "job-%llu.attempt-%u", (unsigned long long)id.job, id.attempt);
        must(str_is(buf_str(&again), text)); // one text for one attempt
        buf_finish(&again);
    }
    return 0;
}
