// openapi.h - the API's description, made from the table of routes: OpenAPI 3.1, and pages.
//
//   Owner      the caller's buf
//   Invariant  every route, field and reply row is in each of them; nothing else is
//   Refusal    none
//   Fault      an overflow stays in the buf
#pragma once
#include "http/exchange.h"

void openapi_json(const char *version, struct buf *out);
void api_page_html(const char *version, struct buf *out);
void api_page_markdown(struct buf *out);

bool openapi_finish(struct exchange *exchange);
bool api_page_finish(struct exchange *exchange);
