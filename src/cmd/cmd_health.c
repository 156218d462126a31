#include "base/instant.h"
#include "cmd/commands_all.h"
#include "cmd/request.h"
#include <string.h>

int cmd_node_label(struct invocation *invocation)
{
    const struct options *options = &invocation->options;
    struct buf labels;
    struct request request;
    buf_init(&labels, 4096);
    for (uint32_t i = 1; i < options->word_count; i++) {
        if (i > 1)
            buf_byte(&labels, ',');
        buf_add(&labels, str_from(options->words[i]));
    }
    request_init(&request, "POST", "/api/v1/nodes/", options->words[0], "/labels");
    request_text(&request, "labels", buf_cstr(&labels));
    int code = request_quiet(&request, invocation, "labelled");
    buf_finish(&labels);
    return code;
}

// NODE or NODE:INDEX; false: what stands behind the last colon is no number.
static bool device_word(const char *word, struct buf *node, int64_t *ret_index)
{
    const char *colon = strrchr(word, ':');
    size_t length = colon ? (size_t)(colon - word) : strlen(word);
    buf_add(node, (str){word, length});
    *ret_index = -1;
    return !colon || (str_to_i64(str_from(colon + 1), ret_index) && *ret_index >= 0);
}

static int report(const struct invocation *invocation, const char *kind, int64_t detail,
                  const char *done)
{
    struct buf node;
    int64_t index;
    buf_init(&node, 256);
    if (!device_word(invocation->options.words[0], &node, &index)) {
        struct err err;
        err_set(&err, "%s is no device: give NODE:INDEX, as in r1-0:3",
                invocation->options.words[0]);
        buf_finish(&node);
        api_fail(invocation, &err);
        return EXIT_USE;
    }
    bool of_device = strcmp(kind, "xid") == 0 || strncmp(kind, "ecc_", 4) == 0;
    if (of_device && index < 0) {
        struct err err;
        err_set(&err, "%s is of a device: give NODE:INDEX, as in %s:0", kind, buf_cstr(&node));
        buf_finish(&node);
        api_fail(invocation, &err);
        return EXIT_USE;
    }
    struct request request;
    request_init(&request, "POST", "/api/v1/nodes/", buf_cstr(&node), "/health");
    request_text(&request, "kind", kind);
    if (index >= 0)
        request_number(&request, "index", index);
    request_number(&request, "detail", detail);
    request_text(&request, "source", "operator");
    buf_finish(&node);
    return request_quiet(&request, invocation, done);
}

int cmd_device_fault(struct invocation *invocation)
{
    const struct options *options = &invocation->options;
    const struct option_value *xid = options_find(options, "xid");
    const char *kind = options_text(options, "kind");
    return report(invocation, xid || !kind ? "xid" : kind,
                  xid ? xid->number : options_number(options, "count", 0), "noted");
}

int cmd_node_repaired(struct invocation *invocation)
{
    return report(invocation, "repaired", 0, "repaired: it wants a test (tatara node retest)");
}

int cmd_node_retest(struct invocation *invocation)
{
    bool failed = options_flag(&invocation->options, "failed");
    return report(invocation, failed ? "retest_failed" : "retest_passed", 0,
                  failed ? "back to repair" : "healthy: jobs are placed there again");
}

// An option's time as the API wants it, when it was given.
static void given_time(struct request *request, const struct options *options, const char *option)
{
    const struct option_value *value = options_find(options, option);
    struct buf time;
    if (!value)
        return;
    buf_init(&time, 64);
    instant_text(value->number, &time);
    request_text(request, option, buf_cstr(&time));
    buf_finish(&time);
}

int cmd_node_maintenance(struct invocation *invocation)
{
    const struct options *options = &invocation->options;
    struct request request;
    request_init(&request, "POST", "/api/v1/nodes/", options->words[0], "/maintenance");
    given_time(&request, options, "from");
    given_time(&request, options, "until");
    return request_quiet(&request, invocation,
                         "set: no job goes there that would still run when it begins; "
                         "what runs then is stopped with notice");
}
