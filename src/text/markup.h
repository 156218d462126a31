// markup.h - text put into HTML, SVG and XML so that it stays text.
//
//   Owner      nobody: values
//   Invariant  what is written is well-formed in elements and in quoted attributes: & < > " ' are
//              escaped, bytes that are not UTF-8 and characters XML forbids become U+FFFD
//   Refusal    none
//   Fault      none
#pragma once
#include "base/buf.h"
#include "base/str.h"

void markup_text(str text, struct buf *out);
