#include "store/sqlite/store_sqlite.h"
#include "faulty_vfs.h"
#include "scratch.h"
#include "port/test/journal_conformance.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

static struct scratch scratch;

static void rig_wipe(void *context)
{
    scratch_empty(context);
}

static bool rig_open(void *context, struct journal **ret_journal, struct blobs **ret_blobs,
                     struct err *err)
{
    return store_sqlite_open(((struct scratch *)context)->path, STORE_OWN, ret_journal, ret_blobs,
                             err);
}

static void rig_inject(void *context, enum rig_fault fault, uint64_t n, uint64_t count)
{
    (void)context;
    faulty_vfs_arm(fault == RIG_NO_FAULT      ? VFS_NO_FAULT
                   : fault == RIG_FSYNC_FAILS ? VFS_SYNC_FAILS
                   : n % 2                    ? VFS_WRITE_FULL
                                              : VFS_WRITE_FAILS,
                   n, count);
}

static bool rig_has_struck(void *context)
{
    (void)context;
    return faulty_vfs_has_struck();
}

int main(void)
{
    scratch_make(&scratch);
    faulty_vfs_install();
    const struct journal_rig rig = {&scratch, rig_wipe, rig_open, rig_inject, rig_has_struck, 1};
    int failed = journal_conformance("store/sqlite", &rig);
    scratch_remove(&scratch);
    return failed;
}
