#include "base/must.h"
#include "core/cloud/cloud_state.h"
#include "core/cloud/curtail.h"
#include <string.h>

// The events of the input itself; false: none left.
static bool input_next(const struct cloud *cloud, const struct input *input, uint32_t step,
                       struct cloud_step *ret_step)
{
    switch (input->kind) {
    case INPUT_TICK:
        return false;
    case INPUT_CLOCK_STEPPED:
        ret_step->event.kind = EVENT_CLOCK_STEPPED;
        ret_step->event.clock_stepped.from_us = input->clock_from_us;
        return step == 0;
    case INPUT_NODE_REPORT:
        return node_report_next(cloud, &input->node_report, step, ret_step);
    case INPUT_ATTEMPT_REPORT:
        return attempt_report_next(cloud, input, step, ret_step);
    case INPUT_ENTITY_NEW:
    case INPUT_SITE_NEW:
    case INPUT_FEEDER_NEW:
    case INPUT_FEEDER_CAP:
    case INPUT_FEEDER_UNCAP:
    case INPUT_RACK_NEW:
    case INPUT_NODES_NEW:
    case INPUT_NODE_LABEL:
        return site_command_decide(cloud, input, step, ret_step);
    case INPUT_NODE_FAILED:
        return node_failed_next(cloud, input, step, ret_step);
    case INPUT_HEALTH_REPORT:
        return health_report_next(cloud, input, step, ret_step);
    case INPUT_MAINTENANCE_NEW:
    case INPUT_MAINTENANCE_END:
        return maintenance_decide(cloud, input, step, ret_step);
    case INPUT_RESERVATION_NEW:
    case INPUT_RESERVATION_CANCEL:
        return reservation_decide(cloud, input, step, ret_step);
    case INPUT_OPEN:
    case INPUT_ACCOUNT_NEW:
    case INPUT_KEY_NEW:
    case INPUT_KEY_REVOKE:
    case INPUT_OPERATOR_SET:
    case INPUT_PRICE_SET:
    case INPUT_LIMIT_SET:
    case INPUT_SETTING_SET:
    case INPUT_JOB_SUBMIT:
    case INPUT_JOB_STOP:
    case INPUT_NODE_DRAIN:
    case INPUT_NODE_UNDRAIN:
    case INPUT_INVOICE_ISSUE:
        return command_decide(cloud, input, step, ret_step);
    case INPUT_SITE_CURTAIL:
        return curtail_command(cloud, input, step, ret_step);
    case INPUT_KIND_COUNT:
        break;
    }
    must(false); // an input nobody knows
    return false;
}

static bool has_request(const struct input *input)
{
    static const uint8_t none[16];
    return memcmp(input->request, none, sizeof none) != 0;
}

// An idempotency key that was seen: the same answer, or a refusal when it was another request.
static bool answered_before(const struct cloud *cloud, const struct input *input,
                            struct cloud_step *ret_step)
{
    if (!has_request(input))
        return false;
    const struct request_row *row = request_find(cloud, input->request, input->time_us);
    if (!row)
        return false;
    if (memcmp(row->body, input->body, sizeof row->body) != 0) {
        ret_step->answer = ANSWER_KEY_REUSED;
        return true;
    }
    ret_step->repeated = true;
    ret_step->subject = row->subject;
    return true;
}

void cloud_decide(const struct cloud *cloud, const struct input *input, uint32_t step,
                  struct cloud_step *ret_step)
{
    memset(ret_step, 0, sizeof *ret_step);
    must(input->time_us >= cloud_time_us(cloud));
    if (step == 0 && answered_before(cloud, input, ret_step))
        return;
    struct event *event = &ret_step->event;
    bool found = input_next(cloud, input, step, ret_step);
    if (ret_step->answer != ANSWER_OK) {
        must(step == 0 && !found);
        return;
    }
    if (!found)
        found = follow_next(cloud, input->time_us, event);
    if (!found)
        return;
    event->seq = cloud_next_seq(cloud);
    event->time_us = input->time_us;
    if (step == 0 && has_request(input)) {
        memcpy(event->request, input->request, sizeof event->request);
        memcpy(event->body, input->body, sizeof event->body);
    }
    ret_step->has_event = ret_step->more = true;
}
