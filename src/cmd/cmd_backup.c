#include "client/connection.h"
#include "cmd/api.h"
#include "cmd/commands_all.h"
#include "cmd/journal_walk.h"
#include "store/sqlite/store_sqlite.h"
#include "turn/verify.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

// A backup is a data directory without the jobs' output: the store's two files, copied as they
// were at one instant, and the keys' files. The secret goes with it: without it no access key
// opens anything, so the copy is as private as the original.

static const char *const key_files[] = {"secret.key", "admin.key"};
enum { KEY_FILE_MAX = 4096 };

static void close_file(const int *file)
{
    if (*file >= 0)
        close(*file);
}

static bool fault(const char *path, struct err *err)
{
    return err_set(err, "%s: %s", path, strerror(errno));
}

// A small file, mode 0600, synced. Absent at the source: fine, *ret_found says so.
static bool copy_file(const char *from, const char *to, const char *name, bool *ret_found,
                      struct err *err)
{
    char source[CONNECTION_TEXT_MAX + 16], target[CONNECTION_TEXT_MAX + 16], bytes[KEY_FILE_MAX];
    snprintf(source, sizeof source, "%s/%s", from, name);
    snprintf(target, sizeof target, "%s/%s", to, name);
    __attribute__((cleanup(close_file))) int in = open(source, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    *ret_found = in >= 0;
    if (in < 0)
        return errno == ENOENT || fault(source, err);
    ssize_t len = read(in, bytes, sizeof bytes);
    if (len < 0 || len == (ssize_t)sizeof bytes)
        return len < 0 ? fault(source, err) : err_set(err, "%s: no key file is so long", source);
    __attribute__((cleanup(close_file))) int out =
        open(target, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    bool good = out >= 0 && write(out, bytes, (size_t)len) == len && fsync(out) == 0;
    explicit_bzero(bytes, sizeof bytes);
    return good || fault(target, err);
}

static bool sync_folder(const char *path, struct err *err)
{
    __attribute__((cleanup(close_file))) int folder =
        open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return (folder >= 0 && fsync(folder) == 0) || fault(path, err);
}

static bool copy_house(const char *from, const char *to, struct err *err)
{
    if (!store_sqlite_backup(from, to, err))
        return false;
    for (size_t i = 0; i < sizeof key_files / sizeof *key_files; i++) {
        bool found;
        if (!copy_file(from, to, key_files[i], &found, err))
            return err_add(err, "the copy in %s is not whole, remove it", to);
        if (!found && i == 0)
            return err_set(err,
                           "%s has no %s: no access key would open this copy; the copy in %s is "
                           "not whole, remove it",
                           from, key_files[i], to);
    }
    return sync_folder(to, err);
}

static bool verify_opened(void *context, struct journal *journal, struct err *err)
{
    return verify_journal(context, journal, err);
}

static bool verify_directory(const char *path, uint64_t *ret_events, struct err *err)
{
    struct cloud cloud;
    struct merkle tree = {0};
    struct verify verify;
    cloud_init(&cloud);
    verify_init(&verify, &cloud, &tree);
    bool good = journal_walk_open(path, verify_opened, &verify, err) && verify_end(&verify, err);
    *ret_events = verify.lines;
    verify_finish(&verify);
    cloud_finish(&cloud);
    return good || err_add(err, "%s", path);
}

static int report(const struct invocation *invocation, const char *what, const char *where,
                  uint64_t events)
{
    if (invocation->json)
        printf("{\"events\":%" PRIu64 "}\n", events);
    else if (!invocation->quiet)
        printf("%s %s: %" PRIu64 " events, verified\n", what, where, events);
    return EXIT_DONE;
}

int cmd_backup(struct invocation *invocation)
{
    char directory[CONNECTION_TEXT_MAX];
    const char *target = invocation->options.words[0];
    uint64_t events = 0;
    struct err err;
    bool good = connection_data_directory(options_text(&invocation->options, "data"), directory,
                                          sizeof directory, &err) &&
                copy_house(directory, target, &err) && verify_directory(target, &events, &err);
    return good ? report(invocation, "backup in", target, events) : api_fail(invocation, &err);
}

int cmd_restore(struct invocation *invocation)
{
    char directory[CONNECTION_TEXT_MAX];
    const char *source = invocation->options.words[0];
    uint64_t events = 0;
    struct err err;
    bool good = connection_data_directory(options_text(&invocation->options, "data"), directory,
                                          sizeof directory, &err) &&
                verify_directory(source, &events, &err) && copy_house(source, directory, &err);
    int code =
        good ? report(invocation, "restored to", directory, events) : api_fail(invocation, &err);
    if (code == EXIT_DONE && !invocation->json && !invocation->quiet)
        fprintf(stderr, "start it: tatara up --data %s\n", directory);
    return code;
}
