#include "faulty_vfs.h"
#include "base/must.h"
#include <pthread.h>
#include <sqlite3.h>
#include <string.h>

struct faulty_file {
    sqlite3_file file;
    sqlite3_file *real; // lies behind this struct
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct {
    enum vfs_fault fault;
    uint64_t calls, from, until; // calls counted since armed, from 1
    bool struck;
} armed;
static sqlite3_vfs *real_vfs;

static sqlite3_file *real(sqlite3_file *file)
{
    return ((struct faulty_file *)file)->real;
}

// SQLITE_OK, or the code that this call is to fail with.
static int strike(bool is_sync)
{
    int code = SQLITE_OK;
    pthread_mutex_lock(&lock);
    bool meant = armed.fault != VFS_NO_FAULT && is_sync == (armed.fault == VFS_SYNC_FAILS);
    if (meant && ++armed.calls >= armed.from && armed.calls < armed.until) {
        armed.struck = true;
        code = armed.fault == VFS_WRITE_FULL    ? SQLITE_FULL
               : armed.fault == VFS_WRITE_FAILS ? SQLITE_IOERR_WRITE
                                                : SQLITE_IOERR_FSYNC;
    }
    pthread_mutex_unlock(&lock);
    return code;
}

static int file_close(sqlite3_file *file)
{
    return real(file)->pMethods->xClose(real(file));
}

static int file_read(sqlite3_file *file, void *bytes, int size, sqlite3_int64 offset)
{
    return real(file)->pMethods->xRead(real(file), bytes, size, offset);
}

static int file_write(sqlite3_file *file, const void *bytes, int size, sqlite3_int64 offset)
{
    int code = strike(false);
    if (code != SQLITE_OK) // as a full disk does: a part arrives
        real(file)->pMethods->xWrite(real(file), bytes, size / 2, offset);
    return code ? code : real(file)->pMethods->xWrite(real(file), bytes, size, offset);
}

static int file_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    int code = strike(false);
    return code ? code : real(file)->pMethods->xTruncate(real(file), size);
}

static int file_sync(sqlite3_file *file, int flags)
{
    int code = strike(true);
    return code ? code : real(file)->pMethods->xSync(real(file), flags);
}

static int file_size(sqlite3_file *file, sqlite3_int64 *ret_size)
{
    return real(file)->pMethods->xFileSize(real(file), ret_size);
}

static int file_lock(sqlite3_file *file, int level)
{
    return real(file)->pMethods->xLock(real(file), level);
}

static int file_unlock(sqlite3_file *file, int level)
{
    return real(file)->pMethods->xUnlock(real(file), level);
}

static int file_reserved(sqlite3_file *file, int *ret_reserved)
{
    return real(file)->pMethods->xCheckReservedLock(real(file), ret_reserved);
}

static int file_control(sqlite3_file *file, int operation, void *argument)
{
    return real(file)->pMethods->xFileControl(real(file), operation, argument);
}

static int file_sector(sqlite3_file *file)
{
    return real(file)->pMethods->xSectorSize(real(file));
}

static int file_traits(sqlite3_file *file)
{
    return real(file)->pMethods->xDeviceCharacteristics(real(file));
}

static int file_shm_map(sqlite3_file *file, int page, int size, int extend, void volatile **ret)
{
    return real(file)->pMethods->xShmMap(real(file), page, size, extend, ret);
}

static int file_shm_lock(sqlite3_file *file, int offset, int count, int flags)
{
    return real(file)->pMethods->xShmLock(real(file), offset, count, flags);
}

static void file_shm_barrier(sqlite3_file *file)
{
    real(file)->pMethods->xShmBarrier(real(file));
}

static int file_shm_unmap(sqlite3_file *file, int remove)
{
    return real(file)->pMethods->xShmUnmap(real(file), remove);
}

static const sqlite3_io_methods methods = {
    .iVersion = 2,
    .xClose = file_close,
    .xRead = file_read,
    .xWrite = file_write,
    .xTruncate = file_truncate,
    .xSync = file_sync,
    .xFileSize = file_size,
    .xLock = file_lock,
    .xUnlock = file_unlock,
    .xCheckReservedLock = file_reserved,
    .xFileControl = file_control,
    .xSectorSize = file_sector,
    .xDeviceCharacteristics = file_traits,
    .xShmMap = file_shm_map,
    .xShmLock = file_shm_lock,
    .xShmBarrier = file_shm_barrier,
    .xShmUnmap = file_shm_unmap,
};

static int vfs_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags,
                    int *ret_flags)
{
    (void)vfs;
    struct faulty_file *faulty = (struct faulty_file *)file;
    faulty->real = (sqlite3_file *)(faulty + 1);
    faulty->file.pMethods = NULL;
    int code = real_vfs->xOpen(real_vfs, name, faulty->real, flags, ret_flags);
    if (code == SQLITE_OK)
        faulty->file.pMethods = &methods;
    return code;
}

void faulty_vfs_install(void)
{
    static sqlite3_vfs vfs;
    must(sqlite3_initialize() == SQLITE_OK);
    real_vfs = sqlite3_vfs_find(NULL);
    vfs = *real_vfs; // its other calls take the real VFS's own data, which the copy points to
    vfs.zName = "faulty";
    vfs.szOsFile = (int)sizeof(struct faulty_file) + real_vfs->szOsFile;
    vfs.pNext = NULL;
    vfs.xOpen = vfs_open;
    must(sqlite3_vfs_register(&vfs, 1) == SQLITE_OK);
}

void faulty_vfs_arm(enum vfs_fault fault, uint64_t n, uint64_t count)
{
    pthread_mutex_lock(&lock);
    armed.fault = fault;
    armed.calls = 0;
    armed.from = n;
    armed.until = n + count;
    armed.struck = false;
    pthread_mutex_unlock(&lock);
}

bool faulty_vfs_has_struck(void)
{
    pthread_mutex_lock(&lock);
    bool struck = armed.struck;
    pthread_mutex_unlock(&lock);
    return struck;
}
