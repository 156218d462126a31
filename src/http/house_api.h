// house_api.h - the house itself: health, who asks, what it is, its operator, its settings.
//
//   Owner      nobody
//   Invariant  /healthz needs neither the turning thread nor a key, and says nothing secret
//   Refusal    in exchange->refusal
//   Fault      none
#pragma once
#include "http/exchange.h"

extern const struct field operator_fields[], setting_fields[], setting_list_query[];
extern const struct reply_field reply_health[], reply_whoami[], reply_house[], reply_operator[],
    reply_setting[], reply_setting_page[];

bool health_finish(struct exchange *exchange);
enum view whoami_view(struct exchange *exchange, const struct cloud *cloud);
enum view house_view(struct exchange *exchange, const struct cloud *cloud);
bool house_finish(struct exchange *exchange);
enum view operator_view(struct exchange *exchange, const struct cloud *cloud);
bool operator_prepare(struct exchange *exchange);
enum view setting_list_view(struct exchange *exchange, const struct cloud *cloud);
bool setting_prepare(struct exchange *exchange);
enum view setting_answer_view(struct exchange *exchange, const struct cloud *cloud);
