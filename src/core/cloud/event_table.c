#include "core/cloud/event_table.h"
#include "base/must.h"
#include <string.h>

// Enum texts behind one type.
#define WORDS(function, type)                          \
    static const char *word_##function(uint32_t value) \
    {                                                  \
        return function((type)value);                  \
    }
WORDS(node_state_text, enum node_state)
WORDS(device_state_text, enum device_state)
WORDS(feeder_kind_text, enum feeder_kind)
WORDS(health_kind_text, enum health_kind)
WORDS(lease_class_text, enum lease_class)
WORDS(role_text, enum role)
WORDS(job_reason_text, enum job_reason)
WORDS(energy_kind_text, enum energy_kind)
WORDS(job_priority_text, enum job_priority)
WORDS(class_asked_text, enum class_asked)
WORDS(job_power_text, enum job_power)
WORDS(hold_why_text, enum hold_why)
WORDS(hold_urgency_text, enum hold_urgency)
WORDS(together_text, enum together)
WORDS(reservation_state_text, enum reservation_state)
WORDS(reservation_reason_text, enum reservation_reason)
WORDS(book_role_text, enum book_role)
WORDS(invoice_kind_text, enum invoice_kind)

static const char *word_about(uint32_t value)
{
#define X(name, text) [name] = text,
    static const char *const texts[] = {POSTED_ABOUT(X)};
#undef X
    must(value < POSTED_ABOUT_COUNT);
    return texts[value];
}

static const char *word_rounding(uint32_t value)
{
    static const char *const texts[] = {
        [ROUND_FLOOR] = "floor", [ROUND_HALF_UP] = "half_up", [ROUND_CEILING] = "ceiling"};
    must(value <= ROUND_CEILING);
    return texts[value];
}

#define AT(member) offsetof(struct event, member), sizeof(((struct event *)0)->member)
#define QUOTED(name)                      \
    {                                     \
        "\"" name "\":", sizeof(name) + 2 \
    }
#define F(name, form, member, text)                               \
    {                                                             \
        QUOTED(name), form, AT(member), {0}, NULL, 0, text, false \
    }
#define I(name, kind, member, text)                                                        \
    {                                                                                      \
        QUOTED(name), FIELD_ID, AT(member), {kind, sizeof(kind) - 1}, NULL, 0, text, false \
    }
#define W(name, member, f, n, text)                                  \
    {                                                                \
        QUOTED(name), FIELD_WORD, AT(member), {0}, f, n, text, false \
    }
// The same, left out of the line when zero or empty: what a later version added to a kind.
#define FO(name, form, member, text)                             \
    {                                                            \
        QUOTED(name), form, AT(member), {0}, NULL, 0, text, true \
    }
#define IO(name, kind, member, text)                                                      \
    {                                                                                     \
        QUOTED(name), FIELD_ID, AT(member), {kind, sizeof(kind) - 1}, NULL, 0, text, true \
    }
#define WO(name, member, f, n, text)                                \
    {                                                               \
        QUOTED(name), FIELD_WORD, AT(member), {0}, f, n, text, true \
    }

static const struct event_field_row common[] = {
    F("body", FIELD_HALF, body, "digest of the command's request"),
    F("kind", FIELD_KIND, kind, "what happened"),
    F("request", FIELD_HALF, request, "digest of the command's account and Idempotency-Key"),
    F("seq", FIELD_SEQ, seq, "place in the journal, from 0"),
    F("time_us", FIELD_TIME, time_us, "microseconds since 1970 UTC"),
};

#define ROWS(kind) static const struct event_field_row kind##_rows[]
ROWS(opened) = {
    F("format", FIELD_NUMBER, opened.format, "format of the journal"),
    F("rules", FIELD_NUMBER, opened.rules, "version of the rules that decide"),
    F("settings", FIELD_SETTINGS, opened, "every setting"),
};
ROWS(set) = {
    F("setting", FIELD_SETTING, set.setting, "which setting"),
    F("value", FIELD_BIG, set.value, "its new value"),
};
ROWS(clock_stepped) = {
    F("from_us", FIELD_TIME, clock_stepped.from_us, "what the time would have been"),
};
ROWS(chip_added) = {
    I("chip", "chip", chip_added.chip.id, "the chip"),
    F("class_w", FIELD_SIGNED, chip_added.chip.class_w, "watts of one device at work"),
    F("description", FIELD_TEXT, chip_added.chip.description, "as its maker prints it"),
    F("idle_w", FIELD_SIGNED, chip_added.chip.idle_w, "watts of one device at rest"),
    F("max_w", FIELD_SIGNED, chip_added.chip.max_w, "highest watts of one device"),
    F("memory_mib", FIELD_BIG, chip_added.chip.memory_mib, "memory of one device"),
    F("name", FIELD_TEXT, chip_added.chip.name, "its name"),
};
ROWS(node_added) = {
    F("arch", FIELD_TEXT, node_added.arch, "processor architecture"),
    FO("base_w", FIELD_BIG, node_added.base_w, "watts without its devices"),
    FO("cap_w", FIELD_BIG, node_added.cap_w, "limit of its watts"),
    IO("chip", "chip", node_added.chip, "of all its devices, which came with it"),
    IO("class", "class", node_added.class, "its attributes"),
    F("cpu_milli", FIELD_BIG, node_added.cpu_milli, "thousandths of a CPU"),
    FO("devices", FIELD_NUMBER, node_added.devices, "how many came with it"),
    I("first_device", "device", node_added.first_device, "id of its device 0"),
    F("memory_mib", FIELD_BIG, node_added.memory_mib, "memory for jobs"),
    F("name", FIELD_TEXT, node_added.name, "its name"),
    I("node", "node", node_added.node, "the node"),
    IO("rack", "rack", node_added.rack, "where it stands"),
};
ROWS(node_changed) = {
    F("cpu_milli", FIELD_BIG, node_changed.cpu_milli, "thousandths of a CPU"),
    F("memory_mib", FIELD_BIG, node_changed.memory_mib, "memory for jobs"),
    I("node", "node", node_changed.node, "the node"),
    W("state", node_changed.state, word_node_state_text, NODE_STATE_COUNT, "its state now"),
};
ROWS(device_added) = {
    I("chip", "chip", device_added.chip, "its chip"),
    I("device", "device", device_added.device, "the device"),
    F("index", FIELD_NUMBER, device_added.index, "its number on the node"),
    I("node", "node", device_added.node, "its node"),
    F("numa", FIELD_SIGNED, device_added.numa, "NUMA node, -1 unknown"),
    F("serial", FIELD_TEXT, device_added.serial, "hardware serial"),
};
ROWS(device_changed) = {
    I("device", "device", device_changed.device, "the device"),
    W("state", device_changed.state, word_device_state_text, DEVICE_STATE_COUNT, "its state now"),
};
ROWS(entity_added) = {
    F("country", FIELD_TEXT, entity_added.country, "ISO 3166-1, two letters"),
    I("entity", "entity", entity_added.entity, "the entity"),
    F("name", FIELD_TEXT, entity_added.name, "its name"),
    I("owner", "entity", entity_added.owner, "who owns it"),
    F("slug", FIELD_TEXT, entity_added.slug, "short name"),
};
ROWS(site_added) = {
    F("country", FIELD_TEXT, site_added.country, "its jurisdiction"),
    F("name", FIELD_TEXT, site_added.name, "its name"),
    I("operator", "entity", site_added.operator, "who runs it, null: the house"),
    F("pue_permille", FIELD_NUMBER, site_added.pue_permille, "facility watts for 1,000 IT watts"),
    I("site", "site", site_added.site, "the site"),
    F("slug", FIELD_TEXT, site_added.slug, "short name"),
    F("zone", FIELD_ZONE, site_added.zone, "of its day"),
};
ROWS(feeder_added) = {
    F("efficiency_ppm", FIELD_NUMBER, feeder_added.efficiency_ppm, "of a million watts, so many"),
    I("feeder", "feeder", feeder_added.feeder, "the feeder"),
    W("feeder_kind", feeder_added.kind, word_feeder_kind_text, FEEDER_KIND_COUNT, "what it is"),
    F("name", FIELD_TEXT, feeder_added.name, "its name in the site"),
    I("parent", "feeder", feeder_added.parent, "what feeds it, null: the grid"),
    FO("ramp_w_per_s", FIELD_BIG, feeder_added.ramp_w_per_s, "fastest change of its load"),
    F("rated_w", FIELD_BIG, feeder_added.rated_w, "watts it may carry"),
    I("site", "site", feeder_added.site, "its site"),
};
ROWS(feeder_cap_set) = {
    I("cap", "cap", feeder_cap_set.cap, "the cap"),
    F("cap_w", FIELD_BIG, feeder_cap_set.cap_w, "watts it may carry meanwhile"),
    I("feeder", "feeder", feeder_cap_set.feeder, "the feeder"),
    F("from_us", FIELD_TIME, feeder_cap_set.from_us, "from"),
    FO("until_us", FIELD_TIME, feeder_cap_set.until_us, "until; absent: open end"),
};
ROWS(feeder_cap_ended) = {
    I("cap", "cap", feeder_cap_ended.cap, "the cap"),
};
ROWS(block_added) = {
    I("block", "block", block_added.block, "the block"),
    F("name", FIELD_TEXT, block_added.name, "its name in the site"),
    I("site", "site", block_added.site, "its site"),
};
ROWS(class_added) = {
    FO("attestation", FIELD_TEXT, class_added.class.attestation, "what they can prove"),
    I("class", "class", class_added.class.id, "the class"),
    FO("labels", FIELD_TEXT, class_added.class.labels, "key=value, …"),
    IO("operator", "entity", class_added.class.operator, "who runs them"),
    FO("origin", FIELD_TEXT, class_added.class.origin, "country they were made in"),
    IO("owner", "entity", class_added.class.owner, "who owns them"),
    IO("vendor", "entity", class_added.class.vendor, "who made them"),
};
ROWS(rack_added) = {
    FO("arch", FIELD_TEXT, rack_added.arch, "processor architecture of its nodes"),
    FO("base_w", FIELD_BIG, rack_added.base_w, "watts of a node without devices"),
    I("block", "block", rack_added.block, "its block"),
    FO("cap_w", FIELD_BIG, rack_added.cap_w, "limit of the rack's watts"),
    IO("chip", "chip", rack_added.chip, "of every device"),
    IO("class", "class", rack_added.class, "attributes of its nodes"),
    FO("cpu_milli", FIELD_BIG, rack_added.cpu_milli, "thousandths of a CPU of a node"),
    FO("devices", FIELD_NUMBER, rack_added.devices, "devices of a node"),
    IO("feeder_a", "feeder", rack_added.feeder_a, "leaf it hangs on"),
    IO("feeder_b", "feeder", rack_added.feeder_b, "the other leaf"),
    IO("first_device", "device", rack_added.first_device, "of its first node"),
    IO("first_node", "node", rack_added.first_node, "its first node"),
    FO("memory_mib", FIELD_BIG, rack_added.memory_mib, "memory of a node"),
    F("name", FIELD_TEXT, rack_added.name, "its name in the site"),
    FO("node_cap_w", FIELD_BIG, rack_added.node_cap_w, "limit of a node's watts"),
    FO("nodes", FIELD_NUMBER, rack_added.nodes, "how many came with it"),
    I("rack", "rack", rack_added.rack, "the rack"),
    I("site", "site", rack_added.site, "its site"),
    W("state", rack_added.state, word_node_state_text, NODE_STATE_COUNT, "state of its nodes"),
};
ROWS(node_classed) = {
    I("class", "class", node_classed.class, "its attributes, null: nothing is said"),
    I("node", "node", node_classed.node, "the node"),
};
ROWS(maintenance_set) = {
    F("from_us", FIELD_TIME, maintenance_set.from_us, "it begins"),
    I("maintenance", "maintenance", maintenance_set.maintenance, "the window"),
    I("node", "node", maintenance_set.node, "the node"),
    F("until_us", FIELD_TIME, maintenance_set.until_us, "it ends"),
};
ROWS(maintenance_started) = {
    I("maintenance", "maintenance", maintenance_started.maintenance, "the window"),
};
ROWS(maintenance_ended) = {
    I("maintenance", "maintenance", maintenance_ended.maintenance, "the window"),
};
ROWS(health_changed) = {
    FO("breaker_from_us", FIELD_TIME, health_changed.breaker_from_us,
       "it counts in the window of cordons that began then"),
    W("cause", health_changed.kind, word_health_kind_text, HEALTH_KIND_COUNT, "what was said"),
    FO("corrected", FIELD_NUMBER, health_changed.corrected, "corrected errors in the window"),
    FO("detail", FIELD_SIGNED, health_changed.detail, "the Xid, or a count"),
    F("index", FIELD_SIGNED, health_changed.index, "device of the node, -1: the whole node"),
    I("node", "node", health_changed.node, "the node"),
    FO("source", FIELD_TEXT, health_changed.source, "who said it"),
    W("state", health_changed.state, word_device_state_text, DEVICE_STATE_COUNT, "its state now"),
    FO("window_us", FIELD_TIME, health_changed.window_us, "corrected errors count from then"),
};
ROWS(account_added) = {
    I("account", "account", account_added.account, "the account"),
    F("currency", FIELD_CURRENCY, account_added.currency, "what it is billed in"),
    F("name", FIELD_TEXT, account_added.name, "name of the legal person"),
    I("parent", "account", account_added.parent, "the account above"),
    F("slug", FIELD_TEXT, account_added.slug, "short name"),
    F("tax_id", FIELD_TEXT, account_added.tax_id, "registration number"),
    F("zone", FIELD_ZONE, account_added.zone, "where its months begin"),
};
ROWS(key_added) = {
    I("account", "account", key_added.account, "whose it is"),
    F("expires_us", FIELD_TIME, key_added.expires_us, "0: never"),
    F("hmac", FIELD_DIGEST, key_added.hmac, "HMAC-SHA-256 of the secret"),
    I("key", "key", key_added.key, "the access key"),
    F("label", FIELD_TEXT, key_added.label, "what it is for"),
    W("role", key_added.role, word_role_text, ROLE_COUNT, "what it may do"),
};
ROWS(key_revoked) = {
    I("key", "key", key_revoked.key, "the access key"),
};
ROWS(issuer_set) = {
    F("name", FIELD_TEXT, issuer_set.name, "the operator's name"),
    W("rounding", issuer_set.rounding, word_rounding, ROUND_CEILING + 1, "of the tax"),
    F("tax_id", FIELD_TEXT, issuer_set.tax_id, "registration number, or empty"),
};
ROWS(price_set) = {
    I("chip", "chip", price_set.chip, "what it is for"),
    W("class", price_set.class, word_lease_class_text, LEASE_CLASS_COUNT, "of the lease"),
    F("currency", FIELD_CURRENCY, price_set.currency, "of the price"),
    I("price", "price", price_set.price, "the price"),
    F("scale", FIELD_NUMBER, price_set.scale, "fractional digits of value"),
    F("tax_permille", FIELD_NUMBER, price_set.tax_permille, "tax rate"),
    F("value", FIELD_BIG, price_set.value, "per device-hour, times 10^scale"),
};
ROWS(limit_set) = {
    I("account", "account", limit_set.account, "whose limits"),
    F("devices_max", FIELD_BIG, limit_set.devices_max, "devices at once, -1: no limit"),
    F("month_minor_max", FIELD_BIG, limit_set.month_minor_max, "money a month, -1: no limit"),
    FO("nominal_milli", FIELD_BIG, limit_set.nominal_milli, "nominal quota, in milli-devices"),
};
ROWS(job_queued) = {
    I("account", "account", job_queued.account, "who pays"),
    FO("checkpoints", FIELD_FLAG, job_queued.checkpoints, "it keeps its progress"),
    I("chip", "chip", job_queued.shape.chips[0], "wanted chip, null: any"),
    IO("chip_2", "chip", job_queued.shape.chips[1], "or this one"),
    IO("chip_3", "chip", job_queued.shape.chips[2], "or this one"),
    IO("chip_4", "chip", job_queued.shape.chips[3], "or this one"),
    WO("class", job_queued.class_asked, word_class_asked_text, CLASS_ASKED_COUNT,
       "class of its lease, absent: on demand"),
    FO("cpu_milli", FIELD_BIG, job_queued.shape.cpu_milli, "thousandths of a CPU on each node"),
    FO("device_memory_mib", FIELD_BIG, job_queued.shape.device_memory_mib,
       "least memory of a device or of its share"),
    F("devices", FIELD_NUMBER, job_queued.shape.devices, "how many devices of each node"),
    I("job", "job", job_queued.job, "the job"),
    I("key", "key", job_queued.key, "the key it was submitted with"),
    F("memory_mib", FIELD_BIG, job_queued.shape.memory_mib, "memory of each node"),
    FO("milli", FIELD_NUMBER, job_queued.shape.milli, "thousandths of one device, absent: whole"),
    F("name", FIELD_TEXT, job_queued.name, "its name"),
    FO("nodes", FIELD_NUMBER, job_queued.shape.nodes, "how many nodes, absent: one"),
    WO("power", job_queued.power, word_job_power_text, JOB_POWER_COUNT,
       "how it draws power, absent: as training does"),
    WO("priority", job_queued.priority, word_job_priority_text, JOB_PRIORITY_COUNT,
       "absent: normal"),
    FO("require", FIELD_TEXT, job_queued.require, "rule about where it may run"),
    IO("reservation", "reservation", job_queued.reservation, "whose window it may use"),
    F("restartable", FIELD_FLAG, job_queued.restartable, "may begin again when it is lost"),
    F("run_ms_max", FIELD_BIG, job_queued.run_ms_max, "time limit, 0: none"),
    FO("slices", FIELD_NUMBER, job_queued.shape.slices, "MIG compute slices of one device"),
    F("spec", FIELD_DIGEST, job_queued.spec, "salted digest of command and environment"),
    WO("spread", job_queued.shape.spread, word_together_text, TOGETHER_COUNT,
       "no two of its nodes in the same one"),
    WO("together", job_queued.shape.together, word_together_text, TOGETHER_COUNT,
       "all of its nodes in the same one"),
    FO("together_must", FIELD_FLAG, job_queued.shape.together_must, "or it does not run"),
};
ROWS(leased) = {
    I("account", "account", leased.account, "whose it is"),
    W("class", leased.class, word_lease_class_text, LEASE_CLASS_COUNT, "of the lease"),
    I("contract", "contract", leased.contract, "null: on-demand terms"),
    FO("count", FIELD_NUMBER, leased.count, "so many nodes from this one on, absent: one"),
    FO("cpu_milli", FIELD_BIG, leased.cpu_milli, "thousandths of a CPU of each node"),
    FO("device_memory_mib", FIELD_BIG, leased.device_memory_mib, "memory of the share"),
    F("devices", FIELD_DEVICES, leased.devices, "devices of each node, by number"),
    I("job", "job", leased.job, "the job it is for"),
    I("lease", "lease", leased.lease, "the lease"),
    F("memory_mib", FIELD_BIG, leased.memory_mib, "memory of each node"),
    FO("milli", FIELD_NUMBER, leased.milli, "thousandths of the device, absent: whole devices"),
    I("node", "node", leased.node, "the first node"),
    FO("nodes", FIELD_NUMBER, leased.nodes,
       "all of its nodes, absent: those named here; lease_part names the others"),
    I("price", "price", leased.price, "its price, for as long as it lasts"),
    FO("slices", FIELD_NUMBER, leased.slices, "MIG compute slices of the device"),
    FO("watts", FIELD_BIG, leased.watts, "promised by each node"),
};
ROWS(lease_part) = {
    I("lease", "lease", lease_part.lease, "the lease"),
    F("runs", FIELD_RUNS, lease_part, "[first node, how many nodes, devices of each], …"),
};
ROWS(job_placed) = {
    F("attempt", FIELD_NUMBER, job_placed.attempt, "number of the attempt, from 1"),
    I("job", "job", job_placed.job, "the job"),
    I("lease", "lease", job_placed.lease, "its lease"),
};
ROWS(job_started) = {
    F("attempt", FIELD_NUMBER, job_started.attempt, "number of the attempt"),
    I("job", "job", job_started.job, "the job"),
};
ROWS(job_stopping) = {
    F("grace_ms", FIELD_BIG, job_stopping.grace_ms, "time between SIGTERM and SIGKILL"),
    I("job", "job", job_stopping.job, "the job"),
    W("reason", job_stopping.reason, word_job_reason_text, JOB_REASON_COUNT, "why"),
};
ROWS(job_paused) = {
    F("attempt", FIELD_NUMBER, job_paused.attempt, "which attempt"),
    IO("curtailment", "curtailment", job_paused.curtailment, "for it; absent: another limit"),
    I("job", "job", job_paused.job, "the job"),
    W("urgency", job_paused.urgency, word_hold_urgency_text, HOLD_URGENCY_COUNT, "how urgent"),
    W("why", job_paused.why, word_hold_why_text, HOLD_WHY_COUNT, "what was too much"),
};
ROWS(job_resumed) = {
    F("attempt", FIELD_NUMBER, job_resumed.attempt, "which attempt"),
    IO("feeder", "feeder", job_resumed.feeder, "the grid point whose ramp it takes"),
    I("job", "job", job_resumed.job, "the job"),
    FO("watts", FIELD_BIG, job_resumed.watts, "watts by which that one's load grows"),
};
ROWS(job_capped) = {
    F("attempt", FIELD_NUMBER, job_capped.attempt, "which attempt"),
    IO("curtailment", "curtailment", job_capped.curtailment, "for it; absent: another limit"),
    I("job", "job", job_capped.job, "the job"),
    F("permille", FIELD_NUMBER, job_capped.permille, "of its maximum watts; 1000: no cap"),
    W("urgency", job_capped.urgency, word_hold_urgency_text, HOLD_URGENCY_COUNT, "how urgent"),
    W("why", job_capped.why, word_hold_why_text, HOLD_WHY_COUNT, "what was too much"),
};
ROWS(site_curtailed) = {
    F("cap_w", FIELD_BIG, site_curtailed.cap_w, "facility watts it may take"),
    F("caps", FIELD_NUMBER, site_curtailed.caps, "caps of grid points that follow"),
    I("curtailment", "curtailment", site_curtailed.curtailment, "the new curtailment"),
    F("from_us", FIELD_TIME, site_curtailed.from_us, "from"),
    FO("permille", FIELD_NUMBER, site_curtailed.permille, "of its rating; absent: said in watts"),
    IO("site", "site", site_curtailed.site, "the site; absent: machines in no rack"),
    F("until_us", FIELD_TIME, site_curtailed.until_us, "until"),
    F("within_ms", FIELD_BIG, site_curtailed.within_ms, "the time to follow in"),
};
ROWS(curtail_ended) = {
    I("curtailment", "curtailment", curtail_ended.curtailment, "the curtailment"),
};
ROWS(job_ended) = {
    F("attempt", FIELD_NUMBER, job_ended.attempt, "number of the attempt, 0: never placed"),
    F("code", FIELD_SIGNED, job_ended.code, "exit code"),
    I("job", "job", job_ended.job, "the job"),
    FO("lost_ms", FIELD_BIG, job_ended.lost_ms, "run time of the attempt that was in vain"),
    W("reason", job_ended.reason, word_job_reason_text, JOB_REASON_COUNT, "how it ended"),
    F("requeued", FIELD_FLAG, job_ended.requeued, "it waits for another attempt"),
    F("signal", FIELD_SIGNED, job_ended.signal, "signal that ended it, 0: none"),
};
ROWS(lease_ended) = {
    I("lease", "lease", lease_ended.lease, "the lease"),
};
ROWS(metered) = {
    F("cpu_ms", FIELD_BIG, metered.cpu_ms, "CPU time so far"),
    W("energy", metered.energy, word_energy_kind_text, ENERGY_KIND_COUNT, "how joules are known"),
    F("energy_j", FIELD_BIG, metered.energy_j, "joules so far"),
    I("lease", "lease", metered.lease, "the lease"),
    F("memory_peak_bytes", FIELD_BIG, metered.memory_peak_bytes, "highest memory so far"),
    F("ran_ms", FIELD_BIG, metered.ran_ms, "run time so far"),
    FO("saved_ms", FIELD_BIG, metered.saved_ms, "work of the job that its checkpoints keep"),
};
ROWS(book_opened) = {
    I("book", "book", book_opened.book, "the book"),
    F("commodity", FIELD_COMMODITY, book_opened.commodity, "what it counts"),
    F("owner", FIELD_SEQ, book_opened.owner, "number of the account or chip, 0: the house"),
    W("role", book_opened.role, word_book_role_text, BOOK_ROLE_COUNT, "what for"),
};
ROWS(posted) = {
    W("about", posted.about, word_about, POSTED_ABOUT_COUNT, "what the cause is"),
    F("cause", FIELD_SEQ, posted.cause, "number of the lease or invoice, 0: none"),
    F("transfers", FIELD_TRANSFERS, posted, "[debit book, credit book, amount], …"),
};
ROWS(rated_opened) = {
    I("account", "account", rated_opened.account, "who pays"),
    F("base_posted", FIELD_BIG, rated_opened.base_posted, "money of closed rows before it"),
    F("base_quantity", FIELD_BIG, rated_opened.base_quantity, "device-ms of closed rows"),
    I("contract", "contract", rated_opened.contract, "null: on-demand terms"),
    I("corrects", "invoice", rated_opened.corrects, "the invoice it continues"),
    F("period", FIELD_MONTH, rated_opened.period, "the month"),
    I("price", "price", rated_opened.price, "the price"),
    I("rated", "rated", rated_opened.rated, "the row"),
};
ROWS(rated_added) = {
    F("amount", FIELD_BIG, rated_added.amount, "money posted for it, minor units"),
    I("lease", "lease", rated_added.lease, "whose it is"),
    F("quantity", FIELD_BIG, rated_added.quantity, "device-ms"),
    F("ran_ms", FIELD_BIG, rated_added.ran_ms, "run time of the lease that is rated now"),
    I("rated", "rated", rated_added.rated, "the row"),
};
ROWS(invoice_line) = {
    F("amount", FIELD_BIG, invoice_line.line.amount, "minor units, without tax"),
    I("chip", "chip", invoice_line.line.chip, "the chip"),
    F("chip_name", FIELD_TEXT, invoice_line.line.chip_name, "its name then"),
    W("class", invoice_line.line.class, word_lease_class_text, LEASE_CLASS_COUNT, "of the lease"),
    I("invoice", "invoice", invoice_line.line.invoice, "the invoice"),
    I("line", "line", invoice_line.line.id, "the line"),
    I("price", "price", invoice_line.line.price, "the price"),
    F("price_scale", FIELD_NUMBER, invoice_line.line.price_scale, "fractional digits"),
    F("price_value", FIELD_BIG, invoice_line.line.price_value, "per device-hour, scaled"),
    F("quantity", FIELD_BIG, invoice_line.line.quantity, "device-ms"),
    I("rated", "rated", invoice_line.line.rated, "the row it closes"),
    F("tax_permille", FIELD_NUMBER, invoice_line.line.tax_permille, "tax rate"),
};
ROWS(invoice_issued) = {
    I("account", "account", invoice_issued.invoice.account, "who pays"),
    F("account_name", FIELD_TEXT, invoice_issued.invoice.account_name, "its name then"),
    F("account_tax_id", FIELD_TEXT, invoice_issued.invoice.account_tax_id, "its number then"),
    I("corrects", "invoice", invoice_issued.invoice.corrects, "the invoice it corrects"),
    F("currency", FIELD_CURRENCY, invoice_issued.invoice.currency, "of all its amounts"),
    I("invoice", "invoice", invoice_issued.invoice.id, "the invoice"),
    W("invoice_kind", invoice_issued.invoice.kind, word_invoice_kind_text, INVOICE_KIND_COUNT,
      "ordinary, correction or return"),
    F("issuer_name", FIELD_TEXT, invoice_issued.invoice.issuer_name, "the operator's name then"),
    F("issuer_tax_id", FIELD_TEXT, invoice_issued.invoice.issuer_tax_id, "its number then"),
    F("lines", FIELD_NUMBER, invoice_issued.invoice.lines, "how many lines stand before it"),
    F("period", FIELD_MONTH, invoice_issued.invoice.period, "the month"),
    F("rates", FIELD_NUMBER, invoice_issued.invoice.rates, "how many tax rates are used"),
    W("rounding", invoice_issued.invoice.rounding, word_rounding, ROUND_CEILING + 1, "of the tax"),
    F("subtotal", FIELD_BIGS, invoice_issued.invoice.subtotal, "per tax rate"),
    F("tax", FIELD_BIGS, invoice_issued.invoice.tax, "per tax rate"),
    F("tax_permille", FIELD_NUMBERS, invoice_issued.invoice.tax_permille, "the tax rates"),
    F("total", FIELD_BIG, invoice_issued.invoice.total, "payable, with tax"),
};
ROWS(reservation_booked) = {
    I("account", "account", reservation_booked.account, "whose it is"),
    IO("chip", "chip", reservation_booked.shape.chips[0], "wanted chip, absent: any"),
    IO("chip_2", "chip", reservation_booked.shape.chips[1], "or this one"),
    IO("chip_3", "chip", reservation_booked.shape.chips[2], "or this one"),
    IO("chip_4", "chip", reservation_booked.shape.chips[3], "or this one"),
    F("devices", FIELD_NUMBER, reservation_booked.shape.devices, "how many devices of each node"),
    F("end_us", FIELD_TIME, reservation_booked.end_us, "it ends"),
    I("key", "key", reservation_booked.key, "the key it was booked with"),
    F("lead_us", FIELD_BIG, reservation_booked.lead_us,
      "microseconds of notice for jobs that must be gone by its start or its end"),
    FO("name", FIELD_TEXT, reservation_booked.name, "its name"),
    FO("nodes", FIELD_NUMBER, reservation_booked.shape.nodes, "how many nodes, absent: one"),
    I("reservation", "reservation", reservation_booked.reservation, "the reservation"),
    WO("spread", reservation_booked.shape.spread, word_together_text, TOGETHER_COUNT,
       "no two nodes in one of these"),
    F("start_us", FIELD_TIME, reservation_booked.start_us, "it begins"),
    WO("together", reservation_booked.shape.together, word_together_text, TOGETHER_COUNT,
       "all nodes in one of these"),
    FO("together_must", FIELD_FLAG, reservation_booked.shape.together_must, "or not at all"),
};
ROWS(reservation_part) = {
    I("reservation", "reservation", reservation_part.lease, "the reservation"),
    F("runs", FIELD_RUNS, reservation_part, "[first node, how many nodes, devices of each], …"),
};
ROWS(reservation_started) = {
    I("reservation", "reservation", reservation_started.reservation, "the reservation"),
};
ROWS(reservation_moved) = {
    F("devices", FIELD_DEVICES, reservation_moved.devices, "of the new node"),
    I("from", "node", reservation_moved.from, "the node that goes"),
    W("reason", reservation_moved.reason, word_reservation_reason_text, RESERVATION_REASON_COUNT,
      "why, empty: for the sake of nodes near each other"),
    I("reservation", "reservation", reservation_moved.reservation, "the reservation"),
    I("to", "node", reservation_moved.to, "the node that comes"),
};
ROWS(reservation_ended) = {
    IO("node", "node", reservation_ended.node, "broken: the node that has no other"),
    WO("reason", reservation_ended.reason, word_reservation_reason_text, RESERVATION_REASON_COUNT,
       "broken: what is wrong with that node"),
    I("reservation", "reservation", reservation_ended.reservation, "the reservation"),
    W("state", reservation_ended.state, word_reservation_state_text, RESERVATION_STATE_COUNT,
      "ended, cancelled or broken"),
};
ROWS(job_dropped) = {
    I("job", "job", job_dropped.job, "the job"),
};
ROWS(lease_dropped) = {
    I("lease", "lease", lease_dropped.lease, "the lease"),
};

static const struct {
    const struct event_field_row *rows;
    uint32_t count;
} kinds[] = {
#define X(name, text, member, meaning) \
    [name] = {member##_rows, sizeof member##_rows / sizeof *member##_rows},
    EVENT_KINDS(X)
#undef X
};

static const struct event_field_row *merged[EVENT_KIND_COUNT][EVENT_FIELDS_MAX];
static uint32_t merged_count[EVENT_KIND_COUNT];

// By name: the closing quote sorts before every letter, as RFC 8785 wants for a prefix.
static bool before(const struct event_field_row *a, const struct event_field_row *b)
{
    return str_order(a->quoted, b->quoted) < 0;
}

__attribute__((constructor)) static void merge_rows(void)
{
    for (uint32_t kind = 0; kind < EVENT_KIND_COUNT; kind++) {
        const struct event_field_row *own = kinds[kind].rows, *own_end = own + kinds[kind].count;
        const struct event_field_row *all = common, *all_end = common + 5;
        uint32_t count = 0;
        while (own < own_end || all < all_end) {
            must(count < EVENT_FIELDS_MAX);
            bool take_own = all == all_end || (own < own_end && before(own, all));
            merged[kind][count++] = take_own ? own++ : all++;
        }
        merged_count[kind] = count;
    }
}

bool event_field_left_out(const struct event_field_row *row, const void *member)
{
    static const uint8_t zeros[64];
    if (!row->optional && row->form != FIELD_HALF)
        return false;
    if (row->form == FIELD_TEXT)
        return *(const char *)member == 0;
    must(row->size <= sizeof zeros);
    return memcmp(member, zeros, row->size) == 0;
}

const struct event_field_row *const *event_fields(enum event_kind kind, uint32_t *ret_count)
{
    must(kind < EVENT_KIND_COUNT);
    *ret_count = merged_count[kind];
    return merged[kind];
}
