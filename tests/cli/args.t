#!/usr/bin/perl
# The command line of the tools: strict, and one line that says what to do.
use strict;
use warnings;
use File::Temp qw(tempdir);
use Test::More;

my $PM = $ENV{PM} // 'build/pm';
my $root = tempdir(CLEANUP => 1);

# [command line, exit code, stderr]
my @cases = (
	['status --jsn', 2,
		'pm status: unknown option --jsn: did you mean --json?'],
	['status --json=1', 2, 'pm status: --json takes no value'],
	['status a b', 2, 'pm status: one role at a time: pm status [ROLE]'],
	['stop --json', 2, 'pm stop: unknown option --json: see --help'],
	['status --root', 2, 'pm status: --root needs a value'],
	['status --root /nowhere', 2,
		'pm status: --root /nowhere: No such file or directory'],
	["status --root $root", 3,
		"pm status: pm supervise is not running in $root"],
	["status --root=$root --json", 3,
		"pm status: pm supervise is not running in $root"],
	["restart --root $root", 3,
		"pm restart: pm supervise is not running in $root"],
	['status -z', 2, 'pm status: unknown option -z: see --help'],
	['supervise --log-size many', 2, 'pm supervise: --log-size takes a ' .
		'whole number, not "many"'],
	['supervise --log-file 3', 2, 'pm supervise: unknown option ' .
		'--log-file: did you mean --log-files?'],
	['supervise --root /nowhere', 2,
		'pm supervise: --root /nowhere: No such file or directory'],
	['supervise now', 2, 'pm supervise: usage: pm supervise [--root DIR] ' .
		'[--foreground-log] [--log-size BYTES (4096 or more)] ' .
		'[--log-files N (1 to 1000)]'],
);

for my $case (@cases) {
	my ($line, $want, $text) = @$case;
	my $got = `$PM $line 2>&1`;
	is($got, "$text\n", "pm $line");
	is($? >> 8, $want, "pm $line: exit code");
}

done_testing;
