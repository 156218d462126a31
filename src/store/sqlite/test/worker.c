// worker: a process that appends until it is killed or has done its share. test/faults.c runs it.
//
//     store_worker DIR BATCHES
//
// Prints "lines N" after a batch was acknowledged and "blob N" after a blob was (content and salt
// follow from N), one write(2) each, so that what stands in the pipe was acknowledged. Exit 0: all
// done; 1: the store does not open; 2: the journal is not as it was appended; 3: a fatal fault;
// 4: the disk stayed full.
#include "base/must.h"
#include "proof/merkle.h"
#include "sample.h"
#include "store/sqlite/store_sqlite.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TRIES_MAX = 60, BLOB_EVERY = 5 };

static void say(const char *what, uint64_t number)
{
    char text[64];
    int length = snprintf(text, sizeof text, "%s %" PRIu64 "\n", what, number);
    must(write(STDOUT_FILENO, text, (size_t)length) == length);
}

static bool add_line(void *context, uint64_t seq, str line)
{
    (void)seq;
    merkle_append(context, merkle_leaf(line));
    return true;
}

static void put_blob(struct blobs *blobs, uint64_t number, struct err *err)
{
    uint8_t salt[16] = {0};
    char content[64] = "";
    digest key;
    memcpy(salt, &number, sizeof number);
    snprintf(content, sizeof content, "blob number %" PRIu64, number);
    if (blobs->ops->put_salted(blobs, salt, str_from(content), &key, err))
        say("blob", number);
}

static int append(struct journal *journal, struct blobs *blobs, long batches, struct merkle *tree)
{
    struct err err = {{0}};
    for (long i = 0; i < batches; i++) {
        int tries = 0;
        bool fatal = false;
        while (!sample_append(journal, tree, &fatal, &err)) {
            fprintf(stderr, "%s\n", err.text);
            if (fatal || ++tries == TRIES_MAX)
                return fatal ? 3 : 4;
        }
        say("lines", tree->size);
        if (i % BLOB_EVERY == 0)
            put_blob(blobs, tree->size, &err);
    }
    return 0;
}

int main(int argc, char **argv)
{
    must(argc == 3);
    struct journal *journal;
    struct blobs *blobs;
    struct merkle tree = {0};
    struct err err = {{0}};
    uint64_t size;
    if (!store_sqlite_open(argv[1], STORE_OWN, &journal, &blobs, &err)) {
        fprintf(stderr, "%s\n", err.text);
        return 1;
    }
    int code = sample_look(journal, &size, &err) == SAMPLE_WHOLE ? 0 : 2;
    if (code == 0 && journal->ops->read(journal, 0, UINT64_MAX, add_line, &tree, &err))
        code = append(journal, blobs, strtol(argv[2], NULL, 10), &tree);
    if (code == 3)
        _exit(code); // as the server does: nothing more is written
    journal->ops->destroy(journal);
    blobs->ops->destroy(blobs);
    return code;
}
