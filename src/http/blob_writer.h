// blob_writer.h - keeps the specs of jobs before they are submitted, many in one commit.
//
// One thread takes all calls that wait and puts their specs together, so that the price of making
// bytes durable is shared; the server's threads never wait for a disk.
//
//   Owner      the server
//   Invariant  an exchange comes back with spec_kept and input.job.spec, or refused
//   Refusal    unavailable: the blob could not be kept
//   Fault      none: a blob that cannot be removed stays, and is logged
#pragma once
#include "http/exchange.h"

struct blob_writer *blob_writer_create(struct blobs *blobs);
void blob_writer_destroy(struct blob_writer *writer); // does first what was asked
void blob_writer_put(struct blob_writer *writer, struct exchange *exchange); // after exchange_wait
void blob_writer_remove(struct blob_writer *writer, digest key);
