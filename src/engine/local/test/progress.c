// What a job says of its progress is believed when it is a number in a plain file.
#include "engine/local/progress.h"
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

static char path[] = "/tmp/tatara-progress-XXXXXX";
static int folder;

static int set_up(void **state)
{
    (void)state;
    if (!mkdtemp(path))
        return -1;
    folder = open(path, O_RDONLY | O_DIRECTORY);
    return folder < 0;
}

static int tear_down(void **state)
{
    (void)state;
    unlinkat(folder, "work/" PROGRESS_FILE, 0);
    unlinkat(folder, "work", AT_REMOVEDIR);
    close(folder);
    return rmdir(path);
}

static void write_text(const char *text)
{
    int file = openat(folder, "work/" PROGRESS_FILE, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(file >= 0);
    assert_int_equal(write(file, text, strlen(text)), (ssize_t)strlen(text));
    close(file);
}

static void a_number_is_taken_and_nothing_else(void **state)
{
    (void)state;
    assert_int_equal(progress_read(folder), 0); // no work folder yet
    assert_int_equal(mkdirat(folder, "work", 0700), 0);
    assert_int_equal(progress_read(folder), 0); // no file yet
    write_text("125000");
    assert_int_equal(progress_read(folder), 125000);
    write_text("125001\n");
    assert_int_equal(progress_read(folder), 125001);
    static const char *const wrong[] = {"",
                                        "\n",
                                        "-5",
                                        "12 5",
                                        "0x10",
                                        "1e9",
                                        "12345678901234567890123456789",
                                        "ten",
                                        "9223372036854775808"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        write_text(wrong[i]);
        assert_int_equal(progress_read(folder), 0);
    }
}

static void what_is_no_plain_file_says_nothing(void **state)
{
    (void)state;
    unlinkat(folder, "work/" PROGRESS_FILE, 0);
    assert_int_equal(symlinkat("/proc/uptime", folder, "work/" PROGRESS_FILE), 0);
    assert_int_equal(progress_read(folder), 0);
    unlinkat(folder, "work/" PROGRESS_FILE, 0);
    assert_int_equal(mkfifoat(folder, "work/" PROGRESS_FILE, 0600), 0);
    assert_int_equal(progress_read(folder), 0); // and does not wait for a writer
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_number_is_taken_and_nothing_else),
        cmocka_unit_test(what_is_no_plain_file_says_nothing),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
