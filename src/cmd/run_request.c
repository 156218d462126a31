#include "cmd/run_request.h"
#include "base/instant.h"
#include "base/json.h"
#include "base/money.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { MEMORY_MIB = 512, MIB = 1 << 20 };

static void member_text(struct json_out *out, str name, const char *text)
{
    if (!text)
        return;
    json_name(out, name);
    json_text(out, str_from(text));
}

static void member_number(struct json_out *out, str name, int64_t value)
{
    json_name(out, name);
    json_i64(out, value);
}

// What options say in a form of their own.
struct asked {
    char chip[4][64], together[16], require[256];
    uint32_t chip_count;
    int64_t share_milli, cpu_milli;
    bool must;
};

// "250m", or "4" and "0.5" when `whole` (a CPU is 1000 of them).
static bool read_milli(const char *name, const char *text, bool whole, int64_t *ret_milli,
                       struct err *err)
{
    str digits = str_from(text);
    decimal number;
    bool milli = digits.len > 1 && digits.ptr[digits.len - 1] == 'm';
    if (milli && str_to_i64((str){digits.ptr, digits.len - 1}, ret_milli) && *ret_milli > 0)
        return true;
    if (whole && !milli && decimal_parse(digits, 3, &number) && number.value > 0 &&
        number.value < INT64_C(1) << 31) {
        *ret_milli = number.value;
        for (uint32_t i = number.scale; i < 3; i++)
            *ret_milli *= 10;
        return true;
    }
    return err_set(err, "--%s: want %s, not %s", name,
                   whole ? "a number of CPUs such as 4, 0.5 or 500m" : "thousandths such as 250m",
                   text);
}

static bool read_chips(const char *text, struct asked *asked, struct err *err)
{
    str rest = str_from(text), one;
    while (rest.len > 0) {
        if (asked->chip_count == 4)
            return err_set(err, "--chip: at most four kinds, with commas between them");
        if (!str_cut(rest, ',', &one, &rest)) {
            one = rest;
            rest = (str){0};
        }
        if (one.len == 0 || !str_copy(one, asked->chip[asked->chip_count++], 64))
            return err_set(err, "--chip: want names of chips with commas, not %s", text);
    }
    return true;
}

static bool add_term(struct asked *asked, const char *mark, const char *term, struct err *err)
{
    size_t used = strlen(asked->require);
    int size = snprintf(asked->require + used, sizeof asked->require - used, "%s%s%s",
                        used ? " " : "", mark, term);
    return (size >= 0 && used + (size_t)size < 128) ||
           err_set(err, "--require and --forbid together are above 127 bytes");
}

static bool read_asked(const struct options *options, struct asked *asked, struct err *err)
{
    const char *chips = options_text(options, "chip"), *share = options_text(options, "share");
    const char *cpu = options_text(options, "cpu"), *level = options_text(options, "together");
    for (uint32_t i = 0; i < options->count; i++) {
        const struct option_value *value = &options->values[i];
        bool forbid = strcmp(value->option->name, "forbid") == 0;
        if ((forbid || strcmp(value->option->name, "require") == 0) &&
            !add_term(asked, forbid ? "!" : "", value->text, err))
            return false;
    }
    if (level) {
        str word = str_from(level);
        asked->must = word.len > 0 && word.ptr[word.len - 1] == '!';
        word.len -= asked->must;
        if (!str_copy(word, asked->together, sizeof asked->together))
            return err_set(err, "--together: want site, block or rack, not %s", level);
    }
    return (!chips || read_chips(chips, asked, err)) &&
           (!share || read_milli("share", share, false, &asked->share_milli, err)) &&
           (!cpu || read_milli("cpu", cpu, true, &asked->cpu_milli, err));
}

static void write_chips(struct json_out *out, const struct asked *asked)
{
    static const str names[] = {
        {"chip",   4},
        {"chip_2", 6},
        {"chip_3", 6},
        {"chip_4", 6}
    };
    for (uint32_t i = 0; i < asked->chip_count; i++)
        member_text(out, names[i], asked->chip[i]);
}

static void member_flag(struct json_out *out, str name, bool value)
{
    if (!value)
        return;
    json_name(out, name);
    json_bool(out, true);
}

static void write_shape(struct json_out *out, const struct options *options,
                        const struct asked *asked)
{
    int64_t bytes = options_number(options, "device-memory", 0);
    if (asked->cpu_milli)
        member_number(out, S("cpu_milli"), asked->cpu_milli);
    if (asked->share_milli)
        member_number(out, S("milli"), asked->share_milli);
    if (bytes)
        member_number(out, S("device_memory_mib"), bytes / MIB + (bytes % MIB != 0));
    if (options_find(options, "nodes"))
        member_number(out, S("nodes"), options_number(options, "nodes", 1));
    member_text(out, S("mig"), options_text(options, "mig"));
    member_text(out, S("together"), asked->together[0] ? asked->together : NULL);
    member_flag(out, S("together_must"), asked->must);
    member_text(out, S("spread"), options_text(options, "spread"));
    member_text(out, S("priority"), options_text(options, "priority"));
    member_text(out, S("class"), options_text(options, "class"));
    member_text(out, S("power"), options_text(options, "power"));
    member_flag(out, S("checkpoints"), options_flag(options, "checkpoints"));
    member_text(out, S("require"), asked->require[0] ? asked->require : NULL);
    member_text(out, S("reservation"), options_text(options, "reservation"));
}

static void write_environment(struct json_out *out, const struct options *options)
{
    json_name(out, S("env"));
    json_object(out);
    for (uint32_t i = 0; i < options->count; i++) {
        str name, value;
        if (strcmp(options->values[i].option->name, "env") != 0 ||
            !str_cut(str_from(options->values[i].text), '=', &name, &value))
            continue;
        json_name(out, name);
        json_text(out, value);
    }
    json_end(out);
}

static bool all_utf8(const struct options *options, struct err *err)
{
    for (uint32_t i = 0; i < options->rest_count; i++)
        if (!str_is_utf8(str_from(options->rest[i])))
            return err_set(err, "word %u of the command is not UTF-8", i + 1);
    for (uint32_t i = 0; i < options->count; i++)
        if (!str_is_utf8(str_from(options->values[i].text)))
            return err_set(err, "--%s: not UTF-8", options->values[i].option->name);
    return true;
}

bool run_request(const struct options *options, struct buf *ret_body, struct err *err)
{
    struct json_out out;
    struct asked asked = {0};
    if (!all_utf8(options, err) || !read_asked(options, &asked, err))
        return false;
    int64_t bytes = options_number(options, "memory", (int64_t)MEMORY_MIB * MIB);
    json_out_init(&out, ret_body);
    json_object(&out);
    member_text(&out, S("account"), options_text(options, "account"));
    json_name(&out, S("argv"));
    json_array(&out);
    for (uint32_t i = 0; i < options->rest_count; i++)
        json_text(&out, str_from(options->rest[i]));
    json_end(&out);
    write_chips(&out, &asked);
    write_shape(&out, options, &asked);
    member_number(&out, S("devices"), options_number(options, "devices", 1));
    member_text(&out, S("directory"), options_text(options, "directory"));
    write_environment(&out, options);
    member_number(&out, S("memory_mib"), bytes / MIB + (bytes % MIB != 0));
    member_text(&out, S("name"), options_text(options, "name"));
    json_name(&out, S("restartable"));
    json_bool(&out, options_flag(options, "restartable"));
    member_text(&out, S("rootfs"), options_text(options, "rootfs"));
    if (options_find(options, "time"))
        member_number(&out, S("time_limit_ms"), options_number(options, "time", 0) / MS_US);
    json_end(&out);
    return true;
}
