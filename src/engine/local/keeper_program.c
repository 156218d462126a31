// The keeper as a program of its own: `keeper_program keeper FOLDER`. See keeper_file.h.
#include "engine/local/keeper.h"
#include "engine/local/keeper_file.h"

int main(int argc, char **argv)
{
    return argc == 3 ? keeper_main(argv[2]) : KEEPER_PROGRAM_USE;
}
