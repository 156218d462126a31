#include "sample.h"
#include "proof/merkle.h"
#include <stdio.h>
#include <string.h>

enum { SAMPLE_LINE_MAX = 12000 };

// Every 29th line needs several pages.
static str sample_line(uint64_t seq, char *room)
{
    size_t len = 60 + seq * 131 % 200;
    if (seq % 29 == 28)
        len = 5000 + seq * 17 % 7000;
    int head = snprintf(room, SAMPLE_LINE_MAX, "{\"kind\":\"sample\",\"seq\":%llu,\"text\":\"",
                        (unsigned long long)seq);
    for (size_t i = (size_t)head; i < len; i++)
        room[i] = (char)('a' + (seq * 7 + i * 11) % 26);
    return (str){room, len};
}

uint32_t sample_batch(uint64_t first_seq)
{
    return 1 + (uint32_t)(first_seq * 5 % SAMPLE_BATCH_MAX);
}

bool sample_append(struct journal *journal, struct merkle *tree, bool *ret_fatal, struct err *err)
{
    static _Thread_local char rooms[SAMPLE_BATCH_MAX][SAMPLE_LINE_MAX];
    str lines[SAMPLE_BATCH_MAX];
    struct merkle grown = *tree;
    uint32_t count = sample_batch(tree->size);
    for (uint32_t i = 0; i < count; i++) {
        lines[i] = sample_line(tree->size + i, rooms[i]);
        merkle_append(&grown, merkle_leaf(lines[i]));
    }
    struct journal_batch batch = {.first_seq = tree->size,
                                  .lines = lines,
                                  .count = count,
                                  .time_us = (int64_t)tree->size,
                                  .root = merkle_root(&grown)};
    if (!journal->ops->append(journal, &batch, ret_fatal, err))
        return false;
    *tree = grown;
    return true;
}

struct look {
    struct merkle tree;
    uint64_t commit_at; // the size of the commit that the lines have reached
    bool altered;
    struct journal *journal;
};

static bool look_line(void *context, uint64_t seq, str line)
{
    static _Thread_local char room[SAMPLE_LINE_MAX];
    struct look *look = context;
    look->altered |= seq != look->tree.size || !str_is(line, sample_line(seq, room));
    merkle_append(&look->tree, merkle_leaf(line));
    return true;
}

// Commits are looked at alone, with a tree of their own over what the lines should be.
static bool look_commit(void *context, const struct journal_commit *commit)
{
    static _Thread_local char room[SAMPLE_LINE_MAX];
    struct look *look = context;
    uint64_t end = look->commit_at + sample_batch(look->commit_at);
    look->altered |= commit->size != end || commit->time_us != (int64_t)look->commit_at;
    while (look->tree.size < end)
        merkle_append(&look->tree, merkle_leaf(sample_line(look->tree.size, room)));
    look->altered |= !digest_same(commit->root, merkle_root(&look->tree));
    look->commit_at = end;
    return !look->altered;
}

enum sample_found sample_look(struct journal *journal, uint64_t *ret_size, struct err *err)
{
    struct journal_commit head;
    struct look lines = {.journal = journal}, commits = {.journal = journal};
    if (!journal->ops->head(journal, &head, err) ||
        !journal->ops->read(journal, 0, UINT64_MAX, look_line, &lines, err) ||
        !journal->ops->commits(journal, 0, look_commit, &commits, err))
        return SAMPLE_FAULT;
    *ret_size = head.size;
    bool same = !lines.altered && !commits.altered && lines.tree.size == head.size &&
                commits.commit_at == head.size &&
                (head.size == 0 || digest_same(head.root, merkle_root(&lines.tree)));
    return same ? SAMPLE_WHOLE : SAMPLE_ALTERED;
}
