#include "core/cloud/xid.h"
#include <stddef.h>

enum xid_class xid_class(int32_t code)
{
    static const struct {
        int32_t code;
        enum xid_class class;
    } rows[] = {
        {8,   XID_APPLICATION}, // GPU stopped processing: a channel was idle too long
        {11,  XID_APPLICATION}, // invalid or corrupted push buffer stream
        {13,  XID_APPLICATION}, // graphics engine exception
        {31,  XID_APPLICATION}, // memory page fault
        {32,  XID_APPLICATION}, // invalid or corrupted push buffer stream
        {37,  XID_APPLICATION}, // driver firmware error of a channel
        {43,  XID_APPLICATION}, // GPU stopped processing: the application's channel was reset
        {45,  XID_APPLICATION}, // preemptive cleanup after an earlier error
        {46,  XID_RESET      }, // GPU stopped processing
        {48,  XID_RESET      }, // double bit ECC error
        {62,  XID_RESET      }, // micro-controller halt
        {63,  XID_RESET      }, // a row is to be remapped: a reset does it
        {64,  XID_REPLACE    }, // a row could not be remapped
        {68,  XID_APPLICATION}, // video engine exception
        {69,  XID_APPLICATION}, // graphics engine class error
        {74,  XID_RESET      }, // NVLink error
        {79,  XID_REPLACE    }, // the GPU has fallen off the bus
        {92,  XID_RESET      }, // high single bit ECC rate
        {94,  XID_APPLICATION}, // contained memory error
        {95,  XID_RESET      }, // uncontained memory error
        {109, XID_RESET      }, // context switch timeout
        {110, XID_RESET      }, // security fault
        {119, XID_RESET      }, // GSP remote procedure call timeout
        {120, XID_RESET      }, // GSP error
        {136, XID_RESET      }, // link training failed
        {140, XID_RESET      }, // unrecovered ECC error
        {143, XID_RESET      }, // GPU initialization error
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].code == code)
            return rows[i].class;
    return XID_UNKNOWN;
}
