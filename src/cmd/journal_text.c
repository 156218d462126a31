#include "cmd/journal_text.h"
#include "base/codec.h"
#include <inttypes.h>
#include <stdlib.h>

static const char HEAD[] = "#tatara journal 1";
enum { ROOT_HEX = 64 };

void journal_text_head(FILE *out)
{
    fprintf(out, "%s\n", HEAD);
}

void journal_text_line(FILE *out, str line)
{
    fwrite(line.ptr, 1, line.len, out);
    fputc('\n', out);
}

void journal_text_commit(FILE *out, const struct journal_commit *commit)
{
    char root[ROOT_HEX];
    hex_encode(commit->root.bytes, sizeof commit->root.bytes, root);
    fprintf(out, "#commit %" PRIu64 " %" PRId64 " %.*s\n", commit->size, commit->time_us, ROOT_HEX,
            root);
}

static bool read_commit(str line, struct journal_commit *ret_commit)
{
    str size, time, root = str_skip(line, sizeof "#commit " - 1);
    struct journal_commit commit;
    if (!str_starts(line, S("#commit ")) || !str_cut(root, ' ', &size, &root) ||
        !str_cut(root, ' ', &time, &root) || !str_to_u64(size, &commit.size) ||
        !str_to_i64(time, &commit.time_us) ||
        !hex_decode(root, commit.root.bytes, sizeof commit.root.bytes))
        return false;
    *ret_commit = commit;
    return true;
}

static bool visit_one(const struct journal_text_visit *visit, uint64_t number, str line,
                      struct err *err)
{
    struct journal_commit commit;
    if (line.len > JOURNAL_LINE_MAX)
        return err_set(err, "file line %" PRIu64 ": above %d bytes", number, JOURNAL_LINE_MAX);
    if (str_starts(line, S("{")))
        return visit->line(visit->context, line, err);
    if (!read_commit(line, &commit))
        return err_set(err, "file line %" PRIu64 ": neither an event nor a commit", number);
    return visit->commit(visit->context, &commit, err);
}

static void free_text(char **text)
{
    free(*text);
}

bool journal_text_read(FILE *in, const struct journal_text_visit *visit, struct err *err)
{
    __attribute__((cleanup(free_text))) char *text = NULL;
    size_t room = 0;
    uint64_t number = 0;
    for (ssize_t len; (len = getline(&text, &room, in)) >= 0;) {
        str line = {text, (size_t)len};
        number++;
        if (!str_ends(line, S("\n")))
            return err_set(err, "file line %" PRIu64 ": the file ends in the middle of it", number);
        line.len--;
        if (number == 1) {
            if (!str_is(line, str_from(HEAD)))
                return err_set(err, "file line 1: want '%s': is it an export?", HEAD);
            continue;
        }
        if (!visit_one(visit, number, line, err))
            return false;
    }
    if (ferror(in))
        return err_set(err, "file line %" PRIu64 ": cannot be read further", number);
    return number > 0 || err_set(err, "the file is empty");
}
