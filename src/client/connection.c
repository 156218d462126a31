#include "client/connection.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool put(char *ret_text, size_t size, const char *text, const char *what, struct err *err)
{
    if (!str_copy(str_from(text), ret_text, size))
        return err_set(err, "%s: longer than %zu bytes", what, size - 1);
    return true;
}

static const char *environment(const char *name)
{
    const char *value = getenv(name);
    return value && *value ? value : NULL;
}

bool connection_data_directory(const char *asked, char *ret_path, size_t size, struct err *err)
{
    const char *path = asked ? asked : environment("TATARA_DATA");
    if (path)
        return put(ret_path, size, path, "data directory", err);
    if (geteuid() == 0)
        return put(ret_path, size, "/var/lib/tatara", "data directory", err);
    const char *base = environment("XDG_DATA_HOME"), *home = environment("HOME");
    if (!base && !home)
        return err_set(err, "no data directory: HOME is not set; give --data DIR");
    int len = base ? snprintf(ret_path, size, "%s/tatara", base)
                   : snprintf(ret_path, size, "%s/.local/share/tatara", home);
    if (len < 0 || (size_t)len >= size)
        return err_set(err, "data directory: longer than %zu bytes", size - 1);
    return true;
}

static void close_file(const int *file)
{
    if (*file >= 0)
        close(*file);
}

// The first line of a small file. Absent: true and an empty text.
static bool read_line(const char *folder, const char *name, char *ret_text, size_t size,
                      struct err *err)
{
    char path[CONNECTION_TEXT_MAX + 32];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    *ret_text = '\0';
    __attribute__((cleanup(close_file))) int file = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (file < 0)
        return errno == ENOENT || errno == ENOTDIR || err_set(err, "%s: %s", path, strerror(errno));
    ssize_t len = read(file, ret_text, size - 1);
    if (len < 0)
        return err_set(err, "%s: %s", path, strerror(errno));
    ret_text[len] = '\0';
    ret_text[strcspn(ret_text, "\r\n")] = '\0';
    return true;
}

static bool check_url(struct connection *connection, struct err *err)
{
    str url = str_from(connection->url);
    while (str_ends(url, S("/")))
        url.len--;
    connection->url[url.len] = '\0';
    if (!str_starts(url, S("http://")) && !str_starts(url, S("https://")) &&
        !str_starts(url, S("unix:/")))
        return err_set(err, "%s: '%s' begins neither with http:// nor with https:// or unix:/",
                       connection->url_from, connection->url);
    return true;
}

static bool take(char *text, size_t size, char *from, const char *value, const char *where,
                 struct err *err)
{
    snprintf(from, CONNECTION_TEXT_MAX, "%s", where);
    return put(text, size, value, where, err);
}

static bool find_url(const struct connection_wish *wish, const char *address,
                     struct connection *connection, struct err *err)
{
    char *url = connection->url, *from = connection->url_from;
    const char *of_environment = environment("TATARA_URL");
    // A directory that was asked for by option stands above the environment.
    bool use_data = wish->data && *address;
    if (wish->url)
        return take(url, CONNECTION_TEXT_MAX, from, wish->url, "--url", err);
    if (of_environment && !use_data)
        return take(url, CONNECTION_TEXT_MAX, from, of_environment, "TATARA_URL", err);
    if (*address) {
        int len = snprintf(from, CONNECTION_TEXT_MAX, "%s/address", connection->data);
        return len > 0 && put(url, CONNECTION_TEXT_MAX, address, from, err);
    }
    return err_set(err,
                   "no server is known: there is no %s/address; start one with ./run or: "
                   "tatara up, or give --url or TATARA_URL",
                   connection->data);
}

static bool find_key(const struct connection_wish *wish, const char *address,
                     struct connection *connection, struct err *err)
{
    char *key = connection->key, *from = connection->key_from;
    const char *of_environment = environment("TATARA_KEY");
    if (wish->key)
        return take(key, sizeof connection->key, from, wish->key, "--key", err);
    if (of_environment && !wish->data)
        return take(key, sizeof connection->key, from, of_environment, "TATARA_KEY", err);
    if (strcmp(address, connection->url) != 0)
        return true; // another server: this directory's key is not for it
    snprintf(from, CONNECTION_TEXT_MAX, "%.1000s/admin.key", connection->data);
    if (!read_line(connection->data, "admin.key", key, sizeof connection->key, err))
        return err_add(err, "no access key: give --key or TATARA_KEY");
    return true;
}

bool connection_find(const struct connection_wish *wish, struct connection *ret_connection,
                     struct err *err)
{
    struct connection connection = {0};
    char address[CONNECTION_TEXT_MAX];
    const char *ca = wish->ca ? wish->ca : environment("TATARA_CA");
    if (ca && !put(connection.ca_file, sizeof connection.ca_file, ca, "--ca", err))
        return false;
    if (!connection_data_directory(wish->data, connection.data, sizeof connection.data, err) ||
        !read_line(connection.data, "address", address, sizeof address, err) ||
        !find_url(wish, address, &connection, err) || !check_url(&connection, err) ||
        !find_key(wish, address, &connection, err)) {
        connection_forget(&connection);
        return false;
    }
    *ret_connection = connection;
    return true;
}

const char *connection_socket(const struct connection *connection)
{
    bool local = str_starts(str_from(connection->url), S("unix:"));
    return local ? connection->url + strlen("unix:") : "";
}

const char *connection_origin(const struct connection *connection)
{
    return *connection_socket(connection) ? "http://localhost" : connection->url;
}

void connection_forget(struct connection *connection)
{
    explicit_bzero(connection->key, sizeof connection->key);
}
