#include "cmd/verify.h"
#include "cmd/journal_text.h"
#include "store/memory/store_memory.h"
#include "turn/turn.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

enum { LINES_MAX = 256 };

// A small journal: an opening, then accounts, a commit each.
struct chronicle {
    char *lines[LINES_MAX];
    uint32_t count;
    struct journal_commit commits[LINES_MAX];
    uint32_t commit_count;
    digest state;
};

static void drop_answer(void *context, const struct turn_answer *answer)
{
    (void)context;
    assert_int_equal(answer->answer, ANSWER_OK);
}

static void drop_effect(void *context, const struct effect *effect)
{
    (void)context;
    (void)effect;
}

static bool keep_line(void *context, uint64_t seq, str line)
{
    struct chronicle *book = context;
    assert_int_equal(seq, book->count);
    book->lines[book->count++] = strndup(line.ptr, line.len);
    return true;
}

static bool keep_commit(void *context, const struct journal_commit *commit)
{
    struct chronicle *book = context;
    book->commits[book->commit_count++] = *commit;
    return true;
}

static void add(struct turn *turn, struct input *input, int64_t second)
{
    struct err err;
    input->time_us = INT64_C(1795219200) * SECOND_US + second * SECOND_US;
    input->by = (struct principal){0, ACCOUNT_HOUSE, ROLE_ADMIN};
    assert_true(turn_add(turn, input, NULL));
    assert_true(turn_commit(turn, &err));
}

static void write_book(struct chronicle *book)
{
    struct memory_disk *disk = memory_disk_create();
    struct journal *journal;
    struct blobs *blobs;
    struct turn turn;
    struct err err;
    store_memory_open(disk, &journal, &blobs);
    turn_init(&turn, journal, (struct turn_release){NULL, drop_answer, drop_effect});
    struct input input = {.kind = INPUT_OPEN};
    memset(input.open.admin_hmac.bytes, 7, sizeof input.open.admin_hmac.bytes);
    add(&turn, &input, 0);
    for (int i = 0; i < 5; i++) {
        input = (struct input){.kind = INPUT_ACCOUNT_NEW};
        snprintf(input.account.slug, sizeof input.account.slug, "acme-%d", i);
        snprintf(input.account.name, sizeof input.account.name, "Acme %d", i);
        add(&turn, &input, 1 + i);
    }
    *book = (struct chronicle){.state = cloud_hash(&turn.cloud)};
    assert_true(journal->ops->read(journal, 0, UINT64_MAX, keep_line, book, &err));
    assert_true(journal->ops->commits(journal, 0, keep_commit, book, &err));
    assert_true(book->count >= 6);
    turn_finish(&turn);
    journal->ops->destroy(journal);
    blobs->ops->destroy(blobs);
    memory_disk_destroy(disk);
}

static void free_book(struct chronicle *book)
{
    for (uint32_t i = 0; i < book->count; i++)
        free(book->lines[i]);
}

static bool verify_book(const struct chronicle *book, digest *ret_state, struct err *err)
{
    static struct verify verify;
    uint32_t at = 0;
    bool good = true;
    verify_init(&verify);
    for (uint32_t i = 0; good && i < book->count; i++) {
        good = verify_line(&verify, str_from(book->lines[i]), err);
        if (good && at < book->commit_count && book->commits[at].size == i + 1)
            good = verify_commit(&verify, &book->commits[at++], err);
    }
    good = good && verify_end(&verify, err);
    *ret_state = cloud_hash(&verify.cloud);
    verify_finish(&verify);
    return good;
}

static void a_journal_as_written_gives_its_state(void **state)
{
    (void)state;
    struct chronicle book;
    struct err err;
    digest hash;
    write_book(&book);
    assert_true(verify_book(&book, &hash, &err));
    assert_true(digest_same(hash, book.state));
    free_book(&book);
}

// Every byte of every line, changed in its lowest bit: never accepted, and the place is named.
static void any_altered_byte_is_found(void **state)
{
    (void)state;
    struct chronicle book;
    struct err err;
    digest hash;
    write_book(&book);
    for (uint32_t i = 0; i < book.count; i++)
        for (size_t at = 0; at < strlen(book.lines[i]); at += 7) {
            book.lines[i][at] ^= 1;
            assert_false(verify_book(&book, &hash, &err));
            assert_non_null(strstr(err.text, "line "));
            book.lines[i][at] ^= 1;
        }
    assert_true(verify_book(&book, &hash, &err));
    free_book(&book);
}

static void a_line_alone_in_its_commit_is_named_by_its_number(void **state)
{
    (void)state;
    struct chronicle book;
    struct err err;
    digest hash;
    write_book(&book);
    uint32_t last = book.count - 1;
    assert_int_equal(book.commits[book.commit_count - 2].size, last);
    char *place = strstr(book.lines[last], "Acme 4"), wanted[64];
    assert_non_null(place);
    place[5] = '5';
    assert_false(verify_book(&book, &hash, &err));
    snprintf(wanted, sizeof wanted, "line %u was altered", last);
    assert_non_null(strstr(err.text, wanted));
    free_book(&book);
}

static void a_missing_line_and_a_missing_commit_are_found(void **state)
{
    (void)state;
    struct chronicle book;
    struct err err;
    digest hash;
    write_book(&book);
    char *kept = book.lines[2];
    memmove(&book.lines[2], &book.lines[3], (book.count - 3) * sizeof *book.lines);
    book.count--;
    assert_false(verify_book(&book, &hash, &err));
    assert_non_null(strstr(err.text, "line 2 says it is event 3"));
    free(kept);
    free_book(&book);
    write_book(&book);
    book.commit_count--;
    assert_false(verify_book(&book, &hash, &err));
    assert_non_null(strstr(err.text, "have no commit"));
    book.commit_count++;
    book.commits[0].root.bytes[3] ^= 1;
    assert_false(verify_book(&book, &hash, &err));
    free_book(&book);
}

// --- the text form ---

static bool text_line(void *context, str line, struct err *err)
{
    (void)err;
    journal_text_line(context, line);
    return true;
}

static bool text_commit(void *context, const struct journal_commit *commit, struct err *err)
{
    (void)err;
    journal_text_commit(context, commit);
    return true;
}

static bool read_text(const char *text, char **ret_copy, struct err *err)
{
    size_t size;
    FILE *in = fmemopen((char *)text, strlen(text), "r");
    FILE *out = open_memstream(ret_copy, &size);
    struct journal_text_visit visit = {text_line, text_commit, out};
    journal_text_head(out);
    bool good = journal_text_read(in, &visit, err);
    fclose(in);
    fclose(out);
    return good;
}

#define HEX16 "0123456789abcdef"
static void the_text_form_reads_what_it_writes(void **state)
{
    (void)state;
    static const char text[] =
        "#tatara journal 1\n{\"a\":1}\n{\"b\":2}\n#commit 2 -5 " HEX16 HEX16 HEX16 HEX16 "\n";
    char *copy;
    struct err err;
    assert_true(read_text(text, &copy, &err));
    assert_string_equal(copy, text);
    free(copy);
}

static void a_text_that_is_no_export_is_named_by_its_line(void **state)
{
    (void)state;
    static const struct {
        const char *text, *says;
    } cases[] = {
        {"x",                                                "line 1: the file ends"},
        {"{}\n",                                             "line 1: want"         },
        {"#tatara journal 1\n{\"a\":1}\nx\n",                "line 3: neither"      },
        {"#tatara journal 1\n{\"a\":1}",                     "line 2: the file ends"},
        {"#tatara journal 1\n#commit 1 2 abc\n",             "line 2: neither"      },
        {"#tatara journal 1\n#commit 1 x " HEX16 HEX16 "\n", "line 2: neither"      },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *copy;
        struct err err;
        assert_false(read_text(cases[i].text, &copy, &err));
        if (!strstr(err.text, cases[i].says))
            fail_msg("%zu: %s", i, err.text);
        free(copy);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_journal_as_written_gives_its_state),
        cmocka_unit_test(any_altered_byte_is_found),
        cmocka_unit_test(a_line_alone_in_its_commit_is_named_by_its_number),
        cmocka_unit_test(a_missing_line_and_a_missing_commit_are_found),
        cmocka_unit_test(the_text_form_reads_what_it_writes),
        cmocka_unit_test(a_text_that_is_no_export_is_named_by_its_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
