#include "client/test/script.h"
#include "base/must.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

static size_t body_length(const char *head)
{
    const char *line = strcasestr(head, "\r\ncontent-length:");
    return line ? strtoul(line + 17, NULL, 10) : 0;
}

// Reads a request and its body.
static void read_request(int peer, char *head)
{
    size_t len = 0;
    for (;;) {
        ssize_t got = read(peer, head + len, SCRIPT_HEAD_MAX - 1 - len);
        if (got <= 0)
            return;
        len += (size_t)got;
        head[len] = '\0';
        const char *end = strstr(head, "\r\n\r\n");
        if (end && len >= (size_t)(end - head) + 4 + body_length(head))
            return;
    }
}

static void write_text(int peer, const char *text)
{
    size_t left = strlen(text);
    while (left > 0) {
        ssize_t sent = send(peer, text, left, MSG_NOSIGNAL);
        if (sent <= 0)
            return;
        text += sent;
        left -= (size_t)sent;
    }
}

static void *serve(void *context)
{
    static const char none[] = "HTTP/1.1 500 X\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    struct script *script = context;
    for (;;) {
        int peer = accept(script->listener, NULL, NULL);
        if (peer < 0)
            return NULL;
        uint32_t number = script->connections;
        if (number < SCRIPT_REPLIES_MAX)
            read_request(peer, script->heads[number]);
        write_text(peer, number < script->count ? script->replies[number] : none);
        script->connections++;
        shutdown(peer, SHUT_RDWR);
        close(peer);
    }
}

void script_start(struct script *script)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    script->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    must(script->listener >= 0);
    must(bind(script->listener, (struct sockaddr *)&address, size) == 0);
    must(listen(script->listener, 16) == 0);
    must(getsockname(script->listener, (struct sockaddr *)&address, &size) == 0);
    script->port = ntohs(address.sin_port);
    must(pthread_create(&script->thread, NULL, serve, script) == 0);
}

void script_stop(struct script *script)
{
    shutdown(script->listener, SHUT_RDWR);
    pthread_join(script->thread, NULL);
    close(script->listener);
}
