// mailbox.h - what waits for the turning thread: reports, commands, reads.
//
// Others put, the turning thread takes everything of a kind at once by swapping two arrays, so
// the lock is held for a moment only.
//
//   Owner      live
//   Invariant  reports are never refused; commands and reads only up to their limits
//   Refusal    put false: full, or closed
//   Fault      none (no memory: must)
#pragma once
#include "core/cloud/input.h"
#include "port/desk.h"
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

enum { MAILBOX_COMMANDS_MAX = 4096, MAILBOX_READS_MAX = 8192 };

struct mail_command {
    struct input input;
    void (*done)(void *context, const struct desk_answer *answer); // NULL: nobody waits
    void *context;
    bool given_up; // whoever waited was told to come again
};
struct mail_read {
    void (*fn)(void *context, const struct cloud *cloud);
    void *context;
};

struct mail {
    struct mail_command *reports, *commands;
    struct mail_read *reads;
    uint32_t report_count, command_count, read_count;
    uint32_t report_room, command_room, read_room;
};

struct mailbox {
    pthread_mutex_t mutex;
    pthread_cond_t wake;
    struct mail waiting; // under the mutex
    bool closed, refusing;
};

void mailbox_init(struct mailbox *mailbox);
void mailbox_finish(struct mailbox *mailbox);
void mailbox_report(struct mailbox *mailbox, const struct input *input);
bool mailbox_command(struct mailbox *mailbox, const struct mail_command *command);
bool mailbox_read(struct mailbox *mailbox, const struct mail_read *read);
void mailbox_refuse(struct mailbox *mailbox, bool refusing); // commands and reads, while set
// Gives back what cannot be served now: the commands and reads that wait, and the reads in `taken`.
void mailbox_bounce(struct mailbox *mailbox, struct mail *taken);
bool mailbox_is_closed(struct mailbox *mailbox);
void mailbox_close(struct mailbox *mailbox);
uint32_t mailbox_length(struct mailbox *mailbox); // commands that wait

// Waits until something is there, the deadline (CLOCK_MONOTONIC microseconds, INT64_MAX: none)
// has come or the mailbox is closed; then swaps what waits with the emptied `taken`. False: closed
// and empty.
bool mailbox_take(struct mailbox *mailbox, int64_t deadline_us, struct mail *taken);
// Waits until the deadline or until the mailbox is closed, whatever else comes.
void mailbox_nap(struct mailbox *mailbox, int64_t deadline_us);
void mail_finish(struct mail *mail);
