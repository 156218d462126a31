// Every text is read to its end; fields are UTF-8, lines and columns never go back.
#include "base/must.h"
#include "fuzz.h"
#include "text/csv.h"
#include <string.h>

const char *const fuzz_seeds[] = {
    "name,chip,devices\nn1,h100,8\n", "\"a\"\"b\",\"c\nd\"\r\n,\n\n\"x",
    "\xef\xbb\xbfn,\"q\"z\n\xff,1\nlast",
    ",,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,", NULL};

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct csv csv;
    struct err err;
    csv_init(&csv, "f", (str){(const char *)bytes, size});
    uint32_t line = 0;
    for (enum csv_step step; (step = csv_next(&csv, &err)) != CSV_END;) {
        if (step == CSV_WRONG) {
            must(strncmp(err.text, "f:", 2) == 0);
            continue;
        }
        must(csv.count >= 1 && csv.count <= CSV_FIELDS_MAX);
        must(csv.field[0].line > line);
        line = csv.field[csv.count - 1].line;
        for (uint32_t i = 0; i < csv.count; i++)
            must(str_is_utf8(csv.field[i].text) && csv.field[i].column >= 1);
    }
    must(csv.rest.len == 0);
    csv_finish(&csv);
    return 0;
}
