// xid.h - what an Xid of NVIDIA's driver asks for: nothing, a reset, or another part.
//
// Source: "Analyzing Xid Errors with the Xid Catalog" (docs.nvidia.com/deploy/xid-errors), column
// of the immediate action, and the "Xid Checks" of NVIDIA Health Validation. RESTART_APP and what
// only informs is APPLICATION: the job has failed, the device has not. RESET_GPU, RESTART_BM and
// what needs a reset to take effect is RESET. A device that has gone from its bus (79) or that can
// remap no more rows (64) is for REPLACE: a person looks before it comes back.
//
//   Owner      nobody: a table
//   Invariant  none
//   Refusal    XID_UNKNOWN: no such code is in the table
//   Fault      none
#pragma once
#include <stdint.h>

enum xid_class { XID_UNKNOWN, XID_APPLICATION, XID_RESET, XID_REPLACE };
enum xid_class xid_class(int32_t code);
