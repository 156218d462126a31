#include "http/listen.h"
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { BACKLOG = 512 };

static bool close_and_say(int descriptor, struct err *err, const char *what, const char *where)
{
    int why = errno;
    close(descriptor);
    return err_set(err, "%s %s: %s%s", what, where, strerror(why),
                   why == EADDRINUSE ? "; stop the other server, or give another --listen" : "");
}

static bool listen_unix(const char *path, int *ret_descriptor, struct err *err)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path)
        return err_set(err, "listen: the path %s is longer than a unix socket's may be", path);
    memcpy(address.sun_path, path, strlen(path) + 1);
    int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (descriptor < 0)
        return err_set(err, "listen on %s: %s", path, strerror(errno));
    struct stat status;
    if (lstat(path, &status) == 0 && S_ISSOCK(status.st_mode))
        unlink(path);
    if (bind(descriptor, (struct sockaddr *)&address, sizeof address) < 0 ||
        chmod(path, 0660) < 0 || listen(descriptor, BACKLOG) < 0)
        return close_and_say(descriptor, err, "listen on", path);
    *ret_descriptor = descriptor;
    return true;
}

static socklen_t address_fill(const struct http_config *config, struct sockaddr_storage *storage)
{
    struct sockaddr_in *four = (struct sockaddr_in *)storage;
    struct sockaddr_in6 *six = (struct sockaddr_in6 *)storage;
    memset(storage, 0, sizeof *storage);
    if (inet_pton(AF_INET, config->address, &four->sin_addr) == 1) {
        four->sin_family = AF_INET;
        four->sin_port = htons(config->port);
        return sizeof *four;
    }
    if (inet_pton(AF_INET6, config->address, &six->sin6_addr) != 1)
        return 0;
    six->sin6_family = AF_INET6;
    six->sin6_port = htons(config->port);
    return sizeof *six;
}

static uint16_t port_of(int descriptor)
{
    struct sockaddr_storage storage;
    socklen_t size = sizeof storage;
    if (getsockname(descriptor, (struct sockaddr *)&storage, &size) < 0)
        return 0;
    return storage.ss_family == AF_INET6 ? ntohs(((struct sockaddr_in6 *)&storage)->sin6_port)
                                         : ntohs(((struct sockaddr_in *)&storage)->sin_port);
}

bool listen_open(const struct http_config *config, int *ret_descriptor, uint16_t *ret_port,
                 struct err *err)
{
    if (config->unix_path) {
        *ret_port = 0;
        return listen_unix(config->unix_path, ret_descriptor, err);
    }
    struct sockaddr_storage storage;
    socklen_t size = address_fill(config, &storage);
    if (size == 0)
        return err_set(err, "listen: %s is not an IP address", config->address);
    char where[INET6_ADDRSTRLEN + 16];
    snprintf(where, sizeof where, "%.*s port %u", INET6_ADDRSTRLEN, config->address, config->port);
    int descriptor = socket(storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (descriptor < 0)
        return err_set(err, "listen on %s: %s", where, strerror(errno));
    int yes = 1;
    if (setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) < 0 ||
        bind(descriptor, (struct sockaddr *)&storage, size) < 0 || listen(descriptor, BACKLOG) < 0)
        return close_and_say(descriptor, err, "listen on", where);
    *ret_port = port_of(descriptor);
    *ret_descriptor = descriptor;
    return true;
}
