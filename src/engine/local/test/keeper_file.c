#include "engine/local/keeper_file.h"
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <spawn.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

static int exit_code(const char *const *words)
{
    pid_t pid;
    int status;
    assert_int_equal(posix_spawn(&pid, words[0], NULL, NULL, (char *const *)words, environ), 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void it_is_the_keeper_and_cannot_be_changed(void **state)
{
    (void)state;
    struct keeper_file file = {.descriptor = -1};
    struct stat stat;
    keeper_file_close(&file); // accepts one that is not open
    if (!keeper_file_open(&file))
        skip(); // files without a name may not be run here
    assert_int_equal(exit_code(file.argv), KEEPER_PROGRAM_USE);
    const char *words[] = {file.argv[0], file.argv[1], "/nonexistent/attempt", NULL};
    int code = exit_code(words);
    assert_true(code != 0 && code != KEEPER_PROGRAM_USE && code != 127);

    assert_int_equal(fstat(file.descriptor, &stat), 0);
    assert_int_equal(pwrite(file.descriptor, "x", 1, 0), -1);
    assert_int_equal(errno, EPERM);
    assert_int_equal(ftruncate(file.descriptor, stat.st_size - 1), -1);
    assert_int_equal(ftruncate(file.descriptor, stat.st_size + 1), -1);
    assert_true(fcntl(file.descriptor, F_GETFD) & FD_CLOEXEC);
    int descriptor = file.descriptor;
    keeper_file_close(&file);
    assert_int_equal(fcntl(descriptor, F_GETFD), -1);
    keeper_file_close(&file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_the_keeper_and_cannot_be_changed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
