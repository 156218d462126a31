// `tatara keeper FOLDER`: for the engine alone, see engine/local/keeper.h.
#include "cmd/commands_all.h"
#include "engine/local/keeper.h"

int cmd_keeper(struct invocation *invocation)
{
    return keeper_main(invocation->options.words[0]);
}
