#include "base/json.h"
#include "cmd/commands_all.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { FILE_MAX = 64 * 1024 * 1024 };

static void close_file(FILE **file)
{
    if (*file && *file != stdin)
        fclose(*file);
}

static bool read_file(const char *name, struct buf *out, struct err *err)
{
    bool standard = strcmp(name, "-") == 0;
    __attribute__((cleanup(close_file))) FILE *file = standard ? stdin : fopen(name, "rbe");
    if (!file)
        return err_set(err, "%s: %s", name, strerror(errno));
    char bytes[64 * 1024];
    size_t len;
    while (!out->overflow && (len = fread(bytes, 1, sizeof bytes, file)) > 0)
        buf_add(out, (str){bytes, len});
    if (ferror(file))
        return err_set(err, "%s: %s", name, strerror(errno));
    return !out->overflow || err_set(err, "%s: above %d bytes", name, FILE_MAX);
}

static bool print_canonical(const char *name, struct buf *text, struct arena *arena,
                            struct buf *out, struct err *err)
{
    const struct json *root;
    if (!read_file(name, text, err))
        return false;
    if (!json_read(buf_str(text), FILE_MAX, arena, &root, err) ||
        !json_write_canonical(root, out, err))
        return err_add(err, "%s", name);
    return fwrite(out->ptr, 1, out->len, stdout) == out->len && putchar('\n') != EOF &&
           fflush(stdout) == 0;
}

int cmd_lab_json(struct invocation *invocation)
{
    struct arena arena;
    struct buf text, out;
    struct err err = {0};
    arena_init(&arena, (size_t)16 * FILE_MAX);
    buf_init(&text, FILE_MAX);
    buf_init(&out, (size_t)8 * FILE_MAX);
    bool good = print_canonical(invocation->options.words[0], &text, &arena, &out, &err);
    if (!good)
        fprintf(stderr, "error: %s\n",
                err.text[0] ? err.text : "standard output cannot be written");
    arena_finish(&arena);
    buf_finish(&text);
    buf_finish(&out);
    return good ? EXIT_DONE : EXIT_REFUSED;
}
