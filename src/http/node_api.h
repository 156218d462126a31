// node_api.h - nodes, devices, chips and leases: what there is and who has it.
//
//   Owner      nobody
//   Invariant  everybody with a key sees the house; leases only their account's, and a device says
//              which lease holds it only to those who may see that lease
//   Refusal    in exchange->refusal
//   Fault      none
#pragma once
#include "http/exchange.h"

extern const struct field node_list_query[], device_list_query[], chip_list_query[],
    lease_list_query[];
extern const struct reply_field reply_node[], reply_node_page[], reply_device_page[],
    reply_chip_page[], reply_lease_page[];

enum view node_list_view(struct exchange *exchange, const struct cloud *cloud);
enum view node_show_view(struct exchange *exchange, const struct cloud *cloud);
bool node_drain_prepare(struct exchange *exchange);
bool node_undrain_prepare(struct exchange *exchange);
enum view node_report_view(struct exchange *exchange, const struct cloud *cloud); // of its {node}
enum view node_answer_view(struct exchange *exchange, const struct cloud *cloud);
enum view device_list_view(struct exchange *exchange, const struct cloud *cloud);
enum view chip_list_view(struct exchange *exchange, const struct cloud *cloud);
enum view lease_list_view(struct exchange *exchange, const struct cloud *cloud);
