#include "loopback.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <cmocka.h>

static bool read_head(struct loopback *server, int peer)
{
    size_t length = 0;
    while (length + 1 < sizeof server->head) {
        ssize_t got = recv(peer, server->head + length, sizeof server->head - 1 - length, 0);
        if (got <= 0)
            return false;
        length += (size_t)got;
        server->head[length] = '\0';
        if (strstr(server->head, "\r\n\r\n"))
            return true;
    }
    return false;
}

static struct page *find_page(struct loopback *server)
{
    const char *path = strchr(server->head, ' ');
    for (uint32_t i = 0; path && i < server->page_count; i++) {
        size_t length = strlen(server->pages[i].path);
        if (strncmp(path + 1, server->pages[i].path, length) == 0 && path[1 + length] == ' ')
            return &server->pages[i];
    }
    return NULL;
}

// True while the connection may carry another request.
static bool answer(struct loopback *server, int peer)
{
    if (!read_head(server, peer))
        return false;
    __atomic_add_fetch(&server->requests, 1, __ATOMIC_SEQ_CST);
    struct page *page = find_page(server);
    if (!page)
        return false;
    const char *bytes = page->first && page->given < page->first_count ? page->first : page->bytes;
    size_t length = page->length ? page->length : strlen(bytes);
    page->given++;
    for (size_t sent = 0; sent < length;) {
        ssize_t wrote = send(peer, bytes + sent, length - sent, MSG_NOSIGNAL);
        if (wrote <= 0)
            return false;
        sent += (size_t)wrote;
    }
    char byte;
    while (page->hang && recv(peer, &byte, 1, 0) > 0)
        continue;
    struct linger now = {.l_onoff = 1, .l_linger = 0};
    if (page->reset)
        setsockopt(peer, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    return page->hold;
}

static void *serve(void *context)
{
    struct loopback *server = context;
    int peer;
    while ((peer = accept(server->listener, NULL, NULL)) >= 0) {
        __atomic_add_fetch(&server->connections, 1, __ATOMIC_SEQ_CST);
        while (answer(server, peer))
            continue;
        close(peer);
    }
    return NULL;
}

static void bind_somewhere(struct loopback *server)
{
    if (server->unix_path) {
        struct sockaddr_un address = {.sun_family = AF_UNIX};
        snprintf(address.sun_path, sizeof address.sun_path, "%s", server->unix_path);
        unlink(server->unix_path);
        server->listener = socket(AF_UNIX, SOCK_STREAM, 0);
        assert_int_equal(0, bind(server->listener, (struct sockaddr *)&address, sizeof address));
        return;
    }
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    server->listener = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(0, bind(server->listener, (struct sockaddr *)&address, size));
    assert_int_equal(0, getsockname(server->listener, (struct sockaddr *)&address, &size));
    server->port = ntohs(address.sin_port);
}

void loopback_start(struct loopback *server)
{
    bind_somewhere(server);
    assert_int_equal(0, listen(server->listener, 256));
    assert_int_equal(0, pthread_create(&server->thread, NULL, serve, server));
}

void loopback_stop(struct loopback *server)
{
    shutdown(server->listener, SHUT_RDWR);
    assert_int_equal(0, pthread_join(server->thread, NULL));
    close(server->listener);
    if (server->unix_path)
        unlink(server->unix_path);
}
