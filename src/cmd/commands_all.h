// commands_all.h - the functions of all commands, one a row of commands.c.
//
//   Owner      nobody: functions
//   Invariant  each gives the exit code of the process and prints its own errors
//   Refusal    none
//   Fault      none
#pragma once
#include "cmd/commands.h"

// name of the function, a row each; the files are cmd_FAMILY.c
#define COMMANDS(X)         \
    X(account_list)         \
    X(account_new)          \
    X(account_show)         \
    X(backup)               \
    X(balance)              \
    X(bill)                 \
    X(chip_list)            \
    X(complete)             \
    X(completion)           \
    X(device_list)          \
    X(help)                 \
    X(invoice_list)         \
    X(invoice_show)         \
    X(job_list)             \
    X(job_log)              \
    X(job_show)             \
    X(job_stop)             \
    X(journal_export)       \
    X(journal_follow)       \
    X(journal_list)         \
    X(journal_verify)       \
    X(keeper)               \
    X(key_list)             \
    X(key_new)              \
    X(key_revoke)           \
    X(lab_fleet)            \
    X(lab_json)             \
    X(lab_place)            \
    X(lab_power)            \
    X(lab_queue)            \
    X(lease_list)           \
    X(limit_set)            \
    X(node_drain)           \
    X(node_list)            \
    X(node_show)            \
    X(node_undrain)         \
    X(operator_set)         \
    X(operator_show)        \
    X(price_list)           \
    X(price_set)            \
    X(reservation_add)      \
    X(reservation_cancel)   \
    X(reservation_earliest) \
    X(reservation_list)     \
    X(reservation_show)     \
    X(restore)              \
    X(run)                  \
    X(setting_list)         \
    X(setting_set)          \
    X(sim)                  \
    X(site_curtail)         \
    X(site_curtailed)       \
    X(status)               \
    X(up)                   \
    X(whoami)               \
    X(why)
// Those of cmd_site.c and cmd_health.c.
#define COMMANDS_OF_SITES(X) \
    X(device_fault)          \
    X(entity_list)           \
    X(entity_new)            \
    X(feeder_cap)            \
    X(feeder_list)           \
    X(feeder_new)            \
    X(node_import)           \
    X(node_label)            \
    X(node_maintenance)      \
    X(node_repaired)         \
    X(node_retest)           \
    X(rack_list)             \
    X(rack_new)              \
    X(site_list)             \
    X(site_new)
#define X(name) int cmd_##name(struct invocation *invocation);
COMMANDS(X)
COMMANDS_OF_SITES(X)
#undef X

// Also what `why` says of one.
int reservation_show(struct invocation *invocation, const char *id);
