// scenario_read.h - what the readers of a scenario's parts share.
//
//   Owner      scenario.c; the parts only borrow it while they read
//   Invariant  a mistake is a line of the report, reading goes on behind it
//   Refusal    none
//   Fault      none: the report has them
#pragma once
#include "sim/scenario.h"

struct scenario_reader {
    struct scenario *scenario;
    struct arena *arena;
    struct yaml_report *report;
};

// The list under a key of the root as a fresh array; ret_count 0 when it was left out.
void *scenario_list(struct scenario_reader *reader, const struct yaml_value *object,
                    const char *name, size_t size, const struct yaml_value **ret_first,
                    uint32_t *ret_count);
void scenario_text(const struct yaml_value *object, const char *name, char *out, size_t size);
// A name of a list's rows (each begins with its name); SCENARIO_NONE when left out or unknown,
// which is a mistake in the report.
int32_t scenario_name(struct scenario_reader *reader, const struct yaml_value *object,
                      const char *key, const void *rows, uint32_t count, size_t size);
// The same of a value that is at hand.
int32_t scenario_find(struct scenario_reader *reader, const struct yaml_value *value,
                      const void *rows, uint32_t count, size_t size);
// A decimal that must not be negative, in millionths.
int64_t scenario_micro(struct scenario_reader *reader, const struct yaml_value *object,
                       const char *name);
// A name the core takes as a slug, and a country: two capital letters.
void scenario_slug(struct scenario_reader *reader, const struct yaml_value *object,
                   const char *key);
void scenario_country(struct scenario_reader *reader, const struct yaml_value *object, char *out);
uint32_t scenario_zone(struct scenario_reader *reader, const struct yaml_value *object);

void scenario_read_site(struct scenario_reader *reader, const struct yaml_value *object,
                        struct scenario_site *site);
void scenario_read_demand(struct scenario_reader *reader, const struct yaml_value *object,
                          struct scenario_demand *demand);
