#include <stdio.h>
#include <string.h>

int main(int count, char **arguments)
{
    if (count == 2 && strcmp(arguments[1], "--version") == 0) {
        puts("tatara " TATARA_VERSION);
        return 0;
    }
    fputs("tatara: say what to do; see: tatara --version\n", stderr);
    return 2;
}
