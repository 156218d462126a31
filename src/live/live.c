#include "live/live.h"
#include "base/instant.h"
#include "base/log.h"
#include "base/must.h"
#include "live/house_clock.h"
#include "live/key_table.h"
#include "live/mailbox.h"
#include "live/replica.h"
#include "turn/turn.h"
#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { WATCHES_MAX = 64, RETRY_US = 500 * 1000 };
static const size_t spec_bytes_max = 2 * 1024 * 1024, snapshot_bytes_max = (size_t)1 << 36;

struct watch {
    uint64_t id; // 0: free
    void (*committed)(void *context, uint64_t size);
    void *context;
};

struct live {
    struct desk desk; // first: a desk is a live
    struct live_config config;
    struct engine *engine;
    struct turn turn;
    struct house_clock clock;
    struct mailbox mailbox;
    struct key_table keys;
    struct replica *replica;
    pthread_t thread, snapshot_thread;
    struct mail mail; // what the turning thread has taken
    bool started, was_empty, keys_touched, snapshot_runs;
    bool abandoned; // closed while a batch could not be written: the state is not to be used
    uint64_t snapshot_size; // of the newest snapshot
    int64_t ticked_us;      // the last tick
    struct node_report_device devices[DEVICE_SET_MAX];

    pthread_mutex_t mutex; // what follows
    struct watch watches[WATCHES_MAX];
    uint64_t last_watch;
    struct desk_health health;
};

static void on_answer(void *context, const struct turn_answer *answer);
static void on_effect(void *context, const struct effect *effect);
static void commit(struct live *live);

// False: the house closes and could not write what came before; the input is not taken.
static bool add(struct live *live, const struct input *input, void *tag)
{
    if (turn_is_full(&live->turn))
        commit(live);
    if (live->abandoned)
        return false;
    must(turn_add(&live->turn, input, tag));
    return true;
}

// Time now; a step of the wall clock is put to the core first, as an event.
static int64_t now_us(struct live *live)
{
    bool stepped;
    int64_t from_us;
    int64_t time_us = house_clock_read(&live->clock, house_clock_boot_us(), house_clock_wall_us(),
                                       &stepped, &from_us);
    if (!stepped)
        return time_us;
    log_line(LOG_WARN, "live", "the wall clock is %" PRId64 " s ahead: time follows it",
             (time_us - from_us) / SECOND_US);
    struct input input = {
        .kind = INPUT_CLOCK_STEPPED, .time_us = time_us, .clock_from_us = from_us};
    add(live, &input, NULL);
    return time_us;
}

static void note_health(struct live *live, bool writable, const char *trouble)
{
    pthread_mutex_lock(&live->mutex);
    struct desk_health *health = &live->health;
    health->writable = writable;
    if (!str_copy(str_from(trouble), health->trouble, sizeof health->trouble))
        str_copy(S("see the log"), health->trouble, sizeof health->trouble);
    health->clock_behind = live->clock.behind;
    if (writable) {
        health->size = turn_size(&live->turn);
        health->root = turn_root(&live->turn);
    }
    health->time_us = live->clock.time_us;
    health->commits = live->turn.commits;
    health->refused = live->turn.refused;
    pthread_mutex_unlock(&live->mutex);
}

static void tell_watches(struct live *live)
{
    uint64_t size = turn_size(&live->turn);
    pthread_mutex_lock(&live->mutex);
    for (uint32_t i = 0; i < WATCHES_MAX; i++)
        if (live->watches[i].id)
            live->watches[i].committed(live->watches[i].context, size);
    pthread_mutex_unlock(&live->mutex);
}

// Nobody waits on a disk that takes nothing: who sent a command is told to send it again, with the
// same key. What is in the batch may still happen; what is not in it yet will not.
static void give_up_waiting(struct live *live)
{
    struct desk_answer unavailable = {.answer = ANSWER_UNAVAILABLE};
    for (uint32_t i = 0; i < live->mail.command_count; i++) {
        struct mail_command *command = &live->mail.commands[i];
        if (command->done)
            command->done(command->context, &unavailable);
        command->done = NULL;
        command->given_up = true;
    }
}

static int64_t mono_us(void)
{
    struct timespec now;
    must(clock_gettime(CLOCK_MONOTONIC, &now) == 0);
    return (int64_t)now.tv_sec * SECOND_US + now.tv_nsec / 1000;
}

static void wait_for_disk(struct live *live, const struct err *err)
{
    if (live->turn.fatal) {
        live->config.fatal(live->config.context, err);
        must(false); // fatal does not return
    }
    if (live->health.writable)
        log_line(LOG_ERROR, "live", "the journal cannot be written, trying on: %s", err->text);
    note_health(live, false, err->text);
    mailbox_refuse(&live->mailbox, true);
    mailbox_bounce(&live->mailbox, &live->mail);
    give_up_waiting(live);
    mailbox_nap(&live->mailbox, mono_us() + RETRY_US);
}

// Makes the batch durable, however long the disk refuses: nobody is answered before. When the
// house closes meanwhile, what is not durable has not happened, and everybody is told so.
static void commit(struct live *live)
{
    struct err err;
    bool had_lines = live->turn.ends.len > 0, waited = false;
    while (!live->abandoned && !turn_commit(&live->turn, &err)) {
        waited = true;
        wait_for_disk(live, &err);
        live->abandoned = mailbox_is_closed(&live->mailbox);
    }
    if (live->abandoned) {
        turn_abandon(&live->turn);
        return;
    }
    if (waited) {
        log_line(LOG_INFO, "live", "the journal is written again");
        mailbox_refuse(&live->mailbox, false);
    }
    if (had_lines) {
        note_health(live, true, "");
        tell_watches(live);
    }
}

static void take(struct live *live, struct mail_command *mail, uint32_t count)
{
    int64_t time_us = now_us(live);
    for (uint32_t i = 0; i < count; i++) {
        struct mail_command *command = &mail[i];
        if (turn_is_full(&live->turn))
            commit(live);
        if (live->abandoned || command->given_up) {
            struct desk_answer unavailable = {.answer = ANSWER_UNAVAILABLE};
            if (command->done)
                command->done(command->context, &unavailable);
            command->done = NULL;
            continue;
        }
        command->input.time_us = time_us;
        enum input_kind kind = command->input.kind;
        must(add(live, &command->input, command));
        live->keys_touched |= kind == INPUT_KEY_NEW || kind == INPUT_KEY_REVOKE;
    }
}

static void tick(struct live *live)
{
    struct input input = {.kind = INPUT_TICK, .time_us = now_us(live)};
    live->ticked_us = input.time_us;
    add(live, &input, NULL);
}

struct snapshot_job {
    struct live *live;
    struct buf bytes;
    uint64_t size;
};

static void *write_snapshot(void *context)
{
    struct snapshot_job *job = context;
    struct journal *journal = job->live->config.journal;
    struct journal_snapshot snapshot = {job->size, cloud_layout(), buf_str(&job->bytes)};
    struct err err;
    if (!journal->ops->snapshot_put(journal, &snapshot, &err))
        log_line(LOG_WARN, "live", "no snapshot: %s", err.text);
    buf_finish(&job->bytes);
    free(job);
    return NULL;
}

// The copy is made here, between commits; the writing is another thread's.
static void snapshot(struct live *live)
{
    if (live->snapshot_runs)
        pthread_join(live->snapshot_thread, NULL);
    struct snapshot_job *job = calloc(1, sizeof *job);
    must(job);
    job->live = live;
    job->size = live->snapshot_size = turn_size(&live->turn);
    buf_init(&job->bytes, snapshot_bytes_max);
    turn_snapshot(&live->turn, &job->bytes);
    live->snapshot_runs = pthread_create(&live->snapshot_thread, NULL, write_snapshot, job) == 0;
    must(live->snapshot_runs);
}

static int64_t deadline_us(struct live *live)
{
    int64_t due_us;
    if (!cloud_next_due(&live->turn.cloud, live->ticked_us, &due_us))
        return INT64_MAX;
    int64_t time_us = live->clock.time_us + house_clock_boot_us() - live->clock.boot_us;
    int64_t wait_us = due_us - time_us;
    // Slewing may make the instant come up to 0.5 % sooner; an hour's nap is long enough.
    wait_us = wait_us < 0 ? 0 : wait_us > HOUR_US ? HOUR_US : wait_us;
    return mono_us() + wait_us;
}

static bool is_due(struct live *live)
{
    int64_t due_us;
    return cloud_next_due(&live->turn.cloud, live->ticked_us, &due_us) &&
           due_us <= live->clock.time_us;
}

static void serve(struct live *live)
{
    struct mail *mail = &live->mail;
    take(live, mail->reports, mail->report_count);
    if (is_due(live))
        tick(live);
    take(live, mail->commands, mail->command_count);
    if (turn_has_batch(&live->turn))
        commit(live);
    for (uint32_t i = 0; i < mail->read_count; i++)
        mail->reads[i].fn(mail->reads[i].context, live->abandoned ? NULL : &live->turn.cloud);
    mail->report_count = mail->command_count = mail->read_count = 0;
    uint64_t grown = turn_size(&live->turn) - live->snapshot_size;
    if (live->config.snapshot_every && grown >= live->config.snapshot_every && !live->abandoned)
        snapshot(live);
}

static void *run(void *context)
{
    struct live *live = context;
    while (mailbox_take(&live->mailbox, deadline_us(live), &live->mail))
        serve(live);
    return NULL;
}

static void on_answer(void *context, const struct turn_answer *answer)
{
    struct live *live = context;
    struct mail_command *mail = answer->tag;
    // Whoever hears that a key was made or revoked must find it so.
    if (live->keys_touched && !live->abandoned) {
        key_table_renew(&live->keys, &live->turn.cloud);
        live->keys_touched = false;
    }
    if (!mail)
        return;
    const struct input *input = &mail->input;
    bool gone = answer->answer == ANSWER_NOT_FOUND || answer->answer == ANSWER_ALREADY_ENDED;
    if (input->kind == INPUT_ATTEMPT_REPORT && input->attempt.event == ATTEMPT_ENDED && gone)
        live->engine->ops->forget(live->engine, input->attempt.job, input->attempt.attempt);
    if (!mail->done)
        return;
    struct desk_answer out = {
        .answer = answer->answer,
        .field = answer->field,
        .subject = answer->subject,
        .seq = answer->seq,
        .time_us = input->time_us,
        .repeated = answer->repeated,
        .cloud = &live->turn.cloud,
    };
    mail->done(mail->context, &out);
    mail->done = NULL; // once
}

// An attempt that cannot even be put to the engine ends at once, by a report like any other.
static void not_started(struct live *live, const struct effect *effect, const char *why)
{
    log_line(LOG_ERROR, "live", "job-%" PRIu64 " cannot be started: %s", effect->job, why);
    struct input input = {
        .kind = INPUT_ATTEMPT_REPORT,
        .by = {0,                          ACCOUNT_HOUSE, ROLE_ADMIN},
        .attempt = { .job = effect->job,
               .attempt = effect->attempt,
               .event = ATTEMPT_ENDED,
               .reason = REASON_NOT_STARTED}
    };
    mailbox_report(&live->mailbox, &input);
}

static void start_attempt(struct live *live, const struct effect *effect)
{
    const struct job *job = cloud_job(&live->turn.cloud, effect->job);
    if (!job || job->attempt != effect->attempt || job->state == JOB_DONE)
        return; // it was stopped in the same batch
    const struct lease *lease = cloud_lease(&live->turn.cloud, job->lease);
    must(lease);
    struct buf spec;
    struct err err;
    buf_init(&spec, spec_bytes_max);
    if (!live->config.blobs->ops->get(live->config.blobs, job->spec, &spec, &err)) {
        not_started(live, effect, err.text);
    } else {
        struct engine_start start = {
            .job = job->id,
            .account = job->account,
            .attempt = job->attempt,
            .devices = lease->devices,
            .memory_bytes = job->shape.memory_mib * 1024 * 1024,
            .run_ms_max = job->run_ms_max,
            .saved_ms = job->saved_ms,
            .cpu_milli = job->shape.cpu_milli,
            .milli = job->shape.milli < MILLI_WHOLE ? job->shape.milli : 0,
            .checkpoints = job->checkpoints,
            .spec = buf_str(&spec),
        };
        live->engine->ops->start(live->engine, &start);
    }
    buf_finish(&spec);
}

// An old job goes for good. What cannot be removed now (a full disk) stays: it is dead weight.
static void drop_job(struct live *live, const struct effect *effect)
{
    struct err err;
    if (!live->config.blobs->ops->remove(live->config.blobs, effect->spec, &err))
        log_line(LOG_WARN, "live", "job-%" PRIu64 ": its blob stays: %s", effect->job, err.text);
    live->engine->ops->drop(live->engine, effect->job);
}

static void on_effect(void *context, const struct effect *effect)
{
    struct live *live = context;
    must(live->engine);
    switch (effect->kind) {
    case EFFECT_START:
        start_attempt(live, effect);
        break;
    case EFFECT_ADOPT:
        live->engine->ops->adopt(live->engine, effect->job, effect->attempt);
        break;
    case EFFECT_STOP:
        live->engine->ops->stop(live->engine, effect->job, effect->attempt, effect->grace_ms);
        break;
    case EFFECT_PAUSE:
        live->engine->ops->pause(live->engine, effect->job, effect->attempt);
        break;
    case EFFECT_RESUME:
        live->engine->ops->resume(live->engine, effect->job, effect->attempt);
        break;
    case EFFECT_CAP:
        live->engine->ops->cap(live->engine, effect->job, effect->attempt,
                               (int32_t)effect->permille);
        break;
    case EFFECT_FORGET:
        live->engine->ops->forget(live->engine, effect->job, effect->attempt);
        break;
    case EFFECT_DROP:
        drop_job(live, effect);
        break;
    case EFFECT_NONE:
        break;
    }
}

static enum job_reason reason_of(enum engine_end end)
{
    switch (end) {
    case ENGINE_EXITED:
        return REASON_EXITED;
    case ENGINE_SIGNALLED:
        return REASON_SIGNALLED;
    case ENGINE_OUT_OF_MEMORY:
        return REASON_OUT_OF_MEMORY;
    case ENGINE_LOST:
        return REASON_LOST;
    case ENGINE_NOT_STARTED:
        return REASON_NOT_STARTED;
    }
    must(false);
    return REASON_NONE;
}

static void on_report(void *context, const struct engine_report *report)
{
    struct live *live = context;
    struct input input = {
        .kind = INPUT_ATTEMPT_REPORT, .by = {0, ACCOUNT_HOUSE, ROLE_ADMIN}
    };
    static const enum attempt_event events[] = {[ENGINE_STARTED] = ATTEMPT_STARTED,
                                                [ENGINE_ALIVE] = ATTEMPT_ALIVE,
                                                [ENGINE_ENDED] = ATTEMPT_ENDED};
    static const enum energy_kind kinds[] = {[ENERGY_NONE] = ENERGY_KIND_NONE,
                                             [ENERGY_MEASURED] = ENERGY_KIND_MEASURED,
                                             [ENERGY_ATTRIBUTED] = ENERGY_KIND_ATTRIBUTED,
                                             [ENERGY_ESTIMATED] = ENERGY_KIND_ESTIMATED};
    input.attempt = (struct attempt_report){
        .job = report->job,
        .attempt = report->attempt,
        .event = events[report->kind],
        .ran_ms = report->ran_ms,
        .energy_j = report->energy_j,
        .saved_ms = report->saved_ms,
        .cpu_ms = report->cpu_ms,
        .memory_peak_bytes = report->memory_peak_bytes,
        .energy = kinds[report->energy],
        .reason = report->kind == ENGINE_ENDED ? reason_of(report->end) : REASON_NONE,
        .code = report->code,
        .signal = report->signal,
    };
    if (report->kind == ENGINE_ENDED && report->text[0])
        log_line(LOG_WARN, "engine", "job-%" PRIu64 ": %s", report->job, report->text);
    mailbox_report(&live->mailbox, &input);
}

static bool desk_submit(struct desk *desk, const struct input *input,
                        void (*done)(void *context, const struct desk_answer *answer),
                        void *context)
{
    struct live *live = (struct live *)desk;
    struct mail_command command = {.input = *input, .done = done, .context = context};
    return mailbox_command(&live->mailbox, &command);
}

static bool desk_read(struct desk *desk, void (*fn)(void *context, const struct cloud *cloud),
                      void *context)
{
    struct live *live = (struct live *)desk;
    return mailbox_read(&live->mailbox, &(struct mail_read){fn, context});
}

static bool desk_read_at(struct desk *desk, int64_t time_us,
                         void (*fn)(void *context, const struct cloud *cloud,
                                    const struct err *err),
                         void *context)
{
    struct live *live = (struct live *)desk;
    return replica_ask(live->replica, time_us, fn, context);
}

static bool desk_principal(struct desk *desk, const digest *hmac, struct principal *ret_principal)
{
    struct live *live = (struct live *)desk;
    // Expiry is by the wall: a key must not live longer because the house is quiet.
    return key_table_find(&live->keys, hmac, house_clock_wall_us(), ret_principal);
}

static bool desk_lines(struct desk *desk, uint64_t from_seq, uint64_t count_max,
                       bool (*visit)(void *context, uint64_t seq, str line), void *context,
                       struct err *err)
{
    struct live *live = (struct live *)desk;
    struct journal *journal = live->config.journal;
    return journal->ops->read(journal, from_seq, count_max, visit, context, err);
}

static uint64_t desk_watch(struct desk *desk, void (*committed)(void *context, uint64_t size),
                           void *context)
{
    struct live *live = (struct live *)desk;
    uint64_t id = 0;
    pthread_mutex_lock(&live->mutex);
    for (uint32_t i = 0; i < WATCHES_MAX && id == 0; i++) {
        if (live->watches[i].id)
            continue;
        id = ++live->last_watch;
        live->watches[i] = (struct watch){id, committed, context};
    }
    pthread_mutex_unlock(&live->mutex);
    must(id); // rooms watch once each, not once a client
    return id;
}

static void desk_unwatch(struct desk *desk, uint64_t watch)
{
    struct live *live = (struct live *)desk;
    pthread_mutex_lock(&live->mutex);
    for (uint32_t i = 0; i < WATCHES_MAX; i++)
        if (live->watches[i].id == watch)
            live->watches[i] = (struct watch){0};
    pthread_mutex_unlock(&live->mutex);
}

static void desk_health(struct desk *desk, struct desk_health *ret_health)
{
    struct live *live = (struct live *)desk;
    uint64_t length = mailbox_length(&live->mailbox);
    pthread_mutex_lock(&live->mutex);
    *ret_health = live->health;
    pthread_mutex_unlock(&live->mutex);
    ret_health->queue_length = length;
    ret_health->queue_limit = MAILBOX_COMMANDS_MAX;
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

static bool open_journal(struct live *live, struct err *err)
{
    if (!turn_load(&live->turn, true, err))
        return false;
    live->snapshot_size = live->turn.snapshot_size; // a long tail is not replayed a second time
    live->was_empty = turn_size(&live->turn) == 0;
    if (!house_clock_start(&live->clock, cloud_time_us(&live->turn.cloud), house_clock_boot_us(),
                           house_clock_wall_us(), live->config.accept_time, err))
        return false;
    if (!live->was_empty)
        return true;
    struct input input = {
        .kind = INPUT_OPEN,
        .time_us = live->clock.time_us,
        .by = {0, ACCOUNT_HOUSE, ROLE_ADMIN},
        .open = live->config.open
    };
    must(turn_add(&live->turn, &input, NULL));
    return turn_commit(&live->turn, err);
}

struct live *live_create(const struct live_config *config, struct err *err)
{
    struct live *live = calloc(1, sizeof *live);
    must(live);
    live->desk.ops = &desk_ops;
    live->config = *config;
    pthread_mutex_init(&live->mutex, NULL);
    mailbox_init(&live->mailbox);
    key_table_init(&live->keys);
    turn_init(&live->turn, config->journal, (struct turn_release){live, on_answer, on_effect});
    if (!open_journal(live, err)) {
        live_destroy(live);
        return NULL;
    }
    live->replica = replica_create(config->journal);
    key_table_renew(&live->keys, &live->turn.cloud);
    live->health.started_us = live->clock.time_us;
    note_health(live, true, "");
    return live;
}

void live_close(struct live *live)
{
    mailbox_close(&live->mailbox);
}

void live_destroy(struct live *live)
{
    if (!live)
        return;
    mailbox_close(&live->mailbox);
    if (live->started) {
        pthread_join(live->thread, NULL);
        bool news = turn_size(&live->turn) > live->snapshot_size && !live->abandoned;
        if (live->config.snapshot_every && news)
            snapshot(live);
    }
    if (live->snapshot_runs)
        pthread_join(live->snapshot_thread, NULL);
    replica_destroy(live->replica);
    turn_finish(&live->turn);
    key_table_finish(&live->keys);
    mail_finish(&live->mail);
    mailbox_finish(&live->mailbox);
    pthread_mutex_destroy(&live->mutex);
    free(live);
}

struct desk *live_desk(struct live *live)
{
    return &live->desk;
}

struct engine_sink live_sink(struct live *live)
{
    return (struct engine_sink){on_report, live};
}

void live_start(struct live *live, struct engine *engine)
{
    live->engine = engine;
    struct effect effect = {0};
    while (cloud_outstanding(&live->turn.cloud, effect.job, &effect)) {
        struct effect again = effect;
        if (effect.kind == EFFECT_STOP) { // the engine may not even know of it
            again.kind = EFFECT_ADOPT;
            on_effect(live, &again);
        }
        on_effect(live, &effect);
        again = effect;
        again.kind = effect.paused ? EFFECT_PAUSE : EFFECT_RESUME;
        if (effect.pauses)
            on_effect(live, &again);
        again.kind = EFFECT_CAP;
        if (effect.permille)
            on_effect(live, &again);
    }
    must(pthread_create(&live->thread, NULL, run, live) == 0);
    live->started = true;
}

void live_report_node(struct live *live, const struct node_report *report)
{
    must(report->count <= DEVICE_SET_MAX && !live->started);
    struct input input = {
        .kind = INPUT_NODE_REPORT, .by = {0, ACCOUNT_HOUSE, ROLE_ADMIN}
    };
    input.node_report = *report;
    memcpy(live->devices, report->devices, report->count * sizeof *live->devices);
    input.node_report.devices = live->devices;
    mailbox_report(&live->mailbox, &input);
}

void live_add_admin_key(struct live *live, digest hmac)
{
    must(!live->started);
    struct input input = {
        .kind = INPUT_KEY_NEW, .by = {0, ACCOUNT_HOUSE, ROLE_ADMIN}
    };
    input.key = (struct key_new){.account = ACCOUNT_HOUSE, .hmac = hmac, .role = ROLE_ADMIN};
    must(str_copy(S("made at a start"), input.key.label, sizeof input.key.label));
    mailbox_report(&live->mailbox, &input);
}

int64_t live_setting(struct live *live, enum setting setting)
{
    return cloud_setting(&live->turn.cloud, setting);
}

bool live_was_empty(const struct live *live)
{
    return live->was_empty;
}
