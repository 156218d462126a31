#include "core/sched/backfill.h"
#include "base/must.h"
#include <stdlib.h>
#include <string.h>

enum { NIL = 0, HASH_FIRST = 256, FAILED = 64, GANG_LOOKS = 256 };

struct entry { // entries[0] is nobody
    struct backfill_job job;
    uint32_t next, previous; // of its account and rank, by age
    uint32_t younger, older; // of all
    uint32_t same_hash, reserved;
    uint64_t asked; // in which scan it was found not to fit
};

struct lane { // of one account
    uint32_t first[BACKFILL_RANKS], last[BACKFILL_RANKS], count[BACKFILL_RANKS];
    bool held, passed;
};

struct failed { // in this scan: nobody of this shape who runs as long fits
    uint64_t shape;
    int64_t run_us;
};

struct backfill {
    struct backfill_rule rule;
    struct fair *fair;
    struct entry *entries;
    uint32_t *hash;
    uint32_t hash_size, room, high, spare, count;
    uint32_t oldest, youngest;
    struct lane *lanes;
    uint32_t lane_count;
    struct backfill_kept kept[BACKFILL_GANGS_MAX + 1];
    struct backfill_job kept_job[BACKFILL_GANGS_MAX + 1]; // as it was when its place was kept
    uint32_t kept_count, kept_gangs;
    // What has been asked holds as long as nothing has grown and the head is the same.
    bool valid, in_vain; // in_vain: all have been asked; who has come since is fresh
    uint64_t grown, head, scan;
    uint64_t *fresh;
    uint32_t fresh_count, fresh_room;
    uint32_t *touched; // accounts whose turn has been taken in a scan
    uint32_t touched_count, touched_room;
    struct failed failed[FAILED];
};

struct backfill *backfill_create(void)
{
    struct backfill *backfill = calloc(1, sizeof *backfill);
    must(backfill);
    backfill->fair = fair_create();
    backfill->high = 1;
    return backfill;
}

void backfill_destroy(struct backfill *backfill)
{
    if (!backfill)
        return;
    fair_destroy(backfill->fair);
    free(backfill->entries);
    free(backfill->hash);
    free(backfill->lanes);
    free(backfill->fresh);
    free(backfill->touched);
    free(backfill);
}

void backfill_rule_set(struct backfill *backfill, const struct backfill_rule *rule)
{
    must(rule->gangs_max <= BACKFILL_GANGS_MAX);
    backfill->rule = *rule;
    backfill->valid = false;
}

struct fair *backfill_fair(struct backfill *backfill)
{
    return backfill->fair;
}

uint32_t backfill_count(const struct backfill *backfill)
{
    return backfill->count;
}

static void *grown_to(void *memory, size_t count, size_t size)
{
    memory = realloc(memory, count * size);
    must(memory);
    return memory;
}

// --- entries by id ---

static uint32_t hash_of(const struct backfill *backfill, uint64_t id)
{
    return (uint32_t)(id * UINT64_C(0x9e3779b97f4a7c15) >> 32) & (backfill->hash_size - 1);
}

static uint32_t entry_find(const struct backfill *backfill, uint64_t id)
{
    if (!backfill->hash_size)
        return NIL;
    uint32_t at = backfill->hash[hash_of(backfill, id)];
    while (at && backfill->entries[at].job.id != id)
        at = backfill->entries[at].same_hash;
    return at;
}

static void hash_add(struct backfill *backfill, uint32_t at)
{
    uint32_t *head = &backfill->hash[hash_of(backfill, backfill->entries[at].job.id)];
    backfill->entries[at].same_hash = *head;
    *head = at;
}

static void hash_grow(struct backfill *backfill)
{
    backfill->hash_size = backfill->hash_size ? backfill->hash_size * 2 : HASH_FIRST;
    free(backfill->hash);
    backfill->hash = calloc(backfill->hash_size, sizeof *backfill->hash);
    must(backfill->hash);
    for (uint32_t at = backfill->oldest; at; at = backfill->entries[at].younger)
        hash_add(backfill, at);
}

static void hash_remove(struct backfill *backfill, uint32_t at)
{
    uint32_t *link = &backfill->hash[hash_of(backfill, backfill->entries[at].job.id)];
    while (*link != at)
        link = &backfill->entries[*link].same_hash;
    *link = backfill->entries[at].same_hash;
}

static uint32_t entry_make(struct backfill *backfill)
{
    uint32_t at = backfill->spare;
    if (at) {
        backfill->spare = backfill->entries[at].next;
    } else {
        if (backfill->high >= backfill->room) {
            backfill->room = backfill->room ? backfill->room * 2 : HASH_FIRST;
            backfill->entries =
                grown_to(backfill->entries, backfill->room, sizeof *backfill->entries);
        }
        at = backfill->high++;
    }
    backfill->entries[at] = (struct entry){0};
    return at;
}

// --- lists by age ---

static void join_all(struct backfill *backfill, uint32_t at)
{
    struct entry *entries = backfill->entries;
    uint32_t older = backfill->youngest, younger = NIL;
    if (older &&
        entries[older].job.id > entries[at].job.id) { // it has waited before: near the front
        younger = backfill->oldest;
        while (entries[younger].job.id < entries[at].job.id)
            younger = entries[younger].younger;
        older = entries[younger].older;
    }
    entries[at].older = older;
    entries[at].younger = younger;
    *(older ? &entries[older].younger : &backfill->oldest) = at;
    *(younger ? &entries[younger].older : &backfill->youngest) = at;
}

static void leave_all(struct backfill *backfill, uint32_t at)
{
    struct entry *entries = backfill->entries, *entry = &entries[at];
    *(entry->older ? &entries[entry->older].younger : &backfill->oldest) = entry->younger;
    *(entry->younger ? &entries[entry->younger].older : &backfill->youngest) = entry->older;
}

static void join_lane(struct backfill *backfill, uint32_t at)
{
    struct entry *entries = backfill->entries, *entry = &entries[at];
    struct lane *lane = &backfill->lanes[entry->job.account];
    lane->count[entry->job.rank]++;
    uint32_t *first = &lane->first[entry->job.rank], *last = &lane->last[entry->job.rank];
    uint32_t previous = *last, next = NIL;
    if (previous && entries[previous].job.id > entry->job.id) {
        next = *first;
        while (entries[next].job.id < entry->job.id)
            next = entries[next].next;
        previous = entries[next].previous;
    }
    entry->previous = previous;
    entry->next = next;
    *(previous ? &entries[previous].next : first) = at;
    *(next ? &entries[next].previous : last) = at;
}

static void leave_lane(struct backfill *backfill, uint32_t at)
{
    struct entry *entries = backfill->entries, *entry = &entries[at];
    struct lane *lane = &backfill->lanes[entry->job.account];
    lane->count[entry->job.rank]--;
    *(entry->previous ? &entries[entry->previous].next : &lane->first[entry->job.rank]) =
        entry->next;
    *(entry->next ? &entries[entry->next].previous : &lane->last[entry->job.rank]) =
        entry->previous;
}

static void lanes_grow(struct backfill *backfill, uint32_t account)
{
    if (account < backfill->lane_count)
        return;
    uint32_t count = account * 2 + 64;
    backfill->lanes = grown_to(backfill->lanes, count, sizeof *backfill->lanes);
    memset(backfill->lanes + backfill->lane_count, 0,
           (count - backfill->lane_count) * sizeof *backfill->lanes);
    backfill->lane_count = count;
}

// The first of an account from a rank down; NIL: none.
static uint32_t lane_first(const struct lane *lane, uint32_t rank)
{
    for (uint32_t i = rank + 1; i-- > 0;)
        if (lane->first[i])
            return lane->first[i];
    return NIL;
}

static void lane_waits(struct backfill *backfill, uint32_t account, uint32_t at)
{
    const struct backfill_job *job = &backfill->entries[at].job;
    if (at)
        fair_wait(backfill->fair, account, job->rank, job->id, job->since_ms);
    else
        fair_wait(backfill->fair, account, 0, 0, 0);
}

static void lane_settle(struct backfill *backfill, uint32_t account)
{
    const struct lane *lane = &backfill->lanes[account];
    lane_waits(backfill, account, lane->held ? NIL : lane_first(lane, BACKFILL_RANKS - 1));
}

static void fresh_add(struct backfill *backfill, uint64_t id)
{
    if (!backfill->in_vain)
        return;
    if (backfill->fresh_count == backfill->fresh_room) {
        backfill->fresh_room = backfill->fresh_room ? backfill->fresh_room * 2 : 64;
        backfill->fresh = grown_to(backfill->fresh, backfill->fresh_room, sizeof *backfill->fresh);
    }
    backfill->fresh[backfill->fresh_count++] = id;
}

void backfill_add(struct backfill *backfill, const struct backfill_job *job)
{
    must(job->id && job->rank < BACKFILL_RANKS && !entry_find(backfill, job->id));
    lanes_grow(backfill, job->account);
    if (backfill->count >= backfill->hash_size)
        hash_grow(backfill);
    uint32_t at = entry_make(backfill);
    backfill->entries[at].job = *job;
    hash_add(backfill, at);
    join_all(backfill, at);
    join_lane(backfill, at);
    backfill->count++;
    lane_settle(backfill, job->account);
    fresh_add(backfill, job->id);
}

void backfill_remove(struct backfill *backfill, uint64_t id)
{
    uint32_t at = entry_find(backfill, id), account = backfill->entries[at].job.account;
    must(at);
    hash_remove(backfill, at);
    leave_all(backfill, at);
    leave_lane(backfill, at);
    backfill->entries[at] = (struct entry){.next = backfill->spare};
    backfill->spare = at;
    backfill->count--;
    lane_settle(backfill, account);
}

void backfill_hold(struct backfill *backfill, uint32_t account, bool held)
{
    lanes_grow(backfill, account);
    struct lane *lane = &backfill->lanes[account];
    if (lane->held == held)
        return;
    lane->held = held;
    if (!held)
        backfill->valid = false;
    if (lane_first(lane, BACKFILL_RANKS - 1))
        lane_settle(backfill, account);
}

const struct backfill_job *backfill_get(const struct backfill *backfill, uint64_t id)
{
    uint32_t at = entry_find(backfill, id);
    return at ? &backfill->entries[at].job : NULL;
}

const struct backfill_job *backfill_oldest(const struct backfill *backfill, uint32_t account)
{
    if (account >= backfill->lane_count)
        return NULL;
    uint32_t at = lane_first(&backfill->lanes[account], BACKFILL_RANKS - 1);
    return at ? &backfill->entries[at].job : NULL;
}

// --- the turn ---

struct ask {
    struct backfill *backfill;
    const struct backfill_house *house;
    int64_t time_us;
    uint32_t left; // to look at
    const struct backfill_job *job;
};

static bool keeps(const struct backfill *backfill, uint64_t id)
{
    for (uint32_t i = 0; i < backfill->kept_count; i++)
        if (backfill->kept[i].job == id)
            return true;
    return false;
}

static void keep(const struct ask *ask, const struct backfill_job *job)
{
    struct backfill *backfill = ask->backfill;
    if (keeps(backfill, job->id))
        return;
    struct backfill_kept kept = {.job = job->id};
    kept.known = ask->house->keep(ask->house->context, job, ask->time_us, &kept.at_us);
    must(backfill->kept_count <= BACKFILL_GANGS_MAX);
    backfill->kept_job[backfill->kept_count] = *job;
    backfill->kept[backfill->kept_count++] = kept;
}

static enum backfill_look look(const struct ask *ask, const struct backfill_job *job)
{
    return ask->house->look(ask->house->context, job, ask->time_us);
}

static bool is_overdue(const struct ask *ask, const struct backfill_job *job)
{
    const struct backfill *backfill = ask->backfill;
    int64_t wait_ms = backfill->rule.gang_wait_ms;
    return job->gang && wait_ms && !backfill->lanes[job->account].held &&
           ask->time_us / 1000 - job->since_ms >= wait_ms;
}

static bool is_head(const struct ask *ask, const struct backfill_job *job)
{
    uint32_t account = fair_first(ask->backfill->fair, ask->time_us / 1000);
    return account == job->account && backfill_oldest(ask->backfill, account)->id == job->id;
}

// Something has grown: whoever kept a place finds it anew, in the order in which they kept them, so
// that nobody's instant is put off by one who came to keep a place later. True: one of them starts
// (it keeps its place too until it has, so that the others are kept behind it).
static bool keep_anew(struct ask *ask)
{
    struct backfill *backfill = ask->backfill;
    struct backfill_job kept[BACKFILL_GANGS_MAX + 1];
    uint32_t count = backfill->kept_count;
    memcpy(kept, backfill->kept_job, sizeof kept);
    backfill->kept_count = backfill->kept_gangs = 0;
    for (uint32_t i = count; i-- > 0;)
        ask->house->unkeep(ask->house->context, &kept[i]);
    const struct backfill_job *starts = NULL;
    for (uint32_t i = 0; i < count; i++) {
        const struct backfill_job *job = backfill_get(backfill, kept[i].id);
        bool gang = job && is_overdue(ask, job);
        if (!job || (!gang && !is_head(ask, job)))
            continue;
        enum backfill_look seen = look(ask, job);
        if (seen == LOOK_HELD)
            continue;
        if (seen == LOOK_FITS && !starts)
            starts = job;
        keep(ask, job);
        backfill->kept_gangs += gang;
    }
    ask->job = starts;
    return starts;
}

// Gangs that have waited too long, the oldest first: true when one of them starts.
static bool overdue(struct ask *ask)
{
    struct backfill *backfill = ask->backfill;
    const struct backfill_rule *rule = &backfill->rule;
    if (rule->gang_wait_ms == 0 || !rule->backfill)
        return false;
    uint32_t looks = GANG_LOOKS;
    for (uint32_t at = backfill->oldest; at && looks; at = backfill->entries[at].younger, looks--) {
        const struct backfill_job *job = &backfill->entries[at].job;
        if (backfill->kept_gangs >= rule->gangs_max)
            return false;
        if (!is_overdue(ask, job) || keeps(backfill, job->id))
            continue;
        enum backfill_look seen = look(ask, job);
        ask->job = job;
        if (seen == LOOK_FITS)
            return true;
        if (seen == LOOK_HELD)
            continue;
        keep(ask, job);
        backfill->kept_gangs++;
    }
    return false;
}

static bool known_to_fail(const struct backfill *backfill, const struct backfill_job *job)
{
    const struct failed *failed = &backfill->failed[job->shape % FAILED];
    return job->shape && failed->shape == job->shape && job->run_us >= failed->run_us;
}

// One who is behind the head: may it start?
static bool may_pass(struct ask *ask, const struct backfill_job *job, enum backfill_look *ret_look)
{
    struct backfill *backfill = ask->backfill;
    *ret_look = LOOK_BLOCKED;
    if (known_to_fail(backfill, job) || keeps(backfill, job->id))
        return false;
    *ret_look = look(ask, job);
    if (*ret_look == LOOK_FITS) {
        ask->job = job;
        return true;
    }
    if (*ret_look == LOOK_BLOCKED && job->shape)
        backfill->failed[job->shape % FAILED] = (struct failed){job->shape, job->run_us};
    return false;
}

// All of one account and rank. An account that holds itself is passed over.
static bool scan_lane(struct ask *ask, uint32_t at)
{
    struct entry *entries = ask->backfill->entries;
    enum backfill_look seen = LOOK_BLOCKED;
    for (; at && ask->left && seen != LOOK_HELD; at = entries[at].next, ask->left--) {
        if (entries[at].asked == ask->backfill->scan)
            continue;
        if (may_pass(ask, &entries[at].job, &seen))
            return true;
        entries[at].asked = seen == LOOK_BLOCKED ? ask->backfill->scan : 0;
    }
    return false;
}

static void touch(struct backfill *backfill, uint32_t account)
{
    if (backfill->touched_count == backfill->touched_room) {
        backfill->touched_room = backfill->touched_room ? backfill->touched_room * 2 : 64;
        backfill->touched =
            grown_to(backfill->touched, backfill->touched_room, sizeof *backfill->touched);
    }
    backfill->touched[backfill->touched_count++] = account;
}

// The order of now, one account and rank after another: the first job of each, NIL past the last.
// Each call takes the account's turn; order_end gives all of them back.
static uint32_t order_next(struct backfill *backfill, int64_t time_us)
{
    uint32_t account = fair_first(backfill->fair, time_us / 1000);
    if (account == FAIR_NONE)
        return NIL;
    struct lane *lane = &backfill->lanes[account];
    if (!lane->passed)
        touch(backfill, account);
    uint32_t rank = lane->passed ? fair_rank(backfill->fair, account) : BACKFILL_RANKS - 1;
    uint32_t at = lane_first(lane, rank);
    rank = backfill->entries[at].job.rank;
    lane->passed = true;
    lane_waits(backfill, account, rank ? lane_first(lane, rank - 1) : NIL);
    return at;
}

static void order_end(struct backfill *backfill)
{
    while (backfill->touched_count) {
        uint32_t account = backfill->touched[--backfill->touched_count];
        backfill->lanes[account].passed = false;
        lane_settle(backfill, account);
    }
}

uint32_t backfill_order(struct backfill *backfill, int64_t time_us, uint64_t *ret_ids, uint32_t max)
{
    uint32_t count = 0;
    for (uint32_t at; count < max && (at = order_next(backfill, time_us));)
        for (; at && count < max; at = backfill->entries[at].next)
            ret_ids[count++] = backfill->entries[at].job.id;
    order_end(backfill);
    return count;
}

// The last `max` of a lane before an entry go behind what is known to be in front; the oldest of
// those leave.
static uint32_t ahead_add(const struct backfill *backfill, uint32_t last, uint64_t *ahead,
                          uint32_t count, uint32_t max)
{
    uint64_t nearest[BACKFILL_AHEAD_MAX];
    uint32_t more = 0;
    for (uint32_t at = last; at && more < max; at = backfill->entries[at].previous)
        nearest[more++] = backfill->entries[at].job.id;
    uint32_t kept = count < max - more ? count : max - more;
    memmove(ahead, ahead + count - kept, kept * sizeof *ahead);
    for (uint32_t i = 0; i < more; i++)
        ahead[kept + i] = nearest[more - 1 - i];
    return kept + more;
}

int64_t backfill_position(struct backfill *backfill, uint64_t id, int64_t time_us,
                          uint64_t *ret_ahead, uint32_t *count)
{
    uint32_t max = *count, asked = entry_find(backfill, id);
    int64_t position = 1;
    must(max <= BACKFILL_AHEAD_MAX);
    *count = 0;
    const struct backfill_job *job = &backfill->entries[asked].job;
    for (uint32_t at; asked && (at = order_next(backfill, time_us));) {
        const struct backfill_job *first = &backfill->entries[at].job;
        const struct lane *lane = &backfill->lanes[first->account];
        bool own = first->account == job->account && first->rank == job->rank;
        uint32_t last = own ? backfill->entries[asked].previous : lane->last[first->rank];
        *count = ahead_add(backfill, last, ret_ahead, *count, max);
        if (!own) {
            position += lane->count[first->rank];
            continue;
        }
        for (; last; last = backfill->entries[last].previous)
            position++;
        break;
    }
    order_end(backfill);
    return position;
}

// Everybody behind the head, in order.
static bool scan(struct ask *ask)
{
    struct backfill *backfill = ask->backfill;
    bool found = false;
    for (uint32_t at; !found && ask->left && (at = order_next(backfill, ask->time_us));) {
        found = scan_lane(ask, at);
        ask->left -= ask->left > 0;
    }
    order_end(backfill);
    return found;
}

// Nothing has grown since all were asked in vain: only who came since.
static bool scan_fresh(struct ask *ask)
{
    struct backfill *backfill = ask->backfill;
    for (uint32_t i = 0; i < backfill->fresh_count; i++) {
        const struct backfill_job *job = backfill_get(backfill, backfill->fresh[i]);
        enum backfill_look seen;
        if (!job || backfill->lanes[job->account].held || !may_pass(ask, job, &seen))
            continue;
        backfill->fresh_count -= i; // those before have been asked
        memmove(backfill->fresh, backfill->fresh + i,
                backfill->fresh_count * sizeof *backfill->fresh);
        return true;
    }
    backfill->fresh_count = 0;
    return false;
}

// Its account holds it now: what it kept is free, so all may be asked again.
static void head_held(struct ask *ask, const struct backfill_job *job)
{
    struct backfill *backfill = ask->backfill;
    uint32_t at = 0;
    while (at < backfill->kept_count && backfill->kept[at].job != job->id)
        at++;
    if (at < backfill->kept_count) {
        ask->house->unkeep(ask->house->context, job);
        backfill->kept_count--;
        for (; at < backfill->kept_count; at++) {
            backfill->kept[at] = backfill->kept[at + 1];
            backfill->kept_job[at] = backfill->kept_job[at + 1];
        }
    }
    ask->house->held(ask->house->context, job);
    must(backfill->lanes[job->account].held);
    backfill->valid = backfill->in_vain = false;
    backfill->fresh_count = 0;
    backfill->scan++;
    memset(backfill->failed, 0, sizeof backfill->failed);
}

// The first in order whom nothing of its own holds; NULL: nobody. Says how it stands.
static const struct backfill_job *head_of(struct ask *ask, enum backfill_look *ret_look)
{
    struct backfill *backfill = ask->backfill;
    for (;;) {
        uint32_t account = fair_first(backfill->fair, ask->time_us / 1000);
        if (account == FAIR_NONE)
            return NULL;
        uint32_t at = lane_first(&backfill->lanes[account], BACKFILL_RANKS - 1);
        const struct backfill_job *job = &backfill->entries[at].job;
        bool known = backfill->valid && backfill->head == job->id;
        if (known && ask->house->holds && ask->house->holds(ask->house->context, job))
            backfill->valid = false;
        *ret_look = known && backfill->valid ? LOOK_BLOCKED : look(ask, job);
        if (*ret_look != LOOK_HELD)
            return job;
        head_held(ask, job);
    }
}

static enum backfill_turn ask_all(struct ask *ask, uint64_t grown)
{
    struct backfill *backfill = ask->backfill;
    if (overdue(ask))
        return BACKFILL_FITS;
    enum backfill_look seen;
    const struct backfill_job *head = head_of(ask, &seen);
    ask->job = head;
    if (!head)
        return BACKFILL_NONE;
    if (seen == LOOK_FITS)
        return BACKFILL_FITS;
    bool in_vain = backfill->valid && backfill->in_vain;
    backfill->valid = true;
    backfill->grown = grown;
    backfill->head = head->id;
    if (backfill->rule.backfill) {
        keep(ask, head);
        if (in_vain ? scan_fresh(ask) : scan(ask))
            return BACKFILL_FITS;
    }
    backfill->in_vain = true;
    backfill->fresh_count = 0;
    ask->job = head;
    return BACKFILL_BLOCKED;
}

// Does what was asked before still hold?
static bool still_valid(const struct backfill *backfill, int64_t time_us, uint64_t grown)
{
    if (!backfill->valid || backfill->grown != grown)
        return false;
    for (uint32_t i = 0; i < backfill->kept_count; i++)
        if (!entry_find(backfill, backfill->kept[i].job))
            return false;
    uint32_t first = fair_first(backfill->fair, time_us / 1000);
    return first != FAIR_NONE && backfill_oldest(backfill, first)->id == backfill->head;
}

enum backfill_turn backfill_next(struct backfill *backfill, const struct backfill_house *house,
                                 int64_t time_us, uint64_t grown,
                                 const struct backfill_job **ret_job)
{
    struct ask ask = {.backfill = backfill, .house = house, .time_us = time_us};
    ask.left = backfill->rule.depth ? backfill->rule.depth : UINT32_MAX;
    if (!still_valid(backfill, time_us, grown)) {
        backfill->valid = backfill->in_vain = false;
        backfill->fresh_count = 0;
        backfill->scan++;
        memset(backfill->failed, 0, sizeof backfill->failed);
        if (keep_anew(&ask)) {
            *ret_job = ask.job;
            return BACKFILL_FITS;
        }
    }
    enum backfill_turn turn = ask_all(&ask, grown);
    *ret_job = ask.job;
    return turn;
}

bool backfill_kept_at(const struct backfill *backfill, uint32_t index,
                      struct backfill_kept *ret_kept)
{
    if (index >= backfill->kept_count)
        return false;
    *ret_kept = backfill->kept[index];
    return true;
}
