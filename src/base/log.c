#include "base/log.h"
#include "base/instant.h"
#include "base/str.h"
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { LINE = 4096 };

static struct {
    int descriptor, json;
    enum log_level least;
} sink = {.descriptor = STDERR_FILENO, .least = LOG_INFO};

static const char *const level_names[] = {"debug", "info", "warn", "error"};

void log_to(int descriptor, enum log_level least, int json)
{
    sink.descriptor = descriptor;
    sink.least = least;
    sink.json = json;
}

struct line {
    char bytes[LINE];
    size_t length;
};

// What does not fit is cut, between two characters.
static void add(struct line *line, const char *bytes, size_t size)
{
    if (size < LINE - 8 - line->length) {
        memcpy(line->bytes + line->length, bytes, size);
        line->length += size;
    }
}

static void add_cstr(struct line *line, const char *text)
{
    add(line, text, strlen(text));
}

// Control characters (C0, DEL, C1) and bytes that are not UTF-8 come out as \xNN.
static void add_safe(struct line *line, str text)
{
    while (text.len) {
        uint32_t code_point = 0;
        size_t length = str_character(text, &code_point);
        bool control = code_point < 0x20 || (code_point >= 0x7f && code_point < 0xa0);
        bool quoted = sink.json && (code_point == '"' || code_point == '\\');
        size_t bytes = length ? length : 1;
        for (size_t i = 0; i < bytes && (length == 0 || control); i++) {
            char escape[8];
            snprintf(escape, sizeof escape, sink.json ? "\\\\x%02x" : "\\x%02x",
                     (unsigned char)text.ptr[i]);
            add_cstr(line, escape);
        }
        if (length && quoted)
            add_cstr(line, "\\");
        if (length && !control)
            add(line, text.ptr, length);
        text = str_skip(text, bytes);
    }
}

static void add_now(struct line *line)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    struct buf text;
    buf_init(&text, 64);
    instant_text(now.tv_sec * SECOND_US + now.tv_nsec / 1000 / 1000 * MS_US, &text);
    add(line, text.ptr, text.len);
    buf_finish(&text);
}

static void compose(struct line *line, enum log_level level, const char *room, str text)
{
    const char *const *marks =
        sink.json ? (const char *const[]){"{\"time\":\"", "\",\"level\":\"", "\",\"room\":\"",
                                          "\",\"text\":\"", "\"}\n"}
                  : (const char *const[]){"", " ", " ", ": ", "\n"};
    add_cstr(line, marks[0]);
    add_now(line);
    add_cstr(line, marks[1]);
    add_cstr(line, level_names[level]);
    add_cstr(line, marks[2]);
    add_safe(line, str_from(room));
    add_cstr(line, marks[3]);
    add_safe(line, text);
    size_t length = strlen(marks[4]); // `add` leaves room for it
    memcpy(line->bytes + line->length, marks[4], length);
    line->length += length;
}

void log_line(enum log_level level, const char *room, const char *format, ...)
{
    if (level < sink.least)
        return;
    int before = errno; // a log line must not change what its caller looks at next
    char text[LINE];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    struct line line = {.length = 0};
    size_t size = length < 0 ? 0 : (size_t)length < sizeof text ? (size_t)length : sizeof text - 1;
    compose(&line, level, room, (str){text, size});
    while (write(sink.descriptor, line.bytes, line.length) < 0 && errno == EINTR) {
    }
    errno = before;
}
