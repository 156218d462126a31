// sim_files.h - the files around a simulation: scenario and traces in, tables and report out.
//
//   Owner      nobody: functions
//   Invariant  what is written is a function of the series alone
//   Refusal    none
//   Fault      a file cannot be read or written: err names it
#pragma once
#include "base/arena.h"
#include "base/err.h"
#include "sim/scenario.h"
#include "sim/trace.h"
#include "text/series.h"

bool sim_file_read(const char *path, struct buf *out, struct err *err);
// The traces that classes of demand name, beside the scenario; ret_traces is in the arena.
bool sim_files_traces(const char *scenario_path, const struct scenario *scenario,
                      struct arena *arena, const struct trace **ret_traces, struct err *err);
bool sim_folder_make(const char *folder, struct err *err);
void sim_print_summary(const struct series *series);
bool sim_files_write(const char *folder, str title, const struct series *series, struct err *err);
