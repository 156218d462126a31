#include "cmd/journal_walk.h"
#include "store/sqlite/store_sqlite.h"
#include <inttypes.h>

enum { COMMITS = 4096 }; // at a time

struct walk {
    const struct journal_text_visit *visit;
    struct journal_commit commits[COMMITS];
    uint32_t count, at; // commits gathered; those whose lines have come
    uint64_t next;      // line
    bool failed;
    struct err *err;
};

static bool gather(void *context, const struct journal_commit *commit)
{
    struct walk *walk = context;
    walk->commits[walk->count++] = *commit;
    return walk->count < COMMITS;
}

static bool visit_line(void *context, uint64_t seq, str line)
{
    struct walk *walk = context;
    const struct journal_text_visit *visit = walk->visit;
    walk->failed = true;
    if (seq != walk->next)
        return err_set(walk->err, "line %" PRIu64 " is missing", walk->next);
    if (!visit->line(visit->context, line, walk->err))
        return false;
    walk->next++;
    const struct journal_commit *commit = &walk->commits[walk->at];
    if (walk->next == commit->size) {
        if (!visit->commit(visit->context, commit, walk->err))
            return false;
        walk->at++;
    }
    walk->failed = false;
    return true;
}

static bool walk_all(struct walk *walk, struct journal *journal)
{
    do {
        walk->count = walk->at = 0;
        if (!journal->ops->commits(journal, walk->next, gather, walk, walk->err))
            return false;
        if (walk->count == 0)
            return true;
        uint64_t last = walk->commits[walk->count - 1].size;
        if (!journal->ops->read(journal, walk->next, last - walk->next, visit_line, walk,
                                walk->err) ||
            walk->failed)
            return false;
        if (walk->next < last)
            return err_set(walk->err, "line %" PRIu64 " is missing", walk->next);
    } while (walk->count == COMMITS);
    return true;
}

static void close_journal(struct journal **journal)
{
    if (*journal)
        (*journal)->ops->destroy(*journal);
}

static void close_blobs(struct blobs **blobs)
{
    if (*blobs)
        (*blobs)->ops->destroy(*blobs);
}

bool journal_walk_open(const char *directory,
                       bool (*fn)(void *context, struct journal *journal, struct err *err),
                       void *context, struct err *err)
{
    __attribute__((cleanup(close_journal))) struct journal *journal = NULL;
    __attribute__((cleanup(close_blobs))) struct blobs *blobs = NULL;
    return store_sqlite_open(directory, STORE_READ, &journal, &blobs, err) &&
           fn(context, journal, err);
}

static bool walk_opened(void *context, struct journal *journal, struct err *err)
{
    struct walk walk = {.visit = context, .err = err};
    return walk_all(&walk, journal);
}

bool journal_walk(const char *directory, const struct journal_text_visit *visit, struct err *err)
{
    return journal_walk_open(directory, walk_opened, (void *)(uintptr_t)visit, err);
}
