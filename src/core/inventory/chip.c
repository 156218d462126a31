#include "base/must.h"
#include "core/inventory/capacity.h"

const struct chip *chip_named(const struct inventory *inventory, str name)
{
    uint32_t cursor = 0;
    for (const struct chip *chip; (chip = table_step(&inventory->chips, &cursor));)
        if (str_is(str_from(chip->name), name))
            return chip;
    return NULL;
}

void chip_apply_added(struct inventory *inventory, const struct chip_added *fact, int64_t time_us)
{
    must(fact->chip.id > 0);
    struct chip *chip = table_add(&inventory->chips, fact->chip.id);
    *chip = fact->chip;
    capacity_open(inventory, chip->id, time_us);
}
