#ifndef TG_SERVER_ROUTES_H
#define TG_SERVER_ROUTES_H

#include "server/http/http.h"

struct server_state;

/* POST /validate, GET /livez, /readyz, /metrics. The gate outlives the handler. */
struct http_handler routes_handler(struct server_state *g);

#endif
