// yaml_scalar.h - one scalar of a YAML file as the value its key wants.
//
//   Owner      the caller
//   Invariant  a value that was taken is within the key's range
//   Refusal    none
//   Fault      false, and why in `problem`, ready to stand behind the key's name
#pragma once
#include "text/yaml.h"

// value->text is the scalar; `plain` says that it stood without quotes. Fills in the rest.
bool yaml_scalar_take(const struct yaml_key *key, enum yaml_type type, bool plain,
                      struct yaml_value *value, struct buf *problem);
// "a whole number", for messages.
const char *yaml_scalar_want(enum yaml_type type);
// The text quoted and escaped, cut when long.
void yaml_scalar_show(str text, struct buf *out);
