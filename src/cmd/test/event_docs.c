#include "cmd/event_docs.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static void the_catalogue_is_what_the_table_says(void **state)
{
    (void)state;
    static char kept[256 * 1024];
    FILE *file = fopen(SOURCE_ROOT "/docs/events.md", "re");
    assert_non_null(file);
    kept[fread(kept, 1, sizeof kept - 1, file)] = '\0';
    fclose(file);
    char *made = NULL;
    size_t size;
    FILE *out = open_memstream(&made, &size);
    assert_non_null(out);
    event_docs(out);
    fclose(out);
    if (strcmp(kept, made) != 0)
        fail_msg("docs/events.md is out of date: tatara help --events > docs/events.md");
    free(made);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_catalogue_is_what_the_table_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
