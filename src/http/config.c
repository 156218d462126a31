#include "http/config.h"
#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

struct http_config http_config_default(void)
{
    return (struct http_config){
        .address = "127.0.0.1",
        .port = 7470,
        .version = "",
        .threads = 1,
        .connections_max = 1000,
        .connections_per_address_max = 500,
        .body_bytes_max = 1024 * 1024,
        .header_bytes_max = 16 * 1024,
        .idle_ms = 120 * 1000,
        .receive_ms = 30 * 1000,
        .refused_rate = 20,
        .heartbeat_ms = 15000,
        .look_ms = 20,
        .followers_max = 256,
    };
}

bool http_address_is_loopback(const char *address)
{
    struct in_addr four;
    struct in6_addr six;
    if (inet_pton(AF_INET, address, &four) == 1)
        return (ntohl(four.s_addr) >> 24) == 127;
    return inet_pton(AF_INET6, address, &six) == 1 && IN6_IS_ADDR_LOOPBACK(&six);
}

static bool is_address(const char *address)
{
    struct in6_addr any;
    return inet_pton(AF_INET, address, &any) == 1 || inet_pton(AF_INET6, address, &any) == 1;
}

bool http_config_check(const struct http_config *config, struct err *err)
{
    bool certificate = config->tls_certificate != NULL, key = config->tls_key != NULL;
    if (certificate != key)
        return err_set(err,
                       "TLS needs both a certificate and a key: give --tls-cert and --tls-key");
    if (config->unix_path)
        return true;
    if (!config->address || !is_address(config->address))
        return err_set(err, "listen: \"%s\" is not an IP address: give one, as in 127.0.0.1:7470",
                       config->address ? config->address : "");
    if (!http_address_is_loopback(config->address) && !certificate && !config->behind_proxy)
        return err_set(err,
                       "listen: %s is beyond loopback, where access keys would travel in the "
                       "clear: give --tls-cert and --tls-key, or --behind-proxy when a proxy in "
                       "front does TLS",
                       config->address);
    return true;
}

// "name", "name:7470", "[::1]:7470" without the port; empty when it is none of these.
static str host_name(str host)
{
    str name = host, port = {0};
    if (host.len > 0 && host.ptr[0] == '[') {
        if (!str_cut(host, ']', &name, &port))
            return S("");
        name = str_skip(name, 1);
        if (port.len > 0 && port.ptr[0] != ':')
            return S("");
        port = str_skip(port, 1);
    } else {
        str_cut(host, ':', &name, &port);
    }
    uint64_t number;
    if (port.len > 0 && (!str_to_u64(port, &number) || number > 65535))
        return S("");
    return name;
}

static bool name_same(str name, const char *known)
{
    return name.len == strlen(known) && strncasecmp(name.ptr, known, name.len) == 0;
}

bool http_host_known(const struct http_config *config, str host)
{
    if (config->unix_path || config->behind_proxy || !http_address_is_loopback(config->address))
        return true;
    str name = host_name(host);
    static const char *const loopback[] = {"localhost", "127.0.0.1", "::1"};
    for (size_t i = 0; i < sizeof loopback / sizeof loopback[0]; i++)
        if (name_same(name, loopback[i]))
            return true;
    if (name_same(name, config->address))
        return true;
    for (const char *const *known = config->host_names; known && *known; known++)
        if (name_same(name, *known))
            return true;
    return false;
}
