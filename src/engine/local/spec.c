#include "engine/local/spec.h"
#include "base/json.h"
#include <string.h>

static bool text_is_clean(str text, size_t size_max)
{
    return text.len <= size_max && (text.len == 0 || !memchr(text.ptr, 0, text.len));
}

static bool parse_argv(const struct json *list, struct arena *arena, struct spec *spec,
                       struct err *err)
{
    if (!list || list->kind != JSON_ARRAY || list->count < 1 || list->count > SPEC_ARGUMENTS_MAX)
        return err_set(err, "argv: want a list of 1 to %d texts", SPEC_ARGUMENTS_MAX);
    spec->argv = arena_take(arena, (list->count + 1) * sizeof *spec->argv);
    if (!spec->argv)
        return err_set(err, "argv: too large");
    for (const struct json *item = list->first; item; item = item->next) {
        if (item->kind != JSON_TEXT || !text_is_clean(item->text, SPEC_TEXT_MAX))
            return err_set(err, "argv[%u]: want a text of at most %d bytes without a zero byte",
                           spec->argv_count, SPEC_TEXT_MAX);
        spec->argv[spec->argv_count++] = arena_cstr(arena, item->text);
    }
    if (spec->argv[0] && spec->argv[0][0] == 0)
        return err_set(err, "argv[0]: empty: name the program to run");
    return true;
}

static bool parse_env(const struct json *object, struct arena *arena, struct spec *spec,
                      struct err *err)
{
    uint32_t count = object ? object->count : 0;
    if (object && (object->kind != JSON_OBJECT || count > SPEC_ARGUMENTS_MAX))
        return err_set(err, "env: want an object of at most %d texts", SPEC_ARGUMENTS_MAX);
    spec->env = arena_take(arena, (count + 1) * sizeof *spec->env);
    if (!spec->env)
        return err_set(err, "env: too large");
    for (const struct json *item = object ? object->first : NULL; item; item = item->next) {
        bool named = item->name.len > 0 && text_is_clean(item->name, SPEC_TEXT_MAX) &&
                     !memchr(item->name.ptr, '=', item->name.len);
        if (!named)
            return err_set(err, "env: a name is empty, too long, or holds '=' or a zero byte");
        if (item->kind != JSON_TEXT || item->name.len + item->text.len >= SPEC_TEXT_MAX ||
            !text_is_clean(item->text, SPEC_TEXT_MAX))
            return err_set(err, "env.%.*s: want a text of at most %d bytes without a zero byte",
                           (int)(item->name.len > 80 ? 80 : item->name.len), item->name.ptr,
                           SPEC_TEXT_MAX - 1);
        spec->env[spec->env_count++] =
            arena_format(arena, "%.*s=%.*s", STR(item->name), STR(item->text)).ptr;
    }
    return true;
}

static bool climbs(str path)
{
    str head, rest = path;
    while (str_cut(rest, '/', &head, &rest))
        if (str_is(head, S("..")))
            return true;
    return str_is(rest, S(".."));
}

static bool parse_path(const struct json *member, const char *name, struct arena *arena,
                       const char **ret_path, struct err *err)
{
    str path = member ? member->text : S("");
    if (member && (member->kind != JSON_TEXT || !text_is_clean(path, SPEC_PATH_MAX)))
        return err_set(err, "%s: want a path of at most %d bytes", name, SPEC_PATH_MAX);
    if (climbs(path))
        return err_set(err, "%s: \"..\" is not taken: write the path without it", name);
    *ret_path = arena_cstr(arena, path);
    return true;
}

static bool check_members(const struct json *root, struct err *err)
{
    for (const struct json *item = root->first; item; item = item->next) {
        bool known = str_is(item->name, S("argv")) || str_is(item->name, S("env")) ||
                     str_is(item->name, S("directory")) || str_is(item->name, S("rootfs"));
        if (!known)
            return err_set(err,
                           "line %u: unknown member; a job has argv, env, directory and rootfs",
                           item->line);
    }
    return true;
}

bool spec_parse(str text, struct arena *arena, struct spec *ret_spec, struct err *err)
{
    const struct json *root;
    struct spec spec = {0};
    if (!json_read(text, SPEC_BYTES_MAX, arena, &root, err))
        return err_add(err, "job");
    if (root->kind != JSON_OBJECT)
        return err_set(err, "job: want an object with argv");
    if (!check_members(root, err) || !parse_argv(json_member(root, S("argv")), arena, &spec, err) ||
        !parse_env(json_member(root, S("env")), arena, &spec, err) ||
        !parse_path(json_member(root, S("directory")), "directory", arena, &spec.directory, err) ||
        !parse_path(json_member(root, S("rootfs")), "rootfs", arena, &spec.rootfs, err))
        return err_add(err, "job");
    if (arena->full)
        return err_set(err, "job: too large");
    if (spec.rootfs[0] && spec.rootfs[0] != '/')
        return err_set(err, "job: rootfs: want an absolute path");
    *ret_spec = spec;
    return true;
}
