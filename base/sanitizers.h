#ifndef TG_BASE_SANITIZERS_H
#define TG_BASE_SANITIZERS_H

/* Which sanitizers this file is compiled with: SANITIZED_ADDRESS and SANITIZED_THREAD are 0 or 1.
 * gcc defines a macro for each, clang has a feature. */

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED_ADDRESS 1
#elif defined(__has_feature)
#define SANITIZED_ADDRESS __has_feature(address_sanitizer)
#else
#define SANITIZED_ADDRESS 0
#endif

#if defined(__SANITIZE_THREAD__)
#define SANITIZED_THREAD 1
#elif defined(__has_feature)
#define SANITIZED_THREAD __has_feature(thread_sanitizer)
#else
#define SANITIZED_THREAD 0
#endif

#endif
