// container_root.h - the root file system of a container: an empty tree with read-only mounts.
//
// The tree is made for each attempt in bundle/rootfs, so that nothing is ever made in the host's
// root or in a user's rootfs. Of the host's root only the folders of programs come in (usr, bin,
// sbin, lib..., etc, opt); what is private in those is masked. What is not named is not there: no
// /root, /home, /var, /boot, /srv, /mnt, no data directory, no sockets. Of a rootfs everything
// comes in, but what a container has of its own (proc, dev, sys, tmp, run, job).
//
//   Owner      the attempt's folder; trash takes it
//   Invariant  symbolic links are copied, never followed
//   Refusal    a rootfs that, after links, does not lie in the folder the operator named; where
//              none is named: that is the host's own, the kernel's, or around or in the data
//   Fault      I/O, more entries than CONTAINER_BINDS_MAX
#pragma once
#include "engine/local/keep/command_plan.h"

enum { CONTAINER_BINDS_MAX = 128, CONTAINER_NAME_MAX = 128 };

struct container_root {
    char source[1024]; // "" or the rootfs, without a slash at its end
    char names[CONTAINER_BINDS_MAX][CONTAINER_NAME_MAX]; // source/NAME is seen as /NAME
    uint32_t count;
    bool host; // the host's root: mask what is private
};

bool container_root_make(const struct command_plan *plan, struct container_root *ret_root,
                         struct err *err);
