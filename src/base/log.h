// log.h - what the operator of the process should see, one line each on stderr.
//
// Lines are "TIME level room: text". Control bytes in the text are shown as \xNN, so that nobody
// can forge a line. A log line never stands in place of an error: faults travel in struct err.
//
//   Owner      the process: one sink, set once at the start
//   Invariant  one write(2) a line; never a secret in it
//   Refusal    none
//   Fault      none: what cannot be written is lost
#pragma once

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

void log_to(int descriptor, enum log_level least, int json);
void log_line(enum log_level level, const char *room, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
