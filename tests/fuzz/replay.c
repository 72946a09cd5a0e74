/* Runs a fuzzer's entry over the files of the folders that are named: the corpus as a test. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int replay_file(const char *path)
{
    FILE *f = fopen(path, "rb");
    uint8_t *data;
    size_t size;
    long end;

    if (!f || fseek(f, 0, SEEK_END) != 0 || (end = ftell(f)) < 0) {
        perror(path);
        return -1;
    }
    rewind(f);
    /* Exactly as long as the file, so that a read past the end is seen. */
    data = malloc((size_t)end ? (size_t)end : 1);
    size = fread(data, 1, (size_t)end, f);
    fclose(f);
    LLVMFuzzerTestOneInput(data, size);
    free(data);
    return 0;
}

static int replay_folder(const char *folder)
{
    DIR *dir = opendir(folder);
    struct dirent *entry;
    int files = 0;

    if (!dir) {
        perror(folder);
        return -1;
    }
    while ((entry = readdir(dir))) {
        char path[4096];

        if (entry->d_name[0] == '.')
            continue;
        snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
        if (replay_file(path) < 0)
            return -1;
        files++;
    }
    closedir(dir);
    printf("%s: %d files\n", folder, files);
    return files;
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        if (replay_folder(argv[i]) <= 0)
            return 1;
    return 0;
}
