#include "http/connections.h"
#include "base/must.h"
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

struct connection {
    struct connections *home;
    struct connection *next, *previous;
    int descriptor;
    int64_t deadline_ms; // 0: none
};

struct connections {
    pthread_mutex_t lock;
    pthread_cond_t stop_cond;
    pthread_t thread;
    struct connection *first;
    int64_t idle_ms, receive_ms;
    bool closing;
};

static int64_t clock_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void sweep_locked(struct connections *connections, int64_t now_ms)
{
    for (struct connection *c = connections->first; c; c = c->next) {
        if (c->deadline_ms == 0 || now_ms < c->deadline_ms)
            continue;
        shutdown(c->descriptor, SHUT_RDWR);
        c->deadline_ms = 0;
    }
}

void connections_sweep(struct connections *connections, int64_t now_ms)
{
    must(pthread_mutex_lock(&connections->lock) == 0);
    sweep_locked(connections, now_ms);
    must(pthread_mutex_unlock(&connections->lock) == 0);
}

static void *connections_run(void *context)
{
    struct connections *connections = context;
    must(pthread_mutex_lock(&connections->lock) == 0);
    while (!connections->closing) {
        struct timespec until;
        int64_t pause_ms = connections->receive_ms < 4000 ? connections->receive_ms / 4 : 1000;
        clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_nsec += pause_ms * 1000000;
        until.tv_sec += until.tv_nsec / 1000000000;
        until.tv_nsec %= 1000000000;
        pthread_cond_timedwait(&connections->stop_cond, &connections->lock, &until);
        sweep_locked(connections, clock_ms());
    }
    must(pthread_mutex_unlock(&connections->lock) == 0);
    return NULL;
}

struct connections *connections_create(uint32_t idle_ms, uint32_t receive_ms)
{
    struct connections *connections = calloc(1, sizeof *connections);
    must(connections);
    connections->idle_ms = idle_ms;
    connections->receive_ms = receive_ms;
    must(pthread_mutex_init(&connections->lock, NULL) == 0);
    pthread_condattr_t monotonic;
    must(pthread_condattr_init(&monotonic) == 0);
    must(pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC) == 0);
    must(pthread_cond_init(&connections->stop_cond, &monotonic) == 0);
    pthread_condattr_destroy(&monotonic);
    must(pthread_create(&connections->thread, NULL, connections_run, connections) == 0);
    return connections;
}

void connections_destroy(struct connections *connections)
{
    if (!connections)
        return;
    must(pthread_mutex_lock(&connections->lock) == 0);
    connections->closing = true;
    pthread_cond_signal(&connections->stop_cond);
    must(pthread_mutex_unlock(&connections->lock) == 0);
    must(pthread_join(connections->thread, NULL) == 0);
    must(!connections->first);
    pthread_cond_destroy(&connections->stop_cond);
    pthread_mutex_destroy(&connections->lock);
    free(connections);
}

static void set_deadline(struct connection *connection, int64_t deadline_ms)
{
    must(pthread_mutex_lock(&connection->home->lock) == 0);
    connection->deadline_ms = deadline_ms;
    must(pthread_mutex_unlock(&connection->home->lock) == 0);
}

struct connection *connection_open(struct connections *connections, int descriptor)
{
    struct connection *connection = calloc(1, sizeof *connection);
    must(connection);
    connection->home = connections;
    connection->descriptor = descriptor;
    connection->deadline_ms = clock_ms() + connections->receive_ms;
    must(pthread_mutex_lock(&connections->lock) == 0);
    connection->next = connections->first;
    if (connection->next)
        connection->next->previous = connection;
    connections->first = connection;
    must(pthread_mutex_unlock(&connections->lock) == 0);
    return connection;
}

void connection_close(struct connection *connection)
{
    struct connections *connections = connection->home;
    must(pthread_mutex_lock(&connections->lock) == 0);
    if (connection->previous)
        connection->previous->next = connection->next;
    else
        connections->first = connection->next;
    if (connection->next)
        connection->next->previous = connection->previous;
    must(pthread_mutex_unlock(&connections->lock) == 0);
    free(connection);
}

void connection_receives(struct connection *connection)
{
    set_deadline(connection, clock_ms() + connection->home->receive_ms);
}

void connection_answers(struct connection *connection)
{
    set_deadline(connection, 0);
}

void connection_rests(struct connection *connection)
{
    set_deadline(connection, clock_ms() + connection->home->idle_ms);
}
