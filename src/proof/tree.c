#include "proof/tree.h"
#include "base/must.h"
#include <inttypes.h>
#include <stdlib.h>

void tree_init(struct tree *tree)
{
    *tree = (struct tree){0};
}

void tree_finish(struct tree *tree)
{
    for (uint32_t level = 0; level < MERKLE_LEVELS; level++)
        free(tree->levels[level].nodes);
    *tree = (struct tree){0};
}

static void level_add(struct tree_level *level, digest node)
{
    if (level->count == level->room) {
        uint64_t room = level->room ? level->room * 2 : 16;
        must(room <= SIZE_MAX / sizeof node / 2);
        level->nodes = realloc(level->nodes, room * sizeof node);
        must(level->nodes != NULL);
        level->room = room;
    }
    level->nodes[level->count++] = node;
}

void tree_append(struct tree *tree, digest leaf)
{
    uint32_t level = 0;
    level_add(&tree->levels[0], leaf);
    for (; tree->size >> level & 1; level++) {
        const struct tree_level *below = &tree->levels[level];
        leaf = merkle_node(below->nodes[below->count - 2], leaf);
        level_add(&tree->levels[level + 1], leaf);
    }
    tree->size++;
}

static bool tree_node(void *context, uint32_t level, uint64_t index, digest *ret_node,
                      struct err *err)
{
    const struct tree *tree = context;
    if (level >= MERKLE_LEVELS || index >= tree->levels[level].count)
        return err_set(err, "tree: no node %" PRIu64 " at level %" PRIu32 " of %" PRIu64 " leaves",
                       index, level, tree->size);
    *ret_node = tree->levels[level].nodes[index];
    return true;
}

struct proof_source tree_source(const struct tree *tree)
{
    return (struct proof_source){tree->size, (void *)tree, tree_node};
}
