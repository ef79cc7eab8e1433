/* Between choose.c, which lists the channels in question, and choose_judge.c, which asks whether they may be used. */
#ifndef MSG_CHOOSE_WORK_H
#define MSG_CHOOSE_WORK_H

#include "common/policy/choose.h"

struct choose_candidate {
	const char *channel;
	const struct waterfall_leg *leg;
	bool preferred;
	size_t rank;            /* among those that the person has put in an order; 0: it is not among them */
	bool fallback;          /* of the fallback, behind the waterfall */
	const json_t *value;    /* its address, or several; NULL: none */
	int score;
	json_t *parts;          /* of the score, when somebody asks why; or NULL */
};

/*
 * For a person who asks: a channel that was looked at; `leg` from 0, or -1. `candidate` NULL: it came into question at no
 * time, or what stands as its address is none.
 */
void choose_explain(struct choice *c, const struct choose_request *q, const struct choose_candidate *candidate,
    const char *channel, const char *address, int leg, const char *reason);

/* Puts the candidates in the order of their scores, the best one first. */
int choose_score(struct choice *c, const struct choose_request *q, struct err *e);

/* Keeps what says most about why nothing is left. `address` NULL: it is about none in particular. */
void choose_refuse(struct choice *c, enum failure failure, const char *code, const char *text, const struct address *address);

/* `leg->address` has been parsed; counts the leg, which is the one behind the last, when it may be used. */
int choose_judge(struct choice *c, const struct choose_request *q, const struct choose_candidate *candidate,
    struct choose_leg *leg, struct err *e);

#endif
