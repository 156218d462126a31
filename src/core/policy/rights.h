// rights.h - who may do what: rules over a view that callers fill.
//
// A view says who asks (role, account), what for (action) and whose thing it is. Policy knows no
// other room's structs. What no rule permits is denied.
//
//   Owner      nobody: a table of rules, functions of the view
//   Invariant  total: every view has a verdict; a role never gains by an empty field
//   Refusal    RIGHTS_DENIED (the role may not), RIGHTS_HIDDEN (another account's: answer as if
//              it did not exist)
//   Fault      none
#pragma once
#include "base/str.h"
#include <stdbool.h>
#include <stdint.h>

// An operator runs the house; an admin may also handle keys, money rules and settings; a user acts
// within its own account; a reader only looks at its own account. Account 1 is the house's own: a
// reader there (an auditor, a monitor) sees everything.
#define ROLES(X)                 \
    X(ROLE_NONE, "none")         \
    X(ROLE_READER, "reader")     \
    X(ROLE_USER, "user")         \
    X(ROLE_OPERATOR, "operator") \
    X(ROLE_ADMIN, "admin")
#define X(name, text) name,
enum role { ROLES(X) ROLE_COUNT };
#undef X
const char *role_text(enum role role);
bool role_parse(str text, enum role *ret_role);

enum action {
    ACTION_READ_OWN,    // jobs, leases, balances, invoices, keys of one account
    ACTION_READ_HOUSE,  // nodes, devices, chips, prices: everyone with a key
    ACTION_READ_ALL,    // the journal, metrics, every account
    ACTION_RUN,         // submit and stop jobs of an account
    ACTION_OPERATE,     // drain nodes, stop any job
    ACTION_MANAGE_KEYS, // a user may make and revoke user and reader keys of its own account
    ACTION_MANAGE,      // accounts, limits, prices, operator, invoices, settings
    ACTION_COUNT,
};

struct rights_view {
    enum role role;
    uint64_t account; // of the one who asks
    enum action action;
    uint64_t owner; // account whose thing it is; 0: the house's
};

enum rights_verdict { RIGHTS_PERMITTED, RIGHTS_DENIED, RIGHTS_HIDDEN };
enum rights_verdict rights_check(const struct rights_view *view);

enum { ACCOUNT_HOUSE = 1 };
