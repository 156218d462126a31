#include "bench/load_client.h"
#include "base/must.h"
#include "bench/bench.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { REQUEST_MAX = 4096, REPLY_MAX = 256 * 1024, EVENTS = 64, TICK_MS = 1 };

struct link {
    int descriptor;
    bool reads, waits; // a reader; a reply is awaited
    double sent_s, due_s;
    struct buf request, reply;
};

struct load {
    const struct load_plan *plan;
    struct load_result result;
    struct link *links;
    uint32_t count;
    int epoll;
    uint64_t numbers[2]; // of the next write, of the next read
};

static void give_up(const char *what)
{
    fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
    exit(1);
}

static int dial(uint16_t port)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int on = 1, descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0 || connect(descriptor, (struct sockaddr *)&address, sizeof address) != 0)
        give_up("connect");
    setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return descriptor;
}

// Bytes of a whole reply at the beginning of `reply`, 0 when it is not whole yet.
static size_t whole_reply(const struct buf *reply, size_t *ret_head)
{
    static const char end[] = "\r\n\r\n", name[] = "\r\nContent-Length: ";
    const char *head_end = memmem(reply->ptr, reply->len, end, 4);
    if (!head_end)
        return 0;
    size_t head = (size_t)(head_end - reply->ptr) + 4;
    const char *length = memmem(reply->ptr, head, name, sizeof name - 1);
    size_t body = length ? strtoul(length + sizeof name - 1, NULL, 10) : 0;
    *ret_head = head;
    return reply->len < head + body ? 0 : head + body;
}

static int status_of(const struct buf *reply)
{
    return reply->len > 12 ? (int)strtol(reply->ptr + 9, NULL, 10) : 0;
}

static void send_all(int descriptor, str bytes)
{
    while (bytes.len > 0) {
        ssize_t sent = send(descriptor, bytes.ptr, bytes.len, MSG_NOSIGNAL);
        if (sent < 0)
            give_up("send");
        bytes = str_skip(bytes, (size_t)sent);
    }
}

static void receive_more(int descriptor, struct buf *reply)
{
    enum { PIECE = 16 * 1024 };
    char *room = buf_extend(reply, PIECE);
    must(room);
    ssize_t got = recv(descriptor, room, PIECE, 0);
    if (got <= 0)
        give_up("the server ended a connection");
    reply->len -= PIECE - (size_t)got;
}

int load_once(uint16_t port, str request, struct buf *ret_body)
{
    struct buf reply;
    size_t head = 0, whole;
    int descriptor = dial(port);
    buf_init(&reply, REPLY_MAX * 4);
    send_all(descriptor, request);
    while (!(whole = whole_reply(&reply, &head)))
        receive_more(descriptor, &reply);
    int status = status_of(&reply);
    buf_clear(ret_body);
    buf_add(ret_body, (str){reply.ptr + head, whole - head});
    buf_finish(&reply);
    close(descriptor);
    return status;
}

static void times_add(struct load_times *times, double seconds)
{
    if (times->count == times->room) {
        times->room = times->room ? times->room * 2 : 1 << 16;
        times->values = realloc(times->values, times->room * sizeof *times->values);
        must(times->values);
    }
    times->values[times->count++] = (uint32_t)(seconds * 1e6);
}

static void send_next(struct load *load, struct link *link)
{
    const struct load_plan *plan = load->plan;
    buf_clear(&link->request);
    buf_clear(&link->reply);
    uint64_t number = load->numbers[link->reads]++;
    (link->reads ? plan->read_request : plan->write_request)(plan->context, number, &link->request);
    must(!link->request.overflow);
    link->waits = true;
    link->sent_s = bench_wall_s();
    link->due_s += 1e-6 * (double)plan->read_every_us;
    if (link->due_s < link->sent_s)
        link->due_s = link->sent_s;
    send_all(link->descriptor, buf_str(&link->request));
}

static void take_reply(struct load *load, struct link *link, bool more)
{
    size_t head;
    receive_more(link->descriptor, &link->reply);
    if (!whole_reply(&link->reply, &head))
        return;
    struct load_result *result = &load->result;
    int status = status_of(&link->reply);
    link->waits = false;
    times_add(link->reads ? &result->reads : &result->writes, bench_wall_s() - link->sent_s);
    bool good = status >= 200 && status < 300;
    result->done += good && !link->reads;
    if (!good && result->refused++ == 0)
        fprintf(stderr, "load: refused: %.*s\n", (int)link->reply.len, link->reply.ptr);
    if (!link->reads && more)
        send_next(load, link);
}

static void open_links(struct load *load)
{
    const struct load_plan *plan = load->plan;
    load->count = plan->writers + plan->readers;
    load->links = calloc(load->count, sizeof *load->links);
    load->epoll = epoll_create1(EPOLL_CLOEXEC);
    must(load->links && load->epoll >= 0);
    for (uint32_t i = 0; i < load->count; i++) {
        struct link *link = &load->links[i];
        link->descriptor = dial(plan->port);
        link->reads = i >= plan->writers;
        buf_init(&link->request, REQUEST_MAX);
        buf_init(&link->reply, REPLY_MAX);
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = link};
        must(epoll_ctl(load->epoll, EPOLL_CTL_ADD, link->descriptor, &event) == 0);
    }
}

static void close_links(struct load *load)
{
    for (uint32_t i = 0; i < load->count; i++) {
        close(load->links[i].descriptor);
        buf_finish(&load->links[i].request);
        buf_finish(&load->links[i].reply);
    }
    close(load->epoll);
    free(load->links);
}

static uint32_t awaited(const struct load *load)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < load->count; i++)
        count += load->links[i].waits;
    return count;
}

static void send_reads(struct load *load, double now_s)
{
    for (uint32_t i = load->plan->writers; i < load->count; i++)
        if (!load->links[i].waits && load->links[i].due_s <= now_s)
            send_next(load, &load->links[i]);
}

struct load_result load_run(const struct load_plan *plan)
{
    struct load load = {.plan = plan};
    struct epoll_event events[EVENTS];
    open_links(&load);
    double begin_s = bench_wall_s(), now_s = begin_s;
    for (uint32_t i = 0; i < plan->readers; i++)
        load.links[plan->writers + i].due_s =
            begin_s + 1e-6 * (double)(plan->read_every_us * i / plan->readers);
    for (uint32_t i = 0; i < plan->writers; i++)
        send_next(&load, &load.links[i]);
    for (;;) {
        bool more = now_s - begin_s < plan->seconds;
        if (!more && awaited(&load) == 0)
            break;
        if (more)
            send_reads(&load, now_s);
        int count = epoll_wait(load.epoll, events, EVENTS, plan->readers ? TICK_MS : -1);
        must(count >= 0 || errno == EINTR);
        for (int i = 0; i < count; i++)
            take_reply(&load, events[i].data.ptr, more);
        now_s = bench_wall_s();
    }
    load.result.seconds = now_s - begin_s;
    close_links(&load);
    return load.result;
}

void load_result_finish(struct load_result *result)
{
    free(result->writes.values);
    free(result->reads.values);
    *result = (struct load_result){0};
}

static int by_value(const void *a, const void *b)
{
    uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
    return (left > right) - (left < right);
}

uint32_t load_percentile(struct load_times *times, double part)
{
    if (times->count == 0)
        return 0;
    qsort(times->values, times->count, sizeof *times->values, by_value);
    return times->values[(uint64_t)((double)(times->count - 1) * part)];
}
