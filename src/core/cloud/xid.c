#include "core/cloud/xid.h"
#include <stddef.h>

// Ranges ascend. What the catalog answers by a workflow of its own (74 and 144 to 149, NVLink;
// 154), by a look at the machine (54), an update (78) or a call (142) is not here: a person looks.
static const struct {
    int32_t first, last;
    enum xid_class class;
} rows[] = {
    {8,   8,   XID_APPLICATION}, // a channel was idle too long
    {11,  11,  XID_APPLICATION}, // invalid or corrupted push buffer stream
    {13,  14,  XID_APPLICATION}, // graphics engine exception; a test
    {25,  25,  XID_APPLICATION}, // illegal notify
    {31,  32,  XID_APPLICATION}, // memory page fault; push buffer
    {37,  41,  XID_APPLICATION}, // of the context switcher: ignore; copy engines
    {43,  45,  XID_APPLICATION}, // a channel was reset; cleanup after another error
    {46,  46,  XID_RESET      }, // GPU stopped processing
    {48,  48,  XID_RESET      }, // double bit ECC error
    {60,  60,  XID_APPLICATION}, // security engine
    {62,  62,  XID_RESET      }, // micro-controller halt
    {63,  63,  XID_APPLICATION}, // a row was remapped or is to be: ignore
    {64,  64,  XID_REPLACE    }, // a row could not be remapped
    {66,  72,  XID_APPLICATION}, // context switcher, video, class errors, copy engines
    {75,  77,  XID_APPLICATION}, // copy engines
    {79,  79,  XID_REPLACE    }, // the GPU has fallen off the bus
    {80,  80,  XID_APPLICATION}, // push buffer checksum
    {82,  86,  XID_APPLICATION}, // pictures, video, copy, optical flow
    {88,  89,  XID_APPLICATION}, // video
    {92,  93,  XID_APPLICATION}, // many corrected errors; erase limit: ignore
    {94,  94,  XID_APPLICATION}, // contained memory error
    {95,  95,  XID_RESET      }, // uncontained memory error
    {96,  108, XID_APPLICATION}, // video, pictures; tests; a remote translation: ignore
    {109, 110, XID_RESET      }, // context switch timeout; security fault
    {119, 120, XID_RESET      }, // GSP: call timeout; error
    {121, 121, XID_APPLICATION}, // chip to chip link, corrected: ignore
    {126, 135, XID_APPLICATION}, // copy engines
    {136, 136, XID_RESET      }, // link training failed
    {137, 137, XID_APPLICATION}, // NVLink privilege: ignore
    {139, 139, XID_APPLICATION}, // optical flow
    {140, 140, XID_RESET      }, // unrecovered ECC error
    {141, 141, XID_APPLICATION}, // fast path: ignore
    {143, 143, XID_RESET      }, // GPU initialization error
    {150, 150, XID_RESET      }, // NVLink: degraded, watchdog
    {151, 151, XID_RESET      }, // key rotation: restart
};

enum xid_class xid_class(int32_t code)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (code >= rows[i].first && code <= rows[i].last)
            return rows[i].class;
    return XID_UNKNOWN;
}
