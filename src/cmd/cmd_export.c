#include "base/codec.h"
#include "base/instant.h"
#include "cmd/api.h"
#include "cmd/commands_all.h"
#include "cmd/journal_walk.h"
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// The journal of a data directory on this machine is read from there, with every commit, whether
// a server runs or not. That of another machine comes through its API, and ends with one commit:
// the size and root that the server gave before.

// --- from the data directory ---

struct local {
    FILE *out;
    uint64_t from, line;
};

static bool local_line(void *context, str line, struct err *err)
{
    struct local *local = context;
    if (local->line++ >= local->from)
        journal_text_line(local->out, line);
    return !ferror(local->out) || err_set(err, "cannot be written: %s", strerror(errno));
}

static bool local_commit(void *context, const struct journal_commit *commit, struct err *err)
{
    const struct local *local = context;
    if (commit->size > local->from)
        journal_text_commit(local->out, commit);
    return !ferror(local->out) || err_set(err, "cannot be written: %s", strerror(errno));
}

static int export_local(const struct invocation *invocation, const char *directory, uint64_t from,
                        FILE *out)
{
    struct local local = {.out = out, .from = from};
    struct journal_text_visit visit = {local_line, local_commit, &local};
    struct err err;
    journal_text_head(out);
    if (journal_walk(directory, &visit, &err))
        return EXIT_DONE;
    err_add(&err, "export of %s", directory);
    return api_fail(invocation, &err);
}

// The server and its data directory are on this machine unless somebody named a URL.
static bool find_local(const struct invocation *invocation, char *ret_directory, size_t size)
{
    const struct options *options = &invocation->options;
    const char *data = options_text(options, "data"), *url = getenv("TATARA_URL");
    char path[CONNECTION_TEXT_MAX + 16];
    if (options_find(options, "url") || (!data && url && *url) ||
        !connection_data_directory(data, ret_directory, size, NULL))
        return false;
    snprintf(path, sizeof path, "%s/journal.db", ret_directory);
    return access(path, R_OK) == 0;
}

// --- through the API ---

struct remote {
    FILE *out;
    int64_t left; // lines
};

static bool copy_lines(void *context, str bytes)
{
    struct remote *remote = context;
    while (bytes.len > 0 && remote->left > 0) {
        const char *end = memchr(bytes.ptr, '\n', bytes.len);
        size_t len = end ? (size_t)(end - bytes.ptr) + 1 : bytes.len;
        if (fwrite(bytes.ptr, 1, len, remote->out) != len)
            return false;
        remote->left -= end != NULL;
        bytes = str_skip(bytes, len);
    }
    return remote->left > 0;
}

static bool read_head(const struct json *house, struct journal_commit *ret_commit, struct err *err)
{
    struct journal_commit commit = {.size = (uint64_t)api_number(house, "events", -1)};
    if (!instant_parse(api_text(house, "time"), &commit.time_us) ||
        !hex_decode(api_text(house, "root"), commit.root.bytes, sizeof commit.root.bytes))
        return err_set(err, "the server says neither its journal's size nor its root");
    *ret_commit = commit;
    return true;
}

static int copy_remote(struct api *api, const struct journal_commit *head, uint64_t from, FILE *out)
{
    char path[128];
    struct remote remote = {.out = out, .left = (int64_t)(head->size - from)};
    snprintf(path, sizeof path, "/api/v1/journal/export?from=%" PRIu64, from);
    struct call call = {.path = str_from(path),
                        .accept = S("text/plain, application/json;q=0.1"),
                        .on_body = copy_lines,
                        .context = &remote};
    struct call_answer answer;
    journal_text_head(out);
    int code = remote.left > 0 ? api_call(api, &call, &answer) : EXIT_DONE;
    if (code == EXIT_DONE && remote.left > 0) {
        struct err err;
        err_set(&err, "the export broke off %" PRId64 " lines before its end", remote.left);
        code = api_fail(api->invocation, &err);
    }
    if (code == EXIT_DONE)
        journal_text_commit(out, head);
    if (head->size > from)
        call_answer_finish(&answer);
    return code;
}

static int export_remote(const struct invocation *invocation, uint64_t from, FILE *out)
{
    struct api api;
    struct call_answer answer;
    struct journal_commit head;
    struct err err;
    int code = api_open(&api, invocation);
    if (code != EXIT_DONE)
        return code;
    code = api_get(&api, "/api/v1/house", NULL, NULL, &answer);
    if (code == EXIT_DONE && !read_head(answer.json, &head, &err))
        code = api_fail(invocation, &err);
    call_answer_finish(&answer);
    if (code == EXIT_DONE && from > head.size) {
        err_set(&err, "the journal has only %" PRIu64 " events", head.size);
        code = api_fail(invocation, &err);
    }
    if (code == EXIT_DONE)
        code = copy_remote(&api, &head, from, out);
    api_close(&api);
    return code;
}

static int export_to(const struct invocation *invocation, FILE *out)
{
    char directory[CONNECTION_TEXT_MAX];
    uint64_t from = (uint64_t)options_number(&invocation->options, "from", 0);
    int code = find_local(invocation, directory, sizeof directory)
                   ? export_local(invocation, directory, from, out)
                   : export_remote(invocation, from, out);
    if (code == EXIT_DONE && (fflush(out) != 0 || ferror(out))) {
        struct err err;
        err_set(&err, "the export cannot be written: %s", strerror(errno));
        code = api_fail(invocation, &err);
    }
    return code;
}

int cmd_journal_export(struct invocation *invocation)
{
    const char *name = options_text(&invocation->options, "to");
    if (!name)
        return export_to(invocation, stdout);
    struct err err;
    FILE *out = fopen(name, "wbxe");
    if (!out) {
        err_set(&err, "%s: %s", name, strerror(errno));
        return api_fail(invocation, &err);
    }
    int code = export_to(invocation, out);
    bool synced = fsync(fileno(out)) == 0;
    bool closed = fclose(out) == 0;
    if (code == EXIT_DONE && !(synced && closed)) {
        err_set(&err, "%s: %s", name, strerror(errno));
        code = api_fail(invocation, &err);
    }
    if (code != EXIT_DONE)
        unlink(name); // half an export proves nothing
    return code;
}
