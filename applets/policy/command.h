/*
 * The verbs of pm policy. Each is one function with a command line of its
 * own: argv[0] is the verb, options and operands follow (base/args.h). It
 * returns an exit code. A new verb: its declaration here, its row in policy.c.
 */
#ifndef POLICY_COMMAND_H
#define POLICY_COMMAND_H

#include "base/arena.h"
#include "engine/bundle.h"
#include "net/virus.h"

int policy_check_command(int argc, char **argv);
int policy_test_command(int argc, char **argv);
int policy_words_command(int argc, char **argv);
int policy_import_sieve_command(int argc, char **argv);
int policy_library_command(int argc, char **argv);
int policy_publish_command(int argc, char **argv);
int policy_log_command(int argc, char **argv);
int policy_diff_command(int argc, char **argv);
int policy_rollback_command(int argc, char **argv);
int policy_show_command(int argc, char **argv);
int policy_status_command(int argc, char **argv);
int policy_export_command(int argc, char **argv);
int policy_option_command(int argc, char **argv);

/* What verbs read of a root. */
struct policy_site {
	struct bundle_settings settings;
	const char *lists;	/* its folder; NULL: none, the shipped ones
				   stand */
	const char *resolver;	/* NULL: the host's */
	struct virus_set virus;
	bool wired;		/* there is a wiring */
	struct buf users;	/* tool/published.h */
};

/* The working folder stays. */
int policy_read_root(const char *root, struct arena *a,
	struct policy_site *site_r, struct err *e);

/*
 * Checks as pm policy check does and prints what was found. *errors_r: how
 * many mistakes. -1: it could not be read.
 */
int policy_check_sources(const struct bundle_settings *s,
	const struct bundle_sources *from, struct arena *a, size_t *errors_r,
	struct err *e);

#endif
