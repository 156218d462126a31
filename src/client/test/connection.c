#include "client/connection.h"
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

static char folder[64];

static int remove_one(const char *path, const struct stat *stat, int kind, struct FTW *walk)
{
    (void)stat;
    (void)kind;
    (void)walk;
    return remove(path);
}

static int start(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/tatara-client-XXXXXX");
    unsetenv("TATARA_URL");
    unsetenv("TATARA_KEY");
    unsetenv("TATARA_CA");
    return mkdtemp(folder) && setenv("TATARA_DATA", folder, 1) == 0 ? 0 : -1;
}

static int stop(void **state)
{
    (void)state;
    unsetenv("TATARA_DATA");
    return nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static void put_file(const char *name, const char *text)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void the_data_directory_names_server_and_key(void **state)
{
    (void)state;
    struct connection connection;
    struct connection_wish wish = {0};
    struct err err;
    put_file("address", "http://127.0.0.1:7470/\n");
    put_file("admin.key", "tk_admin\n");
    assert_true(connection_find(&wish, &connection, &err));
    assert_string_equal(connection.url, "http://127.0.0.1:7470");
    assert_string_equal(connection.data, folder);
}

static void the_key_of_a_directory_goes_to_its_own_server_only(void **state)
{
    (void)state;
    struct connection connection;
    struct connection_wish wish = {.url = "https://elsewhere.example"};
    struct err err;
    put_file("address", "http://127.0.0.1:7470\n");
    put_file("admin.key", "tk_admin\n");
    assert_true(connection_find(&wish, &connection, &err));
    assert_string_equal(connection.key, "");
    setenv("TATARA_URL", "http://127.0.0.2:7470", 1);
    wish.url = NULL;
    assert_true(connection_find(&wish, &connection, &err));
    assert_string_equal(connection.url, "http://127.0.0.2:7470");
    assert_string_equal(connection.key, "");
    setenv("TATARA_URL", "http://127.0.0.1:7470", 1);
    assert_true(connection_find(&wish, &connection, &err));
    assert_string_equal(connection.key, "tk_admin");
}

static void options_stand_above_the_environment(void **state)
{
    (void)state;
    struct connection connection;
    struct err err;
    setenv("TATARA_URL", "http://a.example", 1);
    setenv("TATARA_KEY", "tk_a", 1);
    struct connection_wish wish = {.url = "http://b.example//", .key = "tk_b"};
    assert_true(connection_find(&wish, &connection, &err));
    assert_string_equal(connection.url, "http://b.example");
    assert_string_equal(connection.key, "tk_b");
    assert_string_equal(connection.url_from, "--url");
    put_file("address", "http://c.example\n");
    put_file("admin.key", "tk_c");
    wish = (struct connection_wish){.data = folder};
    assert_true(connection_find(&wish, &connection, &err));
    assert_string_equal(connection.url, "http://c.example");
    assert_string_equal(connection.key, "tk_c");
    connection_forget(&connection);
    assert_string_equal(connection.key, "");
}

static void a_unix_socket_is_an_address_too(void **state)
{
    (void)state;
    struct connection connection;
    struct connection_wish wish = {.url = "unix:/run/tatara.sock", .key = "tk_b"};
    struct err err;
    assert_true(connection_find(&wish, &connection, &err));
    assert_string_equal(connection_origin(&connection), "http://localhost");
    assert_string_equal(connection_socket(&connection), "/run/tatara.sock");
    wish.url = "https://a.example";
    assert_true(connection_find(&wish, &connection, &err));
    assert_string_equal(connection_origin(&connection), "https://a.example");
    assert_string_equal(connection_socket(&connection), "");
}

static void no_server_says_how_to_start_one(void **state)
{
    (void)state;
    struct connection connection;
    struct connection_wish wish = {0};
    struct err err;
    assert_false(connection_find(&wish, &connection, &err));
    assert_non_null(strstr(err.text, "/address"));
    assert_non_null(strstr(err.text, "tatara up"));
    wish.url = "127.0.0.1:7470";
    assert_false(connection_find(&wish, &connection, &err));
    assert_non_null(strstr(err.text, "begins neither with http://"));
}

static void the_data_directory_follows_home(void **state)
{
    (void)state;
    char path[64];
    struct err err;
    assert_true(connection_data_directory("/x", path, sizeof path, &err));
    assert_string_equal(path, "/x");
    assert_true(connection_data_directory(NULL, path, sizeof path, &err));
    assert_string_equal(path, folder);
    char small[8];
    assert_false(connection_data_directory("/a/long/path", small, sizeof small, &err));
    assert_non_null(strstr(err.text, "longer than 7 bytes"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_data_directory_names_server_and_key, start, stop),
        cmocka_unit_test_setup_teardown(the_key_of_a_directory_goes_to_its_own_server_only, start,
                                        stop),
        cmocka_unit_test_setup_teardown(options_stand_above_the_environment, start, stop),
        cmocka_unit_test_setup_teardown(a_unix_socket_is_an_address_too, start, stop),
        cmocka_unit_test_setup_teardown(no_server_says_how_to_start_one, start, stop),
        cmocka_unit_test_setup_teardown(the_data_directory_follows_home, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
