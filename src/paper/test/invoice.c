#include "base/json.h"
#include "core/billing/test/world.h"
#include "paper/invoice_json.h"
#include "paper/invoice_text.h"
#include "text/cell_width.h"
#include <stdlib.h>

enum { NOVEMBER = 2026 * 12 + 10, HOUR_MS = 3600 * 1000, TEXT_MAX = 1 << 20 };

struct desk {
    struct world world;
    struct invoice_source source;
    struct arena arena;
    struct buf text, json;
};

static void desk_init(struct desk *desk, enum currency currency, const char *zone)
{
    world_init(&desk->world);
    world_chip(&desk->world, 1, "cpu-core");
    world_chip(&desk->world, 2, "nvidia-h100-80gb-hbm3");
    world_account(&desk->world, 1, currency);
    struct account *account = table_get(&desk->world.market.accounts, 1);
    assert_true(zone_parse(str_from(zone), &account->zone));
    desk->source =
        (struct invoice_source){&desk->world.billing, &desk->world.market, &desk->world.inventory};
    arena_init(&desk->arena, TEXT_MAX);
    buf_init(&desk->text, TEXT_MAX);
    buf_init(&desk->json, TEXT_MAX);
}

static void desk_finish(struct desk *desk)
{
    world_finish(&desk->world);
    arena_finish(&desk->arena);
    buf_finish(&desk->text);
    buf_finish(&desk->json);
}

static void set_names(struct desk *desk, const char *issuer, const char *tax_id,
                      const char *account_name)
{
    struct issuer_set fact = {.rounding = ROUND_FLOOR};
    snprintf(fact.name, sizeof fact.name, "%s", issuer);
    snprintf(fact.tax_id, sizeof fact.tax_id, "%s", tax_id);
    issuer_apply_set(&desk->world.billing, &fact);
    struct account *account = table_get(&desk->world.market.accounts, 1);
    memset(account->name, 0, sizeof account->name);
    snprintf(account->name, sizeof account->name, "%s", account_name);
}

static void write_sheet(struct desk *desk, const struct invoice_sheet *sheet)
{
    buf_clear(&desk->text);
    buf_clear(&desk->json);
    invoice_text(sheet, &desk->text);
    invoice_json(sheet, &desk->json);
    assert_false(desk->text.overflow || desk->json.overflow);
}

static void write_issued(struct desk *desk, uint64_t invoice)
{
    struct invoice_sheet sheet;
    assert_true(invoice_sheet_issued(&desk->source, invoice, &desk->arena, &sheet));
    write_sheet(desk, &sheet);
}

static void write_draft(struct desk *desk, month period)
{
    struct invoice_sheet sheet;
    assert_true(invoice_sheet_draft(&desk->source, 1, period, &desk->arena, &sheet));
    write_sheet(desk, &sheet);
}

// The bytes must be those of test/golden/NAME (a test runs in its room's folder). With
// GOLDEN_WRITE set the file is made anew, to be read by a person before it is kept.
static void golden_is(const char *name, str text)
{
    char path[512];
    static char expect[1 << 16];
    snprintf(path, sizeof path, "test/golden/%s", name);
    if (getenv("GOLDEN_WRITE")) {
        FILE *file = fopen(path, "w");
        assert_non_null(file);
        assert_int_equal(fwrite(text.ptr, 1, text.len, file), text.len);
        fclose(file);
    }
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    size_t size = fread(expect, 1, sizeof expect, file);
    fclose(file);
    if (!str_is(text, (str){expect, size}))
        fail_msg("%s is not what was written:\n%.*s", path, STR(text));
}

static bool has(const struct desk *desk, const char *words)
{
    str text = buf_str(&desk->text), want = str_from(words);
    for (size_t i = 0; i + want.len <= text.len; i++)
        if (str_starts(str_skip(text, i), want))
            return true;
    return false;
}

// The json text is what its own reader and canonical writer make of it.
static void json_is_canonical(struct desk *desk)
{
    const struct json *root;
    struct buf again;
    struct err err;
    buf_init(&again, TEXT_MAX);
    assert_true(json_read(buf_str(&desk->json), TEXT_MAX, &desk->arena, &root, &err));
    assert_true(json_write_canonical(root, &again, &err));
    assert_true(str_is(buf_str(&again), buf_str(&desk->json)));
    buf_finish(&again);
}

static void a_qualified_invoice_and_its_return(void **state)
{
    (void)state;
    struct desk desk;
    desk_init(&desk, CURRENCY_JPY, "Asia/Tokyo");
    set_names(&desk, "たたら製鉄株式会社", "T7000012050002", "株式会社アクメ");
    struct world *world = &desk.world;
    world_price(world, 1, (decimal){105, 0}, CURRENCY_JPY, 100);
    world_price(world, 2, (decimal){352500, 3}, CURRENCY_JPY, 100);
    world_price(world, 3, (decimal){5, 0}, CURRENCY_JPY, 80);
    world_charge(world, 1, 1, NOVEMBER, 3 * HOUR_MS);
    world_charge(world, 1, 2, NOVEMBER, 1234567890);
    world_charge(world, 1, 3, NOVEMBER, 20 * HOUR_MS + 1);
    assert_true(instant_parse(S("2026-11-30T15:00:01Z"), &world->now_us)); // December in Tokyo
    assert_int_equal(world_issue(world, 1, NOVEMBER), 1);
    write_issued(&desk, 1);
    golden_is("qualified.txt", buf_str(&desk.text));
    golden_is("qualified.json", buf_str(&desk.json));
    json_is_canonical(&desk);

    world_charge(world, 1, 2, NOVEMBER, -2 * HOUR_MS);
    assert_true(instant_parse(S("2026-12-09T15:00:00Z"), &world->now_us));
    assert_int_equal(world_issue(world, 1, NOVEMBER), 2);
    write_issued(&desk, 2);
    golden_is("return.txt", buf_str(&desk.text));
    golden_is("return.json", buf_str(&desk.json));
    json_is_canonical(&desk);
    desk_finish(&desk);
}

static void a_draft_in_dollars_where_clocks_change(void **state)
{
    (void)state;
    struct desk desk;
    desk_init(&desk, CURRENCY_USD, "America/New_York");
    set_names(&desk, "Tatara Works", "T7000012050002", "Acme \"East\" Inc.");
    world_price(&desk.world, 1, (decimal){235, 2}, CURRENCY_USD, 0);
    world_charge(&desk.world, 1, 1, NOVEMBER, INT64_C(1000) * HOUR_MS);
    world_issue(&desk.world, 1, NOVEMBER);
    world_charge(&desk.world, 1, 1, NOVEMBER, HOUR_MS / 2);
    write_draft(&desk, NOVEMBER);
    golden_is("correction_draft.txt", buf_str(&desk.text));
    golden_is("correction_draft.json", buf_str(&desk.json));
    json_is_canonical(&desk);
    desk_finish(&desk);
}

static void only_an_issuer_with_name_and_number_is_qualified(void **state)
{
    (void)state;
    static const char lacks_name[] = "the issuer's name is not set";
    static const char lacks_number[] = "the issuer has no registration number";
    static const struct {
        const char *name, *tax_id, *words;
        bool qualified;
    } cases[] = {
        {"",             "",               lacks_name,                            false},
        {"",             "T7000012050002", lacks_name,                            false},
        {"Tatara Works", "",               lacks_number,                          false},
        {"Tatara Works", "T7000012050003", lacks_number,                          false},
        {"Tatara Works", "T7000012050002", "適格請求書(案・未発行) / ", true },
    };
    struct desk desk;
    desk_init(&desk, CURRENCY_JPY, "UTC");
    world_price(&desk.world, 1, (decimal){105, 0}, CURRENCY_JPY, 100);
    world_charge(&desk.world, 1, 1, NOVEMBER, HOUR_MS);
    write_draft(&desk, NOVEMBER); // no issuer was ever set
    assert_true(has(&desk, "the issuer's name is not set"));
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        set_names(&desk, cases[i].name, cases[i].tax_id, "");
        write_draft(&desk, NOVEMBER);
        assert_true(has(&desk, cases[i].words));
        assert_true(has(&desk, "account-1 御中"));
        assert_int_equal(has(&desk, "QUALIFIED"), cases[i].qualified);
        assert_int_equal(has(&desk, "適格請求書ではありません"), !cases[i].qualified);
    }
    desk_finish(&desk);
}

static void a_name_cannot_move_the_cursor_or_leave_its_quotes(void **state)
{
    (void)state;
    struct desk desk;
    desk_init(&desk, CURRENCY_JPY, "UTC");
    set_names(&desk, "Kiln\x1b[2J\nTotal: 0", "T7000012050002", "A\",\"total\":\"0");
    world_price(&desk.world, 1, (decimal){105, 0}, CURRENCY_JPY, 100);
    world_charge(&desk.world, 1, 1, NOVEMBER, HOUR_MS);
    write_draft(&desk, NOVEMBER);
    assert_true(has(&desk, "Kiln\\x1b[2J\\x0aTotal: 0"));
    assert_false(has(&desk, "\x1b"));
    json_is_canonical(&desk);
    desk_finish(&desk);
}

// A buffer or an arena of any size too small: said so, nothing else happens.
static void what_does_not_fit_is_told(void **state)
{
    (void)state;
    struct desk desk;
    desk_init(&desk, CURRENCY_JPY, "UTC");
    world_price(&desk.world, 1, (decimal){105, 0}, CURRENCY_JPY, 100);
    world_charge(&desk.world, 1, 1, NOVEMBER, HOUR_MS);
    write_draft(&desk, NOVEMBER);
    struct invoice_sheet sheet;
    assert_true(invoice_sheet_draft(&desk.source, 1, NOVEMBER, &desk.arena, &sheet));
    for (size_t limit = 0; limit <= desk.text.len; limit++) {
        struct buf text, json;
        buf_init(&text, limit);
        buf_init(&json, limit);
        invoice_text(&sheet, &text);
        invoice_json(&sheet, &json);
        assert_int_equal(text.overflow, limit < desk.text.len);
        assert_int_equal(json.overflow, limit < desk.json.len);
        buf_finish(&text);
        buf_finish(&json);
    }
    struct arena tiny;
    arena_init(&tiny, 16);
    assert_false(invoice_sheet_draft(&desk.source, 1, NOVEMBER, &tiny, &sheet));
    assert_true(tiny.full);
    arena_finish(&tiny);
    assert_int_equal(world_issue(&desk.world, 1, NOVEMBER), 1);
    arena_init(&tiny, 16);
    assert_false(invoice_sheet_issued(&desk.source, 1, &tiny, &sheet));
    assert_true(tiny.full);
    arena_finish(&tiny);
    desk_finish(&desk);
}

static void what_does_not_exist_has_no_sheet(void **state)
{
    (void)state;
    struct desk desk;
    struct invoice_sheet sheet;
    desk_init(&desk, CURRENCY_JPY, "UTC");
    assert_false(invoice_sheet_issued(&desk.source, 1, &desk.arena, &sheet));
    assert_false(invoice_sheet_issued(&desk.source, 0, &desk.arena, &sheet));
    assert_false(invoice_sheet_draft(&desk.source, 1, NOVEMBER, &desk.arena, &sheet));
    desk_finish(&desk);
}

static int64_t minor_of(const struct json *object, str name, enum currency currency)
{
    str text;
    struct err err;
    decimal value;
    assert_true(json_get_text(object, name, &text, &err));
    assert_true(decimal_parse(text, currency_decimals(currency), &value));
    assert_int_equal(value.scale, currency_decimals(currency));
    return value.value;
}

// The figures of a document added up again from its own text.
static void figures_agree(struct desk *desk, const struct invoice *invoice)
{
    const struct json *root;
    struct err err;
    enum currency currency = (enum currency)invoice->currency;
    assert_true(json_read(buf_str(&desk->json), TEXT_MAX, &desk->arena, &root, &err));
    int64_t lines = 0, net = 0, tax = 0;
    const struct json *list = json_member(root, S("lines")), *rates = json_member(root, S("tax"));
    assert_int_equal(list->count, invoice->lines);
    for (const struct json *line = list->first; line; line = line->next)
        lines += minor_of(line, S("amount"), currency);
    for (const struct json *rate = rates->first; rate; rate = rate->next) {
        net += minor_of(rate, S("net"), currency);
        tax += minor_of(rate, S("tax"), currency);
    }
    assert_int_equal(lines, net);
    assert_int_equal(net + tax, minor_of(root, S("total"), currency));
    assert_int_equal(invoice->total, net + tax);
    struct buf total;
    buf_init(&total, 64);
    money_text(currency, invoice->total, &total);
    assert_true(has(desk, buf_cstr(&total)));
    buf_finish(&total);
}

// Each table ends at one right edge: its last column is aligned right.
static void columns_align(const struct desk *desk)
{
    str rest = buf_str(&desk->text), line;
    uint32_t tables = 0, edge = 0;
    while (str_cut(rest, '\n', &line, &rest)) {
        bool head = str_starts(line, S("品目")) || str_starts(line, S("税率 /"));
        tables += head;
        edge = head ? cell_width(line) : line.len == 0 ? 0 : edge;
        if (edge)
            assert_int_equal(cell_width(line), edge);
    }
    assert_int_equal(tables, 2);
}

static void any_invoice_adds_up_on_paper(void **state)
{
    (void)state;
    struct rng rng = {.state = 42};
    for (uint32_t round = 0; round < 60; round++) {
        struct desk desk;
        enum currency currency = round % 2 ? CURRENCY_USD : CURRENCY_JPY;
        desk_init(&desk, currency, "Asia/Tokyo");
        set_names(&desk, "たたら Works", "T7000012050002", "アクメ Acme 株式会社");
        for (uint64_t price = 1; price <= 8; price++)
            world_price(&desk.world, price, (decimal){1 + rng_below(&rng, 1 << 24), price % 8},
                        currency,
                        price % 3 == 0   ? 80
                        : price % 3 == 1 ? 100
                                         : 0);
        for (uint32_t i = 0; i < 40; i++) {
            uint64_t id = rng_below(&rng, 6) ? 0 : world_issue(&desk.world, 1, NOVEMBER);
            world_charge(&desk.world, 1, 1 + (uint64_t)rng_below(&rng, 8), NOVEMBER,
                         rng_between(&rng, -(INT64_C(1) << 30), INT64_C(1) << 31));
            if (id == 0)
                continue;
            arena_reset(&desk.arena);
            write_issued(&desk, id);
            json_is_canonical(&desk);
            figures_agree(&desk, table_get(&desk.world.billing.invoices, id));
            columns_align(&desk);
        }
        desk_finish(&desk);
    }
}

static void hours_and_rates_have_one_text(void **state)
{
    (void)state;
    static const struct {
        int64_t device_ms;
        const char *text;
    } hours[] = {
        {0,               "0.000000"            },
        {1,               "0.000000"            },
        {2,               "0.000001"            },
        {HOUR_MS,         "1.000000"            },
        {-HOUR_MS / 2,    "-0.500000"           },
        {3 * HOUR_MS - 1, "3.000000"            },
        {INT64_MAX,       "2562047788015.215502"},
    };
    struct buf buf;
    buf_init(&buf, 100);
    for (size_t i = 0; i < sizeof hours / sizeof hours[0]; i++) {
        buf_clear(&buf);
        device_hours_text(hours[i].device_ms, &buf);
        assert_string_equal(buf_cstr(&buf), hours[i].text);
    }
    buf_clear(&buf);
    tax_rate_text(100, &buf);
    tax_rate_text(75, &buf);
    tax_rate_text(0, &buf);
    assert_string_equal(buf_cstr(&buf), "107.50");
    buf_finish(&buf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_qualified_invoice_and_its_return),
        cmocka_unit_test(a_draft_in_dollars_where_clocks_change),
        cmocka_unit_test(only_an_issuer_with_name_and_number_is_qualified),
        cmocka_unit_test(a_name_cannot_move_the_cursor_or_leave_its_quotes),
        cmocka_unit_test(what_does_not_fit_is_told),
        cmocka_unit_test(what_does_not_exist_has_no_sheet),
        cmocka_unit_test(any_invoice_adds_up_on_paper),
        cmocka_unit_test(hours_and_rates_have_one_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
