#include "host/sysfile.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void close_descriptor(int *descriptor)
{
    if (*descriptor >= 0)
        close(*descriptor);
}

static bool full_path(const char *root, const char *path, char *ret_path, struct err *err)
{
    int length = snprintf(ret_path, SYSFILE_PATH_MAX, "%s%s", root, path);
    if (length < 0 || length >= SYSFILE_PATH_MAX)
        return err_set(err, "%s%s: the path is too long", root, path);
    return true;
}

bool sysfile_exists(const char *root, const char *path)
{
    char full[SYSFILE_PATH_MAX];
    return full_path(root, path, full, NULL) && access(full, F_OK) == 0;
}

bool sysfile_read(const char *root, const char *path, struct buf *out, struct err *err)
{
    char full[SYSFILE_PATH_MAX];
    if (!full_path(root, path, full, err))
        return false;
    __attribute__((cleanup(close_descriptor))) int file = open(full, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return err_set(err, "%s: %s", full, strerror(errno));
    buf_clear(out);
    char part[16 * 1024];
    for (;;) {
        ssize_t got = read(file, part, sizeof part);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return err_set(err, "%s: %s", full, strerror(errno));
        if (got == 0)
            return true;
        buf_add(out, (str){part, (size_t)got});
        if (out->overflow)
            return err_set(err, "%s: larger than %zu bytes", full, out->limit);
    }
}

bool sysfile_text(const char *root, const char *path, char *ret_text, size_t size, struct err *err)
{
    __attribute__((cleanup(buf_finish))) struct buf text;
    buf_init(&text, SYSFILE_MAX);
    if (!sysfile_read(root, path, &text, err))
        return false;
    str trimmed = str_trim(buf_str(&text));
    snprintf(ret_text, size, "%.*s", STR(trimmed));
    return true;
}

bool sysfile_i64(const char *root, const char *path, int64_t *ret_value, struct err *err)
{
    char text[64];
    if (!sysfile_text(root, path, text, sizeof text, err))
        return false;
    if (!str_to_i64(str_from(text), ret_value))
        return err_set(err, "%s%s: \"%.40s\" is not an integer", root, path, text);
    return true;
}

bool sysfile_write(const char *root, const char *path, str text, struct err *err)
{
    char full[SYSFILE_PATH_MAX];
    if (!full_path(root, path, full, err))
        return false;
    __attribute__((cleanup(close_descriptor))) int file =
        open(full, O_WRONLY | O_TRUNC | O_CLOEXEC);
    if (file < 0)
        return err_set(err, "%s: %s", full, strerror(errno));
    ssize_t wrote;
    do
        wrote = write(file, text.ptr, text.len);
    while (wrote < 0 && errno == EINTR);
    if (wrote < 0)
        return err_set(err, "%s: cannot write \"%.*s\": %s", full, STR(text), strerror(errno));
    if ((size_t)wrote != text.len)
        return err_set(err, "%s: took only %zd bytes of \"%.*s\"", full, wrote, STR(text));
    return true;
}

bool sysfile_field(str text, str key, str *ret_value)
{
    while (text.len > 0) {
        str line = text, rest = {0};
        str_cut(text, '\n', &line, &rest);
        text = rest;
        if (!str_starts(line, key))
            continue;
        str value = str_trim(str_skip(line, key.len));
        bool apart = line.len > key.len && strchr(" \t:", line.ptr[key.len]);
        if (!apart)
            continue;
        *ret_value = str_starts(value, S(":")) ? str_trim(str_skip(value, 1)) : value;
        return true;
    }
    return false;
}

bool sysfile_has_word(str text, char mark, str word)
{
    while (text.len > 0) {
        str one = text, rest = {0};
        str_cut(text, mark, &one, &rest);
        if (str_is(one, word))
            return true;
        text = rest;
    }
    return false;
}
