// keeper.h - the process that keeps one attempt: runs its command, keeps its output, says its end.
//
// A process that is not the parent cannot learn an exit code, and jobs outlive the server. So each
// attempt has a keeper: this binary executed again, in a session of its own, holding the lock of
// the attempt's folder as long as it lives. All it is told stands in the folder, all it learns it
// writes there; nobody needs to be connected to it.
//
//     begin      request.json is read, room for end.json is reserved, keeper.json is written
//     run        the command is started; start.json; streams into `out` and `err`;
//                alive.json every heartbeat; stop.json is obeyed whenever it appears
//     end        the command is reaped, whatever it left is killed and reaped, end.json is durable
//     undertake  keeper.json was there already: an earlier keeper was killed, or the host went
//                down. What is left of the job is killed and it ends as ENGINE_LOST.
//
//   Owner      the engine starts it; it owns all processes of the attempt
//   Invariant  one end.json per attempt; when it is there, nothing of the attempt runs any more
//   Refusal    the folder has another keeper, or has ended: nothing happens
//   Fault      written into end.json as ENGINE_NOT_STARTED; on stderr where that cannot be
#pragma once

enum { KEEPER_LOCK_DESCRIPTOR = 3 }; // where the engine hands over the lock it has taken

// The body of `tatara keeper FOLDER`: an exit status for main.
int keeper_main(const char *attempt_folder);
