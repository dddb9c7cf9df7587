#!/usr/bin/perl
# Every applet has a summary, a manual, and exit codes that are kept.
use strict;
use warnings;
use Test::More;

my $pm = $ENV{PM} // 'build/pm';
my @names = map { /^  (\S+)/ ? $1 : () } split /\n/, qx($pm);
cmp_ok(scalar @names, '>', 5, 'pm lists its applets');
for my $name (@names) {
	my $manual = qx($pm help $name);
	is($?, 0, "pm help $name");
	like($manual, qr/^pm \S+: \S.*\n\n.{40}/s, "$name has a manual");
	unlike($manual, qr/[^\n]{90}/, "$name: lines fit a terminal");
	my $out = qx($pm $name --no-such-option 2>&1 </dev/null);
	is($? >> 8, 2, "$name refuses an unknown option")
		unless $name eq 'help' || $out =~ /not in this version$/;
}
done_testing;
