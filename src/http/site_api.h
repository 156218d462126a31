// site_api.h - entities, sites, feeders, racks; labels, health and maintenance of nodes.
//
// Bodies name things by slug or name, as people do; the look before the command finds them.
//
//   Owner      nobody
//   Invariant  everybody with a key sees what exists; who may change it is the route's action
//   Refusal    in exchange->refusal: which field names nothing
//   Fault      none
#pragma once
#include "http/exchange.h"

extern const struct field entity_new_fields[], site_new_fields[], feeder_new_fields[],
    feeder_cap_fields[], rack_new_fields[], node_label_fields[], node_health_fields[],
    node_maintenance_fields[], entity_list_query[], site_list_query[], feeder_list_query[],
    rack_list_query[];
extern const struct reply_field reply_entity[], reply_entity_page[], reply_site[],
    reply_site_page[], reply_feeder[], reply_feeder_page[], reply_rack[], reply_rack_page[];

enum view entity_list_view(struct exchange *exchange, const struct cloud *cloud);
enum view site_list_view(struct exchange *exchange, const struct cloud *cloud);
enum view feeder_list_view(struct exchange *exchange, const struct cloud *cloud);
enum view rack_list_view(struct exchange *exchange, const struct cloud *cloud);
void entity_new_look(struct exchange *exchange, const struct cloud *cloud);
void site_new_look(struct exchange *exchange, const struct cloud *cloud);
void feeder_new_look(struct exchange *exchange, const struct cloud *cloud);
void feeder_cap_look(struct exchange *exchange, const struct cloud *cloud);
void rack_new_look(struct exchange *exchange, const struct cloud *cloud);
void node_label_look(struct exchange *exchange, const struct cloud *cloud);
bool looked_prepare(struct exchange *exchange); // the look has made the input
bool node_health_prepare(struct exchange *exchange);
bool node_maintenance_prepare(struct exchange *exchange);
// A list of labels into what a command takes; inside the room, also for nodes_api.h.
bool labels_take(struct exchange *exchange, const struct cloud *cloud, str list,
                 struct node_label *label);
enum view entity_answer_view(struct exchange *exchange, const struct cloud *cloud);
enum view site_answer_view(struct exchange *exchange, const struct cloud *cloud);
enum view feeder_answer_view(struct exchange *exchange, const struct cloud *cloud);
enum view rack_answer_view(struct exchange *exchange, const struct cloud *cloud);
