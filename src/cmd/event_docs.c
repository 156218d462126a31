#include "cmd/event_docs.h"
#include "core/cloud/event.h"

static const char head[] =
    "# Events\n"
    "\n"
    "<!-- made by: tatara help --events > docs/events.md -->\n"
    "\n"
    "The journal is a list of facts. Each is one line of canonical JSON (RFC 8785), at most 64 "
    "KiB,\n"
    "and one leaf of an RFC 6962 hash tree. Money, joules and device-milliseconds are integers\n"
    "written as strings; ids are `kind-number`; `null` stands for none. `tatara journal list` "
    "shows\n"
    "them, `tatara journal verify` replays them.\n"
    "\n"
    "Fields of every event: `kind`, `seq` (its place, from 0), `time_us` (microseconds since "
    "1970,\n"
    "UTC). The first event of a command that came with an Idempotency-Key also has `request` and\n"
    "`body`, 16 bytes of digest each.\n";

static bool is_common(str name)
{
    return str_is(name, S("kind")) || str_is(name, S("seq")) || str_is(name, S("time_us")) ||
           str_is(name, S("request")) || str_is(name, S("body"));
}

void event_docs(FILE *out)
{
    fputs(head, out);
    for (uint32_t kind = 0; kind < EVENT_KIND_COUNT; kind++) {
        fprintf(out, "\n## %s\n\n%s\n\n| field | form | meaning |\n|---|---|---|\n",
                event_kind_text(kind), event_kind_meaning(kind));
        struct event_field_text field;
        for (uint32_t i = 0; event_field(kind, i, &field); i++)
            if (!is_common(field.name))
                fprintf(out, "| `%.*s` | %s%s | %s |\n", STR(field.name), field.form,
                        field.optional ? "; may be absent" : "", field.meaning);
    }
}
