#ifndef TG_CEL_SHOW_H
#define TG_CEL_SHOW_H

#include "cel/value.h"

struct buf;
struct cel_run;

/* A value as the text of an error has it, of the run's arena; absent when that is full. */
struct view cel_show(struct cel_run *run, struct cel_value v);

#endif
