// The text form of a journal: what is written is read back, and what is none is named.
#include "cmd/journal_text.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static bool text_line(void *context, str line, struct err *err)
{
    (void)err;
    journal_text_line(context, line);
    return true;
}

static bool text_commit(void *context, const struct journal_commit *commit, struct err *err)
{
    (void)err;
    journal_text_commit(context, commit);
    return true;
}

static bool read_text(const char *text, char **ret_copy, struct err *err)
{
    size_t size;
    FILE *in = fmemopen((char *)text, strlen(text), "r");
    FILE *out = open_memstream(ret_copy, &size);
    struct journal_text_visit visit = {text_line, text_commit, out};
    journal_text_head(out);
    bool good = journal_text_read(in, &visit, err);
    fclose(in);
    fclose(out);
    return good;
}

#define HEX16 "0123456789abcdef"
static void the_text_form_reads_what_it_writes(void **state)
{
    (void)state;
    static const char text[] =
        "#tatara journal 1\n{\"a\":1}\n{\"b\":2}\n#commit 2 -5 " HEX16 HEX16 HEX16 HEX16 "\n";
    char *copy;
    struct err err;
    assert_true(read_text(text, &copy, &err));
    assert_string_equal(copy, text);
    free(copy);
}

static void a_text_that_is_no_export_is_named_by_its_line(void **state)
{
    (void)state;
    static const struct {
        const char *text, *says;
    } cases[] = {
        {"x",                                                "line 1: the file ends"},
        {"{}\n",                                             "line 1: want"         },
        {"#tatara journal 1\n{\"a\":1}\nx\n",                "line 3: neither"      },
        {"#tatara journal 1\n{\"a\":1}",                     "line 2: the file ends"},
        {"#tatara journal 1\n#commit 1 2 abc\n",             "line 2: neither"      },
        {"#tatara journal 1\n#commit 1 x " HEX16 HEX16 "\n", "line 2: neither"      },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *copy;
        struct err err;
        assert_false(read_text(cases[i].text, &copy, &err));
        if (!strstr(err.text, cases[i].says))
            fail_msg("%zu: %s", i, err.text);
        free(copy);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_text_form_reads_what_it_writes),
        cmocka_unit_test(a_text_that_is_no_export_is_named_by_its_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
