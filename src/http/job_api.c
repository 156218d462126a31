#include "http/job_api.h"
#include "base/must.h"
#include "core/sched/why.h"
#include "http/job_reply.h"
#include "http/page.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum {
    ARGUMENTS_MAX = 4096,
    VARIABLES_MAX = 1024,
    DEVICES_MAX = DEVICE_SET_MAX,
    GRACE_MS_MAX = 3600 * 1000,
};
#define MEMORY_MIB_MAX (INT64_C(1) << 40)
#define TIME_LIMIT_MAX (INT64_C(10) * 366 * 24 * 3600 * 1000)

enum {
    JOB_ACCOUNT,
    JOB_NAME,
    JOB_DEVICES,
    JOB_CHIP,
    JOB_MEMORY,
    JOB_ARGV,
    JOB_ENV,
    JOB_DIRECTORY,
    JOB_ROOTFS,
    JOB_TIME_LIMIT,
    JOB_RESTARTABLE,
    JOB_NODES,
    JOB_CHIP_2,
    JOB_CHIP_3,
    JOB_CHIP_4,
    JOB_MILLI,
    JOB_MIG,
    JOB_CPU,
    JOB_DEVICE_MEMORY,
    JOB_TOGETHER,
    JOB_TOGETHER_MUST,
    JOB_SPREAD,
    JOB_PRIORITY,
    JOB_CLASS,
    JOB_POWER,
    JOB_CHECKPOINTS,
    JOB_REQUIRE,
    JOB_RESERVATION
};
#define CHOICE_OF(function, text_of, type, count)               \
    static bool function(str text, uint32_t *ret_choice)        \
    {                                                           \
        for (uint32_t i = 0; i < count; i++) {                  \
            if (!str_is(text, str_from(text_of((enum type)i)))) \
                continue;                                       \
            *ret_choice = i;                                    \
            return true;                                        \
        }                                                       \
        return false;                                           \
    }
CHOICE_OF(together_choice, together_text, together, TOGETHER_COUNT)
CHOICE_OF(priority_choice, job_priority_text, job_priority, JOB_PRIORITY_COUNT)
CHOICE_OF(class_choice, class_asked_text, class_asked, CLASS_ASKED_COUNT)
CHOICE_OF(power_choice, job_power_text, job_power, JOB_POWER_COUNT)
static bool mig_choice(str text, uint32_t *ret_choice)
{
    char word[8];
    return str_copy(text, word, sizeof word) && slices_parse(word, ret_choice);
}
#define LEVELS "any, site, block, rack, node"
const struct field job_submit_fields[] = {
    [JOB_ACCOUNT] = FIELD(.name = "account", .form = FIELD_ACCOUNT,
                          .doc = "who pays; the key's own account when not given"),
    [JOB_NAME] =
        FIELD(.name = "name", .form = FIELD_TEXT, .nullable = true, .max = 31, .doc = "for people"),
    [JOB_DEVICES] = FIELD(.name = "devices", .form = FIELD_INTEGER, .required = true, .min = 0,
                          .max = DEVICES_MAX, .doc = "how many devices of each node"),
    [JOB_CHIP] = FIELD(.name = "chip", .form = FIELD_CHIP, .nullable = true,
                       .doc = "kind of device; any when not given"),
    [JOB_MEMORY] = FIELD(.name = "memory_mib", .form = FIELD_INTEGER, .max = MEMORY_MIB_MAX,
                         .doc = "memory in MiB; 0: no limit asked"),
    [JOB_ARGV] = FIELD(.name = "argv", .form = FIELD_TEXTS, .required = true, .min = 1,
                       .max = ARGUMENTS_MAX, .doc = "the command and its arguments"),
    [JOB_ENV] = FIELD(.name = "env", .form = FIELD_TEXT_MAP, .max = VARIABLES_MAX,
                      .doc = "environment variables; their values are never shown again"),
    [JOB_DIRECTORY] = FIELD(.name = "directory", .form = FIELD_TEXT, .nullable = true, .min = 1,
                            .max = 4095, .doc = "working directory, an absolute path"),
    [JOB_ROOTFS] =
        FIELD(.name = "rootfs", .form = FIELD_TEXT, .nullable = true, .min = 1, .max = 4095,
              .doc = "root file system, a directory of the node; for operators and admins"),
    [JOB_TIME_LIMIT] =
        FIELD(.name = "time_limit_ms", .form = FIELD_INTEGER, .nullable = true, .min = 1,
              .max = TIME_LIMIT_MAX, .doc = "stop it after running so long"),
    [JOB_RESTARTABLE] = FIELD(.name = "restartable", .form = FIELD_BOOL,
                              .doc = "begin again when an attempt is lost or the house stops it"),
    [JOB_NODES] = FIELD(.name = "nodes", .form = FIELD_INTEGER, .min = 1, .max = SHAPE_NODES_MAX,
                        .doc = "a gang: so many nodes at once; 1 when not given"),
    [JOB_CHIP_2] = FIELD(.name = "chip_2", .form = FIELD_CHIP, .nullable = true,
                         .doc = "another kind of device that will do"),
    [JOB_CHIP_3] = FIELD(.name = "chip_3", .form = FIELD_CHIP, .nullable = true,
                         .doc = "a third kind that will do"),
    [JOB_CHIP_4] = FIELD(.name = "chip_4", .form = FIELD_CHIP, .nullable = true,
                         .doc = "a fourth kind that will do"),
    [JOB_MILLI] = FIELD(.name = "milli", .form = FIELD_INTEGER, .min = 1, .max = MILLI_WHOLE,
                        .doc = "a share: thousandths of one device"),
    [JOB_MIG] = FIELD(.name = "mig", .form = FIELD_CHOICE, .choice = mig_choice,
                      .choices = "1g, 2g, 3g, 4g, 7g", .doc = "a share: a MIG profile"),
    [JOB_CPU] = FIELD(.name = "cpu_milli", .form = FIELD_INTEGER, .max = INT64_C(1) << 31,
                      .doc = "thousandths of a CPU of each node"),
    [JOB_DEVICE_MEMORY] =
        FIELD(.name = "device_memory_mib", .form = FIELD_INTEGER, .max = MEMORY_MIB_MAX,
              .doc = "least memory of a device, or of its share"),
    [JOB_TOGETHER] = FIELD(.name = "together", .form = FIELD_CHOICE, .choice = together_choice,
                           .choices = LEVELS, .doc = "all nodes in the same one"),
    [JOB_TOGETHER_MUST] = FIELD(.name = "together_must", .form = FIELD_BOOL,
                                .doc = "not only a wish: it waits until they are"),
    [JOB_SPREAD] = FIELD(.name = "spread", .form = FIELD_CHOICE, .choice = together_choice,
                         .choices = LEVELS, .doc = "no two nodes in the same one"),
    [JOB_PRIORITY] = FIELD(.name = "priority", .form = FIELD_CHOICE, .choice = priority_choice,
                           .choices = "idle, low, normal, high, critical",
                           .doc = "normal when not given; critical is for operators"),
    [JOB_CLASS] = FIELD(.name = "class", .form = FIELD_CHOICE, .choice = class_choice,
                        .choices = "reserved, on_demand, spot, interruptible",
                        .doc = "of its lease; each class has its own price"),
    [JOB_POWER] = FIELD(.name = "power", .form = FIELD_CHOICE, .choice = power_choice,
                        .choices = "training, inference, batch", .doc = "how it draws power"),
    [JOB_CHECKPOINTS] = FIELD(.name = "checkpoints", .form = FIELD_BOOL,
                              .doc = "it saves its work and goes on from there"),
    [JOB_REQUIRE] = FIELD(.name = "require", .form = FIELD_TEXT, .nullable = true,
                          .max = RULE_SIZE - 1, .doc = "where it may run: country=JP !origin=XX"),
    [JOB_RESERVATION] = FIELD(.name = "reservation", .form = FIELD_ID, .nullable = true,
                              .choices = "reservation", .doc = "whose window it may use"),
    FIELD(0),
};

enum { LIST_ACCOUNT = 2, LIST_STATE };
static bool state_choice(str text, uint32_t *ret_choice)
{
    for (uint32_t state = 0; state < JOB_STATE_COUNT; state++) {
        if (!str_is(text, str_from(job_state_text(state))))
            continue;
        *ret_choice = state;
        return true;
    }
    return false;
}
const struct field job_list_query[] = {
    QUERY_PAGE("job"),
    FIELD(.name = "account", .form = FIELD_ACCOUNT, .doc = "only this account's"),
    FIELD(.name = "state", .form = FIELD_CHOICE, .choice = state_choice,
          .choices = "queued, starting, running, stopping, done", .doc = "only in this state"),
    FIELD(0),
};

const struct field job_stop_fields[] = {
    FIELD(.name = "grace_ms", .form = FIELD_INTEGER, .nullable = true, .max = GRACE_MS_MAX,
          .doc = "time between SIGTERM and SIGKILL; the setting stop_grace_ms when not given"),
    FIELD(0),
};

const struct reply_field reply_job_page[] = {
    ROW("items", REPLY_LIST, false, reply_job, "newest last"),
    ROW("next", REPLY_ID, true, NULL, "give it as after for the next page"),
    {0},
};

const struct reply_field reply_job_shown[] = {
    ROW("*", REPLY_OBJECT, false, reply_job, "as in lists"),
    ROW("argv", REPLY_TEXTS, true, NULL, "the command; null when its content was deleted"),
    ROW("env_names", REPLY_TEXTS, true, NULL, "names of its environment variables"),
    ROW("directory", REPLY_TEXT, true, NULL, "where it was begun"),
    ROW("parts", REPLY_TEXTS, false, NULL, "nodes and devices of its newest lease: n1-n64:0-3"),
    ROW(0),
};

const struct reply_field reply_why[] = {
    ROW("rule", REPLY_TEXT, false, NULL, "the rule that holds it"),
    ROW("text", REPLY_TEXT, false, NULL, "the rule in words"),
    ROW("position", REPLY_NUMBER, false, NULL, "1: first of all that wait; 0: it does not wait"),
    ROW("ahead", REPLY_TEXTS, false, NULL, "the nearest jobs in front, first in line first"),
    ROW("needs", REPLY_NUMBER, false, NULL, "what the rule counts: devices, MiB or minor units"),
    ROW("free", REPLY_NUMBER, false, NULL, "how much of it is free"),
    ROW("limit", REPLY_NUMBER, false, NULL, "the limit, where one holds it"),
    ROW("waits_for", REPLY_ID, true, NULL, "the running job it waits for"),
    ROW("estimated_start", REPLY_TIME, true, NULL, "when every job in front has a time limit"),
    ROW("curtailment", REPLY_ID, true, NULL, "for which it was paused or capped"),
    ROW("urgency", REPLY_TEXT, true, NULL, "of that: voluntary, emergency"),
    ROW("since", REPLY_TIME, true, NULL, "when it began to stand still"),
    ROW("fix", REPLY_TEXT, true, NULL, "what would help"),
    ROW(0),
};

// Submit ----------------------------------------------------------------------------------------

static bool variable_name_valid(str name)
{
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
        if (!letter && (i == 0 || c < '0' || c > '9'))
            return false;
    }
    return name.len > 0 && name.len <= 255;
}

static bool environment_check(struct exchange *exchange)
{
    const struct json *env = exchange->body[JOB_ENV].tree;
    for (const struct json *entry = env ? env->first : NULL; entry; entry = entry->next)
        if (!variable_name_valid(entry->name))
            return refuse(&exchange->refusal, REFUSE_FIELD, "env",
                          "name variables with letters, digits and _, no digit first",
                          "line %" PRIu32 ": a variable's name cannot be taken", entry->line);
    return true;
}

static bool path_check(struct exchange *exchange, uint32_t row)
{
    const struct value *value = &exchange->body[row];
    const char *name = job_submit_fields[row].name;
    if (!value->present || value->is_null || value->text.ptr[0] == '/')
        return true;
    return refuse(&exchange->refusal, REFUSE_FIELD, name, "give an absolute path",
                  "%s does not begin with a slash", name);
}

static bool submit_check(struct exchange *exchange)
{
    const struct value *rootfs = &exchange->body[JOB_ROOTFS];
    if (exchange->body[JOB_ARGV].tree->first->text.len == 0)
        return refuse(&exchange->refusal, REFUSE_FIELD, "argv", "give a command",
                      "the first entry of argv is empty");
    if (!environment_check(exchange) || !path_check(exchange, JOB_DIRECTORY) ||
        !path_check(exchange, JOB_ROOTFS))
        return false;
    if (rootfs->present && !rootfs->is_null && exchange->by.role < ROLE_OPERATOR)
        return refuse(&exchange->refusal, REFUSE_NOT_ALLOWED, "rootfs", NULL,
                      "only operators and admins may name a root file system");
    return true;
}

static void spec_text(struct json_out *json, const char *name, const struct value *value)
{
    if (!value->present || value->is_null)
        return;
    json_name(json, str_from(name));
    json_text(json, value->text);
}

// Names in the order of canonical JSON; the members of env in the order they came.
static void spec_write(struct exchange *exchange)
{
    struct json_out json;
    json_out_init(&json, &exchange->spec);
    json_object(&json);
    json_name(&json, S("argv"));
    json_array(&json);
    for (const struct json *entry = exchange->body[JOB_ARGV].tree->first; entry;
         entry = entry->next)
        json_text(&json, entry->text);
    json_end(&json);
    spec_text(&json, "directory", &exchange->body[JOB_DIRECTORY]);
    json_name(&json, S("env"));
    json_object(&json);
    const struct json *env = exchange->body[JOB_ENV].tree;
    for (const struct json *entry = env ? env->first : NULL; entry; entry = entry->next) {
        json_name(&json, entry->name);
        json_text(&json, entry->text);
    }
    json_end(&json);
    spec_text(&json, "rootfs", &exchange->body[JOB_ROOTFS]);
    json_end(&json);
}

// Values that were not given are 0, which is what a shape has for them.
static void shape_of(const struct value *body, struct shape *shape)
{
    static const uint32_t chips[] = {JOB_CHIP, JOB_CHIP_2, JOB_CHIP_3, JOB_CHIP_4};
    uint32_t count = 0;
    for (uint32_t i = 0; i < SHAPE_CHIPS_MAX; i++)
        if (body[chips[i]].integer)
            shape->chips[count++] = (uint64_t)body[chips[i]].integer;
    shape->cpu_milli = body[JOB_CPU].integer;
    shape->memory_mib = body[JOB_MEMORY].integer;
    shape->device_memory_mib = body[JOB_DEVICE_MEMORY].integer;
    shape->nodes = (uint32_t)body[JOB_NODES].integer;
    shape->devices = (uint32_t)body[JOB_DEVICES].integer;
    shape->milli = (uint32_t)body[JOB_MILLI].integer;
    shape->slices = (uint32_t)body[JOB_MIG].integer;
    shape->together = (uint32_t)body[JOB_TOGETHER].integer;
    shape->together_must = (uint32_t)body[JOB_TOGETHER_MUST].integer;
    shape->spread = (uint32_t)body[JOB_SPREAD].integer;
}

bool job_submit_prepare(struct exchange *exchange)
{
    const struct value *body = exchange->body;
    uint64_t account =
        body[JOB_ACCOUNT].present ? (uint64_t)body[JOB_ACCOUNT].integer : exchange->by.account;
    if (!exchange_may(exchange, account) || !submit_check(exchange))
        return false;
    struct job_submit *job = &exchange->input.job;
    exchange->input.kind = INPUT_JOB_SUBMIT;
    job->account = account;
    shape_of(body, &job->shape);
    job->priority = (enum job_priority)body[JOB_PRIORITY].integer;
    job->class_asked = (enum class_asked)body[JOB_CLASS].integer;
    job->power = (enum job_power)body[JOB_POWER].integer;
    job->checkpoints = body[JOB_CHECKPOINTS].integer != 0;
    job->reservation = (uint64_t)body[JOB_RESERVATION].integer;
    exchange_copy(&body[JOB_REQUIRE], job->require, sizeof job->require);
    job->run_ms_max = body[JOB_TIME_LIMIT].integer;
    job->restartable = body[JOB_RESTARTABLE].integer != 0;
    exchange_copy(&body[JOB_NAME], job->name, sizeof job->name);
    spec_write(exchange);
    return true;
}

enum view job_answer_view(struct exchange *exchange, const struct cloud *cloud)
{
    const struct job *job = cloud_job(cloud, exchange->answer.subject);
    if (!job) { // answered before, and so old that it has left the tables
        refuse(&exchange->refusal, REFUSE_GONE, NULL, NULL, NULL);
        return VIEW_DONE;
    }
    json_out_init(&exchange->json, &exchange->reply);
    job_reply(&exchange->json, cloud, job);
    return VIEW_DONE;
}

bool job_stop_prepare(struct exchange *exchange)
{
    const struct value *grace = &exchange->body[0];
    exchange->input.kind = INPUT_JOB_STOP;
    exchange->input.stop.job = (uint64_t)exchange->subject.integer;
    exchange->input.stop.grace_ms = grace->present && !grace->is_null ? grace->integer : -1;
    return true;
}

// Reading ---------------------------------------------------------------------------------------

static bool list_row(struct exchange *exchange, const struct cloud *cloud, const void *row)
{
    const struct job *job = row;
    const struct value *state = &exchange->query[LIST_STATE];
    uint64_t account = exchange->scratch[7];
    if ((account && job->account != account) || (state->present && job->state != state->integer))
        return false;
    job_reply(&exchange->json, cloud, job);
    return true;
}

enum view job_list_view(struct exchange *exchange, const struct cloud *cloud)
{
    if (!page_account(exchange, LIST_ACCOUNT, &exchange->scratch[7]))
        return VIEW_DONE;
    return page_show(exchange, cloud, &cloud->sched.jobs, list_row);
}

const struct job *job_of_exchange(struct exchange *exchange, const struct cloud *cloud)
{
    const struct job *job = cloud_job(cloud, (uint64_t)exchange->subject.integer);
    if (!job) {
        refuse(&exchange->refusal, REFUSE_NOT_FOUND, NULL, NULL, NULL);
        return NULL;
    }
    return exchange_may(exchange, job->account) ? job : NULL;
}

enum view job_show_view(struct exchange *exchange, const struct cloud *cloud)
{
    const struct job *job = job_of_exchange(exchange, cloud);
    if (!job)
        return VIEW_DONE;
    exchange->job = *job;
    json_out_init(&exchange->json, &exchange->reply);
    json_object(&exchange->json);
    job_reply_members(&exchange->json, cloud, job);
    job_reply_parts(&exchange->json, cloud, job);
    return VIEW_DONE;
}

static void show_spec(struct exchange *exchange, const struct json *spec)
{
    struct json_out *json = &exchange->json;
    const struct json *argv = json_member(spec, S("argv")), *env = json_member(spec, S("env"));
    const struct json *directory = json_member(spec, S("directory"));
    json_name(json, S("argv"));
    json_array(json);
    for (const struct json *entry = argv ? argv->first : NULL; entry; entry = entry->next)
        json_text(json, entry->text);
    json_end(json);
    json_name(json, S("env_names"));
    json_array(json);
    for (const struct json *entry = env ? env->first : NULL; entry; entry = entry->next)
        json_text(json, entry->name);
    json_end(json);
    json_name(json, S("directory"));
    if (directory)
        json_text(json, directory->text);
    else
        json_null(json);
}

bool job_show_finish(struct exchange *exchange)
{
    struct blobs *blobs = exchange->parts->config.blobs;
    const struct json *spec = NULL;
    struct buf bytes;
    struct err err;
    buf_init(&bytes, BLOB_MAX);
    if (blobs->ops->get(blobs, exchange->job.spec, &bytes, &err) &&
        json_read(buf_str(&bytes), BLOB_MAX, &exchange->arena, &spec, &err)) {
        show_spec(exchange, spec);
    } else {
        reply_null(&exchange->json, "argv");
        reply_null(&exchange->json, "env_names");
        reply_null(&exchange->json, "directory");
    }
    json_end(&exchange->json);
    if (bytes.ptr)
        explicit_bzero(bytes.ptr, bytes.len); // it holds the environment
    buf_finish(&bytes);
    return true;
}

struct why_words {
    const char *text, *fix;
};
#define WORDS(...)  \
    {               \
        __VA_ARGS__ \
    }
static const struct why_words why_words[WHY_RULE_COUNT] = {
    [WHY_NEXT] = WORDS("it is the next to be placed", ""),
    [WHY_BEHIND] = WORDS("jobs that came before it wait too", "wait, or ask for less"),
    [WHY_NO_DEVICES] = WORDS("not enough devices of one node are free",
                             "wait until others end, or ask for fewer devices"),
    [WHY_NO_MEMORY] = WORDS("not enough memory is free where the devices are",
                            "wait until others end, or ask for less memory"),
    [WHY_NODES_CLOSED] = WORDS("the nodes that could take it are draining or in repair",
                               "an operator opens one with: tatara node undrain"),
    [WHY_DEVICE_LIMIT] =
        WORDS("its account holds as many devices as its limit allows",
              "end another job of the account, or have the limit raised: tatara limit set"),
    [WHY_MONTH_LIMIT] = WORDS("its account's money limit for this month is spent",
                              "have the limit raised: tatara limit set, or wait for next month"),
    [WHY_NO_PRICE] = WORDS("no price is in force for the device in the account's currency",
                           "an admin sets one with: tatara price set"),
    [WHY_FORBIDDEN] = WORDS("its rule about where it may run permits no node that could take it",
                            "stop it and ask with another rule"),
    [WHY_INFEASIBLE] =
        WORDS("no node of this house has what it asks for", "stop it and ask for less"),
    [WHY_NOT_STARTED] = WORDS("its reservation has not begun", "wait, or submit it without one"),
    [WHY_RESERVED_FULL] = WORDS("the other jobs of its reservation leave too little",
                                "wait until one ends, or ask for less"),
    [WHY_RUNNING] = WORDS("it has its devices", ""),
    [WHY_PAUSED] = WORDS("a power limit fell under what is promised: it stands still",
                         "wait, or ask for a higher class; see: tatara site curtailed"),
    [WHY_CAPPED] = WORDS("a power limit fell under what is promised: it takes fewer watts",
                         "wait, or ask for a higher class; see: tatara site curtailed"),
    [WHY_DONE] = WORDS("it has ended", ""),
};

static void why_reply(struct json_out *json, const struct why *why, const struct job *job)
{
    json_object(json);
    reply_text(json, "rule", why_rule_text(why->rule));
    reply_text(json, "text", why_words[why->rule].text);
    reply_number(json, "position", why->position);
    json_name(json, S("ahead"));
    json_array(json);
    for (uint32_t i = 0; i < why->ahead_count; i++)
        reply_id_text(json, "job", why->ahead[i]);
    json_end(json);
    reply_number(json, "needs", why->needs);
    reply_number(json, "free", why->free);
    reply_number(json, "limit", why->limit);
    reply_id(json, "waits_for", "job", why->waits_for);
    reply_time(json, "estimated_start", why->estimate_known ? why->estimate_us : 0);
    bool held = job->paused_us || job->cap_permille;
    reply_id(json, "curtailment", "curtailment", held ? job->curtailment : 0);
    reply_text_or_null(json, "urgency",
                       held ? hold_urgency_text((enum hold_urgency)job->hold_urgency) : NULL);
    reply_time(json, "since", job->paused_us);
    reply_text_or_null(json, "fix", why_words[why->rule].fix);
    json_end(json);
}

enum view job_why_view(struct exchange *exchange, const struct cloud *cloud)
{
    const struct job *job = job_of_exchange(exchange, cloud);
    if (!job)
        return VIEW_DONE;
    struct why why = {0};
    struct place_view view = cloud_place_view(cloud);
    why_job(&view, job, cloud_time_us(cloud), &why);
    bool foreign = !exchange_sees_all(exchange); // whose jobs are in front is not its to know
    for (uint32_t i = 0; foreign && i < why.ahead_count; i++) {
        const struct job *ahead = cloud_job(cloud, why.ahead[i]);
        if (ahead && ahead->account == job->account)
            continue;
        memmove(&why.ahead[i], &why.ahead[i + 1], (why.ahead_count - i - 1) * sizeof why.ahead[0]);
        why.ahead_count--;
        i--;
    }
    const struct job *holder = why.waits_for ? cloud_job(cloud, why.waits_for) : NULL;
    if (foreign && holder && holder->account != job->account)
        why.waits_for = 0;
    json_out_init(&exchange->json, &exchange->reply);
    why_reply(&exchange->json, &why, job);
    return VIEW_DONE;
}
