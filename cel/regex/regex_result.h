#ifndef TG_CEL_REGEX_REGEX_RESULT_H
#define TG_CEL_REGEX_REGEX_RESULT_H

enum regex_result {
    REGEX_MATCH,
    REGEX_NO_MATCH,
    REGEX_UNDECIDED, /* the budget is over, or memory runs out */
};

#endif
