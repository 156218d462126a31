#include "http/route.h"
#include "base/must.h"
#include <string.h>

const char *method_text(enum method method)
{
    static const char *const texts[] = {"GET", "POST", "DELETE"};
    return texts[method];
}

bool path_is_sane(str path)
{
    static const char others[] = "-._~/";
    if (path.len == 0 || path.ptr[0] != '/')
        return false;
    size_t start = 1; // of the segment
    for (size_t i = 1; i <= path.len; i++) {
        char c = i < path.len ? path.ptr[i] : '/';
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!letter && (c == 0 || !strchr(others, c)))
            return false;
        if (c != '/')
            continue;
        str segment = {path.ptr + start, i - start};
        bool last = i == path.len;
        if ((segment.len == 0 && !(last && path.len == 1)) || str_is(segment, S(".")) ||
            str_is(segment, S("..")))
            return false;
        start = i + 1;
    }
    return true;
}

str route_thing(const struct route *route)
{
    const char *open = strchr(route->path, '{');
    if (!open)
        return S("");
    const char *close = strchr(open, '}');
    must(close);
    return (str){open + 1, (size_t)(close - open - 1)};
}

static bool path_matches(const char *pattern, str path, str *ret_thing)
{
    size_t i = 0;
    while (*pattern && *pattern != '{') {
        if (i == path.len || path.ptr[i] != *pattern)
            return false;
        i++;
        pattern++;
    }
    if (!*pattern) {
        *ret_thing = S("");
        return i == path.len;
    }
    size_t start = i;
    while (i < path.len && path.ptr[i] != '/')
        i++;
    str thing = {path.ptr + start, i - start};
    str tail = str_from(strchr(pattern, '}') + 1);
    if (thing.len == 0 || !str_is(str_skip(path, i), tail))
        return false;
    *ret_thing = thing;
    return true;
}

const struct route *route_match(enum method method, str path, str *ret_thing, uint32_t *ret_allowed)
{
    uint32_t allowed = 0;
    const struct route *found = NULL;
    for (uint32_t i = 0; i < route_count; i++) {
        str thing;
        if (!path_matches(routes[i].path, path, &thing))
            continue;
        allowed |= 1u << routes[i].method;
        if (routes[i].method == method && !found) {
            found = &routes[i];
            *ret_thing = thing;
        }
    }
    *ret_allowed = allowed;
    return found;
}

uint32_t route_index(const struct route *route)
{
    must(route >= routes && route < routes + route_count);
    return (uint32_t)(route - routes);
}
