// oci_seccomp.h - the system calls a container may make: a list of what is allowed.
//
// As the default of the large container engines (moby's profile), without what changes mounts,
// namespaces, the clock, keys, kernel modules, tracing of the kernel, or io_uring. What is not
// listed gives EPERM; clone3 gives ENOSYS, so that the C library falls back to clone, whose flags
// can be judged.
//
//   Owner      nobody: tables
//   Invariant  clone may make no namespace; a socket may not be of vsock or of the kernel's ciphers
//   Refusal    none
//   Fault      none
#pragma once
#include "base/json.h"

void oci_seccomp_write(struct json_out *json);
