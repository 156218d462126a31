// A user's spec is taken only within its limits, and what it says then stands in the container's
// config.json as arguments, environment and directory, and nowhere else.
#include "base/json.h"
#include "base/must.h"
#include "engine/local/container/oci.h"
#include "fuzz.h"
#include <string.h>

const char *const fuzz_seeds[] = {
    "{\"argv\":[\"sh\",\"-c\",\"echo hello\"],\"env\":{\"A\":\"b\"},\"directory\":\"\","
    "\"rootfs\":\"\"}",
    "{\"argv\":[\"python3\",\"train.py\"],\"directory\":\"a/b\",\"rootfs\":\"/images/x\"}",
    "{\"argv\":[\"\\\",\\\"x\\\":\\\"\",\"\\u0001\\n\"],\"env\":{\"PATH\":\"/bin\",\"HOME\":\"/"
    "\"}}",
    "{\"argv\":[\"a\"],\"directory\":\"a/../b\"}", NULL};

static void check_config(const struct spec *spec, const struct json *root)
{
    const struct json *process = json_member(root, S("process"));
    const struct json *args = json_member(process, S("args"));
    struct err err;
    str text;
    bool privileges = false;
    must(root->count == 6 && process && args && args->count == spec->argv_count + 2);
    const struct json *argument = args->first;
    must(str_is(argument->text, S("/.init")));
    argument = argument->next->next; // past the directory
    for (uint32_t i = 0; i < spec->argv_count; i++, argument = argument->next)
        must(str_is(argument->text, str_from(spec->argv[i])));
    must(json_get_bool(process, S("noNewPrivileges"), &privileges, &err) && privileges);
    must(json_get_text(process, S("cwd"), &text, &err) && str_is(text, S("/")));
    int64_t uid = 0;
    must(json_get_i64(json_member(process, S("user")), S("uid"), &uid, &err) && uid == 200001);
}

static void check_bundle(const struct spec *spec, struct arena *arena)
{
    static struct attempt_request request;
    static struct container_root tree = {
        .names = {"usr", "etc"},
          .count = 2, .host = true
    };
    struct command_plan plan = {.request = &request, .spec = spec, .path = "/data/jobs/job-1"};
    struct err err;
    struct buf text;
    const struct json *root;
    request.uid = 200001;
    request.job = 1;
    struct oci_bundle bundle = {.plan = &plan,
                                .root = &tree,
                                .environment = command_environment(&plan, "/job", arena, &err),
                                .directory = "/job"};
    must(bundle.environment);
    buf_init(&text, 8 << 20);
    oci_write(&bundle, &text);
    must(!text.overflow && json_read(buf_str(&text), text.len, arena, &root, &err));
    check_config(spec, root);
    buf_finish(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct arena arena;
    struct spec spec;
    struct err err = {{0}};
    arena_init(&arena, 64 << 20);
    if (spec_parse((str){(const char *)bytes, size}, &arena, &spec, &err)) {
        must(spec.argv_count >= 1 && spec.argv_count <= SPEC_ARGUMENTS_MAX);
        must(!spec.argv[spec.argv_count] && !spec.env[spec.env_count]);
        must(spec.argv[0][0] && !strstr(spec.directory, "/../"));
        must(!spec.rootfs[0] || spec.rootfs[0] == '/');
        check_bundle(&spec, &arena);
    } else {
        must(strstr(err.text, "job"));
    }
    arena_finish(&arena);
    return 0;
}
