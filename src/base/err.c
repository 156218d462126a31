#include "base/err.h"
#include <stdarg.h>
#include <stdio.h>

bool err_set(struct err *err, const char *format, ...)
{
    if (!err)
        return false;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(err->text, sizeof err->text, format, arguments);
    va_end(arguments);
    return false;
}

bool err_add(struct err *err, const char *format, ...)
{
    if (!err)
        return false;
    struct err context;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(context.text, sizeof context.text, format, arguments);
    va_end(arguments);
    struct err before = *err;
    return err_set(err, "%s: %s", context.text, before.text);
}
