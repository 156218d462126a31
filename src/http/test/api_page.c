// The descriptions of the API are whole and up to date. With --write it makes docs/api.md anew.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "base/json.h"
#include "http/openapi.h"
#include <stdio.h>
#include <string.h>

static void the_page_in_docs_is_what_the_table_says(void **state)
{
    (void)state;
    static char kept[512 * 1024];
    struct buf made;
    buf_init(&made, sizeof kept);
    api_page_markdown(&made);
    FILE *file = fopen(SOURCE_ROOT "/docs/api.md", "re");
    assert_non_null(file);
    size_t size = fread(kept, 1, sizeof kept - 1, file);
    fclose(file);
    if (!str_is(buf_str(&made), (str){kept, size}))
        fail_msg("docs/api.md is out of date: run build/src/http/test_http_api_page --write");
    buf_finish(&made);
}

static void every_route_is_described(void **state)
{
    (void)state;
    struct buf text;
    struct arena arena;
    struct err err;
    const struct json *root = NULL;
    buf_init(&text, 4 << 20);
    arena_init(&arena, 16 << 20);
    openapi_json("1.2.3", &text);
    if (!json_read(buf_str(&text), 4 << 20, &arena, &root, &err))
        fail_msg("%s", err.text);
    const struct json *paths = json_member(root, S("paths"));
    assert_true(str_is(json_member(root, S("openapi"))->text, S("3.1.0")));
    static const char *const methods[] = {"get", "post", "delete"};
    for (uint32_t i = 0; i < route_count; i++) {
        const struct json *path = json_member(paths, str_from(routes[i].path));
        assert_non_null(path);
        const struct json *operation = json_member(path, str_from(methods[routes[i].method]));
        assert_non_null(operation);
        const struct json *name = json_member(operation, S("operationId"));
        assert_true(str_is(name->text, str_from(routes[i].name)));
        const struct json *body = json_member(operation, S("requestBody"));
        assert_int_equal(body != NULL, field_count(routes[i].body) > 0);
    }
    buf_finish(&text);
    arena_finish(&arena);
}

// What a handler takes for granted of its row.
static void rows_are_sound(void **state)
{
    (void)state;
    assert_true(route_count <= METRIC_ROUTES_MAX);
    for (uint32_t i = 0; i < route_count; i++) {
        const struct route *route = &routes[i];
        assert_true(path_is_sane(str_from(route->open ? "/" : "/api")));
        assert_true(route->reply || route->media);
        assert_true(route->view || route->finish);
        assert_true(strlen(route->summary) > 3);
        assert_int_equal(route->method == METHOD_GET, route->body == NULL);
        assert_true(route->method == METHOD_GET || (route->prepare && !route->open));
        for (uint32_t k = 0; k < i; k++)
            assert_string_not_equal(route->name, routes[k].name);
        assert_int_equal(route_index(route), i);
        for (const struct field *field = route->body; field && field->name; field++)
            assert_true(field->doc && (field->form != FIELD_CHOICE || field->choice));
        for (const struct field *field = route->query; field && field->name; field++)
            assert_true(field->doc && !field->required && field->form != FIELD_TEXTS);
    }
}

static void the_page_for_a_browser_names_every_path(void **state)
{
    (void)state;
    struct buf text;
    buf_init(&text, 4 << 20);
    api_page_html("1.2.3", &text);
    for (uint32_t i = 0; i < route_count; i++)
        assert_non_null(strstr(buf_cstr(&text), routes[i].path));
    buf_finish(&text);
}

static int write_page(void)
{
    struct buf made;
    buf_init(&made, 1 << 20);
    api_page_markdown(&made);
    FILE *file = fopen(SOURCE_ROOT "/docs/api.md", "we");
    bool good = file && fwrite(made.ptr, 1, made.len, file) == made.len;
    good = file && fclose(file) == 0 && good;
    buf_finish(&made);
    return good ? 0 : 1;
}

int main(int count, char **words)
{
    if (count == 2 && strcmp(words[1], "--write") == 0)
        return write_page();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_page_in_docs_is_what_the_table_says),
        cmocka_unit_test(every_route_is_described),
        cmocka_unit_test(rows_are_sound),
        cmocka_unit_test(the_page_for_a_browser_names_every_path),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
