// listen.h - the socket the server listens on.
//
//   Owner      the caller closes the descriptor; a unix socket's file is removed before it is made
//   Invariant  a unix socket is for its owner and group alone (mode 0660)
//   Refusal    none
//   Fault      an address in use, no right to it: says what to do
#pragma once
#include "base/err.h"
#include "http/config.h"

bool listen_open(const struct http_config *config, int *ret_descriptor, uint16_t *ret_port,
                 struct err *err);
