// Snapshots whose frame is damaged: cut short, longer, other heads of tables, other peaks of the
// tree. Each is refused with a reason or loads as a state of its own.
//
// What stands in the rows is not changed here: that a snapshot is what was saved is known by the
// digest which the store keeps with it and by the root of the journal (turn_load); a state that
// was made up from nothing may break what apply relies on.
#include "base/must.h"
#include "core/cloud/cloud.h"
#include "fuzz.h"
#include "proof/merkle.h"
#include <string.h>

enum { HEADS_MAX = 64 };

const char *const fuzz_seeds[] = {"",    "c 0123", "h\1\2\3\4\5\6", "h\11\1\377h\3\2\1", "a0123",
                                  "c\7", NULL};

static struct buf saved;
static size_t heads[HEADS_MAX];
static size_t head_count;

static void put(struct cloud *cloud, struct input *input)
{
    struct cloud_step step;
    input->time_us = INT64_C(1795219200000000);
    input->by = (struct principal){0, ACCOUNT_HOUSE, ROLE_ADMIN};
    for (uint32_t i = 0;; i++) {
        cloud_decide(cloud, input, i, &step);
        if (!step.has_event)
            return;
        cloud_apply(cloud, &step.event);
    }
}

static void fill(struct cloud *cloud)
{
    struct node_report_device device = {.chip = "chip", .serial = "s", .class_w = 9, .max_w = 9};
    struct input node = {.kind = INPUT_NODE_REPORT}, job = {.kind = INPUT_JOB_SUBMIT};
    put(cloud, &(struct input){.kind = INPUT_OPEN});
    node.node_report = (struct node_report){.name = "n1",
                                            .arch = "x",
                                            .cpu_milli = 1000,
                                            .memory_mib = 9,
                                            .count = 1,
                                            .devices = &device};
    put(cloud, &node);
    job.job = (struct job_submit){.account = 1, .shape.devices = 1, .name = "job"};
    job.request[0] = 1;
    put(cloud, &job);
    put(cloud, &job);
}

// Where the heads of the tables stand, in the order in which they are saved.
static void find_heads(const struct cloud *cloud)
{
    size_t at = 0;
    const struct table *table;
    for (uint32_t i = 0; (table = cloud_table(cloud, i)); i++) {
        uint64_t used;
        must(at + 16 <= saved.len);
        memcpy(&used, saved.ptr + at, sizeof used);
        must(used == table->used && head_count < HEADS_MAX);
        heads[head_count++] = at;
        at += 16 + used * table->row_size;
    }
    must(at == saved.len);
}

static void begin(void)
{
    struct cloud cloud;
    cloud_init(&cloud);
    fill(&cloud);
    buf_init(&saved, 1 << 24);
    cloud_save(&cloud, &saved);
    find_heads(&cloud);
    cloud_finish(&cloud);
}

// Commands of one letter: c cut to a length, a add bytes, h change a byte of a table's head.
static void damage(struct buf *bytes, const uint8_t *text, size_t size)
{
    for (size_t i = 0; i + 3 < size; i += 4) {
        uint32_t number = (uint32_t)text[i + 1] << 8 | text[i + 2];
        size_t place = heads[number % head_count] + text[i + 3] % 16;
        if (text[i] == 'c')
            bytes->len = number % (bytes->len + 1);
        else if (text[i] == 'a')
            buf_add(bytes, (str){(const char *)text + i, 1 + number % 4 % (size - i)});
        else if (place < bytes->len)
            bytes->ptr[place] = (char)text[i];
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *text, size_t size)
{
    struct err err = {0};
    struct buf bytes;
    struct cloud cloud;
    struct merkle tree;
    if (saved.len == 0)
        begin();
    if (merkle_read((str){(const char *)text, size}, &tree, &err))
        must(merkle_is_sound(&tree));
    buf_init(&bytes, 1 << 25);
    buf_add(&bytes, buf_str(&saved));
    damage(&bytes, text, size);
    cloud_init(&cloud);
    if (cloud_load(&cloud, buf_str(&bytes), &err)) {
        struct buf again;
        buf_init(&again, 1 << 25);
        cloud_save(&cloud, &again);
        must(str_is(buf_str(&again), buf_str(&bytes)));
        buf_finish(&again);
    } else {
        must(err.text[0]);
    }
    cloud_finish(&cloud);
    buf_finish(&bytes);
    return 0;
}
