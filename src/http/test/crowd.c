// Many clients at once, some of which vanish, and a server that closes under them: what was
// acknowledged is there, once, and nothing is left waiting.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "base/rng.h"
#include "http/test/test_house.h"
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { CLIENTS = 12, REQUESTS = 40 };

static struct test_house house;
static atomic_uint acknowledged, refused, lost, sent_twice;

struct crowd_client {
    pthread_t thread;
    uint32_t number;
    bool until_closed;
};

static int post_job(const struct crowd_client *client, int i)
{
    char header[64];
    snprintf(header, sizeof header, "Idempotency-Key: %u-%d\r\n", client->number, i);
    struct test_reply reply = test_ask(&house, "POST", "/api/v1/jobs", house.user.text, header,
                                       "{\"devices\":4,\"argv\":[\"x\"]}");
    int status = reply.status;
    test_reply_finish(&reply);
    return status;
}

// Half a request, or a whole one whose answer is not waited for.
static void vanish(struct rng *rng)
{
    char text[512];
    int size = snprintf(
        text, sizeof text, "GET %s HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s\r\n\r\n",
        rng_below(rng, 2) ? "/api/v1/journal/follow?after=-1" : "/api/v1/jobs", house.admin.text);
    int connection = test_connect(&house);
    test_send(connection, text, (size_t)(rng_below(rng, 2) ? size : rng_below(rng, size)));
    close(connection);
}

static void *client_run(void *context)
{
    struct crowd_client *client = context;
    struct rng rng = {.state = client->number};
    for (int i = 0; i < REQUESTS; i++) {
        int status = post_job(client, i);
        if (status == 0 && client->until_closed)
            break;
        atomic_fetch_add(status == 201 ? &acknowledged : status == 0 ? &lost : &refused, 1);
        if (status == 201 && rng_below(&rng, 4) == 0 && !client->until_closed)
            atomic_fetch_add(&sent_twice, post_job(client, i) == 201);
        if (rng_below(&rng, 3) == 0 && !client->until_closed)
            vanish(&rng);
    }
    return NULL;
}

static void crowd_run(bool until_closed)
{
    struct crowd_client clients[CLIENTS];
    for (uint32_t i = 0; i < CLIENTS; i++) {
        clients[i] = (struct crowd_client){.number = i + 1 + (until_closed ? 1000 : 0),
                                           .until_closed = until_closed};
        assert_int_equal(pthread_create(&clients[i].thread, NULL, client_run, &clients[i]), 0);
    }
    if (until_closed) {
        while (atomic_load(&acknowledged) < CLIENTS * REQUESTS + CLIENTS)
            usleep(100); // until they are in full swing
        http_destroy(house.http);
        house.http = NULL;
    }
    for (uint32_t i = 0; i < CLIENTS; i++)
        pthread_join(clients[i].thread, NULL);
}

static uint64_t jobs_there(void)
{
    uint64_t count = 0;
    uint32_t cursor = 0;
    pthread_mutex_lock(&house.lock);
    while (table_step(&house.turn.cloud.sched.jobs, &cursor))
        count++;
    pthread_mutex_unlock(&house.lock);
    return count;
}

static void each_acknowledged_job_is_there_once(void **state)
{
    (void)state;
    crowd_run(false);
    assert_int_equal(atomic_load(&lost) + atomic_load(&refused), 0);
    assert_int_equal(atomic_load(&acknowledged), CLIENTS * REQUESTS);
    assert_true(atomic_load(&sent_twice) > 0);
    assert_int_equal(jobs_there(), CLIENTS * REQUESTS);
}

static void closing_under_load_loses_nothing(void **state)
{
    (void)state;
    crowd_run(true);
    assert_true(jobs_there() >= atomic_load(&acknowledged));
    // At most what was in flight is there without its answer having come through.
    assert_true(jobs_there() <= atomic_load(&acknowledged) + CLIENTS);
}

static int open_house(void **state)
{
    (void)state;
    test_house_open(&house);
    test_house_serve(&house);
    return 0;
}

static int close_house(void **state)
{
    (void)state;
    test_house_close(&house);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_acknowledged_job_is_there_once),
        cmocka_unit_test(closing_under_load_loses_nothing),
    };
    return cmocka_run_group_tests(tests, open_house, close_house);
}
