#include "engine/local/attempt_folder.h"
#include "base/json.h"
#include "base/must.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { FORM_ARENA_MAX = 1024 * 1024 };

static void close_descriptor(const int *descriptor)
{
    if (*descriptor >= 0)
        close(*descriptor);
}
#define AUTO_CLOSE __attribute__((cleanup(close_descriptor)))

bool attempt_file_exists(int folder, const char *name)
{
    struct stat stat;
    return fstatat(folder, name, &stat, AT_SYMLINK_NOFOLLOW) == 0;
}

// O_NONBLOCK: a pipe put in the place of a file must not hold us.
bool attempt_file_read(int folder, const char *name, struct buf *out, bool *ret_absent,
                       struct err *err)
{
    AUTO_CLOSE int file = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    *ret_absent = file < 0 && errno == ENOENT;
    if (*ret_absent)
        return true;
    struct stat stat;
    if (file < 0 || fstat(file, &stat) != 0)
        return err_set(err, "%s: cannot be read: %s", name, strerror(errno));
    if (!S_ISREG(stat.st_mode))
        return err_set(err, "%s: not a plain file", name);
    for (;;) {
        char bytes[4096];
        ssize_t got = read(file, bytes, sizeof bytes);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return err_set(err, "%s: cannot be read: %s", name, strerror(errno));
        if (got == 0)
            return true;
        buf_add(out, (str){bytes, (size_t)got});
        if (out->overflow)
            return err_set(err, "%s: larger than %zu bytes", name, out->limit);
    }
}

static bool write_all(int file, str text)
{
    while (text.len > 0) {
        ssize_t put = write(file, text.ptr, text.len);
        if (put < 0 && errno != EINTR)
            return false;
        text = str_skip(text, put > 0 ? (size_t)put : 0);
    }
    return true;
}

// No O_TRUNC: the blocks that were reserved for end.json are used, and only then cut.
bool attempt_file_write(int folder, const char *name, str text, bool durable, struct err *err)
{
    char fresh[64];
    must(snprintf(fresh, sizeof fresh, "%s.new", name) < (int)sizeof fresh);
    AUTO_CLOSE int file = openat(folder, fresh, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (file < 0)
        return err_set(err, "%s: cannot be made: %s", fresh, strerror(errno));
    if (!write_all(file, text) || ftruncate(file, (off_t)text.len) != 0)
        return err_set(err, "%s: cannot be written: %s", fresh, strerror(errno));
    if (durable && fsync(file) != 0)
        return err_set(err, "%s: fsync: %s", fresh, strerror(errno));
    if (renameat(folder, fresh, folder, name) != 0)
        return err_set(err, "%s: cannot be put in its place: %s", name, strerror(errno));
    if (durable && fsync(folder) != 0)
        return err_set(err, "%s: fsync of its folder: %s", name, strerror(errno));
    return true;
}

static const char *field_text(const struct attempt_field *field, const void *record)
{
    return (const char *)record + field->offset;
}

static int64_t field_integer(const struct attempt_field *field, const void *record)
{
    int64_t value;
    memcpy(&value, (const char *)record + field->offset, sizeof value);
    return value;
}

void attempt_form_write(const struct attempt_form *form, const void *record, struct buf *out)
{
    struct json_out json;
    json_out_init(&json, out);
    json_object(&json);
    for (uint32_t i = 0; i < form->count; i++) {
        const struct attempt_field *field = &form->fields[i];
        json_name(&json, str_from(field->name));
        if (field->size)
            json_text(&json, str_from(field_text(field, record)));
        else
            json_i64(&json, field_integer(field, record));
    }
    json_end(&json);
}

static bool parse_field(const struct attempt_field *field, const struct json *root, char *record,
                        struct err *err)
{
    if (field->size) {
        str text;
        if (!json_get_text(root, str_from(field->name), &text, err))
            return false;
        if (!str_copy(text, record + field->offset, field->size))
            return err_set(err, "%s: want a text below %zu bytes", field->name, field->size);
        return true;
    }
    int64_t value;
    if (!json_get_i64(root, str_from(field->name), &value, err))
        return false;
    if (value < field->least || value > field->most)
        return err_set(err, "%s: %lld is out of range", field->name, (long long)value);
    memcpy(record + field->offset, &value, sizeof value);
    return true;
}

static bool parse_members(const struct attempt_form *form, const struct json *root, char *record,
                          struct err *err)
{
    if (root->kind != JSON_OBJECT || root->count != form->count)
        return err_set(err, "want an object of %u members", form->count);
    for (uint32_t i = 0; i < form->count; i++)
        if (!parse_field(&form->fields[i], root, record, err))
            return false;
    return true;
}

bool attempt_form_parse(const struct attempt_form *form, str text, void *ret_record,
                        struct err *err)
{
    struct arena arena;
    const struct json *root;
    arena_init(&arena, FORM_ARENA_MAX);
    bool ok = json_read(text, ATTEMPT_FILE_MAX, &arena, &root, err) &&
              parse_members(form, root, ret_record, err);
    arena_finish(&arena);
    return ok ? true : err_add(err, "%s", form->file);
}

bool attempt_load(int folder, const struct attempt_form *form, void *ret_record, bool *ret_absent,
                  struct err *err)
{
    struct buf text;
    buf_init(&text, ATTEMPT_FILE_MAX);
    bool ok = attempt_file_read(folder, form->file, &text, ret_absent, err) &&
              (*ret_absent || attempt_form_parse(form, buf_str(&text), ret_record, err));
    buf_finish(&text);
    return ok;
}

bool attempt_save(int folder, const struct attempt_form *form, const void *record, bool durable,
                  struct err *err)
{
    struct buf text;
    buf_init(&text, ATTEMPT_FILE_MAX);
    attempt_form_write(form, record, &text);
    bool ok = text.overflow ? err_set(err, "%s: too large", form->file)
                            : attempt_file_write(folder, form->file, buf_str(&text), durable, err);
    buf_finish(&text);
    return ok;
}

void attempt_path(const char *data, struct attempt_id id, char ret_path[ATTEMPT_PATH_MAX])
{
    int length = snprintf(ret_path, ATTEMPT_PATH_MAX, "%s/jobs/job-%llu/attempt-%u", data,
                          (unsigned long long)id.job, id.attempt);
    must(length > 0 && length < ATTEMPT_PATH_MAX);
}

static void mark_path(const char *data, struct attempt_id id, char ret_path[ATTEMPT_PATH_MAX])
{
    int length = snprintf(ret_path, ATTEMPT_PATH_MAX, "%s/jobs/open/job-%llu.attempt-%u", data,
                          (unsigned long long)id.job, id.attempt);
    must(length > 0 && length < ATTEMPT_PATH_MAX);
}

bool attempt_id_parse(str mark, struct attempt_id *ret_id)
{
    str job, attempt;
    uint64_t numbers[2];
    if (!str_starts(mark, S("job-")) || !str_cut(str_skip(mark, 4), '.', &job, &attempt) ||
        !str_starts(attempt, S("attempt-")))
        return false;
    if (!str_to_u64(job, &numbers[0]) || !str_to_u64(str_skip(attempt, 8), &numbers[1]) ||
        numbers[1] > UINT32_MAX)
        return false;
    *ret_id = (struct attempt_id){numbers[0], (uint32_t)numbers[1]};
    return true;
}

static bool make_folder(const char *path, struct err *err)
{
    if (mkdir(path, 0700) == 0 || errno == EEXIST)
        return true;
    return err_set(err, "%s: cannot be made: %s", path, strerror(errno));
}

bool attempt_prepare(const char *data, struct err *err)
{
    char path[ATTEMPT_PATH_MAX];
    snprintf(path, sizeof path, "%s/jobs", data);
    if (!make_folder(path, err))
        return false;
    snprintf(path, sizeof path, "%s/jobs/open", data);
    return make_folder(path, err);
}

bool attempt_claim(const char *data, struct attempt_id id, bool *ret_new, struct err *err)
{
    char path[ATTEMPT_PATH_MAX];
    mark_path(data, id, path);
    AUTO_CLOSE int mark = open(path, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (mark < 0)
        return err_set(err, "%s: cannot be made: %s", path, strerror(errno));
    snprintf(path, sizeof path, "%s/jobs/job-%llu", data, (unsigned long long)id.job);
    if (!make_folder(path, err))
        return false;
    attempt_path(data, id, path);
    *ret_new = mkdir(path, 0700) == 0;
    if (!*ret_new && errno != EEXIST)
        return err_set(err, "%s: cannot be made: %s", path, strerror(errno));
    return true;
}

int attempt_open(const char *data, struct attempt_id id)
{
    char path[ATTEMPT_PATH_MAX];
    attempt_path(data, id, path);
    return open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

bool attempt_unmark(const char *data, struct attempt_id id, struct err *err)
{
    char path[ATTEMPT_PATH_MAX];
    mark_path(data, id, path);
    if (unlink(path) != 0 && errno != ENOENT)
        return err_set(err, "%s: cannot be removed: %s", path, strerror(errno));
    return true;
}

enum attempt_lock_answer attempt_lock(int folder, int *ret_descriptor)
{
    int file = openat(folder, "lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (file < 0)
        return ATTEMPT_LOCK_FAILED;
    if (flock(file, LOCK_EX | LOCK_NB) == 0) {
        *ret_descriptor = file;
        return ATTEMPT_LOCK_TAKEN;
    }
    bool held = errno == EWOULDBLOCK;
    close(file);
    return held ? ATTEMPT_LOCK_HELD : ATTEMPT_LOCK_FAILED;
}

int64_t boottime_us(void)
{
    struct timespec now;
    must(clock_gettime(CLOCK_BOOTTIME, &now) == 0);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

void boot_id_read(char ret_id[40])
{
    ret_id[0] = 0;
    AUTO_CLOSE int file = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
    ssize_t got = file >= 0 ? read(file, ret_id, 39) : 0;
    ret_id[got > 0 ? got : 0] = 0;
    char *line_end = strchr(ret_id, '\n');
    if (line_end)
        *line_end = 0;
}
