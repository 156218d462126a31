#include "core/cloud/answer.h"
#include "base/must.h"
#include "core/cloud/input.h"

const struct answer_text *answer_text(enum answer answer)
{
#define X(name, code, status, message, fix) [name] = {code, status, message, fix},
    static const struct answer_text texts[] = {ANSWERS(X)};
#undef X
    must(answer < ANSWER_COUNT);
    return &texts[answer];
}

const char *input_kind_text(enum input_kind kind)
{
#define X(name, text) [name] = text,
    static const char *const texts[] = {INPUT_KINDS(X)};
#undef X
    must(kind < INPUT_KIND_COUNT);
    return texts[kind];
}
