// cloud_state.h - what the files of this room share and nobody else sees.
//
// One input runs through: command.c or report.c (the input's own events), then follow.c (what the
// state has left to do). apply.c folds every event.
//
//   Owner      the room
//   Invariant  caches are functions of the state: cloud_reindex makes the same ones anew
//   Refusal    none
//   Fault      none
#pragma once
#include "base/lookup.h"
#include "core/cloud/cloud.h"
#include "core/cloud/curtail_tree.h"

// A running job with a time limit: a binary heap by (due_us, job), stale entries dropped late.
struct limit_entry {
    int64_t due_us;
    uint64_t job;
    uint64_t attempt;
};

// The runs of the lease that is being placed: its events come one a step, all in one commit.
struct placing_plan {
    uint64_t lease;
    struct lease_run *runs; // all but the first
    uint32_t count, room;
};

struct cloud_index {
    struct placing_plan plan, booking;
    struct lookup requests; // request digest -> request row
    struct limit_entry *limits;
    uint32_t limits_count, limits_room;
    int64_t month_from_us, month_due_us; // in [from, due) no month begins in any zone
    uint64_t emptied_seen;               // this lease's nodes hold nothing more to repair
    int64_t view_time_us;                // of the newest place_view
    struct curtail_tree curtail;
    int64_t held; // jobs that are paused or capped
};

struct house *cloud_house(const struct cloud *cloud);
void cloud_reindex(struct cloud *cloud);

// requests.c
const struct request_row *request_find(const struct cloud *cloud, const uint8_t request[16],
                                       int64_t time_us);
void request_apply(struct cloud *cloud, const struct event *event);
void requests_reindex(struct cloud *cloud);

// due.c
void limit_push(const struct cloud *cloud, const struct job *job);
// The running job whose time limit ends first; NULL: none. Drops stale entries.
const struct job *limit_first(const struct cloud *cloud, int64_t *ret_due_us);
// The reservation was cut short: its running jobs end with it.
void limits_reserved(struct cloud *cloud, uint64_t reservation);
// Whether it is its reservation that ends it then, not its own limit.
bool limit_is_reserved(const struct cloud *cloud, const struct job *job, int64_t due_us);
void limits_reindex(struct cloud *cloud);
int64_t month_due_us(const struct cloud *cloud, int64_t time_us); // when a month begins next
// What placement sees at an instant, which may lie behind the last event.
void cloud_queue_rule(struct cloud *cloud); // the settings of the queue have changed
struct place_view place_view_at(const struct cloud *cloud, int64_t time_us);

// Fills a text of a fact, zeroed behind; bytes that are no UTF-8 become question marks.
void text_fill(char *to, const char *from, size_t size);

// command.c: the events of a command, one a step; false: no more (or refused, see answer).
bool command_decide(const struct cloud *cloud, const struct input *input, uint32_t step,
                    struct cloud_step *ret_step);
// site_command.c: commands about entities, sites, feeders, racks, nodes and their labels.
bool site_command_decide(const struct cloud *cloud, const struct input *input, uint32_t step,
                         struct cloud_step *ret_step);
// health_report.c: what a report of health leads to, and commands about maintenance.
bool health_report_next(const struct cloud *cloud, const struct input *input, uint32_t step,
                        struct cloud_step *ret_step);
bool maintenance_decide(const struct cloud *cloud, const struct input *input, uint32_t step,
                        struct cloud_step *ret_step);
// A cordoned device whose last lease has ended goes to repair; a window that begins or ends.
bool emptied_next(const struct cloud *cloud, struct event *ret_event);
bool maintenance_next(const struct cloud *cloud, int64_t time_us, struct event *ret_event);
// reservation_command.c: booking and cancelling; what reservations have left to do, and when.
bool reservation_decide(const struct cloud *cloud, const struct input *input, uint32_t step,
                        struct cloud_step *ret_step);
bool reservation_next(const struct cloud *cloud, int64_t time_us, struct event *ret_event);
int64_t reservation_due_us(const struct cloud *cloud, int64_t now_us);
void reservations_touch(struct cloud *cloud, enum event_kind kind);
// command.c: the refusal for what place_feasible says.
enum answer place_answer(enum place_verdict verdict);
// rack_command.c: the next event of each, once site_command_decide has asked who it is.
bool rack_new_next(const struct cloud *cloud, const struct rack_new *new, uint32_t step,
                   struct cloud_step *ret_step);
bool nodes_new_next(const struct cloud *cloud, const struct nodes_new *new, uint32_t step,
                    struct cloud_step *ret_step);
bool node_label_next(const struct cloud *cloud, const struct node_label *new, uint32_t step,
                     struct cloud_step *ret_step);
// report.c: the event that a chip comes with, by its row or its first price; false: all is there.
bool chip_known_next(const struct cloud *cloud, const struct chip *chip, struct event *event);
// report.c: what a report changes that the state does not say yet.
bool node_report_next(const struct cloud *cloud, const struct node_report *report, uint32_t step,
                      struct cloud_step *ret_step);
bool attempt_report_next(const struct cloud *cloud, const struct input *input, uint32_t step,
                         struct cloud_step *ret_step);
bool node_failed_next(const struct cloud *cloud, const struct input *input, uint32_t step,
                      struct cloud_step *ret_step);
// follow.c: what the state has left to do at this time, one event; false: nothing.
bool follow_next(const struct cloud *cloud, int64_t time_us, struct event *ret_event);
// settle.c: rate and post what a lease has used; post an invoice. False: nothing left of it.
bool settle_next(const struct cloud *cloud, int64_t time_us, struct event *ret_event);
bool invoice_post_next(const struct cloud *cloud, struct event *ret_event);
