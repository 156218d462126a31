#include "cmd/house_files.h"
#include "base/codec.h"
#include "base/digest.h"
#include "http/secret.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { PATH_ROOM = 4096, TEXT_ROOM = 512 };

static bool path_of(const char *directory, const char *name, char *ret_path, struct err *err)
{
    if (snprintf(ret_path, PATH_ROOM, "%s/%s", directory, name) < PATH_ROOM)
        return true;
    return err_set(err, "%s: the path is too long", directory);
}

static void close_descriptor(int *descriptor)
{
    if (*descriptor >= 0)
        close(*descriptor);
}

// The first line of a file. ret_found: it is there.
static bool read_line(const char *path, char *ret_text, size_t room, bool *ret_found,
                      struct err *err)
{
    __attribute__((cleanup(close_descriptor))) int file = open(path, O_RDONLY | O_CLOEXEC);
    *ret_found = file >= 0;
    if (file < 0)
        return errno == ENOENT || err_set(err, "%s: %s", path, strerror(errno));
    ssize_t length = read(file, ret_text, room - 1);
    if (length < 0)
        return err_set(err, "%s: %s", path, strerror(errno));
    ret_text[length] = 0;
    ret_text[strcspn(ret_text, "\r\n")] = 0;
    return true;
}

static bool sync_directory(const char *directory)
{
    __attribute__((cleanup(close_descriptor))) int file =
        open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return file >= 0 && fsync(file) == 0;
}

static bool write_aside(const char *path, const char *text)
{
    __attribute__((cleanup(close_descriptor))) int file =
        open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    size_t length = strlen(text);
    return file >= 0 && write(file, text, length) == (ssize_t)length && fsync(file) == 0;
}

static bool write_line(const char *directory, const char *name, const char *text, struct err *err)
{
    char path[PATH_ROOM], aside[PATH_ROOM], line[TEXT_ROOM];
    if (!path_of(directory, name, path, err))
        return false;
    if (snprintf(aside, sizeof aside, "%s.new", path) >= (int)sizeof aside ||
        snprintf(line, sizeof line, "%s\n", text) >= (int)sizeof line)
        return err_set(err, "%s: too long", path);
    if (write_aside(aside, line) && rename(aside, path) == 0 && sync_directory(directory))
        return true;
    err_set(err, "%s: it cannot be written: %s", path, strerror(errno));
    unlink(aside);
    return false;
}

bool house_secret(const char *directory, bool make, uint8_t ret_secret[32], struct err *err)
{
    char path[PATH_ROOM], text[TEXT_ROOM] = "";
    bool found;
    if (!path_of(directory, "secret.key", path, err) ||
        !read_line(path, text, sizeof text, &found, err))
        return false;
    if (!found && !make)
        return err_set(err,
                       "%s is missing: without it no access key can be checked; bring it back "
                       "from a backup",
                       path);
    if (found && !hex_decode(str_from(text), ret_secret, 32))
        return err_set(err, "%s: want 64 hex digits; bring it back from a backup", path);
    if (found)
        return true;
    digest_random(ret_secret, 32);
    hex_encode(ret_secret, 32, text);
    text[64] = 0;
    return write_line(directory, "secret.key", text, err);
}

bool house_admin_key(const char *directory, char *ret_key, size_t room, struct err *err)
{
    char path[PATH_ROOM];
    bool found;
    if (!path_of(directory, "admin.key", path, err) || !read_line(path, ret_key, room, &found, err))
        return false;
    if (found && !secret_valid(str_from(ret_key)))
        return err_set(err, "%s: it holds no access key; remove it and start again", path);
    return found || house_new_admin_key(directory, ret_key, room, err);
}

bool house_new_admin_key(const char *directory, char *ret_key, size_t room, struct err *err)
{
    struct secret secret = secret_random();
    if (!str_copy(str_from(secret.text), ret_key, room))
        return err_set(err, "admin.key: no room for a key");
    return write_line(directory, "admin.key", secret.text, err);
}

bool house_has_admin_key(const char *directory)
{
    char path[PATH_ROOM];
    struct err err;
    return path_of(directory, "admin.key", path, &err) && access(path, R_OK) == 0;
}

bool house_write_address(const char *directory, const char *url, struct err *err)
{
    return write_line(directory, "address", url, err);
}

void house_remove_address(const char *directory)
{
    char path[PATH_ROOM];
    struct err err;
    if (path_of(directory, "address", path, &err))
        unlink(path);
}
