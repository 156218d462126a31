// The API for people: one page as HTML, the same as Markdown. See openapi.h.
#include "base/must.h"
#include "http/openapi.h"
#include <string.h>

static const char *const action_words[ACTION_COUNT] = {
    [ACTION_READ_OWN] = "any role, of its own account",
    [ACTION_READ_HOUSE] = "any role",
    [ACTION_READ_ALL] = "operator, admin, and readers of the house's account",
    [ACTION_RUN] = "user, of its own account; operator, admin",
    [ACTION_OPERATE] = "operator, admin",
    [ACTION_MANAGE_KEYS] = "user and operator, of their own account; admin",
    [ACTION_MANAGE] = "admin",
};

static const char *who_may(const struct route *route)
{
    return route->open ? "everybody, without a key" : action_words[route->action];
}

// Markdown --------------------------------------------------------------------------------------

static void field_rows(const char *title, const struct field *fields, struct buf *out)
{
    if (field_count(fields) == 0)
        return;
    buf_format(out, "\n| %s | form | |\n|---|---|---|\n", title);
    for (const struct field *field = fields; field->name; field++)
        buf_format(out, "| `%s`%s | %s%s | %s%s%s%s |\n", field->name,
                   field->required ? " (needed)" : "", field_form_words(field->form),
                   field->nullable ? ", or null" : "", field->doc,
                   field->form == FIELD_CHOICE ? " (" : "",
                   field->form == FIELD_CHOICE ? field->choices : "",
                   field->form == FIELD_CHOICE ? ")" : "");
}

static void reply_words(const struct reply_field *fields, struct buf *out)
{
    for (const struct reply_field *row = fields; row->name; row++) {
        if (strcmp(row->name, "*") == 0) {
            reply_words(row->of, out);
        } else {
            buf_format(out, "%s`%s`", row == fields ? "" : ", ", row->name);
            if (row->form == REPLY_OBJECT || row->form == REPLY_LIST) {
                buf_add(out, row->form == REPLY_LIST ? S(" [") : S(" {"));
                reply_words(row->of, out);
                buf_byte(out, row->form == REPLY_LIST ? ']' : '}');
            }
        }
    }
}

static void route_markdown(const struct route *route, struct buf *out)
{
    buf_format(out, "\n### %s %s\n\n%s. For: %s.\n", method_text(route->method), route->path,
               route->summary, who_may(route));
    field_rows("query", route->query, out);
    field_rows("body", route->body, out);
    if (route->example)
        buf_format(out, "\n```json\n%s\n```\n", route->example);
    buf_format(out, "\nAnswers %d: ", route->status);
    if (route->reply) {
        buf_add(out, S("JSON with "));
        reply_words(route->reply, out);
    }
    if (route->media)
        buf_format(out, "%s%s", route->reply ? "; or " : "", route->media);
    buf_add(out, S(".\n"));
}

static void refusals_markdown(struct buf *out)
{
    buf_add(out, S("\n## Refusals\n\n| code | status | message | fix |\n|---|---|---|---|\n"));
#define X(name, code, status, message, fix) \
    buf_add(out, S("| `" code "` | " #status " | " message " | " fix " |\n"));
    REFUSALS(X)
#undef X
    for (enum answer answer = ANSWER_OK + 1; answer < ANSWER_COUNT; answer++) {
        const struct answer_text *words = answer_text(answer);
        bool listed = false;
#define X(name, text, status, message, fix) listed = listed || strcmp(words->code, text) == 0;
        REFUSALS(X)
#undef X
        if (!listed)
            buf_format(out, "| `%s` | %d | %s | %s |\n", words->code, words->status, words->message,
                       words->fix);
    }
}

void api_page_markdown(struct buf *out)
{
    buf_add(
        out,
        S("# The HTTP API\n\n"
          "Written from the table of routes; `/api/openapi.json` says the same to programs.\n\n"
          "* Sign requests with `Authorization: Bearer tk_…`. Bodies are JSON objects.\n"
          "* Ids are kind and number: `job-17`. An account may be named by its slug, a node and a "
          "chip by their names.\n"
          "* Times are RFC 3339 in UTC. Money is `{\"currency\":\"JPY\",\"amount\":\"450\"}`.\n"
          "* Whatever changes something takes `Idempotency-Key` (1 to 128 visible ASCII "
          "characters): the same key and body within 24 hours give the same answer, with "
          "`Idempotency-Replayed: true`, and do nothing twice.\n"
          "* Lists are `{\"items\":[…],\"next\":\"job-17\"}`; give `next` as `after`.\n"
          "* What is refused is `{code, message, field, fix}` and changed nothing. 429 and 503 "
          "bring `Retry-After`.\n"
          "* Streams are server-sent events; `Last-Event-ID` goes on where one broke off.\n\n"
          "## Routes\n"));
    for (uint32_t i = 0; i < route_count; i++)
        route_markdown(&routes[i], out);
    refusals_markdown(out);
}

// HTML ------------------------------------------------------------------------------------------

static void escape(const char *text, struct buf *out)
{
    for (; *text; text++) {
        if (*text == '<')
            buf_add(out, S("&lt;"));
        else if (*text == '&')
            buf_add(out, S("&amp;"));
        else
            buf_byte(out, *text);
    }
}

static void field_items(const char *title, const struct field *fields, struct buf *out)
{
    for (const struct field *field = fields; field && field->name; field++) {
        buf_format(out, "<tr><td>%s</td><td><code>%s</code>%s</td><td>%s</td><td>", title,
                   field->name, field->required ? " *" : "", field_form_words(field->form));
        escape(field->doc, out);
        buf_add(out, S("</td></tr>"));
    }
}

static void route_html(const struct route *route, struct buf *out)
{
    buf_format(out, "<h2><b>%s</b> <code>%s</code></h2><p>", method_text(route->method),
               route->path);
    escape(route->summary, out);
    buf_format(out, ". <i>For: %s.</i></p>", who_may(route));
    if (field_count(route->query) + field_count(route->body) > 0) {
        buf_add(out, S("<table>"));
        field_items("query", route->query, out);
        field_items("body", route->body, out);
        buf_add(out, S("</table>"));
    }
    if (route->example) {
        buf_add(out, S("<pre>"));
        escape(route->example, out);
        buf_add(out, S("</pre>"));
    }
}

void api_page_html(const char *version, struct buf *out)
{
    buf_format(out,
               "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>tatara %s: "
               "API</title><style>body{font:15px/1.5 system-ui,sans-serif;max-width:56rem;margin:"
               "2rem auto;padding:0 1rem}h2{font-size:1rem;margin-top:2rem;border-top:1px solid "
               "#ccc;padding-top:1rem}td{padding:.1rem .8rem .1rem 0;vertical-align:top}pre{"
               "background:#f4f4f4;padding:.6rem;overflow:auto}</style><h1>tatara %s: API</h1>"
               "<p>Sign requests with <code>Authorization: Bearer tk_…</code>. The same for "
               "programs: <a href=\"/api/openapi.json\">openapi.json</a>. Fields with * are "
               "needed.</p>",
               version, version);
    for (uint32_t i = 0; i < route_count; i++)
        route_html(&routes[i], out);
    buf_add(out, S("</html>\n"));
}

bool api_page_finish(struct exchange *exchange)
{
    buf_add(&exchange->reply, buf_str(&exchange->parts->page));
    exchange->media = "text/html; charset=utf-8";
    return true;
}
