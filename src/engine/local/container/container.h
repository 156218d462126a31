// container.h - runs a command under runc: namespaces, cgroup limits, seccomp, its own uid.
//
// oci.h writes the bundle, `runc run --detach` starts it, and the keeper, being a subreaper, gets
// the container's processes as its own children. The container's first process is a small program
// of ours (container_init.c): it reaps, passes signals on and tells over a socket how the command
// began and ended. When the keeper dies the socket closes, the first process leaves, and the
// kernel kills all that is in the container.
//
//   Owner      the keeper; one container an attempt, named by its folder
//   Invariant  after container_remove no process and no cgroup of the attempt is left
//   Refusal    COMMAND_FAILED in the news; runc refusing the bundle: container_failure_text
//   Fault      container_start: no room, no runc, a rootfs that is not allowed
#pragma once
#include "engine/local/keep/command_plan.h"
#include "host/cgroup.h"

bool container_start(const struct command_plan *plan, struct command *ret_command, struct err *err);
// SIGKILL ends the container at once; any other goes to the command's process group.
void container_signal(int folder, const struct command *command, int number);
bool container_usage(const struct attempt_request *request, struct cgroup_usage *ret_usage);
bool container_ran_out_of_memory(const struct attempt_request *request);
void container_failure_text(int folder, char *ret_text, size_t size);
void container_remove(const struct command_plan *plan);
// Puts the container's first process into data/jobs, for all attempts.
bool container_install(const char *data, struct err *err);
void container_limits(struct buf *out); // what cgroups cannot hold here, a line each
