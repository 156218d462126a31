// turn.h - one turn of the house: decide, apply, commit, release.
//
//     inputs ──► decide and apply until done ──► lines ──► leaves and root ──► append (durable)
//                                                                                  │
//                         answers and effects, in the order of the inputs  ◄───────┘
//
// A batch of inputs becomes one commit. Nothing leaves before the commit is durable: turn_commit
// hands out answers and effects only when append succeeded. When it did not, the batch stays
// pending, turn_add refuses, and turn_commit tries the same bytes again.
//
// live turns this on the real clock, sim on a virtual one; turn_load replays (verify.h).
//
//   Owner      turn_init takes memory, turn_finish gives it back; the journal is borrowed
//   Invariant  the tree holds exactly the lines of the state; after a fatal append nothing more
//              is taken
//   Refusal    turn_add false: a batch is pending, or the batch is full: commit first
//   Fault      turn_load: as verify.h, a line named by its number
#pragma once
#include "base/buf.h"
#include "base/err.h"
#include "core/cloud/cloud.h"
#include "port/journal.h"
#include "proof/merkle.h"
#include <stdbool.h>
#include <stdint.h>

// A batch takes no further input once it has so many; one input may go past them.
enum { TURN_LINES_FULL = 4096, TURN_ANSWERS_FULL = 1024 };

struct turn_answer {
    void *tag; // as given to turn_add
    enum answer answer;
    const char *field;
    uint64_t subject, seq;
    bool repeated;
};

// What a commit releases. Effects come after the answers they stand with.
struct turn_release {
    void *context;
    void (*answer)(void *context, const struct turn_answer *answer);
    void (*effect)(void *context, const struct effect *effect);
};

struct turn {
    struct cloud cloud;
    struct merkle tree;
    struct journal *journal;
    struct turn_release release;
    struct buf text;     // the lines of the batch, one behind the other
    struct buf ends;     // size_t each: where a line ends in text
    struct buf leaves;   // digest each: of the lines
    struct buf answers;  // struct turn_answer each
    struct buf effects;  // struct effect each
    uint64_t first_seq;  // of the batch
    bool pending, fatal; // an append has failed; it must not be tried again
    uint64_t commits, refused;
    uint64_t snapshot_size; // of the snapshot that turn_load began with; 0: it replayed everything
};

void turn_init(struct turn *turn, struct journal *journal, struct turn_release release);
void turn_finish(struct turn *turn);

// Brings a fresh turn to the journal's end: the newest snapshot of this layout when
// use_snapshot, then every line after it.
bool turn_load(struct turn *turn, bool use_snapshot, struct err *err);

// One input: its events are applied, its answer waits for the commit. input->time_us must not be
// before cloud_time_us.
bool turn_add(struct turn *turn, const struct input *input, void *tag);
bool turn_has_batch(const struct turn *turn);
bool turn_is_full(const struct turn *turn);
// Makes the batch durable and releases it. False: it stays pending (err says why); with
// turn->fatal set the process must end.
bool turn_commit(struct turn *turn, struct err *err);

// Gives up a pending batch: its answers are ANSWER_UNAVAILABLE, its effects nothing. The state is
// ahead of the journal then and must not be used any more.
void turn_abandon(struct turn *turn);

// A copy of the tree and the state as a snapshot: only between commits.
void turn_snapshot(const struct turn *turn, struct buf *out);
uint64_t turn_size(const struct turn *turn); // events applied so far
digest turn_root(const struct turn *turn);
