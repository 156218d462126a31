#include "cmd/api.h"
#include "cmd/commands_all.h"
#include "cmd/show.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

// The house on one page:
//
//     tatara 0.1.0, engine process, 1284 events
//
//     node-1  ready     ■■□□□□□□  2 of 8 cpu-core leased, 512 MiB of 31.2 GiB
//
//     jobs    1 running, 2 queued, 40 done

enum { DEVICES_DRAWN_MAX = 64, BODY_MAX = 64 * 1024 };

// Indexes of "0-3,7" as marks in a row of `count`.
static void mark_set(str set, bool *marks, int64_t count)
{
    while (set.len > 0) {
        str part, first_text, last_text;
        int64_t first, last;
        if (!str_cut(set, ',', &part, &set)) {
            part = set;
            set = S("");
        }
        if (!str_cut(part, '-', &first_text, &last_text))
            first_text = last_text = part;
        if (!str_to_i64(first_text, &first) || !str_to_i64(last_text, &last))
            return;
        for (int64_t i = first; i <= last && i < count; i++)
            marks[i] = true;
    }
}

static int64_t draw_devices(const struct json *node)
{
    bool leased[DEVICES_DRAWN_MAX] = {0}, open[DEVICES_DRAWN_MAX] = {0};
    int64_t count = api_number(node, "devices", 0), busy = 0;
    int64_t drawn = count < DEVICES_DRAWN_MAX ? count : DEVICES_DRAWN_MAX;
    mark_set(api_text(node, "leased"), leased, drawn);
    mark_set(api_text(node, "open"), open, drawn);
    for (int64_t i = 0; i < drawn; i++) {
        fputs(leased[i] ? "■" : open[i] ? "□" : "·", stdout);
        busy += leased[i];
    }
    if (drawn < count)
        fputs("…", stdout);
    return busy;
}

static void print_node(const struct json *node)
{
    static const struct show_field memory = {"", "memory_mib", SHOW_MEMORY};
    static const struct show_field used = {"", "memory_leased_mib", SHOW_MEMORY};
    str chip = api_text(node, "chip");
    struct buf text;
    buf_init(&text, BODY_MAX);
    show_safe(api_text(node, "id"), stdout);
    fputs("  ", stdout);
    show_safe(api_text(node, "state"), stdout);
    fputs("  ", stdout);
    int64_t busy = draw_devices(node);
    printf("  %" PRId64 " of %" PRId64 " ", busy, api_number(node, "devices", 0));
    show_safe(chip.len > 0 ? chip : S("devices"), stdout);
    show_value(node, &used, &text);
    buf_add(&text, S(" of "));
    show_value(node, &memory, &text);
    printf(" leased, %.*s\n", STR(buf_str(&text)));
    buf_finish(&text);
}

static int print_nodes(struct api *api)
{
    struct call call = {.path = S("/api/v1/nodes?limit=1000")};
    struct call_answer answer;
    int code = api_call(api, &call, &answer);
    const struct json *items = code == EXIT_DONE ? api_member(answer.json, "items") : NULL;
    for (const struct json *node = items ? items->first : NULL; node; node = node->next)
        print_node(node);
    call_answer_finish(&answer);
    return code;
}

// How many jobs are in a state; more than a page shows as "1000+".
static int count_jobs(struct api *api, const char *state, bool *first)
{
    struct buf path;
    buf_init(&path, FETCH_URL_MAX);
    buf_add(&path, S("/api/v1/jobs?limit=1000"));
    api_query(&path, "state", state);
    struct call call = {.path = buf_str(&path)};
    struct call_answer answer;
    int code = api_call(api, &call, &answer);
    const struct json *items = code == EXIT_DONE ? api_member(answer.json, "items") : NULL;
    const struct json *next = code == EXIT_DONE ? api_member(answer.json, "next") : NULL;
    if (items && items->count > 0) {
        printf("%s%u%s %s", *first ? "" : ", ", items->count,
               next && next->kind != JSON_NULL ? "+" : "", state);
        *first = false;
    }
    call_answer_finish(&answer);
    buf_finish(&path);
    return code;
}

static int print_jobs(struct api *api)
{
    static const char *const states[] = {"running", "starting", "stopping", "queued", "done"};
    bool first = true;
    int code = EXIT_DONE;
    fputs("jobs    ", stdout);
    for (size_t i = 0; i < sizeof states / sizeof *states && code == EXIT_DONE; i++)
        code = count_jobs(api, states[i], &first);
    puts(first ? "none yet" : "");
    return code;
}

static void print_account(const struct json *account)
{
    static const struct show_field spent = {"", "month.spent", SHOW_MONEY};
    struct buf text;
    buf_init(&text, BODY_MAX);
    show_value(account, &spent, &text);
    if (!str_is(buf_str(&text), S("-"))) {
        fputs("spent   ", stdout);
        show_safe(api_text(account, "slug"), stdout);
        fputs("  ", stdout);
        show_safe(buf_str(&text), stdout);
        puts(" this month");
    }
    buf_finish(&text);
}

static int print_money(struct api *api)
{
    struct call call = {.path = S("/api/v1/accounts?limit=20")};
    struct call_answer answer;
    int code = api_call(api, &call, &answer);
    const struct json *items = code == EXIT_DONE ? api_member(answer.json, "items") : NULL;
    for (const struct json *account = items ? items->first : NULL; account; account = account->next)
        print_account(account);
    call_answer_finish(&answer);
    return code;
}

static void print_house(const struct json *house)
{
    fputs("tatara ", stdout);
    show_safe(api_text(house, "version"), stdout);
    fputs(", engine ", stdout);
    show_safe(api_text(house, "engine"), stdout);
    printf(", %" PRId64 " events\n\n", api_number(house, "events", 0));
}

int cmd_status(struct invocation *invocation)
{
    struct api api;
    int code = api_open(&api, invocation);
    if (code != EXIT_DONE)
        return code;
    struct call_answer answer;
    code = api_get(&api, "/api/v1/house", NULL, NULL, &answer);
    if (code == EXIT_DONE && invocation->json)
        show_json(answer.json);
    else if (code == EXIT_DONE)
        print_house(answer.json);
    call_answer_finish(&answer);
    if (code == EXIT_DONE && !invocation->json)
        code = print_nodes(&api);
    if (code == EXIT_DONE && !invocation->json) {
        putchar('\n');
        code = print_jobs(&api);
    }
    if (code == EXIT_DONE && !invocation->json)
        code = print_money(&api);
    api_close(&api);
    return code;
}
