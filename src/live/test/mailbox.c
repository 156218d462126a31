// The mailbox: its limits, its closing, and that everything put is given out once.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "live/mailbox.h"
#include <stdatomic.h>

struct count {
    uint32_t done, unavailable, reads, reads_null;
};

static void on_done(void *context, const struct desk_answer *answer)
{
    struct count *count = context;
    count->done++;
    count->unavailable += answer->answer == ANSWER_UNAVAILABLE;
}

static void on_read(void *context, const struct cloud *cloud)
{
    struct count *count = context;
    count->reads++;
    count->reads_null += cloud == NULL;
}

static void commands_and_reads_are_refused_at_their_limits(void **state)
{
    (void)state;
    struct mailbox mailbox;
    struct mail mail = {0};
    struct count count = {0};
    struct mail_command command = {.done = on_done, .context = &count};
    struct mail_read read = {on_read, &count};
    mailbox_init(&mailbox);
    for (uint32_t i = 0; i < MAILBOX_COMMANDS_MAX; i++)
        assert_true(mailbox_command(&mailbox, &command));
    assert_false(mailbox_command(&mailbox, &command));
    assert_int_equal(mailbox_length(&mailbox), MAILBOX_COMMANDS_MAX);
    for (uint32_t i = 0; i < MAILBOX_READS_MAX; i++)
        assert_true(mailbox_read(&mailbox, &read));
    assert_false(mailbox_read(&mailbox, &read));
    for (uint32_t i = 0; i < 3 * MAILBOX_COMMANDS_MAX; i++) // reports always have room
        mailbox_report(&mailbox, &command.input);
    assert_true(mailbox_take(&mailbox, INT64_MAX, &mail));
    assert_int_equal(mail.command_count, MAILBOX_COMMANDS_MAX);
    assert_int_equal(mail.read_count, MAILBOX_READS_MAX);
    assert_int_equal(mail.report_count, 3 * MAILBOX_COMMANDS_MAX);
    assert_true(mailbox_command(&mailbox, &command)); // room again
    assert_int_equal(count.done + count.reads, 0);    // it calls nobody by itself
    mail_finish(&mail);
    mailbox_finish(&mailbox);
}

static void what_waits_is_bounced_while_refusing(void **state)
{
    (void)state;
    struct mailbox mailbox;
    struct mail taken = {0};
    struct count count = {0};
    struct mail_command command = {.done = on_done, .context = &count};
    struct mail_read read = {on_read, &count};
    mailbox_init(&mailbox);
    for (int i = 0; i < 3; i++)
        assert_true(mailbox_read(&mailbox, &read));
    assert_true(mailbox_take(&mailbox, INT64_MAX, &taken));
    for (int i = 0; i < 5; i++)
        assert_true(mailbox_command(&mailbox, &command) && mailbox_read(&mailbox, &read));
    mailbox_report(&mailbox, &command.input);
    mailbox_refuse(&mailbox, true);
    assert_false(mailbox_command(&mailbox, &command) || mailbox_read(&mailbox, &read));
    mailbox_bounce(&mailbox, &taken);
    assert_int_equal(count.done, 5);
    assert_int_equal(count.unavailable, 5);
    assert_int_equal(count.reads, 8);
    assert_int_equal(count.reads_null, 8);
    mailbox_refuse(&mailbox, false);
    assert_true(mailbox_command(&mailbox, &command));
    taken.read_count = 0;
    assert_true(mailbox_take(&mailbox, INT64_MAX, &taken));
    assert_int_equal(taken.report_count, 1); // a report is kept
    assert_int_equal(taken.command_count, 1);
    mail_finish(&taken);
    mailbox_finish(&mailbox);
}

static void a_closed_mailbox_gives_what_it_has_and_then_no_more(void **state)
{
    (void)state;
    struct mailbox mailbox;
    struct mail mail = {0};
    struct mail_command command = {0};
    mailbox_init(&mailbox);
    assert_true(mailbox_command(&mailbox, &command));
    mailbox_close(&mailbox);
    assert_true(mailbox_is_closed(&mailbox));
    assert_false(mailbox_command(&mailbox, &command));
    assert_true(mailbox_take(&mailbox, INT64_MAX, &mail));
    assert_int_equal(mail.command_count, 1);
    mail.command_count = 0;
    assert_false(mailbox_take(&mailbox, INT64_MAX, &mail));
    mail_finish(&mail);
    mailbox_finish(&mailbox);
}

enum { PUTTERS = 4, EACH = 20000 };

static void *put_many(void *context)
{
    struct mailbox *mailbox = context;
    struct mail_command command = {0};
    for (uint32_t i = 0; i < EACH; i++) {
        command.input.id = i;
        if (i % 3 == 0)
            mailbox_report(mailbox, &command.input);
        else
            while (!mailbox_command(mailbox, &command))
                sched_yield();
    }
    return NULL;
}

static void many_threads_put_and_all_arrives_once(void **state)
{
    (void)state;
    struct mailbox mailbox;
    struct mail mail = {0};
    pthread_t threads[PUTTERS];
    uint64_t count = 0, sum = 0;
    mailbox_init(&mailbox);
    for (int i = 0; i < PUTTERS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, put_many, &mailbox), 0);
    while (count < (uint64_t)PUTTERS * EACH) {
        assert_true(mailbox_take(&mailbox, INT64_MAX, &mail));
        for (uint32_t i = 0; i < mail.report_count; i++)
            sum += mail.reports[i].input.id;
        for (uint32_t i = 0; i < mail.command_count; i++)
            sum += mail.commands[i].input.id;
        count += mail.report_count + mail.command_count;
        mail.report_count = mail.command_count = 0;
    }
    for (int i = 0; i < PUTTERS; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(count, PUTTERS * EACH);
    assert_int_equal(sum, (uint64_t)PUTTERS * EACH * (EACH - 1) / 2);
    mail_finish(&mail);
    mailbox_finish(&mailbox);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(commands_and_reads_are_refused_at_their_limits),
        cmocka_unit_test(what_waits_is_bounced_while_refusing),
        cmocka_unit_test(a_closed_mailbox_gives_what_it_has_and_then_no_more),
        cmocka_unit_test(many_threads_put_and_all_arrives_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
