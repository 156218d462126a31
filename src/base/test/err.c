#include "base/err.h"
#include "base/must.h"
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

static void context_stands_in_front(void **state)
{
    (void)state;
    struct err err;
    assert_false(err_set(&err, "port %d is taken", 7470));
    assert_false(err_add(&err, "up: --listen %s", "127.0.0.1:7470"));
    assert_string_equal(err.text, "up: --listen 127.0.0.1:7470: port 7470 is taken");
    assert_false(err_set(NULL, "nobody listens"));
    assert_false(err_add(NULL, "nobody listens"));
}

static void what_does_not_fit_is_cut(void **state)
{
    (void)state;
    char text[3000];
    memset(text, 'a', sizeof text - 1);
    text[sizeof text - 1] = 0;
    struct err err;
    err_set(&err, "%s", text);
    assert_int_equal(strlen(err.text), sizeof err.text - 1);
    err_add(&err, "front");
    assert_int_equal(strlen(err.text), sizeof err.text - 1);
    assert_memory_equal(err.text, "front: aaa", 10);
    err_add(&err, "%s", text);
    assert_int_equal(strlen(err.text), sizeof err.text - 1);
}

static void a_must_that_fails_aborts_and_says_where(void **state)
{
    (void)state;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        signal(SIGABRT, SIG_DFL);
        dup2(ends[1], STDERR_FILENO);
        must(1 + 1 == 2);
        must(1 + 1 == 3);
        _exit(0);
    }
    close(ends[1]);
    char text[300] = {0};
    assert_true(read(ends[0], text, sizeof text - 1) > 0);
    close(ends[0]);
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
    assert_non_null(strstr(text, "test/err.c:"));
    assert_non_null(strstr(text, "must hold: 1 + 1 == 3"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(context_stands_in_front),
        cmocka_unit_test(what_does_not_fit_is_cut),
        cmocka_unit_test(a_must_that_fails_aborts_and_says_where),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
