#ifndef TG_POLICY_EXPRESSIONS_IMAGE_LIBRARY_H
#define TG_POLICY_EXPRESSIONS_IMAGE_LIBRARY_H

#include "cel/function.h"

/* image(string): an image reference, normalised (policy/image/image_ref.h), with the fields
 * registry, repository (without the registry), tag and digest; what is not in the reference is not
 * there. Of rules of ours alone. Any thread. */
extern const struct cel_library image_library;

#endif
