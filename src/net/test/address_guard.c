#include "net/address_guard.h"
#include "base/rng.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <cmocka.h>

static socklen_t parse(const char *text, struct sockaddr_storage *out)
{
    *out = (struct sockaddr_storage){0};
    struct sockaddr_in *v4 = (struct sockaddr_in *)out;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)out;
    if (inet_pton(AF_INET, text, &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        return sizeof *v4;
    }
    assert_int_equal(1, inet_pton(AF_INET6, text, &v6->sin6_addr));
    v6->sin6_family = AF_INET6;
    return sizeof *v6;
}

static enum address_kind kind_of(const char *text)
{
    struct sockaddr_storage address;
    socklen_t size = parse(text, &address);
    return address_kind_of((struct sockaddr *)&address, size);
}

// Both ends of each block, and the address just outside.
static void each_block_ends_where_the_registry_says(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum address_kind kind;
    } rows[] = {
        {"0.0.0.0",          ADDRESS_NOWHERE   },
        {"0.0.0.1",          ADDRESS_RESERVED  },
        {"0.255.255.255",    ADDRESS_RESERVED  },
        {"1.0.0.0",          ADDRESS_PUBLIC    },
        {"9.255.255.255",    ADDRESS_PUBLIC    },
        {"10.0.0.0",         ADDRESS_PRIVATE   },
        {"10.255.255.255",   ADDRESS_PRIVATE   },
        {"11.0.0.0",         ADDRESS_PUBLIC    },
        {"100.63.255.255",   ADDRESS_PUBLIC    },
        {"100.64.0.0",       ADDRESS_SHARED    },
        {"100.127.255.255",  ADDRESS_SHARED    },
        {"100.128.0.0",      ADDRESS_PUBLIC    },
        {"126.255.255.255",  ADDRESS_PUBLIC    },
        {"127.0.0.1",        ADDRESS_LOOPBACK  },
        {"127.255.255.255",  ADDRESS_LOOPBACK  },
        {"128.0.0.0",        ADDRESS_PUBLIC    },
        {"169.253.255.255",  ADDRESS_PUBLIC    },
        {"169.254.169.254",  ADDRESS_LINK_LOCAL},
        {"169.255.0.0",      ADDRESS_PUBLIC    },
        {"172.15.255.255",   ADDRESS_PUBLIC    },
        {"172.16.0.0",       ADDRESS_PRIVATE   },
        {"172.31.255.255",   ADDRESS_PRIVATE   },
        {"172.32.0.0",       ADDRESS_PUBLIC    },
        {"192.0.0.8",        ADDRESS_RESERVED  },
        {"192.0.1.0",        ADDRESS_PUBLIC    },
        {"192.0.2.1",        ADDRESS_RESERVED  },
        {"192.167.255.255",  ADDRESS_PUBLIC    },
        {"192.168.0.0",      ADDRESS_PRIVATE   },
        {"192.169.0.0",      ADDRESS_PUBLIC    },
        {"198.17.255.255",   ADDRESS_PUBLIC    },
        {"198.18.0.0",       ADDRESS_RESERVED  },
        {"198.19.255.255",   ADDRESS_RESERVED  },
        {"198.20.0.0",       ADDRESS_PUBLIC    },
        {"203.0.113.7",      ADDRESS_RESERVED  },
        {"223.255.255.255",  ADDRESS_PUBLIC    },
        {"224.0.0.1",        ADDRESS_NOWHERE   },
        {"239.255.255.255",  ADDRESS_NOWHERE   },
        {"240.0.0.0",        ADDRESS_RESERVED  },
        {"255.255.255.254",  ADDRESS_RESERVED  },
        {"255.255.255.255",  ADDRESS_NOWHERE   },
        {"::",               ADDRESS_NOWHERE   },
        {"::1",              ADDRESS_LOOPBACK  },
        {"::2",              ADDRESS_EMBEDDED  },
        {"::ffff:8.8.8.8",   ADDRESS_EMBEDDED  },
        {"::ffff:127.0.0.1", ADDRESS_EMBEDDED  },
        {"64:ff9b::a00:1",   ADDRESS_EMBEDDED  },
        {"64:ff9b:1::1",     ADDRESS_EMBEDDED  },
        {"100::1",           ADDRESS_RESERVED  },
        {"2001::1",          ADDRESS_EMBEDDED  },
        {"2001:1ff::1",      ADDRESS_RESERVED  },
        {"2001:200::1",      ADDRESS_PUBLIC    },
        {"2001:db8::1",      ADDRESS_RESERVED  },
        {"2001:db9::1",      ADDRESS_PUBLIC    },
        {"2002:a00:1::1",    ADDRESS_EMBEDDED  },
        {"2606:4700::1111",  ADDRESS_PUBLIC    },
        {"3fff:fff::1",      ADDRESS_RESERVED  },
        {"3fff:1000::1",     ADDRESS_PUBLIC    },
        {"4000::1",          ADDRESS_RESERVED  },
        {"fbff::1",          ADDRESS_RESERVED  },
        {"fc00::1",          ADDRESS_PRIVATE   },
        {"fdff::1",          ADDRESS_PRIVATE   },
        {"fe80::1",          ADDRESS_LINK_LOCAL},
        {"febf::1",          ADDRESS_LINK_LOCAL},
        {"fec0::1",          ADDRESS_PRIVATE   },
        {"ff02::1",          ADDRESS_NOWHERE   },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (kind_of(rows[i].text) != rows[i].kind)
            fail_msg("%s is %s, want %s", rows[i].text, address_kind_text(kind_of(rows[i].text)),
                     address_kind_text(rows[i].kind));
}

static bool passes(const struct address_guard *guard, const char *host, uint16_t port,
                   const char *text)
{
    struct sockaddr_storage address;
    socklen_t size = parse(text, &address);
    return address_guard_passes(guard, str_from(host), port, (struct sockaddr *)&address, size);
}

static void a_name_opens_its_own_host_only(void **state)
{
    (void)state;
    const str names[] = {S("models.internal"), S("127.0.0.1:8080"), S("[::1]:81")};
    const struct address_guard guard = {.names = names, .name_count = 3};
    assert_true(passes(&guard, "models.internal", 80, "10.0.0.7"));
    assert_true(passes(&guard, "Models.Internal.", 9999, "fd00::1"));
    assert_false(passes(&guard, "x.models.internal", 80, "10.0.0.7"));
    assert_false(passes(&guard, "internal", 80, "10.0.0.7"));
    assert_false(passes(&guard, "", 80, "10.0.0.7"));
    assert_true(passes(&guard, "127.0.0.1", 8080, "127.0.0.1"));
    assert_false(passes(&guard, "127.0.0.1", 8081, "127.0.0.1"));
    assert_true(passes(&guard, "[::1]", 81, "::1"));
    assert_false(passes(&guard, "[::1]", 80, "::1"));
    assert_false(passes(&guard, "models.internal", 80, "0.0.0.0"));
    assert_false(passes(&guard, "models.internal", 80, "224.0.0.1"));
    assert_true(passes(NULL, "anything", 80, "8.8.8.8"));
    assert_false(passes(NULL, "anything", 80, "127.0.0.1"));

    const struct address_guard open = {.open = true};
    assert_true(passes(&open, "x", 80, "127.0.0.1"));
    assert_false(passes(&open, "x", 80, "255.255.255.255"));
    assert_false(passes(&open, "x", 80, "::"));
}

// An address cut short, or of a family nobody asked for, never passes.
static void what_is_not_an_address_does_not_pass(void **state)
{
    (void)state;
    struct sockaddr_storage address;
    socklen_t size = parse("8.8.8.8", &address);
    const struct address_guard open = {.open = true};
    assert_false(address_guard_passes(&open, S("x"), 80, (struct sockaddr *)&address, size - 1));
    address.ss_family = AF_UNIX;
    assert_false(address_guard_passes(&open, S("x"), 80, (struct sockaddr *)&address, size));
}

// A recount by arithmetic on dotted numbers instead of masks.
static void random_v4_addresses_agree_with_a_recount(void **state)
{
    (void)state;
    struct rng rng = {.state = 7};
    for (int i = 0; i < 200000; i++) {
        uint32_t value = (uint32_t)rng_next(&rng);
        uint32_t a = value >> 24, b = value >> 16 & 255, c = value >> 8 & 255;
        bool special = a == 0 || a == 10 || a == 127 || a >= 224 ||
                       (a == 100 && b >= 64 && b < 128) || (a == 169 && b == 254) ||
                       (a == 172 && b >= 16 && b < 32) || (a == 192 && b == 168) ||
                       (a == 192 && b == 0 && (c == 0 || c == 2)) ||
                       (a == 192 && b == 88 && c == 99) || (a == 198 && (b == 18 || b == 19)) ||
                       (a == 198 && b == 51 && c == 100) || (a == 203 && b == 0 && c == 113);
        struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(value)};
        enum address_kind kind = address_kind_of((struct sockaddr *)&address, sizeof address);
        assert_int_equal(special, kind != ADDRESS_PUBLIC);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_block_ends_where_the_registry_says),
        cmocka_unit_test(a_name_opens_its_own_host_only),
        cmocka_unit_test(what_is_not_an_address_does_not_pass),
        cmocka_unit_test(random_v4_addresses_agree_with_a_recount),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
