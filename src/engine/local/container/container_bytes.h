// container_bytes.h - the program container_init.c, linked, as bytes inside this one.
//
//   Owner      nobody: constant
//   Invariant  container_init_end - container_init_bytes is its size
//   Refusal    none
//   Fault      none
#pragma once

extern const char container_init_bytes[], container_init_end[];
