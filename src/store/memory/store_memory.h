// store_memory.h - journal and blobs in memory, for tests and simulation.
//
// It keeps every promise of port/journal.h and port/blob.h but the one about power: what is on a
// memory_disk ends with the process. The salt of `put` comes from the kernel; whoever wants the
// same digests in every run gives a salt (put_salted).
//
//   Owner      whoever opened it; journal and blobs are destroyed each by its own `destroy`, in
//              any order, before the disk
//   Invariant  that of the ports; after a failed fsync every further write is fatal
//   Refusal    none
//   Fault      those of the disk
#pragma once
#include "port/blob.h"
#include "port/journal.h"
#include "store/memory/memory_disk.h"

void store_memory_open(struct memory_disk *disk, struct journal **ret_journal,
                       struct blobs **ret_blobs);
