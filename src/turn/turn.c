#include "turn/turn.h"
#include "base/must.h"
#include "turn/verify.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

// The lines of one batch; an input that writes more than this is a bug.
enum { BATCH_BYTES_MAX = 1 << 30 };

void turn_init(struct turn *turn, struct journal *journal, struct turn_release release)
{
    *turn = (struct turn){.journal = journal, .release = release};
    cloud_init(&turn->cloud);
    buf_init(&turn->text, BATCH_BYTES_MAX);
    buf_init(&turn->ends, BATCH_BYTES_MAX);
    buf_init(&turn->leaves, BATCH_BYTES_MAX);
    buf_init(&turn->answers, BATCH_BYTES_MAX);
    buf_init(&turn->effects, BATCH_BYTES_MAX);
}

void turn_finish(struct turn *turn)
{
    cloud_finish(&turn->cloud);
    buf_finish(&turn->text);
    buf_finish(&turn->ends);
    buf_finish(&turn->leaves);
    buf_finish(&turn->answers);
    buf_finish(&turn->effects);
}

static uint32_t line_count(const struct turn *turn)
{
    return (uint32_t)(turn->ends.len / sizeof(size_t));
}

static void add_line(struct turn *turn, const struct event *event)
{
    size_t from = turn->text.len;
    event_encode(event, &turn->text);
    must(!turn->text.overflow && turn->text.len - from <= JOURNAL_LINE_MAX);
    buf_add(&turn->ends, (str){(const char *)&turn->text.len, sizeof turn->text.len});
    str line = {turn->text.ptr + from, turn->text.len - from};
    digest leaf = merkle_leaf(line);
    buf_add(&turn->leaves, (str){(const char *)&leaf, sizeof leaf});
    merkle_append(&turn->tree, leaf);
}

bool turn_has_batch(const struct turn *turn)
{
    return turn->ends.len || turn->answers.len;
}

bool turn_is_full(const struct turn *turn)
{
    return line_count(turn) >= TURN_LINES_FULL ||
           turn->answers.len / sizeof(struct turn_answer) >= TURN_ANSWERS_FULL;
}

bool turn_add(struct turn *turn, const struct input *input, void *tag)
{
    if (turn->pending || turn->fatal || turn_is_full(turn))
        return false;
    if (!turn_has_batch(turn))
        turn->first_seq = cloud_next_seq(&turn->cloud);
    struct turn_answer answer = {.tag = tag};
    struct cloud_step step;
    for (uint32_t i = 0;; i++) {
        cloud_decide(&turn->cloud, input, i, &step);
        if (i == 0) {
            answer.answer = step.answer;
            answer.field = step.field;
            answer.repeated = step.repeated;
            answer.seq = step.has_event ? step.event.seq : 0;
            turn->refused += step.answer != ANSWER_OK;
        }
        if (step.subject && !answer.subject)
            answer.subject = step.subject;
        if (!step.has_event)
            break;
        add_line(turn, &step.event);
        struct effect effect = cloud_apply(&turn->cloud, &step.event);
        if (effect.kind != EFFECT_NONE)
            buf_add(&turn->effects, (str){(const char *)&effect, sizeof effect});
        if (!step.more)
            break;
    }
    buf_add(&turn->answers, (str){(const char *)&answer, sizeof answer});
    return true;
}

static bool append(struct turn *turn, struct err *err)
{
    uint32_t count = line_count(turn);
    str *lines = malloc(count * sizeof *lines);
    must(lines);
    size_t from = 0;
    for (uint32_t i = 0; i < count; i++) {
        size_t end;
        memcpy(&end, turn->ends.ptr + i * sizeof end, sizeof end);
        lines[i] = (str){turn->text.ptr + from, end - from};
        from = end;
    }
    struct journal_batch batch = {
        .first_seq = turn->first_seq,
        .lines = lines,
        .leaves = (const digest *)turn->leaves.ptr,
        .count = count,
        .time_us = cloud_time_us(&turn->cloud),
        .root = merkle_root(&turn->tree),
    };
    bool fatal = false;
    bool good = turn->journal->ops->append(turn->journal, &batch, &fatal, err);
    free(lines);
    turn->pending = !good;
    turn->fatal = turn->fatal || fatal;
    return good;
}

static void clear_batch(struct turn *turn)
{
    buf_clear(&turn->text);
    buf_clear(&turn->ends);
    buf_clear(&turn->leaves);
    buf_clear(&turn->answers);
    buf_clear(&turn->effects);
}

static void release(struct turn *turn)
{
    struct buf answers = turn->answers, effects = turn->effects;
    for (size_t at = 0; at < answers.len; at += sizeof(struct turn_answer))
        turn->release.answer(turn->release.context, (const struct turn_answer *)(answers.ptr + at));
    for (size_t at = 0; at < effects.len; at += sizeof(struct effect))
        turn->release.effect(turn->release.context, (const struct effect *)(effects.ptr + at));
    clear_batch(turn);
}

void turn_abandon(struct turn *turn)
{
    for (size_t at = 0; at < turn->answers.len; at += sizeof(struct turn_answer)) {
        struct turn_answer answer = *(const struct turn_answer *)(turn->answers.ptr + at);
        answer.answer = ANSWER_UNAVAILABLE;
        answer.subject = answer.seq = 0;
        turn->release.answer(turn->release.context, &answer);
    }
    clear_batch(turn);
}

bool turn_commit(struct turn *turn, struct err *err)
{
    must(!turn->fatal);
    if (line_count(turn) > 0) {
        if (!append(turn, err))
            return false;
        turn->commits++;
    }
    release(turn);
    return true;
}

uint64_t turn_size(const struct turn *turn)
{
    return turn->tree.size;
}

digest turn_root(const struct turn *turn)
{
    return merkle_root(&turn->tree);
}

void turn_snapshot(const struct turn *turn, struct buf *out)
{
    struct buf tree;
    buf_init(&tree, sizeof turn->tree + 64);
    merkle_write(&turn->tree, &tree);
    uint64_t size = tree.len;
    buf_add(out, (str){(const char *)&size, sizeof size});
    buf_add(out, buf_str(&tree));
    buf_finish(&tree);
    cloud_save(&turn->cloud, out);
}

static bool read_snapshot(struct turn *turn, str bytes, struct err *err)
{
    uint64_t size;
    if (bytes.len < sizeof size)
        return err_set(err, "snapshot: it ends too early");
    memcpy(&size, bytes.ptr, sizeof size);
    bytes = str_skip(bytes, sizeof size);
    if (size > bytes.len || !merkle_read((str){bytes.ptr, size}, &turn->tree, err))
        return err_set(err, "snapshot: its tree cannot be read");
    return cloud_load(&turn->cloud, str_skip(bytes, size), err);
}

// The root that the journal stored for a size.
struct root_search {
    uint64_t size;
    digest root;
    bool found;
};

static bool visit_commit(void *context, const struct journal_commit *commit)
{
    struct root_search *search = context;
    search->found = commit->size == search->size;
    search->root = commit->root;
    return false; // the first one tells
}

static bool snapshot_fits(struct turn *turn, uint64_t size, struct err *err)
{
    struct root_search search = {.size = size};
    if (turn->tree.size != size || cloud_next_seq(&turn->cloud) != size)
        return false;
    return turn->journal->ops->commits(turn->journal, size - 1, visit_commit, &search, err) &&
           search.found && digest_same(search.root, turn_root(turn));
}

// A snapshot is a cache: one that does not fit is put aside and everything is replayed.
static void load_snapshot(struct turn *turn, uint64_t head)
{
    struct journal_snapshot snapshot;
    struct err err;
    bool found = false;
    if (!turn->journal->ops->snapshot_get(turn->journal, cloud_layout(), head, &found, &snapshot,
                                          &err) ||
        !found)
        return;
    bool good =
        read_snapshot(turn, snapshot.bytes, &err) && snapshot_fits(turn, snapshot.size, &err);
    free((void *)(uintptr_t)snapshot.bytes.ptr);
    if (good) {
        turn->snapshot_size = snapshot.size;
        return;
    }
    cloud_finish(&turn->cloud);
    cloud_init(&turn->cloud);
    turn->tree = (struct merkle){0};
}

bool turn_load(struct turn *turn, bool use_snapshot, struct err *err)
{
    struct journal_commit head;
    if (!turn->journal->ops->head(turn->journal, &head, err))
        return err_add(err, "journal");
    if (use_snapshot && head.size > 0)
        load_snapshot(turn, head.size);
    struct verify verify;
    verify_init(&verify, &turn->cloud, &turn->tree);
    bool good = verify_journal(&verify, turn->journal, err) || err_add(err, "journal");
    verify_finish(&verify);
    if (good && turn_size(turn) != head.size)
        return err_set(err,
                       "journal: %" PRIu64 " lines, but its last commit says %" PRIu64
                       "; restore it from a backup",
                       turn_size(turn), head.size);
    return good;
}
