#include "engine/local/container/container_root.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const host_names[] = {"usr",   "bin",    "sbin", "lib", "lib32",
                                         "lib64", "libx32", "etc",  "opt"};
static const char *const own_names[] = {".",   "..",  "proc", "dev",  "sys",
                                        "tmp", "run", "job",  ".init"};

static bool listed(const char *name, const char *const *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(name, list[i]) == 0)
            return true;
    return false;
}

#define LISTED(name, list) listed(name, list, sizeof(list) / sizeof(list)[0])

// A link is copied; a folder or a file gets a place to be mounted on.
static bool add_entry(struct container_root *root, int source, int tree, const char *name,
                      struct err *err)
{
    struct stat stat;
    char link[1024];
    if (fstatat(source, name, &stat, AT_SYMLINK_NOFOLLOW) != 0)
        return err_set(err, "rootfs: %s: %s", name, strerror(errno));
    if (S_ISLNK(stat.st_mode)) {
        ssize_t length = readlinkat(source, name, link, sizeof link - 1);
        link[length > 0 ? length : 0] = 0;
        if (length <= 0 || symlinkat(link, tree, name) != 0)
            return err_set(err, "rootfs: %s: %s", name, strerror(errno));
        return true;
    }
    if (!S_ISDIR(stat.st_mode) && !S_ISREG(stat.st_mode))
        return true; // sockets, devices, pipes do not come in
    if (root->count == CONTAINER_BINDS_MAX ||
        !str_copy(str_from(name), root->names[root->count], CONTAINER_NAME_MAX))
        return err_set(err, "rootfs: more than %d entries, or a name over %d bytes",
                       CONTAINER_BINDS_MAX, CONTAINER_NAME_MAX - 1);
    root->count++;
    int file = -1;
    if (S_ISDIR(stat.st_mode)
            ? mkdirat(tree, name, 0755) != 0
            : (file = openat(tree, name, O_CREAT | O_WRONLY | O_CLOEXEC, 0644)) < 0)
        return err_set(err, "rootfs: %s: %s", name, strerror(errno));
    if (file >= 0)
        close(file);
    return true;
}

static bool add_entries(struct container_root *root, int tree, struct err *err)
{
    DIR *dir = opendir(root->host ? "/" : root->source);
    if (!dir)
        return err_set(err, "rootfs %s: %s", root->source, strerror(errno));
    bool ok = true;
    for (const struct dirent *entry; ok && (entry = readdir(dir));) {
        bool wanted =
            root->host ? LISTED(entry->d_name, host_names) : !LISTED(entry->d_name, own_names);
        ok = !wanted || add_entry(root, dirfd(dir), tree, entry->d_name, err);
    }
    closedir(dir);
    return ok;
}

static bool is_in(const char *path, const char *folder)
{
    size_t length = strlen(folder);
    return length > 0 && strncmp(path, folder, length) == 0 &&
           (path[length] == '/' || path[length] == 0);
}

// Whether a path, free of links, may be a job's root. Without a folder named by the operator: not
// the host's own, nothing of the kernel's, and neither around nor in the data directory.
static bool may_be_root(const char *path, const struct attempt_request *request)
{
    static const char *const closed[] = {"/proc", "/sys", "/dev", "/run", "/etc", "/boot"};
    static const char *const whole[] = {"/",    "/root", "/home", "/usr", "/var",  "/var/lib",
                                        "/tmp", "/opt",  "/srv",  "/mnt", "/media"};
    char own[ATTEMPT_PATH_MAX];
    if (request->rootfs_folder[0]) {
        char *folder = realpath(request->rootfs_folder, NULL);
        bool inside = folder && is_in(path, folder) && strcmp(path, folder) != 0;
        free(folder);
        return inside;
    }
    for (size_t i = 0; i < sizeof closed / sizeof closed[0]; i++)
        if (is_in(path, closed[i]))
            return false;
    snprintf(own, sizeof own, "%s/rootfs", request->data);
    return !LISTED(path, whole) && !is_in(request->data, path) &&
           (!is_in(path, request->data) || is_in(path, own));
}

static bool find_source(const struct command_plan *plan, struct container_root *root,
                        struct err *err)
{
    root->host = plan->spec->rootfs[0] == 0;
    if (root->host)
        return true;
    char *path = realpath(plan->spec->rootfs, NULL);
    if (!path)
        return err_set(err, "rootfs: %s", strerror(errno));
    bool ok = may_be_root(path, plan->request) &&
              str_copy(str_from(path), root->source, sizeof root->source);
    free(path);
    if (ok)
        return true;
    if (plan->request->rootfs_folder[0])
        return err_set(err, "rootfs: not a folder below %s", plan->request->rootfs_folder);
    return err_set(err, "rootfs: this folder is the host's own or private: name one that holds "
                        "nothing but a root file system");
}

bool container_root_make(const struct command_plan *plan, struct container_root *ret_root,
                         struct err *err)
{
    static const char *const folders[] = {"bundle",
                                          "bundle/rootfs",
                                          "bundle/rootfs/proc",
                                          "bundle/rootfs/dev",
                                          "bundle/rootfs/sys",
                                          "bundle/rootfs/tmp",
                                          "bundle/rootfs/run",
                                          "bundle/rootfs/job"};
    struct container_root *root = ret_root;
    *root = (struct container_root){0};
    if (!find_source(plan, root, err))
        return false;
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++)
        if (mkdirat(plan->folder, folders[i], 0755) != 0 ||
            // Past the keeper's umask. runc gives a tmpfs the mode of the folder below it.
            fchmodat(plan->folder, folders[i], strstr(folders[i], "/tmp") ? 01777 : 0755, 0) != 0)
            return err_set(err, "%s: %s", folders[i], strerror(errno));
    int tree = openat(plan->folder, "bundle/rootfs", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (tree < 0)
        return err_set(err, "bundle/rootfs: %s", strerror(errno));
    bool ok = add_entries(root, tree, err);
    close(tree);
    return ok;
}
