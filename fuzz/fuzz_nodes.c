// A file of nodes is read to its end, as CSV and as YAML; every mistake has a place, and what has
// no mistake is whole.
#include "base/must.h"
#include "cmd/node_file.h"
#include "fuzz.h"

const char *const fuzz_seeds[] = {
    "name,site,block,rack,feeder_a,chip,devices,memory,cpu,labels\n"
    "n1,sakai,b1,r1,a,gb200,4,960GiB,72.5,\"disk=nvme,tier=gold\"\n",
    "name,site,block,rack,chip,devices,memory\nn1,s,b,r,c,x,1\nn2,s,b\n",
    "nodes:\n  - {name: n1, site: s, block: b, rack: r, chip: c, devices: 4, memory: 1GiB}\n",
    NULL};

static void read_as(const char *name, str text)
{
    struct node_file file;
    node_file_read(&file, name, text);
    for (uint32_t i = 0; i < file.mistake_count; i++)
        must(file.mistakes[i].line >= 1 && file.mistakes[i].column >= 1);
    for (uint32_t i = 0; i < file.count && file.mistake_count == 0; i++) {
        must(file.rows[i].cell[COLUMN_NAME].text.len > 0);
        must(file.rows[i].cell[COLUMN_MEMORY].number > 0);
        must(file.rows[i].cell[COLUMN_DEVICES].number <= 256);
    }
    node_file_finish(&file);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    read_as("f.csv", (str){(const char *)bytes, size});
    read_as("f.yaml", (str){(const char *)bytes, size});
    return 0;
}
