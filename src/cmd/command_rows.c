#include "cmd/commands_all.h"

// clang-format 14 falls over rows of tables that name some of their members.
// clang-format off

// --- options ---

#define END_OF_OPTIONS {.name = 0}

static const struct option globals[] = {
    {"json", OPTION_FLAG, .help = "print JSON, for a list one object a line"},
    {"url", OPTION_TEXT, "URL", "the server, else TATARA_URL, else the data directory's"},
    {"key", OPTION_TEXT, "KEY", "the access key, else TATARA_KEY, else the data directory's"},
    {"data", OPTION_FOLDER, "DIR", "the data directory, else TATARA_DATA, else the usual place"},
    {"ca", OPTION_FILE, "FILE", "trust these certificates (PEM), else TATARA_CA"},
    {"quiet", OPTION_FLAG, .help = "say nothing but the result"},
    {"no-color", OPTION_FLAG, .help = "no colours (as NO_COLOR does)"},
    {"help", OPTION_FLAG, .help = "say what the command does"},
    {"version", OPTION_FLAG, .help = "say the version"},
    END_OF_OPTIONS,
};

#define OPTION_OF_ACCOUNT                                                                  \
    {                                                                                      \
        "account", OPTION_TEXT, "ACCOUNT", "whose: a name or an id", .completes = "account" \
    }

static const struct option run_options[] = {
    {"nodes", OPTION_INTEGER, "N", "a gang: so many nodes at once, else 1", .min = 1,
     .max = 65536},
    {"devices", OPTION_INTEGER, "N", "devices of each node, else 1; 0: CPU only", .min = 0,
     .max = 256},
    {"share", OPTION_TEXT, "MILLI", "a share of one device: 250m is a quarter"},
    {"mig", OPTION_CHOICE, "PROFILE", "a share of one device, as a MIG profile",
     .choices = "1g|2g|3g|4g|7g"},
    {"cpu", OPTION_TEXT, "CPUS", "CPUs of each node: 4, 0.5 or 500m"},
    {"device-memory", OPTION_MEMORY, "SIZE", "least memory of a device or of its share",
     .min = 1 << 20, .max = INT64_C(1) << 50},
    {"memory", OPTION_MEMORY, "SIZE", "memory, else 512MiB; more than this ends it",
     .min = 1 << 20, .max = INT64_C(1) << 50},
    {"chip", OPTION_TEXT, "CHIP", "kind of device, else any; up to four, with commas",
     .completes = "chip"},
    {"together", OPTION_TEXT, "LEVEL", "all nodes in one site, block or rack; rack! insists"},
    {"spread", OPTION_CHOICE, "LEVEL", "no two nodes in the same one",
     .choices = "site|block|rack|node"},
    {"priority", OPTION_CHOICE, "CLASS", "else normal",
     .choices = "idle|low|normal|high|critical"},
    {"class", OPTION_CHOICE, "CLASS", "of the lease, else on_demand",
     .choices = "reserved|on_demand|spot|interruptible"},
    {"checkpoints", OPTION_FLAG, .help = "it saves its work and tells how far it is"},
    {"power", OPTION_CHOICE, "KIND", "how it draws power, else as training does",
     .choices = "training|inference|batch"},
    {"require", OPTION_TEXT, "RULE", "where it may run: country=JP", .repeated = true},
    {"forbid", OPTION_TEXT, "RULE", "where it may not run: origin=XX", .repeated = true},
    {"reservation", OPTION_TEXT, "ID", "the reservation whose window it may use"},
    {"time", OPTION_DURATION, "TIME", "stop it after this long", .min = 1000,
     .max = INT64_C(366) * 86400 * 1000000},
    {"name", OPTION_TEXT, "NAME", "a name to find it by"},
    {"env", OPTION_PAIR, "NAME=VALUE", "a variable of its environment", .repeated = true},
    {"directory", OPTION_TEXT, "DIR", "where it starts, else a fresh directory of its own"},
    {"rootfs", OPTION_TEXT, "DIR", "its root file system, else the host's, read-only"},
    {"restartable", OPTION_FLAG, .help = "run it again when its node is lost"},
    {"detach", OPTION_FLAG, .help = "print the job's id and leave it running"},
    {"account", OPTION_TEXT, "ACCOUNT", "who pays, else the key's own", .completes = "account"},
    END_OF_OPTIONS,
};
static const struct option job_list_options[] = {
    OPTION_OF_ACCOUNT,
    {"state", OPTION_CHOICE, "STATE", "only these",
     .choices = "queued|starting|running|stopping|done"},
    {"limit", OPTION_INTEGER, "N", "the first so many", .min = 1, .max = 1000},
    {"after", OPTION_TEXT, "ID", "those behind this one", .completes = "job"},
    END_OF_OPTIONS,
};
static const struct option job_log_options[] = {
    {"follow", OPTION_FLAG, .help = "go on until the job has ended"},
    {"stderr", OPTION_FLAG, .help = "its stderr in place of its stdout"},
    {"attempt", OPTION_INTEGER, "N", "of a job that was restarted: which attempt", .min = 1,
     .max = 1000000},
    END_OF_OPTIONS,
};
static const struct option job_stop_options[] = {
    {"grace", OPTION_DURATION, "TIME", "time between SIGTERM and SIGKILL, 0s: at once", .min = 0,
     .max = INT64_C(3600) * 1000000},
    END_OF_OPTIONS,
};
static const struct option operator_set_options[] = {
    {"name", OPTION_TEXT, "NAME", "as it stands on invoices"},
    {"tax-id", OPTION_TEXT, "T…", "registration number of a qualified invoice issuer"},
    {"rounding", OPTION_CHOICE, "HOW", "how tax is rounded",
     .choices = "floor|half_up|ceiling"},
    END_OF_OPTIONS,
};
static const struct option account_new_options[] = {
    {"name", OPTION_TEXT, "NAME", "its full name, as it stands on invoices"},
    {"tax-id", OPTION_TEXT, "T…", "its registration number"},
    {"currency", OPTION_CHOICE, "CODE", "what it is billed in, else JPY", .choices = "JPY|USD"},
    {"zone", OPTION_TEXT, "ZONE", "where its months begin, such as Asia/Tokyo"},
    {"parent", OPTION_TEXT, "ACCOUNT", "the account above it", .completes = "account"},
    END_OF_OPTIONS,
};
static const struct option key_new_options[] = {
    {"account", OPTION_TEXT, "ACCOUNT", "whose: a name or an id", .required = true,
     .completes = "account"},
    {"role", OPTION_CHOICE, "ROLE", "what it may do",
     .choices = "reader|user|operator|admin", .required = true},
    {"label", OPTION_TEXT, "TEXT", "what it is for"},
    {"expires", OPTION_TIME, "TIME", "when it stops opening anything"},
    END_OF_OPTIONS,
};
static const struct option account_options[] = {OPTION_OF_ACCOUNT, END_OF_OPTIONS};
static const struct option price_set_options[] = {
    {"chip", OPTION_TEXT, "CHIP", "kind of device", .required = true, .completes = "chip"},
    {"per-device-hour", OPTION_PRICE, "PRICE", "without tax", .required = true},
    {"class", OPTION_CHOICE, "CLASS", "kind of lease, else on_demand", .choices = "on_demand"},
    {"tax", OPTION_INTEGER, "PERMILLE", "tax in 1/1000, else 100 (10 %)", .min = 0, .max = 1000},
    END_OF_OPTIONS,
};
#define OPTIONS_OF_RESERVED                                                                   \
    {"nodes", OPTION_INTEGER, "N", "how many nodes, else 1", .min = 1, .max = 16384},         \
        {"devices", OPTION_INTEGER, "N", "whole devices of each node, else 1", .min = 1,      \
         .max = 256},                                                                         \
        {"chip", OPTION_TEXT, "CHIP", "kind of device", .completes = "chip"},                 \
    {                                                                                         \
        "together", OPTION_TEXT, "LEVEL", "all nodes in one site, block or rack; rack! insists" \
    }
static const struct option reservation_add_options[] = {
    OPTIONS_OF_RESERVED,
    {"account", OPTION_TEXT, "ACCOUNT", "whose it is to be, else one's own",
     .completes = "account"},
    {"start", OPTION_TIME, "TIME", "its start, else now"},
    {"end", OPTION_TIME, "TIME", "its end", .required = true},
    {"name", OPTION_TEXT, "TEXT", "what it is for"},
    END_OF_OPTIONS,
};
static const struct option reservation_earliest_options[] = {
    OPTIONS_OF_RESERVED,
    {"for", OPTION_DURATION, "TIME", "for so long, on end", .required = true},
    END_OF_OPTIONS,
};
static const struct option limit_set_options[] = {
    {"devices", OPTION_INTEGER, "N", "devices at once", .min = 0, .max = 1000000000},
    {"month", OPTION_MONEY, "MONEY", "money a month"},
    {"quota", OPTION_INTEGER, "N", "devices it may count on (nominal quota), 0: none", .min = 0,
     .max = 1000000000},
    {"no-devices", OPTION_FLAG, .help = "no limit of devices"},
    {"no-month", OPTION_FLAG, .help = "no limit of money"},
    END_OF_OPTIONS,
};
static const struct option sim_options[] = {
    {"seed", OPTION_INTEGER, "N", "of everything random, else the scenario's", .min = 0,
     .max = INT64_MAX},
    {"until", OPTION_TEXT, "WHEN", "a duration such as 90d or 1y, or a date; else its length"},
    {"out", OPTION_FOLDER, "DIR", "write the tables there, a .csv each, and the report"},
    {"journal", OPTION_FLAG, .help = "write the journal too: DIR/journal.txt"},
    {"check", OPTION_FLAG, .help = "recount every invariant once a simulated day"},
    END_OF_OPTIONS,
};
static const struct option entity_new_options[] = {
    {"name", OPTION_TEXT, "NAME", "of the legal person", .required = true},
    {"country", OPTION_TEXT, "CC", "its country, two letters", .required = true},
    {"owner", OPTION_TEXT, "ENTITY", "who owns it"},
    END_OF_OPTIONS,
};
static const struct option site_new_options[] = {
    {"country", OPTION_TEXT, "CC", "its jurisdiction, two letters", .required = true},
    {"name", OPTION_TEXT, "NAME", "full name, else the slug"},
    {"operator", OPTION_TEXT, "ENTITY", "who runs it, else the house"},
    {"zone", OPTION_TEXT, "ZONE", "of its day, else UTC"},
    {"pue", OPTION_INTEGER, "PERMILLE", "facility watts for 1,000 IT watts, else 1000", .min = 1000,
     .max = 5000},
    END_OF_OPTIONS,
};
#define OPTION_OF_SITE {"site", OPTION_TEXT, "SITE", "slug of its site", .required = true}
static const struct option feeder_new_options[] = {
    OPTION_OF_SITE,
    {"rated", OPTION_INTEGER, "W", "watts it may carry", .required = true, .min = 1,
     .max = INT64_C(100000000000)},
    {"parent", OPTION_TEXT, "FEEDER", "what feeds it, else the grid"},
    {"kind", OPTION_CHOICE, "KIND", "what it is", .choices = "grid|substation|wire"},
    {"ramp", OPTION_INTEGER, "W/S", "fastest change of its load, else any", .min = 0,
     .max = INT64_C(100000000000)},
    {"efficiency", OPTION_INTEGER, "PPM", "of a million watts, so many, else all", .min = 500000,
     .max = 1000000},
    END_OF_OPTIONS,
};
static const struct option feeder_cap_options[] = {
    OPTION_OF_SITE,
    {"to", OPTION_INTEGER, "W", "watts it may carry meanwhile", .required = true, .min = 0,
     .max = INT64_C(100000000000)},
    {"from", OPTION_TIME, "TIME", "else now"},
    {"until", OPTION_TIME, "TIME", "else until it is called off"},
    END_OF_OPTIONS,
};
static const struct option rack_new_options[] = {
    OPTION_OF_SITE,
    {"block", OPTION_TEXT, "BLOCK", "racks on one fabric", .required = true},
    {"nodes", OPTION_INTEGER, "N", "equal nodes", .required = true, .min = 0, .max = 64},
    {"devices", OPTION_INTEGER, "N", "devices of a node", .required = true, .min = 0, .max = 256},
    {"chip", OPTION_TEXT, "CHIP", "kind of device", .required = true, .completes = "chip"},
    {"memory", OPTION_MEMORY, "SIZE", "memory of a node", .required = true, .min = 1 << 20,
     .max = INT64_C(1) << 50},
    {"device-w", OPTION_INTEGER, "W", "watts of a busy device, of a chip that is new", .min = 1,
     .max = 1000000},
    {"device-memory", OPTION_MEMORY, "SIZE", "memory of a device, of a chip that is new",
     .min = 0, .max = INT64_C(1) << 50},
    {"cpus", OPTION_INTEGER, "MILLI", "thousandths of a processor core of a node", .min = 0,
     .max = 16777216},
    {"arch", OPTION_TEXT, "ARCH", "x86_64 or aarch64"},
    {"base-w", OPTION_INTEGER, "W", "watts of a node without its devices", .min = 0,
     .max = 1000000},
    {"cap-w", OPTION_INTEGER, "W", "limit of the rack's watts", .min = 0, .max = 1000000000},
    {"feeder-a", OPTION_TEXT, "FEEDER", "leaf it hangs on"},
    {"feeder-b", OPTION_TEXT, "FEEDER", "the other leaf"},
    {"labels", OPTION_TEXT, "LABELS", "such as owner=acme,origin=TW,disk=nvme"},
    END_OF_OPTIONS,
};
static const struct option device_fault_options[] = {
    {"xid", OPTION_INTEGER, "CODE", "an Xid of NVIDIA's driver", .min = 0, .max = 1000000},
    {"kind", OPTION_CHOICE, "KIND", "what was noticed, without an Xid",
     .choices = "ecc_corrected|ecc_uncorrected|thermal|link|heartbeat_lost|heartbeat_back"},
    {"count", OPTION_INTEGER, "N", "corrected errors, or ms of silence", .min = 0,
     .max = 2147483647},
    END_OF_OPTIONS,
};
static const struct option node_retest_options[] = {
    {"failed", OPTION_FLAG, .help = "it did not pass"},
    END_OF_OPTIONS,
};
static const struct option node_import_options[] = {
    {"dry-run", OPTION_FLAG, .help = "look through everything, add nothing"},
    END_OF_OPTIONS,
};
static const struct option node_maintenance_options[] = {
    {"from", OPTION_TIME, "TIME", "when it begins, else now"},
    {"until", OPTION_TIME, "TIME", "when it is over", .required = true},
    END_OF_OPTIONS,
};
static const struct option balance_options[] = {
    {"at", OPTION_TIME, "TIME", "as it was then"},
    END_OF_OPTIONS,
};
static const struct option bill_options[] = {
    {"account", OPTION_TEXT, "ACCOUNT", "whose: a name or an id", .required = true,
     .completes = "account"},
    {"month", OPTION_MONTH, "MONTH", "such as 2026-11", .required = true},
    {"issue", OPTION_FLAG, .help = "freeze it: an invoice that never changes again"},
    {"early", OPTION_FLAG, .help = "issue before the end of the month: the rest is a correction"},
    END_OF_OPTIONS,
};
static const struct option journal_list_options[] = {
    {"after", OPTION_INTEGER, "SEQ", "events behind this one", .min = 0, .max = INT64_MAX},
    {"limit", OPTION_INTEGER, "N", "at most so many", .min = 1, .max = INT64_MAX},
    END_OF_OPTIONS,
};
static const struct option journal_follow_options[] = {
    {"after", OPTION_INTEGER, "SEQ", "begin behind this event, else with the next", .min = 0,
     .max = INT64_MAX},
    END_OF_OPTIONS,
};
static const struct option journal_verify_options[] = {
    {"file", OPTION_FILE, "FILE", "an export in place of the data directory's journal"},
    END_OF_OPTIONS,
};
static const struct option journal_export_options[] = {
    {"from", OPTION_INTEGER, "SEQ", "begin with this event", .min = 0, .max = INT64_MAX},
    {"to", OPTION_FILE, "FILE", "write there, else to standard output"},
    END_OF_OPTIONS,
};
static const struct option lab_fleet_options[] = {
    {"devices", OPTION_INTEGER, "N", "devices of the index, else 819200", .min = 8,
     .max = 80000000},
    {"steps", OPTION_INTEGER, "N", "placements and releases of a run, else 1000000", .min = 1,
     .max = 1000000000},
    {"seed", OPTION_INTEGER, "N", "of the draws, else 42", .min = 0, .max = INT64_MAX},
    {"power", OPTION_FLAG, NULL, "racks hang on two feeds and devices promise watts"},
    END_OF_OPTIONS,
};
static const struct option lab_place_options[] = {
    {"nodes", OPTION_FILE, "FILE", "CSV: sn,cpu_milli,memory_mib,gpu,model", .required = true},
    {"pods", OPTION_FILE, "FILE", "CSV: name,cpu_milli,memory_mib,num_gpu,gpu_milli[,gpu_spec]",
     .required = true},
    {"order", OPTION_FILE, "FILE", "rows of the pod list as they arrive: 16-bit numbers"},
    {"ranks", OPTION_FILE, "FILE", "for each node its place in line: 16-bit numbers"},
    {"seed", OPTION_INTEGER, "N", "of a shuffle of its own in place of --order, else 42",
     .min = 0, .max = INT64_MAX},
    {"policy", OPTION_CHOICE, "RULE", "where a pod goes, else tatara",
     .choices = "fgd|bestfit|packing|random|tatara"},
    {"at", OPTION_TEXT, "N,N…", "percentages arrived to report, else 80,90,100,110,120,130"},
    {"hold", OPTION_INTEGER, "N", "keep back so many arrivals, place the hardest first",
     .min = 1, .max = 4096},
    END_OF_OPTIONS,
};
static const struct option lab_power_options[] = {
    {"traces", OPTION_FILE, "DIR|FILE", "measured power: a CSV with power_total_W, or a directory",
     .required = true, .repeated = true},
    {"replicas", OPTION_TEXT, "N,N…", "so many replicas, else 1,10,50,200"},
    {"percentile", OPTION_INTEGER, "N", "of their sum over time, else 99", .min = 1, .max = 100},
    {"devices", OPTION_INTEGER, "N", "devices a trace measured, else as its name says",
     .min = 1, .max = 1024},
    {"max-watts", OPTION_INTEGER, "W", "of one device, else 700", .min = 1, .max = 100000},
    {"seed", OPTION_INTEGER, "N", "of the phases, else 42", .min = 0, .max = INT64_MAX},
    END_OF_OPTIONS,
};
static const struct option lab_queue_options[] = {
    {"procs", OPTION_INTEGER, "N", "processors of the machine", .min = 1, .max = 100000000,
     .required = true},
    {"policy", OPTION_CHOICE, "RULE", "whose turn it is, else tatara",
     .choices = "fcfs|easy|tatara"},
    END_OF_OPTIONS,
};
static const struct option site_curtail_options[] = {
    {"to", OPTION_TEXT, "LIMIT", "a part of its rating (75%) or facility watts (180MW)",
     .required = true},
    {"for", OPTION_DURATION, "TIME", "for so long", .min = 1000000,
     .max = INT64_C(366) * 86400 * 1000000},
    {"within", OPTION_DURATION, "TIME", "follow within so long, else 5m", .min = 1000,
     .max = INT64_C(86400) * 1000000},
    END_OF_OPTIONS,
};
static const struct option help_options[] = {
    {"man", OPTION_FLAG, .help = "the manual page: tatara help --man | man -l -"},
    {"docs", OPTION_FLAG, .help = "docs/commands.md"},
    {"events", OPTION_FLAG, .help = "docs/events.md"},
    END_OF_OPTIONS,
};

static const struct option up_options[] = {
    {"listen", OPTION_TEXT, "ADDRESS:PORT", "else 127.0.0.1:7470; port 0 takes a free one"},
    {"socket", OPTION_FILE, "PATH", "listen on a unix socket in place of an address"},
    {"engine", OPTION_CHOICE, "HOW", "how jobs run, else containers where they can",
     .choices = "auto|process|container"},
    {"tls-cert", OPTION_FILE, "FILE", "certificate chain (PEM)"},
    {"tls-key", OPTION_FILE, "FILE", "its private key (PEM)"},
    {"behind-proxy", OPTION_FLAG, .help = "a proxy in front speaks TLS and names the caller"},
    {"host", OPTION_TEXT, "NAME", "one more name the server is called by", .repeated = true},
    {"currency", OPTION_CHOICE, "CODE", "of the first start: the house's own, else JPY",
     .choices = "JPY|USD"},
    {"zone", OPTION_TEXT, "ZONE", "of the first start: the house's own, else Asia/Tokyo"},
    {"new-admin-key", OPTION_FLAG, .help = "one more admin key, into admin.key: when all are lost"},
    {"accept-time", OPTION_FLAG, .help = "believe a clock 400 days ahead of the journal"},
    {"access-log", OPTION_FLAG, .help = "a line on stderr for each request"},
    END_OF_OPTIONS,
};

// --- commands ---

#define WORDS(least, most) .words_min = least, .words_max = most

static const struct command rows[] = {
    {"up", "serve: this machine's devices, the journal and the API", .options = up_options,
     .run = cmd_up,
     .about = "One process, in the foreground. The data directory holds everything: the journal,\n"
              "job files and output, keys. The first start makes it, with the first access key in\n"
              "admin.key and a default price for every chip. Ctrl-C ends it; jobs go on and are\n"
              "adopted by the next start.",
     .example = "tatara up --data /srv/tatara --listen 127.0.0.1:7470"},
    {"keeper", "the keeper of one attempt", "FOLDER", WORDS(1, 1), .hidden = true,
     .run = cmd_keeper},
    {"run", "run a command on leased devices and stream its output",
     "-- COMMAND [ARGUMENT…]", .takes_rest = true,
     .options = run_options, .run = cmd_run,
     .about = "Leases the devices, runs the command and gives back its exit code. Its stdout and\n"
              "stderr stay apart. While it waits, stderr says why. Ctrl-C asks the job to stop,\n"
              "a second one leaves it running. The last line says what it took and what it costs.\n"
              "With --checkpoints the command writes into the file that TATARA_PROGRESS names how\n"
              "many milliseconds of its work are saved, from the beginning of the job, over all\n"
              "attempts; with --restartable it is begun again when the house has to stop it.",
     .example = "tatara run --devices 1 --memory 512MiB -- sh -c 'echo hello; exit 3'\n"
                "tatara run --devices 2 --time 1h --detach -- python3 train.py",
     .exits = "N    the job's own exit code; 128 + N when signal N ended it\n"
              "124  its time limit ended it\n"
              "125  tatara itself failed\n"
              "130  Ctrl-C ended it"},
    {"job list", "jobs, the newest last", .options = job_list_options, .run = cmd_job_list,
     .example = "tatara job list --state running"},
    {"job show", "one job: what it asked for, where it runs, what it took", "ID", WORDS(1, 1),
     .completes = "job", .run = cmd_job_show, .example = "tatara job show job-17"},
    {"job log", "what a job wrote", "ID", WORDS(1, 1), .completes = "job",
     .options = job_log_options, .run = cmd_job_log,
     .example = "tatara job log job-17 --follow\ntatara job log job-17 --stderr"},
    {"job stop", "ask a job to end: SIGTERM, then SIGKILL", "ID", WORDS(1, 1),
     .completes = "job", .options = job_stop_options, .run = cmd_job_stop,
     .example = "tatara job stop job-17 --grace 10s"},
    {"why", "why a job is where it is: the rule, its place in line, an estimate", "ID",
     WORDS(1, 1), .completes = "job", .run = cmd_why,
     .example = "tatara why job-17\ntatara why reservation-3"},
    {"status", "the house on one page: devices, jobs, money", .run = cmd_status,
     .example = "tatara status"},
    {"node list", "servers", .run = cmd_node_list, .example = "tatara node list"},
    {"node show", "one server and its devices", "NODE", WORDS(1, 1), .completes = "node",
     .run = cmd_node_show, .example = "tatara node show node-1"},
    {"node drain", "place nothing new there; what runs goes on", "NODE", WORDS(1, 1),
     .completes = "node", .run = cmd_node_drain, .example = "tatara node drain node-1"},
    {"node undrain", "place jobs there again", "NODE", WORDS(1, 1), .completes = "node",
     .run = cmd_node_undrain, .example = "tatara node undrain node-1"},
    {"node import", "add the nodes of a file", "FILE", WORDS(1, 1), .options = node_import_options,
     .run = cmd_node_import,
     .about =
         "CSV with a first line of column names, or YAML with a list called nodes. Needed: name, "
         "site, block, rack, chip, devices, memory; also feeder_a, feeder_b, cpu, arch, base_w, "
         "cap_w, owner, operator, vendor, origin, attestation, labels, and of a chip that is new "
         "chip_class_w, chip_max_w, chip_idle_w, chip_memory. Every mistake of the file is named "
         "with its place, and nothing is added unless there is none. Nodes that are there "
         "already and equal are skipped, so it may be run again.",
     .example = "tatara node import fleet.csv --dry-run"},
    {"node label", "change what rules see of a node", "NODE KEY=VALUE…", WORDS(2, 16),
     .completes = "node", .run = cmd_node_label,
     .about = "owner, operator and vendor are entities; origin is a country; attestation and all "
              "other keys are free. KEY= takes a label away.",
     .example = "tatara node label r1-0 owner=acme origin=TW disk=nvme"},
    {"node maintenance", "a window in which somebody works on it", "NODE", WORDS(1, 1),
     .options = node_maintenance_options, .completes = "node", .run = cmd_node_maintenance,
     .about = "The node takes no job that would still run when it begins, is drained then, and "
              "comes back at the end.",
     .example = "tatara node maintenance r1-0 --from 2027-01-01T02:00:00Z "
                "--until 2027-01-01T06:00:00Z"},
    {"node repaired", "a node or a device was repaired and wants a test", "NODE[:INDEX]",
     WORDS(1, 1), .completes = "node", .run = cmd_node_repaired,
     .example = "tatara node repaired r1-0:3"},
    {"node retest", "how the test went", "NODE[:INDEX]", WORDS(1, 1),
     .options = node_retest_options, .completes = "node", .run = cmd_node_retest,
     .example = "tatara node retest r1-0:3"},
    {"entity list", "owners, operators, vendors", .run = cmd_entity_list,
     .example = "tatara entity list"},
    {"entity new", "a new legal person", "ENTITY", WORDS(1, 1), .options = entity_new_options,
     .run = cmd_entity_new, .example = "tatara entity new acme --name \"Acme KK\" --country JP"},
    {"site list", "places where machines stand", .run = cmd_site_list,
     .example = "tatara site list"},
    {"site new", "a new site", "SITE", WORDS(1, 1), .options = site_new_options,
     .run = cmd_site_new, .example = "tatara site new sakai --country JP --pue 1250"},
    {"feeder list", "wires of the power trees", .run = cmd_feeder_list,
     .example = "tatara feeder list"},
    {"feeder new", "a new wire; without a parent a grid point", "FEEDER", WORDS(1, 1),
     .options = feeder_new_options, .run = cmd_feeder_new,
     .example = "tatara feeder new grid --site sakai --rated 240000000"},
    {"feeder cap", "a wire carries less for a time", "FEEDER", WORDS(1, 1),
     .options = feeder_cap_options, .run = cmd_feeder_cap,
     .example = "tatara feeder cap grid --site sakai --to 180000000"},
    {"rack list", "racks", .run = cmd_rack_list, .example = "tatara rack list"},
    {"rack new", "a new rack with equal nodes RACK-0, RACK-1, …", "RACK", WORDS(1, 1),
     .options = rack_new_options, .run = cmd_rack_new,
     .example = "tatara rack new r1 --site sakai --block b1 --nodes 18 --devices 4 --chip gb200 "
                "--device-w 1200 --memory 960GiB"},
    {"device fault", "say what was noticed of a device or a node", "NODE[:INDEX]", WORDS(1, 1),
     .options = device_fault_options, .run = cmd_device_fault,
     .about = "What runs there runs on; nothing new is placed on what is not healthy.",
     .example = "tatara device fault r1-0:3 --xid 79"},
    {"device list", "devices and who has them", .run = cmd_device_list,
     .example = "tatara device list"},
    {"site curtail", "let a site take fewer watts for a while", "SITE", WORDS(1, 1),
     .options = site_curtail_options, .run = cmd_site_curtail,
     .about = "Jobs are capped, paused and moved in class order: interruptible and spot ones\n"
              "first, reserved training last. They go on when it ends. Within 60s it is an\n"
              "emergency; else nothing is stopped, only paused. SITE site-0 is the machines\n"
              "that stand in no rack. --to 100% lifts what was said before.",
     .example = "tatara site curtail sakai --to 75% --for 3h --within 30s\n"
                "tatara site curtail site-0 --to 100%"},
    {"site curtailed", "what was said with site curtail and is not over",
     .run = cmd_site_curtailed, .example = "tatara site curtailed"},
    {"chip list", "kinds of device", .run = cmd_chip_list, .example = "tatara chip list"},
    {"lease list", "who has which devices since when", .options = account_options,
     .run = cmd_lease_list, .example = "tatara lease list --account acme"},
    {"operator show", "who issues the invoices", .run = cmd_operator_show,
     .example = "tatara operator show"},
    {"operator set", "say who issues the invoices", .options = operator_set_options,
     .run = cmd_operator_set,
     .about = "With a registration number (T and 13 digits) invoices are qualified ones.",
     .example = "tatara operator set --name \"Tatara KK\" --tax-id T7000012050002"},
    {"account list", "who pays", .run = cmd_account_list, .example = "tatara account list"},
    {"account new", "a new account", "ACCOUNT", WORDS(1, 1), .options = account_new_options,
     .run = cmd_account_new,
     .example = "tatara account new acme --name \"Acme KK\" --tax-id T7000012050002"},
    {"account show", "one account, its limits and what it uses", "ACCOUNT", WORDS(1, 1),
     .completes = "account", .run = cmd_account_show, .example = "tatara account show acme"},
    {"key list", "access keys, never their secrets", .options = account_options,
     .run = cmd_key_list, .example = "tatara key list --account acme"},
    {"key new", "a new access key; its secret is shown once", .options = key_new_options,
     .run = cmd_key_new,
     .example = "tatara key new --account acme --role user\n"
                "key=$(tatara key new --account acme --role user --quiet)"},
    {"key revoke", "end an access key within a second", "ID", WORDS(1, 1), .completes = "key",
     .run = cmd_key_revoke, .example = "tatara key revoke key-3"},
    {"reservation add", "book devices for an account, from one instant to another",
     .options = reservation_add_options, .run = cmd_reservation_add,
     .example = "tatara reservation add --account acme --devices 8 --end 2027-01-01"},
    {"reservation list", "reservations, the newest last", .options = account_options,
     .run = cmd_reservation_list, .example = "tatara reservation list"},
    {"reservation show", "one reservation: its nodes, and why it is as it is", "ID", WORDS(1, 1),
     .run = cmd_reservation_show, .example = "tatara reservation show reservation-3"},
    {"reservation cancel", "end a reservation and its jobs", "ID", WORDS(1, 1),
     .run = cmd_reservation_cancel, .example = "tatara reservation cancel reservation-3"},
    {"reservation earliest", "from when on so much could be reserved for so long",
     .options = reservation_earliest_options, .run = cmd_reservation_earliest,
     .example = "tatara reservation earliest --nodes 4 --devices 8 --for 3h"},
    {"price list", "prices, those in force last", .run = cmd_price_list,
     .example = "tatara price list"},
    {"price set", "a new price from now on; leases keep the one they began with",
     .options = price_set_options, .run = cmd_price_set,
     .example = "tatara price set --chip H100 --per-device-hour ¥500"},
    {"limit set", "limits of an account: devices, money a month, its quota", "ACCOUNT", WORDS(1, 1),
     .completes = "account", .options = limit_set_options, .run = cmd_limit_set,
     .example = "tatara limit set acme --devices 2 --month ¥50000"},
    {"balance", "an account's books", "ACCOUNT", WORDS(1, 1), .completes = "account",
     .options = balance_options, .run = cmd_balance,
     .example = "tatara balance acme\ntatara balance acme --at 2026-11-01"},
    {"bill", "a month's invoice, as it stands or frozen", .options = bill_options,
     .run = cmd_bill,
     .about = "Without --issue it is a draft and changes nothing. An issued invoice never\n"
              "changes; what comes later is on the next one.",
     .example = "tatara bill --account acme --month 2026-11\n"
                "tatara bill --account acme --month 2026-11 --issue"},
    {"invoice list", "invoices", .options = account_options, .run = cmd_invoice_list,
     .example = "tatara invoice list --account acme"},
    {"invoice show", "one invoice", "ID", WORDS(1, 1), .completes = "invoice",
     .run = cmd_invoice_show, .example = "tatara invoice show invoice-1"},
    {"journal list", "events, a line each", .options = journal_list_options,
     .run = cmd_journal_list, .example = "tatara journal list --after 100 --limit 20"},
    {"journal follow", "events as they happen", .options = journal_follow_options,
     .run = cmd_journal_follow, .example = "tatara journal follow"},
    {"journal verify", "replay every event, check every root, every book",
     .options = journal_verify_options, .run = cmd_journal_verify,
     .about = "Reads the journal of the data directory, or an export. Each line is a leaf of a\n"
              "Merkle tree whose root was stored with each commit: an altered line is named by\n"
              "its number. The state is built again from event 0 and every book is recounted.",
     .example = "tatara journal verify\ntatara journal verify --file journal.txt",
     .exits = "1    the journal is not what was written"},
    {"journal export", "the journal as text, to keep or to verify elsewhere",
     .options = journal_export_options, .run = cmd_journal_export,
     .example = "tatara journal export --to journal.txt"},
    {"backup", "copy journal, blobs and keys while the house runs", "DIR", WORDS(1, 1),
     .run = cmd_backup, .example = "tatara backup /srv/backup/tatara-2026-11-21"},
    {"restore", "make a data directory from a backup", "DIR", WORDS(1, 1), .run = cmd_restore,
     .about = "The data directory (--data) must be empty or absent. The journal is verified\n"
              "before anything is put in place.",
     .example = "tatara restore /srv/backup/tatara-2026-11-21 --data /var/lib/tatara"},
    {"setting list", "what the house goes by", .run = cmd_setting_list,
     .example = "tatara setting list"},
    {"setting set", "change what the house goes by", "NAME VALUE", WORDS(2, 2),
     .completes = "setting", .run = cmd_setting_set,
     .example = "tatara setting set stop_grace_ms 5000"},
    {"sim", "plan a fleet: the same rules on a virtual clock", "SCENARIO.yaml", WORDS(1, 1),
     .options = sim_options, .run = cmd_sim,
     .about = "Runs a scenario: sites with their power, racks as they are built, demand, prices,\n"
              "faults and curtailments. What decides is what decides in `tatara up`. The same\n"
              "scenario and seed give the same bytes. docs/simulator.md says how to write one.\n"
              "A journal that was written is checked by `tatara journal verify --file`.",
     .example = "tatara sim scenario/laptop.yaml --out plan\n"
                "tatara sim scenario/sakai.yaml --seed 7 --until 90d --json\n"
                "tatara sim scenario/laptop.yaml --out plan --journal",
     .exits = "1    mistakes in the scenario (all are named), or a broken invariant"},
    {"whoami", "which key, account and role you have", .run = cmd_whoami,
     .example = "tatara whoami"},
    {"lab fleet", "fill and churn a placement index of any size, and time it", NULL, WORDS(0, 0),
     .options = lab_fleet_options, .run = cmd_lab_fleet,
     .about = "Nodes of 8 devices, racks of 4 to 16, blocks of up to 1,024 nodes, sites of up to\n"
              "819,200 devices; filled to nine tenths with single devices up to gangs of 1,024\n"
              "nodes, then for each lease that comes a random one ends. Five runs; their median\n"
              "by CPU time. The index is the server's, without journal, meter and ledger.",
     .example = "tatara lab fleet --devices 8000000 --json"},
    {"lab json", "read JSON strictly and print its canonical form (RFC 8785)", "FILE",
     WORDS(1, 1), .run = cmd_lab_json, .about = "FILE may be - for standard input.",
     .example = "tatara lab json invoice.json",
     .exits = "1    it is not JSON: the error names line and column"},
    {"lab place", "fill a recorded cluster with its pods under a placement rule",
     .options = lab_place_options, .run = cmd_lab_place,
     .about = "Each pod is placed once, by the index of the server, or dropped; none leaves.\n"
              "Reported is how much is allocated when so many percent of the devices were asked\n"
              "for, what is left at the end, how much of that is no use to a typical pod\n"
              "(fragmentation, in devices) and decisions a second. Without --order and --ranks\n"
              "the list is shuffled and pods are drawn from it until 130 % have come.",
     .example = "tatara lab place --nodes nodes.csv --pods pods.csv --policy fgd\n"
                "tatara lab place --nodes nodes.csv --pods pods.csv --order default.42.u16 "
                "--ranks default.42.nodeperm.u16 --json"},
    {"lab power", "watts of N replicas of a service, from measured traces", "[FILE…]",
     WORDS(0, OPTION_WORDS_MAX), .options = lab_power_options, .run = cmd_lab_power,
     .about = "Each replica runs the trace with a phase of its own. What a device needs at the\n"
              "percentile says how many more devices fit under the same limit.",
     .example = "tatara lab power --traces traces/ --replicas 1,50,200\n"
                "tatara lab power --traces a.csv --devices 8 --json"},
    {"lab queue", "replay a trace of jobs (SWF) against a rule of the queue", "FILE",
     WORDS(1, 1), .options = lab_queue_options, .run = cmd_lab_queue,
     .about = "Run times are known beforehand. fcfs: strictly in order. easy: that, with\n"
              "EASY backfill. tatara: the rule of the server: fair share among the trace's users,\n"
              "backfill, and a bound on the wait of gangs. FILE may be - (standard input).\n"
              "Jobs without run time or processors and those larger than the machine are skipped.",
     .example = "tatara lab queue lublin_256.swf --procs 256 --policy easy --json"},
    {"completion", "completion for a shell", "bash", WORDS(1, 1), .run = cmd_completion,
     .example = "tatara completion bash > /etc/bash_completion.d/tatara"},
    {"complete", "ids of a kind, for completion", "KIND", WORDS(1, 1), .hidden = true,
     .run = cmd_complete, .example = "tatara complete job"},
    {"help", "what tatara can do", "[COMMAND…]", WORDS(0, 2), .options = help_options,
     .run = cmd_help, .example = "tatara help job list\ntatara help --man | man -l -"},
};

// clang-format on

const struct command *commands_row(uint32_t index)
{
    return index < sizeof rows / sizeof *rows ? &rows[index] : NULL;
}

const struct option *commands_globals(void)
{
    return globals;
}
