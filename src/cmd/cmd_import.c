// tatara node import: read the file, find its names among the server's, ask the server to look
// through every node, and only when nothing is wrong add those that are not there yet.
#include "base/must.h"
#include "cmd/commands_all.h"
#include "cmd/node_file.h"
#include "cmd/request.h"
#include "cmd/sim_files.h"
#include "core/inventory/rack.h"
#include "text/suggest.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BATCH_NODES = 500, BATCH_BYTES = 768 * 1024, FILE_BYTES = 1 << 30 };

struct names { // of the server, in order
    str *name;
    uint32_t count, room;
};

struct import {
    const struct invocation *invocation;
    struct api api;
    struct node_file file;
    struct names sites, feeders, chips, entities; // a feeder is "site/feeder"
    struct node_row **order;                      // by site, block, rack, then place in the file
    int64_t added, equal;
    bool shown; // a line of progress
};

static int by_text(const void *a, const void *b)
{
    return str_order(*(const str *)a, *(const str *)b);
}

static void names_add(struct names *names, str name)
{
    if (names->count == names->room) {
        names->room = names->room ? names->room * 2 : 64;
        names->name = realloc(names->name, names->room * sizeof *names->name);
        must(names->name);
    }
    names->name[names->count++] = name;
}

static bool names_have(const struct names *names, str name)
{
    return names->count && bsearch(&name, names->name, names->count, sizeof name, by_text) != NULL;
}

// Every page of a list; a name is `member`, with `within` before it and a slash.
static int names_fetch(struct import *import, const char *path, const char *within,
                       const char *member, struct names *names)
{
    struct arena *arena = &import->file.arena;
    str after = {0};
    int code;
    do {
        struct call_answer answer;
        struct buf paged;
        buf_init(&paged, 4096);
        buf_format(&paged, "%s?limit=1000", path);
        if (after.len)
            buf_format(&paged, "&after=%.*s", STR(after));
        struct call call = {.path = buf_str(&paged)};
        code = api_call(&import->api, &call, &answer);
        const struct json *items = code == EXIT_DONE ? api_member(answer.json, "items") : NULL;
        for (const struct json *item = items ? items->first : NULL; item; item = item->next) {
            str name = api_text(item, member), before = within ? api_text(item, within) : S("");
            names_add(names, within ? arena_format(arena, "%.*s/%.*s", STR(before), STR(name))
                                    : arena_copy(arena, name));
        }
        after = code == EXIT_DONE ? arena_copy(arena, api_text(answer.json, "next")) : S("");
        call_answer_finish(&answer);
        buf_finish(&paged);
    } while (after.len);
    if (names->count)
        qsort(names->name, names->count, sizeof *names->name, by_text);
    return code;
}

static int lists_fetch(struct import *import)
{
    int code = names_fetch(import, "/api/v1/sites", NULL, "slug", &import->sites);
    if (code == EXIT_DONE)
        code = names_fetch(import, "/api/v1/feeders", "site", "name", &import->feeders);
    if (code == EXIT_DONE)
        code = names_fetch(import, "/api/v1/chips", NULL, "name", &import->chips);
    return code == EXIT_DONE
               ? names_fetch(import, "/api/v1/entities", NULL, "slug", &import->entities)
               : code;
}

// --- names ---

// "; did you mean …?" or "; see: tatara … list"; `within` stands before each name that counts.
static void advice(const struct names *names, str wrong, str within, const char *list,
                   char ret_text[160])
{
    struct suggestion near;
    suggest_init(&near, wrong);
    for (uint32_t i = 0; i < names->count; i++)
        if (str_starts(names->name[i], within))
            suggest_try(&near, str_skip(names->name[i], within.len));
    str nearest = suggest_nearest(&near);
    if (nearest.len)
        snprintf(ret_text, 160, "did you mean \"%.*s\"?", STR(nearest));
    else
        snprintf(ret_text, 160, "see: tatara %s list", list);
}

static void name_check(struct import *import, struct node_row *row, enum node_column which,
                       const struct names *names, const char *list)
{
    struct node_cell *cell = &row->cell[which];
    char text[160];
    if (cell->text.len == 0 || names_have(names, cell->text))
        return;
    advice(names, cell->text, S(""), list, text);
    node_file_wrong(&import->file, row, cell, "%s \"%.*s\" is not known; %s",
                    node_column(which)->name, STR(cell->text), text);
}

static bool feeder_known(const struct import *import, const struct node_row *row,
                         enum node_column which)
{
    char full[200];
    str feeder = row->cell[which].text;
    snprintf(full, sizeof full, "%.*s/%.*s", STR(row->cell[COLUMN_SITE].text), STR(feeder));
    return feeder.len == 0 || names_have(&import->feeders, str_from(full));
}

static void feeder_check(struct import *import, struct node_row *row, enum node_column which)
{
    struct node_cell *cell = &row->cell[which];
    str site = row->cell[COLUMN_SITE].text;
    char within[100], text[160];
    if (!names_have(&import->sites, site) || feeder_known(import, row, which))
        return;
    snprintf(within, sizeof within, "%.*s/", STR(site));
    advice(&import->feeders, cell->text, str_from(within), "feeder", text);
    node_file_wrong(&import->file, row, cell, "%s \"%.*s\" is no feeder of site %.*s; %s",
                    node_column(which)->name, STR(cell->text), STR(site), text);
}

static void chip_check(struct import *import, struct node_row *row)
{
    struct node_cell *cell = &row->cell[COLUMN_CHIP];
    char text[160];
    if (cell->text.len == 0 || names_have(&import->chips, cell->text) ||
        row->cell[COLUMN_CHIP_CLASS_W].text.len)
        return;
    advice(&import->chips, cell->text, S(""), "chip", text);
    node_file_wrong(&import->file, row, cell,
                    "chip \"%.*s\" is not known; %s A chip that is new needs chip_class_w",
                    STR(cell->text), text);
}

static void rows_check(struct import *import)
{
    for (uint32_t i = 0; i < import->file.count; i++) {
        struct node_row *row = &import->file.rows[i];
        name_check(import, row, COLUMN_SITE, &import->sites, "site");
        name_check(import, row, COLUMN_OWNER, &import->entities, "entity");
        name_check(import, row, COLUMN_OPERATOR, &import->entities, "entity");
        name_check(import, row, COLUMN_VENDOR, &import->entities, "entity");
        feeder_check(import, row, COLUMN_FEEDER_A);
        feeder_check(import, row, COLUMN_FEEDER_B);
        chip_check(import, row);
    }
}

// --- the file as a whole ---

static int compare(const struct node_row *a, const struct node_row *b, enum node_column column)
{
    return str_order(a->cell[column].text, b->cell[column].text);
}

static int by_rack(const void *a, const void *b)
{
    const struct node_row *x = *(struct node_row *const *)a, *y = *(struct node_row *const *)b;
    static const enum node_column keys[] = {COLUMN_SITE, COLUMN_BLOCK, COLUMN_RACK};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        int order = compare(x, y, keys[i]);
        if (order)
            return order;
    }
    return x < y ? -1 : x > y;
}

static int by_name(const void *a, const void *b)
{
    const struct node_row *x = *(struct node_row *const *)a, *y = *(struct node_row *const *)b;
    int order = compare(x, y, COLUMN_NAME);
    return order ? order : x < y ? -1 : x > y;
}

static void twice_check(struct import *import)
{
    for (uint32_t i = 1; i < import->file.count; i++) {
        const struct node_row *row = import->order[i], *before = import->order[i - 1];
        if (row->cell[COLUMN_NAME].text.len && compare(row, before, COLUMN_NAME) == 0)
            node_file_wrong(&import->file, row, &row->cell[COLUMN_NAME],
                            "%.*s is named in line %" PRIu32 " already; give each node its name",
                            STR(row->cell[COLUMN_NAME].text), before->line);
    }
}

static void rack_check(struct import *import, const struct node_row *row,
                       const struct node_row *first, uint32_t nodes)
{
    static const enum node_column feeders[] = {COLUMN_FEEDER_A, COLUMN_FEEDER_B};
    for (size_t i = 0; i < 2; i++)
        if (compare(row, first, feeders[i]) && feeder_known(import, row, feeders[i]) &&
            feeder_known(import, first, feeders[i])) // else it is told already
            node_file_wrong(&import->file, row, &row->cell[feeders[i]],
                            "rack %.*s has another %s in line %" PRIu32
                            "; all nodes of a rack hang on the same feeders",
                            STR(row->cell[COLUMN_RACK].text), node_column(feeders[i])->name,
                            first->line);
    if (nodes == RACK_NODES_MAX + 1)
        node_file_wrong(&import->file, row, &row->cell[COLUMN_RACK],
                        "rack %.*s has more than %d nodes from here on; give it to another rack",
                        STR(row->cell[COLUMN_RACK].text), RACK_NODES_MAX);
}

static void racks_check(struct import *import)
{
    const struct node_row *first = NULL;
    uint32_t nodes = 0, block = 0;
    for (uint32_t i = 0; i < import->file.count; i++) {
        const struct node_row *row = import->order[i];
        bool same_block = first && compare(row, first, COLUMN_SITE) == 0 &&
                          compare(row, first, COLUMN_BLOCK) == 0;
        bool same_rack = same_block && compare(row, first, COLUMN_RACK) == 0;
        block = same_block ? block + 1 : 1;
        nodes = same_rack ? nodes + 1 : 1;
        first = same_rack ? first : row;
        rack_check(import, row, first, nodes);
        if (block == BLOCK_NODES_MAX + 1)
            node_file_wrong(&import->file, row, &row->cell[COLUMN_BLOCK],
                            "block %.*s has more than %d nodes from here on; give it to another",
                            STR(row->cell[COLUMN_BLOCK].text), BLOCK_NODES_MAX);
    }
}

static void whole_check(struct import *import)
{
    uint32_t count = import->file.count;
    import->order = calloc(count + 1, sizeof(struct node_row *));
    must(import->order);
    for (uint32_t i = 0; i < count; i++)
        import->order[i] = &import->file.rows[i];
    qsort(import->order, count, sizeof *import->order, by_name);
    twice_check(import);
    qsort(import->order, count, sizeof *import->order, by_rack);
    racks_check(import);
}

// --- the server ---

static void labels_write(struct json_out *json, const struct node_row *row)
{
    static const enum node_column named[] = {COLUMN_OWNER, COLUMN_OPERATOR, COLUMN_VENDOR,
                                             COLUMN_ORIGIN, COLUMN_ATTESTATION};
    struct buf text;
    buf_init(&text, 1024);
    for (size_t i = 0; i < sizeof named / sizeof *named; i++) {
        str value = row->cell[named[i]].text;
        if (value.len)
            buf_format(&text, "%s%s=%.*s", text.len ? "," : "", node_column(named[i])->name,
                       STR(value));
    }
    str labels = row->cell[COLUMN_LABELS].text;
    if (labels.len)
        buf_format(&text, "%s%.*s", text.len ? "," : "", STR(labels));
    if (text.len) {
        json_name(json, S("labels"));
        json_text(json, buf_str(&text));
    }
    buf_finish(&text);
}

static void number_write(struct json_out *json, const char *name, int64_t number)
{
    json_name(json, str_from(name));
    json_i64(json, number);
}

static void row_write(struct json_out *json, const struct node_row *row)
{
    json_object(json);
    for (uint32_t i = 0; i < NODE_COLUMN_COUNT; i++) {
        const struct node_column_row *column = node_column((enum node_column)i);
        const struct node_cell *cell = &row->cell[i];
        if (cell->text.len == 0 || (i >= COLUMN_OWNER && i <= COLUMN_LABELS))
            continue;
        if (column->form == CELL_NUMBER || column->form == CELL_SIZE ||
            column->form == CELL_MILLI) {
            number_write(json, column->member, cell->number);
            continue;
        }
        json_name(json, str_from(column->member));
        json_text(json, cell->text);
    }
    int64_t busy_w = row->cell[COLUMN_CHIP_CLASS_W].number;
    if (busy_w && row->cell[COLUMN_CHIP_MAX_W].text.len == 0)
        number_write(json, "chip_max_w", busy_w);
    if (busy_w && row->cell[COLUMN_CHIP_IDLE_W].text.len == 0)
        number_write(json, "chip_idle_w", busy_w / 8); // as for a rack
    labels_write(json, row);
    json_end(json);
}

static void problems_take(struct import *import, const struct json *problems, uint32_t from)
{
    for (const struct json *row = problems ? problems->first : NULL; row; row = row->next) {
        uint32_t index = from + (uint32_t)api_number(row, "index", 0);
        if (index >= import->file.count)
            continue;
        const struct node_row *node = import->order[index];
        const struct node_cell *cell = NULL;
        str field = api_text(row, "field");
        for (uint32_t i = 0; i < NODE_COLUMN_COUNT; i++)
            if (str_is(field, str_from(node_column((enum node_column)i)->member)))
                cell = &node->cell[i];
        node_file_wrong(&import->file, node, cell, "%.*s%s%.*s: %.*s; %.*s",
                        STR(node->cell[COLUMN_NAME].text), field.len ? " " : "", STR(field),
                        STR(api_text(row, "message")), STR(api_text(row, "fix")));
    }
}

static void progress(struct import *import, const char *what, uint32_t done)
{
    if (import->invocation->quiet || import->file.count <= BATCH_NODES || !isatty(STDERR_FILENO))
        return;
    fprintf(stderr, "\r%s %" PRIu32 " of %" PRIu32 " nodes", what, done, import->file.count);
    import->shown = true;
}

static int batch_send(struct import *import, bool check, uint32_t from, uint32_t *ret_next)
{
    struct buf body;
    struct json_out json;
    struct call_answer answer;
    uint32_t next = from;
    buf_init(&body, 2 * BATCH_BYTES);
    json_out_init(&json, &body);
    json_object(&json);
    json_name(&json, S("check"));
    json_bool(&json, check);
    json_name(&json, S("nodes"));
    json_array(&json);
    while (next < import->file.count && next - from < BATCH_NODES && body.len < BATCH_BYTES)
        row_write(&json, import->order[next++]);
    json_end(&json);
    json_end(&json);
    int code = api_send(&import->api, "POST", buf_str(&body), S("/api/v1/nodes"), &answer);
    if (code == EXIT_DONE && check)
        problems_take(import, api_member(answer.json, "problems"), from);
    if (code == EXIT_DONE) {
        import->added += api_number(answer.json, "added", 0);
        import->equal += api_number(answer.json, "equal", 0);
    }
    call_answer_finish(&answer);
    buf_finish(&body);
    *ret_next = next;
    return code;
}

static int send_all(struct import *import, bool check)
{
    int code = EXIT_DONE;
    import->added = import->equal = 0;
    for (uint32_t next = 0; code == EXIT_DONE && next < import->file.count;) {
        code = batch_send(import, check, next, &next);
        progress(import, check ? "looked at" : "added", next);
    }
    if (import->shown)
        fputs("\r\x1b[K", stderr);
    import->shown = false;
    return code;
}

// --- the command ---

static int mistakes_told(struct import *import)
{
    node_file_print(&import->file, stderr);
    fprintf(stderr, "error: %" PRIu32 " mistake%s in %s: nothing was added\n",
            import->file.mistake_count, import->file.mistake_count == 1 ? "" : "s",
            import->file.name);
    return EXIT_REFUSED;
}

static int done_told(struct import *import, bool dry)
{
    if (import->invocation->json)
        printf("{\"added\":%" PRId64 ",\"dry_run\":%s,\"equal\":%" PRId64 "}\n", import->added,
               dry ? "true" : "false", import->equal);
    else
        printf("%" PRId64 " nodes %s, %" PRId64 " were there already and are equal\n",
               import->added, dry ? "would be added" : "added", import->equal);
    return EXIT_DONE;
}

static int import_run(struct import *import)
{
    bool dry = options_flag(&import->invocation->options, "dry-run");
    int code = lists_fetch(import);
    if (code != EXIT_DONE)
        return code;
    rows_check(import);
    whole_check(import);
    if (import->file.mistake_count == 0)
        code = send_all(import, true);
    if (code != EXIT_DONE)
        return code;
    if (import->file.mistake_count)
        return mistakes_told(import);
    if (!dry)
        code = send_all(import, false);
    return code == EXIT_DONE ? done_told(import, dry) : code;
}

int cmd_node_import(struct invocation *invocation)
{
    struct import import = {.invocation = invocation};
    const char *name = invocation->options.words[0];
    struct buf text;
    struct err err;
    buf_init(&text, FILE_BYTES);
    if (!sim_file_read(name, &text, &err)) {
        buf_finish(&text);
        return api_fail(invocation, &err);
    }
    int code = api_open(&import.api, invocation);
    if (code == EXIT_DONE) {
        node_file_read(&import.file, name, buf_str(&text));
        code = import_run(&import);
        node_file_finish(&import.file);
        api_close(&import.api);
    }
    buf_finish(&text);
    free(import.order);
    free(import.sites.name);
    free(import.feeders.name);
    free(import.chips.name);
    free(import.entities.name);
    return code;
}
