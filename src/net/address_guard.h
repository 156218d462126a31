// address_guard.h - may we connect to this address?
//
// Whoever gives tatara a URL (a webhook, a model server) must not reach what only this machine
// can reach. Names prove nothing: a public name may resolve to a private address, or to another
// one a moment later. So the guard judges the address of the very socket that is about to be
// connected, on the first request and on each redirect.
//
// Public is what is left after the special-purpose registries of IANA (IPv4 and IPv6, RFC 6890
// and its successors) and multicast. An IPv6 address that carries an IPv4 one (mapped, NAT64,
// 6to4, Teredo) is special too.
//
//   Owner      the caller; the guard only points at its names
//   Invariant  without `open` and without a matching name only public addresses pass;
//              unspecified, multicast and broadcast never pass
//   Refusal    an answer other than ADDRESS_PUBLIC
//   Fault      none
#pragma once
#include "base/str.h"
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#define ADDRESS_KINDS(X)                                      \
    X(ADDRESS_PUBLIC, "public")                               \
    X(ADDRESS_PRIVATE, "private")                             \
    X(ADDRESS_LOOPBACK, "loopback")                           \
    X(ADDRESS_LINK_LOCAL, "link-local")                       \
    X(ADDRESS_SHARED, "carrier-grade NAT")                    \
    X(ADDRESS_EMBEDDED, "IPv4 inside IPv6")                   \
    X(ADDRESS_RESERVED, "reserved")                           \
    X(ADDRESS_NOWHERE, "unspecified, multicast or broadcast") \
    X(ADDRESS_UNKNOWN, "of an unknown family")
#define X(name, text) name,
enum address_kind { ADDRESS_KINDS(X) };
#undef X

struct address_guard {
    bool open;        // the URL is this user's own choice (the command line): any unicast address
    const str *names; // "host" or "host:port", whose addresses need not be public
    uint32_t name_count;
};

enum address_kind address_kind_of(const struct sockaddr *address, socklen_t size);
const char *address_kind_text(enum address_kind kind);
// guard NULL: public only. host is as the URL writes it (case and a final dot do not count).
bool address_guard_passes(const struct address_guard *guard, str host, uint16_t port,
                          const struct sockaddr *address, socklen_t size);
