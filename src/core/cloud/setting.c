#include "core/cloud/setting.h"
#include "base/must.h"

const struct setting_row *setting_row(enum setting setting)
{
#define X(name, key, value, min, max, unit, doc) [name] = {key, value, min, max, unit, doc},
    static const struct setting_row rows[] = {SETTINGS(X)};
#undef X
    must(setting < SETTING_COUNT);
    return &rows[setting];
}

bool setting_parse(str key, enum setting *ret_setting)
{
    for (enum setting i = 0; i < SETTING_COUNT; i++) {
        if (!str_is(key, str_from(setting_row(i)->key)))
            continue;
        *ret_setting = i;
        return true;
    }
    return false;
}
