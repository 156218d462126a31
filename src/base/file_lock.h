// file_lock.h - one process owns a file at a time, and others can read which.
//
// The lock is flock's, on a file that holds its owner's process number. A server that was killed in
// the moment in which it starts a child leaves that child with a copy of the descriptor until its
// exec has closed it: the lock is held although its owner is dead. So a lock whose owner is not
// alive is waited for, and a lock whose owner is alive is refused at once.
//
//   Owner      the caller; the lock lasts until every copy of the descriptor is closed
//   Invariant  at most one process has FILE_LOCK_TAKEN on a file
//   Refusal    FILE_LOCK_HELD: the owner is alive, or the patience is over
//   Fault      FILE_LOCK_FAILED: errno says why; a file system without locks
#pragma once

enum { FILE_LOCK_PATIENCE_MS = 5000 };

enum file_lock_answer { FILE_LOCK_TAKEN, FILE_LOCK_HELD, FILE_LOCK_FAILED };

// Of a descriptor open for reading and writing. ret_holder: with HELD the owner's process number,
// 0 when the file does not say.
enum file_lock_answer file_lock_take(int descriptor, long *ret_holder);
