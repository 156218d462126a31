// names.h - which id a slug or a chip's name stands for, remembered.
//
// Slugs and chip names never change hands and ids are never reused, so what was found once stays
// true: commands that name an account by its slug need no second trip through the turning thread.
//
//   Owner      the server
//   Invariant  only what the core said is remembered; what does not exist is not
//   Refusal    none
//   Fault      none: a full table forgets
//   Threads    any
#pragma once
#include "base/str.h"
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

enum { NAMES_MAX = 1024 };
enum name_kind { NAME_ACCOUNT = 1, NAME_CHIP };

struct names {
    pthread_mutex_t lock;
    struct name_row {
        uint64_t id;
        uint32_t kind, length;
        char text[64];
    } rows[NAMES_MAX];
};

void names_init(struct names *names);
void names_finish(struct names *names);
uint64_t names_find(struct names *names, enum name_kind kind, str text); // 0: not remembered
void names_keep(struct names *names, enum name_kind kind, str text, uint64_t id);
