#ifndef TG_POLICY_RULE_MATCH_RESULT_H
#define TG_POLICY_RULE_MATCH_RESULT_H

/* MATCH_UNKNOWN: a fact that is needed cannot be had now. */
enum match_result { MATCH_NO, MATCH_YES, MATCH_UNKNOWN };

#endif
