#ifndef TG_CERTS_LIMITS_H
#define TG_CERTS_LIMITS_H

/* The limits of certs/, as in base/limits.h. */
#define CERTS_LIMITS(X)                                                                            \
    X(LIMIT_PEM, 256 * 1024, "bytes", "one file of certificates or a key")                         \
    X(LIMIT_TLS_NAMES, 32, "names", "in a certificate of its own")

enum {
#define CERTS_LIMIT_ENUM(name, value, unit, what) name = (value),
    CERTS_LIMITS(CERTS_LIMIT_ENUM)
#undef CERTS_LIMIT_ENUM
};

#endif
