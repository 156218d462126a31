#include "bench/program.h"
#include "base/must.h"
#include "bench/bench.h"
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

// The first line of DIRECTORY/NAME, "" when there is none.
static char *read_line(const char *directory, const char *name, char *room, size_t size)
{
    char path[4200];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    FILE *file = fopen(path, "re");
    size_t length = file ? fread(room, 1, size - 1, file) : 0;
    room[length] = 0;
    room[strcspn(room, "\n")] = 0;
    if (file)
        fclose(file);
    return room;
}

// Reads what the program prints until "ready".
static void wait_ready(int output)
{
    char text[16 * 1024] = "";
    size_t length = 0;
    while (!strstr(text, "\nready\n")) {
        ssize_t got = read(output, text + length, sizeof text - 1 - length);
        if (got <= 0) {
            fprintf(stderr, "the program ended before it was ready: %s\n", text);
            exit(1);
        }
        length += (size_t)got;
        text[length] = 0;
    }
}

void program_start(struct program *program, const char *path, const char *directory,
                   const char *engine)
{
    int ends[2];
    char address[128];
    posix_spawn_file_actions_t actions;
    const char *words[] = {path,          "up",       "--data", directory, "--listen",
                           "127.0.0.1:0", "--engine", engine,   NULL};
    *program = (struct program){.directory = directory};
    must(pipe2(ends, O_CLOEXEC) == 0 && posix_spawn_file_actions_init(&actions) == 0);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    double begin_s = bench_wall_s();
    if (posix_spawn(&program->pid, path, &actions, NULL, (char *const *)words, environ) != 0) {
        fprintf(stderr, "%s cannot be run\n", path);
        exit(1);
    }
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    wait_ready(ends[0]);
    program->ready_s = bench_wall_s() - begin_s;
    close(ends[0]);
    read_line(directory, "admin.key", program->key, sizeof program->key);
    read_line(directory, "address", address, sizeof address);
    const char *port = strrchr(address, ':');
    must(port);
    program->port = (uint16_t)strtoul(port + 1, NULL, 10);
}

void program_stop(struct program *program, int signal)
{
    kill(program->pid, signal);
    waitpid(program->pid, NULL, 0);
    program->pid = 0;
}

double program_memory_mib(const struct program *program)
{
    char path[64], line[256];
    long kib = 0;
    snprintf(path, sizeof path, "/proc/%ld/status", (long)program->pid);
    FILE *file = fopen(path, "re");
    must(file);
    while (fgets(line, sizeof line, file))
        if (strncmp(line, "VmRSS:", 6) == 0)
            kib = strtol(line + 6, NULL, 10);
    fclose(file);
    return (double)kib / 1024;
}

double program_cpu_s(const struct program *program)
{
    char name[64], text[1024];
    unsigned long long user = 0, system = 0;
    snprintf(name, sizeof name, "%ld/stat", (long)program->pid);
    const char *at = strrchr(read_line("/proc", name, text, sizeof text), ')');
    must(at && sscanf(at, ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu", &user,
                      &system) == 2);
    return (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
}
