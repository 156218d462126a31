#include "base/must.h"
#include <stdio.h>
#include <stdlib.h>

void must_failed(const char *file, int line, const char *condition)
{
    fprintf(stderr, "%s:%d: bug: must hold: %s\n", file, line, condition);
    abort();
}
