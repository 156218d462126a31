// node_class.h - what nodes have in common for rules: owner, operator, vendor, origin, labels.
//
// A rule ("require country=JP operator=own") is not asked of 2 million nodes but of the few kinds
// of nodes there are: equal attributes are one class, a node names its class, and a rule becomes a
// mask of 64 bits for each site, one a class. Class 0 is "nothing is said".
//
//   Owner      the inventory's class table
//   Invariant  ids are 1 .. 63, no two rows say the same; labels are "key=value,…", keys ascending
//   Refusal    class_find 0: no such class
//   Fault      none
#pragma once
#include "base/str.h"
#include "core/inventory/inventory.h"
#include <stdint.h>

enum { CLASSES_MAX = 63, LABELS_MAX = 24 };

struct node_class {
    uint64_t id, owner, operator, vendor; // entities; 0: not said
    char origin[8];                       // country of manufacture, "" not said
    char attestation[32];                 // what it can prove of itself: "tdx", "none", ""
    char labels[128];                     // free: "disk=nvme,tier=gold"
};
_Static_assert(sizeof(struct node_class) == 200, "no padding");

// Facts.
struct class_added {
    struct node_class class; // class.id is the new id
};
struct node_classed {
    uint64_t node, class;
};

// The class that says just this (the id is not looked at); 0: there is none yet. What says nothing
// at all is class 0 too: class_is_empty tells them apart.
uint64_t class_find(const struct inventory *inventory, const struct node_class *class);
bool class_is_empty(const struct node_class *class);
bool class_same(const struct node_class *a, const struct node_class *b); // but for the id
// Keys are letters, digits, '-', '_', '.'; values too; ascending by key, each once.
bool labels_valid(str labels);
// Sets or (with an empty value) removes one label in a text of 128 bytes; false: no room, bad form.
bool labels_set(char labels[128], str key, str value);

// Every "key=value" of a list so; the list's own order does not matter.
bool labels_merge(char labels[128], str changes);

// What a rule sees of nodes of a class at a site: country, site, operator, owner, vendor, with
// -country of each, origin, attestation, and every label. Values are "" where nothing is said.
struct attribute {
    str key, value;
};
enum { ATTRIBUTES_MAX = 10 + LABELS_MAX };
uint32_t class_attributes(const struct inventory *inventory, uint64_t site, uint64_t class,
                          struct attribute ret_attributes[ATTRIBUTES_MAX]);

void class_apply_added(struct inventory *inventory, const struct class_added *fact);
void node_apply_classed(struct inventory *inventory, const struct node_classed *fact);
