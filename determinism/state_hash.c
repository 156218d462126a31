// Runs seeded clouds on the virtual clock and prints the size and root of each journal's tree and
// the hash of its state. With a file named, what it prints must be what stands there.
//
//     state_hash [FILE]
//
// A change of the rules or of the journal's format changes the file: `state_hash > expected` then,
// in a commit that says why.
#include "base/codec.h"
#include "base/must.h"
#include "sim/sim.h"
#include "store/memory/store_memory.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SEEDS = 12, COMMANDS = 250, TEXT_MAX = 16384 };

static void add_hex(struct buf *out, digest value)
{
    char text[64];
    hex_encode(value.bytes, sizeof value.bytes, text);
    buf_add(out, (str){text, sizeof text});
}

static void run_seed(uint64_t seed, struct buf *out)
{
    struct memory_disk *disk = memory_disk_create();
    struct journal *journal;
    struct blobs *blobs;
    struct err err = {0};
    store_memory_open(disk, &journal, &blobs);
    struct sim_config config = sim_config_of(seed);
    config.trouble = (struct virtual_trouble){100, 200, 50, 20};
    struct sim *sim = sim_create(&config, journal, &err);
    if (!sim || !sim_run(sim, COMMANDS, &err))
        must_failed("seed", (int)seed, err.text);
    buf_format(out, "state hash: seed %" PRIu64 " events %" PRIu64 " root ", seed,
               turn_size(&sim->turn));
    add_hex(out, turn_root(&sim->turn));
    buf_add(out, S(" state "));
    add_hex(out, cloud_hash(&sim->turn.cloud));
    buf_byte(out, '\n');
    sim_destroy(sim);
    journal->ops->destroy(journal);
    blobs->ops->destroy(blobs);
    memory_disk_destroy(disk);
}

static int compare(const char *path, str got)
{
    static char want[TEXT_MAX];
    FILE *file = fopen(path, "re");
    if (!file) {
        perror(path);
        return 1;
    }
    size_t size = fread(want, 1, sizeof want, file);
    fclose(file);
    if (str_is(got, (str){want, size}))
        return 0;
    fprintf(stderr, "%s says otherwise:\n%.*s", path, (int)size, want);
    return 1;
}

int main(int count, char **arguments)
{
    struct buf out;
    buf_init(&out, TEXT_MAX);
    for (uint64_t seed = 1; seed <= SEEDS; seed++)
        run_seed(seed, &out);
    must(!out.overflow);
    fwrite(out.ptr, 1, out.len, stdout);
    int code = count > 1 ? compare(arguments[1], buf_str(&out)) : 0;
    buf_finish(&out);
    return code;
}
