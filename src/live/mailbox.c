#include "live/mailbox.h"
#include "base/instant.h"
#include "base/must.h"
#include <stdlib.h>
#include <time.h>

// Room for one more element.
static void *grow(void *items, uint32_t count, uint32_t *room, size_t size)
{
    if (count < *room)
        return items;
    *room = *room ? *room * 2 : 64;
    items = realloc(items, *room * size);
    must(items);
    return items;
}

void mailbox_init(struct mailbox *mailbox)
{
    *mailbox = (struct mailbox){0};
    pthread_mutex_init(&mailbox->mutex, NULL);
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&mailbox->wake, &attributes);
    pthread_condattr_destroy(&attributes);
}

void mailbox_finish(struct mailbox *mailbox)
{
    mail_finish(&mailbox->waiting);
    pthread_mutex_destroy(&mailbox->mutex);
    pthread_cond_destroy(&mailbox->wake);
}

void mail_finish(struct mail *mail)
{
    free(mail->reports);
    free(mail->commands);
    free(mail->reads);
    *mail = (struct mail){0};
}

void mailbox_report(struct mailbox *mailbox, const struct input *input)
{
    pthread_mutex_lock(&mailbox->mutex);
    struct mail *mail = &mailbox->waiting;
    mail->reports =
        grow(mail->reports, mail->report_count, &mail->report_room, sizeof *mail->reports);
    mail->reports[mail->report_count++] = (struct mail_command){.input = *input};
    pthread_mutex_unlock(&mailbox->mutex);
    pthread_cond_signal(&mailbox->wake);
}

bool mailbox_command(struct mailbox *mailbox, const struct mail_command *command)
{
    pthread_mutex_lock(&mailbox->mutex);
    struct mail *mail = &mailbox->waiting;
    bool room =
        !mailbox->closed && !mailbox->refusing && mail->command_count < MAILBOX_COMMANDS_MAX;
    if (room) {
        mail->commands =
            grow(mail->commands, mail->command_count, &mail->command_room, sizeof *mail->commands);
        mail->commands[mail->command_count++] = *command;
    }
    pthread_mutex_unlock(&mailbox->mutex);
    if (room) // without the mutex, or who wakes would wait for it
        pthread_cond_signal(&mailbox->wake);
    return room;
}

bool mailbox_read(struct mailbox *mailbox, const struct mail_read *read)
{
    pthread_mutex_lock(&mailbox->mutex);
    struct mail *mail = &mailbox->waiting;
    bool room = !mailbox->closed && !mailbox->refusing && mail->read_count < MAILBOX_READS_MAX;
    if (room) {
        mail->reads = grow(mail->reads, mail->read_count, &mail->read_room, sizeof *mail->reads);
        mail->reads[mail->read_count++] = *read;
    }
    pthread_mutex_unlock(&mailbox->mutex);
    if (room)
        pthread_cond_signal(&mailbox->wake);
    return room;
}

void mailbox_refuse(struct mailbox *mailbox, bool refusing)
{
    pthread_mutex_lock(&mailbox->mutex);
    mailbox->refusing = refusing;
    pthread_mutex_unlock(&mailbox->mutex);
}

static void bounce_reads(struct mail *mail)
{
    for (uint32_t i = 0; i < mail->read_count; i++)
        mail->reads[i].fn(mail->reads[i].context, NULL);
    mail->read_count = 0;
}

void mailbox_bounce(struct mailbox *mailbox, struct mail *taken)
{
    bounce_reads(taken);
    pthread_mutex_lock(&mailbox->mutex);
    struct mail waiting = mailbox->waiting;
    struct mail *left = &mailbox->waiting;
    left->commands = NULL;
    left->reads = NULL;
    left->command_count = left->command_room = left->read_count = left->read_room = 0;
    pthread_mutex_unlock(&mailbox->mutex);
    struct desk_answer unavailable = {.answer = ANSWER_UNAVAILABLE};
    for (uint32_t i = 0; i < waiting.command_count; i++)
        if (waiting.commands[i].done)
            waiting.commands[i].done(waiting.commands[i].context, &unavailable);
    bounce_reads(&waiting);
    free(waiting.commands);
    free(waiting.reads);
}

bool mailbox_is_closed(struct mailbox *mailbox)
{
    pthread_mutex_lock(&mailbox->mutex);
    bool closed = mailbox->closed;
    pthread_mutex_unlock(&mailbox->mutex);
    return closed;
}

void mailbox_close(struct mailbox *mailbox)
{
    pthread_mutex_lock(&mailbox->mutex);
    mailbox->closed = true;
    pthread_cond_signal(&mailbox->wake);
    pthread_mutex_unlock(&mailbox->mutex);
}

uint32_t mailbox_length(struct mailbox *mailbox)
{
    pthread_mutex_lock(&mailbox->mutex);
    uint32_t length = mailbox->waiting.command_count;
    pthread_mutex_unlock(&mailbox->mutex);
    return length;
}

static bool is_empty(const struct mail *mail)
{
    return mail->report_count + mail->command_count + mail->read_count == 0;
}

static bool wait_more(struct mailbox *mailbox, int64_t deadline_us)
{
    if (deadline_us == INT64_MAX)
        return pthread_cond_wait(&mailbox->wake, &mailbox->mutex) == 0;
    struct timespec until = {.tv_sec = deadline_us / SECOND_US,
                             .tv_nsec = deadline_us % SECOND_US * 1000};
    return pthread_cond_timedwait(&mailbox->wake, &mailbox->mutex, &until) == 0;
}

void mailbox_nap(struct mailbox *mailbox, int64_t deadline_us)
{
    pthread_mutex_lock(&mailbox->mutex);
    while (!mailbox->closed && wait_more(mailbox, deadline_us))
        continue;
    pthread_mutex_unlock(&mailbox->mutex);
}

bool mailbox_take(struct mailbox *mailbox, int64_t deadline_us, struct mail *taken)
{
    must(is_empty(taken));
    pthread_mutex_lock(&mailbox->mutex);
    while (is_empty(&mailbox->waiting) && !mailbox->closed)
        if (!wait_more(mailbox, deadline_us))
            break;
    struct mail kept = *taken;
    *taken = mailbox->waiting;
    mailbox->waiting = kept;
    bool open = !mailbox->closed || !is_empty(taken);
    pthread_mutex_unlock(&mailbox->mutex);
    return open;
}
