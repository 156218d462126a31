#include "core/inventory/capacity.h"
#include "base/must.h"

const char *capacity_state_text(enum capacity_state state)
{
#define X(name, text) [name] = text,
    static const char *const texts[] = {CAPACITY_STATES(X)};
#undef X
    must(state < CAPACITY_STATE_COUNT);
    return texts[state];
}

enum capacity_state capacity_state_of(enum node_state node, enum device_state device, bool leased)
{
    if (leased)
        return CAPACITY_LEASED;
    if (node == NODE_NEW || node == NODE_RETIRED)
        return CAPACITY_DARK;
    if (node == NODE_REPAIR || device == DEVICE_REPAIR || device == DEVICE_RETEST)
        return CAPACITY_FAULTY;
    if (node == NODE_DRAINING || device != DEVICE_HEALTHY)
        return CAPACITY_CLOSED;
    return CAPACITY_OPEN;
}

int64_t capacity_ms(int64_t time_us)
{
    return time_us / 1000 - (time_us % 1000 < 0);
}

// The integral of a state up to an instant. Milli-device-ms of millions of devices over years are
// more than an int64 holds, so whole devices and the thousandths beside them are added apart.
struct sum {
    int64_t device_ms, rest_milli;
};

static struct sum integral(const struct capacity *capacity, enum capacity_state state,
                           int64_t now_ms)
{
    int64_t whole = capacity->count[state] / DEVICE_MILLI;
    int64_t part = capacity->count[state] % DEVICE_MILLI;
    int64_t passed_ms, whole_ms, part_milli, device_ms;
    must(now_ms >= capacity->since_ms);
    must(!__builtin_sub_overflow(now_ms, capacity->since_ms, &passed_ms));
    must(!__builtin_mul_overflow(whole, passed_ms, &whole_ms));
    must(!__builtin_mul_overflow(part, passed_ms, &part_milli));
    must(!__builtin_add_overflow(part_milli, capacity->rest_milli[state], &part_milli));
    must(!__builtin_add_overflow(capacity->device_ms[state], whole_ms, &device_ms));
    must(!__builtin_add_overflow(device_ms, part_milli / DEVICE_MILLI, &device_ms));
    return (struct sum){device_ms, part_milli % DEVICE_MILLI};
}

int64_t capacity_device_ms(const struct capacity *capacity, enum capacity_state state,
                           int64_t time_us)
{
    must(state < CAPACITY_STATE_COUNT);
    return integral(capacity, state, capacity_ms(time_us)).device_ms;
}

static struct capacity *settled(struct inventory *inventory, uint64_t chip, int64_t time_us)
{
    struct capacity *capacity = table_get(&inventory->capacities, chip);
    must(capacity);
    int64_t now_ms = capacity_ms(time_us);
    if (now_ms == capacity->since_ms)
        return capacity;
    for (enum capacity_state state = 0; state < CAPACITY_STATE_COUNT; state++) {
        struct sum sum = integral(capacity, state, now_ms);
        capacity->device_ms[state] = sum.device_ms;
        capacity->rest_milli[state] = sum.rest_milli;
    }
    capacity->since_ms = now_ms;
    return capacity;
}

void capacity_open(struct inventory *inventory, uint64_t chip, int64_t time_us)
{
    struct capacity *capacity = table_add(&inventory->capacities, chip);
    capacity->since_ms = capacity_ms(time_us);
}

void capacity_add(struct inventory *inventory, uint64_t chip, enum capacity_state state,
                  int64_t milli, int64_t time_us)
{
    struct capacity *capacity = settled(inventory, chip, time_us);
    capacity->count[state] += milli;
    must(capacity->count[state] >= 0);
}

void capacity_move(struct inventory *inventory, const struct capacity_step *step, int64_t time_us)
{
    must(step->milli >= 0);
    capacity_add(inventory, step->chip, step->from, -step->milli, time_us);
    capacity_add(inventory, step->chip, step->to, step->milli, time_us);
}
