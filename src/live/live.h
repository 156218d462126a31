// live.h - the turn on the real clock: its queues, its thread, the engine's reports, the replica.
//
// One thread turns. Commands and reads come through the desk (port/desk.h), reports through the
// engine's sink; reports go first. After each commit answers and effects go out, then reads run.
//
// A commit that fails (a full disk) stays pending and is tried again every half second; until it
// ends commands and reads are refused, those in the batch too (they may still happen: their keys
// tell), and jobs go on. A failed fsync calls `fatal`, which must not
// return.
//
//   Owner      cmd creates it; journal, blobs and engine are borrowed and outlive it
//   Invariant  port/desk.h's
//   Refusal    port/desk.h's
//   Fault      create: the journal cannot be replayed, or the wall clock is not to be believed
#pragma once
#include "core/cloud/cloud.h"
#include "port/blob.h"
#include "port/desk.h"
#include "port/engine.h"
#include "port/journal.h"

struct live_config {
    struct journal *journal;
    struct blobs *blobs;
    bool accept_time;        // --accept-time
    struct open_input open;  // for an empty journal
    uint32_t snapshot_every; // events between snapshots; 0: none are written
    void (*fatal)(void *context, const struct err *err);
    void *context;
};

struct live;
struct live *live_create(const struct live_config *config, struct err *err);
// Nothing new is taken; what is queued is served, and a batch that waits for the disk is given up.
void live_close(struct live *live);
// Stops the thread after what is queued, writes a last snapshot. The engine's jobs go on.
void live_destroy(struct live *live);

struct desk *live_desk(struct live *live);
struct engine_sink live_sink(struct live *live);
// Gives the engine and starts to turn: outstanding effects are asked for again.
void live_start(struct live *live, struct engine *engine);
// Another admin key of the house's own account, for whoever owns the data directory. Before the
// start.
void live_add_admin_key(struct live *live, digest hmac);
// What this machine is; copied. Once, before the start.
void live_report_node(struct live *live, const struct node_report *report);
int64_t live_setting(struct live *live, enum setting setting);
bool live_was_empty(const struct live *live); // this start opened the journal
