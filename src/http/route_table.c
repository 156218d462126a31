// The table of routes. To add one: a row here, its handlers in the *_api.c of its subject, its
// fields and its reply as tables there. Tests, OpenAPI and docs/api.md follow from the row.
#include "http/curtail_api.h"
#include "http/account_api.h"
#include "http/bill_api.h"
#include "http/house_api.h"
#include "http/job_api.h"
#include "http/job_reply.h"
#include "http/journal_api.h"
#include "http/key_api.h"
#include "http/log_api.h"
#include "http/metrics_api.h"
#include "http/node_api.h"
#include "http/nodes_api.h"
#include "http/site_api.h"
#include "http/openapi.h"
#include "http/price_api.h"
#include "http/reservation_api.h"

#define ROUTE(...)  \
    {               \
        __VA_ARGS__ \
    }
static const struct field none[] = {{0}};
#define GET(pattern, operation, right) \
    .method = METHOD_GET, .path = (pattern), .name = (operation), .action = (right), .status = 200
#define POST(pattern, operation, right) \
    .method = METHOD_POST, .path = (pattern), .name = (operation), .action = (right), .status = 200
#define NEW(pattern, operation, right) \
    .method = METHOD_POST, .path = (pattern), .name = (operation), .action = (right), .status = 201
#define DELETE(pattern, operation, right)                                               \
    .method = METHOD_DELETE, .path = (pattern), .name = (operation), .action = (right), \
    .status = 200
#define JSON_ANY reply_anything

static const struct reply_field reply_anything[] = {
    ROW("…", REPLY_ANY, false, NULL, "a document of its own"),
    {0},
};

const struct route routes[] = {
    // The house
    ROUTE(GET("/healthz", "health", ACTION_READ_HOUSE), .open = true, .reply = reply_health,
          .finish = health_finish,
          .summary = "Whether the house takes commands; 503 when it does not"),
    ROUTE(GET("/api/openapi.json", "openapi", ACTION_READ_HOUSE), .open = true,
          .media = "application/json", .finish = openapi_finish,
          .summary = "This API for programs, OpenAPI 3.1"),
    ROUTE(GET("/api/docs", "docs", ACTION_READ_HOUSE), .open = true, .media = "text/html",
          .finish = api_page_finish, .summary = "This API for people"),
    ROUTE(GET("/metrics", "metrics", ACTION_READ_ALL), .media = "text/plain", .view = metrics_view,
          .view_optional = true, .finish = metrics_finish, .summary = "Counters for Prometheus"),
    ROUTE(GET("/api/v1/whoami", "whoami", ACTION_READ_HOUSE), .reply = reply_whoami,
          .view = whoami_view, .summary = "Who this key is"),
    ROUTE(GET("/api/v1/house", "house", ACTION_READ_HOUSE), .reply = reply_house,
          .view = house_view, .finish = house_finish,
          .summary = "Version, engine and what it cannot enforce, journal"),
    // Jobs
    ROUTE(NEW("/api/v1/jobs", "submit_job", ACTION_RUN), .body = job_submit_fields,
          .reply = reply_job, .prepare = job_submit_prepare, .view = job_answer_view,
          .summary = "Submit a job: it runs as soon as its devices are free",
          .example = "{\"devices\":1,\"memory_mib\":512,\"argv\":[\"sh\",\"-c\",\"echo hello\"]}"),
    ROUTE(GET("/api/v1/jobs", "list_jobs", ACTION_READ_OWN), .query = job_list_query,
          .reply = reply_job_page, .view = job_list_view, .summary = "Jobs, newest last"),
    ROUTE(GET("/api/v1/jobs/{job}", "show_job", ACTION_READ_OWN), .reply = reply_job_shown,
          .view = job_show_view, .finish = job_show_finish, .summary = "One job with its command"),
    ROUTE(GET("/api/v1/jobs/{job}/why", "why_job", ACTION_READ_OWN), .reply = reply_why,
          .view = job_why_view, .summary = "Which rule holds a job that waits, and until when"),
    ROUTE(POST("/api/v1/jobs/{job}/stop", "stop_job", ACTION_RUN), .body = job_stop_fields,
          .reply = reply_job, .prepare = job_stop_prepare, .view = job_answer_view,
          .summary = "Ask a job to end: SIGTERM, grace, SIGKILL",
          .example = "{\"grace_ms\":10000}"),
    ROUTE(GET("/api/v1/jobs/{job}/log", "job_log", ACTION_READ_OWN), .query = log_query,
          .media = "application/octet-stream", .view = log_view, .finish = log_finish,
          .summary =
              "Output from an offset, raw; X-Next-Offset says where to go on, X-Ended whether "
              "nothing follows"),
    ROUTE(GET("/api/v1/jobs/{job}/log/follow", "follow_job_log", ACTION_READ_OWN), .stream = true,
          .query = log_follow_query, .media = "text/event-stream", .prepare = log_follow_prepare,
          .view = log_view, .finish = log_follow_finish,
          .summary = "Output live: events stdout and stderr (base64), attempt, end (the job)"),
    // Nodes
    ROUTE(GET("/api/v1/nodes", "list_nodes", ACTION_READ_HOUSE), .query = node_list_query,
          .reply = reply_node_page, .view = node_list_view, .summary = "Nodes"),
    ROUTE(GET("/api/v1/nodes/{node}", "show_node", ACTION_READ_HOUSE), .reply = reply_node,
          .view = node_show_view, .summary = "One node, by id or name"),
    ROUTE(POST("/api/v1/nodes/{node}/drain", "drain_node", ACTION_OPERATE), .body = none,
          .reply = reply_node, .prepare = node_drain_prepare, .view = node_answer_view,
          .summary = "Place nothing more on a node; what runs there runs on"),
    ROUTE(POST("/api/v1/nodes/{node}/undrain", "undrain_node", ACTION_OPERATE), .body = none,
          .reply = reply_node, .prepare = node_undrain_prepare, .view = node_answer_view,
          .summary = "Place jobs on a node again"),
    ROUTE(GET("/api/v1/curtailments", "list_curtailments", ACTION_READ_HOUSE),
          .query = curtail_list_query, .reply = reply_curtailment_page, .view = curtail_list_view,
          .summary = "Sites that may take fewer watts, and until when"),
    ROUTE(POST("/api/v1/curtailments", "new_curtailment", ACTION_OPERATE),
          .body = curtail_new_fields, .reply = reply_curtailment, .prepare = curtail_new_prepare,
          .view = curtail_answer_view,
          .summary = "Curtail a site: jobs are capped, paused and moved in class order",
          .example = "{\"for_ms\":10800000,\"to_permille\":750,\"within_ms\":30000}"),
    ROUTE(POST("/api/v1/nodes", "new_nodes", ACTION_OPERATE), .body = nodes_new_fields,
          .reply = reply_nodes_new, .look = nodes_new_look, .prepare = nodes_new_prepare,
          .view = nodes_new_view,
          .summary = "Many nodes by name: all that are not there yet, or none",
          .example =
              "{\"check\":true,\"nodes\":[{\"name\":\"m1\",\"site\":\"sakai\",\"block\":\"b1\","
              "\"rack\":\"r1\",\"chip\":\"gb200\",\"devices\":4,\"memory_mib\":983040}]}"),
    ROUTE(POST("/api/v1/nodes/{node}/labels", "label_node", ACTION_OPERATE),
          .body = node_label_fields, .reply = reply_node, .look = node_label_look,
          .prepare = looked_prepare, .view = node_report_view,
          .summary = "Change what rules see of a node", .example = "{\"labels\":\"disk=nvme\"}"),
    ROUTE(POST("/api/v1/nodes/{node}/health", "report_health", ACTION_OPERATE),
          .body = node_health_fields, .reply = reply_node, .prepare = node_health_prepare,
          .view = node_report_view,
          .summary = "Say what was noticed of a device or a node; nothing that runs is stopped",
          .example = "{\"kind\":\"xid\",\"index\":0,\"detail\":79}"),
    ROUTE(POST("/api/v1/nodes/{node}/maintenance", "plan_maintenance", ACTION_OPERATE),
          .body = node_maintenance_fields, .reply = reply_node, .prepare = node_maintenance_prepare,
          .view = node_report_view, .summary = "A window in which somebody works on a node",
          .example = "{\"until\":\"2027-01-01T06:00:00Z\"}"),
    ROUTE(GET("/api/v1/entities", "list_entities", ACTION_READ_HOUSE), .query = entity_list_query,
          .reply = reply_entity_page, .view = entity_list_view, .summary = "Legal persons"),
    ROUTE(NEW("/api/v1/entities", "new_entity", ACTION_MANAGE), .body = entity_new_fields,
          .reply = reply_entity, .look = entity_new_look, .prepare = looked_prepare,
          .view = entity_answer_view, .summary = "A new entity: owner, operator, vendor",
          .example = "{\"slug\":\"acme\",\"name\":\"Acme KK\",\"country\":\"JP\"}"),
    ROUTE(GET("/api/v1/sites", "list_sites", ACTION_READ_HOUSE), .query = site_list_query,
          .reply = reply_site_page, .view = site_list_view, .summary = "Sites"),
    ROUTE(NEW("/api/v1/sites", "new_site", ACTION_MANAGE), .body = site_new_fields,
          .reply = reply_site, .look = site_new_look, .prepare = looked_prepare,
          .view = site_answer_view, .summary = "A new site",
          .example = "{\"slug\":\"sakai\",\"country\":\"JP\",\"pue_permille\":1250}"),
    ROUTE(GET("/api/v1/feeders", "list_feeders", ACTION_READ_HOUSE), .query = feeder_list_query,
          .reply = reply_feeder_page, .view = feeder_list_view, .summary = "Feeders of all sites"),
    ROUTE(NEW("/api/v1/feeders", "new_feeder", ACTION_MANAGE), .body = feeder_new_fields,
          .reply = reply_feeder, .look = feeder_new_look, .prepare = looked_prepare,
          .view = feeder_answer_view, .summary = "A new feeder of a site's power tree",
          .example = "{\"site\":\"sakai\",\"name\":\"grid\",\"rated_w\":240000000}"),
    ROUTE(NEW("/api/v1/caps", "cap_feeder", ACTION_OPERATE), .body = feeder_cap_fields,
          .reply = reply_feeder, .look = feeder_cap_look, .prepare = looked_prepare,
          .view = feeder_answer_view, .summary = "A feeder carries less for a time",
          .example = "{\"site\":\"sakai\",\"feeder\":\"grid\",\"cap_w\":180000000}"),
    ROUTE(GET("/api/v1/racks", "list_racks", ACTION_READ_HOUSE), .query = rack_list_query,
          .reply = reply_rack_page, .view = rack_list_view, .summary = "Racks"),
    ROUTE(NEW("/api/v1/racks", "new_rack", ACTION_OPERATE), .body = rack_new_fields,
          .reply = reply_rack, .look = rack_new_look, .prepare = looked_prepare,
          .view = rack_answer_view, .summary = "A new rack with equal nodes and their devices",
          .example = "{\"site\":\"sakai\",\"block\":\"b1\",\"name\":\"r1\",\"nodes\":18,"
                     "\"devices\":4,\"chip\":\"gb200\",\"device_w\":1200,"
                     "\"memory_mib\":983040}"),
    ROUTE(GET("/api/v1/devices", "list_devices", ACTION_READ_HOUSE), .query = device_list_query,
          .reply = reply_device_page, .view = device_list_view, .summary = "Devices"),
    ROUTE(GET("/api/v1/chips", "list_chips", ACTION_READ_HOUSE), .query = chip_list_query,
          .reply = reply_chip_page, .view = chip_list_view, .summary = "Kinds of devices"),
    ROUTE(GET("/api/v1/leases", "list_leases", ACTION_READ_OWN), .query = lease_list_query,
          .reply = reply_lease_page, .view = lease_list_view, .summary = "Leases, newest last"),
    // Reservations
    ROUTE(NEW("/api/v1/reservations", "new_reservation", ACTION_OPERATE),
          .body = reservation_new_fields, .reply = reply_reservation,
          .prepare = reservation_new_prepare, .view = reservation_answer_view,
          .summary = "Book devices for an account, from one instant to another",
          .example = "{\"account\":\"acme\",\"devices\":1,"
                     "\"start\":\"2027-07-01T00:00:00Z\",\"end\":\"2027-07-08T00:00:00Z\"}"),
    ROUTE(GET("/api/v1/reservations", "list_reservations", ACTION_READ_OWN),
          .query = reservation_list_query, .reply = reply_reservation_page,
          .view = reservation_list_view, .summary = "Reservations, newest last"),
    ROUTE(GET("/api/v1/reservations/{reservation}", "show_reservation", ACTION_READ_OWN),
          .reply = reply_reservation, .view = reservation_show_view,
          .summary = "One reservation: its nodes, and why it is as it is"),
    ROUTE(DELETE("/api/v1/reservations/{reservation}", "cancel_reservation", ACTION_RUN),
          .body = none, .reply = reply_reservation, .prepare = reservation_cancel_prepare,
          .view = reservation_answer_view,
          .summary = "Cancel a reservation: its jobs end, its devices are everybody's"),
    ROUTE(GET("/api/v1/earliest-start", "earliest_start", ACTION_READ_HOUSE),
          .query = earliest_query, .reply = reply_earliest, .view = earliest_view,
          .summary = "From when on so much could be reserved for so long"),
    // Accounts and keys
    ROUTE(GET("/api/v1/accounts", "list_accounts", ACTION_READ_OWN), .query = account_list_query,
          .reply = reply_account_page, .view = account_list_view,
          .summary = "Accounts; the key's own, or all of them"),
    ROUTE(NEW("/api/v1/accounts", "new_account", ACTION_MANAGE), .body = account_new_fields,
          .reply = reply_account, .prepare = account_new_prepare, .view = account_answer_view,
          .summary = "A new account",
          .example = "{\"slug\":\"acme\",\"name\":\"Acme KK\",\"tax_id\":\"T7000012050002\"}"),
    ROUTE(GET("/api/v1/accounts/{account}", "show_account", ACTION_READ_OWN),
          .reply = reply_account, .view = account_show_view,
          .summary = "One account, by id or slug"),
    ROUTE(POST("/api/v1/accounts/{account}/limits", "set_limits", ACTION_MANAGE),
          .body = limit_fields, .reply = reply_account, .look = limit_look,
          .prepare = limit_prepare, .view = account_answer_view,
          .summary = "Limits of an account; what is not given stays",
          .example = "{\"devices\":2,\"month\":\"50000\"}"),
    ROUTE(GET("/api/v1/accounts/{account}/balance", "balance", ACTION_READ_OWN),
          .query = balance_query, .reply = reply_balance, .prepare = balance_prepare,
          .view = balance_view, .summary = "Books of an account, now or at a time"),
    ROUTE(GET("/api/v1/keys", "list_keys", ACTION_READ_OWN), .query = key_list_query,
          .reply = reply_key_page, .view = key_list_view,
          .summary = "Access keys, without secrets"),
    ROUTE(NEW("/api/v1/keys", "new_key", ACTION_MANAGE_KEYS), .body = key_new_fields,
          .reply = reply_key_new, .prepare = key_new_prepare, .view = key_new_view,
          .summary = "A new access key; its secret is shown this once",
          .example = "{\"account\":\"acme\",\"role\":\"user\",\"label\":\"ci\"}"),
    ROUTE(DELETE("/api/v1/keys/{key}", "revoke_key", ACTION_MANAGE_KEYS), .body = none,
          .reply = reply_key, .prepare = key_revoke_prepare, .view = key_revoke_view,
          .summary = "Revoke an access key: within a second it opens nothing any more"),
    // Money
    ROUTE(GET("/api/v1/prices", "list_prices", ACTION_READ_HOUSE), .query = price_list_query,
          .reply = reply_price_page, .view = price_list_view, .summary = "Prices, newest last"),
    ROUTE(NEW("/api/v1/prices", "set_price", ACTION_MANAGE), .body = price_new_fields,
          .reply = reply_price, .prepare = price_new_prepare, .view = price_answer_view,
          .summary = "A new price; the one before ends, leases keep theirs",
          .example = "{\"chip\":\"cpu-core\",\"per_device_hour\":\"5\",\"currency\":\"JPY\"}"),
    ROUTE(GET("/api/v1/accounts/{account}/bill", "bill", ACTION_READ_OWN), .query = bill_query,
          .reply = JSON_ANY, .media = "text/plain", .prepare = bill_accept, .view = bill_view,
          .summary = "The bill of a month: the draft that would be issued now, else the invoice"),
    ROUTE(NEW("/api/v1/accounts/{account}/invoices", "issue_invoice", ACTION_MANAGE),
          .body = invoice_new_fields, .reply = JSON_ANY, .media = "text/plain",
          .prepare = invoice_new_prepare, .view = invoice_new_view,
          .summary = "Issue the invoice of a month; it never changes afterwards",
          .example = "{\"month\":\"2026-11\"}"),
    ROUTE(GET("/api/v1/invoices", "list_invoices", ACTION_READ_OWN), .query = invoice_list_query,
          .reply = reply_invoice_page, .view = invoice_list_view,
          .summary = "Invoices, newest last"),
    ROUTE(GET("/api/v1/invoices/{invoice}", "show_invoice", ACTION_READ_OWN), .reply = JSON_ANY,
          .media = "text/plain", .prepare = bill_accept, .view = invoice_show_view,
          .summary = "One invoice, as JSON or as a page of text"),
    ROUTE(GET("/api/v1/operator", "show_operator", ACTION_READ_HOUSE), .reply = reply_operator,
          .view = operator_view, .summary = "The operator as it stands on invoices"),
    ROUTE(POST("/api/v1/operator", "set_operator", ACTION_MANAGE), .body = operator_fields,
          .reply = reply_operator, .prepare = operator_prepare, .view = operator_view,
          .summary = "Set the operator; invoices are qualified once it has a number",
          .example = "{\"name\":\"Tatara KK\",\"tax_id\":\"T7000012050002\"}"),
    ROUTE(GET("/api/v1/settings", "list_settings", ACTION_READ_ALL), .query = setting_list_query,
          .reply = reply_setting_page, .view = setting_list_view,
          .summary = "Settings of the house"),
    ROUTE(POST("/api/v1/settings", "change_setting", ACTION_MANAGE), .body = setting_fields,
          .reply = reply_setting, .prepare = setting_prepare, .view = setting_answer_view,
          .summary = "Change a setting", .example = "{\"key\":\"stop_grace_ms\",\"value\":5000}"),
    // The journal
    ROUTE(GET("/api/v1/journal", "list_journal", ACTION_READ_ALL), .query = journal_query,
          .reply = reply_journal, .finish = journal_finish, .summary = "Events, oldest first"),
    ROUTE(GET("/api/v1/journal/follow", "follow_journal", ACTION_READ_ALL), .stream = true,
          .query = journal_follow_query, .media = "text/event-stream",
          .prepare = journal_follow_prepare, .finish = journal_follow_finish,
          .summary = "Events live; id is the seq"),
    ROUTE(GET("/api/v1/journal/export", "export_journal", ACTION_READ_ALL),
          .query = journal_export_query, .media = "text/plain", .finish = journal_export_finish,
          .summary = "Events as lines, to the end the journal has now"),
};
const uint32_t route_count = sizeof routes / sizeof routes[0];
