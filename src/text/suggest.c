#include "text/suggest.h"

void suggest_init(struct suggestion *suggestion, str wrong)
{
    *suggestion = (struct suggestion){.wrong = wrong, .distance = UINT32_MAX};
}

void suggest_try(struct suggestion *suggestion, str word)
{
    uint32_t distance = str_distance(suggestion->wrong, word);
    if (suggestion->wrong.len >= 3 && distance > 1 && str_starts(word, suggestion->wrong))
        distance = 1;
    if (distance < suggestion->distance) {
        suggestion->distance = distance;
        suggestion->nearest = word;
    }
}

str suggest_nearest(const struct suggestion *suggestion)
{
    // A third of the word may be wrong, and two letters of a short one (letters swapped).
    size_t longest = suggestion->wrong.len / 3 < 2 ? 2 : suggestion->wrong.len / 3;
    bool near = suggestion->distance <= longest && suggestion->distance < suggestion->wrong.len;
    return near ? suggestion->nearest : (str){0};
}

str suggest_word(str wrong, const str *words, size_t count)
{
    struct suggestion suggestion;
    suggest_init(&suggestion, wrong);
    for (size_t i = 0; i < count; i++)
        suggest_try(&suggestion, words[i]);
    return suggest_nearest(&suggestion);
}
