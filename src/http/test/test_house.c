#include "http/test/test_house.h"
#include "base/instant.h"
#include "base/must.h"
#include <arpa/inet.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

// The desk -------------------------------------------------------------------------------------

struct test_mail {
    struct test_mail *next;
    bool is_read;
    struct input input;
    void (*done)(void *context, const struct desk_answer *answer);
    void (*fn)(void *context, const struct cloud *cloud);
    void *context;
};

static void on_answer(void *context, const struct turn_answer *answer)
{
    struct test_house *house = context;
    struct test_mail *mail = answer->tag;
    struct desk_answer out = {
        .answer = answer->answer,
        .field = answer->field,
        .subject = answer->subject,
        .seq = answer->seq,
        .time_us = mail->input.time_us,
        .repeated = answer->repeated,
        .cloud = house->without_cloud ? NULL : &house->turn.cloud,
    };
    mail->done(mail->context, &out);
}

static void on_effect(void *context, const struct effect *effect)
{
    struct test_house *house = context;
    if (effect->kind != EFFECT_START)
        return;
    must(house->stream_count < TEST_STREAMS_MAX);
    struct test_stream *stream = &house->streams[house->stream_count++];
    *stream = (struct test_stream){.job = effect->job, .attempt = effect->attempt};
    buf_init(&stream->bytes[0], 1 << 20);
    buf_init(&stream->bytes[1], 1 << 20);
}

static void turn_one(struct test_house *house, struct test_mail *mail)
{
    struct err err;
    if (mail->is_read) {
        mail->fn(mail->context, &house->turn.cloud);
        return;
    }
    house->time_us += MS_US;
    mail->input.time_us = house->time_us;
    must(turn_add(&house->turn, &mail->input, mail));
    must(turn_commit(&house->turn, &err));
    if (house->committed)
        house->committed(house->committed_context, turn_size(&house->turn));
}

static void *desk_run(void *context)
{
    struct test_house *house = context;
    pthread_mutex_lock(&house->lock);
    while (!house->closing || house->first) {
        struct test_mail *mail = house->first;
        if (!mail) {
            pthread_cond_wait(&house->mail_cond, &house->lock);
            continue;
        }
        house->first = mail->next;
        if (!house->first)
            house->last = NULL;
        turn_one(house, mail);
        free(mail);
    }
    pthread_mutex_unlock(&house->lock);
    return NULL;
}

static bool post(struct test_house *house, const struct test_mail *letter)
{
    pthread_mutex_lock(&house->lock);
    bool taken = !house->refuses;
    if (taken) {
        struct test_mail *mail = malloc(sizeof *mail);
        must(mail);
        *mail = *letter;
        if (house->last)
            house->last->next = mail;
        else
            house->first = mail;
        house->last = mail;
        pthread_cond_signal(&house->mail_cond);
    }
    pthread_mutex_unlock(&house->lock);
    return taken;
}

static bool desk_submit(struct desk *desk, const struct input *input,
                        void (*done)(void *context, const struct desk_answer *answer),
                        void *context)
{
    struct test_mail mail = {.input = *input, .done = done, .context = context};
    return post((struct test_house *)desk, &mail);
}

static bool desk_read(struct desk *desk, void (*fn)(void *context, const struct cloud *cloud),
                      void *context)
{
    struct test_mail mail = {.is_read = true, .fn = fn, .context = context};
    return post((struct test_house *)desk, &mail);
}

// The replica of this desk knows the present only: what lies before the first event is refused.
static bool desk_read_at(struct desk *desk, int64_t time_us,
                         void (*fn)(void *context, const struct cloud *cloud,
                                    const struct err *err),
                         void *context)
{
    struct test_house *house = (struct test_house *)desk;
    struct err err;
    pthread_mutex_lock(&house->lock);
    bool known = time_us >= house->time_us - DAY_US;
    err_set(&err, "the journal begins later");
    fn(context, known ? &house->turn.cloud : NULL, &err);
    pthread_mutex_unlock(&house->lock);
    return true;
}

static bool desk_principal(struct desk *desk, const digest *hmac, struct principal *ret_principal)
{
    struct test_house *house = (struct test_house *)desk;
    pthread_mutex_lock(&house->lock);
    const struct access_key *key = key_with_hmac(&house->turn.cloud.market, hmac);
    bool usable = key && key_usable(key, house->time_us);
    if (usable)
        *ret_principal = (struct principal){key->id, key->account, (enum role)key->role};
    pthread_mutex_unlock(&house->lock);
    return usable;
}

static bool desk_lines(struct desk *desk, uint64_t from_seq, uint64_t count_max,
                       bool (*visit)(void *context, uint64_t seq, str line), void *context,
                       struct err *err)
{
    struct test_house *house = (struct test_house *)desk;
    return house->journal->ops->read(house->journal, from_seq, count_max, visit, context, err);
}

static uint64_t desk_watch(struct desk *desk, void (*committed)(void *context, uint64_t size),
                           void *context)
{
    struct test_house *house = (struct test_house *)desk;
    pthread_mutex_lock(&house->lock);
    house->committed = committed;
    house->committed_context = context;
    pthread_mutex_unlock(&house->lock);
    return 1;
}

static void desk_unwatch(struct desk *desk, uint64_t watch)
{
    struct test_house *house = (struct test_house *)desk;
    (void)watch;
    pthread_mutex_lock(&house->lock);
    house->committed = NULL;
    pthread_mutex_unlock(&house->lock);
}

static void desk_health(struct desk *desk, struct desk_health *ret_health)
{
    struct test_house *house = (struct test_house *)desk;
    pthread_mutex_lock(&house->lock);
    *ret_health = (struct desk_health){.writable = !house->refuses,
                                       .size = turn_size(&house->turn),
                                       .root = turn_root(&house->turn),
                                       .time_us = house->time_us,
                                       .started_us = house->time_us,
                                       .queue_limit = 1000};
    if (house->refuses)
        snprintf(ret_health->trouble, sizeof ret_health->trouble, "the disk is full");
    pthread_mutex_unlock(&house->lock);
}

static const struct desk_ops desk_ops = {
    .submit = desk_submit,
    .read = desk_read,
    .read_at = desk_read_at,
    .principal = desk_principal,
    .lines = desk_lines,
    .watch = desk_watch,
    .unwatch = desk_unwatch,
    .health = desk_health,
};

// The engine -----------------------------------------------------------------------------------

static struct test_stream *stream_of(struct test_house *house, uint64_t job, uint32_t attempt)
{
    for (uint32_t i = 0; i < house->stream_count; i++)
        if (house->streams[i].job == job && house->streams[i].attempt == attempt)
            return &house->streams[i];
    return NULL;
}

static struct test_house *house_of_engine(struct engine *engine)
{
    return (struct test_house *)((char *)engine - offsetof(struct test_house, engine));
}

static bool engine_output(struct engine *engine, uint64_t job, uint32_t attempt,
                          enum engine_stream which, uint64_t offset, struct buf *out, bool *ret_end,
                          struct err *err)
{
    struct test_house *house = house_of_engine(engine);
    (void)err;
    pthread_mutex_lock(&house->lock);
    struct test_stream *stream = stream_of(house, job, attempt);
    str bytes = stream ? str_skip(buf_str(&stream->bytes[which]), offset) : S("");
    size_t room = out->limit - out->len;
    str taken = {bytes.ptr, bytes.len < room ? bytes.len : room};
    buf_add(out, taken);
    *ret_end = !stream || (stream->ended && taken.len == bytes.len);
    pthread_mutex_unlock(&house->lock);
    return true;
}

static void engine_limits(struct engine *engine, struct buf *out)
{
    (void)engine;
    buf_add(out, S("memory is not limited\nnothing is real\n"));
}

static void engine_wish(struct engine *engine, uint64_t job, uint32_t attempt)
{
    (void)engine, (void)job, (void)attempt;
}

static void engine_cap(struct engine *engine, uint64_t job, uint32_t attempt, int32_t permille)
{
    (void)engine, (void)job, (void)attempt, (void)permille;
}

static const struct engine_ops engine_ops = {.name = "virtual",
                                             .pause = engine_wish,
                                             .resume = engine_wish,
                                             .cap = engine_cap,
                                             .output = engine_output,
                                             .limits = engine_limits};

void test_house_output(struct test_house *house, uint64_t job, uint32_t attempt,
                       enum engine_stream stream, const char *text)
{
    pthread_mutex_lock(&house->lock);
    struct test_stream *found = stream_of(house, job, attempt);
    must(found);
    buf_add(&found->bytes[stream], str_from(text));
    pthread_mutex_unlock(&house->lock);
}

void test_house_output_ends(struct test_house *house, uint64_t job, uint32_t attempt)
{
    pthread_mutex_lock(&house->lock);
    struct test_stream *found = stream_of(house, job, attempt);
    must(found);
    found->ended = true;
    pthread_mutex_unlock(&house->lock);
}

// The house ------------------------------------------------------------------------------------

struct waiting {
    pthread_mutex_t lock;
    pthread_cond_t cond;
    bool done;
    struct desk_answer answer;
};

static void on_done(void *context, const struct desk_answer *answer)
{
    struct waiting *waiting = context;
    pthread_mutex_lock(&waiting->lock);
    waiting->answer = *answer;
    waiting->done = true;
    pthread_cond_signal(&waiting->cond);
    pthread_mutex_unlock(&waiting->lock);
}

struct desk_answer test_house_do(struct test_house *house, struct input input)
{
    struct waiting waiting = {.done = false};
    pthread_mutex_init(&waiting.lock, NULL);
    pthread_cond_init(&waiting.cond, NULL);
    if (input.by.role == ROLE_NONE)
        input.by = (struct principal){0, ACCOUNT_HOUSE, ROLE_ADMIN};
    must(desk_submit(&house->desk, &input, on_done, &waiting));
    pthread_mutex_lock(&waiting.lock);
    while (!waiting.done)
        pthread_cond_wait(&waiting.cond, &waiting.lock);
    pthread_mutex_unlock(&waiting.lock);
    pthread_cond_destroy(&waiting.cond);
    pthread_mutex_destroy(&waiting.lock);
    return waiting.answer;
}

enum answer test_house_report(struct test_house *house, uint64_t job, enum attempt_event event,
                              int64_t ran_ms)
{
    struct input input = {.kind = INPUT_ATTEMPT_REPORT};
    pthread_mutex_lock(&house->lock);
    uint32_t attempt = cloud_job(&house->turn.cloud, job)->attempt;
    pthread_mutex_unlock(&house->lock);
    input.attempt = (struct attempt_report){.job = job,
                                            .attempt = attempt,
                                            .event = event,
                                            .ran_ms = ran_ms,
                                            .reason = REASON_EXITED,
                                            .code = 3};
    return test_house_do(house, input).answer;
}

uint64_t test_house_size(struct test_house *house)
{
    struct desk_health health;
    desk_health(&house->desk, &health);
    return health.size;
}

static struct secret key_new(struct test_house *house, uint64_t account, enum role role)
{
    struct secret secret = secret_random();
    struct input input = {.kind = INPUT_KEY_NEW};
    input.key = (struct key_new){.account = account, .role = role};
    input.key.hmac = secret_hmac(house->config.secret, str_from(secret.text));
    must(test_house_do(house, input).answer == ANSWER_OK);
    return secret;
}

static void node_report(struct test_house *house)
{
    struct node_report_device devices[4];
    memset(devices, 0, sizeof devices);
    for (int i = 0; i < 4; i++) {
        devices[i] = (struct node_report_device){.chip = "cpu-core", .numa = -1};
        snprintf(devices[i].serial, sizeof devices[i].serial, "core-%d", i);
    }
    struct input input = {.kind = INPUT_NODE_REPORT};
    input.node_report = (struct node_report){.name = "n1",
                                             .arch = "x86_64",
                                             .cpu_milli = 4000,
                                             .memory_mib = 8192,
                                             .count = 4,
                                             .devices = devices};
    must(test_house_do(house, input).answer == ANSWER_OK);
}

static void accounts_new(struct test_house *house)
{
    static const char *const slugs[] = {"acme", "beta"};
    for (int i = 0; i < 2; i++) {
        struct input input = {.kind = INPUT_ACCOUNT_NEW};
        must(str_copy(str_from(slugs[i]), input.account.slug, sizeof input.account.slug));
        must(str_copy(str_from(slugs[i]), input.account.name, sizeof input.account.name));
        must(test_house_do(house, input).answer == ANSWER_OK);
    }
}

void test_house_open(struct test_house *house)
{
    *house = (struct test_house){.time_us = INT64_C(1795300000) * SECOND_US};
    house->desk.ops = &desk_ops;
    house->engine.ops = &engine_ops;
    pthread_mutex_init(&house->lock, NULL);
    pthread_cond_init(&house->mail_cond, NULL);
    house->disk = memory_disk_create();
    store_memory_open(house->disk, &house->journal, &house->blobs);
    turn_init(&house->turn, house->journal, (struct turn_release){house, on_answer, on_effect});
    struct err err;
    must(turn_load(&house->turn, false, &err));
    must(pthread_create(&house->thread, NULL, desk_run, house) == 0);
    house->config = http_config_default();
    house->config.port = 0;
    house->config.desk = &house->desk;
    house->config.engine = &house->engine;
    house->config.blobs = house->blobs;
    house->config.version = "0.0-test";
    house->config.refused_rate = 0;
    house->config.look_ms = 5;
    memset(house->config.secret, 7, sizeof house->config.secret);
    house->admin = secret_random();
    struct input open = {.kind = INPUT_OPEN};
    open.open.admin_hmac = secret_hmac(house->config.secret, str_from(house->admin.text));
    must(test_house_do(house, open).answer == ANSWER_OK);
    node_report(house);
    accounts_new(house);
    house->operator= key_new(house, ACCOUNT_HOUSE, ROLE_OPERATOR);
    house->user = key_new(house, 2, ROLE_USER);
    house->reader = key_new(house, 2, ROLE_READER);
    house->other = key_new(house, 3, ROLE_USER);
}

void test_house_serve(struct test_house *house)
{
    struct err err;
    house->http = http_create(&house->config, &err);
    if (!house->http)
        must_failed(err.text, 0, "http_create");
    house->port = http_port(house->http);
}

void test_house_close(struct test_house *house)
{
    http_destroy(house->http);
    pthread_mutex_lock(&house->lock);
    house->closing = true;
    pthread_cond_signal(&house->mail_cond);
    pthread_mutex_unlock(&house->lock);
    pthread_join(house->thread, NULL);
    for (uint32_t i = 0; i < house->stream_count; i++) {
        buf_finish(&house->streams[i].bytes[0]);
        buf_finish(&house->streams[i].bytes[1]);
    }
    turn_finish(&house->turn);
    house->journal->ops->destroy(house->journal);
    house->blobs->ops->destroy(house->blobs);
    memory_disk_destroy(house->disk);
    pthread_cond_destroy(&house->mail_cond);
    pthread_mutex_destroy(&house->lock);
}

// The network ----------------------------------------------------------------------------------

int test_connect(const struct test_house *house)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons(house->port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int connection = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    must(connection >= 0);
    // A server that has closed refuses: whoever reads a reply then gets none.
    (void)!connect(connection, (struct sockaddr *)&address, sizeof address);
    struct timeval patience = {.tv_sec = 20};
    setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    return connection;
}

void test_send(int connection, const char *bytes, size_t size)
{
    while (size > 0) {
        ssize_t sent = send(connection, bytes, size, MSG_NOSIGNAL);
        if (sent <= 0)
            return; // the server has closed: what it said is there to read
        bytes += sent;
        size -= (size_t)sent;
    }
}

static bool receive_head(int connection, struct test_reply *reply)
{
    size_t length = 0;
    while (length < sizeof reply->head - 1) {
        if (recv(connection, reply->head + length, 1, 0) != 1)
            return false;
        reply->head[++length] = 0;
        if (length >= 4 && strcmp(reply->head + length - 4, "\r\n\r\n") == 0)
            return sscanf(reply->head, "HTTP/1.1 %d", &reply->status) == 1;
    }
    return false;
}

const char *test_header(const struct test_reply *reply, const char *name)
{
    static _Thread_local char value[512];
    size_t length = strlen(name);
    for (const char *line = strstr(reply->head, "\r\n"); line; line = strstr(line, "\r\n")) {
        line += 2;
        if (strncasecmp(line, name, length) != 0 || line[length] != ':')
            continue;
        const char *start = line + length + 2, *end = strstr(line, "\r\n");
        snprintf(value, sizeof value, "%.*s", (int)(end - start), start);
        return value;
    }
    return NULL;
}

static bool receive_bytes(int connection, struct buf *out, size_t size)
{
    while (size > 0) {
        char bytes[4096];
        ssize_t got = recv(connection, bytes, size < sizeof bytes ? size : sizeof bytes, 0);
        if (got <= 0)
            return false;
        buf_add(out, (str){bytes, (size_t)got});
        size -= (size_t)got;
    }
    return true;
}

static bool receive_line(int connection, char *line, size_t size)
{
    for (size_t i = 0; i + 1 < size; i++) {
        if (recv(connection, line + i, 1, 0) != 1)
            return false;
        line[i + 1] = 0;
        if (i > 0 && line[i] == '\n')
            return true;
    }
    return false;
}

static bool receive_chunks(int connection, struct buf *out)
{
    char line[64];
    for (;;) {
        if (!receive_line(connection, line, sizeof line))
            return false;
        size_t size = strtoul(line, NULL, 16);
        if (!receive_bytes(connection, out, size) || !receive_line(connection, line, sizeof line))
            return false;
        if (size == 0)
            return true;
    }
}

bool test_receive(int connection, bool is_head, struct test_reply *reply)
{
    *reply = (struct test_reply){.status = 0};
    buf_init(&reply->body, 16 << 20);
    if (!receive_head(connection, reply))
        return false;
    const char *length = test_header(reply, "Content-Length");
    if (is_head)
        return true;
    if (length)
        return receive_bytes(connection, &reply->body, strtoul(length, NULL, 10));
    const char *coding = test_header(reply, "Transfer-Encoding");
    return coding && strcmp(coding, "chunked") == 0 && receive_chunks(connection, &reply->body);
}

void test_reply_finish(struct test_reply *reply)
{
    buf_finish(&reply->body);
}

struct test_reply test_ask(const struct test_house *house, const char *method, const char *path,
                           const char *key, const char *headers, const char *body)
{
    struct buf text;
    struct test_reply reply;
    buf_init(&text, 8 << 20);
    buf_format(&text, "%s %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n%s", method, path,
               headers);
    if (key)
        buf_format(&text, "Authorization: Bearer %s\r\n", key);
    if (body)
        buf_format(&text, "Content-Type: application/json\r\nContent-Length: %zu\r\n",
                   strlen(body));
    buf_add(&text, S("\r\n"));
    if (body)
        buf_add(&text, str_from(body));
    int connection = test_connect(house);
    test_send(connection, text.ptr, text.len);
    test_receive(connection, strcmp(method, "HEAD") == 0, &reply);
    close(connection);
    buf_finish(&text);
    return reply;
}
