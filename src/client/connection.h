// connection.h - which server the command line speaks to, and with which access key.
//
// The first of these that is there wins: the options --url and --key; the environment, TATARA_URL
// and TATARA_KEY; the data directory, whose files `address` (written by a running server) and
// `admin.key` name both. The directory is --data, TATARA_DATA, else for root /var/lib/tatara and
// for a user $XDG_DATA_HOME/tatara or ~/.local/share/tatara.
//
// A URL is http://…, https://…, or unix:/path/of/a/socket.
//
// The key in a data directory is sent only to the address in that same directory: a URL from
// somewhere else needs a key from somewhere else.
//
//   Owner      a plain value; it holds a secret, connection_forget wipes it
//   Invariant  url has no slash at its end; texts end with a zero byte
//   Refusal    none
//   Fault      nothing names a server, a file cannot be read, a text is too long
#pragma once
#include "base/err.h"
#include "base/str.h"
#include <stdbool.h>

enum { CONNECTION_TEXT_MAX = 1024 };

// What was asked for by option; NULL: not asked.
struct connection_wish {
    const char *url, *key, *data, *ca;
};

struct connection {
    char url[CONNECTION_TEXT_MAX];
    char key[256];                      // empty: none was found
    char data[CONNECTION_TEXT_MAX];     // the data directory that was looked at
    char ca_file[CONNECTION_TEXT_MAX];  // empty: the system's certificates
    char url_from[CONNECTION_TEXT_MAX]; // where the URL stood: "--url", a file's name
    char key_from[CONNECTION_TEXT_MAX];
};

bool connection_find(const struct connection_wish *wish, struct connection *ret_connection,
                     struct err *err);
// What a request's URL begins with, and the socket it goes through (empty: none).
const char *connection_origin(const struct connection *connection);
const char *connection_socket(const struct connection *connection);
void connection_forget(struct connection *connection);
// The data directory alone; `asked` is --data or NULL.
bool connection_data_directory(const char *asked, char *ret_path, size_t size, struct err *err);
