#include <stdio.h>

int main(void)
{
    fputs("tidegate: usage: see tidegate --help\n", stderr);
    return 2;
}
