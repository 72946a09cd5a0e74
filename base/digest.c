#include "base/digest.h"

#include <openssl/evp.h>
#include <string.h>

int digest_of(struct view text, unsigned char out[static DIGEST_BYTES])
{
    unsigned char made[EVP_MAX_MD_SIZE];
    unsigned size = 0;

    if (EVP_Digest(text.p ? text.p : "", text.n, made, &size, EVP_sha256(), NULL) != 1 ||
        size != DIGEST_BYTES)
        return -1;
    memcpy(out, made, DIGEST_BYTES);
    return 0;
}

void digest_hex(const unsigned char *bytes, size_t n, char out[static DIGEST_TEXT])
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < n && i < DIGEST_BYTES; i++) {
        *out++ = digits[bytes[i] >> 4];
        *out++ = digits[bytes[i] & 15];
    }
    *out = '\0';
}
