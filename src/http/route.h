// route.h - the one table of routes: method, path, who may, what comes in, what goes out.
//
// Handling, OpenAPI, the pages and the security tests all come from this table. A path holds at
// most one {thing}; paths are matched byte by byte, nothing in them is decoded.
//
//     look      turning thread   what prepare needs to know from the state (rarely)
//     prepare   server thread    checks; a command fills exchange->input
//     view      turning thread   writes the reply from the durable state
//     finish    server thread    what needs files or blobs, or begins a stream
//
//   Owner      nobody: a table
//   Invariant  a route with METHOD_POST or METHOD_DELETE is a command; an open route is not
//   Refusal    route_match: no such path (404), no such method on it (405)
//   Fault      none
#pragma once
#include "base/str.h"
#include "core/policy/rights.h"
#include "http/field.h"
#include "http/reply.h"
#include <stdbool.h>
#include <stdint.h>

struct exchange;
struct cloud;

enum method { METHOD_GET, METHOD_POST, METHOD_DELETE, METHOD_COUNT };
const char *method_text(enum method method);

enum view {
    VIEW_DONE,
    VIEW_AGAIN
}; // AGAIN: one millisecond was not enough; exchange->cursor goes on

struct route {
    enum method method;
    const char *path;
    enum action action;
    bool open;                        // needs no access key
    bool stream;                      // server-sent events
    bool view_optional;               // answers without its view while the state cannot be read
    int status;                       // of success
    const struct field *query, *body; // NULL: none
    const struct reply_field *reply;  // NULL: not JSON
    const char *media;                // of the reply when not JSON; "also" when JSON is another
    const char *name;                 // operationId: "submit_job"
    const char *summary;
    const char *example; // of a request's body, or NULL
    void (*look)(struct exchange *exchange, const struct cloud *cloud);
    bool (*prepare)(struct exchange *exchange);
    enum view (*view)(struct exchange *exchange, const struct cloud *cloud);
    bool (*finish)(struct exchange *exchange);
};

extern const struct route routes[];
extern const uint32_t route_count;

// Sane paths only: see path_is_sane. ret_thing is what stands in the {}; ret_allowed has a bit a
// method that the path has.
const struct route *route_match(enum method method, str path, str *ret_thing,
                                uint32_t *ret_allowed);
// Begins with a slash; letters, digits and -._~ between single slashes; no "." or ".." alone.
bool path_is_sane(str path);
// The kind of thing in a route's {}: "job", "account", …; empty when it has none.
str route_thing(const struct route *route);
uint32_t route_index(const struct route *route);
