// The worked example of docs/billing.md, run: every line and figure that the page shows is one that
// comes out here.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include "base/instant.h"
#include "core/cloud/test/house.h"
#include "paper/invoice_text.h"
#include "paper/job_bill.h"

enum { ACME = 2, NOVEMBER = 2026 * 12 + 10, PAGE_MAX = 1 << 16 };

static char page[PAGE_MAX];

// The page without the four blanks that set off what is quoted.
static void read_page(void)
{
    char line[1000];
    size_t length = 0;
    FILE *file = fopen("../../docs/billing.md", "r");
    assert_non_null(file);
    while (fgets(line, sizeof line, file)) {
        const char *text = strncmp(line, "    ", 4) == 0 ? line + 4 : line;
        size_t size = strlen(text);
        assert_true(length + size < sizeof page);
        memcpy(page + length, text, size);
        length += size;
    }
    fclose(file);
}

static void page_shows(const char *text)
{
    if (getenv("GOLDEN_WRITE"))
        fprintf(stderr, "----\n%s\n", text);
    else if (!strstr(page, text))
        fail_msg("docs/billing.md does not show:\n%s", text);
}

// The last input's first event of this kind, as the journal has it but for its number and time,
// which the page leaves out.
static void page_shows_event(const struct house_run *run, enum event_kind kind)
{
    uint32_t at = 0;
    while (at < run->count && run->events[at].kind != kind)
        at++;
    assert_true(at < run->count);
    struct buf line;
    buf_init(&line, 1 << 16);
    event_encode(&run->events[at], &line);
    char *number = strstr(buf_cstr(&line), ",\"seq\":");
    assert_non_null(number);
    *number = 0;
    page_shows(line.ptr);
    buf_finish(&line);
}

static void page_shows_invoice(const struct house_run *run, uint64_t invoice)
{
    const struct cloud *cloud = &run->cloud;
    struct invoice_source source = {&cloud->billing, &cloud->market, &cloud->inventory};
    struct invoice_sheet sheet;
    struct arena arena;
    struct buf text;
    arena_init(&arena, PAGE_MAX);
    buf_init(&text, PAGE_MAX);
    assert_true(invoice_sheet_issued(&source, invoice, &arena, &sheet));
    invoice_text(&sheet, &text);
    page_shows(buf_cstr(&text));
    buf_finish(&text);
    arena_finish(&arena);
}

static void page_shows_job(const struct house_run *run, uint64_t job)
{
    struct job_bill bill;
    struct buf text;
    buf_init(&text, 1000);
    assert_true(
        job_bill_of(&run->cloud.market, &run->cloud.meter, cloud_job(&run->cloud, job), &bill));
    job_bill_text(&bill, &text);
    page_shows(buf_cstr(&text));
    buf_finish(&text);
}

// The house with its operator, Acme KK and a price of ¥105 per core-hour.
static void prepare(struct house_run *run)
{
    assert_true(instant_parse(S("2026-11-21T00:00:00Z"), &run->time_us));
    house_open(run, 4);
    uint32_t tokyo;
    assert_true(zone_parse(S("Asia/Tokyo"), &tokyo));
    struct input operator= {.kind = INPUT_OPERATOR_SET};
    operator.operator=(struct operator_set){.name = "Tatara Works KK", .tax_id = "T1180301018771"};
    struct input account = {.kind = INPUT_ACCOUNT_NEW};
    account.account =
        (struct account_new){.slug = "acme", .name = "Acme KK", .tax_id = "T7000012050002"};
    account.account.zone = tokyo;
    struct input price = {.kind = INPUT_PRICE_SET};
    price.price = (struct price_new){
        .chip = 1,
        .value = {105, 0},
        .currency = CURRENCY_JPY,
        .class = LEASE_ON_DEMAND,
        .tax_permille = 100
    };
    assert_int_equal(house_do(run, operator), ANSWER_OK);
    assert_int_equal(house_do(run, account), ANSWER_OK);
    assert_int_equal(run->first.subject, ACME);
    assert_int_equal(house_do(run, price), ANSWER_OK);
}

static void issue(struct house_run *run, const char *time)
{
    struct input invoice = {.kind = INPUT_INVOICE_ISSUE};
    invoice.invoice = (struct invoice_issue){.account = ACME, .period = NOVEMBER, .early = true};
    assert_true(instant_parse(str_from(time), &run->time_us));
    assert_int_equal(house_do(run, invoice), ANSWER_OK);
}

static void the_example_comes_out_as_the_page_says(void **state)
{
    (void)state;
    struct house_run run;
    read_page();
    house_init(&run);
    prepare(&run);

    uint64_t job = house_submit(&run, ACME, 2);
    house_report(&run, job, 1, ATTEMPT_STARTED, 0);
    run.time_us += 301 * SECOND_US;
    house_report(&run, job, 1, ATTEMPT_ALIVE, 300000);
    page_shows_event(&run, EVENT_METERED);
    page_shows_event(&run, EVENT_RATED);
    assert_int_equal(billing_spent(&run.cloud.billing, ACME, NOVEMBER), 18);
    run.time_us += 935 * SECOND_US;
    house_report(&run, job, 1, ATTEMPT_ENDED, 1234567);
    page_shows_event(&run, EVENT_RATED);
    assert_int_equal(billing_spent(&run.cloud.billing, ACME, NOVEMBER), 72);
    page_shows_job(&run, job);

    issue(&run, "2026-11-30T00:00:00Z");
    page_shows_invoice(&run, 1);
    job = house_submit(&run, ACME, 1);
    house_report(&run, job, 1, ATTEMPT_STARTED, 0);
    run.time_us += 21 * SECOND_US;
    house_report(&run, job, 1, ATTEMPT_ENDED, 20000);
    page_shows_event(&run, EVENT_RATED_OPENED);
    page_shows_event(&run, EVENT_RATED);
    assert_int_equal(billing_spent(&run.cloud.billing, ACME, NOVEMBER), 73);
    issue(&run, "2026-12-01T00:00:00Z");
    page_shows_invoice(&run, 2);

    struct err err = {0};
    if (!cloud_check(&run.cloud, &err))
        fail_msg("%s", err.text);
    house_finish(&run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_example_comes_out_as_the_page_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
