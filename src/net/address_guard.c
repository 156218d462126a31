#include "net/address_guard.h"
#include <netinet/in.h>
#include <string.h>
#include <strings.h>

struct block_v4 {
    uint32_t network;
    uint32_t bits;
    enum address_kind kind;
};

// https://www.iana.org/assignments/iana-ipv4-special-registry, the narrower block first.
static const struct block_v4 blocks_v4[] = {
    {0x00000000, 32, ADDRESS_NOWHERE   },
    {0x00000000, 8,  ADDRESS_RESERVED  },
    {0x0a000000, 8,  ADDRESS_PRIVATE   },
    {0x64400000, 10, ADDRESS_SHARED    },
    {0x7f000000, 8,  ADDRESS_LOOPBACK  },
    {0xa9fe0000, 16, ADDRESS_LINK_LOCAL},
    {0xac100000, 12, ADDRESS_PRIVATE   },
    {0xc0000000, 24, ADDRESS_RESERVED  },
    {0xc0000200, 24, ADDRESS_RESERVED  },
    {0xc0586300, 24, ADDRESS_RESERVED  },
    {0xc0a80000, 16, ADDRESS_PRIVATE   },
    {0xc6120000, 15, ADDRESS_RESERVED  },
    {0xc6336400, 24, ADDRESS_RESERVED  },
    {0xcb007100, 24, ADDRESS_RESERVED  },
    {0xe0000000, 4,  ADDRESS_NOWHERE   },
    {0xffffffff, 32, ADDRESS_NOWHERE   },
    {0xf0000000, 4,  ADDRESS_RESERVED  },
};

struct block_v6 {
    uint8_t network[16];
    uint32_t bits;
    enum address_kind kind;
};

// https://www.iana.org/assignments/iana-ipv6-special-registry, the narrower block first. What is
// outside 2000::/3 and not named here is reserved.
static const struct block_v6 blocks_v6[] = {
    {{0},                                  128, ADDRESS_NOWHERE   },
    {{[15] = 1},                           128, ADDRESS_LOOPBACK  },
    {{[10] = 0xff, [11] = 0xff},           96,  ADDRESS_EMBEDDED  },
    {{0},                                  96,  ADDRESS_EMBEDDED  },
    {{0x00, 0x64, 0xff, 0x9b},             96,  ADDRESS_EMBEDDED  },
    {{0x00, 0x64, 0xff, 0x9b, 0x00, 0x01}, 48,  ADDRESS_EMBEDDED  },
    {{0x20, 0x01, 0x00, 0x00},             32,  ADDRESS_EMBEDDED  },
    {{0x20, 0x01, 0x00, 0x00},             23,  ADDRESS_RESERVED  },
    {{0x20, 0x01, 0x0d, 0xb8},             32,  ADDRESS_RESERVED  },
    {{0x20, 0x02},                         16,  ADDRESS_EMBEDDED  },
    {{0x3f, 0xff},                         20,  ADDRESS_RESERVED  },
    {{0x20},                               3,   ADDRESS_PUBLIC    },
    {{0xfc},                               7,   ADDRESS_PRIVATE   },
    {{0xfe, 0x80},                         10,  ADDRESS_LINK_LOCAL},
    {{0xfe, 0xc0},                         10,  ADDRESS_PRIVATE   },
    {{0xff},                               8,   ADDRESS_NOWHERE   },
};

static enum address_kind kind_of_v4(uint32_t address)
{
    for (size_t i = 0; i < sizeof blocks_v4 / sizeof *blocks_v4; i++) {
        uint32_t mask = 0xffffffffU << (32 - blocks_v4[i].bits);
        if ((address & mask) == blocks_v4[i].network)
            return blocks_v4[i].kind;
    }
    return ADDRESS_PUBLIC;
}

static bool inside_v6(const uint8_t *address, const uint8_t *network, uint32_t bits)
{
    uint32_t whole = bits / 8, rest = bits % 8;
    if (memcmp(address, network, whole) != 0)
        return false;
    return rest == 0 || (uint8_t)(address[whole] ^ network[whole]) >> (8 - rest) == 0;
}

static enum address_kind kind_of_v6(const uint8_t *address)
{
    for (size_t i = 0; i < sizeof blocks_v6 / sizeof *blocks_v6; i++)
        if (inside_v6(address, blocks_v6[i].network, blocks_v6[i].bits))
            return blocks_v6[i].kind;
    return ADDRESS_RESERVED;
}

enum address_kind address_kind_of(const struct sockaddr *address, socklen_t size)
{
    if (address->sa_family == AF_INET && size >= sizeof(struct sockaddr_in)) {
        struct sockaddr_in v4;
        memcpy(&v4, address, sizeof v4);
        return kind_of_v4(ntohl(v4.sin_addr.s_addr));
    }
    if (address->sa_family == AF_INET6 && size >= sizeof(struct sockaddr_in6)) {
        struct sockaddr_in6 v6;
        memcpy(&v6, address, sizeof v6);
        return kind_of_v6(v6.sin6_addr.s6_addr);
    }
    return ADDRESS_UNKNOWN;
}

const char *address_kind_text(enum address_kind kind)
{
#define X(name, text) [name] = text,
    static const char *const texts[] = {ADDRESS_KINDS(X)};
#undef X
    return texts[kind];
}

static str without_dot(str host)
{
    if (host.len > 0 && host.ptr[host.len - 1] == '.')
        host.len--;
    return host;
}

static bool same_host(str a, str b)
{
    a = without_dot(a);
    b = without_dot(b);
    return a.len == b.len && a.len > 0 && strncasecmp(a.ptr, b.ptr, a.len) == 0;
}

// "host:port" names that port only. A bare IPv6 address has colons too: it needs its brackets.
static bool name_fits(str name, str host, uint16_t port)
{
    if (same_host(name, host))
        return true;
    size_t at = name.len;
    while (at > 0 && name.ptr[at - 1] != ':')
        at--;
    uint64_t named_port;
    if (at == 0 || !str_to_u64(str_skip(name, at), &named_port) || named_port != port)
        return false;
    return same_host((str){name.ptr, at - 1}, host);
}

bool address_guard_passes(const struct address_guard *guard, str host, uint16_t port,
                          const struct sockaddr *address, socklen_t size)
{
    enum address_kind kind = address_kind_of(address, size);
    if (kind == ADDRESS_PUBLIC)
        return true;
    if (kind == ADDRESS_NOWHERE || kind == ADDRESS_UNKNOWN || !guard)
        return false;
    if (guard->open)
        return true;
    for (uint32_t i = 0; i < guard->name_count; i++)
        if (name_fits(guard->names[i], host, port))
            return true;
    return false;
}
