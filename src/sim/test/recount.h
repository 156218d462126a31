// recount.h - the books counted again from the journal's text alone.
//
// Written apart from the ledger on purpose: it reads lines as JSON, knows no struct of the core,
// keeps plain arrays and adds in 128 bits.
#pragma once
#include "base/json.h"
#include "base/must.h"
#include <stdlib.h>
#include <string.h>

enum { RECOUNT_BOOKS = 4096, RECOUNT_RATED = 4096, RECOUNT_LEASES = 65536 };

struct recount {
    __int128 debit[RECOUNT_BOOKS], credit[RECOUNT_BOOKS];
    char commodity[RECOUNT_BOOKS][24], role[RECOUNT_BOOKS][16];
    int64_t owner[RECOUNT_BOOKS];
    int64_t rated_money[RECOUNT_RATED];
    char rated_price[RECOUNT_RATED][24], rated_account[RECOUNT_RATED][24],
        rated_period[RECOUNT_RATED][12];
    __int128 rated_quantity[RECOUNT_RATED];
    uint64_t books, rated, lines;
    __int128 device_ms; // that leases were charged for
    struct arena arena;
};

static inline int64_t recount_number(str text)
{
    // after the last '-' of an id, or a decimal string
    size_t from = 0;
    for (size_t i = 1; i < text.len; i++)
        if (text.ptr[i] == '-')
            from = i + 1;
    int64_t value;
    must(str_to_i64(str_skip(text, from), &value));
    return value;
}

static inline str recount_text(const struct json *object, const char *name)
{
    const struct json *member = json_member(object, str_from(name));
    return member && member->kind == JSON_TEXT ? member->text : (str){0};
}

static inline void recount_post(struct recount *recount, const struct json *line)
{
    const struct json *list = json_member(line, S("transfers"));
    for (const struct json *row = list->first; row; row = row->next) {
        int64_t debit = recount_number(row->first->text);
        int64_t credit = recount_number(row->first->next->text);
        int64_t amount = recount_number(row->first->next->next->text);
        must(strcmp(recount->commodity[debit], recount->commodity[credit]) == 0 && amount > 0);
        recount->debit[debit] += amount;
        recount->credit[credit] += amount;
    }
}

static inline void recount_line(struct recount *recount, str text)
{
    const struct json *line;
    struct err err;
    arena_reset(&recount->arena);
    must(json_read(text, 1 << 20, &recount->arena, &line, &err));
    str kind = recount_text(line, "kind");
    recount->lines++;
    if (str_is(kind, S("book_opened"))) {
        int64_t id = recount_number(recount_text(line, "book"));
        must(id > 0 && id < RECOUNT_BOOKS);
        must(str_copy(recount_text(line, "commodity"), recount->commodity[id], 24));
        must(str_copy(recount_text(line, "role"), recount->role[id], 16));
        recount->owner[id] = json_member(line, S("owner"))->integer;
        recount->books = (uint64_t)id;
    } else if (str_is(kind, S("posted"))) {
        recount_post(recount, line);
    } else if (str_is(kind, S("rated_opened"))) {
        int64_t id = recount_number(recount_text(line, "rated"));
        must(id > 0 && id < RECOUNT_RATED);
        must(str_copy(recount_text(line, "price"), recount->rated_price[id], 24));
        must(str_copy(recount_text(line, "account"), recount->rated_account[id], 24));
        must(str_copy(recount_text(line, "period"), recount->rated_period[id], 12));
        recount->rated = (uint64_t)id;
    } else if (str_is(kind, S("rated"))) {
        int64_t id = recount_number(recount_text(line, "rated"));
        recount->rated_money[id] += recount_number(recount_text(line, "amount"));
        recount->rated_quantity[id] += recount_number(recount_text(line, "quantity"));
        recount->device_ms += recount_number(recount_text(line, "quantity"));
    }
}
