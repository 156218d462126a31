#include "base/log.h"
#include "base/instant.h"
#include "base/json.h"
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

static int ends[2];
static char bytes[8192];

static str logged(void)
{
    ssize_t size = read(ends[0], bytes, sizeof bytes - 1);
    assert_true(size > 0);
    bytes[size] = 0;
    return (str){bytes, (size_t)size};
}

static void a_line_has_time_level_room_and_text(void **state)
{
    (void)state;
    log_to(ends[1], LOG_INFO, 0);
    log_line(LOG_DEBUG, "quiet", "not shown");
    log_line(LOG_WARN, "store", "disk %d %% full", 91);
    str time, rest;
    int64_t time_us;
    assert_true(str_cut(logged(), ' ', &time, &rest));
    assert_true(instant_parse(time, &time_us));
    assert_true(str_is(rest, S("warn store: disk 91 % full\n")));
}

static void nobody_can_forge_a_line(void **state)
{
    (void)state;
    log_to(ends[1], LOG_DEBUG, 0);
    log_line(LOG_INFO, "http", "name=%s", "a\nERROR x\x1b[2J\xc2\x9b\xff\x7f \u6f22");
    assert_true(str_ends(logged(), S(" info http: name=a\\x0aERROR x\\x1b[2J\\xc2\\x9b\\xff\\x7f "
                                     "\u6f22\n")));
}

static void json_lines_are_json(void **state)
{
    (void)state;
    log_to(ends[1], LOG_DEBUG, 1);
    log_line(LOG_ERROR, "http", "he said \"\\\" \x01\xff");
    struct arena arena;
    struct err err;
    const struct json *line;
    str text;
    arena_init(&arena, 1 << 16);
    assert_true(json_read(logged(), 4096, &arena, &line, &err));
    assert_true(json_get_text(line, S("level"), &text, &err) && str_is(text, S("error")));
    assert_true(json_get_text(line, S("room"), &text, &err) && str_is(text, S("http")));
    assert_true(json_get_text(line, S("text"), &text, &err));
    assert_true(str_is(text, S("he said \"\\\" \\x01\\xff")));
    arena_finish(&arena);
}

static void long_lines_are_cut_and_still_end(void **state)
{
    (void)state;
    char text[9000];
    memset(text, '\n', sizeof text - 1); // four characters each
    text[sizeof text - 1] = 0;
    for (int json = 0; json <= 1; json++) {
        log_to(ends[1], LOG_DEBUG, json);
        log_line(LOG_INFO, "room", "%s", text);
        str line = logged();
        assert_in_range(line.len, 4000, 4096);
        assert_true(str_ends(line, json ? S("\"}\n") : S("0a\n")));
        assert_ptr_equal(memchr(line.ptr, '\n', line.len), line.ptr + line.len - 1);
    }
}

static void a_closed_sink_loses_the_line_and_keeps_errno(void **state)
{
    (void)state;
    log_to(-1, LOG_DEBUG, 0);
    errno = ENOSPC;
    log_line(LOG_INFO, "room", "lost");
    assert_int_equal(errno, ENOSPC);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_has_time_level_room_and_text),
        cmocka_unit_test(nobody_can_forge_a_line),
        cmocka_unit_test(json_lines_are_json),
        cmocka_unit_test(long_lines_are_cut_and_still_end),
        cmocka_unit_test(a_closed_sink_loses_the_line_and_keeps_errno),
    };
    return pipe(ends) == 0 ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
