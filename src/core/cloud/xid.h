// xid.h - what an Xid of NVIDIA's driver asks for: nothing, a reset, or another part.
//
// Source: NVIDIA, "Analyzing Xid Errors with the Xid Catalog", table 1, column "Resolution Bucket
// (Immediate Action)", for Ampere and newer (docs.nvidia.com/deploy/xid-errors/
// analyzing-xid-catalog.html). RESTART_APP and IGNORE are APPLICATION: the device has not failed.
// RESET_GPU and RESTART_VM are RESET. Two are for REPLACE, a person looks before they come back: 64
// (RESET_GPU, then CONTACT_SUPPORT: rows can be remapped no more) and 79 (RESTART_BM, then
// CONTACT_SUPPORT: gone from its bus). 48 (WORKFLOW_XID_48) ends in a reset, 45 (WORKFLOW_XID_45)
// follows the error that came before it, which is reported for itself.
//
//   Owner      nobody: a table
//   Invariant  none
//   Refusal    XID_UNKNOWN: no such code is in the table
//   Fault      none
#pragma once
#include <stdint.h>

enum xid_class { XID_UNKNOWN, XID_APPLICATION, XID_RESET, XID_REPLACE };
enum xid_class xid_class(int32_t code);
