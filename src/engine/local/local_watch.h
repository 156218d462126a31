// local_watch.h - the attempts an engine watches: takes them up, sees what their keepers wrote.
//
// Every way into an attempt is the same: take_up looks at its folder. It has ended: report it. Its
// lock is held: watch its keeper. It is free: spawn a keeper, which begins the attempt or, when
// an earlier keeper had begun it, undertakes it. So a start, a restart, an adoption after kill -9
// and the death of a keeper are one path.
//
//   Owner      local.h; used from the engine's thread only
//   Invariant  a watched attempt that has not ended has a live keeper whose death we will see, or
//              is due for another look
//   Refusal    what cannot be started ends as ENGINE_NOT_STARTED
//   Fault      local_watch_init only
#pragma once
#include "engine/local/attempt_folder.h"
#include "engine/local/local.h"
#include "engine/local/local_trash.h"

struct watched {
    struct attempt_id id;
    int inotify_watch, keeper; // -1 when there is none; keeper is a pidfd
    bool started, ended;       // reported
    bool look_again;           // its keeper could not be told alive or dead
    uint32_t spawns;
    uint32_t unread;           // looks at an end.json that could not be read
    struct engine_report last; // what was last said of its use
};

struct local_setup { // options, checked, with the defaults in
    char data[1024], runc[1024], rootfs_folder[1024], private_paths[4096], group[16];
    const char *keeper_argv[12];
    char keeper_words[12][1024];
    struct local_device devices[DEVICE_SET_MAX];
    uint32_t device_count;
    bool container;
    char why_process[256]; // AUTO: why it is no container
    int64_t alive_ms, heartbeat_ms, output_bytes_max, uid_base;
};

struct local_watch {
    const struct local_setup *setup;
    struct engine_sink sink;
    int epoll, inotify;
    struct watched *attempts;
    size_t count, room;
    struct local_trash trash;
};

// Wakes of the epoll carry one of these, or LOCAL_WAKE_ATTEMPT + the position in `attempts`.
enum { LOCAL_WAKE_CALL, LOCAL_WAKE_FILES, LOCAL_WAKE_ALIVE, LOCAL_WAKE_KEEPER };

bool local_watch_init(struct local_watch *watch, const struct local_setup *setup,
                      struct engine_sink sink, struct err *err);
void local_watch_finish(struct local_watch *watch);
void local_watch_adopt(struct local_watch *watch); // everything that is marked open
void local_watch_start(struct local_watch *watch, const struct engine_start *start);
void local_watch_stop(struct local_watch *watch, struct attempt_id id, int64_t grace_ms);
void local_watch_pause(struct local_watch *watch, struct attempt_id id, bool paused);
void local_watch_expect(struct local_watch *watch, struct attempt_id id);
void local_watch_forget(struct local_watch *watch, struct attempt_id id);
void local_watch_drop(struct local_watch *watch, uint64_t job);
void local_watch_files(struct local_watch *watch);              // inotify is readable
void local_watch_keeper(struct local_watch *watch, int keeper); // this pidfd is readable
void local_watch_again(struct local_watch *watch);              // those due for another look
bool local_watch_due(const struct local_watch *watch);          // whether there are such
void local_watch_alive(struct local_watch *watch);              // ENGINE_ALIVE for all that run
