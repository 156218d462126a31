#include "net/fetch_next.h"
#include "base/must.h"

#define PAUSE_US_MAX INT64_C(5000000)

enum { PAUSE_MS = 100, DOUBLED_MAX = 6 };

// --- redirects ---

static bool is_redirect(int32_t status)
{
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

static bool is_read_only(str method)
{
    return str_is(method, S("GET")) || str_is(method, S("HEAD"));
}

bool fetch_next_is_hop(const struct transfer *transfer)
{
    str location;
    return transfer->request.redirects_max > 0 && is_read_only(transfer->request.method) &&
           is_redirect(transfer->reply.status) &&
           fetch_head_find(buf_str(&transfer->reply.head), S("location"), &location);
}

static enum fetch_end end_of_code(CURLcode code)
{
    switch ((int)code) {
    case CURLE_OK:
        return FETCH_DONE;
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
        return FETCH_BAD_REQUEST;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_CONNECT:
        return FETCH_UNREACHABLE;
    case CURLE_OPERATION_TIMEDOUT:
        return FETCH_DEADLINE;
    case CURLE_FILESIZE_EXCEEDED:
        return FETCH_TOO_LARGE;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_ISSUER_ERROR:
        return FETCH_TLS;
    default:
        return FETCH_BROKEN;
    }
}

static bool same_origin(const struct transfer *transfer, str scheme_of, str host, uint16_t port)
{
    return str_is(transfer->host, host) && transfer->port == port &&
           str_starts(transfer->url, S("https:")) == str_starts(scheme_of, S("https:"));
}

// Another hop, or the verdict why not.
static bool follow(struct transfer *transfer)
{
    char *location = NULL;
    curl_easy_getinfo(transfer->easy, CURLINFO_REDIRECT_URL, &location);
    if (transfer->redirects == transfer->request.redirects_max) {
        transfer_verdict(transfer, FETCH_REFUSED, "more than %u redirects", transfer->redirects);
        return false;
    }
    struct fetch_request next = {.url = str_from(location)};
    struct err err;
    if (!fetch_request_check(&next, &err)) {
        transfer_verdict(transfer, FETCH_REFUSED, "redirected: %s", err.text);
        return false;
    }
    if (str_starts(transfer->url, S("https:")) && !str_starts(next.url, S("https:"))) {
        transfer_verdict(transfer, FETCH_REFUSED, "redirected from https to http");
        return false;
    }
    str before = transfer->url, host = transfer->host;
    uint16_t port = transfer->port;
    if (!transfer_aim(transfer, arena_copy(&transfer->arena, next.url), &err)) {
        transfer_verdict(transfer, FETCH_REFUSED, "redirected: %s", err.text);
        return false;
    }
    bool stays = same_origin(transfer, before, host, port);
    if (!stays && transfer->request.unix_socket.len > 0) {
        transfer_verdict(transfer, FETCH_REFUSED, "redirected away from its unix socket");
        return false;
    }
    if (!stays)
        transfer->foreign = true;
    transfer->redirects++;
    transfer_again(transfer);
    return true;
}

// What this hop came to; nothing is set yet.
static enum fetch_end end_of_hop(const struct transfer *transfer, CURLcode code)
{
    enum fetch_end end = end_of_code(code);
    // curl takes a close within the headers for the end of an empty reply.
    if (end == FETCH_DONE && !transfer->in_body)
        return FETCH_BROKEN;
    if (end == FETCH_UNREACHABLE && transfer->refusal[0])
        return FETCH_REFUSED;
    return end;
}

static void set_verdict(struct transfer *transfer, enum fetch_end end, CURLcode code)
{
    if (end == FETCH_REFUSED)
        transfer_verdict(transfer, end, "%s", transfer->refusal);
    else if (end == FETCH_TOO_LARGE)
        transfer_verdict(transfer, end, "the reply is over %lld bytes",
                         (long long)transfer->request.reply_bytes_max);
    else if (end != FETCH_DONE && code == CURLE_OK)
        transfer_verdict(transfer, end, "cut off within the headers");
    else if (end != FETCH_DONE)
        transfer_verdict(transfer, end, "%s (%s)", fetch_end_text(end), curl_easy_strerror(code));
}

// --- another try ---

static bool is_repeatable(const struct transfer *transfer)
{
    static const str safe[] = {S("GET"), S("HEAD"), S("OPTIONS"), S("PUT"), S("DELETE")};
    for (size_t i = 0; i < sizeof safe / sizeof *safe; i++)
        if (str_is(transfer->request.method, safe[i]))
            return true;
    return transfer->request.repeatable;
}

static bool is_passing(int32_t status)
{
    return status == 429 || status == 502 || status == 503 || status == 504;
}

bool fetch_next_may_hide(const struct transfer *transfer)
{
    return is_passing(transfer->reply.status) && is_repeatable(transfer) && !transfer->shown &&
           transfer->tries < transfer->request.tries_max;
}

static bool calls_for_another(const struct transfer *transfer, enum fetch_end end)
{
    if (transfer->shown || transfer->tries >= transfer->request.tries_max)
        return false;
    if (end == FETCH_UNREACHABLE)
        return true;
    return is_repeatable(transfer) &&
           (end == FETCH_BROKEN || (end == FETCH_DONE && is_passing(transfer->reply.status)));
}

static int64_t pause_us(const struct transfer *transfer, struct rng *rng)
{
    int64_t first_ms =
        transfer->request.pause_ms_max > 0 ? transfer->request.pause_ms_max : PAUSE_MS;
    int64_t most_us = first_ms < PAUSE_US_MAX / 1000 ? first_ms * 1000 : PAUSE_US_MAX;
    for (uint32_t i = 1; i < transfer->tries && i <= DOUBLED_MAX; i++)
        most_us *= 2;
    int64_t pause = rng_below(rng, most_us < PAUSE_US_MAX ? most_us : PAUSE_US_MAX);
    str after;
    uint64_t seconds;
    if (transfer->reply.status != 0 &&
        fetch_head_find(buf_str(&transfer->reply.head), S("retry-after"), &after) &&
        str_to_u64(after, &seconds) && seconds <= 3600)
        pause += (int64_t)seconds * 1000000;
    return pause;
}

static bool try_again(struct transfer *transfer, enum fetch_end end, int64_t now_us,
                      struct rng *rng)
{
    const struct fetch_request *request = &transfer->request;
    struct err ignored;
    if (!calls_for_another(transfer, end))
        return false;
    int64_t wake_us = now_us + pause_us(transfer, rng);
    if (request->total_ms_max > 0 && wake_us >= transfer->started_us + request->total_ms_max * 1000)
        return false;
    if (request->budget && !retry_budget_spend(request->budget))
        return false;
    transfer->tries++;
    transfer->wake_us = transfer->progress_us = wake_us;
    transfer->redirects = 0;
    transfer->foreign = false;
    must(transfer_aim(transfer, request->url, &ignored));
    transfer_again(transfer);
    return true;
}

enum fetch_next fetch_next(struct transfer *transfer, CURLcode code, int64_t now_us,
                           struct rng *rng)
{
    if (transfer->verdict != FETCH_DONE)
        return FETCH_NEXT_OVER;
    if (code == CURLE_OK && fetch_next_is_hop(transfer))
        return follow(transfer) ? FETCH_NEXT_HOP : FETCH_NEXT_OVER;
    enum fetch_end end = end_of_hop(transfer, code);
    if (try_again(transfer, end, now_us, rng))
        return FETCH_NEXT_TRY;
    set_verdict(transfer, end, code);
    if (end == FETCH_DONE)
        transfer_show_start(transfer);
    return FETCH_NEXT_OVER;
}
