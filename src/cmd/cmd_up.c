// `tatara up`: puts the rooms together and serves until a signal comes.
#include "base/instant.h"
#include "base/log.h"
#include "client/connection.h"
#include "cmd/commands_all.h"
#include "cmd/house_files.h"
#include "engine/local/keeper_file.h"
#include "engine/local/local.h"
#include "host/inventory_scan.h"
#include "http/secret.h"
#include "http/server.h"
#include "live/live.h"
#include "store/sqlite/store_sqlite.h"
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum {
    PORT = 7470,
    SNAPSHOT_EVERY = 200000,
    PEM_MAX = 1 << 20,
    HOSTS_MAX = 32,
    DESCRIPTORS_OWN = 32
};

struct up {
    char directory[CONNECTION_TEXT_MAX];
    char address[128];
    uint16_t port;
    bool loopback;
    struct buf certificate, private_key;
    const char *hosts[HOSTS_MAX + 1];
    uint8_t secret[32];
    struct inventory_scan *scan;
    struct journal *journal;
    struct blobs *blobs;
    struct live *live;
    struct keeper_file keeper;
    struct engine *engine;
    struct http *http;
};

// A journal that may have lost what it was told to keep must not go on.
static void fatal(void *context, const struct err *err)
{
    (void)context;
    fprintf(stderr, "error: the journal is not safe any more, tatara ends: %s\n", err->text);
    _exit(EXIT_REFUSED);
}

// "127.0.0.1:7470", "[::1]:7470".
static bool read_listen(struct up *up, const char *listen, struct err *err)
{
    str text = str_from(listen), address, rest;
    uint64_t port;
    if (str_starts(text, S("["))) {
        if (!str_cut(str_skip(text, 1), ']', &address, &rest) || !str_starts(rest, S(":")))
            return err_set(err, "--listen %s: want [ADDRESS]:PORT", listen);
        rest = str_skip(rest, 1);
    } else if (!str_cut(text, ':', &address, &rest)) {
        return err_set(err, "--listen %s: want ADDRESS:PORT, such as 127.0.0.1:%d", listen, PORT);
    }
    if (!str_to_u64(rest, &port) || port > UINT16_MAX)
        return err_set(err, "--listen %s: the port is a number from 0 to 65535", listen);
    if (!str_copy(address, up->address, sizeof up->address))
        return err_set(err, "--listen %s: the address is too long", listen);
    up->port = (uint16_t)port;
    up->loopback = http_address_is_loopback(up->address);
    return true;
}

static void close_file(FILE **file)
{
    if (*file)
        fclose(*file);
}

static bool read_pem(const char *name, struct buf *out, struct err *err)
{
    if (!name)
        return true;
    __attribute__((cleanup(close_file))) FILE *file = fopen(name, "rbe");
    if (!file)
        return err_set(err, "%s: %s", name, strerror(errno));
    buf_init(out, PEM_MAX);
    char bytes[4096];
    for (size_t length; (length = fread(bytes, 1, sizeof bytes, file)) > 0;)
        buf_add(out, (str){bytes, length});
    if (out->overflow)
        return err_set(err, "%s: longer than any certificate", name);
    return out->len > 0 ||
           err_set(err, "%s: holds nothing that can be read: give a PEM file", name);
}

static bool read_options(struct up *up, const struct options *options, struct err *err)
{
    const char *listen = options_text(options, "listen");
    uint32_t hosts = 0;
    for (uint32_t i = 0; i < options->count && hosts < HOSTS_MAX; i++)
        if (strcmp(options->values[i].option->name, "host") == 0)
            up->hosts[hosts++] = options->values[i].text;
    return connection_data_directory(options_text(options, "data"), up->directory,
                                     sizeof up->directory, err) &&
           read_listen(up, listen ? listen : "127.0.0.1:7470", err) &&
           read_pem(options_text(options, "tls-cert"), &up->certificate, err) &&
           read_pem(options_text(options, "tls-key"), &up->private_key, err);
}

// An empty journal gets its first admin key; the key's file is there before the journal says so.
static bool open_house(struct up *up, const struct options *options, struct err *err)
{
    struct journal_commit head;
    if (!store_sqlite_open(up->directory, STORE_OWN, &up->journal, &up->blobs, err) ||
        !up->journal->ops->head(up->journal, &head, err) ||
        !house_secret(up->directory, head.size == 0, up->secret, err))
        return false;
    struct live_config config = {
        .journal = up->journal,
        .blobs = up->blobs,
        .accept_time = options_flag(options, "accept-time"),
        .snapshot_every = SNAPSHOT_EVERY,
        .fatal = fatal,
    };
    if (head.size == 0) {
        char key[SECRET_LENGTH + 8];
        const char *currency = options_text(options, "currency");
        const char *zone = options_text(options, "zone");
        enum currency money = CURRENCY_JPY;
        if (currency)
            currency_parse(str_from(currency), &money);
        config.open.currency = money;
        if (!zone_parse(str_from(zone ? zone : "Asia/Tokyo"), &config.open.zone))
            return err_set(err, "--zone %s: no such zone here", zone);
        if (!house_admin_key(up->directory, key, sizeof key, err))
            return false;
        config.open.admin_hmac = secret_hmac(up->secret, str_from(key));
        explicit_bzero(key, sizeof key);
    }
    up->live = live_create(&config, err);
    return up->live != NULL;
}

// Whoever holds the data directory owns the house: they can always get in again.
static bool add_admin_key(struct up *up, const struct options *options, struct err *err)
{
    char key[SECRET_LENGTH + 8];
    if (!options_flag(options, "new-admin-key"))
        return true;
    if (!house_new_admin_key(up->directory, key, sizeof key, err))
        return false;
    live_add_admin_key(up->live, secret_hmac(up->secret, str_from(key)));
    explicit_bzero(key, sizeof key);
    return true;
}

static bool report_machine(struct up *up, struct err *err)
{
    up->scan = calloc(1, sizeof *up->scan);
    struct node_report_device *devices = calloc(DEVICE_SET_MAX, sizeof *devices);
    if (!up->scan || !devices)
        return err_set(err, "no memory");
    bool good = inventory_scan(up->scan, &(struct inventory_scan_from){.root = ""}, err);
    struct node_report report = {.cpu_milli = up->scan->cpu_milli,
                                 .memory_mib = up->scan->memory_mib,
                                 .alone = true,
                                 .count = up->scan->count,
                                 .devices = devices};
    for (uint32_t i = 0; good && i < up->scan->count; i++) {
        const struct inventory_scan_device *from = &up->scan->devices[i];
        struct node_report_device *to = &devices[i];
        str_copy(str_from(from->chip), to->chip, sizeof to->chip);
        str_copy(str_from(from->description), to->description, sizeof to->description);
        str_copy(str_from(from->serial), to->serial, sizeof to->serial);
        to->memory_mib = from->memory_mib;
        to->idle_w = from->idle_w;
        to->class_w = from->class_w;
        to->max_w = from->max_w;
        to->numa = from->numa;
        to->faulty = from->fault[0] != 0;
        if (to->faulty)
            log_line(LOG_WARN, "up", "device %u is not sold: %s", i, from->fault);
    }
    if (good) {
        str_copy(str_from(up->scan->machine.hostname), report.name, sizeof report.name);
        str_copy(str_from(up->scan->machine.architecture), report.arch, sizeof report.arch);
        live_report_node(up->live, &report);
    }
    free(devices);
    return good;
}

static bool start_engine(struct up *up, const struct options *options, struct err *err)
{
    static struct local_device devices[DEVICE_SET_MAX];
    for (uint32_t i = 0; i < up->scan->count; i++) {
        const struct inventory_scan_device *from = &up->scan->devices[i];
        devices[i] = (struct local_device){.kind = up->scan->gpus ? LOCAL_GPU : LOCAL_CORE,
                                           .number = from->number,
                                           .minor = from->minor > 0 ? (uint32_t)from->minor : 0,
                                           .idle_w = from->idle_w,
                                           .class_w = from->class_w};
        if (up->scan->gpus)
            str_copy(str_from(from->serial), devices[i].uuid, sizeof devices[i].uuid);
    }
    const char *way = options_text(options, "engine");
    struct local_options local = {
        .data = up->directory,
        .devices = devices,
        .device_count = up->scan->count,
        .alive_ms = live_setting(up->live, SETTING_METER_INTERVAL_MS),
    };
    if (keeper_file_open(&up->keeper))
        local.keeper_argv = up->keeper.argv;
    if (way && strcmp(way, "process") == 0)
        local.way = LOCAL_PROCESS;
    if (way && strcmp(way, "container") == 0)
        local.way = LOCAL_CONTAINER;
    if (!local_create(&local, live_sink(up->live), &up->engine, err))
        return false;
    if (strcmp(up->engine->ops->name, "process") == 0 && !up->loopback)
        return err_set(err,
                       "--listen %s: plain processes are not isolated from each other, so they are "
                       "served on loopback only; run as root with runc for containers",
                       up->address);
    live_start(up->live, up->engine);
    return true;
}

// A quarter of the descriptors stays for jobs, the journal and streams, however many connect.
static void fit_connections(struct http_config *config)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
        return;
    rlim_t most = limit.rlim_cur - limit.rlim_cur / 4;
    most = most > DESCRIPTORS_OWN * 2 ? most - DESCRIPTORS_OWN : DESCRIPTORS_OWN;
    if (most < config->connections_max)
        config->connections_max = (uint32_t)most;
    if (config->connections_per_address_max > config->connections_max / 2)
        config->connections_per_address_max = config->connections_max / 2;
}

static bool start_http(struct up *up, const struct options *options, struct err *err)
{
    struct http_config config = http_config_default();
    fit_connections(&config);
    config.address = up->address;
    config.port = up->port;
    config.unix_path = options_text(options, "socket");
    config.tls_certificate = up->certificate.len ? buf_cstr(&up->certificate) : NULL;
    config.tls_key = up->private_key.len ? buf_cstr(&up->private_key) : NULL;
    config.behind_proxy = options_flag(options, "behind-proxy");
    config.access_log = options_flag(options, "access-log");
    config.host_names = up->hosts;
    config.desk = live_desk(up->live);
    config.engine = up->engine;
    config.blobs = up->blobs;
    config.version = TATARA_VERSION;
    memcpy(config.secret, up->secret, sizeof config.secret);
    up->http = http_create(&config, err);
    return up->http != NULL;
}

// The address for the command line on this machine.
static bool tell_address(struct up *up, const struct options *options, char *ret_url, size_t room,
                         struct err *err)
{
    const char *socket = options_text(options, "socket");
    const char *scheme = up->certificate.len ? "https" : "http";
    bool six = strchr(up->address, ':') != NULL;
    int length = socket ? snprintf(ret_url, room, "unix:%s", socket)
                        : snprintf(ret_url, room, "%s://%s%s%s:%u", scheme, six ? "[" : "",
                                   up->address, six ? "]" : "", http_port(up->http));
    if (length < 0 || (size_t)length >= room)
        return err_set(err, "the address is too long");
    return house_write_address(up->directory, ret_url, err);
}

static void print_lines(const char *head, const struct buf *lines)
{
    str rest = buf_str(lines), line;
    while (rest.len) {
        if (!str_cut(rest, '\n', &line, &rest))
            line = rest, rest = (str){0};
        printf("%s%.*s\n", head, STR(line));
    }
}

static void print_banner(struct up *up, const struct invocation *invocation, const char *url)
{
    struct buf limits;
    buf_init(&limits, 1 << 16);
    up->engine->ops->limits(up->engine, &limits);
    const struct inventory_scan_device *first = &up->scan->devices[0];
    printf("tatara %s\n", TATARA_VERSION);
    printf("  address    %s\n", url);
    printf("  admin key  %s/admin.key%s\n", up->directory,
           house_has_admin_key(up->directory) ? "" : " (moved away)");
    printf("  devices    %u × %s (%s)\n", up->scan->count, first->chip, first->description);
    printf("  engine     %s\n", up->engine->ops->name);
    if (limits.len) {
        printf("  it cannot enforce here:\n");
        print_lines("    - ", &limits);
    }
    if (!invocation->quiet)
        printf("try, in another terminal:\n"
               "  %1$s run --devices 1 --memory 512MiB -- sh -c 'echo hello; sleep 2; exit 3'\n"
               "  %1$s status\n"
               "  %1$s journal verify\n",
               invocation->program);
    printf("ready\n");
    fflush(stdout);
    buf_finish(&limits);
}

static int serve(struct up *up, struct invocation *invocation, struct err *err)
{
    const struct options *options = &invocation->options;
    char url[CONNECTION_TEXT_MAX];
    sigset_t stops;
    sigemptyset(&stops);
    sigaddset(&stops, SIGINT);
    sigaddset(&stops, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &stops, NULL); // before any thread is made
    signal(SIGPIPE, SIG_IGN);
    if (!read_options(up, options, err) || !open_house(up, options, err) ||
        !add_admin_key(up, options, err) || !report_machine(up, err) ||
        !start_engine(up, options, err) || !start_http(up, options, err) ||
        !tell_address(up, options, url, sizeof url, err))
        return EXIT_REFUSED;
    print_banner(up, invocation, url);
    int stop;
    sigwait(&stops, &stop);
    printf("tatara ends; jobs go on and are adopted at the next start\n");
    house_remove_address(up->directory);
    return EXIT_DONE;
}

static void finish(struct up *up)
{
    if (up->live)
        live_close(up->live);
    http_destroy(up->http);
    if (up->engine)
        up->engine->ops->destroy(up->engine);
    keeper_file_close(&up->keeper);
    live_destroy(up->live);
    if (up->journal)
        up->journal->ops->destroy(up->journal);
    if (up->blobs)
        up->blobs->ops->destroy(up->blobs);
    buf_finish(&up->certificate);
    buf_finish(&up->private_key);
    free(up->scan);
    explicit_bzero(up, sizeof *up);
    free(up);
}

int cmd_up(struct invocation *invocation)
{
    struct err err = {0};
    struct up *up = calloc(1, sizeof *up);
    if (!up)
        return EXIT_REFUSED;
    log_to(STDERR_FILENO, LOG_INFO, invocation->json);
    int code = serve(up, invocation, &err);
    if (code != EXIT_DONE)
        fprintf(stderr, "error: %s\n", err.text);
    finish(up);
    return code;
}
