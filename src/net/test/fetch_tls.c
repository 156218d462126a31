// TLS as it must be: what cannot be verified is not spoken to. The server and its certificates
// are made here.
#include "net/fetch.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <cmocka.h>

static const struct address_guard open_guard = {.open = true};

struct secure {
    SSL_CTX *context;
    X509 *certificate;
    EVP_PKEY *key;
    int listener, port;
    uint32_t replies; // given over a finished handshake
    pthread_t thread;
    char ca_path[64];
};

static void *serve(void *context)
{
    struct secure *server = context;
    static const char page[] = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecret";
    int peer;
    sigset_t pipe; // SSL_write to a peer that went away
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe, NULL);
    while ((peer = accept(server->listener, NULL, NULL)) >= 0) {
        char request[4096];
        SSL *ssl = SSL_new(server->context);
        SSL_set_fd(ssl, peer);
        if (SSL_accept(ssl) == 1 && SSL_read(ssl, request, sizeof request) > 0 &&
            SSL_write(ssl, page, sizeof page - 1) > 0)
            server->replies++;
        SSL_free(ssl);
        close(peer);
    }
    return NULL;
}

// Self-signed, for the given address, valid between the two days from now.
static void make_certificate(struct secure *server, const char *name, int first_day, int last_day)
{
    server->key = EVP_EC_gen("P-256");
    X509 *certificate = server->certificate = X509_new();
    assert_non_null(server->key);
    X509_set_version(certificate, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate), first_day * 86400L);
    X509_gmtime_adj(X509_getm_notAfter(certificate), last_day * 86400L);
    X509_set_pubkey(certificate, server->key);
    X509_NAME *subject = X509_get_subject_name(certificate);
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const unsigned char *)"test", -1, -1,
                               0);
    X509_set_issuer_name(certificate, subject);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, name);
    assert_non_null(extension);
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
    assert_true(X509_sign(certificate, server->key, EVP_sha256()) > 0);
}

static void write_certificate(struct secure *server)
{
    snprintf(server->ca_path, sizeof server->ca_path, "/tmp/tatara-tls-test-XXXXXX");
    int descriptor = mkstemp(server->ca_path);
    assert_true(descriptor >= 0);
    FILE *file = fdopen(descriptor, "w");
    assert_int_equal(1, PEM_write_X509(file, server->certificate));
    fclose(file);
}

static void start(struct secure *server, const char *name, int first_day, int last_day)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    *server = (struct secure){0};
    make_certificate(server, name, first_day, last_day);
    write_certificate(server);
    server->context = SSL_CTX_new(TLS_server_method());
    assert_int_equal(1, SSL_CTX_use_certificate(server->context, server->certificate));
    assert_int_equal(1, SSL_CTX_use_PrivateKey(server->context, server->key));
    server->listener = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(0, bind(server->listener, (struct sockaddr *)&address, size));
    assert_int_equal(0, getsockname(server->listener, (struct sockaddr *)&address, &size));
    assert_int_equal(0, listen(server->listener, 16));
    server->port = ntohs(address.sin_port);
    assert_int_equal(0, pthread_create(&server->thread, NULL, serve, server));
}

static void stop(struct secure *server)
{
    shutdown(server->listener, SHUT_RDWR);
    assert_int_equal(0, pthread_join(server->thread, NULL));
    close(server->listener);
    unlink(server->ca_path);
    SSL_CTX_free(server->context);
    X509_free(server->certificate);
    EVP_PKEY_free(server->key);
}

static void expect_end(const struct secure *server, const char *ca_file, enum fetch_end end)
{
    char url[64];
    snprintf(url, sizeof url, "https://127.0.0.1:%d/", server->port);
    const struct fetch_request request = {.url = str_from(url),
                                          .guard = &open_guard,
                                          .ca_file = str_from(ca_file),
                                          .total_ms_max = 20000};
    struct fetch_reply reply;
    struct err err = {""};
    fetch_run(&request, &reply, &err);
    if (reply.end != end)
        fail_msg("ended %s: %s", fetch_end_text(reply.end), err.text);
    assert_int_equal(end == FETCH_DONE, str_is(buf_str(&reply.body), S("secret")));
    fetch_reply_finish(&reply);
}

static void only_a_trusted_certificate_is_spoken_to(void **state)
{
    (void)state;
    struct secure server, other;
    start(&server, "IP:127.0.0.1", -1, 1);
    start(&other, "IP:127.0.0.1", -1, 1);
    expect_end(&server, NULL, FETCH_TLS); // the system does not know it
    expect_end(&server, other.ca_path, FETCH_TLS);
    expect_end(&server, "/nowhere/ca.pem", FETCH_TLS);
    assert_int_equal(0, server.replies);
    expect_end(&server, server.ca_path, FETCH_DONE);
    assert_int_equal(1, server.replies);
    stop(&server);
    stop(&other);
}

static void a_certificate_for_another_host_or_time_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int first_day, last_day;
    } rows[] = {
        {"IP:127.0.0.2",      -1, 1 },
        {"DNS:localhost",     -1, 1 },
        {"IP:127.0.0.1",      -2, -1},
        {"IP:127.0.0.1",      1,  2 },
        {"DNS:*.example.com", -1, 1 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct secure server;
        start(&server, rows[i].name, rows[i].first_day, rows[i].last_day);
        expect_end(&server, server.ca_path, FETCH_TLS);
        assert_int_equal(0, server.replies);
        stop(&server);
    }
}

// Nothing older than TLS 1.2.
static void an_old_version_is_refused(void **state)
{
    (void)state;
    struct secure server;
    start(&server, "IP:127.0.0.1", -1, 1);
    SSL_CTX_set_max_proto_version(server.context, TLS1_1_VERSION);
    expect_end(&server, server.ca_path, FETCH_TLS);
    stop(&server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_a_trusted_certificate_is_spoken_to),
        cmocka_unit_test(a_certificate_for_another_host_or_time_is_refused),
        cmocka_unit_test(an_old_version_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
