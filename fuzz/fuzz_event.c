// Lines of the journal: what is read as an event is written again as the same bytes, and its fields
// lie where a replay may rely on it. One line of every kind to begin with.
#include "base/must.h"
#include "core/cloud/event.h"
#include "fuzz.h"
#include <string.h>

// clang-format off
const char *const fuzz_seeds[] = {
    "{\"account\":\"account-1\",\"currency\":\"JPY\",\"kind\":\"account_added\",\"name\":\""
    "house\",\"parent\":null,\"seq\":1,\"slug\":\"house\",\"tax_id\":\"\",\"time_us\":17672"
    "25600000000,\"zone\":\"UTC\"}",
    "{\"book\":\"book-1\",\"commodity\":\"device_ms:chip-1\",\"kind\":\"book_opened\",\"own"
    "er\":1,\"role\":\"used\",\"seq\":27,\"time_us\":1767230887642118}",
    "{\"chip\":\"chip-1\",\"class_w\":9,\"description\":\"\",\"idle_w\":0,\"kind\":\"chip_a"
    "dded\",\"max_w\":10,\"memory_mib\":\"0\",\"name\":\"virtual-chip\",\"seq\":3,\"time_us"
    "\":1767225600000000}",
    "{\"chip\":\"chip-1\",\"device\":\"device-1\",\"index\":0,\"kind\":\"device_added\",\"n"
    "ode\":\"node-1\",\"numa\":-1,\"seq\":6,\"serial\":\"v0\",\"time_us\":1767225600000000}",
    "{\"account\":\"account-7\",\"account_name\":\"Account 5\",\"account_tax_id\":\"\",\"co"
    "rrects\":null,\"currency\":\"JPY\",\"invoice\":\"invoice-1\",\"invoice_kind\":\"invoic"
    "e\",\"issuer_name\":\"\",\"issuer_tax_id\":\"\",\"kind\":\"invoice_issued\",\"lines\":"
    "5,\"period\":\"2026-01\",\"rates\":2,\"rounding\":\"floor\",\"seq\":9486,\"subtotal\":"
    "[\"6064\",\"5022\",\"0\",\"0\"],\"tax\":[\"606\",\"401\",\"0\",\"0\"],\"tax_permille\""
    ":[100,80,0,0],\"time_us\":1769608985668350,\"total\":\"12093\"}",
    "{\"amount\":\"5849\",\"chip\":\"chip-1\",\"chip_name\":\"virtual-chip\",\"class\":\"on"
    "_demand\",\"invoice\":\"invoice-1\",\"kind\":\"invoice_line\",\"line\":\"line-1\",\"pr"
    "ice\":\"price-13\",\"price_scale\":2,\"price_value\":\"73468\",\"quantity\":\"28661895"
    "\",\"rated\":\"rated-23\",\"seq\":9481,\"tax_permille\":100,\"time_us\":17696089856683"
    "50}",
    "{\"job\":\"job-2\",\"kind\":\"job_dropped\",\"seq\":10979,\"time_us\":1769823674272132"
    "}",
    "{\"attempt\":1,\"code\":1,\"job\":\"job-2\",\"kind\":\"job_ended\",\"reason\":\"exited"
    "\",\"requeued\":false,\"seq\":46,\"signal\":0,\"time_us\":1767231674272132}",
    "{\"attempt\":1,\"job\":\"job-1\",\"kind\":\"job_placed\",\"lease\":\"lease-1\",\"seq\""
    ":22,\"time_us\":1767230585422667}",
    "{\"account\":\"account-1\",\"chip\":null,\"devices\":2,\"job\":\"job-1\",\"key\":null,"
    "\"kind\":\"job_queued\",\"memory_mib\":\"779\",\"name\":\"job5\",\"request\":\"0200000"
    "0000000000200000000000001\",\"restartable\":false,\"run_ms_max\":\"0\",\"seq\":20,\"sp"
    "ec\":\"0000000000000000000000000000000000000000000000000000000000000000\",\"time_us\":"
    "1767230585422667}",
    "{\"attempt\":1,\"job\":\"job-1\",\"kind\":\"job_started\",\"seq\":23,\"time_us\":17672"
    "30587642118}",
    "{\"grace_ms\":\"10000\",\"job\":\"job-10\",\"kind\":\"job_stopping\",\"reason\":\"time"
    "_limit\",\"seq\":219,\"time_us\":1767274181858030}",
    "{\"account\":\"account-1\",\"expires_us\":0,\"hmac\":\"0000000000000000000000000000000"
    "000000000000000000000000000000000\",\"key\":\"key-1\",\"kind\":\"key_added\",\"label\""
    ":\"first admin key\",\"role\":\"admin\",\"seq\":2,\"time_us\":1767225600000000}",
    "{\"key\":\"key-1\",\"kind\":\"key_revoked\",\"seq\":1044,\"time_us\":1767545471664663}",
    "{\"kind\":\"lease_dropped\",\"lease\":\"lease-2\",\"seq\":10980,\"time_us\":1769823674"
    "272132}",
    "{\"kind\":\"lease_ended\",\"lease\":\"lease-2\",\"seq\":47,\"time_us\":176723167427213"
    "2}",
    "{\"account\":\"account-1\",\"class\":\"on_demand\",\"contract\":null,\"devices\":\"0-1"
    "\",\"job\":\"job-1\",\"kind\":\"leased\",\"lease\":\"lease-1\",\"memory_mib\":\"779\","
    "\"node\":\"node-1\",\"price\":\"price-1\",\"seq\":21,\"time_us\":1767230585422667}",
    "{\"account\":\"account-1\",\"devices_max\":\"-1\",\"kind\":\"limit_set\",\"month_minor"
    "_max\":\"549\",\"seq\":257,\"time_us\":1767283895913838}",
    "{\"cpu_ms\":\"600000\",\"energy\":\"estimated\",\"energy_j\":\"5400\",\"kind\":\"meter"
    "ed\",\"lease\":\"lease-1\",\"memory_peak_bytes\":\"1048576\",\"ran_ms\":\"300000\",\"s"
    "eq\":24,\"time_us\":1767230887642118}",
    "{\"arch\":\"virtual\",\"cpu_milli\":\"1000\",\"first_device\":\"device-1\",\"kind\":\""
    "node_added\",\"memory_mib\":\"8192\",\"name\":\"n1\",\"node\":\"node-1\",\"seq\":5,\"t"
    "ime_us\":1767225600000000}",
    "{\"cpu_milli\":\"1000\",\"kind\":\"node_changed\",\"memory_mib\":\"8192\",\"node\":\"n"
    "ode-1\",\"seq\":9,\"state\":\"ready\",\"time_us\":1767225600000000}",
    "{\"format\":1,\"kind\":\"opened\",\"rules\":1,\"seq\":0,\"settings\":{\"attempts_max\""
    ":\"3\",\"job_keep_days\":\"30\",\"meter_interval_ms\":\"300000\",\"stop_grace_ms\":\"1"
    "0000\"},\"time_us\":1767225600000000}",
    "{\"about\":\"lease\",\"cause\":666,\"kind\":\"posted\",\"seq\":12887,\"time_us\":17701"
    "03250257192,\"transfers\":[[\"book-22\",\"book-2\",\"756348\"],[\"book-25\",\"book-2\""
    ",\"6933\"],[\"book-23\",\"book-4\",\"6807\"],[\"book-24\",\"book-6\",\"160\"],[\"book-"
    "7\",\"book-2\",\"10579842\"],[\"book-21\",\"book-2\",\"22686246\"]]}",
    "{\"chip\":\"chip-1\",\"class\":\"on_demand\",\"currency\":\"JPY\",\"kind\":\"price_set"
    "\",\"price\":\"price-1\",\"scale\":0,\"seq\":4,\"tax_permille\":100,\"time_us\":176722"
    "5600000000,\"value\":\"5\"}",
    "{\"amount\":\"1\",\"kind\":\"rated\",\"lease\":\"lease-1\",\"quantity\":\"600000\",\"r"
    "an_ms\":\"300000\",\"rated\":\"rated-1\",\"seq\":26,\"time_us\":1767230887642118}",
    "{\"account\":\"account-1\",\"base_posted\":\"0\",\"base_quantity\":\"0\",\"contract\":"
    "null,\"corrects\":null,\"kind\":\"rated_opened\",\"period\":\"2026-01\",\"price\":\"pr"
    "ice-1\",\"rated\":\"rated-1\",\"seq\":25,\"time_us\":1767230887642118}",
    "{\"from_us\":1795219200000000,\"kind\":\"clock_stepped\",\"seq\":7,\"time_us\":1"
    "795305600000000}",
    "{\"device\":\"device-3\",\"kind\":\"device_changed\",\"seq\":8,\"state\":\"repai"
    "r\",\"time_us\":1795219200000000}",
    "{\"kind\":\"set\",\"seq\":9,\"setting\":\"job_keep_days\",\"time_us\":1795219200"
    "000000,\"value\":\"7\"}",
    "{\"kind\":\"issuer_set\",\"name\":\"\xe7\x94\xb0\xe4\xb8\xad"
    " \\u0001 \\\"KK\\\"\",\"rounding\":\"floor\",\"seq\":9,\"tax_id\":\"\",\"time_us"
    "\":1}",
    NULL,
};
// clang-format on

static void check_text(const char *text, size_t size)
{
    size_t length = strnlen(text, size);
    must(length < size && str_is_utf8((str){text, length}));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static struct event event, again;
    struct err err;
    str line = {(const char *)bytes, size};
    memset(&event, 0x55, sizeof event);
    if (!event_decode(line, &event, &err)) {
        must(err.text[0] && event.seq == 0x5555555555555555); // untouched
        return 0;
    }
    struct buf out;
    buf_init(&out, 1 << 20);
    event_encode(&event, &out);
    must(str_is(buf_str(&out), line));
    must(event_decode(buf_str(&out), &again, &err));
    must(memcmp(&event, &again, sizeof event) == 0);
    must(event.kind < EVENT_KIND_COUNT);
    if (event.kind == EVENT_ACCOUNT_ADDED)
        check_text(event.account_added.name, sizeof event.account_added.name);
    if (event.kind == EVENT_POSTED)
        must(event.posted.count <= POSTED_MAX && event.posted.about < POSTED_ABOUT_COUNT);
    (void)event_subject(&event);
    buf_finish(&out);
    return 0;
}
