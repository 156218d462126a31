#include "bench_folder.h"
#include "base/must.h"
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <netinet/in.h>
#include <unistd.h>
#include <cmocka.h>

// Each test tries a way out of a container, or over a limit of it, as a job would.

enum { SKIPPED = 77, JOB = 5 };

static struct bench bench;
static struct engine *engine;
static struct engine_witness *witness;
static struct buf text;

static int open_all(void **state)
{
    (void)state;
    struct err err;
    bench_init(&bench, LOCAL_CONTAINER);
    bench.private_paths = "/opt/tatara-test-private\n/usr/share/doc/tatara-test-private";
    witness = engine_witness_create();
    buf_init(&text, 1024 * 1024);
    must(bench.rig.open(&bench, engine_witness_sink(witness), &engine, &err));
    return 0;
}

static int close_all(void **state)
{
    (void)state;
    engine->ops->destroy(engine);
    engine_witness_destroy(witness);
    buf_finish(&text);
    bench_finish(&bench);
    return 0;
}

static uint64_t last_job = JOB;

struct limits {
    int64_t memory_bytes;
    uint32_t cores;
    const char *rootfs;
};

// Runs a script to its end; what it wrote on both streams is in `text`.
static struct engine_report run_limited(const char *script, const struct limits *limits)
{
    struct buf spec;
    struct engine_report end;
    buf_init(&spec, 64 * 1024);
    buf_add(&spec, S("{\"argv\":[\"sh\",\"-c\",\""));
    for (; *script; script++) {
        if (*script == '"' || *script == '\\')
            buf_byte(&spec, '\\');
        buf_byte(&spec, *script);
    }
    buf_format(&spec, "\"],\"rootfs\":\"%s\"}", limits->rootfs ? limits->rootfs : "");
    struct engine_start start = {.job = ++last_job,
                                 .account = 7,
                                 .attempt = 1,
                                 .memory_bytes = limits->memory_bytes,
                                 .spec = buf_str(&spec)};
    for (uint32_t i = 0; i < limits->cores; i++)
        device_set_add(&start.devices, i);
    engine->ops->start(engine, &start);
    if (!engine_witness_end(witness, last_job, &end))
        fail_msg("the job does not end");
    buf_finish(&spec);
    buf_clear(&text);
    for (int stream = ENGINE_STDOUT; stream <= ENGINE_STDERR; stream++) {
        bool over;
        struct err err;
        struct buf piece;
        buf_init(&piece, 256 * 1024);
        assert_true(engine->ops->output(engine, last_job, 1, (enum engine_stream)stream, 0, &piece,
                                        &over, &err));
        buf_add(&text, buf_str(&piece));
        buf_finish(&piece);
    }
    return end;
}

static struct engine_report run(const char *script)
{
    return run_limited(script, &(struct limits){.cores = 1});
}

static void assert_fails(const char *script)
{
    struct engine_report end = run(script);
    if (end.end == ENGINE_EXITED && end.code == 0)
        fail_msg("this worked: %s\n%s", script, buf_cstr(&text));
}

static void assert_works(const char *script)
{
    struct engine_report end = run(script);
    if (end.end != ENGINE_EXITED || end.code != 0)
        fail_msg("this failed (%d %d %s): %s\n%s", end.end, end.code, end.text, script,
                 buf_cstr(&text));
}

static void assert_hidden(const char *secret, const char *script)
{
    run(script);
    if (strstr(buf_cstr(&text), secret))
        fail_msg("this shows %s: %s", secret, script);
}

static void write_file(const char *path, const char *content)
{
    FILE *file = fopen(path, "we");
    must(file && fputs(content, file) >= 0 && fclose(file) == 0);
    must(chmod(path, 0666) == 0); // a mode must not be what protects it
}

static void a_plain_job_can_work(void **state)
{
    (void)state;
    assert_works("echo a > file && mkdir d && mv file d/ && cat d/file && echo b > /tmp/x && "
                 "test $(id -u) = 200007 && test $(pwd) = /job && test $HOME = /job && "
                 "ls /usr/bin > /dev/null && echo c > /dev/shm/y && date > /dev/null && "
                 "echo d > /dev/stdout && test -r /dev/urandom");
}

static void the_data_directory_is_not_there(void **state)
{
    char path[128], script[512];
    (void)state;
    snprintf(path, sizeof path, "%s/admin.key", bench.data);
    write_file(path, "key-of-the-house");
    snprintf(script, sizeof script, "cat %s; ls -R %s; cat /proc/1/root%s; cat /job/../%s; true",
             path, bench.data, path, path);
    assert_hidden("key-of-the-house", script);
    assert_fails("ls -d /tmp/tatara-engine*");
    assert_hidden("key-of-the-house", "find / -name admin.key -exec cat {} + 2>/dev/null");
}

static void other_jobs_are_not_there(void **state)
{
    char script[256];
    (void)state;
    assert_works("echo private-of-a-neighbour > note; chmod 666 note");
    snprintf(script, sizeof script,
             "cat %s/jobs/job-%d/attempt-1/work/note; find / -name note -exec cat {} + "
             "2>/dev/null; ps ax 2>/dev/null; true",
             bench.data, (int)last_job);
    assert_hidden("private-of-a-neighbour", script);
    run("ls /proc | grep -c '^[0-9]'");
    assert_true(strtol(buf_cstr(&text), NULL, 10) <= 6); // its own few
}

static void nothing_private_of_the_host_is_there(void **state)
{
    (void)state;
    assert_fails("cat /etc/shadow | grep .");
    assert_fails("cat /etc/shadow- | grep .");
    assert_fails("cat /etc/gshadow | grep .");
    assert_fails("ls /etc/ssh/* | grep .");
    assert_fails("ls /root | grep .");
    assert_fails("ls /home | grep .");
    assert_fails("ls /boot | grep .");
    assert_fails("ls /var/lib | grep .");
    assert_fails("ls /srv | grep .");
    assert_fails("ls /sys/firmware | grep .");
    assert_fails("head -c1 /proc/kcore | grep .");
    assert_fails("ls /run | grep .");
    assert_fails("ls /work | grep .");
}

static void what_the_operator_named_is_masked(void **state)
{
    (void)state;
    must(mkdir("/opt/tatara-test-private", 0755) == 0 || access("/opt", W_OK) == 0);
    write_file("/opt/tatara-test-private/file", "private-of-the-operator");
    assert_hidden("private-of-the-operator", "cat /opt/tatara-test-private/file");
    unlink("/opt/tatara-test-private/file");
    rmdir("/opt/tatara-test-private");
}

static void sockets_of_the_host_cannot_be_reached(void **state)
{
    (void)state;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "/run/tatara-test-%d", (int)getpid());
    int server = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    must(bind(server, (struct sockaddr *)&address, sizeof address) == 0 && listen(server, 1) == 0);
    char script[256];
    snprintf(script, sizeof script, "test -e %s", address.sun_path);
    assert_fails(script);
    close(server);
    unlink(address.sun_path);
}

static void there_is_no_network_but_loopback(void **state)
{
    (void)state;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof address;
    int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    must(bind(server, (struct sockaddr *)&address, sizeof address) == 0 && listen(server, 1) == 0 &&
         getsockname(server, (struct sockaddr *)&address, &size) == 0);
    char script[256];
    snprintf(script, sizeof script, "exec bash -c 'echo x > /dev/tcp/127.0.0.1/%d'",
             ntohs(address.sin_port));
    assert_fails(script); // the host's loopback is another
    run("cat /proc/net/dev | tail -n +3 | cut -d: -f1 | tr -d ' '");
    assert_string_equal(buf_cstr(&text), "lo\n");
    close(server);
}

static void the_root_cannot_be_written(void **state)
{
    (void)state;
    assert_fails("touch /x");
    assert_fails("touch /usr/x");
    assert_fails("touch /etc/x");
    assert_fails("mkdir /usr/share/x");
    assert_fails("echo 1 > /proc/sys/kernel/hostname");
    assert_fails("echo b > /proc/sysrq-trigger");
    assert_fails("mount -t tmpfs none /tmp");
    assert_fails("mount -o remount,rw /usr");
}

static void privileges_cannot_be_raised(void **state)
{
    (void)state;
    // A setuid shell, made by root in the job's own folder, gives nothing.
    struct engine_report end;
    struct engine_start start = {
        .job = ++last_job,
        .account = 7,
        .attempt = 1,
        .spec = S("{\"argv\":[\"sh\",\"-c\",\"until [ -e go ]; do sleep 0.02; done; ./suid -p -c "
                  "'id -u; cat /etc/shadow'; grep -E 'CapEff|CapBnd|NoNewPrivs|Seccomp:' "
                  "/proc/self/status; unshare -U id -u; unshare -m id -u\"]}")};
    char from[512], to[128];
    engine->ops->start(engine, &start);
    assert_true(engine_witness_wait(witness, last_job, ENGINE_STARTED));
    snprintf(to, sizeof to, "%s/jobs/job-%d/attempt-1/work/suid", bench.data, (int)last_job);
    snprintf(from, sizeof from, "cp /bin/bash %s && chmod 4755 %s", to, to);
    must(system(from) == 0);
    bench.rig.touch(&bench, last_job, 1, "go");
    assert_true(engine_witness_end(witness, last_job, &end));
    bool over;
    struct err err;
    buf_clear(&text);
    must(engine->ops->output(engine, last_job, 1, ENGINE_STDOUT, 0, &text, &over, &err));
    const char *seen = buf_cstr(&text);
    assert_non_null(strstr(seen, "200007"));
    assert_null(strstr(seen, "root:"));
    assert_non_null(strstr(seen, "CapEff:\t0000000000000000"));
    assert_non_null(strstr(seen, "CapBnd:\t0000000000000000"));
    assert_non_null(strstr(seen, "NoNewPrivs:\t1"));
    assert_non_null(strstr(seen, "Seccomp:\t2"));
    assert_null(strstr(seen, "\n0\n")); // nor did unshare make anyone root
}

static void the_first_process_is_out_of_reach(void **state)
{
    (void)state;
    assert_fails("cat /proc/1/environ | grep -a .");
    assert_fails("ls -l /proc/1/fd/ | grep .");
    assert_works("kill -9 1; kill -STOP 1; kill -TERM 1; sleep 0.05; echo still here");
    assert_string_equal(buf_cstr(&text), "still here\n");
}

static void too_much_memory_is_told_as_that(void **state)
{
    (void)state;
    struct limits limits = {.memory_bytes = 64 * 1024 * 1024, .cores = 1};
    struct engine_report end = run_limited("head -c 300M /dev/zero | tail -c 299M > /dev/null; "
                                           "exit 1",
                                           &limits);
    assert_int_equal(end.end, ENGINE_OUT_OF_MEMORY);
    assert_true(end.memory_peak_bytes > 32 * 1024 * 1024);
    assert_true(end.memory_peak_bytes <= 65 * 1024 * 1024);
    end = run_limited("head -c 20M /dev/zero | tail -c 19M > /dev/null", &limits);
    assert_int_equal(end.end, ENGINE_EXITED);
    assert_int_equal(end.code, 0);
    end = run_limited("head -c 300M /dev/zero > /tmp/fill", &limits); // a tmpfs counts too
    assert_int_equal(end.end, ENGINE_OUT_OF_MEMORY);
}

static void a_fork_bomb_ends_with_its_job(void **state)
{
    (void)state;
    struct limits limits = {.memory_bytes = 256 * 1024 * 1024, .cores = 1};
    run_limited("i=0; while [ $i -lt 2000 ]; do sleep 100 & i=$((i+1)); done; exit 4", &limits);
    assert_non_null(strstr(buf_cstr(&text), "fork")); // "Cannot fork", long before 2,000
    run_limited("b() { b | b & }; b 2>/dev/null; sleep 0.1; exit 4", &limits);
    assert_works("true"); // the machine goes on, and so does the engine
}

static void the_leased_cores_are_all_there_is(void **state)
{
    (void)state;
    run("grep Cpus_allowed_list /proc/self/status | cut -f2; nproc");
    assert_string_equal(buf_cstr(&text), "0\n1\n");
    if (sysconf(_SC_NPROCESSORS_ONLN) > 1)
        assert_fails("taskset -c 1 true");
}

static void a_rootfs_is_nothing_of_the_host(void **state)
{
    char command[512], link[128], jobs[128];
    (void)state;
    snprintf(link, sizeof link, "%s/rootfs/up", bench.data);
    snprintf(jobs, sizeof jobs, "%s/jobs", bench.data);
    snprintf(command, sizeof command, "mkdir -p %s/rootfs && ln -s / %s", bench.data, link);
    must(system(command) == 0);
    const char *const refused[] = {"/",    "/usr",     "/etc",         "/etc/ssl", "/tmp", "/run",
                                   "/dev", "/no/such", "/proc/1/root", bench.data, jobs,   link};
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        struct limits limits = {.cores = 1, .rootfs = refused[i]};
        struct engine_report end = run_limited("true", &limits);
        if (end.end != ENGINE_NOT_STARTED || !strstr(end.text, "rootfs"))
            fail_msg("%s: ended %d: %s", refused[i], end.end, end.text);
    }
}

static void a_rootfs_is_the_whole_world(void **state)
{
    char command[1024], rootfs[128];
    (void)state;
    snprintf(rootfs, sizeof rootfs, "%s/rootfs/world", bench.data);
    snprintf(command, sizeof command,
             "mkdir -p %s && cd %s && mkdir -p bin lib etc && cp /bin/sh /bin/cat /bin/ls bin/ && "
             "for f in $(ldd /bin/sh /bin/cat /bin/ls | grep -o '/[^ )]*' | grep -v :$ | sort -u); "
             "do mkdir -p .$(dirname $f) && cp -L $f .$f; done && echo of-the-image > etc/name && "
             "chmod 644 etc/name",
             rootfs, rootfs);
    must(system(command) == 0);
    struct limits limits = {.cores = 1, .rootfs = rootfs};
    struct engine_report end = run_limited("cat /etc/name; ls /usr 2>/dev/null; echo x > file; "
                                           "cat file; echo y > /etc/name; exit 8",
                                           &limits);
    assert_int_equal(end.end, ENGINE_EXITED);
    assert_int_equal(end.code, 8);
    assert_non_null(strstr(buf_cstr(&text), "of-the-image\n"));
    assert_non_null(strstr(buf_cstr(&text), "x\n"));
    assert_null(strstr(buf_cstr(&text), "share"));
    snprintf(command, sizeof command,
             "test \"$(cat %s/etc/name)\" = of-the-image && ! test -e %s/job", rootfs, rootfs);
    assert_int_equal(system(command), 0); // nothing was made or changed in it
}

int main(int argc, char **argv)
{
    bench_be_keeper(argc, argv);
    if (!bench_has_containers())
        return SKIPPED;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_plain_job_can_work),
        cmocka_unit_test(the_data_directory_is_not_there),
        cmocka_unit_test(other_jobs_are_not_there),
        cmocka_unit_test(nothing_private_of_the_host_is_there),
        cmocka_unit_test(what_the_operator_named_is_masked),
        cmocka_unit_test(sockets_of_the_host_cannot_be_reached),
        cmocka_unit_test(there_is_no_network_but_loopback),
        cmocka_unit_test(the_root_cannot_be_written),
        cmocka_unit_test(privileges_cannot_be_raised),
        cmocka_unit_test(the_first_process_is_out_of_reach),
        cmocka_unit_test(too_much_memory_is_told_as_that),
        cmocka_unit_test(a_fork_bomb_ends_with_its_job),
        cmocka_unit_test(the_leased_cores_are_all_there_is),
        cmocka_unit_test(a_rootfs_is_nothing_of_the_host),
        cmocka_unit_test(a_rootfs_is_the_whole_world),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
