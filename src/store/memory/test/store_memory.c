#include "store/memory/store_memory.h"
#include "port/test/journal_conformance.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

struct memory_rig {
    struct memory_disk *disk;
    uint64_t fail_from; // the number of the first write that is to fail, 0 for none
};

static void rig_wipe(void *context)
{
    struct memory_rig *rig = context;
    memory_disk_destroy(rig->disk);
    rig->disk = memory_disk_create();
}

static bool rig_open(void *context, struct journal **ret_journal, struct blobs **ret_blobs,
                     struct err *err)
{
    (void)err;
    store_memory_open(((struct memory_rig *)context)->disk, ret_journal, ret_blobs);
    return true;
}

static void rig_inject(void *context, enum rig_fault fault, uint64_t n, uint64_t count)
{
    struct memory_rig *rig = context;
    rig->fail_from = n ? memory_disk_writes(rig->disk) + n : 0;
    memory_disk_fail(rig->disk, fault == RIG_NO_FAULT ? 0 : n, count,
                     fault == RIG_DISK_FULL ? MEMORY_DISK_FULL
                     : n % 2                ? MEMORY_FSYNC_LOST
                                            : MEMORY_FSYNC_KEPT);
}

static bool rig_has_struck(void *context)
{
    struct memory_rig *rig = context;
    return rig->fail_from && memory_disk_writes(rig->disk) >= rig->fail_from;
}

static void a_failed_fsync_may_keep_or_lose_the_batch(void **state)
{
    (void)state;
    for (int kept = 0; kept < 2; kept++) {
        struct memory_disk *disk = memory_disk_create();
        struct journal *journal;
        struct blobs *blobs;
        struct journal_commit head;
        struct err err;
        bool fatal = false;
        str line = S("a line");
        struct journal_batch batch = {.lines = &line, .count = 1};
        store_memory_open(disk, &journal, &blobs);
        memory_disk_fail(disk, 1, 1, kept ? MEMORY_FSYNC_KEPT : MEMORY_FSYNC_LOST);
        assert_false(journal->ops->append(journal, &batch, &fatal, &err));
        assert_true(fatal);
        assert_true(journal->ops->head(journal, &head, &err));
        assert_int_equal(head.size, kept);
        journal->ops->destroy(journal);
        blobs->ops->destroy(blobs);
        memory_disk_destroy(disk);
    }
}

int main(void)
{
    struct memory_rig rig = {.disk = memory_disk_create()};
    const struct journal_rig filled = {&rig, rig_wipe, rig_open, rig_inject, rig_has_struck, 1};
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_failed_fsync_may_keep_or_lose_the_batch),
    };
    int failed = journal_conformance("store/memory", &filled);
    memory_disk_destroy(rig.disk);
    return failed + cmocka_run_group_tests(tests, NULL, NULL);
}
