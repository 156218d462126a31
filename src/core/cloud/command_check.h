// command_check.h - what every command asks first: who it is, whether they may, whether texts hold.
//
//   Owner      nobody: functions of the state and the input
//   Invariant  each returns true, or false with the refusal in ret_step
//   Refusal    ANSWER_UNKNOWN_KEY, ANSWER_NOT_ALLOWED, ANSWER_NOT_FOUND, ANSWER_BAD_FIELD
//   Fault      none
#pragma once
#include "core/cloud/cloud_state.h"
#include <string.h>

static inline bool refuse(struct cloud_step *ret_step, enum answer answer)
{
    ret_step->answer = answer;
    return false;
}

static inline bool bad_field(struct cloud_step *ret_step, const char *field)
{
    ret_step->field = field;
    return refuse(ret_step, ANSWER_BAD_FIELD);
}

// A text ends within its array and is UTF-8: what is not could be written but never read again.
static inline bool text_valid(const char *text, size_t size)
{
    size_t length = strnlen(text, size);
    return length < size && str_is_utf8((str){text, length});
}

// The key decides, not what the caller says of it. Key 0 is the house itself.
static inline bool who(const struct cloud *cloud, const struct input *input,
                       struct principal *ret_by, struct cloud_step *ret_step)
{
    *ret_by = input->by;
    if (input->by.key == 0)
        return true;
    const struct access_key *key = table_get(&cloud->market.keys, input->by.key);
    if (!key || !key_usable(key, input->time_us))
        return refuse(ret_step, ANSWER_UNKNOWN_KEY);
    *ret_by = (struct principal){key->id, key->account, (enum role)key->role};
    return true;
}

static inline bool may(const struct principal *by, enum action action, uint64_t owner,
                       struct cloud_step *ret_step)
{
    struct rights_view view = {by->role, by->account, action, owner};
    switch (rights_check(&view)) {
    case RIGHTS_PERMITTED:
        return true;
    case RIGHTS_HIDDEN:
        return refuse(ret_step, ANSWER_NOT_FOUND);
    case RIGHTS_DENIED:
        break;
    }
    return refuse(ret_step, ANSWER_NOT_ALLOWED);
}
