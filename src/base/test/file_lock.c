#include "base/file_lock.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static char path[] = "/tmp/tatara-file-lock-XXXXXX";

static int open_again(void)
{
    int descriptor = open(path, O_RDWR | O_CLOEXEC);
    assert_true(descriptor >= 0);
    return descriptor;
}

static void a_living_owner_is_named_at_once(void **state)
{
    (void)state;
    long holder = 0;
    int first = open_again(), second = open_again();
    assert_int_equal(file_lock_take(first, &holder), FILE_LOCK_TAKEN);
    assert_int_equal(file_lock_take(second, &holder), FILE_LOCK_HELD);
    assert_int_equal(holder, getpid());
    close(first);
    assert_int_equal(file_lock_take(second, &holder), FILE_LOCK_TAKEN);
    close(second);
}

// An owner that is killed while a child of it has not closed its copy yet: the child closes it when
// the pipe says so, which is after the next owner has begun to wait.
static void the_lock_of_a_dead_owner_is_waited_for(void **state)
{
    (void)state;
    int go[2], held[2];
    assert_int_equal(pipe(go), 0);
    assert_int_equal(pipe(held), 0);
    pid_t owner = fork();
    if (owner == 0) {
        long holder;
        int mine = open(path, O_RDWR);
        if (file_lock_take(mine, &holder) != FILE_LOCK_TAKEN || write(held[1], "1", 1) != 1)
            _exit(1);
        char byte;
        if (fork() == 0) {
            close(go[1]);
            _exit(read(go[0], &byte, 1) != 1);
        }
        _exit(0);
    }
    char byte;
    assert_int_equal(read(held[0], &byte, 1), 1);
    siginfo_t ended; // dead, but not waited for: a zombie owns nothing
    assert_int_equal(waitid(P_PID, (id_t)owner, &ended, WEXITED | WNOWAIT), 0);
    int next = open_again();
    pid_t releaser = fork();
    if (releaser == 0) {
        usleep(20 * 1000);
        _exit(write(go[1], "1", 1) != 1);
    }
    long holder;
    assert_int_equal(file_lock_take(next, &holder), FILE_LOCK_TAKEN);
    assert_int_equal(waitpid(releaser, NULL, 0), releaser);
    assert_int_equal(waitpid(owner, NULL, 0), owner);
    close(next);
    for (int i = 0; i < 2; i++) {
        close(go[i]);
        close(held[i]);
    }
}

static void what_cannot_be_locked_fails(void **state)
{
    (void)state;
    long holder;
    assert_int_equal(file_lock_take(-1, &holder), FILE_LOCK_FAILED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_living_owner_is_named_at_once),
        cmocka_unit_test(the_lock_of_a_dead_owner_is_waited_for),
        cmocka_unit_test(what_cannot_be_locked_fails),
    };
    close(mkstemp(path));
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    unlink(path);
    return failed;
}
