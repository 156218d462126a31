// local_trash.h - empties folders that a job has filled, off the engine's thread.
//
// A job may have made millions of files, folders as deep as it liked, and links to anywhere. Its
// folder is renamed into DATA/jobs/trash, which is at once, and a thread takes it apart: folders in
// folders are first moved up, so depth costs no memory, and links are never followed.
//
//   Owner      the engine
//   Invariant  nothing outside the trash folder is touched
//   Refusal    none
//   Fault      local_trash_put: the folder cannot be moved. What cannot be removed stays for the
//              next start
#pragma once
#include "base/err.h"
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

struct local_trash {
    int folder;
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t filled;
    bool waiting_for_more; // under the mutex: whether something was put since the last look
    atomic_bool over;
    unsigned counter;
};

bool local_trash_init(struct local_trash *trash, const char *data, struct err *err);
void local_trash_finish(struct local_trash *trash);
// Moves folder/name here. Absent is fine. One thread at a time.
bool local_trash_put(struct local_trash *trash, int folder, const char *name, struct err *err);
