#include "cmd/commands_all.h"
#include "lab/lab_place.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_MAX = 512 * 1024 * 1024, ROWS_MAX = UINT16_MAX + 1 };

struct place_run {
    struct lab_place lab;
    struct buf text, wrong;
    const struct options *options;
};

static void close_file(FILE **file)
{
    if (*file)
        fclose(*file);
}

static bool read_file(struct place_run *run, const char *path, struct err *err)
{
    __attribute__((cleanup(close_file))) FILE *file = fopen(path, "rbe");
    if (!file)
        return err_set(err, "%s: %s", path, strerror(errno));
    char bytes[64 * 1024];
    buf_clear(&run->text);
    for (size_t len; !run->text.overflow && (len = fread(bytes, 1, sizeof bytes, file)) > 0;)
        buf_add(&run->text, (str){bytes, len});
    if (ferror(file))
        return err_set(err, "%s: %s", path, strerror(errno));
    return !run->text.overflow || err_set(err, "%s: above %d bytes", path, TEXT_MAX);
}

static bool read_lists(struct place_run *run, struct err *err)
{
    const char *nodes = options_text(run->options, "nodes");
    const char *pods = options_text(run->options, "pods");
    struct openb *openb = &run->lab.openb;
    if (!read_file(run, nodes, err))
        return false;
    bool good = openb_nodes(openb, nodes, buf_str(&run->text), &run->wrong);
    if (!read_file(run, pods, err))
        return false;
    good &= openb_pods(openb, pods, buf_str(&run->text), &run->wrong);
    if (!good)
        return err_set(err, "the lists cannot be used");
    if (openb->nodes > ROWS_MAX)
        return err_set(err, "%s: above %d nodes", nodes, ROWS_MAX);
    return true;
}

// Sixteen-bit numbers of a file, each a row of a list.
static uint16_t *read_numbers(struct place_run *run, const char *path, uint32_t rows,
                              uint32_t *ret_count, struct err *err)
{
    if (!read_file(run, path, err))
        return NULL;
    str bytes = buf_str(&run->text);
    uint16_t *numbers = malloc(bytes.len + 2);
    if (!numbers || !openb_numbers(path, bytes, rows, numbers, &run->wrong)) {
        free(numbers);
        err_set(err, "%s: cannot be used", path);
        return NULL;
    }
    *ret_count = (uint32_t)(bytes.len / 2);
    return numbers;
}

static bool read_order(struct place_run *run, struct err *err)
{
    const char *order = options_text(run->options, "order");
    const char *ranks = options_text(run->options, "ranks");
    struct lab_place *lab = &run->lab;
    uint32_t count = 0;
    if (!order != !ranks)
        return err_set(err, "--order and --ranks belong together; without them --seed shuffles");
    if (!order) {
        place_shuffle(lab, (uint64_t)options_number(run->options, "seed", 42));
        return true;
    }
    uint16_t *rows = read_numbers(run, order, lab->openb.pods, &lab->arrivals, err);
    lab->order = rows ? malloc(lab->arrivals * sizeof *lab->order) : NULL;
    for (uint32_t i = 0; lab->order && i < lab->arrivals; i++)
        lab->order[i] = rows[i];
    free(rows);
    if (!lab->order)
        return false;
    lab->rank = read_numbers(run, ranks, lab->openb.nodes, &count, err);
    if (!lab->rank)
        return false;
    if (count != lab->openb.nodes)
        return err_set(err, "%s: %u ranks for %u nodes", ranks, count, lab->openb.nodes);
    return place_ranks_good(lab) || err_set(err, "%s: a rank is there twice", ranks);
}

static bool read_levels(struct lab_place *lab, const char *text, struct err *err)
{
    str rest = str_from(text);
    int64_t before = 0;
    for (bool more = true; more;) {
        str head = rest;
        int64_t level;
        more = str_cut(rest, ',', &head, &rest);
        if (lab->levels == PLACE_LEVELS_MAX || !str_to_i64(head, &level) || level <= before ||
            level > 1000)
            return err_set(err, "--at %s: want up to %d percentages, ascending, such as 80,100,130",
                           text, PLACE_LEVELS_MAX);
        before = level;
        lab->level[lab->levels++] = (uint32_t)level;
    }
    return true;
}

static bool run_place(struct place_run *run, bool json, struct err *err)
{
    static const enum fleet_policy policies[] = {POLICY_FGD, POLICY_BEST_FIT, POLICY_PACKING,
                                                 POLICY_RANDOM, POLICY_TATARA};
    const char *levels = options_text(run->options, "at");
    struct lab_place *lab = &run->lab;
    lab->policy = policies[options_number(run->options, "policy", 4)];
    lab->hold = (uint32_t)options_number(run->options, "hold", 0);
    if (!read_levels(lab, levels ? levels : "80,90,100,110,120,130", err) ||
        !read_lists(run, err) || !read_order(run, err))
        return false;
    struct lab_place_result result;
    struct buf out;
    place_run(lab, &result);
    buf_init(&out, 64 * 1024);
    if (json)
        place_json(lab, &result, &out);
    else
        place_text(lab, &result, &out);
    bool good = fwrite(out.ptr, 1, out.len, stdout) == out.len && fflush(stdout) == 0;
    buf_finish(&out);
    return good || err_set(err, "standard output cannot be written");
}

int cmd_lab_place(struct invocation *invocation)
{
    struct place_run run = {.options = &invocation->options};
    struct err err = {0};
    buf_init(&run.text, TEXT_MAX);
    buf_init(&run.wrong, 64 * 1024);
    bool good = run_place(&run, invocation->json, &err);
    if (!good)
        fprintf(stderr, "%.*serror: %s\n", (int)run.wrong.len, run.wrong.len ? run.wrong.ptr : "",
                err.text);
    place_finish(&run.lab);
    buf_finish(&run.text);
    buf_finish(&run.wrong);
    return good ? EXIT_DONE : EXIT_REFUSED;
}
