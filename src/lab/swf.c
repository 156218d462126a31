#include "lab/swf.h"

enum { FIELDS = 18 };
enum field { NUMBER, SUBMIT, WAIT, RUN, PROCS, ASKED = 7, USER = 11, GROUP = 12 };
#define VALUE_MAX (INT64_C(1) << 53)

void swf_init(struct swf *swf, const char *file, str text)
{
    *swf = (struct swf){.file = file, .rest = text};
}

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r';
}

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

// A number of the line: the whole part; a fraction (of seconds or KiB) is read and cut off.
static bool number_read(str word, int64_t *ret_value)
{
    str whole, fraction = {0};
    if (!str_cut(word, '.', &whole, &fraction))
        whole = word;
    for (size_t i = 0; i < fraction.len; i++)
        if (!is_digit(fraction.ptr[i]))
            return false;
    int64_t value = 0;
    size_t at = whole.len && whole.ptr[0] == '-';
    if (at == whole.len)
        return false;
    bool negative = at;
    for (; at < whole.len; at++) {
        if (!is_digit(whole.ptr[at]) || value >= VALUE_MAX / 10)
            return false;
        value = value * 10 + (whole.ptr[at] - '0');
    }
    *ret_value = negative ? -value : value;
    return true;
}

static str word_cut(str *line)
{
    size_t at = 0, end;
    while (at < line->len && is_blank(line->ptr[at]))
        at++;
    for (end = at; end < line->len && !is_blank(line->ptr[end]);)
        end++;
    str word = {line->ptr + at, end - at};
    *line = str_skip(*line, end);
    return word;
}

static enum swf_step wrong(const struct swf *swf, str line, str word, const char *what,
                           struct err *err)
{
    int shown = word.len > 40 ? 40 : (int)word.len;
    size_t column = word.len ? (size_t)(word.ptr - line.ptr) + 1 : line.len + 1;
    err_set(err, "%s:%u:%zu: %s \"%.*s\"; want 18 whole numbers apart by blanks, -1: not known",
            swf->file, swf->line, column, what, shown, word.ptr);
    return SWF_WRONG;
}

static enum swf_step job_read(const struct swf *swf, str line, struct swf_job *ret_job,
                              struct err *err)
{
    int64_t values[FIELDS];
    str rest = line, word = line;
    for (int i = 0; i < FIELDS; i++) {
        word = word_cut(&rest);
        if (word.len == 0)
            return wrong(swf, line, word, "the line ends after too few numbers:", err);
        if (!number_read(word, &values[i]))
            return wrong(swf, line, word, "not a number below 2^53:", err);
        bool used = i <= PROCS || i == ASKED || i == USER || i == GROUP;
        if (used && i != NUMBER && values[i] < -1)
            return wrong(swf, line, word, "less than -1:", err);
    }
    word = word_cut(&rest);
    if (word.len)
        return wrong(swf, line, word, "more than 18 numbers:", err);
    *ret_job = (struct swf_job){
        .number = values[NUMBER],
        .submit_s = values[SUBMIT],
        .run_s = values[RUN],
        .procs = values[PROCS] > 0 ? values[PROCS] : values[ASKED],
        .user = values[USER],
        .group = values[GROUP],
    };
    return SWF_JOB;
}

enum swf_step swf_next(struct swf *swf, struct swf_job *ret_job, struct err *err)
{
    while (swf->rest.len) {
        str line;
        if (!str_cut(swf->rest, '\n', &line, &swf->rest)) {
            line = swf->rest;
            swf->rest = (str){0};
        }
        swf->line++;
        str body = str_trim(line);
        if (body.len && body.ptr[0] != ';')
            return job_read(swf, line, ret_job, err);
    }
    return SWF_END;
}
