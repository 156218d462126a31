#include "net/fetch_loop.h"
#include "base/must.h"
#include "net/fetch_next.h"
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { KEEP_ON_MS = 100, WAIT_MS_MAX = 60 * 1000, CONNECTIONS_KEPT = 64 };

enum order_kind { ORDER_START, ORDER_CANCEL, ORDER_RESUME };

// What other threads ask of the loop's thread.
struct order {
    struct order *next;
    enum order_kind kind;
    uint64_t id;
    struct transfer *transfer;
};

struct fetch_loop {
    CURLM *multi;
    struct transfer *transfers; // only the loop's thread
    uint32_t count;
    pthread_t thread;
    bool threaded;
    struct rng rng; // spreads tries

    pthread_mutex_t mutex; // guards what follows
    struct order *orders, **orders_end;
    uint64_t last_id;
    bool ending;
};

static void loop_lock(struct fetch_loop *loop)
{
    must(pthread_mutex_lock(&loop->mutex) == 0);
}

static void loop_unlock(struct fetch_loop *loop)
{
    must(pthread_mutex_unlock(&loop->mutex) == 0);
}

// --- orders from any thread ---

static uint64_t give_order(struct fetch_loop *loop, struct order order)
{
    struct order *kept = malloc(sizeof *kept);
    must(kept);
    *kept = order;
    loop_lock(loop);
    if (kept->transfer)
        kept->transfer->id = kept->id = ++loop->last_id;
    uint64_t id = kept->id; // kept may be gone once the lock is
    *loop->orders_end = kept;
    loop->orders_end = &kept->next;
    loop_unlock(loop);
    curl_multi_wakeup(loop->multi);
    return id;
}

uint64_t fetch_loop_start(struct fetch_loop *loop, const struct fetch_request *request,
                          fetch_done *done, void *context)
{
    struct transfer *transfer = transfer_create(request, fetch_now_us());
    transfer->done = done;
    transfer->done_context = context;
    return give_order(loop, (struct order){.kind = ORDER_START, .transfer = transfer});
}

void fetch_loop_cancel(struct fetch_loop *loop, uint64_t id)
{
    give_order(loop, (struct order){.kind = ORDER_CANCEL, .id = id});
}

void fetch_loop_resume(struct fetch_loop *loop, uint64_t id)
{
    give_order(loop, (struct order){.kind = ORDER_RESUME, .id = id});
}

static struct transfer *find(struct fetch_loop *loop, uint64_t id)
{
    struct transfer *transfer = loop->transfers;
    while (transfer && transfer->id != id)
        transfer = transfer->next;
    return transfer;
}

static void add_handle(struct fetch_loop *loop, struct transfer *transfer)
{
    must(curl_multi_add_handle(loop->multi, transfer->easy) == CURLM_OK);
    transfer->added = true;
    transfer->wake_us = 0;
}

static void join(struct fetch_loop *loop, struct transfer *transfer)
{
    transfer->next = loop->transfers;
    loop->transfers = transfer;
    loop->count++;
    if (transfer->verdict != FETCH_DONE)
        return;
    if (transfer->request.budget)
        retry_budget_earn(transfer->request.budget);
    add_handle(loop, transfer);
}

static void obey(struct fetch_loop *loop, const struct order *order)
{
    if (order->kind == ORDER_START) {
        join(loop, order->transfer);
        return;
    }
    struct transfer *transfer = find(loop, order->id);
    if (!transfer)
        return;
    if (order->kind == ORDER_CANCEL) {
        transfer_verdict(transfer, FETCH_STOPPED, "cancelled");
    } else if (transfer->paused) {
        transfer->paused = false;
        transfer->progress_us = fetch_now_us();
        curl_easy_pause(transfer->easy, CURLPAUSE_CONT); // may call on_body
    }
}

static bool take_orders(struct fetch_loop *loop)
{
    loop_lock(loop);
    struct order *order = loop->orders;
    loop->orders = NULL;
    loop->orders_end = &loop->orders;
    loop_unlock(loop);
    bool any = order;
    while (order) {
        struct order *next = order->next;
        obey(loop, order);
        free(order);
        order = next;
    }
    return any;
}

// --- deadlines and ends ---

// Sets the verdict of what is over its time. Microseconds until the next deadline, at most
// wait_us.
static int64_t judge(struct transfer *transfer, int64_t now_us, int64_t wait_us)
{
    const struct fetch_request *request = &transfer->request;
    int64_t ran_us = now_us - transfer->started_us, quiet_us = now_us - transfer->progress_us;
    if (request->keep_on) {
        if (!request->keep_on(request->context))
            transfer_verdict(transfer, FETCH_STOPPED, "stopped");
        wait_us = wait_us < KEEP_ON_MS * 1000 ? wait_us : KEEP_ON_MS * 1000;
    }
    if (request->total_ms_max > 0) {
        int64_t left_us = request->total_ms_max * 1000 - ran_us;
        if (left_us <= 0)
            transfer_verdict(transfer, FETCH_DEADLINE, "no whole reply within %lld ms",
                             (long long)request->total_ms_max);
        wait_us = left_us < wait_us ? left_us : wait_us;
    }
    if (transfer->wake_us > 0) {
        int64_t left_us = transfer->wake_us - now_us;
        wait_us = left_us < wait_us ? left_us : wait_us;
    } else if (request->idle_ms_max > 0 && !transfer->paused) {
        int64_t left_us = request->idle_ms_max * 1000 - quiet_us;
        if (left_us <= 0)
            transfer_verdict(transfer, FETCH_DEADLINE, "no byte for %lld ms",
                             (long long)request->idle_ms_max);
        wait_us = left_us < wait_us ? left_us : wait_us;
    }
    return wait_us > 0 && transfer->verdict == FETCH_DONE ? wait_us : 0;
}

static void end_transfer(struct fetch_loop *loop, struct transfer *transfer)
{
    struct transfer **link = &loop->transfers;
    while (*link != transfer)
        link = &(*link)->next;
    *link = transfer->next;
    loop->count--;
    if (transfer->added)
        curl_multi_remove_handle(loop->multi, transfer->easy);
    transfer->reply.end = transfer->verdict;
    transfer->done(transfer->done_context, &transfer->reply, &transfer->err);
    transfer_destroy(transfer);
}

static void end_what_is_over(struct fetch_loop *loop)
{
    struct transfer *transfer = loop->transfers;
    while (transfer) {
        struct transfer *next = transfer->next;
        if (transfer->over || transfer->verdict != FETCH_DONE)
            end_transfer(loop, transfer);
        transfer = next;
    }
}

static void hear_curl(struct fetch_loop *loop)
{
    int left;
    CURLMsg *message;
    while ((message = curl_multi_info_read(loop->multi, &left))) {
        if (message->msg != CURLMSG_DONE)
            continue;
        CURLcode code = message->data.result;
        struct transfer *transfer = NULL;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&transfer);
        curl_multi_remove_handle(loop->multi, transfer->easy);
        transfer->added = false;
        switch (fetch_next(transfer, code, fetch_now_us(), &loop->rng)) {
        case FETCH_NEXT_OVER:
            transfer->over = true;
            break;
        case FETCH_NEXT_HOP:
            add_handle(loop, transfer);
            break;
        case FETCH_NEXT_TRY:
            break; // wake_those_due
        }
    }
}

static void wake_those_due(struct fetch_loop *loop)
{
    int64_t now_us = fetch_now_us();
    for (struct transfer *transfer = loop->transfers; transfer; transfer = transfer->next)
        if (transfer->wake_us > 0 && transfer->wake_us <= now_us)
            add_handle(loop, transfer);
}

static int64_t judge_all(struct fetch_loop *loop, int64_t wait_us)
{
    int64_t now_us = fetch_now_us();
    for (struct transfer *transfer = loop->transfers; transfer; transfer = transfer->next)
        wait_us = judge(transfer, now_us, wait_us);
    return wait_us;
}

uint32_t fetch_loop_turn(struct fetch_loop *loop, int64_t wait_ms)
{
    take_orders(loop);
    int64_t wait_us = judge_all(loop, wait_ms < WAIT_MS_MAX ? wait_ms * 1000 : WAIT_MS_MAX * 1000);
    curl_multi_poll(loop->multi, NULL, 0, (int)((wait_us + 999) / 1000), NULL);
    take_orders(loop);
    wake_those_due(loop);
    int running;
    curl_multi_perform(loop->multi, &running);
    hear_curl(loop);
    judge_all(loop, 0);
    end_what_is_over(loop);
    return loop->count;
}

// --- the loop itself ---

static bool is_ending(struct fetch_loop *loop)
{
    loop_lock(loop);
    bool ending = loop->ending;
    loop_unlock(loop);
    return ending;
}

static void stop_all(struct fetch_loop *loop)
{
    // A done callback may have given more orders.
    while (take_orders(loop) || loop->transfers) {
        for (struct transfer *transfer = loop->transfers; transfer; transfer = transfer->next)
            transfer_verdict(transfer, FETCH_STOPPED, "the loop ends");
        end_what_is_over(loop);
    }
}

static void *run_loop(void *context)
{
    struct fetch_loop *loop = context;
    while (!is_ending(loop))
        fetch_loop_turn(loop, WAIT_MS_MAX);
    stop_all(loop);
    return NULL;
}

struct fetch_loop *fetch_loop_create_still(void)
{
    transfer_begin();
    struct fetch_loop *loop = calloc(1, sizeof *loop);
    must(loop);
    loop->rng.state = (uint64_t)fetch_now_us() ^ (uint64_t)getpid() << 40;
    loop->orders_end = &loop->orders;
    must(pthread_mutex_init(&loop->mutex, NULL) == 0);
    loop->multi = curl_multi_init();
    must(loop->multi);
    curl_multi_setopt(loop->multi, CURLMOPT_MAXCONNECTS, (long)CONNECTIONS_KEPT);
    return loop;
}

struct fetch_loop *fetch_loop_create(void)
{
    struct fetch_loop *loop = fetch_loop_create_still();
    // Signals belong to the threads that wait for them.
    sigset_t all, before;
    sigfillset(&all);
    must(pthread_sigmask(SIG_BLOCK, &all, &before) == 0);
    must(pthread_create(&loop->thread, NULL, run_loop, loop) == 0);
    must(pthread_sigmask(SIG_SETMASK, &before, NULL) == 0);
    loop->threaded = true;
    return loop;
}

void fetch_loop_destroy(struct fetch_loop *loop)
{
    if (!loop)
        return;
    if (loop->threaded) {
        loop_lock(loop);
        loop->ending = true;
        loop_unlock(loop);
        curl_multi_wakeup(loop->multi);
        must(pthread_join(loop->thread, NULL) == 0);
    } else {
        stop_all(loop);
    }
    curl_multi_cleanup(loop->multi);
    pthread_mutex_destroy(&loop->mutex);
    free(loop);
}
