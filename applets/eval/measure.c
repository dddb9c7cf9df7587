#include "measure.h"

#include <stdlib.h>

enum { ROUNDS = 400 };

/* The scores of one class, and room to draw from them again. */
struct class {
	double *v, *drawn;
	size_t n;
};

static int descending(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x < *y) - (*x > *y);
}

static uint64_t dice(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

/* Percent of spam not above what a share of 1/per of the ham is above. */
static double missed(const double *ham, size_t nham, const double *spam,
	size_t nspam, size_t per)
{
	double limit = ham[nham / per];
	size_t n = 0;

	for (size_t i = 0; i < nspam; i++)
		n += spam[i] <= limit;
	return 100 * (double)n / (double)nspam;
}

static void draw(const struct class *c, uint64_t *state)
{
	for (size_t i = 0; i < c->n; i++)
		c->drawn[i] = c->v[dice(state) % c->n];
	qsort(c->drawn, c->n, sizeof(double), descending);
}

static struct share interval(const struct class *ham,
	const struct class *spam, size_t per)
{
	double rounds[ROUNDS];
	uint64_t state = 88172645463325252;
	struct share s = { missed(ham->v, ham->n, spam->v, spam->n, per), 0,
		0 };

	for (size_t i = 0; i < ROUNDS; i++) {
		draw(ham, &state);
		draw(spam, &state);
		rounds[i] = missed(ham->drawn, ham->n, spam->drawn, spam->n,
			per);
	}
	qsort(rounds, ROUNDS, sizeof(double), descending);
	s.high = rounds[ROUNDS / 40];
	s.low = rounds[ROUNDS - 1 - ROUNDS / 40];
	return s;
}

/* Pairs in the wrong order, equal ones by half; both are descending. */
static double area(const struct class *ham, const struct class *spam)
{
	double wrong = 0;
	size_t above = 0, same = 0;

	for (size_t i = 0; i < spam->n; i++) {
		while (above < ham->n && ham->v[above] > spam->v[i])
			above++;
		same = above;
		while (same < ham->n && ham->v[same] >= spam->v[i])
			same++;
		wrong += (double)above + (double)(same - above) / 2;
	}
	return 100 * wrong / ((double)ham->n * (double)spam->n);
}

static void count(const struct scored *v, size_t n, struct measure *m)
{
	for (size_t i = 0; i < n; i++) {
		m->ham += !v[i].spam;
		m->spam += v[i].spam;
		m->ham_50 += !v[i].spam && v[i].score >= MEASURE_50;
		m->ham_90 += !v[i].spam && v[i].score >= MEASURE_90;
		m->spam_50 += v[i].spam && v[i].score < MEASURE_50;
		m->spam_90 += v[i].spam && v[i].score < MEASURE_90;
	}
}

static struct class class_of(const struct scored *v, size_t n, bool spam,
	struct arena *a)
{
	struct class c = { arena_array(a, n + 1, sizeof(double)),
		arena_array(a, n + 1, sizeof(double)), 0 };

	for (size_t i = 0; i < n; i++)
		if (v[i].spam == spam)
			c.v[c.n++] = v[i].score;
	qsort(c.v, c.n, sizeof(double), descending);
	return c;
}

void measure_scores(const struct scored *v, size_t n, struct arena *a,
	struct measure *m_r)
{
	struct class ham = class_of(v, n, false, a);
	struct class spam = class_of(v, n, true, a);

	*m_r = (struct measure){ .missing_area = -1,
		.missed_1 = { -1, -1, -1 }, .missed_01 = { -1, -1, -1 } };
	count(v, n, m_r);
	if (ham.n == 0 || spam.n == 0)
		return;
	m_r->missing_area = area(&ham, &spam);
	m_r->missed_1 = interval(&ham, &spam, 100);
	m_r->missed_01 = interval(&ham, &spam, 1000);
}
