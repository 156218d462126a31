// door.h - one input through the core on a virtual clock, with or without a journal.
//
// With a journal an input goes through turn: lines, leaves, a commit. Without one it is decided and
// applied, and nothing is written: the same decisions, quicker. Effects are kept in order until the
// caller takes them.
//
//   Owner      door_init .. door_finish; the journal is borrowed
//   Invariant  both ways give the same answers, effects and state
//   Refusal    the core's answer is handed back
//   Fault      a journal that does not take a batch
#pragma once
#include "base/err.h"
#include "core/cloud/cloud.h"
#include "turn/turn.h"

struct door {
    struct turn turn; // its cloud is the state, with and without a journal
    struct cloud_step step;
    struct effect *effects;
    uint32_t effect_first, effect_count, effect_room;
    enum answer answer; // of the last input
    const char *field;
    uint64_t subject, inputs, refused;
    bool journaled;
};

void door_init(struct door *door, struct journal *journal); // NULL: none
void door_finish(struct door *door);
static inline struct cloud *door_cloud(struct door *door)
{
    return &door->turn.cloud;
}
// The answer is in the door.
bool door_put(struct door *door, const struct input *input, struct err *err);
bool door_take_effect(struct door *door, struct effect *ret_effect);
