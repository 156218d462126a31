#include "sim/door.h"
#include "base/must.h"
#include <stdlib.h>

static void keep_effect(struct door *door, const struct effect *effect)
{
    if (door->effect_first == door->effect_count)
        door->effect_first = door->effect_count = 0;
    if (door->effect_count == door->effect_room) {
        door->effect_room = door->effect_room ? door->effect_room * 2 : 64;
        door->effects = realloc(door->effects, door->effect_room * sizeof *door->effects);
        must(door->effects);
    }
    door->effects[door->effect_count++] = *effect;
}

static void on_answer(void *context, const struct turn_answer *answer)
{
    struct door *door = context;
    door->answer = answer->answer;
    door->field = answer->field;
    door->subject = answer->subject;
}

static void on_effect(void *context, const struct effect *effect)
{
    keep_effect(context, effect);
}

void door_init(struct door *door, struct journal *journal)
{
    *door = (struct door){.journaled = journal != NULL};
    turn_init(&door->turn, journal, (struct turn_release){door, on_answer, on_effect});
}

void door_finish(struct door *door)
{
    turn_finish(&door->turn);
    free(door->effects);
    door->effects = NULL;
}

static void put_directly(struct door *door, const struct input *input)
{
    struct cloud *cloud = door_cloud(door);
    struct cloud_step *step = &door->step;
    door->subject = 0;
    for (uint32_t i = 0;; i++) {
        cloud_decide(cloud, input, i, step);
        if (i == 0)
            door->answer = step->answer, door->field = step->field;
        if (step->subject && !door->subject)
            door->subject = step->subject;
        if (!step->has_event)
            return;
        struct effect effect = cloud_apply(cloud, &step->event);
        if (effect.kind != EFFECT_NONE)
            keep_effect(door, &effect);
        if (!step->more)
            return;
    }
}

bool door_put(struct door *door, const struct input *input, struct err *err)
{
    door->inputs++;
    if (door->journaled) {
        must(turn_add(&door->turn, input, NULL));
        if (!turn_commit(&door->turn, err))
            return err_add(err, "the journal of the simulation");
    } else {
        put_directly(door, input);
    }
    door->refused += door->answer != ANSWER_OK;
    return true;
}

bool door_take_effect(struct door *door, struct effect *ret_effect)
{
    if (door->effect_first == door->effect_count)
        return false;
    *ret_effect = door->effects[door->effect_first++];
    return true;
}
