// Who may do what, and what each command refuses: every command as every role, and every command
// with every field wrong. Refusals are held to a table written by hand, not to policy's own, and
// nothing that is refused leaves an event or a change.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "house.h"

enum { ACME = 2, BETA = 3, ACME_JOB = 1, BETA_JOB = 2 };

// Keys by number, as the house gives them out below; the first is the admin's.
enum { ADMIN = 1, ACME_READER, ACME_USER, BETA_USER, OPERATOR, AUDITOR, REVOKED, EXPIRED, UNKNOWN };

static struct house_run run;

static void new_account(const char *slug)
{
    struct input input = {.kind = INPUT_ACCOUNT_NEW};
    strncpy(input.account.slug, slug, sizeof input.account.slug - 1);
    strncpy(input.account.name, slug, sizeof input.account.name - 1);
    must(house_do(&run, input) == ANSWER_OK);
}

static void new_key(uint64_t account, enum role role, int64_t expires_us)
{
    struct input input = {.kind = INPUT_KEY_NEW};
    input.key = (struct key_new){.account = account, .role = role, .expires_us = expires_us};
    input.key.hmac.bytes[0] = (uint8_t)run.cloud.market.keys.last_id;
    must(house_do(&run, input) == ANSWER_OK);
}

// A site with a feeder, a cap on it and a window of maintenance.
static void new_site(void)
{
    struct input site = {
        .kind = INPUT_SITE_NEW, .site = {0, "sakai", "Sakai", "JP", 0, 1250}
    };
    struct input feeder = {
        .kind = INPUT_FEEDER_NEW,
        .feeder = {.site = 1, .rated_w = 9000, .name = "grid", .efficiency_ppm = 1000000}
    };
    struct input cap = {
        .kind = INPUT_FEEDER_CAP, .cap = {1, 8000, 0, 0}
    };
    struct input window = {.kind = INPUT_MAINTENANCE_NEW};
    window.maintenance =
        (struct maintenance_new){1, run.time_us + 2 * DAY_US, run.time_us + 3 * DAY_US};
    must(house_do(&run, site) == ANSWER_OK && house_do(&run, feeder) == ANSWER_OK);
    must(house_do(&run, cap) == ANSWER_OK && house_do(&run, window) == ANSWER_OK);
}

static int set_up(void **state)
{
    (void)state;
    house_init(&run);
    house_open(&run, 4);
    new_account("acme");
    new_account("beta");
    new_key(ACME, ROLE_READER, 0);
    new_key(ACME, ROLE_USER, 0);
    new_key(BETA, ROLE_USER, 0);
    new_key(ACCOUNT_HOUSE, ROLE_OPERATOR, 0);
    new_key(ACCOUNT_HOUSE, ROLE_READER, 0);
    new_key(ACCOUNT_HOUSE, ROLE_ADMIN, 0);
    new_key(ACCOUNT_HOUSE, ROLE_ADMIN, run.time_us + SECOND_US);
    must(house_do(&run, (struct input){.kind = INPUT_KEY_REVOKE, .id = REVOKED}) == ANSWER_OK);
    must(house_submit(&run, ACME, 1) == ACME_JOB && house_submit(&run, BETA, 1) == BETA_JOB);
    house_report(&run, ACME_JOB, 1, ATTEMPT_STARTED, 0);
    run.time_us += HOUR_US;
    must(house_report(&run, ACME_JOB, 1, ATTEMPT_ALIVE, HOUR_US / MS_US) == ANSWER_OK);
    new_site();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    house_finish(&run);
    return 0;
}

// What the core would answer; an event exactly when it is yes, and nothing changed by asking.
static enum answer ask(struct input *input, uint64_t key, struct cloud_step *ret_step)
{
    input->time_us = run.time_us;
    input->by = (struct principal){key, ACCOUNT_HOUSE, ROLE_ADMIN}; // what is said counts nothing
    digest before = cloud_hash(&run.cloud);
    cloud_decide(&run.cloud, input, 0, ret_step);
    assert_int_equal(ret_step->has_event, ret_step->answer == ANSWER_OK);
    assert_true(digest_same(before, cloud_hash(&run.cloud)));
    return ret_step->answer;
}

static const struct node_new node_m1 = {
    .name = "m1",
    .place = {.site = 1,
              .feeder_a = 1,
              .block = "b1",
              .rack = "r1",
              .chip = {.name = "cpu-core"},
              .devices = 2}
};

// The same for what is built, not for whom.
static struct input good_place(enum input_kind kind)
{
    struct input input = {.kind = kind, .id = 1};
    switch ((uint32_t)kind) {
    case INPUT_ENTITY_NEW:
        input.entity = (struct entity_new){0, "acme", "Acme KK", "JP"};
        break;
    case INPUT_SITE_NEW:
        input.site = (struct site_new){0, "osaka", "Osaka", "JP", 0, 1250};
        break;
    case INPUT_FEEDER_NEW:
        input.feeder = (struct feeder_new){.site = 1, .parent = 1, .rated_w = 1, .name = "a"};
        input.feeder.kind = FEEDER_WIRE;
        input.feeder.efficiency_ppm = EFFICIENCY_PPM_MAX;
        break;
    case INPUT_FEEDER_CAP:
        input.cap = (struct feeder_cap_new){1, 100, 0, 0};
        break;
    case INPUT_RACK_NEW:
        input.rack = (struct rack_new){.place = node_m1.place, .nodes = 1};
        break;
    case INPUT_NODES_NEW:
        input.nodes = (struct nodes_new){1, &node_m1};
        break;
    case INPUT_NODE_LABEL:
        input.label = (struct node_label){.node = 1, .labels = "disk=nvme"};
        break;
    case INPUT_HEALTH_REPORT:
        input.health = (struct health_report){1, 0, HEALTH_THERMAL, 0, "test"};
        break;
    case INPUT_MAINTENANCE_NEW:
        input.maintenance = (struct maintenance_new){1, 0, run.time_us + HOUR_US};
        break;
    default:
        must(kind == INPUT_FEEDER_UNCAP || kind == INPUT_MAINTENANCE_END);
    }
    return input;
}

// A command that an admin may give here and now; `whose` the things of.
static struct input good(enum input_kind kind, uint64_t whose)
{
    struct input input = {.kind = kind};
    switch ((uint32_t)kind) {
    case INPUT_ACCOUNT_NEW:
        input.account = (struct account_new){.slug = "new", .name = "New"};
        break;
    case INPUT_KEY_NEW:
        input.key = (struct key_new){.account = whose, .role = ROLE_READER};
        break;
    case INPUT_KEY_REVOKE:
        input.id = whose == ACME ? ACME_READER : BETA_USER;
        break;
    case INPUT_OPERATOR_SET:
        input.operator=(struct operator_set){.name = "Operator"};
        break;
    case INPUT_PRICE_SET:
        input.price = (struct price_new){
            .chip = 1, .value = {5, 0},
                 .class = LEASE_ON_DEMAND, .tax_permille = 100
        };
        break;
    case INPUT_LIMIT_SET:
        input.limit = (struct limit_new){.account = whose, .set_devices = true, .devices_max = 4};
        break;
    case INPUT_SETTING_SET:
        input.setting = (struct setting_new){SETTING_JOB_KEEP_DAYS, 7};
        break;
    case INPUT_JOB_SUBMIT:
        input.job = (struct job_submit){.account = whose, .shape.devices = 1, .name = "job"};
        break;
    case INPUT_JOB_STOP:
        input.stop = (struct job_stop){whose == ACME ? ACME_JOB : BETA_JOB, -1};
        break;
    case INPUT_NODE_DRAIN:
        input.id = 1;
        break;
    case INPUT_INVOICE_ISSUE:
        input.invoice = (struct invoice_issue){whose, month_at(0, run.time_us), true};
        break;
    default:
        return good_place(kind);
    }
    return input;
}

static void every_command_as_every_role(void **state)
{
    (void)state;
    static const uint64_t keys[] = {ACME_READER, ACME_USER, OPERATOR, AUDITOR, ADMIN};
    static const struct {
        enum input_kind kind;
        uint64_t whose;
        const char *want; // by key: y yes, n not allowed, h hidden: not found
    } rows[] = {
        {INPUT_ACCOUNT_NEW,     ACME, "nnnny"},
        {INPUT_KEY_NEW,         ACME, "nynny"},
        {INPUT_KEY_NEW,         BETA, "hhnny"},
        {INPUT_KEY_REVOKE,      ACME, "nynny"},
        {INPUT_KEY_REVOKE,      BETA, "hhnny"},
        {INPUT_OPERATOR_SET,    ACME, "nnnny"},
        {INPUT_PRICE_SET,       ACME, "nnnny"},
        {INPUT_LIMIT_SET,       ACME, "nnnny"},
        {INPUT_SETTING_SET,     ACME, "nnnny"},
        {INPUT_JOB_SUBMIT,      ACME, "nyyny"},
        {INPUT_JOB_SUBMIT,      BETA, "hhyny"},
        {INPUT_JOB_STOP,        ACME, "nyyny"},
        {INPUT_JOB_STOP,        BETA, "hhyny"},
        {INPUT_NODE_DRAIN,      ACME, "nnyny"},
        {INPUT_INVOICE_ISSUE,   ACME, "nnnny"},
        {INPUT_ENTITY_NEW,      ACME, "nnnny"},
        {INPUT_SITE_NEW,        ACME, "nnnny"},
        {INPUT_FEEDER_NEW,      ACME, "nnnny"},
        {INPUT_FEEDER_CAP,      ACME, "nnyny"},
        {INPUT_FEEDER_UNCAP,    ACME, "nnyny"},
        {INPUT_RACK_NEW,        ACME, "nnyny"},
        {INPUT_NODES_NEW,       ACME, "nnyny"},
        {INPUT_NODE_LABEL,      ACME, "nnyny"},
        {INPUT_HEALTH_REPORT,   ACME, "nnyny"},
        {INPUT_MAINTENANCE_NEW, ACME, "nnyny"},
        {INPUT_MAINTENANCE_END, ACME, "nnyny"},
    };
    struct cloud_step step;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        for (size_t k = 0; k < sizeof keys / sizeof *keys; k++) {
            struct input input = good(rows[i].kind, rows[i].whose);
            enum answer want = rows[i].want[k] == 'y'   ? ANSWER_OK
                               : rows[i].want[k] == 'n' ? ANSWER_NOT_ALLOWED
                                                        : ANSWER_NOT_FOUND;
            enum answer got = ask(&input, keys[k], &step);
            if (got != want)
                fail_msg("%s of account-%d as key-%d: %s", input_kind_text(rows[i].kind),
                         (int)rows[i].whose, (int)keys[k], answer_text(got)->code);
        }
        for (uint64_t key = REVOKED; key <= UNKNOWN; key++) { // expired an hour ago
            struct input input = good(rows[i].kind, rows[i].whose);
            assert_int_equal(ask(&input, key, &step), ANSWER_UNKNOWN_KEY);
        }
    }
}

static void refuse(struct input input, enum answer want, const char *field)
{
    struct cloud_step step;
    enum answer got = ask(&input, ADMIN, &step);
    if (got != want || (want == ANSWER_BAD_FIELD && strcmp(step.field, field) != 0))
        fail_msg("%s, want %s %s: %s %s", input_kind_text(input.kind), answer_text(want)->code,
                 field ? field : "", answer_text(got)->code, step.field ? step.field : "");
}

static void slug_of(struct input *input, const char *slug)
{
    memset(input->account.slug, 0, sizeof input->account.slug);
    memcpy(input->account.slug, slug, strlen(slug));
}

#define WRONG(kind, whose, change, answer, field) \
    do {                                          \
        struct input input = good(kind, whose);   \
        change;                                   \
        refuse(input, answer, field);             \
    } while (0)
#define BAD(kind, change, field)  WRONG(kind, ACME, change, ANSWER_BAD_FIELD, field)
#define NOT(kind, change, answer) WRONG(kind, ACME, change, answer, NULL)

static void accounts_and_keys_with_a_field_wrong(void **state)
{
    (void)state;
    BAD(INPUT_ACCOUNT_NEW, slug_of(&input, ""), "slug");
    BAD(INPUT_ACCOUNT_NEW, slug_of(&input, "Acme"), "slug");
    BAD(INPUT_ACCOUNT_NEW, slug_of(&input, "9a"), "slug");
    BAD(INPUT_ACCOUNT_NEW, input.account.name[0] = 0, "name");
    BAD(INPUT_ACCOUNT_NEW, input.account.name[0] = (char)0xff, "name");
    BAD(INPUT_ACCOUNT_NEW, memset(input.account.name, 'x', sizeof input.account.name), "name");
    BAD(INPUT_ACCOUNT_NEW, memcpy(input.account.tax_id, "T123", 5), "tax_id");
    BAD(INPUT_ACCOUNT_NEW, memcpy(input.account.tax_id, "T7000012050003", 15), "tax_id");
    BAD(INPUT_ACCOUNT_NEW, input.account.currency = CURRENCIES, "currency");
    BAD(INPUT_ACCOUNT_NEW, input.account.zone = zone_count(), "zone");
    BAD(INPUT_ACCOUNT_NEW, input.account.parent = 99, "parent");
    NOT(INPUT_ACCOUNT_NEW, slug_of(&input, "acme"), ANSWER_EXISTS);
    BAD(INPUT_KEY_NEW, input.key.role = ROLE_NONE, "role");
    BAD(INPUT_KEY_NEW, input.key.role = ROLE_COUNT, "role");
    BAD(INPUT_KEY_NEW, input.key.role = ROLE_OPERATOR, "role");
    BAD(INPUT_KEY_NEW, input.key.role = ROLE_ADMIN, "role");
    BAD(INPUT_KEY_NEW, input.key.expires_us = run.time_us, "expires");
    BAD(INPUT_KEY_NEW, input.key.expires_us = -1, "expires");
    BAD(INPUT_KEY_NEW, input.key.label[0] = (char)0x80, "label");
    NOT(INPUT_KEY_NEW, input.key.account = 99, ANSWER_NOT_FOUND);
    NOT(INPUT_KEY_NEW, input.key.account = 0, ANSWER_NOT_FOUND);
    NOT(INPUT_KEY_REVOKE, input.id = 0, ANSWER_NOT_FOUND);
    NOT(INPUT_KEY_REVOKE, input.id = 99, ANSWER_NOT_FOUND);
    NOT(INPUT_KEY_REVOKE, input.id = REVOKED, ANSWER_ALREADY_ENDED);
    BAD(INPUT_OPERATOR_SET, input.operator.name[0] = 0, "name");
    BAD(INPUT_OPERATOR_SET, input.operator.name[0] =(char) 0xc0, "name");
    BAD(INPUT_OPERATOR_SET, memcpy(input.operator.tax_id, "T1", 3), "tax_id");
    BAD(INPUT_OPERATOR_SET, input.operator.rounding = ROUND_CEILING + 1, "rounding");
}

static void prices_limits_and_settings_with_a_field_wrong(void **state)
{
    (void)state;
    NOT(INPUT_PRICE_SET, input.price.chip = 0, ANSWER_NO_SUCH_CHIP);
    NOT(INPUT_PRICE_SET, input.price.chip = 2, ANSWER_NO_SUCH_CHIP);
    BAD(INPUT_PRICE_SET, input.price.value.value = -1, "per_device_hour");
    BAD(INPUT_PRICE_SET, input.price.value.value = 1000000000, "per_device_hour");
    BAD(INPUT_PRICE_SET, input.price.value.value = INT64_MAX, "per_device_hour");
    BAD(INPUT_PRICE_SET, input.price.value.scale = 11, "per_device_hour");
    BAD(INPUT_PRICE_SET, input.price.currency = CURRENCIES, "currency");
    BAD(INPUT_PRICE_SET, input.price.class = LEASE_CLASS_COUNT, "class");
    BAD(INPUT_PRICE_SET, input.price.class = 77, "class");
    BAD(INPUT_PRICE_SET, input.price.tax_permille = 1001, "tax_permille");
    NOT(INPUT_LIMIT_SET, input.limit.account = 99, ANSWER_NOT_FOUND);
    BAD(INPUT_LIMIT_SET, input.limit.devices_max = -2, "devices");
    BAD(INPUT_LIMIT_SET, input.limit.devices_max = INT64_MIN, "devices");
    BAD(INPUT_LIMIT_SET, (input.limit.set_month = true, input.limit.month_minor_max = -2), "month");
    BAD(INPUT_SETTING_SET, input.setting.setting = SETTING_COUNT, "key");
    for (uint32_t i = 0; i < SETTING_COUNT; i++) {
        BAD(INPUT_SETTING_SET,
            input.setting = ((struct setting_new){i, setting_row((enum setting)i)->min - 1}),
            "value");
        BAD(INPUT_SETTING_SET,
            input.setting = ((struct setting_new){i, setting_row((enum setting)i)->max + 1}),
            "value");
    }
}

static void jobs_nodes_and_invoices_with_a_field_wrong(void **state)
{
    (void)state;
    NOT(INPUT_JOB_SUBMIT, input.job.account = 99, ANSWER_NOT_FOUND);
    BAD(INPUT_JOB_SUBMIT, input.job.shape.devices = 0, "devices");
    BAD(INPUT_JOB_SUBMIT, input.job.shape.devices = UINT32_MAX, "devices");
    BAD(INPUT_JOB_SUBMIT, input.job.shape.memory_mib = -1, "memory_mib");
    BAD(INPUT_JOB_SUBMIT, input.job.run_ms_max = -1, "time_limit_ms");
    BAD(INPUT_JOB_SUBMIT, input.job.run_ms_max = INT64_MAX, "time_limit_ms");
    BAD(INPUT_JOB_SUBMIT, input.job.name[0] = (char)0xfe, "name");
    NOT(INPUT_JOB_SUBMIT, input.job.shape.chips[0] = 9, ANSWER_NO_SUCH_CHIP);
    NOT(INPUT_JOB_SUBMIT, input.job.shape.devices = 5, ANSWER_TOO_MANY_DEVICES);
    NOT(INPUT_JOB_SUBMIT, input.job.shape.memory_mib = INT64_C(1) << 40, ANSWER_TOO_MUCH_MEMORY);
    BAD(INPUT_JOB_SUBMIT, input.job.shape.memory_mib = INT64_MAX, "memory_mib");
    BAD(INPUT_JOB_SUBMIT, input.job.shape.nodes = UINT32_MAX, "nodes");
    BAD(INPUT_JOB_SUBMIT, input.job.shape.milli = 1001, "milli");
    BAD(INPUT_JOB_SUBMIT, input.job.shape.slices = 5, "mig");
    BAD(INPUT_JOB_SUBMIT, input.job.shape.together = TOGETHER_COUNT, "together");
    BAD(INPUT_JOB_SUBMIT, input.job.priority = JOB_PRIORITY_COUNT, "priority");
    BAD(INPUT_JOB_SUBMIT, input.job.class_asked = CLASS_ASKED_COUNT, "class");
    BAD(INPUT_JOB_SUBMIT, input.job.power = JOB_POWER_COUNT, "power");
    BAD(INPUT_JOB_SUBMIT, memcpy(input.job.require, "country", 8), "require");
    NOT(INPUT_JOB_SUBMIT, input.job.class_asked = ASK_SPOT, ANSWER_NO_PRICE);
    NOT(INPUT_JOB_STOP, input.stop.job = 0, ANSWER_NOT_FOUND);
    NOT(INPUT_JOB_STOP, input.stop.job = 99, ANSWER_NOT_FOUND);
    BAD(INPUT_JOB_STOP, input.stop.grace_ms = -2, "grace_ms");
    BAD(INPUT_JOB_STOP, input.stop.grace_ms = INT64_MAX, "grace_ms");
    NOT(INPUT_NODE_DRAIN, input.id = 9, ANSWER_NOT_FOUND);
    NOT(INPUT_NODE_DRAIN, input.kind = INPUT_NODE_UNDRAIN, ANSWER_WRONG_STATE);
    NOT(INPUT_INVOICE_ISSUE, input.invoice.account = 99, ANSWER_NOT_FOUND);
    BAD(INPUT_INVOICE_ISSUE, input.invoice.period++, "month");
    BAD(INPUT_INVOICE_ISSUE, input.invoice.period = UINT32_MAX, "month");
    NOT(INPUT_INVOICE_ISSUE, input.invoice.early = false, ANSWER_MONTH_OPEN);
    NOT(INPUT_INVOICE_ISSUE, input.invoice.period--, ANSWER_NOTHING_TO_BILL);
    NOT(INPUT_INVOICE_ISSUE, input.invoice.period = 0, ANSWER_NOTHING_TO_BILL);
    NOT(INPUT_INVOICE_ISSUE, input.invoice.account = BETA, ANSWER_NOTHING_TO_BILL);
    struct input open = {.kind = INPUT_OPEN};
    refuse(open, ANSWER_EXISTS, NULL);
}

// A user gives out and takes back what a user has, never more.
static void nobody_gives_more_than_they_have(void **state)
{
    (void)state;
    struct cloud_step step;
    struct input input = good(INPUT_KEY_NEW, ACME);
    for (enum role role = ROLE_READER; role <= ROLE_ADMIN; role++) {
        input.key.role = role;
        assert_int_equal(ask(&input, ACME_USER, &step),
                         role <= ROLE_USER ? ANSWER_OK : ANSWER_NOT_ALLOWED);
    }
    input = good(INPUT_KEY_NEW, ACCOUNT_HOUSE);
    for (enum role role = ROLE_READER; role <= ROLE_ADMIN; role++) {
        input.key.role = role;
        assert_int_equal(ask(&input, OPERATOR, &step),
                         role <= ROLE_OPERATOR ? ANSWER_OK : ANSWER_NOT_ALLOWED);
        assert_int_equal(ask(&input, ADMIN, &step), ANSWER_OK);
    }
    input = (struct input){.kind = INPUT_KEY_REVOKE, .id = ADMIN};
    assert_int_equal(ask(&input, OPERATOR, &step), ANSWER_NOT_ALLOWED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_command_as_every_role),
        cmocka_unit_test(accounts_and_keys_with_a_field_wrong),
        cmocka_unit_test(prices_limits_and_settings_with_a_field_wrong),
        cmocka_unit_test(jobs_nodes_and_invoices_with_a_field_wrong),
        cmocka_unit_test(nobody_gives_more_than_they_have),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
