#include "http/key_api.h"
#include "http/page.h"

static bool role_choice(str text, uint32_t *ret_choice)
{
    enum role role;
    if (!role_parse(text, &role) || role == ROLE_NONE)
        return false;
    *ret_choice = role;
    return true;
}

enum { NEW_ACCOUNT, NEW_ROLE, NEW_LABEL, NEW_EXPIRES };
const struct field key_new_fields[] = {
    [NEW_ACCOUNT] = FIELD(.name = "account", .form = FIELD_ACCOUNT,
                          .doc = "whose; the key's own account when not given"),
    [NEW_ROLE] =
        FIELD(.name = "role", .form = FIELD_CHOICE, .required = true, .choice = role_choice,
              .choices = "reader, user, operator, admin", .doc = "what it may do"),
    [NEW_LABEL] = FIELD(.name = "label", .form = FIELD_TEXT, .nullable = true, .max = 39,
                        .doc = "for people"),
    [NEW_EXPIRES] = FIELD(.name = "expires", .form = FIELD_TIME, .nullable = true,
                          .doc = "when it ends to open anything; never when not given"),
    FIELD(0),
};

enum { KEY_ACCOUNT = 2 };
const struct field key_list_query[] = {
    QUERY_PAGE("key"),
    FIELD(.name = "account", .form = FIELD_ACCOUNT, .doc = "only this account's"),
    {0},
};

#define KEY_MEMBERS                                                                            \
    ROW("id", REPLY_ID, false, NULL, "key-3"), ROW("account", REPLY_ID, false, NULL, "whose"), \
        ROW("role", REPLY_TEXT, false, NULL, "reader, user, operator, admin"),                 \
        ROW("state", REPLY_TEXT, false, NULL, "active, revoked, expired"),                     \
        ROW("label", REPLY_TEXT, true, NULL, "for people"),                                    \
        ROW("created", REPLY_TIME, false, NULL, "since"),                                      \
        ROW("expires", REPLY_TIME, true, NULL, "until; null: no end")
const struct reply_field reply_key[] = {KEY_MEMBERS, {0}};
const struct reply_field reply_key_page[] = {
    ROW("items", REPLY_LIST, false, reply_key, "in the order of their ids"),
    ROW("next", REPLY_ID, true, NULL, "give it as after for the next page"),
    {0},
};
const struct reply_field reply_key_new[] = {
    KEY_MEMBERS,
    ROW("secret", REPLY_TEXT, false, NULL, "tk_…: shown this once, kept nowhere"),
    ROW(0),
};

static void key_members(struct json_out *json, const struct cloud *cloud,
                        const struct access_key *key)
{
    bool expired = key->state == KEY_ACTIVE && !key_usable(key, cloud_time_us(cloud));
    reply_id(json, "id", "key", key->id);
    reply_id(json, "account", "account", key->account);
    reply_text(json, "role", role_text((enum role)key->role));
    reply_text(json, "state", expired ? "expired" : key_state_text(key->state));
    reply_text_or_null(json, "label", key->label);
    reply_time(json, "created", key->created_us);
    reply_time(json, "expires", key->expires_us);
}

static bool key_row(struct exchange *exchange, const struct cloud *cloud, const void *row)
{
    const struct access_key *key = row;
    if (exchange->scratch[7] && key->account != exchange->scratch[7])
        return false;
    json_object(&exchange->json);
    key_members(&exchange->json, cloud, key);
    json_end(&exchange->json);
    return true;
}

enum view key_list_view(struct exchange *exchange, const struct cloud *cloud)
{
    if (!page_account(exchange, KEY_ACCOUNT, &exchange->scratch[7]))
        return VIEW_DONE;
    return page_show(exchange, cloud, &cloud->market.keys, key_row);
}

bool key_new_prepare(struct exchange *exchange)
{
    const struct value *body = exchange->body;
    struct key_new *key = &exchange->input.key;
    const uint8_t *house_secret = exchange->parts->config.secret;
    uint64_t account =
        body[NEW_ACCOUNT].present ? (uint64_t)body[NEW_ACCOUNT].integer : exchange->by.account;
    if (!exchange_may(exchange, account))
        return false;
    bool again = exchange->headers.idempotency_key.len > 0;
    exchange->secret =
        again ? secret_derived(house_secret, exchange->input.request, account) : secret_random();
    exchange->input.kind = INPUT_KEY_NEW;
    key->account = account;
    key->role = (enum role)body[NEW_ROLE].integer;
    key->expires_us = body[NEW_EXPIRES].integer;
    key->hmac = secret_hmac(house_secret, str_from(exchange->secret.text));
    exchange_copy(&body[NEW_LABEL], key->label, sizeof key->label);
    return true;
}

enum view key_new_view(struct exchange *exchange, const struct cloud *cloud)
{
    const struct access_key *key = table_get(&cloud->market.keys, exchange->answer.subject);
    if (!key) {
        refuse(&exchange->refusal, REFUSE_GONE, NULL, NULL, NULL);
        return VIEW_DONE;
    }
    json_out_init(&exchange->json, &exchange->reply);
    json_object(&exchange->json);
    key_members(&exchange->json, cloud, key);
    reply_text(&exchange->json, "secret", exchange->secret.text);
    json_end(&exchange->json);
    return VIEW_DONE;
}

bool key_revoke_prepare(struct exchange *exchange)
{
    exchange->input.kind = INPUT_KEY_REVOKE;
    exchange->input.id = (uint64_t)exchange->subject.integer;
    return true;
}

enum view key_revoke_view(struct exchange *exchange, const struct cloud *cloud)
{
    const struct access_key *key = table_get(&cloud->market.keys, exchange->input.id);
    if (!key) {
        refuse(&exchange->refusal, REFUSE_NOT_FOUND, NULL, NULL, NULL);
        return VIEW_DONE;
    }
    json_out_init(&exchange->json, &exchange->reply);
    json_object(&exchange->json);
    key_members(&exchange->json, cloud, key);
    json_end(&exchange->json);
    return VIEW_DONE;
}
