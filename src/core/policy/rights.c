#include "core/policy/rights.h"
#include "base/must.h"

const char *role_text(enum role role)
{
#define X(name, text) [name] = text,
    static const char *const texts[] = {ROLES(X)};
#undef X
    must(role < ROLE_COUNT);
    return texts[role];
}

bool role_parse(str text, enum role *ret_role)
{
    for (enum role role = ROLE_NONE + 1; role < ROLE_COUNT; role++) {
        if (str_is(text, str_from(role_text(role)))) {
            *ret_role = role;
            return true;
        }
    }
    return false;
}

// How far the right to an action reaches, by role: none, reader, user, operator, admin.
enum reach { NOWHERE, OWN, EVERYWHERE };

static const enum reach reaches[ACTION_COUNT][ROLE_COUNT] = {
    [ACTION_READ_OWN] = {NOWHERE, OWN,        OWN,        EVERYWHERE, EVERYWHERE},
    [ACTION_READ_HOUSE] = {NOWHERE, EVERYWHERE, EVERYWHERE, EVERYWHERE, EVERYWHERE},
    [ACTION_READ_ALL] = {NOWHERE, NOWHERE,    NOWHERE,    EVERYWHERE, EVERYWHERE},
    [ACTION_RUN] = {NOWHERE, NOWHERE,    OWN,        EVERYWHERE, EVERYWHERE},
    [ACTION_OPERATE] = {NOWHERE, NOWHERE,    NOWHERE,    EVERYWHERE, EVERYWHERE},
    [ACTION_MANAGE_KEYS] = {NOWHERE, NOWHERE,    OWN,        OWN,        EVERYWHERE},
    [ACTION_MANAGE] = {NOWHERE, NOWHERE,    NOWHERE,    NOWHERE,    EVERYWHERE},
};

static enum reach reach_of(const struct rights_view *view)
{
    bool reads = view->action == ACTION_READ_OWN || view->action == ACTION_READ_ALL;
    if (view->account == ACCOUNT_HOUSE && reads)
        return EVERYWHERE; // an auditor, a monitor
    return reaches[view->action][view->role];
}

enum rights_verdict rights_check(const struct rights_view *view)
{
    if (view->role <= ROLE_NONE || view->role >= ROLE_COUNT || view->action >= ACTION_COUNT ||
        view->account == 0)
        return RIGHTS_DENIED;
    bool own = view->owner == view->account;
    enum reach reach = reach_of(view);
    if (reach == EVERYWHERE || (reach == OWN && own))
        return RIGHTS_PERMITTED;
    struct rights_view look = *view;
    look.action = ACTION_READ_OWN;
    bool sees = own || view->owner == 0 || reach_of(&look) == EVERYWHERE;
    return sees ? RIGHTS_DENIED : RIGHTS_HIDDEN;
}
