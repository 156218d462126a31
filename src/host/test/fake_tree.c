#include "fake_tree.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

void fake_tree_make(struct fake_tree *tree)
{
    snprintf(tree->root, sizeof tree->root, "/tmp/tatara-host-test-XXXXXX");
    assert_non_null(mkdtemp(tree->root));
}

static int remove_entry(const char *path, const struct stat *status, int kind, struct FTW *at)
{
    (void)status;
    (void)kind;
    (void)at;
    return remove(path);
}

void fake_tree_remove(struct fake_tree *tree)
{
    assert_int_equal(0, nftw(tree->root, remove_entry, 16, FTW_DEPTH | FTW_PHYS));
}

void fake_tree_put(struct fake_tree *tree, const char *path, const char *text)
{
    char full[512];
    snprintf(full, sizeof full, "%s%s", tree->root, path);
    for (char *slash = full + strlen(tree->root) + 1; (slash = strchr(slash, '/')); slash++) {
        *slash = '\0';
        mkdir(full, 0755);
        *slash = '/';
    }
    if (!text) {
        assert_int_equal(0, unlink(full));
        return;
    }
    unlink(full); // a file system may flush a file that is cut and written anew
    FILE *file = fopen(full, "we");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(0, fclose(file));
}

const char *fake_tree_get(struct fake_tree *tree, const char *path)
{
    static char text[4096];
    char full[512];
    snprintf(full, sizeof full, "%s%s", tree->root, path);
    FILE *file = fopen(full, "re");
    assert_non_null(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    return text;
}

void fake_tree_put_machine(struct fake_tree *tree)
{
    fake_tree_put(tree, "/proc/self/mountinfo",
                  "22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n");
    fake_tree_put(tree, "/proc/self/status",
                  "Name:\ttatara\nCpus_allowed:\tff\nCpus_allowed_list:\t0-7\n"
                  "Mems_allowed_list:\t0-1\n");
    fake_tree_put(tree, "/proc/sys/kernel/hostname", "steel-1\n");
    fake_tree_put(tree, "/proc/sys/kernel/osrelease", "6.1.0-18-amd64\n");
    fake_tree_put(tree, "/proc/sys/kernel/random/boot_id",
                  "4f2d1d9c-3a58-4c2e-9f0e-0123456789ab\n");
    fake_tree_put(tree, "/proc/cpuinfo",
                  "processor\t: 0\nmodel\t\t: 143\nmodel name\t: Example 9000 CPU @ 2GHz\n");
    fake_tree_put(tree, "/proc/meminfo",
                  "MemTotal:       67108864 kB\nMemFree:         1000 kB\n"
                  "MemAvailable:   33554432 kB\n");
    fake_tree_put(tree, "/proc/stat", "cpu  100 0 100 800 0 0 0 0 0 0\n");
    fake_tree_put(tree, "/sys/devices/system/cpu/online", "0-7\n");
    fake_tree_put(tree, "/sys/devices/system/node/online", "0-1\n");
    fake_tree_put(tree, "/sys/devices/system/node/node0/cpulist", "0-3\n");
    fake_tree_put(tree, "/sys/devices/system/node/node1/cpulist", "4-7\n");
    fake_tree_put(tree, "/sys/devices/system/node/node0/meminfo",
                  "Node 0 MemTotal:       33554432 kB\n");
    fake_tree_put(tree, "/sys/devices/system/node/node1/meminfo",
                  "Node 1 MemTotal:       33554432 kB\n");
}
