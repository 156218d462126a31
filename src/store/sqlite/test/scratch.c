#include "scratch.h"
#include "base/must.h"
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void make_under(struct scratch *scratch, const char *folder)
{
    snprintf(scratch->path, sizeof scratch->path, "%s/store-test-XXXXXX", folder);
    must(mkdtemp(scratch->path) != NULL);
}

void scratch_make_on_disk(struct scratch *scratch)
{
    const char *folder = getenv("TMPDIR");
    make_under(scratch, folder && folder[0] ? folder : "/tmp");
}

void scratch_make(struct scratch *scratch)
{
    if (access("/dev/shm", W_OK) == 0)
        make_under(scratch, "/dev/shm");
    else
        scratch_make_on_disk(scratch);
}

static int remove_entry(const char *path, const struct stat *stat, int type, struct FTW *place)
{
    (void)stat;
    (void)type;
    if (place->level > 0)
        remove(path);
    return 0;
}

void scratch_empty(struct scratch *scratch)
{
    nftw(scratch->path, remove_entry, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}

void scratch_remove(struct scratch *scratch)
{
    if (!scratch->path[0])
        return;
    scratch_empty(scratch);
    rmdir(scratch->path);
    memset(scratch, 0, sizeof *scratch);
}
