// metrics_api.h - /metrics: what the server counts and what the core knows, for Prometheus.
//
//   Owner      nobody
//   Invariant  labels are from fixed sets: routes, states, chips
//   Refusal    in exchange->refusal
//   Fault      none
#pragma once
#include "http/exchange.h"

enum view metrics_view(struct exchange *exchange, const struct cloud *cloud);
bool metrics_finish(struct exchange *exchange);
