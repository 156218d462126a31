// answer.h - every answer the core can give, with its code, HTTP status and what to do.
//
// An answer is data: it goes back to whoever asked. A refusal changed nothing. The codes are part
// of the API.
//
//   Owner      nobody: a table
//   Invariant  ANSWER_OK is 0
//   Refusal    all but ANSWER_OK
//   Fault      none
#pragma once
#include <stdint.h>

// name, code, HTTP status, message, fix
#define ANSWERS(X)                                                                                 \
    X(ANSWER_OK, "ok", 200, "done", "")                                                            \
    X(ANSWER_NOT_ALLOWED, "not_allowed", 403, "this key's role may not do that",                   \
      "use a key with a higher role")                                                              \
    X(ANSWER_UNKNOWN_KEY, "unknown_key", 401, "the access key is unknown, revoked or expired",     \
      "use a valid key; an admin makes one with: tatara key new")                                  \
    X(ANSWER_NOT_FOUND, "not_found", 404, "there is no such thing", "check the id")                \
    X(ANSWER_KEY_REUSED, "idempotency_key_reused", 422,                                            \
      "this Idempotency-Key was used for another request", "use a new Idempotency-Key")            \
    X(ANSWER_BAD_FIELD, "bad_field", 400, "a field has a value that cannot be taken", "see field") \
    X(ANSWER_EXISTS, "already_exists", 409, "that name is taken", "choose another name")           \
    X(ANSWER_NO_SUCH_CHIP, "no_such_chip", 422, "no device of that chip exists here",              \
      "see: tatara chip list")                                                                     \
    X(ANSWER_TOO_MANY_DEVICES, "too_many_devices", 422, "no node has that many such devices",      \
      "ask for fewer devices")                                                                     \
    X(ANSWER_TOO_MANY_NODES, "too_many_nodes", 422, "not so many nodes have that much each",       \
      "ask for fewer nodes, or less of each")                                                      \
    X(ANSWER_NO_SHARES, "no_shares", 422, "no device of that chip can be shared",                  \
      "ask for whole devices, or another chip")                                                    \
    X(ANSWER_FORBIDDEN_BY_RULE, "forbidden_by_rule", 422,                                          \
      "no node that could take it is permitted by its rule", "ask with another rule")              \
    X(ANSWER_CPU_ONLY, "cpu_only", 422, "this house gives no CPU without a device",                \
      "ask for a device; an admin allows it with: tatara setting set cpu_jobs 1")                  \
    X(ANSWER_TOO_MUCH_CPU, "too_much_cpu", 422, "no node has that much CPU", "ask for less CPU")   \
    X(ANSWER_TOO_MUCH_MEMORY, "too_much_memory", 422, "no node has that much memory",              \
      "ask for less memory")                                                                       \
    X(ANSWER_NO_PRICE, "no_price", 422, "no price is in force for that in the account's currency", \
      "an admin sets one with: tatara price set")                                                  \
    X(ANSWER_OVER_LIMIT, "over_limit", 422, "that is more than the account's limit of devices",    \
      "ask for fewer, or have the limit raised: tatara limit set")                                 \
    X(ANSWER_OVER_BUDGET, "over_budget", 422, "the account's money limit for this month is spent", \
      "have the limit raised: tatara limit set, or wait for next month")                           \
    X(ANSWER_NOT_FREE, "not_free", 409, "not so much is free from then until then",                \
      "see when it is: tatara reservation earliest")                                               \
    X(ANSWER_ALREADY_ENDED, "already_ended", 409, "it has ended already", "nothing to do")         \
    X(ANSWER_NOTHING_TO_BILL, "nothing_to_bill", 409,                                              \
      "nothing was used in that month that is not on an invoice already", "nothing to do")         \
    X(ANSWER_MONTH_OPEN, "month_open", 409, "that month has not ended yet in the account's zone",  \
      "issue it after the month's end, or early: what comes later becomes a correction")           \
    X(ANSWER_WRONG_STATE, "wrong_state", 409, "it is not in a state that allows this",             \
      "look at its state")                                                                         \
    X(ANSWER_UNAVAILABLE, "unavailable", 503, "the journal cannot be written just now",            \
      "try again with the same Idempotency-Key")                                                   \
    X(ANSWER_FULL, "full", 507, "a table of this house is full", "end or archive old things first")

#define X(name, code, status, message, fix) name,
enum answer { ANSWERS(X) ANSWER_COUNT };
#undef X

struct answer_text {
    const char *code;
    int status;
    const char *message, *fix;
};
const struct answer_text *answer_text(enum answer answer);
